"""Shapes of request bodies: which keys, which are required, of what kind. Unknown keys are refused when strict.

A shape is a word ("string", "integer", "number", "boolean", "any"), a list with the shape of its items, a tuple of the
allowed words, or a mapping key → shape in which `key!` is required and `*` stands for any key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.emulator.hubspot.errors import Json, invalid

_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def fit(value: Any, shape: Any, strict: bool, place: str = "body") -> None:
    """Raises ApiError 400 that names the place where `value` does not have this shape."""
    if isinstance(shape, str):
        _word(value, shape, place)
    elif isinstance(shape, tuple):
        if value not in shape:
            raise invalid(f"Invalid input JSON: {place} is one of {', '.join(shape)}, not {value!r}.")
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise invalid(f"Invalid input JSON: {place} must be a list.")
        for number, item in enumerate(value):
            fit(item, shape[0], strict, f"{place}[{number}]")
    else:
        _mapping(value, shape, strict, place)


def _word(value: Any, kind: str, place: str) -> None:
    if kind == "any":
        return
    fits = isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))
    if not fits:
        raise invalid(f"Invalid input JSON: {place} must be {'an' if kind == 'integer' else 'a'} {kind}.")


def _mapping(value: Any, shape: Mapping[str, Any], strict: bool, place: str) -> None:
    if not isinstance(value, dict):
        raise invalid(f"Invalid input JSON: {place} must be an object.")
    known = {key.removesuffix("!"): inner for key, inner in shape.items()}
    absent = [key[:-1] for key in shape if key.endswith("!") and value.get(key[:-1]) is None]
    if absent:
        raise invalid(f"Some required fields were not set: [{', '.join(absent)}]")
    for key, item in value.items():
        inner = known.get(key, known.get("*"))
        if inner is None:
            if strict:
                raise invalid(f'Invalid input JSON: unrecognized field "{key}" in {place}.')
        elif item is not None:
            fit(item, inner, strict, f"{place}.{key}")


def without_blanks(body: Json) -> Json:
    """Keys that were sent as null count as not sent."""
    return {key: value for key, value in body.items() if value is not None}


def only(body: Any, keys: str, required: str, what: str) -> Json:
    """Raises ValueError for keys unknown or absent."""
    if not isinstance(body, dict):
        raise ValueError(f"{what} is an object.")
    known = set(keys.split())
    if unknown := sorted(body.keys() - known):
        raise ValueError(f"{what} has no {unknown[0]!r}; it has {', '.join(sorted(known))}.")
    if absent := [key for key in required.split() if body.get(key) is None]:
        raise ValueError(f"{what} needs {absent[0]!r}.")
    return body
