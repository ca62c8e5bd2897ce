"""One HTTP exchange: where we may connect to, how long, how much. Knows nothing of Salesforce, retries nothing."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provisioner.errors import TargetError
from provisioner.targets.salesforce.session import deadline
from provisioner.targets.salesforce.session.deadline import Deadline
from provisioner.targets.salesforce.session.faults import Reply
from provisioner.targets.salesforce.session.pace import Pace

if TYPE_CHECKING:
    import requests

LARGEST_ANSWER = 100 * 1024 * 1024  # bytes; the vendor's own limit for a package is ~50 MB in base64
LONGEST_ANSWER = 600.0  # seconds for a whole answer, however slowly it drips
LATE = "the answer did not end in time"


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


def checked_origin(url: str, what: str) -> str:
    """`scheme://host[:port]` of `url`. TargetError unless it is https, or http on this very machine."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise TargetError(f"The {what} is not an address, or has no valid port.") from None
    if parts.username or parts.password:
        raise TargetError(f"The {what} must not hold a user name or password.")
    if not host or parts.scheme not in ("https", "http") or any(c.isspace() or c == "\\" for c in parts.netloc):
        raise TargetError(f"The {what} {url!r} is not an address like https://acme.my.salesforce.com.")
    if parts.scheme == "http" and not is_loopback(host):
        raise TargetError(
            f"The {what} http://{host} is not encrypted; the token would travel in the clear.",
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
        self._deadline = Deadline(LONGEST_ANSWER)

    def exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """NoAnswer when nothing usable came back; TargetError when the answer is too large to be true."""
        self.calls += 1
        self._deadline = Deadline(LONGEST_ANSWER)
        try:
            reply = self._exchange(method, url, headers, body)
        except NoAnswer as lost:
            if self._deadline.passed:
                raise NoAnswer(LATE, sent=True, final=True) from None
            raise lost
        finally:
            self._deadline.end()
        if self._deadline.passed:  # without a stated length, the cut looks like the end
            raise NoAnswer(LATE, sent=True, final=True)
        return reply

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        import requests

        http = self._session()
        # The header is set per request, by us: a .netrc entry for the host must not replace the session's identity.
        # A proxy must not see what is meant for this machine.
        http.trust_env = not is_loopback(urlsplit(url).hostname or "")
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
        if self._http is None:
            self._http = deadline.session(lambda plug: self._deadline.watch(plug))
        return self._http

    def _read(self, response: requests.Response) -> bytes:
        began = self._pace.now()
        content = bytearray()
        for piece in response.iter_content(65536):
            content += piece
            if len(content) > LARGEST_ANSWER:
                raise TargetError(f"Salesforce's answer is larger than {LARGEST_ANSWER // 2**20} MB; reading stopped.")
            if self._pace.now() - began > LONGEST_ANSWER:
                raise NoAnswer(LATE, sent=True, final=True)
        return bytes(content)


def _as_given(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """An `auth` that adds nothing: its presence keeps the library from looking into .netrc."""
    return request


def _never_connected(error: requests.ConnectionError) -> bool:
    from urllib3.exceptions import NewConnectionError

    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError)
