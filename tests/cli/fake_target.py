"""A target for the command line's tests: three resources per design, an org in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from fake_org import FakeOrg, FakeSession, FakeTarget

from provisioner.connections import Connection
from provisioner.diagnostics import Diagnostic
from provisioner.fidelity import Fidelity
from provisioner.model.design import Design
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.base import Artifact


class Target(FakeTarget):
    name = "salesforce"
    org = FakeOrg()
    connections: list[Connection]

    def __init__(self) -> None:
        self.connections = []

    def desire(self, design: Design, located: Callable[[str], Any]) -> tuple[Snapshot, list[Diagnostic]]:
        types = [
            Resource(Address("Type", kind.id), {"sla": kind.sla if isinstance(kind.sla, str) else kind.sla.minutes})
            for kind in design.lead_types
        ]
        settings = {"live": design.alerts.mode == "live", "to": design.alerts.silent_to}
        return Snapshot.of([*types, Resource(Address("Settings", "Default"), settings)]), []

    def fidelity(self, design: Design) -> list[Fidelity]:
        clocks = [Fidelity("clock", kind.id, "approximated", 2.5, "Ticks.\x07") for kind in design.lead_types]
        touch = Fidelity("touch", None, "exact", 0.0, "Known.")
        return [*clocks, Fidelity("reports", None, "manual", None, "No API."), touch]

    def artifacts(self, resources: Iterable[Resource]) -> list[Artifact]:
        return [Artifact(f"{item.address.kind}/{item.address.name}.txt", str(item).encode()) for item in resources]

    def connect(self, connection: Connection, *, read_only: bool = False) -> FakeSession:
        self.connections.append(connection)
        return FakeSession(self.org)


target = Target()
