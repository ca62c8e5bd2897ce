"""Text for a terminal: what comes from a document or a CRM cannot move the cursor, and colour is only decoration."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from provisioner.planning.diff import ABSENT

_CODES = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "bold": "1", "dim": "2"}
_HIDDEN = frozenset(
    {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
)  # controls, direction marks, lone surrogates, unassigned, separators
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def safe(text: object) -> str:
    """`text` with everything visible: control characters, direction overrides and the like become escapes."""
    said = str(text)
    return said if said.isascii() and said.isprintable() else "".join(_visible(char) for char in said)


def safe_lines(text: object) -> str:
    """The same, for text of ours that spans lines."""
    return "\n".join(safe(line) for line in str(text).split("\n"))


def _visible(char: str) -> str:
    if (char.isascii() and char.isprintable()) or unicodedata.category(char) not in _HIDDEN:
        return char
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


class Paint:
    """Colours, or nothing when they are off."""

    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, text: str, *styles: str) -> str:
        if not self.on or not styles:
            return text
        codes = ";".join(_CODES[style] for style in styles)
        return f"\x1b[{codes}m{text}\x1b[0m"


PLAIN = Paint(False)
LIMIT = 60


def value_text(value: Any, limit: int = LIMIT) -> str:
    """A value as people write it: 5, true, "text", shortened in the middle of nowhere with …"""
    if value is ABSENT:
        return "(nothing)"
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return safe(text if len(text) <= limit else text[: limit - 1] + "…")


def pair_text(old: Any, new: Any, limit: int = LIMIT) -> tuple[str, str]:
    """Two values next to each other; of long texts, the part where they begin to differ. So also of lists and the like
    that would be shortened to the same words."""
    if isinstance(old, str) and isinstance(new, str):
        if max(len(old), len(new)) <= limit - 2:
            return value_text(old, limit), value_text(new, limit)
        begin = _begin(old, new, limit)
        return _window(old, begin, limit), _window(new, begin, limit)
    shown = value_text(old, limit), value_text(new, limit)
    if shown[0] != shown[1] or old == new:
        return shown
    first, second = (json.dumps(value, ensure_ascii=False, sort_keys=True) for value in (old, new))
    begin = _begin(first, second, limit)
    return _cut(first, begin, limit), _cut(second, begin, limit)


def _begin(old: str, new: str, limit: int) -> int:
    """A little before the first difference, so that it is seen among what surrounds it."""
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return max(0, start - limit // 3)


def _window(text: str, begin: int, limit: int) -> str:
    part = text[begin : begin + limit - 4]
    before, after = "…" if begin else "", "…" if begin + len(part) < len(text) else ""
    return safe(before + json.dumps(part, ensure_ascii=False) + after)


def _cut(text: str, begin: int, limit: int) -> str:
    """The same of a value that is written out already."""
    part = text[begin : begin + limit - 2]
    before, after = "…" if begin else "", "…" if begin + len(part) < len(text) else ""
    return safe(before + part + after)


def duration_text(seconds: float) -> str:
    """`4.2 s`, `2 min 05 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def count_text(count: int, one: str, many: str = "") -> str:
    """`1 error`, `2 errors`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
