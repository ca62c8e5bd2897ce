"""Saying in the ledger that a person did a step: a deployment of nothing but the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from provisioner.errors import Overtaken, TargetError
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.base import Artifact, OrgIdentity
from provisioner.targets.salesforce import package
from provisioner.targets.salesforce.session import ledger as ledgers
from provisioner.targets.salesforce.session import steps as judging
from provisioner.targets.salesforce.session.deploy import Deployer, Options
from provisioner.targets.salesforce.session.org import same_id
from provisioner.targets.salesforce.session.queue import ended, may_hold, occupied
from provisioner.targets.salesforce.session.read import Reading, read_live
from provisioner.targets.salesforce.session.rest import Rest
from provisioner.targets.salesforce.session.soap import Soap
from provisioner.targets.salesforce.session.ticks import Ticks

AGAIN = "Nothing was recorded. Run the same command again."


@dataclass(frozen=True, slots=True)
class Ticking:
    """For one design, by its prefix."""

    rest: Rest
    soap: Soap
    deployer: Deployer
    org: OrgIdentity
    prefix: str

    def tick(self, steps: Sequence[Resource], design: str, by: str, at: str) -> None:
        """TargetError, and nothing is recorded, when a step cannot be done yet, when the ledger is another design's, or
        while somebody deploys."""
        seen = read_live(self.rest, self.soap, Snapshot.of(steps), self.prefix, self.org)
        owner = seen.live.ledger.design
        if owner is None:
            named = ", ".join(step.address.name for step in steps)
            raise TargetError(
                f"Nothing of {design!r} is in this org yet, so {named} cannot be done.",
                advice="Apply the design first, then do the step.",
            )
        if owner != design:
            raise TargetError(f"This prefix belongs to the design {owner!r}, not to {design!r}.")
        self._save(seen, {**seen.ticks, **judging.ticked_now(steps, seen.steps, by, at)})

    def untick(self, addresses: Sequence[Address]) -> frozenset[Address]:
        seen = read_live(self.rest, self.soap, Snapshot(), self.prefix, self.org)
        done = seen.ticks.keys() & set(addresses)
        if done:
            self._save(seen, {address: ticked for address, ticked in seen.ticks.items() if address not in done})
        return frozenset(done)

    def _save(self, seen: Reading, ticks: Ticks) -> None:
        """The ledger as it is, with these ticks. Nobody else's entry may be lost: it is looked at right before, while
        nobody deploys, and right after. When the last apply was saved stays known.

        A deployment that somebody began in between waits for nobody: Overtaken when one ended that wrote the ledger.
        """
        known = ended(self.rest)
        if busy := occupied(self.rest):
            raise TargetError(f"The org is busy: {busy.rstrip('.')}.", advice=AGAIN)
        before = ledgers.read(self.rest, self.prefix)
        if (before.ledger, before.ticks) != (seen.live.ledger, seen.ticks):
            raise TargetError("Somebody else wrote the ledger at the same moment.", advice=AGAIN)
        name = ledgers.resource_name(self.prefix)
        files = ledgers.artifacts(name, before.ledger, ticks, before.saved)
        wanted = ledgers.decode(ledgers.encode(before.ledger, ticks, before.saved), name)
        job = self._deploy(name, files)
        others = {id: who for id, who in ended(self.rest).items() if id not in known and not same_id(id, job)}
        after = ledgers.read(self.rest, self.prefix)
        if (after.ledger, after.ticks) != (wanted.ledger, wanted.ticks):
            raise TargetError(
                "Somebody else wrote the ledger right afterwards: what was recorded here may be gone again.",
                advice="Look what it says now: provisioner done DESIGN -c NAME.",
            )
        for id, who in others.items():
            if may_hold(self.rest, id, ledgers.KIND, name):
                raise _overtaken(id, who)

    def _deploy(self, name: str, files: Sequence[Artifact]) -> str:
        """The id of the deployment."""
        manifest = package.manifest({ledgers.KIND: [name]}, self.rest.version)
        content = package.build_zip([*files, Artifact("package.xml", manifest)])
        running = self.deployer.run(content, Options(check_only=False))
        while True:
            try:
                next(running)
            except StopIteration as end:
                return str(end.value.id)


def _overtaken(job: str, who: str) -> Overtaken:
    return Overtaken(
        f"The step was recorded, but a deployment of {who} ({job}) ended at the same moment and wrote the ledger too: "
        "what it recorded there may be lost.",
        advice="Plan with the design that was deployed then: provisioner plan DESIGN -c NAME. What is there and not in "
        "the ledger is named; provisioner import takes it in again, then apply.",
    )
