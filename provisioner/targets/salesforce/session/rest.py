"""Data and Tooling REST: queries with their pages, single records, the versions an org offers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from provisioner.errors import Rejected, TargetError, Unreachable
from provisioner.targets.http.policy import Kind
from provisioner.targets.http.reply import Reply
from provisioner.targets.salesforce.session.transport import Call, Transport

CONTRACT_VERSION = "66.0"  # what this tool was written against
RECORD_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
MOST_PAGES = 500
GONE = frozenset({"NOT_FOUND", "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"})  # of a record that is to go


class Rest:
    def __init__(self, transport: Transport, wanted_version: str | None = None) -> None:
        self.transport = transport
        self.is_fixed = wanted_version is not None  # the connection says which version is spoken
        self._wanted = wanted_version or CONTRACT_VERSION
        self._version: str | None = None
        self._known = CONTRACT_VERSION  # the newest version that the org is known to offer, when one was settled
        self._described: dict[str, dict[str, Any]] = {}

    @property
    def version(self) -> str:
        """The API version in use: the wanted one, or the org's newest when that is older (one request, then kept)."""
        if self._version is None:
            reply = self.transport.send(Call("list its API versions", "GET", "/services/data/", Kind.LOOK))
            offered = [row.get("version") for row in _rows(reply.json("the list of API versions"), "API versions")]
            newest = max((number(text) for text in offered if isinstance(text, str)), default=0.0)
            if not newest:
                raise Unreachable("The org's list of API versions is empty.")
            self._version = self._known = f"{min(number(self._wanted), newest):.1f}"
        return self._version

    def prefer(self, version: str) -> None:
        """Speak this version from now on, unless the connection says another one or the org is older. An org that
        offers a version offers the older ones we write for, too. [docs] REST API, end of life of versions"""
        if not self.is_fixed:
            self._wanted = version
            self._version = None if self._version is None else f"{min(number(version), number(self._known)):.1f}"

    def first_query(self, soql: str, what: str) -> list[dict[str, Any]]:
        """Like `query`, before the version is known: the wanted one is tried, and only an org that does not have it is
        asked for its list. [inferred] a path with an unknown version is answered like any unknown path."""
        if self._version is None:
            self._version = self._known = f"{number(self._wanted):.1f}"
            try:
                return self.query(soql, what)
            except Rejected as refused:
                self._version = None
                if not {code for code, _ in refused.problems} & {"NOT_FOUND", "UNSUPPORTED_API_VERSION"}:
                    raise
        return self.query(soql, what)

    def path(self, tail: str) -> str:
        return f"/services/data/v{self.version}/{tail}"

    def query(self, soql: str, what: str, *, tooling: bool = False) -> list[dict[str, Any]]:
        """All rows, page by page. Rejected carries the vendor's words when the query is not accepted."""
        door = "tooling/query?q=" if tooling else "query?q="
        path = self.path(door + quote(soql, safe=""))
        rows: list[dict[str, Any]] = []
        for _ in range(MOST_PAGES):
            body = self.transport.send(Call(what, "GET", path, Kind.LOOK)).json(what)
            if not isinstance(body, dict):
                raise Unreachable(f"Salesforce's answer when asked to {what} is not a query result.")
            rows.extend(_rows(body.get("records"), what))
            following = body.get("nextRecordsUrl")
            if body.get("done", True) or not following:
                return rows
            if not isinstance(following, str) or not following.startswith("/services/data/"):
                raise TargetError(f"Salesforce pointed to {following!r} for more rows, which is not its data API.")
            path = following
        raise TargetError(f"Salesforce's answer has more than {MOST_PAGES} pages ({what}); reading stopped.")

    def read_json(self, tail: str, what: str) -> dict[str, Any]:
        body = self.transport.send(Call(what, "GET", self.path(tail), Kind.LOOK)).json(what)
        if not isinstance(body, dict):
            raise Unreachable(f"Salesforce's answer when asked to {what} is not an object.")
        return body

    def described(self, name: str) -> dict[str, Any]:
        """The describe of an object, asked once per session: only fields that this user sees are in it."""
        if name not in self._described:
            self._described[name] = self.read_json(f"sobjects/{name}/describe", f"describe {name}")
        return self._described[name]

    def post_read(self, tail: str, body: Mapping[str, Any], what: str) -> dict[str, Any]:
        """The answer to a request that only reads, although it is a POST: it may be repeated."""
        content = json.dumps(body).encode("utf-8")
        headers = {"Content-Type": "application/json"}
        call = Call(what, "POST", self.path(tail), Kind.LOOK, headers=headers, body=content)
        told = self.transport.send(call).json(what)
        if not isinstance(told, dict):
            raise Unreachable(f"Salesforce's answer when asked to {what} is not an object.")
        return told

    def read_bytes(self, tail: str, what: str) -> bytes:
        return self.transport.send(Call(what, "GET", self.path(tail), Kind.LOOK, expected="bytes")).body

    def patch(self, tail: str, body: Mapping[str, Any], what: str) -> None:
        content = json.dumps(body).encode("utf-8")
        headers = {"Content-Type": "application/json"}
        self.transport.send(Call(what, "PATCH", self.path(tail), Kind.SET, headers=headers, body=content))

    def delete(self, tail: str, what: str) -> bool:
        """False when it was not there any more."""
        try:
            self.transport.send(Call(what, "DELETE", self.path(tail), Kind.SET, expected="bytes"))
        except Rejected as refused:
            if {code for code, _ in refused.problems} & {"NOT_FOUND", "ENTITY_IS_DELETED"}:
                return False
            raise
        return True

    def delete_all(self, ids: Sequence[str], what: str) -> None:
        """Up to 200 records in one request, each for itself; what is gone already counts as deleted. Rejected names the
        first that stays. [docs] REST API, sObject Collections"""
        path = self.path(f"composite/sobjects?ids={','.join(ids)}&allOrNone=false")
        told = self.transport.send(Call(what, "DELETE", path, Kind.SET)).json(what)
        results = _rows(told, what)
        if len(results) != len(ids):
            raise Unreachable(f"Salesforce told of {len(results)} of {len(ids)} records when asked to {what}.")
        for id, result in zip(ids, results, strict=True):
            problems = [
                (str(row.get("statusCode") or ""), str(row.get("message") or ""))
                for row in _rows(result.get("errors") or [], what)
            ]
            if result.get("success") is not True and not {code for code, _ in problems} & GONE:
                said = "; ".join(f"{code}: {text}" for code, text in problems) or "no reason given"
                raise Rejected(f"Salesforce refused to {what} ({id}: {said}).", problems=problems)

    def userinfo(self) -> dict[str, Any]:
        """[docs] reference/salesforce.md 8.1: user_id, organization_id, preferred_username, …"""
        what = "say whose session this is"
        reply: Reply = self.transport.send(Call(what, "GET", "/services/oauth2/userinfo", Kind.LOOK))
        body = reply.json(what)
        if not isinstance(body, dict):
            raise Unreachable("Salesforce's answer about the signed-in user is not an object.")
        return body


def number(version: str) -> float:
    """66.0 for "66.0". TargetError when this is no API version."""
    if not re.fullmatch(r"\d{2,3}(?:\.0)?", version):
        raise TargetError(f"{version!r} is not a Salesforce API version like 66.0.")
    return float(version)


def record_id(value: object, what: str) -> str:
    """`value` when it has the form of a record id, so that it is safe in a path."""
    if isinstance(value, str) and RECORD_ID.fullmatch(value):
        return value
    raise Unreachable(f"Salesforce answered with something that is not a record id ({what}).")


def _rows(value: object, what: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise Unreachable(f"Salesforce's answer holds no list of rows ({what}).")
    return value
