"""One deployment, from the zip to its outcome: read, remove, save in stages, check formulas, test, keep or undo."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provisioner.emulator.salesforce import kinds, xml
from provisioner.emulator.salesforce.audit_trail import looks, trail
from provisioner.emulator.salesforce.metadata.deploying import removal
from provisioner.emulator.salesforce.metadata.deploying.test_runs import run_tests
from provisioner.emulator.salesforce.metadata.handlers import HANDLERS
from provisioner.emulator.salesforce.metadata.handlers.objects import undo_field
from provisioner.emulator.salesforce.metadata.handlers.settings import is_production
from provisioner.emulator.salesforce.metadata.options import DeployOptions
from provisioner.emulator.salesforce.metadata.outcome import Message, Outcome
from provisioner.emulator.salesforce.metadata.packages.archive import Archive, BadArchive
from provisioner.emulator.salesforce.metadata.packages.manifest import Manifest
from provisioner.emulator.salesforce.metadata.packages.package import PACKAGE, Package, read_package
from provisioner.emulator.salesforce.metadata.problems import Problem, Refused
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work
from provisioner.emulator.salesforce.state.components import Components
from provisioner.emulator.salesforce.state.schema import FieldDef

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_SHOWN_PARENTS = {"Settings": kinds.SETTINGS}


_BROKEN = "UNKNOWN_EXCEPTION: An unexpected error occurred. Please include this ErrorId if you contact support: 1-1 (1)"


class _Undo(Exception):
    """Leaves the transaction so that nothing of the deployment stays."""


@dataclass(slots=True)
class _Before:
    """What a formula field looked like before this package, to take the field back."""

    definition: FieldDef | None
    body: bytes | None


@dataclass(slots=True)
class Deployment:
    """Runs once. `outcome` is filled by `run`."""

    org: Org
    components: Components
    options: DeployOptions
    data: bytes
    user_id: str
    outcome: Outcome = field(default_factory=Outcome)
    _formulas: dict[str, tuple[Item, _Before]] = field(default_factory=dict)
    _blocked: set[str] = field(default_factory=set)
    _trail: dict[tuple[str, str], list[trail.Line]] = field(default_factory=dict)

    def run(self) -> Outcome:
        """Deploy (or validate) in one transaction. Never raises for what the package does wrong."""
        try:
            archive = Archive.open(self.data, single_package=self.options.single_package)
        except BadArchive as error:
            self.outcome.error = (error.code, error.text)
            return self.outcome
        self.outcome.files = len(archive.files)
        if self.org.settings.broken_deploys > 0:
            self.org.settings.broken_deploys -= 1
            self.org.keep_settings()
            self.outcome.error = ("UNKNOWN_EXCEPTION", _BROKEN)
            return self.outcome
        package = read_package(archive, allow_missing=self.options.allow_missing_files)
        self.outcome.failures += package.failures
        production = is_production(self.org)
        purge = self.options.purge_on_delete and not production
        work = Work(self.org, self.components, self.user_id, production, purge)
        try:
            with self.org.transaction():
                self._perform(work, package)
                self._finish(work)
        except _Undo:
            return self.outcome
        for action in work.after_commit:
            action()
        self.org.automation.rebuild()
        return self.outcome

    def _perform(self, work: Work, package: Package) -> None:
        if any(failure.file_name.endswith(PACKAGE) and failure.full_name == PACKAGE for failure in package.failures):
            return
        self.outcome.successes.append(Message(PACKAGE, "", PACKAGE, success=True, changed=True))
        self._remove(work, package.before)
        self._blocked = {one.full_name.lower() for one in package.failures if one.component_type == "CustomObject"}
        for stage in kinds.STAGES:
            if stage == "ListView":
                self.org.automation.rebuild()  # nothing compiled before these fields may answer for them
                self._check_formulas(work)
            for item in in_order([one for one in package.items if one.kind == stage], self.org):
                self._save(work, item)
        self._remove(work, package.after)
        tests = run_tests(work, self.options, package.items)
        self.outcome.tests = tests

    def _finish(self, work: Work) -> None:
        outcome = self.outcome
        keep = outcome.success or not self.options.rollback_on_error
        if self.options.check_only or not keep or outcome.error is not None:
            raise _Undo
        if not outcome.success:
            if not outcome.tests.passed:
                raise _Undo
            outcome.partial = any(one.component_type for one in outcome.successes)
        for message in outcome.successes:
            if message.component_type and (message.changed or message.deleted):
                for line in self._trail.get((message.component_type, message.full_name), ()):
                    trail.write(self.org, line, work.user_id)

    def _save(self, work: Work, item: Item) -> None:
        if item.kind in kinds.CHILD_OF and item.parent.lower() in self._blocked:
            self._fail(item, [Problem("Parent entity failed to deploy", item.element)])
            return
        if item.kind in self.org.settings.unavailable_types:
            self._fail(item, [Problem("Not available for deploy for this organization", item.element)])
            return
        before = self._before(item)
        seen = looks.look(self.org, item.kind, item.full_name)
        try:
            with self.org.transaction():
                saved = HANDLERS[item.kind](work, item)
        except Refused as refusal:
            if item.kind == "CustomObject":
                self._blocked.add(item.full_name.lower())
            self._fail(item, refusal.problems)
            return
        if before is not None:
            self._formulas[item.full_name] = (item, before)
        if saved.changed:
            now = looks.look(self.org, item.kind, item.full_name)
            self._trail[_shown(item), item.full_name] = trail.lines(self.org, item.kind, item.full_name, seen, now)
        self._succeed(item, saved)

    def _before(self, item: Item) -> _Before | None:
        """Remember a formula field as it was, for `_check_formulas`."""
        if item.kind != "CustomField" or xml.text(item.element, "formula") is None:
            return None
        known = self.org.schema.sobject(item.parent).get(item.name) if self.org.schema.has(item.parent) else None
        component = self.components.get("CustomField", item.full_name)
        return _Before(known, component.body if component else None)

    def _check_formulas(self, work: Work) -> None:
        """Every new formula against the schema as it stands now; taking one back may break another, so repeat."""
        from provisioner.emulator.salesforce.automation.formula import FormulaError

        again = True
        while again:
            again = False
            for item in in_order([one for one, _ in self._formulas.values()], self.org):
                name, before = item.full_name, self._formulas[item.full_name][1]
                definition = self.org.schema.sobject(item.parent).field(item.name)
                try:
                    self.org.automation.check_formula(
                        str(definition.formula), item.parent, definition.metadata_type, "field"
                    )
                except FormulaError as error:
                    del self._formulas[name]
                    undo_field(work, item, before.definition, before.body)
                    self.org.automation.rebuild()
                    self._withdraw(item)
                    self._fail(item, [Problem(str(error), item.element)])
                    again = True

    def _withdraw(self, item: Item) -> None:
        self.outcome.successes = [
            one for one in self.outcome.successes if (one.component_type, one.full_name) != (item.kind, item.full_name)
        ]

    def _remove(self, work: Work, manifests: Iterable[tuple[str, Manifest]]) -> None:
        order = {kind: place for place, kind in enumerate(reversed(kinds.STAGES))}
        for file_name, manifest in manifests:
            in_folders = kinds.FOLDERS.values()  # a folder goes after what lies in it
            for member in sorted(
                manifest.members,
                key=lambda one: (order.get(one.kind, -1), one.kind in in_folders and "/" not in one.name),
            ):
                message = Message(member.name, member.kind, file_name)
                seen = looks.look(self.org, member.kind, member.name)
                try:
                    with self.org.transaction():
                        found = removal.remove(work, member.kind, member.name)
                except Refused as refusal:
                    message.problem, message.problem_type = refusal.problems[0].text, "Error"
                    message.line, message.column = member.line, member.column
                    self.outcome.failures.append(message)
                    continue
                if found is None:
                    self._warn(message, removal.missing_text(member.kind, member.name))
                    continue
                message.success = message.changed = message.deleted = True
                message.id = found or None
                gone = trail.lines(self.org, member.kind, member.name, seen, None)
                self._trail[member.kind, member.name] = gone
                self.outcome.successes.append(message)

    def _warn(self, message: Message, text: str) -> None:
        message.problem, message.problem_type = text, "Warning"
        message.success = self.options.ignore_warnings
        (self.outcome.successes if message.success else self.outcome.failures).append(message)

    def _fail(self, item: Item, problems: Iterable[Problem]) -> None:
        for problem in problems:
            message = Message(item.full_name, _shown(item), item.file_name, problem.text, problem.kind)
            if problem.placed:
                element = problem.element if problem.element is not None else item.element
                message.line, message.column = item.document.place(element)
            self.outcome.failures.append(message)

    def _succeed(self, item: Item, saved: Saved) -> None:
        self.outcome.successes.append(Message(
            item.full_name, _shown(item), item.file_name, success=True, changed=saved.changed, created=saved.created,
            id=saved.id))  # fmt: skip
        for problem in saved.warnings:
            self._warn(Message(item.full_name, _shown(item), item.file_name), problem.text)


def in_order(items: list[Item], org: Org) -> list[Item]:
    """Items of one type, those that others name first: subflows, fields of formulas, records others point to."""
    names = {item.full_name: item for item in items}
    ordered: dict[str, Item] = {}

    def visit(item: Item, above: frozenset[str]) -> None:
        for name in needs(item):
            if name in names and name not in above:
                visit(names[name], above | {item.full_name})
        ordered.setdefault(item.full_name, item)

    def needs(item: Item) -> list[str]:
        if item.kind == "Flow":
            return [str(xml.text(one, "flowName")) for one in xml.kids(item.element, "subflows")]
        if item.kind == "CustomField":
            words = set(re.findall(r"\w+", xml.text(item.element, "formula") or ""))
            return [name for name, other in names.items() if other.name in words]
        owner = f"{item.parent}__mdt"
        if item.kind != "CustomMetadata" or not org.schema.has(owner):
            return []
        targets = {
            target.removesuffix("__mdt")
            for field in org.schema.sobject(owner).fields
            for target in field.reference_to
            if field.custom
        }
        return [name for name in names if name.partition(".")[0] in targets and name.partition(".")[0] != item.parent]

    for item in items:
        visit(item, frozenset({item.full_name}))
    return list(ordered.values())


def _shown(item: Item) -> str:
    """The component type as messages name it: settings by their own type ([code: SDR] 1.3)."""
    return _SHOWN_PARENTS.get(item.kind, {}).get(item.full_name, item.kind)
