"""`provisioner backfill` against an org that executes the deployed flows and the clock: what is written is what the
oracle says, and nothing that was written ever moves by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from audit.salesforce_org import NS, iso, manifest

from provisioner.applying import filling
from provisioner.errors import Unreachable
from provisioner.targets.salesforce.session import SalesforceSession

from .past_org import MONDAY, PEOPLE, STAGED, PastOrg

ANN, BO = PEOPLE
MINUTE = timedelta(minutes=1)


def new_org(folder: Path, *edits: tuple[str, str]) -> Iterator[PastOrg]:
    org = PastOrg(folder, *(edits or STAGED))
    try:
        org.begin()
        org.plant(*org.first_history())
        yield org
    finally:
        org.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PastOrg]:
    yield from new_org(tmp_path_factory.mktemp("past"))


@pytest.fixture
def org(shared: PastOrg) -> PastOrg:
    """An org without other tests' leads, runs and alerts."""
    shared.clear()
    shared.plant(*shared.first_history())
    return shared


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[PastOrg]:
    """One of its own, for what cannot be taken back."""
    yield from new_org(tmp_path)


def quiet(org: PastOrg) -> bool:
    """Nothing was sent and nothing waits."""
    return not org.door("sent", method="GET") and not org.door("timers", method="GET")


def crowd(org: PastOrg, count: int) -> dict[str, str]:
    """Half of them were called three minutes after they left the queue, every other of those too late; the rest never.
    Ten minutes apart, in office hours."""
    queue, rows = org.group("SDR_Backup"), []
    for number in range(count):
        ref, at = f"crowd{number}", MONDAY + timedelta(days=number % 5, minutes=number // 5)
        rows.append(org.past_lead(ref, at, ANN))
        rows += org.past_move(ref, at + MINUTE, queue, ANN)
        if number % 2 == 0:
            rows.append(org.past_call(ref, at + (4 if number % 4 == 0 else 40) * MINUTE, ANN))
    return org.plant(*rows)


def test_after_a_thousand_leads_nothing_was_sent_nothing_waits_and_life_goes_on(fresh: PastOrg) -> None:
    refs = crowd(fresh, 1000)
    ran = fresh.backfill("--yes", "--json")
    assert ran.code == 0, ran.err
    assert (json.loads(ran.out)["written"], json.loads(ran.out)["failed"]) == (1000, [])
    assert "500 clocks on the hours us began before 2026, the first year whose holidays the design names" in ran.err
    assert quiet(fresh)
    assert fresh.query("SELECT COUNT(Id) n FROM STL_Stage_History__c")[0]["n"] == 0
    counted = fresh.query("SELECT STL_SLA_Status__c s, COUNT(Id) n FROM Lead GROUP BY STL_SLA_Status__c")
    assert {row["s"]: row["n"] for row in counted} == {"met": 250, "touched_late": 250, "not_started": 500, None: 1}
    clocks = "SELECT COUNT(Id) n FROM Lead WHERE STL_SLA_Due_At__c != null AND STL_First_Touch_At__c = null"
    assert fresh.query(clocks)[0]["n"] == 0
    fresh.forward(days=30)
    assert quiet(fresh)
    # Touching a finished or an idle lead up starts nothing.
    met, idle = refs["crowd0"], refs["crowd1"]
    before = fresh.facts(met)
    fresh.patch(met, Title="CEO")
    fresh.patch(idle, Title="CEO")
    fresh.patch(met, OwnerId=fresh.ids[BO])
    assert fresh.facts(met) == before
    assert quiet(fresh)
    # A new owner of a lead that nobody touched has a clock; it began when it was handed over.
    now = fresh.forward(days=1).replace(hour=15, minute=0, second=0)
    fresh.door("clock", {"to": iso(now + timedelta(days=(7 - now.weekday()) % 7 + 1))})
    handed = fresh.now
    fresh.patch(idle, OwnerId=fresh.ids[BO])
    found = fresh.facts(idle)
    assert (found["SLA_Status"], found["SLA_Started_At"]) == ("within_sla", handed)
    assert found["Assigned_At"] == iso(MONDAY + timedelta(days=1) + MINUTE)
    fresh.forward(minutes=6)
    assert fresh.facts(idle)["SLA_Status"] == "breached"
    assert fresh.door("sent", method="GET")


def test_every_kind_of_lead_gets_what_is_known_of_it_or_is_left_with_a_reason(org: PastOrg) -> None:
    queue = org.group("SDR_Backup")
    long_ago = MONDAY - timedelta(days=60)
    refs = org.plant(
        org.past_lead("hit", MONDAY, ANN, Status="Working - Contacted"),
        *org.past_move("hit", MONDAY + 2 * MINUTE, queue, ANN),
        org.past_status("hit", MONDAY + 5 * MINUTE, "Open - Not Contacted", "Working - Contacted"),
        org.past_call("hit", MONDAY + 5 * MINUTE, ANN),
        org.past_lead("sent_back", MONDAY, ANN, Status="Recycled"),
        org.past_status("sent_back", MONDAY + 9 * MINUTE, "Open - Not Contacted", "Recycled"),
        org.past_lead("in_queue", MONDAY, queue),
        org.past_lead("excluded", MONDAY, ANN, Email="eve@acme.example"),
        org.past_lead("old", long_ago, ANN),
        org.past_call("old", long_ago + MINUTE, ANN),
        org.past_lead("gap", MONDAY, ANN),
        *org.past_move("gap", MONDAY + MINUTE, queue, BO),
        org.past_lead("by_machine", MONDAY, ANN),
        org.past_call("by_machine", MONDAY + MINUTE, "integration@acme.example"),
        org.past_lead("when", MONDAY, ANN),
        org.past_call("when", MONDAY + MINUTE, ANN, CompletedDateTime=None, LastModifiedDate=iso(MONDAY + 9 * MINUTE)),
        org.past_lead("logged", MONDAY, ANN),
        org.past_call("logged", MONDAY + MINUTE, ANN, CompletedDateTime=None),
    )
    ran = org.backfill("--yes", "--json")
    assert ran.code == 0, ran.err
    engaged, assigned = iso(MONDAY), iso(MONDAY + 2 * MINUTE)
    touched = iso(MONDAY + 5 * MINUTE)
    plain = {"Cycle": 1.0, "SLA_Status": "not_started", "Recycle_Count": 0.0, "Engaged_At": engaged}
    staged = {"Stage_Entered_At": engaged, "Mql_At": engaged}
    assert org.facts(refs["hit"]) == plain | {
        "Assigned_At": assigned, "First_Touch_At": touched, "First_Touch_Type": "call", "Assigned_To": org.ids[ANN],
        "Lead_Type": "demo_request", "SLA_Started_At": assigned, "SLA_Due_At": iso(MONDAY + 7 * MINUTE),
        "SLA_Minutes": 5.0, "Response_Minutes": 3.0, "SLA_Status": "met", "Business_Hours": "STL us",
        "Stage_Entered_At": touched, "Mql_At": engaged, "Sal_At": touched,
    }  # fmt: skip
    # The org refuses a rejection without a reason: when it was sent back is left out, that it was is not.
    assert org.facts(refs["sent_back"]) == plain | {
        "Assigned_At": engaged, "Stage_Entered_At": iso(MONDAY + 9 * MINUTE), "Mql_At": engaged, "Recycle_Count": 1.0,
    }  # fmt: skip
    assert org.facts(refs["in_queue"]) == plain | staged
    assert org.facts(refs["by_machine"]) == plain | staged | {"Assigned_At": engaged}
    assert org.facts(refs["logged"]).items() >= {"First_Touch_At": iso(MONDAY + MINUTE), "SLA_Status": "met"}.items()
    for ref in ("excluded", "old", "gap", "when"):
        assert org.facts(refs[ref]) == {}, ref
    said = json.loads(org.backfill("--yes", "--json").out)
    assert (said["leads"], said["written"]) == (0, 0)
    assert said["left"] == {"excluded": 1, "gap": 1, "no_history": 2, "nothing": 1, "unsure_touch": 1}
    assert quiet(org)


def test_without_a_history_of_the_owner_nothing_is_told(tmp_path: Path) -> None:
    org = PastOrg(tmp_path, *STAGED)
    try:
        with mock.patch.object(PastOrg, "track", lambda self: None):
            org.begin()
        org.plant(*org.first_history(), org.past_lead("lead", MONDAY, ANN))
        ran = org.backfill("--yes")
        assert ran.code == 0
        assert "No history of the owner is kept in this org" in ran.out
        assert "2  older than the history of its owner" in ran.out
        assert "Nothing to write." in ran.out
    finally:
        org.close()


def test_who_may_not_write_the_fields_is_told_which_before_anything_is_asked(tmp_path: Path) -> None:
    org = PastOrg(tmp_path)
    try:
        with mock.patch.object(PastOrg, "allow", lambda self: None):
            org.begin()
        org.door("seed", {"permission_sets": [{"user": org.admin, "name": "STL_Speed_To_Lead"}]})
        ran = org.backfill("--yes")
        assert ran.code == 1
        assert "The connection's user may not edit 13 fields of Lead: STL_Engaged_At__c, STL_Assigned_At__c" in ran.err
        assert "Make a permission set that may edit them" in ran.err
    finally:
        org.close()


def test_an_org_that_is_not_as_the_design_says_is_refused(org: PastOrg) -> None:
    org.desk.write(org.desk.edited(("sla: 4h", "sla: 5h")), "other.yaml")
    ran = org.desk("backfill", "other.yaml", "-c", "local", "--yes")
    assert ran.code == 5
    assert "is not as other.yaml says (differences: 1)" in ran.err
    assert "First: provisioner apply other.yaml -c local" in ran.err


# ------------------------------------------------------------------ plans


def test_a_plan_is_kept_changes_nothing_and_is_carried_out_but_for_what_moved(org: PastOrg) -> None:
    refs = org.plant(*(org.past_lead(f"lead{number}", MONDAY, ANN) for number in range(3)))
    kept = org.desk.folder / "leads.plan"
    ran = org.backfill("--out", str(kept))
    assert (ran.code, "3 leads to write" in ran.out) == (0, True), ran.out + ran.err
    told = [f"  {name} ({id})" for name, id in refs.items()]  # names are looked up, and not kept in the file
    assert sorted(line for line in ran.out.splitlines() if line in told) == sorted(told)
    assert "lead0" not in kept.read_text(encoding="utf-8")
    assert [org.facts(id) for id in refs.values()] == [{}, {}, {}]
    org.door("clock", {"advance": "PT1M"})
    org.patch(refs["lead1"], Title="CEO")  # a save like any other; it engages the lead, and no more
    state = ("--state-dir", str(org.desk.folder / "state"))
    ran = org.desk("backfill", "leads.plan", "-c", "local", "--yes", *state)
    assert ran.code == 0, ran.err
    assert "2 leads written; 1 changed since the plan was made and were left alone." in ran.out
    assert "Assigned_At" in org.facts(refs["lead0"]) and "Assigned_At" not in org.facts(refs["lead1"])
    again = org.desk("backfill", "leads.plan", "-c", "local", "--yes", *state)
    assert "0 leads written; 2 were as wanted already; 1 changed since" in again.out
    shown = org.desk("history", *state)
    assert (shown.out.count("backfill acme-speed-to-lead"), shown.out.count("1 of 1 change")) == (2, 2)


def test_an_edited_plan_is_refused(org: PastOrg) -> None:
    kept = org.desk.folder / "edited.plan"
    org.plant(org.past_lead("edited", MONDAY, ANN))
    assert org.backfill("--out", str(kept)).code == 0
    text = kept.read_text(encoding="utf-8")
    kept.write_text(text.replace('"2025-06-02T14:00:00.000Z"', '"2025-06-02T13:00:00.000Z"'), encoding="utf-8")
    ran = org.desk("backfill", "edited.plan", "-c", "local", "--yes")
    assert ran.code == 5
    assert "edited.plan is not what was written" in ran.err
    kept.write_text(text.replace('"created_at": "2', '"created_at": "1'), encoding="utf-8")
    assert org.desk("backfill", "edited.plan", "-c", "local", "--yes").code == 5


def test_nobody_is_asked_off_a_terminal(org: PastOrg) -> None:
    org.plant(org.past_lead("asked", MONDAY, ANN))
    ran = org.backfill()
    assert ran.code == 5
    assert "Nobody can be asked here (no terminal), and --yes was not given. Nothing was changed." in ran.err


def test_production_wants_its_name(fresh: PastOrg) -> None:
    fresh.plant(fresh.past_lead("lead", MONDAY, ANN))
    fresh.door("settings", {"is_sandbox": False})
    ran = fresh.backfill("--yes")
    assert (ran.code, "sandbox: true" in ran.err) == (5, True)


def test_only_what_is_wanted_is_written(org: PastOrg) -> None:
    org.plant(
        org.past_lead("touched", MONDAY, ANN),
        org.past_call("touched", MONDAY + MINUTE, ANN),
        org.past_lead("idle", MONDAY, ANN),
    )
    for words, counted in (
        (("--only", "touched"), (1, {"demo_request": 1})),
        (("--only", "untouched"), (1, {"untouched": 1})),
        (("--only", "demo_request", "--only", "untouched"), (2, {"demo_request": 1, "untouched": 1})),
        (("--until", "2025-06-02"), (0, {})),
    ):
        said = json.loads(
            org.backfill("--out", str(org.desk.folder / f"{len(words)}{words[1]}.plan"), "--json", *words).out
        )
        assert (said["leads"], {row["lead_type"]: row["leads"] for row in said["groups"]}) == counted, words
    ran = org.backfill("--only", "demo")
    assert (
        ran.code,
        "--only 'demo' is neither a lead type of the design nor one of touched, untouched." in ran.err,
    ) == (2, True)


# ------------------------------------------------------------------ trouble


STUBBORN = (
    f'<?xml version="1.0" encoding="UTF-8"?><CustomObject {NS}><validationRules><fullName>Stubborn</fullName>'
    '<active>true</active><errorConditionFormula>Company = "Stubborn"</errorConditionFormula>'
    "<errorMessage>=Not this one.</errorMessage></validationRules></CustomObject>"
).encode()


def test_what_the_org_refuses_is_listed_with_its_words(fresh: PastOrg) -> None:
    refs = fresh.plant(fresh.past_lead("good", MONDAY, ANN), fresh.past_lead("bad", MONDAY, ANN, Company="Stubborn"))
    rule = ("ValidationRule", "Lead.Stubborn")
    fresh.deploy({"objects/Lead.object": STUBBORN, "package.xml": manifest(rule)})
    ran = fresh.backfill("--yes", "--json")
    assert ran.code == 4, ran.err
    said = json.loads(ran.out)
    assert said["written"] == 1
    assert [row["id"] for row in said["failed"]] == [refs["bad"]]
    assert "Not this one." in said["failed"][0]["error"]
    listed = (Path(said["folder"]) / "failed-0001.csv").read_text(encoding="utf-8").splitlines()
    assert listed[0] == "Id,Error" and listed[1].startswith(refs["bad"])
    before = (Path(said["folder"]) / "before-0001.csv").read_text(encoding="utf-8").splitlines()
    assert before[0].startswith("Id,STL_Engaged_At__c,STL_Assigned_At__c") and len(before) == 3
    assert set(before[1].split(",")[1:]) == {""}
    back = fresh.desk("rollback", said["run"], "-c", "local", "--state-dir", str(fresh.desk.folder / "state"), "--yes")
    assert back.code == 5
    assert "filled in facts of leads, which rollback does not take back. Nothing was changed." in back.err


DIES = """
import os, sys
from provisioner.applying import filling
from provisioner.cli.app import run
from provisioner.targets.salesforce.session import SalesforceSession

door, after = sys.argv[1], sys.argv[2] == "after"
original, calls, real = getattr(SalesforceSession, door), [], filling.fill


def dies(self, *given):
    calls.append(1)
    if len(calls) != 2:
        return original(self, *given)
    if after:
        original(self, *given)
    os._exit(9)


setattr(SalesforceSession, door, dies)
filling.fill = lambda *given: real(*given, size=2)
run(["backfill", "acme.yaml", "-c", "local", "--state-dir", "state", "--yes"])
"""


@pytest.mark.parametrize(
    ("door", "moment", "jobs"),
    [
        ("begin_job", "before", 3),
        ("begin_job", "after", 4),  # a job that nobody wrote down stays empty
        ("submit_job", "before", 4),  # the one without rows is given up
        ("submit_job", "after", 3),
        ("finish_job", "before", 3),
        ("finish_job", "after", 3),
    ],
)
def test_killed_anywhere_the_same_command_finishes_and_nothing_is_done_twice(
    org: PastOrg, monkeypatch: pytest.MonkeyPatch, door: str, moment: str, jobs: int
) -> None:
    """Six leads in three jobs; the second job's step is the last thing the process does."""
    refs = org.plant(*(org.past_lead(f"lead{number}", MONDAY, ANN) for number in range(6)))
    environment = os.environ | {"ORG_TOKEN": org.token, "XDG_CONFIG_HOME": str(org.desk.folder)}
    words = [sys.executable, "-c", DIES, door, moment]
    dead = subprocess.run(words, cwd=org.desk.folder, env=environment, capture_output=True, text=True, check=False)
    assert dead.returncode == 9, dead.stderr
    real = filling.fill
    monkeypatch.setattr(filling, "fill", lambda *given: real(*given, size=2))
    ran = org.backfill("--yes")
    assert ran.code == 0, ran.err
    wanted = {"Engaged_At": iso(MONDAY), "Assigned_At": iso(MONDAY), "Stage_Entered_At": iso(MONDAY)}
    assert all(org.facts(id).items() >= wanted.items() for id in refs.values())
    asked = [(row["method"], row["path"].rpartition("/")[2]) for row in org.door("requests", method="GET")]
    assert asked.count(("POST", "ingest")) == jobs
    assert asked.count(("PUT", "batches")) == 3
    assert org.backfill("--yes").out.endswith("Nothing to write.\n")
    assert quiet(org)
    shown = org.desk("history", "--state-dir", str(org.desk.folder / "state"))
    settled = "killed" if door == "begin_job" else "partly"  # whose job was in its journal is told what became of it
    assert [line.split()[3] for line in shown.out.splitlines()] == ["completed", settled]


def test_a_lost_answer_ends_the_run_and_the_next_one_settles_the_job(
    org: PastOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    org.plant(org.past_lead("lead", MONDAY, ANN))

    def lost(self: SalesforceSession, job: str) -> Any:
        raise Unreachable("Nobody answers.")

    with monkeypatch.context() as patch:
        patch.setattr(SalesforceSession, "finish_job", lost)
        ran = org.backfill("--yes")
    assert ran.code == 4
    assert "Nobody answers. 0 leads are known to be written." in ran.err
    ran = org.backfill("--yes")
    assert (ran.code, "1 leads written, 0 refused" in ran.err) == (0, True), ran.err
    assert ran.out.endswith("Nothing to write.\n")
    again = org.backfill("--yes")
    assert (again.code, "left job" in again.err) == (0, False), again.err
    shown = org.desk("history", "--state-dir", str(org.desk.folder / "state"))
    assert ["completed" in shown.out, "1 of 1 change" in shown.out] == [True, True]


def test_an_owner_whom_the_automation_has_yet_to_see_is_left_to_it(org: PastOrg) -> None:
    """A bulk transfer past all automation: the next save would start a clock, and ours is a save."""
    refs = org.plant(org.past_lead("moved", MONDAY, BO, STL_Owner_Seen__c=org.ids[ANN]))
    said = json.loads(org.backfill("--yes", "--json").out)
    assert (said["leads"], said["left"]["unsettled"]) == (0, 1)
    assert org.facts(refs["moved"]) == {}


def test_the_clock_of_the_moment_stays_with_its_lead(org: PastOrg) -> None:
    """A lead that the automation measures already is none of a backfill's."""
    org.door("clock", {"to": "2026-02-03T15:00:00Z"})
    running = org.create("Demo Request", ANN)
    before = org.facts(running)
    assert before["SLA_Status"] == "within_sla"
    assert org.backfill("--yes").code == 0
    assert org.facts(running) == before
    assert datetime.fromisoformat(before["SLA_Due_At"]) > datetime.fromisoformat(org.now)
