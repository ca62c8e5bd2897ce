"""What targets and those who use them speak about. Data, no behaviour; everybody imports it from `targets.base`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from provisioner.model.design import Scalar
from provisioner.planning.plan import Remade, Tick
from provisioner.resources import Address, Snapshot


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of the vendor's deployable form; `path` is relative, with forward slashes."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class OrgIdentity:
    """Which org a connection leads to. `id` is what `target.expect` is compared with; `time_zone` is told where what is
    deployed depends on it."""

    platform: str
    id: str
    name: str
    is_production: bool
    url: str
    user: str
    time_zone: str = ""


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
    ticked: tuple[Tick, ...] = ()  # steps of the design that were done by hand, and still count
    elsewhere: Mapping[str, str] = field(default_factory=dict)  # prefix → design id of what else we manage in this org
    notices_of: Mapping[str, str] = field(default_factory=dict)  # kind → said only of a plan that changes some of it


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change."""

    address: Address
    status: Literal["done", "failed", "skipped"]
    message: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Something to tell while a write runs; `done`/`total` in components, 0 when unknown. `at_rest`: at this moment
    nothing is under way in the CRM, and the work may end here."""

    stage: str
    message: str
    done: int = 0
    total: int = 0
    at_rest: bool = False


Use = Literal[
    "known", "equal", "part", "order", "moment", "kind", "user", "group", "queue", "zone", "offered", "version",
    "action",
]  # fmt: skip
"""What a name of the CRM is used for: a field that is asked whether it has a value, compared for equality, searched for
a part of text, put in order, read as a point in time, or said to be of a kind; somebody to be told; the time zone that
the CRM is said to be in; a field of ours whose values people must be able to choose; the API version that the design
is written for; something of the CRM's own that automation of ours sets to work."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Something of the CRM that the design names and does not make. `pointer` is where it is used, `named` where its
    name stands; `values` is what a field is compared with, or the kind that it is said to be of."""

    name: str
    use: Use
    pointer: str
    named: str
    values: tuple[Scalar, ...] = ()


@dataclass(frozen=True, slots=True)
class Meaning:
    """A change in the words of the SLA: `SLA of Demo request: 30 minutes -> 60 minutes`, and whom it concerns."""

    text: str
    lead_types: tuple[str, ...] = ()  # ids of those whose leads are judged or alerted differently; empty = none
    about: tuple[str, ...] = field(default=(), compare=False)  # parts of the design that it is, as `recipients/cro`
    effect: str = field(default="", compare=False)  # what follows for people, a clause; empty: verdicts and alerts say


@dataclass(frozen=True, slots=True)
class Renames:
    """What becomes of the `was:` of a design. `moved`: old → new address of what the platform keeps (its id, and what
    hangs on it); `remade`: what has to go and come again, with the addresses that bear the old id, or have it as a
    value, until then."""

    moved: Mapping[Address, Address] = field(default_factory=dict)
    remade: Mapping[Remade, frozenset[Address]] = field(default_factory=dict)
