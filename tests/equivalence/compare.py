"""One design, many lives: deploy it, play them, and say where the org and the oracle differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import yaml

from provisioner.document import loads
from provisioner.model.compile import compile_design
from provisioner.model.design import Design
from provisioner.sla.policy import Policy
from provisioner.sla.timeline import Switched
from provisioner.targets.salesforce import target

from . import oracle, worlds
from .world import World

Files = dict[str, bytes]


@dataclass(frozen=True)
class Case:
    """A compiled design with the lives to play in it."""

    seed: int
    design: Design
    policy: Policy
    lives: tuple[worlds.Life, ...]
    start: datetime
    until: datetime
    cast: worlds.Cast = worlds.CAST
    switches: tuple[Switched, ...] = ()

    def tell(self, life: worlds.Life) -> oracle.Told:
        return oracle.tell(self.design, self.policy, life, self.until, cast=self.cast, switches=self.switches)


def case(seed: int, lives: int, days: int = 14) -> Case | None:
    """None when the random document is one the product refuses (unreachable lead types and the like)."""
    document, start = worlds.design(seed)
    loaded = loads(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), f"world-{seed}.yaml")
    design, findings = compile_design(loaded, today=date(2026, 3, 1))
    if design is None or any(finding.severity == "error" for finding in findings):
        return None

    policy = oracle.policy_of(design)

    def hot(events: tuple[worlds.Event, ...]) -> list[datetime]:
        return oracle.interesting(design, policy, worlds.Life(0, events))

    lived = tuple(worlds.life(seed, number, start, hot) for number in range(lives))
    return Case(seed, design, policy, lived, start, start + timedelta(days=days))


def files_of(design: Design) -> Files:
    snapshot, findings = target.desire(design, lambda pointer: None)
    assert not [finding for finding in findings if finding.severity == "error"], findings
    return {artifact.path: artifact.content for artifact in target.artifacts(snapshot)}


def differences(world: World, played: Case, change: Callable[[Files], Mapping[str, bytes]] | None = None) -> list[str]:
    """Deploys the metadata (after `change`, if any), plays the lives, and says where it and the oracle differ."""
    files = files_of(played.design)
    prefix = played.design.target.prefix
    world.reset(change(files) if change else files, played.start - timedelta(hours=1), played.cast, prefix)
    world.play(played.lives, played.until, played.switches)
    return found(world, played)


def found(world: World, played: Case) -> list[str]:
    """Where what became of the lives in the org and the oracle differ, in words."""
    used = [lead_type.escalation for lead_type in played.design.lead_types if lead_type.escalation]
    steps = max((len(played.design.escalations[name].steps) for name in used), default=0)
    stages = played.design.telemetry.stages
    stories = {life.number: played.tell(life) for life in played.lives if life.number in world.leads}
    expected = {number: oracle.fields(told, played.until, steps) for number, told in stories.items()}
    words = next(iter(expected.values())) if expected else {}
    fields, messages, tasks = world.fields(words), world.messages(), world.tasks()
    rows = world.history() if stages is not None and stages.history else None
    errors = world.query(f"SELECT Source__c, Message__c FROM {world.prefix}_Error__c")
    differing = [f"a fault: {row}" for row in errors]
    for number, told in stories.items():
        where = f"world {played.seed}, lead {number}"
        for name, value in expected[number].items():
            if (got := fields[number][name]) != value:
                differing.append(f"{where}: {name} is {got!r}, the oracle says {value!r}")
        assert told.outcome is not None
        predicted = list(oracle.messages(played.design, told.outcome, played.cast))
        if messages[number] != predicted:
            differing.append(f"{where}: sent {messages[number]}, the oracle says {predicted}")
        if tasks[number] != len(told.outcome.tasks):
            differing.append(f"{where}: {tasks[number]} tasks, the oracle says {len(told.outcome.tasks)}")
        if rows is not None and rows[number] != (wanted := oracle.history(told)):
            differing.append(f"{where}: the history is {rows[number]}, the oracle says {wanted}")
    return differing
