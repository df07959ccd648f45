"""Looks after what comes in: whether cameras still hang where the registry says."""
