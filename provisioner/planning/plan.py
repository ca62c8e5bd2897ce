"""What is going to change, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from provisioner.resources import Address, Resource


class Action(StrEnum):
    """The values are the symbols people know from Terraform."""

    CREATE = "+"
    UPDATE = "~"
    DELETE = "-"
    BY_HAND = "!"  # a person does it, apply does not


class Cause(StrEnum):
    """Why live and desired differ; for people, apply never reads it."""

    NEW = "new"  # in the design, not in the CRM, never applied
    DESIGN = "design changed"
    HAND = "changed by hand"
    BOTH = "design changed, and changed by hand"
    DELETED = "deleted by hand"
    ORPHANED = "no longer in the design"
    REOPENED = "open again"  # a step that was ticked, but is not what it was
    ADOPTED = "adopted"  # was there before, not ours; `import` makes it ours
    RENAMED = "renamed"  # ours under another address; the design says `was:`


@dataclass(frozen=True, slots=True)
class Touched:
    """Who changed something in the CRM last, as far as the vendor tells. `at` is UTC ISO; empty = not told."""

    by: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One resource going from `before` to `after`; None means "not there"."""

    before: Resource | None
    after: Resource | None
    cause: Cause
    touched: Touched | None = None  # of a change by hand: who and when; for people, apply never reads it

    @property
    def address(self) -> Address:
        resource = self.after or self.before
        assert resource is not None, "a change has a before or an after"
        return resource.address

    @property
    def action(self) -> Action:
        if self.address.is_by_hand and self.after is not None:
            return Action.BY_HAND
        if self.before is None:
            return Action.CREATE
        return Action.UPDATE if self.after is not None else Action.DELETE


@dataclass(frozen=True, slots=True)
class Tick:
    """Somebody did a step by hand, and it still counts. `at` is UTC ISO."""

    address: Address
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Finished paper. `changes` are in address order; `org`, `design`, `tool` pin where and what it was made for."""

    changes: tuple[Change, ...]
    conflicts: tuple[Address, ...]  # exist in the org, are not ours: nothing may be done to them
    unread: tuple[Address, ...]
    design: str
    design_digest: str
    tool: str
    org: Mapping[str, Any]
    created_at: str  # UTC, ISO 8601
    fingerprints: Mapping[Address, str]  # the ledger's content once this plan is applied
    notices: tuple[str, ...] = ()
    prefix: str = ""  # of the names we give; where the ledger is found when there is only the plan
    design_file: str = ""  # where the design was read from, so that apply can see that it changed
    ledger: str = ""  # digest of the ledger this plan was made from; another apply moves it
    goes_live: bool = False  # applying this switches alerts from silent to real recipients
    ticked: tuple[Tick, ...] = ()  # what was done by hand, and is no change any more

    @property
    def is_empty(self) -> bool:
        return not self.changes

    @property
    def by_hand(self) -> tuple[Change, ...]:
        """What is left for a person."""
        return tuple(change for change in self.changes if change.action is Action.BY_HAND)

    @property
    def to_write(self) -> tuple[Change, ...]:
        """What apply does."""
        return tuple(change for change in self.changes if change.action is not Action.BY_HAND)

    def count(self, action: Action) -> int:
        return sum(change.action is action for change in self.changes)
