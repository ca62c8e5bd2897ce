"""The exact command that comes next, with the names of this plan's files and its connection."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from provisioner.planning.plan import Cause, Plan

_MOST_NAMED = 5  # addresses on one command line


def typed(*words: object) -> str:
    """`provisioner apply 'my acme.yaml' -c sandbox`: the command as a shell takes it."""
    return f"provisioner {shlex.join(map(str, words))}"


def design_of(plan: Plan) -> str:
    """The path of the design as seen from here; a plan file names it as seen from itself."""
    return beside(plan.file, plan.design_file)


def beside(file: str, design: str) -> str:
    """`design` is relative to the folder of `file`; without a file it is seen from here already."""
    return os.path.normpath(Path(file).parent / design) if file and design else design


def plan_again(plan: Plan, connection: str = "") -> str:
    """`Make a new plan and read it: provisioner plan acme.yaml -c sandbox -o acme.plan`"""
    return f"Make a new plan and read it: {plan_command(plan, connection)}"


def plan_command(plan: Plan, connection: str = "") -> str:
    """The command that this plan came from, with its choices; with another connection where one is given."""
    return _planning(_command(plan), design_of(plan), connection or plan.connection, plan.file, _options(plan))


def look_again(plan: Plan) -> str:
    """`provisioner plan acme.yaml -c sandbox`: what is left of it, without a plan file; of a rollback, that again."""
    if any(change.cause is Cause.TAKEN_BACK for change in plan.changes):
        return f"provisioner rollback RUN -c {_word(plan.connection, 'NAME')}"
    return _planning(_command(plan), design_of(plan), plan.connection, "", _options(plan))


def again_text(design: str, connection: str, file: str) -> str:
    """`plan_again` from its parts; what is not known is written as a word in capitals, `-o` only with a plan file."""
    return f"Make a new plan and read it: {_planning('plan', design, connection, file, '')}"


def _planning(command: str, design: str, connection: str, file: str, options: str) -> str:
    out = f" -o {shlex.quote(file)}" if file else ""
    return f"provisioner {command} {_word(design, 'DESIGN')} -c {_word(connection, 'NAME')}{options}{out}"


def go_on(plan: Plan) -> str:
    """How a plan that was carried out in part is continued. Whoever destroys must not be sent to plan and apply: that
    would make everything anew."""
    if _destroys(plan):
        return f"Running it again continues: {look_again(plan)}"
    return f"Applying again continues. What is left: {look_again(plan)}"


def _command(plan: Plan) -> str:
    if _destroys(plan):
        return "destroy"
    return "import" if _adopted(plan) else "plan"


def _destroys(plan: Plan) -> bool:
    """Everything goes, and nothing of ours stays."""
    return bool(plan.changes) and not plan.fingerprints and all(change.after is None for change in plan.changes)


def _adopted(plan: Plan) -> list[str]:
    return [str(change.address) for change in plan.changes if change.cause is Cause.ADOPTED]


def _options(plan: Plan) -> str:
    """What was chosen, so that the new plan is of the same kind."""
    adopted = _adopted(plan)
    if adopted:
        return " --all" if len(adopted) > _MOST_NAMED else "".join(f" {shlex.quote(item)}" for item in adopted)
    chosen = [("--target", item) for item in plan.aim.asked]
    chosen += [("--keep-drift", str(kept.address)) for kept in plan.kept]
    chosen += [("--remake", item.old) for item in plan.remade if item.holds_data]
    return "".join(f" {option} {shlex.quote(value)}" for option, value in chosen)


def apply_there(plan: Plan) -> str:
    """`provisioner apply acme.plan -c sandbox`: where the plan belongs."""
    return f"provisioner apply {_word(plan.file, 'PLANFILE')} -c {_word(plan.connection, 'NAME')}"


def import_command(plan: Plan) -> str:
    """`provisioner import acme.yaml -c sandbox`"""
    return f"provisioner import {_word(design_of(plan), 'DESIGN')} -c {_word(plan.connection, 'NAME')}"


def done_command(design: str, connection: str, step: str = "STEP") -> str:
    """`provisioner done acme.yaml STEP -c sandbox`; `design` as seen from here."""
    return f"provisioner done {_word(design, 'DESIGN')} {_word(step, 'STEP')} -c {_word(connection, 'NAME')}"


def live_command(plan: Plan) -> str:
    """`provisioner golive acme.yaml -c sandbox`; of a rollback, the one that takes a reason."""
    name = _word(plan.connection, "NAME")
    if any(change.cause is Cause.TAKEN_BACK for change in plan.changes):
        return f"provisioner rollback RUN -c {name} --override REASON"
    return f"provisioner golive {_word(design_of(plan), 'DESIGN')} -c {name}"


def _word(text: str, unknown: str) -> str:
    return shlex.quote(text) if text else unknown
