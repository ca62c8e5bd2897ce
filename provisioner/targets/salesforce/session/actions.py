"""Whether the org lists the actions of its own that flows of a design take.

[docs] REST API, Get Standard Invocable Actions: a name each, and some need special access; so one that is not listed
may be there all the same, and not be shown to this user. The request that bundles queries takes no such list
([docs] REST API, Composite), so it is one of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.errors import NotAllowed, Rejected, Unreachable
from provisioner.targets.salesforce.audit.answers import text
from provisioner.targets.salesforce.session.faults import SignedOut
from provisioner.targets.salesforce.session.rest import Rest

STANDARD = "actions/standard"


@dataclass(frozen=True, slots=True)
class Actions:
    """`names` of the standard actions that the org lists to this user; `unread`: why it told none."""

    names: frozenset[str] = frozenset()
    unread: str = ""


def look(rest: Rest) -> Actions:
    """One request. What the org does not answer is said, not raised: everything else was read without it."""
    try:
        told = rest.read_json(STANDARD, "list its actions").get("actions")
    except SignedOut:
        raise
    except (NotAllowed, Rejected, Unreachable) as failed:
        return Actions(unread=failed.message)
    rows = told if isinstance(told, list) else []
    names = frozenset(text(row, "name") for row in rows if isinstance(row, dict)) - {""}
    # Every org can send mail: an empty list is no list. [docs] Actions API, Send Email
    return Actions(names) if names else Actions(unread="the org lists none.")
