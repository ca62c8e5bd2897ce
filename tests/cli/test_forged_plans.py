"""A digest is easily made anew: what a plan file says is believed no further than it fits the org and the design."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fake_target
import pytest
from conftest import Desk

from provisioner.planning.plan import Change, Risk
from provisioner.planning.plandata import content_digest
from provisioner.resources import Address

APPLY = ("apply", "acme.plan", "-c", "sandbox", "--yes")
SETTINGS, DEMO, THEIRS = Address("Settings", "Default"), Address("Type", "demo"), Address("Type", "theirs")


@pytest.fixture
def kept(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("PROVISIONER_STATE_DIR", str(tmp_path / "state"))
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    desk.edit("sla: 5m", "sla: 6m")
    assert desk("plan", "acme.yaml", "-c", "sandbox", "-o", "acme.plan").code == 0
    return desk


def forge(desk: Desk, change: Callable[[dict[str, Any]], object]) -> None:
    path = desk.folder / "acme.plan"
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data | {"digest": content_digest(data)}), encoding="utf-8")


def test_what_the_plan_does_not_make_does_not_become_ours(kept: Desk) -> None:
    """Else the next plan would delete it, as ours and in no design."""
    kept.org.resources[THEIRS] = {"sla": 1}
    forge(kept, lambda data: data["fingerprints"].update({str(THEIRS): "0" * 64}))
    done = kept(*APPLY)
    assert (done.code, kept.org.resources[DEMO]) == (5, {"sla": 5})
    assert "Error: Type:theirs is not recorded as made by this design. Nothing was changed." in done.err
    assert THEIRS not in kept.org.ledger.fingerprints


def test_alerts_do_not_go_live_because_a_file_says_that_they_do_not(kept: Desk) -> None:
    kept.edit("mode: silent", "mode: live")
    assert kept("plan", "acme.yaml", "-c", "sandbox", "-o", "acme.plan").code == 0
    forge(kept, lambda data: data.update(goes_live=False))
    done = kept(*APPLY)
    assert (done.code, kept.org.resources[SETTINGS]["live"]) == (5, False)
    assert "This plan switches alerts in Acme Sandbox (00D000000000001AAA) to their real recipients." in done.err


def test_a_risk_is_not_taken_from_the_file(kept: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Knowing(type(fake_target.target)):  # type: ignore[misc]
        def weigh(self, change: Change) -> Risk | None:
            return Risk.DATA

    knowing = Knowing()
    knowing.org = kept.org
    monkeypatch.setattr(fake_target, "target", knowing)
    forge(kept, lambda data: data["changes"][0].update(risk="cosmetic"))
    (kept.folder / "policy.yaml").write_text("apiVersion: provisioner/v1\nforbid: [data_loss]\n", encoding="utf-8")
    done = kept(*APPLY)
    assert (done.code, kept.org.resources[DEMO]) == (5, {"sla": 5})
    assert "forbid data_loss: this plan loses the data of Type:demo." in done.err


def test_the_name_that_confirms_is_that_of_the_org_itself(kept: Desk) -> None:
    kept.org.identity = replace(kept.org.identity, is_production=True)
    kept.edit("sandbox: true", "sandbox: false")
    assert kept("plan", "acme.yaml", "-c", "sandbox", "-o", "acme.plan").code == 0
    forge(kept, lambda data: data["org"].update(name="Harmless Box"))
    done = kept(*APPLY, "--confirm", "Harmless Box")
    assert (done.code, kept.org.resources[DEMO]) == (5, {"sla": 5})
    assert "--confirm says 'Harmless Box', but the connection leads to Acme Sandbox (00D000000000001AAA)." in done.err
    assert kept(*APPLY, "--confirm", "Acme Sandbox").code == 0


def test_no_plan_is_valid_for_longer_than_a_day(kept: Desk) -> None:
    later = (datetime.now(UTC) + timedelta(hours=25)).strftime("%Y-%m-%dT%H:%M:%SZ")
    forge(kept, lambda data: data.update(expires_at=later))
    done = kept(*APPLY)
    assert (done.code, kept.org.resources[DEMO]) == (5, {"sla": 5})
    assert f"acme.plan says that it is valid until {later}, and it is " in done.err
    assert "A plan is valid for 24 hours: it was edited, or one of the clocks is wrong." in done.err


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_an_instant_that_nobody_can_count_from_is_none(kept: Desk, moment: str) -> None:
    forge(kept, lambda data: data.update(created_at=moment))
    for command in (APPLY, ("plan", "show", "acme.plan")):
        done = kept(*command)
        assert (done.code, kept.org.resources[DEMO]) == (2, {"sla": 5})
        assert "Error: acme.plan is not a plan: created_at is in no year of ours." in done.err


def test_a_name_that_no_file_can_have_is_no_path(kept: Desk) -> None:
    forge(kept, lambda data: data["design"].update(file="a" * 300))
    done = kept(*APPLY)
    assert (done.code, kept.org.resources[DEMO]) == (2, {"sla": 5})
    assert "Error: acme.plan is not a plan: design.file is no path." in done.err
