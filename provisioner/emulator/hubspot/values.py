"""Values of properties: what may be written, and how it is kept. Everything is kept as text; blank is absence.

[docs] reference/hubspot.md 2.3
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from provisioner.emulator.hubspot.errors import Json
from provisioner.emulator.hubspot.times import DAY_MS, from_ms, read, show

LONGEST = 65_536


class BadValue(Exception):
    """`code` is the vendor's name of the problem."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def normal(definition: Json, raw: Any, current: str | None, known_owner: Callable[[str], bool]) -> str | None:
    """The text to keep for a written value, None when it clears. Raises BadValue."""
    if isinstance(raw, bool):
        raw = "true" if raw else "false"
    if not isinstance(raw, (str, int, float)):
        raise BadValue("INVALID_VALUE", f"{raw!r} was not a text")
    text = str(raw)
    if text.strip() == "":
        return None
    kind, field = definition["type"], definition["fieldType"]
    if definition.get("referencedObjectType") == "OWNER":
        if not known_owner(text):
            raise BadValue("INVALID_OWNER_ID", f"The owner {text} does not exist")
        return text
    if kind == "enumeration" and field == "checkbox":
        return _choices(definition, text, current)
    return _KINDS.get(kind, _text)(definition, text)


def _choices(definition: Json, text: str, current: str | None) -> str | None:
    """`a;b`; a leading `;` adds to what is there."""
    chosen = (current or "").split(";") if text.startswith(";") and current else []
    for value in text.strip(";").split(";"):
        _option(definition, value)
        if value not in chosen:
            chosen.append(value)
    return ";".join(chosen) or None


def _option(definition: Json, text: str) -> str:
    allowed = [option["value"] for option in definition["options"]]
    if not definition.get("externalOptions") and text not in allowed:
        raise BadValue("INVALID_OPTION", f"{text} was not one of the allowed options: {allowed}")
    return text


def _truth(definition: Json, text: str) -> str:
    if text.lower() not in ("true", "false"):
        raise BadValue("INVALID_BOOLEAN", f"{text} was not true or false")
    return text.lower()


def _number(definition: Json, text: str) -> str:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise BadValue("INVALID_NUMBER", f"{text} was not a valid number") from None
    if not number.is_finite():
        raise BadValue("INVALID_NUMBER", f"{text} was not a valid number")
    return plain(number)


def plain(number: Decimal) -> str:
    """Without exponent or idle zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") or "0" if "." in text else text


def _date(definition: Json, text: str) -> str:
    ms = read(text)
    if ms is None:
        raise BadValue("INVALID_DATE", f"{text} was not a valid date")
    if ms % DAY_MS:
        raise BadValue("INVALID_DATE", f"{text} is not midnight UTC")
    return f"{from_ms(ms):%Y-%m-%d}"


def _instant(definition: Json, text: str) -> str:
    ms = read(text)
    if ms is None:
        raise BadValue("INVALID_DATE", f"{text} was not a valid datetime")
    return show(ms)


def _text(definition: Json, text: str) -> str:
    if len(text) > LONGEST:
        raise BadValue("VALUE_TOO_LONG", f"The value is longer than {LONGEST} characters")
    return text


_KINDS: dict[str, Callable[[Json, str], str]] = {
    "bool": _truth,
    "enumeration": _option,
    "number": _number,
    "date": _date,
    "datetime": _instant,
}


def milliseconds(text: str | None) -> int | None:
    """A kept date or instant as a number."""
    return None if text is None else read(text)


def term(definition: Json, text: str) -> float | str | bool:
    """A kept value as a formula sees it."""
    kind = definition["type"]
    if kind == "bool":
        return text == "true"
    if kind in ("date", "datetime"):
        return float(read(text) or 0)
    return float(text) if kind == "number" else text


def instant_in(zone: Any, ms: int) -> datetime:
    """The local time of an instant."""
    return from_ms(ms).astimezone(zone)
