"""What the handlers of metadata types work with: one component of a package, and the org it goes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lxml import etree

from provisioner.emulator.salesforce.metadata.normalise import body_of
from provisioner.emulator.salesforce.metadata.problems import Problem
from provisioner.emulator.salesforce.state.components import Components
from provisioner.emulator.salesforce.xml import Document

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org


@dataclass(frozen=True, slots=True)
class Item:
    """One component of a package: `element` is the file's root or, for a child, its element in the file."""

    kind: str
    full_name: str
    file_name: str
    element: etree._Element
    document: Document
    content: bytes | None = None

    @property
    def parent(self) -> str:
        """`Lead` of `Lead.X__c`."""
        return self.full_name.partition(".")[0]

    @property
    def name(self) -> str:
        """`X__c` of `Lead.X__c`; the whole name when it has no dot."""
        return self.full_name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a component: its id, and whether it is new or different."""

    id: str
    created: bool
    changed: bool
    warnings: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Work:
    """One deployment under way. `after_commit` runs once the transaction has been kept."""

    org: Org
    components: Components
    user_id: str
    production: bool = False
    purge: bool = False  # deleted components skip the recycle bin
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    def keep(self, item: Item, *, component_id: str | None = None, body: bytes | None = None) -> Saved:
        """Store the component's normalised body and say what changed."""
        printed = body if body is not None else body_of(item.kind, item.element)
        component_id, created, changed = self.components.put(
            item.kind, item.full_name, item.file_name, printed, self.user_id,
            content=item.content, component_id=component_id,
        )  # fmt: skip
        return Saved(component_id, created, changed)

    def upsert(self, sobject: str, key: str, value: object, values: dict[str, object]) -> str:
        """Write the data row that stands for a component: found by `key = value`, else inserted. Answers its id."""
        from provisioner.emulator.salesforce.state.rows import Compare

        found = self.org.rows.select(sobject, Compare(key, "=", value), limit=1)
        if not found:
            return self.org.rows.insert(sobject, {key: value} | values, user_id=self.user_id)
        row_id = str(found[0]["Id"])
        if any(found[0].get(name) != new for name, new in values.items()):
            self.org.rows.update(sobject, row_id, values, user_id=self.user_id)
        return row_id
