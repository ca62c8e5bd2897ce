"""One policy for faults: which request is sent again after which trouble, and how it is known what became of it.

The vendors' sessions say of every call which kind it is, and of every answer which trouble it means, and how long to
wait (their `pace` and `transport` modules, from their references). What is decided here is decided nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Kind(Enum):
    """What a call does, as far as sending it twice is concerned."""

    LOOK = "looks only"
    SET = "sets what is there to a stated value, or removes it"
    MAKE = "makes something new"
    SUBMIT = "hands in work that goes on by itself"
    SIGN_IN = "signs in"


class Trouble(Enum):
    """What came instead of a usable answer."""

    UNSENT = "no connection"
    UNANSWERED = "sent, and no answer"
    LIMITED = "turned away: come later"
    FAILED = "the server failed"


ANY = frozenset(Trouble)
HARMLESS = frozenset({Trouble.UNSENT, Trouble.LIMITED})  # nothing was carried out


@dataclass(frozen=True, slots=True)
class Policy:
    """`again`: after these, the same request is sent once more. `otherwise`: what is done about the others, and after
    the last attempt. `twice`: why a second request does no harm, or how it is avoided."""

    again: frozenset[Trouble]
    twice: str
    otherwise: str


POLICIES: Mapping[Kind, Policy] = MappingProxyType({
    Kind.LOOK: Policy(
        ANY,
        "nothing is changed",
        "The command ends with an error; while work goes on at the vendor's, asking how it goes is continued for as "
        "long as 15 minutes without an answer.",
    ),
    Kind.SET: Policy(
        ANY,
        "the second request finds what the first one left; what is gone already counts as removed",
        "The command ends with an error. Running it again reads what is there, and does what is missing.",
    ),
    Kind.MAKE: Policy(
        HARMLESS,
        "after any other trouble we look for what it would have made (by its mark, or by its name, which was written "
        "down before), and make it only when it is not there",
        "Three times looked for in vain, it counts as not made: that change has failed, the others go on.",
    ),
    Kind.SUBMIT: Policy(
        HARMLESS,
        "it is never handed in twice",
        "The command ends with an error that says where to look. Running it again reads what is there; as long as the "
        "first one is still under way, that is refused.",
    ),
    Kind.SIGN_IN: Policy(
        frozenset(),
        "a login that is refused is not hammered",
        "The command ends with an error. A session that expires in the middle of work is renewed once per request "
        "where the connection can sign in by itself.",
    ),
})  # fmt: skip


def goes_again(kind: Kind, trouble: Trouble) -> bool:
    """Whether a request of this kind is sent again after this trouble (as often as the pace allows)."""
    return trouble in POLICIES[kind].again
