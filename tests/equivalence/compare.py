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
    """Where the executed metadata (after `change`, if any) and the oracle differ, in words."""
    files = files_of(played.design)
    world.reset(change(files) if change else files, played.start - timedelta(hours=1))
    world.play(played.lives, played.until)
    used = [lead_type.escalation for lead_type in played.design.lead_types if lead_type.escalation]
    steps = max((len(played.design.escalations[name].steps) for name in used), default=0)
    fields, messages, tasks = world.fields(steps), world.messages(), world.tasks()
    found = [f"a fault: {row}" for row in world.query("SELECT Source__c, Message__c FROM STL_Error__c")]
    for life in played.lives:
        if life.number not in fields:
            continue
        told = oracle.tell(played.design, played.policy, life, played.until)
        where = f"world {played.seed}, lead {life.number}"
        expected = oracle.fields(told, played.until, steps)
        for name, value in expected.items():
            if (got := fields[life.number][name]) != value:
                found.append(f"{where}: {name} is {got!r}, the oracle says {value!r}")
        predicted = list(oracle.messages(played.design, told.alerts))
        if messages[life.number] != predicted:
            found.append(f"{where}: sent {messages[life.number]}, the oracle says {predicted}")
        if tasks[life.number] != len(told.tasks):
            found.append(f"{where}: {tasks[life.number]} tasks, the oracle says {len(told.tasks)}")
    return found
