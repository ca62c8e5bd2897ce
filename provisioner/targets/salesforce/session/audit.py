"""Counting what is in an org: a few bundles of aggregate queries, whatever the number of leads.

Two waves: what can be asked at once, and what needs an answer first (since when the design is there, values that are
too many for one answer).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from provisioner.errors import NotAllowed, Rejected
from provisioner.facts import Evidence, Facts, Scope, Unasked
from provisioner.model.design import Design
from provisioner.targets.salesforce.audit import (
    calendars,
    carriers,
    checks,
    choices,
    people,
    periods,
    standings,
    visibility,
    waiting,
)
from provisioner.targets.salesforce.audit.answers import Answer, Answers, Refusal, number, text
from provisioner.targets.salesforce.audit.carriers import Field, Part
from provisioner.targets.salesforce.audit.leads import Leads, parsed
from provisioner.targets.salesforce.audit.where import among, every, field_name, instant, some
from provisioner.targets.salesforce.names import Names
from provisioner.targets.salesforce.session import ledger, together
from provisioner.targets.salesforce.session.faults import SignedOut
from provisioner.targets.salesforce.session.rest import Rest
from provisioner.targets.salesforce.soql import can_be_asked, literal, portions

BORN = "ledger"
JUDGED, SHOWN = "judged", "samples"
UNSEEN_CLOCK = "checks/assigned_without_clock"
MOST_PARTS = 60  # queries about one design's values; twelve requests
SAMPLES = 5


@dataclass(slots=True)
class _Counted:
    """What was asked so far, and what of it counts."""

    leads: Leads
    fields: Mapping[str, Field] | None
    undescribed: str
    answers: dict[str, Answer | Refusal]
    parts: list[Part]
    user: str


def audit(rest: Rest, design: Design, scope: Scope, born: str = "", user: str = "") -> Facts:
    """Everything that can be known; what may not be asked is in `unasked`. NotAllowed when nothing may be asked.

    `born`: when the design's ledger was made, as the REST API writes it; empty = it has to be asked. `user`: the
    name of the connection's user; empty = not known.
    """
    fields, undescribed = _describe(rest)
    kinds = {name: field.kind for name, field in (fields or {}).items()}
    leads = Leads(design, scope, kinds, parsed(born))
    parts = carriers.parts(scope.carriers, fields)
    asked = {part.key: part.query(leads) for part in parts}
    asked |= checks.questions(leads) | people.questions(leads) | standings.questions(design)
    asked |= periods.questions(leads) | calendars.questions(design) | waiting.questions(leads) | visibility.question()
    asked |= choices.questions(leads, fields)
    asked |= {} if parts else periods.judged_question(leads)
    if leads.since_when is None:  # then that check waits for the answer
        asked = {key: query for key, query in asked.items() if key != UNSEEN_CLOCK} | {BORN: _birth(design)}
    answers = together.ask(rest, asked, "count leads")
    if all(isinstance(item, Refusal) for item in answers.values()):
        first = next(item for item in answers.values() if isinstance(item, Refusal))
        raise NotAllowed(
            f"Nothing of this org could be counted: {first.why}",
            advice="The user needs API Enabled and Read on Lead; docs/permissions.md lists everything.",
        )
    if BORN in answers:
        leads = replace(leads, since_when=_born(answers[BORN]))
    known = _Counted(leads, fields, undescribed, answers, parts, user)
    _ask_further(rest, known)
    return _facts(known)


def _describe(rest: Rest) -> tuple[Mapping[str, Field] | None, str]:
    try:
        return carriers.described(rest.described("Lead")), ""
    except SignedOut:
        raise
    except (NotAllowed, Rejected) as refused:
        return None, refused.message


def _birth(design: Design) -> str:
    name = ledger.resource_name(design.target.prefix)
    return f"SELECT CreatedDate FROM StaticResource WHERE Name = {literal(name)}"  # noqa: S608 - a literal


def _born(told: Answer | Refusal) -> datetime | None:
    """When the ledger was made: with the first apply of the design."""
    found = [parsed(text(row, "CreatedDate")) for row in told.rows] if isinstance(told, Answer) else []
    return min((at for at in found if at is not None), default=None)


def _ask_further(rest: Rest, known: _Counted) -> None:
    leads = known.leads
    asked = checks.questions(leads)
    asked = {key: query for key, query in asked.items() if key not in known.answers}
    asked |= people.frozen_questions(leads, known.answers)
    asked |= {} if visibility.is_public(known.answers) else visibility.questions(known.user)
    pending = _halved(known, known.parts)
    while asked or pending:
        asked |= {part.key: part.query(leads) for part in pending}
        known.answers |= together.ask(rest, asked, "count leads")
        asked, pending = {}, _halved(known, pending)


def _halved(known: _Counted, parts: Sequence[Part]) -> list[Part]:
    """The halves of those parts that came back full, which they replace."""
    found: list[Part] = []
    for part in parts:
        told = known.answers.get(part.key)
        if not isinstance(told, Answer) or not carriers.full(part, told):
            continue
        kind = known.fields[part.field].kind if known.fields and part.field in known.fields else ""
        halves = part.halves(told.rows, kind)
        if halves and len(known.parts) + len(halves) <= MOST_PARTS:
            known.parts.remove(part)
            known.parts += halves
            found += halves
    return found


def _facts(known: _Counted) -> Facts:
    leads, answers, design = known.leads, known.answers, known.leads.design
    too_many = {part.field for part in known.parts if _is_full(known, part)}
    counted = [part for part in known.parts if part.field not in too_many]
    found = carriers.read(leads, known.fields, counted, answers)
    owners, evidence = people.read(leads, answers)
    return Facts(
        scope=leads.scope,
        totals=periods.read_totals(answers, _judged(known, counted)),
        carriers=tuple(found),
        choices=choices.read(leads, known.fields, answers, found),
        entrances=(),  # this CRM knows no way in by name
        people=owners,
        people_evidence=evidence,
        waiting=waiting.read(leads, answers),
        standings=standings.read(design, answers),
        checks=checks.read(leads, answers),
        periods=periods.read(leads, answers),
        alerts=people.read_alerts(leads, answers),
        calendars=calendars.read(design, answers),
        unasked=tuple(dict.fromkeys(_unasked(known))),
    )


def _is_full(known: _Counted, part: Part) -> bool:
    told = known.answers.get(part.key)
    return isinstance(told, Answer) and carriers.full(part, told)


def _judged(known: _Counted, counted: Sequence[Part]) -> int | None:
    """Leads with a verdict, from the first field whose values were all counted."""
    for field in dict.fromkeys(part.field for part in counted):
        told = [(part, known.answers.get(part.key)) for part in counted if part.field == field]
        found = [(part, item) for part, item in told if isinstance(item, Answer)]
        if len(found) == len(told):
            rows = ((part, row) for part, item in found for row in item.rows)
            return sum(number(row, "n") for part, row in rows if part.verdict(known.leads, row) is not None)
    return None


def _unasked(known: _Counted) -> Iterator[Unasked]:
    leads, answers, design = known.leads, known.answers, known.leads.design
    yield from carriers.left_out(leads, known.fields, known.undescribed, known.parts, answers)
    yield from choices.left_out(leads, known.fields, known.undescribed, answers)
    yield from checks.left_out(leads, answers)
    yield from visibility.left_out(answers)
    yield from people.left_out(leads, answers)
    yield from waiting.left_out(answers)
    yield from standings.left_out(design, answers)
    yield from periods.left_out(leads, answers)
    yield from calendars.left_out(design, answers)


def recounted(
    rest: Rest, design: Design, scope: Scope, values: Mapping[str, Sequence[str]], since: Mapping[str, str]
) -> tuple[dict[tuple[str, str], Evidence], dict[str, Evidence]]:
    """What `earlier` and `judged` say, asked together: one request for every five questions."""
    before, under = _Before.of(design, scope, values), _Under(design.target.prefix, since)
    told = together.ask(rest, before.queries | under.queries, "count earlier leads and those that were judged")
    return before.read(told), under.read(told)


def judged(rest: Rest, prefix: str, since: Mapping[str, str]) -> dict[str, Evidence]:
    """Lead type → its leads whose clock started at or after the instant (UTC ISO). One request, whatever the number of
    lead types; what may not be counted, or is no instant, is left out. A lead type whose leads all lie beyond the first
    page of ids has a count and no samples."""
    under = _Under(prefix, since)
    return under.read(together.ask(rest, under.queries, "count the leads that were judged"))


def earlier(
    rest: Rest, design: Design, scope: Scope, values: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], Evidence]:
    """Field and value → its leads from before the window. What may not be counted, or cannot stand in a query, is left
    out."""
    before = _Before.of(design, scope, values)
    return before.read(together.ask(rest, before.queries, "count earlier leads"))


@dataclass(frozen=True, slots=True)
class _Under:
    """The leads that were judged since an instant, by lead type."""

    prefix: str
    since: Mapping[str, str]

    @property
    def lead_type(self) -> str:
        return Names(self.prefix).field("Lead_Type")

    @property
    def clauses(self) -> dict[str, str]:
        """Lead type → its leads, where the instant is one."""
        started = Names(self.prefix).field("SLA_Started_At")
        instants = {id: at for id, said in self.since.items() if (at := parsed(said)) is not None and at.tzinfo}
        return {id: every(among(self.lead_type, [id]), f"{started} >= {instant(at)}") for id, at in instants.items()}

    @property
    def queries(self) -> dict[str, str]:
        if not self.clauses:
            return {}
        where = some(*self.clauses.values())
        counts = f"SELECT {self.lead_type}, COUNT(Id) n FROM Lead WHERE {where} GROUP BY {self.lead_type}"  # noqa: S608 - literals
        return {JUDGED: counts, SHOWN: f"SELECT Id, {self.lead_type} FROM Lead WHERE {where}"}  # noqa: S608 - literals

    def read(self, answers: Answers) -> dict[str, Evidence]:
        counted, shown = answers.get(JUDGED), answers.get(SHOWN)
        if not isinstance(counted, Answer):
            return {}
        counts: Counter[str] = Counter()
        for row in counted.rows:
            counts[text(row, self.lead_type).casefold()] += number(row, "n")
        rows = shown.rows if isinstance(shown, Answer) else ()
        found: dict[str, Evidence] = {}
        for id, clause in self.clauses.items():
            ids = [text(row, "Id") for row in rows if text(row, self.lead_type).casefold() == id.casefold()]
            query = f"SELECT Id FROM Lead WHERE {clause}"  # noqa: S608 - literals
            found[id] = Evidence(query, counts[id.casefold()], tuple(ids[:SAMPLES]))
        return found


@dataclass(frozen=True, slots=True)
class _Before:
    """The leads from before the window that have a value, by field and portion of its values."""

    leads: Leads
    portions: Mapping[tuple[str, int], Sequence[str]]

    @classmethod
    def of(cls, design: Design, scope: Scope, values: Mapping[str, Sequence[str]]) -> _Before:
        wanted = {field_name(name): [value for value in found if can_be_asked(value)] for name, found in values.items()}
        portioned = {
            (name, place): portion for name, found in wanted.items() for place, portion in enumerate(portions(found))
        }
        return cls(Leads(design, scope, {}), portioned)

    @property
    def queries(self) -> dict[str, str]:
        return {
            f"{name}/{place}": self.leads.select(
                f"{name}, COUNT(Id) n", self.leads.before, among(name, portion), end=f"GROUP BY {name}"
            )
            for (name, place), portion in self.portions.items()
        }

    def read(self, answers: Answers) -> dict[tuple[str, str], Evidence]:
        found: dict[tuple[str, str], Evidence] = {}
        for (name, place), portion in self.portions.items():
            answered = answers.get(f"{name}/{place}")
            if isinstance(answered, Answer):
                counts: Counter[str] = Counter()
                for row in answered.rows:
                    counts[text(row, name).casefold()] += number(row, "n")
                for value in portion:
                    query = self.leads.select("COUNT(Id)", self.leads.before, among(name, [value]))
                    found[name, value] = Evidence(query, counts[value.casefold()])
        return found
