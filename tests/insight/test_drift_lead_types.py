"""What one field decides, which field carries the lead type, and what a strange value resembles."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.audits import TEXT, VALUES, audited, carrier, design, facts, report, tally

from provisioner.facts import Carrier, Entrance, Evidence, Option
from provisioner.insight.decision import Decision, carriers_of, decide, is_named
from provisioner.insight.finding import fingerprint_of
from provisioner.insight.patch import patched
from provisioner.insight.similar import likeness, propose
from provisioner.insight.stories import coverage_of, stories_of
from provisioner.reporting.drift_text import figures_lines
from provisioner.sla.classification import classify, excluded
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


Written = tuple[str, tuple[str, ...]]
"""A condition as text, and which of `STRANGERS` its comparisons of the field mention, at any depth."""
STRANGERS = ("Web", "Fair", "Ad", "Web 2", "Zoo", "grid")
_LISTS: dict[tuple[str, ...], tuple[str, ...]] = {("Web",): ("Web",), ("fair", "Ad"): ("Fair", "Ad")}
_PARTS = {
    "starts_with: W": ("Web", "Web 2"),
    "ends_with: d": ("Ad", "grid"),
    "contains: o": ("Zoo",),
    "is_blank: false": (),
    "is_blank: true": (),
}
_TESTS: list[Written] = [
    *((f"{{LeadSource: {{{op}: [{', '.join(v)}]}}}}", hit) for v, hit in _LISTS.items() for op in ("in", "not_in")),
    *((f"{{LeadSource: {{{part}}}}}", hit) for part, hit in _PARTS.items()),
    ("{Country: [Chile]}", ()),
    ("{Country: {is_blank: false}}", ()),
]


def _joined(word: str, a: Written, b: Written) -> Written:
    return f"{{{word}: [{a[0]}, {b[0]}]}}", (*a[1], *b[1])


_CONDITIONS = st.recursive(
    st.sampled_from(_TESTS),
    lambda inner: st.one_of(
        st.builds(_joined, st.sampled_from(["all", "any"]), inner, inner),
        st.builds(lambda a: (f"{{not: {a[0]}}}", a[1]), inner),
    ),
    max_leaves=4,
)


@given(st.lists(_CONDITIONS, min_size=1, max_size=3), _CONDITIONS, st.sampled_from(["Chile", "France", None]))
def test_values_that_nothing_names_are_decided_alike(
    rules: list[Written], exclusion: Written, country: str | None
) -> None:
    """However deep the comparisons stand, below a `not` as well, and whatever else is known of the lead."""
    lines = "".join(f"  - {{id: t{n}, label: T{n}, when: {when}, sla: 5m}}\n" for n, (when, _) in enumerate(rules))
    start, end = TEXT.index("  - id: emea_demo"), TEXT.index("unmatched:")
    text = TEXT[:start] + lines + TEXT[end:].replace("{track_as: content}", "{track_as: none}")
    made = design(f"{text}exclusions: [{{id: x, when: {exclusion[0]}}}]\n")
    mentioned = {value for _, hit in (*rules, exclusion) for value in hit}
    assert {value for value in STRANGERS if is_named(made, "leadsource", value)} == mentioned
    nameless = [*(value for value in STRANGERS if value not in mentioned), "Q7", "Mail 9"]
    policy = Policy.of(made)
    assert len({classify(policy, {"LeadSource": value, "Country": country}) for value in nameless}) == 1
    assert len({excluded(policy, {"LeadSource": value, "Country": country}) for value in nameless}) == 1
    assert len({decide(made, "LeadSource", value) for value in nameless}) == 1


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("{LeadSource: {not_in: [Spam]}}", "a rule for whatever is left takes it."),
        ("{not: {LeadSource: [Spam]}}", "a rule for whatever is left takes it."),
        ("{LeadSource: {is_blank: false}}", "a rule for whatever is left takes it."),
        ("{Email: {is_blank: false}}", "other fields gave its leads a lead type."),
        ("{all: [{LeadSource: {not_in: [Spam]}}, {Email: {is_blank: false}}]}", "other fields gave its leads a lead"),
    ],
)
def test_a_new_value_is_found_behind_every_rule_that_takes_what_it_does_not_name(when: str, said: str) -> None:
    text = TEXT.replace("{LeadSource: Content Download}", when).replace("{track_as: content}", "{track_as: demo}")
    subject = audited(
        design=design(text),
        facts=facts(carriers=(carrier(tally("TikTok", 30), tally("TikTok", 7, verdict="Miss")),)),
        earlier={("LeadSource", "TikTok"): Evidence("before", 0)},
    )
    (found,) = [item for item in report(subject).findings if item.subject == "LeadSource: TikTok"]
    assert (found.code, found.severity) == ("L109", "warning")
    assert said in found.found.detail
    coverage = report(subject).coverage
    assert coverage is not None
    assert (coverage.share, coverage.swept_up) == (1, 47)  # with Content Download, which no rule names any more
    assert figures_lines(report(subject))[-1].endswith("that a rule maps, 47 of them without naming it")


def test_the_whole_finding_of_a_value_that_was_swept_up() -> None:
    text = TEXT.replace("{LeadSource: Content Download}", "{LeadSource: {not_in: [Spam]}}")
    subject = audited(
        design=design(text),
        facts=facts(carriers=(carrier(tally("Webinar Replay", 30), tally("Webinar Replay", 7, verdict="Miss")),)),
        earlier={("LeadSource", "Webinar Replay"): Evidence("leads before", 0)},
    )
    (found,) = [item for item in report(subject).findings if item.code == "L109"]
    assert found.found.detail == (
        "37 leads since 2026-03-17 have “Webinar Replay” in Lead Source (LeadSource), first seen 2026-04-01, last "
        "2026-06-12. No rule of the design names it: a rule for whatever is left takes it. No lead from before had it."
    )
    assert found.found.consequence == (
        "37 leads: judged as “Content” (SLA 4h). 37 verdicts would have been made under “Event attendee” (SLA 1h) "
        "instead."
    )
    assert found.found.fix == (
        "It is perhaps “Event attendee” (SLA 1h) (70% sure: resembles “Webinar”: one name contains the other). If so, "
        "say it in its rule, then apply."
    )
    assert found.found.evidence is not None
    assert found.found.evidence.query.endswith("; none before, by: leads before")
    assert found.found.evidence.count == 37


def test_another_spelling_is_told_also_where_a_rule_for_whatever_is_left_takes_it_and_however_old_it_is() -> None:
    text = TEXT.replace("{LeadSource: Content Download}", "{LeadSource: {not_in: [Spam]}}")
    subject = audited(design=design(text), facts=facts(carriers=(carrier(tally("Demo-Request", 18)),)))
    (found,) = [item for item in report(subject).findings if item.subject == "LeadSource: Demo-Request"]
    assert (found.code, found.severity) == ("L104", "error")
    assert found.found.proposal is not None
    assert (found.found.proposal.lead_type, found.found.proposal.confidence) == ("demo", 0.98)
    after = patched(text, design(text), [found.found.proposal], least=0.8, today=date(2026, 6, 15)).after
    assert decide(design(after), "LeadSource", "Demo-Request") == Decision("demo", ("emea_demo",), True)


@pytest.mark.parametrize(("created", "found"), [("2026-06-08T09:00:00Z", ["Calculator (f1)"]), ("2025-01-01", [])])
def test_a_new_form_is_found_behind_a_rule_for_whatever_is_left_and_an_old_one_is_not(
    created: str, found: list[str]
) -> None:
    text = TEXT.replace("{LeadSource: Content Download}", "{LeadSource: {not_in: [Spam]}}")
    form = Entrance("f1", "Calculator", created, ("Page: Calculator",), 14)
    subject = audited(design=design(text), facts=facts(entrances=(form,)))
    assert [item.subject for item in report(subject).findings if item.code == "L106"] == found


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
