"""What a rule looks at: the design as far as it could be built, the document behind it, and the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from provisioner.document import Document
from provisioner.model.design import Design


@dataclass(frozen=True, slots=True)
class Subject:
    design: Design
    document: Document
    today: date
    doubtful: frozenset[str] = frozenset()  # pointers of what has a fault in it already

    def section(self, name: str) -> Any:
        """A section as it is written; None when it is missing."""
        return self.document.data.get(name) if isinstance(self.document.data, dict) else None

    def names(self, section: str) -> list[str]:
        """The ids a section declares, in order; also of entries that could not be built: they are not missing."""
        found = self.section(section)
        if isinstance(found, dict):
            return list(found)
        if isinstance(found, list):
            return [item["id"] for item in found if isinstance(item, dict) and isinstance(item.get("id"), str)]
        return []

    def written(self, pointer: str) -> bool:
        """Does the document say this itself, or is it a default?"""
        return pointer in self.document.places
