"""An org in memory, with the faults that matter to applying. It knows nothing about any vendor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from provisioner.errors import TargetError
from provisioner.planning.plan import Plan
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.base import Ledger, Live, OrgIdentity, Outcome, Progress


class FakeOrg:
    """What is in the org. `faults` maps the name of a session call to what it raises or does first."""

    def __init__(self, *resources: Resource, ledger: Ledger | None = None, **identity: Any) -> None:
        self.resources = {resource.address: dict(resource.attributes) for resource in resources}
        self.ledger = ledger or Ledger()
        self.identity = OrgIdentity(
            **(
                {
                    "platform": "pretend",
                    "id": "00D000000000001AAA",
                    "name": "Acme Sandbox",
                    "is_production": False,
                    "url": "https://acme.example",
                    "user": "admin@acme.example",
                }
                | identity
            )
        )
        self.unread: frozenset[Address] = frozenset()
        self.notices: tuple[str, ...] = ()
        self.calls: list[str] = []
        self.faults: dict[str, Callable[[], None]] = {}


class FakeSession:
    def __init__(self, org: FakeOrg) -> None:
        self.org = org

    def _call(self, name: str) -> None:
        self.org.calls.append(name)
        count = self.org.calls.count(name)
        for key in (name, f"{name} {count}"):
            if key in self.org.faults:
                self.org.faults[key]()

    def identity(self) -> OrgIdentity:
        self._call("identity")
        return self.org.identity

    def read(self, desired: Snapshot, prefix: str) -> Live:
        self._call("read")
        wanted = desired.resources.keys() | self.org.ledger.fingerprints.keys()
        found = [Resource(a, content) for a, content in self.org.resources.items() if a in wanted - self.org.unread]
        return Live(Snapshot.of(found, self.org.unread & wanted), self.org.ledger, self.org.notices)

    def check(self, plan: Plan) -> None:
        self._call("check")

    def write(self, plan: Plan, ledger: Ledger) -> Iterator[Progress | Outcome]:
        self._call("write")
        yield Progress("deploy", "Deploying", 0, len(plan.changes))
        if not plan.changes:
            self.org.ledger = ledger
        for number, change in enumerate(plan.changes):
            self._call("write one")
            self.put(change.address, change.after.attributes if change.after else None)
            yield Outcome(change.address, "done")
            if number == len(plan.changes) - 1:
                self.org.ledger = ledger

    def put(self, address: Address, attributes: Mapping[str, Any] | None) -> None:
        if attributes is None:
            self.org.resources.pop(address, None)
        else:
            self.org.resources[address] = dict(attributes)


def failing(error: TargetError) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def ledger_of(design: str, resources: Iterable[Resource]) -> Ledger:
    return Ledger(design, {resource.address: resource.fingerprint() for resource in resources})


class FakeTarget:
    """Compares as targets do: what the server adds is dropped."""

    name = "pretend"

    def compare(self, desired: Resource, live: Resource) -> Resource:
        kept = {key: live.attributes[key] for key in desired.attributes if key in live.attributes}
        return Resource(live.address, kept)
