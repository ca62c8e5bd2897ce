"""Replies held against the published OpenAPI files, when those are at hand. Unknown keys are faults."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

FILES = (
    "account-info-v3",
    "account-info-2026-09",
    "automation-v4",
    "automation-2026-09-beta",
    "associations-v4",
    "forms-v3",
    "limits-tracking-v3",
    "lists-v3",
    "lists-2026-09",
    "objects-v3",
    "objects-2026-09",
    "owners-v3",
    "owners-2026-09",
    "pipelines-v3",
    "pipelines-2026-09",
    "properties-v3",
    "properties-2026-09",
    "property-validations-v3",
    "teams-2026-09-beta",
    "user-provisioning-v3",
)
# Where the file is known to be wrong about the live service: (schema, key) → why. reference/hubspot.md 10
CONTRADICTIONS = {
    ("ApiSingleConnectionAction", "fields"): "values are typed as objects; real ones are strings, arrays and objects",
    ("Error", "status"): "live bodies carry it",
    ("StandardError", "subCategory"): "declared as an object",
    ("SimplePublicObject", "properties"): "values are typed as strings; blank ones are null",
    ("SimplePublicObjectWithAssociations", "properties"): "the same",
    ("SimplePublicUpsertObject", "properties"): "the same",
    ("HubSpotFormDefinition", "formType"): "models forms of type hubspot only",
}
ANY: dict[str, Any] = {}


class Interface:
    """All operations of the files, by method and path pattern."""

    def __init__(self, folder: Path) -> None:
        self.operations: list[tuple[str, re.Pattern[str], dict[str, Any], dict[str, Any]]] = []
        for name in FILES:
            document = _strict(json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))
            for path, methods in document["paths"].items():
                pattern = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))
                for method, operation in methods.items():
                    if method != "parameters":
                        self.operations.append((method.upper(), pattern, operation, document))
        # literal paths before templated ones
        self.operations.sort(key=lambda one: one[1].pattern.count("[^/]+"))
        self.checked = 0

    def check(self, method: str, path: str, status: int, body: Any) -> None:
        """Raises AssertionError where a reply departs from the file."""
        plain = path.partition("?")[0].rstrip("/")
        for verb, pattern, operation, document in self.operations:
            if verb == method and pattern.fullmatch(plain):
                schema = _reply(operation, status)
                assert schema is not None, f"{method} {plain} has no reply {status}"
                whole = schema | {"components": document["components"]}
                validator = Draft202012Validator(whole, format_checker=FormatChecker())
                faults = [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(body)]
                assert not faults, f"{method} {plain} {status}: {faults[:5]}"
                self.checked += 1
                return


def _reply(operation: dict[str, Any], status: int) -> dict[str, Any] | None:
    found = operation["responses"].get(str(status)) or (
        operation["responses"].get("default") if status >= 400 else None
    )
    if found is None:
        return None
    contents = list(found.get("content", {}).values())
    return contents[0]["schema"] if contents else ANY


def _strict(document: dict[str, Any]) -> dict[str, Any]:
    """Forbids unknown keys, and puts right what is known to be wrong."""
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        if schema.get("properties"):
            schema["additionalProperties"] = False
    for (name, key), why in CONTRADICTIONS.items():
        assert why
        if name in schemas:
            kind = {"additionalProperties": {"type": ["string", "null"]}} if key == "properties" else ANY
            schemas[name]["properties"][key] = kind
    return document
