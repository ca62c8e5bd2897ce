"""Packages: partial ones are right, zips are reproducible, and what is read is not trusted."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from test_sf_render import acme, addresses_of, manifest_of, snapshot

from provisioner.errors import TargetError
from provisioner.resources import Address, Resource
from provisioner.targets.salesforce.package import (
    artifacts,
    build_zip,
    destructive,
    manifest,
    members,
    retired,
)
from provisioner.targets.salesforce.parse import parse_package

HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'
XMLNS = b'xmlns="http://soap.sforce.com/2006/04/metadata"'


def some(*addresses: str) -> list[Resource]:
    found = snapshot(acme())
    return [found.resources[Address.parse(address)] for address in addresses]


def test_only_the_changed_fields_of_lead_are_in_the_package() -> None:
    package = artifacts(some("CustomField:Lead.STL_Cycle__c", "CustomField:Lead.STL_Excluded__c"))
    assert [item.path for item in package] == ["objects/Lead.object", "package.xml"]
    assert manifest_of(package) == {("CustomField", "Lead.STL_Cycle__c"), ("CustomField", "Lead.STL_Excluded__c")}
    assert manifest_of(package) == addresses_of(package)


def test_a_changed_record_travels_alone() -> None:
    package = artifacts(some("CustomMetadata:STL_Lead_Type.demo_request"))
    assert {item.path: item.content.decode() for item in package} == {
        "customMetadata/STL_Lead_Type.demo_request.md": """\
<?xml version="1.0" encoding="UTF-8"?>
<CustomMetadata xmlns="http://soap.sforce.com/2006/04/metadata" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xmlns:xsd="http://www.w3.org/2001/XMLSchema">
    <label>Demo / pricing request</label>
    <protected>false</protected>
    <values>
        <field>Business_Day_Minutes__c</field>
        <value xsi:type="xsd:double">600</value>
    </values>
    <values>
        <field>Business_Hours__c</field>
        <value xsi:type="xsd:string">STL us</value>
    </values>
    <values>
        <field>Clock__c</field>
        <value xsi:type="xsd:string">business</value>
    </values>
    <values>
        <field>Escalation__c</field>
        <value xsi:type="xsd:string">urgent</value>
    </values>
    <values>
        <field>Label__c</field>
        <value xsi:type="xsd:string">Demo / pricing request</value>
    </values>
    <values>
        <field>SLA_Minutes__c</field>
        <value xsi:type="xsd:double">5</value>
    </values>
</CustomMetadata>
""",
        "package.xml": """\
<?xml version="1.0" encoding="UTF-8"?>
<Package xmlns="http://soap.sforce.com/2006/04/metadata">
    <types>
        <members>STL_Lead_Type.demo_request</members>
        <name>CustomMetadata</name>
    </types>
    <version>66.0</version>
</Package>
""",
    }


def test_one_holiday_is_a_settings_file_with_one_entry() -> None:
    package = artifacts(some("Holiday:STL us 2026-12-25 Christmas Day"), "61.0")
    assert (
        package[1].content.decode()
        == """\
<?xml version="1.0" encoding="UTF-8"?>
<BusinessHoursSettings xmlns="http://soap.sforce.com/2006/04/metadata">
    <holidays>
        <activityDate>2026-12-25</activityDate>
        <businessHours>STL us</businessHours>
        <isRecurring>false</isRecurring>
        <name>STL us 2026-12-25 Christmas Day</name>
    </holidays>
</BusinessHoursSettings>
"""
    )
    assert manifest_of(package) == {("Settings", "BusinessHours")}
    assert b"<version>61.0</version>" in package[0].content


def test_business_hours_are_local_times_and_closed_days_have_none() -> None:
    found = snapshot(acme()).resources[Address("BusinessHours", "STL emea")].attributes
    assert found == {
        "active": "true", "default": "false", "name": "STL emea", "timeZoneId": "Europe/London",
        "mondayStartTime": "08:00:00.000Z", "mondayEndTime": "18:00:00.000Z",
        "tuesdayStartTime": "08:00:00.000Z", "tuesdayEndTime": "18:00:00.000Z",
        "wednesdayStartTime": "08:00:00.000Z", "wednesdayEndTime": "18:00:00.000Z",
        "thursdayStartTime": "08:00:00.000Z", "thursdayEndTime": "18:00:00.000Z",
        "fridayStartTime": "08:00:00.000Z", "fridayEndTime": "17:00:00.000Z",
    }  # fmt: skip


def test_zips_are_the_same_every_time() -> None:
    package = artifacts(snapshot(acme()))
    content = build_zip(package)
    assert content == build_zip(reversed(package))
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [item.path for item in package]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_members_of_every_kind() -> None:
    addresses = [
        Address("CustomField", "Lead.STL_B__c"), Address("CustomField", "Lead.STL_A__c"), Address("Holiday", "h"),
        Address("BusinessHours", "b"), Address("Flow", "STL_F"),
    ]  # fmt: skip
    found = members(addresses)
    assert found == {
        "CustomField": ["Lead.STL_A__c", "Lead.STL_B__c"],
        "Flow": ["STL_F"],
        "Settings": ["BusinessHours"],
    }
    assert list(found) == sorted(found)
    with pytest.raises(ValueError, match="Layout:Lead is of a kind that is not deployed to Salesforce"):
        members([Address("Layout", "Lead")])


def test_a_destructive_manifest_has_no_version_and_no_settings() -> None:
    assert (
        destructive({"Settings": ["BusinessHours"], "CustomField": ["Lead.B__c", "Lead.A__c"]}).decode()
        == """\
<?xml version="1.0" encoding="UTF-8"?>
<Package xmlns="http://soap.sforce.com/2006/04/metadata">
    <types>
        <members>Lead.A__c</members>
        <members>Lead.B__c</members>
        <name>CustomField</name>
    </types>
</Package>
"""
    )
    assert manifest({}, "66.0").decode().endswith('metadata">\n    <version>66.0</version>\n</Package>\n')


def test_business_hours_retire_and_then_count_as_gone() -> None:
    (hours,) = some("BusinessHours:STL us")
    switched_off = retired(hours)
    assert switched_off is not None and switched_off.attributes["active"] == "false"
    assert len(parse_package({item.path: item.content for item in artifacts([switched_off])})) == 0
    assert retired(some("Flow:STL_Lead_Stamp")[0]) is None


def test_names_and_texts_are_escaped_for_xml() -> None:
    hostile = "a<b>&\"c' ]]> {{x}} 🚀"
    queue = Resource(Address("Queue", "Q"), {"name": hostile, "queueSobject": [{"sobjectType": "Lead"}]})
    package = {item.path: item.content for item in artifacts([queue])}
    assert parse_package(package).resources[queue.address] == queue
    assert b"<members>Lead&amp;Co.</members>" in manifest({"CustomField": ["Lead&Co."]})


def test_what_a_retrieve_returns_is_read() -> None:
    folder = b"<CustomObject " + XMLNS + b"><fields><fullName>STL_X__c</fullName><label> X </label><type>Number</type>"
    folder += b"<precision>18.0</precision><trackTrending>false</trackTrending></fields>"
    folder += b"<fields><fullName>LeadSource</fullName><type>Picklist</type></fields><label>Lead</label></CustomObject>"
    found = parse_package({
        "unpackaged/objects/Lead.object": HEAD + folder,
        "unpackaged/package.xml": b"not even xml",
        "unpackaged/staticresources/STL_Ledger.resource": b"\xff\x00",
        "unpackaged/layouts/Lead-Lead Layout.layout": b"<Layout/>",
        "unpackaged/classes/C.cls": b"\xef\xbb\xbfpublic class C {  \r\n}\r\n\r\n",
        "unpackaged/classes/C.cls-meta.xml": b"<ApexClass " + XMLNS + b"><apiVersion>66.0</apiVersion></ApexClass>",
    })  # fmt: skip
    assert {str(item.address): item.attributes for item in found} == {
        "ApexClass:C": {"apiVersion": "66.0", "body": "public class C {\n}\n"},
        "CustomField:Lead.STL_X__c": {"label": "X", "precision": "18", "trackTrending": "false", "type": "Number"},
    }


def test_values_nobody_offers_any_more_are_gone() -> None:
    value = b"<value><fullName>%s</fullName><isActive>%s</isActive></value>"
    content = b"<CustomObject " + XMLNS + b"><fields><fullName>S__c</fullName><valueSet><valueSetDefinition>"
    content += value % (b"b", b"true") + value % (b"old", b"false") + value % (b"a", b"true")
    content += b"</valueSetDefinition></valueSet></fields></CustomObject>"
    field = parse_package({"objects/Lead.object": content}).resources[Address("CustomField", "Lead.S__c")]
    values = field.attributes["valueSet"]["valueSetDefinition"]["value"]
    assert [item["fullName"] for item in values] == ["b", "a"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<Flow", "flows/F.flow is not readable as XML"),
        (b'<!DOCTYPE Flow [<!ENTITY x SYSTEM "file:///etc/passwd">]><Flow>&x;</Flow>', "declares a document type"),
        (b"", "flows/F.flow is not readable as XML"),
        (
            "<!DOCTYPE Flow [<!ENTITY x 'y'>]><Flow>&x;</Flow>".encode("utf-16"),
            "flows/F.flow is not readable as XML: it is not UTF-8",
        ),
        (b"<Flow><label>&x;</label></Flow>", "flows/F.flow is not readable as XML: undefined entity"),
        (b"<Flow>" + b"<a>" * 100_000 + b"x" + b"</a>" * 100_000 + b"</Flow>", "flows/F.flow is nested too deeply"),
    ],
    ids=["cut off", "document type", "empty", "UTF-16", "entity", "depth"],
)
def test_hostile_files_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        parse_package({"flows/F.flow": content})


def test_a_text_may_speak_of_document_types() -> None:
    content = b"<Flow " + XMLNS + b"><label><![CDATA[<!DOCTYPE html>]]></label></Flow>"
    assert parse_package({"flows/F.flow": content}).get(Address("Flow", "F")) == Resource(
        Address("Flow", "F"), {"label": "<!DOCTYPE html>"}
    )


def test_two_files_for_one_thing_are_a_contradiction() -> None:
    flow = b"<Flow " + XMLNS + b"><label>F</label></Flow>"
    with pytest.raises(TargetError, match=r"two resources are called CustomField:Lead\.A__c"):
        field = b"<fields><fullName>A__c</fullName></fields>"
        parse_package({"objects/Lead.object": b"<CustomObject " + XMLNS + b">" + field + field + b"</CustomObject>"})
    with pytest.raises(TargetError, match="is not UTF-8 text"):
        parse_package({"flows/F.flow": flow, "classes/C.cls": b"\xff"})
