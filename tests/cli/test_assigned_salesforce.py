"""Destroying a design whose permission set people have, and whose touches were counted on activities."""

from __future__ import annotations

from pathlib import Path

from both_crms import place
from test_rollback_both import APPLY

SET = "BRW_Speed_To_Lead"
DESTROY = ("destroy", "brew.yaml", "-c", "box", "--yes")
CALL = {"WhoId": {"ref": "lead"}, "Subject": "Call", "Status": "Completed", "TaskSubtype": "Call"}


def test_what_people_were_given_goes_with_the_design(tmp_path: Path) -> None:
    with place("salesforce", tmp_path) as crm:
        crm.edit("escalation: cold}", "escalation: cold, follow_up: {touches: 2, within: 48h}}")
        crm(*APPLY)
        lead = {"LastName": "Moss", "Company": "Moss Tea", "LeadSource": "Web"}
        ada = "ada@brewline.example"
        crm.door("seed", {
            "users": [{"username": ada}],
            "permission_sets": [{"user": "admin@example.com", "name": SET}, {"user": ada, "name": SET}],
            "records": [
                {"sobject": "Lead", "as": ada, "ref": "lead", "values": lead},
                {"sobject": "Task", "as": ada, "values": CALL},
                {"sobject": "Task", "as": ada, "values": CALL},
            ],
        })  # fmt: skip
        refused = crm(*DESTROY, code=5)
        assert "CustomField:Activity.BRW_Touch_Cycle__c (2 records)" in refused
        assert "could not be counted" not in refused
        number = refused.split("give --allow-data-loss=")[1].split(".")[0]
        calls: list[str] = []
        crm.watch.on_call = lambda method, path: calls.append(f"{method} {path.partition('?')[0]}")
        out = crm(*DESTROY, "--allow-data-loss", number)
        assert f"Permission set {SET} taken from 2 users: ada@brewline.example, admin@example.com\n" in out
        assert [call for call in calls if call.startswith("DELETE") and "tooling" not in call] == [
            "DELETE /services/data/v66.0/composite/sobjects"
        ]
        run = crm.runs()[0]["run"]
        assert "taken from 2 users: ada@brewline.example, admin@example.com" in crm("history", "show", run)
        assert "Nothing to delete." in crm(*DESTROY)
        query = f"SELECT COUNT() FROM PermissionSet WHERE Name = '{SET}'"
        left = crm.call("GET", "/services/data/v66.0/query", params={"q": query})
        assert left["totalSize"] == 0
        out = crm("rollback", run, "-c", "box", "--yes", "--override", "a test")
        assert f"The permission set {SET} is made again, and nobody has it. Who had it when it was deleted is in" in out
        steps = {item["step"]: item["state"] for item in crm.data("done", "brew.yaml", "-c", "box")["steps"]}
        assert steps == {"default_workflow_user": "open", "permission_set": "open"}


def test_a_destroy_that_was_stopped_goes_on_with_the_number_that_was_given(tmp_path: Path) -> None:
    """With the permission set goes what let the user count; the run that took it knows what there was."""
    with place("salesforce", tmp_path) as crm:
        crm(*APPLY)
        lead = {"LastName": "Moss", "Company": "Moss Tea", "LeadSource": "Web"}
        ada = "ada@brewline.example"
        crm.door("seed", {
            "users": [{"username": ada}],
            "permission_sets": [{"user": "admin@example.com", "name": SET}],
            "records": [{"sobject": "Lead", "as": ada, "values": lead}],
        })  # fmt: skip
        number = crm(*DESTROY, code=5).split("give --allow-data-loss=")[1].split(".")[0]
        match = {"method": "PATCH", "path_regex": "FlowDefinition/"}
        crm.door("faults", {"kind": "status", "status": 403, "times": 1, "match": match})
        crm(*DESTROY, "--allow-data-loss", number, code=1)
        stopped = crm.runs()[0]["run"]

        less = crm(*DESTROY, "--allow-data-loss", str(int(number) - 1), code=5)
        assert f"What cannot be counted any more is taken from run {stopped}, which counted it." in less
        assert f"this plan deletes {number} recorded values" in less
        assert "could not be counted" not in less
        crm(*DESTROY, "--allow-data-loss", number)
        assert "Nothing to delete." in crm(*DESTROY)
