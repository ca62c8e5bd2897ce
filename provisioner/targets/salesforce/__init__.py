"""Salesforce. `target` thinks (render, parse, compare); talking to an org is the package `session`, imported late."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from provisioner.connections import Connection
from provisioner.diagnostics import Diagnostic
from provisioner.fidelity import Fidelity
from provisioner.model.design import Design
from provisioner.planning.plan import Change, Risk
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.base import Artifact, Meaning, Reference, Renames, Session

if TYPE_CHECKING:
    from provisioner.past import PastLead, Reason, Told


class Salesforce:
    """Implements `targets.base.Target`."""

    name = "salesforce"

    def desire(self, design: Design, located: Callable[[str], Any]) -> tuple[Snapshot, list[Diagnostic]]:
        """Render, read back, and check the limits of Salesforce (rules S2xx)."""
        from provisioner.targets.salesforce.desire import desire

        return desire(design, located)

    def fidelity(self, design: Design) -> list[Fidelity]:
        """What is exact, what runs in whole minutes, what is not deployed. For designs without errors."""
        from provisioner.targets.salesforce.fidelity import statement

        return statement(design)

    def impossible(self, design: Design) -> list[Fidelity]:
        """What is not deployed."""
        from provisioner.targets.salesforce.fidelity import impossible

        return impossible(design)

    def artifacts(self, resources: Iterable[Resource]) -> list[Artifact]:
        """The files of these resources with their package.xml."""
        from provisioner.targets.salesforce.package import artifacts

        return artifacts(resources)

    def compare(self, desired: Resource, live: Resource) -> Resource:
        """`live` reduced to what counts."""
        from provisioner.targets.salesforce.compare import compare

        return compare(desired, live)

    def references(self, design: Design) -> list[Reference]:
        """The fields of Lead that the design names, and who is told while alerts are live."""
        from provisioner.targets.salesforce.references import references

        return references(design)

    def renamed(self, design: Design) -> Renames:
        """What becomes of the design's `was:`."""
        from provisioner.targets.salesforce.renames import renamed

        return renamed(design)

    def needs(self, resource: Resource, snapshot: Snapshot) -> frozenset[Address]:
        """What a resource names of the others."""
        from provisioner.targets.salesforce.dependencies import needs

        return needs(resource, snapshot)

    def weigh(self, change: Change) -> Risk | None:
        """What a change does to data and people."""
        from provisioner.targets.salesforce.weight import weigh

        return weigh(change)

    def archive(self, resources: Iterable[Resource]) -> list[Artifact]:
        """The files of these live resources with their package.xml: a package that `sf project deploy` takes."""
        from provisioner.targets.salesforce.reversing import archive

        return archive(resources)

    def retired(self, changes: Sequence[Change], prefix: str) -> list[str]:
        """The lead types whose clocks nothing carries on."""
        from provisioner.targets.salesforce.retiring import retired

        return retired(changes, prefix)

    def not_restored(self, change: Change) -> str:
        """What taking this change back does not bring back, in a sentence."""
        from provisioner.targets.salesforce.reversing import not_restored

        return not_restored(change)

    def alerts_await(self, step: Resource) -> bool:
        """Whether alerts go astray as long as a person has not done this step."""
        from provisioner.targets.salesforce.manual import FOR_ALERTS

        return step.address.name in FOR_ALERTS

    def meanings(self, change: Change, design: Design) -> list[Meaning]:
        """What a change of a resource does to lead types, alerts and people; never empty."""
        from provisioner.targets.salesforce.meanings import meanings

        return meanings(change, design)

    def filled(self, design: Design, lead: PastLead, told: Told) -> dict[str, str] | Reason:
        """The fields of a lead that a backfill writes; never what starts a clock."""
        from provisioner.targets.salesforce.backfill import changed

        return changed(design, lead, told)

    def same_value(self, one: str, other: str) -> bool:
        """Whether two texts of a field say the same."""
        from provisioner.targets.salesforce.backfill import same

        return same(one, other)

    def connect(self, connection: Connection, *, read_only: bool = False) -> Session:
        """A session with the org of a connection. Raises TargetError."""
        from provisioner.targets.salesforce.session import connect

        return connect(connection, read_only=read_only)


target = Salesforce()
