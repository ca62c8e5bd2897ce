"""What is going to change, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    ORPHANED_HAND = "no longer in the design, and changed by hand"
    ADOPTED = "adopted"  # was there before, not ours; `import` makes it ours
    TAKEN_BACK = "taken back"  # a rollback restores what was there before a run
    RENAMED = "renamed"  # ours under another address; the design says `was:`


class Risk(StrEnum):
    """What a change can do to people and their data; the riskiest first."""

    DATA = "loses data"
    BEHAVIOUR = "changes behaviour"
    CREATES = "creates"
    MANUAL = "needs a person"
    COSMETIC = "cosmetic"


HAND_CAUSES = frozenset({Cause.HAND, Cause.BOTH, Cause.DELETED, Cause.ORPHANED_HAND})
"""Carrying such a change out undoes what somebody did in the CRM."""


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
    weighed: Risk | None = None  # by who knows the vendor; None: by the action alone

    @property
    def address(self) -> Address:
        resource = self.after or self.before
        assert resource is not None, "a change has a before or an after"
        return resource.address

    @property
    def was(self) -> Address | None:
        """The address it is found under until this is carried out, when that is another one."""
        if self.before is None or self.after is None or self.before.address == self.after.address:
            return None
        return self.before.address

    @property
    def addresses(self) -> tuple[Address, ...]:
        """All it touches: after a rename two."""
        return (self.address,) if self.was is None else (self.address, self.was)

    @property
    def undoes_hand(self) -> bool:
        """Whether carrying it out overwrites what somebody did by hand. A rename says so with `touched`."""
        return self.cause in HAND_CAUSES or (self.cause is Cause.RENAMED and self.touched is not None)

    @property
    def risk(self) -> Risk:
        """As weighed; without that, a deletion is taken to lose data and an update to change behaviour."""
        if self.weighed is not None:
            return self.weighed
        usual = {Action.CREATE: Risk.CREATES, Action.DELETE: Risk.DATA, Action.BY_HAND: Risk.MANUAL}
        return usual.get(self.action, Risk.BEHAVIOUR)

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
class Kept:
    """A change by hand that the user chose to leave as it is. `cause` is what it would be called as a change."""

    address: Address
    cause: Cause
    touched: Touched | None = None


@dataclass(frozen=True, slots=True)
class Remade:
    """A rename that the platform cannot keep: `old` goes and `new` comes. `reason` is a sentence for people; with
    `holds_data`, records refer to the old one, and the rename has to be asked for by name."""

    old: str
    new: str
    reason: str
    holds_data: bool


@dataclass(frozen=True, slots=True)
class Aim:
    """Of a targeted plan: what was asked for, what came along because it is needed, and how many changes of the whole
    plan were left out."""

    asked: tuple[str, ...] = ()
    pulled: Mapping[Address, Address] = field(default_factory=dict)  # needed → by what
    left_out: int = 0

    @property
    def is_whole(self) -> bool:
        return not self.asked


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
    kept: tuple[Kept, ...] = ()  # changes by hand that stay; the ledger goes on to know better
    gone: tuple[Address, ...] = ()  # recorded, not in the design, not in the org: only the ledger forgets them
    remade: tuple[Remade, ...] = ()  # renames that the platform cannot keep
    aim: Aim = Aim()  # what the plan is limited to
    policy: str = ""  # digest of the policy it was made under; empty: there was none
    impact: Mapping[str, Any] | None = None  # what a simulation says about it; `design`: digest of what it simulated
    connection: str = ""  # the name of the connection it was made with
    file: str = field(default="", compare=False)  # where it was read from; no part of the plan

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
