"""The figures of any report are those of plain Python over the rows that were put in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from analytics_packages import across, add_lead, column, down, figures, formula, frame, report, with_fields
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.emulator.salesforce.assembly import assembled
from provisioner.emulator.salesforce.state.org import Org

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 1, 5, 14, tzinfo=UTC)


@dataclass(frozen=True)
class Lead:
    source: str | None
    minutes: int | None  # tenths
    breached: bool
    created: datetime

    @property
    def day(self) -> datetime:
        return self.created.astimezone(ZONE)


LEADS = st.lists(
    st.builds(
        Lead,
        source=st.sampled_from([None, "Web", "Other", "Partner Referral"]),
        minutes=st.none() | st.integers(0, 5000),
        breached=st.booleans(),
        created=st.integers(0, 70 * 24 * 60).map(lambda minutes: NOW - timedelta(minutes=minutes)),
    ),
    max_size=12,
)


def week(lead: Lead) -> str:
    day = lead.day.date()
    return (day - timedelta(days=day.isoweekday() % 7)).isoformat()


KEYS: dict[str, tuple[str, str, Callable[[Lead], Any]]] = {
    "source": ("LEAD_SOURCE", "Day", lambda lead: lead.source),
    "breached": ("Lead.Breached__c", "Day", lambda lead: lead.breached),
    "day": ("CREATED_DATE", "Day", lambda lead: lead.day.date().isoformat()),
    "week": ("CREATED_DATE", "Week", week),
    "month": ("CREATED_DATE", "Month", lambda lead: lead.day.strftime("%Y-%m-01")),
}
WINDOWS: dict[str, Callable[[Lead], bool]] = {
    "INTERVAL_CUSTOM": lambda lead: True,
    "INTERVAL_THISMONTH": lambda lead: lead.day.strftime("%Y-%m") == "2026-01",
    "INTERVAL_LASTMONTH": lambda lead: lead.day.strftime("%Y-%m") == "2025-12",
    "INTERVAL_THISWEEK": lambda lead: week(lead) == "2026-01-04",
    "INTERVAL_PREVY": lambda lead: lead.day.year == 2025,
}


def expected(leads: Iterable[Lead]) -> list[float | None]:
    """Sum, average, largest and smallest minutes; time over 30 minutes; breaches in %; number."""
    leads = list(leads)
    known = [Fraction(lead.minutes, 10) for lead in leads if lead.minutes is not None]
    late = sum((max(one - 30, Fraction(0)) for one in known), Fraction(0))
    share = Fraction(sum(lead.breached for lead in leads) * 10000, len(leads)) if leads else None
    rounded = None if share is None else Fraction((share + Fraction(1, 2)).__floor__(), 100)
    found = [sum(known, Fraction(0)), sum(known) / len(known) if known else None, max(known, default=None),
             min(known, default=None), late, rounded, len(leads)]  # fmt: skip
    return [None if one is None else float(one) for one in found]


BODY = (
    formula("Lead.Breached__c:SUM / RowCount * 100")
    + column("Lead.Minutes__c", "Sum", "Average", "Maximum", "Minimum")
    + column("Lead.Late__c", "Sum")
)


def filled(org: Org, leads: list[Lead]) -> None:
    org.store.execute('DELETE FROM "Lead"')
    for number, lead in enumerate(leads):
        minutes = None if lead.minutes is None else lead.minutes / 10
        add_lead(
            org, f"L{number}", LeadSource=lead.source, Minutes__c=minutes, Breached__c=lead.breached,
            CreatedDate=lead.created,
        )  # fmt: skip


def values(answer: dict[str, Any], key: str) -> list[float | None]:
    """In the order of `expected`: the formula goes before the count in a report's summaries."""
    return [one["value"] for one in answer["factMap"][key]["aggregates"]]


@pytest.fixture(scope="module")
def law_org() -> Org:
    return with_fields(assembled())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(leads=LEADS, first=st.sampled_from(sorted(KEYS)), second=st.sampled_from(sorted(KEYS)),
       window=st.sampled_from(sorted(WINDOWS)))  # fmt: skip
def test_groups_and_totals_are_those_of_plain_python(
    law_org: Org, leads: list[Lead], first: str, second: str, window: str
) -> None:
    filled(law_org, leads)
    nested = KEYS[first][0] != KEYS[second][0]
    body = BODY + down(*KEYS[first][:2]) + (down(*KEYS[second][:2]) if nested else "") + frame(window)
    answer = figures(law_org, report(body))
    kept = [lead for lead in leads if WINDOWS[window](lead)]
    assert expected(kept) == values(answer, "T!T")
    outer: dict[Any, list[Lead]] = defaultdict(list)
    for lead in kept:
        outer[KEYS[first][2](lead)].append(lead)
    groups = answer["groupingsDown"]["groupings"]
    assert {one["value"] for one in groups} == set(outer)
    for group in groups:
        assert expected(outer[group["value"]]) == values(answer, f"{group['key']}!T")
        inner: dict[Any, list[Lead]] = defaultdict(list)
        for lead in outer[group["value"]] if nested else []:
            inner[KEYS[second][2](lead)].append(lead)
        assert {one["value"] for one in group["groupings"]} == set(inner)
        for one in group["groupings"]:
            assert expected(inner[one["value"]]) == values(answer, f"{one['key']}!T")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(leads=LEADS, axis=st.sampled_from(["day", "week", "month", "breached"]))
def test_a_crossing_holds_what_is_in_both_groups(law_org: Org, leads: list[Lead], axis: str) -> None:
    filled(law_org, leads)
    answer = figures(law_org, report(BODY + across(*KEYS[axis][:2]) + down("LEAD_SOURCE"), "Matrix"))
    rows = {one["key"]: one["value"] for one in answer["groupingsDown"]["groupings"]}
    columns = {one["key"]: one["value"] for one in answer["groupingsAcross"]["groupings"]}
    assert len(answer["factMap"]) == (len(rows) + 1) * (len(columns) + 1)
    for key in answer["factMap"]:
        row, _, across_key = key.partition("!")
        inside = [
            lead
            for lead in leads
            if (row == "T" or lead.source == rows[row])
            and (across_key == "T" or KEYS[axis][2](lead) == columns[across_key])
        ]
        assert expected(inside) == values(answer, key)
