"""Who stayed in which part of the floor, who crossed which line, and whether the roster has them there."""
