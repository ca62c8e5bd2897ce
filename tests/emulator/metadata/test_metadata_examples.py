"""Every deployable file of the vendor reference goes in, comes out normalised, and goes in again as unchanged."""

from __future__ import annotations

import pytest
from metadata_packages import EXAMPLES, changed, deploy, example, field, lead, manifest, package, problems, unzipped

from provisioner.emulator.salesforce.metadata.packages.manifest import read_manifest
from provisioner.emulator.salesforce.metadata.retrieving.retrieve import retrieve
from provisioner.emulator.salesforce.state.org import Org

MEMBERS = {
    "ApexClass": ["SlaClock", "SlaClockTest"],
    "CustomField": ["Contact.First_Response_At__c"],
    "CustomMetadata": ["SLA_Policy.Demo_Request"],
    "CustomNotificationType": ["SLA_Alert"],
    "CustomObject": ["Lead", "SLA_Policy__mdt"],
    "EmailTemplate": ["SLA", "SLA/SLA_Breached"],
    "Flow": ["Lead_SLA_Stamp"],
    "LeadConvertSettings": ["LeadConvertSettings"],
    "PermissionSet": ["SLA_User"],
    "Queue": ["SLA_Escalation"],
    "Settings": ["BusinessHours", "Flow"],
    "Workflow": ["Lead"],
}
OTHERS = ("flows/Lead_SLA_Timers.flow", "flows/Task_SLA_First_Touch.flow", "flows/SLA_Notify.flow",
          "flows/Lead_SLA_Parent.flow", "flowDefinitions/Lead_SLA_Timers.flowDefinition")  # fmt: skip


def example_files() -> dict[str, str | bytes]:
    paths = (str(path.relative_to(EXAMPLES)) for path in sorted(EXAMPLES.rglob("*")) if path.is_file())
    files: dict[str, str | bytes] = {path: example(path) for path in paths if path not in OTHERS}
    return files | {"objects/Contact.object": lead(field("First_Response_At__c", "DateTime"))}


@pytest.fixture
def org(org_in_process: Org) -> Org:
    org_in_process.rows.insert(
        "Group", {"Name": "Sales Managers", "DeveloperName": "Sales_Managers", "Type": "Regular"}
    )
    return org_in_process


def test_all_examples_deploy_in_one_package(org: Org) -> None:
    outcome = deploy(org, package(MEMBERS, example_files()))
    assert problems(outcome) == []
    assert outcome.status == "Succeeded"
    assert ("CustomField", "Lead.SLA_State__c") in changed(outcome)
    assert ("WorkflowAlert", "Lead.SLA_Breached_Alert") in changed(outcome)
    assert ("BusinessHoursSettings", "BusinessHours") in changed(outcome)


def test_the_same_package_again_changes_nothing(org: Org) -> None:
    deploy(org, package(MEMBERS, example_files()))
    assert changed(deploy(org, package(MEMBERS, example_files()))) == []


def test_what_is_retrieved_deploys_as_unchanged(org: Org) -> None:
    deploy(org, package(MEMBERS, example_files()))
    found = retrieve(org, org.metadata.components, read_manifest(manifest(MEMBERS).encode()), single_package=True)
    assert found.messages == []
    again = deploy(org, found.zip)
    assert (problems(again), changed(again)) == ([], [])


def test_order_of_files_in_the_zip_does_not_matter(org: Org) -> None:
    backwards = dict(reversed(list(example_files().items())))
    assert problems(deploy(org, package(MEMBERS, backwards))) == []


def test_validation_leaves_nothing_behind(org: Org) -> None:
    outcome = deploy(org, package(MEMBERS, example_files()), check_only=True)
    assert outcome.status == "Succeeded"
    assert not org.schema.sobject("Lead").has("SLA_Due_At__c")
    assert not org.schema.has("SLA_Policy__mdt")
    assert org.metadata.get("Flow", "Lead_SLA_Stamp") is None
    assert org.rows.select("Group")[0]["DeveloperName"] == "Sales_Managers"


def test_retrieved_files_show_what_the_server_adds(org: Org) -> None:
    deploy(org, package(MEMBERS, example_files()))
    wanted = {"CustomField": ["Lead.SLA_Minutes__c"], "Flow": ["Lead_SLA_Stamp"], "PermissionSet": ["SLA_User"],
              "CustomMetadata": ["SLA_Policy.Demo_Request"]}  # fmt: skip
    found = retrieve(org, org.metadata.components, read_manifest(manifest(wanted).encode()), single_package=True)
    files = unzipped(found.zip)
    assert files["objects/Lead.object"] == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">\n'
        "    <fields>\n"
        "        <fullName>SLA_Minutes__c</fullName>\n"
        "        <externalId>false</externalId>\n"
        "        <label>SLA Minutes</label>\n"
        "        <precision>6</precision>\n"
        "        <required>false</required>\n"
        "        <scale>0</scale>\n"
        "        <trackFeedHistory>false</trackFeedHistory>\n"
        "        <trackHistory>false</trackHistory>\n"
        "        <trackTrending>false</trackTrending>\n"
        "        <type>Number</type>\n"
        "        <unique>false</unique>\n"
        "    </fields>\n"
        "</CustomObject>\n"
    )
    assert "<areMetricsLoggedToDataCloud>false</areMetricsLoggedToDataCloud>" in files["flows/Lead_SLA_Stamp.flow"]
    assert "&quot;(blank)&quot;" in files["flows/Lead_SLA_Stamp.flow"]
    # Only what the same request names: one field grant is left, the class and the type are gone.
    grants = files["permissionsets/SLA_User.permissionset"]
    assert "fieldPermissions" not in grants
    assert "classAccesses" not in grants
    assert "<hasActivationRequired>false</hasActivationRequired>" in grants
    assert '<value xsi:type="xsd:double">5.0</value>' in files["customMetadata/SLA_Policy.Demo_Request.md"]


def test_a_missing_member_is_a_message(org: Org) -> None:
    wanted = manifest({"Flow": ["Nope"], "Layout": ["A-B"], "Flwo": ["X"]})
    found = retrieve(org, org.metadata.components, read_manifest(wanted.encode()), single_package=True)
    assert found.messages == [
        ("package.xml", "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model Layout."),
        ("package.xml", "Entity type: 'Flwo' is unknown"),
        ("package.xml", "Entity of type 'Flow' named 'Nope' cannot be found"),
    ]


def test_business_hours_are_retrieved_whole(org: Org) -> None:
    deploy(org, package({"Settings": ["BusinessHours"]}, {
        "settings/BusinessHours.settings": example("settings/BusinessHours.settings")}))  # fmt: skip
    found = org.metadata.get("Settings", "BusinessHours")
    assert found is not None
    names = [node.findtext("{*}name") for node in found.root.iterfind("{*}businessHours")]
    assert names == ["Default", "Sales Hours"]
    assert [str(day) for day in org.metadata.holidays_of("Sales Hours")] == ["2026-12-25"]
    assert org.metadata.holidays_of("Default") == []
