"""What a component's handler says when the org would refuse the component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lxml import etree

from provisioner.emulator.salesforce import xml


@dataclass(frozen=True, slots=True)
class Problem:
    """One sentence in the vendor's words, and the element to point at (None: the component's own); `placed` says
    whether the server gives a line and a column at all."""

    text: str
    element: etree._Element | None = None
    kind: Literal["Error", "Warning"] = "Error"
    placed: bool = True


class Refused(Exception):
    """The component cannot be saved, for one or more reasons."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.text for problem in problems))
        self.problems = problems


def refuse(text: str, element: etree._Element | None = None) -> Refused:
    """A refusal for one reason."""
    return Refused(Problem(text, element))


def unmodelled(what: str, element: etree._Element | None = None) -> Refused:
    """The emulator's own refusal: it names what it does not model."""
    return refuse(f"NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model {what}.", element)


def limit(node: etree._Element, name: str, most: int) -> None:
    """Refuse a text that is longer than `most` characters."""
    value = xml.text(node, name) or ""
    if len(value) > most:
        raise refuse(f"{name}: data value too large: {value} (max length={most})", xml.kid(node, name))
