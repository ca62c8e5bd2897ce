"""Values that stages, exclusions and other conditions name, and that their field does not offer any more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from strategies.audits import NOW, TEXT, audited, carrier, design, document, facts, report

from provisioner.document import loads
from provisioner.facts import Choice, Evidence, Option, Unasked
from provisioner.insight.drift import Report
from provisioner.insight.finding import Found, Proposal
from provisioner.insight.patch import patched
from provisioner.model.named import named_values

STAGES = """\
telemetry:
  first_touch: {ignore_users: [bot@acme.example]}
  stages:
    field: Status
    values: {sal: Accepted, disqualified: Disqualified}
"""
LOST = """\
exclusions:
  - {id: lost, when: {Status: [Disqualified, Spam]}}
  - id: partner
    when: {not: {Industry: {not_in: [Partner]}}}
  - {id: closed, when: {Status: {starts_with: Closed}}}
"""
TEXT_2 = (
    TEXT.replace("telemetry: {first_touch: {ignore_users: [bot@acme.example]}}\n", STAGES).replace(
        "silent_to: qa@acme.example}", "silent_to: qa@acme.example, quiet: [{id: talks, when: {Status: Accepted}}]}"
    )
    + LOST
)
ALL = ("Open", "Accepted", "Disqualified", "Spam", "Closed Won")
ACCEPTED_AT = ["/telemetry/stages/values/sal", "/alerts/quiet/0/when/Status"]


def choice(*offered: str, counts: dict[str, int] | None = None, off: tuple[str, ...] = (), **more: Any) -> Choice:
    options = tuple([Option(value, value) for value in offered] + [Option(value, value, False) for value in off])
    return Choice("Status", "Lead Status", options, counts, Evidence("leads by Status", 9), **more)


def told(*choices: Choice, text: str = TEXT_2, unasked: tuple[Unasked, ...] = ()) -> Report:
    return report(audited(design=design(text), facts=facts(choices=choices, unasked=unasked)))


def found(*choices: Choice, **more: Any) -> dict[str, Found]:
    return {item.subject: item.found for item in told(*choices, **more).findings}


def offered_but(*gone: str) -> tuple[str, ...]:
    return tuple(value for value in ALL if value not in gone)


def test_the_values_that_a_design_names_have_their_places() -> None:
    said = [(item.field, item.op, item.value, item.part, item.place) for item in named_values(design(TEXT_2))]
    assert [item for item in said if item[3] != "lead_type"] == [
        ("Status", "in", "Accepted", "stage", "/telemetry/stages/values/sal"),
        ("Status", "in", "Disqualified", "stage", "/telemetry/stages/values/disqualified"),
        ("Status", "in", "Disqualified", "exclusion", "/exclusions/0/when/Status/0"),
        ("Status", "in", "Spam", "exclusion", "/exclusions/0/when/Status/1"),
        ("Industry", "in", "Partner", "exclusion", "/exclusions/1/when/not/Industry/not_in"),
        ("Status", "starts_with", "Closed", "exclusion", "/exclusions/2/when/Status/starts_with"),
        ("Status", "in", "Accepted", "quiet", "/alerts/quiet/0/when/Status"),
    ]
    assert {item.place for item in named_values(design(TEXT_2))} <= set(document(TEXT_2).places)
    assert [item.is_demanded for item in named_values(design(TEXT_2)) if item.field == "Industry"] == [True]


def test_a_field_that_offers_everything_is_not_a_word_worth() -> None:
    assert told(choice(*ALL, counts={"Open": 3})).is_clean


def test_a_renamed_value_that_leads_already_have_is_an_error_with_a_patch() -> None:
    """Everybody who names it is told once; leads of the window still have the old one, so the list keeps it."""
    new = "Dis-Qualified"
    items = found(choice(*offered_but("Disqualified"), new, counts={"Disqualified": 5, new: 34}))
    assert list(items) == ["Status: Disqualified"]
    item = items["Status: Disqualified"]
    assert item.detail == (
        "The stage “disqualified” and the exclusion “lost” name “Disqualified”; Lead Status (Status) does not offer "
        "it. 5 leads since 2026-03-17 have it. It offers “Dis-Qualified”, which 34 leads have; the design does not "
        "name that."
    )
    assert item.consequence == (
        "No lead reaches the stage “disqualified” any more, and what is measured from or to it ends. No lead counts as "
        "sent back by it. Leads that “lost” was to exclude by it get clocks and alerts."
    )
    assert item.fix == (
        "It is “Dis-Qualified” now (98% sure: resembles “Disqualified”: the same letters and digits): "
        "provisioner drift acme.yaml -c sandbox --write-patch mapping.patch"
    )
    assert (item.severity, item.where, item.evidence) == (
        "error",
        "/telemetry/stages/values/disqualified",
        Evidence("leads by Status", 5),
    )
    assert item.proposal is not None
    written = patched(TEXT_2, design(TEXT_2), [item.proposal], least=0.8, today=NOW.date())
    assert written.skipped == ()
    assert written.after == TEXT_2.replace("disqualified: Disqualified}", "disqualified: Dis-Qualified}").replace(
        "[Disqualified, Spam]", "[Disqualified, Spam, Dis-Qualified]"
    )


def test_a_value_that_no_lead_has_gives_its_place_to_the_new_one() -> None:
    item = found(choice(*offered_but("Accepted"), "Acceptd", counts={"Open": 2}))["Status: Accepted"]
    assert (item.severity, item.proposal and item.proposal.replaced) == ("warning", tuple(ACCEPTED_AT))
    assert item.proposal is not None
    written = patched(TEXT_2, design(TEXT_2), [item.proposal], least=0.8, today=NOW.date())
    assert written.after == TEXT_2.replace("sal: Accepted", "sal: Acceptd").replace(
        "{Status: Accepted}", "{Status: Acceptd}"
    )


def test_of_a_part_of_the_leads_nothing_is_written_in_place_of_a_list() -> None:
    """Leads that this user does not see may still have it."""
    hidden = (Unasked("leads", "Leads are private."),)
    item = found(choice(*offered_but("Spam"), "Spam!", counts={"Open": 2}), unasked=hidden)["Status: Spam"]
    assert "No lead that this user may see has it since 2026-03-17." in item.detail
    assert item.proposal is not None
    assert (item.proposal.pointers, item.proposal.replaced) == (("/exclusions/0/when/Status",), ())


def test_two_that_resemble_it_alike_are_left_to_people() -> None:
    item = found(choice(*offered_but("Spam"), "Spam mail", "Spam call", counts={"Spam call": 1}))["Status: Spam"]
    assert (item.severity, item.proposal) == ("error", None)
    assert item.fix == (
        "Name the value that took its place, then plan and apply; or put the old one back. The field offers “Spam "
        "mail”, “Spam call”."
    )


def test_a_value_that_was_switched_off_and_resembles_nothing_is_a_warning() -> None:
    items = found(choice("Open", "Spam", "Accepted", "Closed Won", off=("Disqualified",), counts=None))
    item = items["Status: Disqualified"]
    assert "does not offer it any more: it is switched off. How many leads have it was not counted." in item.detail
    assert (item.severity, item.proposal) == ("warning", None)
    assert item.fix.endswith("The field offers “Open”, “Spam”, “Accepted”, “Closed Won”.")


def test_beside_its_successor_the_old_value_is_only_worth_knowing() -> None:
    text = TEXT_2.replace("[Disqualified, Spam]", "[Disqualified, Spam, Spam mail]")
    item = found(choice(*offered_but("Spam"), "Spam mail", "Spam!", counts={"Spam": 3}), text=text)["Status: Spam"]
    assert (item.severity, item.proposal, item.figures["moved"]) == ("info", None, None)
    assert item.detail.endswith("3 leads since 2026-03-17 have it. A value like it is named beside it.")


def test_a_part_of_a_text_that_no_value_has_is_gone_too() -> None:
    items = found(choice(*offered_but("Closed Won"), "Lost", counts={}))
    assert list(items) == ["Status: starts with Closed"]
    assert items["Status: starts with Closed"].detail == (
        "The exclusion “closed” names values of which each starts with “Closed”; Lead Status (Status) offers none. No "
        "lead has it since 2026-03-17."
    )


def test_a_value_that_is_kept_out_matters_when_another_took_its_place() -> None:
    """Nobody has what is not offered, so nobody has to be kept out: until the renamed ones come in by it."""
    text = TEXT + "exclusions: [{id: rest, when: {Status: {not_in: [Open, Customer]}}}]\n"
    severities = {
        heir: found(choice("Open", heir, counts={heir: 4}), text=text)["Status: Customer"].severity
        for heir in ("Won", "Customer (new)")
    }
    assert severities == {"Won": "info", "Customer (new)": "error"}
    assert found(choice("Open", counts={}), text=text)["Status: Customer"].consequence == (
        "What the exclusion “rest” keeps apart by it is not kept apart any more."
    )


def test_where_the_crm_tells_cases_apart_another_case_is_another_value() -> None:
    assert not found(choice(*offered_but("Spam"), "SPAM"))
    exact = found(choice(*offered_but("Spam"), "SPAM", counts={"Spam": 2, "SPAM": 7}, exactly=True))
    assert exact["Status: Spam"].detail == (
        "The exclusion “lost” names “Spam”; Lead Status (Status) does not offer it. 2 leads since 2026-03-17 have it. "
        "It offers “SPAM”, which 7 leads have; the design does not name that."
    )


def test_what_a_rule_maps_by_the_carrying_field_is_told_once() -> None:
    """As L107; an exclusion by the same field is told here."""
    text = TEXT + "exclusions: [{id: x, when: {LeadSource: [Robot]}}]\n"
    offered = tuple(Option(value, value) for value in ("Demo Request", "Contact Form", "Webinar", "Trade Show"))
    source = Choice("LeadSource", "Lead Source", offered, {}, Evidence("q", 0))
    base = replace(carrier(), options=offered)
    fewer = tuple(item for item in base.tallies if item.value != "Pricing Page")
    made = facts(choices=(source,), carriers=(replace(base, tallies=fewer),))
    codes = [(item.code, item.subject) for item in report(audited(design=design(text), facts=made)).findings]
    assert codes == [("L107", "LeadSource: Pricing Page"), ("L110", "LeadSource: Robot")]


def test_without_the_fields_offers_it_is_not_checked() -> None:
    subject = audited(design=design(TEXT_2), facts=replace(facts(), choices=None))
    assert [(item.part, item.family, item.consequence) for item in report(subject).unchecked] == [
        ("choices", "lead-types", "A value that the design names and the field no longer offers would not be noticed.")
    ]


def test_a_value_that_others_repeat_is_left_to_people() -> None:
    text = TEXT_2.replace("disqualified: Disqualified}", "disqualified: &lost Disqualified}")
    text = text.replace("[Disqualified, Spam]", "[*lost, Spam]")
    item = found(choice(*offered_but("Disqualified"), "Disqualifed", counts={}), text=text)["Status: Disqualified"]
    assert item.proposal is not None
    written = patched(text, design(text), [item.proposal], least=0.8, today=NOW.date())
    why = "The value is written with an alias or as a block of text; put the other one in by hand."
    assert (written.after, [(entry.proposal, entry.why) for entry in written.skipped]) == (text, [(item.proposal, why)])


def test_another_number_is_another_value() -> None:
    assert found(choice(*offered_but("Spam"), "Spam 2", counts={}))["Status: Spam"].severity == "warning"


@given(st.text(min_size=1, max_size=30), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_whatever_the_new_value_only_its_places_change(value: str, newline: str, is_empty: bool) -> None:
    text = TEXT_2.replace("\n", newline)
    list_at, stage_at = "/exclusions/0/when/Status", "/telemetry/stages/values/disqualified"
    lists, single = ((), (list_at, stage_at)) if is_empty else ((list_at,), (stage_at,))
    proposal = Proposal("Status", value, "", 0.95, "resembles it", lists, "Disqualified", single)
    written = patched(text, design(text), [proposal], least=0.8, today=NOW.date())
    if not written.written:
        assert written.after == text and len(written.skipped) == 1
        return
    before, after = loads(text).data, loads(written.after).data
    assert after["telemetry"]["stages"]["values"].pop("disqualified") == value
    assert before["telemetry"]["stages"]["values"].pop("disqualified") == "Disqualified"
    kept = [value, "Spam"] if is_empty else ["Disqualified", "Spam", value]
    assert after["exclusions"][0]["when"].pop("Status") == kept
    assert before["exclusions"][0]["when"].pop("Status") == ["Disqualified", "Spam"]
    assert after == before
