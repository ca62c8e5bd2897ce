"""What a portal is: its clock, settings and shelves, and what it asks of the engines that work on it."""
