"""Proposals become text: only the list grows, tools take the patch, and nothing is written that would not hold."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.audits import NOW, TEXT, audited, carrier, design, facts, report, tally

from provisioner.document import loads
from provisioner.insight.decision import decide
from provisioner.insight.finding import Proposal
from provisioner.insight.patch import Patched, patched, unified
from provisioner.insight.stories import coverage_of, stories_of
from provisioner.model.compile import compile_design

TODAY = NOW.date()
EVENT = "/lead_types/3/when/LeadSource"
FAST = ("/lead_types/0/when/LeadSource", "/lead_types/1/when/LeadSource")


def proposal(
    value: str, lead_type: str = "event", pointers: tuple[str, ...] = (EVENT,), sure: float = 0.95
) -> Proposal:
    return Proposal("LeadSource", value, lead_type, sure, "resembles it", pointers)


def put(*proposals: Proposal, text: str = TEXT, least: float = 0.8) -> Patched:
    return patched(text, design(text), proposals, least=least, today=TODAY)


def lines_added(result: Patched) -> list[str]:
    before, after = result.before.splitlines(), result.after.splitlines()
    return [line for line in after if line not in before]


def test_a_block_list_gets_a_line_and_keeps_its_comment() -> None:
    result = put(proposal("Webinars"))
    assert result.after == TEXT.replace("# the big one\n", "# the big one\n        - Webinars\n")
    assert (result.written, result.skipped) == ((proposal("Webinars"),), ())


def test_a_flow_list_gets_an_entry_in_every_rule_that_has_the_other_spelling() -> None:
    result = put(proposal("Demo-Request", "demo", FAST))
    assert lines_added(result) == [
        "    when: {LeadSource: [Demo Request, Demo-Request], Country: [United Kingdom, Ireland]}",
        "    when: {LeadSource: [Demo Request, Pricing Page, Demo-Request]}  # the fast ones",
    ]


def test_a_single_value_becomes_a_list() -> None:
    result = put(proposal("PDF", "content", ("/lead_types/4/when/LeadSource",)))
    assert lines_added(result) == [
        "  - {id: content, label: Content, when: {LeadSource: [Content Download, PDF]}, sla: 4h, escalation: standard}"
    ]


@pytest.mark.parametrize("value", ["yes", "12", "a: b", "x # y", "[z]", '"', "null", "- a", "*b", " edge", "é’", "@x"])
def test_values_are_quoted_where_yaml_needs_it(value: str) -> None:
    result = put(proposal(value), proposal(value + "2", "demo", (FAST[1],)))
    assert result.skipped == ()
    data = loads(result.after).data
    assert data["lead_types"][3]["when"]["LeadSource"] == ["Webinar", "Trade Show", value]
    assert data["lead_types"][1]["when"]["LeadSource"][-1] == value + "2"


@given(st.text(min_size=1, max_size=40), st.sampled_from(["\n", "\r\n"]))
def test_whatever_the_value_only_the_list_grows_or_it_is_left_alone(value: str, newline: str) -> None:
    text = TEXT.replace("\n", newline)
    result = put(proposal(value), text=text)
    if not result.written:
        assert result.after == text and len(result.skipped) == 1
        return
    before, after = loads(text).data, loads(result.after).data
    assert after["lead_types"][3]["when"]["LeadSource"].pop() == value
    assert after == before
    assert result.after.count(newline) == text.count(newline) + 1


def test_what_is_not_sure_is_left_to_a_person() -> None:
    result = put(proposal("Meetup", sure=0.62), proposal("Booth", pointers=()), least=0.8)
    assert result.after == TEXT
    assert [(item.proposal.value, item.why) for item in result.skipped] == [
        ("Meetup", "Only 62% sure (resembles it); 80% is asked for."),
        ("Booth", "The design has no list that it could be added to."),
    ]


def test_a_list_that_is_shared_by_an_alias_is_not_touched() -> None:
    text = TEXT.replace("[Demo Request, Pricing Page]", "&fast [Demo Request, Pricing Page]").replace(
        "LeadSource: [Demo Request], Country", "LeadSource: [Demo Request], Country"
    )
    text = text.replace("when: {LeadSource: Content Download}", "when: {LeadSource: *fast}")
    result = put(proposal("PDF", "content", ("/lead_types/4/when/LeadSource",)), text=text)
    assert result.after == text
    assert [item.why for item in result.skipped] == [
        "The rule uses an alias, so a change would reach further; add the value by hand."
    ]


def test_a_proposal_that_an_earlier_rule_would_override_is_refused_and_the_others_are_written() -> None:
    text = TEXT.replace("LeadSource: [Demo Request, Pricing Page]", "LeadSource: {contains: Show}")
    good, bad = proposal("Webinars"), proposal("Showroom")
    result = put(bad, good, text=text)
    assert [(item.proposal.value, item.why) for item in result.skipped] == [
        ("Showroom", "An earlier rule would still decide otherwise.")
    ]
    assert result.after == text.replace("# the big one\n", "# the big one\n        - Webinars\n")


def test_with_the_patch_the_value_is_covered() -> None:
    found = carrier(tally("Demo-Request", 18))
    made = report(audited(facts=facts(carriers=(found,))))
    result = put(*made.proposals)
    mended, _ = compile_design(loads(result.after), today=TODAY)
    assert mended is not None
    before, after = coverage_of(stories_of(design(), found)), coverage_of(stories_of(mended, found))
    assert before is not None and after is not None
    assert (before.covered, after.covered, after.leads) == (60, 78, 78)
    assert decide(mended, "LeadSource", "Demo-Request") == decide(mended, "LeadSource", "Demo Request")


@pytest.mark.parametrize("tool", ["git apply", "patch -p1 -i"])
@pytest.mark.parametrize("ending", ["", "no newline", "\r\n"])
def test_the_tools_take_the_patch(tmp_path: Path, tool: str, ending: str) -> None:
    if shutil.which(tool.split()[0]) is None:
        pytest.skip(f"{tool.split()[0]} is not installed")
    text = TEXT.replace("\n", "\r\n") if ending == "\r\n" else TEXT
    if ending == "no newline":
        text = text.replace("alerts: {mode: silent, silent_to: qa@acme.example}\n", "")
        text = "alerts: {mode: silent, silent_to: qa@acme.example}\n" + text.rstrip("\n")
    result = put(proposal("Webinars"), proposal("Demo-Request", "demo", FAST), text=text)
    assert len(result.written) == 2
    folder = tmp_path / "designs"
    folder.mkdir()
    (folder / "acme.yaml").write_bytes(text.encode())
    (tmp_path / "x.patch").write_bytes(unified(result.before, result.after, "designs/acme.yaml").encode())
    if tool == "patch -p1 -i" and ending == "\r\n":
        tool = "patch --binary -p1 -i"
    subprocess.run([*tool.split(), "x.patch"], cwd=tmp_path, check=True, capture_output=True)
    assert (folder / "acme.yaml").read_bytes() == result.after.encode()


def test_nothing_to_write_is_no_patch() -> None:
    assert unified(TEXT, put().after, "acme.yaml") == ""
