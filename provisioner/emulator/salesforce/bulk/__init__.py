"""Bulk API 2.0: CSV in through the ordinary save order, 200 rows at a time, and CSV out.

What differs from a real org, on purpose: a job works while it is polled (and before the virtual clock moves), not in
the background; processing times are counted, a millisecond a row, not measured; results and jobs do not expire.
"""
