"""One workflow per lead type that marks breaches, tells people and hands leads over. docs/semantics.md, "Timers".

For every instant: wait until it, look again, act. Looking again sees the lead as it is then: a lead that was touched,
excluded or finished ends the way; a clock that was started anew meanwhile leads back to the first wait, which then
waits for the new times; a step that has acted is passed over. Where the office closes, an action in front of the look
waits for opening hours. Nothing is waited for that has passed. [docs] reference/hubspot.md 4.6, 4.8
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.model.design import Design, LeadType, Step
from provisioner.model.uses import status_after, steps_of
from provisioner.resources import Resource
from provisioner.targets.hubspot.alerts import Alerts
from provisioner.targets.hubspot.clock import window_arguments
from provisioner.targets.hubspot.code import computes
from provisioner.targets.hubspot.filters import (
    Filter,
    after,
    any_of,
    future,
    known,
    none_of,
    number,
    on_state,
    past,
    truth,
)
from provisioner.targets.hubspot.flow import flow
from provisioner.targets.hubspot.graph import NOW, Graph, Value, static
from provisioner.targets.hubspot.names import OPEN, Names, hours_of
from provisioner.targets.hubspot.touches import counted_since


@dataclass(frozen=True, slots=True)
class Moment:
    """A step (`number` from 1) or, with number 0, the due time itself."""

    number: int
    step: Step | None


def timer_flows(design: Design) -> Iterator[Resource]:
    for lead_type in design.lead_types:
        yield _Timer(design, lead_type).build()


def moments(design: Design, lead_type: LeadType) -> list[Moment]:
    """In order of time; at one instant the due time comes before the steps."""
    steps = [Moment(place, step) for place, step in enumerate(steps_of(design, lead_type), 1)]
    early = [
        item for item in steps if item.step is not None and item.step.percent is not None and item.step.percent < 100
    ]
    return [*early, Moment(0, None), *steps[len(early) :]]


class _Timer:
    def __init__(self, design: Design, lead_type: LeadType) -> None:
        self.design, self.lead_type = design, lead_type
        self.names = Names(design.target.prefix)
        # Computed times never lie in closed hours, so nothing has to be moved out of them.
        self.hours = None if computes(design, lead_type) else hours_of(design, lead_type)
        self.graph = Graph()
        self.status, self.kind = self.names.prop("sla_status"), self.names.prop("lead_type")
        self.level = self.names.prop("escalation_level")
        self.alerts = Alerts(design, lead_type, self.graph)

    def build(self) -> Resource:
        next: str | None = None
        for place, moment in reversed(list(enumerate(moments(self.design, self.lead_type)))):
            next = self._moment(place, moment, next)
        assert next is not None, "there is always the due time"
        running = [any_of(self.status, OPEN), any_of(self.kind, [self.lead_type.id])]
        enrolment = on_state([running], [(self.status, "within_sla")], leave=True)
        more = window_arguments(self.design, self.hours, dict(self.hours.open) if self.hours else {})
        suppressed = [{"$ref": "list:excluded", "as": "integer"}] if self.design.exclusions else []
        return flow(
            self.design,
            f"timer_{self.lead_type.id}",
            f"Marks breaches of {self.lead_type.id} and escalates.",
            enrolment,
            self.graph.actions(next),
            suppressed=suppressed,
            **more,
        )

    def _over(self) -> list[list[Filter]]:
        """Any of these ends the way."""
        touched = self.names.prop("first_touch_at"), self.names.prop("engaged_at")
        return [
            [none_of(self.status, OPEN)],
            [none_of(self.kind, [self.lead_type.id])],
            [truth(self.names.prop("excluded"), True)],
            [known(touched[0]), after(*touched, inclusive=True)],
            *counted_since(self.design, self.names.prop("sla_started_at")),
        ]

    def _moment(self, place: int, moment: Moment, next: str | None) -> str:
        """Wait, guard, look, act; then `next`."""
        graph, name = self.graph, f"m{place}"
        at = self.names.step_at(moment.number) if moment.number else self.names.prop("sla_due_at")
        act = self._act(name, moment, next)
        done: list[Filter] = [none_of(self.status, ["within_sla", "at_risk"])]
        if moment.number:
            done = [number(self.level, "IS_GREATER_THAN_OR_EQUAL_TO", moment.number)]
        look = graph.ask(
            f"{name} look",
            [
                ("Over", self._over(), None),
                ("Another clock", [[future(at)]], "m0 passed"),
                ("Done already", [done], next),
            ],
            act,
        )
        if self.hours is not None:
            look = graph.put(f"{name} guard", self.names.prop("guard_at"), NOW, look)
        wait = graph.until(f"{name} wait", at, look)
        return graph.ask(f"{name} passed", [("Passed already", [[past(at)]], look)], wait)

    def _act(self, name: str, moment: Moment, next: str | None) -> str:
        """First of all the lead says what happened: a step acts once, whatever becomes of its alerts."""
        if moment.step is None:
            return self.graph.put(f"{name} act", self.status, static("breached"), next)
        to = self.alerts.step(f"{name} tell", moment.number, moment.step, next)
        status = status_after(moment.step)
        values: list[tuple[str, Value]] = [(self.level, static(str(moment.number)))]
        if status is not None:
            values.append((self.status, static(status)))
        return self.graph.puts(f"{name} act", values, to)
