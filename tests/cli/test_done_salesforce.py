"""Steps that people do in an org, as a user goes through them: the commands, the emulator, nothing in between."""

from __future__ import annotations

import json
import re
from typing import Any

import requests
from salesforce_bench import Bench, found, join, last, rest
from test_plan_on_salesforce import by_hand, desired, edited, planned, told

from provisioner.cli.demonstration.door import Door

STEPS = ("default_workflow_user", "permission_set", "queue_members")
APPLY = ("apply", "acme.yaml", "-c", "box", "--yes")
PLAN = ("plan", "acme.yaml", "-c", "box")
LEFT = "Plan: 0 to add, 0 to change, 0 to delete, {} by hand."


def done(bench: Bench, *names: str, code: int = 0) -> str:
    return bench("done", "acme.yaml", *names, "-c", "box", "--by", "Ana Ruiz", code=code)


def states(bench: Bench) -> dict[str, tuple[str, Any]]:
    listed = json.loads(bench("done", "acme.yaml", "-c", "box", "--json"))["steps"]
    return {item["step"]: (item["state"], item["reason"] or item["by"]) for item in listed}


def ledger(bench: Bench) -> dict[str, Any]:
    (row,) = found(bench, "SELECT Id FROM StaticResource WHERE Name = 'STL_Ledger'")
    url = f"{bench.emulator.url}/services/data/v66.0/sobjects/StaticResource/{row['Id']}/Body"
    answer = requests.get(url, headers={"Authorization": f"Bearer {bench.emulator.access_token}"}, timeout=30)
    return dict(json.loads(answer.content))


def leave(bench: Bench) -> None:
    """Everybody leaves the queues."""
    for row in found(bench, "SELECT Id FROM GroupMember"):
        rest(bench, "DELETE", f"sobjects/GroupMember/{row['Id']}")


def test_steps_stay_in_the_plan_until_they_are_ticked(bench: Bench) -> None:
    out = bench(*APPLY)
    assert re.search(r"^Applied: \d+ changes in .*, read back and as planned", out, re.MULTILINE)
    assert "\n3 steps are left to be done by hand:\n  ! manual default_workflow_user  Name an active Default W" in out
    assert last(out) == "  When one is done: provisioner done acme.yaml STEP -c box"
    assert last(bench(*PLAN, "--detailed-exitcode", code=3)) == LEFT.format(3)
    assert states(bench) == dict.fromkeys(STEPS, ("open", None))

    assert done(bench, "queue_members", code=1) == (
        "Error: queue_members cannot be done yet: the queue SDR_Backup has no members.\n"
        "  What to do: See to that first; provisioner done without a step lists the clicks. Nothing was recorded.\n"
    )
    before = ledger(bench)
    join(bench, "SDR_Backup")
    bench.calls()
    out = done(bench, *STEPS)
    assert last(out) == "Nothing is left to be done by hand in Emulated Org (00D000000000001AAA)."
    calls = bench.calls()
    assert [call for call in calls if call.endswith("deployRequest")] == [
        "POST /services/data/v66.0/metadata/deployRequest"
    ]
    after = ledger(bench)
    assert after["steps"].keys() == set(STEPS)
    assert {key: value for key, value in after.items() if key not in ("steps", "saved")} == before
    assert (
        last(bench(*PLAN, "--detailed-exitcode")) == "No changes. Emulated Org (00D000000000001AAA) matches acme.yaml."
    )
    assert "Done by hand:\n  default_workflow_user  by Ana Ruiz, " in bench(*PLAN, "-v")

    opened = bench("done", "acme.yaml", "permission_set", "-c", "box", "--undo")
    assert opened.startswith("Open again: permission_set.\n")
    assert last(bench(*PLAN)) == LEFT.format(1)


def test_an_apply_keeps_what_was_ticked(bench: Bench) -> None:
    bench(*APPLY)
    join(bench, "SDR_Backup")
    done(bench, *STEPS)
    ticked = ledger(bench)["steps"]
    bench.edit("sla: 5m", "sla: 6m")
    assert told(planned(bench)) == [("update", "CustomMetadata:STL_Lead_Type.demo_request", "design")]
    bench(*APPLY)
    assert ledger(bench)["steps"] == ticked
    assert last(bench(*PLAN, "--detailed-exitcode")).startswith("No changes.")
    bench("destroy", "acme.yaml", "-c", "box", "--yes")
    assert found(bench, "SELECT Id FROM StaticResource WHERE Name = 'STL_Ledger'") == []
    bench(*APPLY)
    assert states(bench) == {**dict.fromkeys(STEPS, ("open", None))}


def test_a_plan_from_before_a_tick_is_refused(bench: Bench) -> None:
    bench(*APPLY)
    bench.edit("sla: 5m", "sla: 6m")
    bench(*PLAN, "-o", "acme.plan")
    bench.edit("sla: 6m", "sla: 5m")
    done(bench, "default_workflow_user")
    bench.edit("sla: 5m", "sla: 6m")
    assert "Error: This design was applied to the org again after this plan was made" in bench(
        "apply", "acme.plan", "-c", "box", "--yes", code=5
    )


def test_an_empty_queue_opens_its_step_and_an_audit_says_so(bench: Bench) -> None:
    bench(*APPLY)
    join(bench, "SDR_Backup")
    done(bench, *STEPS)
    assigned = {"permission_sets": [{"user": "admin@example.com", "name": "STL_Speed_To_Lead"}]}
    requests.post(f"{bench.emulator.url}/_emulator/seed", json=assigned, timeout=30).raise_for_status()
    leave(bench)
    reason = "It was ticked; since then the queue SDR_Backup had no members."
    assert states(bench)["queue_members"] == ("reopened", reason)
    assert f"(open again)\n      {reason}\n" in bench(*PLAN)
    report = json.loads(bench("drift", "acme.yaml", "-c", "box", "--json", "--fail-on", "never"))
    about = {item["subject"]: item["code"] for item in report["findings"] if "ManualStep" in item["subject"]}
    assert about == {"ManualStep:queue_members": "C203"}
    join(bench, "SDR_Backup")
    assert states(bench)["queue_members"] == ("done", "Ana Ruiz")


def test_what_was_made_anew_opens_its_step(bench: Bench) -> None:
    """A permission set that is deleted takes its assignments with it; one that is made again has none."""
    bench(*APPLY)
    join(bench, "SDR_Backup")
    done(bench, *STEPS)
    mine = {"by": "admin@example.com", "component": "PermissionSet", "name": "STL_Speed_To_Lead", "deleted": True}
    requests.post(f"{bench.emulator.url}/_emulator/by_hand", json=mine, timeout=30).raise_for_status()
    lost = "It was ticked; since then PermissionSet:STL_Speed_To_Lead was missing."
    assert states(bench)["permission_set"] == ("reopened", lost)
    bench(*APPLY)
    assert states(bench)["permission_set"] == ("reopened", lost), "it does not close by itself"
    assert last(bench(*PLAN)) == LEFT.format(1)
    done(bench, "permission_set")
    assert last(bench(*PLAN)).startswith("No changes.")


def test_who_changed_something_before_a_tick_is_still_told(bench: Bench) -> None:
    """A tick saves the ledger; what counts as since is the last apply, not that."""
    bench(*APPLY)
    requests.post(f"{bench.emulator.url}/_emulator/clock", json={"advance": "PT2H"}, timeout=30).raise_for_status()
    mine = next(item for item in desired(bench) if str(item.address) == "CustomMetadata:STL_Lead_Type.demo_request")
    by_hand(bench, edited(mine, SLA_Minutes__c="30"))
    requests.post(f"{bench.emulator.url}/_emulator/clock", json={"advance": "PT2H"}, timeout=30).raise_for_status()

    def whose() -> list[Any]:
        return [item["touched"] for item in planned(bench)["changes"] if item["cause"] == "hand"]

    before = whose()
    assert before and before[0]
    done(bench, "default_workflow_user")
    assert whose() == before


def test_a_setting_that_can_be_read_needs_no_tick(bench: Bench) -> None:
    stages = "  stages: {field: Status, values: {open: Open - Not Contacted}, history: true}\n"
    bench.edit("telemetry:\n", f"telemetry:\n{stages}")
    bench(*APPLY)
    assert states(bench)["convert_settings"] == ("open", None)
    let_conversions_run(bench, "true")
    assert "convert_settings" not in states(bench)
    assert last(bench(*PLAN)) == LEFT.format(3)
    let_conversions_run(bench, "false")
    assert states(bench)["convert_settings"] == ("open", None)
    done(bench, "convert_settings")  # it is off, and people want it so
    assert states(bench)["convert_settings"] == ("done", "Ana Ruiz")


def let_conversions_run(bench: Bench, value: str) -> None:
    space = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
    setting = f"<shouldLeadConvertRequireValidation>{value}</shouldLeadConvertRequireValidation>"
    listed = "<types><members>LeadConfig</members><name>Settings</name></types><version>66.0</version>"
    Door(bench.emulator.url, bench.emulator.access_token).deploy({
        "settings/LeadConfig.settings": f"<LeadConfigSettings {space}>{setting}</LeadConfigSettings>",
        "package.xml": f"<Package {space}>{listed}</Package>",
    })  # fmt: skip


def test_a_step_can_be_aimed_at_and_a_part_leaves_the_others_alone(bench: Bench) -> None:
    bench(*APPLY)
    data = planned(bench, "--target", "ManualStep:permission_set")
    assert [item["address"] for item in data["changes"]] == ["ManualStep:permission_set"]
    done(bench, "permission_set")
    bench.edit("sla: 5m", "sla: 6m")
    bench(*PLAN, "--target", "CustomMetadata:STL_Lead_Type.demo_request", "-o", "acme.plan")
    bench("apply", "acme.plan", "-c", "box", "--yes")
    assert states(bench)["permission_set"] == ("done", "Ana Ruiz")


def test_a_step_that_goes_with_the_design_is_forgotten(bench: Bench) -> None:
    bench(*APPLY)
    join(bench, "SDR_Backup")
    done(bench, *STEPS)
    bench.edit("{queue: SDR_Backup, create: true}", "{queue: SDR_Backup}")
    out = bench("plan", "acme.yaml", "-c", "box")
    assert "- ManualStep:queue_members" in out
    bench(*APPLY)
    assert ledger(bench)["steps"].keys() == {"default_workflow_user", "permission_set"}


def test_taking_a_run_back_leaves_ticks_as_they_are(bench: Bench) -> None:
    bench(*APPLY)
    done(bench, "default_workflow_user", "permission_set")
    bench.edit("sla: 5m", "sla: 6m")
    bench(*APPLY)
    run = json.loads(bench("history", "--json"))["runs"][0]["run"]
    bench("rollback", run, "-c", "box", "--yes")
    bench.edit("sla: 6m", "sla: 5m")
    assert {name for name, (state, _) in states(bench).items() if state == "done"} == {
        "default_workflow_user", "permission_set",
    }  # fmt: skip
