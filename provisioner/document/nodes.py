"""YAML events → a graph of nodes with positions. The YAML library would recurse into hostile depth; this does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from provisioner.diagnostics import Diagnostic, Location
from provisioner.document import faults

_DEEPEST = 64  # nesting of a design is below 10
_ScalarEvent, _MappingStartEvent, _MappingEndEvent = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.MappingEndEvent
_SequenceStartEvent, _SequenceEndEvent = yaml.SequenceStartEvent, yaml.SequenceEndEvent


@dataclass(slots=True, eq=False)
class Node:
    """One value of the document. Line and column count from 1."""

    line: int
    column: int


@dataclass(slots=True, eq=False)
class Scalar(Node):
    text: str
    plain: bool  # unquoted: the core schema decides what it is


@dataclass(slots=True, eq=False)
class Sequence(Node):
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Mapping(Node):
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    key: Node | None = None  # of a pair whose value has not come yet


@dataclass(slots=True, eq=False)
class Alias(Node):
    """`*name`, standing for `target`, which was complete when the alias was met."""

    target: Node


class _PurePythonParser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """The same events without libyaml."""

    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)


def _parser(text: str, pure: bool) -> Any:
    if pure or not yaml.__with_libyaml__:
        return _PurePythonParser(text)
    from yaml._yaml import CParser  # absent where PyYAML was built without libyaml

    return CParser(text)


class Composer:
    """Builds the node graph of the first document. `findings` says what was wrong; `root` is None when nothing came."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Diagnostic] = []
        self.root: Node | None = None
        self._open: list[Sequence | Mapping] = []
        self._anchors: dict[str, Node] = {}

    def read(self, text: str, *, pure: bool = False) -> None:
        """Raises yaml.YAMLError on bad syntax, and RecursionError never: nesting is bounded before it is built."""
        parser = _parser(text, pure)
        while (event := parser.get_event()) is not None:
            if not self._take(event):
                return

    def location(self, node: Node) -> Location:
        return Location(self.file, node.line, node.column)

    def _take(self, event: yaml.Event) -> bool:
        """False: stop reading. The commonest first: a big design has a hundred thousand events."""
        mark: Any = event.start_mark  # every event of a parser has one
        line, column = mark.line + 1, mark.column + 1
        kind = type(event)
        if kind is _ScalarEvent:
            said: Any = event
            if said.tag is not None:
                self._tag(said, line, column)
            self._add(Scalar(line, column, said.value, said.style in (None, "") and said.implicit[0]), said.anchor)
        elif kind is _MappingStartEvent:
            return self._start(Mapping(line, column), event)
        elif kind is _MappingEndEvent or kind is _SequenceEndEvent:
            self._open.pop()
        elif kind is _SequenceStartEvent:
            return self._start(Sequence(line, column), event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event, line, column)
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            self._several(line, column)
            return False
        return True

    def _start(self, node: Sequence | Mapping, event: Any) -> bool:
        self._tag(event, node.line, node.column)
        self._add(node, event.anchor)
        self._open.append(node)
        if len(self._open) <= _DEEPEST:
            return True
        self._report(
            faults.TOO_LARGE,
            node,
            f"Lists and mappings are nested more than {_DEEPEST} levels deep.",
            "Flatten this part; a design needs fewer than ten levels.",
        )
        return False

    def _add(self, node: Node, anchor: str | None = None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if type(parent) is Sequence:
            parent.items.append(node)
            return
        assert type(parent) is Mapping, "nothing else has an inside"
        if parent.key is None:
            parent.key = node
        else:
            parent.pairs.append((parent.key, node))
            parent.key = None

    def _alias(self, event: yaml.AliasEvent, line: int, column: int) -> None:
        here = Scalar(line, column, "", True)
        target = self._anchors.get(event.anchor or "")
        if target is None:
            detail = f"*{event.anchor} refers to nothing: there is no &{event.anchor} above it."
            self._report(
                faults.ALIAS, here, detail, f"Define &{event.anchor} before it is used, or write the value out."
            )
        elif any(target is parent for parent in self._open):
            detail = f"*{event.anchor} lies inside the value it refers to, so it would never end."
            self._report(faults.ALIAS, here, detail, "Write the value out.")
            target = None
        self._add(here if target is None else Alias(line, column, target))

    def _tag(self, event: yaml.NodeEvent, line: int, column: int) -> None:
        tag = getattr(event, "tag", None)
        if tag in (None, "!"):
            return
        shown = tag.replace("tag:yaml.org,2002:", "!!")
        self._report(
            faults.TAG,
            Node(line, column),
            f"The value is tagged {shown[:60]}; a design is plain data.",
            "Remove the tag; put quotes around a value that is meant as text.",
        )

    def _several(self, line: int, column: int) -> None:
        self._report(
            faults.SEVERAL,
            Node(line, column),
            "A second document begins here (`---`); one file holds one design.",
            "Move it to a file of its own.",
        )

    def _report(self, fault: faults.Fault, node: Node, detail: str, advice: str) -> None:
        self.findings.append(fault.at(self.location(node), detail, advice))
