"""The doors over HTTP: REST deployRequest, SOAP, the tooling objects, and an unmodified simple-salesforce."""

from __future__ import annotations

import base64
import io
import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest
import requests
from metadata_packages import field_package, file, flow_package, package, unzipped
from simple_salesforce import Salesforce

OPTIONS = {"rollbackOnError": True, "singlePackage": True}
TEST_CLASS = "@IsTest private class T { @IsTest static void works() { new C(); } @IsTest static void too() { } }"
MET = "{http://soap.sforce.com/2006/04/metadata}"


def start(emulator: Any, data: bytes, **options: Any) -> requests.Response:
    body = json.dumps({"deployOptions": OPTIONS | options})
    parts = {"json": (None, body, "application/json"), "file": ("d.zip", data, "application/zip")}
    response: requests.Response = emulator.call("POST", "metadata/deployRequest", files=parts)
    return response


def poll(emulator: Any, job_id: str, details: bool = True) -> dict[str, Any]:
    query = {"includeDetails": str(details).lower()}
    response = emulator.call("GET", f"metadata/deployRequest/{job_id}", params=query)
    assert response.status_code == 200, response.text
    result: dict[str, Any] = response.json()["deployResult"]
    return result


def done(emulator: Any, response: requests.Response) -> dict[str, Any]:
    assert response.status_code == 201, response.text
    for _ in range(5):
        result = poll(emulator, response.json()["id"])
        if result["done"]:
            return result
    raise AssertionError(f"still {result['status']}")


def test_a_deployment_goes_from_pending_to_succeeded(emulator: Any) -> None:
    response = start(emulator, field_package("X__c", "Date"))
    first = response.json()
    assert (response.status_code, first["deployResult"]["status"]) == (201, "Pending")
    assert first["deployOptions"]["rollbackOnError"] is True
    assert poll(emulator, first["id"])["status"] == "InProgress"
    result = poll(emulator, first["id"])
    assert (result["status"], result["success"], result["createdDate"]) == (
        "Succeeded",
        True,
        "2026-01-05T14:00:00.000Z",
    )
    names = [(one["componentType"], one["fullName"], one["created"]) for one in result["details"]["componentSuccesses"]]
    assert names == [("", "package.xml", False), ("CustomField", "Lead.X__c", True)]
    assert "details" not in poll(emulator, first["id"], details=False)


def test_parts_in_the_order_of_the_official_cli(emulator: Any) -> None:
    body = json.dumps({"deployOptions": OPTIONS})
    parts = [
        ("file", ("d.zip", field_package("X__c", "Date"), "application/zip")),
        ("entity_content", (None, body, "application/json")),
    ]
    response = emulator.call("POST", "metadata/deployRequest", files=parts)
    assert done(emulator, response)["status"] == "Succeeded"


def test_a_failure_in_full(emulator: Any) -> None:
    result = done(emulator, start(emulator, field_package("X__c", "Text")))
    assert (result["status"], result["numberComponentErrors"]) == ("Failed", 1)
    assert result["details"]["componentFailures"] == [{
        "changed": False, "columnNumber": 71, "componentType": "CustomField", "created": False,
        "createdDate": "2026-01-05T14:00:00.000Z", "deleted": False, "fileName": "objects/Lead.object",
        "fullName": "Lead.X__c", "lineNumber": 2, "problem": "Field length must be specified", "problemType": "Error",
        "success": False,
    }]  # fmt: skip


def test_one_at_a_time(emulator: Any) -> None:
    emulator.control("settings", {"deploy_polls": 3})
    first = start(emulator, field_package("A__c", "Date")).json()["id"]
    second = start(emulator, field_package("B__c", "Date")).json()["id"]
    assert poll(emulator, second)["status"] == "Pending"
    assert poll(emulator, first)["status"] == "InProgress"
    assert poll(emulator, first)["status"] == "Succeeded"
    assert [poll(emulator, second)["status"] for _ in range(3)] == ["InProgress", "InProgress", "Succeeded"]


def test_cancel(emulator: Any) -> None:
    job = start(emulator, field_package("A__c", "Date")).json()["id"]
    body = {"deployResult": {"status": "Canceling"}}
    assert emulator.call("PATCH", f"metadata/deployRequest/{job}", body).status_code == 202
    assert poll(emulator, job)["status"] == "Canceled"
    assert emulator.call("PATCH", f"metadata/deployRequest/{job}", body).status_code == 400
    fields = emulator.query("SELECT Id FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Lead'"
                            " AND QualifiedApiName = 'A__c'")  # fmt: skip
    assert fields == []


def test_unknown_ids_are_not_found(emulator: Any) -> None:
    response = emulator.call("GET", "metadata/deployRequest/0Af000000000009AAA")
    assert (response.status_code, response.json()[0]["errorCode"]) == (404, "NOT_FOUND")


def test_without_a_session_nothing_happens(emulator: Any) -> None:
    response = emulator.call("GET", "metadata/deployRequest/0Af000000000009AAA", token="nobody")
    assert (response.status_code, response.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def apex_package() -> bytes:
    meta = file("ApexClass", "<apiVersion>66.0</apiVersion><status>Active</status>")
    files: dict[str, str | bytes] = {"classes/T.cls": TEST_CLASS, "classes/T.cls-meta.xml": meta}
    files |= {"classes/C.cls": "public class C { }", "classes/C.cls-meta.xml": meta}
    return package({"ApexClass": ["C", "T"]}, files)


def test_quick_deploy_of_a_tested_validation(emulator: Any) -> None:
    tests = {"testLevel": "RunSpecifiedTests", "runTests": ["T"]}
    validated = start(emulator, apex_package(), checkOnly=True, **tests)
    result = done(emulator, validated)
    assert (result["status"], result["numberTestsCompleted"], result["runTestsEnabled"]) == ("Succeeded", 2, True)
    quick = {"validatedDeployRequestId": validated.json()["id"]}
    response = emulator.call("POST", "metadata/deployRequest/validatedDeployRequestId", quick)
    assert done(emulator, response)["checkOnly"] is False
    assert response.json()["id"] != validated.json()["id"]
    assert emulator.query("SELECT Name FROM ApexClass ORDER BY Name") == [{"Name": "C"}, {"Name": "T"}]
    again = emulator.call("POST", "metadata/deployRequest/validatedDeployRequestId", quick)
    assert again.status_code == 404


def test_an_untested_validation_does_not_qualify(emulator: Any) -> None:
    validated = start(emulator, field_package("A__c", "Date"), checkOnly=True)
    done(emulator, validated)
    quick = {"validatedDeployRequestId": validated.json()["id"]}
    assert emulator.call("POST", "metadata/deployRequest/validatedDeployRequestId", quick).status_code == 404


def test_production_rules(emulator: Any) -> None:
    emulator.control("settings", {"is_sandbox": False})
    refused = start(emulator, field_package("A__c", "Date"), rollbackOnError=False)
    assert (refused.status_code, refused.json()) == (
        400,
        [{"message": "rollbackOnError option must be true on a production org", "errorCode": "INVALID_OPERATION"}],
    )
    level = start(emulator, field_package("A__c", "Date"), testLevel="NoTestRun").json()
    assert level[0]["message"] == "testLevel of NoTestRun cannot be used in production organizations"
    emulator.control("settings", {"test_coverage": 70})
    result = done(emulator, start(emulator, apex_package()))
    assert result["status"] == "Failed"
    warnings = result["details"]["runTestResult"]["codeCoverageWarnings"]
    assert [one["message"] for one in warnings] == [
        "Average test coverage across all Apex Classes and Triggers is 70%, at least 75% test coverage is required."
    ]


def test_failing_tests_undo_the_deployment(emulator: Any) -> None:
    emulator.control("settings", {"failing_tests": ["T"]})
    result = done(emulator, start(emulator, apex_package(), testLevel="RunLocalTests"))
    failures = result["details"]["runTestResult"]["failures"]
    assert [(one["name"], one["methodName"]) for one in failures] == [("T", "works"), ("T", "too")]
    assert (result["status"], result["numberTestErrors"]) == ("Failed", 2)
    assert emulator.query("SELECT Name FROM ApexClass") == []


@pytest.mark.parametrize("option", ["performRetrieve", "autoUpdatePackage"])
def test_options_that_are_not_modelled_say_so(emulator: Any, option: str) -> None:
    response = start(emulator, field_package("A__c", "Date"), **{option: True})
    assert response.status_code == 501
    assert response.json()[0]["message"] == f"The emulator does not model the deploy option {option}."


def test_tooling_over_http(emulator: Any) -> None:
    done(emulator, start(emulator, flow_package("one")))
    done(emulator, start(emulator, flow_package("two")))
    query = {"q": "SELECT Id, ActiveVersion.VersionNumber FROM FlowDefinition WHERE DeveloperName = 'Stamp'"}
    row = emulator.call("GET", "tooling/query", params=query).json()["records"][0]
    assert row["ActiveVersion"]["VersionNumber"] == 2
    change = {"Metadata": {"activeVersionNumber": 1}}
    assert emulator.call("PATCH", f"tooling/sobjects/FlowDefinition/{row['Id']}", change).status_code == 204
    versions = {"q": "SELECT Id, VersionNumber, Status FROM Flow WHERE Definition.DeveloperName = 'Stamp' "
                     "ORDER BY VersionNumber"}  # fmt: skip
    records = emulator.call("GET", "tooling/query", params=versions).json()["records"]
    assert [(one["VersionNumber"], one["Status"]) for one in records] == [(1, "Active"), (2, "Obsolete")]
    assert emulator.call("DELETE", f"tooling/sobjects/Flow/{records[0]['Id']}").status_code == 400
    assert emulator.call("DELETE", f"tooling/sobjects/Flow/{records[1]['Id']}").status_code == 204
    view = emulator.query("SELECT ApiName, IsActive, VersionNumber, TriggerType FROM FlowDefinitionView")
    assert view == [{"ApiName": "Stamp", "IsActive": True, "VersionNumber": 1, "TriggerType": "RecordBeforeSave"}]
    assert emulator.call("GET", "tooling/sobjects/SourceMember/describe").status_code == 404


def test_metadata_column_of_one_field(emulator: Any) -> None:
    done(emulator, start(emulator, field_package("N__c", "Number", "<precision>6</precision><scale>0</scale>")))
    query = {"q": "SELECT DeveloperName, FullName, Metadata FROM CustomField WHERE TableEnumOrId = 'Lead'"}
    row = emulator.call("GET", "tooling/query", params=query).json()["records"][0]
    assert (row["DeveloperName"], row["FullName"]) == ("N", "Lead.N__c")
    shown = {name: row["Metadata"][name] for name in ("type", "precision", "scale", "required", "formula")}
    assert shown == {"type": "Number", "precision": 6, "scale": 0, "required": False, "formula": None}
    label = {"q": "SELECT DataType FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Lead' "
                  "AND QualifiedApiName = 'N__c'"}  # fmt: skip
    found = emulator.call("GET", "tooling/query", params=label).json()["records"][0]
    assert found["DataType"] == "Number(6, 0)"


# -- SOAP --


def soap(emulator: Any, body: str, *, prefix: str = "x", version: str = "66.0") -> tuple[int, ET.Element]:
    """A call whose envelope uses whatever prefixes."""
    envelope = (
        f'<{prefix}:Envelope xmlns:{prefix}="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns="http://soap.sforce.com/2006/04/metadata">'
        f"<{prefix}:Header><SessionHeader><sessionId>{emulator.token}</sessionId></SessionHeader></{prefix}:Header>"
        f"<{prefix}:Body>{body}</{prefix}:Body></{prefix}:Envelope>"
    )
    response = emulator.session.post(
        f"{emulator.url}/services/Soap/m/{version}", data=envelope.encode(), timeout=20,
        headers={"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'},
    )  # fmt: skip
    return response.status_code, ET.fromstring(response.content)


def test_faults_carry_the_vendors_codes(emulator: Any) -> None:
    status, root = soap(emulator, "<describeValueType><type>x</type></describeValueType>")
    assert (status, root.findtext(".//faultcode")) == (500, "sf:NOT_IMPLEMENTED_BY_EMULATOR")
    assert root.findtext(".//faultstring") == (
        "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model the Metadata API operation describeValueType."
    )
    status, root = soap(emulator, "<readMetadata><type>Nope</type></readMetadata>")
    assert root.findtext(".//faultcode") == "sf:INVALID_TYPE"
    names = "".join(f"<fullNames>A{number}</fullNames>" for number in range(11))
    status, root = soap(emulator, f"<readMetadata><type>Flow</type>{names}</readMetadata>")
    assert root.findtext(".//faultcode") == "sf:EXCEEDED_ID_LIMIT"
    envelope = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><deploy/></s:Body></s:Envelope>'
    response = emulator.session.post(f"{emulator.url}/services/Soap/m/66.0", data=envelope, timeout=20)
    assert (response.status_code, "sf:INVALID_SESSION_ID" in response.text) == (500, True)


@pytest.mark.parametrize("element", ["retrieveRequest", "request"])
def test_retrieve_under_both_names(emulator: Any, element: str) -> None:
    done(emulator, start(emulator, flow_package("one")))
    types = "<types><members>*</members><name>Flow</name></types><types><members>Q</members><name>Queue</name></types>"
    _, root = soap(emulator, f"<retrieve><{element}><apiVersion>66.0</apiVersion><singlePackage>true</singlePackage>"
                             f"<unpackaged>{types}<version>66.0</version></unpackaged></{element}></retrieve>",
                   prefix="soap-env")  # fmt: skip
    job = root.findtext(f".//{MET}id")
    _, root = soap(emulator, f"<checkRetrieveStatus><asyncProcessId>{job}</asyncProcessId>"
                             "<includeZip>true</includeZip></checkRetrieveStatus>")  # fmt: skip
    files = unzipped(base64.b64decode(root.findtext(f".//{MET}zipFile") or ""))
    assert sorted(files) == ["flows/Stamp.flow", "package.xml"]
    assert "<status>Active</status>" in files["flows/Stamp.flow"]
    assert root.findtext(f".//{MET}messages/{MET}problem") == "Entity of type 'Queue' named 'Q' cannot be found"


def test_list_and_read(emulator: Any) -> None:
    done(emulator, start(emulator, field_package("X__c", "Date")))
    _, root = soap(emulator, "<listMetadata><queries><type>CustomField</type></queries>"
                             "<asOfVersion>66.0</asOfVersion></listMetadata>")  # fmt: skip
    assert [node.findtext(f"{MET}fullName") for node in root.iter(f"{MET}result")] == ["Lead.X__c"]
    _, root = soap(emulator, "<readMetadata><type>CustomField</type><fullNames>Lead.X__c</fullNames>"
                             "<fullNames>Lead.Nope__c</fullNames></readMetadata>")  # fmt: skip
    there, missing = list(root.iter(f"{MET}records"))
    assert (there.findtext(f"{MET}fullName"), there.findtext(f"{MET}type")) == ("Lead.X__c", "Date")
    assert missing.attrib == {"{http://www.w3.org/2001/XMLSchema-instance}nil": "true"}


def test_a_retrieve_leaves_out_what_xml_cannot_say(emulator: Any) -> None:
    """The vendor's writer drops such characters from elements; JSON says them escaped."""
    name = "Bell\x07 \x1b[31m<Ann>\ufffe"
    seeded = {
        "users": [{"username": "bell@example.com", "last": name}],
        "queues": [{"name": "Q", "label": "On\x00 call"}],
    }
    token = emulator.control("seed", seeded)["tokens"]["bell@example.com"]
    assert emulator.query("SELECT Name FROM User WHERE Username = 'bell@example.com'") == [{"Name": name}]
    parts = {"json": (None, json.dumps({"deployOptions": OPTIONS}), "application/json"),
             "file": ("d.zip", flow_package("one"), "application/zip")}  # fmt: skip
    assert done(emulator, emulator.call("POST", "metadata/deployRequest", files=parts, token=token))["success"]
    types = "<types><members>*</members><name>Flow</name></types><types><members>Q</members><name>Queue</name></types>"
    _, root = soap(emulator, "<retrieve><retrieveRequest><apiVersion>66.0</apiVersion><singlePackage>true"
                             f"</singlePackage><unpackaged>{types}<version>66.0</version></unpackaged>"
                             "</retrieveRequest></retrieve>")  # fmt: skip
    job = root.findtext(f".//{MET}id")
    _, root = soap(emulator, f"<checkRetrieveStatus><asyncProcessId>{job}</asyncProcessId>"
                             "<includeZip>true</includeZip></checkRetrieveStatus>")  # fmt: skip
    makers = {one.findtext(f"{MET}fullName"): one.findtext(f"{MET}lastModifiedByName")
              for one in root.iter(f"{MET}fileProperties")}  # fmt: skip
    assert makers["Stamp"] == "Bell [31m<Ann>"
    files = unzipped(base64.b64decode(root.findtext(f".//{MET}zipFile") or ""))
    assert ET.fromstring(files["queues/Q.queue"]).findtext(f"{MET}name") == "On call"


# -- simple-salesforce --


class PlainHttp(requests.adapters.HTTPAdapter):
    """The library insists on https; the emulator speaks http. Nothing else is changed."""

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        request.url = str(request.url).replace("https://", "http://", 1)
        return super().send(request, *args, **more)


@pytest.fixture
def client(emulator: Any) -> Any:
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", PlainHttp())
    salesforce = Salesforce(session_id=emulator.token, instance=emulator.host, version="66.0", session=session)
    salesforce.mdapi._client.transport.session.mount("https://", PlainHttp())
    salesforce.mdapi._client.transport.session.trust_env = False
    yield salesforce
    salesforce.mdapi._client.transport.session.close()
    session.close()


def test_simple_salesforce_deploys_and_retrieves(emulator: Any, client: Any) -> None:
    started = client.deploy(io.BytesIO(flow_package("one")), sandbox=False, testLevel="RunLocalTests")
    assert started["state"] == "Queued"
    states = [client.checkDeployStatus(started["asyncId"])["state"] for _ in range(2)]
    assert states == ["InProgress", "Succeeded"]
    job, state = client.mdapi.retrieve("0", unpackaged={"Flow": ["Stamp"]})
    assert state == "Queued"
    state, error, _messages, data = client.mdapi.retrieve_zip(job)
    assert (state, error, sorted(unzipped(data))) == ("Succeeded", None, ["flows/Stamp.flow", "package.xml"])


def test_simple_salesforce_shows_failures(emulator: Any, client: Any) -> None:
    started = client.deploy(io.BytesIO(field_package("X__c", "Text")), sandbox=True)
    client.checkDeployStatus(started["asyncId"])
    found = client.checkDeployStatus(started["asyncId"])
    assert found["state"] == "Failed"
    assert found["deployment_detail"]["errors"] == [{
        "type": "CustomField", "file": "objects/Lead.object", "status": "Error",
        "message": "Field length must be specified"}]  # fmt: skip


def test_simple_salesforce_reads_through_its_own_types(emulator: Any, client: Any) -> None:
    done(emulator, start(emulator, field_package("X__c", "Date")))
    found = client.mdapi.CustomField.read(["Lead.X__c"])
    assert (found.fullName, found.type, found.required) == ("Lead.X__c", "Date", False)
    listed = client.mdapi.list_metadata([client.mdapi.ListMetadataQuery(type="CustomField")])
    assert [one.fullName for one in listed] == ["Lead.X__c"]
    kinds = {one.xmlName: one.suffix for one in client.mdapi.describe_metadata().metadataObjects}
    assert kinds["Flow"] == "flow"
