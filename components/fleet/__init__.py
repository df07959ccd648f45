"""What a fleet of cameras costs, and where its description comes from."""
