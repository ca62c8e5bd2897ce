"""Field paths of a statement → SQL columns: joins for relationships, field-level security, formulas."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from provisioner.emulator.salesforce.errors import ApiError, not_modelled
from provisioner.emulator.salesforce.soql.dates import OF_INSTANTS, function_sql
from provisioner.emulator.salesforce.soql.formulas import formula_sql, row_wise
from provisioner.emulator.salesforce.soql.tree import FieldPath, Statement, pointed
from provisioner.emulator.salesforce.state.schema import FieldDef, SObjectDef

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_ADVICE = "Please reference your WSDL or the describe call for the appropriate names."
# The object behind a relationship with several targets shows only what its targets share.
_NAME_FIELDS = (
    "Id", "Name", "FirstName", "LastName", "Username", "Email", "IsActive", "Alias", "Title", "Phone", "ProfileId",
    "UserRoleId",
)  # fmt: skip
_TYPE = FieldDef("Type", "Type", "string", length=40)


@dataclass(frozen=True)
class Column:
    """`sql` yields values as the store encodes them for `item`; `names` is the path in the schema's own spelling."""

    sql: str
    item: FieldDef
    names: tuple[str, ...]
    sobject: str  # "Name" for a field of a relationship with several targets
    formula: bool = False


@dataclass
class _Parent:
    """One joined relationship: its targets, each with a table alias, and the column that holds the id."""

    name: str
    targets: list[tuple[SObjectDef, str]]
    key: str


@dataclass
class Scope:
    """The tables of one statement. Aliases are unique per nesting level."""

    org: Org
    user_id: str
    text: str
    level: int = 0
    tooling: bool = False
    system: bool = False
    statement: Statement | None = None
    definition: SObjectDef = field(init=False)
    parents: dict[tuple[str, ...], _Parent] = field(default_factory=dict)
    joins: list[str] = field(default_factory=list)

    def open(self, statement: Statement) -> None:
        """Find the object of FROM. Raises ApiError INVALID_TYPE."""
        self.statement = statement
        self.definition = self._find(statement)
        self.table = f"q{self.level}_0"

    def _find(self, statement: Statement) -> SObjectDef:
        names = [f"tooling.{statement.sobject}"] if self.tooling else []
        for name in [*names, statement.sobject]:
            if self.org.schema.has(name) and "." not in statement.sobject:
                definition = self.org.schema.sobject(name)
                if definition.queryable and (self.system or self.org.access.readable(self.user_id, definition)):
                    return definition
        text = (
            f"sObject type '{statement.sobject}' is not supported. If you are attempting to use a custom object, "
            f"be sure to append the '__c' after the entity name. {_ADVICE}"
        )
        raise pointed(self.text, statement.sobject_at, text, "INVALID_TYPE")

    @property
    def source(self) -> str:
        """Groups and sums walk the whole table: through an index on a wide span it would take several times as long."""
        whole = " NOT INDEXED" if self.statement is not None and self.statement.aggregated else ""
        return " ".join([f'"{self.definition.name}" AS {self.table}{whole}', *self.joins])

    def shared(self, definition: SObjectDef, table: str) -> str | None:
        """SQL that holds for the rows that are shared with the user; None: all are."""
        return None if self.system else self.org.sharing.visible(self.user_id, definition, table)

    def column(self, path: FieldPath) -> Column:
        """A field, or a date function of one. Raises ApiError INVALID_FIELD for what is unknown or hidden."""
        column = self._column(path)
        if path.function is None:
            return column
        kind = column.item.type
        if kind != "datetime" and (kind != "date" or path.function in OF_INSTANTS):
            text = f"field {column.item.name} does not support the date function {path.function}"  # [inferred]
            raise pointed(self.text, path.at, text)
        made = FieldDef(path.function, path.function, "date" if path.function == "DAY_ONLY" else "int", precision=8)
        sql = function_sql(path.function, column.sql, instant=kind == "datetime")
        return replace(column, sql=sql, item=made, sobject="AggregateResult")

    def _column(self, path: FieldPath) -> Column:
        names = path.names
        own = {self.definition.name.lower(), (self.statement.alias or "").lower() if self.statement else ""}
        if len(names) > 1 and names[0].lower() in own:
            names = names[1:]
        if len(names) > 6:
            raise not_modelled("a relationship path of more than five steps")
        if len(names) == 1:
            return self._field(self.definition, self.table, names[0], (), path)
        parent = self.parent(names[:-1], path)
        if len(parent.targets) == 1:
            definition, table = parent.targets[0]
            return self._field(definition, table, names[-1], self._spelling(names[:-1]), path)
        return self._shared(parent, names, path)

    def parent(self, names: tuple[str, ...], path: FieldPath) -> _Parent:
        """The joined relationship at the end of `names`."""
        key = tuple(name.lower() for name in names)
        if key in self.parents:
            return self.parents[key]
        if len(names) == 1:
            holder, table = self.definition, self.table
        else:
            above = self.parent(names[:-1], path)
            if len(above.targets) > 1:
                raise not_modelled(f"the path {path.text} beyond a relationship with several targets")
            holder, table = above.targets[0]
        item = self._relationship(holder, names[-1], path)
        parent = _Parent(self._shown(item), [], f'{table}."{item.name}"')
        for target in item.reference_to:
            if not self.org.schema.has(self._target(target)):
                continue
            alias = f"q{self.level}_{sum(len(one.targets) for one in self.parents.values()) + len(parent.targets) + 1}"
            definition = self.org.schema.sobject(self._target(target))
            parent.targets.append((definition, alias))
            shared = self.shared(definition, alias)  # who does not see the parent finds none [inferred]
            tests = f'{alias}."Id" = {parent.key}' + (f" AND {shared}" if shared is not None else "")
            self.joins.append(f'LEFT JOIN "{definition.name}" AS {alias} ON {tests}')
        if not parent.targets:
            raise not_modelled(f"the object behind {path.text} ({', '.join(item.reference_to)})")
        self.parents[key] = parent
        return parent

    def _target(self, name: str) -> str:
        tooling = f"tooling.{name}"
        return tooling if self.definition.name.startswith("tooling.") and self.org.schema.has(tooling) else name

    def _relationship(self, holder: SObjectDef, name: str, path: FieldPath) -> FieldDef:
        item = holder.relationship(name)
        if item is None and name.lower().endswith("__r"):
            item = holder.relationship(name[:-3]) or holder.get(f"{name[:-3]}__c")
        if item is None or not item.reference_to or not self._readable(holder, item):
            text = (
                f"Didn't understand relationship '{name}' in field path. If you are attempting to use a custom "
                f"relationship, be sure to append the '__r' after the custom relationship name. {_ADVICE}"
            )
            raise pointed(self.text, path.at, text, "INVALID_FIELD")
        return item

    @staticmethod
    def _shown(item: FieldDef) -> str:
        if item.custom:
            return item.name.removesuffix("__c") + "__r"
        return item.relationship_name or item.name

    def _spelling(self, names: tuple[str, ...]) -> tuple[str, ...]:
        keys = [tuple(name.lower() for name in names[: end + 1]) for end in range(len(names))]
        return tuple(self.parents[key].name for key in keys)

    def _readable(self, definition: SObjectDef, item: FieldDef) -> bool:
        return self.system or self.org.permissions.readable(self.user_id, definition, item)

    def _field(self, definition: SObjectDef, table: str, name: str, above: tuple[str, ...], path: FieldPath) -> Column:
        item = definition.get(name)
        if item is None or not self._readable(definition, item):
            raise self.no_such_column(path, name, definition.name)
        if item.formula is None:
            return Column(f'{table}."{item.name}"', item, (*above, item.name), definition.name)
        sql = formula_sql(self.org, definition, item, table, self.user_id)
        if sql is None:
            sql = row_wise(definition, item, table)
        elif table != self.table:  # of a parent that is not there, nothing is computed
            sql = f'CASE WHEN {table}."Id" IS NOT NULL THEN {sql} END'
        return Column(sql, item, (*above, item.name), definition.name, formula=True)

    def _shared(self, parent: _Parent, names: tuple[str, ...], path: FieldPath) -> Column:
        """A field of whichever target the id points to."""
        above = self._spelling(names[:-1])
        if names[-1].lower() == "type":
            kinds = [_kind(definition, alias) for definition, alias in parent.targets]
            return Column(f"coalesce({', '.join(kinds)}, NULL) COLLATE SOQL", _TYPE, (*above, "Type"), "Name")
        name = next((known for known in _NAME_FIELDS if known.lower() == names[-1].lower()), None)
        having = [(one, alias) for one, alias in parent.targets if name and one.has(name)]
        if name is None or not having:
            raise self.no_such_column(path, names[-1], "Name")
        columns = [f'{alias}."{name}"' for _, alias in having]
        sql = columns[0] if len(columns) == 1 else f"coalesce({', '.join(columns)})"
        if having[0][0].field(name).type == "string" and len(columns) > 1:
            sql += " COLLATE SOQL"
        return Column(sql, replace(having[0][0].field(name), name=name), (*above, name), "Name")

    def no_such_column(self, path: FieldPath, name: str, entity: str) -> ApiError:
        text = (
            f"No such column '{name}' on entity '{entity.removeprefix('tooling.')}'. If you are attempting to use a "
            f"custom field, be sure to append the '__c' after the custom field name. {_ADVICE}"
        )
        return pointed(self.text, path.at, text, "INVALID_FIELD")


def _kind(definition: SObjectDef, alias: str) -> str:
    if definition.name == "Group":  # a queue says Queue, other groups say Group
        return (
            f"CASE WHEN {alias}.\"Id\" IS NULL THEN NULL WHEN {alias}.\"Type\" = 'Queue' THEN 'Queue' ELSE 'Group' END"
        )
    return f"CASE WHEN {alias}.\"Id\" IS NULL THEN NULL ELSE '{definition.name}' END"
