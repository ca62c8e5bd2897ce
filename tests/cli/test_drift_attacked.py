"""The audit, handled badly: files in the way, instants beyond the calendar, and a CRM that tells less than all."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import pytest
from desk import Desk
from test_drift import DRIFT, NOW, Crm, crm, with_value

from provisioner.facts import Check, Evidence, Facts, Totals, Unasked

__all__ = ["crm"]  # the fixture
AUDIT = ("drift", "acme.yaml", "-c", "sandbox")


def without_check(facts: Facts, check: Check) -> Facts:
    return replace(facts, checks={name: found for name, found in facts.checks.items() if name != check})


@pytest.mark.parametrize("check", get_args(Check))
def test_a_check_that_nobody_made_is_not_checked(desk: Desk, crm: Crm, check: Check) -> None:
    crm.changes = lambda facts: without_check(facts, check)
    result = desk(*DRIFT)
    assert result.code == 1
    assert (
        f"  checks/{check}: The CRM gave no answer about it, and no reason. "
        "Leads whose data contradict the rules would not be noticed.\n"
    ) in result.out
    assert result.out.endswith("Nothing was found, but 1 part was not checked: this is no clean result.\n")


def test_a_check_that_a_crm_tells_nobody_is_no_failure(desk: Desk, crm: Crm) -> None:
    told = Unasked("checks/closed_with_clock", "Nothing tells it.", untold=True)
    crm.changes = lambda facts: replace(without_check(facts, "closed_with_clock"), unasked=(told,))
    assert desk(*DRIFT).code == 0


def test_what_is_said_about_a_part_of_it_does_not_stand_for_the_whole(desk: Desk, crm: Crm) -> None:
    told = Unasked("people/away", "This CRM does not keep it.", untold=True)
    crm.changes = lambda facts: replace(facts, people=None, unasked=(told,))
    result = desk(*DRIFT)
    assert result.code == 1
    assert "  people: The CRM gave no answer about it, and no reason." in result.out


def test_values_that_were_not_all_found_are_not_checked(desk: Desk, crm: Crm) -> None:
    def sampled(facts: Facts) -> Facts:
        found = facts.carriers[0]
        carrier = replace(found, evidence=replace(found.evidence, sampled=100))
        return replace(facts, totals=Totals(25_000, 100, 100, 100), carriers=(carrier,))

    crm.changes = sampled
    result = desk(*DRIFT)
    assert result.code == 1
    assert (
        "  carriers/LeadSource: Only 100 leads could be looked at; a later --since makes them fewer. "
        "A value that no rule maps would not be noticed.\n"
    ) in result.out


@pytest.mark.parametrize(("count", "code"), [(0, 1), (3, 3)])
def test_a_check_of_some_leads_only_is_a_finding_or_not_checked(desk: Desk, crm: Crm, count: int, code: int) -> None:
    seen = Evidence("the first page", count, sampled=2_000)
    crm.changes = lambda facts: replace(facts, checks={**facts.checks, "touch_before_assignment": seen})
    result = desk(*DRIFT)
    assert result.code == code
    line = "  checks/touch_before_assignment: Only 2,000 leads could be looked at; a later --since makes them fewer."
    assert (line in result.out) is (not count)


@pytest.mark.parametrize(("leads", "code"), [(100, 0), (105, 0), (106, 1), (5_000, 1), (90, 0)])
def test_numbers_that_contradict_each_other_are_not_checked(desk: Desk, crm: Crm, leads: int, code: int) -> None:
    crm.changes = lambda facts: replace(facts, totals=Totals(leads, 100, 100, 100))
    result = desk(*DRIFT)
    assert result.code == code
    line = f"  carriers/LeadSource: The CRM counts {leads:,} leads altogether, and 100 by their values."
    assert (line in result.out) is bool(code)


def test_a_plan_is_not_overwritten_by_a_report(desk: Desk, crm: Crm) -> None:
    assert desk("plan", "acme.yaml", "-c", "sandbox", "-o", "plan.json").code == 0
    plan = (desk.folder / "plan.json").read_bytes()
    result = desk(*DRIFT, "-o", "plan.json")
    assert (result.code, result.err.splitlines()[0]) == (
        2, "Error: plan.json is there already and is no such report. It was not overwritten.",
    )  # fmt: skip
    assert (desk.folder / "plan.json").read_bytes() == plan
    assert desk(*DRIFT, "-o", "report.json").code == desk(*DRIFT, "-o", "report.json").code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--now", "0001-01-01"), "--since 90d begins before the calendar."),
        (("--now", "9999-12-31T23:59:59-05:00"), "--now '9999-12-31T23:59:59-05:00' is beyond the calendar."),
        (("--html", "x", "--markdown", "./x"), "x is asked for twice, for two different reports."),
        (("-o", "x.json", "--sarif", "x.json"), "x.json is asked for twice, for two different reports."),
        (("-o", "n" * 300), f"{'n' * 300} cannot be read: File name too long."),
        (("--confidence", "nan", "--write-patch", "p"), "--confidence is no number."),
    ],
)
def test_what_cannot_be_meant_is_refused_before_the_crm_is_asked(
    desk: Desk, crm: Crm, options: tuple[str, ...], message: str
) -> None:
    now = () if "--now" in options else ("--now", NOW)
    result = desk(*AUDIT, *now, *options)
    assert (result.code, result.err.splitlines()[0]) == (2, f"Error: {message}")
    assert desk.org.calls == []
    assert sorted(path.name for path in desk.folder.iterdir() if path.is_file()) == ["acme.yaml", "provisioner.toml"]


def test_a_copy_in_the_way_is_said_before_the_audit(desk: Desk, crm: Crm) -> None:
    (desk.folder / "acme.fixed.yaml").write_text("mine\n", encoding="utf-8")
    result = desk(*DRIFT, "--fix", "-o", "r.json")
    assert (result.code, result.err) == (
        2,
        "Error: acme.fixed.yaml is there already. It was not overwritten.\n"
        "  What to do: Move it away, or use --in-place.\n",
    )
    assert desk.org.calls == []


def test_a_name_with_a_blank_is_quoted_in_what_to_do_next(desk: Desk, crm: Crm) -> None:
    (desk.folder / "acme.yaml").rename(desk.folder / "my design.yaml")
    crm.changes = lambda facts: with_value(facts, "We-b")
    words = ("drift", "my design.yaml", *DRIFT[2:])
    result = desk(*words, "--fix", "--write-patch", "my changes.patch")
    assert "git apply 'my changes.patch'\n" in result.err
    assert "Carry it out: provisioner apply 'my design.fixed.yaml' -c sandbox\n" in result.err


def test_a_comment_keeps_its_limit_whatever_was_not_checked(desk: Desk, crm: Crm) -> None:
    crm.changes = lambda facts: replace(
        with_value(facts, "TikTok"), unasked=tuple(Unasked(f"data/{number}", "!#@" * 200) for number in range(500))
    )
    assert desk(*DRIFT, "--markdown", "r.md", "--json").code == 3
    text = (desk.folder / "r.md").read_text(encoding="utf-8")
    assert len(text.encode()) < 65_536
    assert "<b>LeadSource&#58; TikTok</b>" in text
    shown = sum(line.startswith("- data&#47;") for line in text.splitlines())
    assert shown > 0
    assert f"- and {500 - shown} more\n" in text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("We\u00a0b", '"We\\xa0b"'),
        ("We\u200bb", '"We\\u200bb"'),
        ("We\U000e0041b", '"We\\U000e0041b"'),
        ("We b # c: &d *e !f", None),
        ("We\u202eb", None),
        ("We\x00b", None),
        ("We\ud800b", None),
        ("W\u00eb\u00a0b", None),
    ],
)
def test_what_nobody_can_see_is_written_as_its_number(desk: Desk, crm: Crm, value: str, written: str | None) -> None:
    crm.changes = lambda facts: with_value(facts, value)
    assert desk(*DRIFT, "--write-patch", "x.patch", "-o", "r.json").code == 3
    assert value in json.dumps(json.loads((desk.folder / "r.json").read_text()), ensure_ascii=False).replace(
        "\\u0000", "\x00"
    )
    patch = desk.folder / "x.patch"
    added = (
        [line for line in patch.read_text(encoding="utf-8").split("\n") if line[:2] == "+ "] if patch.exists() else []
    )
    assert added == ([f"+  - {{id: other, label: Other, when: {{LeadSource: [Web, {written}]}}, sla: 1h, "
                      "escalation: urgent}"] if written else [])  # fmt: skip


def compared(desk: Desk, *words: str) -> dict[str, list[object]]:
    found = json.loads(desk(*DRIFT, *words, "--previous", "r.json", "--json").out)
    return {
        "new": [item["subject"] for item in found["findings"] if item["fingerprint"] in found["compared"]["new"]],
        "then": [
            item["subject"]
            for item in found["findings"]
            if item["fingerprint"] in found["compared"]["not_looked_for_then"]
        ],
        "gone": [item["subject"] for item in found["compared"]["gone"]],
        "now": [item["subject"] for item in found["compared"]["not_looked_for"]],
    }


def test_what_the_earlier_report_did_not_look_for_is_not_called_new(desk: Desk, crm: Crm) -> None:
    crm.changes = lambda facts: with_value(facts, "TikTok")
    assert desk(*DRIFT, "-o", "r.json", "--only", "people").code == 0
    assert compared(desk) == {"new": [], "then": ["LeadSource: TikTok"], "gone": [], "now": []}
    text = desk(*DRIFT, "--previous", "r.json").out
    assert "error L103: Leads carry a value that the field does not offer and no rule maps\n" in text
    assert (
        "Since 2026-06-15T08:00:00Z: 0 new, 0 still, 0 gone\n"
        "  perhaps not new: 1 finding that the earlier report did not look for\n"
    ) in text
    crm.changes = lambda facts: replace(facts, unasked=(Unasked("carriers/Other", "No."),))
    assert desk(*DRIFT, "-o", "r.json").code == 1
    crm.changes = lambda facts: with_value(facts, "TikTok")
    assert compared(desk) == {"new": [], "then": ["LeadSource: TikTok"], "gone": [], "now": []}
    crm.changes = lambda facts: facts
    assert desk(*DRIFT, "-o", "r.json").code == 0
    crm.changes = lambda facts: with_value(facts, "TikTok")
    assert compared(desk) == {"new": ["LeadSource: TikTok"], "then": [], "gone": [], "now": []}


def test_leads_before_a_shorter_window_are_not_gone(desk: Desk, crm: Crm) -> None:
    crm.changes = lambda facts: with_value(facts, "TikTok")
    assert desk(*DRIFT, "-o", "r.json").code == 3
    crm.changes = lambda facts: facts
    assert compared(desk, "--since", "7d") == {"new": [], "then": [], "gone": [], "now": ["LeadSource: TikTok"]}
    assert compared(desk, "--since", "90d") == {"new": [], "then": [], "gone": ["LeadSource: TikTok"], "now": []}


@pytest.mark.parametrize("instant", ["last Monday", "2026-06-08T08:00:00"])
def test_an_earlier_report_of_no_instant_is_none(desk: Desk, crm: Crm, instant: str) -> None:
    assert desk(*DRIFT, "-o", "r.json").code == 0
    report = desk.folder / "r.json"
    report.write_text(report.read_text().replace('"made_at": "2026-06-15T08:00:00Z"', f'"made_at": "{instant}"'))
    result = desk(*DRIFT, "--previous", "r.json")
    assert (result.code, result.err.splitlines()[0]) == (
        2, "Error: r.json is no drift report: made_at and since are no instants.",
    )  # fmt: skip
