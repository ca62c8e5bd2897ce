"""Carries a plan out: check that it still holds, ask the server, write, read back. Prints nothing."""
