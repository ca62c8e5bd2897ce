"""Spans of days: the standard date filter's intervals, and the periods that dates are grouped by.

Days are those of the running user's time zone, weeks begin on Sunday (en_US), the fiscal year is the calendar year
(the vendor's default; another one is not modelled). Names of intervals: [wsdl] UserDateInterval.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

# interval → (unit, first period relative to the current one, last one)
INTERVALS: dict[str, tuple[str, int, int]] = {
    "INTERVAL_TODAY": ("DAY", 0, 0), "INTERVAL_YESTERDAY": ("DAY", -1, -1), "INTERVAL_TOMORROW": ("DAY", 1, 1),
    "INTERVAL_LASTWEEK": ("WEEK", -1, -1), "INTERVAL_THISWEEK": ("WEEK", 0, 0), "INTERVAL_NEXTWEEK": ("WEEK", 1, 1),
    "INTERVAL_LASTMONTH": ("MONTH", -1, -1), "INTERVAL_THISMONTH": ("MONTH", 0, 0),
    "INTERVAL_NEXTMONTH": ("MONTH", 1, 1), "INTERVAL_LASTTHISMONTH": ("MONTH", -1, 0),
    "INTERVAL_THISNEXTMONTH": ("MONTH", 0, 1),
    "INTERVAL_CURRENTQ": ("QUARTER", 0, 0), "INTERVAL_CURNEXTQ": ("QUARTER", 0, 1),
    "INTERVAL_CURPREVQ": ("QUARTER", -1, 0), "INTERVAL_NEXTQ": ("QUARTER", 1, 1),
    "INTERVAL_PREVQ": ("QUARTER", -1, -1), "INTERVAL_CURNEXT3Q": ("QUARTER", 0, 3),
    "INTERVAL_CURY": ("YEAR", 0, 0), "INTERVAL_PREVY": ("YEAR", -1, -1), "INTERVAL_PREV2Y": ("YEAR", -2, -1),
    "INTERVAL_AGO2Y": ("YEAR", -2, -2), "INTERVAL_NEXTY": ("YEAR", 1, 1), "INTERVAL_PREVCURY": ("YEAR", -1, 0),
    "INTERVAL_PREVCUR2Y": ("YEAR", -2, 0), "INTERVAL_CURNEXTY": ("YEAR", 0, 1),
    "INTERVAL_CURRENT": ("QUARTER", 0, 0), "INTERVAL_CURNEXT1": ("QUARTER", 0, 1),
    "INTERVAL_CURPREV1": ("QUARTER", -1, 0), "INTERVAL_NEXT1": ("QUARTER", 1, 1),
    "INTERVAL_PREV1": ("QUARTER", -1, -1), "INTERVAL_CURNEXT3": ("QUARTER", 0, 3),
    "INTERVAL_CURFY": ("YEAR", 0, 0), "INTERVAL_PREVFY": ("YEAR", -1, -1), "INTERVAL_PREV2FY": ("YEAR", -2, -1),
    "INTERVAL_AGO2FY": ("YEAR", -2, -2), "INTERVAL_NEXTFY": ("YEAR", 1, 1), "INTERVAL_PREVCURFY": ("YEAR", -1, 0),
    "INTERVAL_PREVCUR2FY": ("YEAR", -2, 0), "INTERVAL_CURNEXTFY": ("YEAR", 0, 1),
} | {
    f"INTERVAL_LAST{days}": ("DAY", 1 - days, 0) for days in (7, 30, 60, 90, 120)
} | {
    f"INTERVAL_NEXT{days}": ("DAY", 1, days) for days in (7, 30, 60, 90, 120)
}  # fmt: skip
CUSTOM = "INTERVAL_CUSTOM"
GRANULARITIES = frozenset((
    "None", "Day", "Week", "Month", "Quarter", "Year", "FiscalQuarter", "FiscalYear", "MonthInYear", "DayInMonth",
))  # fmt: skip
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


@dataclass(frozen=True)
class Period:
    """What a date is grouped under: `value` sorts and is shown by the API, `label` is for people."""

    value: str | int
    label: str


def interval_days(name: str, today: date) -> tuple[date, date]:
    """First and last day of an interval. KeyError for one that is not modelled (INTERVAL_CUSTOM has its own dates)."""
    unit, first, last = INTERVALS[name]
    start = start_of(unit, today)
    return shift(unit, start, first), shift(unit, start, last + 1) - timedelta(days=1)


def start_of(unit: str, day: date) -> date:
    """The first day of the DAY, WEEK, MONTH, QUARTER or YEAR that `day` lies in."""
    match unit:
        case "DAY":
            return day
        case "WEEK":
            return day - timedelta(days=(day.weekday() + 1) % 7)
        case "MONTH":
            return day.replace(day=1)
        case "QUARTER":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "YEAR":
            return day.replace(month=1, day=1)
    raise ValueError(f"There is no unit {unit!r}.")


def shift(unit: str, day: date, count: int) -> date:
    """The start of the period `count` periods after the one that starts on `day`."""
    if unit in ("DAY", "WEEK"):
        return day + timedelta(days=count * (7 if unit == "WEEK" else 1))
    months = day.year * 12 + day.month - 1 + count * {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit]
    return date(months // 12, months % 12 + 1, 1)


def period_of(granularity: str, day: date) -> Period:
    """The period of a day. Values are the first day ([docs] `2015-07-01` for July 2015); labels but Month's are
    [inferred]."""
    match granularity:
        case "None" | "Day":
            return Period(day.isoformat(), american(day))
        case "Week":
            first = start_of("WEEK", day)
            return Period(first.isoformat(), f"{american(first)} - {american(first + timedelta(days=6))}")
        case "Month":
            first = start_of("MONTH", day)
            return Period(first.isoformat(), f"{_MONTHS[day.month - 1]} {day.year}")
        case "Quarter" | "FiscalQuarter":
            kind = "FY" if granularity == "FiscalQuarter" else "CY"
            first = start_of("QUARTER", day)
            return Period(first.isoformat(), f"Q{(day.month + 2) // 3} {kind}{day.year}")
        case "Year" | "FiscalYear":
            kind = "FY" if granularity == "FiscalYear" else "CY"
            return Period(start_of("YEAR", day).isoformat(), f"{kind}{day.year}")
        case "MonthInYear":
            return Period(day.month, _MONTHS[day.month - 1])
        case "DayInMonth":
            return Period(day.day, str(day.day))
    raise ValueError(f"There is no granularity {granularity!r}.")


def american(day: date) -> str:
    """`7/31/2015`, as the en_US locale shows a date. [docs]"""
    return f"{day.month}/{day.day}/{day.year}"
