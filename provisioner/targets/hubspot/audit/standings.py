"""Everybody the design names: are they there, are they active, and who is in a team? [spec] reference/hubspot.md 6"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from provisioner.facts import Person, Standing, Unasked
from provisioner.model.design import Design
from provisioner.targets.hubspot.audit.answers import Asking, Raw, Refused
from provisioner.targets.hubspot.audit.people import person, user_id
from provisioner.targets.naming import named

TEAMS = ("group", "queue")
MEMBERS = ("userIds", "secondaryUserIds")


def read(design: Design, ask: Asking) -> tuple[tuple[Standing, ...] | None, list[Unasked]]:
    """None when neither owners nor teams may be read. Slack channels are unknown here."""
    unasked: list[Unasked] = []
    wanted = named(design)
    owners = _told(ask.owners, unasked)
    teams = _told(ask.teams, unasked) if any(item.kind in TEAMS for item in wanted) else ()
    if owners is None and not teams:
        return None, unasked[:1]
    found = [_standing(item, owners, teams) for item in wanted]
    if any(item.kind in TEAMS and item.state == "active" and item.members is None for item in found) and not unasked:
        unasked = [Unasked("standings/members", "A team has members who are no owners, and have no name here.")]
    return tuple(found), unasked


def _told(asked: Callable[[], tuple[Raw, ...]], unasked: list[Unasked]) -> tuple[Raw, ...] | None:
    try:
        return asked()
    except Refused as refused:
        unasked.append(Unasked("standings", refused.why))
        return None


def _standing(item: Standing, owners: Sequence[Raw] | None, teams: Sequence[Raw] | None) -> Standing:
    if item.kind == "user" and owners is not None:
        sought = item.value.casefold()
        same = [
            row for row in owners if str(row.get("email") or "").casefold() == sought and row.get("type") != "QUEUE"
        ]
        if any(not row.get("archived") for row in same):
            return replace(item, state="active")
        return replace(item, state="inactive" if same else "missing")
    if item.kind in TEAMS and teams is not None:
        same = _of_name(item.value, teams)
        if not same:
            return replace(item, state="missing")
        return replace(item, state="active", members=_members(same[0], owners))
    return item


def _of_name(name: str, teams: Iterable[Raw]) -> list[Raw]:
    """As workflows look teams up: the exact name, else without regard to case."""
    rows = list(teams)
    return [row for row in rows if row.get("name") == name] or [
        row for row in rows if str(row.get("name") or "").casefold() == name.casefold()
    ]


def _members(team: Raw, owners: Sequence[Raw] | None) -> tuple[Person, ...] | None:
    """None when not all of them can be told: a user who is no owner has no name here."""
    if owners is None:
        return None
    by_user: Mapping[str, Raw] = {user_id(row): row for row in sorted(owners, key=lambda row: not row.get("archived"))}
    ids = dict.fromkeys(str(id) for key in MEMBERS for id in team.get(key) or ())
    if any(id not in by_user for id in ids):
        return None
    return tuple(sorted((person(by_user[id]) for id in ids), key=lambda one: (one.name, one.id)))
