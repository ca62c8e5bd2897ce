"""Filling the pretend org: people, the week before, and Monday as it passes. Leads and touches are ordinary saves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, timedelta
from typing import Any

from provisioner.cli.demonstration.door import Door
from provisioner.cli.demonstration.leads import (
    EVENING,
    MANAGER,
    MONDAY,
    PEOPLE,
    REPS,
    ROUTER,
    Deed,
    Lead,
    Person,
    in_order,
)
from provisioner.planning.planfile import instant


class SalesforceCrm:
    """Implements `crm.Crm`."""

    platform = "salesforce"
    design = "acme-salesforce.yaml"
    deployed = "checked on the server, deployed as one"
    people_do = (
        f"the permission set, assigned to {len(REPS)} reps and the admin; the reps, put into the queue; conversions, "
        "set to run automation"
    )

    def __init__(self, door: Door) -> None:
        self._door = door

    def settle(self) -> None:
        settle(self._door)

    def week_before(self, leads: list[Lead]) -> None:
        week_before(self._door, leads)

    def assign(self, names: list[str]) -> None:
        for name in names:
            allow_fields(self._door, name)
        fill_queues(self._door)
        let_conversions_run(self._door)

    def monday(self, leads: list[Lead]) -> None:
        monday(self._door, leads)

    def surprise(self, source: str, leads: list[Lead]) -> None:
        _offer(self._door, [source])
        self._door.seed({"records": [_arrival(lead) for lead in leads]})
        self._door.move_to(leads[-1].at + timedelta(hours=9))

    def sent(self) -> list[dict[str, Any]]:
        return self._door.sent()

    def verdicts(self, prefix: str) -> list[dict[str, Any]]:
        return verdicts(self._door, prefix)

    def tiles(self) -> list[tuple[str, str]]:
        return tiles(self._door)


def settle(door: Door) -> None:
    """Acme's name, its people, and a public group."""
    group = {"name": "SDR_On_Call", "label": "SDR on call", "members": [rep.username for rep in REPS]}
    door.settings({"name": "Acme Sandbox"})
    door.seed({"users": [_user(person) for person in PEOPLE], "groups": [group]})
    for value in _FACTORY_SOURCES:
        door.by_hand(_SOURCES | {"deactivate_value": value})
    _offer(door, SOURCES)
    _offer(door, STATUSES, _STATUSES)


SOURCES = ("Demo Request", "Pricing Page", "Contact Form", "Webinar", "Trade Show", "Content Download")
_FACTORY_SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
_SOURCES = {"by": MANAGER, "component": "StandardValueSet", "name": "LeadSource"}
STATUSES = ("Marketing Qualified", "Sales Accepted", "Sales Qualified", "Recycled", "Disqualified")
_STATUSES = _SOURCES | {"name": "LeadStatus"}


def _offer(door: Door, values: Iterable[str], field: Mapping[str, str] = _SOURCES) -> None:
    """More values of the lead source (or another field), as somebody enters them in Setup."""
    for value in values:
        door.by_hand({**field, "add_value": value})


def fill_queues(door: Door) -> None:
    """Every rep, into every queue that is there: a queue that a design makes is empty."""
    reps = {rep.username for rep in REPS}
    users = [row["Id"] for row in door.query("SELECT Id, Username FROM User") if row["Username"] in reps]
    for queue in door.query("SELECT Id FROM Group WHERE Type = 'Queue'"):
        for user in users:
            member = {"GroupId": queue["Id"], "UserOrGroupId": user}
            door.call("POST", "/services/data/v66.0/sobjects/GroupMember", member)


def let_conversions_run(door: Door) -> None:
    """Lead Settings: conversions require validation, and so run automation."""
    space = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
    setting = "<shouldLeadConvertRequireValidation>true</shouldLeadConvertRequireValidation>"
    listed = "<types><members>LeadConfig</members><name>Settings</name></types><version>66.0</version>"
    door.deploy({
        "settings/LeadConfig.settings": f"<LeadConfigSettings {space}>{setting}</LeadConfigSettings>",
        "package.xml": f"<Package {space}>{listed}</Package>",
    })  # fmt: skip


def _user(person: Person) -> dict[str, Any]:
    values = {"username": person.username, "first": person.first, "last": person.last, "manager": person.manager}
    return {key: value for key, value in values.items() if value is not None}


def week_before(door: Door, leads: list[Lead]) -> None:
    """Leads as they came before there was any clock; how fast they were touched is written down nowhere."""
    door.seed({"records": [_arrival(lead) for lead in leads]})
    door.move_to(MONDAY.astimezone(UTC))


def monday(door: Door, leads: list[Lead]) -> None:
    """The day, in the order of its events: leads arrive, the routing tool assigns them, reps log calls, mails and
    messages, sales accepts and qualifies some, and time passes."""
    users = {row["Username"]: row["Id"] for row in door.query("SELECT Id, Username FROM User")}
    ids: dict[int, str] = {}

    def arrive(lead: Lead) -> None:
        record = _arrival(lead, owner=ROUTER) | {"as": ROUTER}
        ids[lead.number] = door.seed({"records": [record]})["refs"][record["ref"]]

    def save(**values: str) -> Deed:
        return lambda lead: door.call("PATCH", f"/services/data/v66.0/sobjects/Lead/{ids[lead.number]}", values)

    def assign(lead: Lead) -> None:
        save(OwnerId=users[lead.owner.username])(lead)

    def touch(lead: Lead) -> None:
        door.seed({"records": [_touch(lead, ids[lead.number])]})

    for at, deed, lead in in_order(
        [
            (lead.at, arrive, lead),
            (lead.assigned_at, assign, lead),
            (lead.touched_at, touch, lead),
            (lead.accepted_at, save(Status="Sales Accepted"), lead),
            (lead.qualified_at, save(Status="Sales Qualified"), lead),
        ]
        for lead in leads
    ):
        door.move_to(at)
        deed(lead)
    door.move_to(EVENING.astimezone(UTC))


def _arrival(lead: Lead, owner: str = "") -> dict[str, Any]:
    values = {
        "Status": STATUSES[0],
        "FirstName": lead.first,
        "LastName": lead.last,
        "Company": lead.company,
        "Email": f"lead{lead.number}@{lead.company.split()[0].lower()}.example",
        "LeadSource": lead.source,
        "Country": lead.country,
        "NumberOfEmployees": lead.employees,
        "OwnerId": {"user": owner or lead.owner.username},
    }
    return {"sobject": "Lead", "values": values, "at": instant(lead.at), "ref": f"lead{lead.number}"}


def _touch(lead: Lead, lead_id: str) -> dict[str, Any]:
    values = {
        "WhoId": lead_id,
        "OwnerId": {"user": lead.owner.username},
        "Subject": lead.touch,
        "TaskSubtype": lead.touch,
        "Status": "Completed",
    }
    return {"sobject": "Task", "values": values, "as": lead.owner.username}


def allow_fields(door: Door, permission_set: str) -> None:
    """What a person does after the first deployment: assign the permission set to those who should see the fields."""
    ours = {person.username for person in PEOPLE} - {rep.username for rep in REPS}
    usernames = [row["Username"] for row in door.query("SELECT Username FROM User") if row["Username"] not in ours]
    door.seed({"permission_sets": [{"user": username, "name": permission_set} for username in usernames]})


def tiles(door: Door) -> list[tuple[str, str]]:
    """What the org's dashboard says, by the vendor's own API; charts are left out."""
    found: list[tuple[str, str]] = []
    for row in door.query("SELECT Id FROM Dashboard"):
        board = door.call("GET", f"/services/data/v66.0/analytics/dashboards/{row['Id']}")
        headers = {
            part["id"]: part["header"] for part in board["dashboardMetadata"]["components"] if not _is_chart(part)
        }
        for part in board["componentData"]:
            if part["componentId"] in headers:
                figure = part["reportResult"]["factMap"]["T!T"]["aggregates"][0]
                found.append((headers[part["componentId"]], figure["label"]))
    return found


def _is_chart(part: dict[str, Any]) -> bool:
    return bool(part["properties"]["groupings"])


def verdicts(door: Door, prefix: str) -> list[dict[str, Any]]:
    """Monday's leads: lead type, status and result, as the org itself computes them."""
    columns = {"lead_type": "Lead_Type", "status": "SLA_Status", "result": "SLA_Result"}
    fields = {ours: f"{prefix}_{theirs}__c" for ours, theirs in columns.items()}
    # No value from outside is in this query: the prefix has passed the design's own rules.
    query = f"SELECT {', '.join(fields.values())} FROM Lead WHERE CreatedDate >= {instant(MONDAY)}"  # noqa: S608
    return [{ours: row[theirs] for ours, theirs in fields.items()} for row in door.query(query)]
