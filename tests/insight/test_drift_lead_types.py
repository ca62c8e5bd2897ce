"""What one field decides, which field carries the lead type, and what a strange value resembles."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.audits import TEXT, VALUES, audited, carrier, design, facts, report, tally

from provisioner.facts import Carrier, Evidence, Option
from provisioner.insight.decision import Decision, carriers_of, decide
from provisioner.insight.finding import fingerprint_of
from provisioner.insight.similar import likeness, propose
from provisioner.insight.stories import coverage_of, stories_of
from provisioner.sla.classification import classify
from provisioner.sla.policy import Policy


def test_a_field_decides_as_far_as_it_can() -> None:
    found = {value: decide(design(), "LeadSource", value) for value in (*VALUES, "TikTok", None)}
    assert found == {
        "Demo Request": Decision("demo", ("emea_demo",), True),
        "Pricing Page": Decision("demo", (), True),
        "Contact Form": Decision("content", ("enterprise",), True),
        "Webinar": Decision("event", (), True),
        "Trade Show": Decision("event", (), True),
        "Content Download": Decision("content", (), True),
        "TikTok": Decision("content", (), False),
        None: Decision("content", (), False),
    }


@given(
    st.sampled_from([*VALUES, "TikTok", None, "demo request"]),
    st.sampled_from(["Ireland", "France", None]),
    st.sampled_from([None, 10, 1000]),
)
def test_whatever_the_other_fields_are_the_lead_type_is_one_that_was_said_to_be_possible(
    source: str | None, country: str | None, size: int | None
) -> None:
    values = {"LeadSource": source, "Country": country, "NumberOfEmployees": size}
    assert decide(design(), "LeadSource", source).allows(str(classify(Policy.of(design()), values)))


@pytest.mark.parametrize(
    ("when", "mapped"),
    [
        ("{LeadSource: {not_in: [Partner]}}", True),  # everything else is meant
        ("{LeadSource: {contains: tok}}", True),
        ("{all: [{LeadSource: {is_blank: false}}, {Country: [Chile]}]}", False),  # only the country is meant
        ("{any: [{LeadSource: [TikTok]}, {Country: [Chile]}]}", True),
        ("{not: {LeadSource: [Partner]}}", True),
        ("{Country: [Chile]}", False),
    ],
)
def test_a_rule_that_speaks_of_a_value_maps_it(when: str, mapped: bool) -> None:
    text = TEXT.replace("{LeadSource: Content Download}", when)
    assert decide(design(text), "LeadSource", "TikTok").mapped is mapped


def test_a_blank_is_mapped_by_a_rule_for_blanks_only() -> None:
    for when, mapped in (("{LeadSource: [null]}", True), ("{LeadSource: {is_blank: true}}", True)):
        assert decide(design(TEXT.replace("{LeadSource: Content Download}", when)), "LeadSource", None).mapped is mapped
    text = TEXT.replace("{LeadSource: Content Download}", "{LeadSource: {is_blank: false}}")
    assert decide(design(text), "LeadSource", None).mapped is False


def test_the_carrier_is_the_field_that_decides_and_not_one_that_narrows() -> None:
    assert carriers_of(design()) == ("LeadSource",)
    accounts = TEXT.replace(
        "{LeadSource: [Demo Request], Country: [United Kingdom, Ireland]}", "{Company: [Globex, Initech]}"
    )
    assert carriers_of(design(accounts)) == ("LeadSource",)
    both = TEXT.replace("{LeadSource: [Demo Request, Pricing Page]}", "{any: [{LeadSource: [A]}, {Form: [F1]}]}")
    both = both.replace("{LeadSource: Content Download}", "{any: [{LeadSource: [B]}, {Form: [F2]}]}")
    assert carriers_of(design(both)) == ("LeadSource", "Form")


def test_when_no_field_decides_alone_it_is_the_one_most_rules_use() -> None:
    rules = [
        "  - {id: a, label: A, when: {Source: [X], Country: [UK]}, sla: 5m, escalation: urgent}",
        "  - {id: b, label: B, when: {Source: [Y], Region: [EU]}, sla: 5m, escalation: urgent}",
    ]
    start, end = TEXT.index("  - id: emea_demo"), TEXT.index("unmatched:")
    text = TEXT[:start] + "\n".join(rules) + "\n" + TEXT[end:].replace("track_as: content", "track_as: a")
    assert carriers_of(design(text)) == ("Source",)


@pytest.mark.parametrize(
    ("a", "b", "confidence"),
    [
        ("Demo-Request", "Demo Request", 0.98),
        ("  demo   request ", "Demo Request", 0.98),
        ("Demo Requst", "Demo Request", 0.92),
        ("Webinr", "Webinar", 0.92),
        ("Webinar 2025", "Webinar 2026", 0.5),
        ("Tier 1", "Tier 2", 0.5),
        ("Webinar Replay", "Webinar", 0.7),
        ("US", "UK", 0.0),
        ("Online", "Offline", 0.0),
        ("Billboard", "Webinar", 0.0),
    ],
)
def test_how_alike_two_values_are(a: str, b: str, confidence: float) -> None:
    assert likeness(a, b)[0] == likeness(b, a)[0] == confidence


@given(st.text(max_size=20), st.text(max_size=20))
def test_likeness_is_a_share_and_symmetric(a: str, b: str) -> None:
    assert 0 <= likeness(a, b)[0] <= 1
    assert likeness(a, b)[0] == likeness(b, a)[0]


def propose_for(value: str, found: Carrier) -> tuple[str, float, tuple[str, ...]] | None:
    story = next(story for story in stories_of(design(), found) if story.value == value)
    proposal = propose(design(), story)
    return None if proposal is None else (proposal.lead_type, proposal.confidence, proposal.pointers)


def test_another_spelling_goes_into_every_list_that_has_the_first() -> None:
    pointers = ("/lead_types/0/when/LeadSource", "/lead_types/1/when/LeadSource")
    assert propose_for("Demo-Request", carrier(tally("Demo-Request"))) == ("demo", 0.98, pointers)


def test_two_values_that_the_field_offers_may_differ_on_purpose() -> None:
    found = carrier(tally("Webinars"), options=(*VALUES, "Webinars"))
    assert propose_for("Webinars", found) == ("event", 0.75, ("/lead_types/3/when/LeadSource",))


def test_a_label_counts_as_a_spelling() -> None:
    found = carrier(tally("opt_7"))
    found = replace(found, options=(*(found.options or ()), Option("opt_7", "Trade-Show")))
    assert propose_for("opt_7", found) == ("event", 0.98, ("/lead_types/3/when/LeadSource",))


def test_earlier_stamps_tell_what_a_value_was_before_its_rule_was_removed() -> None:
    found = carrier(tally("Billboard", 30, "event"), tally("Billboard", 10))
    assert propose_for("Billboard", found) == ("event", 0.64, ("/lead_types/3/when/LeadSource",))


def test_what_resembles_nothing_is_not_proposed() -> None:
    assert propose_for("Xyzzy", carrier(tally("Xyzzy"))) is None


def test_the_whole_finding() -> None:
    tallies = (
        tally("Demo-Request", 18, verdict="Miss", first="2026-05-02T09:00:00Z"),
        tally("demo-request", 2, None, verdict=None),
    )
    found = report(audited(facts=facts(carriers=(carrier(*tallies),)))).findings[0].found
    assert (found.subject, found.detail, found.consequence, found.fix) == (
        "LeadSource: Demo-Request",
        "20 leads since 2026-03-17 have “Demo-Request” in Lead Source (LeadSource), first seen 2026-04-01, "
        "last 2026-06-12. No rule of the design maps it.",
        "18 leads: judged as “Content” (SLA 4h); 2 leads: no clock runs and nobody is alerted. "
        "18 verdicts would have been made under “Demo” (SLA 5m) instead.",
        "Map it to “Demo” (SLA 5m) (98% sure: resembles “Demo Request”: the same letters and digits): "
        "provisioner drift acme.yaml -c sandbox --write-patch mapping.patch",
    )
    assert dict(found.figures) == {
        "leads": 20,
        "first": "2026-04-01T09:00:00Z",
        "last": "2026-06-12T09:00:00Z",
        "now": "content",
        "verdicts": 18,
        "distorted": 18,
    }


def test_leads_that_another_field_decided_are_covered() -> None:
    text = TEXT.replace("{LeadSource: Content Download}", "{any: [{LeadSource: [Content Download]}, {Form: [F1]}]}")
    text = text.replace("track_as: content", "track_as: event")
    found = carrier(tally("TikTok", 30, "content"), tally("TikTok", 5, "event"), tally("TikTok", 2, None))
    stories = stories_of(design(text), found)
    coverage = coverage_of(stories)
    assert coverage is not None and (coverage.leads, coverage.covered) == (97, 90)
    assert coverage_of(stories_of(design(), Carrier("X", "X", None, (), Evidence("", 0)))) is None


def test_leads_that_fell_to_the_rule_for_unmatched_ones_are_not_covered_by_it() -> None:
    text = TEXT.replace("{LeadSource: Content Download}", "{any: [{LeadSource: [Content Download]}, {Form: [F1]}]}")
    stories = stories_of(
        design(text), carrier(tally("TikTok", 30, "content"))
    )  # by the form, or because nothing matched
    coverage = coverage_of(stories)
    assert coverage is not None and (coverage.leads, coverage.covered) == (90, 60)


def test_a_design_that_does_not_want_unmatched_leads_reported_hears_of_them_quietly() -> None:
    text = TEXT.replace("unmatched: {track_as: content}", "unmatched: {track_as: content, report: false}")
    made = report(audited(design=design(text), facts=facts(carriers=(carrier(tally("TikTok", 9), tally(None, 9)),))))
    assert [(item.code, item.severity) for item in made.findings] == [("L103", "info"), ("L105", "info")]


def test_what_is_not_sure_is_said_to_be_so_and_no_patch_is_offered() -> None:
    text = report(audited(facts=facts(carriers=(carrier(tally("Webinar Replay")),)))).findings[0].found.fix
    assert text == (
        "It is perhaps “Event attendee” (SLA 1h) (70% sure: resembles “Webinar”: one name contains the other). "
        "If so, say it in its rule, then apply."
    )


def test_a_fingerprint_is_of_code_and_subject_whatever_the_case_and_never_moves() -> None:
    assert (
        fingerprint_of("L101", "LeadSource: TikTok")
        == fingerprint_of("L101", "leadsource: TIKTOK")
        == "f241ad09f9014ac6"
    )
    one, many = (
        report(audited(facts=facts(carriers=(carrier(tally("TikTok", count)),)))).findings[0] for count in (1, 900)
    )
    assert one.fingerprint == many.fingerprint
