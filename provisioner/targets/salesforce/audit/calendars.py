"""Business hours as they are now, and how far their holidays reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from provisioner.facts import Calendar, Unasked
from provisioner.model.design import Design
from provisioner.targets.salesforce.audit.answers import Answer, Answers, text, unasked
from provisioner.targets.salesforce.audit.where import pattern
from provisioner.targets.salesforce.names import Names, used_hours
from provisioner.targets.salesforce.soql import literals

HOURS, HOLIDAYS = "calendars/hours", "calendars/holidays"
DAY = re.compile(r" (\d{4}-\d{2}-\d{2})(?: |$)")


def questions(design: Design) -> dict[str, str]:
    """None for a design without business hours. Which holiday belongs to which hours SOQL does not tell ([docs]
    reference/salesforce.md 6.1); ours say it in their names."""
    names = Names(design.target.prefix)
    wanted = [names.hours(hours.id) for hours in used_hours(design)]
    if not wanted:
        return {}
    mine = pattern(f"{names.prefix} ", "", "%")
    return {
        HOURS: f"SELECT Name, TimeZoneSidKey, IsActive FROM BusinessHours WHERE Name IN {literals(wanted)}",  # noqa: S608
        HOLIDAYS: f"SELECT Name, ActivityDate FROM Holiday WHERE Name LIKE {mine}",  # noqa: S608 - a literal
    }


def read(design: Design, answers: Answers) -> tuple[Calendar, ...] | None:
    """Those that are in the org, by the id the design gives them; None when it was not answered. A calendar that is not
    there is left out: that is a difference of the configuration, and told as one."""
    wanted = questions(design)
    if not wanted:
        return ()
    hours, holidays = answers.get(HOURS), answers.get(HOLIDAYS)
    if not isinstance(hours, Answer) or not isinstance(holidays, Answer):
        return None
    names = Names(design.target.prefix)
    last = _last(holidays)
    rows = {text(row, "Name").casefold(): row for row in hours.rows}
    found = []
    for item in used_hours(design):
        name = names.hours(item.id)
        row = rows.get(name.casefold())
        if row is not None:
            zone, active = text(row, "TimeZoneSidKey"), row.get("IsActive") is True
            found.append(Calendar(item.id, zone, last.get(name.casefold()), active))
    return tuple(found)


def _last(holidays: Answer) -> dict[str, date]:
    """Business hours (lower case) → their last holiday."""
    found: dict[str, date] = {}
    for row in holidays.rows:
        name, day = text(row, "Name"), text(row, "ActivityDate")
        match = DAY.search(name)
        if match and day:
            hours = name[: match.start()].casefold()
            at = date.fromisoformat(day[:10])
            found[hours] = max(found.get(hours, at), at)
    return found


def left_out(design: Design, answers: Answers) -> Iterator[Unasked]:
    for key in questions(design):
        if not isinstance(answers.get(key), Answer):
            yield unasked("calendars", answers, key)
            return
