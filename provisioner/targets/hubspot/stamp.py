"""The workflows that stamp a lead, and the one that judges it. None of them waits. docs/semantics.md, rules 1-8.

Events may be lost while a record runs through a workflow, and two workflows may run at once. So the first three only
note facts (their writes are the same whoever comes first), and the judge decides on what is noted: an owner event
counts until a clock was started for it, and after its decision the judge looks once more at owners and exclusions.
[docs] reference/hubspot.md 4.3, 4.5
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

from provisioner.model.design import Design
from provisioner.model.uses import tests_of
from provisioner.resources import Resource
from provisioner.targets.hubspot.conditions import groups, kinds
from provisioner.targets.hubspot.filters import (
    CREATED,
    Filter,
    Groups,
    after,
    any_of,
    before,
    changed,
    event,
    known,
    none_of,
    on_events,
    unknown,
)
from provisioner.targets.hubspot.flow import flow
from provisioner.targets.hubspot.graph import NOW, Graph, more, of, static
from provisioner.targets.hubspot.minutes import sla_minutes
from provisioner.targets.hubspot.names import BRANCHES_MOST, FINISHED, UNTRACKED, Names
from provisioner.targets.hubspot.objects import lead_object

OWNER = "hubspot_owner_id"
OWNER_SINCE = "hubspot_owner_assigneddate"  # moves with every assignment. [docs] reference/hubspot.md 3.1
LONG_AGO = "946684800000"  # 2000-01-01 in milliseconds: before every cycle; workflows are not known to clear a value


def stamp_flows(design: Design) -> Iterator[Resource]:
    stamp = _Stamp(design)
    yield stamp.created()
    yield stamp.owner()
    if stamp.engagement:
        yield stamp.engaged()
    yield _Judge(design).build()


def engage(design: Design, graph: Graph, to: str | None) -> str:
    """E := the first engagement property that is known. Written twice it does no harm."""
    cases = []
    for name in design.telemetry.engagement:
        node = graph.put(f"by_{name}", Names(design.target.prefix).prop("engaged_at"), of(name), to)
        cases.append((f"By {name}", [[known(name)]], node))
    return graph.ask("engage", cases, to)


class _Stamp:
    def __init__(self, design: Design) -> None:
        self.design = design
        self.names = Names(design.target.prefix)
        self.object = lead_object(design)
        # The creation of a record never follows its first touch, so only other engagements can begin a cycle.
        self.engagement = [name for name in design.telemetry.engagement if name != self.object.created_at]

    def created(self) -> Resource:
        graph = Graph()
        judge = graph.put("judge", self.names.prop("judged_at"), NOW, None)
        note = self._note_owner(graph)
        owned = graph.ask("owned", [("Has an owner", [[known(OWNER)]], note)], judge)
        start = self._first_cycle(graph, owned)
        return flow(self.design, "created", "Stamps a new record.", on_events([event(CREATED)]), graph.actions(start))

    def owner(self) -> Resource:
        graph = Graph()
        start = self._first_cycle(graph, self._note_owner(graph))
        return flow(
            self.design, "owner", "Notes that a lead got an owner.", on_events([changed(OWNER)]), graph.actions(start)
        )

    def engaged(self) -> Resource:
        graph = Graph()
        cycle = self._new_cycle(graph) if self.object.comes_again else None
        over = [any_of(self.names.prop("sla_status"), FINISHED), known(self.names.prop("first_touch_at"))]
        finished = graph.ask("finished", [("Clock finished", [over], cycle)], None) if cycle else None
        stamp = engage(self.design, graph, None)
        first = graph.ask(
            "engaged", [("Not engaged so far", [[unknown(self.names.prop("engaged_at"))]], stamp)], finished
        )
        start = self._first_cycle(graph, first, engages=False)
        events = [changed(name) for name in self.engagement]
        return flow(
            self.design,
            "engagement",
            "Notes an engagement, and begins a cycle." if cycle else "Notes an engagement.",
            on_events(events),
            graph.actions(start),
        )

    def _note_owner(self, graph: Graph) -> str:
        noted = self.names.prop("owner_event_at")
        exact = graph.put("since", noted, of(OWNER_SINCE), None)
        now = graph.put("since_now", noted, NOW, None)
        return graph.ask("assigned", [("Known since when", [[known(OWNER_SINCE)]], exact)], now)

    def _first_cycle(self, graph: Graph, to: str | None, *, engages: bool = True) -> str:
        """What a record needs that has never been seen. Writing it twice does no harm."""
        counted = graph.put("first", self.names.prop("cycle"), static("1"), to)
        began = graph.put("began", self.names.prop("cycle_started_at"), of(self.object.created_at), counted)
        engaged = engage(self.design, graph, began) if engages else began
        return graph.ask("new", [("Never seen", [[unknown(self.names.prop("cycle"))]], engaged)], to)

    def _new_cycle(self, graph: Graph) -> str | None:
        """A candidate later than the first touch begins a cycle; only the first known one is a candidate."""
        prop = self.names.prop
        note = graph.put("again", prop("owner_event_at"), NOW, None)
        # Nobody's lead is judged too: it may be excluded, and its new cycle would not say so.
        judge = graph.put("again_judge", prop("judged_at"), NOW, None)
        owned = graph.ask("again_owned", [("Has an owner", [[known(OWNER)]], note)], judge)
        to: str | None = None
        for name in reversed(self.engagement):
            values = [
                (prop("engaged_at"), of(name)), (prop("cycle"), more(1)), (prop("cycle_started_at"), NOW),
                (prop("escalation_level"), static("0")), (prop("sla_status"), static("not_started")),
            ]  # fmt: skip
            cycle = graph.puts(f"cycle_{name}", values, owned)
            later = graph.ask(
                f"later_{name}", [("After the first touch", [[after(name, prop("first_touch_at"))]], cycle)], None
            )
            to = graph.ask(f"candidate_{name}", [(f"By {name}", [[known(name)]], later)], to)
        return to


class _Judge:
    """Built from its last node to its first."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self.names = Names(design.target.prefix)
        self.kinds = kinds(design)
        self.graph = Graph()
        prop = self.names.prop
        self.status, self.touched, self.engaged = prop("sla_status"), prop("first_touch_at"), prop("engaged_at")
        self.noted, self.clock_for, self.cycle = prop("owner_event_at"), prop("clock_for_at"), prop("cycle_started_at")
        self.assigned = prop("assigned_at")

    def build(self) -> Resource:
        graph = self.graph
        start = self._assignment(self._exclusion(self._open_clock()))
        properties = dict.fromkeys(test.field for item in self.design.exclusions for test in tests_of(item.when))
        events = [changed(self.noted), changed(self.names.prop("judged_at"))]
        events += [changed(name, to_known=False) for name in properties]
        text = "Excludes, classifies and asks for a clock."
        return flow(self.design, "judge", text, on_events(events), graph.actions(start))

    def person(self) -> list[Filter]:
        """An owner that counts as a person."""
        ignored = [{"$ref": f"owner:{user}"} for user in self.design.telemetry.first_touch.ignore_users]
        return [known(OWNER), *([none_of(OWNER, ignored)] if ignored else [])]

    def startable(self) -> list[list[Filter]]:
        """An owner event that no clock was started for, and that may start one."""
        late = after(self.noted, self.clock_for)
        first = [[known(self.noted), unknown(self.clock_for)], [late, before(self.clock_for, self.cycle)]]
        if self.design.assignment.on_reassign == "keep":
            return first
        return [*first, [late, unknown(self.touched)], [late, before(self.touched, self.engaged)]]

    def _assignment(self, to: str) -> str:
        reached = self.graph.put("reach", self.names.prop("reached_at"), of(self.noted), to)
        touched = [known(self.touched), known(self.engaged), after(self.touched, self.engaged, inclusive=True)]
        reach = self.graph.ask("reached", [("Touched before", [touched], to)], reached)
        stamp = self.graph.put("assign", self.assigned, of(self.noted), reach)
        who = [*self.person(), known(self.noted)]
        cases = [[*who, unknown(self.assigned)], [*who, before(self.assigned, self.cycle)]]
        return self.graph.ask("assignment", [("First person", cases, stamp)], to)

    def _exclusion(self, to: str) -> str:
        graph, flag = self.graph, self.names.prop("excluded")
        clear = graph.put("include", flag, static("false"), to)
        if not self.design.exclusions:
            return clear
        # Whom a clock was for is forgotten: whoever gets the lead next starts one, also where owners keep clocks.
        values = [
            (self.names.prop("escalation_level"), static("0")), (self.clock_for, static(LONG_AGO)),
            (self.status, static("excluded")),
        ]  # fmt: skip
        # What an exclusion looks at may have changed meanwhile, and the judge is not called while it decides.
        still = _chain(graph, "excluded still", self._excluding(None), "assignment")
        stop = graph.puts("stop", values, still)
        open_ = graph.ask("exclude_open", [("Finished", [[any_of(self.status, FINISHED)]], None)], stop)
        mark = graph.put("exclude", flag, static("true"), open_)
        return _chain(graph, "exclusion", self._excluding(mark), clear)

    def _excluding(self, to: str | None) -> list[tuple[str, Groups, str | None]]:
        return [(item.id, groups(item.when, self.kinds), to) for item in self.design.exclusions]

    def _open_clock(self) -> str:
        """Everything but finished clocks: does one start?"""
        graph = self.graph
        excluded = _chain(graph, "excluded again", self._excluding("assignment"), None)
        again = graph.ask("again", [("Another owner meanwhile", self._missed(), "assignment")], excluded)
        idle = graph.put("idle", self.status, static("not_started"), again)
        blank = [[unknown(self.status)], [any_of(self.status, ["excluded"])]]
        rest = graph.ask("rest", [("No clock so far", blank, idle)], again)
        begin = self._begin(again)
        lifted = graph.put("lifted", self.names.prop("clock_requested_at"), NOW, begin)
        given = graph.put("given", self.names.prop("clock_requested_at"), of(self.noted), begin)
        cases = [
            ("No longer excluded", [[any_of(self.status, ["excluded"]), known(self.assigned)]], lifted),
            ("New owner", self.startable(), given),
        ]
        starts = graph.ask("starts", cases, rest)
        nobody: list[list[Filter]] = [[unknown(OWNER)]]
        ignored = [{"$ref": f"owner:{user}"} for user in self.design.telemetry.first_touch.ignore_users]
        if ignored:
            nobody.append([any_of(OWNER, ignored)])
        return graph.ask(
            "clock", [("Finished", [[any_of(self.status, FINISHED)]], None), ("Nobody's", nobody, rest)], starts
        )

    def _missed(self) -> list[list[Filter]]:
        still = [*self.person(), none_of(self.status, [*FINISHED, "excluded"])]
        return [[*still, *group] for group in self.startable()]

    def _begin(self, to: str) -> str:
        """A clock is asked for: classify, then wait for opening hours, unless the lead was touched already."""
        graph, prop = self.graph, self.names.prop
        requested = of(prop("clock_requested_at"))
        # Touched before it was assigned: met at once, without a clock that runs.
        met = [(prop("sla_started_at"), requested), (prop("sla_due_at"), requested), (self.status, static("met"))]
        touched = [[known(self.touched), known(self.engaged), after(self.touched, self.engaged, inclusive=True)]]
        waits = graph.put("wait", self.status, static("waiting"), to)
        promise = graph.ask("touched", [("Touched already", touched, graph.puts("met", met, None))], waits)
        types = {}
        for item in self.design.lead_types:
            values = [
                (prop("lead_type"), static(item.id)),
                (prop("sla_minutes"), static(sla_minutes(self.design, item))),
            ]
            types[item.id] = graph.puts(f"type_{item.id}", values, promise)
        none = graph.put("untracked", prop("lead_type"), static(UNTRACKED), to)
        other = types.get(self.design.unmatched.track_as or "", none)
        if other != none:
            graph.drop(none)
        unmatched = graph.put("unmatched", prop("unmatched"), static("true"), other)
        cases = [(item.id, groups(item.when, self.kinds), types[item.id]) for item in self.design.lead_types]
        first = _chain(graph, "classify", cases, unmatched)
        # First of all the old clock ends: with a new lead type and the old status it would look like a running one.
        begun: list[tuple[str, dict[str, Any]]] = [
            (self.status, static("not_started")), (self.clock_for, of(self.noted)),
            (prop("escalation_level"), static("0")), (prop("unmatched"), static("false")),
        ]  # fmt: skip
        return graph.puts("begin", begun, first)


@overload
def _chain(graph: Graph, name: str, cases: Sequence[tuple[str, Groups, str | None]], otherwise: str) -> str: ...
@overload
def _chain(graph: Graph, name: str, cases: Sequence[tuple[str, Groups, str | None]], otherwise: None) -> str | None: ...
def _chain(
    graph: Graph, name: str, cases: Sequence[tuple[str, Groups, str | None]], otherwise: str | None
) -> str | None:
    """A decision with more cases than one action holds."""
    parts = [cases[place : place + BRANCHES_MOST] for place in range(0, len(cases), BRANCHES_MOST)]
    for place in reversed(range(len(parts))):
        otherwise = graph.ask(name if place == 0 else f"{name}.{place + 1}", parts[place], otherwise)
    return otherwise
