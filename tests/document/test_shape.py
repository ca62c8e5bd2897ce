"""What is said about a shape against the bare verdict of the library, and the schema against its own promises."""

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.document import loads
from provisioner.document.schema import NOTES, errors
from provisioner.document.shape import SENTENCES, check, design_schema

# Keywords that lead to other schemas, or say what the schema is: they have no errors of their own.
ROADS = {"$schema", "$id", "$defs", "$ref", "properties", "propertyNames", "items", "allOf", "if", "then"}

MINIMAL: dict[str, Any] = {
    "apiVersion": "provisioner/v1",
    "design": "acme",
    "client": "Acme",
    "target": {"platform": "salesforce", "object": "Lead", "prefix": "STL"},
    "lead_types": [{"id": "demo", "when": {"LeadSource": ["Demo"]}, "sla": "5m"}],
    "escalation": {"urgent": [{"at": "due", "notify": ["rep"]}]},
    "recipients": {"rep": {"role": "record_owner"}},
    "alerts": {"mode": "silent", "silent_to": "qa@acme.example"},
}


def subschemas(schema: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(schema, dict):
        return
    yield schema
    for name in ("items", "additionalProperties", "propertyNames", "if", "then"):
        yield from subschemas(schema.get(name))
    for name in ("anyOf", "allOf"):
        for part in schema.get(name, ()):
            yield from subschemas(part)
    for name in ("properties", "$defs"):
        for part in schema.get(name, {}).values():
            yield from subschemas(part)


def without_marked(schema: Any) -> Any:
    """The schema without what the model checks: what the shape check is answerable for.

    `$` means the end of the text there; Python writes that \\Z.
    """
    if isinstance(schema, list):
        return [without_marked(item) for item in schema]
    if not isinstance(schema, dict) or "x-checked-by" in schema:
        return {} if isinstance(schema, dict) else schema
    ended = {"pattern": schema["pattern"].removesuffix("$") + "\\Z"} if isinstance(schema.get("pattern"), str) else {}
    return {name: without_marked(item) for name, item in schema.items()} | ended


VALIDATOR = jsonschema.Draft202012Validator(without_marked(design_schema()))


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(design_schema())


def test_every_keyword_of_the_schema_has_a_sentence() -> None:
    used = {name for schema in subschemas(design_schema()) for name in schema}
    assert used - SENTENCES.keys() - set(NOTES) - ROADS == {"x-checked-by"}


def test_not_is_never_written() -> None:
    """Its sentence is that of `false`: a setting that does not apply."""
    assert [schema for schema in subschemas(design_schema()) if "not" in schema] == []


def test_every_pattern_is_anchored_at_both_ends() -> None:
    patterns = [schema["pattern"] for schema in subschemas(design_schema()) if "pattern" in schema]
    assert [p for p in patterns if not (p.startswith("^") and p.endswith("$"))] == []


def test_every_property_explains_itself_and_its_examples_hold() -> None:
    root = design_schema()
    conditional = [part["then"] for part in root["properties"]["target"]["allOf"]]
    for schema in subschemas(root):
        if any(schema is part or schema is part["properties"].get("expect") for part in conditional):
            continue  # these only narrow what is explained elsewhere
        for name, item in schema.get("properties", {}).items():
            if isinstance(item, dict) and not ({"enum", "const"} >= item.keys()):
                assert {"title", "description", "examples"} <= item.keys(), name
                part = jsonschema.Draft202012Validator({**item, "$defs": root["$defs"]})
                assert [error.message for example in item["examples"] for error in part.iter_errors(example)] == [], (
                    name
                )


def test_no_object_accepts_what_it_does_not_know() -> None:
    root = design_schema()
    objects = [s for s in subschemas(root) if s.get("type") == "object" and "properties" in s]
    assert [s["title"] for s in objects if "additionalProperties" not in s] == []


def test_the_minimum_is_accepted() -> None:
    assert check(loads(json.dumps(MINIMAL))) == []
    assert list(VALIDATOR.iter_errors(MINIMAL)) == []


SCALARS = st.sampled_from(
    [
        *(None, True, False, 0, 1, 3, -1, 2.5, 99999, "", "x", "X y", "a\n", "rep", "Lead", "none", "5m", "silent"),
        *("live", "hubspot", "2026-01-01", "50%", "x" * 300, "00D000000000001"),
    ]
)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.sampled_from(["user", "x", "a_b"]), SCALARS)


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, (*at, key))


FULL: dict[str, Any] = {
    **MINIMAL,
    **{name: part["examples"][0] for name, part in design_schema()["properties"].items() if name not in MINIMAL},
}


@settings(deadline=None)
@given(st.data())
def test_same_verdict_as_the_library(data: st.DataObject) -> None:
    """A whole design with up to three values replaced, removed or added anywhere."""
    design = copy.deepcopy(FULL)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([path for path in paths(design) if path]))
        parent = design
        for step in path[:-1]:
            parent = parent[step]
        action = data.draw(st.sampled_from(["replace", "remove", "add"]))
        if action == "replace":
            parent[path[-1]] = data.draw(VALUES)
        elif action == "remove":
            del parent[path[-1]]
        elif isinstance(parent, dict):
            parent[data.draw(st.sampled_from(["slaa", "portal_id", "otherwise", "create", "user", "X"]))] = data.draw(
                VALUES
            )
        else:
            parent.append(data.draw(VALUES))
    document = loads(json.dumps(design))
    if document.findings:
        return  # numbers and characters that the reader refuses before any schema
    ours, theirs = check(document), list(VALIDATOR.iter_errors(document.data))
    assert bool(ours) == bool(theirs), (ours, theirs)
    for finding in ours:
        assert finding.detail.strip() and finding.advice.strip()
        assert not any(
            word in finding.detail for word in ("anyOf", "additionalProperties", "schema", "NoneType", "regex")
        )


def said(**changes: Any) -> list[tuple[str, str, str, str]]:
    """Code, pointer, detail and advice of all that is found in the smallest design with these changes."""
    document = loads(json.dumps(MINIMAL | changes))
    assert not document.findings
    return [(found.code, found.pointer, found.detail, found.advice) for found in check(document)]


def test_the_end_of_a_pattern_is_the_end_of_the_text() -> None:
    assert said(design="acme\n") == [
        (
            "D024",
            "/design",
            "design is 'acme\\n'; a design id is lower-case words joined by single hyphens.",
            "Did you mean 'acme'?",
        )
    ]


def test_the_form_that_was_meant_is_the_one_that_is_judged() -> None:
    assert said(recipients={"rep": {"queue": "Q", "create": "yes", "usr": "x"}}) == [
        (
            "D022",
            "/recipients/rep/create",
            "recipients.rep.create is the text 'yes'; it must be true or false.",
            "true: this design creates and owns the queue; false: it exists already. For example: true.",
        ),
        (
            "D020",
            "/recipients/rep/usr",
            "`usr` is not a setting of recipients.rep.",
            "Known here: queue, create and was.",
        ),
    ]


def test_one_fault_per_value_of_the_wrong_kind_or_length() -> None:
    """`mode` has both a kind and choices, `client` both a length and a form."""
    found = said(alerts={"mode": 5, "silent_to": "qa@acme.example"}, client=" " * 90)
    assert [(code, pointer) for code, pointer, *_ in found] == [("D024", "/client"), ("D022", "/alerts/mode")]


def test_what_the_model_checks_is_silent_whatever_it_is() -> None:
    for value in (None, 5, {}, [], "soon"):
        assert said(lead_types=[{"id": "demo", "when": value, "sla": value}]) == []


def test_what_the_platform_rules_out_is_named() -> None:
    target = {"platform": "hubspot", "object": "contacts", "prefix": "STL", "expect": {"sandbox": True}}
    assert said(target=target) == [
        ("D020", "/target/expect/sandbox", "`sandbox` does not apply to this kind of target.", "Remove it.")
    ]


def test_every_doubled_entry_is_found_in_a_long_list_of_mixed_kinds() -> None:
    """Comparing each with each would take minutes."""
    users = [item for number in range(10_000) for item in (f"u{number}", number)] + ["u7", 7]
    found = said(telemetry={"first_touch": {"ignore_users": users}})
    assert [detail for code, _, detail, _ in found if code == "D026"] == [
        "telemetry.first_touch.ignore_users has 20002 entries; at most 200 are allowed.",
        "'u7' is in telemetry.first_touch.ignore_users twice.",
        "7 is in telemetry.first_touch.ignore_users twice.",
    ]


def test_nothing_is_left_to_look_up_and_no_error_forgets_its_place() -> None:
    """Errors carry the words of the place that refers, not those of the definition it refers to."""
    (error,) = errors(MINIMAL | {"client": 5})
    assert (list(error.absolute_path), error.validator) == (["client"], "type")
    assert isinstance(error.schema, dict)
    assert (error.schema["description"], "$ref" in error.schema) == ("For whom the design is.", False)


def test_the_library_is_loaded_only_for_a_check() -> None:
    code = "import sys, provisioner.document.shape; sys.exit('jsonschema' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("root", [[], "text", 5, True])
def test_a_design_is_a_mapping(root: Any) -> None:
    (finding,) = check(loads(json.dumps(root)))
    assert finding.code == "D022"
    assert finding.detail.startswith("The design is ")
