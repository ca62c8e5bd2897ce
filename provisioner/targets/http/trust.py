"""What may be sent where: a token that is one, to an address that is safe for it."""

from __future__ import annotations

from urllib.parse import urlsplit

from provisioner.connections import is_loopback
from provisioner.errors import NotAllowed, TargetError
from provisioner.secrets import Secret


def checked_origin(url: str, what: str, example: str) -> str:
    """`scheme://host[:port]` of `url`. TargetError unless it is https, or http on this very machine.

    `what` names the setting in messages, `example` is an address as it should be.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise TargetError(f"The {what} is not an address, or has no valid port.") from None
    if parts.username or parts.password:
        raise TargetError(f"The {what} must not hold a user name or password.")
    if not host or parts.scheme not in ("https", "http") or any(c.isspace() or c == "\\" for c in parts.netloc):
        raise TargetError(f"The {what} {url!r} is not an address like {example}.")
    if parts.scheme == "http" and not is_loopback(host):
        raise TargetError(
            f"The {what} http://{host} is not encrypted; the token would travel in the clear.",
            advice="Use https://. Plain http is accepted for loopback addresses only (the emulator).",
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def checked_token(value: str, name: str) -> Secret:
    """A token that is safe in an HTTP header and in XML. NotAllowed otherwise; the refusal never quotes it."""
    if not value or not all(33 <= ord(character) < 127 for character in value):
        raise NotAllowed(
            f"The access token of connection {name!r} is empty or holds characters that no token has.",
            advice="Copy it again without quotes, blanks and line ends; a redacted token is not a token.",
        )
    return Secret(value)
