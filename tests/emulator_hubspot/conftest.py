"""The emulator as a process of its own, short words for calls, and the published interface to hold replies against."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from .interface import Interface

CONTRACTS = Path(__file__).parents[3] / "shared" / "contracts" / "hubspot"


@dataclass
class Hub:
    """A running emulator: `call` the vendor's side, `door` the control side."""

    url: str
    token: str
    portal_id: int
    session: requests.Session
    interface: Interface | None

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The decoded body of a success, held against the published interface when that is here."""
        answer = self.ask(method, path, body, **more)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def ask(self, method: str, path: str, body: Any = None, *, token: str | None = None, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        answer = self.session.request(method, self.url + path, json=body, headers=headers, timeout=20, **more)
        if self.interface is not None and answer.status_code < 500 and answer.content:
            self.interface.check(method, path, answer.status_code, answer.json())
        return answer

    def refused(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str]:
        """Status and message of a refusal."""
        answer = self.ask(method, path, body, **more)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()["message"]

    def door(self, name: str, body: Any = None, method: str | None = None) -> Any:
        answer = self.knock(name, body, method)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def knock(self, name: str, body: Any = None, method: str | None = None) -> Any:
        """The answer of the control door, whatever it is."""
        verb = method or ("GET" if body is None else "POST")
        return self.session.request(verb, f"{self.url}/_emulator/{name}", json=body, timeout=60)

    def move(self, to: str) -> None:
        self.door("clock", {"to": to})

    # -- shorter words -------------------------------------------------------------------------------------------

    def property(self, name: str, kind: str = "string", field: str | None = None, **more: Any) -> Any:
        fields = {"datetime": "date", "enumeration": "select", "string": "text", "bool": "booleancheckbox"}
        body = {"name": name, "label": name, "groupName": "contactinformation", "type": kind}
        body["fieldType"] = field or fields.get(kind, kind)
        if "options" in more:
            more["options"] = [
                {"label": one, "value": one, "displayOrder": n, "hidden": False}
                for n, one in enumerate(more["options"])
            ]
        return self.call("POST", "/crm/v3/properties/contacts", body | more)

    def contact(self, **values: Any) -> str:
        made = self.call("POST", "/crm/v3/objects/contacts", {"properties": values, "associations": []})
        return str(made["id"])

    def change(self, contact: str, **values: Any) -> None:
        self.call("PATCH", f"/crm/v3/objects/contacts/{contact}", {"properties": values})

    def values(self, contact: str, *names: str) -> list[str | None]:
        body = self.call("GET", f"/crm/v3/objects/contacts/{contact}?properties={','.join(names)}")
        return [body["properties"][name] for name in names]

    def told(self, contact: str, name: str) -> list[tuple[str, str]]:
        """(instant, value) of a property's history, oldest first."""
        body = self.call("GET", f"/crm/v3/objects/contacts/{contact}?propertiesWithHistory={name}")
        return [(one["timestamp"], one["value"]) for one in reversed(body["propertiesWithHistory"][name])]

    def flow(self, *actions: dict[str, Any], enabled: bool = True, **more: Any) -> Any:
        """A contact workflow of these actions; ids and connections where they are missing."""
        for number, action in enumerate(actions, 1):
            action.setdefault("actionId", str(number))
            if action["type"] == "SINGLE_CONNECTION" and number < len(actions) and "connection" not in action:
                action["connection"] = {"edgeType": "STANDARD", "nextActionId": str(number + 1)}
            if action.get("connection", action) is None:
                del action["connection"]
        body = {
            "type": "CONTACT_FLOW",
            "flowType": "WORKFLOW",
            "objectTypeId": "0-1",
            "isEnabled": enabled,
            "name": "Clock",
            "actions": list(actions),
            "canEnrollFromSalesforce": False,
            "suppressionListIds": [],
            "blockedDates": [],
            "timeWindows": [],
            "customProperties": {},
            "dataSources": [],
        } | ({"startActionId": "1"} if actions else {})
        return self.call("POST", "/automation/v4/flows", body | more)


@pytest.fixture(scope="session")
def interface() -> Interface | None:
    return Interface(CONTRACTS) if CONTRACTS.is_dir() else None


@pytest.fixture(scope="session")
def running(interface: Interface | None) -> Iterator[Hub]:
    """One emulator for the whole session."""
    with requests.Session() as session, emulator() as facts:
        session.trust_env = False
        yield Hub(facts["url"], facts["access_token"], facts["portal_id"], session, interface)


@pytest.fixture
def hub(running: Hub) -> Hub:
    """A fresh portal at 2026-01-05T14:00:00Z (a Monday) in New York's zone, without rate limits."""
    running.door("reset", method="POST")
    running.door("settings", {"rate_limits": False})
    return running


@pytest.fixture
def people(hub: Hub) -> dict[str, dict[str, str]]:
    """Ada and Bob of the team Inbound, and Gone, who left."""
    made = hub.door(
        "seed",
        {
            "teams": [{"name": "Inbound"}],
            "owners": [
                {"email": "ada@x.example", "first": "Ada", "last": "Lovelace", "teams": ["Inbound"]},
                {"email": "bob@x.example", "first": "Bob", "teams": ["Inbound"]},
                {"email": "gone@x.example", "archived": True},
            ],
        },
    )
    return {one["email"].partition("@")[0]: one for one in made["owners"]} | {"team": made["teams"][0]}


@contextmanager
def emulator(*options: str) -> Iterator[dict[str, Any]]:
    """An emulator of one's own; what it says when it is ready."""
    command = [sys.executable, "-m", "provisioner.emulator", "--platform", "hubspot", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the emulator did not start"
        try:
            yield json.loads(line)
        finally:
            process.terminate()
            process.wait(timeout=10)


# -- filters and actions in few words --


def where(name: str, kind: str, operator: str, **more: Any) -> dict[str, Any]:
    """A filter on a property."""
    operation = {"operationType": kind, "operator": operator, "includeObjectsWithNoValueSet": False}
    return {"filterType": "PROPERTY", "property": name, "operation": operation | more}


def both(*filters: dict[str, Any]) -> dict[str, Any]:
    return {"filterBranchType": "AND", "filterBranchOperator": "AND", "filterBranches": [], "filters": list(filters)}


def tree(*branches: dict[str, Any]) -> dict[str, Any]:
    return {"filterBranchType": "OR", "filterBranchOperator": "OR", "filters": [], "filterBranches": list(branches)}


def event(kind: str, *filters: dict[str, Any]) -> dict[str, Any]:
    facts = {"filterBranchType": "UNIFIED_EVENTS", "filterBranchOperator": "AND", "filterBranches": []}
    return facts | {"eventTypeId": kind, "operator": "HAS_COMPLETED", "filters": list(filters)}


def changed(name: str, *more: dict[str, Any]) -> dict[str, Any]:
    return event("4-655002", where("hs_name", "STRING", "IS_EQUAL_TO", value=name), *more)


def on(*branches: dict[str, Any], again: bool = True, **more: Any) -> dict[str, Any]:
    """Enrolment by event."""
    facts = {"type": "EVENT_BASED", "shouldReEnroll": again, "listMembershipFilterBranches": []}
    return facts | {"eventFilterBranches": list(branches)} | more


def meeting(*branches: dict[str, Any], again: bool = False, leave: bool = False, triggers: Any = ()) -> dict[str, Any]:
    """Enrolment by criteria."""
    return {
        "type": "LIST_BASED",
        "shouldReEnroll": again,
        "unEnrollObjectsNotMeetingCriteria": leave,
        "listFilterBranch": tree(*branches),
        "reEnrollmentTriggersFilterBranches": list(triggers),
    }


def act(kind: str, /, **fields: Any) -> dict[str, Any]:
    return {"type": "SINGLE_CONNECTION", "actionTypeId": kind, "actionTypeVersion": 0, "fields": fields}


def put(name: str, value: str | dict[str, Any]) -> dict[str, Any]:
    written = {"type": "STATIC_VALUE", "staticValue": value} if isinstance(value, str) else value
    return act("0-5", property_name=name, value=written)


NOW = {"type": "TIMESTAMP", "timestampType": "EXECUTION_TIME"}
FORM = "0b1f2a36-7c1d-4c38-9a51-5f7d3a9e1c11"
