"""Leads whose data contradicts itself, one query per check: it gives their number and the first of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import get_args

from provisioner.facts import Check, Evidence, Unasked
from provisioner.model.uses import step_count
from provisioner.targets.salesforce.audit.answers import Answer, Answers, text, unasked
from provisioner.targets.salesforce.audit.leads import Leads, parsed
from provisioner.targets.salesforce.audit.where import ALWAYS, NEVER, among, every, instant, some

CHECKS: tuple[Check, ...] = get_args(Check)
AT_RISK_OR_BEFORE = ("at_risk", "within_sla")


def questions(leads: Leads) -> dict[str, str]:
    """`checks/<check>` → query. A check whose condition cannot hold for this design is not asked."""
    wanted = {check: clause for check, clause in _clauses(leads).items() if clause != NEVER}
    asked = {f"checks/{check}": leads.select("Id", leads.window, clause) for check, clause in wanted.items()}
    touch, assigned = leads.field("First_Touch_At"), leads.field("Assigned_At")
    early = f"{leads.field('Human_Delay_Minutes')} = 0"
    clauses = (leads.window, f"{touch} != null", f"{assigned} != null", early)
    asked["checks/touch_before_assignment"] = leads.select(f"Id, {touch}, {assigned}", *clauses)
    return asked


def _clauses(leads: Leads) -> Mapping[Check, str]:
    f = leads.field
    converted = "IsConverted = true"
    started = f"{f('SLA_Started_At')} != null"
    return {
        "assigned_without_clock": _without_clock(leads),
        "clock_without_lead_type": every(started, f"{f('Lead_Type')} = null"),
        "negative_delay": some(f"{f('Systems_Delay_Minutes')} < 0", f"{f('Speed_To_Lead_Minutes')} < 0"),
        "stuck_step": _stuck(leads),
        "excluded_with_clock": _excluded(leads, started),
        "closed_with_clock": every(converted, started, leads.running),
    }


def _without_clock(leads: Leads) -> str:
    """Leads that were there before the design, and have had no new owner since, are right to have no clock: what is
    left is new since then, or was seen by the flow when it was assigned. When the design came is the ledger's birth;
    without it only the latter are told."""
    f = leads.field
    seen = f"{f('Assigned_At')} != null"
    new = f"CreatedDate > {instant(leads.since_when)}" if leads.since_when else ""
    return every(
        f"{f('SLA_Started_At')} = null",
        "IsConverted = false",
        f"{f('Excluded')} = false",
        leads.not_excluded,
        leads.tracked,
        leads.owned_by_person,
        some(seen, new),
    )


def _excluded(leads: Leads, started: str) -> str:
    if leads.excluded in (NEVER, ALWAYS):
        return leads.excluded if leads.excluded == NEVER else every(started, leads.running)
    return every(started, "IsConverted = false", leads.running, leads.excluded)


def _stuck(leads: Leads) -> str:
    """A step's time, or the due time, is past by more than the grace, and nothing was made of it."""
    f, names = leads.field, leads.names
    before = instant(leads.scope.now - timedelta(minutes=leads.scope.grace))
    level = f("Escalation_Level")
    steps = [
        every(f"{names.step_at(number)} < {before}", some(f"{level} < {number}", f"{level} = null"))
        for number in range(1, step_count(leads.design) + 1)
    ]
    due = every(f"{f('SLA_Due_At')} < {before}", among(f("SLA_Status"), AT_RISK_OR_BEFORE))
    untouched = (f"{f('First_Touch_At')} = null", "IsConverted = false", f"{f('Excluded')} = false", leads.running)
    return every(*untouched, some(*steps, due))


def read(leads: Leads, answers: Answers) -> dict[Check, Evidence]:
    """What was counted; a check that was not answered is not in it, and one that cannot happen counts nothing."""
    found: dict[Check, Evidence] = {}
    asked = questions(leads)
    for check in CHECKS:
        told = answers.get(f"checks/{check}")
        if isinstance(told, Answer):
            found[check] = _early(leads, told) if check == "touch_before_assignment" else _counted(leads, told)
        elif f"checks/{check}" not in asked:
            found[check] = Evidence("The design has no such case.", 0)
    return found


def _counted(leads: Leads, told: Answer) -> Evidence:
    ids = tuple(text(row, "Id") for row in told.rows[: leads.scope.samples])
    return Evidence(told.query, told.total, ids)


def _early(leads: Leads, told: Answer) -> Evidence:
    """SOQL does not compare two fields: those without a human delay are looked at one by one, on the first page."""
    touch, assigned = leads.field("First_Touch_At"), leads.field("Assigned_At")
    ids = []
    for row in told.rows:
        touched, given = parsed(text(row, touch)), parsed(text(row, assigned))
        if touched is not None and given is not None and touched < given:
            ids.append(text(row, "Id"))
    sampled = len(told.rows) if told.total > len(told.rows) else None
    return Evidence(told.query, len(ids), tuple(ids[: leads.scope.samples]), sampled)


def left_out(leads: Leads, answers: Answers) -> Iterator[Unasked]:
    for key in questions(leads):
        if not isinstance(answers.get(key), Answer):
            yield unasked(key, answers, key)
    if leads.since_when is None:
        text = "When the design came into the org is not known; leads that no flow ever saw were not looked for."
        yield Unasked("checks/assigned_without_clock/unseen", text)
