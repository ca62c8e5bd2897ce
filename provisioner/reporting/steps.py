"""What a person does by hand: the clicks, and how to say that they are done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioner.planning.plan import Change, Plan
from provisioner.reporting.text import PLAIN, Paint, count_text, safe
from provisioner.resources import Address, Resource


def title_line(change: Change, paint: Paint = PLAIN) -> str:
    """`! manual report_trend  Build the report "…"`, and whether it was done before."""
    step = _step(change)
    name = paint(safe(step.address.name), "bold")
    again = f"  ({change.cause})" if change.before is not None else ""
    return f"{paint('  ! manual', 'cyan')} {name}  {safe(_text(step, 'title'))}{again}"


def reason_line(change: Change) -> str:
    """Why a step that was ticked is open again; empty for others."""
    reason = change.before.attributes.get("opened") if change.before else None
    return f"      {safe(reason)}" if reason else ""


def click_lines(step: Resource) -> Iterator[str]:
    """Why it is done by hand, where, and every click, numbered."""
    yield f"      {safe(_text(step, 'why'))}"
    if link := _link(step):
        yield f"      Where: {safe(link)}"
    yield from (f"      {number}. {safe(text)}" for number, text in enumerate(_texts(step, "steps"), 1))


def left_text(changes: Sequence[Change], command: str, paint: Paint = PLAIN) -> str:
    """The steps that are left, with their clicks, and the command that ticks them; empty when none is."""
    if not changes:
        return ""
    verb = "is" if len(changes) == 1 else "are"
    lines = [paint(f"{count_text(len(changes), 'step')} {verb} left to be done by hand:", "yellow")]
    for change in changes:
        lines.append(title_line(change, paint))
        lines += [line for line in (reason_line(change), *click_lines(_step(change))) if line]
    return "\n".join([*lines, f"  When one is done: {safe(command)}"])


def ticked_lines(plan: Plan) -> list[str]:
    """`  report_trend  by Ana, 2026-03-03T09:00:00Z`, for each step that was done."""
    return [f"  {safe(tick.address.name)}  by {safe(tick.by)}, {safe(tick.at)}" for tick in plan.ticked]


def steps_data(plan: Plan, steps: Mapping[Address, Resource]) -> list[dict[str, Any]]:
    """Every step of a design with its state: open, reopened (with the reason) or done (by whom, when)."""
    changes = {change.address: change for change in plan.by_hand}
    ticks = {tick.address: tick for tick in plan.ticked}
    found = []
    for address, step in sorted(steps.items()):
        change, tick = changes.get(address), ticks.get(address)
        reason = change.before.attributes.get("opened") if change is not None and change.before else None
        found.append({
            "step": address.name,
            "state": "done" if tick else "reopened" if reason else "open",
            "reason": reason,
            "by": tick.by if tick else None,
            "at": tick.at if tick else None,
            **_data(step),
        })  # fmt: skip
    return found


def left_data(plan: Plan) -> list[dict[str, Any]]:
    """The steps that are left."""
    return [{"step": change.address.name, **_data(_step(change))} for change in plan.by_hand]


def _data(step: Resource) -> dict[str, Any]:
    texts = {key: _texts(step, key) for key in ("steps", "filters", "measures")}
    return {"title": _text(step, "title"), "why": _text(step, "why"), "link": _link(step), **texts}


def _step(change: Change) -> Resource:
    assert change.after is not None, "a step that is left has an after"
    return change.after


def _text(step: Resource, key: str) -> str:
    return str(step.attributes.get(key) or "")


def _texts(step: Resource, key: str) -> list[str]:
    found = step.attributes.get(key)
    return [str(item) for item in found] if isinstance(found, list | tuple) else []


def _link(step: Resource) -> str:
    return "".join(_texts(step, "link"))
