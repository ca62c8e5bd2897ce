"""What a session counts in an account, held against the contacts themselves, one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import pytest

from provisioner.errors import NotAllowed
from provisioner.facts import Check, Facts, Tally, Totals, Unasked
from provisioner.targets.base import Auditing
from provisioner.targets.hubspot.audit import carriers
from provisioner.targets.hubspot.session import audit as counting
from provisioner.targets.hubspot.session.asking import Asker

from .hubspot_leads import AWAY, BORN, END, FORMS, GONE, READ_SCOPES, REPS, UNUSED_FORM, AuditPortal, at, iso

UNTOLD = {
    "checks/closed_with_clock": "HubSpot converts no contact or lead, so that nothing tells that one is finished but "
    "its clock.",
    "people/unled": "HubSpot keeps no manager of an owner.",
}
COUNTED = tuple(check for check in get_args(Check) if check != "closed_with_clock")
OPEN = ("within_sla", "at_risk", "breached", "escalated")
PROPERTIES = (
    "createdate", "enquiry_type", "enquiry_country", "hubspot_owner_id", "recent_conversion_event_name",
    "recent_conversion_date", "email", "stl_lead_type", "stl_sla_result", "stl_sla_status", "stl_sla_started_at",
    "stl_sla_due_at", "stl_systems_delay_minutes", "stl_human_delay_minutes", "stl_escalation_level",
    *(f"stl_step_{place}_at" for place in range(1, 5)),
)  # fmt: skip
MOST_CALLS = 30
LEADS = 1000


@pytest.fixture(scope="module")
def portal() -> Iterator[AuditPortal]:
    made = AuditPortal()
    made.born()
    made.month(LEADS)
    yield made
    made.close()


@pytest.fixture(scope="module")
def facts(portal: AuditPortal) -> Facts:
    session = portal.session()
    assert isinstance(session, Auditing)
    found = session.audit(portal.design, portal.scope())
    session.close()
    return found


@pytest.fixture(scope="module")
def rows(portal: AuditPortal) -> list[dict[str, Any]]:
    return portal.everything(PROPERTIES)


def verdict(row: dict[str, Any], now: datetime) -> str | None:
    """What people see; a clock that is past due is missed, also in the minutes before a workflow says so."""
    late = row["stl_sla_status"] in ("within_sla", "at_risk") and at(row["stl_sla_due_at"]) < now
    return "Miss" if late else row["stl_sla_result"] or None


def counted(portal: AuditPortal, most: int, scope: Any) -> Facts:
    """As a session does, but reading no more than `most` leads."""
    session = portal.session()
    asker = Asker(session.door, lambda: session.portal, lambda: session._flows_of(portal.design))
    found = counting.audit(asker, session._properties_of("contacts"), portal.design, scope, most)
    session.close()
    return found


# ------------------------------------------------------------- a month of leads


@pytest.mark.parametrize("field", ["enquiry_type", "enquiry_country"])
def test_values_are_counted_with_type_and_verdict(
    portal: AuditPortal, facts: Facts, rows: list[dict[str, Any]], field: str
) -> None:
    direct: dict[tuple[str | None, str | None, Any], list[datetime]] = defaultdict(list)
    for row in rows:
        key = (row[field] or None, row["stl_lead_type"] or None, verdict(row, facts.scope.now))
        direct[key].append(at(row["createdate"]))
    expected = {Tally(*key, len(times), iso(min(times)), iso(max(times))) for key, times in direct.items()}
    carrier = next(item for item in facts.carriers if item.field == field)
    assert set(carrier.tallies) == expected
    assert len(carrier.tallies) == len(expected)
    assert carrier.evidence.count == len(rows) > LEADS
    assert carrier.evidence.sampled is None
    by_value = Counter({row["values"][field] or None: row["count"] for row in portal.door(
        "count", {"object": "contacts", "by": [field]})["counts"]})  # fmt: skip
    told: Counter[str | None] = Counter()
    for tally in carrier.tallies:
        told[tally.value] += tally.count
    assert told == by_value
    assert {verdict for _, _, verdict in direct} == {"Hit", "Miss", None}


def test_an_enumeration_tells_its_options_and_a_text_has_none(portal: AuditPortal) -> None:
    options = [
        {"label": "Old one", "value": "old", "hidden": True, "displayOrder": 0},
        {"label": "New one", "value": "new", "hidden": False, "displayOrder": 1},
    ]
    body = {"name": "way_in", "label": "Way in", "groupName": "contactinformation", "type": "enumeration"}
    portal.call("POST", "/crm/v3/properties/contacts", {**body, "fieldType": "select", "options": options})
    session = portal.session()
    found = session.audit(portal.design, portal.scope(("way_in", "enquiry_country")))
    session.close()
    way, country = found.carriers
    assert way.label == "Way in"
    assert [(option.value, option.label, option.active) for option in way.options or ()] == [
        ("old", "Old one", False), ("new", "New one", True),
    ]  # fmt: skip
    assert country.options is None


def test_totals_are_those_of_the_leads(facts: Facts, rows: list[dict[str, Any]]) -> None:
    expected = Totals(
        leads=len(rows),
        typed=sum(bool(row["stl_lead_type"]) for row in rows),
        clocks=sum(bool(row["stl_sla_started_at"]) for row in rows),
        judged=sum(verdict(row, facts.scope.now) is not None for row in rows),
    )
    assert facts.totals == expected
    assert expected.judged > 300


def test_weeks_are_those_of_the_clocks(facts: Facts, rows: list[dict[str, Any]]) -> None:
    assert facts.periods is not None
    weeks = [date(2026, 1, 5) + timedelta(weeks=n) for n in range(9)]
    assert [(item.start, item.end) for item in facts.periods] == [(day, day + timedelta(weeks=1)) for day in weeks]
    for period in facts.periods:
        mine = [row for row in rows if (begun := row["stl_sla_started_at"])
                and period.start <= at(begun).date() < period.end]  # fmt: skip
        results = Counter(verdict(row, facts.scope.now) for row in mine)
        assert (period.clocks, period.hits, period.misses) == (len(mine), results["Hit"], results["Miss"])
        for told, word in ((period.systems_delay, "systems"), (period.human_delay, "human")):
            known = [float(value) for row in mine if (value := row[f"stl_{word}_delay_minutes"])]
            assert told == (pytest.approx(sum(known) / len(known)) if known else None)
        assert period.sampled is None
    assert [period.clocks > 0 for period in facts.periods] == [False] * 4 + [True] * 5


def test_alerts_are_counted_for_whom_they_reach(facts: Facts, rows: list[dict[str, Any]]) -> None:
    """Both escalations tell the owner in their first two steps: one email each, whatever the channels."""
    since = facts.scope.now - timedelta(days=7)
    expected: Counter[str] = Counter()
    for row in rows:
        for place in (1, 2):
            acted = row[f"stl_step_{place}_at"]
            if acted and since <= at(acted) <= facts.scope.now and int(row["stl_escalation_level"] or 0) >= place:
                expected[row["hubspot_owner_id"]] += 1
    assert facts.alerts is not None
    assert {person.id: count for person, count in facts.alerts} == dict(expected)
    assert [count for _, count in facts.alerts] == sorted(expected.values(), reverse=True)
    assert {person.email for person, _ in facts.alerts} == {*REPS, AWAY, GONE}


def test_forms_are_the_ways_in(facts: Facts, rows: list[dict[str, Any]]) -> None:
    assert facts.entrances is not None
    by_name = {item.name: item for item in facts.entrances}
    unused = by_name.pop(UNUSED_FORM)
    assert (unused.leads, unused.values, unused.last) == (0, (), "")
    assert set(by_name) == set(FORMS)
    for name, item in by_name.items():
        mine = [row for row in rows if (row["recent_conversion_event_name"] or "").endswith(f": {name}")]
        assert (item.leads, item.values) == (len(mine), (f"Page: {name}",))
        assert item.last == iso(max(at(row["recent_conversion_date"]) for row in mine))
        assert (item.created_at, len(mine) > 50) == ("2026-01-31T08:00:00Z", True)


def test_calendars_and_people_of_a_healthy_account(facts: Facts, portal: AuditPortal) -> None:
    assert facts.calendars is not None
    assert {(item.id, item.timezone, item.last_holiday, item.active) for item in facts.calendars} == {
        ("us", "America/New_York", date(2028, 12, 25), True),
        ("emea", "Europe/London", date(2028, 12, 26), True),
    }
    assert facts.standings is not None
    assert [(item.name, item.value, item.state) for item in facts.standings] == [
        ("manager", "sdr-manager@acme.example", "active"),
        ("cro", "cro@acme.example", "active"),
        ("backup_queue", "SDR Backup", "active"),
        ("silent_to", "qa@acme.example", "active"),
        ("ignore_users", "integration@acme.example", "active"),
    ]
    team = next(item for item in facts.standings if item.kind == "queue")
    assert [person.email for person in team.members or ()] == [*REPS[:2]]
    assert team.pointer == "/recipients/backup_queue/queue"
    assert (facts.people, facts.people_evidence is not None) == ((), True)
    assert facts.unasked == tuple(Unasked(part, why, untold=True) for part, why in UNTOLD.items())


def test_a_healthy_account_passes_every_check(facts: Facts) -> None:
    assert {check: (item.count, item.sampled) for check, item in facts.checks.items()} == dict.fromkeys(
        COUNTED, (0, None)
    )


def test_an_audit_sends_nothing_but_reads_and_few_of_them(portal: AuditPortal) -> None:
    """About 20, and one per 200 leads that are read: of the window, with a running clock, alerted about lately."""
    portal.door("requests", method="DELETE")
    session = portal.session()
    session.audit(portal.design, portal.scope())
    session.close()
    asked = portal.requests()
    assert {path for method, path in asked if method == "POST"} == {
        "/crm/v3/objects/contacts/search", "/automation/v4/flows/batch/read",
    }  # fmt: skip
    assert {method for method, _ in asked} == {"GET", "POST"}
    assert len(asked) <= MOST_CALLS, Counter(asked)


def test_judged_counts_the_clocks_of_a_type_since(portal: AuditPortal, rows: list[dict[str, Any]]) -> None:
    session = portal.session()
    assert session.judged({"demo_request": "2026-02-20T00:00:00Z"}) == {}, "nothing was read, so no names are known"
    session.audit(portal.design, portal.scope())
    told = session.judged({
        "demo_request": "2026-02-20T00:00:00Z", "content_mql": "2026-02-20T01:00:00+01:00",
        "nobody": "2026-01-01T00:00:00Z", "event_attendee": "once",
    })  # fmt: skip
    since = datetime(2026, 2, 20, tzinfo=UTC)
    for lead_type in ("demo_request", "content_mql"):
        ids = {row["id"] for row in rows if row["stl_lead_type"] == lead_type and row["stl_sla_started_at"]
               and at(row["stl_sla_started_at"]) >= since}  # fmt: skip
        assert told[lead_type].count == len(ids) > 10
        assert len(told[lead_type].samples) == 5
        assert set(told[lead_type].samples) <= ids
    assert (told["nobody"].count, "event_attendee" in told) == (0, False)
    session.close()


# ------------------------------------------------------------- more leads than can be read


def test_counting_gives_what_reading_gives(portal: AuditPortal, facts: Facts) -> None:
    """Values with few leads are still read there."""
    found = counted(portal, 0, facts.scope)
    assert [set(item.tallies) for item in found.carriers] == [set(item.tallies) for item in facts.carriers]
    assert _without_carriers(found) == _without_carriers(facts)


def _without_carriers(facts: Facts) -> Facts:
    """And with means as far as a sum can be told from another one in another order."""
    periods = tuple(
        replace(item, systems_delay=_rounded(item.systems_delay), human_delay=_rounded(item.human_delay), sampled=None)
        for item in facts.periods or ()
    )
    return replace(facts, carriers=(), periods=periods)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def test_no_value_is_read_and_all_are_found(portal: AuditPortal, facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value is split by type and verdict; those that no option names are found by looking at records."""
    monkeypatch.setattr(carriers, "READ_MOST", 0)
    monkeypatch.setattr(carriers, "ROWS_MOST", 0)
    monkeypatch.setattr(carriers, "PAGE", 5)
    for item, read in zip(counted(portal, 0, facts.scope).carriers, facts.carriers, strict=True):
        assert item.evidence.sampled is None
        assert _counts(item.tallies) == _counts(read.tallies)
        assert _spans(item.tallies) == _spans(read.tallies)


def _counts(tallies: tuple[Tally, ...]) -> Counter[tuple[Any, ...]]:
    found: Counter[tuple[Any, ...]] = Counter()
    for item in tallies:
        found[item.value and item.value.casefold(), item.lead_type, item.verdict] += item.count
    return found


def _spans(tallies: tuple[Tally, ...]) -> dict[tuple[Any, ...], tuple[str, str]]:
    """First and last of a value and lead type."""
    found: dict[tuple[Any, ...], tuple[str, str]] = {}
    for item in tallies:
        key = item.value and item.value.casefold(), item.lead_type
        first, last = found.get(key, (item.first, item.last))
        found[key] = min(first, item.first), max(last, item.last)
    return found


@pytest.mark.full
def test_a_crowd_with_values_that_nobody_named_is_counted_exactly() -> None:
    """12,000 contacts, 40 values of a text; held against the tables of the account."""
    portal = AuditPortal()
    portal.born()
    portal.door("clock", {"to": iso(END)})
    crowd = {
        "object": "contacts", "count": 12_000, "seed": 7, "created": {"from": iso(BORN), "to": iso(END)},
        "properties": {
            "enquiry_country": {"numbered": "Country {n}", "count": 40, "skew": 0.8},
            "stl_lead_type": {"values": {"demo_request": 3, "content_mql": 3, "": 1}},
            "stl_sla_status": {"values": {"met": 3, "touched_late": 1, "": 1}},
        },
    }  # fmt: skip
    portal.door("seed", {"crowds": [crowd]})
    session = portal.session()
    carrier = session.audit(portal.design, portal.scope(("enquiry_country",))).carriers[0]
    session.close()
    names = ["enquiry_country", "stl_lead_type", "stl_sla_status"]
    expected: Counter[tuple[Any, ...]] = Counter()
    for row in portal.door("count", {"object": "contacts", "by": names})["counts"]:
        value, kind, status = (row["values"][name] or None for name in names)
        expected[value, kind, {"met": "Hit", "touched_late": "Miss"}.get(status or "")] += row["count"]
    portal.close()
    assert carrier.evidence.sampled is None
    assert Counter({(item.value, item.lead_type, item.verdict): item.count for item in carrier.tallies}) == expected


# -------------------------------------------------------- each check, by hand


@pytest.fixture(scope="module")
def spoilt() -> Iterator[tuple[AuditPortal, dict[str, str], Facts]]:
    """An account in which every condition was made true once, beside contacts of which nothing is true."""
    portal = AuditPortal()
    portal.born()
    portal.door("clock", {"to": "2026-02-03T14:00:00Z"})
    leads = {
        name: portal.create("webinar", owner, f"{name}@other.example")
        for name, owner in (
            ("clock_without_lead_type", REPS[0]), ("stuck_step", REPS[0]), ("excluded_with_clock", REPS[0]),
            ("negative_delay", REPS[1]), ("fine", GONE), ("away", AWAY), ("touch_before_assignment", ""),
        )
    }  # fmt: skip
    leads["excluded"] = portal.create("webinar", GONE, "x@acme.example")
    portal.door("clock", {"to": "2026-02-03T15:00:00Z"})
    portal.door("touch", {"contact": leads["touch_before_assignment"], "type": "call", "by": REPS[2]})
    portal.door("clock", {"to": "2026-02-05T15:00:00Z"})
    portal.patch(leads["touch_before_assignment"], hubspot_owner_id=portal.owners[REPS[2]])
    portal.patch(leads["negative_delay"], stl_engaged_at="2026-02-05T14:00:00Z")
    portal.patch(leads["clock_without_lead_type"], stl_lead_type="")
    portal.patch(leads["stuck_step"], stl_escalation_level="1")
    for flow in portal.call("GET", "/automation/v4/flows?limit=100")["results"]:
        portal.door("edit", {"flow": flow["id"], "changes": {"isEnabled": False}})
    leads["assigned_without_clock"] = portal.create("webinar", REPS[0], "new@other.example")
    leads["by an ignored user"] = portal.create("webinar", "integration@acme.example", "i@other.example")
    leads["excluded and new"] = portal.create("webinar", REPS[0], "y@acme.example")
    portal.patch(leads["excluded_with_clock"], hs_lead_status="UNQUALIFIED")
    portal.leave(GONE)
    portal.door("clock", {"to": "2026-02-05T20:00:00Z"})
    absent(portal, AWAY, "2026-02-05T13:00:00Z", "2026-02-10T08:00:00Z")
    absent(portal, REPS[1], "2026-02-03T13:00:00Z", "2026-02-04T08:00:00Z")
    session = portal.session()
    found = session.audit(portal.design, portal.scope())
    session.close()
    yield portal, leads, found
    portal.close()


def absent(portal: AuditPortal, who: str, start: str, end: str) -> None:
    """Out of office, as people enter it in their settings."""
    users = portal.call("GET", "/crm/v3/objects/users?limit=100&properties=hs_internal_user_id")["results"]
    user = str(portal.call("GET", f"/crm/v3/owners/{portal.owners[who]}")["userId"])
    mine = next(row["id"] for row in users if row["properties"].get("hs_internal_user_id") == user)
    first, last = (int(at(text).timestamp() * 1000) for text in (start, end))
    hours = f'[{{"startTimestamp":{first},"endTimestamp":{last}}}]'
    portal.call("PATCH", f"/crm/v3/objects/users/{mine}", {"properties": {"hs_out_of_office_hours": hours}})


@pytest.mark.parametrize("check", COUNTED)
def test_a_check_finds_its_lead_and_no_other(spoilt: tuple[AuditPortal, dict[str, str], Facts], check: Check) -> None:
    _, leads, facts = spoilt
    evidence = facts.checks[check]
    assert (evidence.count, evidence.samples, evidence.sampled) == (1, (leads[check],), None)


def test_who_left_and_who_is_away(spoilt: tuple[AuditPortal, dict[str, str], Facts]) -> None:
    portal, _, facts = spoilt
    assert facts.people is not None
    told = [(p.email, p.id, p.active, p.leads, p.open_clocks, p.manager, p.away) for p in facts.people]
    assert told == [
        (GONE, portal.owners[GONE], False, 2, 1, None, ""),
        (AWAY, portal.owners[AWAY], True, 1, 1, None, "out of office until 2026-02-10 08:00 UTC"),
    ]
    assert facts.people_evidence is not None
    assert facts.people_evidence.count == 2


def test_a_step_that_waits_for_the_office_is_not_stuck(spoilt: tuple[AuditPortal, dict[str, str], Facts]) -> None:
    """The same account on the next evening: what falls due at closing time has had two open minutes, not two hours."""
    portal, leads, _ = spoilt
    session = portal.session()
    scope = portal.scope()
    early = replace(scope, now=datetime(2026, 2, 4, 14, 59, tzinfo=UTC), since=scope.since)
    late = replace(scope, now=datetime(2026, 2, 4, 15, 1, tzinfo=UTC), since=scope.since)
    portal.patch(leads["fine"], stl_escalation_level="1", stl_step_2_at="2026-02-03T23:00:00Z")
    found = [session.audit(portal.design, one).checks["stuck_step"].samples for one in (early, late)]
    session.close()
    assert [leads["fine"] in samples for samples in found] == [False, True]


@pytest.mark.parametrize("most", [10_000, 0])
def test_what_is_overdue_is_missed_and_what_has_no_clock_has_no_type(
    spoilt: tuple[AuditPortal, dict[str, str], Facts], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read or counted: also where no workflow has marked the miss, as all of them are switched off."""
    portal, leads, _ = spoilt
    portal.patch(leads["away"], stl_sla_status="within_sla", stl_sla_due_at="2026-02-04T15:00:00Z", enquiry_country="A")
    portal.patch(leads["excluded"], stl_lead_type="untracked", enquiry_country="B")
    monkeypatch.setattr(carriers, "READ_MOST", 0)
    monkeypatch.setattr(carriers, "ROWS_MOST", 0)
    carrier = counted(portal, most, portal.scope(("enquiry_country",))).carriers[0]
    told = {(item.value, item.lead_type, item.verdict, item.count) for item in carrier.tallies if item.value}
    assert told == {("A", "event_attendee", "Miss", 1), ("B", None, None, 1)}


def test_values_that_were_not_found_are_said(
    spoilt: tuple[AuditPortal, dict[str, str], Facts], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking at one record of the whole window finds one of two values."""
    portal, leads, _ = spoilt
    portal.patch(leads["away"], enquiry_country="A")
    portal.patch(leads["excluded"], enquiry_country="B")
    for name, number in (("ROWS_MOST", 0), ("SLICES", 1), ("PAGE", 1)):
        monkeypatch.setattr(carriers, name, number)
    evidence = counted(portal, 0, portal.scope(("enquiry_country",))).carriers[0].evidence
    total = portal.door("count", {"object": "contacts"})["total"]
    assert (evidence.sampled, evidence.count) == (total - 1, total - 1)


# -------------------------------------------------------------- who may ask what


def test_the_least_that_a_key_needs(portal: AuditPortal, facts: Facts) -> None:
    session = portal.session(portal.token_with(*READ_SCOPES))
    assert session.audit(portal.design, facts.scope) == facts
    session.close()


@pytest.mark.parametrize(
    ("scope", "parts"),
    [
        ("forms", {"entrances"}),
        ("crm.objects.users.read", {"people/away"}),
        ("settings.users.teams.read", {"standings"}),
        ("automation", {"calendars"}),
        ("crm.objects.owners.read", set()),  # automation allows it too
        ("crm.schemas.contacts.read", set()),  # as most scopes do
        ("crm.lists.read", set()),  # for the configuration only
    ],
)
def test_what_a_key_may_not_ask_is_named_with_its_scope(
    portal: AuditPortal, facts: Facts, scope: str, parts: set[str]
) -> None:
    session = portal.session(portal.token_with(*(name for name in READ_SCOPES if name != scope)))
    found = session.audit(portal.design, facts.scope)
    session.close()
    told = {item.part: item.why for item in found.unasked if item.part not in UNTOLD}
    assert set(told) == parts
    for why in told.values():
        assert scope in why
    assert found.totals == facts.totals


def test_without_owners_nobody_is_taken_for_present(portal: AuditPortal, facts: Facts) -> None:
    names = (name for name in READ_SCOPES if name not in ("crm.objects.owners.read", "automation"))
    session = portal.session(portal.token_with(*names))
    found = session.audit(portal.design, facts.scope)
    session.close()
    told = {item.part for item in found.unasked if item.part not in UNTOLD}
    assert told == {"people", "waiting", "standings", "alerts", "calendars", "checks/assigned_without_clock"}
    assert (found.people, found.alerts, found.calendars) == (None, None, None)
    states = {item.value: item.state for item in found.standings or ()}
    assert states == dict.fromkeys(states, "unknown") | {"SDR Backup": "active"}
    assert (found.carriers, found.totals, found.periods) == (facts.carriers, facts.totals, facts.periods)


def test_a_key_that_counts_nothing_still_says_who_is_there(portal: AuditPortal, facts: Facts) -> None:
    names = (name for name in READ_SCOPES if name != "crm.objects.contacts.read")
    session = portal.session(portal.token_with(*names))
    found = session.audit(portal.design, facts.scope)
    session.close()
    told = {item.part: item.why for item in found.unasked}
    assert set(told) == {
        "totals", "entrances", "people", "waiting", "periods", "alerts", "carriers/enquiry_type",
        "carriers/enquiry_country",
        *(f"checks/{check}" for check in get_args(Check)),
    }  # fmt: skip
    assert all("crm.objects.contacts.read" in why for why in told.values())
    assert (found.standings, found.calendars) == (facts.standings, facts.calendars)
    assert (found.totals, found.people, found.periods, found.alerts, dict(found.checks)) == (None, None, None, None, {})
    assert [(item.field, item.tallies) for item in found.carriers] == [("enquiry_type", ()), ("enquiry_country", ())]


def test_an_account_that_answers_nothing_is_no_clean_account(portal: AuditPortal) -> None:
    session = portal.session("pat-na1-nobody")
    with pytest.raises(NotAllowed):
        session.audit(portal.design, portal.scope())
    session.close()
    session = portal.session(portal.token_with("oauth"))
    with pytest.raises(NotAllowed, match="Nothing of this account could be counted"):
        session.audit(portal.design, portal.scope())
    session.close()


def test_an_account_without_the_design_counts_no_lead() -> None:
    portal = AuditPortal()
    portal.begin(END, [*REPS], "SDR Backup")
    portal.door("settings", {"rate_limits": False})
    session = portal.session()
    found = session.audit(portal.design, portal.scope())
    session.close()
    portal.close()
    why = "This account has no property stl_sla_started_at of contacts, or this token does not see it."
    assert Unasked("totals", why) in found.unasked
    assert found.calendars == (), "no workflow carries one"
    states = {item.value: item.state for item in found.standings or ()}
    assert states["cro@acme.example"] == "missing"
