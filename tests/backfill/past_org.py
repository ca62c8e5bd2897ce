"""An org with a year of leads from before the design: raw rows, as the years leave them, without any automation."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from audit.salesforce_org import BORN, NS, STAFF, SalesforceOrg, iso, manifest

VALUES = "{mql: Open - Not Contacted, sal: Working - Contacted, recycled: Recycled, disqualified: Disqualified}"
REASONS = "[No budget, No need, Timing, Competitor, Bad data]"
STAGED = (
    ("  first_touch:\n", f"  stages:\n    field: Status\n    values: {VALUES}\n    history: true\n  first_touch:\n"),
    ("assignment: {", f"recycling: {{limit: 2, reasons: {REASONS}}}\nassignment: {{"),
)
WORDS = (
    "Engaged_At", "Assigned_At", "First_Touch_At", "First_Touch_Type", "Cycle", "Assigned_To", "Lead_Type",
    "SLA_Started_At", "SLA_Due_At", "SLA_Minutes", "Response_Minutes", "SLA_Status", "Business_Hours",
    "Stage_Entered_At", "Mql_At", "Sal_At", "Recycled_At", "Disqualified_At", "Recycle_Count",
)  # fmt: skip
PEOPLE = ("ann@acme.example", "bo@acme.example")
FACTS = ", ".join(f"STL_{word}__c" for word in WORDS)
# In New York it is winter: the office opens at 13:00 UTC. 2 June 2025 is a Monday, and there it opens at 12:00 UTC.
MONDAY = datetime(2025, 6, 2, 14, tzinfo=UTC)
TRACKING = (
    f'<?xml version="1.0" encoding="UTF-8"?><CustomObject {NS}><enableHistory>true</enableHistory>'
    "<fields><fullName>OwnerId</fullName><trackHistory>true</trackHistory></fields>"
    "<fields><fullName>Status</fullName><trackHistory>true</trackHistory></fields></CustomObject>"
).encode()
WRITER = (
    f'<?xml version="1.0" encoding="UTF-8"?><PermissionSet {NS}>'
    + "".join(
        f"<fieldPermissions><editable>true</editable><field>Lead.STL_{word}__c</field><readable>true</readable>"
        "</fieldPermissions>"
        for word in WORDS
    )
    + "<label>Writes the past</label></PermissionSet>"
).encode()


class PastOrg(SalesforceOrg):
    """`raw` rows are planted as they are; the design comes with `begin`."""

    def __init__(self, folder: Path, *edits: tuple[str, str]) -> None:
        super().__init__(folder)
        self.desk.design = self.desk.edited(*edits)
        self.desk.write(self.desk.design)
        toml = folder / "provisioner.toml"  # the recording proxy does not pass compressed answers on
        toml.write_text(toml.read_text(encoding="utf-8").replace(self.desk.proxy.url, self.url), encoding="utf-8")

    def begin(self) -> None:
        self.door("clock", {"to": iso(BORN - timedelta(days=1))})
        users = [
            {"username": name, "last": name.partition("@")[0].title()}
            for name in (*STAFF, *PEOPLE, "head@acme.example")
        ]
        groups = [{"name": "SDR_On_Call", "label": "SDR on call", "members": ["head@acme.example"]}]
        planted = self.door("seed", {"users": users, "groups": groups})
        self.ids, self.tokens = planted["users"], planted["tokens"]
        self.offer("Demo Request", "Pricing Page", "Contact Form", "Webinar", "Trade Show", "Content Download")
        self.door("clock", {"to": iso(BORN)})
        self.desk.apply()
        self.track()
        self.allow()

    def clear(self) -> None:
        """No leads, no runs, no messages, no requests."""
        for row in self.query("SELECT Id FROM Lead"):
            self.call("DELETE", f"sobjects/Lead/{row['Id']}")
        for door in ("sent", "requests"):
            self.door(door, method="DELETE")
        shutil.rmtree(self.desk.folder / "state", ignore_errors=True)
        for plan in self.desk.folder.glob("*.plan"):
            plan.unlink()

    def track(self) -> None:
        fields = [("CustomField", "Lead.OwnerId"), ("CustomField", "Lead.Status"), ("CustomObject", "Lead")]
        self.deploy({"objects/Lead.object": TRACKING, "package.xml": manifest(*fields)})

    def allow(self) -> None:
        """A person lets the administrator write what only automation writes."""
        self.deploy({"permissionsets/Past.permissionset": WRITER, "package.xml": manifest(("PermissionSet", "Past"))})
        sets = [{"user": self.admin, "name": name} for name in ("STL_Speed_To_Lead", "Past")]
        self.door("seed", {"permission_sets": sets})

    # ---------------------------------------------------------------- rows of the past

    def past_lead(self, ref: str, at: datetime, owner: str, **values: Any) -> dict[str, Any]:
        base = {"LastName": ref, "Company": "Acme", "LeadSource": "Demo Request", "Status": "Open - Not Contacted",
                "OwnerId": self.ids.get(owner, owner)}  # fmt: skip
        return {"sobject": "Lead", "raw": True, "ref": ref, "at": iso(at), "values": base | values}

    def past_move(self, ref: str, at: datetime, before: str, after: str) -> list[dict[str, Any]]:
        """As the vendor keeps a change of owner: a row of names, a row of ids."""
        ids = [self.ids.get(one, one) for one in (before, after)]
        return [
            _history(ref, at, "Owner", f"Name {before}", f"Name {after}"),
            _history(ref, at, "Owner", ids[0], ids[1]),
        ]

    def past_status(self, ref: str, at: datetime, before: str, after: str) -> dict[str, Any]:
        return _history(ref, at, "Status", before, after)

    def past_call(self, ref: str, at: datetime, by: str, **values: Any) -> dict[str, Any]:
        base = {"WhoId": {"ref": ref}, "Subject": "Call", "Status": "Completed", "Priority": "Normal",
                "TaskSubtype": "Call", "IsClosed": True, "CompletedDateTime": iso(at)}  # fmt: skip
        return {"sobject": "Task", "raw": True, "as": by, "at": iso(at), "values": base | values}

    def first_history(self) -> list[dict[str, Any]]:
        """A lead of long ago, by which everybody sees that the history goes back so far."""
        at = MONDAY - timedelta(days=30)
        return [
            self.past_lead("oldest", at - timedelta(days=1), PEOPLE[1]),
            *self.past_move("oldest", at, PEOPLE[0], PEOPLE[1]),
            self.past_status("oldest", at, "Working - Contacted", "Open - Not Contacted"),
        ]

    def plant(self, *rows: dict[str, Any]) -> dict[str, str]:
        return dict(self.door("seed", {"records": list(rows)})["refs"])

    def facts(self, id: str) -> dict[str, Any]:
        """What is recorded of a lead, without blanks; the words of our fields."""
        (row,) = self.query(f"SELECT {FACTS} FROM Lead WHERE Id = '{id}'")
        found = {word: row.get(f"STL_{word}__c") for word in WORDS}
        return {word: _plain(value) for word, value in found.items() if value is not None}

    def backfill(self, *words: str) -> Any:
        return self.desk("backfill", "acme.yaml", "-c", "local", "--state-dir", str(self.desk.folder / "state"), *words)


def _history(ref: str, at: datetime, field: str, before: str, after: str) -> dict[str, Any]:
    values = {"LeadId": {"ref": ref}, "Field": field, "OldValue": before, "NewValue": after}
    return {"sobject": "LeadHistory", "raw": True, "at": iso(at), "values": values}


def _plain(value: Any) -> Any:
    return value.replace(".000+0000", "Z") if isinstance(value, str) else value
