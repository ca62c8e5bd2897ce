"""One attribute that a change moves, in words: the same ones on a terminal, in Markdown and on a page."""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple

from provisioner.planning.diff import ABSENT, Difference
from provisioner.reporting.text import LIMIT, pair_text, safe, value_text

Sign = Literal["+", "-", "~"]


class Shown(NamedTuple):
    """`sign` says whether the attribute comes, goes or moves; the side that is not there is None. No control characters
    in any of it, and nothing escaped for a format."""

    sign: Sign
    path: str
    old: str | None
    new: str | None

    def __str__(self) -> str:
        """`minutes: 5 -> 10`, or the one side there is."""
        sides = [side for side in (self.old, self.new) if side is not None]
        return f"{self.path}: {' -> '.join(sides)}"


def shown(difference: Difference, limit: int = LIMIT) -> Shown:
    """`limit`: characters per side; of longer texts, the part where they begin to differ."""
    entry = _ENTRY.fullmatch(difference.path)
    path = safe(entry[1] if entry else difference.path)
    old, new = _of_day(difference.old), _of_day(difference.new)
    if old is ABSENT:
        return Shown("+", path, None, _side(new, entry, limit))
    if new is ABSENT:
        return Shown("-", path, _side(old, entry, limit), None)
    if entry and any(_is_bare(side) for side in (old, new)):
        return Shown("~", path, _side(old, entry, limit), _side(new, entry, limit))
    return Shown("~", path, *pair_text(old, new, limit))


# A time of day without a date is in nobody's time zone but its calendar's, whatever stands at its end.
_TIME = re.compile(r"(?P<minute>[0-2][0-9]:[0-5][0-9])(?P<second>:[0-5][0-9])\.000Z")


def _of_day(value: Any) -> Any:
    """`17:00` of `17:00:00.000Z`, which reads as if it were UTC; everything else as it is."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    return found["minute"] if found["second"] == ":00" else found["minute"] + found["second"]


# The value of a named entry is told by the entry's name: `SLA_Minutes: 60 -> 20`.
_ENTRY = re.compile(r"values\[([^\[\]]+)\]\.value")
_BARE = re.compile(r"-?[0-9]+(\.[0-9]+)?|true|false")


def _side(value: Any, entry: object, limit: int) -> str:
    """A number or a truth that is kept as text in an entry is written as what it is."""
    return str(value) if entry and _is_bare(value) else value_text(value, limit)


def _is_bare(value: Any) -> bool:
    return isinstance(value, str) and _BARE.fullmatch(value) is not None
