"""Which values the fields hold that decide the lead type, and how the leads with each are judged.

One query per verdict, grouped by value and lead type; of more than two fields, two queries each: what is overdue, and
everything else by its status too, which tells the verdict in more groups. An aggregate query gives 2,000 groups at most
and no further page, so one that comes back full is asked again in two halves of the values ([docs]
reference/salesforce.md 8.2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from provisioner.facts import Carrier, Evidence, Option, Tally, Unasked, Verdict, joined
from provisioner.targets.salesforce.audit.answers import GROUPS_MOST, Answer, Answers, Refusal, number, text
from provisioner.targets.salesforce.audit.leads import STATUS_VERDICTS, Leads, iso
from provisioner.targets.salesforce.audit.where import field_name, written
from provisioner.targets.salesforce.soql import can_be_asked

DEEPEST = 8  # halvings of one verdict's values; 256 times 2,000 groups
APART_MOST = 2  # fields of which every verdict has a query of its own
LISTED = frozenset({"picklist", "multipicklist", "combobox"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field of Lead as the describe tells it."""

    name: str
    label: str
    kind: str
    groupable: bool
    calculated: bool
    options: tuple[Option, ...] | None


Share = Literal["Hit", "Miss", "neither", "overdue", "settled"]


@dataclass(frozen=True, slots=True)
class Part:
    """Leads of one share and with values in one range; together the parts of a carrier are all leads."""

    field: str
    share: Share
    within: str = ""  # a clause over the values; empty = all
    depth: int = 0

    @property
    def key(self) -> str:
        return f"carriers/{self.field}/{self.share}/{self.within}"

    def query(self, leads: Leads) -> str:
        groups = f"{self.field}, {leads.field('Lead_Type')}"
        groups += f", {leads.field('SLA_Status')}" if self.share == "settled" else ""
        what = f"{groups}, COUNT(Id) n, MIN(CreatedDate) first, MAX(CreatedDate) last"
        end = f"GROUP BY {groups} LIMIT {GROUPS_MOST}"
        return leads.select(what, leads.window, self._clause(leads), self.within, end=end)

    def _clause(self, leads: Leads) -> str:
        if self.share == "overdue":
            return leads.overdue
        if self.share == "settled":
            return leads.settled
        return leads.verdict(None if self.share == "neither" else self.share)

    def verdict(self, leads: Leads, row: Mapping[str, Any]) -> Verdict | None:
        """Of the leads of one group."""
        if self.share == "settled":
            return STATUS_VERDICTS.get(text(row, leads.field("SLA_Status")))
        return "Miss" if self.share == "overdue" else None if self.share == "neither" else self.share

    def halves(self, rows: Sequence[Mapping[str, Any]], kind: str) -> list[Part]:
        """This part in two, which do not overlap and leave nothing out: below a value (and blank), and from it on.
        Empty when its values cannot be told apart. Values that sort equal stay together, whatever the org takes for
        equal; where the cut lies only matters for speed."""
        values = {row.get(self.field) for row in rows} - {None}
        known = sorted(values, key=lambda item: str(item).casefold())
        known = [item for item in known if can_be_asked(str(item))]
        if len(known) < 2 or self.depth >= DEEPEST:
            return []
        # Groups often come in order: then those that were told are the lowest, and a cut in their middle is too low.
        pivot = written(known[len(known) * 3 // 4], kind)
        if not isinstance(known[0], str) or kind in ("date", "datetime"):
            pivot = pivot.strip("'")
        below = f"({self.field} < {pivot}) OR ({self.field} = null)"
        above = f"({self.field} >= {pivot}) AND ({self.field} != null)"
        return [replace(self, within=_both(self.within, side), depth=self.depth + 1) for side in (below, above)]


def _both(one: str, other: str) -> str:
    return f"({one}) AND ({other})" if one else other


def described(body: Mapping[str, Any]) -> dict[str, Field]:
    """The fields in a describe of Lead, by name; only those the user may see are in it."""
    return {field.name: field for row in _dicts(body.get("fields")) if (field := _field(row)).name}


def _field(row: Mapping[str, Any]) -> Field:
    kind = text(row, "type")
    values = _dicts(row.get("picklistValues"))
    options = tuple(
        Option(text(item, "value"), text(item, "label") or text(item, "value"), item.get("active") is True)
        for item in values
    )
    return Field(
        name=text(row, "name"),
        label=text(row, "label"),
        kind=kind,
        groupable=row.get("groupable") is True,
        calculated=row.get("calculated") is True,
        options=options if kind in LISTED else None,
    )


def _dicts(found: object) -> list[Mapping[str, Any]]:
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def parts(names: Iterable[str], fields: Mapping[str, Field] | None) -> list[Part]:
    """What to ask first. Without a describe every field is tried."""
    asked = [field_name(name) for name in dict.fromkeys(names)]
    if fields is not None:
        asked = [name for name in asked if name in fields and fields[name].groupable]
    shares: tuple[Share, ...] = ("Hit", "Miss", "neither") if len(asked) <= APART_MOST else ("settled", "overdue")
    return [Part(name, share) for name in asked for share in shares]


def full(asked: Part, found: Answer | Refusal) -> bool:
    """Whether there may be more groups than were told."""
    return isinstance(found, Answer) and len(found.rows) >= GROUPS_MOST


def read(leads: Leads, fields: Mapping[str, Field] | None, asked: Sequence[Part], answers: Answers) -> list[Carrier]:
    """One per field that this user can see; `asked` are the parts whose answers count (none that was halved)."""
    found: list[Carrier] = []
    for name in dict.fromkeys(leads.scope.carriers):
        mine = [part for part in asked if part.field == name]
        told = [answers.get(part.key) for part in mine]
        field = fields.get(name) if fields is not None else None
        known = [item for item in told if isinstance(item, Answer)]
        complete = bool(mine) and len(known) == len(mine)
        groups = list(_groups(leads, mine, answers)) if complete else []
        tallies = joined(_spelled(groups, field.options or () if field is not None else ()))
        if field is None and not complete:
            continue
        count = sum(tally.count for tally in tallies)
        evidence = Evidence(_repeatable(leads, name), count)
        label, options = (field.label, field.options) if field is not None else (name, None)
        found.append(Carrier(name, label, options, tallies, evidence))
    return found


def _repeatable(leads: Leads, name: str) -> str:
    return leads.select(f"{name}, COUNT(Id)", leads.window, end=f"GROUP BY {name}")


Group = tuple[Tally, str]
"""What one row tells, and the status it is of (empty where the org was not asked for it)."""


def _groups(leads: Leads, asked: Iterable[Part], answers: Answers) -> Iterator[Group]:
    for part in asked:
        told = answers[part.key]
        assert isinstance(told, Answer), "only complete carriers are read"
        for row in told.rows:
            value = row.get(part.field)
            tally = Tally(
                value=None if value is None else _text(value),
                lead_type=text(row, leads.field("Lead_Type")) or None,
                verdict=part.verdict(leads, row),
                count=number(row, "n"),
                first=iso(text(row, "first")),
                last=iso(text(row, "last")),
            )
            yield tally, f"{part.share} {text(row, leads.field('SLA_Status'))}"


def _spelled(groups: Sequence[Group], options: Iterable[Option]) -> list[Tally]:
    """One spelling per value where the org counts `web` and `Web` as one: the field's own, else the most frequent.

    An org that tells the two apart in one answer keeps both; grouping that ignores case is [inferred], from comparing
    that does.
    """
    classes: dict[str, dict[str, int]] = {}
    for tally, _ in groups:
        if tally.value is not None:
            spellings = classes.setdefault(tally.value.casefold(), {})
            spellings[tally.value] = spellings.get(tally.value, 0) + tally.count
    keys = Counter((tally.value.casefold(), tally.lead_type, status) for tally, status in groups if tally.value)
    if any(count > 1 for count in keys.values()):
        return [tally for tally, _ in groups]
    own = {option.value.casefold(): option.value for option in options}
    chosen = {
        fold: own.get(fold) or min(found, key=lambda word: (-found[word], word)) for fold, found in classes.items()
    }
    return [replace(item, value=chosen[item.value.casefold()] if item.value else item.value) for item, _ in groups]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def left_out(
    leads: Leads, fields: Mapping[str, Field] | None, undescribed: str, asked: Sequence[Part], answers: Answers
) -> Iterator[Unasked]:
    """Why a carrier has no tallies, or no options. `undescribed`: why there is no describe."""
    for name in dict.fromkeys(leads.scope.carriers):
        where = f"carriers/{name}"
        field = fields.get(name) if fields is not None else None
        if fields is None:
            yield Unasked(f"{where}/options", undescribed)
        elif field is None:
            yield Unasked(where, f"This user does not see the field {name} on Lead, or there is none.")
            continue
        elif not field.groupable:
            yield Unasked(where, _ungroupable(field))
            continue
        for part in asked:
            told = answers.get(part.key)
            if part.field != name:
                continue
            if isinstance(told, Refusal):
                yield Unasked(where, told.why)
                break
            if told is None or full(part, told):
                yield Unasked(where, f"{name} holds too many different values to count them one by one.")
                break


def _ungroupable(field: Field) -> str:
    if field.calculated:
        return f"{field.name} is a formula; Salesforce does not count leads by the value of this formula."
    words = {"multipicklist": "multi-select picklist", "textarea": "long text", "double": "number with decimals"}
    kind = words.get(field.kind, field.kind)
    return f"{field.name} is a field of the kind {kind}; Salesforce does not count leads by such values."
