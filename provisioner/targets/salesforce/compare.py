"""What of the live configuration is compared with the design, and what is not: one table per kind, explained below.

Two ways of looking. *Ours only*: what the design renders is looked up in the live resource, anything else the server
or a person added is left alone, unless it is on the kind's list of elements that would change behaviour. *Everything*:
all that is there counts except what is listed as added by the server. [docs] reference/salesforce.md 1.10
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.resources import Resource
from provisioner.targets.salesforce.reporting import seen as reporting
from provisioner.targets.salesforce.shape import LISTS
from provisioner.targets.salesforce.theirs import KIND as SWITCHES
from provisioner.targets.salesforce.theirs import with_theirs


@dataclass(frozen=True, slots=True)
class Looking:
    """How a kind is compared.

    everything  whether elements that the design does not render count as differences
    only        the elements that are looked at, at any depth; empty: all of them
    ignored     element names never compared, at any depth
    defaults    element → value that the server adds or drops without a meaning
    watched     elements that count although the design does not render them (`*` at the end: any ending)
    theirs      element names whose live value is accepted whatever it is
    open_lists  lists that other people may add to
    alike       element → values that mean the same
    """

    everything: bool = False
    only: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    defaults: Mapping[str, str] = field(default_factory=dict)
    watched: tuple[str, ...] = ()
    theirs: frozenset[str] = frozenset()
    open_lists: frozenset[str] = frozenset()
    alike: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_FIELD_DEFAULTS = {
    "externalId": "false",
    "required": "false",
    "unique": "false",
    "sorted": "false",
    "default": "false",
    "isActive": "true",
    "fieldManageability": "DeveloperControlled",
}
_SHARES = frozenset({"accessType", "folderShares", "publicFolderAccess", "sharedTo"})  # who may open it
LOOKING: dict[str, Looking] = {
    "CustomObject": Looking(defaults={"visibility": "Public"}, watched=("sharingModel", "deploymentStatus")),
    "CustomField": Looking(
        defaults=_FIELD_DEFAULTS,
        watched=(
            "required",
            "unique",
            "externalId",
            "defaultValue",
            "formula",
            "length",
            "precision",
            "scale",
            "isActive",
            "controllingField",
            "valueSetName",
        ),
    ),
    "CustomMetadata": Looking(defaults={"protected": "false"}, open_lists=frozenset({"values"})),
    "Flow": Looking(
        everything=True,
        ignored=frozenset(
            {
                "elementSubtype",
                "environments",
                "interviewLabel",
                "nameSegment",
                "processMetadataValues",
                "queriedFields",
                "versionString",
            }
        ),
        defaults={
            "areMetricsLoggedToDataCloud": "false",
            "assignNullValuesIfNoRecordsFound": "false",
            "isAdditionalPermissionRequiredToRun": "false",
            "isOverridable": "false",
            "isTemplate": "false",
            "doesRequireRecordChangedToMeetCriteria": "false",
            "runInMode": "DefaultMode",
            "filterLogic": "formula_evaluates_to_true",
        },
        # Neither runs: a flow that is switched off turns from the one into the other. reference/salesforce.md 4.9
        alike={"status": ("Draft", "Obsolete")},
    ),
    "ApexClass": Looking(),
    "ApexTrigger": Looking(),
    "PermissionSet": Looking(
        defaults={"hasActivationRequired": "false"}, watched=("userPermissions", "objectPermissions", "license")
    ),
    "CustomNotificationType": Looking(),
    "EmailFolder": Looking(),
    "EmailTemplate": Looking(),
    "WorkflowAlert": Looking(defaults={"protected": "false"}, watched=("ccEmails", "senderAddress")),
    "Queue": Looking(
        ignored=frozenset({"queueMembers", "doesSendEmailToMembers", "email", "queueRoutingConfig"}),
        open_lists=frozenset({"queueSobject"}),
    ),
    "BusinessHours": Looking(watched=("*Time",), theirs=frozenset({"default"})),
    "Report": Looking(
        everything=True,
        only=reporting.REPORT,
        defaults={"columnToColumn": "false", "dateGranularity": "Day", "isCrossBlock": "false", "isUnlocked": "true"},
    ),
    "ReportFolder": Looking(theirs=_SHARES),
    "Dashboard": Looking(everything=True, only=reporting.DASHBOARD),
    "DashboardFolder": Looking(theirs=_SHARES),
    "ListView": Looking(everything=True, only=reporting.VIEW),
    "ValidationRule": Looking(defaults={"shouldEvaluateOnClient": "false"}, watched=("errorDisplayField",)),
    "LeadConvertMapping": Looking(everything=True),
    "Holiday": Looking(
        defaults={"isRecurring": "false"}, watched=("startTime", "endTime"), open_lists=frozenset({"businessHours"})
    ),
}


def compare(desired: Resource, live: Resource) -> Resource:
    """`live` reduced to what is compared with `desired`; equal attributes mean no difference."""
    if desired.address.is_by_hand:
        return live
    looking = LOOKING.get(desired.address.kind, Looking())
    live = with_theirs(live, desired)
    found = reporting.seen(live.attributes, looking.only) if looking.only else live.attributes
    return Resource(live.address, _dict(desired.address.kind, desired.attributes, found, looking))


def _dict(parent: str, want: Mapping[str, Any], have: Mapping[str, Any], looking: Looking) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for name, value in want.items():
        alike = looking.alike.get(name, ())  # a list is no member of anything, and not to be asked for in a set
        if name in looking.ignored or name in looking.theirs or (value in alike and have.get(name) in alike):
            answer[name] = value
        elif name in have:
            answer[name] = _any(parent, name, value, have[name], looking)
        elif looking.defaults.get(name) == value:
            answer[name] = value
    for name, value in have.items():
        if name not in want and _counts(name, value, looking):
            answer[name] = _unknown(value, looking)
    return dict(sorted(answer.items()))


def _unknown(value: Any, looking: Looking) -> Any:
    """What is not desired (any more), without what the server adds to it: as it was when it was recorded."""
    if not looking.ignored:
        return value
    if isinstance(value, Mapping):
        return {name: _unknown(item, looking) for name, item in value.items() if name not in looking.ignored}
    return [_unknown(item, looking) for item in value] if isinstance(value, list) else value


def _counts(name: str, value: Any, looking: Looking) -> bool:
    if name in looking.ignored or name in looking.theirs or looking.defaults.get(name, _NOTHING) == value:
        return False
    return looking.everything or any(
        name == watched or (watched[0] == "*" and name.endswith(watched[1:])) for watched in looking.watched
    )


_NOTHING = object()


def _any(parent: str, name: str, want: Any, have: Any, looking: Looking) -> Any:
    if isinstance(want, Mapping) and isinstance(have, Mapping):
        return _dict(name, want, have, looking)
    if isinstance(want, list) and isinstance(have, list):
        return _list(parent, name, want, have, looking)
    return have


def _list(parent: str, name: str, want: list[Any], have: list[Any], looking: Looking) -> list[Any]:
    """Keyed lists by key, others by place. Items we do not know count, except in lists that others may add to."""
    key = LISTS.get((parent, name))
    is_open = name in looking.open_lists
    if key == "":
        return [item for item in have if not is_open or item in want]
    if key is None:
        return [_any(name, "", want[i], item, looking) if i < len(want) else item for i, item in enumerate(have)]
    wanted = {item.get(key, ""): item for item in want}
    answer = []
    for item in have:
        mine = wanted.get(item.get(key, ""))
        if mine is not None:
            answer.append(_dict(name, mine, item, looking))
        elif not is_open:
            answer.append(_unknown(item, looking))
    present = {item.get(key, "") for item in have}
    # A value that is not there and a value that is nil are the same.
    answer += [item for name, item in wanted.items() if name not in present and item.get("value", "") is None]
    return sorted(answer, key=lambda item: str(item.get(key, "")))


_WORDS = {
    "CustomObject": "Custom metadata type",
    "CustomField": "Field (on Lead, or of a custom metadata type)",
    "CustomMetadata": "Custom metadata record",
    "Flow": "Flow",
    "ApexClass": "Apex class",
    "ApexTrigger": "Apex trigger",
    "PermissionSet": "Permission set",
    "CustomNotificationType": "Notification type",
    "EmailFolder": "Folder of email templates",
    "EmailTemplate": "Email template",
    "WorkflowAlert": "Email alert",
    "Queue": "Queue",
    "Report": "Report",
    "ReportFolder": "Folder of reports",
    "Dashboard": "Dashboard",
    "DashboardFolder": "Folder of dashboards",
    "ListView": "List view",
    "BusinessHours": "Business hours",
    "ValidationRule": "Validation rule",
    "LeadConvertMapping": "Field mapping of the lead conversion",
    "Holiday": "Holiday",
}


def explain_comparison() -> str:
    """The page docs/what-we-compare.md (Markdown), written from the tables above."""
    lines = [
        "# What we compare, and what we do not",
        "",
        "`plan` and `drift` compare what the design renders with what is in the org. This page is generated from the",
        "tables that do it. Canvas positions, indentation, the order of keyed elements, `5` against `5.0` and spaces",
        "around a text never count, for any kind.",
        "",
        "Not compared at all: anything whose name the design does not render and the ledger does not list.",
        "",
    ]
    for kind, looking in LOOKING.items():
        switches = (
            ["- Whether a switch is on is theirs: never compared, never overwritten."] if kind == SWITCHES else []
        )
        lines += [f"## {_WORDS[kind]} (`{kind}`)", "", *_rules(looking), *switches, ""]
    return "\n".join(lines)


def _rules(looking: Looking) -> list[str]:
    def names(found: Any) -> str:
        return ", ".join(f"`{name}`" for name in sorted(found))

    if looking.everything:
        lines = ["- Everything in it is compared: an element added by hand is a difference."]
    else:
        lines = ["- What the design renders is compared; other elements are left alone."]
    if looking.only:
        lines = [f"- Compared, also where a person added it: {names(looking.only)}. Nothing else."]
    if looking.watched:
        lines.append(f"- Compared although the design does not render it: {names(looking.watched)}.")
    if looking.ignored:
        lines.append(f"- Never compared: {names(looking.ignored)}.")
    if looking.theirs:
        lines.append(f"- The org's value is accepted: {names(looking.theirs)}.")
    if looking.defaults:
        pairs = ", ".join(f"`{name}` = `{value}`" for name, value in sorted(looking.defaults.items()))
        lines.append(f"- The same as leaving it out: {pairs}.")
    for name, values in sorted(looking.alike.items()):
        lines.append(f"- `{name}`: {' and '.join(f'`{value}`' for value in values)} are the same.")
    if looking.open_lists:
        lines.append(f"- Others may add to: {names(looking.open_lists)}; only our items are compared.")
    return lines
