"""How faithful a deployment is: one line, a table, or data."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from provisioner.fidelity import Fidelity
from provisioner.reporting.text import PLAIN, Paint, safe

_GRADES = ("exact", "approximated", "manual", "impossible")
_COLOURS = {"exact": "green", "approximated": "yellow", "manual": "cyan", "impossible": "red"}
_WIDTH = 118
_HEADS = ("feature", "lead type", "fidelity")


def fidelity_line(items: Sequence[Fidelity]) -> str:
    """`Fidelity: 5 exact, 9 approximated (worst 15 min), 1 manual`"""
    counts = {grade: sum(item.grade == grade for item in items) for grade in _GRADES}
    worst = max((item.worst_minutes or 0.0 for item in items if item.grade == "approximated"), default=0.0)
    far = f" (worst {_minutes(worst)})" if worst else ""
    parts = [f"{n} {grade}{far if grade == 'approximated' else ''}" for grade, n in counts.items() if n]
    return f"Fidelity: {', '.join(parts)}" if parts else ""


def fidelity_text(items: Sequence[Fidelity], paint: Paint = PLAIN) -> str:
    """A table, one feature per row, why it is so beneath; then the line above."""
    rows = [(safe(item.feature), safe(item.lead_type or "all"), _grade(item)) for item in items]
    widths = [max(len(row[column]) for row in (_HEADS, *rows)) for column in range(3)]
    lines = [paint(_row(_HEADS, widths), "bold")]
    for item, row in zip(items, rows, strict=True):
        padded = _row((*row[:2], ""), widths).rstrip().ljust(widths[0] + widths[1] + 4)
        lines.append(f"{padded}{paint(row[2], _COLOURS[item.grade])}")
        lines += textwrap.wrap(safe(item.why), _WIDTH, initial_indent="    ", subsequent_indent="    ")
    return "\n".join([*lines, f"{fidelity_line(items)}."])


def fidelity_data(items: Sequence[Fidelity]) -> list[dict[str, Any]]:
    return [
        {
            "feature": item.feature,
            "lead_type": item.lead_type,
            "grade": item.grade,
            "worst_minutes": item.worst_minutes,
            "why": item.why,
        }
        for item in items
    ]


def _grade(item: Fidelity) -> str:
    if item.grade == "approximated" and item.worst_minutes:
        return f"approximated, ≤ {_minutes(item.worst_minutes)}"
    return item.grade


def _minutes(value: float) -> str:
    return f"{value:g} min"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
