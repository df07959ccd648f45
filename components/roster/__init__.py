"""What files say of the staff: who works where, as what, and when."""
