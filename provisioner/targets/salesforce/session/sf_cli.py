"""The login that the sf CLI keeps ([docs] reference/salesforce.md 9.1). Run without a shell, with a time limit."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import Any

from provisioner.errors import NotAllowed, TargetError, Unreachable

SECONDS = 120.0
REDACTED = "[REDACTED]"
_TOKEN = re.compile(r"00D\w{12,15}!\S+|[\w.!-]{60,}")  # a session id, or anything else as long as a token


@dataclass(frozen=True, slots=True)
class Login:
    instance_url: str
    token: str = field(repr=False)


def login(target_org: str) -> Login:
    """The session of an org the CLI knows by alias or username.

    NotAllowed when the CLI has no such login, TargetError when it is missing or answers nonsense, Unreachable when it
    hangs. Since CLI 2.136.8 `org display` hides the token, and `org auth show-access-token` gives it.
    """
    if not target_org or target_org.startswith("-"):
        raise TargetError(f"target_org {target_org!r} is not an alias or username of the sf CLI.")
    program = shutil.which("sf")
    if program is None:
        raise TargetError(
            "The connection uses the sf CLI's login, but there is no `sf` on the PATH.",
            advice="Install the Salesforce CLI, or use an access token, JWT or client credentials.",
        )
    shown = _run(program, ["org", "display", "--target-org", target_org, "--json"], target_org)
    url, token = shown.get("instanceUrl"), shown.get("accessToken")
    if not isinstance(url, str) or not url:
        raise TargetError(f"`sf org display` names no instance URL for {target_org!r}.")
    if not isinstance(token, str) or not token or is_redacted(token):
        more = _run(program, ["org", "auth", "show-access-token", "--target-org", target_org, "--json"], target_org)
        token = more.get("accessToken")
    if not isinstance(token, str) or not token or is_redacted(token):
        raise NotAllowed(
            f"The sf CLI does not give out the access token of {target_org!r}.",
            advice="Run `sf org auth show-access-token` yourself and look at what it says, or log in again.",
        )
    return Login(url, token)


def is_redacted(token: str) -> bool:
    """No token holds blanks or the word; the CLI's replacement text holds both."""
    return REDACTED in token or "REDACTED" in token.upper() or any(character.isspace() for character in token)


def _run(program: str, arguments: list[str], target_org: str) -> dict[str, Any]:
    command = " ".join(["sf", *arguments[: 3 if arguments[1] == "auth" else 2]])
    try:
        ended = subprocess.run(  # noqa: S603 - no shell; the only free argument was checked above
            [program, *arguments], capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise Unreachable(f"`{command}` did not end within {SECONDS:.0f} seconds.") from None
    except OSError as error:
        raise TargetError(f"`{command}` could not be started: {error.strerror}.") from None
    try:
        answer = json.loads(ended.stdout)
    except ValueError:
        raise TargetError(f"`{command}` (exit {ended.returncode}) did not answer in JSON.") from None
    if not isinstance(answer, dict):
        raise TargetError(f"`{command}` answered with something that is not an object.")
    result = answer.get("result")
    if ended.returncode != 0 or not isinstance(result, dict):
        said = _TOKEN.sub("(secret)", str(answer.get("message") or f"exit {ended.returncode}"))[:300]
        raise NotAllowed(
            f"The sf CLI has no usable login for {target_org!r}: {said}",
            advice=f"Log in: sf org login web -a {target_org}",
        )
    return result
