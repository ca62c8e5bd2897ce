"""Both kinds of job of one org."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.emulator.salesforce.bulk.ingest import Ingest
from provisioner.emulator.salesforce.bulk.jobs import BulkStore
from provisioner.emulator.salesforce.bulk.queries import Queries

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org


class Bulk:
    """The org's Bulk API 2.0."""

    def __init__(self, org: Org) -> None:
        store = BulkStore(org)
        self.ingest = Ingest(org, store)
        self.queries = Queries(org, store)

    @classmethod
    def of(cls, org: Org) -> Bulk:
        """Of an org, with all its parts. TypeError when it works with another."""
        found = org.bulk
        if not isinstance(found, cls):
            raise TypeError(f"This org works with {type(found).__name__}.")
        return found

    def settle(self) -> None:
        """Time passes: what was closed comes to its end."""
        self.ingest.settle()
        self.queries.settle()
