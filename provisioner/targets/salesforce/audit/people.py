"""Who owns leads and should not, who the design names and is no longer there, and who gets how many alerts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from provisioner.facts import Evidence, Person, Unasked
from provisioner.model.design import Design, Step
from provisioner.model.uses import used_escalations
from provisioner.targets.salesforce.audit.answers import GROUPS_MOST, Answer, Answers, Refusal, number, text, unasked
from provisioner.targets.salesforce.audit.leads import RUNNING, Leads
from provisioner.targets.salesforce.audit.where import every, instant, some
from provisioner.targets.salesforce.soql import literals, portions

OWNER = "OwnerId, Owner.Name, Owner.Email"
GONE, UNLED = "people/gone", "people/unled"
SIGN_INS, FROZEN = "people/sign_ins", "people/frozen"
ALERT_DAYS = 7
APART_MOST = 6  # steps that tell the owner, of which each has a query of its own


def questions(leads: Leads) -> dict[str, str]:
    """Unconverted leads per owner and status: of those who are inactive; of those without an active manager, where a
    step is to tell the manager. [community] reference/salesforce.md 3.5"""
    status = leads.field("SLA_Status")
    asked = {GONE: _owned(leads, "IsActive = false", status)}
    if tells_manager(leads.design):
        unled = "IsActive = true AND (ManagerId = null OR Manager.IsActive = false)"
        asked[UNLED] = _owned(leads, f"UserType = 'Standard' AND {unled}", status)
    asked[SIGN_INS] = (
        "SELECT UserId FROM UserLogin WHERE IsFrozen = true AND UserId IN (SELECT Id FROM User WHERE IsActive = true)"
    )
    return asked | {key: _alerted(leads, place) for key, place in _alert_keys(leads.design).items()}


def frozen_questions(leads: Leads, answers: Answers) -> dict[str, str]:
    """The leads of active users who may not sign in; nothing when there are none, or it was not answered. [docs]
    UserLogin: IsFrozen, seen with Manage Users only."""
    told = answers.get(SIGN_INS)
    ids = [id for row in told.rows if (id := text(row, "UserId"))] if isinstance(told, Answer) else []
    status = leads.field("SLA_Status")
    return {
        f"{FROZEN}/{place}": _owned(leads, f"Id IN {literals(portion)}", status)
        for place, portion in enumerate(portions(ids))
    }


def _frozen(leads: Leads, answers: Answers) -> list[Person]:
    told = [answers.get(key) for key in frozen_questions(leads, answers)]
    found = [
        replace(person, frozen=True)
        for item in told
        if isinstance(item, Answer)
        for person in _people(leads, item, active=True, manager=None)
    ]
    return sorted(found, key=lambda person: (-person.leads, person.name, person.id))


def _owned(leads: Leads, users: str, status: str) -> str:
    whose = f"OwnerId IN (SELECT Id FROM User WHERE {users})"  # noqa: S608 - clauses of ours
    what = f"{OWNER}, {status}, COUNT(Id) n"
    end = f"GROUP BY {OWNER}, {status} LIMIT {GROUPS_MOST}"
    return leads.select(what, "IsConverted = false", whose, end=end)


def tells_manager(design: Design) -> bool:
    roles = {id for id, item in design.recipients.items() if item.kind == "owner_manager"}
    return any(roles & set(step.notify) for escalation in used_escalations(design) for step in escalation.steps)


def read(leads: Leads, answers: Answers) -> tuple[tuple[Person, ...] | None, Evidence | None]:
    """Inactive owners, then active ones without an active manager, then frozen ones, most leads first. None when it was
    not answered who is gone."""
    gone = answers.get(GONE)
    if not isinstance(gone, Answer):
        return None, None
    found = [*_people(leads, gone, active=False, manager=None)]
    unled = answers.get(UNLED)
    if isinstance(unled, Answer):
        found += [*_people(leads, unled, active=True, manager=False)]
    found += _frozen(leads, answers)
    return tuple(found), Evidence(gone.query, sum(number(row, "n") for row in gone.rows))


def _people(leads: Leads, told: Answer, *, active: bool, manager: bool | None) -> list[Person]:
    status = leads.field("SLA_Status")
    found: dict[str, Person] = {}
    for row in told.rows:
        id = text(row, "OwnerId")
        known = found.get(id)
        if known is None:
            known = Person(
                id, text(row, "Owner.Name"), text(row, "Owner.Email"), active, manager=manager, query=told.query
            )
        count = number(row, "n")
        running = count if text(row, status) in RUNNING else 0
        found[id] = replace(known, leads=known.leads + count, open_clocks=known.open_clocks + running)
    return sorted(found.values(), key=lambda person: (-person.leads, person.name, person.id))


# ------------------------------------------------------------------ alerts


def _alert_keys(design: Design) -> dict[str, tuple[int, ...]]:
    """`alerts/<n>` → the number of a step that tells the owner in some escalation; the last of them holds all steps
    beyond `APART_MOST`, which are asked together."""
    numbers = {
        place
        for escalation in used_escalations(design)
        for place, step in enumerate(escalation.steps, start=1)
        if _to_owner(design, step)
    }
    ordered = sorted(numbers)
    apart, rest = ordered[:APART_MOST], ordered[APART_MOST:]
    groups = [(place,) for place in apart] + ([tuple(rest)] if rest else [])
    return {f"alerts/{group[0]}": group for group in groups}


def _to_owner(design: Design, step: Step) -> int:
    """How many messages the owner gets from it: one per channel. A task or a hand-over is no alert."""
    told = any(design.recipients[id].kind == "record_owner" for id in step.notify if id in design.recipients)
    return len(set(step.via)) if told else 0


def _alerted(leads: Leads, places: Sequence[int]) -> str:
    """Leads of which one of these steps acted in the last seven days, per owner and escalation. A step that acted left
    its number."""
    level, escalation = leads.field("Escalation_Level"), leads.field("Escalation")
    since, now = instant(leads.scope.now - timedelta(days=ALERT_DAYS)), instant(leads.scope.now)
    acted = some(
        *(
            every(
                f"{leads.names.step_at(place)} >= {since}",
                f"{leads.names.step_at(place)} <= {now}",
                f"{level} >= {place}",
            )
            for place in places
        )
    )
    users = "OwnerId IN (SELECT Id FROM User WHERE UserType = 'Standard')"
    end = f"GROUP BY {OWNER}, {escalation} LIMIT {GROUPS_MOST}"
    return leads.select(f"{OWNER}, {escalation}, COUNT(Id) n", acted, users, end=end)


def read_alerts(leads: Leads, answers: Answers) -> tuple[tuple[Person, int], ...] | None:
    """Alerts per owner in the last seven days, most first, as the design sends them when it is live. A lead that was
    handed over counts for who owns it now; of steps that were asked together, it counts once, so that nobody is said to
    get more than they do. None when a step was not answered."""
    keys = _alert_keys(leads.design)
    told = {key: item for key in keys if isinstance(item := answers.get(key), Answer)}
    if len(told) < len(keys):
        return None
    escalations = {item.id: item for item in used_escalations(leads.design)}
    counts: dict[str, int] = defaultdict(int)
    people: dict[str, Person] = {}
    for key, found in told.items():
        for row in found.rows:
            escalation = escalations.get(text(row, leads.field("Escalation")))
            if escalation is None:
                continue
            steps = [escalation.steps[place - 1] for place in keys[key] if place <= len(escalation.steps)]
            channels = min(filter(None, (_to_owner(leads.design, step) for step in steps)), default=0)
            id = text(row, "OwnerId")
            people[id] = Person(id, text(row, "Owner.Name"), text(row, "Owner.Email"), active=True)
            counts[id] += number(row, "n") * channels
    ranked = sorted((id for id in counts if counts[id]), key=lambda id: (-counts[id], people[id].name, id))
    return tuple((people[id], counts[id]) for id in ranked)


def left_out(leads: Leads, answers: Answers) -> Iterator[Unasked]:
    yield Unasked("people/away", "Salesforce does not tell by its API who is out of office.", untold=True)
    for key in questions(leads) | frozen_questions(leads, answers):
        told = answers.get(key)
        if key == SIGN_INS and isinstance(told, Refusal) and told.is_hidden:
            yield Unasked(FROZEN, _UNSEEN, untold=True)
            continue
        part = FROZEN if key == SIGN_INS or key.startswith(f"{FROZEN}/") else key
        part = "alerts" if key.startswith("alerts/") else "people" if key == GONE else part
        if not isinstance(told, Answer):
            yield unasked(part, answers, key)
        elif len(told.rows) >= GROUPS_MOST or (key == SIGN_INS and told.total > len(told.rows)):
            yield Unasked(part, f"More than {GROUPS_MOST:,} groups of owners: those that were not told are left out.")


_UNSEEN = "Salesforce tells it only to users with Manage Users, a right that an audit should not have."


@dataclass(frozen=True, slots=True)
class Members:
    """Ids of the members of a group or queue; `whole` False when some stand for roles or for groups inside groups."""

    ids: tuple[str, ...]
    whole: bool = True


def people_by_id(rows: Iterable[Answer]) -> dict[str, Person]:
    """Rows of User as people."""
    return {
        text(row, "Id"): Person(text(row, "Id"), text(row, "Name"), text(row, "Email"), row.get("IsActive") is True)
        for told in rows
        for row in told.rows
    }
