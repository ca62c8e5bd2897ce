"""Taking changes made by hand into the design file: what somebody set in the CRM becomes what is asked for."""

from __future__ import annotations

import dataclasses
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from provisioner.cli import road
from provisioner.cli.choose import LOOKING
from provisioner.cli.console import Console
from provisioner.diagnostics import has_errors
from provisioner.document import loads
from provisioner.document.editing import Spot, replaced, spots
from provisioner.errors import Refused, UsageError
from provisioner.model.compile import compile_design
from provisioner.model.rewording import rewordings
from provisioner.planning.choices import matching, unmatched
from provisioner.planning.diff import ABSENT, Difference, attribute_changes, differences
from provisioner.planning.plan import Action, Cause, Change
from provisioner.reporting.text import safe
from provisioner.resources import Address, Snapshot

_MOST_TRIED = 400  # renderings
_NAMED = 3  # addresses in a sentence
_UNTOUCHED = "The design was not changed."


@dataclasses.dataclass(frozen=True, slots=True)
class _Edit:
    """One value of the document, and what it would say."""

    spot: Spot
    value: str


def accept(
    patterns: tuple[str, ...], prepared: road.Prepared, reached: road.Reached, console: Console, *, yes: bool
) -> road.Prepared:
    """The design with what was changed by hand at these addresses, written to its file and read again. Refused when it
    has no words for one of them, or nobody agrees; then the file is as it was."""
    live, desired = road.look(prepared, reached, console)
    plan = road.made_from(prepared, reached, live, desired, wishes=LOOKING)
    by_hand = {item.address: item for item in plan.to_write if item.undoes_hand and item.cause is not Cause.RENAMED}
    lost = unmatched(patterns, by_hand)
    if lost and by_hand:
        names = ", ".join(str(address) for address in sorted(by_hand)[:8])
        raise UsageError(
            f"--accept-drift: nothing that was changed by hand is called {lost[0]!r}.", advice=f"There are: {names}."
        )
    if lost and lost[0] != "*":
        raise UsageError("--accept-drift: nothing was changed by hand.", advice="Leave the option out.")
    chosen = sorted({address for pattern in patterns for address in matching(pattern, by_hand)})
    if not chosen:
        console.note("Nothing was changed by hand: the design stays as it is.")
        return prepared
    path = Path(prepared.file)
    text = _read(path)
    with console.working("Looking for the words of the design"):
        search = _Search(prepared, {address: by_hand[address] for address in by_hand})
        after = _taken_in(search, text, [by_hand[address] for address in chosen], {*patterns}, console)
    _agree(text, after, path, console, yes=yes)
    _replace(path, text, after)
    return road.prepare(path, console)


def _taken_in(search: _Search, text: str, changes: list[Change], named: set[str], console: Console) -> str:
    """The text with all of them. What only a pattern named and the design cannot say is left out, and told; Refused
    when that is everything, or something that was named itself."""
    after = text
    refused: list[Refused] = []
    for change in changes:
        try:
            after = search.taken_in(after, change)
        except Refused as refusal:
            if str(change.address) in named:
                raise
            refused.append(refusal)
    if after == text and refused:
        raise refused[0]
    for left in refused:
        console.note(f"Not taken in: {safe(left.message.removesuffix(_UNTOUCHED).strip())}")
    return after


class _Search:
    """Renders the design with one value changed at a time, until what is asked for is what is there."""

    def __init__(self, prepared: road.Prepared, by_hand: dict[Address, Change]) -> None:
        self._prepared = prepared
        self._by_hand = by_hand
        self._tried = 0

    def taken_in(self, text: str, change: Change) -> str:
        """The text that asks for what is there. Refused when there is none."""
        address = change.address
        if change.action is not Action.UPDATE:
            raise Refused(
                f"{address} was deleted by hand; a design does not say that something is not there. {_UNTOUCHED}",
                advice="Take out of the design what asks for it, or let apply make it again.",
            )
        now = self._rendered(text)
        wanted = self._open(now, change)
        edits = self._edits(text, now, change, wanted)
        after = text
        for edit in sorted(edits, key=lambda item: item.spot.start, reverse=True):
            after = replaced(after, edit.spot, edit.value) or after
        rendered = self._rendered(after)
        if rendered is None or now is None:
            raise _no_words(change, wanted)
        if self._open(rendered, change):
            raise self._too_much(text, now, change, wanted) or _no_words(change, wanted)
        if others := self._moved(now, rendered, address):
            raise _with_others(address, others)
        return after

    def _too_much(self, text: str, now: Snapshot, change: Change, wanted: list[Difference]) -> Refused | None:
        """Where a single value of the design says it, but other things with it: what they are."""
        for edit in (edit for difference in wanted for edit in _candidates(text, difference)):
            after = replaced(text, edit.spot, edit.value)
            if after is None or self._tried >= _MOST_TRIED:
                continue
            rendered = self._rendered(after)
            if rendered is not None and not self._open(rendered, change):
                return _with_others(change.address, self._moved(now, rendered, change.address))
        return None

    def _open(self, rendered: Snapshot | None, change: Change) -> list[Difference]:
        """What the design still says otherwise than the org. Ids of the org count as the names they stand for: a
        difference between design and org is one between what was wanted with ids and what is there."""
        if rendered is None or change.before is None or change.after is None:
            return []
        mine, then = rendered.get(change.address), self._prepared.desired.get(change.address)
        if mine is None or then is None:
            return differences(change)
        said = {item.path: item.new for item in attribute_changes(then.attributes, mine.attributes)}
        by_hand = {item.path: item for item in differences(change)}  # old: what is there, new: what is wanted
        missing = [item for path, item in by_hand.items() if path not in said or said[path] != item.old]
        wrong = [Difference(path, ABSENT, value) for path, value in said.items() if path not in by_hand]
        return [*missing, *wrong]

    def _edits(self, text: str, now: Snapshot | None, change: Change, wanted: Iterable[Difference]) -> list[_Edit]:
        """For every difference, the first value that closes it and opens no other here."""
        open_now = list(wanted)
        found: list[_Edit] = []
        closed: set[str] = set()
        for difference in open_now:
            if difference.path in closed:
                continue
            for edit in _candidates(text, difference):
                closes = self._closes(text, edit, change, open_now, now)
                if difference.path in closes:
                    found.append(edit)
                    closed |= closes
                    break
        return found

    def _closes(
        self, text: str, edit: _Edit, change: Change, open_now: list[Difference], now: Snapshot | None
    ) -> set[str]:
        after = replaced(text, edit.spot, edit.value)
        if after is None or self._tried >= _MOST_TRIED:
            return set()
        rendered = self._rendered(after)
        if rendered is None or now is None:
            return set()
        left = {item.path for item in self._open(rendered, change)}
        before = {item.path for item in open_now}
        return before - left if left < before and not self._moved(now, rendered, change.address) else set()

    def _moved(self, now: Snapshot, rendered: Snapshot, address: Address) -> list[Address]:
        """What else the design asks for otherwise, besides what was changed by hand in just that way."""
        every = now.resources.keys() | rendered.resources.keys()
        moved = sorted(other for other in every - {address} if now.get(other) != rendered.get(other))
        return [other for other in moved if other not in self._by_hand or self._open(rendered, self._by_hand[other])]

    def _rendered(self, text: str) -> Snapshot | None:
        """What the text asks for; None when it is no valid design."""
        self._tried += 1
        document = loads(text, self._prepared.file)
        design, findings = compile_design(document, today=road.today())
        if design is None or has_errors(findings):
            return None
        desired, more = self._prepared.target.desire(design, document.locate)
        return None if has_errors(more) else desired


def _candidates(text: str, difference: Difference) -> Iterator[_Edit]:
    """`difference.old` is what is there, `new` what the design says now."""
    if difference.old is ABSENT or difference.new is ABSENT:
        return
    for spot in spots(text):
        for value in rewordings(spot.value, difference.new, difference.old):
            yield _Edit(spot, value)


def _with_others(address: Address, others: list[Address]) -> Refused:
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    return Refused(
        f"The design cannot say what was changed by hand at {address} without changing "
        f"{', '.join(map(str, others[:_NAMED]))}{more} too. {_UNTOUCHED}",
        advice=f"Change the design yourself, or leave it with --keep-drift {address}",
    )


def _no_words(change: Change, wanted: list[Difference]) -> Refused:
    paths = ", ".join(item.path for item in wanted[:3]) + (", …" if len(wanted) > 3 else "")
    return Refused(
        f"The design has no words for what was changed by hand at {change.address} ({paths}). {_UNTOUCHED}",
        advice=f"Leave it with --keep-drift {change.address}, or let apply undo it.",
    )


# ------------------------------------------------------------------ the file


def _read(path: Path) -> str:
    """With the line ends it has."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error


def _agree(before: str, after: str, path: Path, console: Console, *, yes: bool) -> None:
    import difflib

    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), str(path), f"{path} (afterwards)", lineterm="", n=1
    )
    colours: dict[str, Any] = {"+": "green", "-": "red"}
    for line in lines:
        console.note(console.paint(safe(line), colours[line[0]]) if line[0] in colours else safe(line))
    if yes:
        return
    if not console.can_ask:
        raise Refused(
            "Nobody can be asked here (no terminal), and --yes was not given. The design was not changed.",
            advice="Read the change; then run the same command with --yes.",
        )
    if not click.confirm(f"Write this into {safe(str(path))}?", err=True):
        raise Refused("Not confirmed. The design was not changed.", advice="Run the command again when you are sure.")


def _replace(path: Path, before: str, after: str) -> None:
    """All or nothing, with the mode it had; where the path is a link, the file it leads to. Refused when somebody else
    wrote to it meanwhile."""
    file = path.resolve()
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
                out.write(after)
                out.flush()
                os.fsync(out.fileno())
            temporary.chmod(mode)
            if _read(file) != before:
                raise Refused(f"{path} was changed meanwhile. It was not overwritten.", advice="Run the command again.")
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
