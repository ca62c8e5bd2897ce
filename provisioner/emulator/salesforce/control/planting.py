"""What a test may plant in an org through the control door: people, queues, groups, history, and conversions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from provisioner.emulator.clock import iso, parse_instant
from provisioner.emulator.salesforce.automation.conversion import Conversion, convert
from provisioner.emulator.salesforce.automation.refusals import SaveRefused
from provisioner.emulator.salesforce.control.crowds import Crowds, count
from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.ids import normal_id
from provisioner.emulator.salesforce.metadata import by_hand
from provisioner.emulator.salesforce.metadata.store import MetadataStore
from provisioner.emulator.salesforce.rest.writing import save
from provisioner.emulator.salesforce.state.access import read_access
from provisioner.emulator.salesforce.state.engines import Operation
from provisioner.emulator.salesforce.state.rows import And, Compare
from provisioner.emulator.salesforce.state.seed import organization_values, token_for, user_values
from provisioner.emulator.salesforce.state.user_permissions import FIELDS
from provisioner.emulator.salesforce.state.values import coerce

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_PARTS = (
    "sharing", "roles", "profiles", "record_types", "users", "groups", "queues", "assignment_rules", "connected_apps",
    "permission_sets", "records", "crowds",
)  # fmt: skip
_OBJECT_LEVELS = {
    "read": ("Read",),
    "edit": ("Read", "Create", "Edit"),
    "view_all": ("Read", "ViewAllRecords"),
    "modify_all": ("Read", "Create", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords"),
}


def plant_document(org: Org, document: Any) -> dict[str, Any]:
    """Plant all parts in one transaction; the answer names the ids. Raises ValueError that says what is wrong.

    users: [{username, last, first, email, manager, role, profile, timezone, active, type, token, password,
    permissions, objects}] (the last two: see `access`; without them and without a planted profile a user may do
    everything) · sharing: {lead: None|Read|Edit|ReadEditTransfer} (see `sharing`) · roles: [{name, parent}] ·
    profiles: [{name, permissions, objects: {name: read|edit|view_all|modify_all}}] (whose users may do that) ·
    groups: [{name, label, members}] · queues: [{name, label, objects, members, email}] ·
    assignment_rules: [{when: {field: value}, owner}] · connected_apps: {key: {secret, run_as, certificate}} ·
    record_types: [{sobject, name, label, active, offers: {field: values}, defaults: {field: value}, statuses,
    default_for: [profile names]}] (see `by_hand.plant_record_type`) · permission_sets: [{user, name}] (assignments) ·
    records: [{sobject, values, ref, as, at, raw}] ·
    crowds: very many records, see `Crowds.plant`.
    A value may be {"user": username}, {"queue": name}, {"group": name}, {"record_type": "Lead.Name"} or {"ref": name}
    in place of an id.
    """
    if not isinstance(document, dict) or (unknown := sorted(document.keys() - set(_PARTS))):
        what = f"not {unknown[0]!r}" if isinstance(document, dict) else "as an object"
        raise ValueError(f"A seed has {', '.join(_PARTS)}, {what}.")
    planter = _Planter(org)
    with org.transaction():
        for part in _PARTS:
            if part in document:
                getattr(planter, part)(document[part])
    org.keep_settings()
    return planter.answer


def change_settings(org: Org, values: dict[str, Any]) -> None:
    """Change settings and what follows from them: the Organization row, the id of the org in it."""
    old_id = org.settings.org_id
    org.settings.change(values)
    facts = organization_values(org)
    if org.settings.org_id != old_id:
        (was,) = org.rows.select("Organization", Compare("Id", "=", old_id))
        org.rows.delete("Organization", old_id)
        org.rows.insert("Organization", facts | {"DefaultLeadAccess": was["DefaultLeadAccess"]})
    else:
        org.rows.update("Organization", old_id, {name: value for name, value in facts.items() if name != "Id"})
    org.keep_settings()


def _known(entry: Any, *names: str) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise ValueError(f"Expected an object with {', '.join(names)}, not {entry!r}.")
    if unknown := sorted(entry.keys() - set(names)):
        raise ValueError(f"There is no {unknown[0]!r} here; there is {', '.join(names)}.")
    return entry


class _Planter:
    def __init__(self, org: Org) -> None:
        self.org = org
        self.refs: dict[str, str] = {}
        self.answer: dict[str, Any] = {"users": {}, "tokens": {}, "groups": {}, "queues": {}, "records": [], "refs": {}}
        self.crowd_planter = Crowds(org, self.somebody)

    def find(self, sobject: str, field: str, value: str) -> str:
        """The id of the record with that name. Raises ValueError."""
        found = self.org.rows.select(sobject, Compare(field, "=", value), limit=1)
        if not found:
            raise ValueError(f"There is no {sobject} with {field} {value!r}.")
        return str(found[0]["Id"])

    def somebody(self, name: str) -> str:
        """The id behind an id, a username, or the developer name of a queue or group. Raises ValueError."""
        if "@" not in name and (found := normal_id(name)) is not None:
            return found
        return self.find("User", "Username", name) if "@" in name else self.find("Group", "DeveloperName", name)

    def roles(self, entries: Iterable[Any]) -> None:
        for entry in entries:
            facts = _known(entry, "name", "parent")
            parent = self.find("UserRole", "Name", facts["parent"]) if facts.get("parent") else None
            values = {"Name": facts["name"], "DeveloperName": facts["name"].replace(" ", "_"), "ParentRoleId": parent}
            self.org.rows.insert("UserRole", values)

    def profiles(self, entries: Iterable[Any]) -> None:
        """Each with the permission set that lies under it and is assigned to its users. [docs] PermissionSet"""
        rows = self.org.rows
        for entry in entries:
            facts = _known(entry, "name", "permissions", "objects")
            profile = rows.insert("Profile", {"Name": facts["name"], "UserType": "Standard"})
            owned: dict[str, Any] = {
                "ProfileId": profile,
                "IsOwnedByProfile": True,
                "IsCustom": True,
                "Type": "Profile",
            }
            owned |= {FIELDS[name]: True for name in read_access(facts.get("permissions", []), {})["permissions"]}
            # How the vendor names such a set is [community].
            held = rows.insert("PermissionSet", {"Name": f"X{profile[:15]}", "Label": f"X{profile[:15]}"} | owned)
            for name, level in facts.get("objects", {}).items():
                if level not in _OBJECT_LEVELS or not self.org.schema.has(name):
                    raise ValueError(f"A profile says {', '.join(_OBJECT_LEVELS)} of an object, not {name}: {level!r}.")
                granted = {f"Permissions{word}": True for word in _OBJECT_LEVELS[level]}
                kind = {"ParentId": held, "SobjectType": self.org.schema.sobject(name).name}
                rows.insert("ObjectPermissions", kind | granted)

    def record_types(self, entries: Iterable[Any]) -> None:
        names = ("sobject", "name", "label", "active", "offers", "defaults", "statuses", "default_for")
        self.answer["record_types"] = {}
        for entry in entries:
            facts = _known(entry, *names)
            made = by_hand.plant_record_type(self.org, facts, self.org.admin_id)
            self.answer["record_types"][f"{facts['sobject']}.{facts['name']}"] = made
            for profile in facts.get("default_for", ()):
                defaults = self.org.settings.default_record_types
                defaults.setdefault(self.find("Profile", "Name", profile), {})[facts["sobject"]] = made

    def users(self, entries: list[Any]) -> None:
        for entry in entries:
            self._user(entry)
        for entry in entries:  # managers last, so that the order of the list does not matter
            if entry.get("manager"):
                manager = self.find("User", "Username", entry["manager"])
                self.org.rows.update("User", self.answer["users"][entry["username"]], {"ManagerId": manager})

    def _user(self, entry: Any) -> None:
        names = ("username", "last", "first", "email", "manager", "role", "profile", "timezone", "active", "type")
        facts = _known(entry, *names, "token", "password", "permissions", "objects")
        org, username = self.org, facts["username"]
        if org.rows.select("User", Compare("Username", "=", username), limit=1):
            raise ValueError(f"There is a User with Username {username!r} already.")
        profile = self.find("Profile", "Name", facts.get("profile", "Standard User"))
        last = facts.get("last") or username.partition("@")[0]
        zone = facts.get("timezone", org.settings.timezone)
        values = user_values(username, profile, zone, last=last, first=facts.get("first"))
        values |= {"IsActive": facts.get("active", True), "UserType": facts.get("type", "Standard")}
        values["Email"] = facts.get("email", username)
        if facts.get("role"):
            values["UserRoleId"] = self.find("UserRole", "Name", facts["role"])
        user_id = org.rows.insert("User", values)
        org.rows.insert("UserLogin", {"UserId": user_id})
        token = facts.get("token") or token_for(org.settings.org_id, user_id)
        org.settings.tokens[token] = user_id
        if "permissions" in facts or "objects" in facts:
            org.settings.access[user_id] = read_access(facts.get("permissions", []), facts.get("objects", {}))
        for held in org.rows.select("PermissionSet", Compare("ProfileId", "=", profile)):
            org.settings.access.setdefault(user_id, read_access([], {}))
            org.rows.insert("PermissionSetAssignment", {"AssigneeId": user_id, "PermissionSetId": held["Id"]})
        if facts.get("password"):
            org.settings.passwords[username] = facts["password"]
        self.answer["users"][username] = user_id
        self.answer["tokens"][username] = token

    def sharing(self, entry: Any) -> None:
        access = _known(entry, "lead").get("lead")
        if access not in ("None", "Read", "Edit", "ReadEditTransfer"):
            raise ValueError(f"The default access to leads is None, Read, Edit or ReadEditTransfer, not {access!r}.")
        self.org.rows.update("Organization", self.org.settings.org_id, {"DefaultLeadAccess": access})

    def groups(self, entries: Iterable[Any]) -> None:
        for entry in entries:
            facts = _known(entry, "name", "label", "members")
            values = {"Name": facts.get("label", facts["name"]), "DeveloperName": facts["name"], "Type": "Regular"}
            self.answer["groups"][facts["name"]] = self._group(values, facts.get("members", ()))

    def queues(self, entries: Iterable[Any]) -> None:
        for entry in entries:
            facts = _known(entry, "name", "label", "objects", "members", "email")
            values = {"Name": facts.get("label", facts["name"]), "DeveloperName": facts["name"], "Type": "Queue"}
            queue = self._group(values | {"Email": facts.get("email")}, facts.get("members", ()))
            for sobject in facts.get("objects", ["Lead"]):
                self.org.rows.insert("QueueSobject", {"QueueId": queue, "SobjectType": sobject})
            self.answer["queues"][facts["name"]] = queue

    def _group(self, values: dict[str, Any], members: Iterable[str]) -> str:
        group = self.org.rows.insert("Group", values)
        for member in members:
            sobject, field = ("User", "Username") if "@" in member else ("Group", "DeveloperName")
            member_id = self.find(sobject, field, member)
            self.org.rows.insert("GroupMember", {"GroupId": group, "UserOrGroupId": member_id})
        return group

    def assignment_rules(self, entries: list[Any]) -> None:
        self.org.settings.change({"assignment_rules": [_known(entry, "when", "owner") for entry in entries]})

    def connected_apps(self, apps: dict[str, Any]) -> None:
        checked = {key: _known(app, "secret", "run_as", "certificate") for key, app in apps.items()}
        self.org.settings.change({"connected_apps": checked})

    def permission_sets(self, entries: Iterable[Any]) -> None:
        for entry in entries:
            facts = _known(entry, "user", "name")
            user, held = self.find("User", "Username", facts["user"]), self.find("PermissionSet", "Name", facts["name"])
            same = And(Compare("AssigneeId", "=", user), Compare("PermissionSetId", "=", held))
            if not self.org.rows.select("PermissionSetAssignment", same, limit=1):
                self.org.rows.insert("PermissionSetAssignment", {"AssigneeId": user, "PermissionSetId": held})

    def records(self, entries: Iterable[Any]) -> None:
        for entry in entries:
            facts = _known(entry, "sobject", "values", "ref", "as", "at", "raw")
            record_id = self._record(facts)
            self.answer["records"].append(record_id)
            if facts.get("ref"):
                self.refs[facts["ref"]] = self.answer["refs"][facts["ref"]] = record_id

    def crowds(self, entries: Iterable[Any]) -> None:
        self.answer["crowds"] = [self.crowd_planter.plant(entry) for entry in entries]

    def _record(self, facts: dict[str, Any]) -> str:
        """Raw: stored as it is, also in the past. Otherwise saved by the user at that time, with all automation."""
        org = self.org
        if not org.schema.has(facts["sobject"]):
            raise ValueError(f"There is no object {facts['sobject']!r}.")
        definition = org.schema.sobject(facts["sobject"])
        user_id = self.find("User", "Username", facts["as"]) if facts.get("as") else org.admin_id
        at = parse_instant(facts["at"]) if facts.get("at") else None
        values: dict[str, Any] = {}
        for name, value in facts["values"].items():
            item = definition.get(name)
            if item is None:
                raise ValueError(f"{definition.name} has no field {name!r}.")
            try:
                values[item.name] = coerce(item, self._resolved(value))
            except ApiError as error:
                raise ValueError(f"{definition.name}.{name}: {error.message}") from error
        if facts.get("raw"):
            stamps = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
            dated = {name: at for name in stamps if definition.has(name)} if at else {}
            owned = {"OwnerId": user_id} if definition.has("OwnerId") else {}
            return org.rows.insert(definition.name, dated | owned | values, user_id=user_id)
        if at is not None:
            org.advance(at)
        result = org.automation.save("insert", definition.name, [values], user_id=user_id)[0]
        if not result.success or result.id is None:
            raise ValueError("; ".join(str(error) for error in result.errors))
        return result.id

    def change_record(self, facts: dict[str, Any], user_id: str) -> None:
        """Save or delete the one record that `where` finds, as this user. Raises ValueError, ApiError."""
        if not self.org.schema.has(facts["record"]):
            raise ValueError(f"There is no object {facts['record']!r}.")
        definition = self.org.schema.sobject(facts["record"])
        where, values = (
            {name: self._resolved(value) for name, value in facts.get(key, {}).items()} for key in ("where", "set")
        )
        for name in (*where, *values):
            if definition.get(name) is None:
                raise ValueError(f"{definition.name} has no field {name!r}.")
        tests = [Compare(name, "=", coerce(definition.field(name), value)) for name, value in where.items()]
        found = self.org.rows.select(definition.name, And(*tests), limit=2)
        if len(found) != 1:
            raise ValueError(f"There is {'no' if not found else 'more than one'} {definition.name} of {where}.")
        op: Operation = "delete" if facts.get("deleted") else "update"
        row = {name: coerce(definition.field(name), value) for name, value in values.items()}
        result = save(self.org, op, definition, [{"Id": found[0]["Id"]} | row], user_id=user_id)[0]
        if not result.success:
            raise ValueError("; ".join(str(error) for error in result.errors))

    def _resolved(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        ((kind, name),) = _known(value, "user", "queue", "group", "permission_set", "record_type", "ref").items()
        if kind == "record_type":
            owner, _, name = str(name).partition(".")
            found = self.org.record_types.find(owner, name)
            if found is None:
                raise ValueError(f"There is no record type {owner}.{name}.")
            return found["Id"]
        if kind == "permission_set":
            return self.find("PermissionSet", "Name", name)
        if kind == "ref":
            if name not in self.refs:
                raise ValueError(f"There is no earlier record called {name!r}.")
            return self.refs[name]
        return self.find("User", "Username", name) if kind == "user" else self.find("Group", "DeveloperName", name)


def count_stored(org: Org, document: Any) -> dict[str, Any]:
    """How many records are stored, by their values; see `crowds.count`."""
    return count(org, document, _Planter(org).somebody)


def change_by_hand(org: Org, document: Any) -> dict[str, Any]:
    """Somebody changes something in the setup pages or on a record. Raises ValueError.

    `{"by": username}` and one of: `"component": type, "name": full name` with `set`, `add_value`, `deactivate_value`,
    `select_values`, `deselect_values` or `deleted` (see `metadata.by_hand.edit`) ·
    `"flow": name, "active": version` (0: off) · `"record": object, "where": {field: value}`
    with `set` or `deleted`; values as in a seed.
    """
    names = ("by", "component", "name", "set", "add_value", "deactivate_value", "deleted", "flow", "active", "record")
    facts, planter = _known(document, *names, "where", "select_values", "deselect_values"), _Planter(org)
    kinds = [one for one in ("component", "flow", "record") if one in facts]
    if len(kinds) != 1:
        raise ValueError("A change by hand is of a component, a flow or a record.")
    user_id = planter.find("User", "Username", facts["by"]) if facts.get("by") else org.admin_id
    try:
        if kinds[0] == "component":
            by_hand.edit(org, facts["component"], facts["name"], facts, user_id)
        elif kinds[0] == "flow":
            definition = org.metadata.components.get("FlowDefinition", facts["flow"])
            if definition is None:
                raise ValueError(f"There is no flow {facts['flow']!r}.")
            body = {"Metadata": {"activeVersionNumber": facts["active"]}}
            MetadataStore.of(org).tooling.activate(definition.id, body, user_id)
        else:
            planter.change_record(facts, user_id)
    except ApiError as error:
        raise ValueError(error.message) from error
    return {"now": iso(org.now)}


def plant_deployment(org: Org, document: Any) -> dict[str, Any]:
    """`{"minutes", "by": username, "check_only"}`: somebody deploys for so many minutes of the virtual clock.

    Nothing of the org changes by it; other deployments wait. Answers `{"id", "status"}`. Raises ValueError.
    """
    facts = _known(document, "minutes", "by", "check_only")
    minutes = facts["minutes"]
    if isinstance(minutes, bool) or not isinstance(minutes, (int, float)) or not 0 < minutes <= 24 * 60:
        raise ValueError(f"'minutes' is a number above 0, a day's at most, not {minutes!r}.")
    user_id = _Planter(org).find("User", "Username", facts["by"]) if facts.get("by") else org.admin_id
    job = MetadataStore.of(org).jobs.plant(minutes, user_id, check_only=bool(facts.get("check_only", False)))
    return {"id": job.id, "status": job.status}


def convert_lead(org: Org, document: Any) -> dict[str, Any]:
    """`{"lead": id}`: somebody presses Convert; see `automation.conversion`. Without an opportunity unless asked.

    Also `as` (username), `opportunity` (true, or its name), `account`, `contact` (ids to merge into), `owner`
    (username; a queue's lead goes to whoever converts it), `status`. Raises ValueError.
    """
    facts = _known(document, "lead", "as", "opportunity", "account", "contact", "owner", "status")
    planter = _Planter(org)
    user_id = planter.find("User", "Username", facts["as"]) if facts.get("as") else org.admin_id
    lead = org.rows.get("Lead", facts["lead"])
    if lead is None or lead["IsConverted"]:
        raise ValueError(f"{facts['lead']!r} is no open lead.")
    status = org.rows.select("LeadStatus", Compare("IsConverted", "=", True), limit=1)[0]["ApiName"]
    owner = "" if str(lead["OwnerId"]).startswith("005") else user_id
    wanted = facts.get("opportunity", False)
    asked = Conversion(
        lead=str(lead["Id"]), status=str(facts.get("status", status)), without_opportunity=not wanted,
        opportunity_name=wanted if isinstance(wanted, str) else "", account=facts.get("account", ""),
        contact=facts.get("contact", ""),
        owner=planter.find("User", "Username", facts["owner"]) if facts.get("owner") else owner,
    )  # fmt: skip
    try:
        made = convert(org, asked, user_id)
    except SaveRefused as refused:
        raise ValueError(str(refused)) from refused
    answer = {"lead": made.lead, "account": made.account, "contact": made.contact}
    return answer | ({"opportunity": made.opportunity} if made.opportunity else {})
