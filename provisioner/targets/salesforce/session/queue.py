"""Is somebody deploying to the org right now? One deployment runs at a time, the others wait ([docs] reference 1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.errors import NotAllowed, Rejected, TargetError
from provisioner.targets.salesforce.session.faults import SignedOut
from provisioner.targets.salesforce.session.rest import Rest
from provisioner.targets.salesforce.session.touched import instant

# [community] the Tooling API lists deployments and validations as DeployRequest; statuses as in reference 1.3.
QUERY = (
    "SELECT Id, Status, CheckOnly, CreatedDate, StartDate, CreatedBy.Name FROM DeployRequest "
    "WHERE Status IN ('Pending', 'InProgress', 'Canceling') ORDER BY CreatedDate"
)
# Those that saved something, the newest first; more than can end while one small package is deployed.
ENDED = (
    "SELECT Id, CreatedBy.Name FROM DeployRequest WHERE CheckOnly = false "
    "AND Status IN ('Succeeded', 'SucceededPartial') ORDER BY CompletedDate DESC LIMIT 50"
)
STATES = {
    "Pending": "waiting in the org's queue", "InProgress": "running in the org", "Canceling": "being cancelled",
}  # fmt: skip


def occupied(rest: Rest) -> str:
    """A sentence naming what is under way, the oldest first; empty when nothing is, or the user may not ask."""
    try:
        rows = rest.query(QUERY, "list the deployments under way", tooling=True)
    except SignedOut:
        raise
    except (NotAllowed, Rejected):
        return ""  # then a second deployment waits in the org's queue, and what it changed is noticed before writing
    if not rows:
        return ""
    more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
    return f"{_described(rows[0])}{more}."


def ended(rest: Rest) -> dict[str, str]:
    """Who deployed, by the id of the deployment: those that ended last and saved something. None at all when the user
    may not ask."""
    try:
        rows = rest.query(ENDED, "list the deployments that ended", tooling=True)
    except SignedOut:
        raise
    except (NotAllowed, Rejected):
        return {}
    return {str(row.get("Id")): _who(row) for row in rows}


def may_hold(rest: Rest, job: str, kind: str, name: str) -> bool:
    """Whether that deployment wrote a component; True also when it does not tell what it wrote.

    [wsdl] reference/salesforce.md 1.2-1.3: with its details, a deployment lists every component that it took.
    """
    try:
        body = rest.read_json(f"metadata/deployRequest/{job}?includeDetails=true", "say what a deployment wrote")
    except SignedOut:
        raise
    except TargetError:
        return True
    found: Any = body
    for key in ("deployResult", "details", "componentSuccesses"):
        found = found.get(key) if isinstance(found, dict) else None
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    taken = {(str(row.get("componentType")), str(row.get("fullName")).casefold()) for row in rows}
    return not taken or (kind, name.casefold()) in taken


def _described(row: Mapping[str, Any]) -> str:
    what = "A validation" if row.get("CheckOnly") is True else "A deployment"
    since = instant(str(row.get("StartDate") or row.get("CreatedDate") or ""))
    status = str(row.get("Status") or "")
    words = [f"{what} ({row.get('Id')}) by {_who(row)} is {STATES.get(status, status)}"]
    words += [f"since {since.strftime('%Y-%m-%d %H:%M:%S')} UTC"] if since is not None else []
    return " ".join(words)


def _who(row: Mapping[str, Any]) -> str:
    by = row.get("CreatedBy")
    return (str(by.get("Name") or "") if isinstance(by, dict) else "") or "somebody"
