"""Plays a stream of leads in an emulated HubSpot portal over HTTP, and reads back what became of it."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from launching import Ended, launched

from .emulated import Emulated
from .world import iso

KINDS = ["demo_request", "pricing_page", "contact_form", "webinar", "trade_show", "content_download", "other"]
CLIENT_PROPERTIES = [
    {
        "name": "enquiry_type",
        "label": "Enquiry type",
        "groupName": "contactinformation",
        "type": "enumeration",
        "fieldType": "select",
        "options": [
            {"label": kind, "value": kind, "hidden": False, "displayOrder": place} for place, kind in enumerate(KINDS)
        ],
    },
    {"name": "enquiry_country", "label": "C", "groupName": "contactinformation", "type": "string", "fieldType": "text"},
    {
        "name": "company_employees",
        "label": "E",
        "groupName": "contactinformation",
        "type": "number",
        "fieldType": "number",
    },
]


class Portal(Emulated):
    """One emulator process."""

    platform = "hubspot"

    def begin(self, at: datetime, people: list[str], team: str) -> None:
        """An account at `at` with its own properties, its people, and a team of the first two of them."""
        self.door("settings", {"rate_clock": "virtual"})
        self.door("clock", {"to": iso(at)})
        members = people[:2]
        owners = [
            {"email": name, "first": name.partition("@")[0], "teams": [team] if name in members else []}
            for name in people
        ]
        planted = self.door("seed", {"teams": [{"name": team}], "owners": owners})["owners"]
        self.owners = {one["email"]: one["id"] for one in planted}
        for body in CLIENT_PROPERTIES:
            self.call("POST", "/crm/v3/properties/contacts", body)

    def apply(self, design: Path, folder: Path) -> str:
        """Deploys with the command itself; what it printed."""
        _, out, err = self.command("apply", design, folder, "--yes")
        return out + err

    def command(self, name: str, design: Path, folder: Path, *options: str) -> Ended:
        """One of the commands about this portal."""
        (folder / "provisioner.toml").write_text(
            f'[connections.portal]\nplatform = "hubspot"\ninstance_url = "{self.url}"\n'
            'access_token = {env = "PORTAL_TOKEN"}\n'
        )
        env = os.environ | {"PORTAL_TOKEN": self.token}
        return launched((name, str(design), "-c", "portal", *options), folder, env)
