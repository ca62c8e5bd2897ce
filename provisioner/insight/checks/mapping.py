"""L107 and L108: rules that no longer fit the field, and leads that no longer fit the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from provisioner.insight.audit import FINDINGS, Audit, by_type, count_text, day_text, leads_text, total
from provisioner.insight.decision import mapped_values
from provisioner.insight.finding import Found
from provisioner.insight.stories import Story


@FINDINGS.kind("L107", "A rule maps a value that no longer exists")
def dead(audit: Audit) -> Iterator[Found]:
    """A rule names a value that the field does not offer (any more) and that no lead of the window has. Only asked of
    fields that list their values.

    Why: the value was renamed or removed; what took its place is perhaps not mapped, and the rule guards nothing.

    Found: Salesforce: active picklist values and a count of leads by value. HubSpot: options of the property that are
    not hidden, and search totals.

    Fix: replace it by the value that took its place, or remove it from the rule.

    Example: the rule for demo requests maps “Pricing Page”, which was renamed to “Pricing” in May.
    """
    for carrier in audit.facts.carriers:
        if carrier.options is None:
            continue
        offered = {option.value.casefold() for option in carrier.options if option.active}
        seen = {(tally.value or "").casefold() for tally in carrier.tallies}
        told: set[str] = set()
        for value, lead_type, test in mapped_values(audit.design, carrier.field):
            key = value.casefold()
            if key in offered or key in seen or key in told:
                continue
            told.add(key)
            sampled = carrier.evidence.sampled
            unsure = f" (of the {sampled:,} leads that were looked at)" if sampled is not None else ""
            yield Found(
                subject=f"{carrier.field}: {value}",
                detail=f"The rule of {audit.type_name(lead_type.id)} maps “{value}”; {carrier.label} ({carrier.field}) "
                f"does not offer it, and no lead has it {audit.since_text}{unsure}.",
                consequence="The rule guards nothing by this value; if it was renamed, leads with the new name fall "
                "through.",
                fix="Replace it by the value that took its place, or remove it, then plan and apply.",
                evidence=replace(carrier.evidence, count=0, samples=()),
                where=_place(test.at, test.values, value),
                lead_types=(lead_type.id,),
            )


@FINDINGS.kind("L108", "Leads are stamped with another lead type than the design gives them")
def moved(audit: Audit) -> Iterator[Found]:
    """Leads of a mapped value carry a lead type that the value cannot have by today's design.

    Why: either the rule was changed and these leads were judged by the old one, or something else writes the field.
    It is a warning while it still happens (a lead of the last seven days), and worth knowing when it is over.

    Found: on both platforms by counting leads by value and stamped lead type, held against what the design says for
    the value, as far as this field alone decides.

    Fix: if the rule was changed, nothing: clocks that have started are never restarted. Otherwise look who writes the
    lead type, and apply the design.

    Example: 40 leads of “Webinar” are stamped as content leads, four hours, instead of event leads, the same day.
    """
    for story in audit.stories:
        if not story.moved:
            continue
        decided = story.decision.lead_type
        count, verdicts = total(story.moved), total([tally for tally in story.moved if tally.verdict])
        last = max(tally.last for tally in story.moved)
        said = "; ".join(f"{leads_text(n)} as {audit.type_name(id)}" for id, n in by_type(story.moved))
        name = "(blank)" if story.value is None else story.value
        other = " (or another type, by other fields)" if story.decision.possible else ""
        yield Found(
            subject=f"{story.field}: {name}",
            detail=f"By the design “{name}” is {audit.type_name(decided)}{other}, but {said}; the last one on "
            f"{day_text(last)}.",
            consequence=f"{count_text(verdicts, 'verdict')} of {leads_text(count)} came from another SLA than the "
            "design's.",
            fix="If the rule was changed since, accept it; else find what writes the lead type: "
            + audit.command("plan"),
            evidence=replace(story.carrier.evidence, count=count),
            where=_pointer(audit, story),
            severity="warning" if audit.is_recent(last) else "info",
            lead_types=tuple(id for id, _ in by_type(story.moved) if id),
            figures={"leads": count, "verdicts": verdicts, "last": last},
        )


def _place(at: str, values: tuple[object, ...], value: str) -> str:
    return f"{at}/{values.index(value)}" if len(values) > 1 else at


def _pointer(audit: Audit, story: Story) -> str:
    for kind in audit.design.lead_types:
        if kind.id == story.decision.lead_type:
            return kind.at
    return "/lead_types"
