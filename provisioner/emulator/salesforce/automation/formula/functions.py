"""The plain functions of formulas: fixed parameter kinds, values in, value out.

Null rules follow the vendor's published engine ([code: salesforce formula-engine]): a function of
numbers or dates with a blank argument is blank; blank text is the empty string.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from .kinds import ARITHMETIC, STEADY, FormulaFault, Kind, Scope, Value

N, T, D, DT, TM = Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.DATETIME, Kind.TIME
Kinds = tuple[Kind, ...]

# Known to the vendor, not run here ([docs] reference 4.2 lists those a flow may not use either).
UNMODELLED = frozenset(
    {
        "HYPERLINK",
        "IMAGE",
        "GETRECORDIDS",
        "INCLUDE",
        "PARENTGROUPVAL",
        "PREVGROUPVAL",
        "REQUIRESCRIPT",
        "VLOOKUP",
        "DISTANCE",
        "GEOLOCATION",
        "GETSESSIONID",
        "LINKTO",
        "URLFOR",
        "ISCLONE",
        "CURRENCYRATE",
        "FORMATDURATION",
        "JSENCODE",
        "HTMLENCODE",
        "URLENCODE",
        "JSINHTMLENCODE",
        "PREDICT",
        "IMAGEPROXYURL",
        "INITCAP",
        "ASCII",
        "CHR",
        "ACOS",
        "ASIN",
        "ATAN",
        "ATAN2",
        "COS",
        "SIN",
        "TAN",
        "PICKLISTCOUNT",
        "REVERSE",
    }
)


@dataclass(frozen=True, slots=True)
class Function:
    """`parameters`: accepted kinds by position (the last repeats when `most` is larger)."""

    parameters: tuple[Kinds, ...]
    least: int
    most: int
    result: Kind
    run: Callable[..., Value]
    scoped: bool = False  # `run` also wants the Scope, first

    def accepts(self, position: int) -> Kinds:
        return self.parameters[min(position, len(self.parameters) - 1)]


def whole(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_DOWN))


def plain(value: Decimal) -> str:
    """A number as TEXT() writes it: no exponent, no trailing zeros."""
    if value == 0:
        return "0"
    return format(value.normalize(ARITHMETIC), "f")


def round_half_up(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, ARITHMETIC)


def _steady(value: Decimal, down: str, up: str) -> Decimal:
    steady = STEADY.plus(value)
    return steady.to_integral_value(up if steady < 0 else down)


def _floor(value: Decimal) -> Decimal:
    """Toward zero for negative numbers ([code: salesforce formula-engine])."""
    return _steady(value, ROUND_FLOOR, ROUND_CEILING)


def _ceiling(value: Decimal) -> Decimal:
    """Away from zero for negative numbers ([code: salesforce formula-engine])."""
    return _steady(value, ROUND_CEILING, ROUND_FLOOR)


def _mod(value: Decimal, divisor: Decimal) -> Decimal:
    if divisor == 0:
        raise FormulaFault("Division by zero in MOD().")
    # The remainder keeps the sign of the dividend; a 39-digit context would refuse huge quotients.
    return value - divisor * (ARITHMETIC.divide(value, divisor)).to_integral_value(ROUND_DOWN)


def _sqrt(value: Decimal) -> Decimal:
    if value < 0:
        raise FormulaFault("SQRT() of a negative number.")
    return ARITHMETIC.sqrt(value)


def _value(text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        number = Decimal(text.strip())
    except InvalidOperation as problem:
        raise FormulaFault(f"VALUE() of a text that is no number: {text!r}.") from problem
    if not number.is_finite():
        raise FormulaFault(f"VALUE() of a text that is no number: {text!r}.")
    return number


def _left(text: str, count: Decimal) -> str:
    return text[: max(0, whole(count))]


def _right(text: str, count: Decimal) -> str:
    size = max(0, whole(count))
    return text[-size:] if size else ""


def _mid(text: str, start: Decimal, count: Decimal) -> str:
    first = max(1, whole(start)) - 1
    return text[first : first + max(0, whole(count))]


def _find(wanted: str, text: str, start: Decimal = Decimal(1)) -> Decimal:
    if not wanted or start < 1:
        return Decimal(0)
    return Decimal(text.find(wanted, whole(start) - 1) + 1)


def _date(year: Decimal, month: Decimal, day: Decimal) -> date:
    try:
        return date(whole(year), whole(month), whole(day))
    except ValueError as problem:
        raise FormulaFault(f"DATE({plain(year)}, {plain(month)}, {plain(day)}) is no day.") from problem


def _datevalue(scope: Scope, value: Value) -> date | None:
    """The day of an instant in the running user's time zone ([docs] reference 2.3)."""
    if isinstance(value, datetime):
        return value.astimezone(scope.zone).date()
    if isinstance(value, date):
        return value
    if not value:
        return None
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError as problem:
        raise FormulaFault(f"DATEVALUE() of a text that is no date: {value!r}.") from problem


def _datetimevalue(value: Value) -> datetime | None:
    """Text is read as GMT ([community] reference 2.3)."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not value:
        return None
    try:
        return datetime.strptime(str(value).strip().removesuffix("Z"), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError as problem:
        raise FormulaFault(f"DATETIMEVALUE() of a text that is no date and time: {value!r}.") from problem


def _addmonths(value: date, months: Decimal) -> date:
    """The last day of a month stays the last day of a month."""
    index = value.year * 12 + value.month - 1 + whole(months)
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    was_last = value.day == calendar.monthrange(value.year, value.month)[1]
    return value.replace(year=year, month=month + 1, day=last if was_last else min(value.day, last))


def _text(value: Value) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, time):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _isnumber(text: str) -> bool:
    try:
        return bool(text.strip()) and Decimal(text.strip()).is_finite()
    except InvalidOperation:
        return False


def _truncated(value: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-whole(places)), ROUND_DOWN, ARITHMETIC)


def _padded(text: str, size: Decimal, filling: str, *, left: bool) -> str:
    """To exactly `size` characters: filled, or cut at the end."""
    length = max(0, whole(size))
    missing = length - len(text)
    if missing <= 0 or not filling:
        return text[:length]
    pad = (filling * missing)[:missing]
    return pad + text if left else text + pad


def _logarithm(value: Decimal, *, natural: bool) -> Decimal:
    if value <= 0:
        raise FormulaFault("A logarithm of a number that is not positive.")
    return ARITHMETIC.ln(value) if natural else ARITHMETIC.log10(value)


def _timevalue(value: Value) -> time | None:
    """The time of an instant or of a text, in GMT ([docs] the list of functions)."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).time()
    if isinstance(value, time):
        return value
    if not value:
        return None
    try:
        return time.fromisoformat(str(value).strip())
    except ValueError as problem:
        raise FormulaFault(f"TIMEVALUE() of a text that is no time: {value!r}.") from problem


def _casesafeid(text: str) -> str:
    if len(text) != 15:
        return text
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    chunks = (text[start : start + 5] for start in (0, 5, 10))
    return text + "".join(letters[sum(1 << i for i, c in enumerate(chunk) if "A" <= c <= "Z")] for chunk in chunks)


def _fixed(result: Kind, run: Callable[..., Any], *parameters: Kind | Kinds, least: int | None = None) -> Function:
    shaped = tuple(item if isinstance(item, tuple) else (item,) for item in parameters)
    return Function(shaped, len(shaped) if least is None else least, len(shaped), result, run)


def _many(result: Kind, run: Callable[..., Any], kinds: Kinds, least: int = 1) -> Function:
    return Function((kinds,), least, 255, result, run)


FUNCTIONS: dict[str, Function] = {
    "ROUND": _fixed(N, lambda value, places: round_half_up(value, whole(places)), N, N),
    "FLOOR": _fixed(N, _floor, N),
    "CEILING": _fixed(N, _ceiling, N),
    "MFLOOR": _fixed(N, lambda value: STEADY.plus(value).to_integral_value(ROUND_FLOOR), N),
    "MCEILING": _fixed(N, lambda value: STEADY.plus(value).to_integral_value(ROUND_CEILING), N),
    "MOD": _fixed(N, _mod, N, N),
    "ABS": _fixed(N, abs, N),
    "SQRT": _fixed(N, _sqrt, N),
    "MAX": _many(N, lambda *values: max(values), (N,)),
    "MIN": _many(N, lambda *values: min(values), (N,)),
    "VALUE": _fixed(N, _value, T),
    "LEFT": _fixed(T, _left, T, N),
    "RIGHT": _fixed(T, _right, T, N),
    "MID": _fixed(T, _mid, T, N, N),
    "LEN": _fixed(N, lambda text: Decimal(len(text)), T),
    "FIND": _fixed(N, _find, T, T, N, least=2),
    "SUBSTITUTE": _fixed(T, lambda text, old, new: text.replace(old, new) if old else text, T, T, T),
    "TRIM": _fixed(T, lambda text: text.strip(), T),
    "UPPER": _fixed(T, lambda text, locale="": text.upper(), T, T, least=1),
    "LOWER": _fixed(T, lambda text, locale="": text.lower(), T, T, least=1),
    "CONTAINS": _fixed(Kind.BOOLEAN, lambda text, part: part in text, T, T),
    "BEGINS": _fixed(Kind.BOOLEAN, lambda text, part: text.startswith(part), T, T),
    "BR": Function((), 0, 0, T, lambda: "\n"),
    "CASESAFEID": _fixed(T, _casesafeid, T),
    "TEXT": _fixed(T, _text, (N, D, DT, TM, Kind.PICKLIST)),
    "NOW": Function((), 0, 0, DT, lambda scope: scope.now, scoped=True),
    "TODAY": Function((), 0, 0, D, lambda scope: scope.now.astimezone(scope.zone).date(), scoped=True),
    "ISNEW": Function((), 0, 0, Kind.BOOLEAN, lambda scope: scope.is_new, scoped=True),
    "DATE": _fixed(D, _date, N, N, N),
    "DATEVALUE": Function(((T, DT, D),), 1, 1, D, _datevalue, scoped=True),
    "DATETIMEVALUE": _fixed(DT, _datetimevalue, (T, DT, D)),
    "ADDMONTHS": _fixed(D, _addmonths, (D, DT), N),
    "YEAR": _fixed(N, lambda day: Decimal(day.year), D),
    "MONTH": _fixed(N, lambda day: Decimal(day.month), D),
    "DAY": _fixed(N, lambda day: Decimal(day.day), D),
    "WEEKDAY": _fixed(N, lambda day: Decimal(day.isoweekday() % 7 + 1), D),
    "HOUR": _fixed(N, lambda moment: Decimal(moment.hour), TM),
    "MINUTE": _fixed(N, lambda moment: Decimal(moment.minute), TM),
    "SECOND": _fixed(N, lambda moment: Decimal(moment.second), TM),
    "TRUNC": _fixed(N, _truncated, N, N, least=1),
    "EXP": _fixed(N, ARITHMETIC.exp, N),
    "LN": _fixed(N, lambda value: _logarithm(value, natural=True), N),
    "LOG": _fixed(N, lambda value: _logarithm(value, natural=False), N),
    "PI": Function((), 0, 0, N, lambda: Decimal("3.14159265358979")),
    "ISNUMBER": _fixed(Kind.BOOLEAN, _isnumber, T),
    "LPAD": _fixed(T, lambda text, size, pad=" ": _padded(text, size, pad, left=True), T, N, T, least=2),
    "RPAD": _fixed(T, lambda text, size, pad=" ": _padded(text, size, pad, left=False), T, N, T, least=2),
    "TIMEVALUE": _fixed(TM, _timevalue, (T, DT, TM)),
    "TIMENOW": Function((), 0, 0, TM, lambda scope: scope.now.astimezone(UTC).time(), scoped=True),
    "UNIXTIMESTAMP": _fixed(N, lambda moment: Decimal(int(moment.timestamp())), DT),
    "FROMUNIXTIME": _fixed(DT, lambda seconds: datetime.fromtimestamp(whole(seconds), UTC), N),
    "DAYOFYEAR": _fixed(N, lambda day: Decimal(day.timetuple().tm_yday), D),
    "ISOWEEK": _fixed(N, lambda day: Decimal(day.isocalendar().week), D),
    "ISOYEAR": _fixed(N, lambda day: Decimal(day.isocalendar().year), D),
    "MILLISECOND": _fixed(N, lambda moment: Decimal(moment.microsecond // 1000), TM),
}

__all__ = ["FUNCTIONS", "UNMODELLED", "Function", "plain", "round_half_up", "whole"]
