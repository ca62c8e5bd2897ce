"""A statement → one SQL SELECT, and the plan by which its rows become records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.soql.computed import as_computed
from provisioner.emulator.salesforce.soql.conditions import Conditions
from provisioner.emulator.salesforce.soql.scope import Column, Scope
from provisioner.emulator.salesforce.soql.tree import (
    Aggregate,
    AliasedField,
    AllFields,
    FieldPath,
    Order,
    Statement,
    pointed,
)
from provisioner.emulator.salesforce.state.schema import NUMBER_TYPES, TEXT_TYPES, FieldDef
from provisioner.emulator.store import fold_sql

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_COUNT = FieldDef("count", "count", "int", precision=9)


@dataclass(frozen=True)
class Output:
    """One value of a record: where it goes (`names`; the parents first) and how it is decoded."""

    names: tuple[str, ...]
    item: FieldDef
    sobject: str
    aggregate: bool = False
    alias: str | None = None


@dataclass(frozen=True)
class Parent:
    """An object to nest: the result places of its id, and the objects it may be (several: shown as Name)."""

    names: tuple[str, ...]
    id_place: int
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    sql: str
    values: tuple[Any, ...]
    outputs: tuple[Output, ...]
    parents: tuple[Parent, ...]
    sobject: str
    id_place: int | None
    counts_rows: bool
    aggregated: bool


class Compiler:
    def __init__(
        self, org: Org, text: str, user_id: str, *, tooling: bool, system: bool, deleted: bool, level: int = 0
    ) -> None:
        self.scope = Scope(org, user_id, text, level=level, tooling=tooling, system=system)
        self.text = text
        self.deleted = deleted
        self.values: list[Any] = []
        self.conditions = Conditions(self.scope, self.values, self.measure, self.nested)

    def plan(self, statement: Statement) -> Plan:
        """The whole statement. Raises ApiError for what the vendor would refuse."""
        self.scope.open(statement)
        statement = as_computed(self._expanded(statement), self.scope.definition.name)
        self._check(statement)
        columns, outputs = self._selected(statement)
        group = [self._groupable(path) for path in statement.group]
        tail = self._tail(statement, group)
        parents, extra = self._parents(outputs, len(columns)) if not statement.aggregated else ((), [])
        id_place = None
        if not statement.aggregated:
            id_place = len(columns) + len(extra)
            extra.append(f'{self.scope.table}."Id"')
        sql = f"SELECT {', '.join(columns + extra)} FROM {self.scope.source}{tail}"  # noqa: S608
        if statement.counts_rows:
            sql = f"SELECT count(*) FROM (SELECT 1 FROM {self.scope.source}{tail})"  # noqa: S608
        name = self.scope.definition.name
        aggregated = statement.aggregated
        return Plan(sql, tuple(self.values), outputs, parents, name, id_place, statement.counts_rows, aggregated)

    def _tail(self, statement: Statement, group: list[Column]) -> str:
        # The order of these lines is the order in which values are bound.
        tail = self._filters(statement)
        if group:
            tail += " GROUP BY " + ", ".join(_folded(column) for column in group)
        if statement.having is not None:
            tail += f" HAVING {self.conditions.compile(statement.having)}"
        if statement.order:
            tail += " ORDER BY " + ", ".join(self._ordered(item, statement) for item in statement.order)
        elif not statement.aggregated:
            tail += f' ORDER BY {self.scope.table}."Id"'
        if statement.limit is not None or statement.offset is not None:
            tail += f" LIMIT {-1 if statement.limit is None else statement.limit} OFFSET {statement.offset or 0}"
        return tail

    def _filters(self, statement: Statement) -> str:
        tests = []
        if self.scope.definition.has("IsDeleted") and not self.deleted:
            tests.append(f'{self.scope.table}."IsDeleted" = 0')
        shared = self.scope.shared(self.scope.definition, self.scope.table)
        if shared is not None:
            tests.append(shared)
        if statement.where is not None:
            tests.append(self.conditions.compile(statement.where))
        return " WHERE " + " AND ".join(f"({test})" for test in tests) if tests else ""

    def _expanded(self, statement: Statement) -> Statement:
        """FIELDS(…) becomes the fields it stands for."""
        select: list[AliasedField | Aggregate | AllFields] = []
        for item in statement.select:
            if not isinstance(item, AllFields):
                select.append(item)
                continue
            if item.kind != "STANDARD" and (statement.limit is None or statement.limit > 200):
                text = "The SOQL FIELDS function must have a LIMIT of at most 200"
                raise ApiError("MALFORMED_QUERY", text)
            for one in self.scope.org.permissions.visible(self.scope.user_id, self.scope.definition):
                if item.kind == "ALL" or one.custom == (item.kind == "CUSTOM"):
                    select.append(AliasedField(FieldPath((one.name,), item.at), None))
        return replace(statement, select=tuple(select))

    def _check(self, statement: Statement) -> None:
        if statement.offset is not None and statement.offset > 2000:
            text = f"Maximum SOQL offset allowed is 2000, but {statement.offset} was requested"
            raise ApiError("NUMBER_OUTSIDE_VALID_RANGE", text)
        if statement.counts_rows:
            if len(statement.select) > 1 or statement.group or statement.order:
                raise (
                    pointed(self.text, statement.select[0].at, "COUNT() stands alone")
                    if isinstance(statement.select[0], Aggregate)
                    else ApiError("MALFORMED_QUERY", "COUNT() stands alone")
                )
        elif statement.aggregated and not statement.group and statement.limit is not None:
            text = "Non-grouped query that uses overall aggregate functions cannot also use LIMIT"
            raise ApiError("MALFORMED_QUERY", text)
        seen: set[str] = set()
        grouped = {path.text.lower() for path in statement.group}
        for item in statement.select:
            if not isinstance(item, AliasedField):
                continue
            if statement.aggregated and item.path.text.lower() not in grouped:
                self.scope.column(item.path)  # an unknown field is the greater mistake
                raise pointed(self.text, item.path.at, f"Field must be grouped or aggregated: {item.path.text}")
            if item.path.text.lower() in seen:
                raise ApiError("MALFORMED_QUERY", f"duplicate field selected: {item.path.text}")
            seen.add(item.path.text.lower())

    def _selected(self, statement: Statement) -> tuple[list[str], tuple[Output, ...]]:
        columns: list[str] = []
        outputs: list[Output] = []
        unnamed = 0
        for item in statement.select:
            if isinstance(item, Aggregate):
                column = self.measure(item)
                alias = item.alias
                if alias is None:
                    alias, unnamed = f"expr{unnamed}", unnamed + 1
                outputs.append(Output((alias,), column.item, column.sobject, aggregate=True, alias=alias))
            elif isinstance(item, AliasedField):
                column = self.scope.column(item.path)
                if item.path.function is not None:
                    if not statement.aggregated:  # [docs]; the text is [inferred]
                        text = f"{item.path.function}() must be in the GROUP BY clause to be selected"
                        raise pointed(self.text, item.path.at, text)
                    alias = item.alias
                    if alias is None:
                        alias, unnamed = f"expr{unnamed}", unnamed + 1
                    outputs.append(Output((alias,), column.item, column.sobject, aggregate=True, alias=alias))
                    columns.append(column.sql)
                    continue
                if item.alias and not statement.aggregated:
                    raise pointed(self.text, item.path.at, f"alias is not allowed without GROUP BY: {item.alias}")
                # A grouped row is flat: Owner.Name arrives as Name.
                names = (item.alias or column.names[-1],) if statement.aggregated else column.names
                outputs.append(Output(names, column.item, column.sobject, alias=item.alias))
            columns.append(column.sql)
        return columns, tuple(outputs)

    def _parents(self, outputs: tuple[Output, ...], width: int) -> tuple[tuple[Parent, ...], list[str]]:
        shown = {output.names[:depth] for output in outputs for depth in range(1, len(output.names))}
        parents: list[Parent] = []
        extra: list[str] = []
        for names in sorted(shown, key=len):
            joined = self.scope.parents[tuple(name.lower() for name in names)]
            found = [f'{alias}."Id"' for _, alias in joined.targets]
            extra.append(found[0] if len(found) == 1 else f"coalesce({', '.join(found)})")
            targets = tuple(definition.name for definition, _ in joined.targets)
            parents.append(Parent(names, width + len(extra) - 1, targets))
        return tuple(parents), extra

    def _groupable(self, path: FieldPath) -> Column:
        column = self.scope.column(path)
        if column.formula or not column.item.groupable:
            text = f"field '{column.item.name}' can not be grouped in a query call"
            raise pointed(self.text, path.at, text)
        return column

    def measure(self, item: FieldPath | Aggregate) -> Column:
        """A field, or an aggregate of one."""
        if isinstance(item, FieldPath):
            return self.scope.column(item)
        if item.path is None:
            return Column("count(*)", _COUNT, ("expr0",), "AggregateResult")
        column = self.scope.column(item.path)
        kind, function = column.item.type, item.function
        if (function in ("SUM", "AVG") and kind not in NUMBER_TYPES) or kind in ("longtextarea", "base64"):
            text = f"field {column.item.name} does not support aggregate operator {function}"
            raise pointed(self.text, item.at, text)
        if function == "COUNT":
            return Column(f"count({column.sql})", _COUNT, ("expr0",), "AggregateResult")
        if function == "COUNT_DISTINCT":
            return Column(f"count(DISTINCT {_folded(column)})", _COUNT, ("expr0",), "AggregateResult")
        result = FieldDef("avg", "avg", "double") if function == "AVG" else column.item
        return Column(f"{function.lower()}({column.sql})", result, ("expr0",), "AggregateResult")

    def nested(self, statement: Statement, outer: FieldDef) -> str:
        """The SQL of a semi-join; its values are bound in place."""
        if self.scope.level:
            raise ApiError("MALFORMED_QUERY", "Nesting of semi join sub-selects is not supported")
        first = statement.select[0]
        if len(statement.select) != 1 or not isinstance(first, AliasedField):
            text = "Semi join sub-selects must select exactly one field"
            raise ApiError("MALFORMED_QUERY", text)
        scope = self.scope
        inner = Compiler(
            scope.org, self.text, scope.user_id, tooling=scope.tooling, system=scope.system, deleted=False, level=1
        )
        inner.scope.open(statement)
        statement = as_computed(statement, inner.scope.definition.name)
        column = inner.scope.column(first.path)
        if (column.item.type in ("id", "reference")) != (outer.type in ("id", "reference")):
            text = f"The inner and outer selects should not be on the same object type: {column.item.name}"
            raise pointed(self.text, first.path.at, text)
        where = inner._tail(statement, [])
        self.values.extend(inner.values)
        return f"SELECT {column.sql} FROM {inner.scope.source}{where}"  # noqa: S608

    def _ordered(self, item: Order, statement: Statement) -> str:
        grouped = {path.text.lower() for path in statement.group}
        alias = item.by.text if isinstance(item.by, FieldPath) else None
        if statement.aggregated and isinstance(item.by, FieldPath) and item.by.text.lower() not in grouped:
            match = [one for one in statement.select if isinstance(one, Aggregate) and one.alias == alias]
            if not match:
                raise pointed(self.text, item.by.at, f"Ordered field must be grouped or aggregated: {item.by.text}")
            raise pointed(self.text, item.by.at, f"Ordering by the alias {alias} is not allowed")
        column = self.measure(item.by)
        if column.item.type in ("longtextarea", "multipicklist", "base64"):
            at = item.by.at
            text = f"field '{column.item.name}' can not be sorted in a query call"
            raise pointed(self.text, at, text, "INVALID_FIELD")
        direction = "DESC" if item.descending else "ASC"
        return f"{_folded(column)} {direction} NULLS {'LAST' if item.nulls_last else 'FIRST'}"


def _folded(column: Column) -> str:
    """The column as it is told apart: texts without case. BINARY, because a collation inside would come through."""
    if column.item.type not in TEXT_TYPES:
        return column.sql
    return f"soql_fold({column.sql}) COLLATE BINARY" if column.formula else fold_sql(column.sql)
