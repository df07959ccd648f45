"""What an auditor asks: where a prediction came from, and what became of a frame."""
