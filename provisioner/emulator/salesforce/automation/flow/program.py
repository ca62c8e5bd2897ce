"""A flow version ready to run: entry conditions, paths and elements, compiled once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from provisioner.emulator.salesforce.automation.flow.conditions import (
    EMPTY_TESTS,
    Test,
    compile_comparison,
    compile_condition,
    is_changed,
)
from provisioner.emulator.salesforce.automation.flow.definition import Condition, Filter, Flow, Path
from provisioner.emulator.salesforce.automation.flow.faults import FlowFault
from provisioner.emulator.salesforce.automation.flow.interview import Interview
from provisioner.emulator.salesforce.automation.flow.logic import LogicError, compile_logic, parse_logic
from provisioner.emulator.salesforce.automation.flow.names import NameProblem, Names, Read, literal, no_field
from provisioner.emulator.salesforce.automation.flow.steps import Compiled, compile_node
from provisioner.emulator.salesforce.automation.flow.surroundings import Surroundings
from provisioner.emulator.salesforce.automation.flow.targets import no_reference
from provisioner.emulator.salesforce.automation.formula import FormulaError, Kind, compile_formula
from provisioner.emulator.salesforce.state.rows import Row

MAX_ELEMENTS = 100_000  # a loop that does not end; the vendor has no number since API 57 ([docs-2nd] 4.8)
ASYNC = "AsyncAfterCommit"
_DEFAULT_ORDER = 1000.5  # flows without a trigger order stand between 1000 and 1001 ([docs-2nd] 4.2)


@dataclass(frozen=True, slots=True)
class Entry:
    """The entry conditions after and before a save ([docs-2nd] the truth table of reference 4.8)."""

    created: bool
    met: bool
    was_met: bool
    fires: bool


class FlowRunner(Surroundings, Protocol):
    """What runs flows, for one of them."""

    def queue_async(self, program: Program, record: str, user_id: str) -> None: ...


class Program:
    """One active version."""

    def __init__(self, automation: FlowRunner, flow: Flow, version: int) -> None:
        self.automation = automation
        self.flow = flow
        self.version = version
        self.names = Names(automation, flow)
        start = flow.start
        self.trigger = start.trigger if start else ""
        self.first = (start.connector if start else "") or flow.start_reference
        self.timed = tuple(path for path in start.paths if path.type != ASYNC) if start else ()
        self.asynchronous = next((path for path in start.paths if path.type == ASYNC), None) if start else None
        self.steps: dict[str, Compiled] = {}
        self.defaults: list[tuple[str, Read]] = []
        self.broken: str | None = None
        self.condition: Test = _always
        try:
            self.condition = compile_entry(self.names)
            self.steps = {node.name: compile_node(self.names, node) for node in flow.nodes}
            self.defaults = self._defaults()
        except NameProblem as problem:
            # What the flow used has gone since it was deployed: its runs fail, everything else goes on.
            self.broken = str(problem)

    @property
    def order(self) -> tuple[float, str]:
        """Sort key among the flows of one object and timing; ties of numbered flows by API name."""
        number = self.flow.order
        return (_DEFAULT_ORDER, "") if number is None else (float(number), self.flow.api_name)

    def path(self, name: str) -> Path | None:
        return next((path for path in self.timed if path.name == name), None)

    def _defaults(self) -> list[tuple[str, Read]]:
        found: list[tuple[str, Read]] = []
        for item in self.flow.resources:
            if item.tag == "variables" and item.value.kind:
                ref = self.names.value(item.value)
                if ref is None:
                    raise NameProblem(no_reference(item.value.text))
                found.append((item.name, ref.read))
            elif item.tag == "variables" and item.collection:
                found.append((item.name, lambda interview: []))
        return found

    # -- entry ------------------------------------------------------------------------------
    def entry(self, row: Row, old: Row | None, user_id: str) -> Entry:
        """Evaluates the conditions on the row as saved and as it was."""
        start = self.flow.start
        if start is None:
            return Entry(old is None, False, False, False)
        source = self.flow.api_name
        now = Interview(self.automation, source, user_id, source, record=row, prior=old, is_new=old is None)
        met = self.condition(now)
        if old is None:
            return Entry(True, met, False, met and start.record_trigger in ("Create", "CreateAndUpdate"))
        before = Interview(self.automation, source, user_id, source, record=old, prior=old)
        was_met = self.condition(before)
        fires = met and start.record_trigger in ("Update", "CreateAndUpdate")
        return Entry(False, met, was_met, fires and not (start.only_when_changed and was_met))

    # -- runs -------------------------------------------------------------------------------
    def run_before(self, row: Row, old: Row | None, user_id: str) -> None:
        """The before-save flow on a row about to be stored; changes `row`. FlowFault when it fails."""
        if not self.entry(row, old, user_id).fires:
            return
        interview = self._interview(user_id, "Before", row, old)
        interview.before_save = True
        self.walk(interview, self.first)

    def run_before_delete(self, row: Row, user_id: str) -> None:
        """The before-delete flow on a record that is about to go. FlowFault when it fails."""
        if self.entry(row, None, user_id).met:
            self.walk(self._interview(user_id, "BeforeDelete", dict(row), row), self.first)

    def run_after(self, entry: Entry, row: Row, old: Row | None, user_id: str) -> None:
        """The immediate path of an after-save flow, and its asynchronous path into the queue."""
        if not entry.fires:
            return
        if self.first:
            interview = self._interview(user_id, "Immediate", dict(row), old)
            self.walk(interview, self.first)
        if self.asynchronous is not None:
            self.automation.queue_async(self, row["Id"], user_id)

    def run_path(self, path: Path, row: Row, user_id: str) -> None:
        """A scheduled or asynchronous path on the row as it is now."""
        name = path.name or ASYNC
        interview = self._interview(user_id, name, dict(row), None, fresh=False)
        interview.asynchronous = True
        self.walk(interview, path.connector)

    def call(self, caller: Interview, values: dict[str, Any]) -> Interview:
        """As a subflow: variables in, the finished interview out (its values hold the outputs)."""
        inner = Interview(self.automation, self.flow.api_name, caller.user_id, caller.source)
        inner.depth = caller.depth + 1
        inner.before_save, inner.asynchronous, inner.wrote = caller.before_save, caller.asynchronous, caller.wrote
        self._prepare(inner)
        inner.values.update(values)
        self.walk(inner, self.first)
        caller.wrote = inner.wrote
        return inner

    def _interview(self, user_id: str, path: str, row: Row, old: Row | None, *, fresh: bool = True) -> Interview:
        name = self.flow.api_name
        interview = Interview(
            self.automation, name, user_id, f"{name}/{path}", record=row, prior=old, is_new=fresh and old is None
        )
        self._prepare(interview)
        return interview

    def _prepare(self, interview: Interview) -> None:
        for name, read in self.defaults:
            interview.values[name] = read(interview)

    def walk(self, interview: Interview, at: str) -> None:
        """From element to element until a path ends; a failing element takes its fault path, if it has one."""
        if self.broken is not None:
            raise FlowFault(self.broken)
        while at:
            interview.steps += 1
            if interview.steps > MAX_ELEMENTS:
                raise FlowFault(f"The emulator stops a flow after {MAX_ELEMENTS:,} elements.")
            compiled = self.steps[at]
            try:
                at = compiled.step(interview)
            except FlowFault as fault:
                if not compiled.fault:
                    raise
                interview.fault = str(fault)
                at = compiled.fault


# -- entry conditions -----------------------------------------------------------------------
def compile_entry(names: Names) -> Test:
    """The test of the start element over $Record. NameProblem when it is not valid."""
    start = names.flow.start
    if start is None:
        return _always
    if start.formula.strip():
        try:
            formula = compile_formula(start.formula, names, Kind.BOOLEAN)
        except FormulaError as problem:
            raise NameProblem(f"The entry condition formula is invalid: {problem}") from problem
        return lambda interview: bool(formula.evaluate(interview))
    if not start.filters or start.logic == "no_conditions":
        return _always
    tests = [_entry_test(names, given) for given in start.filters]
    try:
        return compile_logic(parse_logic(start.logic, len(tests)), tests)
    except LogicError as problem:
        raise NameProblem(f"CONDITION_LOGIC_INVALID: {problem}") from problem


def _always(interview: Interview) -> bool:
    return True


def _entry_test(names: Names, given: Filter) -> Callable[[Interview], bool]:
    sobject = names.sobject
    if sobject is None or not sobject.has(given.field):
        raise NameProblem(no_field(given.field, sobject.name if sobject else ""))
    left = names.find(f"$Record.{given.field}")
    right = names.value(given.value) if given.value.kind else literal(given.value)
    if left is None or right is None:
        raise NameProblem(no_reference(given.value.text))
    if given.operator == "IsChanged":
        return is_changed(left, right)
    condition = Condition(f"$Record.{given.field}", given.operator, given.value)
    if given.operator in EMPTY_TESTS or left.kind is not right.kind:
        return compile_condition(names, condition, left, right)
    return compile_comparison(left, given.operator, right)
