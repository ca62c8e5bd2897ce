"""Pure arithmetic on snapshots: changes, causes, order, guards, plan file. Knows neither model nor targets."""
