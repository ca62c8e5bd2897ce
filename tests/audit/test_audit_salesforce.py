"""What a session counts in an org, held against the leads themselves, one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import pytest

from provisioner.errors import NotAllowed
from provisioner.facts import Check, Evidence, Facts, Period, Tally, Totals, Unasked
from provisioner.targets.salesforce.audit import people
from provisioner.targets.salesforce.desire import render

from .audit_org import ADMIN, GONE, LONE, REPS, AuditOrg, at

AWAY = Unasked("people/away", "Salesforce does not tell by its API who is out of office.", untold=True)
MOST_CALLS = 8  # of an audit with two carriers


@pytest.fixture(scope="module")
def org() -> Iterator[AuditOrg]:
    made = AuditOrg()
    made.begin()
    made.month()
    yield made
    made.close()


@pytest.fixture(scope="module")
def facts(org: AuditOrg) -> Facts:
    session = org.session()
    session.read(render(org.design), "STL")
    before = session.api_calls
    found = session.audit(org.design, org.scope(("LeadSource", "Country")))
    assert session.api_calls - before <= MOST_CALLS
    session.close()
    return found


@pytest.fixture(scope="module")
def rows(org: AuditOrg) -> list[dict[str, Any]]:
    return org.everything()


def folded(value: str | None) -> str | None:
    return None if value is None else value.casefold()


def audited(org: AuditOrg, **more: Any) -> Facts:
    session = org.session()
    found = session.audit(org.design, org.scope(**more))
    session.close()
    return found


# ------------------------------------------------------------- a month of leads


@pytest.mark.parametrize("field", ["LeadSource", "Country"])
def test_values_are_counted_with_type_and_verdict(facts: Facts, rows: list[dict[str, Any]], field: str) -> None:
    """The verdict of the direct count is the formula's, which people see. Values that differ in case only are one to
    the platform, and to the rules."""
    direct: dict[tuple[Any, ...], list[datetime]] = defaultdict(list)
    for row in rows:
        key = (folded(row[field]), row["STL_Lead_Type__c"], row["STL_SLA_Result__c"])
        direct[key].append(at(row["CreatedDate"]))
    expected = {
        Tally(*key, len(created), f"{min(created):%Y-%m-%dT%H:%M:%SZ}", f"{max(created):%Y-%m-%dT%H:%M:%SZ}")
        for key, created in direct.items()
    }
    carrier = next(item for item in facts.carriers if item.field == field)
    assert {replace(tally, value=folded(tally.value)) for tally in carrier.tallies} == expected
    assert len(carrier.tallies) == len(expected)
    assert carrier.evidence.count == len(rows) == 1003
    assert {verdict for _, _, verdict in direct} == {"Hit", "Miss", None}


def test_of_many_fields_the_same_is_counted_in_fewer_questions(org: AuditOrg, facts: Facts) -> None:
    """Two queries per field instead of three."""
    found = audited(org, carriers=("LeadSource", "Country", "Email"))
    by_name = {carrier.field: carrier for carrier in found.carriers}
    for carrier in facts.carriers:
        few, many = (
            Counter(replace(tally, value=folded(tally.value)) for tally in item.tallies)
            for item in (by_name[carrier.field], carrier)
        )
        assert few == many and set(few.values()) == {1}
    assert (found.totals, found.unasked) == (facts.totals, facts.unasked)


def test_a_carrier_repeats_by_hand(org: AuditOrg, facts: Facts) -> None:
    for carrier in facts.carriers:
        counts = {folded(row[carrier.field]): row["expr0"] for row in org.query(carrier.evidence.query)}
        told: Counter[str | None] = Counter()
        for tally in carrier.tallies:
            told[folded(tally.value)] += tally.count
        assert counts == told
        assert len({tally.value for tally in carrier.tallies}) == len(counts), "one spelling per value"


def test_a_picklist_tells_its_options_and_a_text_has_none(facts: Facts) -> None:
    by_name = {carrier.field: carrier for carrier in facts.carriers}
    options = by_name["LeadSource"].options
    assert options is not None
    assert [option.value for option in options if option.active] == [
        "Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other",
    ]  # fmt: skip
    assert by_name["LeadSource"].label == "Lead Source"
    assert by_name["Country"].options is None


def test_totals_are_those_of_the_leads(facts: Facts, rows: list[dict[str, Any]]) -> None:
    expected = Totals(
        leads=len(rows),
        typed=sum(row["STL_Lead_Type__c"] is not None for row in rows),
        clocks=sum(row["STL_SLA_Started_At__c"] is not None for row in rows),
        judged=sum(row["STL_SLA_Result__c"] is not None for row in rows),
    )
    assert facts.totals == expected
    assert expected.judged > 500


def test_weeks_are_those_of_the_clocks(facts: Facts, rows: list[dict[str, Any]]) -> None:
    assert facts.periods is not None
    weeks = [date(2026, 1, 5) + timedelta(weeks=n) for n in range(9)]
    assert [(period.start, period.end) for period in facts.periods] == [
        (start, start + timedelta(weeks=1)) for start in weeks
    ]
    for period in facts.periods:
        started = [row for row in rows if (begun := row["STL_SLA_Started_At__c"])
                   and period.start <= at(begun).date() < period.end]  # fmt: skip
        _same_week(period, started)
    assert [period.clocks > 0 for period in facts.periods] == [False] * 4 + [True] * 5


def _same_week(period: Period, started: list[dict[str, Any]]) -> None:
    results = Counter(row["STL_SLA_Result__c"] for row in started)
    assert (period.clocks, period.hits, period.misses) == (len(started), results["Hit"], results["Miss"])
    for told, field in ((period.systems_delay, "Systems_Delay"), (period.human_delay, "Human_Delay")):
        known = [row[f"STL_{field}_Minutes__c"] for row in started if row[f"STL_{field}_Minutes__c"] is not None]
        assert told == (pytest.approx(sum(known) / len(known)) if known else None)
    assert period.sampled is None


def test_alerts_are_counted_for_whom_they_reach(facts: Facts, rows: list[dict[str, Any]], org: AuditOrg) -> None:
    """Both escalations ring the bell before due and send at due: urgent a bell and an email, standard an email."""
    since = org.now() - timedelta(days=7)
    expected: Counter[str] = Counter()
    for row in rows:
        for place, channels in ((1, {"urgent": 1, "standard": 1}), (2, {"urgent": 2, "standard": 1})):
            acted = row[f"STL_Step_{place}_At__c"]
            if acted and since <= at(acted) <= org.now() and row["STL_Escalation_Level__c"] >= place:
                expected[row["OwnerId"]] += channels[row["STL_Escalation__c"]]
    assert facts.alerts is not None
    assert {person.id: count for person, count in facts.alerts} == dict(expected)
    assert [count for _, count in facts.alerts] == sorted(expected.values(), reverse=True)
    assert {person.email for person, _ in facts.alerts} == {*REPS, LONE, GONE}


def test_steps_that_are_asked_together_never_make_more_of_the_alerts(
    facts: Facts, org: AuditOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "APART_MOST", 0)
    exact = {person.id: count for person, count in facts.alerts or ()}
    found = {person.id: count for person, count in audited(org, carriers=("LeadSource", "Country")).alerts or ()}
    assert found.keys() == exact.keys()
    assert all(0 < count <= exact[id] for id, count in found.items()) and found != exact


def test_calendars_and_people_of_a_healthy_org(facts: Facts, org: AuditOrg, rows: list[dict[str, Any]]) -> None:
    assert facts.calendars is not None
    assert [(item.id, item.timezone, item.last_holiday, item.active) for item in facts.calendars] == [
        ("us", "America/New_York", date(2028, 12, 25), True),
        ("emea", "Europe/London", date(2028, 12, 26), True),
    ]
    assert facts.standings is not None
    assert [(item.name, item.value, item.state, item.members) for item in facts.standings] == [
        ("manager", "sdr-manager@acme.example", "active", None),
        ("cro", "cro@acme.example", "active", None),
        ("backup_queue", "SDR_Backup", "active", ()),
        ("silent_to", "qa@acme.example", "active", None),
        ("ignore_users", "integration@acme.example", "active", None),
    ]
    assert [item.pointer for item in facts.standings] == [
        "/recipients/manager/otherwise/user", "/recipients/cro/user", "/recipients/backup_queue/queue",
        "/alerts/silent_to", "/telemetry/first_touch/ignore_users/0",
    ]  # fmt: skip
    mine = [row for row in rows if row["OwnerId"] == org.ids[LONE]]
    running = [row for row in mine if row["STL_SLA_Status__c"] in ("within_sla", "at_risk", "breached", "escalated")]
    assert facts.people is not None
    assert [(p.email, p.active, p.manager, p.leads, p.open_clocks) for p in facts.people] == [
        (LONE, True, False, len(mine), len(running))
    ]
    assert (facts.entrances, facts.unasked) == ((), (AWAY,))


def test_a_healthy_org_passes_every_check(facts: Facts) -> None:
    assert {check: evidence.count for check, evidence in facts.checks.items()} == dict.fromkeys(get_args(Check), 0)


def test_judged_counts_the_clocks_of_a_type_since(org: AuditOrg, rows: list[dict[str, Any]]) -> None:
    session = org.session()
    assert session.judged({"demo_request": "2026-02-20T00:00:00Z"}) == {}, "nothing was read, so no fields are known"
    session.read(render(org.design), "STL")
    told = session.judged({
        "demo_request": "2026-02-20T00:00:00Z", "content_mql": "2026-02-20T01:00:00+01:00",
        "nobody": "2026-01-01T00:00:00Z", "event_attendee": "once",
    })  # fmt: skip
    since = datetime(2026, 2, 20, tzinfo=UTC)
    for lead_type in ("demo_request", "content_mql"):
        ids = {row["Id"] for row in rows if row["STL_Lead_Type__c"] == lead_type
               and at(row["STL_SLA_Started_At__c"]) >= since}  # fmt: skip
        assert told[lead_type].count == len(ids) > 10
        assert len(told[lead_type].samples) == 5
        assert set(told[lead_type].samples) <= ids
    assert (told["nobody"].count, "event_attendee" in told) == (0, False)
    session.close()


# -------------------------------------------------------- each check, by hand


@pytest.fixture(scope="module")
def spoilt() -> Iterator[tuple[AuditOrg, dict[str, str], Facts]]:
    """An org in which every condition was made true once, beside a lead of which nothing is true."""
    org = AuditOrg()
    org.begin()
    org.door("clock", {"to": "2026-02-03T14:00:00Z"})
    leads = {
        "clock_without_lead_type": org.create("Webinar", REPS[0]),
        "stuck_step": org.create("Demo Request", REPS[0]),
        "excluded_with_clock": org.create("Webinar", REPS[0]),
        "closed_with_clock": org.create("Webinar", REPS[1]),
        "negative_delay": org.create("Webinar", REPS[1]),
        "fine": org.create("Webinar", GONE),
        "excluded": org.create("Webinar", GONE, Email="x@acme.example"),
    }
    queue = org.query("SELECT Id FROM Group WHERE DeveloperName = 'SDR_Backup'")[0]["Id"]
    org.call("POST", "sobjects/GroupMember", {"GroupId": queue, "UserOrGroupId": org.ids[GONE]})
    leads["touch_before_assignment"] = org.create("Webinar", REPS[2], OwnerId=queue)
    org.door("seed", {"records": [org.touch(datetime(2026, 2, 3, 15, tzinfo=UTC),
                                            leads["touch_before_assignment"], REPS[2])]})  # fmt: skip
    org.door("clock", {"to": "2026-02-04T20:00:00Z"})
    org.patch(leads["touch_before_assignment"], OwnerId=org.ids[REPS[2]])
    org.door("convert", {"lead": leads["closed_with_clock"]})
    org.patch(leads["negative_delay"], STL_Engaged_At__c="2026-02-04T19:00:00Z")
    org.patch(leads["clock_without_lead_type"], STL_Lead_Type__c=None)
    org.switch("STL_Lead_Stamp", False)
    leads["assigned_without_clock"] = org.create("Podcast", REPS[0])
    leads["by an ignored user"] = org.create("Podcast", "integration@acme.example")
    leads["excluded and new"] = org.create("Podcast", REPS[0], Email="y@acme.example")
    org.patch(leads["excluded_with_clock"], Status="Disqualified")
    org.patch(leads["stuck_step"], STL_Escalation_Level__c=1)
    org.leave(GONE)
    session = org.session()
    found = session.audit(org.design, org.scope())
    session.close()
    yield org, leads, found
    org.close()


@pytest.mark.parametrize("check", get_args(Check))
def test_a_check_finds_its_lead_and_no_other(spoilt: tuple[AuditOrg, dict[str, str], Facts], check: Check) -> None:
    org, leads, facts = spoilt
    evidence = facts.checks[check]
    assert (evidence.count, evidence.samples, evidence.sampled) == (1, (leads[check],), None)
    assert leads[check] in [row["Id"] for row in org.query(evidence.query)]


def test_who_left_is_found_with_leads_and_queue(spoilt: tuple[AuditOrg, dict[str, str], Facts]) -> None:
    org, _, facts = spoilt
    assert facts.people is not None
    assert facts.people_evidence is not None
    told = {p.email: (p.id, p.name, p.active, p.leads, p.open_clocks, p.manager) for p in facts.people}
    assert told[GONE] == (org.ids[GONE], "gone", False, 2, 1, None)
    assert facts.people_evidence.count == 2
    assert facts.standings is not None
    queue = next(item for item in facts.standings if item.kind == "queue")
    assert queue.members is not None
    assert [(p.email, p.active) for p in queue.members] == [(GONE, False)]


# ------------------------------------------------ leads of which there are too many kinds


def test_more_values_than_one_answer_holds_are_all_counted(spoilt: tuple[AuditOrg, dict[str, str], Facts]) -> None:
    """2,500 values of a text field, among them pairs that sort equal, quotes and blanks, all at one instant."""
    org, _, _ = spoilt
    names = [f"Läd's \\ {n:04d}" for n in range(2400)] + [f"case {n:02d}" for n in range(50)]
    names += [f"CASE {n:02d}" for n in range(50)]
    org.switch("STL_Lead_Stamp", False)
    made = [{"sobject": "Lead", "values": {"LastName": "L", "Company": "C", "City": name}} for name in names]
    for start in range(0, len(made), 500):
        org.door("seed", {"records": made[start : start + 500]})
    session = org.session()
    before = len(org.everything()) - len(made)
    found = session.audit(org.design, org.scope(("City",)))
    session.close()
    carrier = found.carriers[0]
    counts: Counter[str | None] = Counter()
    for tally in carrier.tallies:
        counts[tally.value] += tally.count
    assert Counter({folded(value): count for value, count in counts.items()}) == Counter(
        [*map(folded, names), *[None] * before]
    )
    assert found.unasked == (AWAY,)


# -------------------------------------------------------------- who may ask what


def test_what_a_user_does_not_see_is_not_counted_as_clean(org: AuditOrg) -> None:
    """A user who reads leads and not the design's fields: their parts are named, the others are answered."""
    session = org.session(org.tokens[REPS[0]])
    found = session.audit(org.design, org.scope(("LeadSource", "STL_Lead_Type__c", "Description", "Nothing")))
    why = "This user does not see the field {} of Lead, or it is not there."
    told = {item.part: item.why for item in found.unasked}
    assert told.pop("people/away") == AWAY.why
    assert told.pop("carriers/STL_Lead_Type__c") == (
        "This user does not see the field STL_Lead_Type__c on Lead, or there is none."
    )
    assert told.pop("carriers/Nothing") == "This user does not see the field Nothing on Lead, or there is none."
    assert told.pop("carriers/Description") == (
        "Description is a field of the kind long text; Salesforce does not count leads by such values."
    )
    fields = {part: text.split()[7] for part, text in told.items() if text == why.format(text.split()[7])}
    assert fields.keys() == told.keys()
    assert set(told) == {
        "carriers/LeadSource", "totals", "people", "people/unled", "waiting", "periods", "alerts",
        *(f"checks/{check}" for check in get_args(Check)),
    }  # fmt: skip
    assert (found.totals, found.people, found.periods, found.alerts, dict(found.checks)) == (None, None, None, None, {})
    assert found.standings is not None
    assert found.calendars is not None
    assert [(carrier.field, carrier.tallies) for carrier in found.carriers] == [("LeadSource", ()), ("Description", ())]
    session.close()


def test_the_least_that_a_user_needs(org: AuditOrg, facts: Facts) -> None:
    """A standard user with the design's permission set counts what an administrator counts."""
    org.permit("head@acme.example", "STL_Speed_To_Lead")
    session = org.session(org.tokens["head@acme.example"])
    assert session.audit(org.design, facts.scope) == facts
    session.close()


def test_an_org_that_answers_nothing_is_no_clean_org(org: AuditOrg) -> None:
    session = org.session("00D000000000001AAA!nobody")
    with pytest.raises(NotAllowed):
        session.audit(org.design, org.scope())
    session.close()


def test_an_audit_sends_nothing_but_reads(org: AuditOrg) -> None:
    org.door("requests", method="DELETE")
    audited(org)
    sent = {(row["method"], row["path"].partition("?")[0]) for row in org.door("requests", method="GET")}
    assert sent == {
        ("GET", "/services/data/"),
        ("GET", "/services/data/v66.0/sobjects/Lead/describe"),
        ("POST", "/services/data/v66.0/composite"),
    }


def test_an_empty_org_counts_to_zero() -> None:
    org = AuditOrg()
    org.begin()
    found = audited(org, days=0)
    assert found.totals == Totals(0, 0, 0, 0)
    assert [(carrier.field, carrier.tallies) for carrier in found.carriers] == [("LeadSource", ())]
    assert found.unasked == (AWAY,)
    assert all(isinstance(item, Evidence) and item.count == 0 for item in found.checks.values())
    assert ADMIN not in [person.email for person, _ in found.alerts or ()]
    org.close()
