"""A plan as one HTML page that needs nothing else: no script, no request; the template engine escapes every value."""

from __future__ import annotations

import base64
import functools
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner import assets
from provisioner.reporting.differences import Shown, shown
from provisioner.reporting.report import (
    IN_SIGHT,
    Group,
    Item,
    PlanReport,
    blocks,
    moment_text,
    risk_title,
    undone_text,
)
from provisioner.reporting.text import safe

if TYPE_CHECKING:
    from jinja2 import Template

MARK = "<!doctype html>\n<!-- provisioner plan -->"
_LONG = 2_000  # characters per side of a difference; the plan file has the whole
_ROWS = 60  # attributes of one change
_ALL_ROWS = 30_000  # on the page: beyond, a browser has too much to hold
_OPEN = 12  # so many risky changes are unfolded from the start


@dataclass(frozen=True, slots=True)
class _Entry:
    """A change as the page shows it; `left`: how many of its attributes it does not show."""

    symbol: str
    action: str
    address: str
    was: str
    reason: str
    rows: tuple[Shown, ...]
    left: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class _Section:
    id: str
    title: str
    items: tuple[_Entry, ...]


def plan_page(report: PlanReport) -> str:
    """The page, with its style inside. What does not fit is counted, and said to be in the plan file."""
    style = assets.read_text("templates", "reports", "plan.css")
    room = _ALL_ROWS
    sections = []
    for group in report.groups:
        section, room = _section(group, room)
        sections.append(section)
    return _template().render(
        report=report,
        groups=sections,
        undone=undone_text(report),
        blocks=blocks(report),
        style=_trusted(style),
        style_hash=_hash(style),
    )


def _section(group: Group, room: int) -> tuple[_Section, int]:
    entries = []
    opened = group.risk in IN_SIGHT and len(group.items) <= _OPEN
    for item in group.items:
        entry = _entry(item, min(_ROWS, room), opened)
        room -= len(entry.rows)
        entries.append(entry)
    return _Section(group.risk.name.lower(), risk_title(group.risk), tuple(entries)), room


def _entry(item: Item, room: int, opened: bool) -> _Entry:
    rows = tuple(shown(difference, _LONG) for difference in item.rows[:room])
    is_open = opened and bool(rows)
    return _Entry(
        item.symbol, item.action, item.address, item.was, item.reason, rows, len(item.rows) - len(rows), is_open
    )


@functools.cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined  # only a command that makes a page pays for it

    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    environment.filters.update(shown=safe, moment=moment_text)
    return environment.from_string(assets.read_text("templates", "reports", "plan.html.j2"))


def _trusted(style: str) -> str:
    from markupsafe import Markup

    return Markup(style)  # noqa: S704 (our own file, without a value in it)


def _hash(style: str) -> str:
    """The page's policy allows exactly this style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
