"""One HTTP exchange: how long, how much. Follows nothing, retries nothing."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provisioner.connections import is_loopback
from provisioner.errors import TargetError
from provisioner.targets.http import deadline
from provisioner.targets.http.deadline import Deadline
from provisioner.targets.http.reading import Reads, WouldWrite
from provisioner.targets.http.reply import NoAnswer, Reply

if TYPE_CHECKING:
    import requests

LARGEST_ANSWER = 100 * 1024 * 1024  # bytes; no vendor sends as much in one piece
LONGEST_ANSWER = 600.0  # seconds for a whole answer, however slowly it drips
LATE = "the answer did not end in time"


class Wire:
    """One `requests.Session`. `calls` counts every request that was tried.

    `server` is who answers, for messages; `timeout` is the longest silence in seconds; `now` is a monotonic clock.
    `reads`: only what it says yes to is sent; None = everything may be.
    """

    def __init__(
        self, server: str, timeout: float, now: Callable[[], float] = time.monotonic, reads: Reads | None = None
    ) -> None:
        self.calls = 0
        self._server = server
        self._timeout = timeout
        self._now = now
        self._reads = reads
        self._http: requests.Session | None = None
        self._deadline = Deadline(LONGEST_ANSWER)

    def exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """NoAnswer when nothing usable came back; TargetError when the answer is too large to be true. WouldWrite
        before anything is sent, when this wire only reads and that is no read."""
        if self._reads is not None:
            parts = urlsplit(url)
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            if not self._reads(method, path, body):
                raise WouldWrite(self._server, method, parts.path)
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
                return Reply(response.status_code, lowered, content, self._server)
        except requests.exceptions.SSLError as error:
            if _is_certificate(error):
                raise NoAnswer("the TLS certificate was not accepted", sent=False, final=True) from None
            raise NoAnswer("the TLS connection broke", sent=True) from None
        except requests.ConnectTimeout:
            raise NoAnswer("no connection in time", sent=False) from None
        except requests.Timeout:
            raise NoAnswer("no answer in time", sent=True) from None
        except requests.ConnectionError as error:
            sent = not _never_connected(error)
            raise NoAnswer("the connection broke" if sent else "no connection", sent=sent) from None
        except ValueError:  # before anything is sent, and not always one of the library's own exceptions
            raise NoAnswer("its address, or the proxy's, cannot be used", sent=False, final=True) from None
        except requests.RequestException as error:
            # The library's own words can quote headers; its class name cannot.
            raise NoAnswer(f"the exchange failed ({type(error).__name__})", sent=True) from None
        except OSError:
            raise NoAnswer("the file of trusted certificates cannot be read", sent=False, final=True) from None

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
        began = self._now()
        content = bytearray()
        for piece in response.iter_content(65536):
            content += piece
            if len(content) > LARGEST_ANSWER:
                most = LARGEST_ANSWER // 2**20
                raise TargetError(f"{self._server}'s answer is larger than {most} MB; reading stopped.")
            if self._now() - began > LONGEST_ANSWER:
                raise NoAnswer(LATE, sent=True, final=True)
        return bytes(content)


def _as_given(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """An `auth` that adds nothing: its presence keeps the library from looking into .netrc."""
    return request


def _is_certificate(error: BaseException) -> bool:
    """Whether the server could not prove who it is; any other trouble of TLS may come after the request has left."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, ssl.SSLCertVerificationError):
            return True
        link = link.__cause__ or link.__context__
    return False


def _never_connected(error: requests.ConnectionError) -> bool:
    from urllib3.exceptions import NewConnectionError

    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError)
