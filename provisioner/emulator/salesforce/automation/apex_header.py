"""What the first line of an Apex trigger says: its name, its object, and the events it runs on."""

from __future__ import annotations

import re
from dataclasses import dataclass

COMMENTS = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_STRINGS = re.compile(r"'(?:[^'\\\n]|\\.)*'")
_TRIGGER = re.compile(r"^\s*trigger\s+(\w+)\s+on\s+(\w+)\s*\(([^)]*)\)\s*\{", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TriggerHeader:
    """`events` as they are compared: lower case, single blanks (`before insert`)."""

    name: str
    object: str
    events: tuple[str, ...]


def bare(body: str) -> str:
    """The code without comments, string literals emptied."""
    return _STRINGS.sub("''", COMMENTS.sub(" ", body))


def trigger_header(body: str) -> TriggerHeader | None:
    """None when the source is no trigger. Whether object and events exist is not looked at."""
    match = _TRIGGER.match(bare(body))
    if match is None:
        return None
    name, sobject, events = match.groups()
    return TriggerHeader(name, sobject, tuple(" ".join(event.lower().split()) for event in events.split(",")))
