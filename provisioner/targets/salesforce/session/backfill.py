"""Reads what an org knows of leads from before the clock, and looks at them again right before they are written.

Everything comes through bulk query jobs, whose number does not grow with the leads: leads, their history, their
tasks, their meetings.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from provisioner.errors import NotAllowed, Rejected
from provisioner.model.design import Design
from provisioner.past import Edit, Move, Past, PastLead, PastTouch, Reason, Seen, Who
from provisioner.targets.salesforce import backfill
from provisioner.targets.salesforce.audit.where import among, every, field_name, instant, some
from provisioner.targets.salesforce.names import Names
from provisioner.targets.salesforce.session.bulk import Bulk
from provisioner.targets.salesforce.session.faults import SignedOut
from provisioner.targets.salesforce.session.rest import Rest
from provisioner.targets.salesforce.soql import literals, portions

OWNER = "Owner"  # what the history calls the owner
_OWNER_NAMES = ("Owner", "OwnerId")  # [inferred] what the list of fields calls it
UNTRACKED = (
    "No history of the owner is kept in this org (Setup, Object Manager, Lead, Set History Tracking), so nobody can "
    "tell since when somebody had a lead."
)
_ID = re.compile(r"(?:005|00G)[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?")
_CLOSED_SOON = 2.0  # seconds between a task's completion and its last change: the same save
_BASE = ("Id", "CreatedDate", "OwnerId", "SystemModstamp")


def past(rest: Rest, bulk: Bulk, design: Design, since: datetime | None, until: datetime | None) -> Past:
    """The leads of the window without clock facts, with everything that is known of their past. Two to six requests
    and four bulk queries. TargetError when one of them is not answered."""
    people = _People(rest, design)
    history = _History(rest, bulk, design, since, people)
    touches = _touches(bulk, design, since, people)
    window = _window(since, until)
    converted = rest.query(f"SELECT COUNT(Id) n FROM Lead WHERE {every(window, 'IsConverted = true')}", "count leads")  # noqa: S608
    left: dict[Reason, int] = {"converted": int(converted[0].get("n") or 0)}
    leads = _leads(bulk, design, window, people, history, touches)
    return Past(leads, left, tuple(history.notices))


def writable(rest: Rest, design: Design) -> None:
    """NotAllowed when the connection's user may not write one of the fields: a deployed field is written by automation
    only, until a permission set says otherwise."""
    rows = rest.described("Lead").get("fields") or ()
    may = {str(row.get("name")).casefold() for row in rows if isinstance(row, dict) and row.get("updateable")}
    missing = [column for column in backfill.columns(design) if column.casefold() not in may]
    if missing:
        raise NotAllowed(
            f"The connection's user may not edit {len(missing)} fields of Lead: {', '.join(missing)}.",
            advice="Make a permission set that may edit them: Setup, Permission Sets, New, a label such as Backfill, "
            "Save; there Object Settings, Leads, Edit, check Edit Access of these fields, Save; then Manage "
            "Assignments, Add Assignments, this user. Take it away after the backfill: these fields belong to the "
            "automation.",
        )


def recheck(rest: Rest, design: Design, ids: Sequence[str]) -> dict[str, Seen]:
    """These leads as they are now; converted and deleted ones are left out. One request per some 190 leads."""
    names = backfill.columns(design)
    found: dict[str, Seen] = {}
    for part in portions(ids):
        query = (
            f"SELECT Id, SystemModstamp, {', '.join(names)} FROM Lead "  # noqa: S608 - API names and ids
            f"WHERE Id IN {literals(part)} AND IsConverted = false"
        )
        for row in rest.query(query, "look at leads once more"):
            values = {name: _text(row.get(name)) for name in names}
            found[str(row["Id"])] = Seen(_version(str(row["SystemModstamp"])), values)
    return found


def names(rest: Rest, ids: Sequence[str]) -> dict[str, str]:
    """What these leads are called, by id. One request per some 190 leads."""
    found: dict[str, str] = {}
    for part in portions(ids):
        query = f"SELECT Id, Name FROM Lead WHERE Id IN {literals(part)}"  # noqa: S608 - ids
        found |= {str(row["Id"]): _text(row.get("Name")) for row in rest.query(query, "name the leads of the sample")}
    return found


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _version(text: str) -> str:
    return text.replace("+0000", "Z")


# ------------------------------------------------------------ people


class _People:
    """Who counts as a person: human users whom the design does not ignore, by name or address."""

    def __init__(self, rest: Rest, design: Design) -> None:
        ignored = {user.casefold() for user in design.telemetry.first_touch.ignore_users}
        self._users: dict[str, Who] = {}
        for row in rest.query("SELECT Id, Username, Email, UserType FROM User", "list its users"):
            named = {str(row.get(field) or "").casefold() for field in ("Username", "Email")}
            human = row.get("UserType") == "Standard" and not named & ignored
            self._users[str(row["Id"])[:15]] = Who(str(row["Id"]), human=human)

    def who(self, id: str) -> Who:
        """A user nobody lists is not known to be a person."""
        if id.startswith("00G"):
            return Who(id[:15], is_queue=True, human=False)
        return self._users.get(id[:15], Who(id[:15], human=False))


# ------------------------------------------------------------ history


class _History:
    """Owner changes and edits by lead, and since when each field has a history."""

    def __init__(self, rest: Rest, bulk: Bulk, design: Design, since: datetime | None, people: _People) -> None:
        self.moves: dict[str, list[Move]] = defaultdict(list)
        self.edits: dict[str, list[Edit]] = defaultdict(list)
        self.notices: list[str] = []
        self._since: dict[str, datetime] = {}
        self._people = people
        names = {field.casefold(): field for field in backfill.fields(design) if field != "CreatedDate"}
        tracked = self._tracked(rest, [*names.values(), *_OWNER_NAMES])
        wanted = [OWNER, *(name for name in names.values() if name.casefold() in tracked)]
        clause = every(among("Field", wanted), "IsDeleted = false", _from(since))
        columns = ("LeadId", "Field", "OldValue", "NewValue", "CreatedDate")
        for row in bulk.query(columns, f"FROM LeadHistory WHERE {clause}", "list the history of leads"):
            self._take(row, names)
        self._look_back(rest, wanted)
        for found in (self.moves, self.edits):
            for changes in found.values():
                changes.sort(key=lambda change: change.at)
        if not tracked & {name.casefold() for name in _OWNER_NAMES}:
            self._since.pop(OWNER.casefold(), None)
            self.notices.append(UNTRACKED)
        unknown = sorted(name for key, name in names.items() if key not in tracked)
        if unknown:
            self.notices.append(f"No history is kept of {', '.join(unknown)}: their present values are taken.")

    def knows(self, field: str, created: datetime) -> bool:
        """Whether the history of a field goes back to a creation."""
        since = self._since.get(field.casefold())
        return since is not None and since <= created

    def _tracked(self, rest: Rest, fields: Sequence[str]) -> frozenset[str]:
        """The fields with a history, in lower case; none where the user may not ask."""
        plain = [field for field in fields if "." not in field]
        query = (
            "SELECT QualifiedApiName, IsFieldHistoryTracked FROM FieldDefinition "  # noqa: S608 - literals
            f"WHERE EntityDefinition.QualifiedApiName = 'Lead' AND QualifiedApiName IN {literals(plain)}"
        )
        try:
            rows = rest.query(query, "say which fields have a history", tooling=True)
        except SignedOut:
            raise
        except (NotAllowed, Rejected):
            return frozenset()
        return frozenset(str(row["QualifiedApiName"]).casefold() for row in rows if row.get("IsFieldHistoryTracked"))

    def _take(self, row: Mapping[str, str], names: Mapping[str, str]) -> None:
        at, field = _instant(row["CreatedDate"]), row["Field"]
        if at is None:
            return
        self._since[field.casefold()] = min(at, self._since.get(field.casefold(), at))
        before, after = row["OldValue"], row["NewValue"]
        if field == OWNER:
            # [docs] two rows per change of a lookup, one with names and one with ids.
            if _ID.fullmatch(before) and _ID.fullmatch(after):
                self.moves[row["LeadId"]].append(Move(at, self._people.who(before), self._people.who(after)))
        elif field.casefold() in names:
            self.edits[row["LeadId"]].append(Edit(at, names[field.casefold()], before or None, after or None))

    def _look_back(self, rest: Rest, wanted: Sequence[str]) -> None:
        """Where the window hides how far the history goes back; without an answer, what was read says it."""
        query = f"SELECT Field, MIN(CreatedDate) since FROM LeadHistory WHERE {among('Field', wanted)} GROUP BY Field"  # noqa: S608
        try:
            rows = rest.query(query, "say since when it keeps a history")
        except SignedOut:
            raise
        except (NotAllowed, Rejected):
            return
        for row in rows:
            at, field = _instant(str(row.get("since"))), str(row.get("Field")).casefold()
            if at is not None:
                self._since[field] = min(at, self._since.get(field, at))


def _from(since: datetime | None) -> str:
    return "" if since is None else f"CreatedDate >= {instant(since)}"


# ------------------------------------------------------------ activities


def _touches(bulk: Bulk, design: Design, since: datetime | None, people: _People) -> dict[str, list[PastTouch]]:
    """Closed tasks and meetings by lead."""
    found: dict[str, list[PastTouch]] = defaultdict(list)
    kinds = backfill.subtypes(design)
    if kinds:
        columns = ("WhoId", "TaskSubtype", "CompletedDateTime", "CreatedDate", "CreatedById", "LastModifiedDate",
                   "LastModifiedById")  # fmt: skip
        clause = every("IsClosed = true", "IsDeleted = false", among("TaskSubtype", kinds), _from(since))
        for row in bulk.query(columns, f"FROM Task WHERE {clause}", "list closed tasks"):
            touch = _of_task(row, kinds, people)
            if touch is not None and row["WhoId"].startswith("00Q"):
                found[row["WhoId"]].append(touch)
    if "meeting" in design.telemetry.first_touch.types:
        clause = every("IsChild = false", "IsDeleted = false", _from(since))
        for row in bulk.query(("WhoId", "CreatedDate", "CreatedById"), f"FROM Event WHERE {clause}", "list meetings"):
            at = _instant(row["CreatedDate"])
            if at is not None and row["WhoId"].startswith("00Q"):
                found[row["WhoId"]].append(PastTouch(at, "meeting", people.who(row["CreatedById"])))
    return found


def _of_task(row: Mapping[str, str], kinds: Mapping[str, str], people: _People) -> PastTouch | None:
    """None where nobody who can have closed it counts. [docs] reference/salesforce.md 3.2, 3.3: who closed a task is
    its last editor, unless it was edited later; then its maker and its last editor have to agree."""
    created, completed = _instant(row["CreatedDate"]), _instant(row["CompletedDateTime"])
    edited = _instant(row["LastModifiedDate"])
    if created is None:
        return None
    if completed is None and edited is not None and (edited - created).total_seconds() <= _CLOSED_SOON:
        completed = created  # logged as done, and never touched again
    maker, editor = people.who(row["CreatedById"]), people.who(row["LastModifiedById"])
    kind = kinds.get(row["TaskSubtype"], "")
    if completed is None:
        return PastTouch(created, kind, editor, sure=False) if maker.human or editor.human else None
    if edited is not None and (edited - completed).total_seconds() <= _CLOSED_SOON:
        return PastTouch(completed, kind, editor) if editor.human else None
    if not maker.human and not editor.human:
        return None
    return PastTouch(completed, kind, editor, sure=maker.human and editor.human)


# ------------------------------------------------------------ leads


def _window(since: datetime | None, until: datetime | None) -> str:
    return every(_from(since), "" if until is None else f"CreatedDate < {instant(until)}")


def _leads(
    bulk: Bulk,
    design: Design,
    window: str,
    people: _People,
    history: _History,
    touches: Mapping[str, list[PastTouch]],
) -> Iterator[PastLead]:
    names = Names(design.target.prefix)
    ours = (*backfill.columns(design), *backfill.looked_at(design))
    fields = tuple(field_name(name) for name in backfill.fields(design))
    status = names.field("SLA_Status")
    blank = [
        f"{names.field(word)} = null" for word in ("Assigned_At", "First_Touch_At", "SLA_Due_At", "SLA_Started_At")
    ]
    idle = some(f"{status} = null", among(status, ["not_started", "excluded"]))
    clause = every(window, "IsConverted = false", "IsDeleted = false", *blank, idle)
    for row in bulk.query(tuple(dict.fromkeys([*_BASE, *fields, *ours])), f"FROM Lead WHERE {clause}", "list leads"):
        lead = _lead(row, design, people, history, touches.get(row["Id"], []))
        if lead is not None:
            yield lead


def _lead(
    row: Mapping[str, str], design: Design, people: _People, history: _History, touches: list[PastTouch]
) -> PastLead | None:
    created = _instant(row["CreatedDate"])
    if created is None:
        return None
    stages = design.telemetry.stages
    ours = (*backfill.columns(design), *backfill.looked_at(design))
    return PastLead(
        id=row["Id"],
        created_at=created,
        owner=people.who(row["OwnerId"]),
        values={name: row[name] or None for name in backfill.fields(design)},
        moves=tuple(history.moves.get(row["Id"], ())),
        edits=tuple(history.edits.get(row["Id"], ())),
        touches=tuple(touches),
        recorded={name: row[name] for name in ours},
        version=_version(row["SystemModstamp"]),
        doubt=_doubt(row, design, history, created),
        knows_stages=stages is not None and history.knows(stages.field, created),
    )


def _doubt(row: Mapping[str, str], design: Design, history: _History, created: datetime) -> Reason | None:
    """Why a save of this lead could start a clock, or why nothing can be told of it."""
    names = Names(design.target.prefix)
    seen = row[names.field("Owner_Seen")]
    if row[names.field("SLA_Status")] == "excluded":
        return "excluded"
    if seen and seen[:15] != row["OwnerId"][:15]:
        return "unsettled"
    return None if history.knows(OWNER, created) else "no_history"


def _instant(text: str) -> datetime | None:
    """An instant of the org in whole seconds, UTC; None when it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if at.tzinfo is None else at.astimezone(UTC).replace(microsecond=0)
