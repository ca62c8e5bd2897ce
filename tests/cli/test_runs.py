"""Journals, backups, history, rollback, resuming, golive: the commands with an org in memory."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import fake_target
import pytest
from desk import TOKEN, Desk
from fake_org import FakeOrg, FakeSession, failing

from provisioner.applying import lock, processes
from provisioner.errors import Unreachable
from provisioner.planning.plan import Plan
from provisioner.resources import Address, Resource
from provisioner.targets.base import Ledger, Outcome, Progress

APPLY = ("apply", "acme.yaml", "-c", "sandbox", "--yes")
DEMO, OTHER, SETTINGS = Address("Type", "demo"), Address("Type", "other"), Address("Settings", "Default")
OTHER_LINE = "  - {id: other, label: Other, when: {LeadSource: [Web]}, sla: 1h, escalation: urgent}\n"
LOCK = "salesforce-00D000000000001"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROVISIONER_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


def latest(desk: Desk) -> dict[str, Any]:
    rows = json.loads(desk("history", "--json").out)["runs"]
    return dict(rows[0])


def content(org: FakeOrg) -> dict[str, Any]:
    return {str(address): dict(value) for address, value in org.resources.items()}


# ------------------------------------------------------- journal and history


def test_an_apply_is_told_step_by_step(desk: Desk) -> None:
    assert desk("history").out == "No run is recorded here yet.\n"
    done = desk(*APPLY, "--json")
    run = json.loads(done.out)["run"]
    assert f"Run {run}: provisioner history show {run}\n" in done.err
    row = latest(desk)
    assert {key: row[key] for key in ("run", "kind", "how", "design", "connection", "by", "changes", "done")} == {
        "run": run, "kind": "apply", "how": "completed", "design": "acme", "connection": "sandbox",
        "by": "admin@acme.example", "changes": 3, "done": 3,
    }  # fmt: skip
    lines = json.loads(desk("history", "show", run, "--json").out)["lines"]
    assert [line["event"] for line in lines] == [
        "begin", "stage", "stage", "backup", "stage", "progress", "outcome", "outcome", "outcome", "stage", "end",
    ]  # fmt: skip
    assert [line["stage"] for line in lines if line["event"] == "stage"] == ["recheck", "check", "write", "verify"]
    shown = desk("history", "show", run[:18]).out
    assert f"{run}: apply of acme in Acme Sandbox (00D000000000001AAA)" in shown
    assert "completed: 3 of 3 changes known to be done" in shown
    assert f"To take it back: provisioner rollback {run} -c sandbox" in shown


def test_nothing_to_do_is_no_run(desk: Desk) -> None:
    desk(*APPLY)
    first = latest(desk)["run"]
    assert json.loads(desk(*APPLY, "--json").out)["run"] is None
    assert latest(desk)["run"] == first


def test_history_is_chosen_by_design_org_and_number(desk: Desk) -> None:
    desk(*APPLY)
    desk("destroy", "acme.yaml", "-c", "sandbox", "--yes")
    kinds = [row["kind"] for row in json.loads(desk("history", "--json").out)["runs"]]
    assert kinds == ["destroy", "apply"]

    def count(*options: str) -> int:
        return len(json.loads(desk("history", *options, "--json").out)["runs"])

    assert (count("-n", "1"), count("--design", "acme"), count("--design", "x")) == (1, 2, 0)
    assert (count("--org", "00D000000000001"), count("--org", "Acme Sandbox"), count("--org", "Other")) == (2, 2, 0)
    assert len(desk("history").out.splitlines()) == 2


def test_every_end_is_told(desk: Desk) -> None:
    desk.org.faults["write one 1"] = failing(Unreachable("No answer."))
    assert desk(*APPLY).code == 1
    assert latest(desk)["how"] == "failed"
    desk.org.faults = {"write one 4": failing(Unreachable("No answer."))}
    assert desk(*APPLY).code == 4
    assert (latest(desk)["how"], latest(desk)["done"]) == ("partly", 2)
    shown = desk("history", "show", latest(desk)["run"]).out
    assert "partly done: 2 of 3 changes known to be done" in shown
    assert "2 of 3 changes done, then: No answer." in shown


def test_a_run_that_was_refused_on_the_way_says_so(desk: Desk) -> None:
    desk.org.faults["check"] = lambda: desk.org.put_by_hand()  # type: ignore[attr-defined]
    moved = {SETTINGS: {"live": False, "to": "qa@acme.example", "x": 1}}
    desk.org.put_by_hand = lambda: desk.org.resources.update(moved)  # type: ignore[attr-defined]
    assert desk(*APPLY).code == 5
    assert latest(desk)["how"] == "refused"
    assert "refused, nothing was changed: 0 of 3 changes" in desk("history", "show", latest(desk)["run"]).out


def test_the_journal_and_the_backup_hold_no_secret(desk: Desk, state: Path) -> None:
    desk.edit("client: Acme", f"client: Acme\ncontacts: {{owner: {TOKEN}@acme.example}}")
    desk.edit("silent_to: qa@", f"silent_to: {TOKEN}@")
    desk.org.faults["write one 3"] = failing(Unreachable(f"No answer with {TOKEN}."))
    assert desk(*APPLY).code == 4
    files = [path for path in state.rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"journal.jsonl", "backup.json"}
    assert [path for path in files if TOKEN in path.read_text()] == []
    shown = desk("history", "show", latest(desk)["run"], "--json").out + desk("history", "--json").out
    assert TOKEN not in shown


def test_an_apply_that_cannot_be_written_down_is_refused_before_the_first_write(desk: Desk) -> None:
    (desk.folder / "taken").write_text("a file")
    done = desk(*APPLY, "--state-dir", "taken/inside")
    assert (done.code, desk.org.resources) == (1, {})
    assert "cannot be written: " in done.err
    assert "What to do: Free or allow that place, or choose another with --state-dir DIR" in done.err


def test_a_backup_that_cannot_be_written_stops_before_the_first_write(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from provisioner.applying import backup
    from provisioner.applying.journal import cannot_write

    def full(path: Path, content: bytes) -> None:
        raise cannot_write(path, OSError(28, os.strerror(28)))

    monkeypatch.setattr(backup, "write_file", full)
    done = desk(*APPLY)
    assert (done.code, desk.org.resources, "write" in desk.org.calls) == (1, {}, False)
    assert "backup.json: No space left on device." in done.err
    assert latest(desk)["how"] == "failed"


def test_a_journal_that_fails_in_the_middle_ends_the_run_between_two_steps(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from provisioner.applying.journal import Journal, cannot_write

    real = Journal.write

    def write(self: Journal, event: str, **facts: Any) -> None:
        if event == "outcome":
            raise cannot_write(self.path, OSError(28, os.strerror(28)))
        real(self, event, **facts)

    monkeypatch.setattr(Journal, "write", write)
    monkeypatch.setattr(fake_target.target, "connect", lambda connection, read_only=False: OneByOne(desk.org))
    done = desk(*APPLY)
    assert done.code == 4
    assert len(desk.org.resources) == 1
    assert "No space left on device. 1 of 3 changes done; the step under way was finished" in done.err
    assert "Then to go on: provisioner apply acme.yaml -c sandbox" in done.err


class OneByOne(FakeSession):
    """A vendor that changes one thing at a time, with a moment of rest before each."""

    def write(self, plan: Plan, ledger: Ledger) -> Iterator[Progress | Outcome]:
        for number, change in enumerate(plan.changes, 1):
            yield Progress("write", "Writing", number, len(plan.changes), at_rest=True)
            self._call("write one")
            self.put(change.address, change.after.attributes if change.after else None)
            yield Outcome(change.address, "done")
        self.org.ledger = ledger


# --------------------------------------------------------------- one at a time


def test_another_apply_of_this_machine_is_named(desk: Desk, state: Path) -> None:
    assert lock.take(state, LOCK, "their-run") is None
    done = desk(*APPLY)
    assert (done.code, desk.org.resources) == (5, {})
    assert (
        f"Error: The org is busy: another provisioner of this machine (process {processes.this().pid}, run" in done.err
    )
    assert "What to do: Wait until it has ended and run the same command again, or give --wait." in done.err
    lock.release(state, LOCK, "their-run")
    assert desk(*APPLY).code == 0
    assert list((state / "locks").iterdir()) == []


class Busy(FakeSession):
    words: list[str] = []  # noqa: RUF012 - filled by the test

    def occupied(self) -> str:
        return self.words.pop(0) if self.words else ""


def test_a_deployment_in_the_org_is_named_and_can_be_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake_target.target, "connect", lambda connection, read_only=False: Busy(desk.org))
    Busy.words = ["A deployment (0Af) by Ana is running in the org."]
    done = desk(*APPLY)
    assert (done.code, desk.org.resources) == (5, {})
    assert "Error: The org is busy: A deployment (0Af) by Ana is running in the org. Nothing was changed." in done.err
    slept: list[float] = []
    monkeypatch.setattr("provisioner.cli.walk.time.sleep", slept.append)
    Busy.words = ["A deployment (0Af) by Ana is running in the org."] * 2
    done = desk(*APPLY, "--wait")
    assert (done.code, slept) == (0, [2.0, 3.0])
    assert done.err.count("Waiting: A deployment (0Af) by Ana is running in the org.") == 1
    assert "The org is free after " in done.err


# ---------------------------------------------------------------- rollback


def test_a_rollback_restores_what_was_and_whose_it_was(desk: Desk) -> None:
    desk(*APPLY)
    before, ledger = content(desk.org), dict(desk.org.ledger.fingerprints)
    desk.edit("sla: 5m", "sla: 6m")
    desk.edit(OTHER_LINE, OTHER_LINE.replace("other", "third"))
    assert desk(*APPLY, "--allow-deletes=1").code == 0
    run = latest(desk)["run"]
    assert content(desk.org) != before
    done = desk("rollback", run, "-c", "sandbox", "--yes", "--allow-deletes=1")
    assert done.code == 0, done.err
    assert "Plan: 1 to add, 1 to change, 1 to delete." in done.out
    assert "(taken back)" in done.out
    assert "The design itself is not changed: take it back as well" in done.out
    assert (content(desk.org), dict(desk.org.ledger.fingerprints)) == (before, ledger)
    assert latest(desk)["kind"] == "rollback"
    again = desk("rollback", run, "-c", "sandbox", "--yes")
    assert (again.code, "Nothing" in again.out or "No changes." in again.out) == (0, True)


def test_a_rollback_can_be_taken_back_too(desk: Desk) -> None:
    desk(*APPLY)
    desk.edit("sla: 5m", "sla: 6m")
    desk(*APPLY)
    after = content(desk.org)
    assert desk("rollback", latest(desk)["run"], "-c", "sandbox", "--yes").code == 0
    assert content(desk.org) != after
    assert desk("rollback", latest(desk)["run"], "-c", "sandbox", "--yes").code == 0
    assert content(desk.org) == after


def test_the_first_apply_taken_back_leaves_nothing_of_ours(desk: Desk) -> None:
    desk.org.resources[Address("Type", "foreign")] = {"x": 1}
    desk(*APPLY)
    run = latest(desk)["run"]
    braked = desk("rollback", run, "-c", "sandbox", "--yes")
    assert (braked.code, "This plan deletes 3 of 3 resources" in braked.err) == (5, True)
    assert desk("rollback", run, "-c", "sandbox", "--yes", "--allow-deletes=3").code == 0
    assert content(desk.org) == {"Type:foreign": {"x": 1}}
    assert desk.org.ledger.fingerprints == {}


def test_what_was_changed_since_is_refused_by_name(desk: Desk) -> None:
    desk(*APPLY)
    desk.edit("sla: 5m", "sla: 6m")
    desk(*APPLY)
    run = latest(desk)["run"]
    desk.org.resources[DEMO] = {"sla": 7}
    done = desk("rollback", run, "-c", "sandbox", "--yes")
    assert done.code == 5
    assert done.err == (
        f"Error: Type:demo was changed again after run {run}, by hand or by a later run. Nothing was changed.\n"
        "  What to do: Take later runs back first (provisioner history), or give --discard-later-changes to lose what "
        "came after.\n"
    )
    assert desk.org.resources[DEMO] == {"sla": 7}
    done = desk("rollback", run, "-c", "sandbox", "--yes", "--discard-later-changes")
    assert (done.code, desk.org.resources[DEMO]) == (0, {"sla": 5})
    assert "Type:demo was changed after that run; this is lost." in done.out


def test_what_is_not_ours_any_more_is_in_the_way(desk: Desk) -> None:
    desk(*APPLY)
    run = latest(desk)["run"]
    desk.org.ledger = Ledger("acme", {SETTINGS: desk.org.ledger.fingerprints[SETTINGS]})
    done = desk("rollback", run, "-c", "sandbox", "--yes", "--allow-deletes=3")
    assert (done.code, len(desk.org.resources)) == (5, 3)
    assert done.err.startswith(
        "Error: Type:demo and Type:other are already in Acme Sandbox (00D000000000001AAA), and this"
    )


def test_a_partly_applied_run_is_taken_back_as_far_as_it_came(desk: Desk) -> None:
    """The org decides what is there, not the journal: the third change was made, and nobody heard of it."""

    class Unheard(OneByOne):
        def write(self, plan: Plan, ledger: Ledger) -> Iterator[Progress | Outcome]:
            org = self.org
            for number, change in enumerate(plan.changes):
                assert change.after is not None
                org.ledger = Ledger("acme", {**org.ledger.fingerprints, change.address: change.after.fingerprint()})
                self.put(change.address, change.after.attributes)
                if number == 1:
                    raise Unreachable("No answer.")
                yield Outcome(change.address, "done")

    real = fake_target.target.connect
    fake_target.target.connect = lambda connection, read_only=False: Unheard(desk.org)  # type: ignore[method-assign]
    try:
        assert desk(*APPLY).code == 4
    finally:
        fake_target.target.connect = real  # type: ignore[method-assign]
    assert len(desk.org.resources) == 2
    run = latest(desk)
    assert (run["how"], run["done"]) == ("partly", 1)
    assert desk("rollback", run["run"], "-c", "sandbox", "--yes", "--allow-deletes=2").code == 0
    assert (content(desk.org), dict(desk.org.ledger.fingerprints)) == ({}, {})


def test_a_rollback_can_be_kept_as_a_plan_and_carried_out_later(desk: Desk) -> None:
    desk(*APPLY)
    desk.edit("sla: 5m", "sla: 6m")
    desk(*APPLY)
    run = latest(desk)["run"]
    done = desk("rollback", run, "-c", "sandbox", "-o", "back.plan")
    assert (done.code, desk.org.resources[DEMO]) == (0, {"sla": 6})
    assert "Carry it out within 24 hours: provisioner apply back.plan -c sandbox" in done.err
    assert desk("apply", "back.plan", "-c", "sandbox", "--yes").code == 0
    assert desk.org.resources[DEMO] == {"sla": 5}
    assert latest(desk)["kind"] == "rollback", "the history calls it what it was"


def test_a_run_of_another_org_or_without_a_backup_is_refused(desk: Desk, new_desk: Callable[..., Desk]) -> None:
    desk.org.faults["check"] = failing(Unreachable("No answer."))
    assert desk(*APPLY).code == 1
    early = latest(desk)["run"]
    done = desk("rollback", early, "-c", "sandbox", "--yes")
    assert done.code == 1
    assert done.err.startswith(f"Error: The run {early} has no backup: it ended before anything was to be written.")
    desk.org.faults.clear()
    desk(*APPLY)
    run = latest(desk)["run"]
    other = new_desk(FakeOrg(id="00D000000000002AAA", name="Other"))
    done = other("rollback", run, "-c", "sandbox", "--yes")
    assert done.code == 5
    assert done.err.startswith(
        f"Error: Run {run} was in Acme Sandbox (00D000000000001AAA), but the connection leads to Other (00D0000000"
    )


def test_an_edited_backup_is_not_believed(desk: Desk, state: Path) -> None:
    desk(*APPLY)
    desk.edit("sla: 5m", "sla: 6m")
    desk(*APPLY)
    run = latest(desk)["run"]
    path = state / "runs" / run / "backup.json"
    path.write_text(path.read_text().replace('"sla": 5', '"sla": 500'))
    done = desk("rollback", run, "-c", "sandbox", "--yes")
    assert (done.code, desk.org.resources[DEMO]) == (1, {"sla": 6})
    assert "is damaged: its digest does not match its content. Nothing was changed." in done.err


def test_going_back_to_live_alerts_wants_a_reason(desk: Desk) -> None:
    desk(*APPLY)
    desk.edit("mode: silent", "mode: live")
    assert desk("golive", "acme.yaml", "-c", "sandbox", "--yes", "--override", "a test").code == 0
    golive = latest(desk)["run"]
    desk.edit("mode: live", "mode: silent")
    assert desk(*APPLY).code == 0
    quiet = latest(desk)["run"]
    done = desk("rollback", quiet, "-c", "sandbox", "--yes")
    assert (done.code, desk.org.resources[SETTINGS]["live"]) == (5, False)
    assert done.err.startswith(
        f"Error: Alerts were live before run {quiet}, or nobody knows whether they were: taking it back may let them "
        "reach their real recipients in Acme Sandbox (00D000000000001AAA)."
    )
    assert desk("rollback", quiet, "-c", "sandbox", "--yes", "--override", "still wanted").code == 0
    assert desk.org.resources[SETTINGS]["live"] is True
    # and taking golive back is silence, which never asks
    assert desk("rollback", golive, "-c", "sandbox", "--yes").code == 0
    assert desk.org.resources[SETTINGS]["live"] is False


# ------------------------------------------------------------- carrying on


def test_a_plan_that_was_begun_is_carried_on(desk: Desk) -> None:
    assert desk("plan", "acme.yaml", "-c", "sandbox", "-o", "acme.plan").code == 0
    desk.org.faults["write one 3"] = failing(Unreachable("No answer."))
    assert desk("apply", "acme.plan", "-c", "sandbox", "--yes").code == 4
    # as vendors that remember what they made do it
    made = {address: Resource(address, value).fingerprint() for address, value in desk.org.resources.items()}
    desk.org.ledger = Ledger("acme", made)
    desk.org.faults.clear()
    first = latest(desk)["run"]
    done = desk("apply", "acme.plan", "-c", "sandbox", "--yes")
    assert done.code == 0, done.err
    assert f"Run {first} began this plan: 2 of 3 changes are done. This is the rest of it." in done.err
    assert "Plan: 1 to add, 0 to change, 0 to delete." in done.out
    shown = json.loads((desk.folder / "acme.plan").read_text())
    assert {str(a): f for a, f in desk.org.ledger.fingerprints.items()} == shown["fingerprints"]
    assert desk.org.ledger.meta["plan"] == shown["digest"]
    assert (latest(desk)["plan"], latest(desk)["changes"]) == (shown["digest"], 1)
    assert desk("apply", "acme.plan", "-c", "sandbox", "--yes").code == 5


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (
            lambda org: org.resources.update({DEMO: {"sla": 99}}),
            "was applied to the org again after this plan was made",
        ),
        (
            lambda org: setattr(
                org, "ledger", Ledger("acme", org.ledger.fingerprints | {Address("Type", "x"): "f" * 64})
            ),
            "was applied to the org again after this plan was made",
        ),
        (
            lambda org: setattr(org, "ledger", Ledger("acme", org.ledger.fingerprints, {"plan": "sha256:other"})),
            "was applied to the org again after this plan was made",
        ),
    ],
)
def test_what_this_plan_did_not_promise_refuses_it(desk: Desk, tamper: Callable[[FakeOrg], None], message: str) -> None:
    assert desk("plan", "acme.yaml", "-c", "sandbox", "-o", "acme.plan").code == 0
    desk.org.faults["write one 3"] = failing(Unreachable("No answer."))
    assert desk("apply", "acme.plan", "-c", "sandbox", "--yes").code == 4
    made = {address: Resource(address, value).fingerprint() for address, value in desk.org.resources.items()}
    desk.org.ledger = Ledger("acme", made)
    desk.org.faults.clear()
    tamper(desk.org)
    done = desk("apply", "acme.plan", "-c", "sandbox", "--yes")
    assert done.code == 5
    assert message in done.err
    assert "provisioner plan acme.yaml" in done.err or "provisioner plan DESIGN" in done.err


# ------------------------------------------------------------------- data loss


def test_recorded_data_goes_only_when_it_is_said_how_much(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Counted(FakeSession):
        def records_with(self, resources: Sequence[Resource]) -> Mapping[Address, int | None]:
            return {resource.address: 4 for resource in resources if resource.address.kind == "Type"}

    monkeypatch.setattr(fake_target.target, "connect", lambda connection, read_only=False: Counted(desk.org))
    desk(*APPLY)
    destroy = ("destroy", "acme.yaml", "-c", "sandbox", "--yes")
    done = desk(*destroy)
    assert (done.code, len(desk.org.resources)) == (5, 3)
    assert done.err == (
        "Error: This plan deletes 8 recorded values: Type:demo (4 records), Type:other (4 records). "
        "Nothing was changed.\n"
        "  What to do: Export what is needed first. If it may go, give --allow-data-loss=8.\n"
    )
    assert desk(*destroy, "--allow-data-loss=7").code == 5
    assert desk(*destroy, "--allow-data-loss=some").code == 2
    assert desk(*destroy, "--allow-data-loss=8").code == 0
    assert desk.org.resources == {}


# ---------------------------------------------------------------------- golive


def day(ago: int) -> str:
    return (datetime.now().astimezone().date() - timedelta(days=ago)).isoformat()


def enable(desk: Desk, **facts: str) -> None:
    said = ", ".join(f"{key}: {value}" for key, value in facts.items())
    path = desk.folder / "acme.yaml"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("enablement:")]
    path.write_text("\n".join([*lines, f"enablement: {{{said}}}", ""]))


def test_golive_opens_when_everything_has_happened(desk: Desk) -> None:
    golive = ("golive", "acme.yaml", "-c", "sandbox", "--yes")
    done = desk(*golive)
    assert (done.code, done.err.splitlines()[0]) == (
        5, "Error: acme.yaml says alerts.mode: silent. Nothing was changed.",
    )  # fmt: skip
    desk(*APPLY)
    desk.edit("mode: silent", "mode: live")
    enable(desk, sales_trained_on=day(9), silent_since=day(2))
    done = desk(*golive)
    assert (done.code, desk.org.resources[SETTINGS]["live"]) == (5, False)
    assert "  ok       applied                in this org\n" in done.out
    assert f"  ok       sales_trained_on       {day(9)}\n" in done.out
    assert "  missing  leadership_trained_on  not given\n" in done.out
    assert "Error: Alerts in Acme Sandbox (00D000000000001AAA) do not go live yet: leadership_trained_on: " in done.err
    enable(desk, sales_trained_on=day(9), leadership_trained_on=day(0), silent_since=day(3))
    done = desk(*golive)
    assert (done.code, desk.org.resources[SETTINGS]["live"]) == (0, True)
    assert (latest(desk)["kind"], "override" in desk.org.ledger.meta) == ("golive", False)
    done = desk(*golive)
    assert (done.code, done.out) == (
        0, "Alerts are live in Acme Sandbox (00D000000000001AAA) already. Other changes: provisioner apply.\n",
    )  # fmt: skip


def test_a_gate_passed_all_the_same_is_remembered(desk: Desk) -> None:
    desk(*APPLY)
    desk.edit("mode: silent", "mode: live")
    for reason in ("", " ", "x" * 201, "a\x07b"):
        assert desk("golive", "acme.yaml", "-c", "sandbox", "--yes", "--override", reason).code == 2
    done = desk("golive", "acme.yaml", "-c", "sandbox", "--yes", "--override", "agreed with\nthe CRO", "--json")
    assert done.code == 0
    assert "Passed all the same: agreed with the CRO" in done.err
    assert desk.org.ledger.meta["override"] == "agreed with the CRO"
    shown = desk("history", "show", json.loads(done.out)["run"]).out
    assert "  Gate passed all the same: agreed with the CRO\n" in shown
    desk.edit("sla: 5m", "sla: 6m")
    desk(*APPLY)
    assert desk.org.ledger.meta["override"] == "agreed with the CRO"


def test_apply_names_golive(desk: Desk) -> None:
    desk(*APPLY)
    desk.edit("mode: silent", "mode: live")
    done = desk(*APPLY)
    assert (done.code, desk.org.resources[SETTINGS]["live"]) == (5, False)
    assert "To let them go live: provisioner golive acme.yaml -c sandbox\n" in done.err


def test_every_line_has_the_published_shape(desk: Desk, state: Path) -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads((Path(__file__).parents[2] / "specs" / "run.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    desk(*APPLY)
    desk.edit("sla: 5m", "sla: 6m")
    desk.org.faults["write one 4"] = failing(Unreachable("No answer."))
    desk(*APPLY)
    desk.org.faults.clear()
    desk(*APPLY)
    desk("rollback", latest(desk)["run"], "-c", "sandbox", "--yes")
    desk.edit("mode: silent", "mode: live")
    desk("golive", "acme.yaml", "-c", "sandbox", "--yes", "--override", "a test")
    desk("destroy", "acme.yaml", "-c", "sandbox", "--yes")
    lines = [
        json.loads(line)
        for path in state.rglob("journal.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert {line["kind"] for line in lines if line["event"] == "begin"} == {"apply", "rollback", "golive", "destroy"}
    assert {line["how"] for line in lines if line["event"] == "end"} == {"completed", "failed"}
    validator = Draft202012Validator(schema)
    assert [(line, error.message) for line in lines for error in validator.iter_errors(line)] == []
