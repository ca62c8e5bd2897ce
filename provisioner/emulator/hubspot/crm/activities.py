"""What calls, emails, meetings, messages, notes and tasks do to the contacts and leads they are about.

[docs] reference/hubspot.md 3.1, 3.3: notes never count as contact; completed tasks count for the first engagement only;
a meeting counts when it happens; only outbound email is contact; an activity carries its own time.
"""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.emulator.hubspot.crm import records
from provisioner.emulator.hubspot.errors import Json
from provisioner.emulator.hubspot.standard import CALL, COMMUNICATION, CONTACT, EMAIL, LEAD, MEETING, NOTE, TASK, TYPES
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import show
from provisioner.emulator.hubspot.values import milliseconds

MESSAGE = "COMMUNICATION"  # LinkedIn, SMS and WhatsApp as records; chat and post known only by what they do
KINDS = {
    CALL: "CALL",
    COMMUNICATION: MESSAGE,
    EMAIL: "EMAIL",
    MEETING: "MEETING_EVENT",
    NOTE: "NOTE",
    TASK: "TASK",
}
_LEAD_COUNTERS = {
    "CALL": "hs_lead_call_count",
    "EMAIL": "hs_lead_email_count",
    "MEETING_EVENT": "hs_lead_meeting_count",
    MESSAGE: "hs_lead_communication_count",
}
_ACTIVITY = records.Source("ENGAGEMENTS")


def logged(portal: Portal, type_id: str, record: Json) -> None:
    """An activity was created, completed or associated: what it does happens now, or at its time if that lies ahead."""
    kind = _counts_as(type_id, record["values"])
    at = milliseconds(record["values"].get("hs_timestamp"))
    if kind is None or at is None:
        return
    for object_type in (CONTACT, LEAD):
        for about in records.linked(portal, record, object_type):
            done = record.setdefault("told", [])
            if f"{object_type}/{about}" not in done:
                done.append(f"{object_type}/{about}")
                portal.records(type_id).put(record["id"], record)
                note(portal, object_type, about, kind, at, record["values"].get("hubspot_owner_id"), record["id"])


def _counts_as(type_id: str, values: Mapping[str, str]) -> str | None:
    """None while it counts for nothing."""
    if type_id == TASK and values.get("hs_task_status") != "COMPLETED":
        return None
    if type_id == EMAIL and values.get("hs_email_direction", "EMAIL") == "INCOMING_EMAIL":
        return "REPLY"
    return KINDS.get(type_id)


def note(
    portal: Portal, object_type: str, about: str, kind: str, at: int, by: str | None, activity: str | None
) -> None:
    """`by`: the owner id of who did it; `at` in ms UTC, in the past, now, or ahead."""
    if at <= portal.now_ms:
        _apply(portal, object_type, about, kind, at, by, activity)
        return
    name = str(portal.number("occasion"))
    number = portal.wait(at, "occasion", name)
    facts = {"object": object_type, "about": about, "kind": kind, "at": at, "by": by, "activity": activity}
    portal.shelves["occasion"].put(name, {"id": name, "due": at, "n": number} | facts)
    record = portal.record(object_type, about)
    if record is not None and object_type == CONTACT and kind != "REPLY":
        soonest = milliseconds(record["values"].get("notes_next_activity_date"))
        if soonest is None or at < soonest:
            records.put(portal, TYPES[CONTACT], record, {"notes_next_activity_date": show(at)}, _ACTIVITY)


def happen(portal: Portal, name: str) -> None:
    """An activity that lay ahead takes place."""
    occasion = portal.shelves["occasion"].get(name)
    if occasion is None:
        return
    portal.shelves["occasion"].remove(name)
    facts = [occasion[key] for key in ("object", "about", "kind", "at", "by", "activity")]
    _apply(portal, *facts)


def _apply(
    portal: Portal, object_type: str, about: str, kind: str, at: int, by: str | None, activity: str | None
) -> None:
    record = portal.record(object_type, about)
    if record is None:
        return
    changes = (_on_contact if object_type == CONTACT else _on_lead)(record, kind, at, by, activity)
    records.put(portal, TYPES[object_type], record, changes, _ACTIVITY)


def _latest(values: Mapping[str, str], name: str, at: int) -> dict[str, str | None]:
    known = milliseconds(values.get(name))
    return {name: show(at)} if known is None or at > known else {}


def _more(values: Mapping[str, str], name: str) -> dict[str, str | None]:
    return {name: str(int(values.get(name, "0")) + 1)}


def _on_contact(record: Json, kind: str, at: int, by: str | None, activity: str | None) -> dict[str, str | None]:
    values: dict[str, str] = record["values"]
    if kind == "REPLY":
        return _latest(values, "hs_sales_email_last_replied", at)
    found: dict[str, str | None] = {}
    if kind != "TASK":
        found |= _latest(values, "notes_last_updated", at) | _more(values, "num_notes")
    if kind not in ("NOTE", "TASK"):
        found |= _latest(values, "notes_last_contacted", at) | _more(values, "num_contacted_notes")
        if "hs_first_outreach_date" not in values:
            found["hs_first_outreach_date"] = show(at)
    if kind == "MEETING_EVENT":
        found |= _latest(values, "hs_latest_meeting_activity", at)
    planned = milliseconds(values.get("notes_next_activity_date"))
    if planned is not None and planned <= at:
        found["notes_next_activity_date"] = None
    if kind != "NOTE" and by is not None and by == values.get("hubspot_owner_id"):
        found |= _first_engagement(values, kind, at, activity)
    return found


def _first_engagement(values: Mapping[str, str], kind: str, at: int, activity: str | None) -> dict[str, str | None]:
    """By the present owner, and since the assignment."""
    assigned = milliseconds(values.get("hubspot_owner_assigneddate"))
    if "hs_sa_first_engagement_date" in values or assigned is None or at < assigned:
        return {}
    return {
        "hs_sa_first_engagement_date": show(at),
        "hs_sa_first_engagement_object_type": "CONVERSATION_SESSION" if kind == MESSAGE else kind,
        "hs_first_engagement_object_id": activity,
        "hs_time_to_first_engagement": str(at - assigned),
    }


def _on_lead(record: Json, kind: str, at: int, by: str | None, activity: str | None) -> dict[str, str | None]:
    values: dict[str, str] = record["values"]
    if kind not in _LEAD_COUNTERS:
        return {}
    found = _more(values, _LEAD_COUNTERS[kind]) | _more(values, "hs_lead_outreach_activity_count")
    if "hs_lead_first_outreach_date" not in values:
        found["hs_lead_first_outreach_date"] = show(at)
        found["hs_lead_time_to_first_outreach"] = str(at - record["created"])
    return found
