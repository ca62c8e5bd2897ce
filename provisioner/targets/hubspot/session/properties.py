"""Groups and properties: created in batches, changed and archived one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from provisioner.errors import Rejected, TargetError
from provisioner.planning.plan import Change
from provisioner.resources import Address, Resource
from provisioner.targets.http.reply import Lost
from provisioner.targets.hubspot.marker import Mark, unmark
from provisioner.targets.hubspot.session import bodies, shapes
from provisioner.targets.hubspot.session.door import Door
from provisioner.targets.hubspot.session.faults import Answered, MissingScopes
from provisioner.targets.hubspot.session.once import create_once, delete_once, wait_until
from provisioner.targets.hubspot.session.pace import Pace
from provisioner.targets.hubspot.session.read import read_groups, read_properties
from provisioner.targets.hubspot.session.state import Raw, State

BATCH = 100  # assumed ([docs][spec] reference/hubspot.md 1.5)
Result = tuple[Address, str | TargetError]  # a message for done ("" for nothing to say), or why not


@dataclass(frozen=True, slots=True)
class Properties:
    door: Door
    pace: Pace
    state: State
    note: Callable[[Resource], Mark]

    # ------------------------------------------------------------ groups

    def create_group(self, resource: Resource) -> str:
        object, name = shapes.split(resource.address)
        method, body = self.door.api("crm.properties.groups_api").create, dict(resource.attributes)
        what = f"create the property group {name}"
        create_once(
            self.pace,
            lambda: self.door.change(what, method, object, body, repeatable=False),
            lambda: self._same_group(object, body),
            what,
        )
        return ""

    def _same_group(self, object: str, body: Raw) -> Raw | None:
        found = read_groups(self.door, object).get(str(body.get("name")))
        return found if found is not None and found.get("label") == body.get("label") else None

    def change_group(self, resource: Resource) -> str:
        object, name = shapes.split(resource.address)
        body = {key: value for key, value in resource.attributes.items() if key != "name"}
        method = self.door.api("crm.properties.groups_api").update
        self.door.change(f"change the property group {name}", method, object, name, body, repeatable=True)
        return ""

    def delete_group(self, address: Address) -> str:
        """Rejected when properties that are not ours live in it: HubSpot would refuse, and we would not want it."""
        object, name = shapes.split(address)
        guests = [raw for raw in read_properties(self.door, object).values() if raw.get("groupName") == name]
        if guests:
            named = ", ".join(sorted(str(raw.get("name")) for raw in guests)[:5])
            raise Rejected(f"it still holds properties: {named}", advice="Move them to another group by hand.")
        method = self.door.api("crm.properties.groups_api").archive
        what = f"delete the property group {name}"
        gone = delete_once(lambda: self.door.change(what, method, object, name, repeatable=True))
        return "" if gone else "it was not there any more"

    # -------------------------------------------------------- properties

    def create(self, resources: Iterable[Resource]) -> Iterator[Result]:
        """One result per property, once all that were made can be read."""
        by_object: dict[str, list[Resource]] = {}
        for resource in resources:
            by_object.setdefault(shapes.split(resource.address)[0], []).append(resource)
        for object, items in by_object.items():
            for start in range(0, len(items), BATCH):
                yield from self._create_some(object, items[start : start + BATCH])

    def _create_some(self, object: str, items: list[Resource]) -> Iterator[Result]:
        made = self._batch(object, items) if len(items) > 1 else set()
        failed: dict[Address, TargetError] = {}
        for resource in items:
            if shapes.split(resource.address)[1] not in made:
                try:
                    self._create_one(object, resource)
                except (Rejected, MissingScopes) as refused:
                    failed[resource.address] = refused
        created = [resource for resource in items if resource.address not in failed]
        found = self._visible(object, created)
        yield from failed.items()
        for resource in created:
            yield resource.address, self._judge(object, resource, found)

    def _batch(self, object: str, items: list[Resource]) -> set[str]:
        """The names that one request made. What it did not make is tried alone, for an answer of its own."""
        inputs = [bodies.property_body(resource, self.note(resource)) for resource in items]
        method = self.door.api("crm.properties.batch_api").create
        what = f"create {len(items)} properties of {object}"
        try:
            answer = self.door.change(what, method, object, {"inputs": inputs}, repeatable=False)
        except (Lost, Answered):
            return {name for name, raw in read_properties(self.door, object).items() if self._is_made(raw, items)}
        results = answer.get("results") if isinstance(answer, dict) else None
        return {str(row.get("name")) for row in results or () if isinstance(row, dict)}

    def _is_made(self, raw: Raw, items: Iterable[Resource]) -> bool:
        _, mark = unmark(raw.get("description"))
        return mark is not None and any(mark == self.note(resource) for resource in items)

    def _create_one(self, object: str, resource: Resource) -> None:
        method = self.door.api("crm.properties.core_api").create
        body = bodies.property_body(resource, self.note(resource))
        what = f"create the property {body['name']} of {object}"
        create_once(
            self.pace,
            lambda: self.door.change(what, method, object, body, repeatable=False),
            lambda: self._ours(object, resource),
            what,
        )

    def _ours(self, object: str, resource: Resource) -> Raw | None:
        raw = read_properties(self.door, object).get(shapes.split(resource.address)[1])
        return raw if raw is not None and self._is_made(raw, [resource]) else None

    def _visible(self, object: str, created: list[Resource]) -> dict[str, Raw]:
        names = {shapes.split(resource.address)[1] for resource in created}
        found: dict[str, Raw] = {}

        def all_there() -> bool:
            found.clear()
            found.update(read_properties(self.door, object))
            return names <= found.keys()

        if names:
            wait_until(self.pace, all_there)
        self.state.properties.setdefault(object, {}).update(found)
        return found

    def _judge(self, object: str, resource: Resource, found: dict[str, Raw]) -> str | TargetError:
        """A name that was archived may have come back as what it once was ([community, live] 2.5)."""
        name = shapes.split(resource.address)[1]
        raw, old = found.get(name), self.state.archived.get(object, {}).get(name)
        if raw is None:
            return Rejected(f"it was created, but cannot be read after {self.pace.visible_limit:.0f} s")
        differing = [key for key in ("type", "fieldType") if raw.get(key) != resource.attributes.get(key)]
        if differing:
            was = ", ".join(f"{key} {raw.get(key)!r}" for key in differing)
            return Rejected(f"a property of this name came back as it once was: {was}")
        if old is not None and raw.get("createdAt") == old.get("createdAt"):
            return "restored from the archive: records may show values from before"
        return ""

    def change(self, change: Change) -> str:
        resource = change.after
        assert resource is not None, "a change keeps something"
        object, name = shapes.split(resource.address)
        live = self.state.properties.get(object, {}).get(name, {})
        body = bodies.property_changes(resource, live, self.note(resource))
        method = self.door.api("crm.properties.core_api").update
        self.door.change(f"change the property {name} of {object}", method, object, name, body, repeatable=True)
        return ""

    def delete(self, address: Address) -> str:
        object, name = shapes.split(address)
        method = self.door.api("crm.properties.core_api").archive
        what = f"archive the property {name} of {object}"
        gone = delete_once(lambda: self.door.change(what, method, object, name, repeatable=True))
        return "archived; HubSpot keeps it for 90 days" if gone else "it was not there any more"

    def wait_until_gone(self, addresses: Iterable[Address]) -> None:
        names: dict[str, set[str]] = {}
        for address in addresses:
            object, name = shapes.split(address)
            names.setdefault(object, set()).add(name)
        for object, some in names.items():
            wait_until(self.pace, lambda o=object, s=some: not s & read_properties(self.door, o).keys())  # type: ignore[misc]


def is_calculated(resource: Resource) -> bool:
    return resource.attributes.get("fieldType") == "calculation_equation"


def in_levels(resources: Iterable[Resource]) -> list[list[Resource]]:
    """Formulas after what they use: each level needs only earlier ones. A circle ends up in one level together."""
    remaining = list(resources)
    levels: list[list[Resource]] = []
    while remaining:
        names = {shapes.split(resource.address)[1] for resource in remaining}
        level = [resource for resource in remaining if not _uses(resource) & (names - {_name(resource)})] or remaining
        levels.append(level)
        remaining = [resource for resource in remaining if resource not in level]
    return levels


def _uses(resource: Resource) -> set[str]:
    return set(re.findall(r"[a-z][a-z0-9_]*", str(resource.attributes.get("calculationFormula") or "")))


def _name(resource: Resource) -> str:
    return shapes.split(resource.address)[1]
