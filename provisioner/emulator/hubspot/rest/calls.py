"""A call as a handler sees it, its reply, and the table that finds the handler."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from provisioner.emulator.faults import Fault
from provisioner.emulator.hubspot.errors import ApiError, Json, invalid
from provisioner.emulator.hubspot.standard import ObjectType, object_type
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import show_full

DATED = "2026-09"


@dataclass
class Call:
    """`family` is "v3" (also for v4 paths) or the dated one; `failing` makes some inputs of a batch fail."""

    portal: Portal
    family: str
    url: str
    path: dict[str, str]
    query: dict[str, list[str]]
    body: Any
    failing: Fault | None = None

    def one(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[-1]

    def flag(self, name: str, default: bool = False) -> bool:
        text = self.one(name, "true" if default else "false").lower()
        if text not in ("true", "false"):
            raise invalid(f"{name} is true or false, not {text!r}.")
        return text == "true"

    def count(self, name: str, default: int, most: int) -> int:
        text = self.one(name, str(default))
        if not text.isdigit() or not 1 <= int(text) <= most:
            raise invalid(f"{name} is a number from 1 to {most}, not {text!r}.")
        return int(text)

    def names(self, name: str) -> list[str]:
        """A list given as `a,b` or by repeating the parameter."""
        return [one for text in self.query.get(name, []) for one in text.split(",") if one]

    @property
    def type(self) -> ObjectType:
        return object_type(self.path["type"])

    @property
    def strict(self) -> bool:
        return self.portal.settings.strict_bodies

    def fails(self, number: int) -> None:
        """Raises ApiError for an input that a fault was armed for."""
        if self.failing is not None and number in self.failing.rows:
            raise ApiError(400, self.failing.code, self.failing.message)


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Route:
    """`scopes`: one of these is needed, words in one text together (none: any token will do); `query`: parameters it
    understands."""

    method: str
    pattern: re.Pattern[str]
    family: str
    handler: Handler
    scopes: Callable[[Call], tuple[str, ...]]
    query: frozenset[str]
    search: bool = False
    exempt: bool = False  # from the ten-second limit


def route(
    method: str,
    paths: dict[str, str],
    handler: Handler,
    scopes: tuple[str, ...] | Callable[[Call], tuple[str, ...]] = (),
    query: str = "",
    *,
    search: bool = False,
    exempt: bool = False,
) -> Iterator[Route]:
    """One route per family: `paths` is family → path with `{name}` for a part of it."""
    needed = scopes if callable(scopes) else lambda call: scopes
    for family, path in paths.items():
        parts = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
        yield Route(
            method, re.compile(parts), family, handler, needed, frozenset(query.split()), search=search, exempt=exempt
        )


def crm(area: str, rest: str = "") -> dict[str, str]:
    """The two path families of a CRM area."""
    return {"v3": f"/crm/v3/{area}{rest}", DATED: f"/crm/{area}/{DATED}{rest}"}


def paged(call: Call, items: list[Json], size: int) -> Json:
    """One page by the opaque cursor `after`; without `paging` it is the last."""
    after = call.one("after", "0")
    if not after.isdigit():
        raise invalid(f"after is a cursor from an earlier reply, not {after!r}.")
    start = int(after)
    page: Json = {"results": items[start : start + size]}
    if start + size < len(items):
        following = str(start + size)
        page["paging"] = {"next": {"after": following, "link": f"{call.url}?after={following}"}}
    return page


def batch(call: Call, results: list[Json], errors: list[Json], made: bool = False) -> Reply:
    """The envelope of a batch; partly failed ones answer 207, in the dated family 200. [spec] 1.5"""
    now = show_full(call.portal.now_ms)
    body: Json = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
        return Reply(207 if call.family == "v3" else 200, body)
    return Reply(201 if made else 200, body)


def each(call: Call, inputs: list[Json], act: Callable[[Json], Json]) -> tuple[list[Json], list[Json]]:
    """What came of every input: results, and the errors of those refused."""
    results: list[Json] = []
    errors: list[Json] = []
    for number, one in enumerate(inputs):
        try:
            call.fails(number)
            results.append(act(one))
        except ApiError as error:
            if error.status == 501:
                raise
            errors.append(error.in_batch())
    return results, errors
