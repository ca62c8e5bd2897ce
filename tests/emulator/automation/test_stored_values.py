"""Values as a field stores them: hand-computed, at the edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from provisioner.emulator.salesforce.automation.values import accept, field_errors
from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.state.schema import FieldDef

WHOLE = FieldDef("N", "N", "int", precision=4)
TENTHS = FieldDef("T", "T", "double", precision=4, scale=1)
MOMENT = FieldDef("M", "M", "datetime")
TEXT = FieldDef("S", "S", "string", 3)


@pytest.mark.parametrize(
    ("item", "given", "stored"),
    [
        (WHOLE, Decimal("2.5"), 3),
        (WHOLE, Decimal("2.49"), 2),
        (WHOLE, Decimal("-2.5"), -3),
        (TENTHS, 0.25, 0.3),
        (TENTHS, Decimal("0.249"), 0.2),
        (MOMENT, datetime(2026, 1, 5, 14, 0, 0, 499_999, UTC), datetime(2026, 1, 5, 14, 0, tzinfo=UTC)),
        (MOMENT, datetime(2026, 1, 5, 14, 0, 59, 500_000, UTC), datetime(2026, 1, 5, 14, 1, tzinfo=UTC)),
        (
            MOMENT,
            datetime(2026, 1, 5, 9, 0, tzinfo=timezone(timedelta(hours=-5))),
            datetime(2026, 1, 5, 14, 0, tzinfo=UTC),
        ),
        (TEXT, "", None),
        (FieldDef("B", "B", "boolean"), None, False),
    ],
)
def test_what_is_stored(item: FieldDef, given: object, stored: object) -> None:
    found = accept(item, given)
    assert (type(found), found) == (type(stored), stored)


@pytest.mark.parametrize(
    ("item", "given"), [(WHOLE, True), (TEXT, 5), (MOMENT, datetime(2026, 1, 5)), (FieldDef("B", "B", "boolean"), 1)]
)
def test_what_does_not_fit(item: FieldDef, given: object) -> None:
    with pytest.raises(ApiError) as caught:
        accept(item, given)
    text = f"{item.label}: value not of required type: {given}"
    assert (caught.value.code, caught.value.message) == ("INVALID_TYPE_ON_FIELD_IN_RECORD", text)


@pytest.mark.parametrize(
    ("item", "value", "code"),
    [
        (TEXT, "abc", None),
        (TEXT, "abcd", "STRING_TOO_LONG"),
        (TENTHS, 999.9, None),
        (TENTHS, -1000.0, "NUMBER_OUTSIDE_VALID_RANGE"),
        (WHOLE, 9999, None),
        (WHOLE, 10000, "NUMBER_OUTSIDE_VALID_RANGE"),
    ],
)
def test_how_much_fits(item: FieldDef, value: object, code: str | None) -> None:
    assert [problem.code for problem in field_errors(item, value)] == ([code] if code else [])
