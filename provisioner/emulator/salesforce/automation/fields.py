"""Fields read by path (`Company`, `Owner:User.ManagerId`, `Account.Name`) and formula fields computed on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, Protocol

from provisioner.emulator.salesforce.automation.formula import (
    Formula,
    FormulaError,
    Kind,
    Reference,
    compile_formula,
)
from provisioner.emulator.salesforce.automation.formula.kinds import FIELD_KINDS, Value, to_formula
from provisioner.emulator.salesforce.automation.values import accept
from provisioner.emulator.salesforce.state.rows import Compare, Row
from provisioner.emulator.salesforce.state.schema import FieldDef, SObjectDef

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

# Result kinds by the metadata type of a formula (field, flow resource or validation rule).
RESULT_KINDS = {
    "Number": Kind.NUMBER,
    "Currency": Kind.NUMBER,
    "Percent": Kind.NUMBER,
    "Text": Kind.TEXT,
    "String": Kind.TEXT,
    "Checkbox": Kind.BOOLEAN,
    "Boolean": Kind.BOOLEAN,
    "Date": Kind.DATE,
    "DateTime": Kind.DATETIME,
    "Time": Kind.TIME,
}


class Viewer(Protocol):
    """Whoever looks: the running user and the moment."""

    @property
    def now(self) -> datetime: ...
    @property
    def zone(self) -> tzinfo: ...
    @property
    def user_id(self) -> str: ...


@dataclass(slots=True)
class FieldScope:
    """What the formula of a field sees: one row, its viewer."""

    viewer: Viewer
    row: Row
    is_new: bool = False
    prior: Row | None = None  # the row before the save

    @property
    def now(self) -> datetime:
        return self.viewer.now

    @property
    def zone(self) -> tzinfo:
        return self.viewer.zone


RowRead = Callable[[Viewer, Row], Value]


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A field reached from a row, perhaps over lookups."""

    item: FieldDef
    owner: SObjectDef
    read: RowRead

    @property
    def kind(self) -> Kind:
        return field_kind(self.item)


def field_kind(item: FieldDef) -> Kind:
    """The kind a formula or a flow sees. Formula fields of type string are Text."""
    return FIELD_KINDS[item.type]


class FieldFormulas:
    """Compiles field formulas once per definition and evaluates them."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self._compiled: dict[tuple[str, str], tuple[FieldDef, Formula]] = {}
        self._open: list[tuple[str, str]] = []

    def formula(self, definition: SObjectDef, item: FieldDef) -> Formula:
        """The compiled formula of a field; FormulaError when it is not valid (any more)."""
        key = (definition.name, item.name)
        known = self._compiled.get(key)
        if known is not None and known[0] is item:
            return known[1]
        if key in self._open:
            raise FormulaError(f"Formula contains a circular reference: {definition.name}.{item.name}")
        self._open.append(key)
        try:
            names = FieldNames(self.org, self, definition, blanks_as_zero=item.blanks_as_zero)
            made = compile_formula(item.formula or "", names, field_kind(item))
        finally:
            self._open.pop()
        self._compiled[key] = (item, made)
        return made

    def exact(self, definition: SObjectDef, item: FieldDef, row: Row, viewer: Viewer) -> Value:
        """The unrounded value, as another formula sees it."""
        return self.formula(definition, item).evaluate(FieldScope(viewer, row))

    def value(self, definition: SObjectDef, item: FieldDef, row: Row, viewer: Viewer) -> Any:
        """The value as the API shows it: numbers at the field's scale, instants at whole seconds."""
        return accept(item, self.exact(definition, item, row, viewer))

    def forget(self) -> None:
        self._compiled.clear()

    def path(self, definition: SObjectDef, path: str) -> FieldPath | None:
        """The field behind a dotted path, or None when a step of it does not exist."""
        found = self.steps(definition, path)
        if found is None:
            return None
        hops, owner, item = found
        return FieldPath(item, owner, self._reader(hops, owner, item))

    def steps(self, definition: SObjectDef, path: str) -> tuple[list[tuple[str, str]], SObjectDef, FieldDef] | None:
        """The lookups of a dotted path, each with the object it leads to; the last object and its field."""
        steps = path.split(".")
        hops: list[tuple[str, str]] = []
        for step in steps[:-1]:
            hop = self._hop(definition, step)
            if hop is None:
                return None
            hops.append(hop)
            definition = self.org.schema.sobject(hop[1])
        item = definition.get(steps[-1])
        return None if item is None else (hops, definition, item)

    def _hop(self, definition: SObjectDef, step: str) -> tuple[str, str] | None:
        name, _, target = step.partition(":")
        link = definition.relationship(name)
        if link is None and name.endswith("__r"):
            link = definition.get(name[:-1] + "c")
        if link is None:
            return None
        targets = [one for one in link.reference_to if not target or one.lower() == target.lower()]
        # A polymorphic lookup has to say which object it means ([community] reference 4.7).
        if len(targets) != 1 or not self.org.schema.has(targets[0]):
            return None
        return link.name, targets[0]

    def _reader(self, hops: list[tuple[str, str]], owner: SObjectDef, item: FieldDef) -> RowRead:
        name = item.name
        if item.formula is not None:

            def last(viewer: Viewer, row: Row) -> Value:
                return self.exact(owner, item, row, viewer)
        else:

            def last(viewer: Viewer, row: Row) -> Value:
                return to_formula(row.get(name))

        if not hops:
            return last
        rows = self.org.rows

        def walk(viewer: Viewer, row: Row) -> Value:
            for link, target in hops:
                found = rows.get(target, row.get(link))
                if found is None:
                    return None
                row = found
            return last(viewer, row)

        return walk


class FieldNames:
    """Names in the formula of a field or a validation rule: fields, $User, $CustomMetadata.

    `saving`: of a validation rule, which knows the row before the save and may use patterns.
    """

    merge = False

    def __init__(
        self,
        org: Org,
        formulas: FieldFormulas,
        definition: SObjectDef,
        *,
        blanks_as_zero: bool = False,
        saving: bool = False,
    ) -> None:
        self.org = org
        self.formulas = formulas
        self.definition = definition
        self.blanks_as_zero = blanks_as_zero
        self.patterns = saving

    def resolve(self, name: str) -> Reference:
        if name.startswith("$"):
            return self._global(name)
        found = self.formulas.path(self.definition, name)
        if found is None:
            raise FormulaError(f"Field {name} does not exist. Check spelling.")
        refuse_percent(found.item, name)
        if found.item.formula is not None:
            self.formulas.formula(found.owner, found.item)
        read = found.read
        if self.blanks_as_zero and found.kind is Kind.NUMBER:
            zero = to_formula(0)
            return Reference(
                found.kind, lambda scope: zero if (value := read(scope.viewer, scope.row)) is None else value
            )
        if self.patterns and "." not in name:
            return Reference(
                found.kind,
                lambda scope: read(scope.viewer, scope.row),
                lambda scope: None if scope.prior is None else read(scope.viewer, scope.prior),
            )
        return Reference(found.kind, lambda scope: read(scope.viewer, scope.row))

    def _global(self, name: str) -> Reference:
        if name.startswith("$User."):
            found = self.formulas.path(self.org.schema.sobject("User"), name[6:])
            if found is not None:
                read, rows = found.read, self.org.rows
                return Reference(
                    found.kind, lambda scope: read(scope.viewer, rows.get("User", scope.viewer.user_id) or {})
                )
        elif name.startswith("$CustomMetadata."):
            return self._metadata(name)
        else:
            raise FormulaError(f"The emulator does not model {name.split('.')[0]} in formulas.")
        raise FormulaError(f"Field {name} does not exist. Check spelling.")

    def _metadata(self, name: str) -> Reference:
        """$CustomMetadata.Type__mdt.Record.Field__c ([docs] reference 2.3)."""
        parts = name.split(".")
        if len(parts) != 4 or not self.org.schema.has(parts[1]) or not self.org.schema.sobject(parts[1]).has(parts[3]):
            raise FormulaError(f"Field {name} does not exist. Check spelling.")
        _, sobject, record, field = parts
        item = self.org.schema.sobject(sobject).field(field)
        if not self.org.rows.select(sobject, Compare("DeveloperName", "=", record), limit=1):
            raise FormulaError(f"Field {name} does not exist. Check spelling.")

        def read(scope: Any) -> Value:
            rows = self.org.rows.select(sobject, Compare("DeveloperName", "=", record), limit=1)
            return to_formula(rows[0][item.name]) if rows else None

        return Reference(field_kind(item), read)


def refuse_percent(item: FieldDef, name: str) -> None:
    # How a percent field reads inside a formula is in no source we have: better refused than guessed.
    if item.type == "percent":
        raise FormulaError(f"The emulator does not model the percent field {name} in formulas.")
