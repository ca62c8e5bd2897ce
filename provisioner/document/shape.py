"""The document against the schema of designs, in plain English: each error of the library in words and at a place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provisioner.diagnostics import Diagnostic, in_order
from provisioner.document import faults
from provisioner.document.reading import Document
from provisioner.document.schema import Schema, design_schema, errors, matches
from provisioner.document.tree import escape
from provisioner.document.wording import did_you_mean, flow, listed, quoted, short, spoken

if TYPE_CHECKING:
    from jsonschema import ValidationError

__all__ = ["SENTENCES", "check", "design_schema"]

_WORDS = {
    "object": "a mapping (key: value)",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
}


@dataclass(frozen=True, slots=True)
class _Said:
    """A diagnostic before its pointer is a place. `key`: that of the entry's key, not of its value."""

    fault: faults.Fault
    pointer: str
    detail: str
    advice: str
    key: bool = False

    def at_its_place(self, document: Document) -> Diagnostic:
        locate = document.locate_key if self.key else document.locate
        return self.fault.at(locate(self.pointer), self.detail, self.advice, self.pointer)


@dataclass(frozen=True, slots=True)
class _Wrong:
    """The `value` at `pointer` is not what `keyword: wanted` asks for in `schema`. `key`: the value is an entry's name.

    `within`: what is wrong with it in each form of an anyOf.
    """

    keyword: str
    wanted: Any
    value: Any
    schema: Schema
    pointer: str
    key: bool
    within: tuple[ValidationError, ...]

    @classmethod
    def of(cls, error: ValidationError) -> _Wrong:
        schema: Any = error.schema
        key = list(error.schema_path)[-2:-1] == ["propertyNames"]  # then the library's path is that of the mapping
        steps = [*error.absolute_path, *([error.instance] if key else [])]
        pointer = "".join(f"/{escape(str(step))}" for step in steps)
        within = tuple(error.context)
        return cls(str(error.validator), error.validator_value, error.instance, schema, pointer, key, within)

    def said(self, fault: faults.Fault, detail: str, advice: str = "", *, key: bool = False) -> _Said:
        return _Said(fault, self.pointer, detail, advice or _help(self.schema), key or self.key)


def check(document: Document) -> list[Diagnostic]:
    """Every place where the document does not have the shape of a design, in order. Nothing when there is no data."""
    if document.data is None:
        return []
    return in_order(said.at_its_place(document) for said in _in_words(errors(document.data)))


def _in_words(found: Iterable[ValidationError]) -> Iterator[_Said]:
    groups: dict[tuple[str, int], dict[str, _Wrong]] = {}  # by place and schema, then by keyword
    for wrong in map(_Wrong.of, found):
        groups.setdefault((wrong.pointer, id(wrong.schema)), {})[wrong.keyword] = wrong
    for group in groups.values():
        # A value of the wrong kind or length has no other fault worth naming.
        main = next((group[keyword] for keyword in ("type", "maxLength", "minLength") if keyword in group), None)
        for wrong in [main] if main else group.values():
            yield from SENTENCES[wrong.keyword](wrong)


def _kind(wrong: _Wrong) -> Iterator[_Said]:
    yield _wrong_kind(wrong, _kinds(wrong.schema))


def _wrong_kind(wrong: _Wrong, kinds: Iterable[str]) -> _Said:
    words = [_WORDS[kind] for kind in kinds]
    value = f"the text {quoted(wrong.value)}" if isinstance(wrong.value, str) else quoted(wrong.value)
    detail = f"{_subject(wrong.pointer)} is {value}; it must be {listed(words)}."
    return wrong.said(faults.KIND, detail, _help(wrong.schema) or f"Write {listed(wrong.schema.get('enum', words))}.")


def _choice(wrong: _Wrong) -> Iterator[_Said]:
    words = [str(item) for item in (wrong.wanted if wrong.keyword == "enum" else [wrong.wanted])]
    detail = f"{spoken(wrong.pointer)} is {quoted(wrong.value)}; it must be {listed(words)}."
    guess = did_you_mean(str(wrong.value), words).strip()
    otherwise = f"Write {words[0]}." if len(words) == 1 else "Write the one that is meant."
    yield wrong.said(faults.CHOICE, detail, guess or _help(wrong.schema) or otherwise)


def _too_long(wrong: _Wrong) -> Iterator[_Said]:
    most, length = wrong.wanted, len(wrong.value)
    detail = f"{_text(wrong)}, which has {length} characters; at most {most} are allowed."
    yield wrong.said(faults.FORM, detail, f"Shorten it to {most} characters.")


def _too_short(wrong: _Wrong) -> Iterator[_Said]:
    yield wrong.said(faults.FORM, f"{spoken(wrong.pointer)} is an empty text.")


def _form(wrong: _Wrong) -> Iterator[_Said]:
    joint = " is not possible" if wrong.key else ""
    form = wrong.schema.get("patternErrorMessage", "it must look different")
    repaired = _repaired(wrong.value, wrong.schema)
    advice = f"Did you mean '{repaired}'?" if repaired else ""
    yield wrong.said(faults.FORM, f"{_text(wrong)}{joint}; {form}.", advice)


def _range(wrong: _Wrong) -> Iterator[_Said]:
    limit = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}[wrong.keyword]
    detail = f"{spoken(wrong.pointer)} is {quoted(wrong.value)}; it must be {limit} {wrong.wanted}."
    yield wrong.said(faults.RANGE, detail)


def _missing(wrong: _Wrong) -> Iterator[_Said]:
    for name in wrong.wanted:
        if name not in wrong.value:
            examples = wrong.schema.get("properties", {}).get(name, {}).get("examples")
            advice = f"Add `{name}: {flow(examples[0]) if examples else '…'}`."
            yield wrong.said(faults.MISSING, f"{_subject(wrong.pointer)} has no `{name}`.", advice, key=True)


def _unknown(wrong: _Wrong) -> Iterator[_Said]:
    known = wrong.schema.get("properties", {})
    for name in wrong.value.keys() - known.keys():
        detail = f"`{short(name)}` is not a setting of {spoken(wrong.pointer)}."
        advice = f"{did_you_mean(name, known)}Known here: {listed(known, 'and')}."
        yield _Said(faults.UNKNOWN, f"{wrong.pointer}/{escape(name)}", detail, advice, key=True)


def _out_of_place(wrong: _Wrong) -> Iterator[_Said]:
    """A property that another one, such as the platform, rules out."""
    section, *_, name = spoken(wrong.pointer).split(".")
    yield wrong.said(faults.UNKNOWN, f"`{name}` does not apply to this kind of {section}.", "Remove it.", key=True)


def _empty(wrong: _Wrong) -> Iterator[_Said]:
    what = "an empty list" if wrong.keyword == "minItems" else "empty"
    yield wrong.said(faults.LENGTH, f"{spoken(wrong.pointer)} is {what}.")


def _too_many(wrong: _Wrong) -> Iterator[_Said]:
    most, length = wrong.wanted, len(wrong.value)
    detail = f"{spoken(wrong.pointer)} has {length} entries; at most {most} are allowed."
    yield wrong.said(faults.LENGTH, detail, f"Keep {most} of them.")


def _twice(wrong: _Wrong) -> Iterator[_Said]:
    detail = f"{quoted(wrong.value)} is in {spoken(wrong.pointer.rpartition('/')[0])} twice."
    yield wrong.said(faults.LENGTH, detail, "Remove one of them.")


def _variant(wrong: _Wrong) -> Iterator[_Said]:
    """What is wrong with the form the author meant: the one that shares most keys, or the same kind of value."""
    forms: list[Schema] = wrong.wanted
    faulty = [[error for error in wrong.within if error.schema_path[0] == index] for index in range(len(forms))]
    alike = [i for i, found in enumerate(faulty) if not any(e.validator == "type" and not e.path for e in found)]
    if not alike:
        yield _wrong_kind(wrong, dict.fromkeys(kind for form in forms for kind in _kinds(form)))
        return
    meant = alike[0]
    if isinstance(wrong.value, dict):
        shared = [len(form.get("properties", {}).keys() & wrong.value.keys()) for form in forms]
        meant = max(alike, key=lambda i: shared[i])
        if not shared[meant]:
            yield _no_form(wrong, [forms[i]["required"][0] for i in alike])
            return
    yield from _in_words(faulty[meant])


def _no_form(wrong: _Wrong, keys: list[str]) -> _Said:
    guess = "".join(did_you_mean(name, keys) for name in list(wrong.value)[:1])
    detail = f"{spoken(wrong.pointer)} names none of {listed(keys, 'and')}."
    return wrong.said(faults.VARIANT, detail, guess + _help(wrong.schema))


SENTENCES: Mapping[str, Callable[[_Wrong], Iterator[_Said]]] = {
    "type": _kind,
    "enum": _choice,
    "const": _choice,
    "maxLength": _too_long,
    "minLength": _too_short,
    "pattern": _form,
    "minimum": _range,
    "maximum": _range,
    "exclusiveMinimum": _range,
    "required": _missing,
    "additionalProperties": _unknown,
    "not": _out_of_place,
    "minProperties": _empty,
    "minItems": _empty,
    "maxItems": _too_many,
    "uniqueItems": _twice,
    "anyOf": _variant,
}


def _subject(pointer: str) -> str:
    return spoken(pointer) if pointer else "The design"


def _text(wrong: _Wrong) -> str:
    return f"The name {quoted(wrong.value)}" if wrong.key else f"{spoken(wrong.pointer)} is {quoted(wrong.value)}"


def _kinds(schema: Schema) -> list[str]:
    wanted = schema.get("type", [])
    return [wanted] if isinstance(wanted, str) else list(wanted)


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
        if candidate and fits and matches(schema["pattern"], candidate):
            return candidate
    return None
