"""Field values on the wire: JSON in, JSON out."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, date, datetime, time
from typing import Any

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.ids import normal_id
from provisioner.emulator.salesforce.state.schema import NUMBER_TYPES, FieldDef

_OFFSET = re.compile(r"(?<=[+-]\d\d)(?=\d\d$)")
_TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z?")


def coerce(item: FieldDef, value: Any) -> Any:
    """A JSON value → the Python value of the field (datetimes in UTC, blank text None); lengths go unchecked.

    Raises ApiError: JSON_PARSER_ERROR for another JSON type, MALFORMED_ID, NUMBER_OUTSIDE_VALID_RANGE.
    """
    if value is None or value == "":
        return None
    if item.type == "boolean":
        return _boolean(item, value)
    if item.type in NUMBER_TYPES:
        return _number(item, value)
    if not isinstance(value, str):
        raise _misfit(item, value)
    match item.type:
        case "id" | "reference":
            return _record_id(item, value)
        case "datetime" | "date" | "time":
            return _moment(item, value)
        case "base64":
            return _encoded(item, value)
    # Surrounding blanks of a text are trimmed by the vendor, and a text of blanks is null.
    return value.strip() or None if item.type not in ("textarea", "longtextarea") else value


def _misfit(item: FieldDef, value: Any) -> ApiError:
    # bool before int: True is an int to Python, not to JSON.
    kinds = ((bool, "VALUE_TRUE" if value else "VALUE_FALSE"), (int, "VALUE_NUMBER_INT"), (float, "VALUE_NUMBER_FLOAT"))
    kind = next((name for python, name in kinds if isinstance(value, python)), None)
    if kind is None:
        kind = {"str": "VALUE_STRING", "list": "START_ARRAY"}.get(type(value).__name__, "START_OBJECT")
    expected = {"datetime": "datetime", "date": "date", "time": "time", "boolean": "boolean", "int": "int"}.get(
        item.type, "double" if item.type in NUMBER_TYPES else "string"
    )
    shown = f"{value!r}".lower() if isinstance(value, bool) else value
    return ApiError(
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {expected} from {kind} value {shown} "
        "or request may be missing a required field at [line:1, column:2]",
    )


def _boolean(item: FieldDef, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _misfit(item, value)


def _number(item: FieldDef, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise _misfit(item, value)
    try:
        number = float(value)
    except ValueError as error:
        raise _misfit(item, value) from error
    if item.type == "int" and number != int(number):
        raise _misfit(item, value)
    whole_digits = item.precision - item.scale
    if number != number or (whole_digits > 0 and abs(number) >= 10**whole_digits):
        text = f"{item.label}: value outside of valid range on numeric field: {value}"
        raise ApiError("NUMBER_OUTSIDE_VALID_RANGE", text, [item.name])
    return int(number) if item.type == "int" else number  # the save rounds to the scale


def _record_id(item: FieldDef, value: str) -> str:
    found = normal_id(value)
    if found is None:
        raise ApiError("MALFORMED_ID", f"{item.label}: id value of incorrect type: {value}", [item.name])
    return found


def _moment(item: FieldDef, value: str) -> datetime | date | time:
    try:
        if item.type == "date":
            return date.fromisoformat(value)
        if item.type == "time":
            if not _TIME.fullmatch(value):
                raise ValueError(value)
            return time.fromisoformat(value.removesuffix("Z"))
        moment = datetime.fromisoformat(_OFFSET.sub(":", value))
    except ValueError as error:
        raise _misfit(item, value) from error
    if "T" not in value or moment.tzinfo is None:
        raise _misfit(item, value)
    return moment.astimezone(UTC).replace(microsecond=0)


def _encoded(item: FieldDef, value: str) -> str:
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise _misfit(item, value) from error
    return value


def to_json(item: FieldDef, value: Any) -> Any:
    """A stored value as REST shows it: `2026-01-05T15:00:00.000+0000`, `09:00:00.000Z`, `2026-01-05`."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}+0000"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value:%H:%M:%S}.{value.microsecond // 1000:03d}Z"
    if value is not None and item.type in ("double", "currency", "percent"):
        return float(value)
    return value
