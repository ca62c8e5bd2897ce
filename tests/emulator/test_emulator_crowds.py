"""Crowds: very many records from a short description, and counting them past the vendor's query language."""

import json
import time
from collections import Counter
from copy import deepcopy
from pathlib import Path

import pytest

from provisioner.emulator.salesforce.assembly import assembled
from provisioner.emulator.salesforce.control.planting import count_stored, plant_document
from provisioner.emulator.salesforce.soql import query
from provisioner.emulator.salesforce.state.schema import FieldDef

USERS = [{"username": "ada@x.example", "last": "Ada"}, {"username": "bob@x.example", "last": "Bob", "active": False}]
CROWD = {
    "sobject": "Lead",
    "count": 2000,
    "seed": 7,
    "created": {"from": "2025-12-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
    "fields": {
        "LeadSource": {"values": {"Web": 6, "WEB": 1, "Münster": 1, "MÜNSTER": 1, "": 1}},
        "OwnerId": {"values": {"ada@x.example": 3, "bob@x.example": 1, "Backup": 1}},
        "Email": {"pattern": "lead{n}@big.example"},
        "Due__c": {"after": "CreatedDate", "minutes": [5, 5], "share": 0.5},
        "Touch__c": {"after": "Due__c", "minutes": [0, 1]},
        "Kind__c": {"by": "LeadSource", "map": {"Web": "demo", "": "unknown"}, "otherwise": "other"},
        "Minutes__c": {"values": [5, 60]},
    },
    "ref": "leads",
}
CUSTOM = [("Due__c", "datetime"), ("Touch__c", "datetime"), ("Kind__c", "string"), ("Minutes__c", "double")]


@pytest.fixture
def org(org_in_process):
    for name, kind in CUSTOM:
        org_in_process.schema.add_field("Lead", FieldDef(name, name, kind, length=80, precision=6, custom=True))
    return org_in_process


def seed(crowd=CROWD, *others):
    return {"users": USERS, "queues": [{"name": "Backup"}], "crowds": [crowd, *others]}


def leads(org):
    return org.rows.select("Lead")


def test_a_crowd_is_stored_as_described(org):
    answer = plant_document(org, seed())
    rows = leads(org)
    assert answer["crowds"] == [{"sobject": "Lead", "first": rows[0]["Id"], "last": rows[-1]["Id"], "count": 2000}]
    assert [row["Email"] for row in rows] == [f"lead{n}@big.example" for n in range(1, 2001)]
    assert {row["LastName"] for row in rows} == {f"Last Name {n}" for n in range(1, 2001)}
    assert all(row["Name"] == row["LastName"] and row["Status"] == "Open - Not Contacted" for row in rows)
    assert all("2025-12-01" <= str(row["CreatedDate"]) < "2026-01-01" for row in rows)
    assert all(row["CreatedDate"] == row["LastModifiedDate"] == row["SystemModstamp"] for row in rows)
    assert {row["Minutes__c"] for row in rows} == {5.0, 60.0}
    shares = Counter(row["LeadSource"] for row in rows)
    assert set(shares) == {"Web", "WEB", "Münster", "MÜNSTER", None} and 1100 < shares["Web"] < 1300
    kinds = {"Web": "demo", None: "unknown"}
    assert all(row["Kind__c"] == kinds.get(row["LeadSource"], "other") for row in rows)
    owners = answer["users"] | answer["queues"]
    counted = Counter(row["OwnerId"] for row in rows)
    assert set(counted) == set(owners.values()) and 1100 < counted[owners["ada@x.example"]] < 1300
    due = [row for row in rows if row["Due__c"]]
    assert 900 < len(due) < 1100 and all((row["Due__c"] - row["CreatedDate"]).seconds == 300 for row in due)
    assert all((row["Touch__c"] is None) == (row["Due__c"] is None) for row in rows)
    assert {(row["Touch__c"] - row["Due__c"]).seconds for row in due} == set(range(61))


def test_the_same_description_gives_the_same_records_and_a_new_field_changes_no_other(org):
    plant_document(org, seed())
    fewer = deepcopy(CROWD)
    del fewer["fields"]["Minutes__c"]
    again = assembled()
    for name, kind in CUSTOM:
        again.schema.add_field("Lead", FieldDef(name, name, kind, length=80, precision=6, custom=True))
    plant_document(again, seed(fewer))
    assert [row | {"Minutes__c": None} for row in leads(org)] == leads(again)
    again.close()


def test_ids_go_on_after_a_crowd_and_lookups_point_into_it(org):
    tasks = {
        "sobject": "Task", "count": 3, "created": CROWD["created"],
        "fields": {"WhoId": {"each": "leads"}, "Subject": {"numbered": "Call {n}", "count": 1}},
    }  # fmt: skip
    answer = plant_document(org, seed(CROWD, tasks))
    later = org.rows.insert("Lead", {"LastName": "Later", "Company": "C"})
    rows = leads(org)
    assert len({row["Id"] for row in rows}) == 2001 and rows[-1]["Id"] == later
    assert [task["WhoId"] for task in org.rows.select("Task")] == [row["Id"] for row in rows[:3]]
    assert [task["Subject"] for task in org.rows.select("Task")] == ["Call 1"] * 3
    assert answer["crowds"][1]["count"] == 3


def test_queries_agree_with_the_direct_count(org):
    plant_document(org, seed())
    exact = count_stored(org, {"sobject": "Lead", "by": ["LeadSource"]})
    assert exact["total"] == 2000
    assert Counter(row["LeadSource"] for row in leads(org)) == {
        one["values"][0]: one["count"] for one in exact["counts"]
    }
    folded = Counter()
    for one in exact["counts"]:
        folded[(one["values"][0] or "").casefold()] += one["count"]
    soql = "SELECT LeadSource, COUNT(Id) n FROM Lead GROUP BY LeadSource ORDER BY LeadSource"
    asked = query(org, soql, user_id=org.admin_id).records()
    assert {(one["LeadSource"] or "").casefold(): one["n"] for one in asked} == folded
    assert [(one["LeadSource"] or "").casefold() for one in asked] == ["", "münster", "web"]
    distinct = query(org, "SELECT COUNT_DISTINCT(LeadSource) n FROM Lead", user_id=org.admin_id).records()
    assert distinct[0]["n"] == 2


def test_counting_with_filters_and_a_window(org):
    answer = plant_document(org, seed())
    asked = {
        "sobject": "Lead", "by": ["OwnerId", "Minutes__c"], "from": "2025-12-10T00:00:00Z",
        "to": "2025-12-20T00:00:00Z", "where": {"LeadSource": ["Web", None], "OwnerId": ["ada@x.example", "Backup"]},
    }  # fmt: skip
    counted = count_stored(org, asked)
    wanted = [
        row for row in leads(org)
        if "2025-12-10" <= str(row["CreatedDate"]) < "2025-12-20" and row["LeadSource"] in ("Web", None)
        and row["OwnerId"] != answer["users"]["bob@x.example"]
    ]  # fmt: skip
    assert counted["total"] == len(wanted) > 100
    groups = Counter((row["OwnerId"], row["Minutes__c"]) for row in wanted)
    assert {tuple(one["values"]): one["count"] for one in counted["counts"]} == groups
    assert [one["count"] for one in counted["counts"]] == sorted(groups.values(), reverse=True)
    first = min(row["CreatedDate"] for row in wanted)
    assert min(one["first"] for one in counted["counts"]) == f"{first:%Y-%m-%dT%H:%M:%S}.000Z"
    assert max(one["last"] for one in counted["counts"]) < "2025-12-20"


def test_nothing_counted_is_nothing(org):
    assert count_stored(org, {"sobject": "Lead"}) == {"total": 0, "counts": []}
    assert count_stored(org, {"sobject": "Lead", "by": ["Status"]}) == {"total": 0, "counts": []}


def test_the_doors_over_http(emulator):
    crowd = CROWD | {"fields": {"LeadSource": {"numbered": "Source {n}", "count": 3, "skew": 1}}}
    assert emulator.control("seed", {"crowds": [crowd]})["crowds"][0]["count"] == 2000
    counted = emulator.control("count", {"sobject": "Lead", "by": ["LeadSource"]})
    assert [one["values"] for one in counted["counts"]] == [["Source 1"], ["Source 2"], ["Source 3"]]
    asked = emulator.query("SELECT LeadSource, COUNT(Id) FROM Lead GROUP BY LeadSource ORDER BY COUNT(Id) DESC")
    assert [(one["LeadSource"], one["expr0"]) for one in asked] == [
        (one["values"][0], one["count"]) for one in counted["counts"]
    ]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"sobject": "Leed"}, "There is no object 'Leed' that records could be planted in."),
        ({"sobject": "SetupAuditTrail"}, "There is no object 'SetupAuditTrail' that records could be planted in."),
        ({"count": 0}, "'count' is a whole number from 1 to 5000000, not 0."),
        ({"count": True}, "'count' is a whole number from 1 to 5000000, not True."),
        ({"created": dict.fromkeys(("from", "to"), "2026-01-01T00:00:00Z")}, "'created' begins before it ends."),
        ({"colour": 1}, "A crowd has no 'colour'; there is sobject, count, seed, created, fields, ref."),
        ({"fields": {"Nope__c": {"values": [1]}}}, "Lead has no field 'Nope__c' that is stored."),
        ({"fields": {"CreatedDate": {"values": [1]}}},
         "Lead.CreatedDate cannot be planted like this, or is there twice."),
        (
            {"fields": {"LeadSource": {"values": ["a"], "pattern": "{n}"}}},
            "Lead.LeadSource has one of values, numbered, pattern, after, by, each.",
        ),
        (
            {"fields": {"LeadSource": {"values": {"a": 0}}}},
            "Lead.LeadSource has 1 to 20000 values whose weights are not negative and not all 0.",
        ),
        ({"fields": {"OwnerId": {"values": ["no@x.example"]}}}, "There is no User with Username 'no@x.example'."),
        (
            {"fields": {"Touch__c": {"after": "Due__c"}}},
            "Touch__c is an instant after CreatedDate or after an instant that comes before it here.",
        ),
        (
            {"fields": {"Due__c": {"after": "CreatedDate", "minutes": [2, 1]}}},
            "'minutes' of Due__c are two numbers, the smaller first; 'share' is from 0 to 1.",
        ),
        (
            {"fields": {"Kind__c": {"by": "LeadSource", "map": {}}}},
            "Lead.Kind__c goes by a field that comes before it here, with a 'map'.",
        ),
        ({"fields": {"Minutes__c": {"pattern": "{n}"}}},
         "Lead.Minutes__c takes a pattern only if it is a text, with {n} in it once."),
        ({"fields": {"Minutes__c": {"values": [5000000]}}},
         "Minutes__c: Minutes__c: value outside of valid range on numeric field: 5000000"),
        ({"fields": {"ConvertedContactId": {"each": "nobody"}}}, "There is no earlier crowd called 'nobody'."),
    ],
)  # fmt: skip
def test_mistakes_in_a_crowd_are_explained_and_nothing_is_stored(org, change, text):
    with pytest.raises(ValueError) as caught:
        plant_document(org, {"crowds": [CROWD | {"count": 5, "fields": {}} | change]})
    assert str(caught.value) == text
    assert leads(org) == []


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"by": ["Status"]}, "A count needs 'sobject'."),
        ({"sobject": "Leed"}, "There is no object 'Leed'."),
        ({"sobject": "Lead", "by": ["Colour"]}, "Lead has no field 'Colour' that is stored."),
        ({"sobject": "Lead", "where": {"Colour": "red"}}, "Lead has no field 'Colour' that is stored."),
    ],
)
def test_mistakes_in_a_count_are_explained(org, body, text):
    with pytest.raises(ValueError) as caught:
        count_stored(org, body)
    assert str(caught.value) == text


@pytest.mark.full
def test_a_million_leads_are_planted_in_a_minute_and_grouped_in_seconds(org):
    crowd = deepcopy(CROWD) | {"count": 1_000_000}
    crowd["fields"]["LeadSource"] = {"numbered": "Source {n}", "count": 300, "skew": 0.8}
    began = time.monotonic()
    plant_document(org, seed(crowd))
    assert time.monotonic() - began < 60
    soql = (
        "SELECT LeadSource, COUNT(Id) n, MIN(CreatedDate) a, MAX(CreatedDate) b FROM Lead "
        "WHERE CreatedDate = LAST_N_DAYS:90 GROUP BY LeadSource"
    )
    began = time.monotonic()
    asked = query(org, soql, user_id=org.admin_id).records()
    assert time.monotonic() - began < 4  # about 1 s when nothing else runs
    counted = count_stored(org, {"sobject": "Lead", "by": ["LeadSource"]})
    assert counted["total"] == 1_000_000 and len(asked) == 300
    assert {one["LeadSource"]: one["n"] for one in asked} == {
        one["values"][0]: one["count"] for one in counted["counts"]
    }


def test_the_crowd_of_the_page(emulator):
    page = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text("utf-8")
    seed = json.loads(page.partition("<!-- crowd of leads -->\n```json\n")[2].partition("\n```")[0])
    seed["crowds"][0]["count"] = 5_000
    users = [{"username": f"{name}@northwind.example"} for name in ("qa", "yui")]
    emulator.control("seed", {"users": users} | seed)
    counted = emulator.control("count", {"sobject": "Lead", "by": ["LeadSource"], "where": {"IsConverted": False}})
    assert counted["total"] == 5000 and len(counted["counts"]) == 300
    working = emulator.control("count", {"sobject": "Lead", "where": {"Status": "Working - Contacted"}})["total"]
    assert working == counted["counts"][0]["count"] > 0
