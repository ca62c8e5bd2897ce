"""What of the live portal is compared with the design, and what is not. [docs] reference/hubspot.md 2.6, 4.2

`compare` gives the live resource in the words of the desired one: what is the same in meaning becomes the same in
letters, what the server adds or moves by itself disappears, and everything else stays, so that it is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from provisioner.resources import Resource
from provisioner.targets.hubspot.formula import tokens

IGNORED: dict[str, frozenset[str]] = {
    "PropertyGroup": frozenset({"archived"}),
    "Property": frozenset({
        "createdAt", "updatedAt", "createdUserId", "updatedUserId", "archived", "archivedAt", "calculated",
        "hubspotDefined", "modificationMetadata", "sensitiveDataCategories", "dateDisplayHint",
    }),
    "List": frozenset({
        "listId", "listVersion", "processingStatus", "createdAt", "createdById", "updatedAt", "updatedById",
        "filtersUpdatedAt", "deletedAt", "size", "additionalProperties", "membershipSettings", "listPermissions",
    }),
    "Flow": frozenset({
        "id", "revisionId", "createdAt", "updatedAt", "crmObjectCreationStatus", "nextAvailableActionId", "uuid",
    }),
    "ManualStep": frozenset(),
}  # fmt: skip
UNLESS_DESIRED = frozenset({  # the server may set them; counted only where the design does, and then not the order
    "displayOrder", "numberDisplayHint", "textDisplayHint", "showCurrencySymbol", "currencyPropertyName",
})  # fmt: skip
DEFAULTS: dict[str, Any] = {
    "description": "",
    "options": [],
    "hidden": False,
    "formField": False,
    "hasUniqueValue": False,
    "externalOptions": False,
    "dataSensitivity": "non_sensitive",
}
_MISSING = object()


def compare(desired: Resource, live: Resource) -> Resource:
    """`live` reduced to what is compared with `desired`; equal attributes mean no difference."""
    if desired.address.is_by_hand:
        return live
    how: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]] = {
        "PropertyGroup": _group,
        "Property": _property,
        "Flow": _flow,
    }
    seen = how.get(desired.address.kind, _list)(desired.attributes, live.attributes)
    ignored = IGNORED.get(desired.address.kind, frozenset())
    for key in ignored:
        seen.pop(key, None)
        if key in desired.attributes:
            seen[key] = desired.attributes[key]
    if "nextAvailableActionId" in seen:  # follows from the actions: that of other actions would be another's
        seen["nextAvailableActionId"] = str(len(seen.get("actions", ())) + 1)
    return Resource(live.address, _in_order(desired.attributes, seen))


def _in_order(want: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    """The keys as the desired side has them, so that both print alike."""
    return {key: seen[key] for key in (*want, *(key for key in seen if key not in want)) if key in seen}


def _group(want: Mapping[str, Any], have: Mapping[str, Any]) -> dict[str, Any]:
    seen = dict(have)
    seen["displayOrder"] = want.get("displayOrder", -1)  # the server may return one of its own
    return seen


# ------------------------------------------------------------------ properties


def _property(want: Mapping[str, Any], have: Mapping[str, Any]) -> dict[str, Any]:
    seen = {}
    for key, value in have.items():
        if key in UNLESS_DESIRED and (key not in want or key == "displayOrder"):
            continue
        if key in want or DEFAULTS.get(key, _MISSING) != value:
            seen[key] = value
    for key in UNLESS_DESIRED & {"displayOrder"} & want.keys():
        seen[key] = want[key]
    for key, default in DEFAULTS.items():
        if key in want and key not in have and want[key] == default:
            seen[key] = want[key]
    if "options" in want or "options" in seen:
        seen["options"] = _options(want.get("options", []), seen.get("options", []))
        if "options" not in want and not seen["options"]:
            del seen["options"]
    formula, other = want.get("calculationFormula"), seen.get("calculationFormula")
    if isinstance(formula, str) and isinstance(other, str) and tokens(formula) == tokens(other):
        seen["calculationFormula"] = formula
    if other == "" and formula is None:
        del seen["calculationFormula"]
    return seen


def _options(want: list[Mapping[str, Any]], have: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """In the order of the live list; an option made by hand stays in it, and is thereby shown."""
    wanted = {option["value"]: option for option in want}
    ours = want[0] if want else {}  # what we write into an option; one that goes was written so too
    ordered = sorted(enumerate(have), key=lambda item: (_place(item[1]), item[0]))
    found = [_option(wanted.get(option.get("value", "")) or _known(ours, option), option) for _, option in ordered]
    if [option["value"] for option in found if "value" in option] == list(wanted):
        for mine, theirs in zip(found, want, strict=True):
            if "displayOrder" in theirs:
                mine["displayOrder"] = theirs["displayOrder"]
        return [_in_order(theirs, mine) for mine, theirs in zip(found, want, strict=True)]
    return [{**option, "displayOrder": place} for place, option in enumerate(found)]


def _known(ours: Mapping[str, Any], option: Mapping[str, Any]) -> dict[str, Any]:
    return {key: ours[key] for key in ours if key in option}


def _place(option: Mapping[str, Any]) -> int:
    """Options with -1, or none, come after all with a place. [docs] reference/hubspot.md 2.2"""
    order = option.get("displayOrder", -1)
    return order if isinstance(order, int) and order >= 0 else 1 << 30


def _option(want: Mapping[str, Any], have: Mapping[str, Any]) -> dict[str, Any]:
    defaults: dict[str, Any] = {"description": "", "hidden": False, "readOnly": False}
    seen = {key: value for key, value in have.items() if key in want or defaults.get(key, _MISSING) != value}
    for key, default in defaults.items():
        if key in want and key not in have and want[key] == default:
            seen[key] = default
    return seen


# ----------------------------------------------------------------- lists, flows


def _list(want: Mapping[str, Any], have: Mapping[str, Any]) -> dict[str, Any]:
    seen: dict[str, Any] = _like(want, {key: value for key, value in have.items() if not _nothing(key, value, want)})
    return seen


def _flow(want: Mapping[str, Any], have: Mapping[str, Any]) -> dict[str, Any]:
    live = {key: value for key, value in have.items() if not _nothing(key, value, want)}
    live.update(renumbered(have))
    for key, value in want.items():
        if key not in live and value in ([], {}, ""):
            live[key] = value
    seen: dict[str, Any] = _like(want, live)
    for key in ("timeWindows", "blockedDates", "suppressionListIds"):
        if key in want and key in seen and _as_set(want[key]) == _as_set(seen[key]):
            seen[key] = want[key]
    criteria, other = want.get("enrollmentCriteria"), seen.get("enrollmentCriteria")
    if isinstance(criteria, Mapping) and isinstance(other, Mapping):
        seen["enrollmentCriteria"] = {
            key: criteria[key] if key in criteria and _as_set(criteria[key]) == _as_set(value) else value
            for key, value in other.items()
        }
    return seen


def _nothing(key: str, value: Any, want: Mapping[str, Any]) -> bool:
    """Absent, empty list and empty map are the same."""
    return key not in want and value in (None, "", [], {})


def _as_set(value: Any) -> Any:
    """Lists whose order has no meaning."""
    return sorted(map(repr, value)) if isinstance(value, list) else value


def _like(want: Any, have: Any) -> Any:
    """`have` without empty additions of the server, inside everything that the desired side has too."""
    if isinstance(want, Mapping) and isinstance(have, Mapping):
        kept = {key: _like(want.get(key), value) for key, value in have.items() if not _nothing(key, value, want)}
        for key, value in want.items():
            if key not in kept and value in ([], {}, "") and not isinstance(value, bool):
                kept[key] = value
        return _in_order(want, kept)
    if isinstance(want, list) and isinstance(have, list):
        return [
            _like(want[place], item) if place < len(want) and _kin(want[place], item) else item
            for place, item in enumerate(have)
        ]
    return have


def _kin(want: Any, have: Any) -> bool:
    """Whether two entries of a list are the same thing: of two different actions, nothing is an empty addition, and
    what was applied must be recognised as that."""
    if isinstance(want, Mapping) and isinstance(have, Mapping):
        return all(want.get(key) == have.get(key) for key in ("type", "actionTypeId"))
    return True


def renumbered(flow: Mapping[str, Any]) -> dict[str, Any]:
    """`startActionId` and `actions` with ids given along the graph; actions nothing leads to come last."""
    actions = {str(action.get("actionId")): action for action in flow.get("actions", ())}
    ids: dict[str, str] = {}
    waiting = [str(flow["startActionId"])] if flow.get("startActionId") else []
    while waiting:
        id = waiting.pop()
        if id in ids or id not in actions:
            continue
        ids[id] = str(len(ids) + 1)
        waiting += reversed(list(ways(actions[id])))
    for id in actions:
        ids.setdefault(id, str(len(ids) + 1))
    ordered = sorted(actions.items(), key=lambda item: int(ids[item[0]]))
    found: dict[str, Any] = {"actions": [_renamed(action, ids) for _, action in ordered]}
    if flow.get("startActionId"):
        found["startActionId"] = ids.get(str(flow["startActionId"]), flow["startActionId"])
    return found


def ways(action: Mapping[str, Any]) -> Iterable[str]:
    """The ids an action leads to, in order."""
    owners = [
        action,
        *action.get("listBranches", ()),
        *action.get("staticBranches", ()),
        *action.get("testBranches", ()),
    ]
    for owner in owners:
        if owner.get("connection"):
            yield str(owner["connection"].get("nextActionId"))
    if action.get("defaultBranch"):
        yield str(action["defaultBranch"].get("nextActionId"))


def _renamed(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: ids.get(str(item), item) if key in ("actionId", "nextActionId") else _renamed(item, ids)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_renamed(item, ids) for item in value]
    return value


_WORDS = {"PropertyGroup": "Property group", "Property": "Property", "List": "List", "Flow": "Workflow"}
_NOTES = {
    "PropertyGroup": ["The account's order among groups is accepted."],
    "Property": [
        "Formulas are compared by their words, not letter by letter: HubSpot rewrites them when it saves.",
        "Options are compared in their order; one made by hand is told and kept, and is no difference.",
        "The mark at the end of a description is ours and is not compared.",
    ],
    "List": ["Empty additions of the server are left out."],
    "Flow": [
        "Actions are numbered along the graph before they are compared: HubSpot numbers them anew.",
        "The order of windows, blocked dates, suppression lists and enrolment triggers does not count.",
    ],
}


def explain_comparison() -> str:
    """The page docs/what-we-compare-hubspot.md (Markdown), written from the tables above."""
    lines = [
        "# What we compare on HubSpot, and what we do not",
        "",
        "`plan` and `drift` compare what the design renders with what is in the account. This page is generated from",
        "the tables that do it. Everything a resource holds is compared unless it is named here.",
        "",
    ]
    for kind, word in _WORDS.items():
        lines += [f"## {word} (`{kind}`)", "", f"- Never compared: {_names(IGNORED[kind])}."]
        if kind == "Property":
            lines.append(f"- Compared only where the design sets it: {_names(UNLESS_DESIRED - {'displayOrder'})}.")
            pairs = ", ".join(f"`{key}` = `{_shown(value)}`" for key, value in sorted(DEFAULTS.items()))
            lines.append(f"- The same as leaving it out: {pairs}.")
        lines += [*(f"- {note}" for note in _NOTES[kind]), ""]
    return "\n".join(lines)


def _names(found: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(found))


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return '""' if value == "" else str(value)
