"""Being here makes the folders beside it importable from every test: `from strategies.designs import documents`."""
