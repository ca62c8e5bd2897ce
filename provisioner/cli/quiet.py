"""What a plan does to alerts, worked out from the design: whether it switches them on, or from live to silent (taking
it back would then switch them on again)."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from provisioner.model.design import Design
from provisioner.planning.diff import attribute_changes
from provisioner.planning.plan import Plan
from provisioner.planning.risk import unweighed, weighed
from provisioner.targets.base import Target, Weighing


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


def believed(plan: Plan, file: Path, target: Target) -> Plan:
    """A plan from a file with its risks worked out again, and whether it switches alerts on: what guards and policy
    look at is not taken from the file. Without its design, only the file knows about the switch."""
    from provisioner.cli import road

    found = weighed(plan, target.weigh if isinstance(target, Weighing) else unweighed)
    design = _read(plan, file)
    switches = design is not None and road.goes_live(found, design, target)
    return dataclasses.replace(found, goes_live=plan.goes_live or switches)


def _read(plan: Plan, file: Path) -> Design | None:
    from provisioner.cli import road

    return road.check(file).design if plan.design_file and file.is_file() else None
