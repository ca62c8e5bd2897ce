"""A portal for the session's tests: real HTTP on loopback, answers in the shapes of the reference, faults on demand.

It is no CRM: it keeps properties, groups, lists and flows as they were sent, and knows the rules the session lives by
(names taken, groups in use, revisions, archive). `requests` holds everything that was asked.
"""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PORTAL_ID = 62515
TOKEN = "pat-na1-canary-0000-must-never-be-seen"
NOW = "2026-10-01T09:00:00.000Z"


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _is(request: Request, text: str) -> bool:
    asked = str(request).removesuffix("/")
    return asked.startswith(text[:-1]) if text.endswith("*") else asked == text


@dataclass
class Answer:
    status: int = 200
    body: Any = None  # bytes as they are, everything else as JSON
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False

    @property
    def content(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def error(status: int, category: str, message: str, sub: str = "", **more: Any) -> Answer:
    body = {"status": "error", "message": message, "correlationId": "c-1", "category": category, **more}
    return Answer(status, body | ({"subCategory": sub} if sub else {}))


@dataclass
class Rule:
    matches: Callable[[Request], bool]
    answer: Answer
    carried_out: bool


@dataclass
class Portal:
    """`hidden_reads`: how many listings do not show a new property yet."""

    hidden_reads: int = 0
    account_type: str = "DEVELOPER_TEST"
    page: int = 100
    partial: set[str] = field(default_factory=set)  # names a batch create refuses
    rate_headers: dict[str, str] = field(default_factory=dict)
    date: str = ""  # as HTTP says it; empty: no answer says what time it is
    requests: list[Request] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.properties: dict[str, dict[str, dict[str, Any]]] = {"contacts": {}, "leads": {}}
        self.archived: dict[str, dict[str, dict[str, Any]]] = {"contacts": {}, "leads": {}}
        self.groups: dict[str, dict[str, dict[str, Any]]] = {"contacts": {}, "leads": {}}
        self.lists: dict[str, dict[str, Any]] = {}
        self.flows: dict[str, dict[str, Any]] = {}
        self.owners: list[dict[str, Any]] = []
        self.teams: list[dict[str, Any]] = []
        self.forms: list[dict[str, Any]] = []
        self.limits: Answer = Answer(200, {"overallLimit": 1, "overallUsage": 0, "byObjectType": []})
        self.hidden: dict[str, int] = {}
        self.counter = 1000
        for object in ("contacts", "leads"):
            self.groups[object]["native"] = {"name": "native", "label": "Native", "archived": False, "displayOrder": 0}
            self._add(object, {"name": "hubspot_owner_id", "label": "Owner", "groupName": "native",
                               "type": "enumeration", "fieldType": "select"}, native=True)  # fmt: skip

    # ------------------------------------------------------------- asking

    def on(self, matches: str | Callable[[Request], bool], *answers: Answer, carried_out: bool = False) -> None:
        """The next requests that match get these answers. A text is "METHOD path", or its beginning and a *."""
        test = matches if callable(matches) else (lambda request: _is(request, matches))
        self.rules += [Rule(test, answer, carried_out) for answer in answers]

    def seen(self, text: str) -> list[Request]:
        return [request for request in self.requests if _is(request, text)]

    def writes(self) -> list[str]:
        """What was asked that changes something, in order, with the names it is about."""
        found = []
        for request in self.requests:
            reads = request.path.endswith(("/search", "/batch/read"))
            if request.method != "GET" and not reads:
                body = request.body or {}
                names = [item["name"] for item in body.get("inputs", [])] or [body.get("name")]
                shown = " ".join(str(name) for name in names if name)
                state = {True: " on", False: " off"}.get(body.get("isEnabled"), "")
                found.append(f"{request.method} {request.path.rsplit('/v3/', 1)[-1]} {shown}{state}".strip())
        return found

    def respond(self, request: Request) -> Answer:
        self.requests.append(request)
        for rule in self.rules:
            if rule.matches(request):
                self.rules.remove(rule)
                if rule.carried_out:
                    self._route(request)
                return rule.answer
        answer = copy.deepcopy(self._route(request))
        answer.headers |= self.rate_headers
        return answer

    def _route(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        match parts:
            case ["account-info", "v3", "details"]:
                return Answer(200, self._account())
            case ["crm", "v3", "properties", object, *rest]:
                return self._property_call(request, object, rest)
            case ["crm", "v3", "owners"]:
                archived = request.query.get("archived") == ["true"]
                return self._paged(request, [owner for owner in self.owners if owner["archived"] is archived])
            case ["settings", "v3", "users", "teams"]:
                return Answer(200, {"results": self.teams})
            case ["marketing", "v3", "forms"]:
                assert request.query["formTypes"] == ["all"]
                return self._paged(request, self.forms)
            case ["crm", "v3", "limits", "custom-properties"]:
                return self.limits
            case ["crm", "v3", "lists", *rest]:
                return self._list_call(request, rest)
            case ["automation", "v4", "flows", *rest]:
                return self._flow_call(request, rest)
        return error(404, "OBJECT_NOT_FOUND", f"no such path {request.path}")

    def _account(self) -> dict[str, Any]:
        return {
            "portalId": PORTAL_ID, "accountType": self.account_type, "timeZone": "Europe/Berlin",
            "companyCurrency": "EUR", "additionalCurrencies": [], "utcOffset": "+01:00",
            "utcOffsetMilliseconds": 3600000, "uiDomain": "app-eu1.hubspot.com", "dataHostingLocation": "eu1",
        }  # fmt: skip

    def _paged(self, request: Request, items: list[dict[str, Any]]) -> Answer:
        start = int(request.query.get("after", ["0"])[0])
        body: dict[str, Any] = {"results": items[start : start + self.page]}
        if start + self.page < len(items):
            body["paging"] = {"next": {"after": str(start + self.page), "link": "x"}}
        return Answer(200, body)

    def next_id(self) -> str:
        self.counter += 1
        return str(self.counter)

    # --------------------------------------------------------- properties

    def _add(self, object: str, body: dict[str, Any], *, native: bool = False) -> dict[str, Any]:
        old = self.archived[object].pop(body["name"], None)
        made = {
            "description": "", "options": [], "hidden": False, "formField": False, "hasUniqueValue": False,
            "displayOrder": 1, **body, "createdAt": old["createdAt"] if old else NOW, "updatedAt": NOW,
            "archived": False, "hubspotDefined": native, "createdUserId": "1",
            "modificationMetadata": {"archivable": not native, "readOnlyDefinition": native, "readOnlyValue": False},
        }  # fmt: skip
        self.properties[object][body["name"]] = made
        self.hidden[body["name"]] = self.hidden_reads
        return made

    def _create_property(self, object: str, body: dict[str, Any]) -> Answer:
        name = body["name"]
        if name in self.properties[object]:
            return error(409, "OBJECT_ALREADY_EXISTS", f"A property named '{name}' already exists.",
                         "Properties.PROPERTY_WITH_NAME_EXISTS")  # fmt: skip
        if body["groupName"] not in self.groups[object]:
            return error(400, "VALIDATION_ERROR", f"group {body['groupName']} does not exist")
        return Answer(201, self._add(object, body))

    def _property_call(self, request: Request, object: str, rest: list[str]) -> Answer:
        mine = self.properties[object]
        match request.method, rest:
            case "GET", []:
                archived = request.query.get("archived") == ["true"]
                shown = list(self.archived[object].values()) if archived else self._visible(mine)
                return Answer(200, {"results": shown})
            case "POST", []:
                return self._create_property(object, request.body)
            case "POST", ["batch", "create"]:
                return self._create_batch(object, request.body["inputs"])
            case "GET", ["groups"]:
                return Answer(200, {"results": list(self.groups[object].values())})
            case "POST", ["groups"]:
                if request.body["name"] in self.groups[object]:
                    return error(409, "OBJECT_ALREADY_EXISTS", "exists", "PropertyGroupError.GROUP_ALREADY_EXISTS")
                self.groups[object][request.body["name"]] = {"archived": False, "displayOrder": 1, **request.body}
                return Answer(201, self.groups[object][request.body["name"]])
            case "PATCH", ["groups", name]:
                self.groups[object][name] |= request.body
                return Answer(200, self.groups[object][name])
            case "DELETE", ["groups", name]:
                if any(raw["groupName"] == name for raw in mine.values()):
                    return error(400, "VALIDATION_ERROR", "active", "PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES")
                return Answer(204) if self.groups[object].pop(name, None) else error(404, "OBJECT_NOT_FOUND", "none")
            case (("PATCH" | "DELETE"), [name]) if name not in mine:
                return error(404, "OBJECT_NOT_FOUND", f"no property {name}")
            case "PATCH", [name]:
                mine[name] |= request.body
                return Answer(200, mine[name])
            case "DELETE", [name]:
                return self._archive(object, name)
        return error(404, "OBJECT_NOT_FOUND", f"no such path {request}")

    def _visible(self, mine: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
        shown = []
        for name, raw in mine.items():
            if self.hidden.get(name, 0) > 0:
                self.hidden[name] -= 1
            else:
                shown.append(raw)
        return shown

    def _create_batch(self, object: str, inputs: list[dict[str, Any]]) -> Answer:
        made, errors = [], []
        for body in inputs:
            name = body["name"]
            refused = name in self.partial or name in self.properties[object]
            answer = error(400, "VALIDATION_ERROR", f"{name} no") if refused else self._create_property(object, body)
            (made if answer.status == 201 else errors).append(answer.body)
        times = {"startedAt": NOW, "completedAt": NOW, "status": "COMPLETE"}
        if errors:
            return Answer(207, {**times, "results": made, "numErrors": len(errors), "errors": errors})
        return Answer(201, {**times, "results": made})

    def _archive(self, object: str, name: str) -> Answer:
        mine = self.properties[object]
        if mine[name]["hubspotDefined"]:
            return error(403, "FORBIDDEN", "read-only definition")
        users = [raw["name"] for raw in mine.values() if name in str(raw.get("calculationFormula") or "")]
        users += [flow["name"] for flow in self.flows.values() if f'"{name}"' in json.dumps(flow["actions"])]
        if users:
            text = f"{name} is currently used in {len(users)} places and cannot be deleted"
            return error(400, "VALIDATION_ERROR", text, "PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE")
        self.archived[object][name] = mine.pop(name) | {"archived": True, "archivedAt": "2026-11-01T00:00:00Z"}
        return Answer(204)

    # -------------------------------------------------------------- lists

    def _list_call(self, request: Request, rest: list[str]) -> Answer:
        match request.method, rest:
            case "POST", []:
                if any(raw["name"] == request.body["name"] for raw in self.lists.values()):
                    return error(400, "VALIDATION_ERROR", "a list with this name exists")
                id = self.next_id()
                self.lists[id] = {"listId": id, "listVersion": 1, "processingStatus": "COMPLETE", **request.body}
                return Answer(200, {"list": self.lists[id]})
            case "GET", []:
                ids = request.query.get("listIds", [])
                return Answer(200, {"lists": [self.lists[id] for id in ids if id in self.lists]})
            case "POST", ["search"]:
                found = [{key: value for key, value in raw.items() if key != "filterBranch"} | {
                    "additionalProperties": {}} for raw in self.lists.values()]  # fmt: skip
                start = request.body["offset"]
                more = start + self.page < len(found)
                shown = found[start : start + self.page]
                return Answer(200, {"lists": shown, "hasMore": more, "offset": start + self.page, "total": len(found)})
            case "GET", ["object-type-id", _, "name", name]:
                same = [raw for raw in self.lists.values() if raw["name"] == name]
                return Answer(200, {"list": same[0]}) if same else error(404, "OBJECT_NOT_FOUND", "none")
            case "PUT", [id, "update-list-name"] if id in self.lists:
                self.lists[id]["name"] = request.query["listName"][0]
                return Answer(200, {"updatedList": self.lists[id]})
            case "PUT", [id, "update-list-filters"] if id in self.lists:
                self.lists[id]["filterBranch"] = request.body["filterBranch"]
                return Answer(200, {"updatedList": self.lists[id]})
            case "DELETE", [id] if id in self.lists:
                self.lists.pop(id)
                return Answer(204)
        return error(404, "OBJECT_NOT_FOUND", f"no such path {request}")

    # -------------------------------------------------------------- flows

    def _flow_call(self, request: Request, rest: list[str]) -> Answer:
        match request.method, rest:
            case "GET", []:
                keys = ("id", "name", "flowType", "objectTypeId", "isEnabled", "revisionId", "createdAt", "updatedAt")
                return self._paged(request, [{key: flow[key] for key in keys} for flow in self.flows.values()])
            case "POST", []:
                return Answer(201, self.add_flow(request.body))
            case "POST", ["batch", "read"]:
                ids = [item["flowId"] for item in request.body["inputs"]]
                found = [self.flows[id] for id in ids if id in self.flows]
                return Answer(200, {"results": found, "startedAt": NOW, "completedAt": NOW, "status": "COMPLETE"})
            case "GET", [id] if id in self.flows:
                return Answer(200, self.flows[id])
            case "PUT", [id] if id in self.flows:
                if request.body["revisionId"] != self.flows[id]["revisionId"]:
                    return error(409, "CONFLICT", "stale revision")
                kept = ("id", "createdAt", "flowType", "objectTypeId", "dataSources", "crmObjectCreationStatus")
                revision = str(int(self.flows[id]["revisionId"]) + 1)
                self.flows[id] = {key: self.flows[id][key] for key in kept} | request.body | {
                    "revisionId": revision, "updatedAt": NOW}  # fmt: skip
                return Answer(200, self.flows[id])
            case "DELETE", [id] if id in self.flows:
                self.flows.pop(id)
                return Answer(204)
        return error(404, "OBJECT_NOT_FOUND", f"no such path {request}")

    def add_flow(self, body: dict[str, Any]) -> dict[str, Any]:
        id = self.next_id()
        about = {"id": id, "revisionId": "1", "createdAt": NOW, "updatedAt": NOW, "crmObjectCreationStatus": "COMPLETE"}
        self.flows[id] = {"dataSources": [], "isEnabled": False, **body, **about}
        return self.flows[id]

    # --------------------------------------------------------------- whole

    def picture(self) -> dict[str, Any]:
        """Everything a person could see, without ids, revisions and times."""

        def plain(raw: dict[str, Any]) -> dict[str, Any]:
            hidden = ("id", "listId", "revisionId", "createdAt", "updatedAt", "archivedAt", "suppressionListIds")
            return {key: raw[key] for key in sorted(raw) if key not in hidden}

        ledger = {"stl_ledger"}
        return {
            "properties": {o: {n: plain(r) for n, r in sorted(p.items()) if n not in ledger}
                           for o, p in self.properties.items()},
            "ledger": sorted(option["value"] for option in self._ledger_options()),
            "groups": self.groups,
            "lists": sorted((plain(raw) for raw in self.lists.values()), key=str),
            "flows": sorted((plain(raw) for raw in self.flows.values()), key=str),
        }  # fmt: skip

    def _ledger_options(self) -> list[dict[str, Any]]:
        options: list[dict[str, Any]] = self.properties["contacts"].get("stl_ledger", {}).get("options", [])
        return options


class Server:
    """The portal behind real HTTP."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(portal))
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


def request_of(method: str, url: str, headers: dict[str, str], content: bytes | None) -> Request:
    parts = urlsplit(url)
    lowered = {name.lower(): value for name, value in headers.items()}
    return Request(method, parts.path, parse_qs(parts.query), lowered, json.loads(content) if content else None)


def _handler(portal: Portal) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = portal.respond(request_of(self.command, self.path, dict(self.headers), content))
            if answer.drop:
                self.close_connection = True
                return
            self.send_response_only(answer.status)
            if portal.date:
                self.send_header("Date", portal.date)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(b"" if answer.status == 204 else answer.content)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _any

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: tests read `requests`."""

    return Handler
