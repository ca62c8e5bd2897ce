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
from desk import Desk

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


@pytest.mark.parametrize("named", ["acme.yaml", "nowhere.yaml", ""])
def test_alerts_do_not_go_live_because_the_design_is_gone(kept: Desk, named: str) -> None:
    kept.edit("mode: silent", "mode: live")
    assert kept("plan", "acme.yaml", "-c", "sandbox", "-o", "acme.plan").code == 0
    forge(kept, lambda data: (data.update(goes_live=False), data["design"].update(file=named)))
    (kept.folder / "acme.yaml").unlink()
    done = kept(*APPLY)
    assert (done.code, kept.org.resources[SETTINGS]["live"]) == (5, False)
    assert "so whether it lets alerts reach their real recipients cannot be told. Nothing was changed." in done.err


def test_what_only_deletes_needs_no_design(kept: Desk) -> None:
    kept.edit("  - {id: other, label: Other, when: {LeadSource: [Web]}, sla: 1h, escalation: urgent}\n", "")
    kept.edit("sla: 6m", "sla: 5m")
    assert kept("plan", "acme.yaml", "-c", "sandbox", "-o", "acme.plan").code == 0
    (kept.folder / "acme.yaml").unlink()
    done = kept(*APPLY, "--allow-deletes=1")
    assert done.code == 0, done.err
    assert Address("Type", "other") not in kept.org.resources


@pytest.mark.parametrize("forged", [{"sla": 7}, {"sla": 6, "other": 1}, None])
def test_nothing_is_made_that_the_design_does_not_ask_for(kept: Desk, forged: dict[str, Any] | None) -> None:
    """A silent design beside a plan of what is live would otherwise speak for it."""

    def put(data: dict[str, Any]) -> None:
        (change,) = data["changes"]
        change.update(after=forged, action="update" if forged else "delete", cause="design" if forged else "orphaned")

    forge(kept, put)
    done = kept(*APPLY, "--allow-deletes=1") if forged is None else kept(*APPLY)
    assert (done.code, kept.org.resources[DEMO]) == (5, {"sla": 5})
    assert "Error: What this plan makes of Type:demo is not what acme.yaml asks for. Nothing was changed." in done.err
    assert "What to do: Make a new plan and read it: provisioner plan acme.yaml -c sandbox -o acme.plan" in done.err


@pytest.fixture
def silenced(kept: Desk) -> Desk:
    """Alerts were live, and a run made them silent; `back.plan` takes that run back."""
    kept.edit("mode: silent", "mode: live")
    assert kept("golive", "acme.yaml", "-c", "sandbox", "--yes", "--override", "a test").code == 0
    kept.edit("mode: live", "mode: silent")
    assert kept("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    run = json.loads(kept("history", "--json").out)["runs"][0]["run"]
    assert kept("rollback", run, "-c", "sandbox", "-o", "acme.plan").code == 0
    return kept


REASON = "provisioner rollback RUN -c sandbox --override REASON"


def test_a_rollback_that_goes_live_is_not_carried_out_from_a_file(silenced: Desk) -> None:
    """Going live wants a reason that is recorded, and apply takes none."""
    done = silenced(*APPLY)
    assert (done.code, silenced.org.resources[SETTINGS]["live"]) == (5, False)
    assert "This plan switches alerts in Acme Sandbox (00D000000000001AAA) to their real recipients." in done.err
    assert REASON in done.err


def test_nor_when_the_file_says_that_it_does_not(silenced: Desk) -> None:
    forge(silenced, lambda data: data.update(goes_live=False))
    done = silenced(*APPLY)
    assert (done.code, silenced.org.resources[SETTINGS]["live"]) == (5, False)
    assert REASON in done.err


@pytest.mark.parametrize("lost", ["journals", "the run", "what it brings back"])
def test_nor_when_nobody_can_tell(silenced: Desk, tmp_path: Path, lost: str) -> None:
    def forged(data: dict[str, Any]) -> None:
        data["goes_live"] = False
        if lost == "the run":
            data["design"]["digest"] = "0" * 64
        if lost == "what it brings back":
            change = next(item for item in data["changes"] if item["address"] == str(SETTINGS))
            change["after"] |= {"live": True, "other": 1}

    forge(silenced, forged)
    if lost == "journals":
        (tmp_path / "state").rename(tmp_path / "elsewhere")
    done = silenced(*APPLY)
    assert (done.code, silenced.org.resources[SETTINGS]["live"]) == (5, False)
    assert "The run that this plan takes back is not kept here, so whether alerts would reach" in done.err


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
