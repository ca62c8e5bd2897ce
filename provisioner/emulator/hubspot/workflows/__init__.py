"""Workflows: their definitions, who is enrolled, and what their actions do."""
