"""Trouble on order: the control door arms a fault, matching requests suffer it, a counted number of times."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

KINDS = ("status", "timeout", "reset", "partial", "expired_session", "slow", "partial_failure")


@dataclass
class Fault:
    """`after` lets the request do its work first, so that only the answer is lost. `seconds` are real seconds."""

    kind: str
    method: str | None = None
    path: re.Pattern[str] = field(default_factory=lambda: re.compile(""))
    times: int = 1
    status: int = 503
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 1.0
    after: bool = False
    rows: list[int] = field(default_factory=list)  # of a partial failure: places in the batch, from 0
    code: str = "UNABLE_TO_LOCK_ROW"
    message: str = "unable to obtain exclusive access to this record or 1 records"

    def to_json(self) -> dict[str, Any]:
        match = {"method": self.method, "path_regex": self.path.pattern}
        return {"match": match, "kind": self.kind, "times": self.times, "after": self.after}


def read_fault(document: Any) -> Fault:
    """`{"match": {"method", "path_regex"}, "times", "kind", "status", "body", "headers", "seconds", "after",
    "rows", "code", "message"}`: status, body and headers for `status`; rows, code and message for `partial_failure`.

    Raises ValueError that says what is wrong.
    """
    if not isinstance(document, dict):
        raise ValueError("A fault is an object with at least 'kind'.")
    known = {"match", "times", "kind", "status", "body", "headers", "seconds", "after"}
    known |= {"rows", "code", "message"}
    if unknown := sorted(document.keys() - known):
        raise ValueError(f"A fault has no {unknown[0]!r}; it has {', '.join(sorted(known))}.")
    facts = dict(document)
    match = facts.pop("match", {})
    if not isinstance(match, dict) or (wrong := sorted(match.keys() - {"method", "path_regex"})):
        raise ValueError(f"'match' has method and path_regex, not {wrong[0] if isinstance(match, dict) else match!r}.")
    if facts.get("kind") not in KINDS:
        raise ValueError(f"'kind' is one of {', '.join(KINDS)}, not {facts.get('kind')!r}.")
    try:
        path = re.compile(match.get("path_regex", ""))
    except re.error as error:
        raise ValueError(f"'path_regex' is no regular expression: {error}.") from error
    return Fault(method=match.get("method"), path=path, **facts)


class Faults:
    """Armed faults in order; the first that matches and has times left is used up by one."""

    def __init__(self) -> None:
        self.armed: list[Fault] = []

    def take(self, method: str, path: str) -> Fault | None:
        for fault in self.armed:
            if fault.times > 0 and fault.method in (None, method) and fault.path.search(path):
                fault.times -= 1
                return fault
        return None
