"""How findings speak of places and values of the document. Everything quoted here is shortened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def spoken(pointer: str) -> str:
    """`/lead_types/0/sla` → `lead_types[0].sla`; the whole document is `the design`."""
    words = ""
    for segment in pointer.split("/")[1:]:
        name = segment.replace("~1", "/").replace("~0", "~")
        words += f"[{name}]" if name.isdigit() else f".{name}" if words else name
    return short(one_line(words), 120) if words else "the design"


def short(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def one_line(text: str) -> str:
    return text.replace("\n", "\\n").replace("\t", "\\t")


def quoted(value: Any) -> str:
    """A value as a person would write it: text in quotes, null as `empty`."""
    match value:
        case None:
            return "empty"
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{short(one_line(value))}'"
        case dict():
            return "a mapping"
        case list():
            return "a list"
    return short(str(value))


def flow(value: Any) -> str:
    """An example in YAML's one-line form."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(flow(item) for item in value) + "]"
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str() if value[:1] in tuple("@{[*&!%\"'`>|#") or value.endswith(".0"):
            return f'"{value}"'
    return str(value)


def listed(words: Iterable[str], joint: str = "or") -> str:
    """`a, b or c`."""
    items = list(words)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {joint} {items[-1]}"


def near(word: str, choices: Iterable[str]) -> str | None:
    """The choice a person probably meant by `word`; None when nothing is close."""
    import difflib  # only where something is misspelt: it costs start-up time

    by_fold = {choice.casefold(): choice for choice in choices}
    found = difflib.get_close_matches(word.casefold()[:80], by_fold, n=1, cutoff=0.6)
    return by_fold[found[0]] if found else None


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`Did you mean 'sla'? ` with the blank that joins it to the next sentence, or nothing."""
    found = near(word, choices)
    return f"Did you mean '{found}'? " if found else ""
