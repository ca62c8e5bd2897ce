"""What the ledger remembers of steps that a person did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.resources import Address


@dataclass(frozen=True, slots=True)
class Ticked:
    """`fingerprint`: of the step as it was ticked; `at`: UTC ISO; `ids`: of what it needed, as the org told them then;
    `opened`: why it does not count any more, once an apply has seen that."""

    fingerprint: str
    by: str
    at: str
    ids: Mapping[Address, str] = field(default_factory=dict)
    opened: str = ""

    def as_data(self) -> dict[str, Any]:
        data = {"fingerprint": self.fingerprint, "by": self.by, "at": self.at}
        more = {"ids": {str(address): id for address, id in sorted(self.ids.items())}, "opened": self.opened}
        return data | {key: value for key, value in more.items() if value}


Ticks = Mapping[Address, Ticked]


def from_data(data: object) -> Ticked:
    """ValueError when it is not what `as_data` makes; whether the fingerprint is one is for the caller to see."""
    if not isinstance(data, dict) or not all(isinstance(data.get(key), str) for key in ("fingerprint", "by", "at")):
        raise ValueError("does not say who did it, and when")
    ids = data.get("ids", {})
    if not isinstance(ids, dict):
        raise ValueError("does not say what it needed")
    known = {Address.parse(str(key)): str(value) for key, value in ids.items()}
    return Ticked(data["fingerprint"], data["by"], data["at"], known, str(data.get("opened") or ""))
