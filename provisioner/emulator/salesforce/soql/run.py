"""Run a statement and hand out its records, 2,000 at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.soql.compile import Compiler, Output, Plan
from provisioner.emulator.salesforce.soql.parse import parse
from provisioner.emulator.salesforce.state.rows import decode, encode
from provisioner.emulator.salesforce.state.values import to_json

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

BATCH = 2000  # [docs] 8.2
_TOO_MANY_GROUPS = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"


@dataclass
class Answer:
    """All rows of a statement, turned into records on demand. `total` counts records; `base` prefixes record URLs."""

    org: Org
    plan: Plan
    rows: list[tuple[Any, ...]]
    total: int
    base: str

    def records(self, start: int = 0, count: int = BATCH) -> list[dict[str, Any]]:
        return [self._record(row) for row in self.rows[start : start + count]]

    def columns(self) -> list[dict[str, Any]]:
        """The `columnMetadata` that `&columns=true` asks for."""
        return _column_metadata(self.plan.outputs, 0)

    def _record(self, row: tuple[Any, ...]) -> dict[str, Any]:
        plan = self.plan
        if plan.aggregated:
            record: dict[str, Any] = {"attributes": {"type": "AggregateResult"}}
            return record | {
                output.names[0]: self._value(output, row[n], None) for n, output in enumerate(plan.outputs)
            }
        own_id = row[plan.id_place] if plan.id_place is not None else None
        record = {"attributes": self._attributes((plan.sobject,), own_id)}
        holders: dict[tuple[str, ...], dict[str, Any] | None] = {(): record}
        for parent in plan.parents:
            found = row[parent.id_place]
            holders[parent.names] = {"attributes": self._attributes(parent.targets, found)} if found else None
        for place, output in enumerate(plan.outputs):
            self._nest(holders, output.names[:-1])
            holder = holders[output.names[:-1]]
            if holder is not None:
                holder[output.names[-1]] = self._value(output, row[place], own_id)
        return record

    @staticmethod
    def _nest(holders: dict[tuple[str, ...], dict[str, Any] | None], names: tuple[str, ...]) -> None:
        """Put the parents of a path into their holders, in the order in which they are first named."""
        for depth in range(1, len(names) + 1):
            above = holders[names[: depth - 1]]
            if above is None:
                holders[names[:depth]] = None
            else:
                above.setdefault(names[depth - 1], holders[names[:depth]])

    def _attributes(self, targets: tuple[str, ...], record_id: str | None) -> dict[str, Any]:
        shown = [name.removeprefix("tooling.") for name in targets]
        if len(shown) == 1:
            return {"type": shown[0], "url": f"{self.base}/sobjects/{shown[0]}/{record_id}"}
        actual = self.org.schema.by_prefix(record_id) if record_id else None
        return {"type": "Name", "url": f"{self.base}/sobjects/{actual.name if actual else 'Name'}/{record_id}"}

    def _value(self, output: Output, raw: Any, own_id: str | None) -> Any:
        item = output.item
        computed = self.org.computed.get((output.sobject.lower(), item.name.lower()))
        if computed is not None and own_id is not None:
            return computed(own_id)
        if item.type == "base64" and raw is not None:
            return f"{self.base}/sobjects/{output.sobject}/{own_id}/{item.name}"
        return to_json(item, decode(item, raw))


def query(
    org: Org,
    text: str,
    *,
    user_id: str,
    version: str = "66.0",
    tooling: bool = False,
    deleted: bool = False,
    system: bool = False,
) -> Answer:
    """Run SOQL as a user (`system`: without field-level security; `deleted`: with the recycle bin).

    Raises ApiError: MALFORMED_QUERY, INVALID_FIELD, INVALID_TYPE, INVALID_QUERY_FILTER_OPERATOR,
    NUMBER_OUTSIDE_VALID_RANGE, EXCEEDED_ID_LIMIT, or the emulator's own refusal.
    """
    statement = parse(text)
    for name in {statement.sobject.lower(), f"tooling.{statement.sobject.lower()}"}:
        if refresh := org.refreshers.get(name):
            refresh()
    if personal := org.personal.get(statement.sobject.lower()):
        personal(user_id)
    plan = Compiler(org, text, user_id, tooling=tooling, system=system, deleted=deleted).plan(statement)
    with _formulas(org, user_id):
        rows = org.store.execute(plan.sql, plan.values).fetchall()
    base = f"/services/data/v{version}" + ("/tooling" if tooling else "")
    if plan.counts_rows:
        return Answer(org, plan, [], rows[0][0], base)
    if plan.aggregated and len(rows) > BATCH:
        raise ApiError("EXCEEDED_ID_LIMIT", _TOO_MANY_GROUPS)
    if len(rows) > 1 and any((out.sobject.lower(), out.item.name.lower()) in org.computed for out in plan.outputs):
        text = (
            "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more "
            f"than one row for retrieval. Result size: {len(rows)}"
        )
        raise ApiError("MALFORMED_QUERY", text)
    return Answer(org, plan, rows, len(rows), base)


@contextmanager
def _formulas(org: Org, user_id: str) -> Iterator[None]:
    """While a statement runs, SQL may ask for formula values; the first failure is raised as itself."""
    failures: list[Exception] = []

    def formula(sobject: str, name: str, record_id: str | None) -> Any:
        item = org.schema.sobject(sobject).field(name)
        row = org.rows.get(sobject, record_id, deleted=True)
        if row is None:
            return None
        try:
            return encode(item, org.automation.formula_value(sobject, item, row, user_id))
        except Exception as error:
            failures.append(error)
            raise

    org.store.connection.create_function("soql_formula", 3, formula)
    try:
        yield
    except org.store.error:
        if failures:
            raise failures[0] from None
        raise


def _column_metadata(outputs: tuple[Output, ...], depth: int) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = []
    done: set[str] = set()
    for output in outputs:
        name = output.names[depth]
        if name in done:
            continue
        inner = tuple(one for one in outputs if one.names[depth] == name and len(one.names) > depth + 1)
        if inner:
            done.add(name)
        columns.append(_one_column(output, name, _column_metadata(inner, depth + 1) if inner else []))
    return columns


def _one_column(output: Output, name: str, joined: list[dict[str, Any]]) -> dict[str, Any]:
    item = output.item
    numeric = item.type in ("double", "int", "currency", "percent")
    return {
        "aggregate": output.aggregate,  # with joinColumns it would mean a subquery on children
        "apexType": None if joined else item.type.capitalize(),
        "booleanType": not joined and item.type == "boolean",
        "columnName": name,
        "custom": not joined and item.custom,
        "displayName": name,
        "foreignKeyName": None,
        "insertable": not joined and item.createable,
        "joinColumns": joined,
        "numberType": not joined and numeric,
        "textType": not joined and not numeric and item.type not in ("boolean", "date", "datetime", "time"),
        "updatable": not joined and item.updateable,
    }
