"""Where a camera's pixels are on the floor, from points that are known in both."""
