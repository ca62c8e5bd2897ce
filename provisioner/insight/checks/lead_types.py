"""L1: has somebody introduced a lead type that the rules do not know?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from provisioner.diagnostics import Severity
from provisioner.facts import Entrance, Evidence, Tally
from provisioner.insight.audit import (
    FINDINGS,
    Audit,
    by_type,
    count_text,
    day_text,
    leads_text,
    seen_text,
    spellings,
    total,
)
from provisioner.insight.decision import decide, is_named
from provisioner.insight.finding import Found, Proposal
from provisioner.insight.similar import NEAR, SURE, nearest_type
from provisioner.insight.stories import Story
from provisioner.model.uses import tests_of
from provisioner.sla.classification import holds


@FINDINGS.kind("L101", "A value that the field offers is in use and no rule maps it", severity="error")
def unmapped(audit: Audit) -> Iterator[Found]:
    """The carrying field offers the value, leads arrive with it, and no lead type of the design speaks of it.

    Why: these leads get the SLA of unmatched leads, or none at all: nobody is alerted when they wait.

    Found: Salesforce: picklist values, and a count of leads grouped by value, lead type and result. HubSpot: options of
    the property, and search totals per option. A lead that another field gave a lead type is not counted.

    Fix: add the value to the lead type it belongs to (`--write-patch` prepares it), then apply. A value that is meant
    to go untracked is accepted with a reason.

    Example: marketing adds “TikTok Lead Ad” to the lead source; 37 leads in three weeks, none with an alert.
    """
    for story in _strange(audit):
        if story.option is not None and story.leads and not _near(audit, story):
            yield _unmapped(audit, story)


@FINDINGS.kind("L102", "A value that the field offers is mapped by no rule, and no lead has it yet", severity="info")
def offered(audit: Audit) -> Iterator[Found]:
    """The carrying field offers the value, no rule maps it, and no lead of the window has it.

    Why: the first lead that arrives with it falls through the rules; today nothing is lost yet.

    Found: Salesforce: active picklist values. HubSpot: options of the property that are not hidden.

    Fix: map it before it is used, or take it out of the field.

    Example: “Partner portal” was added to the lead source last week for a launch that is still to come.
    """
    for story in _strange(audit):
        if story.option is not None and story.option.active and not story.leads and not _near(audit, story):
            proposal = audit.proposal(story)
            yield Found(
                subject=_subject(story),
                detail=f"{story.carrier.label} ({story.field}) offers “{story.value}”, and no rule of the design maps "
                f"it. No lead has it {audit.since_text}.",
                consequence=f"The first lead that arrives with it gets {_fallback(audit)}.",
                fix=_fix(audit, proposal),
                evidence=replace(story.carrier.evidence, count=0, samples=()),
                where="/lead_types",
                proposal=proposal,
                figures=_figures(story, proposal),
            )


@FINDINGS.kind("L103", "Leads carry a value that the field does not offer and no rule maps", severity="error")
def undeclared(audit: Audit) -> Iterator[Found]:
    """Leads have a value in the carrying field that is none of its options: an integration or an import writes it. Of a
    field without options, every value that no rule maps is one.

    Why: nobody sees the value when they look at the field's settings, and its leads fall through the rules.

    Found: Salesforce: a count of leads grouped by the field, against its picklist. HubSpot: search totals of values
    that no option and no rule has.

    Fix: map the value, or correct whatever writes it.

    Example: an ad connector writes “fb_lead_form” since Tuesday: 212 leads without a clock.
    """
    for story in _strange(audit):
        if story.option is None and story.leads and not _near(audit, story):
            yield _unmapped(audit, story)


@FINDINGS.kind("L104", "A value is another spelling of one that a rule maps", severity="error")
def misspelt(audit: Audit) -> Iterator[Found]:
    """The value differs from a mapped one in blanks, punctuation or a letter or two. (Upper and lower case are no
    difference: rules ignore them.) Values with different numbers in them are never taken for one another.

    Why: somebody renamed or mistyped it, and leads that should have the fast SLA do not.

    Found: by comparing every value that no rule names with every value that one does: equal letters and digits, one
    differing letter from 5 letters on, two from 10 on. A value that only a rule for whatever is left takes is compared
    as well. Two values that the field offers side by side may differ on
    purpose, so they are only taken for one when their letters and digits are equal.

    Fix: add the spelling to the same rules (`--write-patch` prepares it), or correct the value at its source.

    Example: “Demo-Request” beside the mapped “Demo Request”: 18 leads with four hours instead of five minutes.
    """
    for story in (*_strange(audit), *_swept_up(audit)):
        near = _near(audit, story)
        if near is not None and (story.leads or (story.option is not None and story.option.active)):
            found = _unmapped(audit, story)
            yield replace(found, severity=_mild(audit, "error" if story.leads else "warning"))


@FINDINGS.kind("L105", "Leads have no value in the field that carries the lead type")
def blank(audit: Audit) -> Iterator[Found]:
    """The carrying field is empty, and no rule speaks of a blank.

    Why: a form or an import that does not fill the field makes every one of its leads an unmatched one.

    Found: Salesforce: the leads whose carrying field is null. HubSpot: contacts without the property.

    Fix: make the form fill the field, or say what a blank means: `when: {FIELD: [null]}`.

    Example: 61 leads came in through a list upload without a source.
    """
    for story in audit.stories:
        if story.value is None and story.uncovered:
            yield replace(
                _unmapped(audit, story),
                fix=f"Fill the field where these leads come from, or add a rule for blanks: "
                f"when: {{{story.field}: [null]}}.",
                severity=_mild(audit, "warning"),
            )


@FINDINGS.kind("L106", "A way in that no rule knows")
def entrance(audit: Audit) -> Iterator[Found]:
    """A form brings leads in, and neither its name nor what it leaves in the carrying field is in any rule. Forms that
    are older than the window and brought nothing in it are left out.

    Why: every campaign brings a form; its leads are judged by the rule for unmatched leads.

    Found: Salesforce: not at all, its forms leave lead sources. HubSpot: the list of forms, with the texts they leave
    in the contact.

    Fix: map the value that the form leaves, or name the form in a rule.

    Example: the form “Pricing calculator” was made on Monday and has brought 14 contacts.
    """
    since = audit.facts.scope.since.date().isoformat()
    for item in audit.facts.entrances or ():
        if not _known(audit, item) and (item.leads or item.created_at[:10] >= since):
            near = nearest_type(audit.design, (item.name, *item.values))
            likely = f" By its name it may be {audit.type_name(near[0].id)}." if near else ""
            brought = "an unknown number of leads" if item.leads is None else leads_text(item.leads)
            left = f", and leaves “{'”, “'.join(item.values)}”" if item.values else ""
            yield Found(
                subject=f"{item.name} ({item.id})",
                detail=f"“{item.name}” was made on {day_text(item.created_at)}, brought {brought} "
                f"{audit.since_text}{left}. No rule speaks of it.{likely}",
                consequence=f"Its leads get {_fallback(audit)}, unless another field decides.",
                fix="Add what it leaves in the lead to the lead type it belongs to, then plan and apply.",
                evidence=Evidence(f"form {item.id}", item.leads or 0),
                where="/lead_types",
                severity=_mild(audit, "warning"),
                figures={"leads": item.leads, "created_at": item.created_at, "last": item.last},
            )


@FINDINGS.kind("L109", "A new value is in use that only a rule for whatever is left takes")
def swept_up(audit: Audit) -> Iterator[Found]:
    """No rule and no exclusion of the design names the value, no lead from before the window has it, and yet all its
    leads have a lead type: by a rule that takes everything but what it names (`not_in`, `not`, `is_blank: false`, a
    wide condition at the end of the list), or by another field alone. A value is named when some comparison of the
    carrying field tells it from a value that nobody ever wrote.

    Why: such a rule was written for what was known then. Leads of a new campaign get its SLA without anybody having
    thought of them, and nothing looks unmapped.

    Found: as for L101, and on both platforms a count of the leads from before the window that have the value; `--since`
    says where the window begins. What cannot be counted is reported as not checked.

    Fix: name the value in the lead type it belongs to, or in the rule that takes it now, then apply. A value that is
    meant to fall there is accepted with a reason.

    Example: everything but partners is “Content”, four hours; since Tuesday so are 37 leads of “TikTok Lead Ad”.
    """
    for story in _swept_up(audit):
        if audit.is_new(story) and not _near(audit, story):
            found = _unmapped(audit, story)
            before = " + ".join(audit.earlier[story.field, value].query for value in spellings(story)[:1])
            yield replace(
                found,
                detail=f"{found.detail} No lead from before had it.",
                fix=_naming_fix(audit, story),
                severity=_mild(audit, "warning"),
                figures={**found.figures, "earlier": 0},
                evidence=replace(
                    story.carrier.evidence,
                    count=story.leads,
                    query=f"{story.carrier.evidence.query}; none before, by: {before}",
                ),
            )


def _swept_up(audit: Audit) -> Iterator[Story]:
    return (story for story in audit.stories if story.is_swept_up)


def _naming_fix(audit: Audit, story: Story) -> str:
    proposal = audit.proposal(story)
    if proposal is not None:
        return _fix(audit, proposal)
    return (
        "Nothing in the design resembles it. Name it in the rule of the lead type it belongs to, then plan and apply; "
        "if it is meant to fall there, accept it."
    )


def _known(audit: Audit, item: Entrance) -> bool:
    """Whether a rule speaks of the entrance: of what it leaves, of its name, or of its id. One that is as old as the
    window is known to a rule for whatever is left, too."""
    names = (*item.values, item.name, item.id)
    tests = [test for kind in audit.design.lead_types for test in tests_of(kind.when)]
    if any(holds(test, name) for test in tests for name in names if test.op in _NAMING):
        return True
    is_old = item.created_at[:10] < audit.facts.scope.since.date().isoformat()
    return any(
        decide(audit.design, carrier.field, name).mapped and (is_old or is_named(audit.design, carrier.field, name))
        for carrier in audit.facts.carriers
        for name in names
    )


_NAMING = ("in", "starts_with", "ends_with", "contains")


def _strange(audit: Audit) -> Iterator[Story]:
    """Values that no rule maps, whose leads nothing else decided either."""
    for story in audit.stories:
        if story.value is not None and not story.decision.mapped and (story.uncovered or not story.leads):
            yield story


def _near(audit: Audit, story: Story) -> Proposal | None:
    proposal = audit.proposal(story)
    return proposal if proposal is not None and proposal.confidence >= NEAR else None


def _unmapped(audit: Audit, story: Story) -> Found:
    proposal = audit.proposal(story)
    count = total(story.strays)
    name = f"“{story.value}”" if story.value is not None else "nothing"
    detail = (
        f"{leads_text(count)} {audit.since_text} {'has' if count == 1 else 'have'} {name} in {story.carrier.label} "
        f"({story.field}), {seen_text(story)}. {_unknown(story)}"
    )
    if not count:
        detail = f"{story.carrier.label} ({story.field}) offers {name}, and no rule of the design maps it."
    if story.decision.possible and not story.is_swept_up:
        names = ", ".join(audit.type_name(id) for id in story.decision.possible)
        detail += f" The lead type depends on other fields: it may be {names}."
    return Found(
        subject=_subject(story),
        detail=detail,
        consequence=_consequence(audit, story, proposal),
        fix=_fix(audit, proposal),
        evidence=replace(story.carrier.evidence, count=count),
        where="/lead_types",
        severity=_mild(audit, "error"),
        lead_types=tuple(id for id, _ in by_type(story.strays) if id),
        proposal=proposal,
        figures=_figures(story, proposal),
    )


def _unknown(story: Story) -> str:
    if not story.is_swept_up:
        return "No rule of the design maps it."
    if story.decision.mapped:
        return "No rule of the design names it: a rule for whatever is left takes it."
    return "No rule of the design names it: other fields gave its leads a lead type."


def _consequence(audit: Audit, story: Story, proposal: Proposal | None) -> str:
    if not story.strays:
        return f"The first lead that arrives with it gets {_fallback(audit)}."
    said = "; ".join(f"{leads_text(count)}: {_treated(audit, id)}" for id, count in by_type(story.strays))
    judged = distorted(story.strays, proposal)
    if not judged:
        return f"{said}."
    verdicts = count_text(judged, "verdict")
    if proposal is None:
        return f"{said}. {verdicts} came of that."
    return f"{said}. {verdicts} would have been made under {audit.type_name(proposal.lead_type)} instead."


def distorted(tallies: Sequence[Tally], proposal: Proposal | None) -> int:
    """How many verdicts were made under another lead type than the proposed one (without one: all)."""
    wanted = proposal.lead_type if proposal else None
    return sum(tally.count for tally in tallies if tally.verdict and (wanted is None or tally.lead_type != wanted))


def _treated(audit: Audit, lead_type: str | None) -> str:
    return "no clock runs and nobody is alerted" if lead_type is None else f"judged as {audit.type_name(lead_type)}"


def _fallback(audit: Audit) -> str:
    fallback = audit.design.unmatched.track_as
    return "no clock and no alert" if fallback is None else f"the SLA of {audit.type_name(fallback)}"


def _fix(audit: Audit, proposal: Proposal | None) -> str:
    if proposal is None:
        return "Add the value to the lead type it belongs to, then plan and apply; nothing in the design resembles it."
    sure = f"{proposal.confidence:.0%} sure: {proposal.why}"
    if proposal.confidence < SURE or not proposal.pointers:
        likely = "probably" if proposal.confidence >= SURE else "perhaps"
        return f"It is {likely} {audit.type_name(proposal.lead_type)} ({sure}). If so, say it in its rule, then apply."
    command = audit.command("drift", "--write-patch", "mapping.patch")
    return f"Map it to {audit.type_name(proposal.lead_type)} ({sure}): {command}"


def _figures(story: Story, proposal: Proposal | None) -> dict[str, int | float | str | None]:
    return {
        "leads": total(story.strays),
        "first": story.first or None,
        "last": story.last or None,
        "now": story.decision.lead_type,
        "verdicts": sum(tally.count for tally in story.strays if tally.verdict),
        "distorted": distorted(story.strays, proposal),
    }


def _subject(story: Story) -> str:
    return f"{story.field}: {story.value if story.value is not None else '(blank)'}"


def _mild(audit: Audit, severity: Severity) -> Severity:
    """A design that does not want unmatched leads reported hears of them all the same, quietly."""
    return severity if audit.design.unmatched.report else "info"
