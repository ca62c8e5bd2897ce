"""Properties, their group, and lists."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.targets.base import Meaning
from provisioner.targets.hubspot.meanings.conditions import condition
from provisioner.targets.hubspot.meanings.words import Told
from provisioner.targets.meaning import Attributes, arrow, differing, everybody, rows, shown, whole

LISTS = {
    "excluded": "leads on it get no alerts",
    "running": "it shows whose clock runs",
    "breached_today": "it shows what was missed today",
    "unmatched": "it shows the leads that no rule knows",
}


STATUS_GONE = {
    "not_started": "a new lead is not marked as waiting for its clock",
    "waiting": "a lead that was assigned after hours is not marked as such, and its clock may not start",
    "within_sla": "a clock that starts is not marked as running: its leads get no alerts, and no verdict",
    "at_risk": "a lead whose time is running out is not marked, and lists and reports of such leads miss it",
    "breached": "a lead that missed its SLA is not marked: it may count as in time, and reports of misses lack it",
    "escalated": "a lead that was escalated is not marked: it may count as in time, and reports of misses lack it",
    "met": "a lead that was touched in time is not marked: its clock goes on, with alerts, and it may end as a miss",
    "touched_late": "a lead that was touched late is not marked: its clock goes on, with alerts",
    "excluded": "a lead that becomes excluded is not marked: its clock goes on, with alerts",
}
"""What stops when a lead cannot be given this status."""


def property_(told: Told) -> Iterator[Meaning]:
    label, name = shown(told.either.get("label") or told.name), told.name.partition(".")[2]
    mine = everybody(told.design)
    subject = f"Property {label} ({name})"
    if told.goes:
        lost = "nothing is computed there any more" if told.before.get("calculationFormula") else "what it held is lost"
        yield Meaning(f"{subject} is removed: {lost}, and workflows that use it do not work", mine)
        return
    if told.comes:
        yield Meaning(f"{subject} is added")
        return
    if told.moved("calculationFormula") is not None:
        yield Meaning(f"{label} is computed in another way", mine)
    for key in ("type", "fieldType"):
        yield from arrow(f"{'Type' if key == 'type' else 'Input'} of the property {name}", told.moved(key), mine)
    yield from _options(told, label)
    for key, word in (("label", "Name"), ("description", "Description")):
        yield from arrow(f"{word} of the property {name}", told.moved(key))
    if told.moved("hidden") is not None:
        yield Meaning(f"{label} is {'hidden from people' if told.after.get('hidden') else 'shown to people'}")
    if told.moved("formField") is not None:
        yield Meaning(f"{label} {'can' if told.after.get('formField') else 'cannot'} be asked for in forms")
    done = ("calculationFormula", "type", "fieldType", "options", "label", "description", "hidden", "formField")
    for item in told.others(*done):
        yield from differing(subject, item)


def _options(told: Told, label: str) -> Iterator[Meaning]:
    before, after = (_by_value(side) for side in (told.before, told.after))
    types = everybody(told.design)
    stamps = told.name.endswith(f".{told.names.prop('lead_type')}")
    marks = told.name.endswith(f".{told.names.prop('sla_status')}")
    for value in dict.fromkeys([*before, *after]):
        mine = (value,) if stamps and value in types else ()
        if value not in after:
            gone = f"{label} does not offer the value {shown(value)} any more"
            if marks and value in STATUS_GONE:
                yield Meaning(f"{gone}: {STATUS_GONE[value]}", types)
            elif mine:
                yield Meaning(f"{gone}: no lead can be given this lead type, so that none of its clocks starts", mine)
            else:
                yield Meaning(gone, mine)
        elif value not in before:
            yield Meaning(f"{label} offers the value {shown(value)}", mine)
        elif before[value].get("label") != after[value].get("label"):
            sides = whole(before[value].get("label")), whole(after[value].get("label"))
            yield from arrow(f"{label} calls the value {shown(value)}", sides, mine)
        elif before[value].get("hidden") != after[value].get("hidden"):
            does = "hides" if after[value].get("hidden") else "shows"
            yield Meaning(f"{label} {does} the value {shown(value)}", mine)
        elif before[value].get("description") != after[value].get("description"):
            yield Meaning(f"{label} describes the value {shown(value)} in other words")
    if set(before) == set(after) and list(before) != list(after):
        yield Meaning(f"{label} offers its values in another order")


def _by_value(attributes: Attributes) -> dict[str, Attributes]:
    return {str(row.get("value")): row for row in rows(attributes, "options")}


def group(told: Told) -> Iterator[Meaning]:
    if told.comes or told.goes:
        does = "our properties have no place of their own" if told.goes else "our properties stand together"
        yield Meaning(f"Property group {told.name.partition('.')[2]} is {'removed' if told.goes else 'added'}: {does}")
        return
    yield from arrow(f"Name of the property group {told.name.partition('.')[2]}", told.moved("label"))


def listing(told: Told) -> Iterator[Meaning]:
    name = shown(told.either.get("name") or told.name)
    mine = everybody(told.design) if told.name == "excluded" else ()
    does = LISTS.get(told.name, "what it is for is not part of this design")
    if told.comes or told.goes:
        yield Meaning(f"List {name} is {'removed' if told.goes else 'added'} ({does})", mine)
        return
    sides = condition(told.before.get("filterBranch")), condition(told.after.get("filterBranch"))
    yield from arrow(f"Who is on the list {name} ({does})", sides, mine)
    if sides[0] == sides[1] and told.moved("filterBranch") is not None:
        yield Meaning(f"Who is on the list {name} ({does}) is decided in another way", mine)
    yield from arrow(f"Name of the list {told.name}", told.moved("name"))
    for item in told.others("filterBranch", "name"):
        yield from differing(f"List {name}", item, mine)
