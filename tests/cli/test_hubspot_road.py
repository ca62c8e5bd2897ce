"""The commands against an emulated HubSpot portal, and what people do in the portal meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator

import hubspot_contract
import pytest
from hubspot_bench import DESIGN, HubBench, hubspot_bench

APPLY = ("apply", "brew.yaml", "-c", "box", "--yes")
PLAN = ("plan", "brew.yaml", "-c", "box", "--detailed-exitcode")
DESTROY = ("destroy", "brew.yaml", "-c", "box", "--yes")
PORTAL = "HubSpot portal 1234567"
SAME = f"No changes. {PORTAL} matches brew.yaml."


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubBench]:
    with hubspot_bench(tmp_path_factory.mktemp("road")) as made:
        yield made


@pytest.fixture
def bench(running: HubBench) -> HubBench:
    running.prepare()
    return running


def planned(text: str) -> list[str]:
    """The lines of a plan that name a change."""
    return [line.strip() for line in text.splitlines() if line[:4] in ("  + ", "  ~ ", "  - ", "  ! ")]


def test_from_an_empty_portal_and_back(bench: HubBench) -> None:
    before = bench.picture()
    out = bench(*PLAN, code=3)
    assert "Plan: 38 to add, 0 to change, 0 to delete." in out
    assert bench.picture() == before, "a plan writes nothing"
    assert f"Applied: 38 changes in {PORTAL}, read back and as planned" in bench(*APPLY)
    assert {flow["isEnabled"] for flow in bench.flows()} == {True}
    bench.proxy.begin()
    assert SAME in bench(*PLAN)
    assert len(bench.proxy.calls) <= 10
    assert {call.method for call in bench.proxy.calls if "batch/read" not in call.path} == {"GET"}
    applied = bench.picture()
    assert SAME in bench(*APPLY)
    assert bench.picture() == applied

    bench.edit("sla: 4h", "sla: 6h")
    assert planned(bench(*PLAN, code=3)) == [
        "~ Flow:judge  (design changed)", "~ Flow:open_sample  (design changed)",
        "~ Flow:timer_sample  (design changed)",
    ]  # fmt: skip
    assert f"Applied: 3 changes in {PORTAL}" in bench(*APPLY)
    assert SAME in bench(*PLAN)

    assert "Plan: 0 to add, 0 to change, 38 to delete." in bench(*DESTROY)
    assert bench.picture() | {"archived": []} == before
    assert "Nothing to delete." in bench(*DESTROY)
    out = bench(*APPLY)
    assert f"Applied: 38 changes in {PORTAL}" in out
    assert "Property:contacts.brw_cycle was archived on 2026-01-05. Creating the name again may bring" in out
    assert "ok Property:contacts.brw_cycle: restored from the archive: records may show values from before" in out


def test_all_that_was_said_is_in_the_vendors_files(bench: HubBench) -> None:
    """Creation, change, destruction, and everything the emulator answered."""
    interface = hubspot_contract.interface()
    bench.proxy.begin()
    bench(*APPLY)
    bench.edit("sla: 4h", "sla: 6h")
    bench.edit("label: Sample box", "label: Sample")
    bench.edit("mode: silent", "mode: live")
    bench("golive", *APPLY[1:], "--override", "agreed")
    bench(*DESTROY)
    calls = list(bench.proxy.calls)
    assert len({f"{call.method} {call.path}" for call in calls if call.method != "GET"}) > 40
    assert hubspot_contract.check(interface, calls) == len(calls)


def test_an_option_made_by_hand_stays(bench: HubBench) -> None:
    bench(*APPLY)
    path, name = "/crm/v3/properties/contacts/brw_lead_type", "brw_lead_type"
    options = bench.properties()[name]["options"]
    partner = {"label": "Partner", "value": "partner", "hidden": False, "displayOrder": 0}
    bench.call("PATCH", path, {"options": [partner, *options]})
    told = f"Property:contacts.{name} has options the design does not know: partner. Kept."
    out = bench(*PLAN)
    assert told in out
    assert SAME in out
    bench.edit("label: Sample box", "label: Sample")
    out = bench(*APPLY)
    assert told in out
    assert f"Applied: 2 changes in {PORTAL}, read back and as planned" in out
    assert {item["value"]: item["label"] for item in bench.properties()[name]["options"]} == {
        "sample": "Sample", "untracked": options[1]["label"], "partner": "Partner",
    }  # fmt: skip


def test_a_lead_type_that_left_the_design_keeps_its_option(bench: HubBench) -> None:
    """Records still carry the value."""
    quote = (
        "  - {id: quote, label: Quote, when: {brew_interest: [quote]}, sla: 1h, clock: calendar, escalation: cold}\n"
    )
    bench.edit("lead_types:\n", f"lead_types:\n{quote}")
    bench(*APPLY)
    bench.edit(quote, "")
    bench(*APPLY)
    assert sorted(item["value"] for item in bench.properties()["brw_lead_type"]["options"]) == [
        "quote", "sample", "untracked",
    ]  # fmt: skip
    assert "brw_lead_type has options the design does not know: quote. Kept." in bench(*PLAN)


def test_a_renamed_workflow_is_still_ours(bench: HubBench) -> None:
    bench(*APPLY)
    before = bench.picture()
    bench.door("edit", {"flow": bench.flow("BRW judge")["id"], "changes": {"name": "Please leave"}})
    out = bench(*PLAN, code=3)
    assert planned(out) == ["~ Flow:judge  (changed by hand)"]
    assert '~ name: "Please leave" -> "BRW judge"' in out
    bench(*APPLY)
    assert bench.picture() == before


def test_a_workflow_deleted_by_hand_comes_back(bench: HubBench) -> None:
    bench(*APPLY)
    before = bench.picture()
    bench.call("DELETE", f"/automation/v4/flows/{bench.flow('BRW judge')['id']}")
    assert planned(bench(*PLAN, code=3)) == ["+ Flow:judge  (deleted by hand)"]
    bench(*APPLY)
    assert bench.picture() == before


def test_a_workflow_edited_after_the_plan_refuses_it(bench: HubBench) -> None:
    bench(*APPLY)
    bench.edit("sla: 4h", "sla: 6h")
    bench("plan", "brew.yaml", "-c", "box", "-o", "brew.plan")
    flow = bench.flow("BRW judge")
    bench.door("edit", {"flow": flow["id"], "changes": {"name": "Edited"}})
    before = bench.picture()
    out = bench("apply", "brew.plan", "-c", "box", "--yes", code=5)
    assert "Error: Flow:judge changed in the org after this plan was made." in out
    assert bench.picture() == before


def test_a_workflow_edited_while_we_write_is_not_overwritten(bench: HubBench) -> None:
    bench(*APPLY)
    bench.edit("sla: 4h", "sla: 6h")
    timer = bench.flow("BRW timer sample")["id"]
    bench.proxy.begin()
    edited: list[str] = []

    def edit(number: int) -> bool:
        if bench.proxy.calls[-1].method == "PUT" and not edited:  # the first of three workflows was written
            edited.append(timer)
            bench.door("edit", {"flow": timer, "changes": {"name": "Edited"}})
        return False

    bench.proxy.after = edit
    out = bench(*APPLY, code=4)
    assert "failed Flow:timer_sample: workflow 'BRW timer sample' was changed in HubSpot after it was read" in out
    assert f"Not as planned in {PORTAL}: 2 done, 1 failed" in out
    assert [flow["name"] for flow in bench.flows() if flow["id"] == timer] == ["Edited"]
    bench.proxy.begin()
    assert planned(bench(*PLAN, code=3)) == ["~ Flow:timer_sample  (design changed, and changed by hand)"]
    bench(*APPLY)
    assert SAME in bench(*PLAN)


@pytest.mark.parametrize("archived_name", ["restore", "twin"])
def test_an_archived_name_is_announced(bench: HubBench, archived_name: str) -> None:
    bench.door("settings", {"archived_name": archived_name})
    old = {
        "name": "brw_cycle",
        "label": "Old",
        "groupName": "contactinformation",
        "type": "string",
        "fieldType": "text",
    }
    bench.call("POST", "/crm/v3/properties/contacts", old)
    bench.call("DELETE", "/crm/v3/properties/contacts/brw_cycle")
    out = bench(*APPLY)
    assert out.count("Property:contacts.brw_cycle was archived on 2026-01-05.") == 1
    assert f"Applied: 38 changes in {PORTAL}, read back and as planned" in out
    assert SAME in bench(*PLAN)
    made = bench.properties()["brw_cycle"]
    assert (made["type"], made["groupName"]) == ("number", "brw_speed_to_lead")


def test_what_somebody_else_made_under_our_name_is_left_alone(bench: HubBench) -> None:
    body = {"name": "BRW clock running", "objectTypeId": "0-1", "processingType": "MANUAL"}
    bench.call("POST", "/crm/v3/lists", body)
    before = bench.picture()
    out = bench(*APPLY, code=5)
    assert f"List:running is already in {PORTAL}, and this design did not make it." in out
    assert bench.picture() == before


def test_a_list_replaced_by_hand_is_not_taken_for_ours(bench: HubBench) -> None:
    bench(*APPLY)
    (ours,) = [item for item in bench.lists() if item["name"] == "BRW breached today"]
    bench.call("DELETE", f"/crm/v3/lists/{ours['listId']}")
    body = {"name": ours["name"], "objectTypeId": "0-1", "processingType": "MANUAL"}
    theirs = bench.call("POST", "/crm/v3/lists", body)["list"]["listId"]
    assert "List:breached_today was deleted, and another list is called 'BRW breached today' now." in bench(
        *PLAN, code=3
    )
    bench(*APPLY, code=5)
    assert theirs in [item["listId"] for item in bench.lists()]


def test_somebody_who_left_is_not_told(bench: HubBench) -> None:
    bench.door("seed", {"owners": [{"email": "gone@brewline.example", "archived": True}]})
    bench.edit("silent_to: qa@", "silent_to: gone@")
    out = bench(*PLAN, code=2)
    assert "error H323: Nobody of this account" in out
    assert "'gone@brewline.example': has left: the owner is deactivated" in out


def test_hours_in_another_zone_than_the_accounts_are_refused(bench: HubBench) -> None:
    """Windows of workflows are in the account's zone: people would be told hours off."""
    bench.door("settings", {"timezone": "Europe/Berlin"})
    before = bench.picture()
    assert "timezone" in bench(*APPLY, code=2)
    assert bench.picture() == before


def test_another_account_is_refused(bench: HubBench) -> None:
    bench.edit("portal_id: 1234567", "portal_id: 7654321")
    out = bench(*APPLY, code=5)
    assert f"Error: The connection leads to {PORTAL}, but the design expects 7654321." in out
    assert [str(call) for call in bench.proxy.calls] == ["GET /account-info/v3/details"]


READ = (
    "crm.schemas.contacts.read crm.objects.contacts.read crm.objects.owners.read automation crm.lists.read forms "
    "crm.objects.users.read settings.users.teams.read"
)


def test_the_scopes_of_the_readme_are_enough(bench: HubBench) -> None:
    """Least privilege, as the reference lists it (1.2): one set plans, two more scopes apply."""
    bench.door(
        "seed",
        {
            "tokens": [
                {"token": "pat-na1-reads", "scopes": READ.split()},
                {"token": "pat-na1-writes", "scopes": [*READ.split(), "crm.schemas.contacts.write", "crm.lists.write"]},
            ]
        },
    )
    whole, before = bench.token, bench.picture()
    try:
        bench.token = "pat-na1-reads"
        assert "Plan: 38 to add, 0 to change, 0 to delete." in bench(*PLAN, code=3)
        out = bench(*APPLY, code=1)
        assert "crm.schemas.contacts.write" in out
        bench.token = "pat-na1-writes"
        assert f"Applied: 38 changes in {PORTAL}, read back and as planned" in bench(*APPLY)
        assert f"Applied: 38 changes in {PORTAL}" in bench(*DESTROY)
    finally:
        bench.token = whole
    assert bench.picture() | {"archived": []} == before


FAULTS = [
    {"kind": "status", "status": 429, "times": 2, "match": {"method": "POST"}},
    {"kind": "status", "status": 502, "times": 2, "match": {"method": "GET"}},
    {"kind": "status", "status": 502, "times": 1, "match": {"method": "POST", "path_regex": "flows$"}},
    {"kind": "status", "status": 423, "times": 1, "match": {"method": "POST", "path_regex": "lists"}},
    {"kind": "status", "status": 500, "times": 1, "match": {"method": "PUT"}},
    {"kind": "status", "status": 500, "times": 1, "after": True, "match": {"method": "POST", "path_regex": "flows$"}},
    {
        "kind": "status",
        "status": 500,
        "times": 1,
        "after": True,
        "match": {"method": "POST", "path_regex": "batch/create"},
    },
    {"kind": "reset", "times": 1, "after": True, "match": {"method": "POST", "path_regex": "lists$"}},
    {"kind": "partial_failure", "times": 1, "rows": [0, 3], "match": {"path_regex": "batch/create"}},
    {"kind": "slow", "seconds": 0.5, "times": 2, "match": {"method": "POST"}},
]


@pytest.mark.parametrize(
    "fault", FAULTS, ids=lambda fault: " ".join(str(fault.get(key, "")) for key in ("kind", "status"))
)
def test_trouble_that_passes_leaves_the_same_portal(bench: HubBench, fault: dict[str, object]) -> None:
    bench(*APPLY)
    expected = bench.picture()
    bench.prepare()
    bench.door("faults", fault)
    code = bench.code(*APPLY)
    assert [one["times"] for one in bench.door("faults")] == [0], "the fault did not happen"
    assert code in (0, 4)
    bench(*APPLY)
    assert bench.picture() == expected
    assert SAME in bench(*PLAN)


HOSTILE = "<img src=x onerror=alert(1)>\"';{{ contact.email }}{% raw %}{#x#}🔥${x}"
MARKUP = "&lt;img src=x onerror=alert(1)&gt;"


def test_hostile_words_stay_words(bench: HubBench) -> None:
    """Deployed, and executed: nothing a person wrote is merged into a message or becomes markup in it."""
    quoted = json.dumps(HOSTILE, ensure_ascii=False)
    bench.edit("label: Sample box", f"label: {quoted}")
    bench.edit('task: "Call {lead.name}"', "task: '<b>Call</b> \"; {lead.name}'")
    bench(*APPLY)
    assert SAME in bench(*PLAN)
    assert {item["value"]: item["label"] for item in bench.properties()["brw_lead_type"]["options"]}[
        "sample"
    ] == HOSTILE
    values = {"email": "victim@lead.example", "firstname": "{{ contact.email }}", "brew_interest": "sample"}
    owned = values | {"hubspot_owner_id": bench.owners["rep"]}
    bench.call("POST", "/crm/v3/objects/contacts", {"properties": owned, "associations": []})
    bench.door("clock", {"advance": "PT9H"})
    sent = bench.door("sent")
    assert {one["channel"] for one in sent} == {"email", "bell"}
    assert {address for one in sent for address in one["to"]} == {"qa@brewline.example"}
    for one in sent:
        assert "victim@lead.example" not in one["subject"] + one["body"]
        assert "<img" not in one["body"]
        assert MARKUP in one["body"]


@pytest.mark.parametrize("task", ["{{ contact.email }}", "{{lead.name}}", "{%raw%}", "{lead.email}"])
def test_braces_in_a_task_are_placeholders_or_refused(bench: HubBench, task: str) -> None:
    bench.edit("Call {lead.name}", task)
    assert "error D134: Unknown placeholder" in bench(*APPLY, code=2)
    assert bench.properties().keys() == {"brew_interest"}


@pytest.mark.parametrize("field", ["label", "client"])
@pytest.mark.parametrize("text", ["a\\u0000b", "a\\u001bb", "a\\u202eb"])
def test_control_characters_are_no_words(bench: HubBench, field: str, text: str) -> None:
    old = {"label": "label: Sample box", "client": "client: Brewline Coffee"}[field]
    bench.edit(old, f'{field}: "{text}"')
    before = bench.picture()
    bench(*APPLY, code=2)
    assert bench.picture() == before


def test_the_design_is_the_one_that_is_edited() -> None:
    assert DESIGN.count("sla: 4h") == DESIGN.count("label: Sample box") == DESIGN.count("mode: silent") == 1
