"""The fields on Lead that reports bring. Reports sum numbers and group by texts; these say, as such, what they are
about: 1 for a met SLA, the points of a response, the team of the owner. All of them are computed, none is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.model.design import REJECTIONS, Design
from provisioner.targets.salesforce.stages import Stage, stages
from provisioner.targets.salesforce.wording import quoted

HITS, SCORE, TEAM, LEAKAGE, AGE, TYPE = (
    "SLA_Hits", "Response_Score", "Owner_Team", "Leakage", "Age_Minutes", "Lead_Type_Id",
)  # fmt: skip
_BROUGHT = {"rep_scores": SCORE, "compliance_by_team": TEAM, "leakage": LEAKAGE, "aging_open_clocks": AGE}
COMPLIANCE = "compliance_by_"


def wanted(design: Design) -> tuple[str, ...]:
    """The reports that are asked for and that the design can fill, in its order."""
    if design.reports is None:
        return ()
    return tuple(word for word in design.reports.include if not lacking(design, word))


def lacking(design: Design, word: str) -> str:
    """What a report needs and the design does not have, as a section of the document; empty when it has it all."""
    if word == "conversion_funnel" and not funnel(design):
        return "telemetry.stages"
    if word == "rejection_reasons" and (design.recycling is None or not design.recycling.reasons):
        return "recycling.reasons"
    return ""


def funnel(design: Design) -> list[Stage]:
    """The stages that lead on; being rejected is no step forward."""
    return [stage for stage in stages(design) if stage.id not in REJECTIONS]


def reached(stage: Stage) -> str:
    """The field that is 1 when a lead came as far as this stage."""
    return f"{stage.id.title()}_Reached"


@dataclass(frozen=True, slots=True)
class StepOn:
    """A field that counts leads which came as far as a stage. One of `moments` is known of them: that of the stage or
    of a later one, because a lead that skipped a stage came as far as it all the same. Or they are converted, which
    stamps nothing, and the conversion left them with one of `values`, which are formulas that stand in CDATA."""

    field: str
    label: str
    moments: tuple[str, ...]
    values: tuple[str, ...]


def steps_on(design: Design) -> list[StepOn]:
    """Per stage of the funnel that is reported. Which lead is converted to what is known of the standard status only,
    which the conversion sets itself. [docs] reference/salesforce.md 3.4"""
    if "conversion_funnel" not in wanted(design) or design.telemetry.stages is None:
        return []
    found, standard = funnel(design), design.telemetry.stages.field.casefold() == "status"
    return [
        StepOn(
            reached(stage),
            f"{stage.id.replace('_', ' ').title()} Reached",
            tuple(later.at for later in found[place:]),
            tuple(_in_cdata(later.value) for later in found[place:]) if standard else (),
        )
        for place, stage in enumerate(found)
    ]


def _in_cdata(value: str) -> str:
    """A value as a formula that cannot end the CDATA section it stands in."""
    return quoted(value).replace("]]", ']" & "]')


def report_fields(design: Design) -> Iterator[str]:
    """Without the prefix, each once."""
    asked = wanted(design)
    if any(word.startswith(COMPLIANCE) for word in asked):
        yield HITS
    yield from (field for word, field in _BROUGHT.items() if word in asked)
    yield from (step.field for step in steps_on(design))
    if design.reports is not None and design.reports.dashboards:
        yield TYPE
