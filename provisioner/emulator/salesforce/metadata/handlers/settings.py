"""Settings: business hours with their holidays, and the flow settings. [docs] reference/salesforce.md 4.9, 6.1

Business hours merge by name: an entry the file leaves out stays. Which hours a holiday belongs to is known only
here (`Holiday` rows do not say), so each holiday keeps its element as a component of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.metadata.handlers.conversion import put_lead_settings
from provisioner.emulator.salesforce.metadata.problems import limit, refuse, unmodelled
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work
from provisioner.emulator.salesforce.state.components import Components
from provisioner.emulator.salesforce.state.rows import Compare
from provisioner.emulator.salesforce.state.seed import DAYS

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

BUSINESS_HOURS = "settings/BusinessHours.settings"
_MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class HolidayEntry:
    """A holiday and the names of the business hours it closes. `element` is its `<holidays>` element."""

    name: str
    business_hours: tuple[str, ...]
    element: etree._Element


def put_settings(work: Work, item: Item) -> Saved:
    """A settings file that is modelled."""
    if item.full_name == "BusinessHours":
        return _put_business_hours(work, item)
    if item.full_name == "Flow":
        return _put_flow_settings(work, item)
    if item.full_name == "LeadConfig":
        return put_lead_settings(work, item)
    raise unmodelled(f"the Settings {item.full_name}")


def _put_flow_settings(work: Work, item: Item) -> Saved:
    for child in xml.kids(item.element):
        if xml.local(child) != "enableFlowDeployAsActiveEnabled":
            raise unmodelled(f"{xml.local(child)} of the FlowSettings", child)
    active = xml.flag(item.element, "enableFlowDeployAsActiveEnabled")

    def switch() -> None:
        work.org.settings.deploy_flows_as_active = active
        work.org.keep_settings()

    work.after_commit.append(switch)
    return work.keep(item)


def _put_business_hours(work: Work, item: Item) -> Saved:
    before = xml.printed(business_hours_file(work.org, work.components))
    entries = xml.kids(item.element, "businessHours")
    if sum(xml.flag(entry, "default") for entry in entries) > 1:
        raise refuse("Only one business hours entry can be the default", entries[-1])
    names = [xml.text(entry, "name") for entry in entries]
    for entry, name in zip(entries, names, strict=True):
        if name is None:
            raise refuse("Required field is missing: name", entry)
        if names.count(name) > 1:
            raise refuse(f"duplicate value found: [{name}] is defined multiple times", entry)
        _put_entry(work, entry, name)
    for holiday in xml.kids(item.element, "holidays"):
        _put_holiday(work, holiday, item.file_name)
    changed = xml.printed(business_hours_file(work.org, work.components)) != before
    component_id, _, _ = work.components.put(
        "Settings", "BusinessHours", BUSINESS_HOURS, xml.printed(xml.new_root("BusinessHoursSettings")), work.user_id
    )
    return Saved(component_id, created=False, changed=changed)


def _put_entry(work: Work, entry: etree._Element, name: str) -> None:
    limit(entry, "name", 80)
    rows = work.org.rows
    found = rows.select("BusinessHours", Compare("Name", "=", name), limit=1)
    zone = xml.text(entry, "timeZoneId") or (found[0]["TimeZoneSidKey"] if found else work.org.settings.timezone)
    if zone not in available_timezones():
        raise refuse(f"bad value for restricted picklist field: {zone}", xml.kid(entry, "timeZoneId"))
    default, active = xml.flag(entry, "default"), xml.flag(entry, "active")
    if default and not active:
        raise refuse("The default business hours must be active", entry)
    if found and found[0]["IsDefault"] and not default:
        raise refuse(f"{name} is the default business hours of the org and stays so until another entry is", entry)
    if default:
        for other in rows.select("BusinessHours", Compare("IsDefault", "=", True)):
            if other["Name"] != name:
                rows.update("BusinessHours", str(other["Id"]), {"IsDefault": False}, user_id=work.user_id)
    values = {"IsActive": active, "IsDefault": default, "TimeZoneSidKey": zone} | _week(entry)
    work.upsert("BusinessHours", "Name", name, values)


def _week(entry: etree._Element) -> dict[str, object]:
    week: dict[str, object] = {}
    for day in DAYS:
        start, end = (_time(xml.text(entry, f"{day.lower()}{edge}Time")) for edge in ("Start", "End"))
        if (start is None) != (end is None):
            raise refuse(f"{day}: business hours need both a start time and an end time", entry)
        if start is not None and end is not None and end <= start and end != _MIDNIGHT:
            raise refuse(f"{day}: the end time must be later than the start time", entry)
        week |= {f"{day}StartTime": start, f"{day}EndTime": end}
    return week


def _time(text: str | None) -> time | None:
    """A wall-clock time; the trailing Z is syntax only ([docs] 6.1)."""
    return None if text is None else time.fromisoformat(re.sub(r"(Z|[+-]\d\d:\d\d)$", "", text))


def _put_holiday(work: Work, node: etree._Element, file_name: str) -> None:
    name = xml.text(node, "name")
    if name is None:
        raise refuse("Required field is missing: name", node)
    limit(node, "name", 80)
    if xml.flag(node, "isRecurring"):
        raise unmodelled("recurring holidays", node)
    if xml.text(node, "startTime") or xml.text(node, "endTime"):
        raise unmodelled("holidays of part of a day", node)
    day = xml.text(node, "activityDate")
    if day is None:
        raise refuse("Required field is missing: activityDate", node)
    hours = [xml.own_text(one) for one in xml.kids(node, "businessHours")]
    for one in hours:
        if not work.org.rows.select("BusinessHours", Compare("Name", "=", one), limit=1):
            raise refuse(f"In field: businessHours - no BusinessHours named {one} found", node)
    row_id = work.upsert("Holiday", "Name", name, {
        "ActivityDate": date.fromisoformat(day[:10]), "IsAllDay": True, "IsRecurrence": False,
        "Description": xml.text(node, "description"),
    })  # fmt: skip
    body = xml.copy_of(node)
    xml.sort_children(body)
    work.components.put("Holiday", name, file_name, xml.printed(body), work.user_id, component_id=row_id)


def holidays(components: Components) -> list[HolidayEntry]:
    """Holidays with their links."""
    return [
        HolidayEntry(one.full_name, tuple(xml.own_text(n) for n in xml.kids(one.root, "businessHours")), one.root)
        for one in components.all("Holiday")
    ]


def business_hours_file(org: Org, components: Components) -> etree._Element:
    """All entries of the org, whatever was deployed last ([docs]: the settings file is one for the org)."""
    root = xml.new_root("BusinessHoursSettings")
    for row in org.rows.select("BusinessHours", order=[("Name", "asc")]):
        entry = xml.add(root, "businessHours")
        xml.add(entry, "active", bool(row["IsActive"]))
        xml.add(entry, "default", bool(row["IsDefault"]))
        xml.add(entry, "name", str(row["Name"]))
        xml.add(entry, "timeZoneId", str(row["TimeZoneSidKey"]))
        for day in DAYS:
            for edge in ("Start", "End"):
                value = row[f"{day}{edge}Time"]
                if value is not None:
                    xml.add(entry, f"{day.lower()}{edge}Time", f"{value:%H:%M:%S}.000Z")
        xml.sort_children(entry)
    linked = {one.full_name: one for one in components.all("Holiday")}
    for row in org.rows.select("Holiday", order=[("Name", "asc")]):
        known = linked.get(str(row["Name"]))
        holiday = xml.add(root, "holidays")
        for link in xml.kids(known.root, "businessHours") if known else []:
            xml.add(holiday, "businessHours", xml.own_text(link))
        xml.add(holiday, "activityDate", row["ActivityDate"].isoformat() if row["ActivityDate"] else "")
        if row.get("Description"):
            xml.add(holiday, "description", str(row["Description"]))
        xml.add(holiday, "isRecurring", bool(row["IsRecurrence"]))
        xml.add(holiday, "name", str(row["Name"]))
        xml.sort_children(holiday)
    return root


def flow_settings_file(org: Org) -> etree._Element:
    """`settings/Flow.settings` as the org stands."""
    root = xml.new_root("FlowSettings")
    production = is_production(org)
    xml.add(root, "enableFlowDeployAsActiveEnabled", org.settings.deploy_flows_as_active or not production)
    return root


def is_production(org: Org) -> bool:
    """[docs] 8.1: no sandbox, no Developer Edition, no trial."""
    settings = org.settings
    return not (settings.is_sandbox or settings.organization_type == "Developer Edition" or settings.trial_expiration)
