"""What an audit did not look at. It is said, with what may be wrong there, and it is never taken for clean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, get_args

from provisioner.facts import Check, Facts, Standing, Unasked
from provisioner.insight.finding import Kind
from provisioner.planning.plan import Plan


@dataclass(frozen=True, slots=True)
class Unchecked:
    """`part` as the CRM's session names it, or an address; `family` as `--only` takes it. `untold`: the CRM tells it to
    nobody who audits, so that there is nothing to put right."""

    part: str
    family: str
    why: str
    consequence: str
    untold: bool = False


_PARTS: dict[str, tuple[str, str]] = {
    "carriers": ("lead-types", "A value that no rule maps would not be noticed."),
    "choices": ("lead-types", "A value that the design names and the field no longer offers would not be noticed."),
    "earlier": ("lead-types", "A new value that only a rule for whatever is left takes would not be noticed."),
    "entrances": ("lead-types", "A new form that no rule knows would not be noticed."),
    "totals": ("lead-types", "How many leads there are altogether is not known."),
    "people": ("people", "Leads of people who left or are away would not be noticed."),
    "people/away": ("people", "Owners who are away while clocks run would not be noticed."),
    "people/frozen": ("people", "Leads of people who may not sign in would not be noticed."),
    "waiting": ("people", "Leads that wait in a queue, or without an owner, would not be noticed."),
    "people/unled": ("people", "Owners without a manager to tell would not be noticed."),
    "standings": ("people", "A recipient who left would not be noticed."),
    "checks": ("data", "Leads whose data contradict the rules would not be noticed."),
    "periods": ("health", "A rise of misses or of systems delay would not be noticed."),
    "alerts": ("health", "Somebody who gets too many alerts would not be noticed."),
    "calendars": ("calendar", "Holidays that run out or a changed time zone would not be noticed."),
    "configuration": ("configuration", "A change by hand would not be noticed."),
    "configuration/named": ("configuration", "A field or another thing of the CRM that is gone would not be noticed."),
    "surge": ("configuration", "A surge that nobody turned off again would not be noticed."),
    "judged": ("configuration", "How many leads were judged under a change by hand is not known."),
}
_OTHER = ("data", "What may be wrong there is not known.")
_HIDDEN: dict[str, str] = {
    "lead-types": "All counts are too low, and a value of the leads that are not seen would not be noticed.",
    "people": "Leads of people who left, and leads that nobody owns, would not be noticed.",
    "data": "Leads whose data contradict the rules would not be noticed.",
    "health": "Misses and delays are those of a part of the leads.",
}
"""What of which family is not known when not all leads can be seen (the part `leads`)."""
OF_ALL_LEADS: Final = ("L102", "L107", "L109", "M501", "M502", "M503", "M504")
"""Findings that say what no lead has, or how leads compare: of a part they would be said wrongly, and are not said."""
_SILENT = "The CRM gave no answer about it, and no reason."
_MEANWHILE: Final = 5  # leads that may come or go between two questions; of many, one in a hundred


def unchecked_of(facts: Facts, plan: Plan) -> list[Unchecked]:
    """Everything that was not looked at: parts the session could not ask, parts it left out without a word, people
    whose state is not known, and resources that could not be read."""
    found = [entry for item in facts.unasked for entry in _entries(item)]
    told = {item.part.casefold() for item in facts.unasked}
    found += [_entry(part, _SILENT) for part in _left_out(facts) if part.casefold() not in told]
    found += [_entry(part, why) for part, why in _in_part(facts) if part.casefold() not in told]
    found += [_unknown(standing) for standing in facts.standings or () if standing.state == "unknown"]
    found += [
        Unchecked(str(address), "configuration", "It could not be read.", "A change by hand would not be noticed.")
        for address in plan.unread
    ]
    return sorted(dict.fromkeys(found), key=lambda item: (item.family, item.part))


def are_leads_hidden(facts: Facts) -> bool:
    """Whether it is not known that every lead was counted."""
    return any(item.part == "leads" for item in facts.unasked)


def crashed_entry(kind: Kind, said: str) -> Unchecked:
    """A check that broke down looked at nothing."""
    return Unchecked(
        f"{kind.code} {kind.title}",
        kind.family,
        f"This check stopped with {said}. That is a mistake in provisioner; please report it with this text.",
        "What it looks for would not be noticed.",
    )


def _entries(item: Unasked) -> Iterator[Unchecked]:
    if item.part == "leads":
        yield from (Unchecked(item.part, family, item.why, said, item.untold) for family, said in _HIDDEN.items())
    else:
        yield _entry(item.part, item.why, item.untold)


def _entry(part: str, why: str, untold: bool = False) -> Unchecked:
    family, consequence = _PARTS.get(part, _PARTS.get(part.partition("/")[0], _OTHER))
    return Unchecked(part, family, why, consequence, untold)


def _left_out(facts: Facts) -> Iterator[str]:
    counted = {carrier.field.casefold() for carrier in facts.carriers}
    yield from (f"carriers/{field}" for field in facts.scope.carriers if field.casefold() not in counted)
    if "checks" not in {item.part for item in facts.unasked}:
        yield from (f"checks/{check}" for check in get_args(Check) if check not in facts.checks)
    for part in ("totals", "choices", "entrances", "people", "waiting", "standings", "periods", "alerts", "calendars"):
        if getattr(facts, part) is None:
            yield part


def _in_part(facts: Facts) -> Iterator[tuple[str, str]]:
    """Parts of whose leads only some were looked at: the CRM has too many of them, or tells two numbers. A check that
    found something among those it saw is a finding, which says so."""
    for carrier in facts.carriers:
        counted, sampled = sum(tally.count for tally in carrier.tallies), carrier.evidence.sampled
        if sampled is not None:
            yield f"carriers/{carrier.field}", f"Only {sampled:,} leads could be looked at; {_SHORTER}"
        elif facts.totals is not None and _lacks(facts.totals.leads, counted):
            why = f"The CRM counts {facts.totals.leads:,} leads altogether, and {counted:,} by their values."
            yield f"carriers/{carrier.field}", why
    for check, evidence in facts.checks.items():
        if evidence.sampled is not None and not evidence.count:
            yield f"checks/{check}", f"Only {evidence.sampled:,} leads could be looked at; {_SHORTER}"


def _lacks(leads: int, counted: int) -> bool:
    """Whether more are missing than may have come in between the two questions."""
    return leads - counted > max(_MEANWHILE, leads // 100)


_SHORTER = "a later --since makes them fewer."


def _unknown(standing: Standing) -> Unchecked:
    if standing.untold:
        return Unchecked(
            f"standings/{standing.name}",
            "people",
            f"The CRM does not tell whether {standing.kind} {standing.value} is still there.",
            "If it was closed or takes no more posts, its alerts reach nobody, and that would not be noticed.",
            untold=True,
        )
    return Unchecked(
        f"standings/{standing.name}",
        "people",
        f"{standing.kind} {standing.value} could not be looked up.",
        "If it left or was removed, its alerts reach nobody, and that would not be noticed.",
    )
