"""Zips and manifests: what is in them, and whether it has the shape of its type."""
