"""The properties of a lead, and their group. [docs] reference/hubspot.md 2

Durations are calendar minutes, computed by HubSpot from stored instants: the difference of two datetimes is in
milliseconds ([docs] 2.4). A formula only uses instants that are known whenever its result is, because a missing term is
reported to blank the result; instants of an earlier cycle are told by being older than the engagement.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioner.model.design import Design
from provisioner.model.uses import step_count
from provisioner.resources import Address, Resource
from provisioner.targets.hubspot.names import STATUSES, TOUCH_TYPES, UNTRACKED, UNTRACKED_LABEL, Names

_INSTANTS = {
    "engaged_at": ("Engaged at", "When the lead engaged."),
    "assigned_at": ("Assigned at", "When the lead first got an owner."),
    "sla_started_at": ("SLA started at", "When the clock started, within opening hours."),
    "sla_due_at": ("SLA due at", "When the first touch is due."),
    "first_touch_at": ("First touch at", "The first logged contact after the engagement."),
}
_INNER = {
    "owner_event_at": ("Owner event at", "When the present owner got the lead."),
    "clock_for_at": ("Clock is for", "The owner event that the present clock was started for."),
    "clock_requested_at": ("Clock requested at", "When a clock was asked for; it starts within opening hours."),
    "cycle_started_at": ("Cycle started at", "When the present cycle began; older instants belong to earlier ones."),
    "reached_at": ("Reached at", "The assignment, or an earlier touch: what ends the systems delay."),
    "judged_at": ("Judged at", "Written to have the lead judged again."),
    "guard_at": ("Guard", "Written to wait for opening hours before a decision."),
}


def group(design: Design) -> Resource:
    names = Names(design.target.prefix)
    attributes = {"name": names.group, "label": f"{design.target.prefix} speed to lead", "displayOrder": -1}
    return Resource(Address("PropertyGroup", f"{design.target.object}.{names.group}"), attributes)


def properties(design: Design) -> Iterator[Resource]:
    maker = _Maker(design)
    for word, (label, text) in _INSTANTS.items():
        yield maker.instant(word, label, text)
    for number in range(1, step_count(design) + 1):
        yield maker.instant(f"step_{number}_at", f"Step {number} at", f"When step {number} of the escalation is due.")
    yield from maker.facts()
    for word, (label, text) in _INNER.items():
        yield maker.instant(word, label, f"{text} Internal.", hidden=True)
    for id in design.telemetry.stages.values if design.telemetry.stages else ():
        yield maker.instant(f"{id}_at", f"Stage {id} at", "When the lead reached this stage.")
    yield from maker.measures()


class _Maker:
    def __init__(self, design: Design) -> None:
        self.design = design
        self.names = Names(design.target.prefix)

    def _property(self, word: str, label: str, text: str, type: str, field: str, **more: Any) -> Resource:
        name = self.names.prop(word)
        attributes = {
            "name": name,
            "label": f"{self.design.target.prefix} {label}",
            "groupName": self.names.group,
            "type": type,
            "fieldType": field,
            "description": text,
            "formField": False,
            "hidden": False,
            "displayOrder": -1,
        }
        return Resource(Address("Property", f"{self.design.target.object}.{name}"), {**attributes, **more})

    def instant(self, word: str, label: str, text: str, *, hidden: bool = False) -> Resource:
        return self._property(word, label, text, "datetime", "date", hidden=hidden)

    def _choice(self, word: str, label: str, text: str, options: dict[str, str]) -> Resource:
        return self._property(word, label, text, "enumeration", "select", options=_options(options))

    def _flag(self, word: str, label: str, text: str) -> Resource:
        options = _options({"true": "Yes", "false": "No"})
        return self._property(word, label, text, "bool", "booleancheckbox", options=options)

    def _number(self, word: str, label: str, text: str) -> Resource:
        return self._property(word, label, text, "number", "number")

    def facts(self) -> Iterator[Resource]:
        types = {item.id: item.label for item in self.design.lead_types}
        yield self._choice("lead_type", "Lead type", "Decides the promise.", {**types, UNTRACKED: UNTRACKED_LABEL})
        yield self._choice("first_touch_type", "First touch type", "What the first touch was.", TOUCH_TYPES)
        yield self._choice("sla_status", "SLA status", "Where the clock stands.", STATUSES)
        yield self._number("sla_minutes", "SLA minutes", "The promise, in minutes on the lead type's clock.")
        yield self._number("escalation_level", "Escalation level", "The last step that acted.")
        yield self._number("cycle", "Cycle", "Counts the engagements that got a clock of their own.")
        yield self._flag("excluded", "Excluded", "The lead has no clock, by a rule of the design.")
        yield self._flag("unmatched", "Unmatched", "No lead type of the design fits this lead.")

    def measures(self) -> Iterator[Resource]:
        for word, (label, text, formula) in formulas(self.names).items():
            kind = "string" if word == "sla_result" else "number"
            yield self._property(word, label, text, kind, "calculation_equation", calculationFormula=formula)


def _options(options: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"label": label, "value": value, "displayOrder": place, "hidden": False}
        for place, (value, label) in enumerate(options.items())
    ]


def formulas(names: Names) -> dict[str, tuple[str, str, str]]:
    """Word → label, meaning, formula. Minutes are calendar minutes, not rounded."""
    touched, engaged = names.prop("first_touch_at"), names.prop("engaged_at")
    reached, cycle = names.prop("reached_at"), names.prop("cycle_started_at")
    started, due = names.prop("sla_started_at"), names.prop("sla_due_at")
    status = f"string({names.prop('sla_status')})"
    is_touched = f"is_present({touched}) and is_present({engaged}) and {touched} >= {engaged}"
    # Never a property that may be missing when the result is not: a missing term is reported to blank all of it.
    is_reached = f"is_present({reached}) and is_present({engaged}) and is_present({cycle}) and {reached} >= {cycle}"
    finished = f"({status} equals 'met' or {status} equals 'touched_late') and is_present({touched})"
    missed = " or ".join(f"{status} equals '{value}'" for value in ("touched_late", "breached", "escalated"))
    return {
        "speed_to_lead_minutes": (
            "Speed to lead (minutes)",
            "From the engagement to the first touch, in calendar minutes.",
            f"if {is_touched} then ({touched} - {engaged}) / 60000 endif",
        ),
        "systems_delay_minutes": (
            "Systems delay (minutes)",
            "From the engagement to the assignment, or to an earlier touch, in calendar minutes.",
            f"if {is_reached} then ({reached} - {engaged}) / 60000 endif",
        ),
        "human_delay_minutes": (
            "Human delay (minutes)",
            "From the assignment to the first touch, in calendar minutes.",
            f"if {is_touched} and is_present({reached}) then max(0, {touched} - {reached}) / 60000 endif",
        ),
        "response_minutes": (
            "Response (minutes)",
            "From the start of the clock to the first touch, in calendar minutes.",
            f"if {finished} and is_present({started}) then max(0, {touched} - {started}) / 60000 endif",
        ),
        "miss_minutes": (
            "Miss (minutes)",
            "How long after the due time the first touch was, in calendar minutes.",
            f"if {finished} and is_present({due}) then max(0, {touched} - {due}) / 60000 endif",
        ),
        "sla_result": (
            "SLA result",
            "Hit or Miss; blank while it is open.",
            f"if {status} equals 'met' then 'Hit' elseif {missed} then 'Miss' endif",
        ),
    }
