"""Custom metadata records: thresholds, steps, recipients, the silent switch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioner.targets.base import Meaning
from provisioner.targets.meaning import arrow, everybody, rows, shown, whole
from provisioner.targets.salesforce.meanings.words import Told, minutes, with_escalation, with_recipient

Cells = Mapping[str, str | None]
KINDS = {"group": "group", "queue": "queue", "slack": "Slack channel", "user": "user"}
CLOCKS = {"business": "business hours", "calendar": "around the clock"}


def record(told: Told) -> Iterator[Meaning]:
    """A record of one of our custom metadata types; nothing for another one's."""
    kind, _, name = told.word.partition(".")
    teller = _TELLERS.get(kind.removesuffix("__mdt"))
    if teller is not None:
        yield from teller(told, name, _cells(told.before), _cells(told.after))


def _cells(attributes: Mapping[str, Any]) -> Cells:
    found: dict[str, str | None] = {}
    for row in rows(attributes, "values"):
        value = row.get("value")
        found[str(row.get("field")).removesuffix("__c")] = None if value in (None, "") else str(value)
    return found


def _moved(before: Cells, after: Cells, *fields: str) -> bool:
    return any(before.get(field) != after.get(field) for field in fields)


def _lead_type(told: Told, id: str, before: Cells, after: Cells) -> Iterator[Meaning]:
    label, mine = told.label(id), (id,)
    if told.goes:
        yield Meaning(f"The record of lead type {label} is removed: its leads start no clock any more", mine)
        return
    if _moved(before, after, "SLA_Minutes"):
        sides = "none" if told.comes else _sla(before), _sla(after)
        yield from arrow(f"SLA of {label}", sides, mine)
    if _moved(before, after, "Clock"):
        yield from arrow(f"Clock of {label}", (_clock(before), _clock(after)), mine)
    for field, subject in (("Business_Hours", "Business hours of"), ("Escalation", "Escalation of")):
        if _moved(before, after, field):
            yield from arrow(f"{subject} {label}", (whole(before.get(field)), whole(after.get(field))), mine)
    if _moved(before, after, "Business_Day_Minutes"):
        sides = minutes(before.get("Business_Day_Minutes")), minutes(after.get("Business_Day_Minutes"))
        yield from arrow(f"What a business day means for {label}", sides, mine)
    for field, subject in (
        ("After_Hours_Minutes", "Promise after hours of"),
        ("Follow_Up_Minutes", "Follow-up time of"),
    ):
        if _moved(before, after, field):
            yield from arrow(f"{subject} {label}", (minutes(before.get(field)), minutes(after.get(field))), mine)
    if _moved(before, after, "Follow_Up_Touches"):
        sides = _touches(before), _touches(after)
        yield from arrow(f"Touches that {label} is promised", sides, mine)
    if _moved(before, after, "Label"):
        yield from arrow(f"Name of lead type {id} in alerts", (whole(before.get("Label")), whole(after.get("Label"))))


def _touches(cells: Cells) -> str:
    found = cells.get("Follow_Up_Touches")
    return "none" if found is None else _plain(found)


def _sla(cells: Cells) -> str:
    found = cells.get("SLA_Minutes")
    return minutes(found) if found is not None else "until the business day closes"


def _clock(cells: Cells) -> str:
    found = cells.get("Clock")
    return CLOCKS.get(found or "", shown(found))


def _step(told: Told, name: str, before: Cells, after: Cells) -> Iterator[Meaning]:
    known = after or before
    escalation = known.get("Escalation") or name.rpartition("_")[0]
    number = (known.get("Step_Number") or name.rpartition("_")[2]).removesuffix(".0")
    subject, mine = f"Step {number} of {escalation}", with_escalation(told.design, escalation)
    if told.goes:
        yield Meaning(f"The record of step {number} of {escalation} is removed: the step does not act any more", mine)
        return
    if _moved(before, after, "Percent", "Offset_Minutes", "Offset_Business_Days"):
        yield from arrow(subject, ("none" if told.comes else _moment(before), _moment(after)), mine)
    if _moved(before, after, "Status"):
        sides = whole(before.get("Status")), whole(after.get("Status"))
        yield from arrow(f"Status that step {number} of {escalation} leaves", sides, mine)
    if not told.comes and _moved(before, after, "Escalation", "Step_Number"):
        sides = _place(before), _place(after)
        yield from arrow(f"Place of the record {name} among the steps", sides, mine)


def _place(cells: Cells) -> str:
    return f"step {shown(cells.get('Step_Number')).removesuffix('.0')} of {shown(cells.get('Escalation'))}"


def _moment(cells: Cells) -> str:
    percent = cells.get("Percent")
    if percent is not None:
        return f"at {_plain(percent)} % of the SLA"
    days, more = _plain(cells.get("Offset_Business_Days")), _plain(cells.get("Offset_Minutes"))
    parts = [f"{days} business day{'' if days == '1' else 's'}"] if days != "0" else []
    parts += [minutes(more)] if more != "0" else []
    return f"{' and '.join(parts)} after due" if parts else "at due"


def _plain(number: str | None) -> str:
    try:
        return f"{float(number or 0):g}"
    except ValueError:
        return shown(number)


def _recipient(told: Told, id: str, before: Cells, after: Cells) -> Iterator[Meaning]:
    mine = with_recipient(told.design, id)
    if told.goes:
        yield Meaning(f"Recipient {id} is removed: nobody is told in its place", mine)
        return
    sides = "none" if told.comes else _who(before), _who(after)
    if sides[0] != sides[1]:
        yield from arrow(f"Recipient {id}", sides, mine)


def _who(cells: Cells) -> str:
    kind, value, otherwise = cells.get("Kind"), cells.get("Value"), cells.get("Otherwise")
    if kind == "record_owner":
        who = "the lead's owner"
    elif kind == "owner_manager":
        who = "the manager of the lead's owner"
    else:
        who = f"{KINDS.get(kind or '', shown(kind))} {shown(value)}"
    return f"{who}, otherwise {otherwise}" if otherwise else who


def _ignored(told: Told, name: str, before: Cells, after: Cells) -> Iterator[Meaning]:
    old, new = before.get("Username"), after.get("Username")
    if told.goes:
        text = (
            f"{old or name} is ignored no longer: what that user does counts as a touch, and starts clocks as an owner"
        )
        yield Meaning(text, everybody(told.design))
    elif told.comes:
        text = f"{new or name} is ignored: what that user does is no touch, and starts no clock as an owner"
        yield Meaning(text, everybody(told.design))
    elif old != new:
        yield from arrow("Ignored user", (whole(old), whole(new)), everybody(told.design))


def _settings(told: Told, _: str, before: Cells, after: Cells) -> Iterator[Meaning]:
    mine = everybody(told.design)
    if told.goes:
        yield Meaning("The settings record is removed: no alert is sent to anybody", mine)
        return
    if _moved(before, after, "Alerts_Live"):
        sides = "none" if told.comes else _mode(before), _mode(after)
        yield from arrow("Alerts", sides, mine)
    if _moved(before, after, "Silent_To"):
        yield from arrow("Silent alerts go to", (whole(before.get("Silent_To")), whole(after.get("Silent_To"))), mine)
    if _moved(before, after, "Surge_Factor"):
        sides = whole(before.get("Surge_Factor")), whole(after.get("Surge_Factor"))
        yield from arrow("What SLAs are multiplied by in a surge", sides, mine)


def _mode(cells: Cells) -> str:
    return "live, to their real recipients" if cells.get("Alerts_Live") == "true" else "silent"


def _switch(told: Told, name: str, before: Cells, after: Cells) -> Iterator[Meaning]:
    mine, word = everybody(told.design), name.lower()
    if told.goes:
        yield Meaning(f"The {word} switch is removed: it cannot be turned on any more", mine)
    elif told.comes:
        yield Meaning(f"The {word} switch is added, switched off; the people of this org turn it", mine)
    elif _moved(before, after, "Active"):
        on = after.get("Active") == "true"
        yield Meaning(f"The {word} switch is turned {'on' if on else 'off'}", mine)


_TELLERS: dict[str, Callable[[Told, str, Cells, Cells], Iterator[Meaning]]] = {
    "Lead_Type": _lead_type,
    "SLA_Step": _step,
    "Recipient": _recipient,
    "Ignored_User": _ignored,
    "Settings": _settings,
    "Switch": _switch,
}
