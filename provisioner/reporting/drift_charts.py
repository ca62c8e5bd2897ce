"""What the charts of a drift page show, as coordinates; the page draws them."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.facts import Period
from provisioner.insight.drift import Report
from provisioner.reporting.drift_text import share_text

_BARS = 15
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 320, 150, 34, 12, 24
"""Of the weeks' chart, in units of its view box."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One value: `width` is 0..100, in per cent of the longest."""

    label: str
    leads: int
    width: float
    lead_type: str
    mapped: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One week. `top` and `height` are of the share of misses; `dot` is where its systems delay lies (None: not
    known)."""

    x: float
    width: float
    top: float
    height: float
    label: str
    share: str
    verdicts: int
    delay: str
    dot: tuple[float, float] | None
    running: bool


@dataclass(frozen=True, slots=True)
class Weeks:
    columns: tuple[Column, ...]
    line: str  # points of the systems delay
    most_delay: float  # minutes at the top of the chart


def bars(report: Report) -> tuple[tuple[Bar, ...], int]:
    """The values with most leads, of the first field; and how many values are not shown."""
    rows = [row for row in report.values if row.leads and row.field == report.values[0].field]
    most = max((row.leads for row in rows), default=1)
    shown = tuple(
        Bar(
            row.value if row.value is not None else "(blank)",
            row.leads,
            round(100 * row.leads / most, 2),
            report.type_names.get(row.lead_type or "", row.lead_type or "no lead type"),
            row.mapped,
        )
        for row in rows[:_BARS]
    )
    return shown, len(rows) - len(shown)


def weeks(report: Report) -> Weeks | None:
    """None when no week has a verdict."""
    periods = [period for period in report.periods if period.clocks or period.hits or period.misses]
    if not periods:
        return None
    most = max((period.systems_delay or 0.0 for period in periods), default=0.0) or 1.0
    step = (WIDTH - LEFT - 6) / len(periods)
    columns = tuple(_column(report, period, LEFT + index * step, step, most) for index, period in enumerate(periods))
    line = " ".join(f"{column.dot[0]:g},{column.dot[1]:g}" for column in columns if column.dot)
    return Weeks(columns, line, round(most, 1))


def _column(report: Report, period: Period, x: float, step: float, most: float) -> Column:
    judged = period.hits + period.misses
    share = period.misses / judged if judged else 0.0
    room = HEIGHT - TOP - BOTTOM
    height = round(share * room, 2)
    dot = None
    if period.systems_delay is not None:
        level = max(0.0, period.systems_delay) / most
        dot = (round(x + step / 2, 2), round(HEIGHT - BOTTOM - level * room, 2))
    return Column(
        x=round(x + step * 0.15, 2),
        width=round(step * 0.7, 2),
        top=round(HEIGHT - BOTTOM - height, 2),
        height=height,
        label=f"{period.start:%m-%d}",
        share=share_text(share) if judged else "no verdicts",
        verdicts=judged,
        delay="not known" if period.systems_delay is None else f"{period.systems_delay:.1f}",
        dot=dot,
        running=period.end > report.scope.now.date(),
    )
