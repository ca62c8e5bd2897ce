"""The setup audit trail: what it says of a change of metadata or of rows that are setup."""
