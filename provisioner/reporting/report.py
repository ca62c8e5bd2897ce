"""A plan, arranged for people: built once, and shown as text, Markdown or HTML. The plan file is its form for programs.

Texts are as they came from the document or the CRM: each format escapes them for where they go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.planning.diff import Difference, differences
from provisioner.planning.guards import describe_org
from provisioner.planning.plan import Action, Cause, Change, Kept, Plan, Remade, Risk, Tick, Touched
from provisioner.planning.plandata import expires_at
from provisioner.reporting.next_step import NextStep
from provisioner.reporting.text import count_text

IN_SIGHT = (Risk.DATA, Risk.BEHAVIOUR)
"""What nobody should have to unfold."""


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
    """One change. `who` says by whom and when, as far as the vendor tells; `rows` are the attributes that it moves, all
    of them for a creation or a deletion."""

    change: Change
    action: str  # add, change, delete
    address: str
    who: str
    risk: Risk
    rows: tuple[Difference, ...]

    @property
    def was(self) -> str:
        """The address it has until this is carried out; empty where that is the same."""
        return str(self.change.was or "")

    @property
    def symbol(self) -> str:
        return str(self.change.action)

    @property
    def reason(self) -> str:
        """`changed by hand by Ana Ruiz on 2026-03-03 09:00 UTC`: the cause, with who and when."""
        return f"{self.change.cause} {self.who}" if self.who else str(self.change.cause)


@dataclass(frozen=True, slots=True)
class Group:
    """The changes of one risk."""

    risk: Risk
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class PlanReport:
    """`groups`: risky first. `next` is None when there is nothing to carry out, or nothing to do it with."""

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
    kept: tuple[str, ...]  # left as somebody made them by hand
    gone: tuple[str, ...]  # ours once, and deleted by hand
    remade: tuple[Remade, ...]  # renames that the platform cannot keep
    limited: str  # what the plan is limited to; empty: it is the whole
    pulled: tuple[str, ...]  # what came along, because something else needs it
    goes_live: bool
    breaches: tuple[str, ...] = ()  # of the policy
    next: NextStep | None = None


def report_of(
    plan: Plan,
    plan_id: str = "",
    *,
    removes: bool = False,
    breaches: tuple[str, ...] = (),
    next: NextStep | None = None,
) -> PlanReport:
    """`plan_id`: its digest, where it is shown. `removes`: the plan is there to leave nothing of the design.
    `breaches`: what the policy forbids about it. `next`: what comes after reading it."""
    items = tuple(item_of(change) for change in plan.to_write)
    groups = (Group(risk, tuple(item for item in items if item.risk is risk)) for risk in Risk)
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
        undone=tuple(item for item in items if item.change.undoes_hand),
        ticked=plan.ticked,
        conflicts=tuple(str(address) for address in plan.conflicts),
        unread=tuple(str(address) for address in plan.unread),
        notices=plan.notices,
        kept=tuple(kept_text(kept) for kept in plan.kept),
        gone=tuple(str(address) for address in plan.gone),
        remade=plan.remade,
        limited=limited_text(plan),
        pulled=tuple(f"{needed} (because {by} needs it)" for needed, by in plan.aim.pulled.items()),
        goes_live=plan.goes_live,
        breaches=breaches,
        next=next if next and (next.is_refused or (plan.to_write and not plan.conflicts)) else None,
    )


def headline(plan: Plan, *, removes: bool = False) -> str:
    """`Plan: 2 to add, 1 to change, 0 to delete.` or that nothing differs; `removes`: that nothing is there to go.

    What a person does has a count of its own, and so has what only becomes the design's own, being as it wants it:
    `…, 0 to delete, 2 to adopt, 1 by hand.`
    """
    if plan.changes:
        add, change, delete = (plan.count(a) for a in (Action.CREATE, Action.UPDATE, Action.DELETE))
        adopted = sum(is_only_adopted(item) for item in plan.to_write)
        own = f", {adopted} to adopt" if adopted else ""
        hand = f", {len(plan.by_hand)} by hand" if plan.by_hand else ""
        return f"Plan: {add} to add, {change - adopted} to change, {delete} to delete{own}{hand}."
    org = describe_org(plan.org)
    if plan.conflicts or plan.unread:
        return f"Nothing can be changed in {org}."
    if removes:
        return f"Nothing to delete. There is nothing of {plan.design} in {org}."
    design = plan.design_file or plan.design
    if plan.kept or plan.aim.left_out:
        return f"Nothing to change here, but {org} does not match {design}: {_besides(plan)}."
    if not plan.aim.is_whole:
        return f"No changes. {org} matches {design}, as far as {', '.join(plan.aim.asked)} goes."
    return f"No changes. {org} matches {design}."


def _besides(plan: Plan) -> str:
    """What differs although the plan changes nothing."""
    kept = f"{count_text(len(plan.kept), 'change')} by hand left as {'it is' if len(plan.kept) == 1 else 'they are'}"
    other = f"{count_text(plan.aim.left_out, 'other change')} left out"
    return " and ".join(([kept] if plan.kept else []) + ([other] if plan.aim.left_out else []))


def is_only_adopted(change: Change) -> bool:
    """It becomes this design's own, and nothing of it changes."""
    return change.cause is Cause.ADOPTED and not differences(change)


def item_of(change: Change) -> Item:
    words = {Action.CREATE: "add", Action.UPDATE: "change", Action.DELETE: "delete"}
    return Item(
        change=change,
        action=words[change.action],
        address=str(change.address),
        who=touched_text(change.touched) if change.touched else "",
        risk=change.risk,
        rows=tuple(differences(change)),
    )


def kept_text(kept: Kept) -> str:
    """`Flow:STL_Stamp, changed by hand by Ana Ruiz on 2026-03-03 09:00 UTC`"""
    who = touched_text(kept.touched) if kept.touched else ""
    return f"{kept.address}, {kept.cause}{' ' + who if who else ''}"


def limited_text(plan: Plan) -> str:
    """`Limited to Flow:*; 12 other changes are left out.`; empty for the whole plan."""
    aim = plan.aim
    if aim.is_whole:
        return ""
    verb = "is" if aim.left_out == 1 else "are"
    others = f"; {count_text(aim.left_out, 'other change')} {verb} left out" if aim.left_out else ""
    return f"Limited to {', '.join(aim.asked)}{others}."


def touched_text(touched: Touched) -> str:
    """`by Ana Ruiz on 2026-03-03 09:00 UTC`; the part that is not known is left out."""
    parts = (f"by {touched.by}" if touched.by else "", f"on {moment_text(touched.at)}" if touched.at else "")
    return " ".join(part for part in parts if part)


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


def remade_lines(report: PlanReport) -> tuple[str, ...]:
    """`Field:Old -> Field:New: why it cannot be kept`"""
    return tuple(f"{item.old} -> {item.new}: {item.reason}" for item in report.remade)


def blocks(report: PlanReport) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What is not a change, with its title, in the order of how much it matters. Some are empty."""
    return (
        ("The policy forbids this", report.breaches),
        ("In the way (in the org, not made by this design; nothing is done to them)", report.conflicts),
        ("Not read (unknown, not absent; nothing is done to them)", report.unread),
        ("Renamed, but the platform cannot keep them (the old one goes, the new one comes)", remade_lines(report)),
        ("Left as they are, though changed by hand", report.kept),
        ("Not in the org any more, nor in the design (only the ledger forgets them)", report.gone),
        ("Brought along", report.pulled),
        ("Worth knowing", report.notices),
    )


def risk_title(risk: Risk) -> str:
    """`Loses data`"""
    return risk.value[0].upper() + risk.value[1:]


def undone_text(report: PlanReport, *, named: bool = False) -> str:
    """`1 change of this plan undoes what was done by hand by Ana Ruiz on 2026-03-03 09:00 UTC.`; empty when none does.
    Of several, only who it was, as far as the vendor tells. Without `named`, nothing in it comes from the CRM."""
    count = len(report.undone)
    if not count:
        return ""
    if not named:
        return f"{count_text(count, 'change')} of this plan {'undoes' if count == 1 else 'undo'} what was done by hand."
    people = sorted({item.change.touched.by for item in report.undone if item.change.touched} - {""})
    who = report.undone[0].who if count == 1 else f"by {', '.join(people)}" if people else ""
    verb = "undoes" if count == 1 else "undo"
    return f"{count_text(count, 'change')} of this plan {verb} what was done by hand{' ' + who if who else ''}."


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
