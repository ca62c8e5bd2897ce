"""Date literals: spans of whole local days in the user's time zone. [docs] reference/salesforce.md 8.2

Date functions work on UTC, whatever the user's zone. [docs] SOQL guide, "Date Functions"; [community] for DAY_ONLY
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from provisioner.emulator.salesforce.soql.tree import DateLiteral

_UNITS = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")
PLAIN = frozenset(("TODAY", "YESTERDAY", "TOMORROW", "LAST_90_DAYS", "NEXT_90_DAYS")) | frozenset(
    f"{which}_{unit}" for which in ("THIS", "LAST", "NEXT") for unit in _UNITS[1:]
)
WITH_NUMBER = frozenset(f"{which}_N_{unit}S" for which in ("LAST", "NEXT") for unit in _UNITS) | frozenset(
    f"N_{unit}S_AGO" for unit in _UNITS
)

# Function → what it is of a day's `{}` (strftime's letters), as SQL; weeks begin on the 1st, days of a week on Sunday.
FUNCTIONS = {
    "CALENDAR_YEAR": "{Y}", "CALENDAR_QUARTER": "({m} + 2) / 3", "CALENDAR_MONTH": "{m}", "DAY_IN_MONTH": "{d}",
    "DAY_IN_WEEK": "{w} + 1", "DAY_IN_YEAR": "{j}", "WEEK_IN_MONTH": "({d} + 6) / 7", "WEEK_IN_YEAR": "({j} + 6) / 7",
    "HOUR_IN_DAY": "{H}", "DAY_ONLY": "",
}  # fmt: skip
OF_INSTANTS = frozenset(("DAY_ONLY", "HOUR_IN_DAY"))  # a date has no hour


def function_sql(function: str, column: str, *, instant: bool) -> str:
    """SQL of a date function of a column that holds UTC seconds (`instant`) or ISO dates; null stays null."""
    moment = f"{column}, 'unixepoch'" if instant else column
    if function == "DAY_ONLY":
        return f"date({moment})"
    parts = {letter: f"CAST(strftime('%{letter}', {moment}) AS INTEGER)" for letter in "YmdwjH"}
    return f"({FUNCTIONS[function].format(**parts)})"


def days(literal: DateLiteral, today: date) -> tuple[date, date]:
    """The first day of the span, and the first day after it."""
    name, number = literal.name, literal.number if literal.number is not None else 1
    if name in ("TODAY", "YESTERDAY", "TOMORROW"):
        first = today + timedelta(days=("YESTERDAY", "TODAY", "TOMORROW").index(name) - 1)
        return first, first + timedelta(days=1)
    if name.endswith("_90_DAYS"):
        name, number = name.replace("90", "N"), 90
    unit = next(unit for unit in _UNITS if unit in name)
    start = _start(unit, today)
    if name.startswith("THIS"):
        return start, _shift(unit, start, 1)
    if name.endswith("_AGO"):
        return _shift(unit, start, -number), _shift(unit, start, 1 - number)
    if name.startswith("NEXT"):
        after = _shift(unit, start, 1)
        return after, _shift(unit, after, number)
    # LAST_N_DAYS reaches up to now, the longer units stop where the current one starts.
    end = today + timedelta(days=1) if unit == "DAY" else start
    return _shift(unit, start, -number), end


def instants(literal: DateLiteral, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The span in UTC: from its first instant up to (not including) the second."""
    first, after = days(literal, now.astimezone(zone).date())
    return _midnight(first, zone), _midnight(after, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def _start(unit: str, day: date) -> date:
    match unit:
        case "DAY":
            return day
        case "WEEK":
            return day - timedelta(days=(day.weekday() + 1) % 7)  # weeks begin on Sunday in the en_US locale
        case "MONTH":
            return day.replace(day=1)
        case "QUARTER":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1)


def _shift(unit: str, day: date, count: int) -> date:
    if unit in ("DAY", "WEEK"):
        return day + timedelta(days=count * (7 if unit == "WEEK" else 1))
    months = day.year * 12 + day.month - 1 + count * {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit]
    return date(months // 12, months % 12 + 1, 1)
