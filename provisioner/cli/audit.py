"""What an audit is made from: the facts and the plan, fetched by a session that cannot write."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from provisioner import __version__
from provisioner.cli import road
from provisioner.cli.choose import LOOKING
from provisioner.cli.console import Console
from provisioner.cli.road import Prepared, Reached
from provisioner.diagnostics import Diagnostic
from provisioner.errors import Rejected
from provisioner.facts import Evidence, Facts, Scope, Unasked
from provisioner.insight.audit import Audit, Judged, count_text, spellings
from provisioner.insight.decision import carriers_of
from provisioner.insight.patience import patience_ended
from provisioner.insight.stories import stories_of
from provisioner.planning import guards
from provisioner.planning.plan import Cause, Change, Plan
from provisioner.planning.planfile import instant
from provisioner.reporting.text import safe
from provisioner.resources import Address
from provisioner.targets.base import (
    Auditing,
    Clocked,
    Explaining,
    Forgiving,
    Live,
    Looking,
    Meaning,
    Recounting,
    Referring,
    Remembering,
    Tracing,
)

_NO_COUNTS = "The connection to this platform cannot count what is in the CRM."
_BY_HAND = (Cause.HAND, Cause.BOTH, Cause.DELETED)


def scope_of(prepared: Prepared, now: datetime, since: datetime) -> Scope:
    """`now` and `since`: aware."""
    end = now.astimezone(UTC)
    waited = patience_ended(prepared.design, end)
    return Scope(end, since.astimezone(UTC), carriers_of(prepared.design), waited=waited)


def now_there(reached: Reached, ours: datetime, console: Console) -> datetime:
    """`ours` (aware), or the CRM's own time where this machine's clock is wrong by more than a minute, which is said:
    leads carry the CRM's dates."""
    told = reached.session.told_at() if isinstance(reached.session, Clocked) else None
    if told is None or abs(ours - told) <= _CLOCKS_DIFFER:
        return ours
    way = "behind" if ours < told else "ahead of"
    console.note(
        f"This machine's clock is {_span_text(abs(ours - told))} {way} that of {safe(reached.org['name'])}: audited as "
        f"of {instant(told)}."
    )
    return told


_CLOCKS_DIFFER = timedelta(minutes=1)


def _span_text(span: timedelta) -> str:
    """`2 days`, `3 h 5 min`; whole units."""
    if span >= timedelta(days=1):
        return count_text(span.days, "day")
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def fetched(prepared: Prepared, reached: Reached, scope: Scope, console: Console) -> Audit:
    """Everything an audit needs, read from the org. Refused in an org that the design is not for; TargetError when
    nothing can be read. What the org does not tell is named in the facts, and is never taken for clean."""
    guards.check_expected(prepared.design.target.expect, reached.org)
    plan, unasked = _planned(prepared, reached, console)
    misfits, unseen = _misfits(prepared, reached, console)
    facts = _facts(prepared, reached, scope, console)
    facts = dataclasses.replace(facts, unasked=(*facts.unasked, *unasked, *unseen))
    meanings = _meanings(prepared, plan)
    wanted, since = _swept_up(prepared, facts), _by_hand_since(plan, meanings)
    earlier, judged = _recounted(prepared, reached, scope, wanted, since, console)
    facts = dataclasses.replace(facts, unasked=(*facts.unasked, *_unknown(wanted, earlier)))
    return Audit(
        prepared.design,
        facts,
        plan,
        meanings,
        {lead_type: Judged(since[lead_type], evidence) for lead_type, evidence in judged.items()},
        misfits,
        prepared.file,
        reached.connection,
        _traced(reached, plan),
        earlier,
    )


def _planned(prepared: Prepared, reached: Reached, console: Console) -> tuple[Plan, tuple[Unasked, ...]]:
    """The plan of what differs; an empty one, and why, when the org's answer cannot be held against the design: a
    recipient who left must be found by the audit, not stop it."""
    design = prepared.design
    try:
        with console.working(f"Reading {reached.org['name']}"):
            live = reached.session.read(prepared.desired, design.target.prefix)
    except Rejected as error:
        former = _read_former(prepared, reached, console)
        if former is not None:
            return _held(prepared, reached, former, console), ()
        said = "; ".join([error.message.rstrip("."), *(f"{where}: {text}" for where, text in error.problems)])
        return _no_plan(prepared, reached), (Unasked("configuration", f"{said.rstrip('.')}."),)
    return _held(prepared, reached, live, console), ()


def _read_former(prepared: Prepared, reached: Reached, console: Console) -> Live | None:
    """With people who left as whom they were, so that they hide nothing; None where that is no help."""
    if not isinstance(reached.session, Forgiving):
        return None
    try:
        with console.working(f"Reading {reached.org['name']} as when everybody was there"):
            return reached.session.read_former(prepared.desired, prepared.design.target.prefix)
    except Rejected:
        return None


def _held(prepared: Prepared, reached: Reached, live: Live, console: Console) -> Plan:
    design = prepared.design
    guards.check_ledger(live.ledger.design, design.id, reached.org)
    guards.check_prefix(live.elsewhere, design.id, design.target.prefix, reached.org)
    desired = prepared.desired if live.resolved is None else live.resolved
    plan = road.made_from(prepared, reached, live, desired, wishes=LOOKING)
    return road.asked_who(plan, prepared, reached, live, console)


def _no_plan(prepared: Prepared, reached: Reached) -> Plan:
    return Plan(
        changes=(),
        conflicts=(),
        unread=(),
        design=prepared.design.id,
        design_digest=prepared.digest,
        tool=__version__,
        org=reached.org,
        created_at=instant(datetime.now(UTC)),
        fingerprints={},
    )


def _misfits(
    prepared: Prepared, reached: Reached, console: Console
) -> tuple[tuple[Diagnostic, ...], tuple[Unasked, ...]]:
    """What the design names and the org has not, or has otherwise; and what could not be looked up."""
    if not isinstance(prepared.target, Referring) or not isinstance(reached.session, Looking):
        return (), ()
    with console.working(f"Looking for what the design names in {reached.org['name']}"):
        found = reached.session.missing(prepared.target.references(prepared.design), prepared.document)
    unseen = [item for item in found if not item.pointer and item.severity == "warning"]
    unasked = tuple(Unasked("configuration/named", item.detail) for item in unseen)
    return tuple(item for item in found if item not in unseen), unasked


def _traced(reached: Reached, plan: Plan) -> Mapping[Address, Sequence[Address]]:
    """What differs only because it names something of ours that was deleted by hand."""
    deleted = {change.address for change in plan.to_write if change.cause is Cause.DELETED}
    if not deleted or not isinstance(reached.session, Tracing):
        return {}
    wanted = [change.after for change in plan.to_write if change.cause is Cause.HAND and change.after is not None]
    found = reached.session.traced(wanted)
    return {address: others for address, others in found.items() if deleted.issuperset(others)}


def _facts(prepared: Prepared, reached: Reached, scope: Scope, console: Console) -> Facts:
    if isinstance(reached.session, Auditing):
        with console.working(f"Counting in {reached.org['name']}"):
            return reached.session.audit(prepared.design, scope)
    parts = (
        "totals",
        "carriers",
        "entrances",
        "people",
        "waiting",
        "standings",
        "checks",
        "periods",
        "alerts",
        "calendars",
    )
    return Facts(scope, unasked=tuple(Unasked(part, _NO_COUNTS) for part in parts))


def _swept_up(prepared: Prepared, facts: Facts) -> dict[str, list[str]]:
    """Field → the values that the design takes without naming them."""
    wanted: dict[str, list[str]] = {}
    for carrier in facts.carriers:
        for story in stories_of(prepared.design, carrier):
            if story.is_swept_up:
                wanted.setdefault(story.field, []).extend(spellings(story))
    return wanted


def _recounted(
    prepared: Prepared,
    reached: Reached,
    scope: Scope,
    wanted: Mapping[str, Sequence[str]],
    since: Mapping[str, str],
    console: Console,
) -> tuple[Mapping[tuple[str, str], Evidence], Mapping[str, Evidence]]:
    """How many leads had those values before, and who was judged under what was changed; together where both are asked
    and the session can."""
    session = reached.session
    if wanted and since and isinstance(session, Recounting):
        with console.working("Counting earlier leads, and who was judged under what was changed"):
            return session.recounted(prepared.design, scope, wanted, since)
    earlier: Mapping[tuple[str, str], Evidence] = {}
    judged: Mapping[str, Evidence] = {}
    if wanted and isinstance(session, Remembering):
        with console.working("Looking whether new values were there before"):
            earlier = session.earlier(prepared.design, scope, wanted)
    if since and isinstance(session, Auditing):
        with console.working("Counting who was judged under what was changed"):
            judged = session.judged(since)
    return earlier, judged


def _unknown(wanted: Mapping[str, Sequence[str]], found: Mapping[tuple[str, str], Evidence]) -> Iterator[Unasked]:
    """Where it is not known whether a value was there before."""
    for name, values in wanted.items():
        count = sum((name, value) not in found for value in values)
        if count:
            why = f"Of {count_text(count, 'value')} it could not be counted whether it was there before."
            yield Unasked(f"earlier/{name}", why)


def _meanings(prepared: Prepared, plan: Plan) -> Mapping[Address, tuple[Meaning, ...]]:
    """What was found, in words: the change from what the design asks for to what is there."""
    target = prepared.target
    if not isinstance(target, Explaining):
        return {}
    return {
        change.address: tuple(target.meanings(as_found(change), prepared.design))
        for change in plan.to_write
        if change.cause in (*_BY_HAND, Cause.ORPHANED)
    }


def as_found(change: Change) -> Change:
    """A planned change puts the design back; what somebody did is its opposite."""
    return dataclasses.replace(change, before=change.after, after=change.before)


@dataclass(frozen=True, slots=True)
class _Since:
    lead_type: str
    at: str


def _by_hand_since(plan: Plan, meanings: Mapping[Address, tuple[Meaning, ...]]) -> dict[str, str]:
    """Lead type → since when (UTC ISO) leads of it are judged under a change by hand: the first one that is dated."""
    since: dict[str, str] = {}
    for item in _dated(plan, meanings):
        since[item.lead_type] = min(item.at, since.get(item.lead_type, item.at))
    return since


def _dated(plan: Plan, meanings: Mapping[Address, tuple[Meaning, ...]]) -> Iterator[_Since]:
    for change in plan.to_write:
        if change.cause in _BY_HAND and change.touched is not None and change.touched.at:
            for meaning in meanings.get(change.address, ()):
                for lead_type in meaning.lead_types:
                    yield _Since(lead_type, change.touched.at)
