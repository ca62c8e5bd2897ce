from __future__ import annotations

from datetime import date
from pathlib import Path

from provisioner import assets
from provisioner.document import load
from provisioner.model.compile import compile_design
from provisioner.targets.salesforce import target

EXAMPLE = assets.path("examples", "starter-salesforce.yaml")


def stated(folder: Path, *edits: tuple[str, str]) -> list[tuple[str, str | None, str, float | None]]:
    text = EXAMPLE.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (folder / "acme.yaml").write_text(text, encoding="utf-8")
    design, _ = compile_design(load(folder / "acme.yaml"), today=date(2026, 3, 2))
    assert design is not None
    return [(item.feature, item.lead_type, item.grade, item.worst_minutes) for item in target.fidelity(design)]


def test_clocks_are_exact_and_steps_run_in_whole_minutes(tmp_path: Path) -> None:
    found = stated(tmp_path)
    types = ["emea_demo", "demo_request", "enterprise_inquiry", "event_attendee", "content_mql"]
    clocks = [row for id in types for row in (
        ("clock start and due time", id, "exact", 0.0), ("steps", id, "approximated", 1.0),
    )]  # fmt: skip
    assert found == [*clocks, ("measures", None, "exact", 0.0), ("first touch", None, "exact", 0.0)]


STAGES = """\
telemetry:
  stages: {field: Status, values: {sql: Qualified, recycled: Recycled}, history: true}
  conversion: {to: [contact]}
"""
MORE = """
recycling: {limit: 2, reasons: [No budget, No authority, No need, Bad timing, Bad data]}
surge: {factor: 2}
alerts:
"""


def test_the_rest_of_a_leads_life_is_said(tmp_path: Path) -> None:
    found = stated(tmp_path, ("telemetry:\n", STAGES), ("\nalerts:\n", MORE))
    assert [row for row in found if row[1] is None][2:] == [
        ("stages", None, "exact", 0.0),
        ("stage history", None, "approximated", None),
        ("rejections", None, "exact", 0.0),
        ("conversion", None, "exact", 0.0),
        ("surge", None, "exact", 0.0),
    ]
