"""The formula language: tables of hand-computed values, refusals in the vendor's words, laws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.emulator.salesforce.automation.formula import FormulaError, Kind, Reference, compile_formula

ZONE = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 3, 8, 9, 30, tzinfo=UTC)  # 01:30 in Los Angeles, half an hour before the clocks jump
FIELDS: dict[str, tuple[Kind, Any]] = {
    "Text__c": (Kind.TEXT, "Acme Ltd"),
    "NoText__c": (Kind.TEXT, None),
    "Ten__c": (Kind.NUMBER, Decimal(10)),
    "NoNumber__c": (Kind.NUMBER, None),
    "Flag__c": (Kind.BOOLEAN, True),
    "Day__c": (Kind.DATE, date(2026, 1, 31)),
    "NoDay__c": (Kind.DATE, None),
    "Moment__c": (Kind.DATETIME, datetime(2026, 1, 5, 15, 0, tzinfo=UTC)),
    "NoMoment__c": (Kind.DATETIME, None),
    "Clock__c": (Kind.TIME, time(13, 45, 30, 250_000)),
    "Status": (Kind.PICKLIST, "Open"),
    "NoStatus": (Kind.PICKLIST, None),
    "Tags__c": (Kind.MULTIPICKLIST, "red;blue"),
    "Notes__c": (Kind.LONGTEXT, "x"),
}


@dataclass
class Scope:
    now: datetime = NOW
    zone: ZoneInfo = ZONE
    is_new: bool = False
    prior: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Names:
    merge: bool = False
    patterns: bool = False

    def resolve(self, name: str) -> Reference:
        if name not in FIELDS:
            raise FormulaError(f"Field {name} does not exist. Check spelling.")
        kind, value = FIELDS[name]
        return Reference(kind, lambda scope: value, lambda scope: scope.prior.get(name, value))


def value(source: str, scope: Scope | None = None) -> Any:
    return compile_formula(source, Names()).evaluate(scope or Scope())


def problem(source: str, expected: Kind | None = None, *, merge: bool = False) -> str:
    with pytest.raises(FormulaError) as caught:
        compile_formula(source, Names(merge), expected)
    return str(caught.value)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # arithmetic and precedence
        ("1 + 2 * 3", Decimal(7)),
        ("(1 + 2) * 3", Decimal(9)),
        ("2 ^ 3 * 2", Decimal(16)),
        ("10 - 2 - 3", Decimal(5)),
        ("-Ten__c + 1", Decimal(-9)),
        ("7 / 2 /* half */", Decimal("3.5")),
        ("1 / 0", None),
        ("ROUND(2.5, 0)", Decimal(3)),
        ("ROUND(-2.5, 0)", Decimal(-3)),
        ("ROUND(1.005, 2)", Decimal("1.01")),
        ("ROUND(1234.5, -2)", Decimal(1200)),
        ("FLOOR(2.7)", Decimal(2)),
        ("FLOOR(-2.7)", Decimal(-2)),
        ("MFLOOR(-2.7)", Decimal(-3)),
        ("CEILING(2.1)", Decimal(3)),
        ("CEILING(-2.1)", Decimal(-3)),
        ("MCEILING(-2.1)", Decimal(-2)),
        ("FLOOR(1 / 3 * 3)", Decimal(1)),
        ("MOD(7, 3)", Decimal(1)),
        ("MOD(-7, 3)", Decimal(-1)),
        ("MOD(7.5, 1)", Decimal("0.5")),
        ("MAX(1, Ten__c, 3)", Decimal(10)),
        ("MIN(1, NoNumber__c)", None),
        ("ABS(-4)", Decimal(4)),
        ("SQRT(16)", Decimal(4)),
        ("SQRT(-1)", None),
        # blanks
        ("NoNumber__c + 1", None),
        ("ISBLANK(NoNumber__c)", True),
        ("ISNULL(Text__c)", False),
        ("BLANKVALUE(NoNumber__c, 5)", Decimal(5)),
        ("NULLVALUE(Ten__c, 5)", Decimal(10)),
        ('NoText__c = ""', True),
        ('NoText__c & "x"', "x"),
        ("NoText__c & NoText__c", None),
        ("LEN(NoText__c)", Decimal(0)),
        ("NoNumber__c > 5", False),
        ("NULL > 5", False),
        ("NOT(NoNumber__c > 5)", False),
        ("NOT(Flag__c)", False),
        ("NOT(Ten__c > 50)", True),
        ("NoNumber__c = NULL", False),
        ("IF(NoNumber__c > 5, 1, 2)", Decimal(2)),
        ("OR(NoNumber__c > 5, TRUE)", True),
        # logic
        ("AND(Flag__c, Ten__c >= 10, Ten__c <> 11)", True),
        ("Flag__c && !Flag__c || Ten__c == 10", True),
        ("Ten__c != 10", False),
        ('CASE(Ten__c, 9, "nine", 10, "ten", "other")', "ten"),
        ('CASE(Status, "Open", 1, "Closed", 2, 0)', Decimal(1)),
        ('CASE(NoStatus, "Open", 1, 0)', Decimal(0)),
        ('ISPICKVAL(Status, "Open")', True),
        ('ISPICKVAL(NoStatus, "")', True),
        ('TEXT(Status) = "Open"', True),
        ('INCLUDES(Tags__c, "blue")', True),
        ('INCLUDES(Tags__c, "lue")', False),
        # text
        ("LEFT(Text__c, 4)", "Acme"),
        ("RIGHT(Text__c, 3)", "Ltd"),
        ("RIGHT(Text__c, 0)", None),
        ("MID(Text__c, 6, 2)", "Lt"),
        ('FIND("m", Text__c)', Decimal(3)),
        ('FIND("m", Text__c, 4)', Decimal(0)),
        ('SUBSTITUTE(Text__c, "Ltd", "Inc")', "Acme Inc"),
        ('TRIM("  a  ")', "a"),
        ('UPPER(Text__c) & LOWER("X")', "ACME LTDx"),
        ('CONTAINS(Text__c, "me L")', True),
        ('BEGINS(Text__c, "acme")', False),
        ("\"a\" + 'b'", "ab"),
        ('"say \\"hi\\"" & BR()', 'say "hi"\n'),
        ("TEXT(1.50)", "1.5"),
        ("TEXT(100)", "100"),
        ("TEXT(Day__c)", "2026-01-31"),
        ("TEXT(Moment__c)", "2026-01-05 15:00:00Z"),
        ('VALUE(" 12.5 ") * 2', Decimal(25)),
        ('VALUE("twelve")', None),
        ("VALUE(NoText__c)", None),
        ('CASESAFEID("00Q000000000001")', "00Q000000000001EAA"),
        # dates
        ("Day__c + 1", date(2026, 2, 1)),
        ("Day__c + 1.9", date(2026, 2, 1)),
        ("Day__c - DATE(2026, 1, 1)", Decimal(30)),
        ("DATE(2026, 2, 30)", None),
        ("ADDMONTHS(Day__c, 1)", date(2026, 2, 28)),
        ("ADDMONTHS(DATE(2026, 2, 28), 1)", date(2026, 3, 31)),
        ("ADDMONTHS(DATE(2026, 1, 15), -2)", date(2025, 11, 15)),
        ("YEAR(Day__c) * 10000 + MONTH(Day__c) * 100 + DAY(Day__c)", Decimal(20260131)),
        ("WEEKDAY(DATE(2026, 3, 8))", Decimal(1)),
        ("TODAY()", date(2026, 3, 8)),
        ('DATEVALUE(DATETIMEVALUE("2026-03-08 07:59:59"))', date(2026, 3, 7)),
        ('DATEVALUE("2026-03-08")', date(2026, 3, 8)),
        ("Moment__c + 5 / 1440", datetime(2026, 1, 5, 15, 5, tzinfo=UTC)),
        ("Moment__c - 1 / 3 / 86400", datetime(2026, 1, 5, 15, 0, tzinfo=UTC)),
        ("Moment__c + 0.5 / 86400", datetime(2026, 1, 5, 15, 0, 1, tzinfo=UTC)),
        ("(NOW() - Moment__c) * 1440", Decimal(62 * 1440 - 330)),
        ("NoMoment__c - Moment__c", None),
        ("BLANKVALUE(NoMoment__c, NOW()) > Moment__c", True),
        ("HOUR(Clock__c) + MINUTE(Clock__c) / 100 + SECOND(Clock__c) / 10000", Decimal("13.4530")),
        ("MILLISECOND(Clock__c)", Decimal(250)),
        ('IF(ISNEW(), "new", "old")', "old"),
    ],
)
def test_values(source: str, expected: Any) -> None:
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Missing__c + 1", "Field Missing__c does not exist. Check spelling."),
        ("LEFT(Text__c, \"a\")", "Incorrect parameter type for function 'LEFT()'. Expected Number, received Text"),
        ("ABS(Text__c)", "Incorrect parameter type for function 'ABS()'. Expected Number, received Text"),
        ("Text__c * 2", "Incorrect parameter type for operator '*'. Expected Number, received Text"),
        ("Text__c & 2", "Incorrect parameter type for operator '&'. Expected Text, received Number"),
        ("Status = \"Open\"", "Incorrect parameter type for operator '='. Expected Text, received Picklist"),
        ("Day__c = NOW()", "Incorrect parameter type for operator '='. Expected Date, received DateTime"),
        ("Moment__c + NOW()", "Incorrect parameter type for operator '+'. Expected Number, received DateTime"),
        ("IF(Ten__c, 1, 2)", "Incorrect parameter type for function 'IF()'. Expected Boolean, received Number"),
        ("IF(Flag__c, 1, \"a\")", "Incorrect parameter type for function 'IF()'. Expected Number, received Text"),
        ("LEFT(Text__c)", "Incorrect number of parameters for function 'LEFT()'. Expected 2, received 1"),
        (
            "TEXT(Text__c)",
            "Incorrect parameter type for function 'TEXT()'. "
            "Expected Number, Date, DateTime, Time, Picklist, received Text",
        ),
        ("LEN(Notes__c)", "You cannot use the long text field Notes__c in a formula."),
        ("FOO(1)", "Unknown function FOO. Check spelling."),
        ("REGEX(Text__c, \"a\")", "Function REGEX may not be used in this type of formula"),
        ("HYPERLINK(\"a\", \"b\")", "The emulator does not model the function HYPERLINK()."),
        (
            'ISPICKVAL(Status, "a", "b")',
            "Incorrect number of parameters for function 'ISPICKVAL()'. Expected 2, received 3",
        ),
        ("1 +", "Syntax error. Found end of formula"),
        ("(1 + 2", "Syntax error. Missing ')'"),
        ("1 + 2)", "Syntax error. Extra ')'"),
        ("1 # 2", "Syntax error. Found '#'"),
        ("", "Syntax error. Found end of formula"),
        ("{!Ten__c}", "Field Ten__c does not exist. Check spelling."),
        ("ISCHANGED(1)", "The function ISCHANGED() can only be used with a field of the record being saved."),
        ("1" + " " * 3900, "Formula is too long (3901 characters). Maximum length is 3,900 characters."),
    ],
)  # fmt: skip
def test_refusals(source: str, text: str) -> None:
    assert problem(source) == text


def test_the_result_must_fit_the_field() -> None:
    text = "Error: Formula result is data type (Number), incompatible with expected data type (Text)."
    assert problem("1 + 1", Kind.TEXT) == text
    assert compile_formula("NULL", Names(), Kind.TEXT).evaluate(Scope()) is None


def test_flow_formulas_write_names_in_merge_braces() -> None:
    assert compile_formula("{!Ten__c} * 2", Names(merge=True)).evaluate(Scope()) == Decimal(20)
    assert problem("Ten__c * 2", merge=True) == "Field Ten__c does not exist. Check spelling."
    # A value that came out of a name is never read again.
    assert compile_formula('"{!Ten__c}"', Names(merge=True)).evaluate(Scope()) == "{!Ten__c}"


def test_changes_of_the_saved_record() -> None:
    before = Scope(prior={"Ten__c": Decimal(9)})
    assert value("ISCHANGED(Ten__c)", before) is True
    assert value("PRIORVALUE(Ten__c)", before) == Decimal(9)
    assert value("ISCHANGED(Text__c)", before) is False
    assert value("ISCHANGED(Ten__c)", Scope(is_new=True, prior={"Ten__c": None})) is False


@given(st.integers(-(10**7), 10**7), st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)))
def test_seconds_survive_the_way_through_days(count: int, moment: datetime) -> None:
    start = moment.replace(microsecond=0, tzinfo=UTC)
    source = f'(DATETIMEVALUE("{start:%Y-%m-%d %H:%M:%S}") + {count} / 86400 - NOW()) * 86400'
    expected = Decimal(int((start + timedelta(seconds=count) - NOW).total_seconds()))
    found = value(source)
    assert abs(found - expected) < Decimal("1e-25")


@given(st.decimals(-(10**9), 10**9, places=4), st.integers(0, 4))
def test_rounding_is_half_away_from_zero(number: Decimal, places: int) -> None:
    unit = Decimal(1).scaleb(-places)
    found = value(f"ROUND({number}, {places})")
    distance = abs(found - number)
    assert distance * 2 <= unit
    assert distance * 2 < unit or abs(found) > abs(number)


@given(st.decimals(-(10**6), 10**6, places=3), st.decimals(Decimal("0.001"), 10**4, places=3))
def test_mod_is_what_division_leaves(number: Decimal, divisor: Decimal) -> None:
    rest = value(f"MOD({number}, {divisor})")
    assert abs(rest) < divisor
    assert rest == 0 or (rest > 0) == (number > 0)
    assert (number - rest) % divisor == 0
