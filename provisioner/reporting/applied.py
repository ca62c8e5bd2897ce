"""What happens during an apply, one line per event, and how it ended."""

from __future__ import annotations

from typing import Any

from provisioner.applying.apply import Applied, Event, Stage
from provisioner.planning.commands import look_again
from provisioner.planning.guards import describe_org
from provisioner.planning.plan import Plan
from provisioner.reporting.steps import left_data
from provisioner.reporting.text import PLAIN, Paint, count_text, safe
from provisioner.targets.base import Outcome, Progress

_PATIENCE = 5.0  # seconds
_NAMED = 3  # changes by name, of those that were not done for the same reason
_MARKS = {"done": ("ok", "green"), "failed": ("failed", "red"), "skipped": ("skipped", "yellow")}


def event_text(event: Event, paint: Paint = PLAIN) -> str:
    """One line (empty for a plain success, which the count at the end tells)."""
    if isinstance(event, Stage):
        return f"{safe(event.message)} …"
    if isinstance(event, Progress):
        told = f"{event.done} of {event.total}" in event.message
        count = f" ({event.done}/{event.total})" if event.total and not told else ""
        return f"  {safe(event.message)}{count}"
    if isinstance(event, Outcome):
        if (event.status == "done" and not event.message) or _is_left(event):
            return ""
        word, colour = _MARKS[event.status]
        return f"  {paint(word, colour)} {safe(event.address)}" + (f": {safe(event.message)}" if event.message else "")
    return ""


class Outcomes:
    """The lines of an apply, of which the first few say the same of what was not done, and one says how many more: what
    stopped the work must not be lost among hundreds."""

    def __init__(self, paint: Paint = PLAIN) -> None:
        self._paint = paint
        self._said = ("", "")
        self._count = 0

    def text(self, event: Event) -> str:
        """As `event_text`; empty for one of many. What `rest` has to say about those before it comes first."""
        same = ("", "")
        if isinstance(event, Outcome) and event.status != "done" and not _is_left(event):
            same = (event.status, event.message)
        before = "" if same == self._said else self.rest()
        self._said, self._count = same, self._count + 1
        line = "" if same[0] and self._count > _NAMED else event_text(event, self._paint)
        return "\n".join(part for part in (before, line) if part)

    def rest(self) -> str:
        """One line about those that had none; empty when all had."""
        more, (status, message) = self._count - _NAMED, self._said
        self._said, self._count = ("", ""), 0
        if not status or more <= 0:
            return ""
        word, colour = _MARKS[status]
        return f"  {self._paint(word, colour)} {count_text(more, 'other')}" + (f": {safe(message)}" if message else "")


def is_worth_a_line(event: Event, quiet: float) -> bool:
    """A count that only goes up is, when it begins and ends, and after some `quiet` seconds; everything else always."""
    counting = isinstance(event, Progress) and 1 < event.done < event.total
    return not counting or quiet >= _PATIENCE


def _is_left(outcome: Outcome) -> bool:
    """For a person: told at the end, with every click."""
    return outcome.address.is_by_hand and outcome.status == "skipped"


def applied_text(applied: Applied, plan: Plan, seconds: str, paint: Paint = PLAIN) -> str:
    """The last word about an apply: counts, then what does not read back as promised."""
    words = (("done", "done"), ("failed", "failed"), ("skipped", "skipped"))
    counts = ", ".join(f"{applied.count(status)} {word}" for status, word in words if applied.count(status))
    org = describe_org(plan.org)
    lines = [f"  {paint('!', 'red')} {safe(item.address)} {safe(item.message)}" for item in applied.surprises]
    if applied.is_complete:
        done = f"Applied: {count_text(len(applied.written), 'change')} in {safe(org)}, read back and as planned"
        return paint(f"{done} ({seconds}).", "green")
    if applied.notices:
        lines += [paint("Worth knowing:", "yellow"), *(f"  {safe(notice)}" for notice in applied.notices)]
    differing = len(applied.surprises)
    if differing:
        counts += f", {differing} {'reads' if differing == 1 else 'read'} back differently"
    verdict = f"Not as planned in {safe(org)}: {counts} ({seconds})."
    return "\n".join([*lines, paint(verdict, "red"), f"  What to do: see what is left: {safe(look_again(plan))}"])


def applied_data(applied: Applied, plan: Plan, plan_id: str) -> dict[str, Any]:
    return {
        "plan": plan_id,
        "complete": applied.is_complete,
        "outcomes": [
            {"address": str(item.address), "status": item.status, "message": item.message} for item in applied.written
        ],
        "by_hand": left_data(plan),
        "surprises": [{"address": str(item.address), "message": item.message} for item in applied.surprises],
        "notices": list(applied.notices),
    }
