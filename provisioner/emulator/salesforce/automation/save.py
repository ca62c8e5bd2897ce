"""The order of a save ([docs] reference 4.8): one row at a time, one transaction per call.

load and defaults → types and references → before-save flows → before triggers → required fields, lengths,
picklists → store → assignment rules → after-save flows and their scheduled paths → commit → asynchronous
paths → paths that are already due. A row that is saved again while its own save is still open (an after-save
flow that updates its record) skips assignment and after-save flows, as steps 9–17 are skipped in a recursive save.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from provisioner.emulator.salesforce.automation.apex_twin import ApexTwin
from provisioner.emulator.salesforce.automation.assignment import AssignmentRules
from provisioner.emulator.salesforce.automation.dependents import release
from provisioner.emulator.salesforce.automation.fields import Viewer
from provisioner.emulator.salesforce.automation.flow.faults import FlowFault
from provisioner.emulator.salesforce.automation.mishaps import Mishaps
from provisioner.emulator.salesforce.automation.refusals import SaveRefused
from provisioner.emulator.salesforce.automation.schedule import Scheduler
from provisioner.emulator.salesforce.automation.validation import ValidationRules
from provisioner.emulator.salesforce.automation.values import (
    SYSTEM_FIELDS,
    References,
    accept,
    field_errors,
    missing_fields,
)
from provisioner.emulator.salesforce.errors import ApiError, SaveResult
from provisioner.emulator.salesforce.state.engines import Operation
from provisioner.emulator.salesforce.state.record_types import MASTER
from provisioner.emulator.salesforce.state.rows import Compare, Row
from provisioner.emulator.salesforce.state.schema import FieldDef, SObjectDef

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.automation.flow.program import Program
    from provisioner.emulator.salesforce.state.org import Org

MAX_DEPTH = 16  # trigger depth, [docs] reference 4.8
_ROLLED_BACK = (
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)


class _AllOrNone(Exception):
    """Undoes a batch in which a row failed."""


class Consequences(Protocol):
    """What follows from a save, in the order of a save."""

    @property
    def org(self) -> Org: ...
    @property
    def assignment(self) -> AssignmentRules: ...
    @property
    def twin(self) -> ApexTwin: ...
    @property
    def rules(self) -> ValidationRules: ...
    @property
    def mishaps(self) -> Mishaps: ...
    @property
    def scheduler(self) -> Scheduler: ...
    def before_save(self, sobject: str) -> list[Program]: ...
    def after_save(self, sobject: str) -> list[Program]: ...
    def before_delete(self, sobject: str) -> list[Program]: ...
    def viewer(self, user_id: str) -> Viewer: ...
    def async_mark(self) -> int: ...
    def drop_async(self, mark: int) -> None: ...
    def after_commit(self) -> None: ...


class Saver:
    """Runs saves. State lasts for one transaction: the depth, the rows being saved, the work after commit."""

    def __init__(self, automation: Consequences) -> None:
        self.automation = automation
        self.org = automation.org
        self.references = References(automation.org)
        self.depth = 0
        self.open: set[str] = set()

    # -- entry points -----------------------------------------------------------------------
    def save(
        self,
        op: Operation,
        sobject: str,
        rows: Iterable[Mapping[str, Any]],
        *,
        user_id: str,
        assign: bool = True,
        all_or_none: bool = False,
    ) -> list[SaveResult]:
        """A batch from outside: partial success per row unless `all_or_none`."""
        definition = self.org.schema.sobject(sobject)
        results: list[SaveResult] = []
        waiting, committed = self.automation.async_mark(), False
        try:
            with self.org.transaction():
                for row in rows:
                    results.append(self._attempt(op, definition, row, user_id, assign))
                if all_or_none and not all(result.success for result in results):
                    raise _AllOrNone
            committed = True
        except _AllOrNone:
            return [_rolled_back(result) for result in results]
        finally:
            if not committed:
                self.automation.drop_async(waiting)
        if self.depth == 0:
            self.automation.after_commit()
        return results

    def nested(self, op: Operation, sobject: str, row: Mapping[str, Any], user_id: str) -> str:
        """A save by a flow, inside the transaction. Gives the id; SaveRefused when the row is refused."""
        if (ordered := self.automation.mishaps.of_save(op, sobject)) is not None:
            raise SaveRefused([ordered])
        with self.org.transaction():
            return self._row(op, self.org.schema.sobject(sobject), row, user_id, assign=False)

    def by_system(self, op: Operation, sobject: str, row: Mapping[str, Any], facts: Row, user_id: str) -> str:
        """A save in which the org itself sets `facts`, read-only fields among them. SaveRefused when it is refused."""
        with self.org.transaction():
            return self._row(op, self.org.schema.sobject(sobject), row, user_id, assign=False, facts=facts)

    def _attempt(
        self, op: Operation, definition: SObjectDef, row: Mapping[str, Any], user_id: str, assign: bool
    ) -> SaveResult:
        waiting = self.automation.async_mark()
        try:
            with self.org.transaction():
                record_id = self._row(op, definition, row, user_id, assign)
        except SaveRefused as refused:
            self.automation.drop_async(waiting)
            return SaveResult(row.get("Id"), False, errors=refused.errors)
        return SaveResult(record_id, True, created=op == "insert")

    def _row(
        self,
        op: Operation,
        definition: SObjectDef,
        row: Mapping[str, Any],
        user_id: str,
        assign: bool,
        facts: Row | None = None,
    ) -> str:
        if self.depth >= MAX_DEPTH:
            text = f"Maximum trigger depth exceeded: a save of {definition.name} started {MAX_DEPTH} saves in a row."
            raise SaveRefused([ApiError("CANNOT_EXECUTE_FLOW_TRIGGER", text)])
        self.depth += 1
        try:
            if op == "insert":
                return self._insert(definition, row, user_id, assign, facts or {})
            if op == "update":
                return self._update(definition, row, user_id, facts or {})
            return self._delete(definition, row, user_id)
        finally:
            self.depth -= 1

    # -- the three operations ---------------------------------------------------------------
    def _insert(self, definition: SObjectDef, given: Mapping[str, Any], user_id: str, assign: bool, facts: Row) -> str:
        values = self._load(definition, given, create=True) | facts
        row = self._with_defaults(definition, values, user_id)
        _derive(self.org, definition, row, None)
        self._check_references(definition, row, row.keys())
        self._before(definition, row, None, user_id)
        self._validate(definition, row, [item.name for item in definition.stored_fields])
        self._custom_rules(definition, row, None, user_id)
        stored = {name: value for name, value in row.items() if value is not None}
        record_id = self.org.rows.insert(definition.name, stored, user_id=user_id)
        self.org.history.created(definition, record_id, user_id)
        if assign and definition.name == "Lead" and "OwnerId" not in values:
            self.automation.assignment.apply(record_id, user_id)
        self._after(definition, record_id, None, user_id)
        return record_id

    def _update(self, definition: SObjectDef, given: Mapping[str, Any], user_id: str, facts: Row) -> str:
        old = self.org.rows.get(definition.name, given.get("Id"))
        if old is None:
            raise SaveRefused([ApiError("ENTITY_IS_DELETED", "entity is deleted", status=404)])
        if old.get("IsConverted") and definition.name == "Lead":
            raise SaveRefused([ApiError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")])
        row = old | self._load(definition, given, create=False) | facts
        _derive(self.org, definition, row, old)
        self._check_references(definition, row, _changed(old, row))
        self._before(definition, row, old, user_id)
        changed = _changed(old, row)
        self._validate(definition, row, changed)
        self._custom_rules(definition, row, old, user_id)
        changes = {name: row[name] for name in changed}
        self.org.rows.update(definition.name, old["Id"], changes, user_id=user_id)
        self.org.history.changed(definition, old, changes, user_id)
        self._after(definition, old["Id"], old, user_id)
        return str(old["Id"])

    def _delete(self, definition: SObjectDef, given: Mapping[str, Any], user_id: str) -> str:
        old = self.org.rows.get(definition.name, given.get("Id"))
        if old is None:
            raise SaveRefused([ApiError("ENTITY_IS_DELETED", "entity is deleted", status=404)])
        if not definition.deletable:
            text = f"entity type {definition.name} does not support delete"
            raise SaveRefused([ApiError("INVALID_TYPE_FOR_OPERATION", text)])
        for program in self.automation.before_delete(definition.name):
            try:
                program.run_before_delete(old, user_id)
            except FlowFault as fault:
                raise SaveRefused([flow_failure(program, fault)]) from fault
        release(self.org, definition, str(old["Id"]), lambda sobject, row: self._delete(sobject, row, user_id))
        self.org.rows.delete(definition.name, old["Id"])
        self.automation.scheduler.remove_record(old["Id"])
        return str(old["Id"])

    # -- steps ------------------------------------------------------------------------------
    def _load(self, definition: SObjectDef, given: Mapping[str, Any], *, create: bool) -> Row:
        """The given values, typed. Refuses unknown and read-only fields."""
        values: Row = {}
        errors: list[ApiError] = []
        for name, value in given.items():
            item = definition.get(name)
            if item is None:
                text = f"No such column '{name}' on sobject of type {definition.name}"
                errors.append(ApiError("INVALID_FIELD", text))
            elif item.name == "Id":
                continue
            elif not _writable(item, create=create):
                word = "create" if create else "update"
                text = (
                    f"Unable to {word} fields: {item.name}. Please check the security settings of this field and "
                    "verify that it is read/write for your profile or permission set."
                )
                errors.append(ApiError("INVALID_FIELD_FOR_INSERT_UPDATE", text, [item.name]))
            else:
                try:
                    typed = accept(item, value)
                    values[item.name] = None if item.name == "RecordTypeId" and typed == MASTER else typed
                except ApiError as problem:
                    errors.append(problem)
        if errors:
            raise SaveRefused(errors)
        return values

    def _with_defaults(self, definition: SObjectDef, values: Row, user_id: str) -> Row:
        row: Row = dict.fromkeys((item.name for item in definition.stored_fields), None)
        types = self.org.record_types
        record_type = values.get(
            "RecordTypeId", None if "RecordTypeId" in values else types.default_type(definition, user_id)
        )
        for item in definition.stored_fields:
            if item.name in SYSTEM_FIELDS:
                continue
            if item.name in values:
                row[item.name] = values[item.name]
            elif item.picklist:
                row[item.name] = types.default_value(item, record_type)
            else:
                row[item.name] = _default(item)
        if record_type is not None:
            row["RecordTypeId"] = record_type
        owner = definition.get("OwnerId")
        if owner is not None and row.get("OwnerId") is None:
            row["OwnerId"] = user_id
        return row

    def _check_references(self, definition: SObjectDef, row: Row, names: Iterable[str]) -> None:
        errors: list[ApiError] = []
        for name in names:
            item = definition.field(name)
            if item.type == "reference" and name not in SYSTEM_FIELDS:
                errors.extend(self.references.errors(definition, item, row[name]))
        if errors:
            raise SaveRefused(errors)

    def _before(self, definition: SObjectDef, row: Row, old: Row | None, user_id: str) -> None:
        untouched = dict(row)
        for program in self.automation.before_save(definition.name):
            try:
                program.run_before(row, old, user_id)
            except FlowFault as fault:
                raise SaveRefused([flow_failure(program, fault)]) from fault
        try:
            self.automation.twin.run(definition.name, "before insert" if old is None else "before update", row)
        except FlowFault as fault:
            raise SaveRefused([ApiError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", str(fault))]) from fault
        moved = _changed(untouched, row)
        if moved:
            _derive(self.org, definition, row, old)
            self._check_references(definition, row, moved)

    def _validate(self, definition: SObjectDef, row: Row, names: Iterable[str]) -> None:
        errors: list[ApiError] = []
        missing = missing_fields(definition, row)
        if missing:
            text = f"Required fields are missing: [{', '.join(missing)}]"
            errors.append(ApiError("REQUIRED_FIELD_MISSING", text, missing))
        for name in names:
            item = definition.field(name)
            errors.extend(field_errors(item, row.get(name)))
            if item.unique and row.get(name) is not None:
                errors.extend(self._duplicates(definition, item, row))
        errors.extend(self.org.record_types.value_errors(definition, row, names))
        if errors:
            raise SaveRefused(errors)

    def _custom_rules(self, definition: SObjectDef, row: Row, old: Row | None, user_id: str) -> None:
        errors = self.automation.rules.errors(definition, row, old, self.automation.viewer(user_id))
        if errors:
            raise SaveRefused(errors)

    def _duplicates(self, definition: SObjectDef, item: FieldDef, row: Row) -> Iterable[ApiError]:
        for other in self.org.rows.select(definition.name, Compare(item.name, "=", row[item.name]), limit=2):
            if other["Id"] != row.get("Id"):
                text = f"duplicate value found: {item.name} duplicates value on record with id: {other['Id']}"
                yield ApiError("DUPLICATE_VALUE", text, [item.name])

    def _after(self, definition: SObjectDef, record_id: str, old: Row | None, user_id: str) -> None:
        if record_id in self.open:
            return
        programs = self.automation.after_save(definition.name)
        if not programs:
            return
        row = self.org.rows.get(definition.name, record_id)
        if row is None:
            raise AssertionError(f"{definition.name} {record_id} was not stored.")
        self.open.add(record_id)
        try:
            entries = [(program, program.entry(row, old, user_id)) for program in programs]
            self.automation.scheduler.react(entries, row, old, user_id)
            for program, entry in entries:
                try:
                    program.run_after(entry, row, old, user_id)
                except FlowFault as fault:
                    raise SaveRefused([flow_failure(program, fault)]) from fault
        finally:
            self.open.discard(record_id)


def flow_failure(program: Program, fault: FlowFault) -> ApiError:
    """[community] reference 4.8; the curly quotes are the vendor's."""
    text = (
        f"We can't save this record because the “{program.flow.label}” process failed. "
        f"Give your Salesforce admin these details. {fault}"
    )
    return ApiError("CANNOT_EXECUTE_FLOW_TRIGGER", text)


def _rolled_back(result: SaveResult) -> SaveResult:
    if not result.success:
        return result
    return SaveResult(None if result.created else result.id, False, errors=[ApiError(*_ROLLED_BACK)])


def _changed(old: Row, new: Row) -> list[str]:
    return [name for name, value in new.items() if old.get(name) != value]


def _writable(item: FieldDef, *, create: bool) -> bool:
    if item.formula is not None or item.name in SYSTEM_FIELDS:
        return False
    return item.createable if create else item.updateable


def _default(item: FieldDef) -> Any:
    if item.default is not None:
        return accept(item, item.default)
    return False if item.type == "boolean" else None


def _derive(org: Org, definition: SObjectDef, row: Row, old: Row | None) -> None:
    """Fields the platform keeps by itself on Task ([docs] reference 3.2)."""
    if definition.name != "Task":
        return
    found = org.rows.select("TaskStatus", Compare("ApiName", "=", row.get("Status")), limit=1)
    closed = bool(found and found[0]["IsClosed"])
    was_closed = bool(old and old.get("IsClosed"))
    row["IsClosed"] = closed
    row["IsHighPriority"] = row.get("Priority") == "High"
    if closed and not was_closed:
        row["CompletedDateTime"] = org.now
    elif not closed:
        row["CompletedDateTime"] = None
