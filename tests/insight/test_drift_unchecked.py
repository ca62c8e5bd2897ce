"""What was not looked at is never clean; what a CRM tells nobody is said, and is nobody's fault."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from strategies.audits import STANDINGS, audited, carrier, facts, plan, report, resource

from provisioner import assets
from provisioner.document import loads
from provisioner.facts import Scope, Standing, Unasked
from provisioner.insight.drift import Earlier, compare
from provisioner.insight.finding import fingerprint_of
from provisioner.model.compile import compile_design
from provisioner.reporting.drift_text import closing, figures_lines, unchecked_parts
from provisioner.resources import Address
from provisioner.targets.naming import named

PARTS = {
    "totals": "lead-types",
    "entrances": "lead-types",
    "people": "people",
    "standings": "people",
    "periods": "health",
    "alerts": "health",
    "calendars": "calendar",
}


@pytest.mark.parametrize(("part", "family"), PARTS.items())
def test_a_part_that_is_left_out_without_a_word_is_not_checked(part: str, family: str) -> None:
    made = report(audited(facts=facts(**{part: None})))
    assert [(item.part, item.family, item.why) for item in made.unchecked] == [
        (part, family, "The CRM gave no answer about it, and no reason.")
    ]
    assert not made.is_clean


def test_a_carrier_that_was_wanted_and_not_counted_is_not_checked() -> None:
    scope = Scope(facts().scope.now, facts().scope.since, ("LeadSource", "Form"))
    made = report(audited(facts=facts(scope=scope)))
    assert [item.part for item in made.unchecked] == ["carriers/Form"]
    told = facts(scope=scope, unasked=(Unasked("carriers/Form", "It is long text."),))
    assert [item.why for item in report(audited(facts=told)).unchecked] == ["It is long text."]


def test_a_recipient_whose_state_is_not_known_and_a_resource_that_was_not_read_are_not_checked() -> None:
    from dataclasses import replace

    standings = (replace(STANDINGS[0], state="unknown"), *STANDINGS[1:])
    made = report(audited(facts=facts(standings=standings), plan=plan(unread=(resource().address,))))
    assert [(item.part, item.family) for item in made.unchecked] == [
        ("Type:demo", "configuration"),
        ("standings/cro", "people"),
    ]
    assert made.findings == ()


def test_what_the_crm_tells_nobody_is_said_and_does_not_count() -> None:
    made = report(audited(facts=facts(unasked=(Unasked("people/away", "It is not kept.", untold=True),))))
    assert made.is_clean
    assert [(item.part, item.consequence) for item in made.untold] == [
        ("people/away", "Owners who are away while clocks run would not be noticed.")
    ]


def test_a_channel_that_no_crm_tells_of_is_said_and_does_not_count() -> None:
    """A user whose state is not known might be looked up with another right; a channel never."""
    channel = Standing("room", "slack", "C0123456789", "unknown", pointer="/recipients/room/slack", untold=True)
    made = report(audited(facts=facts(standings=(*STANDINGS, channel))))
    assert made.is_clean
    assert [(item.part, item.family, item.why, item.consequence) for item in made.untold] == [
        (
            "standings/room",
            "people",
            "The CRM does not tell whether slack C0123456789 is still there.",
            "If it was closed or takes no more posts, its alerts reach nobody, and that would not be noticed.",
        )
    ]


def test_whoever_a_design_names_is_kept_by_the_crm_but_a_channel() -> None:
    design, _ = compile_design(loads(assets.read_text("examples", "global-salesforce.yaml")), today=date(2026, 6, 1))
    assert design is not None
    assert {(item.kind, item.untold) for item in named(design)} == {
        ("user", False),
        ("group", False),
        ("queue", False),
        ("slack", True),
    }


def test_leads_that_cannot_be_seen_make_every_family_that_counts_them_unclean_and_are_said_once() -> None:
    made = report(audited(facts=facts(unasked=(Unasked("leads", "Leads are private."),))))
    assert [(item.part, item.family) for item in made.unchecked] == [
        ("leads", "data"),
        ("leads", "health"),
        ("leads", "lead-types"),
        ("leads", "people"),
    ]
    assert [(item.part, item.why, item.consequence) for item in unchecked_parts(made)] == [
        (
            "leads",
            "Leads are private.",
            "Leads whose data contradict the rules would not be noticed. Misses and delays are those of a part of the "
            "leads. All counts are too low, and a value of the leads that are not seen would not be noticed. Leads of "
            "people who left, and leads that nobody owns, would not be noticed.",
        )
    ]
    assert closing(made) == "Nothing was found, but 1 part was not checked: this is no clean result."
    calendar = report(audited(facts=facts(unasked=(Unasked("leads", "Leads are private."),))), only=["calendar"])
    assert calendar.is_clean


def test_only_what_was_asked_for_is_reported() -> None:
    subject = audited(facts=facts(people=None, periods=None), plan=plan(conflicts=(Address("Type", "x"),)))
    assert [item.part for item in report(subject, only=["people"]).unchecked] == ["people"]
    assert [item.part for item in report(subject, only=["M501"]).unchecked] == ["periods"]
    assert [item.code for item in report(subject, only=["C207"]).findings] == ["C207"]
    assert report(subject, only=["calendar"]).is_clean


def test_what_nobody_looked_for_is_not_said_to_be_gone() -> None:
    def before(code: str) -> Earlier:
        return Earlier(code, "s", fingerprint_of(code, "s"), "warning")

    earlier = [before("L103"), before("P301"), before("M501"), before("X100")]
    made = compare(report(audited(facts=facts(people=None))), earlier, "2026-06-08T08:00:00Z")
    assert made.compared is not None
    assert [item.code for item in made.compared.gone] == ["L103", "M501"]
    assert [item.code for item in made.compared.not_looked_for] == ["P301", "X100"]
    only = compare(report(only=["people"]), earlier[:3], "2026-06-08T08:00:00Z")
    assert only.compared is not None
    assert [item.code for item in only.compared.gone] == ["P301"]


def test_an_audit_is_the_same_twice() -> None:
    subject = audited(facts=facts(carriers=(carrier(),), people=None))
    assert report(subject) == report(subject)


def test_figures_of_a_part_of_the_leads_say_so() -> None:
    hidden = replace(facts(), unasked=(Unasked("leads", "Leads are private."),))
    whole, part = (figures_lines(report(audited(facts=found))) for found in (facts(), hidden))
    assert [line for line in whole if "leads" in line.lower()] == [
        "Leads since 2026-03-17: 60; 60 with a lead type, 60 with a clock, 60 with a verdict",
        "Coverage: 100 % of 60 leads have a value of LeadSource that a rule maps",
    ]
    assert [line for line in part if "leads" in line.lower()] == [
        "Leads since 2026-03-17 that this user may see: 60; 60 with a lead type, 60 with a clock, 60 with a verdict",
        "Coverage: 100 % of 60 leads that this user may see have a value of LeadSource that a rule maps",
    ]
