"""What an org is: its tables and rows, who may see them, and what it asks of the engines that work on it."""
