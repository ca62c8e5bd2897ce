"""Whatever the design, what we render is what the vendor's schemas accept: wired up, reproducible, read back."""

from __future__ import annotations

import json
from collections import deque
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hs_designs import TRAINED, acme, compiled, designs, example, small
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from provisioner.model.design import Design
from provisioner.resources import Address, Resource
from provisioner.targets.hubspot.compare import renumbered, ways
from provisioner.targets.hubspot.desire import build, desire
from provisioner.targets.hubspot.names import BRANCHES_MOST
from provisioner.targets.hubspot.render import artifacts, parse, text
from provisioner.targets.hubspot.resolve import substituted

CONTRACTS = Path(__file__).parents[4] / "shared" / "contracts" / "hubspot"
BODIES = {
    "Property": ("properties-v3.json", "PropertyCreate"),
    "PropertyGroup": ("properties-v3.json", "PropertyGroupCreate"),
    "List": ("lists-v3.json", "ListCreateRequest"),
    "Flow": ("automation-v4.json", "ApiContactFlowCreateRequest"),
    "PLATFORM_FLOW": ("automation-v4.json", "ApiPlatformFlowCreateRequest"),
}
SLOW = settings(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))


@cache
def schema(kind: str) -> Draft202012Validator:
    """The vendor's schema with unknown keys forbidden. Where its own examples contradict it, they win: the values of an
    action's `fields` are any JSON, and `nextAvailableActionId` is sent."""
    file, name = BODIES[kind]
    components = json.loads((CONTRACTS / file).read_text(encoding="utf-8"))["components"]
    for part in components["schemas"].values():
        if part.get("properties"):
            part.setdefault("additionalProperties", False)
    if file.startswith("automation"):
        components["schemas"]["ApiSingleConnectionAction"]["properties"]["fields"] = {"type": "object"}
        components["schemas"][name]["properties"]["nextAvailableActionId"] = {"type": "string"}
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": components})


def built(design: Design) -> list[Resource]:
    return list(build(design))


def sent(resource: Resource) -> dict[str, Any]:
    """The body as it is sent: ids instead of references."""
    body = substituted(resource, lambda value, _: 1842 if value.get("as") == "integer" else "41629779")
    return dict(body.attributes)


def flows(design: Design) -> list[dict[str, Any]]:
    return [dict(item.attributes) for item in build(design) if item.address.kind == "Flow"]


@pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the vendor's schemas are not beside the checkout")
@SLOW
@given(design=designs)
def test_every_body_is_what_the_vendor_accepts(design: Design) -> None:
    for resource in build(design):
        if resource.address.kind in BODIES:
            kind = "PLATFORM_FLOW" if resource.attributes.get("type") == "PLATFORM_FLOW" else resource.address.kind
            errors = [error.message for error in schema(kind).iter_errors(sent(resource))]
            assert errors == [], resource.address


@pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the vendor's schemas are not beside the checkout")
def test_the_schemas_would_notice_an_unknown_key() -> None:
    body = {**sent(next(item for item in build(acme()) if item.address.kind == "Flow")), "filterListBranches": []}
    assert not schema("Flow").is_valid(body)


@SLOW
@given(design=designs)
def test_every_workflow_is_wired_up(design: Design) -> None:
    for flow in flows(design):
        actions = {action["actionId"]: action for action in flow["actions"]}
        assert list(actions) == [str(number) for number in range(1, len(actions) + 1)]
        assert flow["nextAvailableActionId"] == str(len(actions) + 1)
        reached = {flow["startActionId"]}
        waiting = deque(reached)
        while waiting:
            found = set(ways(actions[waiting.popleft()])) - reached
            reached |= found
            waiting += found
        assert reached == set(actions)
        for action in flow["actions"]:
            assert len(action.get("listBranches", ())) <= BRANCHES_MOST
            assert action.get("defaultBranch") != {}


@SLOW
@given(design=designs)
def test_without_jumps_a_workflow_is_a_tree(design: Design) -> None:
    for flow in flows(design):
        standard: list[str] = []
        for action in flow["actions"]:
            for owner in (action, *action.get("listBranches", ())):
                for slot in ("connection", "defaultBranch"):
                    if owner.get(slot, {}).get("edgeType") == "STANDARD":
                        standard.append(owner[slot]["nextActionId"])
        assert sorted(standard) == sorted(action["actionId"] for action in flow["actions"][1:])


@SLOW
@given(design=designs)
def test_numbering_along_the_graph_changes_nothing(design: Design) -> None:
    for flow in flows(design):
        assert renumbered(flow) == {"actions": flow["actions"], "startActionId": "1"}


@SLOW
@given(design=designs)
def test_what_is_written_is_what_is_read(design: Design) -> None:
    for resource in build(design):
        assert parse(resource.address, text(resource)) == resource


@SLOW
@given(design=designs)
def test_the_same_design_gives_the_same_bytes(design: Design) -> None:
    assert artifacts(build(design)) == artifacts(reversed(built(design)))


def test_the_example_gives_these_resources() -> None:
    snapshot, found = desire(acme(), lambda pointer: pointer)
    assert [(item.code, item.severity) for item in found] == [("H307", "info")]
    others = [str(address) for address in snapshot.resources if address.kind not in ("Property", "PropertyGroup")]
    assert others == [
        "Flow:created", "Flow:engagement", "Flow:judge", "Flow:open_content_mql", "Flow:open_demo_request",
        "Flow:open_emea_demo", "Flow:open_enterprise_inquiry", "Flow:open_event_attendee", "Flow:owner",
        "Flow:timer_content_mql", "Flow:timer_demo_request", "Flow:timer_emea_demo", "Flow:timer_enterprise_inquiry",
        "Flow:timer_event_attendee", "Flow:touch", "List:breached_today", "List:excluded", "List:running",
        "List:unmatched",
    ]  # fmt: skip
    names = [address.name for address in snapshot.resources if address.kind == "Property"]
    assert all(name.startswith("contacts.stl_") for name in names)
    assert len(names) == 30


def test_a_threshold_moves_its_own_workflows_only() -> None:
    document = small()
    before = {item.address: item for item in build(compiled(document))}
    document["lead_types"][1]["sla"] = "5h"
    after = {item.address: item for item in build(compiled(document))}
    moved = [str(address) for address in before if before[address] != after[address]]
    assert moved == ["Flow:judge", "Flow:open_slow", "Flow:timer_slow"]


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "{{ contact.email }}",
        "{% raw %}",
        "{#x#}",
        "a \"b\" 'c' \\",
        "x;y",
        "🚀" * 40,
        "&lt;",
    ],
)
@pytest.mark.parametrize("mode", ["silent", "live"])
def test_what_people_wrote_stays_text(hostile: str, mode: str) -> None:
    document = small(mode)
    document["lead_types"][0]["label"] = hostile
    document["escalation"]["urgent"][2]["task"] = f"{hostile} {{lead.name}}"
    flow = next(item for item in flows(compiled(document)) if item["name"] == "STL timer demo")
    ours = {"{{ enrolled_object.firstname }}", "{{ enrolled_object.lastname }}", "{{ enrolled_object.company }}"}
    ours |= {"{{ enrolled_object.hubspot_owner_id }}", "{{ enrolled_object.hs_object_id }}"}
    for action in flow["actions"]:
        fields = action.get("fields", {})
        for key in ("subject", "body"):
            told = fields.get(key, "")
            for token in ours:
                told = told.replace(token, "")
            assert "{{" not in told and "{%" not in told and "{#" not in told
            if key == "body":
                assert "<" not in told.replace("<p>", "").replace("</p>", "")
        assert len(fields.get("subject", "")) <= 255 + 80
    options = next(
        item for item in build(compiled(document)) if item.address == Address("Property", "contacts.stl_lead_type")
    )
    assert options.attributes["options"][0] == {"label": hostile, "value": "demo", "displayOrder": 0, "hidden": False}
    assert hostile in strings(json.loads(text(options)))


def test_a_long_task_fits() -> None:
    document = small("live")
    document["escalation"]["urgent"][2]["task"] = "{lead.name} " + "x" * 200 + " {company} {rep} {lead_type}"
    flow = next(item for item in flows(compiled(document)) if item["name"] == "STL timer demo")
    subjects = [action["fields"]["subject"] for action in flow["actions"] if action.get("actionTypeId") == "0-3"]
    assert subjects == [
        "{{ enrolled_object.firstname }} {{ enrolled_object.lastname }} " + "x" * 192,
    ]


def test_only_portable_actions_are_sent() -> None:
    """Without Slack in the design, nothing that depends on an account's apps. [docs] reference/hubspot.md 4.6"""
    kinds = {
        action.get("actionTypeId", action["type"])
        for mode in ("silent", "live")
        for document in (example(), small())
        for flow in flows(compiled({**document, "alerts": {**document["alerts"], "mode": mode}, "enablement": TRAINED}))
        for action in flow["actions"]
    }
    assert kinds == {"0-1", "0-3", "0-5", "0-8", "0-9", "0-11", "0-35", "LIST_BRANCH"}
