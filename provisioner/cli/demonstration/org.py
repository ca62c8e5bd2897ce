"""Filling the pretend org: people, the week before, and Monday as it passes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioner.cli.demonstration.door import Door
from provisioner.cli.demonstration.leads import EVENING, MONDAY, PEOPLE, REPS, WEEK_BEFORE, Lead, Person
from provisioner.planning.planfile import instant


def settle(door: Door) -> dict[str, Door]:
    """The people of Acme, a group and the start of the clock; every rep's own way in, by username."""
    door.move_to(WEEK_BEFORE.astimezone(UTC) - timedelta(hours=1))
    answer = door.seed(
        {
            "users": [_user(person) for person in PEOPLE],
            "groups": [{"developer_name": "SDR_On_Call", "members": [rep.username for rep in REPS]}],
        }
    )
    tokens: Mapping[str, str] = answer["tokens"]
    return {rep.username: door.as_other(tokens[rep.username]) for rep in REPS}


def _user(person: Person) -> dict[str, Any]:
    values: dict[str, Any] = {
        "username": person.username,
        "email": person.username,
        "first": person.first,
        "last": person.last,
    }
    return values | ({"manager": person.manager} if person.manager else {})


def week_before(door: Door, leads: list[Lead]) -> None:
    """Leads as they came before there was any clock, saved like any other, and nobody's first touch was measured."""
    owners = user_ids(door)
    for lead in leads:
        door.move_to(lead.at)
        door.create("Lead", _values(lead, owners))
    door.move_to(MONDAY.astimezone(UTC))


def user_ids(door: Door) -> dict[str, str]:
    return {row["Username"]: row["Id"] for row in door.query("SELECT Id, Username FROM User")}


def _values(lead: Lead, owners: Mapping[str, str]) -> dict[str, Any]:
    return {
        "FirstName": lead.first,
        "LastName": lead.last,
        "Company": lead.company,
        "Email": f"{lead.first}.{lead.number}@{lead.company.split()[0]}.example".casefold().replace("á", "a"),
        "LeadSource": lead.source,
        "Country": lead.country,
        "NumberOfEmployees": lead.employees,
        "OwnerId": owners[lead.owner.username],
    }


def monday(door: Door, reps: Mapping[str, Door], leads: list[Lead]) -> None:
    """The day, in the order of its events: leads arrive, reps log calls, mails and messages, and time passes."""
    owners = user_ids(door)
    ids: dict[int, str] = {}
    for at, _, lead, is_touch in sorted(_events(leads), key=lambda event: event[:2]):
        door.move_to(at)
        if is_touch:
            reps[lead.owner.username].create("Task", _touch(lead, ids[lead.number]))
        else:
            ids[lead.number] = door.create("Lead", _values(lead, owners))
    door.move_to(EVENING.astimezone(UTC))


def _events(leads: list[Lead]) -> list[tuple[datetime, int, Lead, bool]]:
    arrivals = [(lead.at, 2 * lead.number, lead, False) for lead in leads]
    touches = [
        (lead.touched_at, 2 * lead.number + 1, lead, True)
        for lead in leads
        if lead.touched_at is not None and lead.touched_at < EVENING
    ]
    return [*arrivals, *touches]


def _touch(lead: Lead, lead_id: str) -> dict[str, Any]:
    return {"WhoId": lead_id, "Subject": lead.touch, "TaskSubtype": lead.touch, "Status": "Completed"}


def admins(door: Door) -> list[str]:
    """Whoever is in the org besides the people of Acme."""
    ours = {person.username for person in PEOPLE}
    return [username for username in user_ids(door) if username not in ours]


def allow_fields(door: Door, permission_set: str, usernames: list[str]) -> None:
    """What a person does after the first deployment: assign the permission set to those who should see the fields."""
    sets = {row["Name"]: row["Id"] for row in door.query("SELECT Id, Name FROM PermissionSet")}
    owners = user_ids(door)
    for username in usernames:
        door.create(
            "PermissionSetAssignment", {"AssigneeId": owners[username], "PermissionSetId": sets[permission_set]}
        )


def verdicts(door: Door, prefix: str) -> list[dict[str, Any]]:
    """Monday's leads with a clock: lead type and result, as the org itself computes them."""
    fields = f"Id, {prefix}_Lead_Type__c, {prefix}_SLA_Status__c, {prefix}_SLA_Result__c"
    # No value from outside is in this query: the prefix has passed the design's own rules.
    query = f"SELECT {fields} FROM Lead WHERE CreatedDate >= {instant(MONDAY)} ORDER BY CreatedDate"  # noqa: S608
    return [
        {
            "lead_type": row[f"{prefix}_Lead_Type__c"],
            "status": row[f"{prefix}_SLA_Status__c"],
            "result": row[f"{prefix}_SLA_Result__c"],
        }
        for row in door.query(query)
    ]
