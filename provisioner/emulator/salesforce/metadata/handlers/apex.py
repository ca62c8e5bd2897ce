"""Apex classes and triggers: kept, looked at superficially, never run.

A trigger must carry an `emulator-twin` block (see the automation's twin), or it is refused by name.
"""

from __future__ import annotations

import re

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.automation.apex_header import COMMENTS, bare, trigger_header
from provisioner.emulator.salesforce.automation.apex_twin import TwinError, find_block
from provisioner.emulator.salesforce.metadata.fields import is_api_name
from provisioner.emulator.salesforce.metadata.problems import refuse, unmodelled
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work

ORG_API_VERSION = 66.0
_CLASS = re.compile(
    r"^\s*(?:@\w+\s*(?:\([^)]*\)\s*)?)*(?:(?:public|private|global|abstract|virtual|with|without|inherited|sharing)\s+)*"
    r"(class|interface|enum)\s+(\w+)",
    re.IGNORECASE,
)
_EVENTS = frozenset(f"{when} {what}" for when in ("before", "after") for what in ("insert", "update", "delete"))
_TEST = re.compile(r"^\s*@istest\b", re.IGNORECASE)
_TEST_METHOD = re.compile(r"(?:@istest(?:\s*\([^)]*\))?\s*(?:\w+\s+)*?static\s+void|\btestmethod\s+void)\s+(\w+)", re.I)


def _common(work: Work, item: Item) -> str:
    """The checks both types share; the decoded body."""
    stored = work.components.get(item.kind, item.full_name)
    if item.full_name in work.org.settings.apex_jobs and (stored is None or stored.content != item.content):
        raise refuse("This schedulable class has jobs pending or in progress")
    if not is_api_name(item.full_name):
        raise refuse(f"The name {item.full_name} is not a valid API name.")
    version = float(str(xml.text(item.element, "apiVersion")))
    if version > ORG_API_VERSION:
        raise refuse(f'The {item.full_name} apiVersion can\'t be "{version:g}"', xml.kid(item.element, "apiVersion"))
    body = (item.content or b"").decode("utf-8", "replace")
    code = bare(body)
    for opening, closing in (("{", "}"), ("(", ")")):
        if code.count(opening) > code.count(closing):
            raise refuse(f"Missing '{closing}' at '<EOF>'")
        if code.count(opening) < code.count(closing):
            raise refuse(f"Extra '{closing}', at '{closing}'.")
    return body


def put_class(work: Work, item: Item) -> Saved:
    """An Apex class whose name is its file's."""
    body = _common(work, item)
    match = _CLASS.match(bare(body))
    if match is None:
        raise refuse("Unexpected token: expecting a class, an interface or an enum")
    if match[2].lower() != item.full_name.lower():
        raise refuse(f"Invalid name: the file {item.full_name} holds the class {match[2]}")
    values: dict[str, object] = {
        "Body": body, "Status": xml.text(item.element, "status"), "IsValid": True,
        "ApiVersion": float(str(xml.text(item.element, "apiVersion"))),
        "LengthWithoutComments": len(COMMENTS.sub("", body)),
    }  # fmt: skip
    return work.keep(item, component_id=work.upsert("ApexClass", "Name", item.full_name, values))


def put_trigger(work: Work, item: Item) -> Saved:
    """An Apex trigger with a twin the emulator can run."""
    body = _common(work, item)
    header = trigger_header(body)
    if header is None:
        raise refuse("Unexpected token: expecting a trigger")
    sobject = header.object
    if header.name.lower() != item.full_name.lower():
        raise refuse(f"Invalid name: the file {item.full_name} holds the trigger {header.name}")
    if not work.org.schema.has(sobject):
        raise refuse(f"Invalid type: {sobject}")
    for event in header.events:
        if event not in _EVENTS:
            raise refuse(f"Unexpected trigger event: {event}")
    _check_twin(body, item.full_name, sobject)
    values: dict[str, object] = {
        "Body": body, "Status": xml.text(item.element, "status"), "IsValid": True,
        "TableEnumOrId": work.org.schema.sobject(sobject).name,
        "ApiVersion": float(str(xml.text(item.element, "apiVersion"))),
        "LengthWithoutComments": len(COMMENTS.sub("", body)),
    }  # fmt: skip
    return work.keep(item, component_id=work.upsert("ApexTrigger", "Name", item.full_name, values))


def _check_twin(body: str, name: str, sobject: str) -> None:
    try:
        block = find_block(body)
    except TwinError as error:
        raise unmodelled(f"the emulator-twin block of {name}: {str(error).removesuffix('.')}") from error
    if block is None:
        raise unmodelled(f"Apex: it does not run Apex, and the trigger {name} has no emulator-twin block")
    if block["object"].lower() != sobject.lower():
        raise unmodelled(f"a twin for {block['object']} in a trigger on {sobject}")


def test_methods(body: str) -> list[str]:
    """Names of the test methods when the body is a test class, else none."""
    code = COMMENTS.sub(" ", body)
    return [match[1] for match in _TEST_METHOD.finditer(code)] if _TEST.match(code) else []
