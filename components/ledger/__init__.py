"""Keeps what was run, with which config, and what came out."""
