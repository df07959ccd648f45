"""Says what a sweep runs next, and what all its runs together teach."""
