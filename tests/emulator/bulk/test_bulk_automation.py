"""What a bulk job sets off in the org: everything that a single save sets off, unless the deployed flows look away."""

from __future__ import annotations

from pathlib import Path

from metadata_packages import deploy, file, flow, package, stamp_flow

from provisioner.emulator.salesforce.assembly import assembled
from provisioner.emulator.salesforce.state.org import Org

_NODE = "<name>{0}</name><label>{0}</label><locationX>0</locationX><locationY>0</locationY>"
SWITCH = file(
    "CustomObject",
    "<fields><fullName>Off__c</fullName><defaultValue>false</defaultValue>"
    "<fieldManageability>DeveloperControlled</fieldManageability><label>Off</label><type>Checkbox</type></fields>"
    "<label>Switch</label><pluralLabel>Switches</pluralLabel><visibility>Public</visibility>",
)


def record(off: bool) -> str:
    value = f'<value xsi:type="xsd:boolean">{str(off).lower()}</value>'
    prefixes = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    body = f"<label>Clock</label><protected>false</protected><values><field>Off__c</field>{value}</values>"
    return file("CustomMetadata", body, prefixes)


def guarded() -> str:
    """A before-save flow that writes a text unless the switch record says Off."""
    lookup = (
        f"<recordLookups>{_NODE.format('Switch')}<connector><targetReference>Is_Off</targetReference></connector>"
        "<filterLogic>and</filterLogic><filters><field>DeveloperName</field><operator>EqualTo</operator>"
        "<value><stringValue>Clock</stringValue></value></filters><getFirstRecordOnly>true</getFirstRecordOnly>"
        "<object>Switch__mdt</object><storeOutputAutomatically>true</storeOutputAutomatically></recordLookups>"
    )
    decision = (
        f"<decisions>{_NODE.format('Is_Off')}<defaultConnector><targetReference>Set</targetReference>"
        "</defaultConnector><defaultConnectorLabel>On</defaultConnectorLabel><rules><name>Off</name>"
        "<conditionLogic>and</conditionLogic><conditions><leftValueReference>Switch.Off__c</leftValueReference>"
        "<operator>EqualTo</operator><rightValue><booleanValue>true</booleanValue></rightValue></conditions>"
        "<label>Off</label></rules></decisions>"
    )
    body = (
        f"<assignments>{_NODE.format('Set')}<assignmentItems><assignToReference>$Record.Description</assignToReference>"
        "<operator>Assign</operator><value><stringValue>seen</stringValue></value></assignmentItems></assignments>"
    )
    start = (
        "<connector><targetReference>Switch</targetReference></connector><object>Lead</object>"
        "<recordTriggerType>CreateAndUpdate</recordTriggerType><triggerType>RecordBeforeSave</triggerType>"
    )
    return flow("Guarded", "Active", body + decision + lookup, start)


def deployed(org: Org, off: bool) -> None:
    members = {"CustomObject": ["Switch__mdt"], "CustomMetadata": ["Switch.Clock"], "Flow": ["Guarded"]}
    files: dict[str, str | bytes] = {
        "objects/Switch__mdt.object": SWITCH,
        "customMetadata/Switch.Clock.md": record(off),
        "flows/Guarded.flow": guarded(),
    }
    outcome = deploy(org, package(members, files))
    assert outcome.success, outcome.failures


def ran(org: Org, text: str, operation: str = "insert") -> dict[str, object]:
    ingest = org.bulk.ingest
    job = ingest.open({"operation": operation, "object": "Lead"}, org.admin_id, "66.0")
    ingest.fill(job, text.encode())
    ingest.change(job, "UploadComplete")
    for _ in range(9):
        if ingest.poll(job).done:
            return job.to_json(counters=True)
    raise AssertionError(job)


def descriptions(org: Org) -> list[object]:
    return [row["Description"] for row in org.rows.select("Lead")]


def test_flows_run_for_every_row(org_in_process: Org) -> None:
    members = {"Flow": ["Stamp"]}
    deploy(org_in_process, package(members, {"flows/Stamp.flow": stamp_flow("seen")}))
    ran(org_in_process, "LastName,Company\n" + "A,Acme\n" * 450)
    assert descriptions(org_in_process) == ["seen"] * 450


def test_a_job_fires_the_flows_unless_what_they_read_switches_them_off(org_in_process: Org) -> None:
    deployed(org_in_process, off=False)
    ran(org_in_process, "LastName,Company\nA,Acme\n")
    deployed(org_in_process, off=True)
    ran(org_in_process, "LastName,Company\nB,Acme\n")
    assert descriptions(org_in_process) == ["seen", None]


def test_validation_rules_refuse_rows(org_in_process: Org) -> None:
    rule = (
        "<validationRules><fullName>No_Roe</fullName><active>true</active>"
        "<errorConditionFormula>LastName = &quot;Roe&quot;</errorConditionFormula><errorMessage>Not Roe</errorMessage>"
        "</validationRules>"
    )
    deploy(org_in_process, package(
        {"ValidationRule": ["Lead.No_Roe"]}, {"objects/Lead.object": file("CustomObject", rule)}
    ))  # fmt: skip
    info = ran(org_in_process, "LastName,Company\nDoe,Acme\nRoe,Acme\n")
    assert (info["numberRecordsProcessed"], info["numberRecordsFailed"]) == (2, 1)
    job = org_in_process.bulk.ingest.store.get("ingest", str(info["id"]))
    assert org_in_process.bulk.ingest.result(job, "failedResults").splitlines()[1] == (
        '"","FIELD_CUSTOM_VALIDATION_EXCEPTION:Not Roe:--","Roe","Acme"'
    )


def test_assignment_rules_do_not_run_for_a_job_that_names_none(org_in_process: Org) -> None:
    org = org_in_process
    queue = org.rows.insert("Group", {"Name": "Q", "DeveloperName": "Q", "Type": "Queue"})
    org.settings.assignment_rules = [{"when": {}, "owner": "Q"}]
    ran(org, "LastName,Company\nA,Acme\n")
    org.automation.save("insert", "Lead", [{"LastName": "B", "Company": "Acme"}], user_id=org.admin_id)
    assert [row["OwnerId"] for row in org.rows.select("Lead")] == [org.admin_id, queue]


def test_a_job_goes_on_where_it_stood_when_the_emulator_was_stopped(tmp_path: Path) -> None:
    first = assembled(tmp_path / "org.db")
    first.settings.change({"bulk_rows_per_poll": 250})
    first.keep_settings()
    ingest = first.bulk.ingest
    job = ingest.open({"operation": "insert", "object": "Lead"}, first.admin_id, "66.0")
    ingest.fill(job, ("LastName,Company\n" + "".join(f"L{n},Acme\n" for n in range(600))).encode())
    ingest.change(job, "UploadComplete")
    ingest.poll(job)
    assert ingest.poll(job).processed == 250
    first.close()
    second = assembled(tmp_path / "org.db")
    found = second.bulk.ingest.store.get("ingest", job.id)
    assert (found.state, found.processed) == ("InProgress", 250)
    while not second.bulk.ingest.poll(found).done:
        assert found.processed < 600
    names = [row["LastName"] for row in second.rows.select("Lead")]
    assert sorted(names) == sorted(f"L{n}" for n in range(600))
    assert second.bulk.ingest.result(found, "successfulResults").count("\n") == 601
    second.close()
