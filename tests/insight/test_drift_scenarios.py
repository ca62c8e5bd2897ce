"""For every code: facts that produce it, and neighbouring facts that must not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from strategies.audits import (
    CHECKS,
    STANDINGS,
    TEXT,
    VALUES,
    WEEKS,
    audited,
    carrier,
    changed,
    design,
    facts,
    person,
    plan,
    report,
    resource,
    step,
    tally,
    week,
)

from provisioner.diagnostics import Diagnostic, Location
from provisioner.facts import Calendar, Choice, Entrance, Evidence, Option, Surge, Totals, Unasked, Waiting
from provisioner.insight.accepted import Acceptance
from provisioner.insight.audit import Audit, Judged
from provisioner.insight.checks import FINDINGS
from provisioner.insight.drift import told_once
from provisioner.insight.finding import Finding, Found
from provisioner.insight.patience import patience_ended
from provisioner.planning.plan import Cause, Change, Touched
from provisioner.reporting.drift_text import acceptance_notes
from provisioner.resources import Address
from provisioner.targets.base import Meaning


def field(*tallies: Any, **settings: Any) -> Audit:
    return audited(facts=facts(carriers=(carrier(*tallies, **settings),)))


def offering(*values: str, tallies: Any = (), hidden: tuple[str, ...] = ()) -> Audit:
    return field(*tallies, options=(*VALUES, *values), hidden=hidden)


STAGED = TEXT + "exclusions: [{id: lost, when: {Status: [Disqualified]}}]\n"


def choosing(*offered: str, counts: dict[str, int] | None = None) -> Audit:
    """The lead status offers these values; the design excludes the disqualified."""
    options = tuple(Option(value, value) for value in offered)
    choice = Choice("Status", "Lead Status", options, counts, Evidence("leads by Status", 0))
    return audited(design=design(STAGED), facts=facts(choices=(choice,)))


def form(name: str, created: str, *values: str, leads: int | None = 0) -> Audit:
    return audited(facts=facts(entrances=(Entrance("f1", name, created, values, leads),)))


def people(*found: Any, text: str = TEXT) -> Audit:
    return audited(design=design(text), facts=facts(people=found))


def waiting(*found: Waiting, text: str = TEXT) -> Audit:
    return audited(design=design(text), facts=facts(waiting=found))


def standings(name: str, **settings: Any) -> Audit:
    found = tuple(replace(item, **settings) if item.name == name else item for item in STANDINGS)
    return audited(facts=facts(standings=found))


def weeks(*periods: Any) -> Audit:
    return audited(facts=facts(periods=periods))


def calendar(found: Calendar | None) -> Audit:
    return audited(facts=facts(calendars=() if found is None else (found,)))


def checked(check: str, count: int) -> Audit:
    counts = {name: Evidence(name, count if name == check else 0, ("00Q1",)) for name in CHECKS}
    return audited(facts=facts(checks=counts))


def planned(*changes: Change, **settings: Any) -> Audit:
    return audited(plan=plan(*changes, **settings))


REST = TEXT.replace(
    "when: {LeadSource: Content Download}",
    "when: {all: [{LeadSource: {is_blank: false}}, {LeadSource: {not_in: [Spam]}}]}",
)
EARLIER = "SELECT COUNT(Id) FROM Lead WHERE LeadSource = 'TikTok' AND CreatedDate < 2026-03-17T08:00:00Z"


def rest(*tallies: Any, before: int | None = 0, text: str = REST, **settings: Any) -> Audit:
    """A design whose last rule takes everything but spam; so many leads of TikTok from before the window."""
    known = {} if before is None else {("LeadSource", "TikTok"): Evidence(EARLIER, before)}
    found = facts(carriers=(carrier(*tallies, **settings),))
    return audited(design=design(text), facts=found, earlier=known)


US = Calendar("us", "America/New_York", date(2028, 12, 25))
MISFIT = Diagnostic("S301", "error", "No field", "Country is gone.", "", Location("acme.yaml", 12, 3), "/lead_types/0")
WHEN = Touched("Ana Ruiz", "2026-06-03T09:00:00Z")
KIM, LEFT = person("Kim Park"), person("Jo Diaz", active=False)


def without_leads(value: str, **settings: Any) -> Audit:
    """No lead of the window has the value."""
    usual = carrier(**settings)
    return audited(facts=facts(carriers=(replace(usual, tallies=tuple(t for t in usual.tallies if t.value != value)),)))


SURGED = TEXT + "surge: {when: twice the leads of an ordinary day, factor: 1.5}\n"


def surging(saved_at: str, is_on: bool = True) -> Audit:
    return audited(design=design(SURGED), facts=facts(surge=Surge(is_on, "Setup, Switches", saved_at, "Ana Ruiz")))


FEWER = tuple(value for value in VALUES if value != "Pricing Page")

# code → what produces it and the subjects that are found; and neighbours that must not produce it
SCENARIOS: dict[str, tuple[Audit, list[str], list[Audit]]] = {
    "L101": (
        offering("TikTok", tallies=[tally("TikTok", 37)]),
        ["LeadSource: TikTok"],
        [
            offering("TikTok"),  # offered, not used
            field(tally("demo request", 3, "demo")),  # case is no difference
            field(tally("TikTok", 37)),  # not offered
        ],
    ),
    "L102": (
        offering("Partner Portal"),
        ["LeadSource: Partner Portal"],
        [field(hidden=("Partner Portal",)), offering("Partner Portal", tallies=[tally("Partner Portal", 1)])],
    ),
    "L103": (
        field(tally("fb_lead_form", 212)),
        ["LeadSource: fb_lead_form"],
        [offering("fb_lead_form", tallies=[tally("fb_lead_form", 212)]), field(tally("Pricing Page", 9, "demo"))],
    ),
    "L104": (
        field(tally("Demo-Request", 18)),
        ["LeadSource: Demo-Request"],
        [
            field(tally("Webinar 2", 18)),  # another number
            field(tally("DEMO REQUEST", 18, "demo")),
            field(tally("Billboard", 18)),
            offering("Webinars", tallies=[tally("Webinars", 18)]),  # the field offers both
        ],
    ),
    "L105": (
        field(tally(None, 61)),
        ["LeadSource: (blank)"],
        [
            field(),
            replace(
                field(tally(None, 61)),
                design=design(TEXT.replace("LeadSource: Content Download", "LeadSource: [Content Download, null]")),
            ),
        ],
    ),
    "L106": (
        form("Pricing calculator", "2026-06-08T09:00:00Z", leads=14),
        ["Pricing calculator (f1)"],
        [
            form("Pricing calculator", "2025-01-01T09:00:00Z"),  # old, and brought nothing
            form("Newest form", "2026-06-08T09:00:00Z", "Webinar", leads=14),  # what it leaves is mapped
            form("Trade Show", "2026-06-08T09:00:00Z", leads=14),  # named by a rule
        ],
    ),
    "L107": (
        without_leads("Pricing Page", options=FEWER),
        ["LeadSource: Pricing Page"],
        [
            field(options=FEWER),  # not offered, still in use
            without_leads("Pricing Page"),  # offered, not in use
            without_leads("Pricing Page", options=None),  # a field without options offers everything
        ],
    ),
    "L108": (
        field(tally("Webinar", 40, "content")),
        ["LeadSource: Webinar"],
        [
            field(tally("Webinar", 40, None)),
            field(tally("Demo Request", 4, "emea_demo")),  # by its country
            field(tally("Contact Form", 4, "enterprise")),
        ],
    ),
    "L109": (
        rest(tally("TikTok", 37)),
        ["LeadSource: TikTok"],
        [
            rest(tally("TikTok", 37), before=1),  # there before
            rest(tally("TikTok", 37), before=None),  # not known: that is not checked, and no finding
            rest(),  # no lead has it
            rest(tally("TikTok", 37), text=REST.replace("[Spam]", "[Spam, TikTok]")),  # named, below a negation
            rest(tally("TikTok", 37), text=REST.replace("Trade Show  #", "TikTok  #")),  # mapped
            rest(tally("TikTok", 37), text=REST + "exclusions: [{id: ads, when: {LeadSource: {contains: tok}}}]\n"),
            rest(tally(None, 37, None)),  # a blank is no new value
        ],
    ),
    "L110": (
        choosing("Open", "Closed"),
        ["Status: Disqualified"],
        [
            choosing("Open", "disqualified"),  # upper and lower case are no difference
            audited(design=design(STAGED), facts=facts(choices=())),  # a field that lists nothing offers everything
            choosing("Open", "Disqualified", counts={}),  # offered, and no lead has it
        ],
    ),
    "C201": (
        planned(changed()),
        ["Type:demo"],
        [planned(changed(Cause.DESIGN)), planned(step(Cause.HAND, {"opened": "x"}))],
    ),
    "C202": (planned(changed(Cause.DELETED, gone=True)), ["Type:demo"], [planned(changed(Cause.NEW, gone=True))]),
    "C203": (
        planned(step(Cause.REOPENED, {"opened": "The property is gone."})),
        ["ManualStep:dashboard"],
        [planned(step(Cause.NEW))],
    ),
    "C204": (
        planned(changed(Cause.DESIGN), changed(Cause.NEW, gone=True)),
        ["design not applied"],
        [planned(changed()), planned(Change(resource(), None, Cause.ORPHANED))],
    ),
    "C205": (planned(step(Cause.NEW)), ["ManualStep:dashboard"], [planned(step(Cause.REOPENED, {"opened": ""}))]),
    "C206": (planned(Change(resource(), None, Cause.ORPHANED)), ["Type:demo"], [planned(changed(Cause.DESIGN))]),
    "C207": (
        planned(conflicts=(Address("Type", "demo"),)),
        ["Type:demo"],
        [planned(unread=(Address("Type", "demo"),))],
    ),
    "C208": (
        audited(misfits=(MISFIT, replace(MISFIT, pointer="/lead_types/1"))),
        ["S301 Country is gone."],
        [audited(misfits=(replace(MISFIT, severity="info"), replace(MISFIT, pointer="/recipients/cro")))],
    ),
    "C209": (
        surging("2026-06-08T08:00:00Z"),
        ["surge"],
        [
            surging("2026-06-08T08:00:00Z", is_on=False),
            replace(surging("2026-06-08T08:00:00Z"), design=design()),  # the design has none (any more)
            audited(design=design(SURGED)),  # not known
        ],
    ),
    "P301": (
        people(person("Sam Lee", active=False, leads=43, open_clocks=6)),
        ["Sam Lee (sam@acme.example)"],
        [people(person("Sam Lee", active=False)), people(person("Sam Lee", leads=43, open_clocks=6))],
    ),
    "P302": (standings("cro", state="inactive"), ["cro: cro@acme.example"], [standings("cro", state="unknown")]),
    "P303": (
        standings("backup", state="missing"),
        ["backup: SDR_Backup"],
        [standings("ignore_users", state="missing")],
    ),
    "P304": (
        standings("backup", members=(LEFT,)),
        ["backup: SDR_Backup"],
        [standings("backup", members=None), standings("backup", members=(LEFT, KIM))],
    ),
    "P305": (
        standings("backup", members=(LEFT, KIM)),
        ["backup: SDR_Backup"],
        [standings("backup", members=(LEFT,)), standings("backup", members=(KIM,))],
    ),
    "P306": (
        people(person("Kim Park", away="until Monday", open_clocks=4, leads=4)),
        ["Kim Park (kim@acme.example)"],
        [people(person("Kim Park", away="until Monday", leads=4)), people(person("Kim Park", open_clocks=4, leads=4))],
    ),
    "P307": (
        people(person("Jo Diaz", manager=False, open_clocks=4, leads=4)),
        ["Jo Diaz (jo@acme.example)"],
        [
            people(person("Jo Diaz", manager=None, open_clocks=4, leads=4)),
            people(person("Jo Diaz", manager=False, leads=4)),
            people(
                person("Jo Diaz", manager=False, open_clocks=4, leads=4), text=TEXT.replace("[manager, cro]", "[cro]")
            ),
        ],
    ),
    "P308": (
        standings("ignore_users", state="missing"),
        ["ignore_users: bot@acme.example"],
        [standings("cro", state="missing")],
    ),
    "P309": (
        waiting(Waiting("Inbound", 31, "2026-06-11T09:00:00Z", Evidence("leads of Inbound", 31))),
        ["Inbound"],
        [waiting()],
    ),
    "P310": (
        people(replace(KIM, frozen=True, leads=43, open_clocks=6)),
        ["Kim Park (kim@acme.example)"],
        [
            people(replace(KIM, frozen=True)),  # owns nothing
            people(replace(KIM, leads=43, open_clocks=6)),
            people(replace(LEFT, frozen=True, leads=2)),  # left altogether: P301
        ],
    ),
    "R401": (checked("assigned_without_clock", 9), ["assigned_without_clock"], [checked("stuck_step", 9)]),
    "R402": (checked("clock_without_lead_type", 31), ["clock_without_lead_type"], [checked("negative_delay", 1)]),
    "R403": (checked("touch_before_assignment", 84), ["touch_before_assignment"], [checked("negative_delay", 1)]),
    "R404": (checked("negative_delay", 2), ["negative_delay"], [checked("touch_before_assignment", 2)]),
    "R405": (checked("stuck_step", 22), ["stuck_step"], [checked("assigned_without_clock", 22)]),
    "R406": (checked("excluded_with_clock", 5), ["excluded_with_clock"], [checked("closed_with_clock", 5)]),
    "R407": (checked("closed_with_clock", 12), ["closed_with_clock"], [checked("excluded_with_clock", 12)]),
    "M501": (
        weeks(*WEEKS[:3], week(1, misses=16), WEEKS[4]),
        ["miss rate"],
        [
            weeks(week(2, misses=30), week(1, misses=36), WEEKS[4]),  # exactly 20 % more
            weeks(week(2, misses=30), week(1, misses=34), WEEKS[4]),
            weeks(week(2, clocks=19, misses=2), week(1, clocks=100, misses=40), WEEKS[4]),  # too few to compare
            weeks(*WEEKS[:4], week(0, misses=90)),  # the running week
            weeks(week(2, clocks=20, misses=1), week(1, clocks=20, misses=3), WEEKS[4]),  # three leads are chance
            weeks(week(3, misses=1), week(1, misses=60), WEEKS[4]),  # no week before
            weeks(*WEEKS[:3], week(1, misses=16, delay=6.0), WEEKS[4]),  # routing, not only misses
        ],
    ),
    "M502": (
        weeks(*WEEKS[:3], week(1, delay=5.1), WEEKS[4]),
        ["systems delay"],
        [
            weeks(*WEEKS[:3], week(1, delay=5.0), WEEKS[4]),  # exactly three minutes
            weeks(*WEEKS[:3], week(1, delay=9.0, clocks=19), WEEKS[4]),
            weeks(week(1, delay=9.0), WEEKS[4]),
            weeks(*WEEKS[:3], week(1, delay=None), WEEKS[4]),
        ],
    ),
    "M503": (
        weeks(*WEEKS[:3], week(1, misses=16, delay=6.0), WEEKS[4]),
        ["routing"],
        [weeks(*WEEKS[:3], week(1, misses=16), WEEKS[4]), weeks(*WEEKS[:3], week(1, delay=6.0), WEEKS[4])],
    ),
    "M504": (
        audited(facts=facts(alerts=((person("Jo Diaz"), 140), (KIM, 20), (person("Al Poe"), 22)))),
        ["Jo Diaz (jo@acme.example)"],
        [
            audited(facts=facts(alerts=((person("Jo Diaz"), 50),))),
            audited(facts=facts(alerts=((person("Jo Diaz"), 140), (KIM, 120), (person("Al Poe"), 110)))),
        ],
    ),
    "B601": (
        calendar(replace(US, last_holiday=date(2026, 9, 12))),  # 89 days
        ["us"],
        [
            calendar(replace(US, last_holiday=date(2026, 9, 13))),
            replace(
                calendar(replace(US, last_holiday=None)),
                design=design(TEXT.replace("    holidays: {country: US, from: 2026, years: 3}\n", "")),
            ),
        ],
    ),
    "B602": (
        calendar(replace(US, timezone="America/Los_Angeles")),
        ["us"],
        [calendar(replace(US, timezone="")), calendar(US)],
    ),
    "B603": (
        calendar(replace(US, active=False)),
        ["us"],
        [calendar(US), audited(facts=facts(calendars=(), unasked=(Unasked("calendars", "Not allowed."),)))],
    ),
}
ALSO = {
    "B603": [calendar(None)],
    "B601": [calendar(replace(US, last_holiday=None))],
    "P304": [standings("backup", members=())],
    "C201": [planned(changed(Cause.BOTH))],
    "M501": [weeks(week(2, misses=0), week(1, misses=5), WEEKS[4])],
}


def subjects(subject: Audit, code: str) -> list[str]:
    return [finding.subject for finding in report(subject).findings if finding.code == code]


def test_where_nothing_is_wrong_nothing_is_found() -> None:
    found = report()
    assert (found.findings, found.unchecked, found.is_clean) == ((), (), True)


@pytest.mark.parametrize(
    ("saved_at", "severity", "since"),
    [
        ("2026-06-08T08:00:00Z", "warning", "it was last saved on 2026-06-08 by Ana Ruiz"),
        ("2026-06-08T08:00:01Z", "info", "it was last saved on 2026-06-08 by Ana Ruiz"),
        ("", "warning", "since when is not known"),
    ],
)
def test_a_surge_that_was_left_on_for_a_week_is_a_warning(saved_at: str, severity: str, since: str) -> None:
    (found,) = report(surging(saved_at)).findings
    assert (found.code, found.severity, found.found.where) == ("C209", severity, "/surge")
    assert found.found.detail == (
        f"The switch of the surge is on; {since}. The design means it for: twice the leads of an ordinary day."
    )
    assert found.found.consequence == (
        "Clocks that start get 1.5 times their SLA: alerts come later, and leads count as hits that would be misses."
    )
    assert found.found.fix == "Turn it off when the rush is over: Setup, Switches."


def test_every_code_has_a_scenario() -> None:
    assert sorted(SCENARIOS) == [kind.code for kind in FINDINGS]


@pytest.mark.parametrize("code", SCENARIOS)
def test_what_must_be_found_is_found_alone(code: str) -> None:
    subject, expected, _ = SCENARIOS[code]
    assert [(item.code, item.subject) for item in report(subject).findings] == [(code, name) for name in expected]


@pytest.mark.parametrize(("code", "number"), [(code, n) for code in SCENARIOS for n in range(len(SCENARIOS[code][2]))])
def test_a_neighbour_is_not_found(code: str, number: int) -> None:
    assert subjects(SCENARIOS[code][2][number], code) == []


@pytest.mark.parametrize(("code", "number"), [(code, n) for code in ALSO for n in range(len(ALSO[code]))])
def test_other_ways_to_the_same_finding(code: str, number: int) -> None:
    assert subjects(ALSO[code][number], code) == SCENARIOS[code][1]


def by_hand(count: int | None, touched: Touched | None = WHEN) -> tuple[str, str, str]:
    """What is said of a change by hand under which so many leads were judged (None: nobody could count them)."""
    change = changed(touched=touched)
    counts = {} if count is None else {"demo": Judged("2026-06-03T09:00:00Z", Evidence("judged", count))}
    meanings = {change.address: (Meaning("SLA of Demo: 5 minutes -> 60 minutes", ("demo",)),)}
    finding = report(audited(plan=plan(change), meanings=meanings, judged=counts)).findings[0]
    return finding.severity, finding.found.detail, finding.found.consequence


def test_a_change_by_hand_says_who_when_and_whom_it_concerned() -> None:
    said = "SLA of Demo: 5 minutes -> 60 minutes, by Ana Ruiz on 2026-06-03."
    assert by_hand(112) == ("error", said, "Judged or alerted under it: 112 leads of “Demo” (SLA 5m) since 2026-06-03.")
    assert by_hand(0) == ("error", said, "No lead was judged or alerted under it yet, since 2026-06-03.")
    assert by_hand(None) == (
        "error",
        said,
        "Leads of “Demo” (SLA 5m) are judged or alerted differently; how many leads could not be counted.",
    )
    assert by_hand(None, None) == (
        "error",
        "SLA of Demo: 5 minutes -> 60 minutes.",
        "Leads of “Demo” (SLA 5m) are judged or alerted differently; since when is not known, so they were not "
        "counted.",
    )


def test_what_the_design_changed_is_not_said_to_be_somebody_elses_deed() -> None:
    change = changed(Cause.BOTH, touched=WHEN)
    meanings = {change.address: (Meaning("SLA of Demo: 5 minutes -> 60 minutes", ("demo",)),)}
    finding = report(audited(plan=plan(change), meanings=meanings)).findings[0]
    assert finding.found.detail == (
        "Changed by hand, by Ana Ruiz on 2026-06-03, and the design was changed as well. What differs now, of both: "
        "SLA of Demo: 5 minutes -> 60 minutes."
    )


def accepted(code: str, subject: str, fingerprint: str = "") -> Acceptance:
    place = Location("provisioner.accepted.yaml", 2, 5)
    return Acceptance(code, subject, fingerprint, "Known.", date(2026, 12, 31), place)


def edited(minutes: int) -> Audit:
    return planned(Change(resource(minutes=minutes), resource(minutes=5), Cause.HAND))


def test_who_accepts_a_change_by_hand_accepts_that_one_and_not_the_next() -> None:
    """The same change is the same finding next week, also when the design moves on; another one is another."""
    (found,) = report(edited(60)).findings
    entries = [accepted("", "", found.fingerprint)]
    (same,) = report(
        planned(Change(resource(minutes=60), resource(minutes=7), Cause.BOTH)), acceptances=entries
    ).accepted
    assert same.finding.subject == "Type:demo"
    later = report(edited(90), acceptances=entries)
    assert [(item.code, item.subject) for item in later.findings] == [("C201", "Type:demo")]
    assert (later.accepted, later.unused) == ((), tuple(entries))
    assert later.findings[0].fingerprint != found.fingerprint


def test_a_change_by_hand_is_not_accepted_by_its_name_and_it_is_said_how() -> None:
    made = report(edited(60), acceptances=[accepted("C201", "type:demo")])
    (found,) = made.findings
    assert acceptance_notes(made) == [
        "provisioner.accepted.yaml:2:5: C201 type:demo can be changed again, so that it is accepted by its fingerprint "
        f"only, which says what was changed to: {{fingerprint: {found.fingerprint}, …}}"
    ]


@pytest.mark.parametrize(
    ("hours", "minutes", "now", "ended"),
    [
        ("", "", "2026-06-15T08:00:00Z", "2026-06-15T06:00:00Z"),  # two hours, whatever else is said
        ("", "10m", "2026-06-15T08:00:00Z", "2026-06-15T06:00:00Z"),
        ("", "3h", "2026-06-15T08:00:00Z", "2026-06-15T05:00:00Z"),
        ("us", "", "2026-06-15T08:00:00Z", "2026-06-12T20:00:00Z"),  # Monday, 4:00 in New York: since Friday 16:00
        ("us", "", "2026-06-15T15:00:00Z", "2026-06-15T13:00:00Z"),
        ("us", "", "2026-07-04T15:00:00Z", "2026-07-02T20:00:00Z"),  # the 3rd is the holiday
    ],
)
def test_how_long_a_lead_may_be_nobodys(hours: str, minutes: str, now: str, ended: str) -> None:
    """Only while the office is open."""
    start, end = TEXT.index("business_hours:"), TEXT.index("lead_types:")
    text = TEXT if hours else (TEXT[:start] + TEXT[end:]).replace("    clock: business\n    hours: us\n", "")
    if minutes:
        text += f"targets: {{systems_delay: {{good: 5m, yellow: 6m, red: 7m, critical: {minutes}}}}}\n"
    assert patience_ended(design(text), datetime.fromisoformat(now)) == datetime.fromisoformat(ended)


def test_a_change_that_concerns_no_lead_is_a_warning() -> None:
    change = changed(touched=Touched("", ""))
    meanings = {change.address: (Meaning("The label is “X” instead of “Y”."),)}
    finding = report(audited(plan=plan(change), meanings=meanings)).findings[0]
    assert (finding.severity, finding.found.detail) == ("warning", "The label is “X” instead of “Y”.")


FALLBACK = TEXT.replace("{role: owner_manager}", "{role: owner_manager, otherwise: {user: cro@acme.example}}")
LIVE = TEXT.replace("mode: silent", "mode: live")
OWNER = person("Jo Diaz", manager=False, open_clocks=4, leads=4)


@pytest.mark.parametrize(
    ("subject", "code", "severity"),
    [
        (field(tally("Webinar", 40, "content", last="2026-06-08T08:00:01Z")), "L108", "warning"),
        (field(tally("Webinar", 40, "content", last="2026-06-08T08:00:00Z")), "L108", "info"),  # it is over
        (field(tally("Webinar", 40, "content", last="soon")), "L108", "warning"),  # what cannot be read is not over
        (offering("Demo-Request"), "L104", "warning"),  # no lead has it yet
        (people(person("Sam Lee", active=False, leads=2, open_clocks=1)), "P301", "error"),
        (people(person("Sam Lee", active=False, leads=2)), "P301", "warning"),
        (people(OWNER), "P307", "warning"),
        (people(OWNER, text=FALLBACK), "P307", "info"),
        (standings("silent_to", state="inactive"), "P302", "error"),
        (replace(standings("silent_to", state="inactive"), design=design(LIVE)), "P302", "info"),
        (standings("cro", state="missing"), "P303", "error"),
        (standings("backup", state="missing"), "P303", "warning"),  # no step uses it
        (calendar(replace(US, last_holiday=date(2026, 6, 14))), "B601", "error"),
        (calendar(replace(US, last_holiday=date(2026, 6, 15))), "B601", "warning"),
    ],
)
def test_how_bad_it_is(subject: Audit, code: str, severity: str) -> None:
    assert [(item.code, item.severity) for item in report(subject).findings] == [(code, severity)]


def test_a_finding_points_into_the_design() -> None:
    found = {
        item.code: str(item.location)
        for subject in (
            without_leads("Pricing Page", options=FEWER),
            field(tally("Webinar", 40, "content")),
            standings("cro", state="missing"),
            calendar(replace(US, timezone="Asia/Tokyo")),
        )
        for item in report(subject).findings
    }
    assert found == {
        "L107": "acme.yaml:19:39",
        "L108": "acme.yaml:29:5",
        "P303": "acme.yaml:45:8",
        "B602": "acme.yaml:8:15",
    }


@pytest.mark.parametrize(("finished", "severity"), [(5, "info"), (6, "warning")])
def test_a_few_leads_that_were_finished_untouched_are_no_warning(finished: int, severity: str) -> None:
    """More than one in twenty of a hundred clocks."""
    found = replace(checked("closed_with_clock", finished).facts, totals=Totals(200, 100, 100, 90))
    assert [item.severity for item in report(audited(facts=found)).findings] == [severity]


def test_what_a_change_by_hand_says_no_calendar_repeats() -> None:
    """Unless only calendars were asked for."""
    hours = replace(Found("us", "The zone.", "Wrong hours.", "Put it back."), about=("business_hours/us",))
    change_by_hand = replace(
        Found("BusinessHours:us", "The zone, by Ana.", "Wrong.", "See."), about=("business_hours/us",)
    )
    other = replace(hours, subject="emea", about=("business_hours/emea",))
    zone, change, rest = (
        Finding(code, "", "error", found, Location("acme.yaml", 1, 1))
        for code, found in (("B602", hours), ("C201", change_by_hand), ("B602", other))
    )
    assert told_once([zone, change, rest]) == [change, rest]
    assert told_once([zone, rest]) == [zone, rest]


ONLY_OF_ALL = {"L102", "L107", "L109", "M501", "M502", "M503", "M504"}


@pytest.mark.parametrize("code", SCENARIOS)
def test_what_holds_of_all_leads_only_is_not_said_of_a_part(code: str) -> None:
    """That no lead has a value, or how leads compare. What leads there are is said as before."""
    subject = SCENARIOS[code][0]
    hidden = replace(subject.facts, unasked=(*subject.facts.unasked, Unasked("leads", "Leads are private.")))
    before, after = report(subject), report(replace(subject, facts=hidden))
    assert [item.code for item in after.findings] == [
        item.code for item in before.findings if item.code not in ONLY_OF_ALL
    ]
    assert ("leads" in {item.part for item in after.unchecked}) and not after.is_clean
