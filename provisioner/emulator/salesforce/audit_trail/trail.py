"""What the setup audit trail says of a change: action, section, text. Who and when is in the row's audit fields.

Actions, sections and the shape of the texts: a public reference of real entries [community] (sfdx-hardis's list of
monitored actions agrees on the names). What it does not list is marked [inferred] here, and so is a grant `Read`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce.audit_trail.looks import Look
from provisioner.emulator.salesforce.state.rows import Compare
from provisioner.emulator.salesforce.state.schema import FieldDef, PicklistValue

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

Line = tuple[str, str, str]  # action, section, display
_USERS, _DATA, _TYPES = "Manage Users", "Data Management", "Custom Metadata Types"
_COLOR = "with color Assigned dynamically"
_FIELD_TYPES = {
    "string": "Text", "double": "Number", "boolean": "Checkbox", "datetime": "Date/Time", "date": "Date",
    "picklist": "Picklist", "multipicklist": "Picklist (Multi-Select)", "longtextarea": "Long Text Area",
    "textarea": "Text Area", "reference": "Lookup", "currency": "Currency", "percent": "Percent", "email": "Email",
    "phone": "Phone", "url": "URL", "time": "Time", "int": "Number",
}  # fmt: skip


def lines(org: Org, kind: str, name: str, before: Look | None, after: Look | None) -> list[Line]:
    """The entries of one changed component; at least one, but none for what is told where it happens (activation)."""
    found: Iterator[Line]
    match kind:
        case "FlowDefinition" | "Report" | "Dashboard":  # the last two are no setup: they leave no entry [inferred]
            return []
        case "CustomField" | "StandardValueSet":
            found = _of_field(org, name, before, after)
        case "CustomMetadata":
            found = _of_record(org, name, before, after)
        case "PermissionSet":
            found = _of_permissions(before, after)
        case "Queue" | "Group":
            found = _of_group(kind, before, after)
        case "Flow":
            found = _of_flow(name, before, after)
        case "Settings":
            found = _of_hours(before, after)
        case "ValidationRule":
            found = _of_rule(org, name, before, after)
        case _:
            found = iter((_plain(org, kind, name, before, after),))
    return list(found) or [_plain(org, kind, name, before, after, known=False)]


def of_activation(flow: str, label: str, number: int) -> Line:
    """A flow version was switched on, or (0) the flow off."""
    if number:
        text = f'Activated flow version #{number} "{label}" for flow with Unique Name "{flow}"'
        return "activatedinteractiondefinition", "Flows", text
    return "deactivatedinteractiondefinition", "Flows", f'Deactivated flow with Name "{label}" and Unique Name "{flow}"'


def of_deleted_version(flow: str, label: str, number: int) -> Line:
    """A version of a flow was deleted."""
    text = f'Deleted flow version #{number} "{label}" for flow with Unique Name "{flow}"'
    return "deletedinteractiondefversion", "Flows", text


def write(org: Org, line: Line, user_id: str) -> None:
    """One entry, by this user, now."""
    action, section, display = line
    values = {"Action": action, "Section": section, "Display": display[:1000]}
    org.rows.insert("SetupAuditTrail", values, user_id=user_id)


# -- fields and picklists ----------------------------------------------------------------------------------------------


def _of_field(org: Org, name: str, before: Look | None, after: Look | None) -> Iterator[Line]:
    owner_name = str((after or before or Look(name.partition(".")[0])).label)
    owner = org.schema.sobject(owner_name) if org.schema.has(owner_name) else None
    label = owner.label if owner else owner_name
    custom = owner_name.endswith(("__c", "__mdt"))
    plural = (owner.label_plural if owner else "") or ("Activities" if owner_name == "Activity" else f"{label}s")
    section = _TYPES if owner_name.endswith("__mdt") else "Custom Objects" if custom else f"Customize {plural}"
    end, on = ("Custom", f" on {label}") if custom else ("", "")
    old, new = before.item if before else None, after.item if after else None
    if new is None and old is not None:
        yield f"deletedCF{end}", section, f"Deleted custom field {old.label}{f' from {label}' if custom else ''}"
    elif new is not None and old is None:
        yield _created_field(new, end, section, on)
    elif new is not None and old is not None:
        if before and after and before.facts != after.facts:
            was, now = ("on", "off") if before.facts["required"] else ("off", "on")
            text = f"The custom field option Required for {new.label}{f' on object {label}' if custom else ''}"
            yield f"changedCFOption{was.title()}{now.title()}{end}", section, f"{text} has changed from {was} to {now}"
        for action, text in (*_field_changes(old, new, on), *_value_changes(old, new, on)):
            yield f"{action}{end}", section, text


def _created_field(new: FieldDef, end: str, section: str, on: str) -> Line:
    colon = "" if on else ":"
    if new.formula is not None:
        text = f"Created custom formula field{colon} {new.label} ({_FIELD_TYPES[new.type]}){on}"
        return f"createdCFFormula{end}", section, text
    if new.reference_to:
        text = f"Created custom lookup relationship {new.label} ({new.reference_to[0]}){on}"
        return f"createdCFLookup{end}", section, text
    return f"createdCF{end}", section, f"Created custom field{colon} {new.label} ({_FIELD_TYPES[new.type]}){on}"


def _field_changes(old: FieldDef, new: FieldDef, on: str) -> Iterator[tuple[str, str]]:
    if old.label != new.label:
        yield "changedCF", f"Changed label of custom field{on} from {old.label} to {new.label}"
    if old.formula != new.formula:
        name = new.name.removesuffix("__c")
        yield "changedCFFormula", f'Changed formula of {name} custom field from "{old.formula}" to "{new.formula}"'
    if old.help != new.help:
        yield "changedCFFieldHelp", f"Changed help text of {new.label} custom field{on}"
    if old.type != new.type:
        was, now = _FIELD_TYPES[old.type], _FIELD_TYPES[new.type]
        yield "changedCFType", f"Changed field type of {new.label} custom field{on} from {was} to {now}"
    elif old.length != new.length:
        yield "changedCFLength", f"Changed length of {new.label} custom field{on} from {old.length} to {new.length}"
    if old.scale != new.scale:
        text = f"Changed decimal places for {new.label} custom field{on} from {old.scale} to {new.scale}"
        yield "changedCFScale", text
    if old.default != new.default and new.type == "boolean":
        was, now = ("Checked" if one else "Unchecked" for one in (old.default, new.default))
        yield "changedCFDefault", f"Changed default value for {new.label} custom field{on} from {was} to {now}"


def _value_changes(old: FieldDef, new: FieldDef, on: str) -> Iterator[tuple[str, str]]:
    known: dict[str, PicklistValue] = {one.value: one for one in old.picklist}
    for value in new.picklist:
        was = known.get(value.value)
        if was is None:
            yield "createdPicklistWithColor", f"Added value {value.shown} to {new.label} picklist {_COLOR}{on}"
        elif was.active and not value.active:
            text = f"Deactivated value {value.shown} from {new.label} picklist {_COLOR}{on}"
            yield "deactivatePicklistValueWithColor", text
        elif value.active and not was.active:
            text = f"Activated value {value.shown} to {new.label} picklist {_COLOR}{on}"
            yield "activatedPicklistValueWithColor", text
        elif was.shown != value.shown:
            text = f"Changed {new.label} picklist value{on} from {was.shown} to {value.shown}"
            yield "changedPicklist", text


# -- custom metadata, permissions, groups, flows, hours, rules ---------------------------------------------------------


def _of_record(org: Org, name: str, before: Look | None, after: Look | None) -> Iterator[Line]:
    sobject = f"{name.partition('.')[0]}__mdt"
    owner = org.schema.sobject(sobject) if org.schema.has(sobject) else None
    section = (owner.label_plural or owner.label) if owner else _TYPES
    if before is None and after is not None:
        yield "setupEntityObjectCreated", section, f"{after.label} was created"
    elif after is None and before is not None:
        yield "setupEntityObjectDeleted", section, f"{before.label} was deleted"
    elif before is not None and after is not None:
        changed: list[tuple[str, Any, Any]] = (
            [("Label", before.label, after.label)] if before.label != after.label else []
        )
        changed += [(key, old, after.facts.get(key)) for key, old in before.facts.items()]
        for key, old, new in changed:
            if old != new:
                text = f"{after.label}: {key} has changed from {_shown(old)} to {_shown(new)}"
                yield "setupEntityObjectFieldUpdated", section, text


def _shown(value: Any) -> str:
    """[inferred] whole numbers without their fraction, checkboxes in small letters."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


def _of_permissions(before: Look | None, after: Look | None) -> Iterator[Line]:
    if after is None:
        yield "PermSetDelete", _USERS, f"Deleted permission set {before.label if before else ''}"
        return
    if before is None:
        yield "PermSetCreateNoLicense", _USERS, f"Created permission set {after.label}: with no license"
    elif before.label != after.label:
        text = f"Changed permission set {after.label}: Master Label was changed from {before.label} to {after.label}"
        yield "PermSetLabelChange", _USERS, text
    old = before.facts if before else {}
    for key in [*old, *(key for key in after.facts if key not in old)]:
        was, now = old.get(key), after.facts.get(key)
        if was != now:
            yield of_grant(after.label, key, was, now)


def of_grant(label: str, key: str, was: Any, now: Any) -> Line:
    """A grant of a permission set: `key` is `fls Object: Field`, `class Name` or `user Name`."""
    kind, _, name = key.partition(" ")
    if kind == "fls":
        text = f"field-level security for {name} was changed from {was or 'No Access'} to {now or 'No Access'}"
        return "PermSetFlsChanged", _USERS, f"Changed permission set {label}: {text}"
    word = "enabled" if now else "disabled"
    if kind == "class":
        action = f"SetupEntityAccessAudit_PermissionSet_ApexClass_{word.title()}"
        return action, _USERS, f"Changed permission set {label}: {name} Apex class access was {word}"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)  # [inferred] the label of ConvertLeads is Convert Leads
    text = f"{words} permission was changed from {'disabled' if now else 'enabled'} to {word}"
    return f"PermSet{word.title()[:-1]}UserPerm", _USERS, f"Changed permission set {label}: {text}"


def of_membership(kind: str, label: str) -> Line:
    """Somebody joined or left a Queue or a Regular group."""
    if kind == "Queue":
        return "queueMembership", _DATA, f"Changed membership for Queue {label}"
    return "groupMembership", "Groups", f"Changed membership of Group {label}"


def _of_group(kind: str, before: Look | None, after: Look | None) -> Iterator[Line]:
    word, section = ("Queue", _DATA) if kind == "Queue" else ("Public Group", "Groups")
    if after is None:  # of a queue: [inferred] from the group's
        yield f"deleted{kind.lower()}", section, f"Deleted {word} {before.label if before else ''}"
        return
    if before is None:
        yield f"created{kind.lower()}", section, f"Created {word} {after.label}"
    elif before.label != after.label:
        text = f"Updated {word} {after.label}: Changed Name from {before.label} to {after.label}"
        yield f"updated{kind.lower()}", section, text
    if (before.facts["members"] if before else []) != after.facts["members"]:
        yield of_membership("Queue" if kind == "Queue" else "Regular", after.label)


def _of_flow(name: str, before: Look | None, after: Look | None) -> Iterator[Line]:
    if after is None and (version := re.fullmatch(r"(.+)-(\d+)", name)):
        yield of_deleted_version(version[1], version[1], int(version[2]))
        return
    if after is None:
        text = f'Deleted flow with Name "{before.label if before else name}" and Unique Name "{name}"'
        yield "deletedinteractiondefinition", "Flows", text
        return
    if before is None:
        text = f'Created flow with Name "{after.label}" and Unique Name "{name}"'
        yield "createdinteractiondefinition", "Flows", text
    text = f'Created flow version #{after.version} "{after.label}" for flow with Unique Name "{name}"'
    yield "createdinteractiondefversion", "Flows", text


def _of_hours(before: Look | None, after: Look | None) -> Iterator[Line]:
    """Of business hours: [inferred]; of a new holiday: as the reference has it."""
    old, new = before.facts if before else {}, after.facts if after else {}
    for key, facts in new.items():
        kind, _, name = key.partition(" ")
        if old.get(key) == facts:
            continue
        if kind == "holiday":
            verb, action = ("Created", "holiday_insert") if key not in old else ("Changed", "holiday_update")
            yield action, "Holidays", f"{verb} holiday {name}"
        else:
            verb = "Changed" if key in old else "Created"
            yield f"{verb.lower()}BusinessHours", "Business Hours", f"{verb} business hours {name}"


def _of_rule(org: Org, name: str, before: Look | None, after: Look | None) -> Iterator[Line]:
    owner, _, rule = name.partition(".")
    label, section = org.schema.sobject(owner).label if org.schema.has(owner) else owner, "Validation Rules"
    if after is None:
        yield "removedValidation", section, f'Removed {label} validation "{rule}"'
    elif before is None:
        yield "newValidation", section, f'New {label} validation rule "{rule}"'
    else:
        parts = (("active", "Active", "active flag"), ("errorConditionFormula", "Formula", "formula"),
                 ("errorMessage", "Message", "error message"))  # fmt: skip
        for key, word, shown in parts:
            was, now = before.facts[key], after.facts[key]
            if was == now:
                continue
            if key == "active":
                values = f"from {int(was == 'true')} to {int(now == 'true')}"
            else:
                values = f'from "{was}" to "{now}"'
            yield f"changedValidation{word}", section, f'Changed {shown} for {label} validation "{rule}" {values}'


def _plain(org: Org, kind: str, name: str, before: Look | None, after: Look | None, *, known: bool = True) -> Line:
    """One sentence on a component. `known` False: nothing that entries are known of has changed. [inferred] in part"""
    verb = "Deleted" if after is None else "Created" if before is None else "Changed"
    shown = after or before or Look(name)
    label, low = shown.label, verb.lower()
    match kind if known else "":
        case "ApexClass":
            return f"{low}ApexClass", "Apex Class", f"{verb} {name} Apex Class code"
        case "ApexTrigger":
            row = org.rows.select("ApexTrigger", Compare("Name", "=", name), limit=1)
            owner = str(row[0]["TableEnumOrId"]) if row else ""
            shown_owner = org.schema.sobject(owner).label if org.schema.has(owner) else owner
            return f"{low}ApexTrigger", "Apex Trigger", f"{verb} {shown_owner} Trigger code: {name}"
        case "StaticResource":
            return f"{low}StaticResource", "Static Resource", f"{verb} Static Resource {name}"
        case "WorkflowAlert":
            owner, _, alert = name.partition(".")
            owner = org.schema.sobject(owner).label if org.schema.has(owner) else owner
            return f"{low}emailalert", "Workflow Rule", f"{verb} Email Alert {alert} for Object: {owner}"
        case "GlobalValueSet" if verb == "Created":
            return "createGlobalPicklist", "Global Value Sets", f"Created global picklist : {label}"
        case "CustomObject" if name.endswith("__mdt") and verb != "Changed":
            action = "createdCustMdType" if verb == "Created" else "hardDeletedCustMdType"
            return action, _TYPES, f"{verb} custom metadata type: {label}"
        case "CustomObject" if name.endswith("__c") and verb != "Changed":
            return f"{low}CustEnt", "Custom Objects", f"{verb} custom object: {label}"
    return f"{low}{kind}", kind, f"{verb} {kind} {name}"
