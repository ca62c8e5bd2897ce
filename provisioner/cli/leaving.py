"""Lead types that leave, and the leads whose clock of that type runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from provisioner.planning.plan import Plan
from provisioner.reporting.text import count_text
from provisioner.targets.base import Retiring, Session, Target, Underway


def with_warning(plan: Plan, target: Target, session: Session) -> Plan:
    """The plan, saying what becomes of clocks that run. A rename says it itself. Where they cannot be counted, it is
    said without a number."""
    if not isinstance(target, Retiring):
        return plan
    renamed = {item.old for item in plan.remade}
    leaving = [id for id in target.retired(plan.to_write, plan.prefix) if id not in renamed]
    if not leaving:
        return plan
    counts = _counted(leaving, plan, session)
    said = tuple(_sentence(id, counts.get(id)) for id in leaving)
    return dataclasses.replace(plan, notices=(*said, *plan.notices))


def _counted(leaving: list[str], plan: Plan, session: Session) -> Mapping[str, int]:
    return session.underway(leaving, plan.prefix) if isinstance(session, Underway) else {}


def _sentence(id: str, count: int | None) -> str:
    start = f"The lead type {id} goes, and with it what its clocks are kept by"
    if count == 0:
        return f"{start}: no lead has a running clock of it now."
    whose = "leads with a running clock of it (how many is not known)"
    if count is not None:
        verb = "has" if count == 1 else "have"
        whose = f"{count_text(count, 'lead')} that {verb} a running clock of it"
    return (
        f"{start}: {whose} would get no further alerts. Keep it in the design, matching no new leads, until they are "
        "touched; then take it out."
    )
