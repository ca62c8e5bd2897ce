"""What a change means: one row per thing that people can change, in words a handoff owner understands."""

from __future__ import annotations

import copy
from collections.abc import Callable
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
from provisioner.targets.salesforce import target
from provisioner.targets.salesforce.desire import render
from provisioner.targets.salesforce.meanings.explain import TELLERS

EXAMPLE = Path(__file__).parents[3] / "examples" / "starter-salesforce.yaml"
EVERYBODY = ("emea_demo", "demo_request", "enterprise_inquiry", "event_attendee", "content_mql")
URGENT = ("emea_demo", "demo_request", "enterprise_inquiry")
ON_US = ("demo_request", "enterprise_inquiry", "event_attendee", "content_mql")
Mutation = Callable[[dict[str, Any]], object]


def compiled() -> Design:
    design, _ = compile_design(load(EXAMPLE), today=date(2026, 3, 2))
    assert design is not None
    return design


DESIGN = compiled()
DESIRED: Snapshot = render(DESIGN)


def changed(address: str, mutate: Mutation) -> Change:
    """The resource of the example, as somebody left it."""
    resource = DESIRED.get(Address.parse(address))
    assert resource is not None, f"the example has no {address}"
    attributes = copy.deepcopy(dict(resource.attributes))
    mutate(attributes)
    return Change(resource, Resource(resource.address, attributes), Cause.HAND)


def cell(field: str, value: str | None) -> Mutation:
    def mutate(attributes: dict[str, Any]) -> None:
        next(row for row in attributes["values"] if row["field"] == field)["value"] = value

    return mutate


def put(**values: Any) -> Mutation:
    return lambda attributes: attributes.update(values)


def named(rows: list[dict[str, Any]], name: str, key: str = "name") -> dict[str, Any]:
    return next(row for row in rows if row[key] == name)


def step(name: str, variable: str, value: dict[str, str]) -> Mutation:
    def mutate(attributes: dict[str, Any]) -> None:
        items = named(attributes["assignments"], name)["assignmentItems"]
        named(items, variable, "assignToReference")["value"] = value

    return mutate


def rule(decision: str, name: str, place: int, value: dict[str, str]) -> Mutation:
    def mutate(attributes: dict[str, Any]) -> None:
        found = named(named(attributes["decisions"], decision)["rules"], name)
        found["conditions"][place]["rightValue"] = value

    return mutate


def right(field: str, **values: str) -> Mutation:
    return lambda attributes: named(attributes["fieldPermissions"], field, "field").update(values)


def swapped(attributes: dict[str, Any]) -> None:
    rules = named(attributes["decisions"], "Classify")["rules"]
    rules[0], rules[1] = rules[1], rules[0]


def without_value(attributes: dict[str, Any]) -> None:
    offered = attributes["valueSet"]["valueSetDefinition"]
    offered["value"] = [row for row in offered["value"] if row["fullName"] != "event_attendee"]


TABLE: list[tuple[str, Mutation, list[tuple[str, tuple[str, ...]]]]] = [
    (
        "CustomMetadata:STL_Lead_Type.demo_request",
        cell("SLA_Minutes__c", "60"),
        [("SLA of Demo / pricing request: 5 minutes -> 60 minutes", ("demo_request",))],
    ),
    (
        "CustomMetadata:STL_Lead_Type.event_attendee",
        cell("SLA_Minutes__c", "1"),
        [("SLA of Event / webinar attendee: until the business day closes -> 1 minute", ("event_attendee",))],
    ),
    (
        "CustomMetadata:STL_Lead_Type.content_mql",
        cell("Clock__c", "calendar"),
        [("Clock of Content MQL: business hours -> around the clock", ("content_mql",))],
    ),
    (
        "CustomMetadata:STL_Lead_Type.content_mql",
        cell("Business_Hours__c", "STL emea"),
        [("Business hours of Content MQL: STL us -> STL emea", ("content_mql",))],
    ),
    (
        "CustomMetadata:STL_Lead_Type.demo_request",
        cell("Escalation__c", None),
        [("Escalation of Demo / pricing request: urgent -> none", ("demo_request",))],
    ),
    (
        "CustomMetadata:STL_Lead_Type.demo_request",
        cell("Label__c", "Demo"),
        [("Name of lead type demo_request in alerts: Demo / pricing request -> Demo", ())],
    ),
    (
        "CustomMetadata:STL_SLA_Step.urgent_1",
        cell("Percent__c", "80"),
        [("Step 1 of urgent: at 50 % of the SLA -> at 80 % of the SLA", URGENT)],
    ),
    (
        "CustomMetadata:STL_SLA_Step.urgent_3",
        cell("Offset_Minutes__c", "0"),
        [("Step 3 of urgent: 120 minutes after due -> at due", URGENT)],
    ),
    (
        "CustomMetadata:STL_SLA_Step.urgent_4",
        cell("Offset_Business_Days__c", "2"),
        [("Step 4 of urgent: 1 business day after due -> 2 business days after due", URGENT)],
    ),
    (
        "CustomMetadata:STL_SLA_Step.standard_2",
        cell("Status__c", None),
        [("Status that step 2 of standard leaves: breached -> none", ("event_attendee", "content_mql"))],
    ),
    (
        "CustomMetadata:STL_Recipient.cro",
        cell("Value__c", "me@acme.example"),
        [("Recipient cro: user cro@acme.example -> user me@acme.example", URGENT)],
    ),
    (
        "CustomMetadata:STL_Recipient.manager",
        cell("Otherwise__c", None),
        [
            (
                "Recipient manager: the manager of the lead's owner, otherwise sdr-manager@acme.example -> "
                "the manager of the lead's owner",
                EVERYBODY,
            )
        ],
    ),
    (
        "CustomMetadata:STL_Ignored_User.integration_acme_example",
        cell("Username__c", "other@acme.example"),
        [("Ignored user: integration@acme.example -> other@acme.example", EVERYBODY)],
    ),
    (
        "CustomMetadata:STL_Settings.Default",
        cell("Alerts_Live__c", "true"),
        [("Alerts: silent -> live, to their real recipients", EVERYBODY)],
    ),
    (
        "CustomMetadata:STL_Settings.Default",
        cell("Silent_To__c", "x@acme.example"),
        [("Silent alerts go to: qa@acme.example -> x@acme.example", EVERYBODY)],
    ),
    (
        "CustomMetadata:STL_Settings.Default",
        put(label="Mine"),
        [("CustomMetadata STL_Settings.Default: label Default -> Mine", ())],
    ),
    (
        "Flow:STL_Lead_Timers",
        put(status="Draft"),
        [
            (
                "Flow STL_Lead_Timers is switched off: no alert goes out, and no lead is marked as breached",
                EVERYBODY,
            )
        ],
    ),
    (
        "Flow:STL_Lead_Timers",
        step("Do_urgent_3", "notifyList", {"stringValue": ""}),
        [("Step 3 of urgent: tells manager by email, makes a task -> tells nobody, makes a task", URGENT)],
    ),
    (
        "Flow:STL_Lead_Timers",
        step("Do_urgent_2", "wantsEmail", {"booleanValue": "false"}),
        [("Step 2 of urgent: tells rep by bell and email -> tells rep by bell", URGENT)],
    ),
    (
        "Flow:STL_Lead_Timers",
        step("Do_urgent_4", "reassignTo", {"stringValue": "other"}),
        [
            (
                "Step 4 of urgent: tells cro by email, hands the lead to backup_queue -> "
                "tells cro by email, hands the lead to other",
                URGENT,
            )
        ],
    ),
    (
        "Flow:STL_Lead_Timers",
        lambda it: named(it["textTemplates"], "alertText").update(text="Hello"),
        [("The text of alerts is another one", EVERYBODY)],
    ),
    (
        "Flow:STL_Lead_Timers",
        lambda it: it["start"]["filters"].pop(),
        [("Flow STL_Lead_Timers runs at other moments, or for other leads, than before", EVERYBODY)],
    ),
    (
        "Flow:STL_Lead_Timers",
        lambda it: named(it["actionCalls"], "Send_Email").update(actionName="other"),
        [("Flow STL_Lead_Timers works in another way: Send_Email changed", EVERYBODY)],
    ),
    (
        "Flow:STL_Lead_Timers",
        put(description="Mine"),
        [("Flow STL_Lead_Timers: description changed; what it does stays the same", ())],
    ),
    (
        "Flow:STL_Lead_Stamp",
        rule("Classify", "Matches_demo_request", 1, {"stringValue": "Pricing"}),
        [
            (
                "Which leads are Demo / pricing request: LeadSource is Demo Request or LeadSource is Pricing Page -> "
                "LeadSource is Demo Request or LeadSource is Pricing",
                ("demo_request",),
            )
        ],
    ),
    (
        "Flow:STL_Lead_Stamp",
        rule("Classify", "Matches_emea_demo", 2, {"stringValue": "Malta"}),
        [
            (
                "Which leads are Demo request, UK and Ireland: LeadSource is Demo Request and "
                "(Country is United Kingdom or Country is Ireland) -> LeadSource is Demo Request and "
                "(Country is United Kingdom or Country is Malta)",
                ("emea_demo",),
            )
        ],
    ),
    (
        "Flow:STL_Lead_Stamp",
        swapped,
        [
            (
                "Lead types are tried in another order: demo_request, emea_demo, enterprise_inquiry, event_attendee, "
                "content_mql",
                EVERYBODY,
            )
        ],
    ),
    (
        "Flow:STL_Lead_Stamp",
        lambda it: named(it["decisions"], "Classify")["defaultConnector"].update(targetReference="Clock"),
        [("Leads that match no lead type are tracked as: content_mql -> none", EVERYBODY)],
    ),
    (
        "Flow:STL_Lead_Stamp",
        rule("Is_Excluded", "Excluded_By_2", 0, {"stringValue": "Junk"}),
        [("Excluded leads (disqualified): Status is Disqualified -> Status is Junk", EVERYBODY)],
    ),
    (
        "Flow:STL_Task_First_Touch",
        put(status="Obsolete"),
        [
            (
                "Flow STL_Task_First_Touch is switched off: calls, emails and LinkedIn messages are not seen as first "
                "touches",
                EVERYBODY,
            )
        ],
    ),
    (
        "BusinessHours:STL us",
        put(fridayEndTime="12:00:00.000Z"),
        [("Business hours us on Friday: 08:00 to 18:00 -> 08:00 to 12:00", ON_US)],
    ),
    (
        "BusinessHours:STL us",
        lambda it: [it.pop("mondayStartTime"), it.pop("mondayEndTime")],
        [("Business hours us on Monday: 08:00 to 18:00 -> closed", ON_US)],
    ),
    (
        "BusinessHours:STL emea",
        put(timeZoneId="Europe/Berlin"),
        [("Time zone of business hours emea: Europe/London -> Europe/Berlin", ("emea_demo",))],
    ),
    (
        "BusinessHours:STL us",
        put(active="false"),
        [("Business hours us are switched off: clocks on them cannot start", ON_US)],
    ),
    (
        "Holiday:STL us 2026-12-24 Day off",
        put(activityDate="2026-12-23"),
        [("Day of the holiday STL us 2026-12-24 Day off: 2026-12-24 -> 2026-12-23", ON_US)],
    ),
    (
        "Holiday:STL us 2026-12-24 Day off",
        put(businessHours=[]),
        [("Holiday 2026-12-24 of us counts for the business hours: STL us -> none", ON_US)],
    ),
    (
        "CustomField:Lead.STL_SLA_Result__c",
        put(formula='"Hit"'),
        [("SLA Result is computed in another way", EVERYBODY)],
    ),
    (
        "CustomField:Lead.STL_Lead_Type__c",
        without_value,
        [("SLA Lead Type does not offer the value event_attendee any more", ("event_attendee",))],
    ),
    (
        "CustomField:Lead.STL_Lead_Type__c",
        lambda it: it["valueSet"].update(restricted="true"),
        [
            (
                "SLA Lead Type takes only values that it lists and the lead's record type offers: any other save is "
                "refused",
                EVERYBODY,
            )
        ],
    ),
    (
        "CustomField:Lead.STL_Lead_Type__c",
        lambda it: it["valueSet"]["valueSetDefinition"]["value"].reverse(),
        [("The order of the values of SLA Lead Type is set in another way", ())],
    ),
    (
        "CustomField:Lead.STL_Cycle__c",
        put(label="Round"),
        [("Name of the field STL_Cycle__c: SLA Cycle -> Round", ())],
    ),
    (
        "CustomField:Lead.STL_Cycle__c",
        put(precision="4"),
        [("Field SLA Cycle (STL_Cycle__c) of Lead, precision: 6 -> 4", ())],
    ),
    (
        "CustomObject:STL_SLA_Step__mdt",
        put(label="Stage"),
        [("STL_SLA_Step__mdt, label: SLA Step -> Stage", ())],
    ),
    (
        "PermissionSet:STL_Speed_To_Lead",
        right("Lead.STL_Assigned_At__c", readable="false"),
        [("Field permission removed: reps cannot see Lead.STL_Assigned_At__c", ())],
    ),
    (
        "PermissionSet:STL_Speed_To_Lead",
        right("Lead.STL_Assigned_At__c", editable="true"),
        [("Reps can change Lead.STL_Assigned_At__c by hand", ())],
    ),
    (
        "PermissionSet:STL_Speed_To_Lead",
        lambda it: it.pop("classAccesses"),
        [("Those who hold STL_Speed_To_Lead cannot run the code of STL_Clock", ())],
    ),
    (
        "Queue:SDR_Backup",
        put(queueSobject=[{"sobjectType": "Case"}]),
        [("Queue SDR_Backup does not take leads", EVERYBODY)],
    ),
    (
        "Queue:SDR_Backup",
        put(doesSendEmailToMembers="true"),
        [("Queue SDR_Backup sends an email to its members for each lead", ())],
    ),
    (
        "CustomNotificationType:STL_Alert",
        put(mobile="false"),
        [("The bell does not ring on the phone", EVERYBODY)],
    ),
    (
        "ApexClass:STL_Clock",
        put(body="class X {}"),
        [("Code STL_Clock is rewritten: business hours may be counted in another way", ("emea_demo", *ON_US))],
    ),
    (
        "EmailFolder:STL_Alerts",
        put(name="Mine"),
        [("Folder of email templates STL_Alerts, name: STL Alerts -> Mine", ())],
    ),
    (
        "EmailTemplate:STL_Alerts/STL_Owner_Alert",
        put(content="Call now\n"),
        [("The text of mails to owners is another one", EVERYBODY)],
    ),
    (
        "WorkflowAlert:Lead.STL_Owner_Alert",
        put(recipients=[{"type": "creator"}]),
        [("Email alert Lead.STL_Owner_Alert writes to other people than before", EVERYBODY)],
    ),
    (
        "ApexClass:STL_Clock_Test",
        put(body="class X {}"),
        [("Code STL_Clock_Test is rewritten: only the test of the clock is concerned", ())],
    ),
    (
        "ApexTrigger:STL_Lead_Clock",
        put(status="Inactive"),
        [
            (
                "Code STL_Lead_Clock is switched off: clocks on business hours are not worked out",
                ("emea_demo", *ON_US),
            )
        ],
    ),
]


@pytest.mark.parametrize(("address", "mutate", "expected"), TABLE)
def test_a_change_is_said_in_words(address: str, mutate: Mutation, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    said = target.meanings(changed(address, mutate), DESIGN)
    assert [(item.text, item.lead_types) for item in said] == expected


GONE = {
    "ApexClass:STL_Clock": "Code STL_Clock is removed: clocks on business hours are not worked out",
    "ApexTrigger:STL_Lead_Clock": "Code STL_Lead_Clock is removed: clocks on business hours are not worked out",
    "BusinessHours:STL us": "Business hours us are switched off: clocks on them cannot start",
    "CustomField:Lead.STL_Cycle__c": "Field SLA Cycle (STL_Cycle__c) of Lead is removed: what it held is lost",
    "CustomMetadata:STL_Lead_Type.demo_request": (
        "The record of lead type Demo / pricing request is removed: its leads start no clock any more"
    ),
    "CustomMetadata:STL_SLA_Step.urgent_2": (
        "The record of step 2 of urgent is removed: the step does not act any more"
    ),
    "CustomMetadata:STL_Recipient.cro": "Recipient cro is removed: nobody is told in its place",
    "CustomMetadata:STL_Ignored_User.integration_acme_example": (
        "integration@acme.example is ignored no longer: what that user does counts as a touch, and starts clocks as an "
        "owner"
    ),
    "CustomMetadata:STL_Settings.Default": "The settings record is removed: no alert is sent to anybody",
    "CustomNotificationType:STL_Alert": "Notification type STL_Alert is removed: no bell rings any more",
    "CustomObject:STL_Recipient__mdt": (
        "The place for recipients (STL_Recipient__mdt) is removed, with all its records"
    ),
    "EmailFolder:STL_Alerts": "Folder of email templates STL_Alerts is removed",
    "EmailTemplate:STL_Alerts/STL_Owner_Alert": "Email template STL_Alerts/STL_Owner_Alert is removed",
    "WorkflowAlert:Lead.STL_Owner_Alert": (
        "Email alert Lead.STL_Owner_Alert is removed: owners get their mails from the flow itself"
    ),
    "Flow:STL_Lead_Stamp": "Flow STL_Lead_Stamp is removed: no new lead gets a clock, and no touch ends one",
    "Holiday:STL us 2026-12-24 Day off": "Holiday 2026-12-24 of us is removed: clocks run on that day",
    "PermissionSet:STL_Speed_To_Lead": (
        "Permission set STL_Speed_To_Lead is removed: nobody sees the fields through it any more"
    ),
    "Queue:SDR_Backup": "Queue SDR_Backup is removed: no lead can be handed to it",
}


@pytest.mark.parametrize(("address", "text"), GONE.items())
def test_what_goes_is_said_with_what_follows(address: str, text: str) -> None:
    resource = DESIRED.get(Address.parse(address))
    assert resource is not None
    said = target.meanings(Change(resource, None, Cause.HAND), DESIGN)
    assert [item.text for item in said] == [text]


def test_what_comes_is_said() -> None:
    expected = {
        "CustomMetadata:STL_Lead_Type.demo_request": [
            "SLA of Demo / pricing request: none -> 5 minutes",
            "Clock of Demo / pricing request: none -> business hours",
            "Business hours of Demo / pricing request: none -> STL us",
            "Escalation of Demo / pricing request: none -> urgent",
            "What a business day means for Demo / pricing request: none -> 600 minutes",
            "Name of lead type demo_request in alerts: none -> Demo / pricing request",
        ],
        "Flow:STL_Lead_Timers": ["Flow STL_Lead_Timers is added: alerts go out, and leads are marked as breached"],
        "Holiday:STL us 2026-12-24 Day off": ["Holiday 2026-12-24 of us is added: clocks stand still on that day"],
        "Queue:SDR_Backup": ["Queue SDR_Backup is added: leads can be handed to it"],
    }
    for address, texts in expected.items():
        resource = DESIRED.get(Address.parse(address))
        said = target.meanings(Change(None, resource, Cause.NEW), DESIGN)
        assert [item.text for item in said] == texts


def test_every_kind_of_the_example_has_a_changed_and_a_removed_row() -> None:
    kinds = {resource.address.kind for resource in DESIRED}
    assert kinds == {Address.parse(address).kind for address, _, _ in TABLE}
    assert kinds == {Address.parse(address).kind for address in GONE}
    assert kinds <= set(TELLERS)


def test_a_kind_nobody_knows_is_said_plainly() -> None:
    one, other = (Resource(Address("Layout", "X"), {"a": 1, "b": [2], "c": value, "d": value}) for value in (3, 4))
    assert target.meanings(Change(one, other, Cause.HAND), DESIGN) == [Meaning("Layout X: c 3 -> 4; d 3 -> 4")]
    assert target.meanings(Change(one, None, Cause.HAND), DESIGN) == [Meaning("Layout X is removed")]
    assert target.meanings(Change(None, one, Cause.NEW), DESIGN) == [Meaning("Layout X is added")]
    assert isinstance(target, Explaining)


_LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
_TREES = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner))


@settings(max_examples=150)
@given(data=st.data())
def test_no_difference_stays_unsaid_and_nothing_is_said_without_one(data: st.DataObject) -> None:
    """Any attribute of any resource, replaced by anything: something is said, every text is a line of its own."""
    resource = data.draw(st.sampled_from(list(DESIRED)))
    key = data.draw(st.sampled_from(sorted(resource.attributes)))
    value = data.draw(_TREES)
    other = Resource(resource.address, {**resource.attributes, key: value})
    said = target.meanings(Change(resource, other, Cause.HAND), DESIGN)
    assert said
    assert all(item.text.strip() for item in said)
    assert all(set(item.lead_types) <= set(EVERYBODY) for item in said)
