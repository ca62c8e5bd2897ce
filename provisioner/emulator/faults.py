"""Trouble on order: the control door arms a fault, matching requests suffer it, a counted number of times."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

KINDS = ("status", "timeout", "reset", "partial", "expired_session", "slow", "partial_failure")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
LONGEST = 600.0  # real seconds that one answer may be held back


@dataclass
class Fault:
    """`after` lets the request do its work first, so that only the answer suffers. `seconds` are real seconds.

    `nth`: the first request that suffers, counted from 1 among those that match; `times` requests suffer in all.
    """

    kind: str
    method: str | None = None
    path: re.Pattern[str] = field(default_factory=lambda: re.compile(""))
    nth: int = 1
    times: int = 1
    status: int = 503
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 1.0
    after: bool = False
    lasting: bool = False  # of an expired session: the bearer it met stays dead
    rows: list[int] = field(default_factory=list)  # of a partial failure: places in the batch, from 0
    code: str = "UNABLE_TO_LOCK_ROW"
    message: str = "unable to obtain exclusive access to this record or 1 records"
    seen: int = 0

    def to_json(self) -> dict[str, Any]:
        """`times` is how often it is still to happen, `seen` how many requests matched so far."""
        match = {"method": self.method, "path_regex": self.path.pattern}
        counted = {"nth": self.nth, "times": self.times, "seen": self.seen}
        return {"match": match, "kind": self.kind, "after": self.after} | counted


def read_faults(document: Any) -> list[Fault]:
    """One fault or a list of them, all or none. Raises ValueError that says what is wrong."""
    return [read_fault(one) for one in document] if isinstance(document, list) else [read_fault(document)]


def read_fault(document: Any) -> Fault:
    """`{"match": {"method", "path_regex"}, "nth", "times", "kind", "status", "body", "headers", "seconds", "after",
    "lasting", "rows", "code", "message"}`: status, body and headers for `status`; rows, code and message for
    `partial_failure`; lasting for `expired_session`.

    Raises ValueError that says what is wrong.
    """
    if not isinstance(document, dict):
        raise ValueError("A fault is an object with at least 'kind'.")
    known = {"match", "kind", *_CHECKS}
    if unknown := sorted(document.keys() - known):
        raise ValueError(f"A fault has no {unknown[0]!r}; it has {', '.join(sorted(known))}.")
    facts = dict(document)
    method, path = _match(facts.pop("match", {}))
    if facts.get("kind") not in KINDS:
        raise ValueError(f"'kind' is one of {', '.join(KINDS)}, not {facts.get('kind')!r}.")
    for name, value in facts.items():
        if name != "kind":
            fits, wanted = _CHECKS[name]
            if not fits(value):
                raise ValueError(f"{name!r} is {wanted}, not {value!r}.")
    if facts["kind"] == "partial_failure" and not facts.get("rows"):
        raise ValueError("A partial_failure needs 'rows', the places in the batch that fail, from 0.")
    if facts.get("lasting") and facts["kind"] != "expired_session":
        raise ValueError("'lasting' goes with expired_session only.")
    return Fault(method=method, path=path, **facts)


def _match(match: Any) -> tuple[str | None, re.Pattern[str]]:
    if not isinstance(match, dict) or (wrong := sorted(match.keys() - {"method", "path_regex"})):
        raise ValueError(f"'match' has method and path_regex, not {wrong[0] if isinstance(match, dict) else match!r}.")
    method, pattern = match.get("method"), match.get("path_regex", "")
    if method is not None and method not in METHODS:
        raise ValueError(f"'method' is one of {', '.join(METHODS)}, not {method!r}.")
    if not isinstance(pattern, str):
        raise ValueError(f"'path_regex' is a text, not {pattern!r}.")
    try:
        return method, re.compile(pattern)
    except re.error as error:
        raise ValueError(f"'path_regex' is no regular expression: {error}.") from error


def _whole(value: Any, least: int, most: int = 1_000_000) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _seconds(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and 0 <= value <= LONGEST


def _header(name: Any, value: Any) -> bool:
    """What can stand in a header line: nothing that would begin another one."""
    texts = isinstance(name, str) and isinstance(value, str)
    return texts and re.fullmatch(r"[!#-'*+.^-`|~\w-]+", name, re.ASCII) is not None and _printable(value)


def _printable(value: str) -> bool:
    return re.fullmatch(r"[\t -~]*", value) is not None


_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "nth": (lambda value: _whole(value, 1), "a whole number from 1"),
    "times": (lambda value: _whole(value, 1), "a whole number from 1"),
    "status": (lambda value: _whole(value, 200, 599), "a status from 200 to 599"),
    "body": (lambda value: True, "anything"),
    "headers": (
        lambda value: isinstance(value, dict) and all(_header(*pair) for pair in value.items()),
        "an object of header names and texts",
    ),
    "seconds": (_seconds, f"a number of real seconds from 0 to {LONGEST:.0f}"),
    "after": (lambda value: isinstance(value, bool), "true or false"),
    "lasting": (lambda value: isinstance(value, bool), "true or false"),
    "rows": (
        lambda value: isinstance(value, list) and all(_whole(one, 0) for one in value),
        "a list of places in the batch, from 0",
    ),
    "code": (lambda value: isinstance(value, str) and value != "", "a text"),
    "message": (lambda value: isinstance(value, str), "a text"),
}


class Faults:
    """Armed faults in order. Each counts the requests that match it; the first whose turn it is happens."""

    def __init__(self) -> None:
        self.armed: list[Fault] = []
        self.dead: set[str] = set()  # Authorization headers whose session has expired for good

    def take(self, method: str, path: str) -> Fault | None:
        """The fault this request suffers, used up by one."""
        taken: Fault | None = None
        for fault in self.armed:
            if fault.method not in (None, method) or not fault.path.search(path):
                continue
            fault.seen += 1
            if taken is None and fault.times > 0 and fault.seen >= fault.nth:
                fault.times -= 1
                taken = fault
        return taken

    def clear(self) -> None:
        """No trouble any more, expired bearers live again."""
        self.armed.clear()
        self.dead.clear()
