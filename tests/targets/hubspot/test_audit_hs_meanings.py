"""What a change means: one row per thing that people can change, in words a handoff owner understands."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.document import load
from provisioner.model.compile import compile_design
from provisioner.model.design import Design
from provisioner.planning.plan import Cause, Change
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.base import Explaining, Meaning
from provisioner.targets.hubspot import target
from provisioner.targets.hubspot.meanings.explain import TELLERS
from provisioner.targets.hubspot.meanings.parts import STATUS_GONE
from provisioner.targets.hubspot.names import STATUSES

EXAMPLE = Path(__file__).parents[3] / "examples" / "acme-hubspot.yaml"
REPORTS = "\nreports: {folder: Speed to Lead, include: [trend], dashboard: true}\n"
EVERYBODY = ("emea_demo", "demo_request", "enterprise_inquiry", "event_attendee", "content_mql")
Mutation = Callable[[dict[str, Any]], object]


def compiled(folder: Path) -> Design:
    """The example, with a report, so that every kind of resource is in it."""
    file = folder / "design.yaml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8") + REPORTS, encoding="utf-8")
    design, _ = compile_design(load(file), today=date(2026, 3, 2))
    assert design is not None
    return design


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Design:
    return compiled(tmp_path_factory.mktemp("design"))


@pytest.fixture(scope="module")
def desired(design: Design) -> Snapshot:
    found, _ = target.desire(design, lambda pointer: None)
    return found


def changed(desired: Snapshot, address: str, mutate: Mutation) -> Change:
    """The resource of the example, as somebody left it."""
    resource = desired.get(Address.parse(address))
    assert resource is not None, f"the example has no {address}"
    attributes = copy.deepcopy(dict(resource.attributes))
    mutate(attributes)
    return Change(resource, Resource(resource.address, attributes), Cause.HAND)


def put(**values: Any) -> Mutation:
    return lambda attributes: attributes.update(values)


def sets(name: str) -> Callable[[dict[str, Any]], bool]:
    return lambda action: action.get("fields", {}).get("property_name") == name


def of_type(type_id: str) -> Callable[[dict[str, Any]], bool]:
    return lambda action: action.get("actionTypeId") == type_id


def action(attributes: dict[str, Any], is_meant: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in attributes["actions"] if is_meant(item))
    return found


def later(property: str, **delay: Any) -> Mutation:
    return lambda attributes: action(attributes, sets(property))["fields"]["value"]["timeDelay"].update(delay)


def given_to(type_id: str, **fields: Any) -> Mutation:
    return lambda attributes: action(attributes, of_type(type_id))["fields"].update(fields)


def filters(attributes: dict[str, Any], branch: str) -> list[dict[str, Any]]:
    """Of the first group of a branch of a decision."""
    for item in attributes["actions"]:
        for one in item.get("listBranches", ()):
            if one["branchName"] == branch:
                found: list[dict[str, Any]] = one["filterBranch"]["filterBranches"][0]["filters"]
                return found
    raise AssertionError(f"no branch {branch}")


def noted(attributes: dict[str, Any]) -> None:
    """The minutes of the first lead type, which follow its stamp."""
    stamp = action(attributes, lambda item: sets("stl_lead_type")(item)
                   and item["fields"]["value"]["staticValue"] == "demo_request")  # fmt: skip
    following = stamp["connection"]["nextActionId"]
    action(attributes, lambda item: item["actionId"] == following)["fields"]["value"]["staticValue"] = 60


def without_step_two(attributes: dict[str, Any]) -> None:
    """The email of the second step is taken out, and the way around it."""
    email = action(attributes, of_type("0-8"))
    attributes["actions"].remove(email)
    for item in attributes["actions"]:
        edge = item.get("connection")
        if edge and edge["nextActionId"] == email["actionId"]:
            item.pop("connection")
            if "connection" in email:
                item["connection"] = email["connection"]


def swapped(attributes: dict[str, Any]) -> None:
    first, second = [item for item in attributes["actions"] if "connection" in item][:2]
    first["connection"], second["connection"] = second["connection"], first["connection"]


Row = tuple[str, Mutation, list[tuple[str, tuple[str, ...]]]]
CONTENT, DEMO, EVENT = ("content_mql",), ("demo_request",), ("event_attendee",)
TABLE: list[Row] = [
    (
        "Flow:open_content_mql",
        later("stl_sla_due_at", delta=60),
        [("SLA of Content MQL: 240 minutes -> 60 minutes", CONTENT)],
    ),
    (
        "Flow:open_event_attendee",
        later("stl_sla_due_at", timeOfDay={"hour": 17, "minute": 0}),
        [
            (
                "SLA of Event / webinar attendee: at 18:00 America/New_York of the day -> "
                "at 17:00 America/New_York of the day",
                EVENT,
            )
        ],
    ),
    (
        "Flow:open_demo_request",
        later("stl_step_3_at", delta=1),
        [("Time of step 3 of Demo / pricing request: 125 minutes after the start -> 1 minute after the start", DEMO)],
    ),
    (
        "Flow:timer_demo_request",
        put(isEnabled=False),
        [
            (
                "Workflow STL timer demo request is switched off: leads of Demo / pricing request are neither alerted "
                "about nor marked as missed",
                DEMO,
            )
        ],
    ),
    (
        "Flow:touch",
        put(isEnabled=False),
        [("Workflow STL touch is switched off: touches do not end a clock, and every lead is escalated", EVERYBODY)],
    ),
    (
        "Flow:timer_content_mql",
        given_to("0-9", user_ids=["17"]),
        [("Step 1 of Content MQL: rings the bell of qa@acme.example -> rings the bell of user 17", CONTENT)],
    ),
    (
        "Flow:timer_content_mql",
        given_to("0-9", body="<p>Hello</p>"),
        [("The text of the bell of step 1 of Content MQL is another one than before", CONTENT)],
    ),
    (
        "Flow:timer_content_mql",
        without_step_two,
        [("Step 2 of Content MQL: sends an email to qa@acme.example -> nothing", CONTENT)],
    ),
    (
        "Flow:timer_content_mql",
        given_to("0-35", delta="30"),
        [
            (
                "Workflow STL timer content mql waits: until stl_step_2_at -> until stl_step_2_at plus 30 minutes",
                CONTENT,
            )
        ],
    ),
    (
        "Flow:timer_content_mql",
        lambda attributes: attributes["blockedDates"].pop(),
        [("Workflow STL timer content mql acts on days that were free: 2028-12-25", CONTENT)],
    ),
    (
        "Flow:timer_content_mql",
        lambda attributes: attributes["timeWindows"].pop(),
        [("When the workflow STL timer content mql may act on Friday: 08:00 to 18:00 -> closed", CONTENT)],
    ),
    (
        "Flow:timer_content_mql",
        put(timeWindows=[]),
        [("When the workflow STL timer content mql may act: only in opening hours -> at any time", CONTENT)],
    ),
    (
        "Flow:timer_content_mql",
        put(suppressionListIds=[]),
        [("Lists that keep leads out of the workflow STL timer content mql: excluded -> none", CONTENT)],
    ),
    (
        "Flow:judge",
        lambda attributes: filters(attributes, "demo_request")[0]["operation"]["values"].append("trial"),
        [
            (
                "Which leads are Demo / pricing request: enquiry_type is one of demo_request, pricing_page -> "
                "enquiry_type is one of demo_request, pricing_page, trial",
                DEMO,
            )
        ],
    ),
    (
        "Flow:judge",
        lambda attributes: filters(attributes, "internal")[0]["operation"].update(value="@acme.com"),
        [("Excluded leads (internal): email ends with @acme.example -> email ends with @acme.com", EVERYBODY)],
    ),
    ("Flow:judge", noted, [("SLA that is noted for Demo / pricing request: 5 minutes -> 60 minutes", DEMO)]),
    (
        "Flow:touch",
        lambda attributes: attributes["enrollmentCriteria"].update(shouldReEnroll=False),
        [("Leads enter the workflow STL touch at other moments than before", EVERYBODY)],
    ),
    ("Flow:created", swapped, [("Workflow STL created does the same in another order", EVERYBODY)]),
    ("Flow:owner", put(name="Owner"), [("Name of the workflow owner: STL owner -> Owner", ())]),
    (
        "List:excluded",
        lambda attributes: attributes["filterBranch"]["filterBranches"].pop(),
        [
            (
                "Who is on the list STL excluded from the SLA (leads on it get no alerts): email ends with "
                "@acme.example or hs_lead_status is one of UNQUALIFIED -> email ends with @acme.example",
                EVERYBODY,
            )
        ],
    ),
    ("List:running", put(name="Open"), [("Name of the list running: STL clock running -> Open", ())]),
    (
        "Property:contacts.stl_lead_type",
        lambda attributes: attributes["options"].pop(0),
        [
            (
                "STL Lead type does not offer the value emea_demo any more: no lead can be given this lead type, so "
                "that none of its clocks starts",
                ("emea_demo",),
            )
        ],
    ),
    (
        "Property:contacts.stl_sla_status",
        lambda attributes: attributes["options"].pop(6),
        [
            (
                "STL SLA status does not offer the value met any more: a lead that was touched in time is not marked: "
                "its clock goes on, with alerts, and it may end as a miss",
                EVERYBODY,
            )
        ],
    ),
    (
        "Property:contacts.stl_sla_status",
        lambda attributes: attributes["options"][0].update(label="New"),
        [("STL SLA status calls the value not_started: Not started -> New", ())],
    ),
    (
        "Property:contacts.stl_sla_status",
        lambda attributes: attributes["options"].append({"value": "paused", "label": "Paused", "hidden": False}),
        [("STL SLA status offers the value paused", ())],
    ),
    (
        "Property:contacts.stl_sla_result",
        put(calculationFormula="if true then 'Hit' endif"),
        [("STL SLA result is computed in another way", EVERYBODY)],
    ),
    ("Property:contacts.stl_cycle", put(label="Round"), [("Name of the property stl_cycle: STL Cycle -> Round", ())]),
    ("Property:contacts.stl_cycle", put(hidden=True), [("STL Cycle is hidden from people", ())]),
    (
        "PropertyGroup:contacts.stl_speed_to_lead",
        put(label="Ours"),
        [("Name of the property group stl_speed_to_lead: STL speed to lead -> Ours", ())],
    ),
    (
        "ManualStep:report_trend",
        put(steps=["Open it."]),
        [
            (
                'Done by hand in another form than it should have now: Build the report "STL Speed to lead, by week"',
                (),
            )
        ],
    ),
]


@pytest.mark.parametrize(("address", "mutate", "expected"), TABLE, ids=[f"{n}-{row[0]}" for n, row in enumerate(TABLE)])
def test_a_change_by_hand_in_words(
    design: Design, desired: Snapshot, address: str, mutate: Mutation, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    found = target.meanings(changed(desired, address, mutate), design)
    assert found == [Meaning(text, lead_types) for text, lead_types in expected]


REMOVED = [
    (
        "Property:contacts.stl_sla_due_at",
        "Property STL SLA due at (stl_sla_due_at) is removed: what it held is lost, and workflows that use it do not "
        "work",
        EVERYBODY,
    ),
    ("List:unmatched", "List STL unmapped lead type is removed (it shows the leads that no rule knows)", ()),
    (
        "Flow:open_event_attendee",
        "Workflow STL open event attendee is removed: clocks of Event / webinar attendee do not start",
        EVENT,
    ),
    (
        "Flow:judge",
        "Workflow STL judge is removed: no lead is classified, excluded or gets a clock",
        EVERYBODY,
    ),
    (
        "PropertyGroup:contacts.stl_speed_to_lead",
        "Property group stl_speed_to_lead is removed: our properties have no place of their own",
        (),
    ),
    (
        "ManualStep:report_trend",
        'To be done by hand, and not done: Build the report "STL Speed to lead, by week"',
        (),
    ),
]


@pytest.mark.parametrize(("address", "text", "lead_types"), REMOVED, ids=[row[0] for row in REMOVED])
def test_what_is_gone_in_words(
    design: Design, desired: Snapshot, address: str, text: str, lead_types: tuple[str, ...]
) -> None:
    resource = desired.get(Address.parse(address))
    assert resource is not None
    assert target.meanings(Change(resource, None, Cause.DELETED), design) == [Meaning(text, lead_types)]


def test_every_kind_has_words_and_rows(desired: Snapshot) -> None:
    assert isinstance(target, Explaining)
    kinds = {resource.address.kind for resource in desired}
    assert kinds == set(TELLERS) == {row[0].partition(":")[0] for row in TABLE}


def test_nothing_is_said_to_be_the_same(design: Design, desired: Snapshot) -> None:
    """Every resource that comes, goes, or has any one of its values replaced."""
    for resource in desired:
        assert target.meanings(Change(None, resource, Cause.NEW), design)[0].text
        for text in _said(design, Change(resource, None, Cause.DELETED)):
            assert resource.address.kind == "ManualStep" or "is removed" in text


def _said(design: Design, change: Change) -> list[str]:
    return [meaning.text for meaning in target.meanings(change, design)]


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _leaves(inner, (*path, place))
    elif path:
        yield path


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_other_value_has_a_meaning(design: Design, desired: Snapshot, data: st.DataObject) -> None:
    """Whatever is written in place of whatever value: it is told, and no sentence is empty or endless."""
    resource = data.draw(st.sampled_from(sorted(desired, key=lambda item: item.address)))
    attributes = copy.deepcopy(dict(resource.attributes))
    path = data.draw(st.sampled_from(sorted(_leaves(attributes), key=str)))
    inner: Any = attributes
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = data.draw(st.sampled_from(["x", 7, None, True, [], {}, ["x"], {"a": 1}]))
    if attributes == dict(resource.attributes):
        return
    found = _said(design, Change(resource, Resource(resource.address, attributes), Cause.HAND))
    assert found
    assert all(0 < len(text) < 700 for text in found)
    assert not [text for text in found if text.endswith("is the same")]


def test_every_status_says_what_stops_without_it() -> None:
    assert set(STATUS_GONE) == set(STATUSES)
