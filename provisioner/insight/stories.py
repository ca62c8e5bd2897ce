"""What became of the leads of each value: the design's answer beside the CRM's counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from provisioner.facts import Carrier, Option, Tally
from provisioner.insight.decision import Decision, decide, is_named
from provisioner.model.design import Design
from provisioner.sla.classification import is_blank


@dataclass(frozen=True, slots=True)
class Story:
    """One value of one carrier; None is the blank. `option` None: the field does not offer it (or lists nothing).
    Spellings that differ in upper and lower case only are one value."""

    carrier: Carrier
    value: str | None
    option: Option | None
    decision: Decision
    tallies: tuple[Tally, ...]
    fallback: str | None  # what unmatched leads are tracked as
    is_named: bool  # a rule or an exclusion tells it from a value that nobody ever wrote

    @property
    def field(self) -> str:
        return self.carrier.field

    @property
    def leads(self) -> int:
        return sum(tally.count for tally in self.tallies)

    @property
    def verdicts(self) -> int:
        return sum(tally.count for tally in self.tallies if tally.verdict)

    @property
    def first(self) -> str:
        return min((tally.first for tally in self.tallies), default="")

    @property
    def last(self) -> str:
        return max((tally.last for tally in self.tallies), default="")

    @property
    def uncovered(self) -> tuple[Tally, ...]:
        """Those that no rule took: the value is not mapped, and no other field gave them a type."""
        if self.decision.mapped:
            return ()
        return tuple(tally for tally in self.tallies if not self._elsewhere(tally.lead_type))

    @property
    def strays(self) -> tuple[Tally, ...]:
        """Those that nobody had in mind: no rule took them or, where every one was taken, none by this value's name."""
        return self.uncovered or (() if self.is_named else self.tallies)

    @property
    def is_swept_up(self) -> bool:
        """The design does not name the value, and yet its leads all have a lead type: a rule for whatever is left took
        them, or another field did."""
        return self.value is not None and not self.is_named and bool(self.leads) and not self.uncovered

    @property
    def moved(self) -> tuple[Tally, ...]:
        """Those stamped with a type that the value cannot have by today's design."""
        if not self.decision.mapped:
            return ()
        return tuple(tally for tally in self.tallies if tally.lead_type and not self.decision.allows(tally.lead_type))

    def _elsewhere(self, lead_type: str | None) -> bool:
        """Whether another field decided."""
        return lead_type is not None and lead_type != self.fallback and lead_type in self.decision.possible


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many leads of the window a rule knows, of the first carrier that was counted. `share` is 0..1. `swept_up`:
    those of `covered` whose value the design does not name."""

    field: str
    leads: int
    covered: int
    swept_up: int = 0

    @property
    def share(self) -> float:
        return self.covered / self.leads


def stories_of(design: Design, carrier: Carrier) -> tuple[Story, ...]:
    """Every value that is offered or occurs, most leads first."""
    grouped: dict[str, list[Tally]] = {}
    names: dict[str, str | None] = {}
    offered = {option.value.casefold(): option for option in carrier.options or ()}
    for tally in sorted(carrier.tallies, key=lambda tally: -tally.count):
        value = None if is_blank(tally.value) else tally.value
        key = "" if value is None else value.casefold()
        names.setdefault(key, offered[key].value if key in offered else value)
        grouped.setdefault(key, []).append(tally)
    for key, option in offered.items():
        if key and key not in names:
            names[key] = option.value
    stories = [
        Story(
            carrier,
            value,
            offered.get(key),
            decide(design, carrier.field, value),
            tuple(grouped.get(key, ())),
            design.unmatched.track_as,
            is_named(design, carrier.field, value),
        )
        for key, value in names.items()
    ]
    return tuple(sorted(stories, key=lambda story: (-story.leads, (story.value or "").casefold())))


def coverage_of(stories: Sequence[Story]) -> Coverage | None:
    """None when there were no leads to cover."""
    leads = sum(story.leads for story in stories)
    if not leads:
        return None
    uncovered = sum(tally.count for story in stories for tally in story.uncovered)
    swept_up = sum(story.leads for story in stories if story.is_swept_up)
    return Coverage(stories[0].field, leads, leads - uncovered, swept_up)
