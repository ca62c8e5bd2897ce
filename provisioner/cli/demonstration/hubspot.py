"""Filling the pretend portal: people, the client's own properties, the week before, and Monday as it passes."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from datetime import UTC, timedelta
from typing import Any

from provisioner.cli.demonstration.door import Door
from provisioner.cli.demonstration.leads import EVENING, MONDAY, PEOPLE, REPS, Lead, in_order
from provisioner.planning.planfile import instant

_TEAM = "SDR Backup"
_CONTACTS = "/crm/v3/objects/contacts"
_OWNER = "hubspot_owner_id"
_GROUP = "contactinformation"  # the portal's own
_MOST = 100  # records in one request
_OWN_KINDS = ("demo_request", "contact_form", "webinar", "content_download", "pricing_page", "trade_show")


class HubSpotCrm:
    """Implements `crm.Crm`. Contacts of the day are saved as any client saves them, touches logged by their reps."""

    platform = "hubspot"
    design = "acme-hubspot.yaml"
    deployed = "made one by one, workflows switched on last"
    people_do = ""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._owners: dict[str, str] = {}
        self._today: list[str] = []

    def settle(self) -> None:
        self._door.settings({"timezone": "America/New_York", "rate_limits": False})
        reps = {rep.username for rep in REPS}
        people = [
            {
                "email": person.username,
                "first": person.first,
                "last": person.last,
                "teams": [_TEAM] if person.username in reps else [],
            }
            for person in PEOPLE
        ]
        planted = self._door.seed({"teams": [{"name": _TEAM}], "owners": people})
        self._owners = {one["email"]: one["id"] for one in planted["owners"]}
        for body in _own_properties():
            self._door.call("POST", "/crm/v3/properties/contacts", body)

    def week_before(self, leads: list[Lead]) -> None:
        records = [{"object": "contacts", "values": self._values(lead), "created": instant(lead.at)} for lead in leads]
        self._door.seed({"records": records})
        self._door.move_to(MONDAY.astimezone(UTC))

    def assign(self, names: list[str]) -> None:
        """Nothing: what is deployed can be seen by everybody who sees contacts."""

    def monday(self, leads: list[Lead]) -> None:
        ids: dict[int, str] = {}

        def arrive(lead: Lead) -> None:
            nobodys = {name: value for name, value in self._values(lead).items() if name != _OWNER}
            ids[lead.number] = str(self._door.call("POST", _CONTACTS, {"properties": nobodys})["id"])

        def assign(lead: Lead) -> None:
            owner = {_OWNER: self._owners[lead.owner.username]}
            self._door.call("PATCH", f"{_CONTACTS}/{ids[lead.number]}", {"properties": owner})

        def touch(lead: Lead) -> None:
            self._door.touch({"contact": ids[lead.number], "type": lead.touch.lower(), "by": lead.owner.username})

        for at, deed, lead in in_order(
            [(lead.at, arrive, lead), (lead.assigned_at, assign, lead), (lead.touched_at, touch, lead)]
            for lead in leads
        ):
            self._door.move_to(at)
            deed(lead)
        self._today = list(ids.values())
        self._door.move_to(EVENING.astimezone(UTC))

    def surprise(self, source: str, leads: list[Lead]) -> None:
        name = _internal(source)
        options = [*_options(_OWN_KINDS), *_options([name], first=len(_OWN_KINDS))]
        self._door.call("PATCH", "/crm/v3/properties/contacts/enquiry_type", {"options": options})
        for lead in leads:
            self._door.move_to(lead.at)
            self._door.call("POST", _CONTACTS, {"properties": self._values(lead)})
        self._door.move_to(leads[-1].at + timedelta(hours=9))

    def sent(self) -> list[dict[str, Any]]:
        """The bodies as lines of text, what silent mode says first: they are paragraphs of HTML."""
        return [message | {"body": _lines(str(message["body"]))} for message in self._door.sent()]

    def verdicts(self, prefix: str) -> list[dict[str, Any]]:
        words = {"lead_type": "lead_type", "status": "sla_status", "result": "sla_result"}
        names = {ours: f"{prefix.lower()}_{theirs}" for ours, theirs in words.items()}
        found: list[dict[str, Any]] = []
        for start in range(0, len(self._today), _MOST):
            wanted = [{"id": id} for id in self._today[start : start + _MOST]]
            body = {"properties": list(names.values()), "propertiesWithHistory": [], "inputs": wanted}
            found += self._door.call("POST", f"{_CONTACTS}/batch/read", body)["results"]
        return [{ours: row["properties"].get(name) for ours, name in names.items()} for row in found]

    def tiles(self) -> list[tuple[str, str]]:
        """None: HubSpot has no API for dashboards, and the pretend account has none."""
        return []

    def _values(self, lead: Lead) -> dict[str, str]:
        return {
            "firstname": lead.first,
            "lastname": lead.last,
            "company": lead.company,
            "email": f"lead{lead.number}@{lead.company.split()[0].lower()}.example",
            "enquiry_type": _internal(lead.source),
            "enquiry_country": lead.country,
            "company_employees": str(lead.employees),
            _OWNER: self._owners[lead.owner.username],
        }


def _lines(body: str) -> str:
    paragraphs = [html.unescape(text) for text in re.findall(r"<p>(.*?)</p>", body)] or [body]
    return "\n".join(sorted(paragraphs, key=lambda text: not text.startswith("Silent mode")))


def _internal(source: str) -> str:
    """The option's own name: `demo_request` for “Demo Request”."""
    return source.lower().replace(" ", "_")


def _options(kinds: Iterable[str], first: int = 0) -> list[dict[str, Any]]:
    return [
        {"label": kind.replace("_", " ").capitalize(), "value": kind, "displayOrder": place, "hidden": False}
        for place, kind in enumerate(kinds, first)
    ]


def _own_properties() -> list[dict[str, Any]]:
    """What the client's forms fill in: there before us, and not ours."""
    shapes: list[tuple[str, str, str, str, dict[str, Any]]] = [
        ("enquiry_type", "Enquiry type", "enumeration", "select", {"options": _options(_OWN_KINDS)}),
        ("enquiry_country", "Enquiry country", "string", "text", {}),
        ("company_employees", "Company employees", "number", "number", {}),
    ]
    return [
        {"name": name, "label": label, "groupName": _GROUP, "type": type, "fieldType": field, **more}
        for name, label, type, field, more in shapes
    ]
