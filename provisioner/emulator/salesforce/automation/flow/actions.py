"""The actions a flow can call: custom notification, e-mail, Chatter post. Inputs: [docs] reference 4.7.

E-mail has two families of input names, divided by the flow's API version: up to 64 and from 65 on. Whether
the old ones still deploy at 65 is not known to the reference; the emulator refuses the wrong family.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from provisioner.emulator.salesforce.automation.flow.definition import Call
from provisioner.emulator.salesforce.automation.flow.faults import FlowFault
from provisioner.emulator.salesforce.automation.flow.interview import Interview, shown
from provisioner.emulator.salesforce.automation.flow.names import NameProblem, Names, Ref
from provisioner.emulator.salesforce.automation.formula import Kind

Work = Callable[[Interview], None]
MAX_RECIPIENTS, MAX_TITLE, MAX_BODY = 500, 250, 750
MAX_ADDRESSES, MAX_ADDRESS_BYTES = 150, 4000
_ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")


@dataclass(frozen=True, slots=True)
class Parameters:
    """What an action takes: required names, optional names, names the vendor knows and we refuse."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()


_MAIL_REFUSED = (
    "recipientId",
    "emailTemplateId",
    "logEmailOnSend",
    "addThreadingTokenToBody",
    "addThreadingTokenToSubject",
    "composeEmailContent",
)
_MAIL_COMMON = ("emailSubject", "emailBody", "senderType", "senderAddress", "sendRichBody", "relatedRecordId")
_OLD_MAIL = (
    "emailAddresses",
    "emailAddressesArray",
    "ccRecipientAddressList",
    "bccRecipientAddressList",
    "ccRecipientAddressCollection",
    "bccRecipientAddressCollection",
)
_NEW_MAIL = ("recipientAddresses", "ccAddresses", "bccAddresses")
_LAST_OLD_MAIL = 64
_NOTIFICATION = Parameters(
    ("customNotifTypeId", "recipientIds", "title", "body"),
    ("targetId", "senderId"),
    ("targetPageRef",),
    ("recipientIds",),
)
_CHATTER = Parameters(("text", "subjectNameOrId"), (), ("communityId", "type", "visibility"))
REFUSED_TYPES = (
    "emailAlert",
    "slackPostMessage",
    "apex",
    "submit",
    "quickAction",
    "flow",
    "invocableApplyLeadAssignmentRules",
)


def parameters(call: Call, api_version: float) -> Parameters:
    """The inputs of an action under a flow's API version. NameProblem: not modelled or not known."""
    if call.type == "customNotificationAction":
        return _NOTIFICATION
    if call.type == "chatterPost":
        return _CHATTER
    if call.type == "emailSimple":
        old = api_version <= _LAST_OLD_MAIL
        names = _OLD_MAIL if old else _NEW_MAIL
        return Parameters((), (*names, *_MAIL_COMMON), _MAIL_REFUSED)
    if call.type in REFUSED_TYPES:
        raise NameProblem(f"The emulator does not model the action type {call.type} ({call.action}).")
    raise NameProblem(
        f"ACTIONCALL_NOT_FOUND_WITH_NAME_AND_TYPE: there is no action {call.action} of type {call.type or '(none)'}."
    )


def input_problems(call: Call, api_version: float) -> list[str]:
    """What is wrong with the names of the inputs."""
    known = parameters(call, api_version)
    given = [item.name for item in call.inputs]
    problems = []
    if call.type in ("customNotificationAction", "chatterPost", "emailSimple") and call.action != call.type:
        problems.append(
            f"ACTIONCALL_NOT_FOUND_WITH_NAME_AND_TYPE: there is no action {call.action} of type {call.type}."
        )
    for name in given:
        if name in known.refused:
            problems.append(f"The emulator does not model the input {name} of {call.type}.")
        elif name not in known.required and name not in known.optional:
            problems.append(f"ACTIONCALL_INVALID_INPUT_PARAM_NAME: {call.name} has no input parameter {name}.")
        if given.count(name) > 1:
            problems.append(f"ACTIONCALL_DUPLICATE_INPUT_PARAM: {call.name} sets {name} more than once.")
    needed = list(known.required)
    if call.type == "customNotificationAction":
        needed.append("targetId")
    if call.type == "emailSimple":
        needed += ["emailSubject", "emailBody"]
        if not set(given) & {*_OLD_MAIL, *_NEW_MAIL}:
            needed.append(_OLD_MAIL[0] if api_version <= _LAST_OLD_MAIL else _NEW_MAIL[0])
    for name in needed:
        if name not in given:
            problems.append(f"ACTIONCALL_MISSING_REQUIRED_PARAM: {call.name} lacks the input parameter {name}.")
    return list(dict.fromkeys(problems))


def compile_action(names: Names, call: Call) -> Work:
    """The work of an action. NameProblem: the first thing wrong with it."""
    for problem in input_problems(call, names.flow.api_version):
        raise NameProblem(problem)
    known = parameters(call, names.flow.api_version)
    reads: dict[str, Ref] = {}
    for given in call.inputs:
        found = names.value(given.value)
        if found is None:
            raise NameProblem(
                f"REFERENCED_ELEMENT_NOT_FOUND: {call.name} references {given.value.text}, which doesn't exist."
            )
        if found.kind is Kind.RECORD or (given.name in known.collections and not found.collection):
            raise NameProblem(f"INPUTPARAM_INCOMPATIBLE_DATATYPE: {given.name} of {call.name} has another data type.")
        reads[given.name] = found
    if call.outputs:
        raise NameProblem(f"The emulator does not model the outputs of {call.name}.")
    work = {"customNotificationAction": _notify, "emailSimple": _mail, "chatterPost": _post}[call.type]

    def run(interview: Interview) -> None:
        work(interview, {name: ref.read(interview) for name, ref in reads.items()})

    return run


def _words(interview: Interview, inputs: dict[str, Any], name: str) -> str:
    """A required text; the action faults when it is blank."""
    value = inputs.get(name)
    text = shown(value, interview.zone)
    if not text:
        raise FlowFault(f"Missing required input parameter: {name}")
    return text


def _notify(interview: Interview, inputs: dict[str, Any]) -> None:
    org = interview.org
    kind = org.rows.get("CustomNotificationType", _words(interview, inputs, "customNotifTypeId"))
    if kind is None:
        raise FlowFault("The customNotifTypeId isn't the ID of a custom notification type.")
    title, body = _words(interview, inputs, "title"), _words(interview, inputs, "body")
    for name, text, most in (("title", title, MAX_TITLE), ("body", body, MAX_BODY)):
        if len(text) > most:
            raise FlowFault(f"The {name} of a custom notification can have up to {most} characters, not {len(text)}.")
    target = _words(interview, inputs, "targetId")
    recipients = list(dict.fromkeys(one for one in inputs.get("recipientIds") or [] if one))
    if not recipients:
        raise FlowFault("Missing required input parameter: recipientIds")
    if len(recipients) > MAX_RECIPIENTS:
        raise FlowFault(f"A custom notification can have up to {MAX_RECIPIENTS} recipients, not {len(recipients)}.")
    to = org.automation.addressees(recipients)
    org.outbox.record(interview.now, "bell", to, title, body, target, interview.source)


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


def _mail(interview: Interview, inputs: dict[str, Any]) -> None:
    to = _addresses(inputs, (*_OLD_MAIL, *_NEW_MAIL))
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
    subject, body = _words(interview, inputs, "emailSubject"), _words(interview, inputs, "emailBody")
    about = inputs.get("relatedRecordId") or interview.record.get("Id")
    interview.org.outbox.record(interview.now, "email", to, subject, body, about, interview.source)


def _post(interview: Interview, inputs: dict[str, Any]) -> None:
    org = interview.org
    text, subject = _words(interview, inputs, "text"), _words(interview, inputs, "subjectNameOrId")
    sobject = org.schema.by_prefix(subject)
    if sobject is None or org.rows.get(sobject.name, subject) is None:
        raise FlowFault(f"The emulator posts to records by id only, and there is no record {subject}.")
    people = sobject.name in ("User", "Group")
    to = org.automation.addressees([subject]) if people else [subject]
    org.outbox.record(interview.now, "chatter", to, "", text, None if people else subject, interview.source)
