"""What leaves the session carries no credential, however the server spelled it when it quoted one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import quote

from provisioner.errors import Rejected, TargetError
from provisioner.secrets import Secret

MASK = "(secret)"
SHORTEST = 6  # characters; masking less would eat ordinary words


def scrub(text: str, secrets: Iterable[Secret]) -> str:
    """`text` without these secrets, plain or percent-encoded. The text must be decoded (no JSON or XML escapes)."""
    for secret in secrets:
        value = secret.reveal()
        if len(value) >= SHORTEST:
            for form in {value, quote(value, safe=""), quote(value)}:
                text = text.replace(form, MASK)
    return text


@contextmanager
def discreet(secrets: Callable[[], Iterable[Secret]]) -> Iterator[None]:
    """A TargetError that passes is scrubbed. `secrets` is asked then, when the session knows all of its own."""
    try:
        yield
    except TargetError as error:
        known = list(secrets())
        error.message = scrub(error.message, known)
        error.advice = scrub(error.advice, known)
        error.args = (error.message,)
        if isinstance(error, Rejected):
            error.problems = tuple((scrub(where, known), scrub(text, known)) for where, text in error.problems)
        raise
