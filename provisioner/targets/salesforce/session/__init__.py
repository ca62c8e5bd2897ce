"""The talking half of the Salesforce target: one session per connection. Raises only TargetError."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provisioner.connections import Connection, is_loopback
from provisioner.diagnostics import Diagnostic
from provisioner.errors import TargetError
from provisioner.facts import Evidence, Facts, Scope
from provisioner.model.design import Design
from provisioner.planning.plan import Change, Plan, Touched
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.base import Ledger, Live, OrgIdentity, Outcome, Places, Progress, Reference
from provisioner.targets.http.discreet import discreet, scrub
from provisioner.targets.http.wire import Wire
from provisioner.targets.salesforce.session import premises, surge
from provisioner.targets.salesforce.session.auth import credentials
from provisioner.targets.salesforce.session.counting import records_losing, records_with, running
from provisioner.targets.salesforce.session.deploy import Deployer
from provisioner.targets.salesforce.session.ledger import Saved
from provisioner.targets.salesforce.session.org import read_identity
from provisioner.targets.salesforce.session.pace import Pace
from provisioner.targets.salesforce.session.queue import occupied
from provisioner.targets.salesforce.session.read import Reading, read_live
from provisioner.targets.salesforce.session.reads import is_read
from provisioner.targets.salesforce.session.recipients import Looked
from provisioner.targets.salesforce.session.record_types import RecordTypes
from provisioner.targets.salesforce.session.rest import Rest
from provisioner.targets.salesforce.session.soap import Soap
from provisioner.targets.salesforce.session.touched import touched
from provisioner.targets.salesforce.session.transport import Transport
from provisioner.targets.salesforce.session.write import Writer
from provisioner.targets.salesforce.versions import said

if TYPE_CHECKING:  # only a backfill needs them
    from datetime import datetime

    from provisioner.past import Filled, Past, PastLead, Row, Seen
    from provisioner.targets.salesforce.session.bulk import Bulk
    from provisioner.targets.salesforce.session.ticking import Ticking

__all__ = ["SalesforceSession", "connect"]


class SalesforceSession:
    """Implements `Session`, `Looking`, `Telling`, `Ticking` and `Occupied` of `targets.base`.

    Signs in with the first request, not before.
    """

    def __init__(self, transport: Transport, connection: Connection, pace: Pace) -> None:
        self.rest = Rest(transport, connection.api_version)
        self._transport = transport
        self._pace = pace
        self._soap = Soap(self.rest, pace)
        self._deployer = Deployer(self.rest, pace)
        self._identity: OrgIdentity | None = None
        self._recorded = Ledger()
        self._seen: Reading | None = None
        self._prefix = ""  # of the design that was read or audited last

    @property
    def api_calls(self) -> int:
        """HTTP requests sent so far, retries and logins included."""
        return self._transport.calls

    def close(self) -> None:
        """Close the connections. The session stays usable; it opens new ones."""
        self._transport.close()

    def identity(self) -> OrgIdentity:
        """Which org this is; asked once per session."""
        if self._identity is None:
            with discreet(self._transport.secrets):
                self._identity = read_identity(self.rest)
        return self._identity

    def read(self, desired: Snapshot, prefix: str) -> Live:
        """Live state of desired and owned addresses. At most 5 requests and the identity's two when nothing goes wrong,
        as many more polls as the org takes to pack its metadata, and one per ten record types (twenty at most) where
        people choose from lists of ours."""
        org = self.identity()
        self._prefix = prefix
        if (version := said(desired)) is not None:
            self.rest.prefer(version)
        with discreet(self._transport.secrets):
            self._seen = read_live(self.rest, self._soap, desired, prefix, org)
        live = self._seen.live
        self._recorded = live.ledger
        return replace(live, notices=tuple(self._scrub(notice) for notice in live.notices))

    def missing(self, references: Sequence[Reference], places: Places) -> list[Diagnostic]:
        """What the design names and this org does not have, or not in that form. At most 3 requests; who is alerted,
        and what record types offer, is answered from the last `read`."""
        with discreet(self._transport.secrets):
            people = Looked() if self._seen is None else self._seen.people
            offers = RecordTypes() if self._seen is None else self._seen.offers
            found = premises.missing(self.rest, people, offers, references, places)
        return [replace(item, detail=self._scrub(item.detail)) for item in found]

    def record_types(self) -> RecordTypes:
        """Which record types of leads do not offer what people have to choose; answered from the last `read`."""
        offers = RecordTypes() if self._seen is None else self._seen.offers
        return replace(offers, unread=self._scrub(offers.unread))

    def touched(self, addresses: Sequence[Address], since: str) -> Mapping[Address, Touched]:
        """Who changed these after the last apply, and when. One request; the rest is answered from the last `read`.

        The org's own time of the last apply counts; `since` (UTC ISO) only where it is not known.
        """
        with discreet(self._transport.secrets):
            seen, saved = (self._seen.components, self._seen.saved) if self._seen is not None else ((), Saved())
            found = touched(self.rest, seen, saved, addresses, since)
        return {address: Touched(self._scrub(item.by), item.at) for address, item in found.items()}

    def occupied(self) -> str:
        """What is being deployed to the org or validated in it right now; empty when nothing is, or we may not ask.
        One request."""
        with discreet(self._transport.secrets):
            return self._scrub(occupied(self.rest))

    def records_with(self, resources: Sequence[Resource]) -> Mapping[Address, int | None]:
        """How many records hold a value in each of these; None where the connection's user may not see it."""
        with discreet(self._transport.secrets):
            return records_with(self.rest, resources)

    def records_losing(self, changes: Sequence[Change]) -> Mapping[Address, int | None]:
        """How many records have a value that one of these changes of fields can lose; None where the connection's user
        may not see it."""
        with discreet(self._transport.secrets):
            return records_losing(self.rest, changes)

    def underway(self, lead_types: Sequence[str], prefix: str) -> Mapping[str, int]:
        """Lead type → leads whose clock of it runs. One request."""
        with discreet(self._transport.secrets):
            return running(self.rest, prefix, lead_types)

    def told_at(self) -> datetime | None:
        """What time it was where the org is, when it answered last; None when it has told none."""
        return self._transport.told_at

    def audit(self, design: Design, scope: Scope) -> Facts:
        """What is in the org, counted by the org itself: about eight requests of five queries, whatever the number of
        leads; two more for each further thousand values of a field, within a bound that is said."""
        from provisioner.targets.salesforce.session import audit

        with discreet(self._transport.secrets):
            seen = self._seen if self._prefix == design.target.prefix else None
            user = self._identity.user if self._identity is not None else ""
            facts = audit.audit(self.rest, design, scope, seen.saved.born if seen is not None else "", user)
            known, unknown = surge.look(
                design, *((None, ()) if seen is None else (seen.live.snapshot, seen.components))
            )
        self._prefix = design.target.prefix
        known = None if known is None else replace(known, by=self._scrub(known.by))
        unasked = tuple(replace(item, why=self._scrub(item.why)) for item in (*facts.unasked, *unknown))
        return replace(facts, surge=known, unasked=unasked)

    def judged(self, since: Mapping[str, str]) -> Mapping[str, Evidence]:
        """Lead type → the leads of it whose clock started at or after an instant (UTC ISO), of the design that was read
        or audited last; nothing without one. One request."""
        from provisioner.targets.salesforce.session import audit

        if not self._prefix:
            return {}
        with discreet(self._transport.secrets):
            return audit.judged(self.rest, self._prefix, since)

    def earlier(
        self, design: Design, scope: Scope, values: Mapping[str, Sequence[str]]
    ) -> Mapping[tuple[str, str], Evidence]:
        """Field and value → its leads from before the window; what cannot be counted is left out. One request for every
        five portions of values."""
        from provisioner.targets.salesforce.session import audit

        with discreet(self._transport.secrets):
            return audit.earlier(self.rest, design, scope, values)

    def recounted(
        self, design: Design, scope: Scope, values: Mapping[str, Sequence[str]], since: Mapping[str, str]
    ) -> tuple[Mapping[tuple[str, str], Evidence], Mapping[str, Evidence]]:
        """What `earlier` and `judged` say. One request for every five questions."""
        from provisioner.targets.salesforce.session import audit

        with discreet(self._transport.secrets):
            return audit.recounted(self.rest, design, scope, values, since)

    def past(self, design: Design, since: datetime | None, until: datetime | None) -> Past:
        """The leads of a window without clock facts, and their past; the leads come while they are walked."""
        from provisioner.targets.salesforce.session import backfill

        with discreet(self._transport.secrets):
            found = backfill.past(self.rest, self._bulk(), design, since, until)
        return replace(found, leads=self._walked(found.leads))

    def _walked(self, leads: Iterable[PastLead]) -> Iterator[PastLead]:
        with discreet(self._transport.secrets):
            yield from leads

    def check_writable(self, design: Design) -> None:
        """NotAllowed when this user may not write our fields. One request."""
        from provisioner.targets.salesforce.session import backfill

        with discreet(self._transport.secrets):
            backfill.writable(self.rest, design)

    def seen(self, design: Design, ids: Sequence[str]) -> Mapping[str, Seen]:
        """These leads as they are now; one request per some 190."""
        from provisioner.targets.salesforce.session import backfill

        with discreet(self._transport.secrets):
            return backfill.recheck(self.rest, design, ids)

    def names(self, ids: Sequence[str]) -> Mapping[str, str]:
        """What these leads are called; one request for a sample."""
        from provisioner.targets.salesforce.session import backfill

        with discreet(self._transport.secrets):
            return backfill.names(self.rest, ids)

    def begin_job(self) -> str:
        """The id of an empty update job."""
        with discreet(self._transport.secrets):
            return self._bulk().begin("Lead")

    def submit_job(self, job: str, rows: Sequence[Row]) -> None:
        """Hand the rows in and set the job to work."""
        columns = dict.fromkeys(column for row in rows for column in row.after)
        with discreet(self._transport.secrets):
            self._bulk().submit(job, ["Id", *columns], ({"Id": row.id, **row.after} for row in rows))

    def finish_job(self, job: str) -> Filled:
        """What became of each row, when the job has ended."""
        with discreet(self._transport.secrets):
            return self._scrubbed(self._bulk().finish(job))

    def settle_job(self, job: str) -> Filled:
        """The same for a job that an earlier run left."""
        with discreet(self._transport.secrets):
            return self._scrubbed(self._bulk().settle(job))

    def _scrubbed(self, filled: Filled) -> Filled:
        return replace(filled, failed={id: self._scrub(text) for id, text in filled.failed.items()})

    def rehearse(self, plan: Plan) -> Iterator[Progress]:
        """As `check`, telling how it goes."""
        writer = self._writer(plan)
        with discreet(self._transport.secrets):
            for event in writer.rehearse():
                yield replace(event, message=self._scrub(event.message))

    def check(self, plan: Plan) -> None:
        """Validate on the server without saving. Rejected carries the vendor's problems; deletions are not checked."""
        writer = self._writer(plan)
        with discreet(self._transport.secrets):
            writer.check()

    def write(self, plan: Plan, ledger: Ledger) -> Iterator[Progress | Outcome]:
        """Carry out the plan and record `ledger` in the same transaction.

        Every change gets exactly one Outcome, in any order; an error that stopped the work is raised after them.
        """
        writer = self._writer(plan)
        with discreet(self._transport.secrets):
            for event in writer.write(ledger):
                yield replace(event, message=self._scrub(event.message))

    def tick(self, steps: Sequence[Resource], design: str, prefix: str, *, by: str, at: str) -> None:
        """Remember that a person has done these steps: one deployment, of the ledger alone. `at` is UTC ISO."""
        with discreet(self._transport.secrets):
            self._ticking(prefix).tick(steps, design, by, at)

    def untick(self, addresses: Sequence[Address], prefix: str) -> frozenset[Address]:
        """Forget them again; those that were remembered."""
        with discreet(self._transport.secrets):
            return self._ticking(prefix).untick(addresses)

    def _ticking(self, prefix: str) -> Ticking:
        from provisioner.targets.salesforce.session.ticking import Ticking

        return Ticking(self.rest, self._soap, self._deployer, self.identity(), prefix)

    def _bulk(self) -> Bulk:
        from provisioner.targets.salesforce.session.bulk import Bulk

        return Bulk(self.rest, self._pace)

    def _scrub(self, text: str) -> str:
        return scrub(text, self._transport.secrets())

    def _writer(self, plan: Plan) -> Writer:
        as_active, ticks = (self._seen.as_active, self._seen.ticks) if self._seen is not None else (None, None)
        return Writer(self.rest, self._soap, self._deployer, self.identity(), plan, self._recorded, as_active, ticks)


LOCAL_POLL = 0.05  # seconds; an emulator on this machine is not a server to be spared


def _pace(connection: Connection) -> Pace:
    local = is_loopback(urlsplit(connection.instance_url or "").hostname or "")
    return Pace(poll_first=LOCAL_POLL, retrieve_first=LOCAL_POLL) if local else Pace()


def connect(connection: Connection, pace: Pace | None = None, *, read_only: bool = False) -> SalesforceSession:
    """A session for this connection; no request is sent yet. TargetError when the connection cannot be used.

    `read_only`: whatever is no read raises WouldWrite instead of being sent.
    """
    if connection.platform != "salesforce":
        raise TargetError(f"Connection {connection.name!r} is for {connection.platform}, not for Salesforce.")
    chosen = pace or _pace(connection)
    wire = Wire("Salesforce", connection.timeout_seconds, chosen.now, is_read if read_only else None)
    return SalesforceSession(Transport(credentials(connection), wire, chosen), connection, chosen)
