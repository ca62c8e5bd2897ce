"""Values on their way into fields: what a field accepts, and the refusals of system validation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.ids import normal_id
from provisioner.emulator.salesforce.state.rows import Compare, Row
from provisioner.emulator.salesforce.state.schema import NUMBER_TYPES, FieldDef, SObjectDef

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

# Filled by the org itself; nobody is asked for them.
SYSTEM_FIELDS = frozenset(
    {"Id", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp", "IsDeleted"}
)
_TEXT = frozenset(
    {"string", "textarea", "longtextarea", "email", "phone", "url", "picklist", "multipicklist", "base64"}
)


def whole_second(moment: datetime) -> datetime:
    """DateTime holds seconds ([docs] reference 2.3): rounded half up, in UTC."""
    moment = moment.astimezone(UTC)
    if moment.microsecond:
        carry = 1 if moment.microsecond >= 500_000 else 0
        moment = moment.replace(microsecond=0) + timedelta(seconds=carry)
    return moment


def to_number(item: FieldDef, value: Any) -> int | float:
    """A number as its field stores it: rounded half up to the field's scale."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    rounded = exact.quantize(Decimal(1).scaleb(-(0 if item.type == "int" else item.scale)), ROUND_HALF_UP)
    return int(rounded) if item.type == "int" else float(rounded) + 0.0  # a zero has no sign


def wrong_type(item: FieldDef, value: Any) -> ApiError:
    return ApiError(
        "INVALID_TYPE_ON_FIELD_IN_RECORD", f"{item.label}: value not of required type: {value}", [item.name]
    )


def accept(item: FieldDef, value: Any) -> Any:
    """`value` (typed, from a flow or already coerced) as the field stores it. ApiError when the types do not fit.

    Instants are cut to UTC whole seconds, numbers rounded to the scale, blank text is None.
    """
    if value is None or value == "":
        return False if item.type == "boolean" else None
    kind = item.type
    if kind == "boolean" and isinstance(value, bool):
        return value
    if kind in NUMBER_TYPES and isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return to_number(item, value)
    if kind == "datetime" and isinstance(value, datetime) and value.tzinfo is not None:
        return whole_second(value)
    if kind == "date" and isinstance(value, date) and not isinstance(value, datetime):
        return value
    if kind == "time" and isinstance(value, time):
        return value
    if kind in ("id", "reference") and isinstance(value, str):
        full = normal_id(value)
        if full is None:
            raise ApiError("MALFORMED_ID", f"{item.label}: id value of incorrect type: {value}", [item.name])
        return full
    if kind in _TEXT and isinstance(value, str):
        return value
    raise wrong_type(item, value)


def field_errors(item: FieldDef, value: Any) -> Iterator[ApiError]:
    """What is wrong with the value of one field: length, digits, restricted picklist."""
    if isinstance(value, str):
        if item.length and len(value) > item.length and item.type in _TEXT:
            text = f"{item.label}: data value too large: {value} (max length={item.length})"
            yield ApiError("STRING_TOO_LONG", text, [item.name])
        if item.restricted and item.type in ("picklist", "multipicklist"):
            allowed = {entry.value.lower() for entry in item.picklist if entry.active}
            parts = value.split(";") if item.type == "multipicklist" else [value]
            for part in parts:
                if part.lower() not in allowed:
                    text = f"{item.label}: bad value for restricted picklist field: {part}"
                    yield ApiError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text, [item.name])
    elif item.type in NUMBER_TYPES and item.precision and value is not None:
        limit = 10 ** (item.precision - item.scale)
        if abs(value) >= limit:
            text = f"{item.label}: value outside of valid range on numeric field: {value}"
            yield ApiError("NUMBER_OUTSIDE_VALID_RANGE", text, [item.name])


def missing_fields(definition: SObjectDef, row: Row) -> list[str]:
    """Required fields without a value, in field order."""
    return [
        item.name
        for item in definition.stored_fields
        if not item.nillable and item.name not in SYSTEM_FIELDS and item.createable and row.get(item.name) is None
    ]


class References:
    """Checks of what a reference field points to."""

    def __init__(self, org: Org) -> None:
        self.org = org

    def errors(self, definition: SObjectDef, item: FieldDef, value: Any) -> Iterator[ApiError]:
        if value is None or item.type != "reference" or not item.reference_to:
            return
        target = self.org.schema.by_prefix(value)
        known = [name for name in item.reference_to if self.org.schema.has(name)]
        if target is None or (known and target.name not in known):
            yield ApiError(
                "FIELD_INTEGRITY_EXCEPTION", f"{item.label}: id value of incorrect type: {value}", [item.name]
            )
            return
        row = self.org.rows.get(target.name, value)
        if row is None:
            yield ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
        elif item.name == "RecordTypeId":
            yield from self.org.record_types.type_errors(definition, value)
        elif item.name == "OwnerId":
            yield from self._owner(definition, target.name, row)

    def _owner(self, definition: SObjectDef, target: str, row: Row) -> Iterator[ApiError]:
        """[community] reference 3.5."""
        if target == "User" and not row["IsActive"]:
            text = f"operation performed with inactive user [{row['Id']}] as owner of {definition.name.lower()}"
            yield ApiError("INACTIVE_OWNER_OR_USER", text, [])
        if target == "Group":
            matches = Compare("QueueId", "=", row["Id"])
            served = {entry["SobjectType"] for entry in self.org.rows.select("QueueSobject", matches)}
            if row["Type"] != "Queue" or definition.name not in served:
                yield ApiError("FIELD_INTEGRITY_EXCEPTION", "Queue not associated with this SObject type", ["OwnerId"])
