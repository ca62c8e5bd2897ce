"""Plays lives in an emulated org over HTTP, and reads back what became of the leads and who was told."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from launching import launched

from provisioner.sla.timeline import Switched
from provisioner.targets.salesforce.package import manifest

from .emulated import Emulated
from .oracle import Message
from .worlds import CAST, SLACK, Cast, Event, Life

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

    def begin(self, at: datetime, cast: Cast = CAST) -> None:
        """A new org at `at` with its people, queues, groups, Slack and a field of its own."""
        self.door("reset")
        self.door("clock", {"to": iso(at)})
        self.door("settings", {"slack": SLACK})
        people = [
            {"username": name, "last": name.partition("@")[0], "manager": manager, "active": active}
            | ({"role": cast.roles[name]} if name in cast.roles else {})
            for name, (manager, active) in cast.people.items()
        ]
        planted = self.door(
            "seed",
            {
                "roles": [{"name": role} for role in sorted(set(cast.roles.values()))],
                "users": people,
                "queues": [{"name": cast.queues[0]}],
                "groups": [{"name": name, "members": members} for name, members in cast.groups.items()],
            },
        )
        self.ids = planted["users"] | planted["queues"]
        self.tokens = planted["tokens"]
        assert not self.deploy(CLIENT_PACKAGE)

    def deployed(self, prefix: str = "STL") -> None:
        """A design of this prefix is in the org now; the administrator may see what it brought."""
        self.prefix = prefix
        mine = [{"user": "admin@example.com", "name": name} for name in ("Client", f"{prefix}_Speed_To_Lead")]
        self.door("seed", {"permission_sets": mine})
        for row in self.query("SELECT Id, DeveloperName FROM Group WHERE Type = 'Queue'"):
            self.ids[row["DeveloperName"]] = row["Id"]
        self.names = {id: name for name, id in self.ids.items()}
        self.leads: dict[int, str] = {}
        self.converted: dict[int, dict[str, str]] = {}

    def reset(self, files: Mapping[str, bytes], at: datetime, cast: Cast = CAST, prefix: str = "STL") -> None:
        """A new org at `at` with the deployed design."""
        self.begin(at, cast)
        problems = self.deploy(files)
        assert not problems, problems
        self.deployed(prefix)

    def apply(self, design: Path, folder: Path, *options: str) -> str:
        """Deploys with the command itself; what it printed."""
        return self.command("apply", design, folder, "--yes", *options)

    def command(self, name: str, design: Path, folder: Path, *options: str) -> str:
        """One of the commands about this org; what it printed."""
        (folder / "provisioner.toml").write_text(
            f'[connections.org]\nplatform = "salesforce"\ninstance_url = "{self.url}"\n'
            'access_token = {env = "ORG_TOKEN"}\n'
        )
        env = os.environ | {"ORG_TOKEN": self.token, "PROVISIONER_STATE_DIR": str(folder / "state")}
        code, out, err = launched((name, str(design), "-c", "org", *options), folder, env)
        assert code == 0, out + err
        return out + err

    def switch(self, on: bool) -> None:
        """What a person does who turns the surge on or off."""
        value = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<CustomMetadata xmlns="http://soap.sforce.com/2006/04/metadata" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
            "<label>Surge</label><protected>false</protected><values><field>Active__c</field>"
            f'<value xsi:type="xsd:boolean">{str(on).lower()}</value></values></CustomMetadata>'
        )
        name = f"{self.prefix}_Switch.Surge"
        files = {f"customMetadata/{name}.md": value.encode(), "package.xml": manifest({"CustomMetadata": [name]})}
        assert not self.deploy(files)

    def query(self, soql: str) -> list[dict[str, Any]]:
        answer = self.call("GET", "query", params={"q": soql})
        rows = answer["records"]
        while not answer["done"]:
            answer = self.call("GET", answer["nextRecordsUrl"].removeprefix("/services/data/v66.0/"))
            rows += answer["records"]
        return list(rows)

    def play(self, lives: Iterable[Life], until: datetime, switches: Iterable[Switched] = ()) -> None:
        """All lives at once, in the order of time; whoever turns a switch comes first."""
        todo: list[tuple[datetime, int, int, Event | Switched]] = [
            (event.at, life.number, place, event) for life in lives for place, event in enumerate(life.events)
        ]
        todo += [(turned.at, -1, place, turned) for place, turned in enumerate(switches)]
        for at, number, place, event in sorted(todo, key=lambda item: item[:3]):
            if at > until:
                break
            self.door("clock", {"to": iso(at)})
            if isinstance(event, Switched):
                self.switch(event.on)
            else:
                self._happen(number, place == 0, event)
        self.door("clock", {"to": iso(until)})

    def _happen(self, number: int, new: bool, event: Event) -> None:
        if event.kind == "convert":
            self.converted[number] = self.door("convert", {"lead": self.leads[number], **event.values})
        elif event.kind == "touch":
            self._touch(number, event)
        else:
            values = {name: iso(v) if isinstance(v, datetime) else v for name, v in event.values.items()}
            if event.owner is not None:
                values["OwnerId"] = self.ids[event.owner]
            if new:
                self.leads[number] = self.call("POST", "sobjects/Lead", values)["id"]
            elif event.refusal:
                with pytest.raises(AssertionError, match=event.refusal):
                    self.call("PATCH", f"sobjects/Lead/{self.leads[number]}", values)
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

    def fields(self, words: Collection[str]) -> dict[int, dict[str, Any]]:
        """What the leads hold at the end, by lead number: OwnerId, or ours without the prefix."""
        names = {word: word if word == "OwnerId" else f"{self.prefix}_{word}__c" for word in words}
        rows = self.query(f"SELECT {', '.join(dict.fromkeys(['Id', *names.values()]))} FROM Lead")
        by_id = {row["Id"]: {word: row[name] for word, name in names.items()} for row in rows}
        for row in by_id.values():
            row["OwnerId"] = self.names.get(row["OwnerId"], row["OwnerId"])
        return {number: by_id[id] for number, id in self.leads.items()}

    def history(self) -> dict[int, list[tuple[Any, ...]]]:
        """Rows of stage history by lead number, in the order of time."""
        numbers = {id: number for number, id in self.leads.items()}
        columns = ("From__c", "To__c", "Entered_At__c", "Duration_Minutes__c", "Cycle__c")
        found: dict[int, list[tuple[Any, ...]]] = {number: [] for number in self.leads}
        table = f"{self.prefix}_Stage_History__c"
        for row in self.query(f"SELECT Lead__c, {', '.join(columns)} FROM {table} ORDER BY Entered_At__c, Name"):
            found[numbers[row["Lead__c"]]].append(tuple(row[column] for column in columns))
        return found

    def messages(self) -> dict[int, list[Message]]:
        """Every message that was sent, by lead number."""
        numbers = {id: number for number, id in self.leads.items()}
        found: dict[int, list[Message]] = {number: [] for number in self.leads}
        for sent in self.door("sent", method="GET"):
            if sent["channel"] in ("bell", "email", "slack"):
                message = Message(sent["at"][:16], sent["channel"], tuple(sorted(sent["to"])))
                found[numbers[sent["record"]]].append(message)
        return {number: sorted(messages) for number, messages in found.items()}

    def report(self, name: str) -> tuple[list[str], dict[str, list[Any]]]:
        """What the figures of a report are, and these by the labels of the groups; "all" is the grand total."""
        (row,) = self.query(f"SELECT Id FROM Report WHERE DeveloperName = '{name}'")
        answer = self.call("GET", f"analytics/reports/{row['Id']}")
        labels = {"T": "all"}
        for group in answer["groupingsDown"]["groupings"]:
            labels[group["key"]] = group["label"]
            labels |= {inner["key"]: f"{group['label']} / {inner['label']}" for inner in group["groupings"]}
        figures = {
            labels[key.partition("!")[0]]: [cell["value"] for cell in cells["aggregates"]]
            for key, cells in answer["factMap"].items()
        }
        return list(answer["reportMetadata"]["aggregates"]), figures

    def figures(self, name: str, *only: str) -> dict[str, list[Any]]:
        """Some figures of each group: those that are named."""
        heads, found = self.report(name)
        return {group: [cells[heads.index(word)] for word in only] for group, cells in found.items()}

    def tasks(self) -> dict[int, int]:
        """How many tasks the steps made, by lead number; those of a converted lead are its contact's."""
        numbers = {id: number for number, id in self.leads.items()}
        for row in self.query("SELECT Id, ConvertedContactId FROM Lead WHERE IsConverted = true"):
            numbers[row["ConvertedContactId"]] = numbers[row["Id"]]
        found = dict.fromkeys(self.leads, 0)
        for row in self.query("SELECT Id, WhoId FROM Task WHERE Subject != 'Touch'"):
            found[numbers[row["WhoId"]]] += 1
        return found
