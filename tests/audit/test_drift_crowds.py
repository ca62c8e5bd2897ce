"""A drift of very many leads, held against direct counts in the tables of the local CRM."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import bench_drift  # noqa: E402
import big_org  # noqa: E402


def held_against_the_tables(folder: Path, count: int) -> None:
    org = bench_drift.Org("salesforce", folder)
    try:
        expected = big_org.settle(org, count)
        found = bench_drift.measure(org)
    finally:
        org.close()
    assert bench_drift.differences(found, expected) == []
    assert found.code == 3
    assert found.report["totals"]["leads"] == count
    assert found.calls <= bench_drift.MOST_CALLS["salesforce"]


def test_every_count_is_that_of_the_tables(tmp_path: Path) -> None:
    held_against_the_tables(tmp_path, 5_000)


@pytest.mark.full
def test_every_count_of_a_million_leads_is_that_of_the_tables(tmp_path: Path) -> None:
    """Takes ten minutes: the local CRM works out formulas lead by lead."""
    held_against_the_tables(tmp_path, big_org.COUNT)
