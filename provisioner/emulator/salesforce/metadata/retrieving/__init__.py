"""Components as they are read and retrieved."""
