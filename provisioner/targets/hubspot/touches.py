"""The workflows that note the first touch and the stages of a lead. [docs] reference/hubspot.md 3.1, 3.2, 3.3, 4.3"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.model.design import Design, TouchType
from provisioner.resources import Resource
from provisioner.targets.hubspot.conditions import kinds
from provisioner.targets.hubspot.filters import (
    Filter,
    after,
    any_of,
    before,
    changed,
    known,
    lately,
    none_of,
    number,
    on_events,
    texts,
    unknown,
)
from provisioner.targets.hubspot.flow import flow
from provisioner.targets.hubspot.graph import NOW, Graph, of, static
from provisioner.targets.hubspot.names import BRANCHES_MOST, OPEN, UNTOLD, Names
from provisioner.targets.hubspot.objects import lead_object
from provisioner.targets.hubspot.stamp import engage

# Of contacts, HubSpot says what the first engagement of the present owner was, and when. [docs] 3.1
ENGAGED_HOW, ENGAGED_WHEN = "hs_sa_first_engagement_object_type", "hs_sa_first_engagement_date"
_CHAT = "CONVERSATION_SESSION"  # moves the last contact, and is no touch of any type


def touch_flow(design: Design) -> Resource:
    """F := the time of the last logged contact of a type that counts, once per cycle; then the verdict."""
    touch = _Touch(design)
    text = "Notes the first contact after the engagement."
    return flow(design, "touch", text, on_events(touch.events()), touch.graph.actions(touch.build()))


def looked_at(design: Design) -> list[str]:
    """Properties of HubSpot's own that tell what a touch was."""
    object = lead_object(design)
    return [ENGAGED_HOW, ENGAGED_WHEN] if object.comes_again else list(object.touches.values())


def counted_since(design: Design, instant: str) -> list[list[Filter]]:
    """Whether a contact that counts was logged after the instant that a property holds (OR of ANDs): for timers, so
    that a touch counts also in the minute before its workflow has noted it."""
    object, told = lead_object(design), _told_apart(design)
    since = [known(object.contacted), after(object.contacted, instant)]
    if object.comes_again:
        return [[*since, none_of(ENGAGED_HOW, [*told, _CHAT])]]
    if not told:
        return [since]
    return [[*since, _some(counter)] for counter in object.touches.values() if counter not in told]


def _told_apart(design: Design) -> list[str]:
    """What tells a touch of a type that does not count: options, or counters."""
    wanted = design.telemetry.first_touch.types
    return [word for kind, word in lead_object(design).touches.items() if kind not in wanted]


def _some(counter: str) -> Filter:
    return number(counter, "IS_GREATER_THAN_OR_EQUAL_TO", 1)


def _none(counter: str) -> Filter:
    return number(counter, "IS_LESS_THAN", 1, blank=True)


class _Touch:
    """Built from its last node to its first."""

    def __init__(self, design: Design) -> None:
        self.design, self.graph, self.object = design, Graph(), lead_object(design)
        self.prop = Names(design.target.prefix).prop
        self.touched, self.engaged = self.prop("first_touch_at"), self.prop("engaged_at")

    def events(self) -> list[dict[str, object]]:
        """On the lead object a touch that counts may come after another one, which only its counter tells."""
        found = [changed(self.object.contacted)]
        if not self.object.comes_again and _told_apart(self.design):
            uncounted = _told_apart(self.design)
            found += [changed(counter) for counter in self.object.touches.values() if counter not in uncounted]
        return found

    def build(self) -> str:
        graph = self.graph
        note = graph.put("note", self.touched, of(self.object.contacted), self._reached())
        known_already = [
            [unknown(self.engaged)],
            [known(self.touched), after(self.touched, self.engaged, inclusive=True)],
            [before(self.object.contacted, self.engaged)],
        ]
        kind = self._by_option(note) if self.object.comes_again else self._by_counter(note)
        first = graph.ask("first", [("Not the first of this cycle", known_already, None)], kind)
        # Who is touched in the moment of the creation may not have been stamped so far; older leads stay as they are.
        new = [("New", [[unknown(self.engaged), lately(self.object.created_at, 1)]], engage(self.design, graph, first))]
        return graph.ask("engaged", new, first)

    def _typed(self, kind: str, to: str, name: str = "") -> str:
        return self.graph.put(name or f"type_{kind}", self.prop("first_touch_type"), static(kind), to)

    def _by_option(self, note: str) -> str:
        """Told only when the last contact is the first engagement of the present owner; any other one counts."""
        contacted = self.object.contacted
        same = [known(ENGAGED_WHEN), after(ENGAGED_WHEN, contacted, inclusive=True)]
        same.append(before(ENGAGED_WHEN, contacted, inclusive=True))
        wanted = self.design.telemetry.first_touch.types
        cases: list[tuple[str, list[list[Filter]], str | None]] = [
            (kind, [[*same, any_of(ENGAGED_HOW, [word])]], self._typed(kind, note))
            for kind, word in self.object.touches.items()
            if kind in wanted
        ]
        cases.append(("Does not count", [[*same, any_of(ENGAGED_HOW, [*_told_apart(self.design), _CHAT])]], None))
        return self.graph.ask("kind", cases, self._typed(UNTOLD, note))

    def _by_counter(self, note: str) -> str:
        graph, uncounted = self.graph, _told_apart(self.design)
        counted: dict[TouchType, str] = {
            kind: word for kind, word in self.object.touches.items() if word not in uncounted
        }
        typed = {kind: self._typed(kind, note) for kind in counted}
        cases: list[tuple[str, list[list[Filter]], str | None]] = []
        for kind, counter in counted.items():
            others = [_none(other) for other in self.object.touches.values() if other != counter]
            cases.append((f"{kind} only", [[_some(counter), *others]], typed[kind]))
        if uncounted:
            nothing = [_none(counter) for counter in counted.values()]
            cases.append(("Does not count", [[_some(counter), *nothing] for counter in uncounted], None))
            now = graph.put("note_now", self.touched, NOW, "clock_reached")
            for kind, counter in counted.items():
                later = self._typed(kind, now, f"later_{kind}")
                cases.append((f"{kind} after another one", [[_some(counter)]], later))
        else:
            cases += [(f"{kind} too", [[_some(counter)]], typed[kind]) for kind, counter in counted.items()]
        return graph.ask("kind", cases, self._typed(UNTOLD, note))

    def _reached(self) -> str:
        """What ends the systems delay, then the verdict."""
        graph, assigned = self.graph, self.prop("assigned_at")
        verdict = self._verdict()
        reach = graph.put("reach", self.prop("reached_at"), of(self.touched), verdict)
        mine = [known(assigned), after(assigned, self.prop("cycle_started_at"), inclusive=True)]
        mine.append(after(self.touched, assigned, inclusive=True))
        return graph.ask("clock_reached", [("Assigned before", [mine], verdict)], reach)

    def _verdict(self) -> str:
        graph, status = self.graph, self.prop("sla_status")
        met = graph.put("met", status, static("met"), None)
        late = graph.put("late", status, static("touched_late"), None)
        in_time = graph.ask("verdict", [("Late", [[after(self.touched, self.prop("sla_due_at"))]], late)], met)
        # Touched while it waits for opening hours: met at once, nothing is left to wait for.
        early = graph.puts("early", [(self.prop("sla_started_at"), NOW), (self.prop("sla_due_at"), NOW)], met)
        cases = [
            ("Before its clock started", [[any_of(status, ["waiting"])]], early),
            ("Clock runs", [[any_of(status, OPEN), known(self.prop("sla_due_at"))]], in_time),
        ]
        return graph.ask("clock", cases, None)


def stage_flow(design: Design) -> Iterator[Resource]:
    """The time at which each stage was reached last."""
    stages = design.telemetry.stages
    if not stages:
        return
    graph, names = Graph(), Names(design.target.prefix)
    field = stages.field
    is_text = kinds(design).get(field) == "text"
    cases = []
    for id, value in stages.values.items():
        test = texts(field, "IS_EQUAL_TO", [value]) if is_text else any_of(field, [value])
        cases.append((id, [[test]], graph.put(f"stage_{id}", names.prop(f"{id}_at"), NOW, None)))
    start: str | None = None
    for place in reversed(range(0, len(cases), BRANCHES_MOST)):
        start = graph.ask(f"stages{place}", cases[place : place + BRANCHES_MOST], start)
    assert start is not None, "the schema asks for at least one stage"
    yield flow(design, "stages", "Notes when a stage is reached.", on_events([changed(field)]), graph.actions(start))
