"""What happens when a record is saved, and when time passes: flows, formulas, scheduled paths, the Apex twin."""
