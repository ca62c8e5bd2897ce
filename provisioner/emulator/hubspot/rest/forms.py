"""Forms over HTTP, read only. [spec] reference/hubspot.md 7"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.emulator.hubspot.errors import invalid, missing
from provisioner.emulator.hubspot.rest.calls import Call, Reply, Route, paged, route

KINDS = ("hubspot", "captured", "flow", "blog_comment", "all")


def listing(call: Call) -> Reply:
    """Without formTypes: those of type hubspot only (not stated; the narrowest reading)."""
    kinds = call.names("formTypes") or ["hubspot"]
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise invalid(f"formTypes has no {unknown[0]!r}; there are {', '.join(KINDS)}.")
    archived = call.flag("archived")
    found = [
        one
        for one in call.portal.shelves["form"]
        if one["archived"] == archived and ("all" in kinds or one["formType"] in kinds)
    ]
    return Reply(200, paged(call, found, call.count("limit", 20, 100)))


def fetch(call: Call) -> Reply:
    found = call.portal.shelves["form"].get(call.path["id"])
    if found is None or found["archived"] != call.flag("archived"):
        raise missing(f"Form {call.path['id']} does not exist.")
    return Reply(200, found)


def routes() -> Iterator[Route]:
    scopes = ("forms",)
    yield from route("GET", {"v3": "/marketing/v3/forms"}, listing, scopes, "formTypes archived limit after")
    yield from route("GET", {"v3": "/marketing/v3/forms/{id}"}, fetch, scopes, "archived")
