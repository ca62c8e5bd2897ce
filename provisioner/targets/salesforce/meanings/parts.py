"""Fields, rights, calendars, queues, code: everything that is neither a record nor a flow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.targets.base import Meaning
from provisioner.targets.meaning import arrow, differing, everybody, rows, shown, whole
from provisioner.targets.salesforce.meanings.words import Told, by, on_business_clock, with_hours
from provisioner.targets.salesforce.names import used_hours

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOLIDAY = re.compile(r"(?P<hours>.+?) (?P<day>\d{4}-\d{2}-\d{2})(?: (?P<name>.*))?")


def field(told: Told) -> Iterator[Meaning]:
    """A field of Lead, or of one of our custom metadata types."""
    place, _, name = told.name.partition(".")
    label = shown((told.after or told.before).get("label") or name)
    subject = f"Field {label} ({name}) of {place}"
    if told.goes:
        yield Meaning(f"{subject} is removed: what it held is lost", everybody(told.design))
        return
    if told.comes:
        yield Meaning(f"{subject} is added")
        return
    if told.moved("formula") is not None:
        yield Meaning(f"{label} is computed in another way", everybody(told.design))
    yield from arrow(f"Type of {subject[0].lower()}{subject[1:]}", told.moved("type"), everybody(told.design))
    yield from _values(told, label)
    for key, word in (("label", "Name"), ("description", "Description"), ("inlineHelpText", "Help text")):
        yield from arrow(f"{word} of the field {name}", told.moved(key))
    for item in told.others("formula", "type", "valueSet", "label", "description", "inlineHelpText"):
        yield from differing(subject, item)


def _values(told: Told, label: str) -> Iterator[Meaning]:
    before, after = _offered(told.before), _offered(told.after)
    types = {item.id for item in told.design.lead_types}
    for value in dict.fromkeys([*before, *after]):
        mine = (value,) if value in types and told.name.endswith("Lead_Type__c") else ()
        if value not in after:
            yield Meaning(f"{label} does not offer the value {shown(value)} any more", mine)
        elif value not in before:
            yield Meaning(f"{label} offers the value {shown(value)}", mine)
        elif before[value] != after[value]:
            words = (shown(before[value].get("label")), shown(after[value].get("label")))
            known = words[0] != words[1]
            text = f"{label} calls the value {shown(value)}: {words[0]} -> {words[1]}"
            yield Meaning(text if known else f"{label} treats the value {shown(value)} in another way", mine)
    strict = _restricted(told.before), _restricted(told.after)
    if strict[0] != strict[1]:
        yield Meaning(_strictness(label, strict[1]), everybody(told.design) if strict[1] else ())
    elif told.moved("valueSet") is not None and before == after:
        yield Meaning(f"The order of the values of {label} is set in another way")


def _restricted(attributes: Mapping[str, Any]) -> bool:
    offers = attributes.get("valueSet")
    return isinstance(offers, Mapping) and offers.get("restricted") == "true"


def _strictness(label: str, strict: bool) -> str:
    """A restricted picklist takes what it lists, as far as the lead's record type offers it. [community]"""
    if strict:
        return f"{label} takes only values that it lists and the lead's record type offers: any other save is refused"
    return f"{label} takes every value, whatever the lead's record type offers: no save is refused for one"


def _offered(attributes: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    offers = attributes.get("valueSet")
    definition = offers.get("valueSetDefinition") if isinstance(offers, Mapping) else None
    return by(definition, "value", "fullName") if isinstance(definition, Mapping) else {}


def object_type(told: Told) -> Iterator[Meaning]:
    if told.goes or told.comes:
        fate = "removed, with all its records" if told.goes else "added"
        yield Meaning(f"The place for {_kept(told.word)} ({told.name}) is {fate}", everybody(told.design))
        return
    for item in told.others():
        yield from differing(told.name, item)


def _kept(word: str) -> str:
    known = {
        "Lead_Type": "the SLAs of lead types",
        "SLA_Step": "the steps of escalations",
        "Recipient": "recipients",
        "Ignored_User": "ignored users",
        "Settings": "the silent switch",
        "Error": "faults of the automation",
        "Switch": "switches",
        "Stage_History": "stage history",
    }
    return known.get(word, word)


REFUSED = {
    "Rejection_Reason_Needed": "be sent back without a rejection reason",
    "Recycle_Limit": "come back more often than the limit",
}


def validation_rule(told: Told) -> Iterator[Meaning]:
    """What the org refuses to save: people are kept from it or not; no lead is judged or alerted in another way."""
    word = told.name.partition(".")[2].removeprefix(f"{told.design.target.prefix}_")
    subject = f"Validation rule {told.name}"
    if told.goes or told.comes:
        yield _refusing(f"{subject} is {'removed' if told.goes else 'added'}", word, told.comes)
        return
    if told.moved("active") is not None:
        on = told.after.get("active") == "true"
        yield _refusing(f"{subject} is switched {'on' if on else 'off'}", word, on)
    if told.moved("errorConditionFormula") is not None:
        effect = "Other saves are refused than the design says"
        yield Meaning(f"{subject} refuses other saves than before", effect=effect)
    yield from arrow(f"What people are told by {told.name}", told.moved("errorMessage"))
    for item in told.others("active", "errorConditionFormula", "errorMessage"):
        yield from differing(subject, item)


def _refusing(what: str, word: str, on: bool) -> Meaning:
    if word not in REFUSED:
        return Meaning(what, effect=f"Saves are {'refused' if on else 'not refused'} by it")
    follows = f"eads {'cannot' if on else 'can'} {REFUSED[word]}"
    return Meaning(f"{what}: l{follows}", effect=f"L{follows}")


def mapping(told: Told) -> Iterator[Meaning]:
    """A field that a conversion copies."""
    known = told.after or told.before
    place = f"{shown(known.get('outputField'))} of the {str(known.get('outputObject')).lower()}"
    if told.goes or told.comes:
        does = "copied no more" if told.goes else "copied"
        yield Meaning(f"When a lead is converted, {shown(known.get('inputField'))} is {does} to {place}")
        return
    yield from arrow(f"What a conversion copies to {place}", told.moved("inputField"))
    for item in told.others("inputField"):
        yield from differing(f"Field mapping {told.name}", item)


# --------------------------------------------------------------- calendars


def hours(told: Told) -> Iterator[Meaning]:
    """An entry of the business hours; days that are closed have no times."""
    id = next((item.id for item in used_hours(told.design) if told.names.hours(item.id) == told.name), told.name)
    mine = with_hours(told.design, id)
    if told.goes or told.comes:
        does = "clocks on them cannot start" if told.goes else "clocks run on them"
        yield Meaning(f"Business hours {id} are {'switched off' if told.goes else 'added'}: {does}", mine)
        return
    active = told.moved("active")
    if active is not None:
        off = told.after.get("active") != "true"
        text = "switched off: clocks on them cannot start" if off else "switched on"
        yield Meaning(f"Business hours {id} are {text}", mine)
    yield from arrow(f"Time zone of business hours {id}", told.moved("timeZoneId"), mine)
    for day in DAYS:
        sides = _open(told.before, day), _open(told.after, day)
        if sides[0] != sides[1]:
            yield from arrow(f"Business hours {id} on {day.capitalize()}", sides, mine)
    known = {"active", "timeZoneId", *(f"{day}{end}" for day in DAYS for end in ("StartTime", "EndTime"))}
    for item in told.others(*known):
        yield from differing(f"Business hours {id}", item, mine)


def _open(attributes: Mapping[str, Any], day: str) -> str:
    start, end = str(attributes.get(f"{day}StartTime") or ""), str(attributes.get(f"{day}EndTime") or "")
    if not start or not end:
        return "closed"
    if start == end:
        return "open all day"
    return f"{start[:5]} to {end[:5]}"


def holiday(told: Told) -> Iterator[Meaning]:
    """`holiday 2026-12-24 removed`: the name of ours says calendar and day."""
    known = told.after or told.before
    match = HOLIDAY.fullmatch(told.name)
    calendar = match["hours"] if match else ""
    id = next((item.id for item in used_hours(told.design) if told.names.hours(item.id) == calendar), calendar)
    day = shown(known.get("activityDate") or (match["day"] if match else ""))
    mine = with_hours(told.design, id)
    what = f"Holiday {day} of {id}" if id else f"Holiday {day} ({told.name})"
    if told.goes:
        yield Meaning(f"{what} is removed: clocks run on that day", mine)
    elif told.comes:
        yield Meaning(f"{what} is added: clocks stand still on that day", mine)
    else:
        yield from arrow(f"Day of the holiday {told.name}", told.moved("activityDate"), mine)
        if told.moved("businessHours") is not None:
            sides = _list(told.before.get("businessHours")), _list(told.after.get("businessHours"))
            yield from arrow(f"{what} counts for the business hours", sides, mine)
        for item in told.others("activityDate", "businessHours"):
            yield from differing(what, item, mine)


def _list(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list | tuple) else whole(value)


# ------------------------------------------------------------ rights, queues


def permission_set(told: Told) -> Iterator[Meaning]:
    if told.goes or told.comes:
        does = "nobody sees the fields through it any more" if told.goes else "those who hold it see the fields"
        yield Meaning(f"Permission set {told.name} is {'removed' if told.goes else 'added'}: {does}")
        return
    before, after = by(told.before, "fieldPermissions", "field"), by(told.after, "fieldPermissions", "field")
    for name in dict.fromkeys([*before, *after]):
        yield from _right(name, before.get(name, {}), after.get(name, {}))
    for key, name, word in (
        ("customMetadataTypeAccesses", "name", "read the records of"),
        ("classAccesses", "apexClass", "run the code of"),
    ):
        old, new = by(told.before, key, name), by(told.after, key, name)
        for item in dict.fromkeys([*old, *new]):
            if _on(old.get(item), "enabled") != _on(new.get(item), "enabled"):
                can = "can" if _on(new.get(item), "enabled") else "cannot"
                yield Meaning(f"Those who hold {told.name} {can} {word} {shown(item)}")
    for other in told.others("fieldPermissions", "customMetadataTypeAccesses", "classAccesses"):
        yield from differing(f"Permission set {told.name}", other)


def _right(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Meaning]:
    if _on(old, "readable") != _on(new, "readable"):
        seen = _on(new, "readable")
        yield Meaning(
            f"Field permission {'added' if seen else 'removed'}: reps {'see' if seen else 'cannot see'} {name}"
        )
    if _on(old, "editable") != _on(new, "editable"):
        may = "can" if _on(new, "editable") else "cannot"
        yield Meaning(f"Reps {may} change {name} by hand")


def _on(row: Mapping[str, Any] | None, key: str) -> bool:
    return (row or {}).get(key) == "true"


def queue(told: Told) -> Iterator[Meaning]:
    mine = everybody(told.design)
    if told.goes or told.comes:
        does = "no lead can be handed to it" if told.goes else "leads can be handed to it"
        yield Meaning(f"Queue {told.name} is {'removed' if told.goes else 'added'}: {does}", mine)
        return
    takes = tuple(any(row.get("sobjectType") == "Lead" for row in rows(side, "queueSobject")) for side in _sides(told))
    if takes[0] != takes[1]:
        yield Meaning(f"Queue {told.name} {'takes' if takes[1] else 'does not take'} leads", mine)
    mails = told.moved("doesSendEmailToMembers")
    if mails is not None:
        says = "sends" if told.after.get("doesSendEmailToMembers") == "true" else "does not send"
        yield Meaning(f"Queue {told.name} {says} an email to its members for each lead")
    yield from arrow(f"Mailbox of queue {told.name}", told.moved("email"))
    yield from arrow(f"Name of queue {told.name}", told.moved("name"))
    for item in told.others("queueSobject", "doesSendEmailToMembers", "email", "name"):
        yield from differing(f"Queue {told.name}", item)


def _sides(told: Told) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return told.before, told.after


def notification(told: Told) -> Iterator[Meaning]:
    mine = everybody(told.design)
    if told.goes or told.comes:
        does = "no bell rings any more" if told.goes else "alerts can ring the bell"
        yield Meaning(f"Notification type {told.name} is {'removed' if told.goes else 'added'}: {does}", mine)
        return
    for key, where in (("desktop", "on the desktop"), ("mobile", "on the phone")):
        if told.moved(key) is not None:
            rings = "rings" if told.after.get(key) == "true" else "does not ring"
            yield Meaning(f"The bell {rings} {where}", mine)
    yield from arrow(f"Name of the notification type {told.name}", told.moved("masterLabel"))
    for item in told.others("desktop", "mobile", "masterLabel"):
        yield from differing(f"Notification type {told.name}", item)


def code(told: Told) -> Iterator[Meaning]:
    """The Apex that counts business hours, and its test."""
    mine = () if told.word.endswith("_Test") else on_business_clock(told.design)
    does = "only the test of the clock is concerned" if not mine else "clocks on business hours are not worked out"
    what = f"Code {told.name}"
    if told.goes:
        yield Meaning(f"{what} is removed: {does}", mine)
    elif told.comes:
        yield Meaning(f"{what} is added", mine)
    else:
        if told.moved("status") is not None:
            on = told.after.get("status") == "Active"
            yield Meaning(f"{what} is switched on" if on else f"{what} is switched off: {does}", mine)
        if told.moved("body") is not None:
            counted = "business hours may be counted in another way" if mine else does
            yield Meaning(f"{what} is rewritten: {counted}", mine)
        for item in told.others("status", "body"):
            yield from differing(what, item)
