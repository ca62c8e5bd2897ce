"""What can be known before the first write: HubSpot has no dry run, so the plan is held against what was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.errors import Rejected
from provisioner.planning.plan import Action, Cause, Change, Plan
from provisioner.resources import Address
from provisioner.targets.hubspot.marker import unmark
from provisioner.targets.hubspot.session import shapes
from provisioner.targets.hubspot.session.bodies import IMMUTABLE, own_references
from provisioner.targets.hubspot.session.door import Door, rows
from provisioner.targets.hubspot.session.faults import Answered, MissingScopes
from provisioner.targets.hubspot.session.premises import missing
from provisioner.targets.hubspot.session.shapes import FLOW, LIST, PROPERTY
from provisioner.targets.hubspot.session.state import State

# [spec] reference/hubspot.md 2.6: the value an absent key stands for.
DEFAULTS = {"hasUniqueValue": False, "externalOptions": False, "dataSensitivity": "non_sensitive"}

Problem = tuple[str, str]


def check(door: Door, plan: Plan, state: State) -> None:
    """Rejected with every problem. At most one request: how many properties the account may still have."""
    problems = [*_adoptions(plan, state), *_renames(plan), *_conversions(plan, state), *_references(plan, state)]
    problems += [*_premises(plan, state), *_room(door, plan)]
    if problems:
        first = "; ".join(f"{where}: {text}" for where, text in problems[:3])
        more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise Rejected(f"HubSpot would not accept this plan: {first}{more}", problems=problems)


def _adoptions(plan: Plan, state: State) -> Iterator[Problem]:
    """What another design made is not there for the taking; of several workflows of one name, none is chosen."""
    for change in plan.changes:
        if change.cause is not Cause.ADOPTED:
            continue
        address, count = change.address, state.namesakes.get(change.address, 0)
        _, mark = unmark(_live(address, state).get("description"))
        if mark is not None and mark.design != plan.design:
            yield str(address), f"belongs to the design {mark.design!r} and cannot be adopted"
        if count > 1:
            yield (
                str(address),
                f"{count} workflows have its name; rename all but the one that is meant, then plan again",
            )


def _live(address: Address, state: State) -> Mapping[str, Any]:
    if address.kind == PROPERTY:
        object, name = shapes.split(address)
        return state.properties.get(object, {}).get(name, {})
    return state.flows.get(address, {}) if address.kind == FLOW else {}


def _renames(plan: Plan) -> Iterator[Problem]:
    """Workflows and lists keep their id under another name; what a property is called is what it is ([spec] 2.2)."""
    for change in plan.changes:
        moved = change.before is not None and change.before.address != change.address
        if moved and change.before is not None and change.address.kind not in (FLOW, LIST):
            yield str(change.address), f"was {change.before.address}, and HubSpot cannot rename it"


def _conversions(plan: Plan, state: State) -> Iterator[Problem]:
    """What HubSpot fixes at creation, and conversions nobody has established ([spec] [inferred] 2.2)."""
    for change in plan.changes:
        if change.action is not Action.UPDATE or change.after is None:
            continue
        if change.address.kind != PROPERTY:
            yield from _other_object(change)
            continue
        object, name = shapes.split(change.address)
        live = state.properties.get(object, {}).get(name, {})
        wanted = change.after.attributes
        if _is_read_only(live):
            yield str(change.address), "its definition is HubSpot's own and cannot be changed"
        for key in ("type", *IMMUTABLE):
            default = DEFAULTS.get(key)
            if key in wanted and wanted[key] != live.get(key, default):
                yield (
                    str(change.address),
                    f"{key} is {live.get(key, default)!r} and cannot become {wanted[key]!r}; archive the property by "
                    "hand, or give the design another prefix",
                )


def _other_object(change: Change) -> Iterator[Problem]:
    """A list or workflow keeps the object it was made for ([spec] reference/hubspot.md 4.2, 6.5)."""
    before = change.before.attributes.get("objectTypeId") if change.before else None
    after = change.after.attributes.get("objectTypeId") if change.after else None
    if before is not None and after is not None and before != after:
        yield (
            str(change.address),
            f"it is for the object {before} and cannot become one for {after}; destroy the design first, or give it "
            "another prefix",
        )


def _is_read_only(live: Mapping[str, Any]) -> bool:
    about = live.get("modificationMetadata")
    return isinstance(about, dict) and about.get("readOnlyDefinition") is True


def _references(plan: Plan, state: State) -> Iterator[Problem]:
    """Our own lists and flows are there, or this plan makes them."""
    made = {change.address for change in plan.changes if change.action is Action.CREATE}
    for change in plan.changes:
        if change.after is None:
            continue
        for address in sorted(own_references(change.after)):
            if address not in made and state.id_of(address) is None:
                yield str(change.address), f"refers to {address}, which is neither there nor in this plan"


def _premises(plan: Plan, state: State) -> Iterator[Problem]:
    """The client's own properties that lists and flows rely on are there."""
    kept = [change.after for change in plan.changes if change.after is not None]
    made = (resource.address for resource in kept)
    for item in missing(kept, state.properties, made):
        yield str(item.address), str(item)


def _room(door: Door, plan: Plan) -> Iterator[Problem]:
    """The account's limit of custom properties. Not every key may read it; then HubSpot says it when it is reached."""
    new: dict[str, int] = {}
    for change in plan.changes:
        if _is_new_property(change):
            object = shapes.split(change.address)[0]
            new[object] = new.get(object, 0) + 1
    if not new:
        return
    what = "say how many custom properties are left"
    try:
        body = door.get(what, "/crm/v3/limits/custom-properties")
    except (MissingScopes, Answered):
        return
    for row in rows(body, "byObjectType", what):
        for object, count in new.items():
            left = _left(row)
            if str(row.get("objectTypeId")) == shapes.OBJECT_TYPES.get(object) and left is not None and left < count:
                yield f"{object}", f"the account has room for {left} more properties, this plan creates {count}"


def _is_new_property(change: Change) -> bool:
    return change.action is Action.CREATE and change.address.kind == PROPERTY


def _left(row: Mapping[str, Any]) -> int | None:
    limit, usage = row.get("limit"), row.get("usage")
    return limit - usage if isinstance(limit, int) and isinstance(usage, int) else None
