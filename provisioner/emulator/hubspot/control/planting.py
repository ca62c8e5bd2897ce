"""What the control door plants and does: seeds, touches, form submissions, edits by hand."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from provisioner.emulator.clock import parse_instant
from provisioner.emulator.hubspot import times
from provisioner.emulator.hubspot.bodies import only
from provisioner.emulator.hubspot.control.crowding import plant_crowd
from provisioner.emulator.hubspot.control.people import owner_by, plant_owner, plant_team, plant_token
from provisioner.emulator.hubspot.crm import activities, pipelines, properties, records
from provisioner.emulator.hubspot.errors import Json
from provisioner.emulator.hubspot.standard import (
    CALL,
    COMMUNICATION,
    CONTACT,
    DEFAULT_LINKS,
    EMAIL,
    LEAD,
    MEETING,
    NOTE,
    TASK,
    TYPES,
    object_type,
)
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import show, show_full
from provisioner.emulator.hubspot.workflows import code

SEEDS = "teams owners tokens secrets forms pipelines validations records crowds"
TOUCHES = {"call": CALL, "email": EMAIL, "meeting": MEETING, "note": NOTE, "task": TASK, "reply": EMAIL}
MESSAGES = {"linkedin": "LINKEDIN_MESSAGE", "sms": "SMS", "whatsapp": "WHATS_APP"}
BARE = ("postal_mail", "chat")  # without a record of their own
_UI = records.Source("CRM_UI", "userId:12345678")
# Who logged an activity: a person in the portal, an app through the API, or a sequence.
VIA = {
    "person": _UI,
    "integration": records.Source("INTEGRATION", "2", "another app"),
    "sequence": records.Source("AUTOMATION_PLATFORM", "sequence", "a sequence"),
}
_FORM = records.Source("FORM")


def plant_document(portal: Portal, document: Any) -> dict[str, Any]:
    """Teams, owners, tokens, secrets, forms, pipelines, validations, records, crowds: lists, planted in this order.

    Answers what was made, per kind. A seed that fails plants what came before it: seed again after a reset.
    """
    facts = only(document, SEEDS, "", "A seed")
    makers: dict[str, Callable[[Portal, Any], Json]] = {
        "teams": plant_team,
        "owners": plant_owner,
        "tokens": plant_token,
        "secrets": code.plant_secret,
        "forms": plant_form,
        "pipelines": pipelines.plant_pipeline,
        "validations": plant_validation,
        "records": plant_record,
        "crowds": plant_crowd,
    }
    made = {kind: [make(portal, one) for one in facts[kind]] for kind, make in makers.items() if kind in facts}
    portal.automation.settle()
    return made


def plant_record(portal: Portal, body: Any) -> Json:
    """A record; `saved` makes it as the API does (checks, automation), otherwise it is just there, in the past even.

    `values` as the API takes them, read-only ones too when it is not saved; `created` an instant; `history` holds
    name → [[instant, value]] and replaces what planting would tell.
    """
    facts = only(body, "object values saved created history contact archived", "object values", "A record")
    where = object_type(facts["object"])
    links: list[records.Link] = (
        [(CONTACT, str(facts["contact"]), DEFAULT_LINKS[where.id, CONTACT])] if facts.get("contact") else []
    )
    if facts.get("saved"):
        record = records.create(portal, where, facts["values"], links, records.API)
        activities.logged(portal, where.id, record)
        return {"id": record["id"]}
    unknown = sorted(name for name in facts["values"] if portal.definition(where.id, name) is None)
    if unknown:
        raise ValueError(f"{where.plural} have no property {unknown[0]!r}.")
    created = times.to_ms(parse_instant(facts["created"])) if "created" in facts else None
    values = {name: _raw(portal, where.id, name, value) for name, value in facts["values"].items()}
    values |= pipelines.placed(portal, where.id, values, {})
    records.unique(portal, where, values, None)
    record = records.plant(portal, where, values, links, records.Source("IMPORT"), created, noticed=False)
    for name, entries in facts.get("history", {}).items():
        told: list[list[Any]] = [
            [times.to_ms(parse_instant(at)), str(value), "IMPORT", "", ""] for at, value in entries
        ]
        record["history"][name] = sorted(told, key=lambda one: one[0])
    if facts.get("archived"):
        records.archive(portal, where, record)
    portal.automation.planted(where.id, record["id"])
    return {"id": record["id"]}


def _raw(portal: Portal, type_id: str, name: str, value: Any) -> str | None:
    definition = portal.definition(type_id, name)
    text = "" if value is None else "true" if value is True else "false" if value is False else str(value)
    if definition and definition["type"] == "datetime" and (ms := times.read(text)) is not None:
        return show(ms)
    return text or None


def touch(portal: Portal, body: Any) -> Json:
    """`{"contact" and/or "lead": id, "type", "by": owner email or id, "at": instant, "via"}`: somebody reached out.

    `at` defaults to now, may lie in the past (logged late) or ahead (a meeting). `via` is person (in the portal, the
    default), integration (an app logs it) or sequence (an email nobody wrote by hand: whether it counts as contact is
    a setting, because the vendor's sources do not agree). Answers the activity's id, None where there is no record.
    """
    facts = only(body, "contact lead type by at via", "type", "A touch")
    about = [(kind, str(facts[key])) for key, kind in (("contact", CONTACT), ("lead", LEAD)) if facts.get(key)]
    for type_id, record_id in about or [(CONTACT, "")]:
        portal.need_record(type_id, record_id)
    kind, via = facts["type"], facts.get("via", "person")
    if kind not in TOUCHES and kind not in MESSAGES and kind not in BARE:
        raise ValueError(f"A touch is one of {', '.join([*TOUCHES, *MESSAGES, *BARE])}, not {kind!r}.")
    if via not in VIA or (via == "sequence" and kind != "email"):
        raise ValueError(f"'via' is one of {', '.join(VIA)} (sequence for an email), not {via!r}.")
    by = owner_by(portal, str(facts["by"]))["id"] if facts.get("by") else None
    at = times.to_ms(parse_instant(facts["at"])) if facts.get("at") else portal.now_ms
    made = None
    if kind in BARE:
        for type_id, record_id in about:
            activities.note(portal, type_id, record_id, activities.MESSAGE, at, by, None)
    else:
        made = _activity(portal, kind, at, by, about, via)
    portal.automation.settle()
    return {"id": made}


def _activity(portal: Portal, kind: str, at: int, by: str | None, about: list[tuple[str, str]], via: str) -> str:
    """The record of an activity, associated, and what it does."""
    where = TYPES[COMMUNICATION if kind in MESSAGES else TOUCHES[kind]]
    values: dict[str, str | None] = {"hs_timestamp": show(at)}
    if by is not None:
        values["hubspot_owner_id"] = by
    if where.id == EMAIL:
        values["hs_email_direction"] = "INCOMING_EMAIL" if kind == "reply" else "EMAIL"
    if where.id == TASK:
        values["hs_task_status"] = "COMPLETED"
    if where.id == COMMUNICATION:
        values |= {"hs_communication_channel_type": MESSAGES[kind], "hs_communication_logged_from": "CRM"}
    joined = [(type_id, record_id, DEFAULT_LINKS[where.id, type_id]) for type_id, record_id in about]
    record = records.plant(portal, where, values, joined, VIA[via])
    if via != "sequence" or portal.settings.sequence_email_counts:
        activities.logged(portal, where.id, record)
    return str(record["id"])


def submit(portal: Portal, body: Any) -> Json:
    """`{"form": id or name, "email" or "contact", "values", "page", "at"}`: a visitor sends a form.

    The contact with this email is changed or made; then conversions move; then workflows hear of the submission.
    """
    facts = only(body, "form email contact values page", "form", "A submission")
    form = _form(portal, facts["form"])
    where = TYPES[CONTACT]
    record = _submitter(portal, facts)
    raw = dict(facts.get("values", {}))
    if record is None:
        raw["email"] = facts["email"]
        record = records.create(portal, where, raw, [], _FORM)
    else:
        records.change(portal, where, record, raw, _FORM)
    values = record["values"]
    now, name = show(portal.now_ms), f"{facts.get('page', 'Page')}: {form['name']}"
    seen = [one for one in values.get("hs_calculated_form_submissions", "").split(";") if one]
    forms = {one.partition("::")[0] for one in seen} | {form["id"]}
    written: dict[str, str | None] = {
        "recent_conversion_date": now,
        "recent_conversion_event_name": name,
        "num_conversion_events": str(int(values.get("num_conversion_events", "0")) + 1),
        "num_unique_conversion_events": str(len(forms)),
        "hs_calculated_form_submissions": ";".join([*seen, f"{form['id']}::{portal.now_ms}"]),
    }
    if "first_conversion_date" not in values:
        written |= {"first_conversion_date": now, "first_conversion_event_name": name}
    records.put(portal, where, record, written, _FORM)
    portal.automation.submitted(record["id"], form["id"])
    portal.automation.settle()
    return {"contact": record["id"]}


def _submitter(portal: Portal, facts: Json) -> Json | None:
    if facts.get("contact"):
        return portal.need_record(CONTACT, str(facts["contact"]))
    if not facts.get("email"):
        raise ValueError("A submission needs 'email' or 'contact'.")
    return records.by_value(portal, TYPES[CONTACT], "email", facts["email"])


def _form(portal: Portal, wanted: str) -> Json:
    for one in portal.shelves["form"]:
        if wanted in (one["id"], one["name"]):
            return one
    raise ValueError(f"There is no form {wanted!r}.")


def plant_form(portal: Portal, body: Any) -> Json:
    facts = only(body, "id name type archived created", "name", "A form")
    form_id = str(facts.get("id") or uuid.uuid5(uuid.NAMESPACE_URL, f"form {portal.number('form')}"))
    born = times.to_ms(parse_instant(facts["created"])) if "created" in facts else portal.now_ms
    now = show_full(born)
    archived = bool(facts.get("archived"))
    made: Json = {
        "id": form_id,
        "name": facts["name"],
        "formType": facts.get("type", "hubspot"),
        "createdAt": now,
        "updatedAt": now,
        "archived": archived,
    }
    made |= ({"archivedAt": now} if archived else {}) | _form_details()
    portal.shelves["form"].put(form_id, made)
    return {"id": form_id, "name": facts["name"]}


def _form_details() -> Json:
    """What every form of type hubspot carries. [spec]"""
    style = "backgroundWidth fontFamily helpTextColor helpTextSize labelTextColor labelTextSize legalConsentTextColor"
    style += " legalConsentTextSize submitColor submitFontColor submitSize"
    flags = "allowLinkToResetKnownValues archivable cloneable createNewContactForNewEmail editable notifyContactOwner"
    flags += " prePopulateKnownValues recaptchaEnabled"
    return {
        "fieldGroups": [],
        "legalConsentOptions": {"type": "none"},
        "configuration": dict.fromkeys(flags.split(), False)
        | {
            "language": "en",
            "lifecycleStages": [],
            "notifyRecipients": [],
            "postSubmitAction": {"type": "thank_you", "value": "Thanks"},
        },
        "displayOptions": {
            "renderRawHtml": False,
            "theme": "default_style",
            "submitButtonText": "Submit",
            "style": dict.fromkeys(style.split(), "") | {"submitAlignment": "left"},
        },
    }


def plant_validation(portal: Portal, body: Any) -> Json:
    """`{"object", "name", "rules": [{"ruleType", "ruleArguments"}]}`"""
    facts = only(body, "object name rules", "object name rules", "A validation")
    where = object_type(facts["object"])
    properties.find(portal, where, facts["name"])
    kept = {"object": where.id, "name": facts["name"], "rules": facts["rules"]}
    portal.shelves["validation"].put(f"{where.id}/{facts['name']}", kept)
    return {"name": facts["name"]}
