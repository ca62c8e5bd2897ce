"""Text → Document. Whatever is wrong with the file is a finding with a place, never an exception."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from provisioner.diagnostics import Diagnostic, Location, in_order
from provisioner.document import faults
from provisioner.document.nodes import Composer
from provisioner.document.tree import TooManyCopies, Tree

_LARGEST_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Document:
    """Plain data (None when there is none), positions by JSON pointer, and what the reader found wrong."""

    file: str
    data: Any
    places: Mapping[str, Location]  # where the value stands
    key_places: Mapping[str, Location]  # where its key stands
    findings: tuple[Diagnostic, ...] = ()

    def locate(self, pointer: str) -> Location:
        """The place of the value, or of its nearest ancestor that is in the document."""
        while pointer not in self.places and pointer:
            pointer = pointer.rpartition("/")[0]
        return self.places.get(pointer) or Location(self.file, 1, 1)

    def locate_key(self, pointer: str) -> Location:
        """The place of the key of an entry; of the value where there is no key."""
        return self.key_places.get(pointer) or self.locate(pointer)

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the canonical data: comments, quoting and the order of keys do not change it."""
        text = json.dumps(self.data, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("ascii")).hexdigest()


def load(path: str | Path) -> Document:
    """Reads a design file. Unreadable, too large or badly encoded files give a Document with findings and no data."""
    file = str(path)
    try:
        with Path(path).open("rb") as stream:
            raw = stream.read(_LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        return _broken(file, faults.UNREADABLE, f"{file}: {reason}.", "Check the path and the permissions of the file.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return _not_utf8(file, raw, error)
    return loads(text, file)


def loads(text: str, file: str = "<text>") -> Document:
    """Reads a design from text; `file` is the name that findings show."""
    findings: list[Diagnostic] = []
    if len(text) > _LARGEST_BYTES:
        detail = f"The file is larger than {_LARGEST_BYTES // 1024 // 1024} MB."
        return _broken(file, faults.TOO_LARGE, detail, "Check that this is a design; split it if it is.")
    if text.startswith("\ufeff"):
        detail = "The file begins with an invisible byte order mark (U+FEFF)."
        advice = "Save it as UTF-8 without a byte order mark."
        findings.append(faults.MARK.at(Location(file, 1, 1), detail, advice))
        text = text[1:]
    composer = Composer(file)
    try:
        composer.read(text)
    except (yaml.YAMLError, ValueError) as error:
        findings += [*composer.findings, _syntax(file, text, error)]
        return _document(file, None, Tree(file), findings)
    return _from_nodes(composer, findings + composer.findings)


def _from_nodes(composer: Composer, findings: list[Diagnostic]) -> Document:
    tree = Tree(composer.file)
    data: Any = None
    if not any(finding.code == faults.TOO_LARGE.code for finding in findings) and composer.root is not None:
        try:
            data = tree.data(composer.root)
        except TooManyCopies as error:
            detail = "The aliases of this document multiply into more than 20,000 values."
            tree = Tree(composer.file)
            findings.append(faults.ALIAS.at(composer.location(error.node), detail, "Write the values out."))
    if data is None and not findings and not tree.findings:
        return _broken(
            composer.file, faults.EMPTY, "The file holds no design.", "Begin with `apiVersion: provisioner/v1`."
        )
    return _document(composer.file, data, tree, findings + tree.findings)


def _document(file: str, data: Any, tree: Tree, findings: list[Diagnostic]) -> Document:
    return Document(file, data, tree.places, tree.key_places, tuple(in_order(findings)))


def _broken(file: str, fault: faults.Fault, detail: str, advice: str, line: int = 1, column: int = 1) -> Document:
    return Document(file, None, {}, {}, (fault.at(Location(file, line, column), detail, advice),))


def _not_utf8(file: str, raw: bytes, error: UnicodeDecodeError) -> Document:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        detail, line, column = "The file is UTF-16.", 1, 1
    else:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        detail = f"The byte 0x{raw[error.start]:02X} in line {line} is not UTF-8."
    return _broken(file, faults.NOT_UTF8, detail, "Save the file as UTF-8.", line, column)


def _syntax(file: str, text: str, error: yaml.YAMLError | ValueError) -> Diagnostic:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.split("\n")
    written = lines[line - 1] if line <= len(lines) else ""
    indent = written[: len(written) - len(written.lstrip())]
    if "\t" in indent:
        location = Location(file, line, indent.index("\t") + 1)
        return faults.SYNTAX.at(
            location, "The line is indented with a tab.", "YAML indents with spaces: replace the tab."
        )
    offset = _forbidden(text)
    if offset is not None and isinstance(error, yaml.reader.ReaderError | UnicodeError):
        return _bad_character(file, text, offset)
    problem = getattr(error, "problem", None) or "it cannot be read"
    context = getattr(error, "context", None)
    detail = f"{context}: {problem}." if context else f"{problem}."
    advice = "Look at this line and the one above it: indentation, quotes, colons and brackets."
    return faults.SYNTAX.at(Location(file, line, column), detail[0].upper() + detail[1:], advice)


def _forbidden(text: str) -> int | None:
    """Where the first character stands that YAML forbids: the library gives an offset in bytes, or none."""
    return next((i for i, char in enumerate(text) if yaml.reader.Reader.NON_PRINTABLE.match(char)), None)


def _bad_character(file: str, text: str, offset: int) -> Diagnostic:
    before = text[:offset]
    location = Location(file, before.count("\n") + 1, offset - before.rfind("\n"))
    detail = f"The text contains U+{ord(text[offset]):04X}, which no one can see and YAML does not allow."
    return faults.CONTROL.at(location, detail, "Remove the character.")
