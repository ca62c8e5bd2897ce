"""Every request of the session against the vendor's OpenAPI files, where they are beside this checkout."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import hs_pieces as pieces
import jsonschema
import pytest
from hs_portal import Portal, Request
from test_hs_read import owner, told

from provisioner.resources import Resource
from provisioner.targets.hubspot.session import HubSpotSession

Opened = Callable[..., HubSpotSession]

# Where the sources contradict each other (reference/hubspot.md section 10): (schema, key, what holds instead).
EXTRA_KEYS = [
    ("ApiContactFlowCreateRequest", "nextAvailableActionId"),
    ("ApiPlatformFlowCreateRequest", "nextAvailableActionId"),
    ("ApiContactFlowPutRequest", "nextAvailableActionId"),
    ("ApiPlatformFlowPutRequest", "nextAvailableActionId"),
]
ANY_JSON = [("ApiSingleConnectionAction", "fields")]  # declared as a map of objects; strings and arrays are real


@lru_cache
def documents() -> dict[str, Any]:
    folder = Path(__file__).parents[5] / "shared" / "contracts" / "hubspot"
    if not folder.exists():
        pytest.skip("the vendor's contract files are not beside this checkout")
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def found(request: Request) -> tuple[dict[str, Any], dict[str, Any]]:
    """(document, operation) of a request's path and method."""
    path = request.path.removesuffix("/") or "/"
    for name, document in documents().items():
        for template, operations in document["paths"].items():
            pattern = re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(template))
            fixed = "{" not in template.rsplit("/", 1)[-1] or not _is_fixed(path, document)
            if re.fullmatch(pattern, path) and request.method.lower() in operations and fixed:
                return document, operations[request.method.lower()]
        del name
    raise AssertionError(f"{request} is in no contract")


def _is_fixed(path: str, document: dict[str, Any]) -> bool:
    """A literal path wins over a template: `/flows/batch/read`, `/contacts/groups`."""
    return any(
        "{" not in template.rsplit("/", 1)[-1]
        and re.fullmatch(re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(template)), path)
        for template in document["paths"]
    )


def strict(document: dict[str, Any]) -> dict[str, Any]:
    """The schemas with unknown keys forbidden, and the contradictions of the table settled."""
    schemas = json.loads(json.dumps(document["components"]["schemas"]))
    for schema in schemas.values():
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
    for name, key in EXTRA_KEYS:
        if name in schemas:
            schemas[name]["properties"][key] = {"type": "string"}
    for name, key in ANY_JSON:
        if name in schemas:
            schemas[name]["properties"][key] = {"type": "object"}
    return {"components": {"schemas": schemas}}


def check(request: Request) -> None:
    document, operation = found(request)
    known = {item["name"] for item in operation.get("parameters", []) if item.get("in") == "query"}
    assert set(request.query) <= known, f"{request}: {set(request.query) - known}"
    body = operation.get("requestBody")
    if body is None:
        assert request.body is None, f"{request} has no body in the contract"
        return
    schema = body["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**strict(document), **schema}).validate(request.body)


def applied(session: HubSpotSession, *resources: Resource) -> Any:
    return pieces.carried_out(session, pieces.planned(session, *resources))


def test_every_request_is_one_the_vendor_describes(opened: Opened, portal: Portal) -> None:
    portal.owners = [owner("11", "ada@acme.example")]
    portal.teams = [{"id": "77", "name": "Inbound"}]
    portal.forms = [{"id": "0c1f3a10-0000-4000-8000-000000000001", "name": "Demo"}]
    names = ["user:ada@acme.example", "team:Inbound", "form:Demo"]
    alert = told(*({"$ref": name} for name in names))
    assert applied(opened(), *pieces.whole(), alert, pieces.step()).count("done") == 9
    changed = [
        pieces.group("Faster"), pieces.prop("stl_started_at", label="Started"),
        pieces.choice("stl_status", "running", "met", "late"), pieces.segment("running", "SLA open", "late"),
        pieces.flow("clock", "STL clock"),
    ]  # fmt: skip
    assert applied(opened(), *changed).is_complete
    assert applied(opened()).is_complete
    kinds = {f"{request.method} {found(request)[1]['operationId']}" for request in portal.requests}
    assert len(kinds) > 15
    for request in portal.requests:
        check(request)


def test_a_platform_flow_too(opened: Opened, portal: Portal) -> None:
    attributes = {key: value for key, value in pieces.flow().attributes.items() if key not in
                  ("suppressionListIds", "canEnrollFromSalesforce")}  # fmt: skip
    lead = Resource(pieces.flow().address, attributes | {"type": "PLATFORM_FLOW", "objectTypeId": "0-136"})
    assert applied(opened(), lead).is_complete
    for request in portal.requests:
        check(request)


def test_the_check_bites(opened: Opened, portal: Portal) -> None:
    applied(opened(), *pieces.whole())
    request = portal.seen("POST /crm/v3/properties/contacts/groups")[0]
    request.body["colour"] = "red"
    with pytest.raises(jsonschema.ValidationError):
        check(request)
