"""A design that is in a portal under another prefix is not deployed a second time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from provisioner import assets

from .portal import Portal

PEOPLE = ["ann@acme.example", "qa@acme.example", "sdr-manager@acme.example", "integration@acme.example"]


def test_a_changed_prefix_is_refused(tmp_path: Path) -> None:
    portal = Portal()
    try:
        portal.begin(datetime(2026, 3, 2, 5, 0, tzinfo=UTC), PEOPLE, "SDR Backup")
        text = assets.read_text("examples", "acme-hubspot-leads.yaml")
        design = tmp_path / "acme.yaml"
        design.write_text(text, encoding="utf-8")
        assert "Switching workflows on" in portal.apply(design, tmp_path)
        design.write_text(text.replace("prefix: LTL ", "prefix: NEW "), encoding="utf-8")
        done = portal.command("plan", design, tmp_path)
    finally:
        portal.close()
    assert done.code == 5, done.out + done.err
    said = " ".join(done.err.split())
    assert (
        "has the design 'acme-speed-to-lead-objects' with the prefix LTL; with NEW it would be there a second" in said
    )
    assert "Go back to `prefix: LTL`" in said
