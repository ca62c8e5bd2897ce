"""Calculated properties as HubSpot rewrites them. [docs] reference/hubspot.md 2.4"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""\s+|(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<number>\d+(?:\.\d+)?)|(?P<word>[A-Za-z_]\w*)|(?P<sign><=|>=|!=|.)""",
    re.DOTALL,
)
_KEYWORDS = frozenset({"if", "then", "elseif", "else", "endif", "and", "or", "not", "equals", "true", "false"})
_FUNCTIONS = frozenset({
    "max", "min", "is_present", "contains", "concatenate", "number_to_string", "string_to_number", "string", "bool",
    "time_between", "round_down", "coalesce",
})  # fmt: skip


def tokens(formula: str) -> tuple[str, ...]:
    """The formula without what saving changes: spaces, `=` for `equals`, the kind of quotes, the case of keywords."""
    found: list[str] = []
    for match in _TOKEN.finditer(formula):
        if match["text"] is not None:
            inner = re.sub(r"\\(.)", r"\1", match["text"][1:-1])
            found.append(f"'{inner}'")
        elif match["number"] is not None:
            found.append(_figure(match["number"]))
        elif match["word"] is not None:
            found.append(match["word"].lower() if match["word"].lower() in _KEYWORDS | _FUNCTIONS else match["word"])
        elif match["sign"] is not None:
            found.append("equals" if match["sign"] == "=" else match["sign"])
    return tuple(found)


def _figure(text: str) -> str:
    """`60000.0` is `60000`."""
    return text.rstrip("0").rstrip(".") if "." in text else text
