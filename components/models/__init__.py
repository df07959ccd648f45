"""Detection networks that can be trained."""
