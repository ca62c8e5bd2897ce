"""An emulated org with a month of leads in it, made through its doors and the vendor's own API."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from equivalence.emulated import Emulated

from provisioner.connections import Connection
from provisioner.document import load
from provisioner.facts import Scope
from provisioner.model.compile import compile_design
from provisioner.model.design import Design
from provisioner.planning.diff import make_plan
from provisioner.resources import Snapshot
from provisioner.secrets import Secret
from provisioner.targets.base import Ledger, Outcome
from provisioner.targets.salesforce import target
from provisioner.targets.salesforce.desire import render
from provisioner.targets.salesforce.session import SalesforceSession, connect

EXAMPLE = Path(__file__).parents[2] / "examples" / "starter-salesforce.yaml"
ADMIN = "admin@example.com"
REPS = ("ann@acme.example", "bo@acme.example", "cy@acme.example")
LONE, GONE = "lone@acme.example", "gone@acme.example"  # without a manager; leaves the company
BORN, END = datetime(2026, 2, 2, 8, tzinfo=UTC), datetime(2026, 3, 2, 21, tzinfo=UTC)
SOURCES = (
    "Demo Request",
    "Pricing Page",
    "Contact Form",
    "Webinar",
    "Content Download",
    "Podcast",
    "demo request",
    None,
)
READ_BACK = (
    "Id, CreatedDate, LeadSource, Country, IsConverted, OwnerId, STL_Lead_Type__c, STL_SLA_Result__c, "
    "STL_SLA_Status__c, STL_SLA_Started_At__c, STL_SLA_Due_At__c, STL_First_Touch_At__c, STL_Assigned_At__c, "
    "STL_Systems_Delay_Minutes__c, STL_Human_Delay_Minutes__c, STL_Escalation__c, STL_Escalation_Level__c, "
    "STL_Step_1_At__c, STL_Step_2_At__c"
)
EDITABLE = ("Engaged_At", "Lead_Type", "SLA_Status", "Escalation_Level")
BY_HAND = """<?xml version="1.0" encoding="UTF-8"?>
<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">{rights}<label>By hand</label></PermissionSet>"""
RIGHT = (
    "<fieldPermissions><editable>true</editable><field>Lead.STL_{word}__c</field><readable>true</readable>"
    "</fieldPermissions>"
)
MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<Package xmlns="http://soap.sforce.com/2006/04/metadata"><types><members>By_Hand</members><name>PermissionSet</name>
</types><version>66.0</version></Package>"""


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def loaded(path: Path = EXAMPLE) -> Design:
    design, _ = compile_design(load(path), today=date(2026, 2, 2))
    assert design is not None
    return design


class AuditOrg(Emulated):
    """One emulator process. The design is applied by our own session; everything else goes through the vendor's API."""

    platform = "salesforce"
    root = "/services/data/v66.0/"

    def __init__(self) -> None:
        super().__init__()
        self.design = loaded()
        self.ids: dict[str, str] = {}
        self.tokens: dict[str, str] = {}

    # ---------------------------------------------------------------- the road

    def session(self, token: str = "", *, read_only: bool = True) -> SalesforceSession:
        auth = {"method": "access_token", "access_token": Secret(token or self.token)}
        made = Connection("local", "salesforce", auth, instance_url=self.url, timeout_seconds=60.0)
        return connect(made, read_only=read_only)

    def begin(self, at: datetime = BORN) -> None:
        """People, the design, and the right to see and (by hand) to spoil its fields."""
        self.door("clock", {"to": iso(at - timedelta(days=2))})
        users = [{"username": name, "last": name.partition("@")[0]} for name in ("head@acme.example", LONE)]
        users += [{"username": name, "last": name.partition("@")[0], "manager": "head@acme.example"}
                  for name in (*REPS, GONE)]  # fmt: skip
        users += [
            {"username": f"{name}@acme.example", "last": name} for name in ("qa", "cro", "sdr-manager", "integration")
        ]
        planted = self.door("seed", {"users": users})
        self.ids, self.tokens = planted["users"], planted["tokens"]
        before = [self.lead(at - timedelta(days=1), "Webinar", REPS[0]) for _ in range(3)]
        self.door("seed", {"records": before})
        self.door("clock", {"to": iso(at)})
        self.apply(render(self.design))
        self.client_rights()

    def apply(self, desired: Snapshot) -> None:
        session = self.session(read_only=False)
        identity = session.identity()
        live = session.read(desired, "STL")
        org = {"id": identity.id, "name": identity.name, "is_production": identity.is_production}
        plan = make_plan(
            desired, live.snapshot, live.ledger.fingerprints, target.compare, design=self.design.id,
            design_digest="0" * 64, tool="0", org=org, created_at=iso(BORN), prefix="STL",
        )  # fmt: skip
        meta = {"plan": "p", "applied_at": iso(BORN), "applied_by": "me", "tool": "0"}
        outcomes = [
            event for event in session.write(plan, Ledger(self.design.id, plan.fingerprints, meta))
            if isinstance(event, Outcome)
        ]  # fmt: skip
        assert {outcome.status for outcome in outcomes} == {"done"}, outcomes
        session.close()

    def client_rights(self) -> None:
        rights = "".join(RIGHT.format(word=word) for word in EDITABLE)
        files = {
            "permissionsets/By_Hand.permissionset": BY_HAND.format(rights=rights).encode(),
            "package.xml": MANIFEST.encode(),
        }
        self.deploy(files)
        self.permit(ADMIN, "STL_Speed_To_Lead", "By_Hand")

    def deploy(self, files: Mapping[str, bytes]) -> None:
        """What an administrator deploys, past us."""
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            for path, content in files.items():
                archive.writestr(path, content)
        options = '{"deployOptions": {"checkOnly": false, "singlePackage": true, "rollbackOnError": true}}'
        parts = {
            "json": (None, options, "application/json"),
            "file": ("deploy.zip", zipped.getvalue(), "application/zip"),
        }
        job = self.call("POST", "metadata/deployRequest", files=parts)["id"]
        done = False
        while not done:
            result = self.call("GET", f"metadata/deployRequest/{job}?includeDetails=true")["deployResult"]
            done = result["done"]
        assert result["success"], result

    def permit(self, user: str, *names: str) -> None:
        self.door("seed", {"permission_sets": [{"user": user, "name": name} for name in names]})

    # --------------------------------------------------------------- the month

    def lead(self, at: datetime, source: str | None, owner: str, **more: Any) -> dict[str, Any]:
        values = {"LastName": "Lead", "Company": "Acme", "LeadSource": source, "OwnerId": self.ids[owner], **more}
        return {"sobject": "Lead", "as": owner, "at": iso(at), "values": values}

    def month(self, count: int = 1000, seed: int = 7) -> None:
        """`count` leads on working days from 13:00 UTC on, and touches on half of them from 14:30 on."""
        dice = random.Random(seed)
        days = [BORN + timedelta(days=n) for n in range(29) if (BORN + timedelta(days=n)).weekday() < 5]
        days = [day for day in days if day < END]
        for place, day in enumerate(days):
            wanted = count * (place + 1) // len(days) - count * place // len(days)
            morning = day.replace(hour=13, minute=0)
            minutes = sorted(dice.randrange(60 * 60) for _ in range(wanted))
            made = [self._any_lead(dice, morning + timedelta(seconds=second)) for second in minutes]
            ids = self.door("seed", {"records": made})["records"]
            touched = [(dice.randrange(5 * 3600), id, row["as"]) for id, row in zip(ids, made, strict=True)
                       if dice.random() < 0.5]  # fmt: skip
            noon = morning + timedelta(minutes=90)
            self.door("seed", {"records": [self.touch(noon + timedelta(seconds=at), id, who)
                                           for at, id, who in sorted(touched)]})  # fmt: skip
        self.door("clock", {"to": iso(END)})

    def _any_lead(self, dice: random.Random, at: datetime) -> dict[str, Any]:
        owner = dice.choice([*REPS, *REPS, LONE, GONE])
        email = dice.choice(["x@acme.example", None, "x@other.example", "y@other.example", None, "z@other.example"])
        country = dice.choice(["Ireland", "United States", None])
        return self.lead(at, dice.choice(SOURCES), owner, Email=email, Country=country)

    def touch(self, at: datetime, lead: str, user: str) -> dict[str, Any]:
        values = {"WhoId": lead, "Subject": "Call", "Status": "Completed", "TaskSubtype": "Call"}
        return {"sobject": "Task", "as": user, "at": iso(at), "values": values}

    # ------------------------------------------------------- what people do

    def switch(self, flow: str, on: bool) -> None:
        """Deactivate or activate a flow, as Setup does."""
        soql = f"SELECT Id FROM FlowDefinition WHERE DeveloperName = '{flow}'"
        found = self.call("GET", "tooling/query", params={"q": soql})["records"][0]["Id"]
        self.call("PATCH", f"tooling/sobjects/FlowDefinition/{found}", {"Metadata": {"activeVersionNumber": int(on)}})

    def patch(self, lead: str, **values: Any) -> None:
        self.call("PATCH", f"sobjects/Lead/{lead}", values)

    def leave(self, user: str) -> None:
        self.call("PATCH", f"sobjects/User/{self.ids[user]}", {"IsActive": False})

    def create(self, source: str | None, owner: str, **more: Any) -> str:
        values = self.lead(END, source, owner, **more)["values"]
        return str(self.call("POST", "sobjects/Lead", values)["id"])

    # ------------------------------------------------------ the direct count

    def query(self, soql: str) -> list[dict[str, Any]]:
        answer = self.call("GET", "query", params={"q": soql})
        rows = list(answer["records"])
        while not answer["done"]:
            answer = self.call("GET", answer["nextRecordsUrl"].removeprefix(self.root))
            rows += answer["records"]
        return rows

    def everything(self) -> list[dict[str, Any]]:
        return self.query(f"SELECT {READ_BACK} FROM Lead")

    def now(self) -> datetime:
        return at(self.door("clock", method="GET")["now"])

    def scope(self, carriers: Iterable[str] = ("LeadSource",), days: int = 60, **more: Any) -> Scope:
        now = self.now()
        return Scope(now, now - timedelta(days=days), tuple(carriers), **more)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
