"""How report types, reports and dashboards are saved and removed. [docs] reference/salesforce.md 7.3 to 7.5"""

from __future__ import annotations

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.analytics.report_types import MOST_OBJECTS, child_of, field_of, find_type
from provisioner.emulator.salesforce.metadata.fields import is_api_name
from provisioner.emulator.salesforce.metadata.problems import limit, refuse, unmodelled
from provisioner.emulator.salesforce.metadata.reports.dashboard_check import DashboardCheck
from provisioner.emulator.salesforce.metadata.reports.folders import in_folder, members, put_folder
from provisioner.emulator.salesforce.metadata.reports.normal import normal_dashboard, normal_report
from provisioner.emulator.salesforce.metadata.reports.report_check import ReportCheck
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work
from provisioner.emulator.salesforce.state.schema import SObjectDef


def put_report_type(work: Work, item: Item) -> Saved:
    """A custom report type: a base object, a chain of child objects, and the fields that reports may name."""
    node = item.element
    if not is_api_name(item.full_name):
        raise refuse(f"The report type name {item.full_name} is not a valid API name.")
    limit(node, "label", 50)
    limit(node, "description", 1000)
    base = str(xml.text(node, "baseObject"))
    if not work.org.schema.has(base) or base.startswith("tooling."):
        raise refuse(f"no CustomObject named {base} found", xml.kid(node, "baseObject"))
    tables = _tables(work, node, base)
    for column in (one for section in xml.kids(node, "sections") for one in xml.kids(section, "columns")):
        table, field = str(xml.text(column, "table")), str(xml.text(column, "field"))
        owner = tables.get(table)
        if owner is None:
            raise refuse(f"Could not find table for path {table}", xml.kid(column, "table"))  # [community]
        if field_of(owner, field) is None:
            text = f"Could not find field {field} in table {table}"  # [community]
            raise refuse(text, xml.kid(column, "field"))
    return work.keep(item)


def _tables(work: Work, node: etree._Element, base: str) -> dict[str, SObjectDef]:
    definition = work.org.schema.sobject(base)
    tables, path, join = {definition.name: definition}, definition.name, xml.kid(node, "join")
    while join is not None:
        relationship = str(xml.text(join, "relationship"))
        found = child_of(work.org, work.components, tables[path].name, relationship)
        if found is None:
            if not relationship.endswith("__r"):
                raise unmodelled(f"the standard relationship {relationship} in report types", join)
            raise refuse(f"Could not find table for path {path}.{relationship}", join)
        path = f"{path}.{relationship}"
        tables[path] = work.org.schema.sobject(found[0])
        join = xml.kid(join, "join")
    if len(tables) > MOST_OBJECTS:
        raise refuse(f"A report type can have at most {MOST_OBJECTS} objects", xml.kid(node, "join"))
    return tables


def put_report(work: Work, item: Item) -> Saved:
    """A report in a folder, or the folder (a name without a slash)."""
    if "/" not in item.full_name:
        return put_folder(work, item)
    in_folder(work, item, "report")
    limit(item.element, "name", 40)
    limit(item.element, "description", 255)
    kind = find_type(work.org, str(xml.text(item.element, "reportType")))
    if kind is None:
        raise refuse("invalid report type", xml.kid(item.element, "reportType"))
    ReportCheck(kind, item.element).run()
    return work.keep(item, body=xml.printed(normal_report(item.element)))


def put_dashboard(work: Work, item: Item) -> Saved:
    """A dashboard in a folder, or the folder. An unknown running user is replaced by whoever deploys. [docs] 7.5"""
    if "/" not in item.full_name:
        return put_folder(work, item)
    in_folder(work, item, "dashboard")
    DashboardCheck(work, item).run()
    return work.keep(item, body=xml.printed(normal_dashboard(work, item.element)))


def remove(work: Work, kind: str, name: str) -> str | None:
    """Remove a report type, report, dashboard or folder. Answers its id, or None when there was none.

    What still uses it is named; the texts are [inferred].
    """
    component = work.components.get(kind, name)
    if component is None:
        return None
    users = list(_users(work, kind, component.full_name))
    if users:
        raise refuse(f"This {kind} is referenced elsewhere in salesforce.com. : {', '.join(users)}")
    work.components.remove(kind, component.full_name)
    return component.id


def _users(work: Work, kind: str, name: str) -> list[str]:
    if kind == "ReportType":
        reports = (one for one in work.components.all("Report") if "/" in one.full_name)
        return [f"Report {one.full_name}" for one in reports if xml.text(one.root, "reportType") == f"{name}__c"]
    if "/" not in name:
        return [f"{kind} {one.full_name}" for one in members(work, kind, name)]
    if kind == "Report":
        return [
            f"Dashboard {one.full_name}"
            for one in work.components.all("Dashboard")
            if any(xml.own_text(node) == name for node in one.root.iter(f"{{{xml.NS}}}report"))
        ]
    return []
