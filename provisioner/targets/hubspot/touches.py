"""The workflows that note the first touch and the stages of a lead. [docs] reference/hubspot.md 3.3, 4.3"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.model.design import Design
from provisioner.resources import Resource
from provisioner.targets.hubspot.conditions import kinds
from provisioner.targets.hubspot.filters import after, any_of, before, changed, known, on_events, texts, unknown
from provisioner.targets.hubspot.flow import flow
from provisioner.targets.hubspot.graph import NOW, Graph, of, static
from provisioner.targets.hubspot.names import BRANCHES_MOST, OPEN, Names
from provisioner.targets.hubspot.objects import lead_object


def touch_flow(design: Design) -> Resource:
    """F := the time of the last logged contact, once per cycle; then the verdict."""
    graph, prop, contacted = Graph(), Names(design.target.prefix).prop, lead_object(design).contacted
    touched, engaged, status = prop("first_touch_at"), prop("engaged_at"), prop("sla_status")
    met = graph.put("met", status, static("met"), None)
    late = graph.put("late", status, static("touched_late"), None)
    in_time = graph.ask("verdict", [("Late", [[after(touched, prop("sla_due_at"))]], late)], met)
    # Touched while it waits for opening hours: met at once, nothing is left to wait for.
    early = graph.puts("early", [(prop("sla_started_at"), NOW), (prop("sla_due_at"), NOW)], met)
    cases = [
        ("Before its clock started", [[any_of(status, ["waiting"])]], early),
        ("Clock runs", [[any_of(status, OPEN), known(prop("sla_due_at"))]], in_time),
    ]
    verdict = graph.ask("clock", cases, None)
    reach = graph.put("reach", prop("reached_at"), of(contacted), verdict)
    assigned = prop("assigned_at")
    mine = [known(assigned), after(assigned, prop("cycle_started_at"), inclusive=True)]
    mine.append(after(touched, assigned, inclusive=True))
    note = graph.put(
        "note", touched, of(contacted), graph.ask("reached", [("Assigned before", [mine], verdict)], reach)
    )
    known_already = [
        [unknown(engaged)],
        [known(touched), after(touched, engaged, inclusive=True)],
        [before(contacted, engaged)],
    ]
    start = graph.ask("first", [("Not the first of this cycle", known_already, None)], note)
    text = "Notes the first contact after the engagement."
    return flow(design, "touch", text, on_events([changed(contacted)]), graph.actions(start))


def stage_flow(design: Design) -> Iterator[Resource]:
    """The time at which each stage was reached last."""
    stages = design.telemetry.stages
    if not stages:
        return
    graph, names = Graph(), Names(design.target.prefix)
    field = stages["field"]
    is_text = kinds(design).get(field) == "text"
    cases = []
    for id, value in stages["values"].items():
        test = texts(field, "IS_EQUAL_TO", [value]) if is_text else any_of(field, [value])
        cases.append((id, [[test]], graph.put(f"stage_{id}", names.prop(f"{id}_at"), NOW, None)))
    start: str | None = None
    for place in reversed(range(0, len(cases), BRANCHES_MOST)):
        start = graph.ask(f"stages{place}", cases[place : place + BRANCHES_MOST], start)
    assert start is not None, "the schema asks for at least one stage"
    yield flow(design, "stages", "Notes when a stage is reached.", on_events([changed(field)]), graph.actions(start))
