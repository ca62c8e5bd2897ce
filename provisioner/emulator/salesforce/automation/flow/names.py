"""What the names inside a flow mean: $Record and the other globals, elements, resources."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any

from provisioner.emulator.clock import ClockError, parse_instant
from provisioner.emulator.salesforce.automation.fields import RESULT_KINDS, FieldPath, refuse_percent
from provisioner.emulator.salesforce.automation.flow.definition import (
    Call,
    Flow,
    Loop,
    Node,
    RecordNode,
    Resource,
    Value,
)
from provisioner.emulator.salesforce.automation.flow.interview import Interview, shown, unset
from provisioner.emulator.salesforce.automation.flow.surroundings import Surroundings
from provisioner.emulator.salesforce.automation.formula import (
    Formula,
    FormulaError,
    Kind,
    Reference,
    compile_formula,
)
from provisioner.emulator.salesforce.state.schema import FieldDef, SObjectDef

Read = Callable[[Interview], Any]
_MERGE = re.compile(r"\{!\s*([^{}]+?)\s*\}")
_API_URL = re.compile(r"Enterprise_Server_URL_(\d{2,3})$", re.IGNORECASE)
DATA_KINDS = RESULT_KINDS | {"Picklist": Kind.TEXT, "Multipicklist": Kind.TEXT, "SObject": Kind.RECORD}
UNMODELLED_GLOBALS = (
    "$Label",
    "$Permission",
    "$Setup",
    "$Profile",
    "$UserRole",
    "$System",
    "$Client",
    "$Orchestration",
)


class NameProblem(Exception):
    """A name that cannot be used; the text is a deploy problem."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A resolved name. `read` faults when a record on the way is missing; `soft` gives None (formulas)."""

    kind: Kind
    read: Read
    soft: Read
    sobject: SObjectDef | None = None
    collection: bool = False
    item: FieldDef | None = None
    prior: Read | None = None


def constant(kind: Kind, value: Any) -> Ref:
    return Ref(kind, lambda interview: value, lambda interview: value)


def literal(value: Value) -> Ref:
    """A literal of the XML. NameProblem when its text does not fit its type or its kind is not modelled."""
    try:
        match value.kind:
            case "stringValue":
                return constant(Kind.TEXT, value.text)
            case "numberValue":
                return constant(Kind.NUMBER, Decimal(value.text))
            case "booleanValue":
                return constant(Kind.BOOLEAN, value.text.lower() in ("true", "1"))
            case "dateValue":
                return constant(Kind.DATE, date.fromisoformat(value.text[:10]))
            case "dateTimeValue":
                return constant(Kind.DATETIME, parse_instant(value.text))
            case "timeValue":
                return constant(Kind.TIME, time.fromisoformat(value.text.removesuffix("Z")))
    except (ValueError, InvalidOperation, ClockError) as problem:
        raise NameProblem(f"'{value.text}' is not a valid value for {value.kind}") from problem
    raise NameProblem(f"The emulator does not model the value type {value.kind or '(none)'}.")


class Names:
    """Resolves the names of one flow. Also the resolver of its formulas ({!Name})."""

    merge = True
    patterns = True

    def __init__(self, automation: Surroundings, flow: Flow) -> None:
        self.automation = automation
        self.org = automation.org
        self.flow = flow
        self.nodes: dict[str, Node] = {node.name.lower(): node for node in flow.nodes}
        self.resources: dict[str, Resource] = {item.name.lower(): item for item in flow.resources}
        self.formulas: dict[str, Formula] = {}
        self._open: list[str] = []

    @property
    def sobject(self) -> SObjectDef | None:
        """The object of the triggering record."""
        start = self.flow.start
        return self.object(start.object) if start is not None and start.object else None

    def object(self, name: str) -> SObjectDef | None:
        return self.org.schema.sobject(name) if name and self.org.schema.has(name) else None

    # -- formulas ---------------------------------------------------------------------------
    def resolve(self, name: str) -> Reference:
        try:
            found = self.find(name)
        except NameProblem as problem:
            raise FormulaError(str(problem)) from problem
        if found is None:
            raise FormulaError(f"Field {name} does not exist. Check spelling.")
        if found.item is not None:
            refuse_percent(found.item, name)
        return Reference(Kind.COLLECTION if found.collection else found.kind, found.soft, found.prior)

    def formula(self, resource: Resource) -> Formula:
        """The compiled formula resource; FormulaError when invalid or circular."""
        known = self.formulas.get(resource.name)
        if known is None:
            if resource.name in self._open:
                raise FormulaError(f"Formula contains a circular reference: {resource.name}")
            self._open.append(resource.name)
            try:
                known = compile_formula(resource.text, self, DATA_KINDS.get(resource.type))
            finally:
                self._open.pop()
            self.formulas[resource.name] = known
        return known

    # -- names ------------------------------------------------------------------------------
    def find(self, name: str) -> Ref | None:
        """What `name` means, or None when it does not exist. NameProblem: known but not usable here."""
        head, _, rest = name.partition(".")
        if head.startswith("$"):
            return self._global(head, rest, name)
        resource = self.resources.get(head.lower())
        if resource is not None:
            return self._resource(resource, rest, name)
        node = self.nodes.get(head.lower())
        return None if node is None else self._element(node, rest, name)

    def value(self, value: Value) -> Ref | None:
        """What a value of the XML means; None when it references something that does not exist."""
        if value.kind == "elementReference":
            return self.find(value.text)
        if value.kind == "stringValue" and "{!" in value.text:
            return self.template(value.text)
        return literal(value)

    def template(self, text: str) -> Ref:
        """Text with {!merge fields}, replaced once: what comes out of them is never read again.

        A `stringValue` is such a text ([real] reference 4.2). That a name which does not exist is refused when the flow
        is saved follows from the codes: REFERENCED_ELEMENT_NOT_FOUND has a `mergeFieldReference` [wsdl]. The sentence,
        and that there is no way to say `{!` itself, are [inferred]: no source tells of one.
        """
        pieces: list[str | Read] = []
        end = 0
        for match in _MERGE.finditer(text):
            found = self.find(match.group(1))
            if found is None:
                raise NameProblem(_missing(match.group(1)))
            pieces += [text[end : match.start()], found.read]
            end = match.end()
        pieces.append(text[end:])

        def run(interview: Interview) -> str:
            return "".join(
                piece if isinstance(piece, str) else shown(piece(interview), interview.zone) for piece in pieces
            )

        return Ref(Kind.TEXT, run, run)

    def _global(self, head: str, rest: str, name: str) -> Ref | None:
        match head:
            case "$Record" | "$Record__Prior":
                return self._record(head, rest)
            case "$Flow":
                return _flow_global(rest)
            case "$GlobalConstant":
                known = {"True": (Kind.BOOLEAN, True), "False": (Kind.BOOLEAN, False), "EmptyString": (Kind.TEXT, "")}
                return constant(*known[rest]) if rest in known else None
            case "$User":
                return self._row_of("User", rest, lambda interview: interview.user_id)
            case "$Organization":
                return self._row_of("Organization", rest, lambda interview: interview.org.settings.org_id)
            case "$Api":
                return _api_global(rest)
        if head in UNMODELLED_GLOBALS:
            raise NameProblem(f"The emulator does not model {head} in flows.")
        return None

    def _record(self, head: str, rest: str) -> Ref | None:
        sobject = self.sobject
        if sobject is None:
            return None
        prior = head == "$Record__Prior"

        def row(interview: Interview) -> Any:
            return interview.prior if prior else interview.record

        if not rest:
            return Ref(Kind.RECORD, row, row, sobject)
        path = self.automation.formulas.path(sobject, rest)
        if path is None:
            raise NameProblem(no_field(rest, sobject.name))
        read = path.read

        def now(interview: Interview) -> Any:
            return read(interview, interview.record)

        def before(interview: Interview) -> Any:
            return None if interview.prior is None else read(interview, interview.prior)

        if prior:
            return Ref(path.kind, before, before, item=path.item)
        return Ref(path.kind, now, now, item=path.item, prior=before)

    def _row_of(self, sobject: str, rest: str, key: Callable[[Interview], str]) -> Ref | None:
        path = self.automation.formulas.path(self.org.schema.sobject(sobject), rest)
        if path is None:
            return None
        read = path.read

        def run(interview: Interview) -> Any:
            return read(interview, interview.org.rows.get(sobject, key(interview)) or {})

        return Ref(path.kind, run, run, item=path.item)

    def _resource(self, resource: Resource, rest: str, name: str) -> Ref | None:
        kind = DATA_KINDS.get(resource.type)
        if kind is None:
            raise NameProblem(f"The emulator does not model the data type {resource.type} of {resource.name}.")
        if resource.tag == "formulas":
            if rest:
                return None
            try:
                run = self.formula(resource).evaluate
            except FormulaError as problem:
                raise NameProblem(f"The formula expression of {resource.name} is invalid: {problem}") from problem
            return Ref(kind, run, run)
        if resource.tag == "textTemplates":
            return None if rest else self.template(resource.text)
        if resource.tag == "constants":
            return None if rest else literal(resource.value)
        key = resource.name

        def held(interview: Interview) -> Any:
            return interview.values.get(key)

        sobject = self.object(resource.object) if kind is Kind.RECORD else None
        if rest:
            return None if sobject is None or resource.collection else self._field_of(key, sobject, rest, name)
        return Ref(kind, held, held, sobject, resource.collection)

    def _element(self, node: Node, rest: str, name: str) -> Ref | None:
        if isinstance(node, RecordNode):
            return self._record_element(node, rest, name)
        if isinstance(node, Loop) and not node.variable:
            collection = self.find(node.collection)
            if collection is None or not collection.collection:
                return None
            return self._stored(node.name, collection.kind, collection.sobject, rest, name)
        if isinstance(node, Call) and node.tag == "subflows" and node.automatic and rest:
            output = self.automation.subflow_variable(node.action, rest)
            if output is None:
                return None
            key = f"{node.name}.{output.name}"
            kind = DATA_KINDS.get(output.type, Kind.TEXT)
            return Ref(kind, _held(key), _held(key), self.object(output.object), output.collection)
        if isinstance(node, Call):
            raise NameProblem(f"The emulator does not model the output of {node.name}.")
        return None

    def _record_element(self, node: RecordNode, rest: str, name: str) -> Ref | None:
        sobject = self.object(node.object)
        if sobject is None or not node.automatic:
            return None
        if node.tag == "recordCreates":
            # [docs-2nd] an automatic Create Records stands for the id of the new record.
            return None if rest else Ref(Kind.TEXT, _held(node.name), _held(node.name))
        if node.tag != "recordLookups":
            return None
        if not node.first_only:
            return None if rest else Ref(Kind.RECORD, _held(node.name), _held(node.name), sobject, collection=True)
        return self._stored(node.name, Kind.RECORD, sobject, rest, name)

    def _stored(self, key: str, kind: Kind, sobject: SObjectDef | None, rest: str, name: str) -> Ref | None:
        if not rest:
            return Ref(kind, _held(key), _held(key), sobject)
        return None if sobject is None else self._field_of(key, sobject, rest, name)

    def _field_of(self, key: str, sobject: SObjectDef, rest: str, name: str) -> Ref:
        path = self.automation.formulas.path(sobject, rest)
        if path is None:
            raise NameProblem(no_field(rest, sobject.name))
        return _field_of_held(key, path, name)


def _field_of_held(key: str, path: FieldPath, name: str) -> Ref:
    read = path.read

    def strict(interview: Interview) -> Any:
        row = interview.values.get(key)
        if row is None:
            raise unset(name)
        return read(interview, row)

    def soft(interview: Interview) -> Any:
        row = interview.values.get(key)
        return None if row is None else read(interview, row)

    return Ref(path.kind, strict, soft, item=path.item)


def _held(key: str) -> Read:
    return lambda interview: interview.values.get(key)


def _flow_global(rest: str) -> Ref | None:
    reads: dict[str, tuple[Kind, Read]] = {
        "CurrentDateTime": (Kind.DATETIME, lambda interview: interview.now),
        "CurrentDate": (Kind.DATE, lambda interview: interview.now.astimezone(interview.zone).date()),
        "FaultMessage": (Kind.TEXT, lambda interview: interview.fault),
        "InterviewGuid": (Kind.TEXT, lambda interview: f"{interview.flow_name}-{int(interview.now.timestamp())}"),
    }
    if rest not in reads:
        return None
    kind, read = reads[rest]
    return Ref(kind, read, read)


def _api_global(rest: str) -> Ref | None:
    match = _API_URL.match(rest)
    if match is None:
        raise NameProblem(f"The emulator does not model $Api.{rest}.")
    # $Api.Enterprise_Server_URL_660 is version 66.0.
    digits = match.group(1)
    version = f"{digits[:-1]}.{digits[-1]}"

    def read(interview: Interview) -> str:
        settings = interview.org.settings
        return f"{settings.instance_url}/services/Soap/c/{version}/{settings.org_id[:15]}"

    return Ref(Kind.TEXT, read, read)


def no_field(field: str, sobject: str) -> str:
    """Row 22 of the table of deploy errors, or row 26 for a field behind a relationship ([community] reference 10)."""
    if "." in field:
        return f"Something went wrong. We couldn't retrieve or load the information on the field: {field}."
    return f'field integrity exception: unknown (The field "{field}" for the object "{sobject}" doesn\'t exist.)'


def _missing(name: str) -> str:
    return f"REFERENCED_ELEMENT_NOT_FOUND: A merge field references {name}, which doesn't exist."


__all__ = ["DATA_KINDS", "NameProblem", "Names", "Read", "Ref", "constant", "literal", "no_field"]
