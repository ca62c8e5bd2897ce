"""What a target is: one half thinks offline, one half talks. Protocols.

Their data is in `targets.terms`, those about leads are in `targets.leads`; both are imported from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from provisioner.connections import Connection
from provisioner.diagnostics import Diagnostic, Location
from provisioner.fidelity import Fidelity
from provisioner.model.design import Design
from provisioner.planning.plan import Change, Plan, Risk, Tick, Touched
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.leads import Auditing, Backfilling, Clocked, Filling, Recounting, Remembering, Underway
from provisioner.targets.terms import (
    Artifact,
    Ledger,
    Live,
    Meaning,
    OrgIdentity,
    Outcome,
    Progress,
    Reference,
    Renames,
    Use,
)


class Target(Protocol):
    """Thinks. Same input, same answer, no network."""

    name: str

    def desire(self, design: Design, located: Callable[[str], Any]) -> tuple[Snapshot, list[Diagnostic]]:
        """Render, parse back, and check the vendor's limits. `located(pointer) -> Location`."""
        ...

    def fidelity(self, design: Design) -> list[Fidelity]:
        """What this vendor does exactly, approximately, by hand, not at all. For designs without errors."""
        ...

    def artifacts(self, resources: Iterable[Resource]) -> list[Artifact]:
        """The deployable files of these resources, with their manifest; sorted by path, byte for byte reproducible."""
        ...

    def compare(self, desired: Resource, live: Resource) -> Resource:
        """`live`, reduced to what is compared with `desired` (server-added content dropped). Equal = no difference."""
        ...

    def connect(self, connection: Connection, *, read_only: bool = False) -> Session:
        """No request is sent yet. `read_only`: the session refuses, before a byte leaves, to send what could change
        anything; that would be our own mistake, so it is no TargetError."""
        ...


class Session(Protocol):
    """Talks. Raises only TargetError; reports every change exactly once."""

    def identity(self) -> OrgIdentity: ...

    def read(self, desired: Snapshot, prefix: str) -> Live:
        """Desired and ledger-owned addresses, in a number of calls that does not grow with the design."""
        ...

    def check(self, plan: Plan) -> None:
        """Validate on the server without saving. Rejected carries the vendor's problems."""
        ...

    def write(self, plan: Plan, ledger: Ledger) -> Iterator[Progress | Outcome]:
        """Apply the changes and record `ledger` in the same transaction where the vendor can.

        Steps that a person does are reported as skipped.
        """
        ...


class Places(Protocol):
    """Where things stand in the document, by JSON pointer."""

    def locate(self, pointer: str) -> Location: ...

    def locate_key(self, pointer: str) -> Location: ...


@runtime_checkable
class Referring(Protocol):
    """A target that knows what a design expects to find in the CRM. Thinks only."""

    def references(self, design: Design) -> list[Reference]: ...


@runtime_checkable
class Looking(Protocol):
    """A session that can look whether it is there."""

    def missing(self, references: Sequence[Reference], places: Places) -> list[Diagnostic]:
        """What is not there, or cannot be used as it is meant; in a constant number of calls. What may not be asked is
        a warning without a pointer. TargetError when the CRM does not answer."""
        ...


@runtime_checkable
class Forgiving(Protocol):
    """A session whose `read` is refused when the design names people who left."""

    def read_former(self, desired: Snapshot, prefix: str) -> Live:
        """As `read`, but people who left still mean whom they were: for looking, never for writing. Rejected when the
        design names what was never there."""
        ...


@runtime_checkable
class Ticking(Protocol):
    """A session of a vendor with steps that a person does; what was done is remembered in the CRM."""

    def tick(self, steps: Sequence[Resource], design: str, prefix: str, *, by: str, at: str) -> None:
        """Remember that `steps` (as resolved for this org) are done. `at` is UTC ISO. TargetError, and nothing is
        remembered, when what one of them needs is not there."""
        ...

    def untick(self, addresses: Sequence[Address], prefix: str) -> frozenset[Address]:
        """Forget them again. Those that were remembered."""
        ...


@runtime_checkable
class Awaiting(Protocol):
    """A target with steps by hand without which alerts do not reach people. Thinks only."""

    def alerts_await(self, step: Resource) -> bool:
        """Whether alerts are late, lost or nobody's as long as this step is not done."""
        ...


@runtime_checkable
class Telling(Protocol):
    """A session of a vendor that tells who changed what."""

    def touched(self, addresses: Sequence[Address], since: str) -> Mapping[Address, Touched]:
        """Who changed these last, and when; those the vendor tells nothing about are left out. `since` is UTC ISO (of
        the last apply; empty = none). In a constant number of calls (plus pages); what may not be asked is left out."""
        ...


@runtime_checkable
class Tracing(Protocol):
    """A session of a vendor whose resources name each other by ids that go with the resource."""

    def traced(self, wanted: Sequence[Resource]) -> Mapping[Address, Sequence[Address]]:
        """Of these (as resolved for this org), the ones that are there just so, but for naming others that were deleted
        since; and those others. Answered from the last `read`; without one, none."""
        ...


@runtime_checkable
class Archiving(Protocol):
    """A target of a vendor whose deployable form can be put back with the vendor's own tools. Thinks only."""

    def archive(self, resources: Iterable[Resource]) -> list[Artifact]:
        """The deployable files of these live resources. TargetError when one of them has a form we cannot write."""
        ...


@runtime_checkable
class Reversing(Protocol):
    """A target that says what taking a change back does not bring back. Thinks only."""

    def not_restored(self, change: Change) -> str:
        """One sentence for people; empty when the change restores everything."""
        ...


@runtime_checkable
class Rehearsing(Protocol):
    """A session whose check takes long enough to tell how it goes."""

    def rehearse(self, plan: Plan) -> Iterator[Progress]:
        """As `Session.check`, telling how it goes."""
        ...


@runtime_checkable
class Counting(Protocol):
    """A session of a vendor that tells how much is recorded in what a plan deletes."""

    def records_with(self, resources: Sequence[Resource]) -> Mapping[Address, int | None]:
        """How many records hold a value in each of these; None where that could not be counted. What holds no data of
        its own (a flow, a formula, a setting) is left out. In a number of calls that does not grow with the records,
        and as little as the vendor allows with the resources."""
        ...


@runtime_checkable
class Narrowing(Protocol):
    """A `Counting` session that also tells how much an update loses: less room, another type, fewer values."""

    def records_losing(self, changes: Sequence[Change]) -> Mapping[Address, int | None]:
        """How many records have a value that each of these updates can lose (never fewer than do lose one); None where
        that could not be counted, unless the value stays in the record all the same: then it is left out. One request
        per change at most, besides what `records_with` takes."""
        ...


@runtime_checkable
class Finishing(Protocol):
    """A session of a vendor that cannot record an apply in the transaction that carries it out."""

    def is_unfinished(self) -> bool:
        """Whether the last `read` found that an earlier apply ended before its last write: applying once more, even
        with nothing to change, completes the ledger."""
        ...


@runtime_checkable
class Occupied(Protocol):
    """A session of a vendor that tells whether somebody is deploying to the org right now."""

    def occupied(self) -> str:
        """A sentence for people naming what is under way, by whom, since when; empty when nothing is."""
        ...


@runtime_checkable
class Explaining(Protocol):
    """A target that says what a change of a resource means to the people who live with it. Thinks only."""

    def meanings(self, change: Change, design: Design) -> list[Meaning]:
        """One per thing that changes its behaviour (never empty); `change` as planned or as found by an audit."""
        ...


@runtime_checkable
class Renaming(Protocol):
    """A target that knows what its platform keeps through a rename. Thinks only."""

    def renamed(self, design: Design) -> Renames: ...


@runtime_checkable
class Depending(Protocol):
    """A target that knows what a resource cannot be without. Thinks only."""

    def needs(self, resource: Resource, snapshot: Snapshot) -> frozenset[Address]:
        """The addresses in `snapshot` that `resource` refers to; direct ones only, itself never."""
        ...


@runtime_checkable
class Admitting(Protocol):
    """A target that cannot do everything. Thinks only, and quickly."""

    def impossible(self, design: Design) -> list[Fidelity]:
        """What of the design is not deployed: the part of `fidelity` with that grade, each with its place."""
        ...


@runtime_checkable
class Retiring(Protocol):
    """A target that knows what a lead type's clock hangs on. Thinks only."""

    def retired(self, changes: Sequence[Change], prefix: str) -> list[str]:
        """The ids of the lead types whose running clocks nothing carries on after these changes; sorted."""
        ...


@runtime_checkable
class Staging(Protocol):
    """A target that passes through a state of its own on the way to what a change promises. Thinks only."""

    def halfway(self, change: Change) -> Resource | None:
        """What an interrupted run of this very change may have left, as it is compared; None: nothing of the kind."""
        ...


@runtime_checkable
class Fixing(Protocol):
    """A target whose platform fixes some of a thing when it is made. Thinks only."""

    def not_changed(self, change: Change) -> str:
        """What an update cannot bring about, here and there, as clauses for people; empty when it can do all."""
        ...


@runtime_checkable
class Weighing(Protocol):
    """A target that knows what a change does to data and people. Thinks only."""

    def weigh(self, change: Change) -> Risk | None:
        """None: what the action alone says is right (deletions lose data, updates change behaviour)."""
        ...


__all__ = [
    "Admitting",
    "Archiving",
    "Artifact",
    "Auditing",
    "Awaiting",
    "Backfilling",
    "Change",
    "Clocked",
    "Counting",
    "Depending",
    "Explaining",
    "Filling",
    "Finishing",
    "Fixing",
    "Ledger",
    "Live",
    "Looking",
    "Meaning",
    "Narrowing",
    "Occupied",
    "OrgIdentity",
    "Outcome",
    "Places",
    "Plan",
    "Progress",
    "Recounting",
    "Reference",
    "Referring",
    "Rehearsing",
    "Remembering",
    "Renames",
    "Renaming",
    "Retiring",
    "Reversing",
    "Session",
    "Staging",
    "Target",
    "Telling",
    "Tick",
    "Ticking",
    "Touched",
    "Tracing",
    "Underway",
    "Use",
    "Weighing",
]
