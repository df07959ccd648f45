"""Cameras, and footage of them."""
