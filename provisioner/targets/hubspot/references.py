"""What a design expects to find in the account: its time zone, properties of its object, and people; and whether what
is found there fits. [docs] reference/hubspot.md 2.3, 3.1, 4.4, 4.8
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from provisioner.model.design import Design, Op, Scalar, Test
from provisioner.model.uses import tests_of
from provisioner.rules import Finding
from provisioner.targets.base import Reference, Use
from provisioner.targets.hubspot.conditions import kinds
from provisioner.targets.hubspot.objects import Kind
from provisioner.targets.hubspot.touches import looked_at
from provisioner.targets.hubspot.windows import is_zone
from provisioner.targets.naming import offer_text, values_text

PROPERTY_USES = frozenset[Use]({"known", "equal", "part", "order", "moment", "kind"})
_USES: dict[Op, Use] = {
    "in": "equal", "not_in": "equal", "is_blank": "known", "gt": "order", "gte": "order", "lt": "order", "lte": "order",
    "starts_with": "part", "ends_with": "part", "contains": "part",
}  # fmt: skip
# The type of a property → the kind of filter that fits it. What is not here says nothing, and nothing is concluded.
_KINDS: dict[str, Kind] = {
    "string": "text", "enumeration": "enumeration", "number": "number", "bool": "bool", "date": "datetime",
    "datetime": "datetime",
}  # fmt: skip
_YEARS = 3  # over which two zones must agree
_DAY = timedelta(days=1)
_STEP = timedelta(minutes=30)  # no two clocks change within the same half hour and yet differ


# ------------------------------------------------------------ what is named


def references(design: Design) -> list[Reference]:
    """The time zone, properties with the kind that filters take them for, and everybody who would be told. People are
    looked up by `read`, which asks only for those that the rendered workflows name."""
    found = [*_zone(design), *_declared(design), *_engagement(design), *_stages(design), *_compared(design)]
    found += _touches(design)
    return list(dict.fromkeys([*found, *_people(design)]))


def _zone(design: Design) -> Iterator[Reference]:
    zone = design.target.options.get("timezone")
    if zone is not None:
        pointer = f"{design.target.at}/timezone"
        yield Reference(zone, "zone", pointer, pointer)


def _declared(design: Design) -> Iterator[Reference]:
    for name, kind in design.target.options.get("fields", {}).items():
        pointer = f"{design.target.at}/fields/{name}"
        yield Reference(name, "kind", pointer, pointer, (kind,))


def _engagement(design: Design) -> Iterator[Reference]:
    for place, name in enumerate(design.telemetry.engagement):
        pointer = f"{design.telemetry.at}/engagement/{place}"
        yield Reference(name, "moment", pointer, pointer)


def _touches(design: Design) -> Iterator[Reference]:
    pointer = f"{design.telemetry.first_touch.at}/types"
    for name in looked_at(design):
        yield Reference(name, "known", pointer, pointer)


def _stages(design: Design) -> Iterator[Reference]:
    """A stage is told by an option, unless the property is known to hold text."""
    stages = design.telemetry.stages
    if not stages:
        return
    name, pointer = stages.field, f"{design.telemetry.at}/stages"
    kind = "text" if kinds(design).get(name) == "text" else "enumeration"
    yield Reference(name, "kind", f"{pointer}/field", f"{pointer}/field", (kind,))
    for id, value in stages.values.items():
        yield Reference(name, "equal", f"{pointer}/values/{id}", f"{pointer}/field", (value,))


def _compared(design: Design) -> Iterator[Reference]:
    kind_of, declared = kinds(design), design.target.options.get("fields", {})
    for condition in [item.when for item in design.exclusions] + [item.when for item in design.lead_types]:
        for test in tests_of(condition):
            kind = kind_of.get(test.field)
            if kind is not None and test.op != "is_blank" and test.field not in declared:
                yield Reference(test.field, "kind", test.at, _named(test), (kind,))
            yield Reference(test.field, _USES[test.op], test.at, _named(test), test.values)


def _named(test: Test) -> str:
    """Where the property's name stands: the test points to what it is compared with, which may lie a level deeper."""
    above, _, last = test.at.rpartition("/")
    return above if last == test.op and above.endswith(f"/{test.field}") else test.at


def _people(design: Design) -> Iterator[Reference]:
    pairs = [(f"{design.alerts.at}/silent_to", design.alerts.silent_to)]
    at = f"{design.telemetry.first_touch.at}/ignore_users"
    pairs += [(f"{at}/{place}", user) for place, user in enumerate(design.telemetry.first_touch.ignore_users)]
    for pointer, email in pairs:
        yield Reference(email, "user", pointer, pointer)
    for item in design.recipients.values():
        if item.value and item.kind in ("user", "group", "queue"):
            use: Use = "user" if item.kind == "user" else "group" if item.kind == "group" else "queue"
            yield Reference(item.value, use, f"{item.at}/{item.kind}", f"{item.at}/{item.kind}")
        if item.otherwise:
            pointer = f"{item.at}/otherwise/user"
            yield Reference(item.otherwise, "user", pointer, pointer)


# --------------------------------------------------------- what is found there


def absent(reference: Reference, known: Iterable[str], object: str) -> Finding | None:
    """The account does not list the property of `object` (contacts, leads). HubSpot hides some of its own from the
    list, so a name that begins with `hs_` is doubted only. [community] reference/hubspot.md 3.1"""
    names = sorted(known)
    if reference.name in names:
        return None
    near = difflib.get_close_matches(reference.name, names, n=3, cutoff=0.6)
    meant = f"Did you mean {_either(near)}? " if near else ""
    if reference.name.startswith("hs_"):
        detail = f"This account does not list a property {reference.name!r}; HubSpot hides some of its own."
        return Finding(reference.named, detail, f"{meant}If it is hidden, nothing has to be done.", "warning")
    advice = "Use the internal name (Settings, Properties), or create the property first."
    return Finding(
        reference.named, f"{object.capitalize()} have no property {reference.name!r} in this account.", meant + advice
    )


def unfit(reference: Reference, type: str) -> Finding | None:
    """The property is there, but is of another kind than the workflows take it for."""
    name, kind = reference.name, _KINDS.get(type)
    if kind is None:
        return None
    if reference.use == "moment" and type != "datetime":
        detail = f"{name} is a property of the type {type}; engagement needs a point in time."
        return Finding(reference.pointer, detail, "Name a property of the type datetime, such as createdate.")
    if reference.use == "kind" and reference.values != (kind,):
        detail = f"{name} is a property of the type {type} in this account, and not {reference.values[0]}."
        return Finding(reference.pointer, detail, f"Write {name}: {kind} under target.fields.")
    return None


def unlisted(reference: Reference, options: Mapping[str, str]) -> Finding | None:
    """Values that no option has. `options`: internal value → label; values are compared letter by letter."""
    unknown = [text for value in reference.values if (text := _word(value)) and text not in options]
    if reference.use != "equal" or not unknown or not options:
        return None
    are = "is no option" if len(unknown) == 1 else "are no options"
    return Finding(
        reference.pointer,
        f"{values_text(unknown)} {are} of the property {reference.name} in this account.",
        f"{_meant(unknown[0], options)}{offer_text(unknown, options)} No lead matches a value that nothing sets.",
    )


def _meant(unknown: str, options: Mapping[str, str]) -> str:
    """Labels are what people see and internal values are what is compared."""
    for value, label in options.items():
        if label.casefold() == unknown.casefold():
            return f"The option {label!r} has the internal value {value!r}: write that. "
    by_fold = {value.casefold(): value for value in options}
    near = difflib.get_close_matches(unknown.casefold(), by_fold, n=1, cutoff=0.7)
    return f"Did you mean {by_fold[near[0]]!r}? " if near else ""


def _word(value: Scalar) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def another_zone(reference: Reference, zone: str, today: date) -> Finding | None:
    """`zone` is the account's. Names of one clock are the same zone: US/Eastern is America/New_York."""
    if zone == reference.name:
        return None
    if not is_zone(zone):
        said = f"in the time zone {zone!r}, which is not known here" if zone else "in a time zone that is not told"
        advice = f"Look at Settings, Account Defaults: it must be the clock of {reference.name}."
        return Finding(reference.pointer, f"The account is {said}.", advice, "warning")
    if same_clock(reference.name, zone, today):
        return None
    return Finding(
        reference.pointer,
        f"The account's time zone is {zone}, and not {reference.name}: opening hours of workflows would be kept in it.",
        f"Correct target.timezone: write timezone: {zone}. Or change the zone in HubSpot (Settings, Account Defaults).",
    )


@cache
def same_clock(one: str, other: str, today: date) -> bool:
    """Whether the clocks of two zones show the same for the next three years. The half hours of a day are looked at
    where either clock changed in it: no zone changes twice within a day."""
    if one == other:
        return True
    here, there = ZoneInfo(one), ZoneInfo(other)
    at = datetime(today.year, today.month, today.day, tzinfo=UTC)
    end = at.replace(year=at.year + _YEARS, day=min(at.day, 28))
    before = at.astimezone(here).utcoffset()
    while at < end:
        offset = at.astimezone(here).utcoffset()
        if offset != at.astimezone(there).utcoffset():
            return False
        if offset != before and not _agree_until(at, here, there):
            return False
        before = offset
        at += _DAY
    return True


def _agree_until(end: datetime, here: ZoneInfo, there: ZoneInfo) -> bool:
    """For the day that ends then."""
    moments = (end - _DAY + step * _STEP for step in range(_DAY // _STEP))
    return all(at.astimezone(here).utcoffset() == at.astimezone(there).utcoffset() for at in moments)


def nobody(reference: Reference, unresolved: Mapping[str, str]) -> Finding | None:
    """`unresolved`: what the workflows name and the account does not have (`user:…`, `owner:…`, `team:…`) → why."""
    words = ("user", "owner") if reference.use == "user" else ("team",)
    for word in words:
        reason = unresolved.get(f"{word}:{reference.name}")
        if reason is not None:
            what = "Team " if word == "team" else ""
            detail = f"{what}{reference.name!r}: {reason}. Workflows that name it cannot be written."
            advice = "Name somebody of the account; HubSpot knows users by email address and queues as teams."
            return Finding(reference.pointer, detail, advice)
    return None


def options_of(raw: Mapping[str, Any]) -> dict[str, str]:
    """Internal value → label of an enumeration's own options; empty where HubSpot keeps the options elsewhere."""
    if raw.get("type") != "enumeration" or raw.get("externalOptions") or raw.get("referencedObjectType"):
        return {}
    rows = raw.get("options")
    found = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    return {str(row.get("value") or ""): str(row.get("label") or "") for row in found}


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
