"""Packages for tests: the files, and a manifest made from them."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

from provisioner.emulator.salesforce.metadata.options import DeployOptions
from provisioner.emulator.salesforce.metadata.outcome import Outcome
from provisioner.emulator.salesforce.metadata.packages.manifest import read_manifest
from provisioner.emulator.salesforce.metadata.retrieving.retrieve import retrieve
from provisioner.emulator.salesforce.state.org import Org

NS = "http://soap.sforce.com/2006/04/metadata"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def file(root: str, body: str, prefixes: str = "") -> str:
    return f'{HEAD}<{root} xmlns="{NS}"{prefixes}>{body}</{root}>'


def manifest(members: dict[str, list[str]], version: str | None = "66.0") -> str:
    types = "".join(
        "<types>" + "".join(f"<members>{name}</members>" for name in names) + f"<name>{kind}</name></types>"
        for kind, names in members.items()
    )
    return file("Package", types + (f"<version>{version}</version>" if version else ""))


def twin(sobject: str, version: str = "sla-clock/1", **more: str) -> str:
    """The comment of a trigger that has a twin; its fields need not be there before a lead is saved."""
    lead = ("started_at", "due_at", "minutes", "hours", "escalation", "lead_type", "first_touch_at", "response_minutes")
    step = ("type", "escalation", "number", "percent", "offset_minutes", "offset_days")
    keys = (*lead, *(f"step_{key}" for key in step), "type_type", "type_business_day")
    block = {"object": sobject, "step_at": []} | {key: f"{key}__c" for key in keys} | more
    return f"/*\nemulator-twin: {version}\n{json.dumps(block)}\n*/\n"


def zipped(files: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, body in files.items():
            target.writestr(name, body)
    return out.getvalue()


def package(members: dict[str, list[str]], files: dict[str, str | bytes]) -> bytes:
    return zipped({"package.xml": manifest(members), **files})


def lead(*fields: str) -> str:
    return file("CustomObject", "".join(fields))


def field(name: str, kind: str, extra: str = "", label: str | None = "A label") -> str:
    shown = f"<label>{label}</label>" if label else ""
    return f"<fields><fullName>{name}</fullName>{extra}{shown}<type>{kind}</type></fields>"


def field_package(name: str, kind: str, extra: str = "", sobject: str = "Lead") -> bytes:
    return package(
        {"CustomField": [f"{sobject}.{name}"]}, {f"objects/{sobject}.object": lead(field(name, kind, extra))}
    )


def unzipped(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        return {name: source.read(name).decode() for name in source.namelist()}


def squeeze(text: str) -> str:
    return re.sub(r">\s+<", "><", text)


EXAMPLES = Path(__file__).parent / "metadata" / "examples"


def example(path: str) -> str:
    return (EXAMPLES / path).read_text(encoding="utf-8")


def deploy(org: Org, data: bytes, **options: Any) -> Outcome:
    wanted = {"rollback_on_error": True, "single_package": True} | options
    return org.metadata.deploy(data, DeployOptions(**wanted), org.admin_id)


def fetched(org: Org, members: dict[str, list[str]]) -> dict[str, str]:
    """The files that a retrieve of these members gives, none of them missing."""
    found = retrieve(org, org.metadata.components, read_manifest(manifest(members).encode()), single_package=True)
    assert found.messages == []
    return unzipped(found.zip)


def problems(outcome: Outcome) -> list[tuple[str, str, str | None]]:
    assert outcome.error is None, outcome.error
    return [(one.component_type, one.full_name, one.problem) for one in outcome.failures]


def changed(outcome: Outcome) -> list[tuple[str, str]]:
    return [(one.component_type, one.full_name) for one in outcome.successes if one.changed and one.component_type]


def flow(label: str = "A flow", status: str = "Draft", body: str = "", start: str = "") -> str:
    return file(
        "Flow",
        f"<apiVersion>66.0</apiVersion>{body}<label>{label}</label><processType>AutoLaunchedFlow</processType>"
        f"<start><locationX>0</locationX><locationY>0</locationY>{start}</start><status>{status}</status>",
    )


STAMP = (
    "<assignments><name>Set</name><label>Set</label><locationX>5</locationX><locationY>5</locationY><assignmentItems>"
    "<assignToReference>$Record.{field}</assignToReference><operator>Assign</operator>"
    "<value>{value}</value></assignmentItems></assignments>"
)
BEFORE_SAVE = (
    "<connector><targetReference>Set</targetReference></connector><object>Lead</object>"
    "<recordTriggerType>Create</recordTriggerType><triggerType>RecordBeforeSave</triggerType>"
)


def stamp_flow(text: str = "one", status: str = "Active", field: str = "Description") -> str:
    """A before-save flow on Lead that writes a text; another text is other content."""
    body = STAMP.format(field=field, value=f"<stringValue>{text}</stringValue>")
    return flow("Stamp", status, body, BEFORE_SAVE)


def flow_package(text: str = "one", status: str = "Active", name: str = "Stamp", **more: str) -> bytes:
    return package({"Flow": [name]}, {f"flows/{name}.flow": stamp_flow(text, status, **more)})


def destructive(members: dict[str, list[str]], name: str = "destructiveChanges.xml") -> bytes:
    return zipped({"package.xml": manifest({}), name: manifest(members, None)})
