"""Definitions of properties: what is refused, what is added, what archiving does."""

from __future__ import annotations

import pytest

from .conftest import changed, on, put

BASE = "/crm/v3/properties/contacts"


def body(**more):
    return {"name": "x", "label": "X", "groupName": "contactinformation", "type": "string", "fieldType": "text"} | more


def option(value, **more):
    return {"label": value, "value": value, "hidden": False, "displayOrder": 0} | more


def test_what_the_server_adds(hub):
    made = hub.call("POST", BASE, body())
    assert made == body(
        description="",
        options=[],
        displayOrder=-1,
        hidden=False,
        formField=False,
        hasUniqueValue=False,
        externalOptions=False,
        dataSensitivity="non_sensitive",
        createdAt="2026-01-05T14:00:00.000Z",
        updatedAt="2026-01-05T14:00:00.000Z",
        createdUserId="12345678",
        updatedUserId="12345678",
        archived=False,
        calculated=False,
        hubspotDefined=False,
        showCurrencySymbol=False,
        modificationMetadata={"archivable": True, "readOnlyDefinition": False, "readOnlyValue": False},
    )
    assert hub.call("GET", f"{BASE}/x") == made


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (
            {"name": "1x"},
            "Property name '1x' is not valid: lower-case letters, digits and _, starting with a letter.",
        ),
        ({"groupName": "nowhere"}, "Property group nowhere does not exist."),
        (
            {"type": "number", "fieldType": "text"},
            "Field type text is not valid for type number; use one of calculation_equation, number.",
        ),
        (
            {"type": "enumeration", "fieldType": "select"},
            "Property x is an enumeration and needs options.",
        ),
        (
            {"type": "enumeration", "fieldType": "select", "options": [option("a"), option("a", label="b")]},
            "Property x has the option value 'a' twice.",
        ),
        ({"options": [option("a")]}, "Property x of type string cannot have options."),
        ({"colour": "red"}, 'Invalid input JSON: unrecognized field "colour" in body.'),
        ({"label": None}, "Some required fields were not set: [label]"),
        ({"hidden": "no"}, "Invalid input JSON: body.hidden must be a boolean."),
        (
            {"type": "date", "fieldType": "calculation_equation", "calculationFormula": "1"},
            "Field type calculation_equation is not valid for type date; use one of date.",
        ),
        (
            {"type": "number", "fieldType": "calculation_equation"},
            "A calculation_equation property needs a calculationFormula, and no other has one.",
        ),
    ],
)
def test_mistakes_of_a_definition(hub, sent, message):
    assert hub.refused("POST", BASE, body(**sent)) == (400, message)


def test_a_name_that_is_taken(hub):
    hub.property("x")
    answer = hub.ask("POST", BASE, body())
    told = answer.json()
    assert (answer.status_code, told["category"], told["subCategory"], told["message"]) == (
        409,
        "OBJECT_ALREADY_EXISTS",
        "Properties.PROPERTY_WITH_NAME_EXISTS",
        "A property named 'x' already exists.",
    )


@pytest.mark.parametrize(
    "key", ["name", "hasUniqueValue", "externalOptions", "dataSensitivity", "referencedObjectType"]
)
def test_what_cannot_be_changed(hub, key):
    hub.property("x")
    value = {"name": "y", "dataSensitivity": "sensitive", "referencedObjectType": "OWNER"}.get(key, True)
    message = f"Property {key} cannot be changed after creation."
    assert hub.refused("PATCH", f"{BASE}/x", {key: value}) == (400, message)


def test_options_are_replaced_as_a_whole_and_kept_when_left_out(hub):
    hub.property("x", "enumeration", options=["a", "b"])
    one = hub.contact(x="b")
    assert [o["value"] for o in hub.call("PATCH", f"{BASE}/x", {"label": "New"})["options"]] == ["a", "b"]
    assert [o["value"] for o in hub.call("PATCH", f"{BASE}/x", {"options": [option("c")]})["options"]] == ["c"]
    assert hub.values(one, "x") == ["b"]  # records keep what they have


def test_the_dated_family_knows_no_display_hints_and_wants_every_order(hub):
    dated = "/crm/properties/2026-09/contacts"
    message = 'Invalid input JSON: unrecognized field "numberDisplayHint" in body.'
    number = body(type="number", fieldType="number", numberDisplayHint="formatted")
    assert hub.refused("POST", dated, number) == (400, message)
    hub.call("POST", BASE, number)
    assert "numberDisplayHint" not in hub.call("GET", f"{dated}/x")
    short = {key: value for key, value in option("a").items() if key != "displayOrder"}
    wanted = body(name="y", type="enumeration", fieldType="select", options=[short])
    assert hub.refused("POST", dated, wanted) == (400, "Some required fields were not set: [displayOrder]")
    assert hub.call("POST", f"{dated}/batch/create", {"inputs": [body(name="z")]})["status"] == "COMPLETE"


def test_archive_and_an_archived_name_that_comes_back(hub):
    hub.property("x")
    one = hub.contact(x="old")
    assert hub.ask("DELETE", f"{BASE}/x").status_code == 204
    assert hub.refused("GET", f"{BASE}/x") == (404, "Property x does not exist for object type 0-1")
    assert hub.call("GET", f"{BASE}/x?archived=true")["archived"] is True
    hub.move("2026-01-06T14:00:00Z")
    assert hub.property("x")["createdAt"] == "2026-01-05T14:00:00.000Z"
    assert hub.values(one, "x") == ["old"]


def test_an_archived_name_with_a_twin(hub):
    hub.door("settings", {"archived_name": "twin"})
    hub.property("x")
    one = hub.contact(x="old")
    hub.ask("DELETE", f"{BASE}/x")
    hub.move("2026-01-06T14:00:00Z")
    assert hub.property("x")["createdAt"] == "2026-01-06T14:00:00.000Z"
    assert hub.values(one, "x") == [None]
    assert [p["name"] for p in hub.call("GET", f"{BASE}?archived=true")["results"]] == ["x"]


def test_what_is_in_use_cannot_be_archived(hub):
    hub.property("x", "number")
    hub.property("y", "number", "calculation_equation", calculationFormula="x * 2")
    hub.flow(put("x", "1"), enabled=False, enrollmentCriteria=on(changed("city")))
    answer = hub.ask("DELETE", f"{BASE}/x")
    told = answer.json()
    assert (answer.status_code, told["subCategory"], told["message"]) == (
        400,
        "PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE",
        "Property x is currently used in 2 places and cannot be deleted",
    )


def test_what_hubspot_defines_stays_but_for_its_options(hub):
    assert hub.refused("DELETE", f"{BASE}/email") == (
        400,
        "Property email is defined by HubSpot and cannot be deleted.",
    )
    assert hub.refused("PATCH", f"{BASE}/hs_lead_status", {"label": "Mine"}) == (
        400,
        "Property hs_lead_status is defined by HubSpot and cannot be edited.",
    )
    changed_one = hub.call("PATCH", f"{BASE}/hs_lead_status", {"options": [option("NEW")]})
    assert [one["value"] for one in changed_one["options"]] == ["NEW"]


def test_groups(hub):
    path = f"{BASE}/groups"
    hub.call("POST", path, {"name": "stl", "label": "STL", "displayOrder": -1})
    told = hub.ask("POST", path, {"name": "stl", "label": "STL"}).json()
    assert told["subCategory"] == "PropertyGroupError.GROUP_ALREADY_EXISTS"
    hub.property("x", groupName="stl")
    answer = hub.ask("DELETE", f"{path}/stl")
    assert (answer.status_code, answer.json()["subCategory"]) == (
        400,
        "PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES",
    )
    hub.ask("DELETE", f"{BASE}/x")
    assert hub.ask("DELETE", f"{path}/stl").status_code == 204
    assert "stl" not in {one["name"] for one in hub.call("GET", path)["results"]}


def test_batches_say_which_failed(hub):
    made = hub.ask("POST", f"{BASE}/batch/create", {"inputs": [body(), body(name="Y"), body(name="z")]})
    assert made.status_code == 207
    assert [one["name"] for one in made.json()["results"]] == ["x", "z"]
    assert made.json()["numErrors"] == 1
    fault = {"kind": "partial_failure", "rows": [1], "code": "INTERNAL", "match": {"path_regex": "batch/create"}}
    hub.door("faults", fault)
    again = hub.ask("POST", f"{BASE}/batch/create", {"inputs": [body(name="p"), body(name="q")]})
    assert (again.status_code, [one["name"] for one in again.json()["results"]]) == (207, ["p"])
    wanted = {"archived": False, "dataSensitivity": "non_sensitive", "inputs": [{"name": "x"}, {"name": "q"}]}
    read = hub.ask("POST", f"{BASE}/batch/read", wanted)
    assert (read.status_code, [one["name"] for one in read.json()["results"]]) == (207, ["x"])
    assert hub.ask("POST", f"{BASE}/batch/archive", {"inputs": [{"name": "x"}, {"name": "none"}]}).status_code == 204


def test_a_new_property_is_seen_after_a_while(hub):
    hub.door("settings", {"visibility_delay_ms": 60_000})
    hub.property("x")
    assert hub.refused("GET", f"{BASE}/x") == (404, "Property x does not exist for object type 0-1")
    hub.door("settings", {"visibility_delay_ms": 0})
    assert hub.call("GET", f"{BASE}/x")["name"] == "x"


def test_limits_count(hub):
    hub.door("settings", {"custom_property_limit": 1})
    hub.property("x")
    assert hub.refused("POST", BASE, body(name="y")) == (400, "The limit of 1 properties for contacts is reached.")
    counted = hub.call("GET", "/crm/v3/limits/custom-properties")
    assert [(one["objectTypeId"], one["usage"], one["limit"]) for one in counted["byObjectType"]] == [("0-1", 1, 1)]


def test_display_order_can_be_generated(hub):
    hub.door("settings", {"assign_display_order": True})
    assert (hub.property("x")["displayOrder"], hub.property("y")["displayOrder"]) == (1, 2)


def test_an_edit_by_hand_has_its_author(hub):
    hub.property("x")
    hub.door("edit", {"property": "contacts/x", "changes": {"label": "By hand"}, "by": "777"})
    found = hub.call("GET", f"{BASE}/x")
    assert (found["label"], found["updatedUserId"]) == ("By hand", "777")


def test_types_do_not_change_but_texts_grow(hub):
    hub.property("x")
    assert hub.call("PATCH", f"{BASE}/x", {"fieldType": "textarea"})["fieldType"] == "textarea"
    assert hub.refused("PATCH", f"{BASE}/x", {"type": "number", "fieldType": "number"}) == (
        501,
        "The emulator does not model changing a property's type from string to number.",
    )
