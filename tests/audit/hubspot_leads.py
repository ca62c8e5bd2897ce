"""An emulated account with a month of contacts in it, made through its doors and the vendor's own API."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from equivalence.portal import Portal

from provisioner.connections import Connection
from provisioner.document import load
from provisioner.facts import Scope
from provisioner.model.compile import compile_design
from provisioner.model.design import Design
from provisioner.planning.diff import make_plan
from provisioner.secrets import Secret
from provisioner.targets.base import Ledger, Outcome
from provisioner.targets.hubspot import target
from provisioner.targets.hubspot.session import HubSpotSession, connect
from provisioner.targets.hubspot.session.pace import Pace

EXAMPLE = Path(__file__).parents[2] / "examples" / "acme-hubspot.yaml"
TEAM = "SDR Backup"
REPS = ("ann@acme.example", "bo@acme.example", "cy@acme.example")
AWAY, GONE = "ida@acme.example", "gone@acme.example"
OTHERS = ("qa@acme.example", "cro@acme.example", "sdr-manager@acme.example", "integration@acme.example")
BORN, END = datetime(2026, 2, 2, 8, tzinfo=UTC), datetime(2026, 3, 2, 21, tzinfo=UTC)
KINDS = ("demo_request", "pricing_page", "contact_form", "webinar", "content_download", "other", "")
COUNTRIES = ("Ireland", "ireland", "United States", "")
FORMS = ("Pricing calculator", "Newsletter")
UNUSED_FORM = "calculator"  # a word of another one's name
READ_SCOPES = (
    "oauth", "crm.schemas.contacts.read", "crm.objects.contacts.read", "crm.objects.owners.read", "automation",
    "crm.lists.read", "forms", "crm.objects.users.read", "settings.users.teams.read",
)  # fmt: skip


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def example() -> Design:
    design, _ = compile_design(load(EXAMPLE), today=date(2026, 2, 2))
    assert design is not None
    return design


class _Time:
    """Passes when somebody waits for it."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds


class AuditPortal(Portal):
    """The design is applied by the command; everything else goes through the vendor's API."""

    def __init__(self) -> None:
        super().__init__()
        self.design = example()

    def born(self) -> None:
        self.begin(BORN - timedelta(days=2), [*REPS, AWAY, GONE, *OTHERS], TEAM)
        self.door("settings", {"rate_limits": False, "timezone": "US/Eastern"})
        self.door("seed", {"forms": [{"name": name} for name in (*FORMS, UNUSED_FORM)]})
        before = [self.contact(BORN - timedelta(days=1), "webinar", REPS[0], f"old{n}@x.example") for n in range(3)]
        self.door("seed", {"records": before})
        self.door("clock", {"to": iso(BORN)})
        self.deploy()

    def deploy(self) -> None:
        """By our own session: the command lets one apply at a time into an account, and tests run side by side."""
        desired, _ = target.desire(self.design, lambda pointer: None)
        session = self.session(read_only=False)
        identity = session.identity()
        live = session.read(desired, "STL")
        assert live.resolved is not None
        org = {"id": identity.id, "name": identity.name, "is_production": identity.is_production}
        plan = make_plan(
            live.resolved, live.snapshot, live.ledger.fingerprints, target.compare, design=self.design.id,
            design_digest="0" * 64, tool="0", org=org, created_at=iso(BORN), prefix="STL",
        )  # fmt: skip
        meta = {"plan": "p", "applied_at": iso(BORN), "applied_by": "me", "tool": "0"}
        outcomes = [
            event for event in session.write(plan, Ledger(self.design.id, plan.fingerprints, meta))
            if isinstance(event, Outcome)
        ]  # fmt: skip
        assert {outcome.status for outcome in outcomes} == {"done"}, outcomes
        session.close()

    def session(self, token: str = "", *, read_only: bool = True) -> HubSpotSession:
        auth: dict[str, str | Secret] = {"method": "access_token", "access_token": Secret(token or self.token)}
        made = Connection("local", "hubspot", auth, instance_url=self.url, timeout_seconds=60.0)
        time = _Time()
        return connect(made, Pace(sleep=time.sleep, now=time.now), read_only=read_only)

    def token_with(self, *scopes: str) -> str:
        token = f"pat-na1-{len(scopes):08d}-0000-4000-8000-{abs(hash(scopes)) % 10**12:012d}"
        self.door("seed", {"tokens": [{"token": token, "scopes": list(scopes)}]})
        return token

    # --------------------------------------------------------------- the month

    def contact(self, when: datetime, kind: str, owner: str, email: str, **more: str) -> dict[str, Any]:
        values = {"email": email, "enquiry_type": kind, "hubspot_owner_id": self.owners.get(owner, ""), **more}
        return {"object": "contacts", "created": iso(when), "values": {k: v for k, v in values.items() if v}}

    def create(self, kind: str, owner: str, email: str, **more: str) -> str:
        """As people and integrations do, so that workflows run."""
        values = self.contact(END, kind, owner, email, **more)["values"]
        return str(self.call("POST", "/crm/v3/objects/contacts", {"properties": values, "associations": []})["id"])

    def month(self, count: int = 1000, seed: int = 7) -> None:
        """`count` contacts on working days from 13:00 UTC on, and calls to half of them in the afternoon."""
        dice = random.Random(seed)
        days = [day for n in range(29) if (day := BORN + timedelta(days=n)).weekday() < 5 and day < END]
        for place, day in enumerate(days):
            wanted = count * (place + 1) // len(days) - count * place // len(days)
            self.door("clock", {"to": iso(day.replace(hour=13))})
            made = [self._any_one(dice, f"{place}.{n}") for n in range(wanted)]
            for half in range(2):
                self.door("clock", {"to": iso(day.replace(hour=15 + half * 3, minute=dice.randrange(60)))})
                for id in made[half::2]:
                    if dice.random() < 0.5:
                        self.door("touch", {"contact": id, "type": "call", "by": dice.choice(REPS)})
        self.door("clock", {"to": iso(END)})

    def _any_one(self, dice: random.Random, name: str) -> str:
        owner = dice.choice([*REPS, *REPS, AWAY, GONE])
        domain = dice.choice(["acme.example", "other.example", "other.example", "third.example"])
        kind, country = dice.choice(KINDS), dice.choice(COUNTRIES)
        if dice.random() < 0.2:
            email = f"{name}@{domain}"
            self.door("submit", {"form": dice.choice(FORMS), "email": email, "values": {}})
        return self.create(kind, owner, f"c{name}@{domain}", enquiry_country=country)

    def patch(self, id: str, **values: str) -> None:
        self.call("PATCH", f"/crm/v3/objects/contacts/{id}", {"properties": values})

    def leave(self, email: str) -> None:
        self.door("edit", {"owner": email, "changes": {"archived": True}})

    # ------------------------------------------------------ the direct count

    def everything(self, properties: Iterable[str]) -> list[dict[str, Any]]:
        """All contacts by the list endpoint, which no audit uses."""
        rows: list[dict[str, Any]] = []
        query: dict[str, Any] = {"limit": 100, "properties": ",".join(properties)}
        while True:
            answer = self.call("GET", "/crm/v3/objects/contacts", params=query)
            rows += [{**row["properties"], "id": row["id"]} for row in answer["results"]]
            if "paging" not in answer:
                return rows
            query["after"] = answer["paging"]["next"]["after"]

    def now(self) -> datetime:
        return at(self.door("clock", method="GET")["now"])

    def scope(
        self, carriers: Iterable[str] = ("enquiry_type", "enquiry_country"), days: int = 60, **more: Any
    ) -> Scope:
        now = self.now()
        return Scope(now, now - timedelta(days=days), tuple(carriers), **more)

    def requests(self) -> list[tuple[str, str]]:
        return [(row["method"], row["path"].partition("?")[0]) for row in self.door("requests", method="GET")]
