"""Writing the ledger property: before the first creation, and after the last change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioner.errors import TargetError, Unreachable
from provisioner.resources import Address
from provisioner.targets.hubspot.session import lease, ledger
from provisioner.targets.hubspot.session.door import Door
from provisioner.targets.hubspot.session.faults import Answered
from provisioner.targets.hubspot.session.lease import Lease
from provisioner.targets.hubspot.session.ledger import Entry
from provisioner.targets.hubspot.session.once import NOT_FOUND, create_once, delete_once
from provisioner.targets.hubspot.session.pace import Pace
from provisioner.targets.hubspot.session.read import read_groups, read_properties
from provisioner.targets.hubspot.session.state import Raw, State

ATTEMPTS = 6
HOST_PROPERTY = "hubspot_owner_id"  # its group is HubSpot's own and cannot be deleted


class Memory:
    """`meta` is what the ledger says of the run: plan, applied_at, applied_by, tool."""

    def __init__(self, door: Door, pace: Pace, state: State, design: str, meta: Mapping[str, Any]) -> None:
        self._door = door
        self._pace = pace
        self._state = state
        self._design = design
        self._meta = meta
        self._name = ledger.property_name(state.prefix)
        self._held: Lease | None = None
        self._held_at = 0.0  # monotonic

    @property
    def entries(self) -> Mapping[Address, Entry]:
        return self._state.record.entries

    def begin(self, entries: Mapping[Address, Entry]) -> None:
        """Say who is applying, with these entries. TargetError when another run says so of itself, at the same moment:
        the later one of both goes on."""
        self._held = lease.taken(str(self._meta.get("applied_by") or ""))
        self._held_at = self._pace.now()
        self.write(entries, final=False)
        raw = read_properties(self._door, ledger.OBJECT).get(self._name)
        other = lease.read(ledger.about_of(raw, self._name)) if raw is not None else None
        if other is not None and other.run != self._held.run and lease.in_the_way(other, datetime.now(UTC)):
            raise TargetError(
                f"Another apply began at the same moment: by {other}. This one has stopped.",
                advice="Wait until it has ended, then plan again.",
            )

    def renew(self) -> None:
        """Between two stages: a run that takes long says that it is still there."""
        if self._held is not None and self._pace.now() - self._held_at >= lease.RENEWED:
            self._held = lease.renewed(self._held)
            self._held_at = self._pace.now()
            self.write(self.entries, final=False)

    def write(self, entries: Mapping[Address, Entry], *, final: bool) -> None:
        """All entries at once. Before the end the ledger keeps saying which plan was applied last."""
        known = self._state.record.meta
        held = None if final else self._held or self._state.record.lease
        meta = self._signed() if final else known or self._meta
        content = ledger.encode(self._design, entries, meta, held)
        if self._state.record.exists:
            self._change(content)
        else:
            self._create(content)
        self._state.record = replace(
            self._state.record, exists=True, design=self._design, entries=dict(entries), lease=held
        )

    def _signed(self) -> Mapping[str, Any]:
        """What is said of the run, with its end by the portal's own clock, rounded up to a whole second: whoever looks
        for later changes compares it with instants of that clock, and ours may be wrong."""
        told = self._door.transport.told_at
        if told is None:
            return self._meta
        return {**self._meta, "applied_at": (told + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}

    def _create(self, content: Raw) -> None:
        what = "create the ledger property"
        body = ledger.creation(self._state.prefix, self._group(), content)
        method = self._door.api("crm.properties.core_api").create
        create_once(
            self._pace,
            lambda: self._door.change(what, method, ledger.OBJECT, body, repeatable=False),
            lambda: self._found(content),
            what,
        )

    def _found(self, content: Raw) -> Raw | None:
        raw = read_properties(self._door, ledger.OBJECT).get(self._name)
        return raw if raw is not None and raw.get("description") == content["description"] else None

    def _change(self, content: Raw) -> None:
        """What was just created may be invisible for a moment."""
        method = self._door.api("crm.properties.core_api").update
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._door.change(
                    "write the ledger property", method, ledger.OBJECT, self._name, content, repeatable=True
                )
                return
            except Answered as refused:
                if refused.status != NOT_FOUND or attempt == ATTEMPTS:
                    raise
                self._pace.sleep(self._pace.visible_first * attempt)

    def forget(self) -> None:
        """Nothing of ours is left: the ledger goes too."""
        method = self._door.api("crm.properties.core_api").archive
        what = "archive the ledger property"
        delete_once(lambda: self._door.change(what, method, ledger.OBJECT, self._name, repeatable=True))
        self._state.record = ledger.Record()

    def _group(self) -> str:
        properties = self._state.properties.get(ledger.OBJECT, {})
        host = properties.get(HOST_PROPERTY, {}).get("groupName")
        if host:
            return str(host)
        native = sorted(str(raw["groupName"]) for raw in properties.values() if _is_native(raw))
        found = native or sorted(read_groups(self._door, ledger.OBJECT))
        if not found:
            raise Unreachable("This portal has no property group for contacts, not even HubSpot's own.")
        return found[0]


def _is_native(raw: Mapping[str, Any]) -> bool:
    return raw.get("hubspotDefined") is True and bool(raw.get("groupName"))
