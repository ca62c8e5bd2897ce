"""What leaves a session carries no credential, however the server spelled it when it quoted one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from provisioner.errors import Rejected, TargetError
from provisioner.secrets import SHORTEST, Secret
from provisioner.targets.http.reply import Reply

MASK = "(secret)"


def scrub(text: str, secrets: Iterable[Secret]) -> str:
    """`text` without these secrets, however they are spelled (plain, percent-encoded, in base64). The text
    must be decoded (no JSON or XML escapes)."""
    for secret in secrets:
        for form in secret.spellings():
            text = text.replace(form, MASK)
    return text


def masked(reply: Reply, token: Secret) -> Reply:
    """The answer without the token, even if the server quotes it. Disguised forms are left to `discreet`."""
    value = token.reveal()
    return replace(reply, body=reply.body.replace(value.encode(), b"(token)")) if len(value) >= SHORTEST else reply


@contextmanager
def discreet(secrets: Callable[[], Iterable[Secret]]) -> Iterator[None]:
    """A TargetError that passes is scrubbed, with what it carries and what it came from.

    `secrets` is asked then, when the session knows all of its own.
    """
    try:
        yield
    except TargetError as error:
        known = list(secrets())
        for link in _chain(error):
            _scrub(link, known)
        raise


def _chain(error: BaseException) -> Iterator[TargetError]:
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        link = pending.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        pending += [link.__cause__, link.__context__]
        if isinstance(link, TargetError):
            yield link


def _scrub(error: TargetError, known: list[Secret]) -> None:
    for name, value in vars(error).items():
        if isinstance(value, str):
            setattr(error, name, scrub(value, known))
    error.args = (error.message,)
    if isinstance(error, Rejected):
        error.problems = tuple((scrub(where, known), scrub(text, known)) for where, text in error.problems)
