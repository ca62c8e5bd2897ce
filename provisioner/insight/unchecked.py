"""What an audit did not look at. It is said, with what may be wrong there, and it is never taken for clean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.facts import Facts, Standing
from provisioner.insight.finding import Kind
from provisioner.planning.plan import Plan


@dataclass(frozen=True, slots=True)
class Unchecked:
    """`part` as the CRM's session names it, or an address; `family` as `--only` takes it. `untold`: the CRM tells it to
    nobody, so that there is nothing to put right."""

    part: str
    family: str
    why: str
    consequence: str
    untold: bool = False


_PARTS: dict[str, tuple[str, str]] = {
    "carriers": ("lead-types", "A value that no rule maps would not be noticed."),
    "entrances": ("lead-types", "A new form that no rule knows would not be noticed."),
    "totals": ("lead-types", "How many leads there are altogether is not known."),
    "people": ("people", "Leads of people who left or are away would not be noticed."),
    "people/away": ("people", "Owners who are away while clocks run would not be noticed."),
    "people/unled": ("people", "Owners without a manager to tell would not be noticed."),
    "standings": ("people", "A recipient who left would not be noticed."),
    "checks": ("data", "Leads whose data contradict the rules would not be noticed."),
    "periods": ("health", "A rise of misses or of systems delay would not be noticed."),
    "alerts": ("health", "Somebody who gets too many alerts would not be noticed."),
    "calendars": ("calendar", "Holidays that run out or a changed time zone would not be noticed."),
    "configuration": ("configuration", "A change by hand would not be noticed."),
    "configuration/named": ("configuration", "A field or another thing of the CRM that is gone would not be noticed."),
    "judged": ("configuration", "How many leads were judged under a change by hand is not known."),
}
_OTHER = ("data", "What may be wrong there is not known.")
_SILENT = "The CRM gave no answer about it, and no reason."


def unchecked_of(facts: Facts, plan: Plan) -> list[Unchecked]:
    """Everything that was not looked at: parts the session could not ask, parts it left out without a word, people
    whose state is not known, and resources that could not be read."""
    found = [_entry(item.part, item.why, item.untold) for item in facts.unasked]
    told = {item.part.partition("/")[0] for item in facts.unasked}
    found += [_entry(part, _SILENT) for part in _left_out(facts) if part not in told]
    found += [_unknown(standing) for standing in facts.standings or () if standing.state == "unknown"]
    found += [
        Unchecked(str(address), "configuration", "It could not be read.", "A change by hand would not be noticed.")
        for address in plan.unread
    ]
    return sorted(dict.fromkeys(found), key=lambda item: (item.family, item.part))


def crashed_entry(kind: Kind, said: str) -> Unchecked:
    """A check that broke down looked at nothing."""
    return Unchecked(
        f"{kind.code} {kind.title}",
        kind.family,
        f"This check stopped with {said}. That is a mistake in provisioner; please report it with this text.",
        "What it looks for would not be noticed.",
    )


def _entry(part: str, why: str, untold: bool = False) -> Unchecked:
    family, consequence = _PARTS.get(part, _PARTS.get(part.partition("/")[0], _OTHER))
    return Unchecked(part, family, why, consequence, untold)


def _left_out(facts: Facts) -> Iterator[str]:
    counted = {carrier.field.casefold() for carrier in facts.carriers}
    told = {item.part.casefold() for item in facts.unasked}
    for field in facts.scope.carriers:
        if field.casefold() not in counted and f"carriers/{field}".casefold() not in told:
            yield f"carriers/{field}"
    for part in ("totals", "entrances", "people", "standings", "periods", "alerts", "calendars"):
        if getattr(facts, part) is None:
            yield part


def _unknown(standing: Standing) -> Unchecked:
    return Unchecked(
        f"standings/{standing.name}",
        "people",
        f"{standing.kind} {standing.value} could not be looked up.",
        "If it left or was removed, its alerts reach nobody, and that would not be noticed.",
    )
