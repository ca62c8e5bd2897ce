"""Configuration that is data: custom metadata records, business hours, holidays, the notification type, queues."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from provisioner.model.design import BusinessHours, Design, LeadType
from provisioner.resources import Address, Resource
from provisioner.targets.salesforce.fields import managed
from provisioner.targets.salesforce.names import LABEL_MOST, Names, status_after, used_escalations, used_hours
from provisioner.targets.salesforce.shape import number

_CALENDAR_DAY = 1440
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Cell = str | int | Decimal | bool | None


def records(design: Design) -> Iterator[Resource]:
    """Every custom metadata record: a changed threshold, step time or recipient is exactly one of them."""
    for lead_type in design.lead_types:
        yield _record(design, "Lead_Type", lead_type.id, lead_type.label, _lead_type(design, lead_type))
    for escalation in used_escalations(design):
        for place, step in enumerate(escalation.steps, start=1):
            after = step.after_due
            cells: dict[str, Cell] = {
                "Escalation": escalation.id,
                "Step_Number": place,
                "Percent": step.percent,
                "Offset_Minutes": None if after is None else after.minutes,
                "Offset_Business_Days": None if after is None else after.business_days,
                "Status": status_after(step),
            }
            yield _record(design, "SLA_Step", f"{escalation.id}_{place}", f"{escalation.id} step {place}", cells)
    for recipient in design.recipients.values():
        cells = {"Kind": recipient.kind, "Value": recipient.value, "Otherwise": recipient.otherwise}
        yield _record(design, "Recipient", recipient.id, recipient.id, cells)
    for user, name in ignored_users(design).items():
        yield _record(design, "Ignored_User", name, user, {"Username": user})
    cells = {"Alerts_Live": design.alerts.mode == "live", "Silent_To": design.alerts.silent_to}
    yield _record(design, "Settings", "Default", "Default", cells)


def _lead_type(design: Design, lead_type: LeadType) -> dict[str, Cell]:
    hours = design.business_hours[lead_type.hours] if lead_type.clock == "business" and lead_type.hours else None
    day = _CALENDAR_DAY if hours is None else hours.business_day
    sla = lead_type.sla
    return {
        "Label": lead_type.label,
        "SLA_Minutes": None if isinstance(sla, str) else sla.minutes + sla.business_days * day,
        "Clock": lead_type.clock,
        "Business_Hours": None if hours is None else Names(design.target.prefix).hours(hours.id),
        "Business_Day_Minutes": day,
        "Escalation": lead_type.escalation,
    }


def ignored_users(design: Design) -> dict[str, str]:
    """Username or email → record name: readable, legal and unique."""
    found: dict[str, str] = {}
    for user in dict.fromkeys(design.telemetry.first_touch.ignore_users):
        word = re.sub(r"[^A-Za-z0-9]+", "_", user).strip("_")[:30].strip("_")
        base = word if word[:1].isalpha() else f"user_{word}".strip("_")
        name, count = base, 1
        while name.lower() in {taken.lower() for taken in found.values()}:
            count += 1
            name = f"{base}_{count}"
        found[user] = name
    return found


def _record(design: Design, word: str, name: str, label: str, cells: dict[str, Cell]) -> Resource:
    type_name = Names(design.target.prefix).of(word)
    values = [_cell(f"{field}__c", value) for field, value in sorted(cells.items())]
    content = {"label": label[:LABEL_MOST].strip() or name, "protected": "false", "values": values}
    return Resource(Address("CustomMetadata", f"{type_name}.{name}"), content)


def _cell(field: str, value: Cell) -> dict[str, Any]:
    """A typed value. Every field is written, nil where it is empty. [docs] reference/salesforce.md 5"""
    if value is None or value == "":
        return {"field": field, "value": None}
    if isinstance(value, bool):
        return {"field": field, "type": "boolean", "value": str(value).lower()}
    if isinstance(value, int | Decimal):
        return {"field": field, "type": "double", "value": number(str(value))}
    return {"field": field, "type": "string", "value": value}


def calendars(design: Design) -> Iterator[Resource]:
    """BusinessHours and Holiday entries of the calendars in use. Times are local. [docs] reference/salesforce.md 6.1"""
    names = Names(design.target.prefix)
    for hours in used_hours(design):
        name = names.hours(hours.id)
        entry = {"name": name, "active": "true", "default": "false", "timeZoneId": hours.timezone, **_week(hours)}
        yield Resource(Address("BusinessHours", name), entry)
        for holiday in hours.holidays:
            called = names.holiday(hours, holiday)
            content: dict[str, Any] = {
                "activityDate": holiday.day.isoformat(),
                "businessHours": [name],
                "isRecurring": "false",
                "name": called,
            }
            yield Resource(Address("Holiday", called), content)


def _week(hours: BusinessHours) -> dict[str, str]:
    """Start and end per open day; a closed day has neither. One interval per day is all there is (rule S208)."""
    week: dict[str, str] = {}
    for weekday, day in enumerate(_DAYS):
        intervals = hours.open.get(weekday, ())
        if intervals:
            week[f"{day}StartTime"] = _time(intervals[0][0])
            week[f"{day}EndTime"] = _time(intervals[-1][1])
    return week


def _time(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}:00.000Z"


def notification_type(design: Design) -> Resource:
    name = Names(design.target.prefix).of("Alert")
    content = {
        "customNotifTypeName": name,  # flows look it up by this name, so it equals the file's
        "description": managed(design, "Speed-to-lead alerts.")[:255],
        "desktop": "true",
        "masterLabel": f"{design.target.prefix} Speed to Lead",
        "mobile": "true",
    }
    return Resource(Address("CustomNotificationType", name), content)


def queues(design: Design) -> Iterator[Resource]:
    """Queues that the design creates (`create: true`). Their members are people's business, not the design's."""
    found = {item.value for item in design.recipients.values() if item.kind == "queue" and item.create and item.value}
    for name in sorted(found):
        content: dict[str, Any] = {
            "name": name[:LABEL_MOST],
            "description": managed(design, "Receives leads nobody answered."),
            "doesSendEmailToMembers": "false",
            "queueSobject": [{"sobjectType": "Lead"}],
        }
        yield Resource(Address("Queue", name), content)
