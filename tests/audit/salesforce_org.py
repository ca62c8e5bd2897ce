"""A Salesforce org as a client has it: values in its picklists, people with managers, a queue with members, a month of
leads that were touched in time. Everything goes through the vendor's API and the emulator's doors."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from equivalence.emulated import Emulated

from .drift_bench import Desk

EXAMPLE = Path(__file__).parents[2] / "examples" / "starter-salesforce.yaml"
EDITS = (
    ("  backup_queue: {queue: SDR_Backup, create: true}", "  backup_queue: {queue: SDR_Backup, create: true}\n"
     "  on_call: {group: SDR_On_Call}"),
    ("notify: [cro], via: [email], reassign_to", "notify: [cro, on_call], via: [email], reassign_to"),
)  # fmt: skip
BORN = datetime(2026, 2, 2, 8, tzinfo=UTC)
END = datetime(2026, 3, 2, 21, tzinfo=UTC)
REPS = ("ann@acme.example", "bo@acme.example", "cy@acme.example", "dee@acme.example")
HEAD, SAM, LONE = "head@acme.example", "sam@acme.example", "lone@acme.example"
STAFF = ("qa@acme.example", "cro@acme.example", "sdr-manager@acme.example", "integration@acme.example")
SOURCES = ("Demo Request", "Pricing Page", "Contact Form", "Webinar", "Trade Show", "Content Download")
STATUSES = ("Marketing Qualified", "Sales Accepted", "Sales Qualified", "Recycled", "Disqualified")
USED = tuple(value for value in SOURCES if value != "Pricing Page")
CODE = ("ApexClass", "ApexTrigger")
PARTS = {"CustomField": "fields", "ListView": "listViews", "ValidationRule": "validationRules"}  # of an object's file
NS = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
ROOT = "/services/data/v66.0/"


# The administrator may write what the design's own permission set lets nobody write.
BY_HAND = (
    f'<?xml version="1.0" encoding="UTF-8"?><PermissionSet {NS}>'
    + "".join(
        f"<fieldPermissions><editable>true</editable><field>Lead.STL_{word}__c</field><readable>true</readable>"
        "</fieldPermissions>"
        for word in ("Engaged_At", "Escalation_Level", "Lead_Type", "SLA_Status")
    )
    + "<label>By hand</label></PermissionSet>"
).encode()

# Conversions run automation only so.
VALIDATED = (
    f'<?xml version="1.0" encoding="UTF-8"?><LeadConfigSettings {NS}><shouldLeadConvertRequireValidation>true'
    "</shouldLeadConvertRequireValidation></LeadConfigSettings>"
).encode()


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class SalesforceOrg(Emulated):
    """One emulator process and a desk before it."""

    platform = "salesforce"
    root = ROOT

    def __init__(self, folder: Path, example: Path = EXAMPLE, edits: Sequence[tuple[str, str]] = EDITS) -> None:
        super().__init__()
        text = example.read_text(encoding="utf-8")
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        self.desk = Desk(folder, "salesforce", self.url, self.token, text)
        self.ids: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.admin = str(
            self.query("SELECT Username FROM User WHERE Profile.Name = 'System Administrator'")[0]["Username"]
        )

    def close(self) -> None:
        self.desk.close()
        super().close()

    # ---------------------------------------------------------------- the client's own

    def begin(self) -> None:
        """People, values, the design, and what a person does once after the first apply."""
        self.door("clock", {"to": iso(BORN - timedelta(days=1))})
        users: list[dict[str, Any]] = [_user(name) for name in (HEAD, *STAFF)]
        users += [_user(name, HEAD) for name in (*REPS, SAM)]
        users.append(_user(LONE))
        groups = [{"name": "SDR_On_Call", "label": "SDR on call", "members": [HEAD]}]
        planted = self.door("seed", {"users": users, "groups": groups})
        self.ids, self.tokens = planted["users"], planted["tokens"]
        self.offer(*SOURCES)
        for status in STATUSES:
            self.by_hand("LeadStatus", add_value=status)
        self.door("clock", {"to": iso(BORN)})
        self.desk.apply()
        self.deploy(
            {"permissionsets/By_Hand.permissionset": BY_HAND, "package.xml": manifest(("PermissionSet", "By_Hand"))}
        )
        sets = [{"user": self.admin, "name": name} for name in ("STL_Speed_To_Lead", "By_Hand")]
        self.door("seed", {"permission_sets": sets})
        self.join("SDR_Backup", *REPS, SAM)
        self.deploy({"settings/LeadConfig.settings": VALIDATED, "package.xml": manifest(("Settings", "LeadConfig"))})
        self.desk.tick()

    def offer(self, *values: str) -> None:
        """The values of the lead source, as Setup sets them."""
        self.deploy(_values("LeadSource", values))

    def by_hand(self, values: str, **deed: str) -> None:
        """Somebody adds a value to a standard set of values, or switches one off."""
        self.door("by_hand", {"by": self.admin, "component": "StandardValueSet", "name": values, **deed})

    def join(self, group: str, *users: str) -> None:
        for user in users:
            self.call("POST", "sobjects/GroupMember", {"GroupId": self.group(group), "UserOrGroupId": self.ids[user]})

    def group(self, name: str) -> str:
        return str(self.query(f"SELECT Id FROM Group WHERE DeveloperName = '{name}'")[0]["Id"])

    def month(self, count: int = 1000) -> None:
        """`count` leads on working days from BORN to END; nine in ten are touched three minutes later."""
        dice = random.Random(7)
        days = [BORN + timedelta(days=n) for n in range((END - BORN).days + 1)]
        days = [day.replace(hour=14) for day in days if day.weekday() < 5]
        for place, day in enumerate(days):
            wanted = count * (place + 1) // len(days) - count * place // len(days)
            self.day(day, wanted, dice)
        self.door("clock", {"to": iso(END)})

    def late_day(self, start: datetime, count: int, touched: bool) -> None:
        """So many leads that wait an hour in a queue before a rep has them."""
        queue = self.group("SDR_Backup")
        made = [self.lead(start + timedelta(minutes=n), "Webinar", HEAD, OwnerId=queue) for n in range(count)]
        ids = self.door("seed", {"records": made})["records"]
        self.door("clock", {"to": iso(start + timedelta(minutes=60))})
        for place, id in enumerate(ids):
            self.patch(id, OwnerId=self.ids[REPS[place % len(REPS)]])
        if touched:
            at = start + timedelta(minutes=63)
            self.door("seed", {"records": [self.touch(at, id, REPS[n % len(REPS)]) for n, id in enumerate(ids)]})

    def day(self, start: datetime, count: int, dice: random.Random, share: float = 0.9) -> None:
        """So many leads from `start` on, a minute apart, `share` of them touched."""
        events: list[tuple[datetime, dict[str, Any]]] = []
        for number in range(count):
            at, owner = start + timedelta(minutes=number), REPS[number % len(REPS)]
            ref = f"{start:%m%d%H}-{number}"
            source, country = dice.choice(USED), dice.choice(["Ireland", "United States", None])
            events.append((at, self.lead(at, source, owner, Country=country) | {"ref": ref}))
            if dice.random() < share:
                touched = at + timedelta(minutes=3)
                events.append((touched, self.touch(touched, {"ref": ref}, owner)))
        events.sort(key=lambda event: event[0])
        self.door("seed", {"records": [record for _, record in events]})

    def lead(self, at: datetime, source: str | None, owner: str, **more: Any) -> dict[str, Any]:
        values = {"LastName": "Lead", "Company": "Acme", "LeadSource": source, "OwnerId": self.ids[owner], **more}
        return {"sobject": "Lead", "as": owner, "at": iso(at), "values": values}

    def touch(self, at: datetime, lead: Any, user: str) -> dict[str, Any]:
        values = {"WhoId": lead, "Subject": "Call", "Status": "Completed", "TaskSubtype": "Call"}
        return {"sobject": "Task", "as": user, "at": iso(at), "values": values}

    # -------------------------------------------------------------- what people do

    @property
    def now(self) -> str:
        return iso(datetime.fromisoformat(self.door("clock", method="GET")["now"]))

    def forward(self, **span: float) -> datetime:
        at = datetime.fromisoformat(self.now) + timedelta(**span)
        self.door("clock", {"to": iso(at)})
        return at

    def query(self, soql: str) -> list[dict[str, Any]]:
        answer = self.call("GET", "query", params={"q": soql})
        rows = list(answer["records"])
        while not answer["done"]:
            answer = self.call("GET", answer["nextRecordsUrl"].removeprefix(ROOT))
            rows += answer["records"]
        return rows

    def patch(self, record: str, **values: Any) -> None:
        self.call("PATCH", f"sobjects/Lead/{record}", values)

    def user(self, name: str, **values: Any) -> None:
        self.call("PATCH", f"sobjects/User/{self.ids[name]}", values)

    def freeze(self, name: str) -> None:
        """As the button of the user's page does."""
        found = self.query(f"SELECT Id FROM UserLogin WHERE UserId = '{self.ids[name]}'")[0]["Id"]
        self.call("PATCH", f"sobjects/UserLogin/{found}", {"IsFrozen": True})

    def create(self, source: str | None, owner: str, **more: Any) -> str:
        values = {
            "LastName": "Lead",
            "Company": "Acme",
            "LeadSource": source,
            "OwnerId": self.ids.get(owner, owner),
            **more,
        }
        return str(self.call("POST", "sobjects/Lead", values)["id"])

    def switch(self, flow: str, on: bool) -> None:
        found = self.call(
            "GET", "tooling/query", params={"q": f"SELECT Id FROM FlowDefinition WHERE DeveloperName = '{flow}'"}
        )
        body = {"Metadata": {"activeVersionNumber": int(on)}}
        self.call("PATCH", f"tooling/sobjects/FlowDefinition/{found['records'][0]['Id']}", body)

    def deploy(self, files: Mapping[str, bytes]) -> None:
        """What an administrator deploys, past us."""
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            for path, content in files.items():
                archive.writestr(path, content)
        options = '{"deployOptions": {"checkOnly": false, "singlePackage": true, "rollbackOnError": true}}'
        parts = {"json": (None, options, "application/json"), "file": ("d.zip", zipped.getvalue(), "application/zip")}
        job = self.call("POST", "metadata/deployRequest", files=parts)["id"]
        done: dict[str, Any] = {"done": False}
        while not done["done"]:
            done = self.call("GET", f"metadata/deployRequest/{job}?includeDetails=true")["deployResult"]
        assert done["success"], done["details"]["componentFailures"]

    def edit(self, path: str, kind: str, name: str, *edits: tuple[str, str]) -> None:
        """Somebody deploys one of the design's files with other texts in it; each text must be there."""
        text = (self.rendered() / path).read_text(encoding="utf-8")
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new, 1)
        components = [(kind, name)]
        if path.startswith("objects/"):  # whatever the file holds has to be in the manifest
            object = Path(path).stem
            components = [
                (kind, f"{object}.{part}")
                for kind, tag in PARTS.items()
                for part in re.findall(rf"<{tag}>\s*<fullName>(\w+)</fullName>", text)
            ]
            components += [] if object == "Lead" else [("CustomObject", object)]
        files = {path: text.encode(), "package.xml": manifest(*components)}
        if kind in CODE or path.endswith(".email"):
            meta = f"{path}-meta.xml"
            files[meta] = (self.rendered() / meta).read_bytes()
        self.deploy(files)

    def rendered(self) -> Path:
        """The design's files, as an administrator retrieves them."""
        folder = self.desk.folder / "rendered"
        if not folder.exists():
            ran = self.desk("render", "acme.yaml", "-o", str(folder))
            assert ran.code == 0, ran.err
        return folder

    def remove(self, *components: tuple[str, str]) -> None:
        """Deleted in Setup: kind and full name of each."""
        self.deploy({"package.xml": manifest(), "destructiveChanges.xml": manifest(*components)})


def manifest(*components: tuple[str, str]) -> bytes:
    kinds = "".join(f"<types><members>{name}</members><name>{kind}</name></types>" for kind, name in components)
    return f'<?xml version="1.0" encoding="UTF-8"?><Package {NS}>{kinds}<version>66.0</version></Package>'.encode()


def _user(name: str, manager: str = "") -> dict[str, Any]:
    first = name.partition("@")[0]
    return {"username": name, "last": first.title()} | ({"manager": manager} if manager else {})


def _values(name: str, values: Iterable[str]) -> dict[str, bytes]:
    rows = "".join(
        f"<standardValue><fullName>{value}</fullName><default>{str(place == 0).lower()}</default><label>{value}</label>"
        "</standardValue>"
        for place, value in enumerate(values)
    )
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><StandardValueSet {NS}><sorted>false</sorted>{rows}</StandardValueSet>'
    )
    return {
        f"standardValueSets/{name}.standardValueSet": text.encode(),
        "package.xml": manifest(("StandardValueSet", name)),
    }
