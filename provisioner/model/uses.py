"""What a design makes use of, for whoever deploys it."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.model.design import All, Any_, Condition, Design, Escalation, LeadType, Not, Step, StepStatus, Test


def tests_of(condition: Condition) -> Iterator[Test]:
    """Every comparison in it, as written."""
    match condition:
        case Test():
            yield condition
        case All(parts) | Any_(parts):
            for part in parts:
                yield from tests_of(part)
        case Not(part):
            yield from tests_of(part)


def used_escalations(design: Design) -> list[Escalation]:
    """Escalations that some lead type names, in the design's order."""
    used = {lead_type.escalation for lead_type in design.lead_types}
    return [escalation for id, escalation in design.escalations.items() if id in used]


def steps_of(design: Design, lead_type: LeadType) -> tuple[Step, ...]:
    """The steps of its escalation; none without one."""
    return design.escalations[lead_type.escalation].steps if lead_type.escalation is not None else ()


def step_count(design: Design) -> int:
    """How many step times a lead needs: the most steps of any used escalation."""
    return max((len(escalation.steps) for escalation in used_escalations(design)), default=0)


def status_after(step: Step) -> StepStatus | None:
    """The status a step leaves behind; None = as it was. At due and exactly 100 % are the same instant."""
    if step.status is not None:
        return step.status
    if step.after_due is not None:
        return "breached" if step.after_due.is_zero else "escalated"
    if step.percent is None or step.percent < 100:
        return None
    return "breached" if step.percent == 100 else "escalated"
