"""Business calendars: opening hours, time zones and the concrete holidays of their horizon."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from provisioner.document.tree import escape
from provisioner.document.wording import did_you_mean, listed, near, quoted
from provisioner.model.design import BusinessHours, Holiday, HolidaySource
from provisioner.model.durations import UnreadableDuration, parse_duration
from provisioner.model.public_holidays import country, holidays_of
from provisioner.model.registry import DATE, DURATION, HOLIDAYS, HOURS, ZONE
from provisioner.rules import Rule

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DEFAULT_YEARS = 3
EXTRA_NAME = "Day off"
_INTERVAL = re.compile(r"([0-2][0-9]):([0-5][0-9]) ?- ?([0-2][0-9]):([0-5][0-9])")
_LOOSE = re.compile(
    r"([0-9]{1,2})[:.h]?([0-5][0-9])?\s*(am|pm)?\s*(?:-|–|—|to)\s*([0-9]{1,2})[:.h]?([0-5][0-9])?\s*(am|pm)?"
)
_MIDNIGHT = 1440
_HOW = 'Write "08:00-18:00", a list of such intervals, or closed.'

Report = Callable[[Rule, str, str, str, bool], None]  # rule, pointer, detail, advice, is it about the key?
Interval = tuple[int, int]


class CalendarReader:
    """Reads one calendar whose shape is right. Everything wrong is reported, and what is left is still built."""

    def __init__(self, report: Report, today: date) -> None:
        self._report = report
        self._today = today

    def read(self, id: str, data: Mapping[str, Any], at: str) -> BusinessHours:
        self._zone(data["timezone"], f"{at}/timezone")
        opened = self._open(data["open"], f"{at}/open")
        source, days = None, {}
        if (holidays := data.get("holidays")) is not None:
            source = self._source(holidays, f"{at}/holidays")
            days = self._public(source, f"{at}/holidays")
            for extra in source.extra:
                days.setdefault(extra.day, extra)
        return BusinessHours(
            id=id,
            timezone=data["timezone"],
            open=opened,
            holidays=tuple(days[day] for day in sorted(days)),
            business_day=self._business_day(data.get("business_day"), opened, f"{at}/business_day"),
            at=at,
            source=source,
        )

    def _zone(self, name: str, pointer: str) -> None:
        if name in zones():
            return
        city = {zone.rpartition("/")[2]: zone for zone in sorted(zones())}
        found = near(name, zones()) or city.get(near(name.replace(" ", "_"), city) or "")
        meant = f"Did you mean '{found}'? " if found else ""
        detail = f"{quoted(name)} is not a time zone of the IANA list."
        self._report(ZONE, pointer, detail, meant + "Write a name such as America/New_York or Europe/London.", False)

    def _open(self, data: Mapping[str, Any], pointer: str) -> dict[int, tuple[Interval, ...]]:
        opened: dict[int, tuple[Interval, ...]] = {}
        said_by: dict[int, str] = {}
        for key, value in data.items():
            below = f"{pointer}/{escape(key)}"
            intervals = self._intervals(value, below)
            for day in self._days(key, below):
                if day in said_by:
                    detail = f"{DAYS[day]} is in {quoted(said_by[day])} and again in {quoted(key)}."
                    self._report(HOURS, below, detail, "Name every day once.", True)
                    continue
                said_by[day] = key
                if intervals:
                    opened[day] = intervals
        return dict(sorted(opened.items()))

    def _days(self, key: str, pointer: str) -> list[int]:
        days: list[int] = []
        for part in key.split(","):
            ends = [end.strip() for end in part.split("-")]
            wrong = [end for end in ends if end not in DAYS]
            if wrong or len(ends) > 2:
                meant = did_you_mean(wrong[0][:3].lower(), DAYS) if wrong else ""
                detail = f"{quoted(key)} names no days of the week."
                self._report(HOURS, pointer, detail, f"{meant}Write mon to sun, mon-fri, or mon,wed.", True)
                return []
            first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
            days += [day % 7 for day in range(first, (last if last >= first else last + 7) + 1)]
        return list(dict.fromkeys(days))

    def _intervals(self, value: Any, pointer: str) -> tuple[Interval, ...]:
        """Minutes after local midnight, sorted, touching ones joined."""
        if value == "closed":
            return ()
        items = value if isinstance(value, list) else [value]
        if not items:
            self._report(HOURS, pointer, "The list of intervals is empty.", _HOW, False)
        found: list[tuple[int, int, str, str]] = []
        for index, item in enumerate(items):
            below = f"{pointer}/{index}" if isinstance(value, list) else pointer
            if (interval := self._interval(item, below)) is not None:
                found.append((*interval, str(item), below))
        joined: list[Interval] = []
        for start, end, text, below in sorted(found):
            if joined and start < joined[-1][1]:
                detail = f"{quoted(text)} overlaps another interval of the same day."
                self._report(HOURS, below, detail, "Join the two intervals, or move one of them.", False)
            elif joined and start == joined[-1][1]:
                joined[-1] = (joined[-1][0], end)
            else:
                joined.append((start, end))
        return tuple(joined)

    def _interval(self, text: Any, pointer: str) -> Interval | None:
        match = _INTERVAL.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            found = _suggested(text) if isinstance(text, str) else None
            meant = f'Did you mean "{found}"? ' if found else ""
            self._report(HOURS, pointer, f"{quoted(text)} is not an interval of hours.", meant + _HOW, False)
            return None
        start, end = (int(match[i]) * 60 + int(match[i + 1]) for i in (1, 3))
        if max(start, end) > _MIDNIGHT:
            self._report(HOURS, pointer, f"{quoted(text)} goes beyond 24:00, the end of the day.", _HOW, False)
            return None
        if start < end:
            return start, end
        if start == end:
            self._report(HOURS, pointer, f"{quoted(text)} has no length.", "Write closed, or 00:00-24:00.", False)
        else:
            advice = f"Write {match[1]}:{match[2]}-24:00 on this day and 00:00-{match[3]}:{match[4]} on the next."
            self._report(HOURS, pointer, f"{quoted(text)} ends on the next day.", advice, False)
        return None

    def _source(self, data: Mapping[str, Any], pointer: str) -> HolidaySource:
        extra: list[Holiday] = []
        for index, item in enumerate(data.get("extra", ())):
            named = isinstance(item, dict)
            below = f"{pointer}/extra/{index}" + ("/date" if named else "")
            if (day := self._date(item["date"] if named else item, below)) is not None:
                extra.append(Holiday(day, item["name"] if named else EXTRA_NAME))
        return HolidaySource(
            country=data.get("country"),
            subdivision=data.get("subdivision"),
            first_year=data.get("from", self._today.year),
            years=data.get("years", DEFAULT_YEARS),
            extra=tuple(extra),
        )

    def _date(self, text: str, pointer: str) -> date | None:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self._report(DATE, pointer, f"{quoted(text)} is a day that does not exist.", "Correct the date.", False)
            return None

    def _public(self, source: HolidaySource, pointer: str) -> dict[date, Holiday]:
        """The public holidays, from the `holidays` library, in English where it knows the English names."""
        if source.country is None:
            if source.subdivision is not None:
                detail = f"The subdivision {quoted(source.subdivision)} belongs to no country."
                self._report(HOLIDAYS, f"{pointer}/subdivision", detail, "Add country, such as country: US.", False)
            return {}
        found = country(source.country)
        if found is None:
            detail = f"No public holidays are known for the country {quoted(source.country)}."
            # Codes are too short for a guess: a wrong one would bring the wrong holidays.
            advice = "Use its ISO 3166 code, such as GB or US, or list the days under extra."
            self._report(HOLIDAYS, f"{pointer}/country", detail, advice, False)
            return {}
        regions = list(found.subdivisions)
        if source.subdivision is not None and source.subdivision not in regions:
            detail = f"{source.country} has no subdivision {quoted(source.subdivision)}."
            known = f"Known: {listed(regions, 'and')}." if regions else "Leave it out."
            names = found().subdivisions_aliases  # California is CA
            code = names.get(source.subdivision) or names.get(near(source.subdivision, names) or "")
            advice = did_you_mean(code or source.subdivision, regions) + known
            self._report(HOLIDAYS, f"{pointer}/subdivision", detail, advice, False)
            return {}
        return _listed(source)

    def _business_day(self, text: Any, opened: Mapping[int, tuple[Interval, ...]], pointer: str) -> int:
        usual = usual_open_minutes(opened)
        if text is None:
            return usual
        try:
            length = parse_duration(text)
        except UnreadableDuration as error:
            self._report(DURATION, pointer, error.detail, error.advice, False)
            return usual
        if length.business_days or length.has_days or not 1 <= length.minutes <= _MIDNIGHT:
            detail = f"{quoted(text)} cannot be the length of a business day; it has between 1m and 24h."
            self._report(DURATION, pointer, detail, "Write hours and minutes, such as 8h.", False)
            return usual
        return length.minutes


def usual_open_minutes(opened: Mapping[int, tuple[Interval, ...]]) -> int:
    """The open minutes most open days have; the larger where two are as common; 0 when no day is open."""
    lengths = Counter(sum(end - start for start, end in intervals) for intervals in opened.values())
    return max(lengths, key=lambda minutes: (lengths[minutes], minutes), default=0)


@cache
def zones() -> frozenset[str]:
    """The IANA names of the `tzdata` package: the same on every machine, whatever the system has or how it spells."""
    package = importlib.import_module("tzdata")  # its path is enough; importlib.resources costs more than all the rest
    return frozenset(Path(str(package.__file__)).with_name("zones").read_text(encoding="utf-8").split())


def _listed(source: HolidaySource) -> dict[date, Holiday]:
    years = range(source.first_year, source.first_year + source.years)
    found = holidays_of(source.country or "", source.subdivision, years)
    return {day: Holiday(day, name) for day, name in found.items()}


def _suggested(text: str) -> str | None:
    """`8am – 6pm` → `08:00-18:00`, where that is certain."""
    match = _LOOSE.fullmatch(text.strip().lower())
    if match is None:
        return None
    times = []
    for hour, minute, half in ((match[1], match[2], match[3]), (match[4], match[5], match[6])):
        number = int(hour) % 12 + (12 if half == "pm" else 0) if half else int(hour)
        times.append(f"{number:02d}:{minute or '00'}")
    return "-".join(times) if _INTERVAL.fullmatch("-".join(times)) else None
