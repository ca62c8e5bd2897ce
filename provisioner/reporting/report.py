"""A plan, arranged for people: built once, and shown as text, Markdown or HTML. The plan file is its form for programs.

Texts are as they came from the document or the CRM: each format escapes them for where they go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.planning.diff import Difference, differences
from provisioner.planning.guards import describe_org
from provisioner.planning.plan import Action, Cause, Change, Plan, Tick, Touched
from provisioner.planning.planfile import expires_at
from provisioner.reporting.risks import RISKS, Risk, risk_of
from provisioner.reporting.text import count_text

_UNDOES = (Cause.HAND, Cause.BOTH, Cause.DELETED)


@dataclass(frozen=True, slots=True)
class Step:
    """What a person does by hand. `opened`: why a step that was ticked is open again."""

    name: str
    title: str
    why: str
    link: str
    clicks: tuple[str, ...]
    opened: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One change. `reason` is its cause, with who and when; `rows` are the attributes that it moves, all of them for
    a creation or a deletion."""

    change: Change
    action: str  # add, change, delete
    address: str
    reason: str
    risk: Risk
    rows: tuple[Difference, ...]

    @property
    def symbol(self) -> str:
        return str(self.change.action)


@dataclass(frozen=True, slots=True)
class Group:
    """The changes of one risk."""

    risk: Risk
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class PlanReport:
    """`groups`: risky first. `next_command` is empty when there is nothing to carry out, or nothing to do it with."""

    org: Mapping[str, Any]
    design: str
    design_file: str
    tool: str
    created_at: str
    expires_at: str
    digest: str
    headline: str
    items: tuple[Item, ...]
    groups: tuple[Group, ...]
    steps: tuple[Step, ...]
    undone: tuple[Item, ...]  # these take back what somebody changed by hand
    ticked: tuple[Tick, ...]
    conflicts: tuple[str, ...]
    unread: tuple[str, ...]
    notices: tuple[str, ...]
    goes_live: bool
    next_command: str = ""


def report_of(plan: Plan, plan_id: str = "", *, removes: bool = False, next_command: str = "") -> PlanReport:
    """`plan_id`: its digest, where it is shown. `removes`: the plan is there to leave nothing of the design.
    `next_command` carries it out."""
    items = tuple(item_of(change) for change in plan.to_write)
    groups = (Group(risk, tuple(item for item in items if item.risk is risk)) for risk in RISKS)
    return PlanReport(
        org=plan.org,
        design=plan.design,
        design_file=plan.design_file,
        tool=plan.tool,
        created_at=plan.created_at,
        expires_at=expires_at(plan),
        digest=plan_id,
        headline=headline(plan, removes=removes),
        items=items,
        groups=tuple(group for group in groups if group.items),
        steps=tuple(_step(change) for change in plan.by_hand),
        undone=tuple(item for item in items if item.change.cause in _UNDOES),
        ticked=plan.ticked,
        conflicts=tuple(str(address) for address in plan.conflicts),
        unread=tuple(str(address) for address in plan.unread),
        notices=plan.notices,
        goes_live=plan.goes_live,
        next_command=next_command if plan.to_write and not plan.conflicts else "",
    )


def headline(plan: Plan, *, removes: bool = False) -> str:
    """`Plan: 2 to add, 1 to change, 0 to delete.` or that nothing differs; `removes`: that nothing is there to go.

    What a person does has a count of its own: `…, 0 to delete, 1 by hand.`
    """
    if plan.changes:
        add, change, delete = (plan.count(a) for a in (Action.CREATE, Action.UPDATE, Action.DELETE))
        hand = f", {len(plan.by_hand)} by hand" if plan.by_hand else ""
        return f"Plan: {add} to add, {change} to change, {delete} to delete{hand}."
    org = describe_org(plan.org)
    if plan.conflicts or plan.unread:
        return f"Nothing can be changed in {org}."
    if removes:
        return f"Nothing to delete. There is nothing of {plan.design} in {org}."
    return f"No changes. {org} matches {plan.design_file or plan.design}."


def item_of(change: Change) -> Item:
    words = {Action.CREATE: "add", Action.UPDATE: "change", Action.DELETE: "delete"}
    return Item(
        change, words[change.action], str(change.address), reason(change), risk_of(change), tuple(differences(change))
    )


def reason(change: Change) -> str:
    """`changed by hand by Ana Ruiz on 2026-03-03 09:00 UTC`: who and when, as far as the vendor tells."""
    who = touched_text(change.touched) if change.touched else ""
    return f"{change.cause}{who}"


def touched_text(touched: Touched) -> str:
    """` by Ana Ruiz on 2026-03-03 09:00 UTC`; the part that is not known is left out."""
    by = f" by {touched.by}" if touched.by else ""
    return f"{by} on {moment_text(touched.at)}" if touched.at else by


def moment_text(at: str) -> str:
    """`2026-03-03T09:00:00Z` → `2026-03-03 09:00 UTC`; what is written otherwise stays as it is."""
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return at
    if moment.tzinfo is None:
        return at
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def undone_text(report: PlanReport) -> str:
    """`2 of these changes undo what somebody did by hand.`; empty when none does."""
    count = len(report.undone)
    if not count:
        return ""
    return f"{count_text(count, 'change')} of this plan {'undoes' if count == 1 else 'undo'} what was done by hand."


def _step(change: Change) -> Step:
    assert change.after is not None, "a step that is left has an after"
    found = change.after.attributes
    opened = change.before.attributes.get("opened") if change.before else None
    return Step(
        name=change.address.name,
        title=str(found.get("title") or ""),
        why=str(found.get("why") or ""),
        link="".join(_texts(found.get("link"))),
        clicks=_texts(found.get("steps")),
        opened=str(opened or ""),
    )


def _texts(found: object) -> tuple[str, ...]:
    return tuple(str(item) for item in found) if isinstance(found, list | tuple) else ()
