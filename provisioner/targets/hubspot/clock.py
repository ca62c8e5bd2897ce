"""The workflows that start clocks, one or more per lead type. docs/semantics.md, rule 7.

A lead that asks for a clock waits (status `waiting`). On a business clock the workflow has windows: it starts the clock
late, when the office opens, and leads that come too shortly before closing time start at the next opening, so that the
promise never runs out while everybody is at home. Its first action waits for the window and the decision behind it sees
the lead as it is then. [docs] reference/hubspot.md 4.8, patterns 1 and 3
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from provisioner.model.design import BusinessHours, Design, LeadType
from provisioner.model.uses import steps_of
from provisioner.resources import Resource
from provisioner.targets.hubspot import windows
from provisioner.targets.hubspot.code import ASKED, RUNTIME, computes, outputs, program
from provisioner.targets.hubspot.filters import Filter, after, any_of, known, on_state, truth
from provisioner.targets.hubspot.flow import flow
from provisioner.targets.hubspot.graph import NOW, Graph, Value, answer, later, of, static, today_at
from provisioner.targets.hubspot.minutes import promised_minutes, share_seconds, step_seconds, wall_seconds
from provisioner.targets.hubspot.names import Names, hours_of

LATEST = windows.DAY - 1  # 24:00 is no time of the day


@dataclass(frozen=True, slots=True)
class Opening:
    """When clocks of one lead type start. `close` (minutes after midnight in the calendar's zone): the due time of
    `same_business_day`, which differs between weekdays, hence several openings."""

    key: str
    open: dict[int, tuple[windows.Interval, ...]]
    close: int | None = None


def portal_zone(design: Design) -> str:
    zone: str = design.target.options.get("timezone", windows.USUAL_ZONE)
    return zone


def kept_free(design: Design, lead_type: LeadType) -> int:
    """Minutes before closing in which no clock starts: the promise, where the office is open longer than that."""
    hours = hours_of(design, lead_type)
    if (
        hours is None
        or computes(design, lead_type)
        or lead_type.sla == "same_business_day"
        or lead_type.sla.business_days
    ):
        return 0
    promised = promised_minutes(design, lead_type)
    return promised if windows.can_shorten(hours.open, promised) else 0


def openings(design: Design, lead_type: LeadType) -> list[Opening]:
    hours = hours_of(design, lead_type)
    key = f"open_{lead_type.id}"
    if hours is None or computes(design, lead_type):
        return [Opening(key, {})]
    if lead_type.sla != "same_business_day":
        return [Opening(key, windows.start_intervals(hours.open, kept_free(design, lead_type)))]
    closes = sorted({intervals[-1][1] for intervals in hours.open.values() if intervals})
    days = {
        close: {day: found for day, found in hours.open.items() if found and found[-1][1] == close} for close in closes
    }
    names = [key, *(f"{key}.{place}" for place in range(2, len(closes) + 1))]
    return [Opening(name, days[close], close) for name, close in zip(names, closes, strict=True)]


def clock_flows(design: Design) -> Iterator[Resource]:
    for lead_type in design.lead_types:
        for opening in openings(design, lead_type):
            yield _Clock(design, lead_type, opening).build()


def window_arguments(design: Design, hours: BusinessHours | None, open: dict[int, Any]) -> dict[str, Any]:
    if hours is None:
        return {}
    moved = windows.shift_of(hours, portal_zone(design)).minutes
    return {"windows": windows.time_windows(open, moved), "blocked": windows.blocked_dates(hours, moved)}


class _Clock:
    def __init__(self, design: Design, lead_type: LeadType, opening: Opening) -> None:
        self.design, self.lead_type, self.opening = design, lead_type, opening
        self.names = Names(design.target.prefix)
        self.hours = None if computes(design, lead_type) else hours_of(design, lead_type)
        self.graph = Graph()

    def build(self) -> Resource:
        graph, prop = self.graph, self.names.prop
        status, kind = prop("sla_status"), prop("lead_type")
        waits = [any_of(status, ["waiting"]), any_of(kind, [self.lead_type.id])]
        start = self._computed() if computes(self.design, self.lead_type) else self._counted()
        # A blank is no exclusion: the judge writes the flag before anybody waits.
        start = graph.ask(
            "still", [("Still waiting", [[*waits, truth(prop("excluded"), False, blank=True)]], start)], None
        )
        if self.hours is not None:
            start = graph.put("guard", prop("guard_at"), NOW, start)
        enrolment = on_state([waits], [(status, "waiting"), (kind, self.lead_type.id)], leave=False)
        text = f"Starts the clock of {self.lead_type.id}" + (" within opening hours." if self.hours else ".")
        if computes(self.design, self.lead_type):
            text = f"Starts the clock of {self.lead_type.id}, with times that its program computes."
        more = window_arguments(self.design, self.hours, self.opening.open)
        return flow(self.design, self.opening.key, text, enrolment, graph.actions(start), **more)

    def _touched(self) -> list[Filter]:
        at, engaged = self.names.prop("first_touch_at"), self.names.prop("engaged_at")
        return [known(at), known(engaged), after(at, engaged, inclusive=True)]

    def _counted(self) -> str:
        """The times on the wall clock, from now on."""
        graph, prop = self.graph, self.names.prop
        status = prop("sla_status")
        run = graph.puts("run", [*self._times(), (status, static("within_sla"))], None)
        met = graph.puts(
            "met", [(prop("sla_started_at"), NOW), (prop("sla_due_at"), NOW), (status, static("met"))], None
        )
        return graph.ask("touched", [("Touched meanwhile", [self._touched()], met)], run)

    def _computed(self) -> str:
        """The times that a program computes; on the wall clock when it gives none, so that nobody is forgotten."""
        graph, prop = self.graph, self.names.prop
        status, due = prop("sla_status"), prop("sla_due_at")
        run = graph.put("run", status, static("within_sla"), None)
        met = graph.put("met", status, static("met"), None)
        late = graph.put("late", status, static("touched_late"), None)
        is_late = [*self._touched(), after(prop("first_touch_at"), due)]
        verdict = graph.ask("touched", [("Late", [is_late], late), ("Meanwhile", [self._touched()], met)], run)
        steps = range(1, len(steps_of(self.design, self.lead_type)) + 1)
        given = [(self.names.step_at(place), answer("program", f"step_{place}")) for place in steps]
        given += [(prop("sla_minutes"), answer("program", "minutes"))]
        given += [(prop("sla_started_at"), answer("program", "started")), (due, answer("program", "due"))]
        exact = graph.puts("exact", given, verdict)
        usual = graph.puts("usual", self._on_the_wall(), verdict)
        chosen = graph.choose("outcome", answer("program", "outcome"), {"ok": exact}, usual)
        asked = {ASKED: of(prop("clock_requested_at"))}
        answers = outputs(self.design, self.lead_type)
        return graph.run("program", RUNTIME, program(self.design, self.lead_type), asked, answers, chosen)

    def _on_the_wall(self) -> list[tuple[str, Value]]:
        """Start, due and steps counted from now, closed hours included."""
        promised = promised_minutes(self.design, self.lead_type) * 60
        is_day = self.lead_type.sla == "same_business_day"
        due = promised if is_day else due_seconds(self.design, self.lead_type)
        values = []
        for place, step in enumerate(steps_of(self.design, self.lead_type), 1):
            if not is_day:
                seconds = step_seconds(self.design, self.lead_type, step)
            elif step.percent is not None:
                seconds = share_seconds(promised // 60, step.percent)
            else:
                seconds = due + (wall_seconds(step.after_due) if step.after_due else 0)
            values.append((self.names.step_at(place), later(seconds)))
        prop = self.names.prop
        return [*values, (prop("sla_started_at"), of(prop("clock_requested_at"))), (prop("sla_due_at"), later(due))]

    def _times(self) -> list[tuple[str, Value]]:
        """The steps, the start and the due time, in the order they are written."""
        prop = self.names.prop
        steps = steps_of(self.design, self.lead_type)
        found = [(self.names.step_at(place), self._at(step)) for place, step in enumerate(steps, 1)]
        started = NOW if self.hours is not None else of(prop("clock_requested_at"))
        return [*found, (prop("sla_started_at"), started), (prop("sla_due_at"), self._due())]

    def _due(self) -> Value:
        if self.opening.close is not None:
            return self._clock_time(self.opening.close)
        return later(due_seconds(self.design, self.lead_type))

    def _at(self, step: Any) -> Value:
        if self.opening.close is None:
            return later(step_seconds(self.design, self.lead_type, step))
        close = self.opening.close
        if step.percent is not None:
            length = promised_minutes(self.design, self.lead_type)
            return self._clock_time(max(0, int(close - length + length * step.percent / 100)))
        if not step.after_due.business_days:
            return self._clock_time(close, step.after_due.minutes)
        return self._clock_time(close, step.after_due.minutes + windows.DAY * step.after_due.business_days)

    def _clock_time(self, minute: int, more: int = 0) -> Value:
        """A time of the day in the calendar's zone, `more` minutes later."""
        assert self.hours is not None, "only a business clock has a close"
        total = minute + more
        at = min(total, LATEST) if total <= windows.DAY else total % windows.DAY
        value = today_at(at // 60, at % 60, self.hours.timezone)
        if total > windows.DAY:
            value["timeDelay"]["delta"] = total // windows.DAY
        return value


def due_seconds(design: Design, lead_type: LeadType) -> int:
    """From the start of the clock to the due time, on the wall clock."""
    assert lead_type.sla != "same_business_day", "its due time is a time of the day"
    return wall_seconds(lead_type.sla)
