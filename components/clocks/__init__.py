"""What time it is: how far each camera's clock is from the fleet's, and what to do about it."""
