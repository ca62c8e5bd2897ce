"""What a plan does to alerts, worked out from the design: whether it switches them on, or from live to silent (taking
it back would then switch them on again)."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

from provisioner.errors import Refused
from provisioner.model.design import Design
from provisioner.planning.commands import look_again, plan_again
from provisioner.planning.diff import attribute_changes
from provisioner.planning.plan import Cause, Plan, Risk
from provisioner.planning.risk import unweighed, weighed
from provisioner.resources import Address, Snapshot
from provisioner.targets.base import Session, Target, Weighing


def quietens(plan: Plan, design: Design, target: Target) -> bool:
    """Rendering the design both ways tells which attributes carry the switch, whatever the vendor calls them. True as
    well when it cannot be told apart: what was there before is then taken for live."""
    forms = [
        dataclasses.replace(design, alerts=dataclasses.replace(design.alerts, mode=mode)) for mode in ("silent", "live")
    ]
    quiet, loud = (target.desire(form, lambda pointer: pointer)[0] for form in forms)
    for change in plan.to_write:
        silent, live = quiet.get(change.address), loud.get(change.address)
        if change.before is None or silent is None or live is None or silent == live:
            continue
        after = change.after or silent
        switch = {item.path for item in attribute_changes(live.attributes, silent.attributes)}
        seen = target.compare(after, change.before)
        if switch & {item.path for item in attribute_changes(seen.attributes, after.attributes)}:
            return design.alerts.mode == "silent" or change.after is None
    return False


def notes(plan: Plan, design: Design, target: Target) -> dict[str, Any]:
    """What a run's journal says about its alerts, for whoever takes the run back."""
    return {"alerts": design.alerts.mode, "quietens": bool(plan.to_write) and quietens(plan, design, target)}


def notes_from(plan: Plan, file: Path, target: Target) -> dict[str, Any]:
    """The same for a plan from a file, with the design it was made from; nulls when that cannot be read any more."""
    design = _read(plan, file)
    return {"alerts": None, "quietens": None} if design is None else notes(plan, design, target)


def believed(plan: Plan, file: Path, target: Target, state: Path) -> Plan:
    """A plan from a file with its risks worked out again, and whether it switches alerts on: what guards and policy
    look at is not taken from the file. Told from its design; of a rollback, from the run it takes back, when that was
    made with this state folder. Refused when it cannot be told, and the plan does more than delete and relabel."""
    from provisioner.cli import road

    found = weighed(plan, target.weigh if isinstance(target, Weighing) else unweighed)
    design = _read(plan, file)
    if design is not None:
        switches = road.goes_live(found, design, target)
    elif all(change.after is None or change.risk is Risk.COSMETIC for change in found.to_write):
        switches = False  # what goes reaches nobody
    elif any(change.cause is Cause.TAKEN_BACK for change in plan.changes):
        switches = _switches_back(found, state)
    else:
        raise Refused(
            f"{'The design of this plan is not here' if plan.design_file else 'This plan names no design'}, so whether "
            "it lets alerts reach their real recipients cannot be told. Nothing was changed.",
            advice=f"Put the design back, as it was, as {file}. Or make a new plan and read it."
            if plan.design_file
            else plan_again(plan),
        )
    return dataclasses.replace(found, goes_live=plan.goes_live or switches)


def check_asked_for(plan: Plan, file: Path, session: Session) -> None:
    """Refused when the plan brings about what its design does not ask for, or deletes what it asks for: whoever writes
    a plan file can make its digest anew. Nothing is checked where the design is not there. The org is read only when
    the design alone cannot tell, because its own ids are in what is deployed."""
    from provisioner.cli import road

    if not plan.design_file or not file.is_file():
        return
    checked = road.check(file)
    if checked.design is None or checked.desired is None:
        return  # whoever plans hears why; a plan of it is refused by its digest
    strange = _not_asked_for(plan, checked.desired)
    if strange:
        resolved = session.read(checked.desired, checked.design.target.prefix).resolved
        strange = _not_asked_for(plan, resolved) if resolved is not None else strange
    if strange:
        more = f" (and {len(strange) - 1} more)" if len(strange) > 1 else ""
        raise Refused(
            f"What this plan makes of {strange[0]}{more} is not what {os.path.normpath(file)} asks for. Nothing was "
            "changed.",
            advice=plan_again(plan),
        )


def _not_asked_for(plan: Plan, desired: Snapshot) -> list[Address]:
    asked = {change.address: desired.get(change.address) for change in plan.to_write}
    wanted = {address: item.fingerprint() if item is not None else None for address, item in asked.items()}
    made = {change.address: change.after.fingerprint() if change.after else None for change in plan.to_write}
    return sorted(address for address in made if made[address] != wanted[address])


def _switches_back(plan: Plan, state: Path) -> bool:
    """The same of a rollback that was kept. Refused when no run with a journal here is what it takes back."""
    from provisioner.applying import backup, rollback, runs

    every, _ = runs.every(state)
    for run in every:
        if rollback.design_digest(run.id) == plan.design_digest:
            kept = backup.read(run.folder)
            if rollback.is_of(plan, kept):
                return rollback.with_switch(plan, rollback.quietened(run, kept, every)).goes_live
    raise Refused(
        "The run that this plan takes back is not kept here, so whether alerts would reach their real recipients again "
        "cannot be told. Nothing was changed.",
        advice="Carry it out where that run was made, or with its state folder (--state-dir DIR). Or take the run back "
        f"there without a plan file: {look_again(plan)}",
    )


def _read(plan: Plan, file: Path) -> Design | None:
    from provisioner.cli import road

    return road.check(file).design if plan.design_file and file.is_file() else None
