"""Values inside SOQL text. Nothing else in this package may put a quote into a query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from provisioner.errors import TargetError

# URLs beyond ~16 KB are refused on the way ([community] reference/salesforce.md 8.2); encoding can triple a character.
LONGEST_LIST = 4000


def literal(value: str) -> str:
    """`value` as a quoted SOQL string that always ends where we end it.

    TargetError on control characters: no name, user or address we look for can hold one, and escaping them
    differently from the server would make a query say something else.
    """
    if any(_is_control(character) for character in value):
        raise TargetError(f"{value!r} holds a control character and cannot be looked up in Salesforce.")
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def can_be_asked(value: str) -> bool:
    """Whether `literal` takes it, and UTF-8 too: half of a surrogate pair is no text. What merely is not seen, such as
    a no-break space, can be asked for."""
    return not any(_is_control(character) or "\ud800" <= character <= "\udfff" for character in value)


def _is_control(character: str) -> bool:
    return ord(character) < 32 or ord(character) == 127


def literals(values: Iterable[str]) -> str:
    """`('a', 'b')` for IN: sorted, each once. ValueError when there are none (IN () is not SOQL)."""
    quoted = [literal(value) for value in sorted(set(values))]
    if not quoted:
        raise ValueError("a SOQL list needs at least one value")
    return f"({', '.join(quoted)})"


def portions(values: Iterable[str], longest: int = LONGEST_LIST) -> Iterator[Sequence[str]]:
    """The distinct values, sorted, in lists whose SOQL text is at most `longest` UTF-8 bytes (one value at least)."""
    portion: list[str] = []
    size = 0
    for value in sorted(set(values)):
        length = len(literal(value).encode("utf-8")) + 2
        if portion and size + length > longest:
            yield portion
            portion, size = [], 0
        portion.append(value)
        size += length
    if portion:
        yield portion
