"""What may be saved as a workflow, revisions, and the vendor's known refusals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.emulator.hubspot.workflows.flows import renumber

from .conftest import NOW, act, both, changed, event, meeting, on, put, tree, where

PATH = "/automation/v4/flows"


def flow(*actions, **more):
    listed = [{"actionId": str(number)} | action for number, action in enumerate(actions, 1)]
    return {
        "type": "CONTACT_FLOW",
        "flowType": "WORKFLOW",
        "objectTypeId": "0-1",
        "isEnabled": False,
        "name": "F",
        "actions": listed,
        "canEnrollFromSalesforce": False,
        "suppressionListIds": [],
        "blockedDates": [],
        "timeWindows": [],
        "customProperties": {},
        "dataSources": [],
    } | ({"startActionId": "1"} if actions else {}) | more  # fmt: skip


def to(number, edge="STANDARD"):
    return {"connection": {"edgeType": edge, "nextActionId": number}}


def clock(hour):
    return {"hour": hour, "minute": 0}


CITY = put("city", "x")
FORM_F = where("hs_form_id", "ENUMERATION", "IS_ANY_OF", values=["f"])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {key: value for key, value in flow().items() if key != "type"},
            "Some required fields were not set: [type]",
        ),
        (flow(objectTypeId="0-136"), 'Expected a "0-1" objectType but got "0-136"'),
        (flow(CITY, startActionId="7"), "startActionId 7 is not the id of an action."),
        (flow(CITY | to("9")), "Action 1 goes on to 9, which does not exist."),
        (flow(CITY | to("2"), CITY | to("1")), "Action 1 leads back to itself; only a GOTO may."),
        (flow(CITY, CITY | {"actionId": "1"}), "actionId 1 is not unique."),
        (flow(CITY | {"actionId": "a"}, startActionId="a"), "actionId is a whole number in a text, not 'a'."),
        (
            flow(CITY | to("1", "GO-TO")),
            "Invalid input JSON: action.connection.edgeType is one of GOTO, STANDARD, not 'GO-TO'.",
        ),
        (
            flow(CITY, nextAvailableActionId="9"),
            "nextAvailableActionId was expected to be '2' but was '9'.",
        ),
        (flow(put("nope", "x")), "Property nope does not exist for object type 0-1"),
        (flow(put("createdate", NOW)), "Property createdate is read only; a workflow cannot set it."),
        (
            flow(put("hs_lead_status", "GONE")),
            "Property hs_lead_status cannot be set: GONE was not one of the allowed options: ['NEW', 'OPEN', "
            "'IN_PROGRESS', 'OPEN_DEAL', 'UNQUALIFIED', 'ATTEMPTED_TO_CONTACT', 'CONNECTED', 'BAD_TIMING'].",
        ),
        (flow(put("city", NOW)), "Property city of type string cannot hold an instant."),
        (
            flow(act("0-1", delta=5, time_unit="MINUTES")),
            "Invalid input JSON: fields of action 1.delta must be a string.",
        ),
        (
            flow(act("0-1", delta="5m", time_unit="MINUTES")),
            "delta of action 1 is a whole number in a text, not '5m'.",
        ),
        (flow(act("0-1", delta="0", time_unit="MINUTES")), "The delay of action 1 is at least 1."),
        (
            flow(act("0-8", user_ids=["1"], subject="S", body="B")),
            "User 1 does not exist.",
        ),
        (
            flow(act("0-8", subject="S", body="B")),
            "A notification needs user_ids, team_ids or owner_properties.",
        ),
        (flow(act("0-8", owner_properties=["city"], subject="S", body="B")), "Property city holds no owner."),
        (flow(act("0-15", flow_id="1")), "There is no workflow 1 for object type 0-1."),
        (flow(CITY | {"actionTypeVersion": 2}), "Action 0-5 has no version 2."),
        (
            flow({"type": "LIST_BRANCH", "listBranches": [{"filterBranch": tree(both())}], "defaultBranch": {}}),
            "Some required fields were not set: [edgeType, nextActionId]",
        ),
        (flow(suppressionListIds=[7]), "List 7 does not exist."),
        (
            flow(enrollmentCriteria=on(event("4-655002"))),
            "A property change names its property in a filter on hs_name.",
        ),
        (
            flow(enrollmentCriteria=on(changed("nope"))),
            "Property nope does not exist for object type 0-1",
        ),
        (
            flow(enrollmentCriteria=on(event("4-1639801", FORM_F))),
            "Form f does not exist.",
        ),
        (
            flow(enrollmentCriteria=meeting(both(), triggers=[tree(both())])),
            "A re-enrolment trigger is an AND or UNIFIED_EVENTS branch, not OR.",
        ),
        (
            flow(timeWindows=[{"day": "MONDAY", "startTime": clock(9), "endTime": clock(8)}]),
            "The window of MONDAY ends before it starts.",
        ),
    ],
)  # fmt: skip
def test_refused_workflows(hub, body, message):
    assert hub.refused("POST", PATH, body) == (400, message)


def test_a_platform_flow_is_not_for_contacts(hub):
    body = {key: value for key, value in flow().items() if key not in ("canEnrollFromSalesforce", "suppressionListIds")}
    assert hub.refused("POST", PATH, body | {"type": "PLATFORM_FLOW"}) == (
        400,
        'Expected an object type other than "0-1" objectType but got "0-1"',
    )


@pytest.mark.parametrize("action", [act("0-13"), {"type": "LIST_BRANCH", "filterListBranches": [], "listBranches": []}])
def test_some_bodies_answer_500_with_nothing(hub, action):
    answer = hub.ask("POST", PATH, flow(action))
    assert (answer.status_code, answer.content) == (500, b"")


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (flow({"type": "AB_TEST_BRANCH"}), "actions of type AB_TEST_BRANCH"),
        (flow(act("0-4", content_id="1")), "actions of actionTypeId 0-4"),
        (flow(goalFilterBranch=tree(both())), "goalFilterBranch of workflows"),
        (flow(unEnrollmentSetting={"type": "ALL", "flowIds": []}), "unEnrollmentSetting of workflows"),
        (flow(put("city", "")), "clearing a property in a workflow, whose representation is not known"),
        (flow(enrollmentCriteria=on(event("4-96000"))), "events of type 4-96000"),
        (
            flow(put("city", {"type": "FETCHED_OBJECT_PROPERTY", "propertyToken": "x"})),
            "values of type FETCHED_OBJECT_PROPERTY",
        ),
    ],
)
def test_workflows_that_are_not_modelled(hub, body, what):
    assert hub.refused("POST", PATH, body) == (501, f"The emulator does not model {what}.")


def test_revisions(hub):
    made = hub.call("POST", PATH, flow(CITY))
    one = f"{PATH}/{made['id']}"
    assert (made["revisionId"], made["nextAvailableActionId"], made["crmObjectCreationStatus"]) == (
        "1",
        "2",
        "COMPLETE",
    )
    keep = (
        "type",
        "isEnabled",
        "actions",
        "blockedDates",
        "timeWindows",
        "customProperties",
        "canEnrollFromSalesforce",
    )
    body = {key: made[key] for key in (*keep, "suppressionListIds", "revisionId", "startActionId")}
    for extra in ("objectTypeId", "flowType", "dataSources"):
        message = f'Invalid input JSON: unrecognized field "{extra}" in body.'
        assert hub.refused("PUT", one, body | {extra: made[extra]}) == (400, message)
    saved = hub.call("PUT", one, body)
    assert (saved["revisionId"], "name" in saved, saved["objectTypeId"]) == ("2", False, "0-1")
    stale = hub.refused("PUT", one, body)
    assert stale == (409, f"Flow {made['id']} is at revision 2, not 1.")
    assert hub.door("edit", {"flow": made["id"], "changes": {"name": "By hand"}})["revisionId"] == "3"
    old = hub.call("GET", f"/automation/2026-09-beta/flows/{made['id']}/revisions/1")
    assert (old["flow"]["name"], hub.call("GET", one)["name"]) == ("F", "By hand")


def test_a_batch_of_workflows(hub):
    made = hub.call("POST", PATH, flow())
    wanted = [{"flowId": made["id"], "type": "FLOW_ID"}, {"flowId": "1", "type": "FLOW_ID"}]
    answer = hub.ask("POST", f"{PATH}/batch/read", {"inputs": wanted})
    assert (answer.status_code, [one["id"] for one in answer.json()["results"]]) == (207, [made["id"]])


def test_ids_can_come_back_renumbered(hub):
    hub.door("settings", {"renumber_actions": True})
    made = hub.call(
        "POST",
        PATH,
        flow(CITY | {"actionId": "30"}, CITY | {"actionId": "7"} | to("30"), startActionId="7"),
    )
    assert [(one["actionId"], one.get("connection", {}).get("nextActionId")) for one in made["actions"]] == [
        ("1", "2"),
        ("2", None),
    ]
    assert (made["startActionId"], made["nextAvailableActionId"]) == ("1", "3")


def walk(one):
    """The names of the actions along a flow of single steps."""
    by_id = {action["actionId"]: action for action in one["actions"]}
    at, names = one.get("startActionId"), []
    while at is not None:
        names.append(by_id[at]["name"])
        at = by_id[at].get("connection", {}).get("nextActionId")
    return names


@given(st.permutations([str(n) for n in range(3, 9)]), st.randoms())
def test_renumbering_keeps_the_way_through(ids, random):
    actions = [
        {"type": "SINGLE_CONNECTION", "actionId": one, "name": number} | (to(ids[number + 1]) if number < 5 else {})
        for number, one in enumerate(ids)
    ]
    random.shuffle(actions)
    one = {"actions": actions, "startActionId": ids[0]}
    before = walk(one)
    renumber(one)
    assert walk(one) == before == list(range(6))
    assert [action["actionId"] for action in one["actions"]] == [str(n) for n in range(1, 7)]
