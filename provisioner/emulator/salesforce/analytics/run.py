"""Run a report: the records it is about, its groups, and the figures of every group and crossing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from provisioner.emulator.salesforce.analytics.cells import BLANK, Cell, Cells, Record
from provisioner.emulator.salesforce.analytics.definition import (
    ROW_COUNT,
    Filter,
    Grouping,
    Report,
    SummaryFormula,
    summary_key,
)
from provisioner.emulator.salesforce.analytics.filters import Moment, combine, compare_cells, compile_test
from provisioner.emulator.salesforce.analytics.periods import CUSTOM, interval_days, period_of
from provisioner.emulator.salesforce.analytics.report_types import Column, ReportType
from provisioner.emulator.salesforce.analytics.summary import Computed, Facts, compute
from provisioner.emulator.salesforce.state.rows import And, Compare, Cond

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org


@dataclass
class Group:
    """One group on an axis: its fact-map key (`0_1`), what it stands for, the groups inside it, its records."""

    key: str
    value: Any
    label: str
    groups: list[Group]
    records: list[Record]
    depth: int = 1


@dataclass(frozen=True)
class Crossing:
    """The figures where a row group meets a column group; `T` stands for the whole axis."""

    key: str
    figures: dict[str, Any]
    records: list[Record]
    leaf: bool


@dataclass
class Outcome:
    """A finished run."""

    report: Report
    kind: ReportType
    cells: Cells
    records: list[Record]
    down: list[Group] = field(default_factory=list)
    across: list[Group] = field(default_factory=list)
    crossings: list[Crossing] = field(default_factory=list)

    @cached_property
    def by_key(self) -> dict[str, Crossing]:
        return {one.key: one for one in self.crossings}


def moment_of(org: Org, user_id: str) -> Moment:
    """Now, in the user's time zone."""
    user = org.rows.get("User", user_id) or {}
    return Moment(org.now, ZoneInfo(str(user.get("TimeZoneSidKey") or org.settings.timezone)))


def run_report(org: Org, kind: ReportType, report: Report, user_id: str) -> Outcome:
    """The report as this user sees it now. Columns the user may not see must have been taken out before."""
    cells = Cells(org, kind, report.buckets, user_id, moment_of(org, user_id))
    records = _limited(report, cells, _filtered(report, cells, _records(org, kind, report, user_id)))
    outcome = Outcome(report, kind, cells, records)
    figures = Figures(report, kind, cells)
    outcome.down = _groups(report.down, records, cells, figures)
    outcome.across = _groups(report.across, records, cells, figures)
    outcome.crossings = list(_crossings(outcome, figures))
    return outcome


# -- records -----------------------------------------------------------------------------------------------------------


def _records(org: Org, kind: ReportType, report: Report, user_id: str) -> list[Record]:
    rows = org.rows.select(kind.base.name, _scope(org, kind, report.scope or kind.everything, user_id))
    found: list[Record] = [{kind.base.name: row} for row in org.sharing.seen(user_id, kind.base, rows)]
    for join in kind.joins:
        children: dict[Any, list[Any]] = {}
        for row in org.sharing.seen(user_id, org.schema.sobject(join.sobject), org.rows.select(join.sobject)):
            children.setdefault(row[join.link], []).append(row)
        joined: list[Record] = []
        for record in found:
            parent = record[join.parent]
            mine = [] if parent is None else children.get(parent["Id"], [])
            joined += [record | {join.path: row} for row in mine]
            if not mine and join.outer:
                joined.append(record | {join.path: None})
        found = joined
    return found


def _scope(org: Org, kind: ReportType, scope: str, user_id: str) -> Cond | None:
    """Whose records: mine, my team's (mine and those below me [inferred]), my queues', everybody's."""
    if scope == kind.everything or not kind.base.has("OwnerId"):
        return None
    owners = {user_id}
    if scope == "team":
        managers = {str(row["Id"]): row["ManagerId"] for row in org.rows.select("User")}
        grown = True
        while grown:
            below = {one for one, manager in managers.items() if manager in owners} - owners
            owners |= below
            grown = bool(below)
    elif scope == "queue":
        member = Compare("UserOrGroupId", "=", user_id)
        groups = [row["GroupId"] for row in org.rows.select("GroupMember", member)]
        queues = And(Compare("Id", "in", groups), Compare("Type", "=", "Queue"))
        owners = {str(row["Id"]) for row in org.rows.select("Group", queues)} if groups else set()
    return Compare("OwnerId", "in", sorted(owners))


def _filtered(report: Report, cells: Cells, records: Iterable[Record]) -> list[Record]:
    tests = [_test(one, cells) for one in report.filters]
    logic, days = report.boolean_filter, days_of(report, cells.moment)
    read = cells.reader(report.dates.token) if report.dates else None

    def kept(record: Record) -> bool:
        if read is not None and days != (None, None):
            value = read(record).value
            if value is None or not _within(cells.moment.day_of(value), *days):
                return False
        if logic is None:
            return all(test(record) for test in tests)
        return combine(logic, lambda number: tests[number - 1](record))

    return [record for record in records if kept(record)]


def days_of(report: Report, moment: Moment) -> tuple[date | None, date | None]:
    """First and last day that the standard date filter lets through; None is open. A custom interval without dates is
    all time, records without a date included ([community] 7.4)."""
    dates = report.dates
    if dates is None:
        return None, None
    return (dates.start, dates.end) if dates.interval == CUSTOM else interval_days(dates.interval, moment.today)


def _within(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or day >= first) and (last is None or day <= last)


def _test(one: Filter, cells: Cells) -> Callable[[Record], bool]:
    read = cells.reader(one.token)
    if one.to_column:
        other = cells.reader(one.value)
        return lambda record: compare_cells(one.operator, read(record).text, other(record).text)
    test = compile_test(cells.column(one.token), one.operator, one.value, cells.moment)
    return lambda record: test(read(record).text)


def _limited(report: Report, cells: Cells, records: list[Record]) -> list[Record]:
    if report.sort_token is not None:
        read = cells.reader(report.sort_token)
        records = sorted(records, key=lambda one: _order(read(one)), reverse=report.sort_descending)
    return records if report.row_limit is None else records[: report.row_limit]


def _order(cell: Cell) -> tuple[bool, Any]:
    """Blanks come first when ascending. [docs] example"""
    return (False, 0) if cell.value is None else (True, cell.order)


# -- figures -----------------------------------------------------------------------------------------------------------


class Figures:
    """The summaries of any set of records."""

    def __init__(self, report: Report, kind: ReportType, cells: Cells) -> None:
        self._report, self._cells = report, cells
        self._formulas = [compute(kind, one) for one in report.formulas if one.active]
        wanted: dict[str, tuple[Column, str]] = {}
        for aggregate in report.aggregates:
            wanted[aggregate.key] = (kind.columns[aggregate.token], aggregate.kind)
        for formula in self._formulas:
            wanted |= {summary_key(column.token, how): (column, how) for column, how in formula.needs}
        self._wanted = wanted

    def of(self, records: list[Record], down: int = 0, across: int = 0) -> dict[str, Any]:
        """Key → figure; `down` and `across` are the depths of the groups (0: the whole axis)."""
        values: dict[str, Any] = {ROW_COUNT: len(records)}
        columns: dict[str, list[Any]] = {}
        for key, (column, how) in self._wanted.items():
            if column.token not in columns:
                found = (self._cells.value(column, record) for record in records)
                columns[column.token] = [value for value in found if value is not None]
            values[key] = summarise(how, columns[column.token])
        facts = Facts(dict(values), self._cells.moment.now, self._cells.moment.zone)
        for one in self._formulas:
            values[one.formula.name] = one.value(facts) if self._shown(one, down, across) else None
        return {key: values[key] for key in self._report.keys}

    def _shown(self, one: Computed, down: int, across: int) -> bool:
        formula: SummaryFormula = one.formula
        return _at_level(formula.down, self._report.down, down) and _at_level(
            formula.across, self._report.across, across
        )


def _at_level(context: str | None, groupings: tuple[Grouping, ...], depth: int) -> bool:
    if context is None or context == "GLOBAL":
        return True
    if context == "GRAND_SUMMARY":
        return depth == 0
    return any(one.token == context and place == depth for place, one in enumerate(groupings, 1))


def summarise(how: str, values: list[Any]) -> Any:
    """One summary of the values that are not blank: a sum of nothing is 0, every other summary of nothing is None.
    Checkboxes count as 1 and 0."""
    if how == "Unique":
        return len(set(values))
    if how in ("Maximum", "Minimum"):
        return (max if how == "Maximum" else min)(values, default=None)
    total = sum((Decimal(repr(float(value))) for value in values), Decimal(0))
    if how == "Sum":
        return float(total)
    return float(total / len(values)) if values else None


# -- groups ------------------------------------------------------------------------------------------------------------


def _groups(
    groupings: tuple[Grouping, ...], records: list[Record], cells: Cells, figures: Figures, above: str = "",
    depth: int = 1,
) -> list[Group]:  # fmt: skip
    if not groupings:
        return []
    first, rest = groupings[0], groupings[1:]
    sorted_into: dict[Any, tuple[Any, str, list[Record]]] = {}
    for record, value, order, label in _grouped(first, records, cells):
        sorted_into.setdefault(value, (order, label, []))[2].append(record)
    found = sorted(sorted_into.items(), key=lambda one: one[1][0], reverse=first.descending)
    if first.sort_key is not None:
        key = first.sort_key
        found.sort(key=lambda one: _rank(figures.of(one[1][2], depth).get(key)), reverse=first.descending)
    groups = []
    for place, (value, (_, label, inside)) in enumerate(found):
        own = f"{above}{place}"
        groups.append(
            Group(own, value, label, _groups(rest, inside, cells, figures, f"{own}_", depth + 1), inside, depth)
        )
    return groups


def _rank(figure: Any) -> tuple[bool, Any]:
    return (False, 0) if figure is None else (True, figure)


def _grouped(
    grouping: Grouping, records: list[Record], cells: Cells
) -> Iterator[tuple[Record, Any, tuple[bool, Any], str]]:
    """(record, the group's value, what sorts it, its label)."""
    read, column = cells.reader(grouping.token), cells.column(grouping.token)
    for record in records:
        cell = read(record)
        if cell.value is None:
            yield record, None, (False, 0), BLANK
        elif column is not None and column.dated:
            period = period_of(grouping.granularity, cells.moment.day_of(cell.value))
            yield record, period.value, (True, period.value), period.label
        else:
            label = str(cell.value) if column is None else cells.shown(column, cell.value)
            yield record, cell.value, (True, cell.order), label


def _walk(groups: list[Group]) -> Iterator[Group]:
    for group in groups:
        yield group
        yield from _walk(group.groups)


def _crossings(outcome: Outcome, figures: Figures) -> Iterator[Crossing]:
    """Every row group with every column group, empty ones included; `T!T` is the whole report. [docs] fact map"""
    whole = Group("T", None, "", outcome.down, outcome.records, 0)
    columns = [Group("T", None, "", outcome.across, outcome.records, 0), *_walk(outcome.across)]
    members = [{id(record) for record in column.records} for column in columns]
    for row in (whole, *_walk(outcome.down)):
        for column, inside in zip(columns, members, strict=True):
            records = row.records if column.key == "T" else [one for one in row.records if id(one) in inside]
            leaf = not row.groups and not column.groups
            yield Crossing(f"{row.key}!{column.key}", figures.of(records, row.depth, column.depth), records, leaf)
