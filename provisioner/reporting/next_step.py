"""What comes after reading a plan: the command that carries it out, or why apply would refuse it."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.planning.commands import apply_there, import_command, live_command, plan_command
from provisioner.planning.guards import too_many_deletions
from provisioner.planning.plan import Action, Plan

CARRY_OUT = "Carry it out"


@dataclass(frozen=True, slots=True)
class NextStep:
    """`words: command`, as both are typed and read. `command` is empty where no command helps; `is_refused`: apply
    would not carry the plan out as it is."""

    words: str
    command: str
    is_refused: bool = False

    def __str__(self) -> str:
        return f"{self.words}: {self.command}" if self.command else f"{self.words}."


def next_step(plan: Plan, *, breached: bool = False) -> NextStep:
    """`breached`: the policy of now forbids the plan. The command names the plan's own file, design and connection."""
    if plan.conflicts:
        count = len(plan.conflicts)
        how = "how it differs, and make it" if count == 1 else "how they differ, and make them"
        words = f"apply refuses this plan while something is in the way. See {how} this design's own"
        return NextStep(words, import_command(plan), True)
    if plan.unread:
        words = "apply refuses this plan: what cannot be seen is not changed. Give the connection's user permission to "
        return NextStep(f"{words}read it, then plan again", plan_command(plan), True)
    if breached:
        return NextStep("apply refuses this plan, because the policy forbids it", "", True)
    if plan.goes_live:
        return NextStep(
            "apply refuses this plan, because it switches alerts on. That is done by", live_command(plan), True
        )
    allowance = f" --allow-deletes={plan.count(Action.DELETE)}" if too_many_deletions(plan) else ""
    return NextStep(CARRY_OUT, apply_there(plan) + allowance)
