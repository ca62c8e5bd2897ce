"""The ways into a portal: the official client where it reaches, the same transport by hand where it does not.

The client (`hubspot-api-client`) knows paths and parameters of properties, groups, owners, lists and search; its
transport is replaced by ours, so that pace, retries, secrets and counting are the same for every request, and its
models, whose enumerations are older than the API ([client] reference/hubspot.md 2.2), never judge an answer. It has no
flows, forms, teams or account API: those are asked for by path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from provisioner.errors import TargetError, Unreachable
from provisioner.targets.http.reply import Reply
from provisioner.targets.hubspot.session.transport import Call, Transport

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubspot import HubSpot

MOST_PAGES = 500
PLACEHOLDER = "kept-by-the-transport"  # the library never sees the token


class _Bridge:
    """Takes the place of the client's own HTTP layer; answers with our Reply."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.pending: tuple[str, bool, bool] | None = None

    def request(self, method: str, url: str, query_params: Any = None, **extra: Any) -> Reply:
        if self.pending is None:
            raise TargetError(f"{url} was asked for without saying what for.")
        what, repeatable, changes = self.pending
        call = Call(
            what, method, urlsplit(url).path, repeatable, _query(query_params or []), extra.get("body"), changes
        )
        return self._transport.send(call)

    def __getattr__(self, name: str) -> Any:
        """The client calls `GET(url, …)`, `POST(url, …)` and so on."""
        if name not in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            raise AttributeError(name)
        return lambda url, **extra: self.request(name, url, **extra)


class Door:
    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self._bridge = _Bridge(transport)
        self._apis: dict[str, Any] = {}
        self._client: HubSpot | None = None

    def api(self, name: str) -> Any:
        """An API of the official client by its path: `crm.properties.core_api`."""
        if name not in self._apis:
            from hubspot import HubSpot

            origin = self.transport.origin
            self._client = self._client or HubSpot(
                access_token=PLACEHOLDER, host=origin, base_url=origin, api_factory=self._make
            )
            found: Any = self._client
            for part in name.split("."):
                found = getattr(found, part)
            self._apis[name] = found
        return self._apis[name]

    def _make(self, package: Any, name: str, config: Mapping[str, Any]) -> Any:
        configuration = package.Configuration(host=config["host"])
        configuration.access_token = config["access_token"]
        client = package.ApiClient(configuration=configuration)
        client.rest_client = self._bridge
        return getattr(package, name)(api_client=client)

    def look(self, what: str, method: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """A method of the official client that reads; its answer as plain JSON."""
        return self._ask((what, True, False), method, *arguments, **options)

    def change(self, what: str, method: Callable[..., Any], *arguments: Any, repeatable: bool, **options: Any) -> Any:
        """A method of the official client that changes something. Lost when it is not known whether it did."""
        return self._ask((what, repeatable, True), method, *arguments, **options)

    def _ask(self, purpose: tuple[str, bool, bool], method: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        self._bridge.pending = purpose
        try:
            reply = method(*arguments, _preload_content=False, **options)
        finally:
            self._bridge.pending = None
        return _body(reply, purpose[0])

    def get(self, what: str, path: str, query: Mapping[str, Any] | None = None) -> Any:
        call = Call(what, "GET", path, repeatable=True, query=_query(list((query or {}).items())), changes=False)
        return _body(self.transport.send(call), what)

    def post_read(self, what: str, path: str, body: Any) -> Any:
        """A POST that only reads (batch read)."""
        call = Call(what, "POST", path, repeatable=True, body=body, changes=False)
        return _body(self.transport.send(call), what)

    def send(self, what: str, method: str, path: str, *, repeatable: bool, body: Any = None) -> Any:
        return _body(self.transport.send(Call(what, method, path, repeatable, body=body)), what)

    def pages(self, what: str, path: str, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """All `results` of a cursor-paged collection ([spec] reference/hubspot.md 1.5)."""
        yield from paged(what, lambda after: self.get(what, path, {**query, **({"after": after} if after else {})}))


def paged(what: str, page: Callable[[str | None], Any]) -> Iterator[dict[str, Any]]:
    """`page(after)` is one answer with `results` and maybe `paging.next.after`."""
    after: str | None = None
    for _ in range(MOST_PAGES):
        body = page(after)
        yield from rows(body, "results", what)
        paging = body.get("paging")
        following = paging.get("next") if isinstance(paging, dict) else None
        next_after = following.get("after") if isinstance(following, dict) else None
        if not next_after:
            return
        if next_after == after:
            raise Unreachable(f"HubSpot's pages go round in circles ({what}).")
        after = str(next_after)
    raise TargetError(f"HubSpot's answer has more than {MOST_PAGES} pages ({what}); reading stopped.")


def rows(body: Any, key: str, what: str) -> list[dict[str, Any]]:
    """The list of objects under `key`. Unreachable when the answer has another form."""
    found = body.get(key) if isinstance(body, dict) else None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Unreachable(f"HubSpot's answer holds no list of {key} ({what}).")
    return found


def mapping(body: Any, what: str) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Unreachable(f"HubSpot's answer is not an object ({what}).")
    return body


def _body(reply: Reply, what: str) -> Any:
    """None when there is none: a removal is answered with nothing."""
    return reply.json(what) if reply.body.strip() else None


def _query(pairs: Any) -> str:
    return urlencode([(key, _text(value)) for key, value in pairs], doseq=True)


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value
