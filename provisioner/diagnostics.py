"""Findings about the user's document and the places they point to. Data only; printing is `reporting`'s."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a text file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: where, what (`title`, constant per code), why (`detail`), what now (`advice`)."""

    code: str
    severity: Severity
    title: str
    detail: str
    advice: str
    location: Location
    pointer: str = ""  # JSON pointer into the document, "" for the whole


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(item.severity == "error" for item in diagnostics)


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """By place, then code; equal findings once."""
    return sorted(dict.fromkeys(diagnostics), key=lambda item: (item.location, item.code, item.detail))
