"""Leads in queues: tracked, untouched, and nobody's for long."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.facts import Evidence, Unasked, Waiting
from provisioner.targets.salesforce.audit.answers import GROUPS_MOST, Answer, Answers, number, text, unasked
from provisioner.targets.salesforce.audit.leads import Leads, iso
from provisioner.targets.salesforce.audit.where import among, every, instant

WAITING = "waiting"
QUEUED = "OwnerId IN (SELECT Id FROM Group WHERE Type = 'Queue')"


def questions(leads: Leads) -> dict[str, str]:
    """By queue, with the creation of the earliest lead."""
    end = f"GROUP BY OwnerId, Owner.Name LIMIT {GROUPS_MOST}"
    what = "OwnerId, Owner.Name, COUNT(Id) n, MIN(CreatedDate) first"
    return {WAITING: leads.select(what, _waiting(leads), QUEUED, end=end)}


def _waiting(leads: Leads) -> str:
    return every(
        leads.window,
        f"CreatedDate < {instant(leads.scope.patience_ended)}",
        "IsConverted = false",
        f"{leads.field('First_Touch_At')} = null",
        f"{leads.field('Excluded')} = false",
        leads.not_excluded,
        leads.tracked,
    )


def read(leads: Leads, answers: Answers) -> tuple[Waiting, ...] | None:
    """Most leads first; None when it was not answered."""
    told = answers.get(WAITING)
    if not isinstance(told, Answer):
        return None
    found = []
    for row in told.rows:
        query = leads.select("Id", _waiting(leads), among("OwnerId", [text(row, "OwnerId")]))
        count = number(row, "n")
        found.append(Waiting(text(row, "Owner.Name"), count, iso(text(row, "first")), Evidence(query, count)))
    return tuple(sorted(found, key=lambda item: (-item.leads, item.place)))


def left_out(answers: Answers) -> Iterator[Unasked]:
    if not isinstance(answers.get(WAITING), Answer):
        yield unasked(WAITING, answers, WAITING)
