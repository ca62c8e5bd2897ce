"""What a design names, gathered for what is said about it."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Sequence

from provisioner.facts import Standing
from provisioner.model.design import Design
from provisioner.targets.base import Reference

_ALL = 5  # so many are all listed
_MOST = 8  # of what the design names
_NEAR = 3


def at_once(references: Iterable[Reference]) -> list[Reference]:
    """One per name, with the values of all of that name, at the place of the first."""
    found: dict[str, list[Reference]] = {}
    for item in references:
        found.setdefault(item.name, []).append(item)
    return [_merged(alike) for alike in found.values()]


def _merged(alike: Sequence[Reference]) -> Reference:
    first = alike[0]
    values = tuple(dict.fromkeys(value for item in alike for value in item.values))
    return Reference(first.name, first.use, first.pointer, first.named, values)


def values_text(unknown: Sequence[str]) -> str:
    """`'Fax' is no value`, `'Fax' and 'Letter' are no values` (of `unknown`, the first eight by name)."""
    words = [repr(value) for value in unknown[:_MOST]]
    if len(unknown) > _MOST:
        words.append(f"{len(unknown) - _MOST} more")
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def offer_text(unknown: Sequence[str], offered: Collection[str]) -> str:
    """`It offers 'Web' and 'Other'.`, or how many values and which of them look most like those that are not there."""
    if not offered:
        return "It offers nothing."
    if len(offered) <= _ALL:
        return f"It offers {', '.join(repr(value) for value in offered)}."
    near = _nearest(unknown, offered)
    return f"It offers {len(offered)} values; the nearest: {', '.join(repr(value) for value in near)}."


def _nearest(unknown: Sequence[str], offered: Collection[str]) -> list[str]:
    """Of each unknown value the nearest, then the second nearest …; three in all."""
    by_fold = {value.casefold(): value for value in offered}
    ranked = [difflib.get_close_matches(value.casefold(), by_fold, n=_NEAR, cutoff=0.0) for value in unknown[:_MOST]]
    places = (row[place] for place in range(_NEAR) for row in ranked if place < len(row))
    return [by_fold[word] for word in dict.fromkeys(places)][:_NEAR]


def named(design: Design) -> list[Standing]:
    """Everybody, with nothing known of them yet; in the design's order, each place once."""
    return list(_named(design))


_KEPT = ("user", "group", "queue")  # whom a CRM keeps itself; a channel is kept where it posts to


def _named(design: Design) -> Iterator[Standing]:
    for item in design.recipients.values():
        if item.value:
            untold = item.kind not in _KEPT
            yield Standing(item.id, item.kind, item.value, "unknown", pointer=f"{item.at}/{item.kind}", untold=untold)
        if item.otherwise:
            yield Standing(item.id, "user", item.otherwise, "unknown", pointer=f"{item.at}/otherwise/user")
    alerts, touch = design.alerts, design.telemetry.first_touch
    yield Standing("silent_to", "user", alerts.silent_to, "unknown", pointer=f"{alerts.at}/silent_to")
    for place, user in enumerate(touch.ignore_users):
        yield Standing("ignore_users", "user", user, "unknown", pointer=f"{touch.at}/ignore_users/{place}")
