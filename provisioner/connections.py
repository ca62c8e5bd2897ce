"""A named way into one org. Loading `provisioner.toml` is `config`'s business; using it is the target's."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from provisioner.secrets import Secret


@dataclass(frozen=True, slots=True)
class Connection:
    """`auth["method"]` and the keys it needs:

    access_token        access_token: Secret                                   (instance_url required)
    jwt                 client_id, username: str · private_key: Secret (PEM) · audience: str (optional)
    client_credentials  client_id: str · client_secret: Secret                 (instance_url required: My Domain)
    sf_cli              target_org: str                                        (instance_url comes from the CLI)

    `http://` is accepted for loopback hosts only. `timeout_seconds` is per HTTP request.
    """

    name: str
    platform: str
    auth: Mapping[str, str | Secret]
    instance_url: str | None = None
    api_version: str | None = None
    timeout_seconds: float = 30.0


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address, without brackets) is this very machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
