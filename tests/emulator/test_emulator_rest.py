import asyncio
import json
from functools import partial

import pytest

from provisioner.emulator.salesforce.app import build
from provisioner.emulator.salesforce.state.schema import FieldDef

LEAD = {"LastName": "Doe", "Company": "Acme"}
NO_SUCH = "The requested resource does not exist"


def errors(answer):
    return answer.status_code, [(e["errorCode"], e["message"], e.get("fields", [])) for e in answer.json()]


def test_versions_need_no_session_and_end_with_66(emulator):
    listed = emulator.session.get(f"{emulator.url}/services/data/", timeout=10).json()
    assert listed[0] == {"label": "Summer '14", "url": "/services/data/v31.0", "version": "31.0"}
    assert listed[-1] == {"label": "Spring '26", "url": "/services/data/v66.0", "version": "66.0"}


@pytest.mark.parametrize(
    ("version", "status", "code"),
    [("v30.0", 410, "UNSUPPORTED_API_VERSION"), ("v67.0", 404, "NOT_FOUND"), ("v20.0", 404, "NOT_FOUND")],
)
def test_versions_that_are_not_there(emulator, version, status, code):
    answer = emulator.call("GET", f"/services/data/{version}/limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)


def test_resources_name_the_identity(emulator):
    found = emulator.call("GET", "/services/data/v66.0/").json()
    assert found["identity"] == f"{emulator.url}/id/{emulator.org_id}/005000000000001AAA"
    assert found["query"] == "/services/data/v66.0/query"


def test_a_session_is_needed(emulator):
    expected = (401, [("INVALID_SESSION_ID", "Session expired or invalid", [])])
    for path in ("limits", "query?q=SELECT+Id+FROM+Lead", "sobjects/Lead/describe", "sobjects", "composite/sobjects"):
        assert errors(emulator.call("GET" if "comp" not in path else "DELETE", path, token="nonsense")) == expected


def test_each_answer_counts_the_calls(emulator):
    first, second = (emulator.call("GET", "limits").headers["Sforce-Limit-Info"] for _ in range(2))
    assert [first, second] == ["api-usage=1/100000", "api-usage=2/100000"]
    assert emulator.call("GET", "limits").json()["DailyApiRequests"] == {"Max": 100000, "Remaining": 99997}


def test_the_daily_limit_can_be_enforced(emulator):
    emulator.control("settings", {"daily_api_requests": 1, "enforce_limit": True})
    assert emulator.call("GET", "limits").status_code == 200
    expected = (403, [("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", [])])
    assert errors(emulator.call("GET", "limits")) == expected


def test_a_record_lives_and_dies(emulator):
    created = emulator.call("POST", "sobjects/Lead/", LEAD | {"NumberOfEmployees": 7, "FirstName": " Jane "})
    assert created.status_code == 201
    lead = created.json()["id"]
    assert created.json() == {"id": lead, "success": True, "errors": []}
    assert emulator.call("PATCH", f"sobjects/Lead/{lead}", {"Title": "CEO"}).status_code == 204
    shown = emulator.call("GET", f"sobjects/Lead/{lead}?fields=Name,Title,Status,CreatedDate,OwnerId").json()
    assert shown == {
        "attributes": {"type": "Lead", "url": f"/services/data/v66.0/sobjects/Lead/{lead}"},
        "Id": lead,
        "Name": "Jane Doe",
        "Title": "CEO",
        "Status": "Open - Not Contacted",
        "CreatedDate": "2026-01-05T14:00:00.000+0000",
        "OwnerId": "005000000000001AAA",
    }
    assert emulator.call("DELETE", f"sobjects/Lead/{lead}").status_code == 204
    assert errors(emulator.call("GET", f"sobjects/Lead/{lead}")) == (
        404,
        [("ENTITY_IS_DELETED", "entity is deleted", [])],
    )
    deleted = emulator.call("GET", "queryAll", params={"q": "SELECT Id FROM Lead WHERE IsDeleted = true"}).json()
    assert deleted["totalSize"] == 1


SECURITY = (
    "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is "
    "read/write for your profile or permission set."
)
PARSER = "Cannot deserialize instance of {} or request may be missing a required field at [line:1, column:2]"


@pytest.mark.parametrize(
    ("body", "code", "message", "fields"),
    [
        ({"LastName": "x"}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Company]", ["Company"]),
        (LEAD | {"Due__c": 1}, "INVALID_FIELD", "No such column 'Due__c' on sobject of type Lead", []),
        (
            LEAD | {"IsConverted": True, "CreatedDate": None},
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            SECURITY.format("IsConverted, CreatedDate"),
            ["IsConverted", "CreatedDate"],
        ),
        (LEAD | {"DoNotCall": "so"}, "JSON_PARSER_ERROR", PARSER.format("boolean from VALUE_STRING value so"), []),
        (LEAD | {"NumberOfEmployees": "x"}, "JSON_PARSER_ERROR", PARSER.format("int from VALUE_STRING value x"), []),
        (LEAD | {"Title": 5}, "JSON_PARSER_ERROR", PARSER.format("string from VALUE_NUMBER_INT value 5"), []),
        (LEAD | {"Title": True}, "JSON_PARSER_ERROR", PARSER.format("string from VALUE_TRUE value true"), []),
        (LEAD | {"OwnerId": "me"}, "MALFORMED_ID", "Owner ID: id value of incorrect type: me", ["OwnerId"]),
        (
            LEAD | {"NumberOfEmployees": 123456789},
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Number Of Employees: value outside of valid range on numeric field: 123456789",
            ["NumberOfEmployees"],
        ),
        (
            LEAD | {"FirstName": "x" * 41},
            "STRING_TOO_LONG",
            f"First Name: data value too large: {'x' * 41} (max length=40)",
            ["FirstName"],
        ),
    ],
)  # fmt: skip
def test_a_lead_that_is_refused(emulator, body, code, message, fields):
    assert errors(emulator.call("POST", "sobjects/Lead", body)) == (400, [(code, message, fields)])
    assert emulator.query("SELECT Id FROM Lead") == []


def test_requests_that_make_no_sense(emulator):
    def status_and_code(*call, **more):
        answer = emulator.call(*call, **more)
        return answer.status_code, answer.json()[0]["errorCode"]

    assert status_and_code("POST", "sobjects/Leed", LEAD) == (404, "NOT_FOUND")
    assert status_and_code("GET", "sobjects/Lead/00Q000000000009") == (404, "NOT_FOUND")
    assert status_and_code("GET", "query") == (400, "MALFORMED_QUERY")
    assert status_and_code("GET", "query/01g000000000009AAA-2000") == (400, "INVALID_QUERY_LOCATOR")
    assert status_and_code("POST", "sobjects/Lead", data=b"{") == (400, "JSON_PARSER_ERROR")
    xml = {"headers": {"Content-Type": "text/xml"}}
    assert status_and_code("POST", "sobjects/Lead", data=b"{}", **xml) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert status_and_code("PUT", "sobjects/Lead/x", {}) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("method", "path", "what"),
    [
        ("GET", "ui-api/object-info/Lead", "GET /services/data/v66.0/ui-api/object-info/Lead"),
        ("GET", "jobs/classic", "GET /services/data/v66.0/jobs/classic"),
        ("GET", "analytics/notifications", "analytics/notifications"),
        ("POST", "composite/batch", "composite/batch"),
        ("PATCH", "sobjects/Lead/listviews", "PATCH /services/data/v66.0/sobjects/Lead/listviews"),
        ("GET", "sobjects/Lead/quickActions", "GET /services/data/v66.0/sobjects/Lead/quickActions"),
        ("GET", "sobjects/Lead/describe/layouts", "GET /services/data/v66.0/sobjects/Lead/describe/layouts"),
        ("GET", "sobjects/Lead/updated?start=1&end=2", "GET /services/data/v66.0/sobjects/Lead/updated"),
        ("POST", "actions/standard/convertLead", "POST /services/data/v66.0/actions/standard/convertLead"),
    ],
)
def test_what_is_not_modelled_is_refused_by_name(emulator, method, path, what):
    answer = emulator.call(method, path)
    assert errors(answer) == (501, [("NOT_IMPLEMENTED_BY_EMULATOR", f"The emulator does not model {what}.", [])])


def test_pages_of_two_thousand(emulator):
    accounts = [{"sobject": "Account", "raw": True, "values": {"Name": f"A{n}"}} for n in range(4001)]
    emulator.control("seed", {"records": accounts})
    page = emulator.call("GET", "query", params={"q": "SELECT Name FROM Account"}).json()
    names = [record["Name"] for record in page["records"]]
    sizes = [len(page["records"])]
    while not page["done"]:
        assert page["totalSize"] == 4001
        page = emulator.call("GET", page["nextRecordsUrl"]).json()
        names += [record["Name"] for record in page["records"]]
        sizes.append(len(page["records"]))
    assert sizes == [2000, 2000, 1]
    assert names == [f"A{n}" for n in range(4001)]
    assert "nextRecordsUrl" not in page


def test_the_columns_of_a_query(emulator):
    question = {"q": "SELECT Name, Owner.Name FROM Lead", "columns": "true"}
    columns = emulator.call("GET", "query", params=question).json()["columnMetadata"]
    assert [column["columnName"] for column in columns] == ["Name", "Owner"]
    assert [column["columnName"] for column in columns[1]["joinColumns"]] == ["Name"]
    assert [column["aggregate"] for column in columns] == [False, False]


def test_a_client_may_double_and_trail_slashes(emulator):
    answer = emulator.session.get(
        f"{emulator.url}//services/data/v66/limits/", headers={"Authorization": f"OAuth {emulator.token}"}, timeout=10
    )
    assert answer.status_code == 200


def test_describe_shows_what_the_user_may_see(emulator):
    lead = emulator.call("GET", "sobjects/Lead/describe").json()
    assert (lead["name"], lead["keyPrefix"], lead["custom"], lead["createable"]) == ("Lead", "00Q", False, True)
    fields = {field["name"]: field for field in lead["fields"]}
    status = [(value["value"], value["defaultValue"]) for value in fields["Status"]["picklistValues"]]
    assert status[:2] == [("Open - Not Contacted", True), ("Working - Contacted", False)]
    assert fields["OwnerId"]["referenceTo"] == ["Group", "User"]
    assert (fields["Description"]["type"], fields["Description"]["groupable"]) == ("textarea", False)
    assert (fields["Company"]["nillable"], fields["IsConverted"]["updateable"]) == (False, False)
    names = [one["name"] for one in emulator.call("GET", "sobjects").json()["sobjects"]]
    assert {"Lead", "Task", "User", "PermissionSet"} <= set(names)
    assert "Activity" not in names


def test_collections_are_saved_in_order_and_partially(emulator):
    records = [
        {"attributes": {"type": "Lead"}, **LEAD},
        {"attributes": {"type": "Lead"}, "LastName": "x"},
        {"attributes": {"type": "Account"}, "Name": "Acme"},
        {"attributes": {"type": "Leed"}, "Name": "x"},
    ]
    first, second, third, fourth = emulator.call("POST", "composite/sobjects", {"records": records}).json()
    assert (first["success"], third["success"]) == (True, True)
    assert second["errors"] == [
        {
            "statusCode": "REQUIRED_FIELD_MISSING",
            "message": "Required fields are missing: [Company]",
            "fields": ["Company"],
        }
    ]
    assert fourth["errors"][0]["statusCode"] == "INVALID_TYPE"
    changes = [{"attributes": {"type": "Lead"}, "id": first["id"], "Title": "CEO"}]
    assert emulator.call("PATCH", "composite/sobjects", {"records": changes}).json() == [
        {"id": first["id"], "success": True, "errors": []}
    ]
    assert emulator.query("SELECT Title FROM Lead") == [{"Title": "CEO"}]
    gone = emulator.call("DELETE", f"composite/sobjects?ids={first['id']},{third['id']}").json()
    assert [one["success"] for one in gone] == [True, True]
    assert emulator.query("SELECT Id FROM Lead") + emulator.query("SELECT Id FROM Account") == []


def test_all_or_none_undoes_everything(emulator):
    records = [{"attributes": {"type": "Account"}, "Name": "Acme"}, {"attributes": {"type": "Lead"}, "LastName": "x"}]
    answer = emulator.call("POST", "composite/sobjects", {"records": records, "allOrNone": True}).json()
    text = "Record rolled back because not all records were valid and the request was using AllOrNone header"
    assert answer[0]["errors"] == [{"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": text, "fields": []}]
    assert answer[1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert emulator.query("SELECT Id FROM Account") == []


def test_at_most_two_hundred_at_once(emulator):
    records = [{"attributes": {"type": "Account"}, "Name": "Acme"}] * 201
    answer = emulator.call("POST", "composite/sobjects", {"records": records})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "EXCEEDED_MAX_SIZE_REQUEST")


def test_composite_parts_use_earlier_answers(emulator):
    base = "/services/data/v66.0"
    parts = [
        {"method": "POST", "url": f"{base}/sobjects/Account", "referenceId": "a", "body": {"Name": "Acme"}},
        {
            "method": "POST",
            "url": f"{base}/sobjects/Contact",
            "referenceId": "c",
            "body": {"LastName": "Doe", "AccountId": "@{a.id}"},
        },
        {"method": "GET", "url": f"{base}/query?q=SELECT+Account.Name+FROM+Contact", "referenceId": "q"},
    ]
    answer = emulator.call("POST", "composite", {"compositeRequest": parts}).json()["compositeResponse"]
    assert [part["httpStatusCode"] for part in answer] == [201, 201, 200]
    assert answer[2]["body"]["records"][0]["Account"]["Name"] == "Acme"


@pytest.mark.parametrize(
    "part", [1, None, {}, {"method": "GET", "url": "/x"}, {"method": 1, "url": "", "referenceId": []}]
)
def test_a_composite_part_that_is_none_is_refused(emulator, part):
    answer = emulator.call("POST", "composite", {"compositeRequest": [part]})
    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == "JSON_PARSER_ERROR"
    assert answer.json()[0]["message"].startswith("Every request of 'compositeRequest' needs the text '")


def test_composite_all_or_none(emulator):
    base = "/services/data/v66.0/sobjects"
    parts = [
        {"method": "POST", "url": f"{base}/Account", "referenceId": "a", "body": {"Name": "Acme"}},
        {"method": "POST", "url": f"{base}/Contact", "referenceId": "c", "body": {}},
    ]
    body = {"allOrNone": True, "compositeRequest": parts}
    answer = emulator.call("POST", "composite", body).json()["compositeResponse"]
    assert [part["body"][0]["errorCode"] for part in answer] == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]
    assert emulator.query("SELECT Id FROM Account") == []


def test_a_permission_set_is_assigned_once(emulator):
    held = emulator.create("PermissionSet", Name="SLA", Label="SLA")
    pair = {"AssigneeId": "005000000000001AAA", "PermissionSetId": held}
    assert emulator.call("POST", "sobjects/PermissionSetAssignment", pair).status_code == 201
    text = "duplicate value found: <unknown> duplicates value on record with id: <unknown>"
    assert errors(emulator.call("POST", "sobjects/PermissionSetAssignment", pair)) == (
        400,
        [("DUPLICATE_VALUE", text, [])],
    )


def test_a_blob_has_its_own_address(emulator):
    resource = emulator.create(
        "StaticResource", Name="Icon", ContentType="text/plain", Body="aGVsbG8=", CacheControl="Public"
    )
    address = emulator.query("SELECT Body FROM StaticResource")[0]["Body"]
    assert address == f"/services/data/v66.0/sobjects/StaticResource/{resource}/Body"
    assert emulator.call("GET", address).content == b"hello"


@pytest.mark.parametrize(("header", "kind"), [({}, "Queue"), ({"Sforce-Auto-Assign": "FALSE"}, "User")])
def test_the_assignment_rule_runs_unless_the_header_forbids(emulator, header, kind):
    rule = {"when": {"LeadSource": "Web"}, "owner": "Backup"}
    emulator.control("seed", {"queues": [{"name": "Backup"}], "assignment_rules": [rule]})
    assert emulator.call("POST", "sobjects/Lead", LEAD | {"LeadSource": "Web"}, headers=header).status_code == 201
    assert emulator.query("SELECT Owner.Type FROM Lead")[0]["Owner"]["Type"] == kind


def test_an_assignment_rule_by_id_is_not_modelled(emulator):
    header = {"Sforce-Auto-Assign": "01Q000000000001AAA"}
    assert emulator.call("POST", "sobjects/Lead", LEAD, headers=header).status_code == 501


def test_an_upsert_by_external_id_creates_then_updates(org_in_process):
    org = org_in_process
    item = FieldDef("Key__c", "Key", "string", length=20, external_id=True, unique=True, nillable=False, custom=True)
    org.schema.add_field("Account", item)
    request = partial(in_process, build(org), org)
    created = request("PATCH", "sobjects/Account/Key__c/k1", {"Name": "One"})
    account = created[1]["id"]
    assert created == (201, {"id": account, "success": True, "errors": [], "created": True})
    updated = request("PATCH", "sobjects/Account/Key__c/K1", {"Name": "Two"})
    assert updated == (200, {"id": account, "success": True, "errors": [], "created": False})
    assert request("GET", "sobjects/Account/Key__c/k1?fields=Name")[1]["Name"] == "Two"
    text = f"duplicate value found: Key__c duplicates value on record with id: {account[:15]}"
    expected = [{"message": text, "errorCode": "DUPLICATE_VALUE", "fields": ["Key__c"]}]
    assert request("POST", "sobjects/Account", {"Name": "Three", "Key__c": "k1"}) == (400, expected)
    missing = "Provided external ID field does not exist or is not accessible: Phone"
    assert request("PATCH", "sobjects/Account/Phone/1", {}) == (404, [{"message": missing, "errorCode": "NOT_FOUND"}])


def in_process(app, org, method, path, body=None):
    """Status and decoded body of a request to an app without a server."""
    target, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": f"/services/data/v66.0/{target}",
        "query_string": query.encode(),
        "headers": [(b"authorization", f"Bearer {next(iter(org.settings.tokens))}".encode())],
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": json.dumps(body).encode() if body is not None else b""}

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent[1:]))


@pytest.mark.parametrize(
    ("now", "hours"),
    [("2026-01-05T15:00:00Z", -5), ("2026-07-06T15:00:00Z", -4)],
)
def test_the_users_offset_is_that_of_the_virtual_clock(emulator, now, hours):
    me = emulator.call("GET", "/services/oauth2/userinfo").json()["user_id"]
    zone = {"TimeZoneSidKey": "America/New_York"}
    assert emulator.call("PATCH", f"sobjects/User/{me}", zone).status_code == 204
    emulator.move(now)
    found = emulator.call("GET", "/services/oauth2/userinfo").json()
    assert (found["zoneinfo"], found["utcOffset"]) == ("America/New_York", hours * 3_600_000)
