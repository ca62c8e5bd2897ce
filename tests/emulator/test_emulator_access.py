"""Users with few permissions: what they can read, and that nothing else gets through."""

import json

import pytest

SOAP = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns="http://soap.sforce.com/2006/04/metadata"><soapenv:Header><SessionHeader><sessionId>{token}</sessionId>'
    "</SessionHeader></soapenv:Header><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
)
LIST = "<listMetadata><queries><type>Flow</type></queries><asOfVersion>66.0</asOfVersion></listMetadata>"
METADATA = "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions"
NO_API = "The REST API is not enabled for this Organization."


def user(emulator, permissions, objects=None, name="audit@x.example"):
    """The token of a new user who may only do this."""
    facts = {"username": name, "permissions": permissions, "objects": objects or {}}
    return emulator.control("seed", {"users": [facts]})["tokens"][name]


def refused(answer):
    (error,) = answer.json()
    return answer.status_code, error["errorCode"], error["message"]


def soap(emulator, token, body=LIST):
    data = SOAP.format(token=token, body=body)
    headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
    url = f"{emulator.url}/services/Soap/m/66.0"
    return emulator.session.post(url, data=data.encode(), headers=headers, timeout=20)


def test_without_the_api_permission_nothing_is_answered(emulator):
    token = user(emulator, ["ViewAllData"])
    answer = emulator.call("GET", "query", params={"q": "SELECT Id FROM Lead"}, token=token)
    assert refused(answer) == (403, "API_DISABLED_FOR_ORG", NO_API)
    assert "API is not enabled for this Organization or Partner" in soap(emulator, token).text


def test_an_object_without_read_access_is_unknown(emulator):
    token = user(emulator, ["ApiEnabled"], {"Lead": "read"})
    emulator.create("Lead", LastName="A", Company="B")
    assert len(emulator.query("SELECT Id FROM Lead", token=token)) == 1
    assert emulator.query("SELECT Username FROM User WHERE Username = 'audit@x.example'", token=token)
    answer = emulator.call("GET", "query", params={"q": "SELECT Id FROM Contact"}, token=token)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_TYPE")
    assert "sObject type 'Contact' is not supported." in answer.json()[0]["message"]
    inner = "SELECT Id FROM Lead WHERE ConvertedContactId IN (SELECT Id FROM Contact)"
    assert emulator.call("GET", "query", params={"q": inner}, token=token).json()[0]["errorCode"] == "INVALID_TYPE"
    assert emulator.call("GET", "sobjects/Contact/describe", token=token).status_code == 404
    named = {one["name"] for one in emulator.call("GET", "sobjects", token=token).json()["sobjects"]}
    assert {"Lead", "User", "Group", "BusinessHours"} <= named
    assert not named & {"Contact", "Task", "SetupAuditTrail", "PermissionSet"}


def test_the_audit_trail_and_the_tooling_api_need_view_setup(emulator):
    asked = [
        ("query", "SELECT Id FROM SetupAuditTrail"), ("query", "SELECT Id FROM PermissionSet"),
        ("query", "SELECT ApiName FROM FlowDefinitionView"), ("tooling/query", "SELECT Id FROM DeployRequest"),
    ]  # fmt: skip
    without, holding = user(emulator, ["ApiEnabled"]), user(emulator, ["ApiEnabled", "ViewSetup"], name="b@x.example")
    for path, soql in asked:
        assert emulator.call("GET", path, params={"q": soql}, token=without).json()[0]["errorCode"] == "INVALID_TYPE"
        assert emulator.call("GET", path, params={"q": soql}, token=holding).status_code == 200


def test_who_may_read_everything_changes_nothing(emulator):
    """Every door that writes, with a user who holds all permissions to read."""
    token = user(emulator, ["ApiEnabled", "ViewSetup", "ViewAllData"])
    lead = emulator.create("Lead", LastName="A", Company="B")
    rep = emulator.query("SELECT Id FROM User LIMIT 1")[0]["Id"]
    before = emulator.control("count", {"sobject": "Lead"}), emulator.query("SELECT Id, LastName FROM Lead")
    insert = (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be inserted: Lead")
    change = (403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")

    def tried(method, path, body=None, **more):
        return refused(emulator.call(method, path, body, token=token, **more))

    assert tried("POST", "sobjects/Lead", {"LastName": "C", "Company": "D"}) == insert
    assert tried("PATCH", f"sobjects/Lead/{lead}", {"LastName": "C"}) == change
    assert tried("DELETE", f"sobjects/Lead/{lead}") == change
    assert tried("PATCH", f"sobjects/User/{rep}", {"Title": "Boss"}) == change
    (row,) = emulator.call(
        "PATCH", "composite/sobjects",
        {"records": [{"attributes": {"type": "Lead"}, "Id": lead, "LastName": "C"}]}, token=token,
    ).json()  # fmt: skip
    assert (row["success"], row["errors"][0]["statusCode"]) == (False, "INSUFFICIENT_ACCESS_OR_READONLY")
    metadata = (403, "INSUFFICIENT_ACCESS", METADATA)
    parts = {"json": (None, json.dumps({"deployOptions": {}}), "application/json"),
             "file": ("d.zip", b"PK", "application/zip")}  # fmt: skip
    assert tried("POST", "metadata/deployRequest", files=parts) == metadata
    assert tried("GET", "metadata/deployRequest/0Af000000000001AAA") == metadata
    active = {"Metadata": {"activeVersionNumber": 0}}
    assert tried("PATCH", "tooling/sobjects/FlowDefinition/300000000000001AAA", active) == metadata
    assert tried("DELETE", "tooling/sobjects/Flow/301000000000001AAA") == metadata
    for body in (LIST, "<describeMetadata><asOfVersion>66.0</asOfVersion></describeMetadata>"):
        answer = soap(emulator, token, body)
        assert (answer.status_code, "<faultcode>sf:INSUFFICIENT_ACCESS</faultcode>" in answer.text) == (500, True)
        assert METADATA in answer.text
    assert (emulator.control("count", {"sobject": "Lead"}), emulator.query("SELECT Id, LastName FROM Lead")) == before
    assert emulator.query("SELECT Id FROM SetupAuditTrail") == []


@pytest.mark.parametrize("permission", ["ModifyMetadata", "ModifyAllData"])
def test_the_metadata_api_takes_either_permission(emulator, permission):
    answer = soap(emulator, user(emulator, ["ApiEnabled", permission]))
    assert (answer.status_code, "listMetadataResponse" in answer.text) == (200, True)


def test_edit_access_edits_and_a_custom_field_still_needs_its_grant(emulator):
    token = user(emulator, ["ApiEnabled"], {"Lead": "edit"})
    lead = emulator.create("Lead", LastName="A", Company="B", token=token)
    assert emulator.call("PATCH", f"sobjects/Lead/{lead}", {"LastName": "C"}, token=token).status_code == 204
    assert emulator.query("SELECT LastName FROM Lead", token=token) == [{"LastName": "C"}]


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"permissions": ["Fly"]}, "not 'Fly'."),
        ({"permissions": "ApiEnabled"}, "not 'ApiEnabled'."),
        ({"objects": {"Lead": "all"}}, "'objects' says read or edit for each object, not 'all'."),
    ],
)
def test_mistakes_in_permissions_are_explained(emulator, facts, text):
    answer = emulator.door("seed", {"users": [{"username": "a@x.example"} | facts]})
    assert answer.status_code == 400 and answer.json()["error"].endswith(text)
