"""specs/design.schema.json and the `jsonschema` library: what is wrong with the shape of a document, not yet in words.

`x-checked-by: CODE` marks what the model reads itself, because its messages know more: there the shape says nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from provisioner import assets

if TYPE_CHECKING:  # imported where it is needed: that takes longer than checking a design
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator
    from jsonschema_rs import Draft202012Validator

Schema = Mapping[str, Any]

NOTES = ("title", "description", "examples", "default", "patternErrorMessage", "x-default-of")


@cache
def design_schema() -> Schema:
    found: Schema = json.loads(assets.read_text("specs", "design.schema.json"))
    return found


def errors(data: Any) -> Iterator[ValidationError]:
    """The library's errors about a whole design. `schema` of each carries the words of the place it is about."""
    if _is_fine(data):
        return iter(())
    found: Iterator[ValidationError] = _validator().iter_errors(data)
    return found


def _is_fine(data: Any) -> bool:
    """Whether a faster library finds nothing at all. Most documents are right, and then its answer is enough; for
    everything else, and for what it cannot read, the one that can say what is wrong is asked."""
    try:
        return _quick().is_valid(data)
    except (ValueError, RecursionError):  # a number or a text that JSON cannot hold, or too deep
        return False


def matches(pattern: str, text: str) -> bool:
    """As JSON Schema means it: `$` is the end of the text. In Python it is also the place before a last line feed.

    For patterns that are anchored at both ends; those of designs are.
    """
    return re.fullmatch(pattern, text) is not None


@cache
def _quick() -> Draft202012Validator:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(_narrow(_ready(design_schema(), design_schema()["$defs"])))


def _narrow(schema: Any) -> Any:
    """The two libraries do not agree on what counts as white space; here only what does for both of them."""
    if isinstance(schema, Mapping):
        return {
            key: part.replace(r"\S", r"[^\s\x1c-\x1f\x85]").replace(r"\s*", r"[ \t\n]*")
            if key == "pattern" and isinstance(part, str)
            else _narrow(part)
            for key, part in schema.items()
        }
    return [_narrow(part) for part in schema] if isinstance(schema, list) else schema


@cache
def _validator() -> Validator:
    from jsonschema import Draft202012Validator as Draft
    from jsonschema import validators

    extend: Any = validators.extend  # its stub has no types
    strict = extend(Draft, {"pattern": _pattern, "uniqueItems": _unique_items})
    found: Validator = strict(_ready(design_schema(), design_schema()["$defs"]))
    return found


def _ready(schema: Schema, names: Schema) -> Schema:
    """The schema as the library is to read it.

    References become what they name, under the words and limits of the place that refers: nothing is left to look up,
    here or elsewhere. Where the model is the judge, only the words stay. `false` takes its long form, because the
    error of the short one does not say which property it is about.
    """
    while "$ref" in schema:
        here = {key: part for key, part in schema.items() if key != "$ref"}
        schema = {**names[schema["$ref"].removeprefix("#/$defs/")], **here}
    if "x-checked-by" in schema:
        return {key: schema[key] for key in NOTES if key in schema}
    ready = {key: part for key, part in schema.items() if key not in ("$schema", "$id", "$defs")}
    for key in ready.keys() & {"items", "additionalProperties", "propertyNames", "if", "then"}:
        if isinstance(ready[key], dict):
            ready[key] = _ready(ready[key], names)
    for key in ready.keys() & {"anyOf", "allOf"}:
        ready[key] = [_ready(part, names) for part in ready[key]]
    if "properties" in ready:
        parts = ready["properties"].items()
        ready["properties"] = {name: {"not": {}} if part is False else _ready(part, names) for name, part in parts}
    return ready


def _pattern(validator: Validator, pattern: str, value: Any, schema: Schema) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if isinstance(value, str) and not matches(pattern, value):
        yield ValidationError(f"does not match {pattern}")


def _unique_items(validator: Validator, unique: bool, value: Any, schema: Schema) -> Iterator[ValidationError]:
    """One error per doubled entry, at the entry. (The library gives one for the list, and compares each entry with
    each where kinds are mixed: hours for a hostile list.)"""
    from jsonschema import ValidationError

    seen: set[str] = set()
    for index, item in enumerate(value if unique and isinstance(value, list) else ()):
        text = json.dumps(item, sort_keys=True)
        if text in seen:
            yield ValidationError("is there already", path=[index], instance=item)
        seen.add(text)
