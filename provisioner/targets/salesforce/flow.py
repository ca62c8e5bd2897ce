"""A flow under construction: nodes by kind, in the canonical tree of `shape`. No sentence of the design is merged here.

Values are `{"stringValue": …}` and the like; `Flow.text` keeps a text that contains a merge field opener as a constant,
so that Salesforce never fills anything into it. A target of None ends the path. [docs] reference/salesforce.md 4.1, 4.2
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

Value = dict[str, str]


def ref(name: str) -> Value:
    """A variable, formula, field (`$Record.X`) or stored record (`Get_X.Field`)."""
    return {"elementReference": name}


def num(value: int | float | str) -> Value:
    return {"numberValue": str(value)}


def flag(value: bool) -> Value:
    return {"booleanValue": "true" if value else "false"}


def plain(text: str) -> Value:
    """A text written by us, never by a user."""
    return {"stringValue": text}


def quoted(text: str) -> str:
    """A user's text as a literal of the formula language; it can neither end the literal nor open a merge field."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("\r", " ")
    return '"' + escaped.replace("{!", '{" & "!').replace("{$", '{" & "$') + '"'


@dataclass(frozen=True, slots=True)
class Check:
    """One native comparison: `left operator right`."""

    left: str
    operator: str
    right: Value


def is_null(left: str, empty: bool = True) -> Check:
    return Check(left, "IsNull", flag(empty))


def equals(left: str, right: Value) -> Check:
    return Check(left, "EqualTo", right)


def differs(left: str, right: Value) -> Check:
    return Check(left, "NotEqualTo", right)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A rule of a decision; `logic` is `and`, `or` or numbers such as `1 AND (2 OR 3)`."""

    name: str
    label: str
    checks: Sequence[Check]
    to: str | None
    logic: str = "and"


@dataclass(slots=True)
class Flow:
    label: str
    description: str
    start: dict[str, Any]
    api_version: str = "66.0"
    trigger_order: int | None = None
    parts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _constants: dict[str, str] = field(default_factory=dict)

    def tree(self) -> dict[str, Any]:
        """The complete content of the file."""
        order = {} if self.trigger_order is None else {"triggerOrder": str(self.trigger_order)}
        return {
            "apiVersion": self.api_version,
            "description": self.description,
            "environments": ["Default"],
            "interviewLabel": self.label + " {!$Flow.CurrentDateTime}",
            "label": self.label,
            "processMetadataValues": [
                {"name": "BuilderType", "value": plain("LightningFlowBuilder")},
                {"name": "CanvasMode", "value": plain("AUTO_LAYOUT_CANVAS")},
            ],
            "processType": "AutoLaunchedFlow",
            "start": self.start,
            "status": "Active",
            **order,
            **self.parts,
        }

    def _add(self, kind: str, part: dict[str, Any]) -> None:
        self.parts.setdefault(kind, []).append(part)

    # resources

    def variable(self, name: str, kind: str, *, collection: bool = False, value: Value | None = None) -> str:
        part: dict[str, Any] = {"name": name, "dataType": kind, "isCollection": str(collection).lower()}
        part |= {"isInput": "false", "isOutput": "false"}
        if kind == "Number":
            part["scale"] = "2"
        if value is not None:
            part["value"] = value
        self._add("variables", part)
        return name

    def formula(self, name: str, kind: str, expression: str) -> str:
        part = {"name": name, "dataType": kind, "expression": expression}
        if kind == "Number":
            part["scale"] = "2"
        self._add("formulas", part)
        return name

    def template(self, name: str, text: str) -> str:
        self._add("textTemplates", {"name": name, "isViewedAsPlainText": "true", "text": text})
        return name

    def text(self, value: str) -> Value:
        """A user's text as a value; as a constant when it looks like a merge field."""
        if "{!" not in value:
            return plain(value)
        if value not in self._constants:
            name = f"Text_{len(self._constants) + 1}"
            self._constants[value] = name
            self._add("constants", {"name": name, "dataType": "String", "value": plain(value)})
        return ref(self._constants[value])

    # nodes

    def assign(self, name: str, label: str, items: Iterable[tuple[str, Value]], to: str | None) -> str:
        return self.compute(name, label, [(target, "Assign", value) for target, value in items], to)

    def compute(self, name: str, label: str, items: Sequence[tuple[str, str, Value]], to: str | None) -> str:
        """An assignment with its operators (Assign, Add …); items run in order."""
        written = [{"assignToReference": target, "operator": op, "value": value} for target, op, value in items]
        self._add("assignments", {"name": name, "label": label, "assignmentItems": written} | connector(to))
        return name

    def decide(
        self,
        name: str,
        label: str,
        outcomes: Sequence[Outcome],
        otherwise: str | None,
        otherwise_label: str = "Otherwise",
    ) -> str:
        rules = [
            {
                "name": outcome.name,
                "label": outcome.label,
                "conditionLogic": outcome.logic,
                "conditions": [
                    {"leftValueReference": c.left, "operator": c.operator, "rightValue": c.right}
                    for c in outcome.checks
                ],
            }
            | connector(outcome.to)
            for outcome in outcomes
        ]
        part = {"name": name, "label": label, "defaultConnectorLabel": otherwise_label, "rules": rules}
        self._add("decisions", part | connector(otherwise, "defaultConnector"))
        return name

    def get(
        self, name: str, label: str, source: str, filters: Sequence[tuple[str, str, Value]], to: str | None,
        *, fault: str | None = None, logic: str = "and", many: bool = False, sort: str | None = None,
    ) -> str:  # fmt: skip
        """Get Records. Filter values must never be null, or the interview fails. [docs-2nd] 4.1"""
        part = {
            "name": name, "label": label, "assignNullValuesIfNoRecordsFound": "false", "filterLogic": logic,
            "filters": _filters(filters), "getFirstRecordOnly": str(not many).lower(), "object": source,
            "storeOutputAutomatically": "true",
        }  # fmt: skip
        if sort is not None:
            part |= {"sortField": sort, "sortOrder": "Asc"}
        self._add("recordLookups", part | connector(to) | connector(fault, "faultConnector"))
        return name

    def update(
        self, name: str, label: str, items: Iterable[tuple[str, Value]], to: str | None, *, fault: str | None = None,
        source: str | None = None, filters: Sequence[tuple[str, str, Value]] = (),
    ) -> str:  # fmt: skip
        """Update Records: the triggering record, or with `source` the records that meet `filters`."""
        part: dict[str, Any] = {"name": name, "label": label, "inputAssignments": _inputs(items)}
        if source is None:
            part["inputReference"] = "$Record"
        else:
            part |= {"filterLogic": "and", "filters": _filters(filters), "object": source}
        self._add("recordUpdates", part | connector(to) | connector(fault, "faultConnector"))
        return name

    def create(
        self,
        name: str,
        label: str,
        source: str,
        items: Iterable[tuple[str, Value]],
        to: str | None,
        *,
        fault: str | None,
    ) -> str:
        part = {"name": name, "label": label, "inputAssignments": _inputs(items), "object": source}
        part["storeOutputAutomatically"] = "true"
        self._add("recordCreates", part | connector(to) | connector(fault, "faultConnector"))
        return name

    def act(
        self,
        name: str,
        label: str,
        action: str,
        inputs: Iterable[tuple[str, Value]],
        to: str | None,
        *,
        fault: str | None,
    ) -> str:
        part = {
            "name": name, "label": label, "actionName": action, "actionType": action,
            "flowTransactionModel": "CurrentTransaction",
            "inputParameters": [{"name": key, "value": value} for key, value in inputs],
        }  # fmt: skip
        self._add("actionCalls", part | connector(to) | connector(fault, "faultConnector"))
        return name

    def loop(self, name: str, label: str, collection: str, body: str, to: str | None) -> str:
        part = {"name": name, "label": label, "collectionReference": collection, "iterationOrder": "Asc"}
        self._add("loops", part | connector(body, "nextValueConnector") | connector(to, "noMoreValuesConnector"))
        return name


def connector(to: str | None, name: str = "connector") -> dict[str, Any]:
    return {} if to is None else {name: {"targetReference": to}}


def _filters(filters: Iterable[tuple[str, str, Value]]) -> list[dict[str, Any]]:
    return [{"field": name, "operator": op, "value": value} for name, op, value in filters]


def _inputs(items: Iterable[tuple[str, Value]]) -> list[dict[str, Any]]:
    return [{"field": name, "value": value} for name, value in items]


def record_start(
    source: str, when: str, *, after: bool, to: str | None = None, filters: Sequence[tuple[str, str, Value]] = (),
    logic: str = "and", formula: str | None = None, on_change: bool = False, paths: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:  # fmt: skip
    """The start of a record-triggered flow; `when` is Create, Update or CreateAndUpdate, `after` the save or before."""
    start: dict[str, Any] = {
        "object": source, "recordTriggerType": when, "triggerType": "RecordAfterSave" if after else "RecordBeforeSave",
    }  # fmt: skip
    if on_change:
        start["doesRequireRecordChangedToMeetCriteria"] = "true"
    if formula is not None:
        start["filterFormula"] = formula
    elif filters:
        start |= {"filterLogic": logic, "filters": _filters(filters)}
    if paths:
        start["scheduledPaths"] = list(paths)
    return start | connector(to)


def scalar(flow: Flow, value: str | int | float | bool | date | datetime) -> Value:
    """A value of the design, typed as it was written. Datetimes are UTC."""
    if isinstance(value, bool):
        return flag(value)
    if isinstance(value, int | float):
        return num(value)
    if isinstance(value, datetime):
        return {"dateTimeValue": value.strftime("%Y-%m-%dT%H:%M:%S.000Z")}
    if isinstance(value, date):
        return {"dateValue": value.isoformat()}
    return flow.text(value)
