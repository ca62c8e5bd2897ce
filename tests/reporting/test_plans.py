from __future__ import annotations

from typing import Any

import pytest

from provisioner.applying.apply import Applied, Stage, Surprise
from provisioner.diagnostics import Diagnostic, Location
from provisioner.planning.diff import ABSENT, Difference
from provisioner.planning.plan import Aim, Cause, Change, Kept, Plan, Tick
from provisioner.reporting.applied import Outcomes, applied_data, applied_text, event_text
from provisioner.reporting.differences import shown
from provisioner.reporting.findings import finding_data, findings_text
from provisioner.reporting.plans import by_kind, plan_text
from provisioner.reporting.steps import left_text
from provisioner.reporting.text import Paint
from provisioner.resources import BY_HAND, Address, Resource
from provisioner.targets.base import Outcome, Progress

ORG = {
    "platform": "pretend", "id": "00D1", "name": "Acme Sandbox", "is_production": False,
    "url": "https://acme.example", "user": "admin@acme.example",
}  # fmt: skip


def resource(name: str, **attributes: Any) -> Resource:
    return Resource(Address("Field", name), attributes)


def plan(*changes: Change, **more: Any) -> Plan:
    base: dict[str, Any] = {
        "conflicts": (), "unread": (), "design": "acme", "design_digest": "d", "tool": "0.1.0", "org": ORG,
        "created_at": "2026-03-02T13:00:00Z", "fingerprints": {}, "design_file": "acme.yaml",
    }  # fmt: skip
    return Plan(changes=changes, **(base | more))


CHANGES = (
    Change(None, resource("A", length=80), Cause.NEW),
    Change(
        resource("B", minutes=5, values=[{"name": "x", "label": "X\x1b[2J"}], old=1),
        resource("B", minutes=10, values=[{"name": "x", "label": "Y"}], new="n"),
        Cause.HAND,
    ),
    Change(resource("C", length=1), None, Cause.ORPHANED),
)


def test_a_value_is_told_by_the_name_of_its_entry() -> None:
    def record(*values: tuple[str, str | None]) -> Resource:
        return resource("R", values=[{"field": name, "value": value} for name, value in values])

    before = record(("SLA_Minutes__c", "60"), ("Alerts_Live__c", "false"), ("Value__c", "a"), ("Percent__c", None))
    after = record(("SLA_Minutes__c", "20"), ("Alerts_Live__c", "true"), ("Value__c", "b"), ("Percent__c", "50"))
    lines = plan_text(plan(Change(before, after, Cause.HAND))).splitlines()
    assert lines[3:7] == [
        "      ~ SLA_Minutes__c: 60 -> 20",
        "      ~ Alerts_Live__c: false -> true",
        '      ~ Value__c: "a" -> "b"',
        "      ~ Percent__c: null -> 50",
    ]


def test_progress_counts_once() -> None:
    assert event_text(Progress("deploying", "deploying, 40 of 149 components", 40, 149)) == (
        "  deploying, 40 of 149 components"
    )
    assert event_text(Progress("deploying", "Deploying", 40, 149)) == "  Deploying (40/149)"


def test_a_plan_names_org_changes_causes_and_counts() -> None:
    made = plan(*CHANGES, notices=("Somebody\x07 left",))
    assert (
        plan_text(made)
        == """\
Org: Acme Sandbox (00D1), not production, https://acme.example, as admin@acme.example

  + Field:A  (new)
  ~ Field:B  (changed by hand)
      ~ minutes: 5 -> 10
      ~ values[x].label: "X\\u001b[2J" -> "Y"
      - old: 1
      + new: "n"
  - Field:C  (no longer in the design)

Worth knowing:
  Somebody\\x07 left

1 change of this plan undoes what was done by hand.

Plan: 1 to add, 1 to change, 1 to delete."""
    )


def test_verbose_shows_the_attributes_of_what_comes_and_goes() -> None:
    text = plan_text(plan(CHANGES[0], CHANGES[2]), verbose=True)
    assert "  + Field:A  (new)\n      + length: 80\n" in text
    assert "  - Field:C  (no longer in the design)\n      - length: 1\n" in text


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("17:00:00.000Z", "12:30:00.000Z", 'end: "17:00" -> "12:30"'),
        ("08:00:59.000Z", ABSENT, 'end: "08:00:59"'),
        ("2026-03-02T17:00:00.000Z", 5, 'end: "2026-03-02T17:00:00.000Z" -> 5'),  # an instant is one
    ],
)
def test_hours_do_not_read_as_if_they_were_utc(old: object, new: object, text: str) -> None:
    assert str(shown(Difference("end", old, new))) == text


def test_many_differences_are_cut_and_counted() -> None:
    before, after = ({f"k{n}": n + step for n in range(25)} for step in (0, 1))
    change = Change(Resource(Address("Field", "B"), before), Resource(Address("Field", "B"), after), Cause.DESIGN)
    text = plan_text(plan(change))
    assert text.count(" -> ") == 20
    assert "      … and 5 more differences (-v shows all)" in text
    assert plan_text(plan(change), verbose=True).count(" -> ") == 25


def test_no_changes() -> None:
    assert plan_text(plan()).splitlines()[-1] == "No changes. Acme Sandbox (00D1) matches acme.yaml."


def test_an_org_that_differs_is_not_said_to_match_because_nothing_is_to_be_done() -> None:
    org, kept = "Acme Sandbox (00D1)", (Kept(Address("Flow", "F"), Cause.HAND),)
    assert plan_text(plan(kept=kept)).splitlines()[-1] == (
        f"Nothing to change here, but {org} does not match acme.yaml: 1 change by hand left as it is."
    )
    assert plan_text(plan(kept=kept * 2, aim=Aim(("Flow:*",), {}, 3))).splitlines()[-1] == (
        f"Nothing to change here, but {org} does not match acme.yaml: 2 changes by hand left as they are and 3 other "
        "changes left out."
    )
    assert plan_text(plan(aim=Aim(("Flow:*",), {}, 0))).splitlines()[-1] == (
        f"No changes. {org} matches acme.yaml, as far as Flow:* goes."
    )


def test_what_stands_in_the_way_is_not_called_no_changes() -> None:
    text = plan_text(plan(conflicts=(Address("Queue", "Q"),), unread=(Address("Flow", "F"),)))
    assert "made by this design; nothing is done to them):\n  Queue:Q\n" in text
    assert "Not read (unknown, not absent; nothing is done to them):\n  Flow:F\n" in text
    assert text.splitlines()[-1] == "Nothing can be changed in Acme Sandbox (00D1): see above."


def test_production_and_live_alerts_stand_out() -> None:
    text = plan_text(plan(CHANGES[0], org=ORG | {"is_production": True}, goes_live=True))
    assert text.startswith("Org: Acme Sandbox (00D1), PRODUCTION, ")
    assert "This plan switches alerts to their real recipients." in text


def test_no_name_from_outside_moves_the_cursor() -> None:
    hostile = "\x1b[2J\r\n\u202e"
    change = Change(None, Resource(Address("Field", hostile), {hostile: hostile}), Cause.NEW)
    org = ORG | {"name": hostile, "url": hostile, "user": hostile}
    text = plan_text(plan(change, org=org, notices=(hostile,), design_file=hostile), verbose=True)
    assert not set(text) & {"\x1b", "\r", "\u202e"}
    assert len(text.splitlines()) == 9


def test_colour_changes_no_word() -> None:
    import re

    coloured = plan_text(plan(*CHANGES), Paint(True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plan_text(plan(*CHANGES))
    assert coloured != plan_text(plan(*CHANGES))


def step(name: str, before: dict[str, Any] | None = None) -> Change:
    address = Address(BY_HAND, name)
    attributes = {
        "title": f"Build {name}\x07", "why": "No API.", "steps": ["Click A.", "Click B."], "filters": [],
        "measures": ["count"], "link": ["https://", "app.acme.example"], "needs": {},
    }  # fmt: skip
    known = Resource(address, before) if before else None
    return Change(known, Resource(address, attributes), Cause.REOPENED if before else Cause.NEW)


def test_steps_by_hand_come_last_with_a_count_of_their_own() -> None:
    made = plan(step("a"), CHANGES[0], step("b", {"opened": "Gone\x1b."}), ticked=(Tick(A, "Ana\x07", "2026-03-03"),))
    assert plan_text(made).splitlines()[2:] == [
        "  + Field:A  (new)",
        "  ! manual a  Build a\\x07",
        "  ! manual b  Build b\\x07  (open again)",
        "      Gone\\x1b.",
        "",
        "Plan: 1 to add, 0 to change, 0 to delete, 2 by hand.",
    ]
    detailed = plan_text(made, verbose=True)
    assert "      No API.\n      Where: https://app.acme.example\n      1. Click A.\n      2. Click B.\n" in detailed
    assert "Done by hand:\n  A  by Ana\\x07, 2026-03-03\n" in detailed


def test_what_is_left_for_a_person_is_no_failure() -> None:
    made = plan(CHANGES[0], step("a"))
    left = Outcome(Address(BY_HAND, "a"), "skipped", "manual")
    applied = Applied((Outcome(A, "done"), left), ())
    assert applied.is_complete
    assert applied_text(applied, made, "1.0 s") == (
        "Applied: 1 change in Acme Sandbox (00D1), read back and as planned (1.0 s)."
    )
    data = applied_data(applied, made, "p")
    assert data["outcomes"] == [{"address": "Field:A", "status": "done", "message": ""}]
    assert [(one["step"], one["steps"], one["link"]) for one in data["by_hand"]] == [
        ("a", ["Click A.", "Click B."], "https://app.acme.example")
    ]
    assert event_text(left) == ""
    assert left_text(made.by_hand, "provisioner done D STEP -c N").splitlines() == [
        "1 step is left to be done by hand:",
        "  ! manual a  Build a\\x07",
        "      No API.",
        "      Where: https://app.acme.example",
        "      1. Click A.",
        "      2. Click B.",
        "  When one is done: provisioner done D STEP -c N",
    ]


def test_a_plan_in_one_line() -> None:
    flow = Change(None, Resource(Address("Flow", "F"), {}), Cause.NEW)
    assert by_kind(plan(*CHANGES, flow)) == "3 Field, 1 Flow"


# ------------------------------------------------------------------ apply

A, B = Address("Field", "A"), Address("Field", "B")


def test_what_was_not_done_for_one_reason_is_named_three_times_and_then_counted() -> None:
    def of(name: str, status: Any, message: str = "") -> Outcome:
        return Outcome(Address("Flow", name), status, message)

    lines = Outcomes()
    events = [of("A", "skipped", "not now"), of("B", "done"), *(of(name, "skipped", "no") for name in "CDEFG")]
    events += [of("H", "failed", "full"), Outcome(Address(BY_HAND, "x"), "skipped", "manual"), of("I", "done", "off")]
    events += [of(name, "failed", "lost") for name in "KLMN"]
    assert [lines.text(event) for event in events] == [
        "  skipped Flow:A: not now",
        "",
        "  skipped Flow:C: no",
        "  skipped Flow:D: no",
        "  skipped Flow:E: no",
        "",
        "",
        "  skipped 2 others: no\n  failed Flow:H: full",
        "",
        "  ok Flow:I: off",
        "  failed Flow:K: lost",
        "  failed Flow:L: lost",
        "  failed Flow:M: lost",
        "",
    ]
    assert (lines.rest(), lines.rest()) == ("  failed 1 other: lost", "")


def test_events_in_words() -> None:
    events = [
        Stage("write", "Writing 2 changes"),
        Progress("deploy", "Deploying", 1, 2),
        Progress("deploy", "Waiting"),
        Outcome(A, "done"),
        Outcome(A, "done", "switched off"),
        Outcome(B, "failed", "bad\x1b"),
    ]
    assert [event_text(event) for event in events] == [
        "Writing 2 changes …",
        "  Deploying (1/2)",
        "  Waiting",
        "",
        "  ok Field:A: switched off",
        "  failed Field:B: bad\\x1b",
    ]


def test_the_last_word_about_an_apply() -> None:
    done = Applied((Outcome(A, "done"),), ())
    assert applied_text(done, plan(), "4.2 s") == (
        "Applied: 1 change in Acme Sandbox (00D1), read back and as planned (4.2 s)."
    )
    mixed = Applied((Outcome(A, "done"), Outcome(B, "failed", "no")), (Surprise(A, "was written, but is not there"),))
    assert applied_text(mixed, plan(), "4.2 s") == (
        "  ! Field:A was written, but is not there\n"
        "Not as planned in Acme Sandbox (00D1): 1 done, 1 failed, 1 reads back differently (4.2 s).\n"
        "  What to do: see what is left: provisioner plan acme.yaml -c NAME"
    )
    assert applied_data(mixed, plan(), "sha256:p") == {
        "plan": "sha256:p",
        "complete": False,
        "outcomes": [
            {"address": "Field:A", "status": "done", "message": ""},
            {"address": "Field:B", "status": "failed", "message": "no"},
        ],
        "by_hand": [],
        "surprises": [{"address": "Field:A", "message": "was written, but is not there"}],
        "notices": [],
    }


# --------------------------------------------------------------- findings


def finding(severity: Any, code: str = "D101") -> Diagnostic:
    return Diagnostic(
        code,
        severity,
        "Undefined recipient",
        "Step 2 notifies 'cfo'.",
        "Define it.",
        Location("acme.yaml", 41, 15),
        "/x",
    )


def test_a_finding_answers_four_questions() -> None:
    assert (
        findings_text([finding("error"), finding("warning", "D102"), finding("info", "D103")])
        == """\
acme.yaml:41:15: error D101: Undefined recipient
  Step 2 notifies 'cfo'.
  Define it.
acme.yaml:41:15: warning D102: Undefined recipient
  Step 2 notifies 'cfo'.
  Define it.
acme.yaml:41:15: info D103: Undefined recipient
  Step 2 notifies 'cfo'.
  Define it.
1 error, 1 warning, 1 note."""
    )
    assert findings_text([]) == ""


def test_a_finding_as_data() -> None:
    assert finding_data(finding("error")) == {
        "code": "D101",
        "severity": "error",
        "title": "Undefined recipient",
        "detail": "Step 2 notifies 'cfo'.",
        "advice": "Define it.",
        "file": "acme.yaml",
        "line": 41,
        "column": 15,
        "pointer": "/x",
    }


def test_why_an_apply_is_not_as_planned_is_told_before_the_verdict() -> None:
    address = Address("Flow", "Clock")
    surprise = Surprise(address, "was written, but reads back differently: status")
    applied = Applied((Outcome(address, "done"),), (surprise,), ("Flow Clock has a newer version\x1b[2J",))
    assert applied_text(applied, plan(), "1.0 s").splitlines() == [
        "  ! Flow:Clock was written, but reads back differently: status",
        "Worth knowing:",
        "  Flow Clock has a newer version\\x1b[2J",
        "Not as planned in Acme Sandbox (00D1): 1 done, 1 reads back differently (1.0 s).",
        "  What to do: see what is left: provisioner plan acme.yaml -c NAME",
    ]


def test_many_creations_of_a_kind_are_counted_and_nothing_else_is() -> None:
    made = [Change(None, resource(f"A{n}", length=80), Cause.NEW) for n in range(9)]
    back = [Change(None, resource(f"B{n}", length=80), Cause.DELETED) for n in range(8)]
    gone = [Change(resource(f"C{n}", length=80), None, Cause.ORPHANED) for n in range(9)]
    changed = [Change(resource(f"D{n}", length=80), resource(f"D{n}", length=80), Cause.ADOPTED) for n in range(9)]
    whole = plan(*made, *back, *gone, *changed)
    told = [line for line in plan_text(whole).splitlines() if line.startswith("  ")]
    assert told == [
        *(f"  + Field:A{n}  (new)" for n in range(3)),
        "  + … 6 more Field  (new; -v lists them)",
        *(f"  + Field:B{n}  (deleted by hand)" for n in range(8)),
        *(f"  - Field:C{n}  (no longer in the design)" for n in range(9)),
        *(f"  ~ Field:D{n}  (adopted)" for n in range(9)),
    ]
    everything = plan_text(whole, verbose=True)
    assert [everything.count(words) for words in ("  + Field:A", "-v lists")] == [9, 0]
