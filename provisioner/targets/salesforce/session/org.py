"""Which org is this?"""

from __future__ import annotations

from provisioner.errors import TargetError, Unreachable
from provisioner.targets.base import OrgIdentity
from provisioner.targets.salesforce.session.rest import Rest

QUERY = "SELECT Id, Name, IsSandbox, OrganizationType, TrialExpirationDate FROM Organization"


def same_id(one: str, other: str) -> bool:
    """15- and 18-character forms of one id are equal; the first 15 are case-sensitive and decide."""
    return len(one) in (15, 18) and len(other) in (15, 18) and one[:15] == other[:15]


def read_identity(rest: Rest) -> OrgIdentity:
    """Two requests: userinfo and Organization (four in an org that is older than the wanted API version).

    TargetError when the two do not speak of the same org.

    Production = no sandbox, no Developer Edition, no expiry date ([docs] [inferred] reference/salesforce.md 8.1); what
    cannot be told counts as production, because that is the careful side.
    """
    who = rest.userinfo()
    rows = rest.first_query(QUERY, "describe the org")
    if len(rows) != 1:
        raise Unreachable(f"Salesforce described {len(rows)} organizations instead of one.")
    row = rows[0]
    org_id = str(row.get("Id") or "")
    if not same_id(org_id, str(who.get("organization_id") or "")):
        raise TargetError("The session's user and the org's own record name different organizations; nothing was done.")
    harmless = (
        row.get("IsSandbox") is True
        or row.get("OrganizationType") == "Developer Edition"
        or bool(row.get("TrialExpirationDate"))
    )
    return OrgIdentity(
        platform="salesforce",
        id=org_id,
        name=str(row.get("Name") or ""),
        is_production=not harmless,
        url=rest.transport.origin,
        user=str(who.get("preferred_username") or who.get("user_id") or ""),
    )
