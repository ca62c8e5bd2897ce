"""Business hours by a custom-code action: the program that a lead type's clock runs, rendered from the design.

Opt-in (`target.features: [custom_code]`), because the action needs a higher tier. The program needs no library, no
secret and no network, and holds everything it computes with: the week, the holidays, and the zone's clock changes as a
table, so that it does not depend on what the runtime knows of time zones. The runtime gives 20 seconds and 128 MB; a
run takes milliseconds. [docs] reference/hubspot.md 4.5; how a program is called and answers: [community], public
custom-code programs (`main(event)`, `event["inputFields"]`, `{"outputFields": …}`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo

from provisioner.model.design import BusinessHours, Design, LeadType, Step
from provisioner.model.uses import steps_of
from provisioner.targets.hubspot.minutes import duration_minutes, promised_minutes
from provisioner.targets.hubspot.names import hours_of

RUNTIME = "PYTHON39"  # [docs] reference/hubspot.md 4.5
FEATURE = "custom_code"
ASKED = "asked"  # the program's one input
FIELDS_MOST = 50  # of one action. [docs] reference/hubspot.md 4.5
_YEARS = 20  # that the table of clock changes covers from the first year of the holidays on
_USUAL_YEAR = 2026
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def computes(design: Design, lead_type: LeadType) -> bool:
    """Whether the clock of this lead type is computed by a program."""
    return FEATURE in design.target.options.get("features", ()) and hours_of(design, lead_type) is not None


def last_year(hours: BusinessHours) -> int:
    """The last year that a program computes; a clock that asks for later counts on the wall clock."""
    return _first_year(hours) + _YEARS


def outputs(design: Design, lead_type: LeadType) -> list[str]:
    """What the program answers: an outcome (`ok`), instants in milliseconds UTC, the promise in minutes."""
    return ["outcome", "started", "due", "minutes", *(f"step_{place}" for place, _ in _numbered(design, lead_type))]


def program(design: Design, lead_type: LeadType) -> str:
    """The source, the same for the same design. Holds numbers only, nothing that a person wrote."""
    from provisioner.targets.hubspot.render import source

    hours = hours_of(design, lead_type)
    assert hours is not None, "only a business clock is computed"
    promise = 0 if lead_type.sla == "same_business_day" else promised_minutes(design, lead_type) * 60
    return source(
        "clock.py.j2",
        changes=_changes(hours.timezone, _first_year(hours)),
        week=[[list(span) for span in hours.open.get(day, ())] for day in range(7)],
        holidays=sorted({_day(item.day) for item in hours.holidays}),
        promise=promise,
        steps=[_step(design, lead_type, step) for _, step in _numbered(design, lead_type)],
        end=_second(datetime(last_year(hours) + 1, 1, 1, tzinfo=UTC)),
    )


def _numbered(design: Design, lead_type: LeadType) -> list[tuple[int, Step]]:
    return list(enumerate(steps_of(design, lead_type), 1))


def _step(design: Design, lead_type: LeadType, step: Step) -> list[int]:
    if step.percent is not None:
        share = Fraction(step.percent) / 100
        return [1, share.numerator, share.denominator]
    assert step.after_due is not None, "a step has a percentage or a time after due"
    return [0, duration_minutes(design, lead_type, step.after_due) * 60, 1]


def _first_year(hours: BusinessHours) -> int:
    return hours.source.first_year if hours.source else _USUAL_YEAR


def _day(day: date) -> int:
    return (day - _EPOCH.date()).days


def _second(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(seconds=1)


@cache
def _changes(zone: str, first_year: int) -> list[list[int]]:
    """When the zone's offset to UTC changes: (epoch second, offset in seconds), beginning a year before `first_year`,
    so that a clock that runs over New Year is whole."""
    info = ZoneInfo(zone)
    at = datetime(first_year - 1, 1, 1, tzinfo=UTC)
    end = datetime(first_year + _YEARS + 2, 1, 1, tzinfo=UTC)
    found = [[_second(at), _offset(info, at)]]
    while at < end:
        later = at + timedelta(days=1)
        if _offset(info, later) != found[-1][1]:
            found += _changes_between(info, at, later)
        at = later
    return found


def _changes_between(info: ZoneInfo, low: datetime, high: datetime) -> list[list[int]]:
    """The change within a day, to the second. (No zone changes its clock twice within a day.)"""
    before = _offset(info, low)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle -= timedelta(microseconds=middle.microsecond)
        low, high = (middle, high) if _offset(info, middle) == before else (low, middle)
    return [[_second(high), _offset(info, high)]]


def _offset(info: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(info).utcoffset()
    assert offset is not None, "an aware instant has an offset"
    return int(offset.total_seconds())
