"""Record ids: three characters of key prefix, twelve that count, three that make the id safe where case is lost."""

from __future__ import annotations

ADMIN_ID = "005000000000001AAA"  # the first user of every org
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ALLOWED = frozenset(DIGITS)


def make_id(prefix: str, number: int) -> str:
    """The `number`th 18-character id under a key prefix. Ids of one prefix sort by number."""
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = DIGITS[rest] + digits
    return long_id(prefix + digits.rjust(12, "0"))


def number_of(record_id: str) -> int:
    """The inverse of `make_id`."""
    number = 0
    for character in record_id[3:15]:
        number = number * 62 + DIGITS.index(character)
    return number


def long_id(short: str) -> str:
    """15 → 18 characters: one check character for the capitals of each five."""
    check = ""
    for start in (0, 5, 10):
        bits = sum(1 << place for place, letter in enumerate(short[start : start + 5]) if "A" <= letter <= "Z")
        check += _CHECK[bits]
    return short + check


def is_id(text: object) -> bool:
    """Could this be a record id? 15 or 18 ASCII letters and digits."""
    return isinstance(text, str) and normal_id(text) is not None


def normal_id(text: str) -> str | None:
    """The 18-character spelling of an id in either length; None when it is no id.

    An id that came in small letters only gets its capitals back; another odd check is left as it is, because
    hand-made example ids often carry one.
    """
    if not _ALLOWED.issuperset(text):
        return None
    if len(text) == 15:
        return long_id(text)
    if len(text) != 18:
        return None
    return text if text != text.lower() or long_id(text[:15]) == text else _restore_case(text)


def _restore_case(text: str) -> str:
    """An 18-character id survives the loss of case: the check says which letters were capitals."""
    restored = ""
    for part, letter in enumerate(text[15:].upper()):
        bits = max(_CHECK.find(letter), 0)
        for place, character in enumerate(text[part * 5 : part * 5 + 5]):
            restored += character.upper() if bits >> place & 1 else character
    return long_id(restored) if long_id(restored).lower() == text else text
