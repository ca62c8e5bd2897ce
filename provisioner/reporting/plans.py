"""A plan on a terminal. The same content as the plan file; which org it is comes first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from provisioner.planning.guards import describe_org
from provisioner.planning.plan import Action, Change, Plan
from provisioner.reporting.differences import Shown, shown
from provisioner.reporting.report import Item, blocks, headline, report_of, undone_text
from provisioner.reporting.steps import click_lines, reason_line, ticked_lines, title_line
from provisioner.reporting.text import PLAIN, Paint, count_text, safe, safe_lines

_COLOURS = {Action.CREATE: "green", Action.UPDATE: "yellow", Action.DELETE: "red"}
_SIGNS = {"+": "green", "-": "red", "~": "yellow"}
_LISTED, _FIRST = 8, 3  # so many creations of a kind are all listed; of more, the first ones. -v lists all
_SHOWN = 20  # attribute lines per change; -v shows all


def org_line(org: Mapping[str, Any], paint: Paint = PLAIN) -> str:
    """`Org: Acme Sandbox (00D…), not production, https://…, as admin@acme.example`"""
    kind = paint("PRODUCTION", "red", "bold") if org["is_production"] else "not production"
    return f"Org: {paint(safe(describe_org(org)), 'bold')}, {kind}, {safe(org['url'])}, as {safe(org['user'])}"


def plan_text(plan: Plan, paint: Paint = PLAIN, *, verbose: bool = False, removes: bool = False) -> str:
    """The whole plan: org, changes with their causes, what stands in the way, one summary line."""
    report = report_of(plan, removes=removes)
    lines = [org_line(plan.org, paint), ""]
    for _, alike in groupby(report.items, _likeness):
        lines += _alike_lines(list(alike), paint, verbose)
    for change in plan.by_hand:
        lines += _step_lines(change, paint, verbose)
    if plan.changes:
        lines.append("")
    for title, found in blocks(report):
        lines += _block(f"{title}:", found, paint)
    if verbose and plan.ticked:
        lines += ["Done by hand:", *ticked_lines(plan), ""]
    if plan.goes_live:
        lines += [paint("This plan switches alerts to their real recipients.", "red", "bold"), ""]
    if report.limited:
        lines += [paint(safe(report.limited), "yellow"), ""]
    if report.undone:
        lines += [paint(safe(undone_text(report, named=True)), "yellow"), ""]
    return "\n".join([*lines, summary(plan, paint, removes=removes)])


def summary(plan: Plan, paint: Paint = PLAIN, *, removes: bool = False) -> str:
    """The headline: how much would change, or why nothing does."""
    words = safe(headline(plan, removes=removes))
    if plan.changes:
        return paint(words, "bold")
    return f"{words.removesuffix('.')}: see above." if plan.conflicts or plan.unread else paint(words, "green")


def _block(title: str, items: tuple[str, ...], paint: Paint) -> list[str]:
    return [paint(title, "yellow"), *(f"  {safe(item)}" for item in items), ""] if items else []


def _step_lines(change: Change, paint: Paint, verbose: bool) -> Iterator[str]:
    yield title_line(change, paint)
    if text := reason_line(change):
        yield text
    if verbose and change.after is not None:
        yield from click_lines(change.after)


def _likeness(item: Item) -> tuple[str, ...]:
    """Creations of one kind, for one cause, are alike; every change and every deletion stands for itself."""
    if item.change.action is not Action.CREATE:
        return (item.address,)
    return (item.change.address.kind, item.reason)


def _alike_lines(items: list[Item], paint: Paint, verbose: bool) -> Iterator[str]:
    """All of them or, of many creations, the first ones and how many more there are."""
    told = items if verbose or len(items) <= _LISTED else items[:_FIRST]
    for item in told:
        yield from _item_lines(item, paint, verbose)
    if left := len(items) - len(told):
        one = items[-1]
        name = f"… {left} more {safe(one.change.address.kind)}"
        yield f"{paint(f'  {one.symbol}', _COLOURS[one.change.action])} {name}  ({safe(one.reason)}; -v lists them)"


def _item_lines(item: Item, paint: Paint, verbose: bool) -> Iterator[str]:
    action = item.change.action
    was = f"{safe(item.was)} -> " if item.was else ""
    name = was + paint(safe(item.address), "bold")
    yield f"{paint(f'  {item.symbol}', _COLOURS[action])} {name}  ({safe(item.reason)})"
    if action is not Action.UPDATE and not verbose:
        return
    rows = item.rows if verbose else item.rows[:_SHOWN]
    for difference in rows:
        yield "      " + _row_line(shown(difference), paint)
    if left := len(item.rows) - len(rows):
        yield f"      … and {count_text(left, 'more difference')} (-v shows all)"


def _row_line(row: Shown, paint: Paint) -> str:
    return f"{paint(row.sign, _SIGNS[row.sign])} {row}"


def by_kind(plan: Plan) -> str:
    """`34 CustomField, 5 Flow, …`: a plan in one line, most frequent first."""
    counts: dict[str, int] = {}
    for change in plan.changes:
        counts[change.address.kind] = counts.get(change.address.kind, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {safe_lines(kind)}" for kind, count in ordered)
