"""Secrets do not print: the type does it, so no log statement needs to remember."""

from __future__ import annotations

from binascii import b2a_base64
from typing import NoReturn
from weakref import WeakValueDictionary

SHORTEST = 6  # characters; masking less would eat ordinary words
_LINE = 24  # characters of one line of a key


class Secret:
    """Wraps a credential. Only `reveal()` gives it out; str, repr, format, pickling and copying into data do not."""

    __slots__ = ("__weakref__", "_spellings", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        self._spellings: list[str] | None = None  # worked out once: every line that is printed is searched for them
        _alive[id(self)] = self

    def reveal(self) -> str:
        return self._value

    def spellings(self) -> list[str]:
        """Every form that somebody could quote it in; see the function of that name."""
        if self._spellings is None:
            self._spellings = spellings(self._value)
        return self._spellings

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not serialised")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


_alive: WeakValueDictionary[int, Secret] = WeakValueDictionary()


def spellings(value: str) -> list[str]:
    """How a credential is written where somebody quotes it: as it is, line by line, percent-encoded, in base64; the
    longest first. None for what is too short to be told from ordinary words."""
    if len(value) < SHORTEST:
        return []
    from urllib.parse import quote, quote_plus  # slow to import, and a credential is rarely looked for

    raw = value.encode("utf-8", "surrogatepass")
    plain = b2a_base64(raw, newline=False).decode("ascii")
    web = plain.translate({ord("+"): "-", ord("/"): "_"})
    percent = [quote(raw, safe=""), quote(raw), quote_plus(raw)]
    lines = [line for line in value.split() if len(line) >= _LINE and not line.startswith("-")]
    forms = {value, *percent, plain, web, plain.rstrip("="), web.rstrip("="), *lines}
    return sorted(forms, key=len, reverse=True)


def without_secrets(text: str) -> str:
    """`text` with every credential masked that anything in this process still holds, however it is spelled."""
    for secret in list(_alive.values()):
        for form in secret.spellings():
            if form in text:
                text = text.replace(form, str(secret))
    return text
