"""Is somebody deploying to the org right now? One deployment runs at a time, the others wait ([docs] reference 1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.errors import NotAllowed, Rejected
from provisioner.targets.salesforce.session.faults import SignedOut
from provisioner.targets.salesforce.session.rest import Rest
from provisioner.targets.salesforce.session.touched import instant

# [community] the Tooling API lists deployments and validations as DeployRequest; statuses as in reference 1.3.
QUERY = (
    "SELECT Id, Status, CheckOnly, CreatedDate, StartDate, CreatedBy.Name FROM DeployRequest "
    "WHERE Status IN ('Pending', 'InProgress', 'Canceling') ORDER BY CreatedDate"
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


def _described(row: Mapping[str, Any]) -> str:
    what = "A validation" if row.get("CheckOnly") is True else "A deployment"
    by = row.get("CreatedBy")
    who = str(by.get("Name") or "") if isinstance(by, dict) else ""
    since = instant(str(row.get("StartDate") or row.get("CreatedDate") or ""))
    status = str(row.get("Status") or "")
    words = [f"{what} ({row.get('Id')}) by {who or 'somebody'} is {STATES.get(status, status)}"]
    words += [f"since {since.strftime('%Y-%m-%d %H:%M:%S')} UTC"] if since is not None else []
    return " ".join(words)
