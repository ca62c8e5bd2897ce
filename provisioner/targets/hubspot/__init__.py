"""HubSpot. `target` thinks (render, read back, compare); talking to a portal is the package `session`, loaded late."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from provisioner.connections import Connection
from provisioner.diagnostics import Diagnostic
from provisioner.fidelity import Fidelity
from provisioner.model.design import Design
from provisioner.planning.plan import Change, Risk
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.base import Artifact, Meaning, Reference, Renames, Session


class HubSpot:
    """Implements `targets.base.Target`, `Referring` and `Explaining`."""

    name = "hubspot"

    def desire(self, design: Design, located: Callable[[str], Any]) -> tuple[Snapshot, list[Diagnostic]]:
        """Render, read back, and check the limits of HubSpot (rules H3xx). Ids of a portal are references."""
        from provisioner.targets.hubspot.desire import desire

        return desire(design, located)

    def fidelity(self, design: Design) -> list[Fidelity]:
        """What HubSpot does not do exactly, and how far it is off. For designs without errors."""
        from provisioner.targets.hubspot.fidelity import statement

        return statement(design)

    def impossible(self, design: Design) -> list[Fidelity]:
        """What is not deployed."""
        from provisioner.targets.hubspot.fidelity import impossible

        return impossible(design)

    def references(self, design: Design) -> list[Reference]:
        """What the design expects of an account: its time zone, properties, people."""
        from provisioner.targets.hubspot.references import references

        return references(design)

    def artifacts(self, resources: Iterable[Resource]) -> list[Artifact]:
        """One JSON file per resource."""
        from provisioner.targets.hubspot.render import artifacts

        return artifacts(resources)

    def compare(self, desired: Resource, live: Resource) -> Resource:
        """`live` reduced to what counts."""
        from provisioner.targets.hubspot.compare import compare

        return compare(desired, live)

    def renamed(self, design: Design) -> Renames:
        """What becomes of the design's `was:`."""
        from provisioner.targets.hubspot.renames import renamed

        return renamed(design)

    def needs(self, resource: Resource, snapshot: Snapshot) -> frozenset[Address]:
        """What a resource names of the others."""
        from provisioner.targets.hubspot.dependencies import needs

        return needs(resource, snapshot)

    def weigh(self, change: Change) -> Risk | None:
        """What a change does to data and people."""
        from provisioner.targets.hubspot.weight import weigh

        return weigh(change)

    def retired(self, changes: Sequence[Change], prefix: str) -> list[str]:
        """The lead types whose clocks nothing carries on."""
        from provisioner.targets.hubspot.retiring import retired

        return retired(changes, prefix)

    def not_changed(self, change: Change) -> str:
        """What an update of this cannot bring about."""
        from provisioner.targets.hubspot.fixed import not_changed

        return not_changed(change)

    def halfway(self, change: Change) -> Resource | None:
        from provisioner.targets.hubspot.reversing import halfway

        return halfway(change)

    def not_restored(self, change: Change) -> str:
        """What taking this change back does not bring back, in a sentence."""
        from provisioner.targets.hubspot.reversing import not_restored

        return not_restored(change)

    def meanings(self, change: Change, design: Design) -> list[Meaning]:
        """What a change of a resource does to lead types, alerts and people; never empty."""
        from provisioner.targets.hubspot.meanings import meanings

        return meanings(change, design)

    def connect(self, connection: Connection, *, read_only: bool = False) -> Session:
        """A session with the portal of a connection. Raises TargetError."""
        from provisioner.targets.hubspot.session import connect

        return connect(connection, read_only=read_only)


target = HubSpot()
