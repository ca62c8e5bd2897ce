"""The mark we leave in a description: whose a resource is, and what was applied to it. Pure text, no vendor call.

Properties and flows carry the mark at the end of their `description`, written by the same call that creates or changes
them. In canonical attributes `description` is always the part a person reads: the session adds the mark on writing and
takes it off on reading. Groups, lists and manual steps have no description; the session's ledger property holds theirs.

    [provisioner:acme-speed-to-lead:stl Flow:stamp 3f…64 hex digits]
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from provisioner.resources import Address

LONGEST = 1000  # characters of a whole description; the vendor's limit is not known ([inferred] reference 2.5)
_MARK = re.compile(
    r"\s*\[provisioner:(?P<design>[^\s:\[\]]+):(?P<prefix>[^\s:\[\]]+) "
    r"(?P<address>[^\[\]]+) (?P<fingerprint>[0-9a-f]{64})\]\s*$"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """`fingerprint` is that of the desired resource as it was applied."""

    design: str
    prefix: str
    address: Address
    fingerprint: str

    def __str__(self) -> str:
        return f"[provisioner:{self.design}:{self.prefix} {self.address} {self.fingerprint}]"


def mark(description: str, note: Mark) -> str:
    """`description` with the mark behind it; an older mark is replaced, a long text gives way to it."""
    text, _ = unmark(description)
    tail = str(note)
    room = LONGEST - len(tail) - 1
    if len(text) > room:
        text = text[: max(0, room - 1)].rstrip() + "…"
    return f"{text} {tail}" if text else tail


def unmark(description: str | None) -> tuple[str, Mark | None]:
    """What a person reads, and the mark if there is one at the end."""
    text = description or ""
    found = _MARK.search(text)
    if found is None:
        return text, None
    try:
        address = Address.parse(found["address"])
    except ValueError:
        return text, None
    return text[: found.start()], Mark(found["design"], found["prefix"], address, found["fingerprint"])
