"""Lists (segments): created, renamed, given other filters, deleted ([docs] reference/hubspot.md 6.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.errors import Rejected, Unreachable
from provisioner.planning.plan import Change
from provisioner.resources import Address, Resource
from provisioner.targets.hubspot.session import bodies
from provisioner.targets.hubspot.session.door import Door, mapping
from provisioner.targets.hubspot.session.faults import Answered
from provisioner.targets.hubspot.session.once import NOT_FOUND, create_once, delete_once
from provisioner.targets.hubspot.session.pace import Pace
from provisioner.targets.hubspot.session.state import Raw, State


@dataclass(frozen=True, slots=True)
class Lists:
    door: Door
    pace: Pace
    state: State

    @property
    def _api(self) -> Any:
        return self.door.api("crm.lists.lists_api")

    def create(self, resource: Resource) -> str:
        body = bodies.with_ids(resource, self.state)
        what = f"create the list {body['name']!r}"
        answer = create_once(
            self.pace,
            lambda: self.door.change(what, self._api.create, body, repeatable=False),
            lambda: self._by_name(body),
            what,
        )
        raw = mapping(answer.get("list", answer), what)
        if not raw.get("listId"):
            raise Unreachable(f"HubSpot's answer names no listId ({what}).")
        self.state.lists[resource.address] = raw
        return ""

    def _by_name(self, body: Raw) -> Raw | None:
        """The list that this creation would have made: same name, same kind. Names are unique per object type."""
        what, type = "look for a list by name", body["objectTypeId"]
        method = self._api.get_by_name
        try:
            answer = self.door.look(what, method, body["name"], type, include_filters=True)
        except Answered as refused:
            if refused.status == NOT_FOUND:
                return None
            raise
        raw = mapping(mapping(answer, what).get("list"), what)
        return raw if raw.get("processingType") == body.get("processingType") else None

    def change(self, change: Change) -> str:
        resource = change.after
        assert resource is not None, "a change keeps something"
        live, body = self.state.lists.get(resource.address), bodies.with_ids(resource, self.state)
        if live is None:
            raise Rejected(f"{resource.address} is not there any more")
        id, name = str(live["listId"]), body["name"]
        if live.get("name") != name:
            what = f"rename the list {live.get('name')!r}"
            self.door.change(what, self._api.update_name, id, list_name=name, repeatable=True)
        if _differs(change, "filterBranch"):
            what = f"change the filters of the list {name!r}"
            filters = {"filterBranch": body["filterBranch"]}
            self.door.change(what, self._api.update_list_filters, id, filters, repeatable=True)
        return ""

    def delete(self, address: Address) -> str:
        raw = self.state.lists.get(address)
        if raw is None:
            return "it was not there any more"
        what = f"delete the list {raw.get('name')!r}"
        gone = delete_once(lambda: self.door.change(what, self._api.remove, str(raw["listId"]), repeatable=True))
        return "deleted; it can be restored for 90 days" if gone else "it was not there any more"


def _differs(change: Change, key: str) -> bool:
    before: Mapping[str, Any] = change.before.attributes if change.before is not None else {}
    after: Mapping[str, Any] = change.after.attributes if change.after is not None else {}
    return before.get(key) != after.get(key)
