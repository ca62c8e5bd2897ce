"""Which of our fields a backfill fills, and with what. Thinks only.

An update of a lead is an ordinary save: the stamp flow looks at it, and the validation rules do. So a clock is only
written finished (status met or touched_late, which starts nothing: templates/salesforce/flows/lead_stamp.flow.j2), and
the time of a stage that wants a reason, or that is at its limit, is left out where the rule would refuse it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from provisioner.model.design import Design
from provisioner.model.uses import tests_of
from provisioner.past import PastLead, Reason, Told
from provisioner.targets.salesforce.features import features
from provisioner.targets.salesforce.names import TASK_SUBTYPES, Names
from provisioner.targets.salesforce.stages import stages

CLOCK = (
    "Assigned_To", "Lead_Type", "SLA_Started_At", "SLA_Due_At", "SLA_Minutes", "Response_Minutes", "SLA_Status",
    "Business_Hours",
)  # fmt: skip
_CENT = Decimal("0.01")
_DEFAULTS = {"SLA_Status": ("not_started",), "Cycle": ("1",), "Touch_Count": ("0",), "Recycle_Count": ("0",)}


def words(design: Design) -> tuple[str, ...]:
    """The fields that can be filled, without prefix and suffix."""
    found = ["Engaged_At", "Assigned_At", "First_Touch_At", "First_Touch_Type", "Cycle", *CLOCK]
    has = features(design)
    found += ["Touch_Count"] if has.follow_up else []
    if has.stages:
        found += ["Stage_Entered_At", *(stage.at for stage in stages(design))]
        found += ["Recycle_Count"] if any(stage.recycles for stage in stages(design)) else []
    return tuple(found)


def columns(design: Design) -> tuple[str, ...]:
    """Their API names on Lead."""
    names = Names(design.target.prefix)
    return tuple(names.field(word) for word in words(design))


def looked_at(design: Design) -> tuple[str, ...]:
    """Columns of ours that are only looked at."""
    names = Names(design.target.prefix)
    seen = [names.field("Owner_Seen")]
    return (*seen, names.field("Rejection_Reason")) if features(design).rejections else tuple(seen)


def fields(design: Design) -> tuple[str, ...]:
    """The fields of Lead whose values decide what the clock does."""
    conditions = [item.when for item in design.exclusions] + [item.when for item in design.lead_types]
    named = [test.field for condition in conditions for test in tests_of(condition)]
    staged = [design.telemetry.stages.field] if design.telemetry.stages is not None else []
    return tuple(dict.fromkeys([*design.telemetry.engagement, *named, *staged]))


def subtypes(design: Design) -> dict[str, str]:
    """TaskSubtype → the type of touch that it is."""
    return {TASK_SUBTYPES[type]: type for type in design.telemetry.first_touch.types if type in TASK_SUBTYPES}


def changed(design: Design, lead: PastLead, told: Told) -> dict[str, str] | Reason:
    """The columns to write with their values; only what is blank is filled. `recorded` when the org has another fact
    already; `nothing` when nothing is missing."""
    names = Names(design.target.prefix)
    found: dict[str, str] = {}
    for word, value in _facts(design, lead, told):
        column = names.field(word)
        now = lead.recorded.get(column, "")
        if same(now, value):
            continue
        if now and now not in _DEFAULTS.get(word, ()):
            if word in _staged(design):
                continue  # written by the automation after a later change, so it is the better one
            return "recorded"
        found[column] = value
    return found or "nothing"


def same(one: str, other: str) -> bool:
    """`5` is `5.0`, and 13:00:00.000+0000 is 13:00:00.000Z."""
    if one == other:
        return True
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return bool(one) and one.replace("+0000", "Z") == other.replace("+0000", "Z")


def instant(at: datetime) -> str:
    """As the Bulk API writes it. [docs] reference/salesforce.md 8.4"""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _facts(design: Design, lead: PastLead, told: Told) -> Iterator[tuple[str, str]]:
    """Field and value, without the unknown ones."""
    yield "Engaged_At", instant(told.engaged_at)
    if told.assigned_at is not None:
        yield "Assigned_At", instant(told.assigned_at)
    if told.first_touch_at is not None:
        yield "First_Touch_At", instant(told.first_touch_at)
        yield "First_Touch_Type", told.first_touch_type or ""
    if told.cycle > 1:
        yield "Cycle", str(told.cycle)
    yield from _clock(design, told)
    yield from _counts(design, lead, told)


def _clock(design: Design, told: Told) -> Iterator[tuple[str, str]]:
    """A finished clock; without its steps, which never happened."""
    clock = told.clock
    if clock is None:
        return
    yield "Assigned_To", clock.assigned_to
    yield "Lead_Type", clock.lead_type
    yield "SLA_Started_At", instant(clock.started_at)
    yield "SLA_Due_At", instant(clock.due_at)
    yield "SLA_Minutes", minutes(clock.sla_seconds)
    yield "Response_Minutes", minutes(clock.response_seconds)
    yield "SLA_Status", clock.status
    if clock.hours is not None:
        yield "Business_Hours", Names(design.target.prefix).hours(clock.hours)


def _counts(design: Design, lead: PastLead, told: Told) -> Iterator[tuple[str, str]]:
    if told.touch_count and features(design).follow_up:
        yield "Touch_Count", str(told.touch_count)
    if told.stage_entered_at is None:
        return
    yield "Stage_Entered_At", instant(told.stage_entered_at)
    for stage in stages(design):
        at = told.stage_at.get(stage.id)
        if at is not None and not _refused(design, lead, told, stage.id):
            yield stage.at, instant(at)
    if told.recycle_count and any(stage.recycles for stage in stages(design)):
        yield "Recycle_Count", str(told.recycle_count)


def _refused(design: Design, lead: PastLead, told: Told, stage: str) -> bool:
    """Whether the org's own rules refuse a save that sets the time of this stage."""
    found = next(item for item in stages(design) if item.id == stage)
    reason = lead.recorded.get(Names(design.target.prefix).field("Rejection_Reason"), "")
    if features(design).rejections and found.rejects and not reason:
        return True
    limit = design.recycling.limit if design.recycling is not None else None
    return limit is not None and found.recycles and (told.recycle_count or 0) > limit


def _staged(design: Design) -> frozenset[str]:
    return frozenset({"Stage_Entered_At", "Recycle_Count", *(stage.at for stage in stages(design))})


def minutes(seconds: int) -> str:
    """Minutes with two decimals, as the fields have them."""
    return str((Decimal(seconds) / 60).quantize(_CENT, ROUND_HALF_UP))
