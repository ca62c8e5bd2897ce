"""A drift of very many leads, held against direct counts in the tables of the local CRM."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import bench_drift  # noqa: E402
import big_org  # noqa: E402


def held_against_the_tables(folder: Path, count: int, platform: str = "salesforce") -> None:
    org = bench_drift.Org(platform, folder)
    try:
        expected = big_org.settle(org, count)
        found = bench_drift.measure(org)
    finally:
        org.close()
    assert bench_drift.differences(found, expected) == []
    assert found.code == 3
    assert found.report["totals"]["leads"] == count
    assert found.calls <= bench_drift.MOST_CALLS.get(platform, found.calls)


def test_every_count_is_that_of_the_tables(tmp_path: Path) -> None:
    held_against_the_tables(tmp_path, 5_000)


@pytest.mark.full
def test_every_count_of_a_million_leads_is_that_of_the_tables(tmp_path: Path) -> None:
    held_against_the_tables(tmp_path, big_org.COUNT)


@pytest.mark.full
def test_every_count_of_many_contacts_is_that_of_the_tables(tmp_path: Path) -> None:
    """Three minutes of four searches a second, as the account allows them: one and more for each of 300 values."""
    held_against_the_tables(tmp_path, 20_000, "hubspot")
