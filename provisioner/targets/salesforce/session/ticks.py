"""What the ledger remembers of steps that a person did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.resources import Address


@dataclass(frozen=True, slots=True)
class Ticked:
    """`fingerprint`: of the step as it was ticked; `at`: UTC ISO; `ids`: of what it needed, as the org told them then;
    `known`: what was otherwise in the org, and left so; `opened`: why it does not count any more, once an apply has
    seen that."""

    fingerprint: str
    by: str
    at: str
    ids: Mapping[Address, str] = field(default_factory=dict)
    opened: str = ""
    known: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        data = {"fingerprint": self.fingerprint, "by": self.by, "at": self.at}
        ids = {str(address): id for address, id in sorted(self.ids.items())}
        more = {"ids": ids, "opened": self.opened, "known": list(self.known)}
        return data | {key: value for key, value in more.items() if value}


Ticks = Mapping[Address, Ticked]


def from_data(data: object) -> Ticked:
    """ValueError when it is not what `as_data` makes; whether the fingerprint is one is for the caller to see."""
    if not isinstance(data, dict) or not all(isinstance(data.get(key), str) for key in ("fingerprint", "by", "at")):
        raise ValueError("does not say who did it, and when")
    ids, known = data.get("ids", {}), data.get("known", [])
    if not isinstance(ids, dict) or not isinstance(known, list):
        raise ValueError("does not say what it needed")
    needed = {Address.parse(str(key)): str(value) for key, value in ids.items()}
    opened = str(data.get("opened") or "")
    return Ticked(data["fingerprint"], data["by"], data["at"], needed, opened, tuple(map(str, known)))
