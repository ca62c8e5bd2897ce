"""The actions a flow can call: custom notification, e-mail, email alert, Chatter post, Slack. Inputs: reference 4.7.

E-mail has two families of input names, divided by the flow's API version: up to 64 and from 65 on. Whether
the old ones still deploy at 65 is not known to the reference; the emulator refuses the wrong family.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce.automation.flow.definition import Call
from provisioner.emulator.salesforce.automation.flow.faults import FlowFault
from provisioner.emulator.salesforce.automation.flow.interview import Interview
from provisioner.emulator.salesforce.automation.flow.mail import NEW_MAIL, OLD_MAIL, send_alert, send_mail, words
from provisioner.emulator.salesforce.automation.flow.names import NameProblem, Names, Ref
from provisioner.emulator.salesforce.automation.flow.slack import post as post_to_slack
from provisioner.emulator.salesforce.automation.formula import Kind

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

Work = Callable[[Interview], None]
MAX_RECIPIENTS, MAX_TITLE, MAX_BODY = 500, 250, 750


@dataclass(frozen=True, slots=True)
class Parameters:
    """What an action takes: required names, optional names, names the vendor knows and we refuse."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()


_MAIL_REFUSED = (
    "emailTemplateId",
    "addThreadingTokenToBody",
    "addThreadingTokenToSubject",
    "composeEmailContent",
)
_MAIL_COMMON = (
    "emailSubject",
    "emailBody",
    "senderType",
    "senderAddress",
    "sendRichBody",
    "recipientId",
    "relatedRecordId",
    "logEmailOnSend",
)
_LAST_OLD_MAIL = 64
_NOTIFICATION = Parameters(
    ("customNotifTypeId", "recipientIds", "title", "body"),
    ("targetId", "senderId"),
    ("targetPageRef",),
    ("recipientIds",),
)
_CHATTER = Parameters(("text", "subjectNameOrId"), (), ("communityId", "type", "visibility"))
_ALERT = Parameters(("SObjectRowId",))
_SLACK = Parameters(("slackAppIdForToken", "slackWorkspaceIdForToken", "slackConversationId", "slackMessage"))
_INPUTS = {
    "customNotificationAction": _NOTIFICATION,
    "chatterPost": _CHATTER,
    "emailAlert": _ALERT,
    "slackPostMessage": _SLACK,
}
_OWN_NAME = ("customNotificationAction", "chatterPost", "emailSimple", "slackPostMessage")
REFUSED_TYPES = (
    "apex",
    "submit",
    "quickAction",
    "flow",
    "invocableApplyLeadAssignmentRules",
)


def inputs_of(kind: str, api_version: float) -> Parameters | None:
    """The inputs of an action type that the emulator runs, under an API version; None for any other."""
    if kind == "emailSimple":
        names = OLD_MAIL if api_version <= _LAST_OLD_MAIL else NEW_MAIL
        return Parameters((), (*names, *_MAIL_COMMON), _MAIL_REFUSED)
    return _INPUTS.get(kind)


def offered(org: Org, kind: str) -> bool:
    """Whether the org has this type of action at all: Slack only where it is connected."""
    return kind != "slackPostMessage" or bool(org.settings.slack)


def parameters(call: Call, api_version: float) -> Parameters:
    """The inputs of an action under a flow's API version. NameProblem: not modelled or not known."""
    known = inputs_of(call.type, api_version)
    if known is not None:
        return known
    if call.type in REFUSED_TYPES:
        raise NameProblem(f"The emulator does not model the action type {call.type} ({call.action}).")
    raise NameProblem(no_action(call))


def input_problems(call: Call, api_version: float) -> list[str]:
    """What is wrong with the names of the inputs."""
    known = parameters(call, api_version)
    given = [item.name for item in call.inputs]
    problems = []
    if call.type in _OWN_NAME and call.action != call.type:
        problems.append(no_action(call))
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
        if not set(given) & {*OLD_MAIL, *NEW_MAIL, "recipientId"}:
            needed.append(OLD_MAIL[0] if api_version <= _LAST_OLD_MAIL else NEW_MAIL[0])
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
    _check_place(names, call)
    work, kind, action = _work(call), call.type, call.action

    def run(interview: Interview) -> None:
        message = interview.automation.mishaps.of_action(kind, action)
        if message is not None:
            raise FlowFault(message)
        work(interview, {name: ref.read(interview) for name, ref in reads.items()})

    return run


def no_action(call: Call) -> str:
    return f"ACTIONCALL_NOT_FOUND_WITH_NAME_AND_TYPE: there is no action {call.action} of type {call.type or '(none)'}."


def _check_place(names: Names, call: Call) -> None:
    """What the org must have for the action: the alert, or Slack. NameProblem when it has not."""
    if call.type == "emailAlert" and names.org.metadata.get("WorkflowAlert", call.action) is None:
        raise NameProblem(no_action(call))
    if not offered(names.org, call.type):
        raise NameProblem(no_action(call))


def _work(call: Call) -> Callable[[Interview, dict[str, Any]], None]:
    name, model = call.action, call.model
    if call.type == "emailAlert":
        return lambda interview, inputs: send_alert(interview, name, inputs)
    if call.type == "slackPostMessage":
        return lambda interview, inputs: post_to_slack(interview, inputs, model)
    return {"customNotificationAction": _notify, "emailSimple": send_mail, "chatterPost": _post}[call.type]


def _notify(interview: Interview, inputs: dict[str, Any]) -> None:
    org = interview.org
    kind = org.rows.get("CustomNotificationType", words(interview, inputs, "customNotifTypeId"))
    if kind is None:
        raise FlowFault("The customNotifTypeId isn't the ID of a custom notification type.")
    title, body = words(interview, inputs, "title"), words(interview, inputs, "body")
    for name, text, most in (("title", title, MAX_TITLE), ("body", body, MAX_BODY)):
        if len(text) > most:
            raise FlowFault(f"The {name} of a custom notification can have up to {most} characters, not {len(text)}.")
    target = words(interview, inputs, "targetId")
    recipients = list(dict.fromkeys(one for one in inputs.get("recipientIds") or [] if one))
    if not recipients:
        raise FlowFault("Missing required input parameter: recipientIds")
    if len(recipients) > MAX_RECIPIENTS:
        raise FlowFault(f"A custom notification can have up to {MAX_RECIPIENTS} recipients, not {len(recipients)}.")
    to = org.automation.addressees(recipients)
    org.outbox.record(interview.now, "bell", to, title, body, target, interview.source)


def _post(interview: Interview, inputs: dict[str, Any]) -> None:
    org = interview.org
    text, subject = words(interview, inputs, "text"), words(interview, inputs, "subjectNameOrId")
    sobject = org.schema.by_prefix(subject)
    if sobject is None or org.rows.get(sobject.name, subject) is None:
        raise FlowFault(f"The emulator posts to records by id only, and there is no record {subject}.")
    people = sobject.name in ("User", "Group")
    to = org.automation.addressees([subject]) if people else [subject]
    org.outbox.record(interview.now, "chatter", to, "", text, None if people else subject, interview.source)
