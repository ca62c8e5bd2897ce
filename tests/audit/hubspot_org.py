"""A HubSpot account as a client has it: options on its own property, people in a team, a month of contacts that were
called in time. Everything goes through the vendor's API and the emulator's doors."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from equivalence.portal import Portal

from .drift_bench import Desk

EXAMPLE = Path(__file__).parents[2] / "examples" / "acme-hubspot.yaml"
TEAM = "SDR Backup"
BORN, END = datetime(2026, 2, 2, 8, tzinfo=UTC), datetime(2026, 3, 2, 21, tzinfo=UTC)
REPS = ("ann@acme.example", "bo@acme.example", "cy@acme.example", "dee@acme.example")
SAM, IDA = "sam@acme.example", "ida@acme.example"
STAFF = ("qa@acme.example", "cro@acme.example", "sdr-manager@acme.example", "integration@acme.example")
KINDS = ("demo_request", "pricing_page", "contact_form", "webinar", "trade_show", "content_download")
USED = tuple(kind for kind in KINDS if kind != "pricing_page")
CONTACTS = "/crm/v3/objects/contacts"
MOST = 100  # records in one request


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class HubSpotOrg(Portal):
    """One emulator process and a desk before it."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.desk = Desk(folder, "hubspot", self.url, self.token, EXAMPLE.read_text(encoding="utf-8"))
        self.made = 0

    def close(self) -> None:
        self.desk.close()
        super().close()

    def born(self) -> None:
        """A team of Ann and Sam, the property's values, one form that a rule knows by what it leaves, the design."""
        self.begin(BORN - timedelta(days=2), [REPS[0], SAM, *REPS[1:], IDA, *STAFF], TEAM)
        self.door("settings", {"rate_limits": False, "timezone": "America/New_York"})
        self.offer(*KINDS)
        self.door("clock", {"to": iso(BORN)})
        self.desk.apply()

    def offer(self, *values: str) -> None:
        """The options of the property, as its settings page sets them."""
        options = [
            {"label": value.replace("_", " ").capitalize(), "value": value, "hidden": False, "displayOrder": place}
            for place, value in enumerate(values)
        ]
        self.door("edit", {"property": "contacts/enquiry_type", "changes": {"options": options}, "by": "777"})

    def month(self, count: int = 1000) -> None:
        """`count` contacts on working days, in bundles; nine in ten are called three minutes later."""
        days = [day for n in range(29) if (day := BORN + timedelta(days=n)).weekday() < 5 and day < END]
        for place, day in enumerate(days):
            wanted = count * (place + 1) // len(days) - count * place // len(days)
            self.day(day.replace(hour=14), wanted)
        self.door("clock", {"to": iso(END)})

    def day(self, start: datetime, count: int, left: int = 10) -> None:
        """So many contacts at `start`; one in `left` of them is called by nobody."""
        self.door("clock", {"to": iso(start)})
        ids = self.create([(USED[n % len(USED)], REPS[n % len(REPS)]) for n in range(count)])
        self.door("clock", {"to": iso(start + timedelta(minutes=3))})
        for place, id in enumerate(ids):
            if place % left != left - 1:
                self.touch(id, REPS[place % len(REPS)])

    def late_day(self, start: datetime, count: int, wait: int, left: int = 0) -> None:
        """So many contacts that nobody has for `wait` minutes; three later they are called, but one in `left` of them.
        0: all are."""
        self.door("clock", {"to": iso(start)})
        ids = self.create([(USED[n % len(USED)], "") for n in range(count)])
        self.door("clock", {"to": iso(start + timedelta(minutes=wait))})
        for place, id in enumerate(ids):
            self.patch(id, hubspot_owner_id=self.owners[REPS[place % len(REPS)]])
        self.door("clock", {"to": iso(start + timedelta(minutes=wait + 3))})
        for place, id in enumerate(ids):
            if left == 0 or place % left != left - 1:
                self.touch(id, REPS[place % len(REPS)])

    def create(self, leads: Iterable[tuple[str, str]], **more: str) -> list[str]:
        """As integrations do: (kind, owner) of each; both may be blank."""
        inputs = []
        for kind, owner in leads:
            self.made += 1
            values = {"email": f"lead{self.made}@big.example", "enquiry_type": kind, **more}
            values |= {"hubspot_owner_id": self.owners[owner]} if owner else {}
            inputs.append({"properties": {key: text for key, text in values.items() if text}, "associations": []})
        ids: list[str] = []
        for start in range(0, len(inputs), MOST):
            body = {"inputs": inputs[start : start + MOST]}
            made = self.call("POST", f"{CONTACTS}/batch/create", body)["results"]
            by_email = {row["properties"]["email"]: str(row["id"]) for row in made}
            ids += [by_email[item["properties"]["email"]] for item in body["inputs"]]
        return ids

    def touch(self, contact: str, by: str) -> None:
        self.door("touch", {"contact": contact, "type": "call", "by": by})

    def patch(self, contact: str, **values: str) -> None:
        self.call("PATCH", f"{CONTACTS}/{contact}", {"properties": values})

    def edit(self, **deed: Any) -> None:
        """Somebody changes something by hand."""
        self.door("edit", deed)

    def leave(self, email: str) -> None:
        self.edit(owner=email, changes={"archived": True})

    @property
    def now(self) -> str:
        return iso(datetime.fromisoformat(self.door("clock", method="GET")["now"]))

    def forward(self, **span: float) -> datetime:
        at = datetime.fromisoformat(self.now) + timedelta(**span)
        self.door("clock", {"to": iso(at)})
        return at
