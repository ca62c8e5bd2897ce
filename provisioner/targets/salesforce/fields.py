"""The fields on Lead, the custom metadata types, and who may read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioner.model.design import Design
from provisioner.resources import Address, Resource
from provisioner.targets.salesforce.names import LABEL_MOST, STATUSES, TOUCHES, Names, has_business_clock, step_count


def managed(design: Design, what: str) -> str:
    """The description every component carries."""
    return f"{what} Managed by provisioner (design {design.id})."


def lead_fields(design: Design) -> Iterator[Resource]:
    """Every field of ours on Lead, as CustomField resources."""
    names = Names(design.target.prefix)
    for word, label, what, attributes in [*_stored(design), *_calculated(names)]:
        content = {"label": label, "description": managed(design, what), **attributes}
        yield Resource(Address("CustomField", f"Lead.{names.field(word)}"), content)


Row = tuple[str, str, str, dict[str, Any]]


def _stored(design: Design) -> Iterator[Row]:
    moment = {"type": "DateTime", "required": "false"}
    yield "Engaged_At", "Engaged At", "When the lead reached out.", moment
    yield "Assigned_At", "Assigned At", "When a person first owned the lead.", moment
    yield "Assigned_To", "SLA Owner Id", "Id of the owner the clock is for.", _text(18)
    yield "Owner_Seen", "Owner Seen", "Owner at the last save that was looked at.", _text(18)
    yield "Owner_Changed_At", "Owner Changed At", "When an assignment rule changed the owner after a save.", moment
    yield "SLA_Started_At", "SLA Started At", "Start of the SLA clock.", moment
    yield "SLA_Due_At", "SLA Due At", "Deadline of the first touch. Time source of a scheduled path.", moment
    for number in range(1, step_count(design) + 1):
        what = f"When escalation step {number} acts. Time source of a scheduled path."
        yield f"Step_{number}_At", f"SLA Step {number} At", what, moment
    yield "First_Touch_At", "First Touch At", "First human touch after the engagement.", moment
    yield "First_Touch_Type", "First Touch Type", "What the first touch was.", _picklist(TOUCHES)
    types = {lead_type.id: lead_type.label for lead_type in design.lead_types}
    yield "Lead_Type", "SLA Lead Type", "Lead type when the clock started.", _picklist(types)
    yield "SLA_Minutes", "SLA Minutes", "Promised minutes on the lead type's clock.", _number(18, 2)
    yield "Business_Hours", "SLA Business Hours", "Business hours of the clock; blank = around the clock.", _text(80)
    yield "Escalation", "SLA Escalation", "Escalation the steps belong to.", _text(40)
    yield "SLA_Status", "SLA Status", "Where the clock stands.", _picklist(STATUSES)
    flag = {"type": "Checkbox", "defaultValue": "false"}
    yield "Excluded", "SLA Excluded", "Ticked by automation: never measured, never alerted.", flag
    yield "Escalation_Level", "SLA Escalation Level", "The last escalation step that acted.", _number(4, 0)
    yield "Cycle", "SLA Cycle", "1 for the first engagement, 2 for the next.", _number(6, 0)
    yield "Response_Minutes", "SLA Response Minutes", "Minutes on the SLA clock until the touch.", _number(18, 2)
    error = {"type": "LongTextArea", "length": "4000", "visibleLines": "3"}
    yield "Last_Error", "SLA Last Error", "What went wrong last in the automation.", error


def _text(length: int) -> dict[str, Any]:
    return {"type": "Text", "length": str(length), "required": "false", "unique": "false", "externalId": "false"}


def _number(precision: int, scale: int) -> dict[str, Any]:
    return {
        "type": "Number", "precision": str(precision), "scale": str(scale), "required": "false", "unique": "false",
        "externalId": "false",
    }  # fmt: skip


def _picklist(values: dict[str, str]) -> dict[str, Any]:
    entries = [{"fullName": value, "default": "false", "label": label} for value, label in values.items()]
    definition = {"sorted": "false", "value": entries}
    return {
        "type": "Picklist",
        "required": "false",
        "valueSet": {"restricted": "true", "valueSetDefinition": definition},
    }


def _calculated(names: Names) -> Iterator[Row]:
    """Formulas. Whole seconds first, then minutes, so that a half is rounded as the oracle rounds it."""
    engaged, assigned, touched = (names.field(word) for word in ("Engaged_At", "Assigned_At", "First_Touch_At"))
    due, status = names.field("SLA_Due_At"), names.field("SLA_Status")
    response, promised = names.field("Response_Minutes"), names.field("SLA_Minutes")
    earlier = f"IF({assigned} < {touched}, {assigned}, {touched})"
    first = f"IF(ISBLANK({touched}), {assigned}, IF(ISBLANK({assigned}), {touched}, {earlier}))"
    what = "Minutes from engagement to assignment, or to the touch where that came first."
    yield "Systems_Delay_Minutes", "Systems Delay Minutes", what, _minutes(between(engaged, first))
    human = (
        f"IF(AND(ISBLANK({assigned}), NOT(ISBLANK({touched}))), 0, "
        f"IF(AND(NOT(ISBLANK({touched})), {touched} < {assigned}), 0, {between(assigned, touched)}))"
    )
    yield "Human_Delay_Minutes", "Human Delay Minutes", "Minutes from assignment to the first touch.", _minutes(human)
    what = "Minutes from engagement to the first touch."
    yield "Speed_To_Lead_Minutes", "Speed to Lead Minutes", what, _minutes(between(engaged, touched))
    seconds = f"(ROUND({response} * 60, 0) - ROUND({promised} * 60, 0))"
    miss = f"IF(AND(NOT(ISBLANK({response})), {response} <= {promised}), 0, ROUND({seconds} / 60, 1))"
    yield "Miss_Minutes", "SLA Miss Minutes", "Minutes the touch came too late on the SLA clock.", _minutes(miss)
    result = (
        f'IF(OR(ISBLANK({due}), ISPICKVAL({status}, "excluded")), "", '
        f'IF(ISBLANK({touched}), IF(NOW() > {due}, "Miss", ""), IF({touched} <= {due}, "Hit", "Miss")))'
    )
    kind = {"type": "Text", "formula": result, "formulaTreatBlanksAs": "BlankAsBlank"}
    yield "SLA_Result", "SLA Result", "Hit, Miss, or blank while it is open.", kind


def between(start: str, end: str) -> str:
    """Calendar minutes from `start` to `end`, one decimal. [docs] reference/salesforce.md 2.3"""
    return f"ROUND(ROUND(({end} - {start}) * 86400, 0) / 60, 1)"


def _minutes(formula: str) -> dict[str, Any]:
    return {
        "type": "Number", "formula": formula, "formulaTreatBlanksAs": "BlankAsBlank", "precision": "18", "scale": "1",
    }  # fmt: skip


# Custom metadata types: word → (label, plural, description, fields as (word, label, attributes)).
def _types() -> dict[str, tuple[str, str, str, list[tuple[str, str, dict[str, Any]]]]]:
    name, long = _text(40), _text(255)
    return {
        "Lead_Type": ("SLA Lead Type", "SLA Lead Types", "One record per lead type: how fast, on which clock.", [
            ("Label", "Full Label", long), ("SLA_Minutes", "SLA Minutes", _number(18, 2)), ("Clock", "Clock", name),
            ("Business_Hours", "Business Hours", _text(80)), ("Escalation", "Escalation", name),
            ("Business_Day_Minutes", "Business Day Minutes", _number(6, 0)),
        ]),
        "SLA_Step": ("SLA Step", "SLA Steps", "One record per escalation step: when it acts.", [
            ("Escalation", "Escalation", name), ("Step_Number", "Step Number", _number(4, 0)),
            ("Percent", "Percent of SLA", _number(12, 4)), ("Offset_Minutes", "Minutes after Due", _number(18, 0)),
            ("Offset_Business_Days", "Business Days after Due", _number(6, 0)), ("Status", "Status", name),
        ]),
        "Recipient": ("SLA Recipient", "SLA Recipients", "Who is told: a user, group or queue per record.", [
            ("Kind", "Kind", name), ("Value", "Value", long), ("Otherwise", "Otherwise", long),
        ]),
        "Ignored_User": ("SLA Ignored User", "SLA Ignored Users", "Users whose touches never count.", [
            ("Username", "Username or Email", long),
        ]),
        "Settings": ("SLA Settings", "SLA Settings", "Switches of the alerts.", [
            ("Alerts_Live", "Alerts Live", {"type": "Checkbox", "defaultValue": "false"}),
            ("Silent_To", "Silent To", long),
        ]),
    }  # fmt: skip


def metadata_types(design: Design) -> Iterator[Resource]:
    """The custom metadata types with their fields."""
    names = Names(design.target.prefix)
    for word, (label, plural, what, fields) in _types().items():
        own = {"label": label, "pluralLabel": plural, "visibility": "Public", "description": managed(design, what)}
        yield Resource(Address("CustomObject", names.type(word)), own)
        for field, field_label, attributes in fields:
            content = {"label": field_label[:LABEL_MOST], "fieldManageability": "DeveloperControlled", **attributes}
            yield Resource(Address("CustomField", f"{names.type(word)}.{field}__c"), content)


def permission_set(design: Design) -> Resource:
    """Reading rights for people; the stored fields are written by automation in system context only."""
    names = Names(design.target.prefix)
    fields = sorted(resource.address.name for resource in lead_fields(design))
    content: dict[str, Any] = {
        "label": f"{design.target.prefix} Speed to Lead",
        "description": managed(design, "Read the speed-to-lead fields."),
        "hasActivationRequired": "false",
        "fieldPermissions": [{"field": field, "editable": "false", "readable": "true"} for field in fields],
        "customMetadataTypeAccesses": [{"name": names.type(word), "enabled": "true"} for word in _types()],
    }
    if has_business_clock(design):
        content["classAccesses"] = [{"apexClass": names.of("Clock"), "enabled": "true"}]
    return Resource(Address("PermissionSet", names.of("Speed_To_Lead")), content)
