"""Which portal is this, and how full is it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from provisioner.errors import Unreachable
from provisioner.targets.base import OrgIdentity
from provisioner.targets.hubspot.session.door import Door, mapping

HARMLESS = frozenset({"SANDBOX", "DEVELOPER_TEST", "APP_DEVELOPER"})  # every other accountType counts as production


@dataclass(frozen=True, slots=True)
class Portal:
    """[spec] reference/hubspot.md section 8. `time_zone` is the portal's IANA zone; workflow windows use it."""

    id: str
    name: str
    account_type: str
    time_zone: str
    ui_domain: str
    hosting: str

    @property
    def is_production(self) -> bool:
        return self.account_type not in HARMLESS

    def facts(self) -> Mapping[str, str]:
        """What references of kind `portal` can name."""
        return {"id": self.id, "ui_domain": self.ui_domain, "time_zone": self.time_zone}

    def identity(self, connection: str, elsewhere: str = "") -> OrgIdentity:
        """The token does not tell whose it is (service keys: not found), so the connection stands for the user.
        `elsewhere`: where the connection leads to, when that is not HubSpot's own host: people sign in there, or
        nowhere, but not on HubSpot's pages."""
        return OrgIdentity(
            platform="hubspot",
            id=self.id,
            name=self.name,
            is_production=self.is_production,
            url=elsewhere or f"https://{self.ui_domain}",
            user=f"connection {connection}",
            time_zone=self.time_zone,
        )


def read_portal(door: Door) -> Portal:
    """One request. Unreachable when the answer names no portal."""
    what = "say which account this is"
    body = mapping(door.get(what, "/account-info/v3/details"), what)
    id = body.get("portalId")
    if isinstance(id, bool) or not isinstance(id, int):
        raise Unreachable("HubSpot's answer about the account names no portalId.")
    return Portal(
        id=str(id),
        name=str(body.get("portalName") or f"HubSpot portal {id}"),
        account_type=str(body.get("accountType") or ""),
        time_zone=str(body.get("timeZone") or ""),
        ui_domain=str(body.get("uiDomain") or "app.hubspot.com"),
        hosting=str(body.get("dataHostingLocation") or ""),
    )
