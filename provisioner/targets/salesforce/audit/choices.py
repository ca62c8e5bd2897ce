"""Values that the design names in stages, exclusions and other conditions: does the field still offer them?

What a field offers stands in the describe. Leads are only counted by those fields that do not offer everything the
design names, so an org in which nothing was renamed is asked nothing more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from provisioner.facts import Carrier, Choice, Evidence, Option, Unasked
from provisioner.model.design import Design
from provisioner.model.named import Named, named_values
from provisioner.targets.salesforce.audit.answers import GROUPS_MOST, Answer, Answers, number, text, unasked
from provisioner.targets.salesforce.audit.carriers import Field
from provisioner.targets.salesforce.audit.leads import Leads

COUNTED_MOST = 5  # fields; one request
Fields = Mapping[str, Field]


def questions(leads: Leads, fields: Fields | None) -> dict[str, str]:
    """`choices/<field>` → leads of the window by value. Not for the fields that carry lead types: those are counted."""
    carriers = set(leads.scope.carriers)
    names = [name for name in _lacking(leads.design, fields or {}) if name not in carriers]
    asked = [name for name in names if (fields or {})[name].groupable][:COUNTED_MOST]
    return {f"choices/{name}": _query(leads, f"{name}, COUNT(Id) n", f"{name} LIMIT {GROUPS_MOST}") for name in asked}


def _query(leads: Leads, what: str, groups: str) -> str:
    return leads.select(what, leads.window, end=f"GROUP BY {groups}")


def _lacking(design: Design, fields: Fields) -> list[str]:
    """The fields that do not offer everything that is named of them."""
    return [name for name, mine in _by_field(design).items() if name in fields and not _offers_all(fields[name], mine)]


def _by_field(design: Design) -> dict[str, list[Named]]:
    found: dict[str, list[Named]] = {}
    for item in named_values(design):
        found.setdefault(item.field, []).append(item)
    return found


def _offers_all(field: Field, named: Sequence[Named]) -> bool:
    if field.options is None:
        return True
    offered = [option.value for option in _options(field, named) if option.active]
    return all(any(item.meets(value) for value in offered) for item in named)


def _options(field: Field, named: Sequence[Named]) -> tuple[Option, ...]:
    """A field of several values offers every set of them. [docs] Multi-select picklists: values joined by semicolons"""
    offered = {option.value.casefold() for option in field.options or () if option.active}
    sets = [item.value for item in named if field.kind == "multipicklist" and ";" in item.value]
    whole = [value for value in sets if all(part.strip().casefold() in offered for part in value.split(";"))]
    return (*(field.options or ()), *(Option(value, value) for value in dict.fromkeys(whole)))


def read(
    leads: Leads, fields: Fields | None, answers: Answers, carriers: Sequence[Carrier]
) -> tuple[Choice, ...] | None:
    """The fields that list their values, in the design's order; None without a describe."""
    if fields is None:
        return None
    counted = {carrier.field: carrier for carrier in carriers if carrier.tallies}
    found = []
    for name, named in _by_field(leads.design).items():
        field = fields.get(name)
        if field is None or field.options is None:
            continue
        evidence, counts = _counts(leads, name, answers, counted.get(name))
        found.append(Choice(name, field.label, _options(field, named), counts, evidence))
    return tuple(found)


def _counts(
    leads: Leads, name: str, answers: Answers, carrier: Carrier | None
) -> tuple[Evidence, dict[str, int] | None]:
    counts: Counter[str] = Counter()
    told = answers.get(f"choices/{name}")
    if carrier is not None:
        for tally in carrier.tallies:
            counts[tally.value or ""] += tally.count
        return carrier.evidence, dict(counts)
    query = _query(leads, f"{name}, COUNT(Id)", name)
    if not isinstance(told, Answer):
        return Evidence(query, 0), None
    for row in told.rows:
        counts[text(row, name)] += number(row, "n")
    return Evidence(query, sum(counts.values())), dict(counts)


def left_out(leads: Leads, fields: Fields | None, undescribed: str, answers: Answers) -> Iterator[Unasked]:
    """`undescribed`: why there is no describe."""
    if fields is None:
        if _by_field(leads.design):
            yield Unasked("choices", undescribed)
        return
    for name in _by_field(leads.design):
        if name not in fields and "." not in name:
            yield Unasked(f"choices/{name}", f"This user does not see the field {name} on Lead, or there is none.")
    for key in questions(leads, fields):
        if not isinstance(answers.get(key), Answer):
            yield unasked(key, answers, key)
