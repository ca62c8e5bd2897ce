"""The document against specs/design.schema.json, in plain English.

Reads the part of JSON Schema 2020-12 that our schema uses; a test compares the verdict with the `jsonschema` library
and fails when the schema uses a keyword this does not know. (Importing the library costs more than the whole check.)
`x-checked-by: CODE` marks what the model reads itself, because its messages know more: there the shape says nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from provisioner import assets
from provisioner.diagnostics import Diagnostic, in_order
from provisioner.document import faults
from provisioner.document.reading import Document
from provisioner.document.tree import escape
from provisioner.document.wording import did_you_mean, flow, listed, near, quoted, short, spoken

Schema = Mapping[str, Any]

KEYWORDS = frozenset(
    {"$ref", "type", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum"}
    | {"properties", "required", "additionalProperties", "propertyNames", "minProperties", "items", "minItems"}
    | {"maxItems", "uniqueItems", "anyOf", "allOf", "if", "then", "x-checked-by"}
)
NOTES = frozenset(
    ("$schema", "$id", "$defs", "title", "description", "examples", "default", "patternErrorMessage", "x-default-of")
)

_WORDS = {
    "object": "a mapping (key: value)",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
}


@cache
def design_schema() -> Schema:
    found: Schema = json.loads(assets.read_text("specs", "design.schema.json"))
    return found


def check(document: Document) -> list[Diagnostic]:
    """Every place where the document does not have the shape of a design, in order. Nothing when there is no data."""
    if document.data is None:
        return []
    return in_order(_Shape(document, design_schema()).check(document.data, design_schema(), ""))


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.removeprefix("^").removesuffix("$"))  # with fullmatch: `$` would let a line feed pass


def kind_of(value: Any) -> str:
    """The JSON type of plain data; a number without a fraction is an integer."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case dict():
            return "object"
        case list():
            return "array"
        case float() if not value.is_integer():
            return "number"
    return "integer"


def _admits(schema: Schema, value: Any) -> bool:
    wanted = schema.get("type")
    if wanted is None:
        return True
    kinds = [wanted] if isinstance(wanted, str) else wanted
    kind = kind_of(value)
    return kind in kinds or (kind == "integer" and "number" in kinds)


class _Shape:
    def __init__(self, document: Document, root: Schema) -> None:
        self.document = document
        self.root = root

    def check(self, value: Any, schema: Schema, pointer: str) -> Iterator[Diagnostic]:
        if "x-checked-by" in schema:
            return
        if "$ref" in schema:
            whole = {**self._target(schema), **{key: item for key, item in schema.items() if key != "$ref"}}
            yield from self.check(value, whole, pointer)
            return
        if not _admits(schema, value):
            yield self._wrong_kind(value, schema, pointer)
            return
        if "anyOf" in schema:
            yield from self._variant(value, schema, pointer)
        if "enum" in schema or "const" in schema:
            yield from self._choice(value, schema.get("enum") or [schema["const"]], schema, pointer)
        match value:
            case str():
                yield from self._text(value, schema, pointer)
            case dict():
                yield from self._mapping(value, schema, pointer)
            case list():
                yield from self._list(value, schema, pointer)
            case int() | float() if not isinstance(value, bool):
                yield from self._number(value, schema, pointer)
        for part in schema.get("allOf", ()):
            if "if" in part and any(self.check(value, part["if"], pointer)):
                continue
            yield from self.check(value, part.get("then", part), pointer)

    def _target(self, schema: Schema) -> Schema:
        found: Schema = self.root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        return found

    def _finding(self, fault: faults.Fault, pointer: str, detail: str, advice: str, *, key: bool = False) -> Diagnostic:
        locate = self.document.locate_key if key else self.document.locate
        return fault.at(locate(pointer), detail, advice, pointer)

    def _wrong_kind(self, value: Any, schema: Schema, pointer: str) -> Diagnostic:
        wanted = schema["type"]
        kinds = [wanted] if isinstance(wanted, str) else wanted
        said = quoted(value) if kind_of(value) != "string" else f"the text {quoted(value)}"
        detail = f"{_subject(pointer)} is {said}; it must be {listed(_WORDS[kind] for kind in kinds)}."
        meant = schema["enum"] if "enum" in schema else [_WORDS[kind] for kind in kinds]
        return self._finding(faults.KIND, pointer, detail, _help(schema) or f"Write {listed(meant)}.")

    def _choice(self, value: Any, allowed: list[Any], schema: Schema, pointer: str) -> Iterator[Diagnostic]:
        if value in allowed:
            return
        words = [str(item) for item in allowed]
        detail = f"{spoken(pointer)} is {quoted(value)}; it must be {listed(words)}."
        found = near(str(value), words)
        yield self._finding(
            faults.CHOICE,
            pointer,
            detail,
            f"Did you mean '{found}'?" if found else _help(schema) or f"Write {words[0]}.",
        )

    def _text(self, value: str, schema: Schema, pointer: str, *, key: bool = False) -> Iterator[Diagnostic]:
        what = f"The name {quoted(value)}" if key else f"{spoken(pointer)} is {quoted(value)}"
        most, least = schema.get("maxLength"), schema.get("minLength", 0)
        if most is not None and len(value) > most:
            detail = f"{what}, which has {len(value)} characters; at most {most} are allowed."
            yield self._finding(faults.FORM, pointer, detail, f"Shorten it to {most} characters.", key=key)
        elif len(value) < least:
            yield self._finding(faults.FORM, pointer, f"{spoken(pointer)} is an empty text.", _help(schema), key=key)
        elif "pattern" in schema and not _pattern(schema["pattern"]).fullmatch(value):
            form = schema.get("patternErrorMessage", "it must look different")
            repaired = _repaired(value, schema)
            advice = f"Did you mean '{repaired}'?" if repaired else _help(schema)
            joint = " is not possible" if key else ""
            yield self._finding(faults.FORM, pointer, f"{what}{joint}; {form}.", advice, key=key)

    def _number(self, value: float, schema: Schema, pointer: str) -> Iterator[Diagnostic]:
        if "minimum" in schema and value < schema["minimum"]:
            limit = f"at least {schema['minimum']}"
        elif "maximum" in schema and value > schema["maximum"]:
            limit = f"at most {schema['maximum']}"
        elif "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
            limit = f"more than {schema['exclusiveMinimum']}"
        else:
            return
        detail = f"{spoken(pointer)} is {quoted(value)}; it must be {limit}."
        yield self._finding(faults.RANGE, pointer, detail, _help(schema))

    def _mapping(self, value: dict[str, Any], schema: Schema, pointer: str) -> Iterator[Diagnostic]:
        properties = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in value:
                detail = f"{_subject(pointer)} has no `{name}`."
                sample = self._example(properties.get(name, {}))
                yield self._finding(faults.MISSING, pointer, detail, f"Add `{name}: {sample}`.", key=True)
        if len(value) < schema.get("minProperties", 0):
            yield self._finding(faults.LENGTH, pointer, f"{spoken(pointer)} is empty.", _help(schema))
        for name, item in value.items():
            below = f"{pointer}/{escape(name)}"
            if name in properties:
                if properties[name] is False:
                    detail = f"`{name}` does not apply to this kind of {spoken(pointer).split('.')[0]}."
                    yield self._finding(faults.UNKNOWN, below, detail, "Remove it.", key=True)
                else:
                    yield from self.check(item, properties[name], below)
            elif schema.get("additionalProperties", True) is False:
                yield self._unknown(name, properties, pointer)
            else:
                yield from self._entry(name, item, schema, below)

    def _entry(self, name: str, item: Any, schema: Schema, pointer: str) -> Iterator[Diagnostic]:
        """An entry of a mapping whose keys are chosen by the author."""
        names = schema.get("propertyNames", {})
        if "x-checked-by" not in names:
            whole = {**self._target(names), **names} if "$ref" in names else names
            yield from self._text(name, whole, pointer, key=True)
        if isinstance(below := schema.get("additionalProperties"), dict):
            yield from self.check(item, below, pointer)

    def _unknown(self, name: str, properties: Schema, pointer: str) -> Diagnostic:
        meant = did_you_mean(name, properties)
        detail = f"`{short(name)}` is not a setting of {spoken(pointer)}."
        known = f"Known here: {listed(properties, 'and')}."
        return self._finding(faults.UNKNOWN, f"{pointer}/{escape(name)}", detail, meant + known, key=True)

    def _list(self, value: list[Any], schema: Schema, pointer: str) -> Iterator[Diagnostic]:
        most, least = schema.get("maxItems"), schema.get("minItems", 0)
        if len(value) < least:
            yield self._finding(faults.LENGTH, pointer, f"{spoken(pointer)} is an empty list.", _help(schema))
        if most is not None and len(value) > most:
            detail = f"{spoken(pointer)} has {len(value)} entries; at most {most} are allowed."
            yield self._finding(faults.LENGTH, pointer, detail, f"Keep {most} of them.")
        seen: dict[str, int] = {}
        for index, item in enumerate(value):
            below = f"{pointer}/{index}"
            if schema.get("uniqueItems"):
                first = seen.setdefault(json.dumps(item, sort_keys=True), index)
                if first != index:
                    detail = f"{quoted(item)} is in {spoken(pointer)} twice."
                    yield self._finding(faults.LENGTH, below, detail, "Remove one of them.")
            if "items" in schema:
                yield from self.check(item, schema["items"], below)

    def _variant(self, value: Any, schema: Schema, pointer: str) -> Iterator[Diagnostic]:
        """The findings of the form the author meant: the one that shares most keys, or the same kind of value."""
        forms = [self._target(form) if "$ref" in form else form for form in schema["anyOf"]]
        able = [form for form in forms if _admits(form, value)]
        if not able:
            kinds = list(dict.fromkeys(form["type"] for form in forms))
            yield self._wrong_kind(value, {**schema, "type": kinds}, pointer)
        elif not isinstance(value, dict):
            yield from self.check(value, able[0], pointer)
        else:
            best = max(able, key=lambda form: len(form.get("properties", {}).keys() & value.keys()))
            if best.get("properties", {}).keys() & value.keys():
                yield from self.check(value, best, pointer)
            else:
                yield self._no_form(value, schema, able, pointer)

    def _no_form(self, value: dict[str, Any], schema: Schema, forms: list[Schema], pointer: str) -> Diagnostic:
        keys = [form["required"][0] for form in forms]
        meant = "".join(did_you_mean(name, keys) for name in list(value)[:1])
        detail = f"{spoken(pointer)} names none of {listed(keys, 'and')}."
        return self._finding(faults.VARIANT, pointer, detail, meant + _help(schema))

    def _example(self, schema: Schema) -> str:
        whole = {**self._target(schema), **schema} if "$ref" in schema else schema
        return flow(whole["examples"][0]) if whole.get("examples") else "…"


def _subject(pointer: str) -> str:
    return spoken(pointer) if pointer else "The design"


def _help(schema: Schema) -> str:
    """What the setting means and how it looks, from the schema's own words."""
    words = [schema.get("description", "")]
    if schema.get("examples"):
        words.append(f"For example: {short(flow(schema['examples'][0]), 120)}.")
    return " ".join(word for word in words if word)


def _repaired(text: str, schema: Schema) -> str | None:
    """The text in the form that is asked for, where a simple repair makes it so."""
    lowered = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    collapsed = " ".join(text.split())
    for candidate in (collapsed, lowered, lowered.replace("_", "-"), text.upper(), lowered.replace("_", "")):
        fits = len(candidate) <= schema.get("maxLength", len(candidate))
        if candidate and fits and _pattern(schema["pattern"]).fullmatch(candidate):
            return candidate
    return None
