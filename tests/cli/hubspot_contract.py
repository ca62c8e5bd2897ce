"""What the commands and the emulator said to each other, held against the vendor's OpenAPI files."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hubspot_bench import Call
from jsonschema import Draft202012Validator

sys.path.insert(0, str(Path(__file__).parents[1]))

from emulator_hubspot.interface import Interface

CONTRACTS = Path(__file__).parents[3] / "shared" / "contracts" / "hubspot"
# Requests that rightly depart from the files: (schema, key) → why. reference/hubspot.md 10
EXTRA = {
    (f"Api{kind}Flow{call}Request", "nextAvailableActionId"): "in no schema, yet in HubSpot's examples and checked"
    for kind in ("Contact", "Platform")
    for call in ("Create", "Put")
}
UNPUBLISHED = ("/settings/v3/users/teams",)  # still served, in none of the files


def interface() -> Interface:
    """Skips where the files are not at hand."""
    if not CONTRACTS.is_dir():
        pytest.skip("the vendor's contract files are not beside this checkout")
    found = Interface(CONTRACTS)
    for _, _, _, document in found.operations:
        schemas = document["components"]["schemas"]
        for (name, key), why in EXTRA.items():
            if why and name in schemas:
                schemas[name]["properties"][key] = {"type": "string"}
    return found


def check(found: Interface, calls: Iterable[Call]) -> int:
    """How many calls were held against the files: each one, request and reply, but for the unpublished."""
    checked = 0
    for call in calls:
        if call.path in UNPUBLISHED:
            continue
        operation, document = _operation(found, call)
        known = {item["name"] for item in operation.get("parameters", ()) if item.get("in") == "query"}
        assert set(call.query) <= known, f"{call}: {set(call.query) - known}"
        _check_body(operation, document, call)
        found.check(call.method, call.path, call.status, call.reply) if call.reply is not None else None
        checked += 1
    return checked


def _operation(found: Interface, call: Call) -> tuple[dict[str, Any], dict[str, Any]]:
    for verb, pattern, operation, document in found.operations:
        if verb == call.method and pattern.fullmatch(call.path.rstrip("/")):
            return operation, document
    raise AssertionError(f"{call} is in no file")


def _check_body(operation: dict[str, Any], document: dict[str, Any], call: Call) -> None:
    body = operation.get("requestBody")
    if body is None:
        assert call.body is None, f"{call} has no body in the file"
        return
    schema = body["content"]["application/json"]["schema"] | {"components": document["components"]}
    faults = [
        f"{error.json_path}: {error.message[:300]}" for error in Draft202012Validator(schema).iter_errors(call.body)
    ]
    assert not faults, f"{call}: {faults[:5]}"
