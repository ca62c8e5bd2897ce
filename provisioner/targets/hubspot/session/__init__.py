"""The talking half of the HubSpot target: one session per connection. Raises only TargetError.

What resources look like is in `shapes`; what references mean, in `targets/hubspot/resolve.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from provisioner.connections import Connection
from provisioner.diagnostics import Diagnostic
from provisioner.errors import TargetError
from provisioner.facts import Evidence, Facts, Scope
from provisioner.model.design import Design
from provisioner.planning.plan import Plan, Touched
from provisioner.resources import Address, Resource, Snapshot
from provisioner.secrets import Secret
from provisioner.targets.base import Ledger, Live, OrgIdentity, Outcome, Places, Progress, Reference
from provisioner.targets.http.discreet import discreet, scrub
from provisioner.targets.http.trust import checked_origin, checked_token
from provisioner.targets.http.wire import Wire
from provisioner.targets.hubspot.session.account import Portal, read_portal
from provisioner.targets.hubspot.session.check import check
from provisioner.targets.hubspot.session.counting import records_with, running
from provisioner.targets.hubspot.session.door import Door
from provisioner.targets.hubspot.session.expected import Account, missing
from provisioner.targets.hubspot.session.faults import MissingScopes
from provisioner.targets.hubspot.session.ledger import occupied
from provisioner.targets.hubspot.session.pace import Pace
from provisioner.targets.hubspot.session.read import read_live, read_properties
from provisioner.targets.hubspot.session.reads import is_read
from provisioner.targets.hubspot.session.shapes import OBJECT, object_of
from provisioner.targets.hubspot.session.state import Raw, State
from provisioner.targets.hubspot.session.steps import tick, untick
from provisioner.targets.hubspot.session.touched import touched
from provisioner.targets.hubspot.session.traced import traced
from provisioner.targets.hubspot.session.transport import Transport
from provisioner.targets.hubspot.session.versions import Versions
from provisioner.targets.hubspot.session.write import Writer

__all__ = ["HubSpotSession", "connect"]

HOME = "https://api.hubapi.com"  # one host for all regions ([spec] reference/hubspot.md 1.1)


class HubSpotSession:
    """Implements `Session`, `Looking`, `Ticking`, `Telling`, `Tracing`, `Finishing`, `Occupied`, `Auditing` of
    `targets.base`.

    Sends nothing before it is asked something.
    """

    def __init__(self, transport: Transport, connection: str, pace: Pace) -> None:
        self.door = Door(transport)
        self._transport = transport
        self._connection = connection
        self._pace = pace
        self._portal: Portal | None = None
        self._state: State | None = None
        self._seen: State | None = None  # of the last reading, also when it did not come to its end
        self._prefix = ""  # of the design that was read or audited last
        self._object = OBJECT  # that holds the leads of the design that was read last

    @property
    def api_calls(self) -> int:
        """HTTP requests sent so far, retries included."""
        return self._transport.calls

    def close(self) -> None:
        """Close the connections. The session stays usable; it opens new ones."""
        self._transport.close()

    @property
    def portal(self) -> Portal:
        """The account with its time zone and UI domain; asked once per session."""
        if self._portal is None:
            with discreet(self._transport.secrets):
                self._portal = read_portal(self.door)
        return self._portal

    def identity(self) -> OrgIdentity:
        """Which portal this is. Production = accountType STANDARD or anything unknown."""
        origin = self._transport.origin
        return self.portal.identity(self._connection, "" if origin == HOME else origin)

    def read(self, desired: Snapshot, prefix: str) -> Live:
        """Live state of desired and owned addresses; `Live.resolved` is desired with this portal's ids.

        With contacts alone and nothing amiss: at most 8 requests, and further pages; teams, forms and another object
        cost one or two each. Rejected when a reference of the design means nothing here.
        """
        with discreet(self._transport.secrets):
            self._state, self._seen, self._prefix = None, State(prefix), prefix
            self._object = object_of(desired)
            live = read_live(self.door, desired, self._seen, self.portal)
        self._state = self._seen
        return replace(live, notices=tuple(self._scrub(notice) for notice in live.notices))

    def read_former(self, desired: Snapshot, prefix: str) -> Live:
        """As `read`, but people who left still mean whom they were. Nothing can be written after it."""
        with discreet(self._transport.secrets):
            self._state, self._seen, self._prefix = None, State(prefix), prefix
            self._object = object_of(desired)
            live = read_live(self.door, desired, self._seen, self.portal, former=True)
        return replace(live, notices=tuple(self._scrub(notice) for notice in live.notices))

    def missing(self, references: Sequence[Reference], places: Places) -> list[Diagnostic]:
        """What the design names and this account does not have, or not in that form. Answered from the last `read`,
        also from one that was refused; without one, one request."""
        with discreet(self._transport.secrets):
            seen = self._seen.properties.get(self._object) if self._seen is not None else None
            properties = read_properties(self.door, self._object) if seen is None else seen
            unresolved = self._seen.unresolved if self._seen is not None else {}
            people = self._seen.emails if self._seen is not None else None
            account = Account(properties, unresolved, self.portal.time_zone, self._object, people)
        found = missing(account, references, places, datetime.now(UTC).date())
        return [replace(item, detail=self._scrub(item.detail), advice=self._scrub(item.advice)) for item in found]

    def touched(self, addresses: Sequence[Address], since: str) -> Mapping[Address, Touched]:
        """Who changed these after the last apply, and when; answered from the last `read`, and at most two requests
        (and further pages) where owners were not read. Without a reading nothing is told."""
        if self._seen is None:
            return {}
        with discreet(self._transport.secrets):
            found = touched(self.door, self._seen, addresses, since)
        return {address: Touched(self._scrub(item.by), item.at) for address, item in found.items()}

    def traced(self, wanted: Sequence[Resource]) -> Mapping[Address, Sequence[Address]]:
        """Workflows that are as they are wanted, but for lists of ours that were deleted. Asks for nothing."""
        return traced(self._seen, wanted) if self._seen is not None else {}

    def is_unfinished(self) -> bool:
        """Whether the ledger that was read last is that of an apply that did not come to its end."""
        held = self._seen.record.lease if self._seen is not None else None
        return held is not None and not held.is_ours() and held.is_over(datetime.now(UTC))

    def occupied(self) -> str:
        """Another apply of ours that is under way, of whatever design; empty when there is none. One request."""
        with discreet(self._transport.secrets):
            return self._scrub(occupied(read_properties(self.door, OBJECT), datetime.now(UTC)))

    def records_with(self, resources: Sequence[Resource]) -> Mapping[Address, int | None]:
        """How many records hold a value in each of these properties; None where the search was refused."""
        with discreet(self._transport.secrets):
            return records_with(self.door, resources)

    def told_at(self) -> datetime | None:
        """What time it was where the account is, when it answered last; None when it has told none."""
        return self._transport.told_at

    def audit(self, design: Design, scope: Scope) -> Facts:
        """What is in the account. Up to 10,000 leads are read, 200 per search; of more, groups are counted by searches
        of their own, whatever the number of leads. About 15 requests besides; 4 searches per second."""
        from provisioner.targets.hubspot.session import audit
        from provisioner.targets.hubspot.session.asking import Asker

        with discreet(self._transport.secrets):
            asker = Asker(self.door, lambda: self.portal, lambda: self._flows_of(design))
            facts = audit.audit(asker, self._properties_of(design.target.object), design, scope)
        self._prefix, self._object = design.target.prefix, design.target.object
        return replace(facts, unasked=tuple(replace(item, why=self._scrub(item.why)) for item in facts.unasked))

    def judged(self, since: Mapping[str, str]) -> Mapping[str, Evidence]:
        """Lead type → the leads of it whose clock started at or after an instant (UTC ISO), of the design that was read
        or audited last; nothing without one. One request per lead type."""
        from provisioner.targets.hubspot.session import audit
        from provisioner.targets.hubspot.session.asking import Asker

        if not self._prefix:
            return {}
        with discreet(self._transport.secrets):
            asker = Asker(self.door, lambda: self.portal, dict)
            return audit.judged(asker, self._object, self._prefix, since)

    def earlier(
        self, design: Design, scope: Scope, values: Mapping[str, Sequence[str]]
    ) -> Mapping[tuple[str, str], Evidence]:
        """Field and value → its leads from before the window; what cannot be counted is left out, and so are all values
        beyond the first fifty. One request each."""
        from provisioner.targets.hubspot.session import audit
        from provisioner.targets.hubspot.session.asking import Asker

        with discreet(self._transport.secrets):
            asker = Asker(self.door, lambda: self.portal, dict)
            return audit.earlier(asker, design, scope, values)

    def underway(self, lead_types: Sequence[str], prefix: str) -> Mapping[str, int]:
        """Lead type → records whose clock of it runs. One request each."""
        with discreet(self._transport.secrets):
            return running(self.door, self._object, prefix, lead_types)

    def _properties_of(self, object: str) -> Mapping[str, Raw] | None:
        """None: this token may not read them."""
        known = self._seen.properties.get(object) if self._seen is not None else None
        if known is not None:
            return known
        try:
            return read_properties(self.door, object)
        except MissingScopes:
            return None

    def _flows_of(self, design: Design) -> Mapping[str, Mapping[str, Any]]:
        from provisioner.targets.hubspot.session.audit import flows_by_name

        seen = self._seen
        if seen is not None and seen.prefix == design.target.prefix and seen.flows:
            return {address.name: raw for address, raw in seen.flows.items()}
        return flows_by_name(self.door, design)

    def check(self, plan: Plan) -> None:
        """Hold the plan against what was read. Rejected carries every problem. HubSpot itself has no dry run."""
        state = self._known(plan)
        with discreet(self._transport.secrets):
            check(self.door, plan, state)

    def write(self, plan: Plan, ledger: Ledger) -> Iterator[Progress | Outcome]:
        """Carry out the plan in the order of dependencies. Every change gets exactly one Outcome.

        An error that stopped the work is raised after the outcomes. Manual steps are skipped with the text "manual".
        """
        state = self._known(plan)
        self._state = None  # half of it is old once this has begun
        writer = Writer(self.door, self._pace, self.portal, plan, state)
        with discreet(self._transport.secrets):
            for event in writer.write(ledger):
                yield replace(event, message=self._scrub(event.message))

    def tick(self, steps: Sequence[Resource], design: str, prefix: str, *, by: str, at: str) -> None:
        """Remember that a person has done manual steps (as resolved for this portal). `at` is UTC ISO."""
        with discreet(self._transport.secrets):
            tick(self.door, self._pace, steps, design, prefix, f"{by} {at}")

    def untick(self, addresses: Sequence[Address], prefix: str) -> frozenset[Address]:
        """Forget them again; those that were ticked."""
        with discreet(self._transport.secrets):
            return untick(self.door, self._pace, addresses, prefix)

    def _scrub(self, text: str) -> str:
        return scrub(text, self._transport.secrets())

    def _known(self, plan: Plan) -> State:
        if self._state is None or self._state.prefix != plan.prefix:
            sides = (change.after or change.before for change in plan.changes)
            self.read(Snapshot.of(resource for resource in sides if resource is not None), plan.prefix)
        assert self._state is not None, "read sets it"
        for change in plan.changes:
            if change.before is not None and change.before.address != change.address:
                self._state.rename(change.before.address, change.address)
        return self._state


def connect(connection: Connection, pace: Pace | None = None, *, read_only: bool = False) -> HubSpotSession:
    """A session for this connection; no request is sent yet. TargetError when the connection cannot be used.

    `read_only`: whatever is no read raises WouldWrite instead of being sent.
    """
    if connection.platform != "hubspot":
        raise TargetError(f"Connection {connection.name!r} is for {connection.platform}, not for HubSpot.")
    if connection.auth.get("method") != "access_token":
        raise TargetError(
            f"Connection {connection.name!r} has no access_token, the only way into HubSpot that we know.",
            advice='Create a service key and refer to it: access_token = {env = "NAME_OF_A_VARIABLE"}.',
        )
    secret = connection.auth.get("access_token")
    token = checked_token(secret.reveal() if isinstance(secret, Secret) else "", connection.name)
    origin = checked_origin(connection.instance_url or HOME, "instance_url", HOME)
    chosen = pace or Pace()
    wire = Wire("HubSpot", connection.timeout_seconds, chosen.now, is_read if read_only else None)
    transport = Transport(origin, token, wire, chosen, Versions(connection.api_version))
    return HubSpotSession(transport, connection.name, chosen)
