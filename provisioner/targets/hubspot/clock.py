"""The workflows that start clocks, one or more per lead type. docs/semantics.md, rule 7.

A lead that asks for a clock waits (status `waiting`). On a business clock the workflow has windows: it starts the clock
late, when the office opens, and leads that come too shortly before closing time start at the next opening, so that the
promise never runs out while everybody is at home. Its first action waits for the window and the decision behind it sees
the lead as it is then. [docs] reference/hubspot.md 4.8, patterns 1 and 3

A record cannot be enrolled twice, and leaves a workflow some time after it no longer belongs there. So a clock that is
not the lead's first one is computed at once but runs `RESTING` minutes later: by then the timer has let go of the old
one. Whoever is asked for again meanwhile, or while the workflow ends, is computed again, because that request enrols
nobody. [docs] reference/hubspot.md 4.3; how long letting go takes: [inferred] from the jitter of 4.8
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioner.model.design import BusinessHours, Design, LeadType
from provisioner.model.uses import steps_of
from provisioner.resources import Resource
from provisioner.targets.hubspot import windows
from provisioner.targets.hubspot.code import ASKED, RUNTIME, computes, outputs, program
from provisioner.targets.hubspot.filters import Filter, after, any_of, known, number, on_state, truth
from provisioner.targets.hubspot.flow import flow
from provisioner.targets.hubspot.graph import NOW, Graph, Value, answer, later, of, static, today_at
from provisioner.targets.hubspot.minutes import due_seconds, promised_minutes, share_seconds, step_seconds, wall_seconds
from provisioner.targets.hubspot.names import OPEN, Names, hours_of
from provisioner.targets.hubspot.openings import Opening, When, openings, portal_zone

LATEST = windows.DAY - 1  # 24:00 is no time of the day
RESTING = 2  # minutes: a minute for every workflow is the usual jitter, and a delay may end a little early


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
        start = self._computed() if computes(self.design, self.lead_type) else self._counted()
        # A blank is no exclusion: the judge writes the flag before anybody waits.
        start = graph.ask("still", [("Still waiting", [self._waiting()], start)], None)
        if self.hours is not None:
            start = graph.put("guard", prop("guard_at"), NOW, start)
        waits = [any_of(status, ["waiting"]), any_of(kind, [self.lead_type.id])]
        enrolment = on_state([waits], [(status, "waiting"), (kind, self.lead_type.id)], leave=False)
        text = f"Starts the clock of {self.lead_type.id}" + (" within opening hours." if self.hours else ".")
        if computes(self.design, self.lead_type):
            text = f"Starts the clock of {self.lead_type.id}, with times that its program computes."
        more = window_arguments(self.design, self.hours, self.opening.open)
        return flow(self.design, self.opening.key, text, enrolment, graph.actions(start), **more)

    def _waiting(self) -> list[Filter]:
        prop = self.names.prop
        waits = [any_of(prop("sla_status"), ["waiting"]), any_of(prop("lead_type"), [self.lead_type.id])]
        return [*waits, truth(prop("excluded"), False, blank=True)]

    def _run(self) -> str:
        """The clock runs; then a second look, because what ends or restarts it may have been written between the look
        before and this write."""
        graph, prop = self.graph, self.names.prop
        status = prop("sla_status")
        met = graph.put("ran met", status, static("met"), None)
        late = graph.put("ran late", status, static("touched_late"), None)
        is_late = after(prop("first_touch_at"), prop("sla_due_at"))
        verdict = graph.ask("ran verdict", [("Late", [[is_late]], late)], met)
        excluded = graph.put("ran excluded", status, static("excluded"), None)
        running = any_of(status, OPEN)
        cases: list[tuple[str, list[list[Filter]], str | None]] = [
            ("Asked for again", [self._waiting()], self._first),
            ("Excluded meanwhile", [[running, truth(prop("excluded"), True)]], excluded),
            ("Touched meanwhile", [[running, *self._touched()]], verdict),
        ]
        return graph.put("run", status, static("within_sla"), graph.ask("ran", cases, None))

    @property
    def _first(self) -> str:
        return "still" if self.hours is None else "guard"

    def _settled(self, verdict: str, anew: str) -> str:
        """What follows when the times are written: at once for the lead's first clock, else when the timer has let go
        of the one before. `anew` writes the times again."""
        graph, prop = self.graph, self.names.prop
        requested = prop("clock_requested_at")
        asked = [*self._waiting(), after(requested, prop("sla_started_at"))]
        rested = graph.ask(
            "rested", [("Asked for again", [asked], anew), ("Waiting", [self._waiting()], verdict)], None
        )
        if self.hours is not None:
            rested = graph.put("rested guard", prop("guard_at"), NOW, rested)
        resting = graph.rest("resting", RESTING, rested)
        later = [[after(requested, prop("assigned_at"))], [number(prop("cycle"), "IS_GREATER_THAN_OR_EQUAL_TO", 2)]]
        return graph.ask("earlier", [("Had a clock before", later, resting)], verdict)

    def _touched(self) -> list[Filter]:
        at, engaged = self.names.prop("first_touch_at"), self.names.prop("engaged_at")
        return [known(at), known(engaged), after(at, engaged, inclusive=True)]

    def _counted(self) -> str:
        """The times on the wall clock, from now on."""
        graph, prop = self.graph, self.names.prop
        status = prop("sla_status")
        met = graph.puts(
            "met", [(prop("sla_started_at"), NOW), (prop("sla_due_at"), NOW), (status, static("met"))], None
        )
        verdict = graph.ask("touched", [("Touched meanwhile", [self._touched()], met)], self._run())
        return graph.puts("times", self._times(), self._settled(verdict, "times"))

    def _computed(self) -> str:
        """The times that a program computes; on the wall clock when it gives none, so that nobody is forgotten."""
        graph, prop = self.graph, self.names.prop
        status, due = prop("sla_status"), prop("sla_due_at")
        met = graph.put("met", status, static("met"), None)
        late = graph.put("late", status, static("touched_late"), None)
        is_late = [*self._touched(), after(prop("first_touch_at"), due)]
        verdict = graph.ask("touched", [("Late", [is_late], late), ("Meanwhile", [self._touched()], met)], self._run())
        settled = self._settled(verdict, "program")
        steps = range(1, len(steps_of(self.design, self.lead_type)) + 1)
        given = [(self.names.step_at(place), answer("program", f"step_{place}")) for place in steps]
        given += [(prop("sla_minutes"), answer("program", "minutes"))]
        given += [(prop("sla_started_at"), answer("program", "started")), (due, answer("program", "due"))]
        exact = graph.puts("exact", given, settled)
        usual = graph.puts("usual", self._on_the_wall(), settled)
        chosen = graph.choose("outcome", answer("program", "outcome"), {"ok": exact}, usual)
        asked = {ASKED: of(prop("clock_requested_at"))}
        answers = outputs(self.design, self.lead_type)
        return graph.run("program", RUNTIME, program(self.design, self.lead_type), asked, answers, chosen)

    def _on_the_wall(self) -> list[tuple[str, Value]]:
        """Start, due and steps counted from now, closed hours included."""
        promised = promised_minutes(self.design, self.lead_type) * 60
        is_day = self.lead_type.sla == "same_business_day"
        due = promised if is_day else due_seconds(self.lead_type)
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
        found = [(self.names.step_at(place), self._value(when)) for place, when in enumerate(self.opening.steps, 1)]
        started = NOW if self.hours is not None else of(prop("clock_requested_at"))
        return [*found, (prop("sla_started_at"), started), (prop("sla_due_at"), self._value(self.opening.due))]

    def _value(self, when: When) -> Value:
        return later(when.seconds) if when.minute is None else self._clock_time(when.minute)

    def _clock_time(self, total: int) -> Value:
        """A time of the day in the calendar's zone; more than a day of minutes is a later day."""
        assert self.hours is not None, "only a business clock has a close"
        at = min(total, LATEST) if total <= windows.DAY else total % windows.DAY
        value = today_at(at // 60, at % 60, self.hours.timezone)
        if total > windows.DAY:
            value["timeDelay"]["delta"] = total // windows.DAY
        return value
