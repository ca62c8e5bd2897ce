from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.applying import gate
from provisioner.errors import Refused

TODAY = date(2026, 3, 10)
READY: dict[str, Any] = {
    "sales_trained_on": "2026-03-02", "leadership_trained_on": "2026-03-10", "silent_since": "2026-03-07",
    "silent_days": 3,
}  # fmt: skip


def test_everything_that_holds_opens_the_gate() -> None:
    found = gate.conditions(READY, TODAY, applied=True)
    assert [(item.name, item.holds, item.found) for item in found] == [
        ("applied", True, "in this org"),
        ("sales_trained_on", True, "2026-03-02"),
        ("leadership_trained_on", True, "2026-03-10"),
        ("silent_since", True, "2026-03-07, 3 days are over"),
    ]
    assert gate.check(found, None, "Acme (00D)") is None


def test_everything_that_is_missing_is_named() -> None:
    later = {"sales_trained_on": None, "leadership_trained_on": "2026-03-11", "silent_since": "2026-03-08"}
    with pytest.raises(Refused) as caught:
        gate.check(gate.conditions(later, TODAY, applied=False), None, "Acme (00D)")
    assert caught.value.exit_code == 5
    assert caught.value.message == (
        "Alerts in Acme (00D) do not go live yet: applied: not in this org yet; sales_trained_on: not given; "
        "leadership_trained_on: 2026-03-11, which is still to come; "
        "silent_since: 2026-03-08, and 3 days end on 2026-03-11. Nothing was changed."
    )
    assert caught.value.advice == (
        "Apply it silently first. Train sales, then write the day into the design: enablement.sales_trained_on. "
        "Train leadership, then write the day into the design: enablement.leadership_trained_on. "
        "Wait until 2026-03-11. If they must go live all the same, give --override REASON; it is recorded."
    )


def test_without_an_enablement_section_nothing_is_known() -> None:
    assert [item.name for item in gate.missing(gate.conditions(None, TODAY, applied=True))] == [
        "sales_trained_on", "leadership_trained_on", "silent_since",
    ]  # fmt: skip


def test_a_reason_passes_a_closed_gate() -> None:
    assert gate.check(gate.conditions(None, TODAY, applied=False), "agreed", "Acme (00D)") is None


@given(days=st.integers(0, 90), since=st.integers(-200, 200))
def test_the_silent_days_are_over_when_they_are(days: int, since: int) -> None:
    said = READY | {"silent_since": (TODAY - timedelta(days=since)).isoformat(), "silent_days": days}
    assert gate.conditions(said, TODAY, applied=True)[3].holds is (since >= days)
