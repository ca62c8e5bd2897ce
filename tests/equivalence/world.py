"""Plays lives in an emulated org over HTTP, and reads back what became of the leads and who was told."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from .emulated import Emulated
from .oracle import Message
from .worlds import GROUP, PEOPLE, QUEUES, Event, Life

CLIENT_FIELD = """<?xml version="1.0" encoding="UTF-8"?>
<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata"><fields><fullName>Form_Submitted_At__c</fullName>
<label>Form Submitted At</label><type>DateTime</type></fields></CustomObject>"""
CLIENT_ACCESS = """<?xml version="1.0" encoding="UTF-8"?>
<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata"><fieldPermissions><editable>true</editable>
<field>Lead.Form_Submitted_At__c</field><readable>true</readable></fieldPermissions><label>Client</label></PermissionSet>"""
CLIENT_MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<Package xmlns="http://soap.sforce.com/2006/04/metadata"><types><members>Lead.Form_Submitted_At__c</members>
<name>CustomField</name></types><types><members>Client</members><name>PermissionSet</name></types>
<version>66.0</version></Package>"""
CLIENT_PACKAGE = {
    "objects/Lead.object": CLIENT_FIELD.encode(),
    "permissionsets/Client.permissionset": CLIENT_ACCESS.encode(),
    "package.xml": CLIENT_MANIFEST.encode(),
}


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class World(Emulated):
    """One emulator process; `reset` makes a new org of it."""

    platform = "salesforce"
    root = "/services/data/v66.0/"

    def deploy(self, files: Mapping[str, bytes]) -> list[str]:
        """Deploys for real; the problems, empty when it succeeded."""
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            for path, content in files.items():
                archive.writestr(path, content)
        options = {"deployOptions": {"checkOnly": False, "singlePackage": True, "rollbackOnError": True}}
        parts = {
            "json": (None, json.dumps(options), "application/json"),
            "file": ("deploy.zip", zipped.getvalue(), "application/zip"),
        }
        job = self.call("POST", "metadata/deployRequest", files=parts)["id"]
        for _ in range(50):
            result = self.call("GET", f"metadata/deployRequest/{job}?includeDetails=true")["deployResult"]
            if result["done"]:
                failures = result["details"]["componentFailures"]
                found = [f"{f['componentType']} {f['fullName']}: {f['problem']}" for f in failures]
                assert result["success"] or found, result
                return [] if result["success"] else found
            time.sleep(0)
        raise AssertionError("the deploy did not end")

    def reset(self, files: Mapping[str, bytes], at: datetime) -> None:
        """A new org at `at` with people, queues, the client's own field and the deployed design."""
        self.door("reset")
        self.door("clock", {"to": iso(at)})
        people = [
            {"username": name, "last": name.partition("@")[0], "manager": manager, "active": active}
            for name, (manager, active) in PEOPLE.items()
        ]
        planted = self.door(
            "seed",
            {
                "users": people,
                "queues": [{"name": QUEUES[0]}],
                "groups": [{"name": GROUP, "members": ["cro@acme.example"]}],
            },
        )
        self.ids = planted["users"] | planted["queues"]
        self.tokens = planted["tokens"]
        assert not self.deploy(CLIENT_PACKAGE)
        problems = self.deploy(files)
        assert not problems, problems
        mine = [{"user": "admin@example.com", "name": name} for name in ("Client", "STL_Speed_To_Lead")]
        self.door("seed", {"permission_sets": mine})
        for row in self.query("SELECT Id, DeveloperName FROM Group WHERE Type = 'Queue'"):
            self.ids[row["DeveloperName"]] = row["Id"]
        self.names = {id: name for name, id in self.ids.items()}
        self.leads: dict[int, str] = {}

    def query(self, soql: str) -> list[dict[str, Any]]:
        answer = self.call("GET", "query", params={"q": soql})
        rows = answer["records"]
        while not answer["done"]:
            answer = self.call("GET", answer["nextRecordsUrl"].removeprefix("/services/data/v66.0/"))
            rows += answer["records"]
        return rows

    def play(self, lives: Iterable[Life], until: datetime) -> None:
        """All lives at once, in the order of time."""
        todo = sorted(
            ((event.at, life.number, place, event) for life in lives for place, event in enumerate(life.events)),
            key=lambda item: item[:3],
        )
        for at, number, place, event in todo:
            if at > until:
                break
            self.door("clock", {"to": iso(at)})
            self._happen(number, place == 0, event)
        self.door("clock", {"to": iso(until)})

    def _happen(self, number: int, new: bool, event: Event) -> None:
        if event.kind == "convert":
            self.door("convert", {"lead": self.leads[number]})
        elif event.kind == "touch":
            self._touch(number, event)
        else:
            values = {name: iso(v) if isinstance(v, datetime) else v for name, v in event.values.items()}
            if event.owner is not None:
                values["OwnerId"] = self.ids[event.owner]
            if new:
                self.leads[number] = self.call("POST", "sobjects/Lead", values)["id"]
            else:
                self.call("PATCH", f"sobjects/Lead/{self.leads[number]}", values)

    def _touch(self, number: int, event: Event) -> None:
        token = self.tokens[event.actor]
        body: dict[str, Any] = {"WhoId": self.leads[number], "Subject": "Touch"}
        if event.subtype == "Event":
            times = {"StartDateTime": iso(event.at), "EndDateTime": iso(event.at), "DurationInMinutes": 0}
            self.call("POST", "sobjects/Event", body | times, token)
        else:
            self.call("POST", "sobjects/Task", body | {"Status": "Completed", "TaskSubtype": event.subtype}, token)

    def fields(self, steps: int) -> dict[int, dict[str, Any]]:
        """What the leads hold at the end, by lead number."""
        names = [
            "STL_Engaged_At__c", "STL_Assigned_At__c", "STL_SLA_Started_At__c", "STL_SLA_Due_At__c",
            "STL_First_Touch_At__c", "STL_First_Touch_Type__c", "STL_Lead_Type__c", "STL_SLA_Minutes__c",
            "STL_SLA_Status__c", "STL_SLA_Result__c", "STL_Systems_Delay_Minutes__c", "STL_Human_Delay_Minutes__c",
            "STL_Speed_To_Lead_Minutes__c", "STL_Response_Minutes__c", "STL_Miss_Minutes__c",
            "STL_Escalation_Level__c", "STL_Cycle__c", "STL_Excluded__c", "STL_Last_Error__c",
            *(f"STL_Step_{k}_At__c" for k in range(1, steps + 1)),
        ]  # fmt: skip
        rows = self.query(f"SELECT Id, OwnerId, {', '.join(names)} FROM Lead")
        by_id = {row["Id"]: {name: row[name] for name in ["OwnerId", *names]} for row in rows}
        for row in by_id.values():
            row["OwnerId"] = self.names.get(row["OwnerId"], row["OwnerId"])
        return {number: by_id[id] for number, id in self.leads.items()}

    def messages(self) -> dict[int, list[Message]]:
        """Every message that was sent, by lead number."""
        numbers = {id: number for number, id in self.leads.items()}
        found: dict[int, list[Message]] = {number: [] for number in self.leads}
        for sent in self.door("sent", method="GET"):
            if sent["channel"] in ("bell", "email"):
                message = Message(sent["at"][:16], sent["channel"], tuple(sorted(sent["to"])))
                found[numbers[sent["record"]]].append(message)
        return {number: sorted(messages) for number, messages in found.items()}

    def tasks(self) -> dict[int, int]:
        """How many tasks the steps made, by lead number; those of a converted lead are its contact's."""
        numbers = {id: number for number, id in self.leads.items()}
        for row in self.query("SELECT Id, ConvertedContactId FROM Lead WHERE IsConverted = true"):
            numbers[row["ConvertedContactId"]] = numbers[row["Id"]]
        found = dict.fromkeys(self.leads, 0)
        for row in self.query("SELECT Id, WhoId FROM Task WHERE Subject != 'Touch'"):
            found[numbers[row["WhoId"]]] += 1
        return found
