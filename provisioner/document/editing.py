"""Changing single values in the text of a document, with every comment, quote and blank where it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from provisioner.document.reading import loads
from provisioner.document.tree import escape

_GONE = object()


@dataclass(frozen=True, slots=True)
class Spot:
    """One written value: its JSON pointer, what it says, and where its text stands (offsets, quotes included).
    `style` is the quote, or empty for a plain one."""

    pointer: str
    value: str
    start: int
    end: int
    style: str


def spots(text: str) -> list[Spot]:
    """Every single value of the document in the order of the text; keys and block texts (`|`, `>`) are not among
    them. Empty when the text is no YAML."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError):
        return []
    found = {spot.start: spot for spot in _spots(root, "")} if root is not None else {}
    return [found[start] for start in sorted(found)]  # what an alias repeats stands in one place


def _spots(root: yaml.Node, pointer: str) -> Iterator[Spot]:
    waiting = [(root, pointer)]
    seen: set[int] = set()
    while waiting:
        node, at = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            waiting += [(value, f"{at}/{escape(str(key.value))}") for key, value in reversed(node.value)]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(value, f"{at}/{index}") for index, value in reversed(list(enumerate(node.value)))]
        elif isinstance(node, yaml.ScalarNode) and node.style not in ("|", ">"):
            yield Spot(at, str(node.value), node.start_mark.index, node.end_mark.index, node.style or "")


def replaced(text: str, spot: Spot, value: str) -> str | None:
    """The text with another value in this spot, quoted as the old one was, or as it has to be. None when the document
    would then differ anywhere else, or not read as a document any more."""
    before = loads(text)
    for written in _written(spot.style, value):
        after = text[: spot.start] + written + text[spot.end :]
        document = loads(after)
        if not document.findings and _is_only(before.data, document.data, spot, value):
            return after
    return None


def _is_only(before: Any, after: Any, spot: Spot, value: str) -> bool:
    """Whether the value there is the one that was meant, and nothing else differs."""
    is_meant = _at(after, spot.pointer) == _wanted(before, spot, value)
    return is_meant and _without(after, spot.pointer) == _without(before, spot.pointer)


def _written(style: str, value: str) -> Iterator[str]:
    if style == "'":
        yield "'" + value.replace("'", "''") + "'"
    elif not style:
        yield value
    yield json.dumps(value, ensure_ascii=False)


def _wanted(data: Any, spot: Spot, value: str) -> Any:
    """What the value is to be read as: of the kind it was, where the text says one."""
    old = _at(data, spot.pointer)
    if isinstance(old, bool):
        return value == "true"
    if isinstance(old, int | float):
        return type(old)(value) if _is_number(value) else value
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _at(data: Any, pointer: str) -> Any:
    """`_GONE` where the document has no such place any more."""
    for step in _steps(pointer):
        if isinstance(data, list) and step.isdecimal() and int(step) < len(data):
            data = data[int(step)]
        elif isinstance(data, dict) and step in data:
            data = data[step]
        else:
            return _GONE
    return data


def _without(data: Any, pointer: str) -> str:
    """Everything but the value there, as text."""
    copy = json.loads(json.dumps(data, default=str))
    *above, last = _steps(pointer) or [""]
    holder = copy
    for step in above:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    if isinstance(holder, list):
        holder[int(last)] = None
    elif isinstance(holder, dict):
        holder[last] = None
    return json.dumps(copy)


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
