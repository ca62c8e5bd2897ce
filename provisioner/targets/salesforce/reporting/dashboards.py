"""What a dashboard shows: a tile per report, gauges first. One dashboard is about all leads, others about some types.

Nobody's name is in it: it runs as whoever deployed it, because dashboards that run as the viewer are few per edition
([docs] reference/salesforce.md 7.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from provisioner.model.design import Design, ReportDashboard
from provisioner.targets.salesforce.names import Names
from provisioner.targets.salesforce.reporting import fields
from provisioner.targets.salesforce.reporting.reports import AVERAGE, SUM, Report, narrowed, reports

GREEN, YELLOW, RED = "#54C254", "#C2C254", "#C25454"
TITLE_MOST = 40  # characters. [docs] 7.5
FUNNEL_MOST = 4  # stages with a tile of their own: 20 tiles are the most. [community] 7.5
_PER_ROW = 3


@dataclass(frozen=True, slots=True)
class Gauge:
    """Where a value turns from one colour into the next, and where the scale ends; it begins at 0."""

    first: Decimal
    second: Decimal
    end: Decimal
    colours: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Tile:
    """`kind` as the vendor calls it; `column` is what it shows, summed up by `summary` (empty for formulas and rows);
    `grouping` is empty for a single figure."""

    kind: str
    header: str
    report: Report
    column: str = "RowCount"
    summary: str = ""
    grouping: str = ""
    gauge: Gauge | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """`reports`: those that are there for this dashboard only."""

    name: str
    title: str
    about: str
    tiles: tuple[Tile, ...]
    reports: tuple[Report, ...] = ()


def boards(design: Design) -> Iterator[Board]:
    """The dashboard about all leads where it is wanted, and one per entry of `reports.dashboards`."""
    asked = design.reports
    if asked is None:
        return
    found = reports(design)
    if asked.dashboard and found:
        tiles = tuple(_tiles(design, found))
        yield Board("Speed_To_Lead", asked.folder[:TITLE_MOST].strip(), "Speed to lead of all leads.", tiles)
    for one in asked.dashboards if found else ():
        yield _about(design, one, found)


def _about(design: Design, one: ReportDashboard, found: Mapping[str, Report]) -> Board:
    names = Names(design.target.prefix)
    mine = {word: narrowed(report, one, names) for word, report in found.items()}
    about = f"Speed to lead of {len(one.lead_types)} of {len(design.lead_types)} lead types."
    tiles = tuple(_tiles(design, mine))
    return Board(f"Speed_To_Lead_{one.id}", one.label[:TITLE_MOST].strip(), about, tiles, tuple(mine.values()))


def rows(tiles: tuple[Tile, ...]) -> Iterator[tuple[int, int, Tile]]:
    """(row, place in it, tile), three in a row."""
    for place, tile in enumerate(tiles):
        yield place // _PER_ROW, place % _PER_ROW, tile


def _tiles(design: Design, found: Mapping[str, Report]) -> Iterator[Tile]:
    yield from _figures(design, found)
    for word, report in found.items():
        yield from _charts(design, word, report)


def _figures(design: Design, found: Mapping[str, Report]) -> Iterator[Tile]:
    """What is one number."""
    targets, names = design.targets, Names(design.target.prefix)
    compliance = next((report for word, report in found.items() if word.startswith(fields.COMPLIANCE)), None)
    if compliance is not None:
        share = targets.compliance if targets is not None else None
        gauge = Gauge(share.red, share.good, Decimal(100), (RED, YELLOW, GREEN)) if share is not None else None
        header = "Compliance: % of judged leads touched in time"
        yield Tile("Gauge" if gauge else "Metric", header, compliance, "FORMULA1", gauge=gauge)
    if "delay_split" in found and targets is not None and targets.systems_delay is not None:
        delay = targets.systems_delay
        first, second, end = (Decimal(item.minutes) for item in (delay.good, delay.red, delay.critical))
        header, column = "Systems delay only: average minutes to assignment", names.field("Systems_Delay_Minutes")
        gauge = Gauge(first, second, end, (GREEN, YELLOW, RED))
        yield Tile("Gauge", header, found["delay_split"], f"Lead.{column}", AVERAGE, gauge=gauge)
    if "breaches_today" in found:
        yield Tile("Metric", "SLAs missed today", found["breaches_today"])
    if "conversion_funnel" in found:
        for stage in fields.funnel(design)[:FUNNEL_MOST]:
            column = f"Lead.{names.field(fields.reached(stage))}"
            header = f"Leads that came as far as {stage.id.replace('_', ' ')}"
            yield Tile("Metric", header, found["conversion_funnel"], column, SUM)


def _charts(design: Design, word: str, report: Report) -> Iterator[Tile]:
    """What is compared: by the first grouping of the report."""
    names = Names(design.target.prefix)
    group = report.groupings[0].field
    if word.startswith(fields.COMPLIANCE):
        by = word.removeprefix(fields.COMPLIANCE)
        yield Tile("Line" if by == "week" else "Bar", f"Compliance % by {by}", report, "FORMULA1", grouping=group)
        return
    averages = {
        "trend": (("Line", "Speed to lead, both delays together: average minutes", "Speed_To_Lead_Minutes"),),
        "delay_split": (
            ("Bar", "Systems delay: average minutes from engagement to assignment", "Systems_Delay_Minutes"),
            ("Bar", "Human delay: average minutes from assignment to first touch", "Human_Delay_Minutes"),
        ),
        "aging_open_clocks": (("Bar", "Open clocks: average age in minutes", fields.AGE),),
        "rep_scores": (("Bar", "Response score: average points by rep", fields.SCORE),),
    }
    counts = {"rejection_reasons": "Rejected leads by reason", "leakage": "Leaking leads"}
    for kind, header, field in averages.get(word, ()):
        yield Tile(kind, header, report, f"Lead.{names.field(field)}", AVERAGE, group)
    if word in counts:
        yield Tile("Donut", counts[word], report, grouping=group)
