"""The fields on Lead that reports bring. Reports sum numbers and group by texts; these say, as such, what they are
about: 1 for a met SLA, the points of a response, the team of the owner. All of them are computed, none is stored."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.model.design import REJECTIONS, Design
from provisioner.targets.salesforce.stages import Stage, stages

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


def steps_on(design: Design) -> list[tuple[str, str, list[str]]]:
    """Per stage of the funnel that is reported: the field that counts, its label, and the moments of which one has to
    be known: its own or a later one, because a lead that skipped a stage came as far as it all the same."""
    if "conversion_funnel" not in wanted(design):
        return []
    found = funnel(design)
    return [
        (reached(stage), f"{stage.id.replace('_', ' ').title()} Reached", [later.at for later in found[place:]])
        for place, stage in enumerate(found)
    ]


def report_fields(design: Design) -> Iterator[str]:
    """Without the prefix, each once."""
    asked = wanted(design)
    if any(word.startswith(COMPLIANCE) for word in asked):
        yield HITS
    yield from (field for word, field in _BROUGHT.items() if word in asked)
    yield from (word for word, _, _ in steps_on(design))
    if design.reports is not None and design.reports.dashboards:
        yield TYPE
