"""Filters of a search. [spec] [docs] reference/hubspot.md 6.3

What a comparison says of a blank is never left to the platform: a filter that could take one is joined with one that
says whether the property is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from provisioner.targets.hubspot.audit.answers import Filter


def millis(at: datetime) -> str:
    """An aware instant as searches write it: milliseconds since 1970, UTC."""
    return str(int(at.timestamp() * 1000))


def known(property: str) -> Filter:
    return {"propertyName": property, "operator": "HAS_PROPERTY"}


def blank(property: str) -> Filter:
    return {"propertyName": property, "operator": "NOT_HAS_PROPERTY"}


def equals(property: str, value: str) -> Filter:
    return {"propertyName": property, "operator": "EQ", "value": value}


def among(property: str, values: Iterable[str]) -> Filter:
    """One of these options of an enumeration."""
    return {"propertyName": property, "operator": "IN", "values": sorted(set(values))}


def outside(property: str, values: Iterable[str], *, is_text: bool = False) -> Filter:
    """None of these; a blank may pass. Texts are compared in lower case, options as they are written."""
    words = {value.lower() if is_text else value for value in values}
    return {"propertyName": property, "operator": "NOT_IN", "values": sorted(words)}


def between(property: str, start: datetime, end: datetime) -> Filter:
    """From `start` to `end`, both included."""
    return {"propertyName": property, "operator": "BETWEEN", "value": millis(start), "highValue": millis(end)}


def compared(property: str, operator: str, value: str) -> Filter:
    """`operator`: LT, LTE, GT, GTE."""
    return {"propertyName": property, "operator": operator, "value": value}


def before(property: str, at: datetime) -> Filter:
    return compared(property, "LT", millis(at))


def since(property: str, at: datetime) -> Filter:
    return compared(property, "GTE", millis(at))


def parsed(text: str | None) -> datetime | None:
    """An instant as records hold it (2026-03-02T13:00:00.000Z, or milliseconds); None when it is none."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def iso(text: str | None) -> str:
    """The same instant, UTC, in whole seconds with Z; empty when it is none."""
    at = parsed(text)
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at is not None else ""


def number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
