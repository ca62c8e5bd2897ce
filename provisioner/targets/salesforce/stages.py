"""Stages of a lead in the org: which fields keep when each was reached, and how a flow tells them apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from provisioner.model.design import REJECTIONS, Design, Test
from provisioner.targets.salesforce.conditions import Rule, Translator

RECYCLED = "recycled"
CONVERTED = "converted"  # a lead comes into it by its conversion only, and from then on nothing is stamped (rule 1)


@dataclass(frozen=True, slots=True)
class Stage:
    """`at`: the field of the moment, `label` how people call that field; both without the prefix."""

    id: str
    value: str
    at: str
    label: str

    @property
    def rejects(self) -> bool:
        return self.id in REJECTIONS

    @property
    def recycles(self) -> bool:
        return self.id == RECYCLED


@dataclass(frozen=True, slots=True)
class Passage:
    """From one stage to the next in the document; `minutes` is the field, without the prefix."""

    start: Stage
    end: Stage
    minutes: str
    label: str


def stages(design: Design) -> list[Stage]:
    """In the order of the document."""
    if design.telemetry.stages is None:
        return []
    return [
        Stage(id, value, f"{id.title()}_At", f"{id.title().replace('_', ' ')} At")
        for id, value in design.telemetry.stages.values.items()
    ]


def passages(design: Design) -> list[Passage]:
    """Between stages that stand next to each other."""
    return [
        Passage(
            start,
            end,
            f"{start.id.title()}_To_{end.id.title()}_Minutes",
            f"{start.id.title()} to {end.id.title()} Minutes".replace("_", " "),
        )
        for start, end in pairwise(stages(design))
    ]


def stage_fields(design: Design) -> Iterator[str]:
    """Our fields on Lead that stages bring, without the prefix."""
    found = stages(design)
    if not found:
        return
    yield "Stage_Entered_At"
    yield from (stage.at for stage in found)
    yield from (passage.minutes for passage in passages(design))
    if any(stage.recycles for stage in found):
        yield "Recycle_Count"


def stage_rules(design: Design, translator: Translator) -> list[tuple[Stage, Rule]]:
    """Which value of the stage field means which stage, in native comparisons."""
    asked = design.telemetry.stages
    if asked is None:
        return []
    return [(stage, translator.rule(Test(asked.field, "in", (stage.value,), asked.at))) for stage in stages(design)]
