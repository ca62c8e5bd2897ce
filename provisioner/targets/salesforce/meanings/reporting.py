"""Reports, dashboards, their folders, list views: what people read. Nothing here moves a clock."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.targets.base import Meaning
from provisioner.targets.meaning import arrow, differing, shown
from provisioner.targets.salesforce.meanings.words import Told


def report(told: Told) -> Iterator[Meaning]:
    title = shown((told.after or told.before).get("name") or told.name)
    subject = f"Report {title} ({told.name})"
    if told.goes or told.comes:
        yield Meaning(f"{subject} is {'removed' if told.goes else 'added'}")
        return
    yield from arrow(f"Name of the report {told.name}", told.moved("name"))
    counted = {"filter": "other leads", "timeFrameFilter": "another time", "scope": "the leads of other people"}
    for key, what in counted.items():
        if told.moved(key) is not None:
            yield Meaning(f"{subject} counts {what}: its figures change")
    if told.moved("aggregates") is not None:
        yield Meaning(f"{subject} works its shares out in another way")
    if told.moved("groupingsDown") is not None or told.moved("groupingsAcross") is not None:
        yield Meaning(f"{subject} is grouped in another way")
    if told.moved("columns") is not None:
        yield Meaning(f"{subject} shows other columns, or sums them up in another way")
    known = ("name", *counted, "aggregates", "groupingsDown", "groupingsAcross", "columns")
    for item in told.others(*known):
        yield from differing(subject, item)


def dashboard(told: Told) -> Iterator[Meaning]:
    title = shown((told.after or told.before).get("title") or told.name)
    subject = f"Dashboard {title} ({told.name})"
    if told.goes or told.comes:
        yield Meaning(f"{subject} is {'removed' if told.goes else 'added'}")
        return
    yield from arrow(f"Title of the dashboard {told.name}", told.moved("title"))
    if told.moved("dashboardGridLayout") is not None:
        yield Meaning(f"{subject} shows other figures, or its gauges turn red at other values")
    if told.moved("dashboardType") is not None:
        yield Meaning(f"{subject} shows what other people may see: its figures change")
    for item in told.others("title", "dashboardGridLayout", "dashboardType"):
        yield from differing(subject, item)


def folder(told: Told) -> Iterator[Meaning]:
    what = "reports" if told.change.address.kind == "ReportFolder" else "dashboards"
    subject = f"Folder of {what} {told.name}"
    if told.goes or told.comes:
        yield Meaning(f"{subject} is {'removed' if told.goes else 'added'}")
        return
    yield from arrow(f"Name of the folder of {what} {told.name}", told.moved("name"))
    for item in told.others("name"):
        yield from differing(subject, item)


def view(told: Told) -> Iterator[Meaning]:
    label = shown((told.after or told.before).get("label") or told.name)
    subject = f"List view {label} ({told.name})"
    if told.goes or told.comes:
        yield Meaning(f"{subject} is {'removed' if told.goes else 'added'}")
        return
    yield from arrow(f"Name of the list view {told.name}", told.moved("label"))
    if any(told.moved(key) is not None for key in ("filters", "filterScope", "booleanFilter", "queue")):
        yield Meaning(f"{subject} lists other leads")
    if told.moved("columns") is not None:
        yield Meaning(f"{subject} shows other columns")
    for item in told.others("label", "filters", "filterScope", "booleanFilter", "queue", "columns"):
        yield from differing(subject, item)
