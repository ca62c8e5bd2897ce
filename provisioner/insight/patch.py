"""Proposals → the design's text with the values in it: nothing else moves, no comment, no order, no quote.

The text is changed at the end of the list that a proposal points to, then read again: the result must be a design
without new errors in which exactly the new values are decided differently, as proposed.
"""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from provisioner.diagnostics import has_errors
from provisioner.document import loads
from provisioner.insight.decision import decide, mapped_values
from provisioner.insight.finding import Proposal
from provisioner.model.compile import compile_design
from provisioner.model.design import Design

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 _/.+&()-]*[A-Za-z0-9)]")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


@dataclass(frozen=True, slots=True)
class Skipped:
    """A proposal that was not written, and why."""

    proposal: Proposal
    why: str


@dataclass(frozen=True, slots=True)
class Patched:
    """The new text, and what is in it."""

    before: str
    after: str
    written: tuple[Proposal, ...]
    skipped: tuple[Skipped, ...]


class _NoPlace(Exception):
    """The document is written in a way that we do not change; says which."""


def patched(text: str, design: Design, proposals: Sequence[Proposal], *, least: float, today: date) -> Patched:
    """`text` with every proposal of at least this confidence in it. `today` is for holidays, as when a design is read.

    What is less sure is skipped, and so is what cannot be put in without touching something else.
    """
    skipped = [Skipped(item, _too_unsure(item, least)) for item in proposals if item.confidence < least]
    sure = [item for item in proposals if item.confidence >= least]
    skipped += [
        Skipped(item, "The design has no list that it could be added to.") for item in sure if not item.has_place
    ]
    wanted = [item for item in sure if item.has_place]
    after, unplaced = _inserted(text, wanted)
    written = [item for item in wanted if item not in {entry.proposal for entry in unplaced}]
    if written and _trouble(text, after, design, written, today):
        after, written, refused = _one_by_one(text, design, written, today)
        unplaced = [*unplaced, *refused]
    return Patched(text, after, tuple(written), (*skipped, *unplaced))


def unified(before: str, after: str, path: str) -> str:
    """A unified diff that `git apply` and `patch -p1` take, for a file at `path` (with forward slashes); empty when
    nothing differs."""
    lines = []
    for line in difflib.unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}"):
        lines.append(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
    return "".join(lines)


def _lines(text: str) -> list[str]:
    """Only a line feed ends a line: patch tools know no other."""
    return [part for part in re.split(r"(?<=\n)", text) if part]


def _too_unsure(proposal: Proposal, least: float) -> str:
    return f"Only {proposal.confidence:.0%} sure ({proposal.why}); {least:.0%} is asked for."


def _one_by_one(
    text: str, design: Design, proposals: Iterable[Proposal], today: date
) -> tuple[str, list[Proposal], list[Skipped]]:
    """When all of them together do not hold: each that does beside the ones before it."""
    written: list[Proposal] = []
    refused: list[Skipped] = []
    after = text
    for proposal in proposals:
        attempt, unplaced = _inserted(after, [proposal])
        why = unplaced[0].why if unplaced else _trouble(text, attempt, design, [*written, proposal], today)
        if why:
            refused.append(Skipped(proposal, why))
        else:
            after = attempt
            written.append(proposal)
    return after, written, refused


def _trouble(before: str, after: str, design: Design, written: Sequence[Proposal], today: date) -> str:
    """Why the new text is not what was proposed; empty when it is."""
    was, is_now = loads(before), loads(after)
    new, findings = compile_design(is_now, today=today)
    _, known = compile_design(was, today=today)
    if new is None or (has_errors(findings) and not has_errors(known)):
        return "The design would not be valid with it."
    if is_now.data != _edited(was.data, written):
        return "Something else would change as well."
    return _decided_otherwise(design, new, written)


def _decided_otherwise(design: Design, new: Design, written: Sequence[Proposal]) -> str:
    """What of the mappings is not decided as proposed, and of the other values not as before."""
    mapped = [proposal for proposal in written if proposal.lead_type]
    for proposal in mapped:
        decision = decide(new, proposal.field, proposal.value)
        if not decision.mapped or not decision.allows(proposal.lead_type):
            return "An earlier rule would still decide otherwise."
    fresh = {proposal.value.casefold() for proposal in mapped}
    for field in {proposal.field for proposal in mapped}:
        for value, _, _ in mapped_values(design, field):
            if value.casefold() not in fresh and decide(new, field, value) != decide(design, field, value):
                return f"“{value}” would be decided differently as well."
    return ""


def _edited(data: Any, written: Sequence[Proposal]) -> Any:
    """The plain data of the document with the values in it."""
    edited = {"": json.loads(json.dumps(data))}  # below one key, so that everything has something above it
    for proposal in written:
        for pointer in proposal.pointers:
            above, key = _above(edited, pointer)
            found = above[key] if isinstance(above[key], list) else [above[key]]
            above[key] = [*found, proposal.value]
        for pointer in proposal.replaced:
            above, key = _above(edited, pointer)
            if isinstance(above[key], list):
                above[key] = [proposal.value if str(item) == proposal.instead_of else item for item in above[key]]
            else:
                above[key] = proposal.value
    return edited[""]


def _above(data: Any, pointer: str) -> tuple[Any, Any]:
    """What holds the place, and its key or number there."""
    segments = [segment.replace("~1", "/").replace("~0", "~") for segment in pointer.split("/")]
    for segment in segments[:-1]:
        data = data[int(segment)] if isinstance(data, list) else data[segment]
    return data, int(segments[-1]) if isinstance(data, list) else segments[-1]


def _inserted(text: str, proposals: Iterable[Proposal]) -> tuple[str, list[Skipped]]:
    skipped = []
    for proposal in proposals:
        attempt = text
        try:
            for pointer in proposal.pointers:
                attempt = _with_value(attempt, pointer, proposal.value)
            for pointer in proposal.replaced:
                attempt = _with_other(attempt, pointer, proposal.instead_of, proposal.value)
        except _NoPlace as error:
            skipped.append(Skipped(proposal, str(error)))
            continue
        text = attempt
    return text, skipped


def _with_value(text: str, pointer: str, value: str) -> str:
    """The text with one more value at the end of the list at `pointer`; a single value becomes a list."""
    node = _find(text, pointer)
    if isinstance(node, yaml.ScalarNode):
        return _listed(text, node, value)
    if not isinstance(node, yaml.SequenceNode):
        raise _NoPlace("The rule is no list of values.")
    start, end = node.start_mark.index, node.end_mark.index
    last = node.value[-1] if node.value else None
    if last is None or not isinstance(last, yaml.ScalarNode) or not start <= last.start_mark.index < end:
        raise _NoPlace("The list of the rule ends with an alias or is empty; add the value by hand.")
    if node.flow_style:
        place = last.end_mark.index
        return f"{text[:place]}, {_written(value)}{text[place:]}"
    if last.style in ("|", ">"):
        raise _NoPlace("The list of the rule ends with a block of text; add the value by hand.")
    place = text.find("\n", last.end_mark.index)
    place = len(text) if place < 0 else place
    newline = "\r\n" if text[:place].endswith("\r") else "\n"
    if newline == "\r\n":
        place -= 1
    indent = " " * node.start_mark.column
    return f"{text[:place]}{newline}{indent}- {_written(value)}{text[place:]}"


def _with_other(text: str, pointer: str, old: str, value: str) -> str:
    """The text with another value in place of `old`: at the pointer, or in the list there."""
    node = _find(text, pointer)
    children = node.value if isinstance(node, yaml.SequenceNode) else [node]
    same = [child for child in children if isinstance(child, yaml.ScalarNode) and child.value == old]
    if len(same) != 1:
        raise _NoPlace("The value is not where it was expected; put the other one in by hand.")
    start, end = same[0].start_mark.index, same[0].end_mark.index
    is_inside = node.start_mark.index <= start and end <= node.end_mark.index
    if not is_inside or same[0].style in ("|", ">") or text[start : start + 1] in ("&", "!"):
        raise _NoPlace("The value is written with an alias or as a block of text; put the other one in by hand.")
    return f"{text[:start]}{_written(value)}{text[end:]}"


def _listed(text: str, node: yaml.ScalarNode, value: str) -> str:
    start, end = node.start_mark.index, node.end_mark.index
    written = text[start:end]
    if not written.strip() or node.style in ("|", ">") or (node.style is None and re.search(r"[\[\]{},#\n]", written)):
        raise _NoPlace("The value of the rule cannot be made a list as it is written; add the value by hand.")
    return f"{text[:start]}[{written}, {_written(value)}]{text[end:]}"


def _find(text: str, pointer: str) -> yaml.Node:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError) as error:
        raise _NoPlace("The design cannot be taken apart; add the value by hand.") from error
    spans = [(0, len(text))]
    for segment in pointer.split("/")[1:]:
        node = _child(node, segment.replace("~1", "/").replace("~0", "~"))
        start, end = node.start_mark.index, node.end_mark.index
        if not (spans[-1][0] <= start and end <= spans[-1][1]):
            raise _NoPlace("The rule uses an alias, so a change would reach further; add the value by hand.")
        spans.append((start, end))
    if node is None:
        raise _NoPlace("The design is empty.")
    return node


def _child(node: yaml.Node | None, name: str) -> yaml.Node:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == name and isinstance(value, yaml.Node):
                return value
    elif isinstance(node, yaml.SequenceNode) and name.isdigit() and int(name) < len(node.value):
        found = node.value[int(name)]
        if isinstance(found, yaml.Node):
            return found
    raise _NoPlace("The rule is not where it was expected; add the value by hand.")


def _written(value: str) -> str:
    """As a person would write it: quotes only where YAML needs them. What nobody can see, or tell from a blank, is
    written as its number: who reads the patch must see why the value is another one."""
    if _PLAIN.fullmatch(value) and value.casefold() not in _WORDS:
        return value
    return "".join(map(_legible, json.dumps(value, ensure_ascii=False)))


def _legible(char: str) -> str:
    if char == " " or unicodedata.category(char)[0] not in "CZ":
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
