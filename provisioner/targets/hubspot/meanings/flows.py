"""Workflows: whether they run, when, for whom, and what their actions do.

Every action is told as a subject with a text; what one side has and the other has not becomes `subject: was -> is`.
[docs] reference/hubspot.md 4.2, 4.5, 4.6
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from provisioner.model.design import Design
from provisioner.targets.base import Meaning
from provisioner.targets.hubspot.meanings.actions import Sayings, Subject
from provisioner.targets.hubspot.meanings.conditions import condition, named
from provisioner.targets.hubspot.meanings.words import Told, moment
from provisioner.targets.hubspot.windows import DAYS, MONTHS
from provisioner.targets.meaning import Attributes, arrow, differing, everybody, rows, shown

NOTHING = "nothing"
SAID = 3  # days in a sentence
_WITHOUT = {
    "created": "new leads are not stamped",
    "owner": "nobody notes that a lead got an owner, so that no clock starts",
    "engagement": "a new enquiry of a known contact is not noticed",
    "judge": "no lead is classified, excluded or gets a clock",
    "touch": "touches do not end a clock, and every lead is escalated",
    "stage": "the stages that a lead reaches are not noted",
}
_WITH = {
    "created": "new leads are stamped",
    "owner": "new owners are noted",
    "engagement": "new enquiries of known contacts are noticed",
    "judge": "leads are classified and get a clock",
    "touch": "touches end a clock",
    "stage": "the stages that a lead reaches are noted",
}
_DONE = ("isEnabled", "timeWindows", "blockedDates", "enrollmentCriteria", "suppressionListIds", "actions")
_QUIET = {"description", "name", "dataSources", "customProperties", "startActionId", "nextAvailableActionId"}


def flow(told: Told) -> Iterator[Meaning]:
    """Never nothing when something of it differs."""
    mine = concerned(told.design, told.name)
    name = shown(told.either.get("name") or told.name)
    if told.comes or told.goes:
        yield Meaning(f"Workflow {name} is {'removed' if told.goes else 'added'}: {_does(told, not told.goes)}", mine)
        return
    if told.moved("isEnabled") is not None:
        on = told.after.get("isEnabled") is True
        yield Meaning(f"Workflow {name} is switched {'on' if on else 'off'}: {_does(told, on)}", mine)
    yield from _week(told, name, mine)
    yield from _days(told, name, mine)
    if told.moved("enrollmentCriteria") is not None:
        sides = _sides(told, _enrolment)
        yield from arrow(f"Which leads enter the workflow {name}", sides, mine)
        if sides[0] == sides[1]:
            yield Meaning(f"Leads enter the workflow {name} at other moments than before", mine)
    yield from arrow(f"Lists that keep leads out of the workflow {name}", _sides(told, _suppressed), mine)
    yield from _actions(told, name, mine)
    yield from arrow(f"Name of the workflow {told.name}", told.moved("name"))
    yield from arrow(f"Description of the workflow {name}", told.moved("description"))
    for item in told.others(*_DONE, *_QUIET):
        yield from differing(f"Workflow {name}", item, mine)


def concerned(design: Design, key: str) -> tuple[str, ...]:
    """The lead type of a clock or of a timer; of every other workflow, all."""
    kind = _type(key)
    return (kind,) if kind in everybody(design) else everybody(design)


def _type(key: str) -> str:
    """`event_attendee` of `open_event_attendee.2`."""
    word, _, rest = key.partition("_")
    return rest.partition(".")[0] if word in ("open", "timer") else ""


def _does(told: Told, on: bool) -> str:
    kind = _type(told.name)
    if kind and told.name.startswith("open_"):
        return f"clocks of {told.label(kind)} {'start' if on else 'do not start'}"
    if kind:
        alerted = "are alerted about and marked when missed" if on else "are neither alerted about nor marked as missed"
        return f"leads of {told.label(kind)} {alerted}"
    return (_WITH if on else _WITHOUT).get(told.name, "what it does is not part of this design")


def _sides(told: Told, say: Callable[[Attributes], str]) -> tuple[str, str]:
    return say(told.before), say(told.after)


# ------------------------------------------------------------------ when, and for whom


def _week(told: Told, name: str, mine: tuple[str, ...]) -> Iterator[Meaning]:
    """Day by day, in the account's time zone."""
    before, after = _windows(told.before), _windows(told.after)
    if bool(before) != bool(after):
        sides = ("only in opening hours", "at any time") if before else ("at any time", "only in opening hours")
        yield from arrow(f"When the workflow {name} may act", sides, mine)
        return
    for day in DAYS:
        sides = before.get(day, "closed"), after.get(day, "closed")
        yield from arrow(f"When the workflow {name} may act on {day.capitalize()}", sides, mine)


def _windows(attributes: Attributes) -> dict[str, str]:
    """Day → `08:00 to 18:00`."""
    found: dict[str, list[str]] = {}
    for row in rows(attributes, "timeWindows"):
        found.setdefault(str(row.get("day")), []).append(f"{_time(row, 'startTime')} to {_time(row, 'endTime')}")
    return {day: " and ".join(sorted(times)) for day, times in found.items()}


def _time(row: Attributes, key: str) -> str:
    found = row.get(key)
    return moment(found) if isinstance(found, dict) else "?"


def _days(told: Told, name: str, mine: tuple[str, ...]) -> Iterator[Meaning]:
    before, after = (Counter(_date(row) for row in rows(side, "blockedDates")) for side in (told.before, told.after))
    for days, what in ((before - after, "acts on days that were free"), (after - before, "does not act on more days")):
        if days:
            said = sorted(days)
            more = f" and {len(said) - SAID} more" if len(said) > SAID else ""
            yield Meaning(f"Workflow {name} {what}: {', '.join(said[:SAID])}{more}", mine)


def _date(row: Attributes) -> str:
    month = str(row.get("month"))
    number = f"{MONTHS.index(month) + 1:02}" if month in MONTHS else month
    day = row.get("dayOfMonth")
    return f"{row.get('year') or 'every year'}-{number}-{day:02}" if isinstance(day, int) else f"{number}-{day}"


def _suppressed(attributes: Attributes) -> str:
    found = attributes.get("suppressionListIds")
    return ", ".join(sorted(map(named, found))) if isinstance(found, list | tuple) and found else "none"


def _enrolment(attributes: Attributes) -> str:
    criteria = attributes.get("enrollmentCriteria")
    if not isinstance(criteria, dict):
        return "by hand only"
    if criteria.get("type") == "LIST_BASED":
        return condition(criteria.get("listFilterBranch"))
    events = [condition(item) for item in rows(criteria, "eventFilterBranches")]
    return " or ".join(f"({item})" for item in sorted(events)) or "none"


# ------------------------------------------------------------------ actions


def _actions(told: Told, name: str, mine: tuple[str, ...]) -> Iterator[Meaning]:
    if told.moved("actions") is None:
        return
    before, after = (Sayings(told, side).all() for side in (told.before, told.after))
    gone, came = before - after, after - before
    subjects: dict[Subject, None] = dict.fromkeys(subject for subject, _ in (*gone, *came))
    for subject in subjects:
        types = (subject.lead_type,) if subject.lead_type else mine
        sides = _joined(gone, subject), _joined(came, subject)
        if not subject.is_long:
            yield from arrow(subject.text, sides, types)
        elif NOTHING not in sides:
            yield Meaning(f"{subject.text} is another one than before", types)
    if not subjects:
        yield Meaning(f"Workflow {name} does the same in another order", mine)


def _joined(sayings: Counter[tuple[Subject, str]], subject: Subject) -> str:
    return "; ".join(text for about, text in sayings if about == subject) or NOTHING
