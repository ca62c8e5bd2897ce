"""Destructive changes: what may be removed, and what still needs it. [docs] reference/salesforce.md 1.8, 4.9"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.automation.apex_header import bare
from provisioner.emulator.salesforce.automation.conversion_map import pairs
from provisioner.emulator.salesforce.ids import make_id, number_of
from provisioner.emulator.salesforce.metadata.deploying.flow_uses import ANY, flow_uses
from provisioner.emulator.salesforce.metadata.handlers.custom_objects import forget_activities
from provisioner.emulator.salesforce.metadata.problems import refuse, unmodelled
from provisioner.emulator.salesforce.metadata.reports import handlers as analytics
from provisioner.emulator.salesforce.metadata.work import Work
from provisioner.emulator.salesforce.state.components import FlowVersion
from provisioner.emulator.salesforce.state.rows import Compare

_REFERENCED = "This custom field is referenced elsewhere in salesforce.com"
_CROSS_REFERENCE = "insufficient access rights on cross-reference id"
# Types whose component is one data row: type → (object, name field).
_ROWS: dict[str, tuple[str, str]] = {
    "CustomNotificationType": ("CustomNotificationType", "DeveloperName"),
    "StaticResource": ("StaticResource", "Name"),
    "ApexClass": ("ApexClass", "Name"),
    "ApexTrigger": ("ApexTrigger", "Name"),
    "Group": ("Group", "DeveloperName"),
}
_PLAIN = frozenset(("ListView", "ValidationRule", "EmailTemplate", "WorkflowAlert", "GlobalValueSet"))


def remove(work: Work, kind: str, name: str) -> str | None:
    """Remove one component. Answers its id, or None when there was none (the caller warns). Raises Refused."""
    match kind:
        case "CustomField":
            return _remove_field(work, name)
        case "RecordType":
            if work.components.get(kind, name) is not None:
                raise refuse("Cannot delete record type through API")  # [community] devops-center-feedback#203
            return None
        case "BusinessProcess":
            return _remove_process(work, name)
        case "CustomObject":
            return _remove_object(work, name)
        case "CustomMetadata":
            return _remove_record(work, name)
        case "Flow":
            return _remove_flow(work, name)
        case "PermissionSet":
            return _remove_permission_set(work, name)
        case "Queue":
            return _remove_queue(work, name)
    if kind in ("ReportType", "Report", "Dashboard"):
        return analytics.remove(work, kind, name)
    if kind in _ROWS:
        return _remove_row(work, kind, name)
    if kind in _PLAIN:
        return _remove_plain(work, kind, name)
    raise unmodelled(f"the removal of {kind}")


def missing_text(kind: str, name: str) -> str:
    """The warning for a component that is not there."""
    return f"No {kind} named: {name} found"


def references(work: Work, word: str, *, owner: str = "") -> Iterator[str]:
    """Who mentions a name: formulas, validation rules, list views, flows of any version, Apex.

    With `owner` (an object) the word is a field of it: a bare mention counts only inside that object, Apex only when it
    names the object, a flow and a report only where that object's field is meant.
    """
    edge = r"(?<![A-Za-z0-9_])"
    pattern = re.compile(rf"{edge}{re.escape(word)}(?![A-Za-z0-9_])", re.IGNORECASE)
    dotted = re.compile(rf"\.{re.escape(word)}(?![A-Za-z0-9_])", re.IGNORECASE)
    objects = ("Activity", "Task", "Event") if owner == "Activity" else (owner,)
    named = re.compile("|".join(rf"{edge}{re.escape(one)}(?![A-Za-z0-9_])" for one in objects), re.IGNORECASE)
    for kind in ("CustomField", "ValidationRule", "ListView"):
        for one in work.components.all(kind):
            inside = not owner or one.full_name.partition(".")[0].lower() in {name.lower() for name in objects}
            text = (xml.text(one.root, "formula") or "") if kind == "CustomField" else one.body.decode()
            if (pattern if inside else dotted).search(text):
                yield f"{kind} {one.full_name}"
    for kind in ("ReportType", "Report", "Dashboard"):
        for one in work.components.all(kind):
            text = one.body.decode()
            if pattern.search(text) and (
                not owner or (named.search(text) and not _of_another(work, text, word, owner))
            ):
                yield f"{kind} {one.full_name}"
    for version in work.components.versions():
        text = version.body.decode()
        if pattern.search(text) and (not owner or _uses(version, word, objects, named)):
            yield f"Flow {version.api_name}-{version.version_number}"
    for kind in ("ApexClass", "ApexTrigger"):
        for one in work.components.all(kind):
            code = bare((one.content or b"").decode("utf-8", "replace"))
            if pattern.search(code) and (not owner or named.search(code)):
                yield f"{kind} {one.full_name}"


def _uses(version: FlowVersion, field: str, objects: Iterable[str], named: re.Pattern[str]) -> bool:
    """Whether a flow uses that field of one of the objects; where it does not say whose, by the names in it."""
    of = flow_uses(version.root, field)
    return any(one.lower() in of for one in objects) or (ANY in of and bool(named.search(version.body.decode())))


def _of_another(work: Work, text: str, field: str, owner: str) -> bool:
    """Whether a report says of every mention that another object's field is meant (Lead.Score__c)."""
    before = re.findall(
        rf"(?:([A-Za-z0-9_]+)\.)?(?<![A-Za-z0-9_]){re.escape(field)}(?![A-Za-z0-9_])", text, re.IGNORECASE
    )
    return all(one and one.lower() != owner.lower() and work.org.schema.has(one) for one in before)


def _remove_field(work: Work, name: str) -> str | None:
    owner, _, field = name.partition(".")
    schema = work.org.schema
    if not schema.has(owner) or not schema.sobject(owner).has(field):
        return None
    definition = schema.sobject(owner).field(field)
    if not definition.custom:
        raise refuse(f"Cannot delete standard field: {name}")
    users = [*references(work, definition.name, owner=owner), *_mapped(work, owner, definition.name)]
    if users:
        raise refuse(f"{_REFERENCED}. : {', '.join(users)}")
    component = work.components.get("CustomField", name)
    schema.remove_field(owner, definition.name)
    owners = ("Task", "Event") if owner == "Activity" else (schema.sobject(owner).name,)
    for one in owners:
        for row in work.org.rows.select("FieldPermissions", Compare("Field", "=", f"{one}.{definition.name}")):
            work.org.rows.delete("FieldPermissions", str(row["Id"]))
    _strip_grants(work, {f"{one}.{definition.name}" for one in owners})
    for one in owners:
        work.org.record_types.forget(one, definition.name)
    work.components.remove("CustomField", name)
    if not work.purge:
        work.components.recycle(f"{owner}.{definition.name}")
    return component.id if component else ""


def _mapped(work: Work, owner: str, field: str) -> Iterator[str]:
    """A field of the lead conversion map cannot go before its mapping ([docs] the help page on mapping lead fields)."""
    component = work.components.get("LeadConvertSettings", "LeadConvertSettings")
    for source, one, target, other in pairs(component.root) if component is not None else ():
        if (owner.lower(), field.lower()) in ((source.lower(), one.lower()), (target.lower(), other.lower())):
            yield "LeadConvertSettings"


def _strip_grants(work: Work, names: set[str]) -> None:
    """Permission sets do not block a removal; they lose the grant of the fields and objects of these names."""
    for component in work.components.all("PermissionSet"):
        root = xml.copy_of(component.root)
        doomed = [one for one in xml.kids(root) if {xml.text(one, "field"), xml.text(one, "object")} & names]
        for entry in doomed:
            root.remove(entry)
        if doomed:
            work.components.put(
                "PermissionSet", component.full_name, component.file_name, xml.printed(root), work.user_id
            )


def _remove_object(work: Work, name: str) -> str | None:
    schema = work.org.schema
    if not schema.has(name):
        return None
    if not schema.sobject(name).custom:
        raise refuse(f"Cannot delete standard object: {name}")
    users = [user for user in references(work, name) if not user.startswith(f"CustomField {name}.")]
    lookups = [
        f"{one.name}.{field.name}"
        for one in schema
        for field in one.fields
        if name in field.reference_to and one.name != name and field.custom
    ]
    if users or lookups:
        raise refuse(f"This custom object is referenced elsewhere in salesforce.com. : {', '.join([*users, *lookups])}")
    component = work.components.get("CustomObject", name)
    work.org.record_types.forget(schema.sobject(name).name)
    for kind in ("CustomField", "BusinessProcess", "RecordType", "ListView", "ValidationRule"):
        for child in work.components.below(kind, name):
            work.components.remove(kind, child.full_name)
    for record in work.components.below("CustomMetadata", name.removesuffix("__mdt")):
        work.components.remove("CustomMetadata", record.full_name)
    definition = schema.sobject(name)
    for sobject in ("FieldPermissions", "ObjectPermissions", "QueueSobject"):
        for row in work.org.rows.select(sobject, Compare("SobjectType", "=", definition.name)):
            work.org.rows.delete(sobject, str(row["Id"]))
    _strip_grants(work, {definition.name, *(f"{definition.name}.{field.name}" for field in definition.fields)})
    forget_activities(work, definition.name)
    work.org.history.forget(definition.name)
    schema.remove_object(name)
    work.components.remove("CustomObject", name)
    return component.id if component else ""


def _remove_process(work: Work, name: str) -> str | None:
    component = work.components.get("BusinessProcess", name)
    if component is None:
        return None
    owner, _, process = component.full_name.partition(".")
    for one in work.components.below("RecordType", owner):
        if xml.text(one.root, "businessProcess") == process:
            raise refuse(
                f"This business process is referenced elsewhere in salesforce.com. : RecordType {one.full_name}"
            )
    work.components.remove("BusinessProcess", name)
    return component.id


def _remove_record(work: Work, name: str) -> str | None:
    component = work.components.get("CustomMetadata", name)
    if component is None:
        return None
    users = list(references(work, f"{name.partition('.')[0]}__mdt.{component.full_name.partition('.')[2]}"))
    if users:
        raise refuse(f"This custom metadata record is referenced elsewhere in salesforce.com. : {', '.join(users)}")
    sobject = f"{name.partition('.')[0]}__mdt"
    for one in work.org.schema:
        for field in one.fields:
            if sobject in field.reference_to and work.org.rows.select(one.name, Compare(field.name, "=", component.id)):
                raise refuse(
                    f"This custom metadata record is referenced elsewhere in salesforce.com. : {one.name}.{field.name}"
                )
    work.org.rows.delete(sobject, component.id)
    work.components.remove("CustomMetadata", name)
    return component.id


def _remove_flow(work: Work, name: str) -> str | None:
    flow, dash, number = name.rpartition("-")
    if not dash or not number.isdigit():
        if work.components.versions(name):
            raise refuse(_CROSS_REFERENCE)
        return None
    versions = work.components.versions(flow)
    version = next((one for one in versions if one.version_number == int(number)), None)
    if version is None:
        return None
    if version.status == "Active":
        raise refuse(_CROSS_REFERENCE)
    if work.org.settings.waiting_paths_hold_flows:
        _check_waiting(work, flow, version.version_number)
    work.components.remove_version(version)
    if len(versions) == 1:
        work.components.remove("FlowDefinition", flow)
    return version.version_id


def _check_waiting(work: Work, flow: str, number: int) -> None:
    """Interviews that wait block the deletion of their version. [code: sfdx-hardis] reference 4.9

    Whether scheduled paths count as such everywhere is not established; here they do, as the stricter reading.
    """
    row = work.org.store.execute(
        "SELECT record FROM _paths WHERE flow = ? AND version = ? ORDER BY run, record LIMIT 1", (flow, number)
    ).fetchone()
    if row is not None:
        raise refuse(f"Flow Interview - {make_id('0Fo', number_of(row[0]))}")


def _remove_permission_set(work: Work, name: str) -> str | None:
    component = work.components.get("PermissionSet", name)
    if component is None:
        return None
    assigned = work.org.rows.select("PermissionSetAssignment", Compare("PermissionSetId", "=", component.id))
    if assigned:
        raise refuse(
            f"You can't delete the permission set {name} while it is assigned to users ({len(assigned)} assignment(s))."
        )
    for sobject in ("FieldPermissions", "ObjectPermissions"):
        for row in work.org.rows.select(sobject, Compare("ParentId", "=", component.id)):
            work.org.rows.delete(sobject, str(row["Id"]))
    work.org.rows.delete("PermissionSet", component.id)
    work.components.remove("PermissionSet", name)
    return component.id


def _remove_queue(work: Work, name: str) -> str | None:
    found = [
        row for row in work.org.rows.select("Group", Compare("DeveloperName", "=", name)) if row["Type"] == "Queue"
    ]
    if not found:
        return None
    queue_id = str(found[0]["Id"])
    for sobject in ("Lead", "Task"):
        if work.org.rows.select(sobject, Compare("OwnerId", "=", queue_id), limit=1):
            raise refuse(f"You can't delete the queue {name} while it owns {sobject} records.")
    for detail, key in (("GroupMember", "GroupId"), ("QueueSobject", "QueueId")):
        for row in work.org.rows.select(detail, Compare(key, "=", queue_id)):
            work.org.rows.delete(detail, str(row["Id"]))
    work.org.rows.delete("Group", queue_id)
    work.components.remove("Queue", name)
    return queue_id


def _remove_row(work: Work, kind: str, name: str) -> str | None:
    sobject, key = _ROWS[kind]
    found = work.org.rows.select(sobject, Compare(key, "=", name), limit=1)
    if not found or (kind == "Group" and found[0]["Type"] != "Regular"):
        return None
    if kind == "ApexClass":
        users = [user for user in references(work, name) if user != f"ApexClass {found[0][key]}"]
        if users:
            raise refuse(
                f"This apex class is referenced elsewhere in salesforce.com. Remove the usage and try again. "
                f": {', '.join(users)}"
            )
    row_id = str(found[0]["Id"])
    if kind == "Group":
        for row in work.org.rows.select("GroupMember"):
            if row_id in (row["GroupId"], row["UserOrGroupId"]):
                work.org.rows.delete("GroupMember", str(row["Id"]))
    work.org.rows.delete(sobject, row_id)
    work.components.remove(kind, name)
    return row_id


def _remove_plain(work: Work, kind: str, name: str) -> str | None:
    component = work.components.get(kind, name)
    if component is None:
        return None
    if kind == "EmailTemplate" and "/" in name:
        users = [one for one in work.components.all("WorkflowAlert") if xml.text(one.root, "template") == name]
        if users:
            raise refuse(f"This email template is referenced elsewhere in salesforce.com. : {users[0].full_name}")
    if kind == "WorkflowAlert" and (users_of := list(references(work, name))):
        raise refuse(f"This workflow alert is referenced elsewhere in salesforce.com. : {', '.join(users_of)}")
    if kind == "GlobalValueSet" and any(
        xml.text(one.root, "valueSet/valueSetName") == name for one in work.components.all("CustomField")
    ):
        raise refuse(f"The global value set {name} is used by a picklist.")
    work.components.remove(kind, name)
    return component.id
