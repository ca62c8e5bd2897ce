"""On HubSpot nothing is filled in, and nobody is connected to first."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner import assets
from provisioner.cli.app import run


def test_it_refuses_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = assets.path("examples", "acme-hubspot.yaml").read_text(encoding="utf-8")
    (tmp_path / "acme.yaml").write_text(example, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["backfill", "acme.yaml", "-c", "nobody", "--yes"]) == 2
    told = capsys.readouterr().err
    assert "Leads of the past are not filled in on hubspot: the workflows of the design react to these fields" in told
    assert "so that old leads could start clocks. Nothing was done." in told
    assert "New leads have their clock from the day the design is applied." in told
