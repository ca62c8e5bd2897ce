"""Configuration that is data: custom metadata records, business hours and holidays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from provisioner.model.design import BusinessHours, Design, LeadType
from provisioner.model.uses import status_after, used_escalations
from provisioner.targets.salesforce.features import Features, features
from provisioner.targets.salesforce.names import LABEL_MOST, Names, needed_holidays, used_hours
from provisioner.targets.salesforce.shape import number

_CALENDAR_DAY = 1440
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Content = str | int | Decimal | bool | None


class Cell(NamedTuple):
    """One value of a record; `kind` is an xsd name, None when the value is nil."""

    field: str
    kind: str | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A custom metadata record: `type` without prefix, cells sorted by field."""

    type: str
    name: str
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """An entry of the business hours: `week` is (day, opens, closes) per open day, `holidays` are (date, name)."""

    name: str
    timezone: str
    week: tuple[tuple[str, str, str], ...]
    holidays: tuple[tuple[str, str], ...]


def records(design: Design) -> Iterator[Record]:
    """Every custom metadata record: a changed threshold, step time or recipient is exactly one of them."""
    has = features(design)  # looks at every step, so it is asked once
    for lead_type in design.lead_types:
        yield _record("Lead_Type", lead_type.id, lead_type.label, _lead_type(design, lead_type, has))
    for escalation in used_escalations(design):
        for place, step in enumerate(escalation.steps, start=1):
            after = step.after_due
            cells: dict[str, Content] = {
                "Escalation": escalation.id,
                "Step_Number": place,
                "Percent": step.percent,
                "Offset_Minutes": None if after is None else after.minutes,
                "Offset_Business_Days": None if after is None else after.business_days,
                "Status": status_after(step),
            }
            yield _record("SLA_Step", f"{escalation.id}_{place}", f"{escalation.id} step {place}", cells)
    for recipient in design.recipients.values():
        cells = {"Kind": recipient.kind, "Value": recipient.value, "Otherwise": recipient.otherwise}
        yield _record("Recipient", recipient.id, recipient.id, cells)
    for user, name in ignored_users(design).items():
        yield _record("Ignored_User", name, user, {"Username": user})
    cells = {"Alerts_Live": design.alerts.mode == "live", "Silent_To": design.alerts.silent_to}
    if has.slack:
        options = design.target.options
        cells |= {"Slack_App": options.get("slack_app_id"), "Slack_Workspace": options.get("slack_workspace_id")}
    if design.surge is not None:
        cells["Surge_Factor"] = design.surge.factor
    yield _record("Settings", "Default", "Default", cells)
    if design.surge is not None:  # off when it is deployed; afterwards it is theirs (`compare.THEIRS`)
        yield _record("Switch", "Surge", "Surge", {"Active": False})


def _lead_type(design: Design, lead_type: LeadType, has: Features) -> dict[str, Content]:
    hours = design.business_hours[lead_type.hours] if lead_type.clock == "business" and lead_type.hours else None
    day = _CALENDAR_DAY if hours is None else hours.business_day
    sla = lead_type.sla
    cells: dict[str, Content] = {
        "Label": lead_type.label,
        "SLA_Minutes": None if isinstance(sla, str) else sla.minutes + sla.business_days * day,
        "Clock": lead_type.clock,
        "Business_Hours": None if hours is None else Names(design.target.prefix).hours(hours.id),
        "Business_Day_Minutes": day,
        "Escalation": lead_type.escalation,
    }
    after_hours, follow_up = lead_type.after_hours, lead_type.follow_up
    if has.after_hours:
        cells["After_Hours_Minutes"] = None if after_hours is None else after_hours.sla.minutes
    if has.follow_up:
        within = None if follow_up is None else follow_up.within
        cells["Follow_Up_Touches"] = None if follow_up is None else follow_up.touches
        cells["Follow_Up_Minutes"] = None if within is None else within.minutes + within.business_days * day
    return cells


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


def _record(word: str, name: str, label: str, cells: dict[str, Content]) -> Record:
    values = tuple(_cell(field, value) for field, value in sorted(cells.items()))
    return Record(word, name, label[:LABEL_MOST].strip() or name, values)


def _cell(field: str, value: Content) -> Cell:
    """Every field is written, nil where it is empty. [docs] reference/salesforce.md 5"""
    if value is None or value == "":
        return Cell(field, None)
    if isinstance(value, bool):
        return Cell(field, "boolean", str(value).lower())
    if isinstance(value, int | Decimal):
        return Cell(field, "double", number(str(value)))
    return Cell(field, "string", value)


def calendars(design: Design) -> Iterator[Calendar]:
    """The calendars in use. Times are local. [docs] reference/salesforce.md 6.1"""
    names = Names(design.target.prefix)
    for hours in used_hours(design):
        holidays = tuple((day.day.isoformat(), names.holiday(hours, day)) for day in needed_holidays(hours))
        yield Calendar(names.hours(hours.id), hours.timezone, tuple(_week(hours)), holidays)


def _week(hours: BusinessHours) -> Iterator[tuple[str, str, str]]:
    """Start and end per open day; a closed day has neither. One interval per day is all there is (rule S208)."""
    for weekday, day in enumerate(_DAYS):
        intervals = hours.open.get(weekday, ())
        if intervals:
            yield day, _time(intervals[0][0]), _time(intervals[-1][1])


def _time(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}:00.000Z"
