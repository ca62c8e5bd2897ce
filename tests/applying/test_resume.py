"""The rest of a plan: what an interrupted run left halfway is gone on with, what a person did is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fake_org import FakeTarget

from provisioner.applying import backup, resume
from provisioner.applying.backup import Backup
from provisioner.applying.journal import Run
from provisioner.planning.diff import make_plan
from provisioner.planning.plan import Action, Change, Plan
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.base import Ledger, Live

FLOW = Resource(Address("Flow", "timer"), {"steps": 3, "on": True})
OFF = Resource(FLOW.address, {"steps": 3, "on": False})
ORG = {"platform": "p", "id": "00D", "name": "Box", "is_production": False, "url": "https://x", "user": "u"}


class Stager(FakeTarget):
    """What is new is switched on last."""

    def halfway(self, change: Change) -> Resource | None:
        return OFF if change.action is Action.CREATE else None


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`rest` of a plan that makes one workflow, with what is there and what the ledger holds of it."""
    target = Stager()
    plan = make_plan(
        Snapshot.of([FLOW]), Snapshot.of([]), {}, target.compare,
        design="acme", design_digest="d", tool="0.1.0", org=ORG, created_at="2026-03-02T13:00:00Z", prefix="STL",
    )  # fmt: skip
    kept = Backup("r", "sha256:p", "acme", "STL", ORG, (), Ledger())
    monkeypatch.setattr(backup, "read", lambda folder: kept)
    run = Run("r", Path("r"), {}, ())

    def rest(there: Resource, recorded: str) -> Plan | None:
        ledger = Ledger("acme", {FLOW.address: recorded}, {"plan": "sha256:p"})
        return resume.rest(plan, run, "sha256:p", Live(Snapshot.of([there]), ledger), target)

    return SimpleNamespace(plan=plan, rest=rest)


def test_what_was_left_switched_off_is_switched_on(begun: Any) -> None:
    left = begun.rest(OFF, OFF.fingerprint())
    (change,) = left.changes
    assert (change.before, change.after, change.action) == (OFF, FLOW, Action.UPDATE)
    assert left == replace(begun.plan, changes=left.changes, ledger=left.ledger)


def test_what_somebody_switched_off_afterwards_is_not(begun: Any) -> None:
    assert begun.rest(OFF, FLOW.fingerprint()) is None


def test_what_somebody_changed_is_not(begun: Any) -> None:
    changed = Resource(FLOW.address, {"steps": 4, "on": False})
    assert begun.rest(changed, OFF.fingerprint()) is None
    assert begun.rest(changed, changed.fingerprint()) is None


def test_what_is_done_is_left_alone(begun: Any) -> None:
    assert begun.rest(FLOW, FLOW.fingerprint()).changes == ()
