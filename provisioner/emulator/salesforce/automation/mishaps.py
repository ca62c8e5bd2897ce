"""Mishaps inside the org, on order: an action of a flow that fails, a save by a flow that is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provisioner.emulator.salesforce.errors import ApiError

_OPERATIONS = {"create": "insert", "update": "update", "delete": "delete"}
_LOCKED = ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records")
_FAILED = "An unexpected error occurred while the action was running."
_ACTION = frozenset(("action", "name", "times", "message"))
_SAVE = frozenset(("record", "operation", "times", "code", "message"))


@dataclass
class Mishap:
    """One order. For an action: its type and, perhaps, its name; for a save: object and operation ("" for any).

    `times` is how often it is still to happen."""

    action: str = ""
    name: str = ""
    record: str = ""
    operation: str = ""
    times: int = 1
    code: str = _LOCKED[0]
    message: str = ""

    def to_json(self) -> dict[str, Any]:
        if self.action:
            return {"action": self.action, "name": self.name, "times": self.times, "message": self.message}
        what = {"record": self.record, "operation": self.operation, "times": self.times}
        return what | {"code": self.code, "message": self.message}


class Mishaps:
    """What is ordered. A transaction that is undone does not give an order back: it has happened."""

    def __init__(self) -> None:
        self.ordered: list[Mishap] = []

    def order(self, document: Any) -> list[dict[str, Any]]:
        """Replace what is ordered by `document`: a list (empty: none) or one order. Raises ValueError.

        `{"action": "emailAlert", "name": "Lead.Alert", "times": 1, "message": "…"}` or `{"record": "X__c",
        "operation": "create", "times": 1, "code": "UNABLE_TO_LOCK_ROW", "message": "…"}`; only the first word of
        each is needed. Saves from outside are not meant: they have faults of their own.
        """
        self.ordered = [_read(one) for one in (document if isinstance(document, list) else [document])]
        return [one.to_json() for one in self.ordered]

    def of_action(self, kind: str, name: str) -> str | None:
        """The message with which this action fails now, if it does."""
        found = self._take(lambda one: one.action == kind and one.name.lower() in ("", name.lower()))
        return found.message if found is not None else None

    def of_save(self, operation: str, sobject: str) -> ApiError | None:
        """The error with which this save by a flow is refused now, if it is. `operation`: insert, update, delete."""
        found = self._take(
            lambda one: one.record.lower() == sobject.lower() and one.operation in ("", operation) and not one.action
        )
        return ApiError(found.code, found.message) if found is not None else None

    def _take(self, fits: Any) -> Mishap | None:
        found = next((one for one in self.ordered if one.times > 0 and fits(one)), None)
        if found is not None:
            found.times -= 1
        return found


def _read(document: Any) -> Mishap:
    if not isinstance(document, dict) or ("action" in document) == ("record" in document):
        raise ValueError("A mishap is an object with 'action' or 'record'.")
    known = _ACTION if "action" in document else _SAVE
    if unknown := sorted(document.keys() - known):
        raise ValueError(f"A mishap has no {unknown[0]!r} here; it has {', '.join(sorted(known))}.")
    times = document.get("times", 1)
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        raise ValueError(f"'times' is a whole number from 1, not {times!r}.")
    texts = {name: value for name, value in document.items() if name != "times"}
    for name, value in texts.items():
        if not isinstance(value, str) or not value:
            raise ValueError(f"{name!r} is a text, not {value!r}.")
    if (word := texts.get("operation")) is not None:
        if word not in _OPERATIONS:
            raise ValueError(f"'operation' is one of {', '.join(_OPERATIONS)}, not {word!r}.")
        texts["operation"] = _OPERATIONS[word]
    texts.setdefault("message", _FAILED if "action" in texts else _LOCKED[1])
    return Mishap(times=times, **texts)
