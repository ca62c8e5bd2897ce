"""The node graph → plain data, with positions in side tables."""

from __future__ import annotations

from typing import Any

from provisioner.diagnostics import Diagnostic, Location
from provisioner.document import faults
from provisioner.document.nodes import Alias, Mapping, Node, Scalar, Sequence
from provisioner.document.scalars import BadNumber, hostile_character, loses_zeros, resolve, without_hostile
from provisioner.document.wording import one_line, short

_MOST_COPIED = 20_000  # nodes that may come from aliases; written nodes are bounded by the size of the file


class TooManyCopies(Exception):
    """Aliases multiply beyond the limit (a "billion laughs" document)."""

    def __init__(self, node: Node) -> None:
        super().__init__("too many copies")
        self.node = node


def escape(key: str) -> str:
    """One segment of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


class Tree:
    """Walks the graph once. `places[pointer]` is where a value stands, `key_places[pointer]` where its key does."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[str, Location] = {}
        self.key_places: dict[str, Location] = {}
        self.findings: list[Diagnostic] = []
        self._good_keys: set[str] = set()  # the same few come again and again
        self._copied = 0
        self._entry: Node | None = None  # the alias in the text that is being followed

    def data(self, node: Node, pointer: str = "", copying: bool = False) -> Any:
        """The plain value of `node`. Raises TooManyCopies."""
        if pointer not in self.places:
            self.places[pointer] = Location(self.file, node.line, node.column)
        if type(node) is Alias:
            self._entry = self._entry if copying else node
            node, copying = node.target, True
        if copying:
            self._copied += 1
            if self._copied > _MOST_COPIED:
                raise TooManyCopies(self._entry or node)
        if type(node) is Scalar:
            return self._scalar(node, pointer)
        if type(node) is Mapping:
            return self._mapping(node, pointer, copying)
        assert type(node) is Sequence, "there are no other nodes"
        return [self.data(item, f"{pointer}/{index}", copying) for index, item in enumerate(node.items)]

    def _mapping(self, node: Mapping, pointer: str, copying: bool) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.pairs:
            location = Location(self.file, key_node.line, key_node.column)
            if type(key_node) is Scalar and key_node.text in self._good_keys:
                key: str | None = key_node.text
            else:
                key = self._key(key_node, location, pointer)
            if key is None:
                continue
            below = f"{pointer}/{escape(key)}"
            if key in found:
                self._duplicate(key, location, below)
                continue
            self.key_places[below] = location
            found[key] = self.data(value_node, below, copying)
        return found

    def _duplicate(self, key: str, location: Location, pointer: str) -> None:
        first = self.key_places[pointer]
        detail = f"'{_shown(key)}' is already set in line {first.line}; only one of the two could count."
        self.findings.append(faults.DUPLICATE.at(location, detail, "Keep one of them.", pointer))

    def _key(self, node: Node, location: Location, pointer: str) -> str | None:
        """Keys are taken as they are written: `on:` is the name on, not a truth value."""
        target = node.target if isinstance(node, Alias) else node
        if not isinstance(target, Scalar):
            detail = "A list or a mapping is used as a key."
            self.findings.append(faults.KEY.at(location, detail, "Use a plain name before the colon.", pointer))
            return None
        if target.plain and target.text == "<<":
            detail = "`<<` (merge) is not part of YAML 1.2."
            self.findings.append(
                faults.KEY.at(location, detail, "Repeat the keys, or use an alias for the value.", pointer)
            )
            return None
        if not self._clean(target, location, pointer):
            return None
        if target.text != "<<":  # which is right in quotes only
            self._good_keys.add(target.text)
        return target.text

    def _scalar(self, node: Scalar, pointer: str) -> Any:
        location = self.places[pointer]
        if not self._clean(node, location, pointer):
            return without_hostile(node.text)
        if not node.plain:
            return node.text
        try:
            value = resolve(node.text)
        except BadNumber:
            detail = f"{_shown(node.text)} cannot be stored exactly as a number."
            self.findings.append(faults.NUMBER.at(location, detail, "Put quotes around it if it is text.", pointer))
            return 0
        if isinstance(value, int) and loses_zeros(node.text):
            detail = f"{node.text} is read as the number {value}."
            advice = f'Write "{node.text}" with quotes if the zeros matter, or {value} if they do not.'
            self.findings.append(faults.ZEROS.at(location, detail, advice, pointer))
        return value

    def _clean(self, node: Scalar, location: Location, pointer: str) -> bool:
        found = hostile_character(node.text)
        if found is None:
            return True
        detail = f"The text contains {found}, which no one can see and a CRM cannot store."
        self.findings.append(faults.CONTROL.at(location, detail, "Remove the character.", pointer))
        return False


def _shown(text: str) -> str:
    return short(one_line(text))
