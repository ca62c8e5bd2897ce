"""A plan for people. The same content as the plan file; which org it is comes first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.planning.diff import ABSENT, Difference, differences
from provisioner.planning.guards import describe_org
from provisioner.planning.plan import Action, Change, Plan
from provisioner.reporting.steps import click_lines, reason_line, ticked_lines, title_line
from provisioner.reporting.text import PLAIN, Paint, count_text, pair_text, safe, safe_lines, value_text

_COLOURS = {Action.CREATE: "green", Action.UPDATE: "yellow", Action.DELETE: "red"}
_SHOWN = 20  # attribute lines per change; -v shows all


def org_line(org: Mapping[str, Any], paint: Paint = PLAIN) -> str:
    """`Org: Acme Sandbox (00D…), not production, https://…, as admin@acme.example`"""
    kind = paint("PRODUCTION", "red", "bold") if org["is_production"] else "not production"
    return f"Org: {paint(safe(describe_org(org)), 'bold')}, {kind}, {safe(org['url'])}, as {safe(org['user'])}"


def plan_text(plan: Plan, paint: Paint = PLAIN, *, verbose: bool = False, removes: bool = False) -> str:
    """The whole plan: org, changes with their causes, what stands in the way, one summary line."""
    lines = [org_line(plan.org, paint), ""]
    for change in plan.to_write:
        lines += _change_lines(change, paint, verbose)
    for change in plan.by_hand:
        lines += _step_lines(change, paint, verbose)
    if plan.changes:
        lines.append("")
    lines += _block("In the way (in the org, not made by this design; nothing is done to them):", plan.conflicts, paint)
    lines += _block("Not read (unknown, not absent; nothing is done to them):", plan.unread, paint)
    lines += _block("Worth knowing:", plan.notices, paint)
    if verbose and plan.ticked:
        lines += ["Done by hand:", *ticked_lines(plan), ""]
    if plan.goes_live:
        lines += [paint("This plan switches alerts to their real recipients.", "red", "bold"), ""]
    return "\n".join([*lines, summary(plan, paint, removes=removes)])


def summary(plan: Plan, paint: Paint = PLAIN, *, removes: bool = False) -> str:
    """`Plan: 2 to add, 1 to change, 0 to delete.` or that nothing differs; `removes`: that nothing is there to go.

    What a person does has a count of its own: `…, 0 to delete, 1 by hand.`
    """
    if plan.changes:
        add, change, delete = (plan.count(a) for a in (Action.CREATE, Action.UPDATE, Action.DELETE))
        hand = f", {len(plan.by_hand)} by hand" if plan.by_hand else ""
        return paint(f"Plan: {add} to add, {change} to change, {delete} to delete{hand}.", "bold")
    org = safe(describe_org(plan.org))
    if plan.conflicts or plan.unread:
        return f"Nothing can be changed in {org}: see above."
    if removes:
        return paint(f"Nothing to delete. There is nothing of {safe(plan.design)} in {org}.", "green")
    return paint(f"No changes. {org} matches {safe(plan.design_file or plan.design)}.", "green")


def _block(title: str, items: tuple[object, ...], paint: Paint) -> list[str]:
    return [paint(title, "yellow"), *(f"  {safe(item)}" for item in items), ""] if items else []


def _step_lines(change: Change, paint: Paint, verbose: bool) -> Iterator[str]:
    yield title_line(change, paint)
    if reason := reason_line(change):
        yield reason
    if verbose and change.after is not None:
        yield from click_lines(change.after)


def _change_lines(change: Change, paint: Paint, verbose: bool) -> Iterator[str]:
    colour = _COLOURS[change.action]
    yield f"{paint(f'  {change.action}', colour)} {paint(safe(change.address), 'bold')}  ({change.cause})"
    if change.action is not Action.UPDATE and not verbose:
        return
    found = differences(change)
    shown = found if verbose else found[:_SHOWN]
    for difference in shown:
        yield "      " + _difference_line(difference, paint)
    if len(found) > len(shown):
        yield f"      … and {count_text(len(found) - len(shown), 'more difference')} (-v shows all)"


def _difference_line(difference: Difference, paint: Paint) -> str:
    entry = _ENTRY.fullmatch(difference.path)
    path = safe(entry[1] if entry else difference.path)
    old, new = difference.old, difference.new
    if old is ABSENT:
        return f"{paint('+', 'green')} {path}: {_shown(new, entry)}"
    if new is ABSENT:
        return f"{paint('-', 'red')} {path}: {_shown(old, entry)}"
    if entry and any(_is_bare(side) for side in (old, new)):
        before, after = _shown(old, entry), _shown(new, entry)
    else:
        before, after = pair_text(old, new)
    return f"{paint('~', 'yellow')} {path}: {before} -> {after}"


# The value of a named entry is told by the entry's name: `SLA_Minutes: 60 -> 20`.
_ENTRY = re.compile(r"values\[([^\[\]]+)\]\.value")
_BARE = re.compile(r"-?[0-9]+(\.[0-9]+)?|true|false")


def _shown(value: Any, entry: object) -> str:
    """A number or a truth that is kept as text in an entry is written as what it is."""
    return str(value) if entry and _is_bare(value) else value_text(value)


def _is_bare(value: Any) -> bool:
    return isinstance(value, str) and _BARE.fullmatch(value) is not None


def by_kind(plan: Plan) -> str:
    """`34 CustomField, 5 Flow, …`: a plan in one line, most frequent first."""
    counts: dict[str, int] = {}
    for change in plan.changes:
        counts[change.address.kind] = counts.get(change.address.kind, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {safe_lines(kind)}" for kind, count in ordered)
