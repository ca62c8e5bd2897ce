"""What the server makes of each type of file (reference 1.10), read back through retrieve: whole files."""

from __future__ import annotations

import pytest
from metadata_packages import (
    HEAD,
    NS,
    deploy,
    example,
    fetched,
    field,
    file,
    flow,
    lead,
    package,
    problems,
    squeeze,
)  # fmt: skip

from provisioner.emulator.salesforce.state.org import Org

ADDED = (
    "<trackFeedHistory>false</trackFeedHistory><trackHistory>false</trackHistory><trackTrending>false</trackTrending>"
)
VALUE = "<value><fullName>{0}</fullName><default>{1}</default><label>{0}</label></value>"

FIELDS = [
    pytest.param(
        field("A__c", "Text", "<length>9</length>"),
        "<fullName>A__c</fullName><externalId>false</externalId><label>A label</label><length>9</length>"
        f"<required>false</required>{ADDED}<type>Text</type><unique>false</unique>",
        id="text",
    ),
    pytest.param(
        field("A__c", "Checkbox", "<defaultValue>false</defaultValue>"),
        "<fullName>A__c</fullName><defaultValue>false</defaultValue><externalId>false</externalId>"
        f"<label>A label</label>{ADDED}<type>Checkbox</type>",
        id="a checkbox is never required",
    ),
    pytest.param(
        field("A__c", "Number", "<formula>1</formula><precision>6</precision><scale>1</scale>"),
        "<fullName>A__c</fullName><externalId>false</externalId><formula>1</formula>"
        "<formulaTreatBlanksAs>BlankAsZero</formulaTreatBlanksAs><label>A label</label><precision>18</precision>"
        f"<required>false</required><scale>1</scale>{ADDED}<type>Number</type><unique>false</unique>",
        id="number formula",
    ),
    pytest.param(
        field(
            "A__c",
            "Picklist",
            "<valueSet><valueSetDefinition><sorted>false</sorted><value><fullName>Hot</fullName><default>false</default>"
            "</value><value><fullName>Old</fullName><default>false</default><isActive>false</isActive></value>"
            "</valueSetDefinition></valueSet>",
        ),
        "<fullName>A__c</fullName><externalId>false</externalId><label>A label</label><required>false</required>"
        f"{ADDED}<type>Picklist</type><valueSet><restricted>false</restricted><valueSetDefinition><sorted>false</sorted>"
        "<value><fullName>Hot</fullName><default>false</default><label>Hot</label></value>"
        "<value><fullName>Old</fullName><default>false</default><isActive>false</isActive><label>Old</label></value>"
        "</valueSetDefinition></valueSet>",
        id="picklist",
    ),
]


@pytest.mark.parametrize(("sent", "body"), FIELDS)
def test_custom_fields(org_in_process: Org, sent: str, body: str) -> None:
    org = org_in_process
    assert problems(deploy(org, package({"CustomField": ["Lead.A__c"]}, {"objects/Lead.object": lead(sent)}))) == []
    found = squeeze(fetched(org, {"CustomField": ["Lead.A__c"]})["objects/Lead.object"])
    assert found == squeeze(f'{HEAD}<CustomObject xmlns="{NS}"><fields>{body}</fields></CustomObject>\n')


LOOKUP = (
    "<recordLookups><name>Find</name><label>Find</label><locationX>7</locationX><locationY>7</locationY>"
    "<getFirstRecordOnly>true</getFirstRecordOnly><object>User</object>"
    "<storeOutputAutomatically>true</storeOutputAutomatically><description> </description></recordLookups>"
)
START = (
    "<connector><targetReference>Find</targetReference></connector><object>Lead</object>"
    "<recordTriggerType>Create</recordTriggerType><triggerType>RecordAfterSave</triggerType>"
)


def test_a_flow(org_in_process: Org) -> None:
    org = org_in_process
    sent = flow("Look", "Active", LOOKUP, START)
    assert problems(deploy(org, package({"Flow": ["Look"]}, {"flows/Look.flow": sent}))) == []
    found = squeeze(fetched(org, {"Flow": ["Look"]})["flows/Look.flow"])
    lookup = found[found.index("<recordLookups>") : found.index("</recordLookups>")]
    assert lookup == (
        "<recordLookups><name>Find</name><label>Find</label><locationX>0</locationX><locationY>0</locationY>"
        "<assignNullValuesIfNoRecordsFound>false</assignNullValuesIfNoRecordsFound>"
        "<getFirstRecordOnly>true</getFirstRecordOnly><object>User</object>"
        "<storeOutputAutomatically>true</storeOutputAutomatically>"
    )
    for added in (
        "<areMetricsLoggedToDataCloud>false</areMetricsLoggedToDataCloud>",
        "<environments>Default</environments>",
        "<processMetadataValues><name>OriginBuilderType</name><value><stringValue>LightningFlowBuilder</stringValue>"
        "</value></processMetadataValues>",
        "<status>Active</status>",
    ):
        assert added in found


def test_a_permission_set(org_in_process: Org) -> None:
    org = org_in_process
    sent = file(
        "PermissionSet",
        "<userPermissions><enabled>false</enabled><name>RunReports</name></userPermissions>"
        "<userPermissions><enabled>true</enabled><name>ViewSetup</name></userPermissions>"
        "<userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>"
        "<label> P </label><description></description>",
    )
    data = package({"PermissionSet": ["P"]}, {"permissionsets/P.permissionset": sent})
    assert problems(deploy(org, data)) == []
    found = squeeze(fetched(org, {"PermissionSet": ["P"]})["permissionsets/P.permissionset"])
    assert found == squeeze(
        f'{HEAD}<PermissionSet xmlns="{NS}"><hasActivationRequired>false</hasActivationRequired><label>P</label>'
        "<userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>"
        "<userPermissions><enabled>true</enabled><name>ViewSetup</name></userPermissions></PermissionSet>\n"
    )


def test_a_custom_metadata_record_shows_every_field(org_in_process: Org) -> None:
    org = org_in_process
    fields = (
        field("Flag__c", "Checkbox", "<defaultValue>false</defaultValue>")
        + field("Number__c", "Number", "<precision>4</precision><scale>0</scale>")
        + field("Text__c", "Text", "<length>5</length>")
    )
    shape = "<label>Rule</label><pluralLabel>Rules</pluralLabel>"
    schemas = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    values = (
        '<values><field>Text__c</field><value xsi:type="xsd:string">12345</value></values>'
        '<values><field>Flag__c</field><value xsi:nil="true"/></values>'
    )
    record = file("CustomMetadata", f"<label>One</label><protected>false</protected>{values}", schemas)
    files: dict[str, str | bytes] = {
        "objects/Rule__mdt.object": file("CustomObject", fields + shape),
        "customMetadata/Rule.One.md": record,
    }
    assert problems(deploy(org, package({"CustomObject": ["Rule__mdt"], "CustomMetadata": ["Rule.One"]}, files))) == []
    row = org.rows.select("Rule__mdt")[0]
    assert (row["Flag__c"], row["Number__c"], row["Text__c"]) == (False, None, "12345")
    found = squeeze(fetched(org, {"CustomMetadata": ["Rule.One"]})["customMetadata/Rule.One.md"])
    assert found[found.index("<label>") :] == (
        "<label>One</label><protected>false</protected>"
        '<values><field>Flag__c</field><value xsi:type="xsd:boolean">false</value></values>'
        '<values><field>Number__c</field><value xsi:nil="true"/></values>'
        '<values><field>Text__c</field><value xsi:type="xsd:string">12345</value></values></CustomMetadata>\n'
    )


def test_a_queue_says_whether_it_mails_its_members(org_in_process: Org) -> None:
    org = org_in_process
    sent = file("Queue", "<name>Q</name><queueSobject><sobjectType>Lead</sobjectType></queueSobject>")
    assert problems(deploy(org, package({"Queue": ["Q"]}, {"queues/Q.queue": sent}))) == []
    found = squeeze(fetched(org, {"Queue": ["Q"]})["queues/Q.queue"])
    assert found == squeeze(
        f'{HEAD}<Queue xmlns="{NS}"><doesSendEmailToMembers>false</doesSendEmailToMembers><name>Q</name>'
        "<queueSobject><sobjectType>Lead</sobjectType></queueSobject></Queue>\n"
    )


def test_text_is_trimmed_and_escaped_anew(org_in_process: Org) -> None:
    org = org_in_process
    sent = field("A__c", "Date", "<description>  it's &#34;late&#34; &amp; &lt;hot&gt; </description>")
    assert problems(deploy(org, package({"CustomField": ["Lead.A__c"]}, {"objects/Lead.object": lead(sent)}))) == []
    found = fetched(org, {"CustomField": ["Lead.A__c"]})["objects/Lead.object"]
    assert "<description>it&apos;s &quot;late&quot; &amp; &lt;hot&gt;</description>" in found


def test_the_examples_lose_their_order(org_in_process: Org) -> None:
    """`LeadConvertSettings` and others come back with the lists as sent and the elements alphabetical."""
    org = org_in_process
    path = "LeadConvertSettings/LeadConvertSettings.LeadConvertSetting"
    files: dict[str, str | bytes] = {
        "objects/Lead.object": lead(field("First_Response_At__c", "DateTime")),
        "objects/Contact.object": lead(field("First_Response_At__c", "DateTime")),
        path: example(path),
    }
    members = {
        "CustomField": ["Lead.First_Response_At__c", "Contact.First_Response_At__c"],
        "LeadConvertSettings": ["LeadConvertSettings"],
    }
    assert problems(deploy(org, package(members, files))) == []
    found = squeeze(fetched(org, {"LeadConvertSettings": ["LeadConvertSettings"]})[path])
    names = ("<allowOwnerChange>", "<objectMapping>", "<opportunityCreationOptions>")
    assert sorted(names, key=found.index) == list(names)
