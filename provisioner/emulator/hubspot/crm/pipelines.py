"""Pipelines and their stages: planted with ids that differ from portal to portal; which stage a lead may be in.

[docs] reference/hubspot.md 3.2. That a record without a stage gets the first one of the first pipeline, and that a
stage brings its pipeline with it, is [inferred] from the vendor's page on pipelines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.emulator.hubspot.bodies import only
from provisioner.emulator.hubspot.errors import Json, invalid
from provisioner.emulator.hubspot.standard import LEAD, object_type
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import show_full

PIPELINE, STAGE = "hs_pipeline", "hs_pipeline_stage"


def plant_pipeline(portal: Portal, body: Any) -> Json:
    """`{"object", "label", "stages"}`; a stage is its label, or `{"label", "open"}`. Leads in open stages are new or
    being worked."""
    facts = only(body, "object label stages", "object label stages", "A pipeline")
    where, now = object_type(facts["object"]), show_full(portal.now_ms)
    dated = {"createdAt": now, "updatedAt": now, "archived": False}
    listed = [one if isinstance(one, dict) else {"label": one} for one in facts["stages"]]
    for one in listed:
        only(one, "label open", "label", "A stage")
    stages = [
        {"id": str(portal.number("stage", 1_100_001)), "label": one["label"], "displayOrder": n, "metadata": {}} | dated
        for n, one in enumerate(listed)
    ]
    made = {"id": str(portal.number("pipeline", 700_001)), "label": facts["label"], "displayOrder": 0, "stages": stages}
    opened = [stage["id"] for stage, one in zip(stages, listed, strict=True) if one.get("open", True)]
    kept = {"object": where.id, "pipeline": made | dated, "open": opened}
    portal.shelves["pipeline"].put(f"{where.id}/{made['id']}", kept)
    return {"id": made["id"], "stages": {one["label"]: one["id"] for one in stages}}


def _of(portal: Portal, type_id: str) -> list[Json]:
    return [one for one in portal.shelves["pipeline"] if one["object"] == type_id]


def placed(portal: Portal, type_id: str, wanted: Mapping[str, str | None], current: Mapping[str, str]) -> Json:
    """What to add to written values so that pipeline and stage agree. Raises ApiError 400."""
    known = _of(portal, type_id)
    if type_id != LEAD or (current and not wanted.keys() & {PIPELINE, STAGE}):
        return {}
    stage, pipeline = wanted.get(STAGE), wanted.get(PIPELINE)
    if stage is None and pipeline is None and not known:
        return {}
    if stage is None:
        home = next((one for one in known if pipeline in (None, one["pipeline"]["id"])), None)
        if home is None:
            raise invalid(f"Pipeline {pipeline} does not exist.")
        return {PIPELINE: home["pipeline"]["id"], STAGE: home["pipeline"]["stages"][0]["id"]}
    home = next((one for one in known if stage in [each["id"] for each in one["pipeline"]["stages"]]), None)
    if home is None:
        raise invalid(f"Stage {stage} does not exist in any pipeline.")
    if pipeline not in (None, home["pipeline"]["id"]):
        raise invalid(f"Stage {stage} is not a stage of pipeline {pipeline}.")
    return {PIPELINE: home["pipeline"]["id"]}


def is_open(portal: Portal, type_id: str, stage: str) -> bool:
    """Whether a lead in this stage is new or being worked."""
    return any(stage in one["open"] for one in _of(portal, type_id))
