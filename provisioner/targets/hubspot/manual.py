"""What HubSpot has no API for, reports and dashboards, as steps a person takes. [docs] reference/hubspot.md 5"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from provisioner.model.design import Design
from provisioner.resources import BY_HAND, Address, Resource
from provisioner.targets.hubspot.names import Names

NO_API = "HubSpot has no API for reports and dashboards."


class _Report(NamedTuple):
    """Of contacts. Words with an underscore are properties of ours, named without the prefix."""

    title: str
    chart: str
    values: tuple[str, ...]
    groups: tuple[str, ...]
    filters: tuple[str, ...] = ()


_TIMES = ("average of systems_delay_minutes", "average of human_delay_minutes")
_COUNT = ("count of contacts",)
_JUDGED = ("sla_result is known",)
_REPORTS: dict[str, _Report] = {
    "trend": _Report(
        "Speed to lead, by week", "line", ("average of speed_to_lead_minutes",), ("first_touch_at, by week",)
    ),
    "delay_split": _Report(
        "Where the time goes", "stacked column", _TIMES, ("lead_type",), ("first_touch_at is known",)
    ),
    "compliance_by_type": _Report(
        "Compliance by lead type", "stacked column", _COUNT, ("lead_type", "sla_result"), _JUDGED
    ),
    "compliance_by_rep": _Report(
        "Compliance by rep", "stacked column", _COUNT, ("Contact owner", "sla_result"), _JUDGED
    ),
    "breaches_today": _Report(
        "Breaches today",
        "table",
        _COUNT,
        ("lead_type", "Contact owner"),
        ("sla_status is any of breached, escalated", "sla_due_at is today"),
    ),
    "conversion_funnel": _Report(
        "Conversion by SLA result", "column", _COUNT, ("Lifecycle stage", "sla_result"), _JUDGED
    ),
    "rejection_reasons": _Report("Reasons of rejection", "bar", _COUNT, ("Lead status",), ("Lead status is known",)),
}


def manual_steps(design: Design) -> Iterator[Resource]:
    reports = design.reports or {}
    for key in reports.get("include", ()):
        if key in _REPORTS:
            yield _report(design, key)
    if reports.get("dashboard"):
        yield _dashboard(design, [key for key in reports.get("include", ()) if key in _REPORTS])


def _step(key: str, title: str, why: str, steps: list[str], **more: Any) -> Resource:
    attributes = {"title": title, "why": why, "steps": steps, "filters": [], "measures": [], "link": [], "needs": {}}
    return Resource(Address(BY_HAND, key), {**attributes, **more})


_LINK: list[Any] = ["https://", {"$ref": "portal:ui_domain"}]
"""The parts of an address, to be joined: the app's host, known when it is planned. Paths in it are not documented."""


def _report(design: Design, key: str) -> Resource:
    title, chart, measures, groups, filters = _REPORTS[key]
    names = Names(design.target.prefix)
    label = names.title(title)
    steps = [
        "Open the reports tool and click Create report, then Custom report builder.",
        "Choose Contacts as the primary data source.",
        f"Chart type: {chart}.",
        *[f"Values: {_named(names, item)}." for item in measures],
        *[f"Break down by: {_named(names, item)}." for item in groups],
        *[f"Add the filter: {_named(names, item)}." for item in filters],
        f'Save the report as "{label}"{_folder(design)}.',
    ]
    return _step(
        f"report_{key}",
        f'Build the report "{label}"',
        NO_API,
        steps,
        filters=[_named(names, item) for item in filters],
        measures=[_named(names, item) for item in measures],
        link=_LINK,
        needs=_needs(design, (*measures, *groups, *filters)),
    )


_ANY_OF = re.compile(r"^(\w+_\w+) is any of (.+)$")


def _needs(design: Design, texts: Iterable[str]) -> dict[str, list[str]]:
    """Addresses of our properties that these texts name, each with the options that a filter names."""
    names, found = Names(design.target.prefix), dict[str, set[str]]()
    for text in texts:
        for word in re.findall(r"\w+_\w+", text):
            found.setdefault(f"Property:{design.target.object}.{names.prop(word)}", set())
        if some := _ANY_OF.match(text):
            values = {value.strip() for value in some[2].split(",")}
            found[f"Property:{design.target.object}.{names.prop(some[1])}"] |= values
    return {address: sorted(values) for address, values in sorted(found.items())}


def _named(names: Names, text: str) -> str:
    """Our own words as property names, in a sentence."""
    return " ".join(names.prop(word) if "_" in word else word for word in text.split(" "))


def _folder(design: Design) -> str:
    folder = (design.reports or {}).get("folder")
    return f' in the folder "{folder}"' if folder else ""


def _dashboard(design: Design, reports: list[str]) -> Resource:
    label = Names(design.target.prefix).title("speed to lead")
    titles = [Names(design.target.prefix).title(_REPORTS[key].title) for key in reports]
    steps = [
        "Open the dashboards tool and create a blank dashboard.",
        f'Name it "{label}" and share it with the sales team.',
        *[f'Add the report "{title}".' for title in titles],
    ]
    # The name sorts behind those of the reports that are put on it.
    return _step("reports_dashboard", f'Build the dashboard "{label}"', NO_API, steps, measures=titles, link=_LINK)
