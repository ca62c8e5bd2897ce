"""What HubSpot has no API for, reports and dashboards, as steps a person takes. [docs] reference/hubspot.md 5

Properties are named as people see them and by their internal name. The addresses that steps lead to are those of the
app that people use; HubSpot documents none ([community]), so every step also says the way through the menus.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from provisioner.model.design import Design
from provisioner.resources import BY_HAND, Address, Resource
from provisioner.targets.hubspot.names import Names
from provisioner.targets.hubspot.objects import LeadObject, lead_object
from provisioner.targets.hubspot.properties import properties

NO_API = "HubSpot has no API for reports and dashboards."


class _Report(NamedTuple):
    """Of the object that holds the leads. `{word}` is a property: one of ours, named without the prefix, or `owner`,
    `stage` and `reasons`, which HubSpot has."""

    title: str
    chart: str
    values: tuple[str, ...]
    groups: tuple[str, ...]
    filters: tuple[str, ...] = ()


_TIMES = ("average of {systems_delay_minutes}", "average of {human_delay_minutes}")
_COUNT = ("count of records",)
_JUDGED = ("{sla_result} is known",)
_REPORTS: dict[str, _Report] = {
    "trend": _Report(
        "Speed to lead, by week", "line", ("average of {speed_to_lead_minutes}",), ("{first_touch_at}, by week",)
    ),
    "delay_split": _Report(
        "Where the time goes", "stacked column", _TIMES, ("{lead_type}",), ("{first_touch_at} is known",)
    ),
    "compliance_by_type": _Report(
        "Compliance by lead type", "stacked column", _COUNT, ("{lead_type}", "{sla_result}"), _JUDGED
    ),
    "compliance_by_rep": _Report("Compliance by rep", "stacked column", _COUNT, ("{owner}", "{sla_result}"), _JUDGED),
    "breaches_today": _Report(
        "Breaches today",
        "table",
        _COUNT,
        ("{lead_type}", "{owner}"),
        ("{sla_status} is any of breached, escalated", "{sla_due_at} is today"),
    ),
    "compliance_by_week": _Report(
        "Compliance by week", "stacked column", _COUNT, ("{sla_due_at}, by week", "{sla_result}"), _JUDGED
    ),
    "aging_open_clocks": _Report(
        "Open clocks",
        "table",
        _COUNT,
        ("{lead_type}", "{owner}"),
        ("{sla_status} is any of within_sla, at_risk, breached, escalated",),
    ),
    "conversion_funnel": _Report("Conversion by SLA result", "column", _COUNT, ("{stage}", "{sla_result}"), _JUDGED),
    "rejection_reasons": _Report("Reasons of rejection", "bar", _COUNT, ("{reasons}",), ("{reasons} is known",)),
}
_WORD = re.compile(r"\{(\w+)\}")
_ANY_OF = re.compile(r"^\{(\w+)\} is any of (.+)$")


def guided(design: Design) -> list[str]:
    """The reports of the design that there is a guide for, in its order."""
    return [key for key in design.reports.include if key in _REPORTS] if design.reports is not None else []


def manual_steps(design: Design) -> Iterator[Resource]:
    """The reports that the design asks for, and the dashboard that shows them."""
    wanted = guided(design)
    guide = _Guide(design)
    for key in wanted:
        yield guide.report(key)
    if design.reports is not None and design.reports.dashboard:
        yield guide.dashboard(wanted)


class _Guide:
    def __init__(self, design: Design) -> None:
        self.design, self.names = design, Names(design.target.prefix)
        self.object = lead_object(design)
        self.labels = {str(item.attributes["name"]): str(item.attributes["label"]) for item in properties(design)}

    def report(self, key: str) -> Resource:
        title, chart, measures, groups, filters = _REPORTS[key]
        label = self.names.title(title)
        steps = [
            "Open Reporting > Reports and click Create report.",
            'Under "Create reports from scratch", click Custom report builder.',
            f"Choose your own data sources: {self.object.words.capitalize()} is the primary one, and the only one.",
            f"On the Configure tab, choose the chart: {chart}.",
            *[f"As a value, add: {self._named(item)}." for item in measures],
            *[f"Break down by: {self._named(item)}." for item in groups],
            *[f"On the Filters tab, add: {self._named(item)}." for item in filters],
            f'Save the report as "{label}"{self._folder()}.',
        ]
        return self._step(
            f"report_{key}",
            f'Build the report "{label}"',
            steps,
            filters=[self._named(item) for item in filters],
            measures=[self._named(item) for item in measures],
            link=_link("reports-list"),
            needs=self._needs((*measures, *groups, *filters)),
        )

    def dashboard(self, reports: list[str]) -> Resource:
        label = self.names.title("speed to lead")
        titles = [self.names.title(_REPORTS[key].title) for key in reports]
        steps = [
            "Open Reporting > Dashboards, click Create dashboard, and choose a blank one.",
            f'Name it "{label}" and share it with the sales team.',
            *[f'Click Add content, then Reports, and add "{title}".' for title in titles],
        ]
        # The name sorts behind those of the reports that are put on it.
        title = f'Build the dashboard "{label}"'
        return self._step("reports_dashboard", title, steps, measures=titles, link=_link("reports-dashboard"))

    def _step(self, key: str, title: str, steps: list[str], **more: Any) -> Resource:
        usual = {"title": title, "why": NO_API, "steps": steps, "filters": [], "measures": [], "link": [], "needs": {}}
        return Resource(Address(BY_HAND, key), {**usual, **more})

    def _named(self, text: str) -> str:
        """With every property as `"label" (internal name)`."""
        return _WORD.sub(lambda found: '"{}" ({})'.format(*self._property(found[1])), text)

    def _property(self, word: str) -> tuple[str, str]:
        if word in (own := _of_hubspot(self.object)):
            return own[word]
        name = self.names.prop(word)
        return self.labels[name], name

    def _needs(self, texts: Iterable[str]) -> dict[str, list[str]]:
        """Addresses of our properties that these texts name, each with the options that a filter names."""
        found = dict[str, set[str]]()
        for text in texts:
            for word in set(_WORD.findall(text)) - _of_hubspot(self.object).keys():
                found.setdefault(self._address(word), set())
            if some := _ANY_OF.match(text):
                found[self._address(some[1])] |= {value.strip() for value in some[2].split(",")}
        return {address: sorted(values) for address, values in sorted(found.items())}

    def _address(self, word: str) -> str:
        return f"Property:{self.object.path}.{self.names.prop(word)}"

    def _folder(self) -> str:
        folder = self.design.reports.folder if self.design.reports else ""
        return f' in the folder "{folder}"' if folder else ""


def _of_hubspot(object: LeadObject) -> dict[str, tuple[str, str]]:
    """Word → label and internal name of what HubSpot has itself."""
    return {
        "owner": (f"{object.word.capitalize()} owner", "hubspot_owner_id"),
        "stage": (object.stage, object.stage_name),
        "reasons": (object.reasons, object.reasons_name),
    }


def _link(page: str) -> list[Any]:
    """The parts of an address, to be joined: the app's host and the account are known when it is planned."""
    return ["https://", {"$ref": "portal:ui_domain"}, f"/{page}/", {"$ref": "portal:id"}]
