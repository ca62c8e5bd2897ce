"""Flows: whether they run, whom their steps tell, which leads are of which type, and what is left of the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.targets.base import Meaning
from provisioner.targets.meaning import arrow, everybody, rows
from provisioner.targets.salesforce.meanings.words import Told, by, with_escalation

WITHOUT = {
    "Lead_Stamp": "no new lead gets a clock, and no touch ends one",
    "Lead_Timers": "no alert goes out, and no lead is marked as breached",
    "Lead_After_Hours": "nobody is told about leads outside business hours",
    "Lead_Owner_Settled": "leads that an assignment rule hands over start no clock",
    "Log_Error": "faults before a save stay on the lead, and make no row of the error log",
    "Lead_Stage_History": "changes of stage leave no history",
    "Lead_Converted": "stage history is not linked to contacts and opportunities",
    "Task_First_Touch": "calls, emails and LinkedIn messages are not seen as first touches",
    "Event_First_Touch": "meetings are not seen as first touches",
}
WITH = {
    "Lead_Stamp": "new leads get their clock, and touches end it",
    "Lead_Timers": "alerts go out, and leads are marked as breached",
    "Lead_After_Hours": "whoever is on call is told about leads outside business hours",
    "Lead_Owner_Settled": "leads that an assignment rule hands over start their clock",
    "Log_Error": "faults before a save make rows of the error log",
    "Lead_Stage_History": "every change of stage leaves a row of history",
    "Lead_Converted": "stage history is linked to contacts and opportunities",
    "Task_First_Touch": "calls, emails and LinkedIn messages count as first touches",
    "Event_First_Touch": "meetings count as first touches",
}
STEP = re.compile(r"Do_(?P<escalation>\w+)_(?P<number>\d+)")
TYPE, EXCLUSION = re.compile(r"Matches_(?P<id>\w+)"), re.compile(r"Excluded_By_\d+")
CHANNELS = {"wantsBell": "bell", "wantsEmail": "email", "wantsSlack": "Slack"}
OPERATORS = {
    "EqualTo": "is", "NotEqualTo": "is not", "GreaterThan": ">", "GreaterThanOrEqualTo": ">=", "LessThan": "<",
    "LessThanOrEqualTo": "<=", "StartsWith": "starts with", "EndsWith": "ends with", "Contains": "contains",
}  # fmt: skip
SAID = 3  # names of elements in a sentence


def flow(told: Told) -> Iterator[Meaning]:
    """Never nothing: a change that we cannot name is named by the parts of the flow that differ."""
    mine = everybody(told.design)
    if told.comes or told.goes:
        does = (WITHOUT if told.goes else WITH).get(told.word, "what it does is not part of this design")
        yield Meaning(f"Flow {told.name} is {'removed' if told.goes else 'added'}: {does}", mine)
        return
    status = told.moved("status")
    if status is not None:
        on = told.after.get("status") == "Active"
        does = (WITH if on else WITHOUT).get(told.word, "what it does is not part of this design")
        yield Meaning(f"Flow {told.name} is switched {'on' if on else 'off'}: {does}", mine)
    named = [*_steps(told), *_types(told), *_exclusions(told)]
    yield from named
    yield from _rest(told, bool(named))


# ------------------------------------------------------------------ steps


def _steps(told: Told) -> Iterator[Meaning]:
    """`Step 2 of urgent: tells manager by email -> tells nobody`."""
    before, after = by(told.before, "assignments", "name"), by(told.after, "assignments", "name")
    for name in dict.fromkeys([*before, *after]):
        match = STEP.fullmatch(name)
        if match is None or _items(before.get(name)) == _items(after.get(name)):
            continue
        escalation = match["escalation"]
        sides = _tells(before.get(name)), _tells(after.get(name))
        if sides[0] == sides[1]:
            continue
        subject = f"Step {match['number']} of {escalation}"
        yield from arrow(subject, sides, with_escalation(told.design, escalation))


def _items(element: Mapping[str, Any] | None) -> dict[str, str]:
    """Variable → what is assigned to it."""
    found: dict[str, str] = {}
    for item in rows(element or {}, "assignmentItems"):
        value = item.get("value")
        found[str(item.get("assignToReference"))] = _value(value)
    return found


def _value(value: object) -> str:
    return str(next(iter(value.values()), "")) if isinstance(value, Mapping) and value else ""


def _tells(element: Mapping[str, Any] | None) -> str:
    if element is None:
        return "does nothing"
    items = _items(element)
    people = [word for word in items.get("notifyList", "").split(";") if word]
    channels = [word for variable, word in CHANNELS.items() if items.get(variable) == "true"]
    told = f"tells {', '.join(people)} by {' and '.join(channels)}" if people and channels else "tells nobody"
    task = ", makes a task" if items.get("wantsTask") == "true" else ""
    hand = f", hands the lead to {items['reassignTo']}" if items.get("reassignTo") else ""
    return told + task + hand


# ------------------------------------------------------- which leads, excluded


def _rules(attributes: Mapping[str, Any], decision: str) -> dict[str, Mapping[str, Any]]:
    found = by(attributes, "decisions", "name").get(decision, {})
    return by(found, "rules", "name")


def _types(told: Told) -> Iterator[Meaning]:
    before, after = _rules(told.before, "Classify"), _rules(told.after, "Classify")
    for name in dict.fromkeys([*before, *after]):
        match = TYPE.fullmatch(name)
        sides = _condition(before.get(name)), _condition(after.get(name))
        if match is not None and sides[0] != sides[1]:
            yield from arrow(f"Which leads are {told.label(match['id'])}", sides, (match["id"],))
    shared = [name for name in before if name in after], [name for name in after if name in before]
    if shared[0] != shared[1]:
        order = [TYPE.sub(r"\g<id>", name) for name in shared[1]]
        text = f"Lead types are tried in another order: {', '.join(order)}"
        yield Meaning(text, everybody(told.design))
    rest = _rest_type(told.before), _rest_type(told.after)
    if rest[0] != rest[1]:
        yield from arrow("Leads that match no lead type are tracked as", rest, everybody(told.design))


def _rest_type(attributes: Mapping[str, Any]) -> str:
    found = by(attributes, "decisions", "name").get("Classify", {})
    target = found.get("defaultConnector")
    name = str(target.get("targetReference") or "") if isinstance(target, Mapping) else ""
    return name.removeprefix("Lead_Type_") if name.startswith("Lead_Type_") else "none"


def _exclusions(told: Told) -> Iterator[Meaning]:
    before, after = (
        {
            str(rule.get("label")): rule
            for name, rule in _rules(side, "Is_Excluded").items()
            if EXCLUSION.fullmatch(name)
        }
        for side in (told.before, told.after)
    )
    for label in dict.fromkeys([*before, *after]):
        sides = _condition(before.get(label)), _condition(after.get(label))
        if sides[0] != sides[1]:
            yield from arrow(f"Excluded leads ({label})", sides, everybody(told.design))


def _condition(rule: Mapping[str, Any] | None) -> str:
    """The rule as people say it: `LeadSource is Demo Request and (Country is Ireland or …)`."""
    if rule is None:
        return "none"
    parts = [_comparison(item) for item in rows(rule, "conditions")]
    logic = str(rule.get("conditionLogic") or "and")
    if logic in ("and", "or"):
        return f" {logic} ".join(parts)
    written = re.sub(r"\d+", lambda m: parts[int(m[0]) - 1] if 0 < int(m[0]) <= len(parts) else m[0], logic)
    return written.replace(" AND ", " and ").replace(" OR ", " or ")


def _comparison(item: Mapping[str, Any]) -> str:
    field = str(item.get("leftValueReference") or "").removeprefix("$Record.")
    operator, value = str(item.get("operator") or ""), _value(item.get("rightValue"))
    if operator == "IsNull":
        return f"{field} is {'' if value == 'true' else 'not '}blank"
    return f"{field} {OPERATORS.get(operator, operator)} {value}"


# ------------------------------------------------------------------ the rest


def _rest(told: Told, named: bool) -> Iterator[Meaning]:
    """Elements that differ and are not told yet, by name."""
    mine = everybody(told.design)
    if told.moved("start") is not None:
        yield Meaning(f"Flow {told.name} runs at other moments, or for other leads, than before", mine)
    if told.moved("textTemplates") is not None:
        yield Meaning("The text of alerts is another one", mine)
    others = [item.path for item in told.others("status", "start", "textTemplates")]
    if named and all(path.startswith(("assignments", "decisions")) for path in others):
        return
    quiet = {"apiVersion", "description", "label", "interviewLabel", "environments", "processMetadataValues"}
    names = list(dict.fromkeys(_element(path) for path in others))
    weighty = [name for name in names if name not in quiet]
    if weighty:
        more = f" and {len(weighty) - SAID} more" if len(weighty) > SAID else ""
        text = f"Flow {told.name} works in another way: {', '.join(weighty[:SAID])}{more} changed"
        yield Meaning(text, mine)
    elif names and not named:
        yield Meaning(f"Flow {told.name}: {', '.join(names)} changed; what it does stays the same")


def _element(path: str) -> str:
    """`Send_Email` for `actionCalls[Send_Email].inputParameters`; the attribute where there is no name."""
    match = re.match(r"\w+\[(\w+)\]", path)
    return match[1] if match else path.partition(".")[0].partition("[")[0].removesuffix(" (order)")
