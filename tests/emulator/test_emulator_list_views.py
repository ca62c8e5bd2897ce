"""List views at work: whose records, which of them, in which order, and how the vendor tells it."""

from __future__ import annotations

import json

import pytest
from metadata_packages import field, file, lead, package

BASE = "/services/data/v66.0/sobjects/Lead/listviews"
NOW = "2026-01-07T14:00:00Z"  # a Wednesday; 06:00 in Los Angeles
FIELDS = (
    field("Due__c", "DateTime"),
    field("On__c", "Date"),
    field("Late__c", "Checkbox", "<defaultValue>false</defaultValue>"),
    field("Minutes__c", "Number", "<precision>6</precision><scale>0</scale>"),
    field("Tags__c", "Text", "<length>80</length>"),
)


class Desk:
    """The emulator with custom fields on leads."""

    def __init__(self, emulator) -> None:
        self.emulator = emulator
        emulator.move(NOW)
        me = emulator.call("GET", "/services/oauth2/userinfo").json()
        self.me = me["user_id"]
        names = [f"Lead.{name}__c" for name in ("Due", "On", "Late", "Minutes", "Tags")]
        grant = (
            "<fieldPermissions><editable>true</editable><field>{}</field><readable>true</readable></fieldPermissions>"
        )
        rights = file("PermissionSet", "".join(grant.format(name) for name in names) + "<label>All</label>")
        files = {"objects/Lead.object": lead(*FIELDS), "permissionsets/All.permissionset": rights}
        self.deploy(package({"CustomField": names, "PermissionSet": ["All"]}, files))
        emulator.control("seed", {"permission_sets": [{"user": me["preferred_username"], "name": "All"}]})

    def deploy(self, data: bytes) -> None:
        options = json.dumps({"deployOptions": {"rollbackOnError": True, "singlePackage": True}})
        parts = {"json": (None, options, "application/json"), "file": ("d.zip", data, "application/zip")}
        job = self.emulator.call("POST", "metadata/deployRequest", files=parts).json()["id"]
        for _ in range(5):
            answer = self.emulator.call("GET", f"metadata/deployRequest/{job}?includeDetails=true").json()
            if answer["deployResult"]["done"]:
                break
        assert answer["deployResult"]["success"], answer

    def view(self, body: str, scope: str = "Everything", name: str = "V", columns: tuple[str, ...] = ("FULL_NAME",)):
        """`body`: a boolean filter first, then filters, the queue, whom it is shared with."""
        logic, end, rest = body.rpartition("</booleanFilter>")
        filters, also, after = rest.partition("<queue>") if "<queue>" in rest else rest.partition("<sharedTo>")
        shown = "".join(f"<columns>{one}</columns>" for one in columns)
        inner = f"<fullName>{name}</fullName>{logic}{end}{shown}<filterScope>{scope}</filterScope>{filters}"
        text = f"<listViews>{inner}<label>The view</label>{also}{after}</listViews>"
        self.deploy(package({"ListView": [f"Lead.{name}"]}, {"objects/Lead.object": lead(text)}))

    def get(self, path: str = "", token: str | None = None):
        return self.emulator.call("GET", f"{BASE}/{path}", token=token)

    def names(self, path: str = "V/results", token: str | None = None) -> list[str]:
        answer = self.get(path, token)
        assert answer.status_code == 200, answer.text
        return [record["columns"][0]["value"] for record in answer.json()["records"]]

    def leads(self, named) -> None:
        usual = {"Company": "C", "Status": "Open - Not Contacted", "OwnerId": self.me}
        records = [
            {"sobject": "Lead", "raw": True, "values": usual | {"LastName": name} | values}
            for name, values in named.items()
        ]
        self.emulator.control("seed", {"records": records})


@pytest.fixture
def desk(emulator):
    return Desk(emulator)


def kept(name: str, operation: str, value: str) -> str:
    return f"<filters><field>{name}</field><operation>{operation}</operation><value>{value}</value></filters>"


ROWS = {
    "ash": {"Company": "Oak_1 Ltd", "Minutes__c": 5, "LeadSource": "Web", "Tags__c": "50% off", "Late__c": True,
            "Due__c": "2026-01-07T07:59:59Z", "On__c": "2026-01-06"},  # 23:59:59 on the 6th
    "elm": {"Company": "OakX1 Ltd", "Minutes__c": 1500, "LeadSource": "Other", "Tags__c": "o'clock",
            "Due__c": "2026-01-07T08:00:00Z", "On__c": "2026-01-07"},  # 00:00 on the 7th
    "fir": {"Company": "Pine Ltd", "Due__c": "2026-01-08T07:59:59Z", "Tags__c": "a\\b"},  # 23:59:59 on the 7th
    "oak": {"Company": "Yew Ltd", "Minutes__c": 60, "LeadSource": "Partner Referral",
            "Due__c": "2026-01-08T08:00:00Z", "On__c": "2026-01-20"},  # 00:00 on the 8th
}  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], "ash elm fir oak"),
        ([("Late__c", "equals", "1")], "ash"),
        ([("Late__c", "equals", "False")], "elm fir oak"),
        ([("Late__c", "notEqual", "1")], "elm fir oak"),
        ([("LEAD.LEAD_SOURCE", "equals", "web,Other")], "ash elm"),
        ([("LEAD.LEAD_SOURCE", "notEqual", "Web,Other")], "fir oak"),  # a blank is none of them
        ([("LEAD.LEAD_SOURCE", "equals", "")], "fir"),
        ([("LEAD.LEAD_SOURCE", "notEqual", "")], "ash elm oak"),
        ([("LEAD.LEAD_SOURCE", "equals", "Web,")], "ash fir"),
        ([("Minutes__c", "greaterThan", "1,000")], "elm"),  # a comma of thousands
        ([("Minutes__c", "lessOrEqual", "60")], "ash oak"),
        ([("Minutes__c", "equals", "5,60")], "ash oak"),
        ([("LEAD.COMPANY", "contains", "oak_")], "ash"),  # no wildcard
        ([("LEAD.COMPANY", "contains", "pine,yew")], "fir oak"),
        ([("LEAD.COMPANY", "startsWith", "Oak")], "ash elm"),
        ([("Tags__c", "contains", "%")], "ash"),
        ([("Tags__c", "equals", "o'clock")], "elm"),
        ([("Tags__c", "contains", "a\\b")], "fir"),
        ([("Tags__c", "equals", "a\\b")], "fir"),
        ([("Tags__c", "notContain", "o'c")], "ash fir oak"),  # a blank contains nothing
        ([("Due__c", "equals", "TODAY")], "elm fir"),
        ([("Due__c", "lessThan", "TODAY")], "ash"),
        ([("Due__c", "greaterThan", "today")], "oak"),
        ([("Due__c", "notEqual", "TODAY")], "ash oak"),
        ([("Due__c", "equals", "1/7/2026")], "elm fir"),
        ([("Due__c", "notEqual", "1/7/2026")], "ash oak"),
        ([("Due__c", "lessOrEqual", "1/7/2026")], "ash elm fir"),
        ([("Due__c", "greaterThan", "1/7/2026")], "oak"),
        ([("Due__c", "greaterOrEqual", "1/7/2026")], "elm fir oak"),
        ([("Due__c", "lessThan", "1/7/2026")], "ash"),
        ([("Due__c", "greaterThan", "1/7/2026 12:00 AM")], "fir oak"),
        ([("On__c", "equals", "LAST_N_DAYS:1")], "ash elm"),
        ([("On__c", "greaterThan", "1/6/2026")], "elm oak"),
        ([("On__c", "equals", "NEXT_N_DAYS:14")], "oak"),
        ([("On__c", "equals", "")], "fir"),
        ([("On__c", "equals", "YESTERDAY,1/20/2026")], "ash oak"),
        ([("FULL_NAME", "notEqual", "ash"), ("Minutes__c", "lessThan", "100")], "oak"),
    ],
)  # fmt: skip
def test_which_leads_a_view_shows(desk, filters, expected):
    desk.leads(ROWS)
    desk.view("".join(kept(*one) for one in filters))
    assert desk.names() == expected.split()


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        ("1 OR 2 OR 3", "ash elm oak"),
        ("1 AND (2 OR 3)", ""),
        ("(1 AND NOT 2) OR 3", "ash oak"),
        ("NOT (1 OR 2 OR 3)", "fir"),
        ("3 or (2 and 2) or 1", "ash elm oak"),
    ],
)
def test_the_logic_of_a_view(desk, logic, expected):
    desk.leads(ROWS)
    three = kept("Late__c", "equals", "1") + kept("LEAD.LEAD_SOURCE", "equals", "Other")
    three += kept("Minutes__c", "equals", "60")
    desk.view(f"<booleanFilter>{logic}</booleanFilter>{three}")
    assert desk.names() == expected.split()


def test_converted_leads_are_in_no_view(desk):
    desk.leads({"ash": {}, "elm": {"IsConverted": True}})
    desk.view("")
    assert desk.names() == ["ash"]


def seeded(desk, **more):
    users = [
        {"username": f"{name}@x.example", "permissions": ["ApiEnabled"], "objects": {"Lead": "edit"}}
        for name in ("ann", "bo")
    ]
    asked = {"users": users, "queues": [{"name": "Desk", "members": ["ann@x.example"]}]} | more
    planted = desk.emulator.control("seed", asked)
    ann, bo, queue = *(planted["users"][f"{name}@x.example"] for name in ("ann", "bo")), planted["queues"]["Desk"]
    desk.leads({name: {"OwnerId": id} for name, id in (("a1", ann), ("b1", bo), ("q1", queue), ("z1", desk.me))})
    return planted["tokens"]["ann@x.example"], queue


def test_whose_leads(desk):
    token, queue = seeded(desk)
    desk.view("", "Mine", "M")
    desk.view("", "Everything", "E")
    desk.view("<queue>Desk</queue>", "Queue", "Q")
    assert [desk.names(f"{one}/results", token) for one in "MEQ"] == [["a1"], ["a1", "b1", "q1", "z1"], ["q1"]]
    assert [desk.names(f"{one}/results") for one in "MEQ"] == [["z1"], ["a1", "b1", "q1", "z1"], ["q1"]]
    mine, every, queued = (desk.get(f"{one}/describe").json() for one in "MEQ")
    assert [mine["scope"], every["scope"], queued["scope"]] == ["mine", None, "queue"]
    assert "FROM Lead USING SCOPE mine WHERE IsConverted = FALSE ORDER BY" in mine["query"]
    assert queued["scopeEntityId"] == queue
    assert f"FROM Lead WHERE OwnerId = '{queue}' AND IsConverted = FALSE ORDER BY" in queued["query"]


def test_private_leads_stay_private_in_a_view(desk):
    token, _ = seeded(desk, sharing={"lead": "None"})
    desk.view("")
    assert desk.names(token=token) == ["a1", "q1"]
    assert desk.names() == ["a1", "b1", "q1", "z1"]


def test_fields_that_a_user_may_not_read(desk):
    token, _ = seeded(desk)
    desk.view("", columns=("FULL_NAME", "Minutes__c"))
    paths = [[one["fieldNameOrPath"] for one in desk.get("V/describe", who).json()["columns"]] for who in (token, None)]
    hidden = ["Id", "CreatedDate", "LastModifiedDate", "SystemModstamp"]
    assert paths == [["Name", *hidden], ["Name", "Minutes__c", *hidden]]
    desk.view(kept("Minutes__c", "equals", "5"))
    refused = desk.get("V/results", token)
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


def test_pages(desk):
    desk.leads({f"n{number:02d}": {} for number in range(30)})
    desk.view("")
    first = desk.get("V/results").json()
    assert (first["size"], first["done"], len(first["records"])) == (25, False, 25)
    second = desk.get("V/results?limit=5&offset=25").json()
    assert [record["columns"][0]["value"] for record in second["records"]] == ["n25", "n26", "n27", "n28", "n29"]
    assert (second["size"], second["done"]) == (5, True)
    assert desk.get("V/results?limit=2000").json()["size"] == 30


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("limit=0", "limit must be a number between 1 and 2000, not 0"),
        ("limit=2001", "limit must be a number between 1 and 2000, not 2001"),
        ("limit=x", "limit must be a number between 1 and 2000, not x"),
        ("offset=-1", "offset must be a number of at least 0, not -1"),
    ],
)
def test_pages_out_of_range(desk, asked, text):
    desk.view("")
    answer = desk.get(f"V/results?{asked}")
    assert (answer.status_code, answer.json()) == (400, [{"message": text, "errorCode": "NUMBER_OUTSIDE_VALID_RANGE"}])


def column(path, label, kind, *, ends=(None, None), place=None, hidden=False, item=None):
    return {
        "ascendingLabel": ends[0], "descendingLabel": ends[1], "fieldNameOrPath": path, "hidden": hidden,
        "label": label, "selectListItem": item or path, "sortDirection": None if place is None else "ascending",
        "sortIndex": place, "sortable": not hidden, "type": kind,
    }  # fmt: skip


WORDS, PICKED = ("Z-A", "A-Z"), ("Low to High", "High to Low")
COLUMNS = [
    column("Name", "Name", "string", ends=WORDS, place=0),
    column("Phone", "Phone", "phone", ends=("9-0", "0-9")),
    column("Status", "Status", "picklist", ends=PICKED, item="toLabel(Status)"),
    column("Owner.Alias", "Lead Owner Alias", "string", ends=WORDS),
    column("Due__c", "A label", "datetime"),
    column("Late__c", "A label", "boolean"),
    column("Minutes__c", "A label", "double"),
    column("On__c", "A label", "date"),
    column("Id", "Lead ID", "id", hidden=True),
    column("CreatedDate", "Created Date", "datetime", hidden=True),
    column("LastModifiedDate", "Last Modified Date", "datetime", hidden=True),
    column("SystemModstamp", "System Modstamp", "datetime", hidden=True),
]
SHOWN = ("FULL_NAME", "LEAD.PHONE", "LEAD.STATUS", "CORE.USERS.ALIAS", "Due__c", "Late__c", "Minutes__c", "On__c")
SELECTED = "Name, Phone, toLabel(Status), Owner.Alias, Due__c, Late__c, Minutes__c, On__c, Id, CreatedDate, "


def test_a_view_described(desk):
    filters = kept("LEAD.STATUS", "notEqual", "A,B") + kept("Due__c", "lessThan", "TODAY")
    filters += kept("LEAD.COMPANY", "notContain", "x")
    desk.view(f"<booleanFilter>1 AND (2 OR 3)</booleanFilter>{filters}", columns=SHOWN)
    (listed,) = desk.get().json()["listviews"]
    url = f"{BASE}/{listed['id']}"
    assert listed == desk.get("v").json() == desk.get(listed["id"][:15]).json()
    assert listed == {
        "describeUrl": f"{url}/describe", "developerName": "V", "id": listed["id"], "label": "The view",
        "resultsUrl": f"{url}/results", "soqlCompatible": True, "url": url,
    }  # fmt: skip
    company = {"field": "Company", "operator": "like", "values": ["'%x%'"]}
    assert desk.get(f"{listed['id']}/describe").json() == {
        "columns": COLUMNS,
        "id": listed["id"][:15],
        "orderBy": [
            {"fieldNameOrPath": "Name", "nullsPosition": "first", "sortDirection": "ascending"},
            {"fieldNameOrPath": "Id", "nullsPosition": "first", "sortDirection": "ascending"},
        ],
        "query": f"SELECT {SELECTED}LastModifiedDate, SystemModstamp FROM Lead WHERE IsConverted = FALSE AND "
        "Status NOT IN ('A', 'B') AND (Due__c < TODAY OR NOT (Company LIKE '%x%')) "
        "ORDER BY Name ASC NULLS FIRST, Id ASC NULLS FIRST",
        "scope": None,
        "sobjectType": "Lead",
        "whereCondition": {
            "conjunction": "and",
            "conditions": [
                {"field": "IsConverted", "operator": "equals", "values": ["FALSE"]},
                {"field": "Status", "operator": "notIn", "values": ["'A'", "'B'"]},
                {
                    "conjunction": "or",
                    "conditions": [
                        {"field": "Due__c", "operator": "lessThan", "values": ["TODAY"]},
                        {"condition": company},
                    ],
                },
            ],
        },
    }


def test_values_are_texts(desk):
    desk.leads({"ash": {"Phone": "1", "Due__c": "2026-01-08T07:05:09Z", "Minutes__c": 5, "On__c": "2026-01-06"}})
    desk.view("", columns=SHOWN)
    answer = desk.get("V/results").json()
    (record,) = answer.pop("records")
    ((own_id, alias),) = [(row["Id"], row["Owner"]["Alias"]) for row in desk.emulator.query(
        "SELECT Id, Owner.Alias FROM Lead")]  # fmt: skip
    created = "Wed Jan 07 14:00:00 GMT 2026"
    assert [one["value"] for one in record["columns"]] == [
        "ash", "1", "Open - Not Contacted", alias, "Thu Jan 08 07:05:09 GMT 2026", "false", "5.0", "2026-01-06", own_id,
        created, created, created,
    ]  # fmt: skip
    (listed,) = desk.get().json()["listviews"]
    assert answer == {
        "columns": COLUMNS, "developerName": "V", "done": True, "id": listed["id"][:15], "label": "The view", "size": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "scope", "columns", "what"),
    [
        ("", "MineAndMyGroups", ("FULL_NAME",), "the list view scope MineAndMyGroups"),
        ("", "Everything", ("LEAD.UNREAD",), "the list view column LEAD.UNREAD of Lead"),
        (kept("Minutes__c", "equals", "many"), "Everything", (), "the list view filter value 'many' of Minutes__c"),
        (kept("Due__c", "equals", "soon"), "Everything", (), "the list view filter value 'soon' of Due__c"),
        (kept("Late__c", "equals", "2"), "Everything", (), "the list view filter value '2' of Late__c"),
        (kept("LEAD.STATUS", "includes", "A"), "Everything", (), "the list view filter includes on Status"),
        ("<sharedTo><role>Head</role></sharedTo>", "Everything", (),
         "the list view Lead.V, which is shared with some people only"),
    ],
)  # fmt: skip
def test_what_is_not_modelled_is_refused_by_name(desk, body, scope, columns, what):
    desk.view(body, scope, columns=columns)
    for path in ("V/results", "V/describe"):
        answer = desk.get(path)
        refusal = {"message": f"The emulator does not model {what}.", "errorCode": "NOT_IMPLEMENTED_BY_EMULATOR"}
        assert (answer.status_code, answer.json()) == (501, [refusal])


def test_a_view_that_is_not_there(desk):
    desk.view("")
    for path in ("W/results", "00B000000000009/describe", "W"):
        answer = desk.get(path)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")
    assert desk.get("V/results", "nonsense").status_code == 401


def test_a_view_of_a_custom_object_with_a_lookup(desk):
    name = "<nameField><label>Nr</label><type>Text</type></nameField>"
    shape = f"<deploymentStatus>Deployed</deploymentStatus><label>Case</label>{name}<pluralLabel>Cases</pluralLabel>"
    link = (
        "<fields><fullName>Lead__c</fullName><deleteConstraint>SetNull</deleteConstraint><label>Whose</label>"
        "<referenceTo>Lead</referenceTo><relationshipName>Cases</relationshipName><type>Lookup</type></fields>"
    )
    view = (
        "<listViews><fullName>Ash</fullName><columns>NAME</columns><columns>Lead__c</columns><columns>CREATED_DATE</columns>"
        f"<filterScope>Everything</filterScope>{kept('Lead__c', 'startsWith', 'AS')}<label>Of ash</label></listViews>"
    )
    sharing = "<sharingModel>ReadWrite</sharingModel>"
    members = {"CustomObject": ["Case__c"]}
    desk.deploy(package(members, {"objects/Case__c.object": lead(link, shape, sharing)}))
    grant = "<fieldPermissions><editable>true</editable><field>Case__c.Lead__c</field><readable>true</readable>"
    rights = file("PermissionSet", f"{grant}</fieldPermissions><label>Cases</label>")
    files = {"objects/Case__c.object": lead(view), "permissionsets/Cases.permissionset": rights}
    desk.deploy(package({"ListView": ["Case__c.Ash"], "PermissionSet": ["Cases"]}, files))
    user = desk.emulator.call("GET", "/services/oauth2/userinfo").json()["preferred_username"]
    desk.emulator.control("seed", {"permission_sets": [{"user": user, "name": "Cases"}]})
    desk.leads({"ash": {}, "elm": {}})
    ids = {row["LastName"]: row["Id"] for row in desk.emulator.query("SELECT Id, LastName FROM Lead")}
    cases = [
        {"sobject": "Case__c", "raw": True, "values": {"Name": name, "Lead__c": ids.get(whose)}}
        for name, whose in (("3", "ash"), ("2", "elm"), ("1", "ash"), ("0", None))
    ]
    desk.emulator.control("seed", {"records": cases})
    path = "sobjects/Case__c/listviews/ash"
    shown = desk.emulator.call("GET", f"{path}/results").json()
    assert [[one["value"] for one in record["columns"][:3]] for record in shown["records"]] == [
        ["1", "ash", "Wed Jan 07 14:00:00 GMT 2026"],
        ["3", "ash", "Wed Jan 07 14:00:00 GMT 2026"],
    ]
    described = desk.emulator.call("GET", f"{path}/describe").json()
    assert described["query"] == (
        "SELECT Name, Lead__r.Name, CreatedDate, Id, LastModifiedDate, SystemModstamp FROM Case__c "
        "WHERE Lead__r.Name LIKE 'AS%' ORDER BY Name ASC NULLS FIRST, Id ASC NULLS FIRST"
    )
    assert [(one["label"], one["hidden"]) for one in described["columns"]] == [
        ("Nr", False), ("Whose", False), ("Created Date", False), ("Case ID", True), ("Last Modified Date", True),
        ("System Modstamp", True),
    ]  # fmt: skip
