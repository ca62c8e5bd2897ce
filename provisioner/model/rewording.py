"""How a value of a CRM may be written in a design: where the document says the old one, what says the new one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from provisioner.model.durations import UnreadableDuration, parse_at, parse_duration

_TIME = re.compile(r"([0-2][0-9]:[0-5][0-9])(:00(\.0+)?Z?)?")
_UNITS = (1, 60, 60_000)  # minutes, and what a CRM may count instead: seconds, milliseconds
_HOUR = 60


def rewordings(written: str, old: Any, new: Any) -> Iterator[str]:
    """Texts that may stand in the place of `written` when a CRM's attribute goes from `old` to `new`. Guesses: whoever
    asks renders the design with each and looks."""
    yield from dict.fromkeys(text for text in _all(written, old, new) if text != written)


def _all(written: str, old: Any, new: Any) -> Iterator[str]:
    was, now = _text(old), _text(new)
    if was and now is not None and (was == written or (was in written and _number(was) is None)):
        yield now if was == written else written.replace(was, now)
    times = (_TIME.fullmatch(was or ""), _TIME.fullmatch(now or ""))
    if times[0] and times[1] and times[0][1] in written:
        yield written.replace(times[0][1], times[1][1])
    numbers = (_number(old), _number(new))
    if numbers[0] is not None and numbers[1] is not None:
        for unit in _UNITS:
            yield from _durations(written, numbers[0] / unit, numbers[1] / unit)


def _durations(written: str, old: Decimal, new: Decimal) -> Iterator[str]:
    if new != new.to_integral_value() or new < 0:
        yield from _shares(written, old, new)
        return
    count = int(new)
    try:
        found = parse_duration(written)
    except UnreadableDuration:
        yield from _moments(written, old, count)
        yield from _shares(written, old, new)
        return
    if found.minutes == old and not found.business_days:
        yield from _minutes(count)
    if found.business_days and found.business_days == old and not found.minutes:
        yield f"{count}bd"


def _moments(written: str, old: Decimal, count: int) -> Iterator[str]:
    """`due + 2h`"""
    try:
        after = parse_at(written).after_due
    except UnreadableDuration:
        return
    if after is None:
        return
    if after.minutes == old and not after.business_days:
        yield from (f"due + {text}" for text in _minutes(count))
    if after.business_days and after.business_days == old and not after.minutes:
        yield f"due + {count}bd"


def _shares(written: str, old: Decimal, new: Decimal) -> Iterator[str]:
    """`50%`"""
    try:
        percent = parse_at(written).percent
    except UnreadableDuration:
        return
    if percent is not None and percent == old:
        yield f"{new.normalize():f}%"


def _minutes(count: int) -> Iterator[str]:
    if count and count % _HOUR == 0:
        yield f"{count // _HOUR}h"
    yield f"{count}m"


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
