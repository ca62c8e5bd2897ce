"""The filter language: every operation on lists, and what is refused."""

from __future__ import annotations

import pytest

from .conftest import FORM, both, tree, where

NOON = 1_767_614_400_000  # 2026-01-05T12:00:00Z


@pytest.fixture
def four(hub):
    """full, half, blank and old: four contacts at 2026-01-05T14:00:00Z."""
    hub.property("tags", "enumeration", "checkbox", options=["a", "b", "c"])
    hub.property("amount", "number")
    hub.property("flag", "bool")
    hub.property("at", "datetime")
    hub.property("other_at", "datetime")
    full = {"city": "New York", "tags": "a;b", "amount": "10", "flag": "true", "at": "2026-01-05T12:00:00Z"}
    half = {"city": "York", "tags": "b", "amount": "5", "flag": "false", "at": "2026-01-01T12:00:00Z"}
    hub.contact(jobtitle="full", company="new york", other_at="2026-01-05T11:00:00Z", **full)
    hub.contact(jobtitle="half", **half)
    hub.contact(jobtitle="blank")
    old = hub.contact(jobtitle="old", city="Rome", tags="c", amount="7", flag="true")
    hub.change(old, city="", tags="", amount="", flag="")
    return hub


def members(hub, *branches):
    body = {"name": "L", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": tree(*branches)}
    made = hub.call("POST", "/crm/v3/lists", body)["list"]["listId"]
    found = hub.call("GET", f"/crm/v3/lists/{made}/memberships")["results"]
    assert hub.call("GET", f"/crm/v3/lists/{made}")["list"]["size"] == len(found)
    return {hub.values(one["recordId"], "jobtitle")[0] for one in found}


def point(operator, name="at", /, parser="VALUE", behaviour="EXCLUSIVE", **time):
    return where(
        name,
        "TIME_POINT",
        operator,
        type="TIME_POINT",
        timePoint={"zoneId": "UTC"} | time,
        propertyParser=parser,
        endpointBehavior=behaviour,
    )


CASES = [
    (where("tags", "ENUMERATION", "IS_ANY_OF", values=["a", "c"]), {"full"}),
    (where("tags", "ENUMERATION", "IS_NONE_OF", values=["a"]), {"half"}),
    (where("tags", "ENUMERATION", "IS_EXACTLY", values=["b"]), {"half"}),
    (where("tags", "ENUMERATION", "IS_NOT_EXACTLY", values=["b"]), {"full"}),
    (where("tags", "ENUMERATION", "CONTAINS_ALL", values=["a", "b"]), {"full"}),
    (where("tags", "ENUMERATION", "DOES_NOT_CONTAIN_ALL", values=["a", "b"]), {"half"}),
    (where("tags", "ENUMERATION", "HAS_EVER_BEEN_ANY_OF", values=["c"]), {"old"}),
    (where("tags", "ENUMERATION", "HAS_NEVER_BEEN_ANY_OF", values=["b"]), {"blank", "old"}),
    (where("city", "STRING", "IS_EQUAL_TO", value="new york"), {"full"}),
    (where("city", "STRING", "IS_NOT_EQUAL_TO", value="new york"), {"half"}),
    (where("city", "STRING", "CONTAINS", value="york"), {"full", "half"}),
    (where("city", "STRING", "DOES_NOT_CONTAIN", value="new"), {"half"}),
    (where("city", "STRING", "STARTS_WITH", value="yo"), {"half"}),
    (where("city", "STRING", "ENDS_WITH", value="york"), {"full", "half"}),
    (where("city", "STRING", "HAS_EVER_BEEN_EQUAL_TO", value="rome"), {"old"}),
    (where("city", "MULTISTRING", "IS_EQUAL_TO", values=["york", "rome"]), {"half"}),
    (where("city", "MULTISTRING", "IS_NOT_EQUAL_TO", values=["york", "rome"]), {"full"}),
    (where("city", "MULTISTRING", "CONTAINS_EXACTLY", values=["new"]), {"full"}),
    (where("city", "COMPARATIVE_STRING", "IS_EQUAL_TO", comparisonPropertyName="company"), {"full"}),
    (where("amount", "NUMBER", "IS_GREATER_THAN", value=5), {"full"}),
    (where("amount", "NUMBER", "IS_LESS_THAN_OR_EQUAL_TO", value=5), {"half"}),
    (where("amount", "NUMBER", "HAS_EVER_BEEN_EQUAL_TO", value=7), {"old"}),
    (where("amount", "NUMBER_RANGED", "IS_BETWEEN", lowerBound=5, upperBound=7), {"half"}),
    (where("amount", "NUMBER_RANGED", "IS_NOT_BETWEEN", lowerBound=5, upperBound=7), {"full"}),
    (where("flag", "BOOL", "IS_EQUAL_TO", value=True), {"full"}),
    (where("flag", "BOOL", "IS_NOT_EQUAL_TO", value=True), {"half"}),
    (where("flag", "BOOL", "HAS_EVER_BEEN_EQUAL_TO", value=True), {"full", "old"}),
    (where("city", "ALL_PROPERTY", "IS_KNOWN"), {"full", "half"}),
    (where("city", "ALL_PROPERTY", "IS_UNKNOWN"), {"blank", "old"}),
    (where("city", "ALL_PROPERTY", "IS_BLANK"), {"blank", "old"}),
    (where("at", "DATETIME", "IS_EQUAL_TO", timestamp=NOON, requiresTimeZoneConversion=True), {"full"}),
    (where("at", "DATETIME", "IS_BEFORE_DATE", timestamp=NOON, requiresTimeZoneConversion=False), {"half"}),
    (
        where("at", "RANGED_DATE", "IS_BETWEEN", lowerBound=0, upperBound=NOON, requiresTimeZoneConversion=False),
        {"full", "half"},
    ),
    (where("at", "COMPARATIVE_DATE", "IS_AFTER", comparisonPropertyName="other_at"), {"full"}),
    (
        where("at", "ROLLING_DATE_RANGE", "IS_LESS_THAN_X_DAYS_AGO", numberOfDays=1, requiresTimeZoneConversion=False),
        {"full"},
    ),
    (
        where("at", "ROLLING_DATE_RANGE", "IS_MORE_THAN_X_DAYS_AGO", numberOfDays=1, requiresTimeZoneConversion=False),
        {"half"},
    ),
    (where("city", "ROLLING_PROPERTY_UPDATED", "NOT_UPDATED_IN_LAST_X_DAYS", numberOfDays=1), {"blank"}),
    (where("city", "COMPARATIVE_PROPERTY_UPDATED", "IS_AFTER", comparisonPropertyName="jobtitle"), set()),
    (point("IS_BEFORE", timeType="DATE", year=2026, month=1, day=5), {"half"}),
    (point("IS_AFTER", timeType="DATE", year=2026, month=1, day=5, hour=12), set()),
    (point("IS_AFTER", behaviour="INCLUSIVE", timeType="DATE", year=2026, month=1, day=5, hour=12), {"full"}),
    (point("IS_AFTER", timeType="INDEXED", indexReference={"referenceType": "NOW"}, offset={"hours": -3}), {"full"}),
    (point("IS_BEFORE", timeType="INDEXED", indexReference={"referenceType": "TODAY"}), {"half"}),
    (point("IS_AFTER", timeType="PROPERTY_REFERENCED", property="other_at", referenceType="VALUE"), {"full"}),
    (
        point(
            "IS_BEFORE", parser="UPDATED_AT", timeType="PROPERTY_REFERENCED", property="at", referenceType="UPDATED_AT"
        ),
        set(),
    ),
    (
        where(
            "at",
            "TIME_RANGED",
            "IS_BETWEEN",
            type="TIME_RANGED",
            lowerBoundTimePoint={"timeType": "DATE", "year": 2026, "month": 1, "day": 1, "hour": 12, "zoneId": "UTC"},
            upperBoundTimePoint={
                "timeType": "INDEXED",
                "indexReference": {"referenceType": "NOW"},
                "offset": {"days": -1},
                "zoneId": "UTC",
            },
        ),
        {"half"},
    ),
]


@pytest.mark.parametrize(("one", "expected"), CASES)
def test_operations(four, one, expected):
    assert members(four, both(one)) == expected


def test_blanks_are_in_where_the_filter_says_so(four):
    one = where("city", "STRING", "IS_NOT_EQUAL_TO", value="york")
    one["operation"]["includeObjectsWithNoValueSet"] = True
    assert members(four, both(one)) == {"full", "blank", "old"}


def test_or_over_and_and_their_negations(four):
    york, flagged = where("city", "STRING", "CONTAINS", value="york"), where("flag", "BOOL", "IS_EQUAL_TO", value=True)
    blank = where("jobtitle", "STRING", "IS_EQUAL_TO", value="blank")
    assert members(four, both(york, flagged), both(blank)) == {"full", "blank"}


def test_negated_branches(four):
    york, flagged = where("city", "STRING", "CONTAINS", value="york"), where("flag", "BOOL", "IS_EQUAL_TO", value=True)
    none = both(york, flagged) | {"filterBranchType": "NOT_ANY"}
    assert members(four, none) == {"blank", "old"}


def test_forms_lists_and_constants(hub):
    hub.door("seed", {"forms": [{"id": FORM, "name": "Demo"}]})
    hub.door("submit", {"form": "Demo", "email": "a@x.example", "values": {"jobtitle": "sent"}})
    hub.contact(jobtitle="idle")
    sent = {"filterType": "FORM_SUBMISSION", "formId": FORM, "operator": "FILLED_OUT"}
    assert members(hub, both(sent)) == {"sent"}
    listed = hub.call("POST", "/crm/v3/lists/search", {"query": "l", "offset": 0, "additionalProperties": []})
    inner = listed["lists"][0]["listId"]
    outside = {"filterType": "IN_LIST", "listId": inner, "operator": "NOT_IN_LIST"}
    hub.call("PUT", f"/crm/v3/lists/{inner}/update-list-name?listName=Inner")
    assert members(hub, both(outside, {"filterType": "CONSTANT", "shouldAccept": True})) == {"idle"}


def test_filters_on_associated_records(hub):
    one, two = hub.contact(jobtitle="hot"), hub.contact(jobtitle="cold")
    for contact, label in ((one, "HOT"), (two, "COLD")):
        link = {"to": {"id": contact}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 578}]}
        values = {"hs_lead_name": "x", "hs_lead_label": label}
        hub.call("POST", "/crm/v3/objects/leads", {"properties": values, "associations": [link]})
    associated = both(where("hs_lead_label", "ENUMERATION", "IS_ANY_OF", values=["HOT"])) | {
        "filterBranchType": "ASSOCIATION",
        "objectTypeId": "0-136",
        "operator": "IN_LIST",
        "associationTypeId": 609,
        "associationCategory": "HUBSPOT_DEFINED",
    }
    assert members(hub, both() | {"filterBranches": [associated]}) == {"hot"}


@pytest.mark.parametrize(
    ("branch", "message", "details"),
    [
        (
            tree(both(where("hs_lead_status", "ENUMERATION", "IS_EQUAL_TO", values=["NEW"]))),
            "Invalid request",
            "IS_EQUAL_TO is no operator of ENUMERATION; there are IS_ANY_OF, IS_NONE_OF, ",
        ),
        (
            tree(both(where("city", "ENUMERATION", "IS_ANY_OF", values=["x"]))),
            "Invalid request",
            "ENUMERATION does not go with property city of type string.",
        ),
        (
            tree(both(where("hs_lead_status", "STRING", "IS_EQUAL_TO", value="NEW"))),
            "Invalid request",
            "STRING does not go with property hs_lead_status of type enumeration.",
        ),
        (
            tree(both(where("city", "ALL_PROPERTY", "IS_NOT_KNOWN"))),
            "Invalid request",
            "IS_NOT_KNOWN is no operator of ALL_PROPERTY; there are IS_KNOWN, IS_UNKNOWN, IS_BLANK, IS_NOT_BLANK.",
        ),
        (
            tree(both(where("city", "multistring", "IS_EQUAL_TO", values=["x"]))),
            "Invalid request",
            "There is no operationType 'multistring'.",
        ),
        (
            tree(both(where("nope", "ALL_PROPERTY", "IS_KNOWN"))),
            "Property nope does not exist for object type 0-1",
            "",
        ),
        (both(), "The root of a filter is an OR branch, not AND.", ""),
        (tree(), "The OR branch at the root of a filter needs at least one AND branch.", ""),
        (tree(tree(both())), "An AND branch is expected here, not OR.", ""),
        (
            tree(both({"filterType": "IN_LIST", "listId": "1", "operator": "IN_LIST"})),
            "List 1 does not exist.",
            "",
        ),
        (
            tree(both({"filterType": "PROPERTY", "property": "city", "operation": {"operationType": "STRING"}})),
            "Some required fields were not set: [operator, includeObjectsWithNoValueSet, value]",
            "",
        ),
        (
            tree(both(point("IS_BEFORE", "createdate", timeType="DATE", year=2026, month=1, day=1, zoneId="Mars/X"))),
            "There is no time zone 'Mars/X'.",
            "",
        ),
    ],
)
def test_refused_filters(hub, branch, message, details):
    body = {"name": "L", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": branch}
    told = hub.ask("POST", "/crm/v3/lists", body).json()
    assert told["message"] == message
    assert "".join(one["message"] for one in told.get("errors", [])).startswith(details)


@pytest.mark.parametrize(
    ("one", "what"),
    [
        ({"filterType": "EMAIL_EVENT"}, "filters of type EMAIL_EVENT"),
        (
            where("createdate", "CALENDAR_DATE", "IS"),
            "operations of type CALENDAR_DATE, whose operators are not documented",
        ),
        (
            point("IS_BEFORE", "createdate", timeType="INDEXED", indexReference={"referenceType": "WEEK"}),
            "times that refer to WEEK",
        ),
        (
            {"filterType": "FORM_SUBMISSION", "operator": "FILLED_OUT", "pruningRefineBy": {"type": "ABSOLUTE_RANGED"}},
            "pruningRefineBy of filters",
        ),
    ],
)  # fmt: skip
def test_filters_that_are_not_modelled(hub, one, what):
    body = {"name": "L", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": tree(both(one))}
    assert hub.refused("POST", "/crm/v3/lists", body) == (501, f"The emulator does not model {what}.")


def test_lists_by_hand_their_names_and_their_end(hub):
    one, two = hub.contact(city="a"), hub.contact(city="b")
    body = {"name": "Mine", "objectTypeId": "0-1", "processingType": "MANUAL"}
    made = hub.call("POST", "/crm/v3/lists", body)["list"]["listId"]
    path = f"/crm/v3/lists/{made}"
    assert hub.refused("POST", "/crm/v3/lists", body | {"name": "MINE"}) == (400, "List with name MINE already exists.")
    assert hub.call("PUT", f"{path}/memberships/add", [one, two, "9"]) == {
        "recordsIdsAdded": [one, two],
        "recordIdsRemoved": [],
        "recordIdsMissing": ["9"],
    }
    assert hub.call("PUT", f"{path}/memberships/remove", [two])["recordIdsRemoved"] == [two]
    members_now = hub.call("GET", f"{path}/memberships")["results"]
    assert members_now == [{"recordId": one, "membershipTimestamp": "2026-01-05T14:00:00.000Z"}]
    hub.call("DELETE", path)
    assert hub.refused("GET", path) == (404, f"List {made} does not exist.")
    hub.call("PUT", f"{path}/restore")
    assert hub.call("GET", path)["list"]["name"] == "Mine"
    hub.call("DELETE", path)
    hub.move("2026-04-06T14:00:00Z")
    assert hub.refused("PUT", f"{path}/restore") == (404, f"List {made} does not exist.")


def test_filters_of_a_list_change_with_its_version(hub):
    hub.contact(city="Rome")
    body = {"name": "L", "objectTypeId": "0-1", "processingType": "DYNAMIC"}
    rome, oslo = (tree(both(where("city", "STRING", "IS_EQUAL_TO", value=one))) for one in ("Rome", "Oslo"))
    made = hub.call("POST", "/crm/v3/lists", body | {"filterBranch": rome})["list"]["listId"]
    changed = hub.call("PUT", f"/crm/v3/lists/{made}/update-list-filters", {"filterBranch": oslo})["updatedList"]
    assert (changed["listVersion"], changed["processingStatus"], changed["filterBranch"]) == (2, "PROCESSING", oslo)
    read = hub.call("GET", f"/crm/v3/lists?listIds={made}&includeFilters=true")["lists"][0]
    assert (read["size"], read["filterBranch"]) == (0, oslo)


def test_a_deleted_list_holds_nobody(hub):
    hub.contact(jobtitle="in")
    everybody = tree(both(where("jobtitle", "ALL_PROPERTY", "IS_KNOWN")))
    body = {"name": "All", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": everybody}
    made = hub.call("POST", "/crm/v3/lists", body)["list"]["listId"]
    inside = {"filterType": "IN_LIST", "listId": made, "operator": "IN_LIST"}
    assert members(hub, both(inside)) == {"in"}
    hub.call("DELETE", f"/crm/v3/lists/{made}")
    hub.call("PUT", "/crm/v3/lists/1843/update-list-name?listName=Old")
    assert hub.call("GET", "/crm/v3/lists/1843/memberships")["results"] == []
