"""What counts as a difference, and what HubSpot adds or moves by itself."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any

import pytest
from hs_designs import acme
from hypothesis import given
from hypothesis import strategies as st

from provisioner.planning.diff import attribute_changes
from provisioner.resources import Address, Resource
from provisioner.targets.hubspot.compare import compare, explain_comparison, renumbered
from provisioner.targets.hubspot.desire import build
from provisioner.targets.hubspot.formula import tokens

RESOURCES = {str(item.address): item for item in build(acme())}
TYPE, MISS = "Property:contacts.stl_lead_type", "Property:contacts.stl_miss_minutes"
JUDGE, TIMER = "Flow:judge", "Flow:timer_demo_request"


def seen(name: str, edit: Any) -> list[tuple[str, Any, Any]]:
    """The differences when `edit` has been done to the live attributes."""
    wanted = RESOURCES[name]
    live = copy.deepcopy(dict(wanted.attributes))
    edit(live)
    found = compare(wanted, Resource(wanted.address, live))
    return [(item.path, item.old, item.new) for item in attribute_changes(found.attributes, wanted.attributes)]


@pytest.mark.parametrize("name", sorted(RESOURCES))
def test_what_was_applied_is_not_different(name: str) -> None:
    wanted = RESOURCES[name]
    assert compare(wanted, wanted).fingerprint() == wanted.fingerprint()


def added(live: dict[str, Any]) -> None:
    live.update(
        createdAt="2026-10-01T09:00:00.000Z", updatedAt="2026-10-02T09:00:00.000Z", createdUserId="1",
        updatedUserId="2",
        archived=False, calculated=False, hubspotDefined=False, showCurrencySymbol=False, hasUniqueValue=False,
        externalOptions=False, dataSensitivity="non_sensitive", displayOrder=7, numberDisplayHint="formatted",
        modificationMetadata={"archivable": True, "readOnlyDefinition": False, "readOnlyValue": False},
    )  # fmt: skip
    for place, option in enumerate(live.get("options", [])):
        option.update(description="", displayOrder=place * 10 + 3)


@pytest.mark.parametrize("name", [name for name in RESOURCES if name.startswith("Property:")])
def test_what_the_server_adds_to_a_property_is_ignored(name: str) -> None:
    def edit(live: dict[str, Any]) -> None:
        added(live)
        live.setdefault("options", [])

    assert seen(name, edit) == []


def test_a_formula_that_was_rewritten_on_saving_is_the_same() -> None:
    def rewrite(live: dict[str, Any]) -> None:
        live["calculationFormula"] = _respaced(live["calculationFormula"])

    assert seen(MISS, rewrite) == []


def _respaced(text: str) -> str:
    return text.replace(" equals ", " = ").replace("'", '"').replace("if ", "IF ", 1).replace(" ", "  \n")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('a = "x"', "a equals 'x'", True),
        ("IF a THEN 1.0 ENDIF", "if a then 1 endif", True),
        ("a+b", "a + b", True),
        ("'A'", "'a'", False),
        ("a > b", "a >= b", False),
        ("a - b", "b - a", False),
        ("'a b'", "'ab'", False),
        ('"it\'s"', "'it\\'s'", True),
        ("MAX(a, b)", "max(a, b)", True),
        ("a != 1", "a = 1", False),
    ],
)
def test_formulas_are_compared_by_what_they_say(one: str, other: str, same: bool) -> None:
    assert (tokens(one) == tokens(other)) is same


def test_a_changed_formula_is_shown() -> None:
    wanted = RESOURCES[MISS].attributes["calculationFormula"]
    changed = wanted.replace("60000", "1000")
    assert seen(MISS, lambda live: live.update(calculationFormula=changed)) == [("calculationFormula", changed, wanted)]


def test_an_option_made_by_hand_is_shown() -> None:
    def edit(live: dict[str, Any]) -> None:
        live["options"].append({"label": "Partner", "value": "partner", "displayOrder": 9, "hidden": False})

    added = {"label": "Partner", "value": "partner", "displayOrder": 6, "hidden": False}
    found = seen(TYPE, edit)
    assert [(path, old) for path, old, _ in found] == [("options[Partner]", added)]


def test_a_missing_option_and_another_order_are_shown() -> None:
    assert len(seen(TYPE, lambda live: live["options"].pop(1))) > 0
    swapped = seen(TYPE, lambda live: live["options"][0].update(displayOrder=99))
    assert next(path for path, _, _ in swapped).startswith("options")


def test_options_given_in_another_order_with_their_places_are_the_same() -> None:
    assert seen(TYPE, lambda live: live["options"].reverse()) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [("label", "Kind"), ("description", "x"), ("groupName", "other"), ("hidden", True), ("fieldType", "radio")],
)
def test_changes_by_hand_are_shown(key: str, value: Any) -> None:
    wanted = RESOURCES[TYPE].attributes[key]
    assert seen(TYPE, lambda live: live.update({key: value})) == [(key, value, wanted)]


def test_the_servers_own_keys_of_a_flow_are_ignored() -> None:
    def edit(live: dict[str, Any]) -> None:
        live.update(id="1", revisionId="4", createdAt="x", updatedAt="y", crmObjectCreationStatus="COMPLETE", uuid="u")
        live.pop("nextAvailableActionId")
        for key in ("dataSources", "customProperties"):
            live.pop(key)
        live["enrollmentSchedule"] = None
        live["enrollmentCriteria"]["eventFilterBranches"].reverse()

    assert seen(JUDGE, edit) == []


@given(st.randoms())
def test_renumbered_and_reordered_actions_are_the_same(random: Any) -> None:
    def edit(live: dict[str, Any]) -> None:
        old = [action["actionId"] for action in live["actions"]]
        new = [str(number) for number in random.sample(range(1, 500), len(old))]
        names = dict(zip(old, new, strict=True))
        shuffled = renumbered_by(live["actions"], names)
        random.shuffle(shuffled)
        live["actions"], live["startActionId"] = shuffled, names[live["startActionId"]]

    assert seen(TIMER, edit) == []


def renumbered_by(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: names[item] if key in ("actionId", "nextActionId") else renumbered_by(item, names)
            for key, item in value.items()
        }
    return [renumbered_by(item, names) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "edit",
    [
        lambda live: live.update(isEnabled=False),
        lambda live: live.update(name="My flow"),
        lambda live: live["actions"].append({"actionId": "999", "type": "SINGLE_CONNECTION", "actionTypeId": "0-8"}),
        lambda live: live["actions"][0].pop("defaultBranch"),
        lambda live: live["timeWindows"].pop(),
        lambda live: live["blockedDates"].append({"month": "MAY", "dayOfMonth": 1}),
        lambda live: live["suppressionListIds"].clear(),
        lambda live: live["enrollmentCriteria"].update(shouldReEnroll=False),
        lambda live: live["actions"][0]["listBranches"][0].update(branchName="x"),
        lambda live: live.update(goalFilterBranch={"filterBranchType": "OR"}),
    ],
)  # fmt: skip
def test_real_changes_of_a_flow_are_shown(edit: Any) -> None:
    assert seen(TIMER, edit) != []


def test_the_order_of_branches_matters_and_that_of_windows_does_not() -> None:
    def reverse(live: dict[str, Any]) -> None:
        next(action for action in live["actions"] if len(action.get("listBranches", ())) > 1)["listBranches"].reverse()

    assert seen(TIMER, reverse) != []
    assert seen(TIMER, lambda live: live["timeWindows"].reverse()) == []


def test_an_action_that_nothing_leads_to_comes_last() -> None:
    flow = {
        "startActionId": "7",
        "actions": [
            {"actionId": "3", "type": "SINGLE_CONNECTION"},
            {"actionId": "7", "connection": {"edgeType": "STANDARD", "nextActionId": "9"}},
            {"actionId": "9"},
        ],
    }
    assert renumbered(flow) == {
        "startActionId": "1",
        "actions": [
            {"actionId": "1", "connection": {"edgeType": "STANDARD", "nextActionId": "2"}},
            {"actionId": "2"},
            {"actionId": "3", "type": "SINGLE_CONNECTION"},
        ],
    }


def test_lists_and_groups() -> None:
    assert seen("List:running", lambda live: live.update(listId="5", size=3, processingStatus="COMPLETE")) == []
    assert seen("List:running", lambda live: live.update(name="x")) == [("name", "x", "STL clock running")]
    group = next(name for name in RESOURCES if name.startswith("PropertyGroup:"))
    assert seen(group, lambda live: live.update(displayOrder=4, archived=False)) == []
    assert seen(group, lambda live: live.update(label="x")) == [("label", "x", "STL speed to lead")]


def test_a_property_of_our_name_that_someone_hid_with_a_value_set() -> None:
    """`externalOptions` is not the design's, but changes what the property is."""
    address = Address("Property", "contacts.stl_lead_type")
    assert RESOURCES[str(address)].address == address
    assert seen(str(address), lambda live: live.update(externalOptions=True)) != []


@pytest.mark.parametrize(("was", "now"), [("silent", "live"), ("live", "silent")])
def test_what_was_applied_is_recognised_when_the_design_moves_on(was: str, now: str) -> None:
    """Else the plan says of every change of a workflow's actions that somebody made it by hand."""
    design = acme()
    silent_or_live = (
        dataclasses.replace(design, alerts=dataclasses.replace(design.alerts, mode=mode)) for mode in (was, now)
    )
    applied, wanted = ({item.address: item for item in build(one)} for one in silent_or_live)
    moved = [(before, wanted[address]) for address, before in applied.items() if wanted.get(address) != before]
    assert sorted(str(before.address) for before, _ in moved) == [
        f"Flow:timer_{name}"
        for name in ("content_mql", "demo_request", "emea_demo", "enterprise_inquiry", "event_attendee")
    ]
    for before, after in moved:
        assert compare(after, before).fingerprint() == before.fingerprint(), before.address


def test_the_page_is_not_stale() -> None:
    page = Path(__file__).parents[3] / "docs" / "what-we-compare-hubspot.md"
    assert page.read_text(encoding="utf-8") == explain_comparison(), f"write explain_comparison() to docs/{page.name}"
