"""What came back for one query, and how to say that nothing did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.errors import Unreachable
from provisioner.facts import Unasked
from provisioner.targets.http.reply import shortened

GROUPS_MOST = 2000
"""Groups that one aggregate query may have. [docs] reference/salesforce.md 8.2"""


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows of one query: the first page of them; `total` counts them all. `query` is what was asked."""

    query: str
    rows: tuple[Mapping[str, Any], ...]
    total: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """The org did not answer this query; `why` is for people. `is_hidden`: it does not show the object to this user."""

    query: str
    why: str
    is_hidden: bool = False


Answers = Mapping[str, Answer | Refusal]


def answer(answers: Answers, *keys: str) -> Answer | None:
    """The answer to the only key; None when there is none, or one of several is missing."""
    found = [answers.get(key) for key in keys]
    first = found[0]
    return first if isinstance(first, Answer) and all(isinstance(item, Answer) for item in found) else None


def why(answers: Answers, keys: Iterable[str]) -> str:
    """The reason of the first refusal among these."""
    refused = [item.why for key in keys if isinstance(item := answers.get(key), Refusal)]
    return refused[0] if refused else "It was not asked."


def unasked(part: str, answers: Answers, *keys: str) -> Unasked:
    return Unasked(part, why(answers, keys))


def text(row: Mapping[str, Any], field: str) -> str:
    """A text of a row, across relations (`Owner.Name`); empty when there is none. Aggregates flatten `Owner.Name` to
    `Name`. [docs] SOQL: aliases in grouped queries"""
    found = value(row, field)
    return found if isinstance(found, str) else ""


def value(row: Mapping[str, Any], field: str) -> Any:
    if field in row:
        return row[field]
    above, _, last = field.partition(".")
    inner = row.get(above)
    if isinstance(inner, Mapping):
        return value(inner, last)
    return row.get(field.rpartition(".")[2])


def number(row: Mapping[str, Any], field: str) -> int:
    """A count. Unreachable when it is none: what is not understood must not be taken for nothing."""
    found = row.get(field)
    if (whole := whole_number(found)) is None:
        raise Unreachable(not_a_count(found))
    return whole


def not_a_count(found: object) -> str:
    return f"Salesforce answered {shortened(repr(found))} where a count belongs."


def whole_number(found: object) -> int | None:
    whole = int(found) if isinstance(found, float) and found.is_integer() else found
    return whole if isinstance(whole, int) and not isinstance(whole, bool) and whole >= 0 else None


def decimal(row: Mapping[str, Any], field: str) -> float | None:
    found = row.get(field)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None
