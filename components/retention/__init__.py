"""How long everything is kept, what must not be deleted, and the proof of what was."""
