"""Resources as the JSON that is sent, written through templates, and read back from it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from provisioner import assets
from provisioner.resources import Address, Resource
from provisioner.targets.base import Artifact

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATES = {
    "PropertyGroup": "property_group.json.j2",
    "Property": "property.json.j2",
    "List": "list.json.j2",
    "Flow": "flow.json.j2",
    "ManualStep": "manual_step.json.j2",
}
_FOLDERS = {
    "PropertyGroup": "property-groups",
    "Property": "properties",
    "List": "lists",
    "Flow": "flows",
    "ManualStep": "manual-steps",
}


@cache
def _template(kind: str) -> Template:
    from jinja2 import Environment, StrictUndefined  # only commands that render pay for it

    # The output is JSON, where every value goes through `tojson`; escaping for HTML would change the values.
    environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "ensure_ascii": False}
    return environment.from_string(assets.read_text("templates", "hubspot", TEMPLATES.get(kind, kind)))


def source(template: str, **data: Any) -> str:
    """A program that an action carries. `data` is written as JSON: numbers, texts and lists of them."""
    return _template(template).render(**data)


def text(resource: Resource) -> str:
    """The JSON of one resource. KeyError for a kind that HubSpot does not have."""
    return _template(resource.address.kind).render(body=resource.attributes)


def artifacts(resources: Iterable[Resource]) -> list[Artifact]:
    """One JSON file per resource, sorted by path: what its call sends, references still by name."""
    return sorted((_artifact(resource) for resource in resources), key=lambda item: item.path)


def _artifact(resource: Resource) -> Artifact:
    address = resource.address
    return Artifact(f"{_FOLDERS[address.kind]}/{address.name}.json", text(resource).encode("utf-8"))


def parse(address: Address, content: bytes | str) -> Resource:
    """The inverse of `text`. ValueError when it is not a JSON object."""
    attributes: Any = json.loads(content)
    if not isinstance(attributes, dict):
        raise ValueError(f"{address} is not written as a JSON object")
    return Resource(address, attributes)
