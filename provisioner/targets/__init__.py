"""Vendors. `base` is what all share; `registry` finds one by name; each vendor lives in its own package."""
