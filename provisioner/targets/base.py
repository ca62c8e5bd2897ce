"""What a target is: one half thinks offline, one half talks. Protocols and data, no behaviour."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from provisioner.connections import Connection
from provisioner.diagnostics import Diagnostic
from provisioner.model.design import Design
from provisioner.planning.plan import Change, Plan
from provisioner.resources import Address, Resource, Snapshot


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of the vendor's deployable form; `path` is relative, with forward slashes."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class OrgIdentity:
    """Which org a connection leads to. `id` is what `target.expect` is compared with."""

    platform: str
    id: str
    name: str
    is_production: bool
    url: str
    user: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """What this design applied, as recorded in the CRM: fingerprints by address. `design` None = there is none yet."""

    design: str | None = None
    fingerprints: Mapping[Address, str] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)  # plan id, when (UTC ISO), by whom, tool version


@dataclass(frozen=True, slots=True)
class Live:
    """What was read: the snapshot (desired and owned addresses only), the ledger, and warnings worth saying."""

    snapshot: Snapshot
    ledger: Ledger
    notices: tuple[str, ...] = ()
    resolved: Snapshot | None = None  # desired with this org's ids for its references; None = it had none


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change."""

    address: Address
    status: Literal["done", "failed", "skipped"]
    message: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Something to tell while a write runs; `done`/`total` in components, 0 when unknown."""

    stage: str
    message: str
    done: int = 0
    total: int = 0


class Target(Protocol):
    """Thinks. Same input, same answer, no network."""

    name: str

    def desire(self, design: Design, located: Callable[[str], Any]) -> tuple[Snapshot, list[Diagnostic]]:
        """Render, parse back, and check the vendor's limits. `located(pointer) -> Location`."""
        ...

    def artifacts(self, resources: Iterable[Resource]) -> list[Artifact]:
        """The deployable files of these resources, with their manifest; sorted by path, byte for byte reproducible."""
        ...

    def compare(self, desired: Resource, live: Resource) -> Resource:
        """`live`, reduced to what is compared with `desired` (server-added content dropped). Equal = no difference."""
        ...

    def connect(self, connection: Connection) -> Session: ...


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
        """Apply the changes and record `ledger` in the same transaction where the vendor can."""
        ...


__all__ = [
    "Artifact",
    "Change",
    "Ledger",
    "Live",
    "OrgIdentity",
    "Outcome",
    "Plan",
    "Progress",
    "Sequence",
    "Session",
    "Target",
]
