"""The gate before alerts reach their real recipients: what must have happened, and what is still missing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from provisioner.errors import Refused
from provisioner.planning.plan import Plan
from provisioner.resources import Resource

SILENT_DAYS = 3  # calendar days, when the design says nothing
LONGEST_REASON = 200  # characters


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing the gate asks for. `found` is what is the case, `fix` what to do when it is not enough."""

    name: str
    holds: bool
    found: str
    fix: str = ""


def conditions(enablement: Mapping[str, Any] | None, today: date, *, applied: bool) -> tuple[Condition, ...]:
    """All of them, in the order they are met in a project. `enablement` is that section of the design; `applied`:
    the design is in this org, so it can have run silently there. Days are calendar days, `today` where we are."""
    said = enablement or {}
    return (
        Condition("applied", applied, "in this org" if applied else "not in this org yet", "Apply it silently first."),
        _trained("sales_trained_on", said, today),
        _trained("leadership_trained_on", said, today),
        _silent(said, today),
    )


def by_hand(
    steps: Iterable[Resource], plan: Plan, is_awaited: Callable[[Resource], bool], command: Callable[[str], str]
) -> tuple[Condition, ...]:
    """One per step of the design that a person does and that alerts wait for; those this org needs nobody for are left
    out. `command(name)` is what ticks the step."""
    is_open = {change.address for change in plan.by_hand}
    ticks = {tick.address: tick for tick in plan.ticked}
    found = []
    for step in sorted(steps, key=lambda item: item.address):
        name = step.address.name
        if not step.address.is_by_hand or not is_awaited(step):
            continue
        if step.address in is_open:
            what = f"not done by hand yet ({step.attributes.get('title') or name})"
            found.append(Condition(name, False, what, f"Do {name}, then say so: {command(name)}."))
        elif step.address in ticks:
            tick = ticks[step.address]
            found.append(Condition(name, True, f"done by {tick.by}, {tick.at}"))
    return tuple(found)


def missing(found: tuple[Condition, ...]) -> tuple[Condition, ...]:
    return tuple(condition for condition in found if not condition.holds)


def check(found: tuple[Condition, ...], override: str | None, org: str) -> None:
    """Refused, naming each condition that does not hold, unless somebody gave a reason to go on."""
    closed = missing(found)
    if not closed or override:
        return
    listed = "; ".join(f"{condition.name}: {condition.found}" for condition in closed)
    fixes = " ".join(dict.fromkeys(condition.fix for condition in closed))
    raise Refused(
        f"Alerts in {org} do not go live yet: {listed}. Nothing was changed.",
        advice=f"{fixes} If they must go live all the same, give --override REASON; it is recorded.",
    )


def _trained(name: str, said: Mapping[str, Any], today: date) -> Condition:
    who = name.removesuffix("_trained_on")
    fix = f"Train {who}, then write the day into the design: enablement.{name}."
    day = _day(said.get(name))
    if day is None:
        return Condition(name, False, "not given", fix)
    if day > today:
        return Condition(name, False, f"{day.isoformat()}, which is still to come", fix)
    return Condition(name, True, day.isoformat())


def _silent(said: Mapping[str, Any], today: date) -> Condition:
    days = said.get("silent_days")
    length = days if isinstance(days, int) else SILENT_DAYS
    since = _day(said.get("silent_since"))
    if since is None:
        fix = "Let alerts run silently, and write the first day into the design: enablement.silent_since."
        return Condition("silent_since", False, "not given", fix)
    until = since + timedelta(days=length)
    word = "day" if length == 1 else "days"
    if until > today:
        found = f"{since.isoformat()}, and {length} {word} end on {until.isoformat()}"
        return Condition("silent_since", False, found, f"Wait until {until.isoformat()}.")
    return Condition("silent_since", True, f"{since.isoformat()}, {length} {word} are over")


def _day(text: Any) -> date | None:
    """None when it is not given, or no day that exists (which the design's rules have said already)."""
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
