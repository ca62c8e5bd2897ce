"""The automation of one org, as the rest of the emulator uses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from lxml import etree

from provisioner.emulator.salesforce.automation.apex_twin import ApexTwin
from provisioner.emulator.salesforce.automation.assignment import AssignmentRules
from provisioner.emulator.salesforce.automation.fields import RESULT_KINDS, FieldFormulas, FieldNames
from provisioner.emulator.salesforce.automation.flow.checks import Problem, check
from provisioner.emulator.salesforce.automation.flow.definition import Flow, Resource, Start
from provisioner.emulator.salesforce.automation.flow.faults import FlowFault
from provisioner.emulator.salesforce.automation.flow.names import Names
from provisioner.emulator.salesforce.automation.flow.program import Program
from provisioner.emulator.salesforce.automation.flow.reading import read_flow
from provisioner.emulator.salesforce.automation.formula import FormulaError, compile_formula
from provisioner.emulator.salesforce.automation.formula.kinds import FIELD_KINDS
from provisioner.emulator.salesforce.automation.mishaps import Mishaps
from provisioner.emulator.salesforce.automation.save import Saver
from provisioner.emulator.salesforce.automation.schedule import Scheduler, seconds
from provisioner.emulator.salesforce.automation.validation import ValidationRules
from provisioner.emulator.salesforce.errors import SaveResult
from provisioner.emulator.salesforce.state.engines import Operation
from provisioner.emulator.salesforce.state.rows import Row
from provisioner.emulator.salesforce.state.schema import FieldDef

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_NO_ZONE = "UTC"


class _Viewer:
    """Somebody who reads formula fields."""

    __slots__ = ("_automation", "now", "user_id")

    def __init__(self, automation: Automation, user_id: str) -> None:
        self._automation = automation
        self.now = automation.org.now
        self.user_id = user_id

    @property
    def zone(self) -> ZoneInfo:
        return self._automation.zone(self.user_id)


class Automation:
    """Saves, flows, formulas, scheduled paths and the Apex twin of an org."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.formulas = FieldFormulas(org)
        self.assignment = AssignmentRules(org)
        self.twin = ApexTwin(org)
        self.rules = ValidationRules(org, self.formulas)
        self.mishaps = Mishaps()
        self.scheduler = Scheduler(self)
        self.saver = Saver(self)
        self._programs: dict[str, Program] | None = None
        self._by_object: dict[tuple[str, str], list[Program]] = {}
        self._async: list[tuple[Program, str, str]] = []
        self._generation = 0
        self._busy = False
        org.join(self)

    @classmethod
    def of(cls, org: Org) -> Automation:
        """Of an org, with all its parts. TypeError when it works with another."""
        found = org.automation
        if not isinstance(found, cls):
            raise TypeError(f"This org works with {type(found).__name__}.")
        return found

    # -- memory and transactions ------------------------------------------------------------
    def snapshot(self) -> int:
        return self._generation

    def restore(self, snapshot: int) -> None:
        """Forget what was compiled from metadata that has been rolled back."""
        if snapshot != self._generation:
            self.rebuild()
        self.scheduler.ensure()

    def rebuild(self) -> None:
        """Metadata has changed: compile anew when next needed."""
        self._generation += 1
        self._programs = None
        self._by_object.clear()
        self.formulas.forget()
        self.twin.forget()
        self.rules.forget()

    # -- saves ------------------------------------------------------------------------------
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
        """The whole save order for up to 200 rows of one object, values typed; `Id` names the row of an update.

        `assign`: run lead assignment rules on insert when the owner is not given. Partial success per row
        unless `all_or_none`. KeyError: unknown object.
        """
        self.scheduler.ensure()
        return self.saver.save(op, sobject, rows, user_id=user_id, assign=assign, all_or_none=all_or_none)

    def after_commit(self) -> None:
        """Asynchronous paths, then whatever is already due if the clock stands at a whole minute."""
        if self._busy:
            return
        self._busy = True
        try:
            self.run_async()
            now = self.org.now
            if seconds(now) % 60 == 0:
                self.scheduler.run_due(now)
        finally:
            self._busy = False

    def queue_async(self, program: Program, record: str, user_id: str) -> None:
        self._async.append((program, record, user_id))

    def async_mark(self) -> int:
        return len(self._async)

    def drop_async(self, mark: int) -> None:
        """Forget the asynchronous work of a transaction that was rolled back."""
        del self._async[mark:]

    def run_async(self) -> None:
        """Run the asynchronous paths of committed saves, in order."""
        while self._async and self.saver.depth == 0:
            program, record, user_id = self._async.pop(0)
            path = program.asynchronous
            row = self.org.rows.get(program.flow.start.object, record) if program.flow.start else None
            if path is None or row is None:
                continue
            mark = self.async_mark()
            try:
                with self.org.transaction():
                    program.run_path(path, row, self.runner(user_id))
            except FlowFault as fault:
                self.drop_async(mark)
                self.report_failure(program, path.type, record, fault)

    # -- time -------------------------------------------------------------------------------
    def run_due(self, until: datetime) -> None:
        """Run every scheduled path that falls due up to and including `until`; moves the clock to each minute."""
        self.scheduler.ensure()
        self._busy = True
        try:
            self.run_async()
            self.scheduler.run_due(until)
        finally:
            self._busy = False

    def pending(self) -> list[dict[str, Any]]:
        """Waiting paths: flow, path, record, object, version, user, due, runs_at, attempts."""
        self.scheduler.ensure()
        return self.scheduler.pending()

    # -- formulas ---------------------------------------------------------------------------
    def formula_value(self, sobject: str, item: FieldDef, row: Row, user_id: str) -> Any:
        """The value of a formula field of a stored row, for a user, now. FormulaError: the formula is not valid."""
        definition = self.org.schema.sobject(sobject)
        return self.formulas.value(definition, item, row, self.viewer(user_id))

    def check_formula(
        self,
        expression: str,
        sobject: str,
        result_type: str | None = None,
        context: Literal["field", "flow", "validation"] = "field",
    ) -> None:
        """FormulaError in the vendor's words unless `expression` is a valid formula over `sobject`.

        `result_type`: a metadata type (Number, Text, Checkbox, Date, DateTime, Currency, Percent, Time) or the
        type of a field (double, string, boolean, …).
        """
        kinds = FIELD_KINDS | RESULT_KINDS
        if result_type is not None and result_type not in kinds:
            raise FormulaError(f"The emulator does not model formulas of type {result_type}.")
        expected = kinds[result_type] if result_type is not None else None
        definition = self.org.schema.sobject(sobject)
        if context == "flow":
            compile_formula(expression, Names(self, _bare_flow(definition.name)), expected)
        else:
            names = FieldNames(self.org, self.formulas, definition, saving=context == "validation")
            compile_formula(expression, names, expected)

    # -- flows ------------------------------------------------------------------------------
    def check_flow(self, root: etree._Element, api_name: str) -> list[Problem]:
        """What a deploy says about a flow against the org's current schema."""
        return check(self, read_flow(root, api_name))

    def programs(self) -> dict[str, Program]:
        """All active flows by lower-case API name, compiled."""
        if self._programs is None:
            self._programs = {}
            for version in self.org.metadata.active_flows():
                flow = read_flow(version.root, version.api_name)
                self._programs[flow.api_name.lower()] = Program(self, flow, version.version_number)
        return self._programs

    def program(self, api_name: str) -> Program | None:
        return self.programs().get(api_name.lower())

    def before_save(self, sobject: str) -> list[Program]:
        return self._triggered(sobject, "RecordBeforeSave")

    def after_save(self, sobject: str) -> list[Program]:
        return self._triggered(sobject, "RecordAfterSave")

    def before_delete(self, sobject: str) -> list[Program]:
        return self._triggered(sobject, "RecordBeforeDelete")

    def _triggered(self, sobject: str, trigger: str) -> list[Program]:
        key = (sobject.lower(), trigger)
        if self._programs is None or key not in self._by_object:
            found = [
                program
                for program in self.programs().values()
                if program.trigger == trigger and program.flow.start and program.flow.start.object.lower() == key[0]
            ]
            self._by_object[key] = sorted(found, key=lambda program: program.order)
        return self._by_object[key]

    def active_flow(self, api_name: str) -> Flow | None:
        """The active version of a flow as it was deployed."""
        for version in self.org.metadata.active_flows():
            if version.api_name.lower() == api_name.lower():
                return read_flow(version.root, version.api_name)
        return None

    def subflow_variable(self, api_name: str, name: str) -> Resource | None:
        """An output variable of an active flow."""
        flow = self.active_flow(api_name)
        for item in flow.resources if flow is not None else ():
            if item.tag == "variables" and item.is_output and item.name.lower() == name.lower():
                return item
        return None

    # -- people -----------------------------------------------------------------------------
    def viewer(self, user_id: str) -> _Viewer:
        """Somebody looking now."""
        return _Viewer(self, user_id)

    def zone(self, user_id: str) -> ZoneInfo:
        """The time zone of a user, else of the org."""
        found = self.org.store.execute('SELECT "TimeZoneSidKey" FROM "User" WHERE "Id" = ?', (user_id,)).fetchone()
        name = (found[0] if found else None) or self.org.settings.timezone or _NO_ZONE
        return ZoneInfo(name)

    def org_zone(self) -> ZoneInfo:
        return ZoneInfo(self.org.settings.timezone or _NO_ZONE)

    def runner(self, user_id: str) -> str:
        """Who a path runs as: the user who scheduled it, or the Default Workflow User when inactive ([docs] 4.8)."""
        user = self.org.rows.get("User", user_id)
        if user is not None and user["IsActive"]:
            return user_id
        return self.org.settings.default_workflow_user or self.org.admin_id

    def addressees(self, ids: Sequence[str]) -> list[str]:
        """Usernames of users, developer names of queues and groups. FlowFault for any other id."""
        names: list[str] = []
        for one in ids:
            user = self.org.rows.get("User", one)
            group = self.org.rows.get("Group", one) if user is None else None
            if user is not None:
                names.append(user["Username"])
            elif group is not None:
                names.append(group["DeveloperName"] or group["Name"])
            else:
                raise FlowFault(f"The recipient {one} is neither a user nor a queue nor a group.")
        return names

    def report_failure(self, program: Program, path: str, record: str, fault: FlowFault) -> None:
        """The e-mail about a failed path goes to the administrator ([docs-2nd] 4.8)."""
        admin = self.org.rows.get("User", self.org.admin_id) or {}
        subject = f'Error Occurred During Flow "{program.flow.label}": {fault}'
        name = f"{program.flow.api_name}/{path}"
        self.org.outbox.record(
            self.org.now, "email", [admin.get("Email", "")], subject, str(fault), record, f"{name} (error)"
        )


def _bare_flow(sobject: str) -> Flow:
    """A record-triggered flow without elements: the names a lone flow formula may use."""
    start = Start(sobject, "RecordAfterSave", "CreateAndUpdate", "", "", (), "", False, (), False)
    return Flow("", "", 0.0, "AutoLaunchedFlow", "", None, "", start, "", (), (), ())
