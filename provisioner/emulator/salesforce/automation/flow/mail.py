"""E-mail of flows: the Send Email action, and email alerts with their templates. [docs] reference 4.7, 7.2

Addressees of an alert: a queue with an address of its own gets it there, and its members get it when they are to
([docs] of queues; where nothing is said, the members [inferred]); inactive people get nothing. An alert that reaches
nobody is no fault ([inferred]).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lxml import etree

from provisioner.emulator.salesforce.automation.flow.faults import FlowFault
from provisioner.emulator.salesforce.automation.flow.interview import Interview, shown
from provisioner.emulator.salesforce.automation.mail_merge import merged
from provisioner.emulator.salesforce.automation.refusals import SaveRefused
from provisioner.emulator.salesforce.state.rows import Compare, Row

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

MAX_ADDRESSES, MAX_ADDRESS_BYTES = 150, 4000
OLD_MAIL = (
    "emailAddresses",
    "emailAddressesArray",
    "ccRecipientAddressList",
    "bccRecipientAddressList",
    "ccRecipientAddressCollection",
    "bccRecipientAddressCollection",
)
NEW_MAIL = ("recipientAddresses", "ccAddresses", "bccAddresses")
_ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")
_PERSONS = ("Lead", "Contact", "User")


def words(interview: Interview, inputs: dict[str, Any], name: str) -> str:
    """A required text; the action faults when it is blank."""
    text = shown(inputs.get(name), interview.zone)
    if not text:
        raise FlowFault(f"Missing required input parameter: {name}")
    return text


# -- the Send Email action ------------------------------------------------------------------
def send_mail(interview: Interview, inputs: dict[str, Any]) -> None:
    """Sends to the addresses and the person of `recipientId`; keeps a closed task of it when it is to be logged."""
    person = _person(interview, inputs.get("recipientId"))
    to = _addresses(inputs, (*OLD_MAIL, *NEW_MAIL)) + ([str(person["Email"])] if person else [])
    if not to:
        raise FlowFault("MISSING_EMAIL_RECIPIENTS: the email has no recipient.")
    for address in to:
        if not _ADDRESS.fullmatch(address):
            raise FlowFault(f"INVALID_EMAIL_ADDRESS: Invalid email address: {address}")
    if len(to) > MAX_ADDRESSES:
        raise FlowFault(f"An email can have up to {MAX_ADDRESSES} recipients, not {len(to)}.")
    sender = inputs.get("senderType") or "CurrentUser"
    if sender not in ("CurrentUser", "DefaultWorkflowUser", "OrgWideEmailAddress"):
        raise FlowFault(f"INVALID_SENDER_TYPE: {sender}")
    if sender == "OrgWideEmailAddress" and not inputs.get("senderAddress"):
        raise FlowFault("Missing required input parameter: senderAddress")
    subject, body = words(interview, inputs, "emailSubject"), words(interview, inputs, "emailBody")
    about = inputs.get("relatedRecordId") or interview.record.get("Id")
    interview.org.outbox.record(interview.now, "email", to, subject, body, about, interview.source)
    if inputs.get("logEmailOnSend"):
        _log(interview, person, inputs.get("relatedRecordId"), subject, body)


def _addresses(inputs: dict[str, Any], names: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for name in names:
        value = inputs.get(name)
        if value is None:
            continue
        listed = value if isinstance(value, list) else str(value).split(",")
        if not isinstance(value, list) and len(str(value).encode()) > MAX_ADDRESS_BYTES:
            raise FlowFault(f"{name} can have up to {MAX_ADDRESS_BYTES} bytes.")
        found += [str(one).strip() for one in listed if one is not None and str(one).strip()]
    return found


def _person(interview: Interview, record_id: Any) -> Row | None:
    """The lead, contact or user behind `recipientId`, who must have an address."""
    if not record_id:
        return None
    sobject = interview.org.schema.by_prefix(str(record_id))
    row = interview.org.rows.get(sobject.name, str(record_id)) if sobject and sobject.name in _PERSONS else None
    if row is None:
        raise FlowFault(f"The recipientId {record_id} isn't the ID of a lead, a contact or a user.")
    if not row.get("Email"):
        raise FlowFault(f"INVALID_EMAIL_ADDRESS: The recipient {record_id} has no email address.")
    return row


def _log(interview: Interview, person: Row | None, related: Any, subject: str, body: str) -> None:
    """An outgoing e-mail leaves a closed task ([docs] reference 3.2), saved like any other, so flows see it.

    Logged to the person of recipientId, not to those of the addresses ([docs] the action's help page).
    """
    who = str(person["Id"]) if person and not str(person["Id"]).startswith("005") else None
    what = str(related) if related and not str(related).startswith(("00Q", "003")) else None
    if who is None and related and str(related).startswith(("00Q", "003")):
        who = str(related)
    if who is None and what is None:
        raise FlowFault("Missing required input parameter: recipientId or relatedRecordId, to log the email")
    values = {"Subject": subject[:255], "Description": body, "TaskSubtype": "Email", "Status": "Completed"}
    links = {name: value for name, value in (("WhoId", who), ("WhatId", what)) if value is not None}
    try:
        interview.automation.saver.nested("insert", "Task", values | links, interview.user_id)
    except SaveRefused as refused:
        raise FlowFault(f"The email could not be logged: {refused}") from refused


# -- email alerts ---------------------------------------------------------------------------
def send_alert(interview: Interview, name: str, inputs: dict[str, Any]) -> None:
    """Runs the email alert `Object.Name` on the record of SObjectRowId."""
    org, sobject = interview.org, name.partition(".")[0]
    alert = org.metadata.get("WorkflowAlert", name)
    template = org.metadata.get("EmailTemplate", _text(alert.root, "template")) if alert is not None else None
    if alert is None or template is None:
        raise FlowFault(f"The email alert {name} has gone, or its template.")
    row = org.rows.get(sobject, words(interview, inputs, "SObjectRowId"))
    if row is None:
        raise FlowFault(f"SObjectRowId isn't the ID of a record of {sobject}.")
    if not org.settings.email_deliverability:
        raise FlowFault("NO_SINGLE_MAIL_PERMISSION: Send Email is disabled")
    recipients = list(alert.root.iterchildren("{*}recipients"))
    to = [address for one in recipients for address in _recipients(org, row, one)]
    to += [(one.text or "").strip() for one in alert.root.iterchildren("{*}ccEmails")]
    if not to:
        return
    definition, formulas = org.schema.sobject(sobject), interview.automation.formulas
    subject = merged(org, formulas, _text(template.root, "subject"), definition, row, interview)
    body = merged(org, formulas, (template.content or b"").decode(), definition, row, interview)
    to = list(dict.fromkeys(to))
    org.outbox.record(interview.now, "email", to, subject, body, str(row["Id"]), interview.source)


def _text(element: etree._Element, tag: str) -> str:
    found = next(element.iterchildren(f"{{*}}{tag}"), None)
    return "" if found is None else (found.text or "").strip()


def _recipients(org: Org, row: Row, recipient: etree._Element) -> Iterator[str]:
    kind, name, field = (_text(recipient, tag) for tag in ("type", "recipient", "field"))
    match kind:
        case "owner":
            yield from addresses_of(org, str(row.get("OwnerId")))
        case "creator":
            yield from addresses_of(org, str(row.get("CreatedById")))
        case "user":
            yield from (address for one in _named(org, "User", "Username", name) for address in addresses_of(org, one))
        case "group":
            found = _named(org, "Group", "DeveloperName", name)
            yield from (address for one in found for address in addresses_of(org, one))
        case "userLookup":
            yield from addresses_of(org, str(row.get(field)))
        case "contactLookup":
            contact = org.rows.get("Contact", row.get(field)) or {}
            yield from ([str(contact["Email"])] if contact.get("Email") else [])
        case "email":
            yield from ([str(row[field])] if row.get(field) else [])


def _named(org: Org, sobject: str, field: str, name: str) -> list[str]:
    return [str(row["Id"]) for row in org.rows.select(sobject, Compare(field, "=", name), limit=1)]


def addresses_of(org: Org, record_id: str, above: frozenset[str] = frozenset()) -> Iterator[str]:
    """The e-mail addresses behind a user, a queue or a group (groups within groups included)."""
    user = org.rows.get("User", record_id)
    if user is not None:
        if user["IsActive"] and user["Email"]:
            yield str(user["Email"])
        return
    group = org.rows.get("Group", record_id)
    if group is None or record_id in above:
        return
    if group["Type"] == "Queue" and group["Email"]:
        yield str(group["Email"])
        if not group["DoesSendEmailToMembers"]:
            return
    for member in org.rows.select("GroupMember", Compare("GroupId", "=", record_id)):
        yield from addresses_of(org, str(member["UserOrGroupId"]), above | {record_id})
