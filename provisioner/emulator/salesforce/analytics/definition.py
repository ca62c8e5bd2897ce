"""A report as data: read from its file, which has been checked before (`report_check`). [wsdl] Report"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from lxml import etree

from provisioner.emulator.salesforce import xml

MOST_FILTERS = 20  # of a report
NUMBERS = ("Metric", "Gauge")
CHARTS = (
    "Bar", "BarGrouped", "BarStacked", "BarStacked100", "Column", "ColumnGrouped", "ColumnStacked", "ColumnStacked100",
    "Line", "LineGrouped", "LineCumulative", "Pie", "Donut", "Funnel",
)  # fmt: skip
ROW_COUNT = "RowCount"
LETTERS = {"Sum": "s", "Average": "a", "Maximum": "x", "Minimum": "m", "Unique": "u"}
"""Kind of summary → its letter in the Analytics API. [docs]"""


@dataclass(frozen=True)
class Aggregate:
    """One summarised column, e.g. the average of a token."""

    token: str
    kind: str

    @property
    def key(self) -> str:
        """`a!Lead.Minutes__c`, as the Analytics API names it. [docs]"""
        return summary_key(self.token, self.kind)


@dataclass(frozen=True)
class Grouping:
    """`sort_key`: the summary that orders the groups (`s!X`, `RowCount`, `FORMULA1`); None: the group's own value."""

    token: str
    granularity: str
    descending: bool = False
    sort_key: str | None = None


@dataclass(frozen=True)
class Filter:
    """`value` is the file's text; with `to_column` it is another column's token."""

    token: str
    operator: str
    value: str
    to_column: bool = False


@dataclass(frozen=True)
class DateFilter:
    """The standard date filter; `start` and `end` (both included) only for a custom interval, None is open."""

    token: str
    interval: str
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class SummaryFormula:
    """A custom summary formula; `down` and `across` are the grouping levels it is shown at (None: all)."""

    name: str
    label: str
    expression: str
    datatype: str
    scale: int
    active: bool = True
    down: str | None = None
    across: str | None = None


@dataclass(frozen=True)
class BucketValue:
    """One bucket: listed texts, or numbers above `low` up to and including `high`. [docs]"""

    label: str
    sources: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Bucket:
    """A bucket field: named by its `token` wherever a column may be named."""

    token: str
    label: str
    kind: str
    source: str
    values: tuple[BucketValue, ...]
    other: str | None = None
    null_as_zero: bool = False


@dataclass(frozen=True)
class Chart:
    kind: str
    groupings: tuple[str, ...]
    summaries: tuple[str, ...]
    title: str | None
    has_legend: bool
    shows_values: bool


@dataclass(frozen=True)
class Report:
    """Everything a run needs. `format` is Tabular, Summary or Matrix; `columns` are tokens."""

    id: str
    name: str
    developer_name: str
    folder: str
    type_name: str
    format: str
    columns: tuple[str, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    formulas: tuple[SummaryFormula, ...] = ()
    down: tuple[Grouping, ...] = ()
    across: tuple[Grouping, ...] = ()
    filters: tuple[Filter, ...] = ()
    boolean_filter: str | None = None
    dates: DateFilter | None = None
    scope: str | None = None
    description: str | None = None
    buckets: tuple[Bucket, ...] = ()
    chart: Chart | None = None
    row_limit: int | None = None
    sort_token: str | None = None
    sort_descending: bool = False
    shows_details: bool = True
    shows_subtotals: bool = True
    shows_grand_total: bool = True

    @property
    def keys(self) -> tuple[str, ...]:
        """The summaries of every fact, in order: columns, active formulas, the record count."""
        active = (one.name for one in self.formulas if one.active)
        return (*(one.key for one in self.aggregates), *active, ROW_COUNT)


def summary_key(token: str, kind: str) -> str:
    """The Analytics API's name of a summary; columns of custom types have a dot there. [community]"""
    return f"{LETTERS[kind]}!{token.replace('$', '.')}"


def read_report(root: etree._Element, full_name: str, report_id: str) -> Report:
    """The report in a checked file; `full_name` is `Folder/Name`."""
    folder, _, name = full_name.partition("/")
    limit = xml.text(root, "rowLimit")
    return Report(
        id=report_id, name=str(xml.text(root, "name")), developer_name=name, folder=folder,
        type_name=str(xml.text(root, "reportType")), format=str(xml.text(root, "format")),
        columns=tuple(str(xml.text(one, "field")) for one in xml.kids(root, "columns")),
        aggregates=tuple(aggregates_of(root)),
        formulas=tuple(_formula(one) for one in xml.kids(root, "aggregates")),
        down=tuple(_grouping(one) for one in xml.kids(root, "groupingsDown")),
        across=tuple(_grouping(one) for one in xml.kids(root, "groupingsAcross")),
        filters=tuple(_filters(root)), boolean_filter=xml.text(root, "filter/booleanFilter"),
        dates=_dates(xml.kid(root, "timeFrameFilter")), scope=xml.text(root, "scope"),
        description=xml.text(root, "description"),
        buckets=tuple(_bucket(one) for one in xml.kids(root, "buckets")), chart=_chart(xml.kid(root, "chart")),
        row_limit=None if limit is None else int(limit), sort_token=xml.text(root, "sortColumn"),
        sort_descending=xml.text(root, "sortOrder") == "Desc", shows_details=xml.flag(root, "showDetails", True),
        shows_subtotals=xml.flag(root, "showSubTotals", True),
        shows_grand_total=xml.flag(root, "showGrandTotal", True),
    )  # fmt: skip


def aggregates_of(root: etree._Element) -> Iterator[Aggregate]:
    """The summarised columns of a file; None and Noop say that there is no summary."""
    for column in xml.kids(root, "columns"):
        for kind in xml.kids(column, "aggregateTypes"):
            if xml.own_text(kind) in LETTERS:
                yield Aggregate(str(xml.text(column, "field")), xml.own_text(kind))


def sort_key_of(node: etree._Element) -> str | None:
    """The summary that orders a grouping. [docs] ReportGrouping"""
    kind, name = xml.text(node, "aggregateType"), xml.text(node, "sortByName")
    match xml.text(node, "sortType"):
        case "Aggregate":
            return ROW_COUNT if kind == ROW_COUNT else summary_key(str(name), str(kind))
        case "CustomSummaryFormula":
            return name
    return None


def _grouping(node: etree._Element) -> Grouping:
    granularity = xml.text(node, "dateGranularity") or "None"
    return Grouping(str(xml.text(node, "field")), granularity, xml.text(node, "sortOrder") == "Desc", sort_key_of(node))


def _filters(root: etree._Element) -> Iterator[Filter]:
    holder = xml.kid(root, "filter")
    for node in [] if holder is None else xml.kids(holder, "criteriaItems"):
        yield Filter(
            str(xml.text(node, "column")), str(xml.text(node, "operator")), xml.text(node, "value") or "",
            xml.flag(node, "columnToColumn"),
        )  # fmt: skip


def _dates(node: etree._Element | None) -> DateFilter | None:
    if node is None:
        return None
    start, end = xml.text(node, "startDate"), xml.text(node, "endDate")
    return DateFilter(
        str(xml.text(node, "dateColumn")), str(xml.text(node, "interval")),
        date.fromisoformat(start[:10]) if start else None, date.fromisoformat(end[:10]) if end else None,
    )  # fmt: skip


def _formula(node: etree._Element) -> SummaryFormula:
    return SummaryFormula(
        str(xml.text(node, "developerName")), str(xml.text(node, "masterLabel")),
        str(xml.text(node, "calculatedFormula")), str(xml.text(node, "datatype")), int(xml.text(node, "scale") or 0),
        xml.flag(node, "isActive"), xml.text(node, "downGroupingContext"), xml.text(node, "acrossGroupingContext"),
    )  # fmt: skip


def _bucket(node: etree._Element) -> Bucket:
    values = []
    for value in xml.kids(node, "values"):
        sources = xml.kids(value, "sourceValues")
        texts = tuple(text for one in sources if (text := xml.text(one, "sourceValue")) is not None)
        lows = [float(text) for one in sources if (text := xml.text(one, "from")) is not None]
        highs = [float(text) for one in sources if (text := xml.text(one, "to")) is not None]
        values.append(
            BucketValue(str(xml.text(value, "value")), texts, lows[0] if lows else None, highs[0] if highs else None)
        )
    return Bucket(
        str(xml.text(node, "developerName")), str(xml.text(node, "masterLabel")), str(xml.text(node, "bucketType")),
        str(xml.text(node, "sourceColumnName")), tuple(values),
        (xml.text(node, "otherBucketLabel") or "Other") if xml.flag(node, "useOther") else None,
        xml.text(node, "nullTreatment") == "z",
    )  # fmt: skip


def _chart(node: etree._Element | None) -> Chart | None:
    if node is None:
        return None
    groupings = (xml.text(node, name) for name in ("groupingColumn", "secondaryGroupingColumn"))
    return Chart(
        str(xml.text(node, "chartType")), tuple(one for one in groupings if one),
        tuple(chart_key(one) for one in xml.kids(node, "chartSummaries")), xml.text(node, "title"),
        xml.text(node, "legendPosition") is not None, xml.flag(node, "showValues"),
    )  # fmt: skip


def chart_key(node: etree._Element) -> str:
    """The summary that a chart or a dashboard component shows: a formula, the record count, or a column's."""
    kind, column = xml.text(node, "aggregate"), str(xml.text(node, "column"))
    return summary_key(column, kind) if kind in LETTERS else column


def components_of(root: etree._Element) -> Iterator[etree._Element]:
    """Every component in order: those of the grid, else those of the three sections."""
    for cell in root.iter(f"{{{xml.NS}}}dashboardGridComponents"):
        yield from xml.kids(cell, "dashboardComponent")
    for name in ("leftSection", "middleSection", "rightSection"):
        for section in xml.kids(root, name):
            yield from xml.kids(section, "components")
