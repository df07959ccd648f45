"""Structured data: registry, segments, datasets, runs, current positions."""
