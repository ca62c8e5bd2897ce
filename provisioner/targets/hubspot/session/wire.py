"""One HTTP exchange: where we may connect to, how long, how much. Knows nothing of HubSpot, retries nothing."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provisioner.errors import TargetError
from provisioner.targets.hubspot.session.faults import Reply
from provisioner.targets.hubspot.session.pace import Pace

if TYPE_CHECKING:
    import requests

LARGEST_ANSWER = 100 * 1024 * 1024  # bytes
LONGEST_ANSWER = 600.0  # seconds for a whole body, however slowly it drips


class NoAnswer(Exception):
    """The exchange did not end in an answer. `sent` False = the request never left; `final` = trying again is idle."""

    def __init__(self, reason: str, *, sent: bool, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent
        self.final = final


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_origin(url: str) -> str:
    """`scheme://host[:port]` of `url`. TargetError unless it is https, or http on this very machine."""
    parts = urlsplit(url.strip())
    host = parts.hostname or ""
    try:
        port = parts.port
    except ValueError:
        raise TargetError("The instance_url has no valid port.") from None
    if parts.username or parts.password:
        raise TargetError("The instance_url must not hold a user name or password.")
    if not host or parts.scheme not in ("https", "http") or any(c.isspace() or c == "\\" for c in parts.netloc):
        raise TargetError(f"The instance_url {url!r} is not an address like https://api.hubapi.com.")
    if parts.scheme == "http" and not is_loopback(host):
        raise TargetError(
            f"The instance_url http://{host} is not encrypted; the token would travel in the clear.",
            advice="Use https://. Plain http is accepted for loopback addresses only (the emulator).",
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


class Wire:
    """One `requests.Session`. `calls` counts every request that was tried."""

    def __init__(self, timeout: float, pace: Pace) -> None:
        self.calls = 0
        self._timeout = timeout
        self._pace = pace
        self._http: requests.Session | None = None

    def exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """NoAnswer when nothing usable came back; TargetError when the answer is too large to be true."""
        import requests

        self.calls += 1
        http = self._session()
        http.trust_env = not is_loopback(urlsplit(url).hostname or "")  # a proxy must not see this machine's own
        try:
            with http.request(
                method, url, headers=dict(headers), data=body, timeout=self._timeout, allow_redirects=False,
                stream=True, auth=_as_given,
            ) as response:  # fmt: skip
                content = self._read(response)
                lowered = {name.lower(): value for name, value in response.headers.items()}
                return Reply(response.status_code, lowered, content)
        except requests.exceptions.SSLError:
            raise NoAnswer("the TLS certificate was not accepted", sent=False, final=True) from None
        except requests.ConnectTimeout:
            raise NoAnswer("no connection in time", sent=False) from None
        except requests.Timeout:
            raise NoAnswer("no answer in time", sent=True) from None
        except requests.ConnectionError as error:
            sent = not _never_connected(error)
            raise NoAnswer("the connection broke" if sent else "no connection", sent=sent) from None
        except requests.RequestException as error:
            # The library's own words can quote headers; its class name cannot.
            raise NoAnswer(f"the exchange failed ({type(error).__name__})", sent=True) from None

    def close(self) -> None:
        """Give the connections back; the next exchange opens new ones."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def _session(self) -> requests.Session:
        import requests

        if self._http is None:
            self._http = requests.Session()
        return self._http

    def _read(self, response: requests.Response) -> bytes:
        began = self._pace.now()
        content = bytearray()
        for piece in response.iter_content(65536):
            content += piece
            if len(content) > LARGEST_ANSWER:
                raise TargetError(f"HubSpot's answer is larger than {LARGEST_ANSWER // 2**20} MB; reading stopped.")
            if self._pace.now() - began > LONGEST_ANSWER:
                raise NoAnswer("the answer did not end in time", sent=True)
        return bytes(content)


def _as_given(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """An `auth` that adds nothing: its presence keeps the library from looking into .netrc."""
    return request


def _never_connected(error: requests.ConnectionError) -> bool:
    from urllib3.exceptions import NewConnectionError

    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError)
