"""Everybody the design names: are they there, are they active, and who is behind a queue or group?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from provisioner.facts import Person, Standing, Unasked
from provisioner.model.design import Design
from provisioner.targets.naming import named
from provisioner.targets.salesforce.audit.answers import Answer, Answers, text, unasked
from provisioner.targets.salesforce.audit.people import Members, people_by_id
from provisioner.targets.salesforce.soql import can_be_asked, literals, portions

USERS, GROUPS = "standings/users", "standings/groups"
MEMBERS, PEOPLE = "standings/members", "standings/people"
TYPES = {"group": "Regular", "queue": "Queue"}
USER_FIELDS = "Id, Name, Username, Email, IsActive"
State = Literal["active", "inactive", "missing", "unknown"]


def questions(design: Design) -> dict[str, str]:
    """Users by username or email, groups and queues by developer name, and whatever is in those."""
    users = _values(design, ("user",))
    groups = _values(design, tuple(TYPES))
    asked: dict[str, str] = {}
    for place, portion in enumerate(portions(users)):
        names = literals(portion)
        where = f"Username IN {names} OR Email IN {names}"
        asked[f"{USERS}/{place}"] = f"SELECT {USER_FIELDS} FROM User WHERE {where}"  # noqa: S608 - literals
    for place, portion in enumerate(portions(groups)):
        names = literals(portion)
        asked[f"{GROUPS}/{place}"] = f"SELECT Id, DeveloperName, Type FROM Group WHERE DeveloperName IN {names}"  # noqa: S608 - literals
        inside = f"FROM GroupMember WHERE Group.DeveloperName IN {names}"
        asked[f"{MEMBERS}/{place}"] = f"SELECT GroupId, UserOrGroupId {inside}"
        people = f"(SELECT UserOrGroupId {inside})"
        asked[f"{PEOPLE}/{place}"] = f"SELECT {USER_FIELDS} FROM User WHERE Id IN {people}"  # noqa: S608 - literals
    return asked


def _values(design: Design, kinds: tuple[str, ...]) -> list[str]:
    return [item.value for item in named(design) if item.kind in kinds and can_be_asked(item.value)]


def _told(answers: Answers, prefix: str) -> list[Answer]:
    return [item for key, item in answers.items() if key.startswith(f"{prefix}/") and isinstance(item, Answer)]


def _members(answers: Answers) -> dict[str, Members]:
    """Group id → its members. Users have ids that begin with 005, groups and roles inside it with 00G. [docs] 3.1"""
    found: dict[str, Members] = {}
    for row in (row for told in _told(answers, MEMBERS) for row in told.rows):
        group, member = text(row, "GroupId"), text(row, "UserOrGroupId")
        known = found.get(group, Members(()))
        if member.startswith("005"):
            found[group] = Members((*known.ids, member), known.whole)
        else:
            found[group] = Members(known.ids, whole=False)
    return found


def read(design: Design, answers: Answers) -> tuple[Standing, ...] | None:
    """None when neither users nor groups were answered. Slack channels are unknown here."""
    if not any(isinstance(item, Answer) for key, item in answers.items() if key.startswith("standings/")):
        return None
    users = _told(answers, USERS) if _complete(answers, USERS) else None
    groups = _told(answers, GROUPS) if _complete(answers, GROUPS) else None
    behind = _behind(answers)
    return tuple(_standing(item, users, groups, behind) for item in named(design))


def _complete(answers: Answers, prefix: str) -> bool:
    """All portions were answered to their end."""
    found = [item for key, item in answers.items() if key.startswith(f"{prefix}/")]
    return all(isinstance(item, Answer) and item.total <= len(item.rows) for item in found)


Behind = Mapping[str, tuple[Person, ...] | None]
"""Group id → all its members; None: not all can be told, as it holds roles or other groups. A group without members is
not in it."""


def _behind(answers: Answers) -> Behind | None:
    """None: the members may not be read."""
    if not _complete(answers, MEMBERS) or not _complete(answers, PEOPLE):
        return None
    people = people_by_id(_told(answers, PEOPLE))
    found: dict[str, tuple[Person, ...] | None] = {}
    for group, members in _members(answers).items():
        known = sorted((people[id] for id in members.ids if id in people), key=lambda person: (person.name, person.id))
        found[group] = tuple(known) if members.whole and len(known) == len(members.ids) else None
    return found


def _standing(
    item: Standing,
    users: Iterable[Answer] | None,
    groups: Iterable[Answer] | None,
    behind: Behind | None,
) -> Standing:
    if item.kind == "user" and users is not None and can_be_asked(item.value):
        return _with(item, _user_state(item.value, (row for told in users for row in told.rows)))
    if item.kind in TYPES and groups is not None and can_be_asked(item.value):
        rows = [row for told in groups for row in told.rows]
        ids = [
            text(row, "Id")
            for row in rows
            if text(row, "Type") == TYPES[item.kind] and text(row, "DeveloperName").casefold() == item.value.casefold()
        ]
        if not ids:
            return _with(item, "missing")
        return _with(item, "active", None if behind is None else behind.get(ids[0], ()))
    return item


def _user_state(wanted: str, rows: Iterable[Mapping[str, Any]]) -> State:
    """Username or email, without regard to case, as flows look them up."""
    sought = wanted.casefold()
    same = [row for row in rows if sought in (text(row, "Username").casefold(), text(row, "Email").casefold())]
    if any(row.get("IsActive") is True for row in same):
        return "active"
    return "inactive" if same else "missing"


def _with(item: Standing, state: State, members: tuple[Person, ...] | None = None) -> Standing:
    return Standing(item.name, item.kind, item.value, state, members, item.pointer)


def left_out(design: Design, answers: Answers) -> Iterator[Unasked]:
    for key in questions(design):
        if not isinstance(answers.get(key), Answer):
            yield unasked("standings/members" if key.startswith((MEMBERS, PEOPLE)) else "standings", answers, key)
