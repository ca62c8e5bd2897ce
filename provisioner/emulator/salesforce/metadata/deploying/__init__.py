"""Deployments: their jobs, what they put and remove, and the tests they run."""
