"""A design as it was before its renames (`was:`): the same promises under the former ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from provisioner.model.design import Design, Escalation, LeadType, Step


@dataclass(frozen=True, slots=True)
class Rename:
    """One entry of a section, and one of the ids it had before."""

    section: str
    old: str
    new: str


def renames(design: Design) -> Iterator[Rename]:
    """Every former id, in the order of the document."""
    for section, entries in design.was.items():
        for new, former in entries.items():
            yield from (Rename(section, old, new) for old in former)


def before(design: Design, rename: Rename) -> Design:
    """The design with the former id in every place, and nothing else changed."""
    one = {rename.new: rename.old}
    match rename.section:
        case "lead_types":
            return _lead_types(design, one)
        case "escalation":
            return _escalations(design, one)
        case "recipients":
            return _recipients(design, one)
        case "business_hours":
            return _business_hours(design, one)
        case _:
            found = (replace(item, id=one.get(item.id, item.id)) for item in design.exclusions)
            return replace(design, exclusions=tuple(found))


def _lead_types(design: Design, ids: Mapping[str, str]) -> Design:
    track_as, reports = design.unmatched.track_as, design.reports
    if reports is not None:
        boards = (
            replace(one, lead_types=tuple(ids.get(id, id) for id in one.lead_types)) for one in reports.dashboards
        )
        reports = replace(reports, dashboards=tuple(boards))
    return replace(
        design,
        reports=reports,
        lead_types=tuple(replace(item, id=ids.get(item.id, item.id)) for item in design.lead_types),
        unmatched=replace(design.unmatched, track_as=ids.get(track_as or "", track_as)),
    )


def _escalations(design: Design, ids: Mapping[str, str]) -> Design:
    found = {ids.get(id, id): replace(item, id=ids.get(id, id)) for id, item in design.escalations.items()}
    types = (replace(item, escalation=ids.get(item.escalation or "", item.escalation)) for item in design.lead_types)
    return replace(design, escalations=found, lead_types=tuple(types))


def _business_hours(design: Design, ids: Mapping[str, str]) -> Design:
    found = {ids.get(id, id): replace(item, id=ids.get(id, id)) for id, item in design.business_hours.items()}
    types = (replace(item, hours=ids.get(item.hours or "", item.hours)) for item in design.lead_types)
    return replace(design, business_hours=found, lead_types=tuple(types))


def _recipients(design: Design, ids: Mapping[str, str]) -> Design:
    def told(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(ids.get(name, name) for name in names)

    def step(item: Step) -> Step:
        return replace(item, notify=told(item.notify), reassign_to=ids.get(item.reassign_to or "", item.reassign_to))

    def escalation(item: Escalation) -> Escalation:
        return replace(item, steps=tuple(step(one) for one in item.steps))

    def lead_type(item: LeadType) -> LeadType:
        after = item.after_hours
        return replace(item, after_hours=replace(after, notify=told(after.notify)) if after is not None else None)

    return replace(
        design,
        recipients={ids.get(id, id): replace(item, id=ids.get(id, id)) for id, item in design.recipients.items()},
        escalations={id: escalation(item) for id, item in design.escalations.items()},
        lead_types=tuple(lead_type(item) for item in design.lead_types),
    )
