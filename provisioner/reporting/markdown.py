"""A plan as a pull-request comment: risky first, details folded, never longer than the place allows.

Nothing that comes from a document or a CRM is ever read as Markdown or HTML: it stands in code (spans, fenced blocks,
or `<code>` with everything escaped), where mentions, links and references to issues are plain text too.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provisioner.planning.guards import describe_org
from provisioner.planning.plan import Action
from provisioner.reporting.differences import shown
from provisioner.reporting.report import (
    IN_SIGHT,
    Group,
    Item,
    PlanReport,
    Step,
    blocks,
    moment_text,
    risk_title,
    undone_text,
)
from provisioner.reporting.text import count_text, safe

MARK = "<!-- provisioner plan -->"
LIMIT = 65_536
"""What a comment on GitHub may have: 65,536 characters, counted here as bytes of UTF-8, so that no way of counting is
stricter. Inferred from the API's answer "body is too long (maximum is 65536 characters)"."""

_TAIL = 1_500  # kept free for what is said about the rest
_LONG = 200  # characters of a name or a value; the plan file has the whole
_ROWS = 20  # attributes of one change
_FEW = 3  # so many creations need no folding
_LISTED = 15  # entries of conflicts, notices and the like


@dataclass(slots=True)
class _Page:
    """Lines, as long as they fit."""

    room: int
    lines: list[str] = field(default_factory=list)

    def add(self, *lines: str) -> bool:
        """All of them or, when there is no room, none."""
        size = sum(len(line.encode("utf-8", "backslashreplace")) + 1 for line in lines)
        if size > self.room:
            return False
        self.room -= size
        self.lines += lines
        return True

    def close(self, *lines: str) -> None:
        """What must not be missing; the room for it is in `_TAIL`."""
        self.lines += lines


def plan_markdown(report: PlanReport, *, whole: str = "", limit: int = LIMIT) -> str:
    """At most `limit` bytes. `whole` is the command that shows what was left out."""
    page = _Page(limit - _TAIL)
    page.add(MARK, *_head(report))
    left = [line for block in blocks(report) for line in _listed(page, *block)]
    left += [line for group in report.groups for line in _group(page, group)]
    left += _steps(page, report.steps)
    page.room += _TAIL
    if left:
        page.add("", "**Not everything fits here.** Left out:", "", *left)
        if whole:
            page.add("", f"The whole plan: {code(whole)}")
    page.add(*_foot(report))
    return "\n".join(page.lines) + "\n"


# ---------------------------------------------------------------- what is safe


def code(text: object, limit: int = _LONG) -> str:
    """A code span that shows exactly `text`, whatever is in it."""
    said = _short(safe(text), limit)
    if not said.strip(" "):
        return "`(blank)`"
    fence = "`" * (_longest(said) + 1)
    padded = f" {said} " if said[0] in "` " or said[-1] in "` " else said
    return f"{fence}{padded}{fence}"


def _marked(text: object, limit: int = _LONG) -> str:
    """The same as HTML, for a line that is HTML already."""
    return f"<code>{html.escape(_short(safe(text), limit))}</code>"


def _fenced(lines: Sequence[str]) -> list[str]:
    """Each line begins with a sign of ours, so none can end the block."""
    return ["```diff", *lines, "```"]


def _longest(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


# --------------------------------------------------------------------- parts


def org_code(org: Mapping[str, Any]) -> str:
    """As `describe_org`, name and id each in code."""
    name = str(org["name"])
    return code(name) if describe_org(org) == name else f"{code(name)} ({code(org['id'])})"


def _head(report: PlanReport) -> Iterator[str]:
    org = report.org
    kind = "**PRODUCTION**" if org["is_production"] else "not production"
    yield f"### {_headline(report)}"
    yield ""
    yield f"Org {org_code(org)}, {kind}, design {code(report.design)}."
    if report.goes_live:
        yield from ("", "**This plan switches alerts to their real recipients.**")
    if report.undone:
        yield from ("", f"**{undone_text(report)}**")
    if report.limited:
        yield from ("", f"**Not the whole plan:** {code(report.limited, 400)}")


def _headline(report: PlanReport) -> str:
    """Counts are ours; where names are in it, they go into the line below."""
    if report.items or report.steps:
        return report.headline
    return "Nothing can be changed." if report.conflicts or report.unread else "No changes."


def _listed(page: _Page, title: str, found: Sequence[str]) -> Iterable[str]:
    if not found:
        return []
    if not page.add("", f"**{title}**", ""):
        return [f"- {title}: {len(found)}"]
    fitting = 0
    for text in found[:_LISTED]:
        if not page.add(f"- {code(text, 400)}"):
            break
        fitting += 1
    return [f"- {title}: {len(found) - fitting} more"] if fitting < len(found) else []


def _group(page: _Page, group: Group) -> Iterable[str]:
    """Adds what fits; returns what has to be said about the rest. Risky ones are in sight, the others folded."""
    title = f"{risk_title(group.risk)}: {len(group.items)}"
    folded = group.risk not in IN_SIGHT and len(group.items) > _FEW
    if not page.add("", f"<details><summary>{title}</summary>" if folded else f"**{title}**", ""):
        return [f"- {title}"]
    left = 0
    for item in group.items:
        fits = not left and (page.add(*_item(item)) or page.add(_line(item)))
        left += not fits
    if folded:
        page.close("", "</details>")
    return [f"- {risk_title(group.risk)}: {left} more"] if left else []


def _line(item: Item) -> str:
    was = f"{code(item.was)} → " if item.was else ""
    return f"- {item.action} {was}{code(item.address)} ({_reason(item)})"


def _reason(item: Item) -> str:
    """The cause is ours; who and when are the CRM's."""
    who = item.who
    return f"{item.change.cause} {code(who)}" if who else str(item.change.cause)


def _item(item: Item) -> Iterator[str]:
    if item.change.action is not Action.UPDATE or not item.rows:
        yield _line(item)
        return
    who = f" {_marked(item.who)}" if item.who else ""
    was = f"{_marked(item.was)} → " if item.was else ""
    yield f"<details><summary>{item.action} {was}{_marked(item.address)} ({item.change.cause}{who})</summary>"
    yield ""
    yield from _fenced(list(_rows(item)))
    yield from ("", "</details>", "")


def _rows(item: Item) -> Iterator[str]:
    for difference in item.rows[:_ROWS]:
        row = shown(difference, _LONG)
        path = _short(row.path, _LONG)
        if row.old is not None:
            yield f"- {path}: {row.old}"
        if row.new is not None:
            yield f"+ {path}: {row.new}"
    if len(item.rows) > _ROWS:
        yield f"# and {count_text(len(item.rows) - _ROWS, 'more difference')}"


def _steps(page: _Page, steps: Sequence[Step]) -> Iterable[str]:
    if not steps:
        return []
    title = f"By hand: {count_text(len(steps), 'step')}"
    if not page.add("", f"**{title}**", ""):
        return [f"- {title}"]
    left = 0
    for step in steps:
        left += bool(left) or not page.add(*_step(step))
    return [f"- By hand: {count_text(left, 'step')} more"] if left else []


def _step(step: Step) -> Iterator[str]:
    yield f"<details><summary>{_marked(step.name)} {_marked(step.title)}</summary>"
    yield ""
    for text in (step.opened, step.why, step.link):
        if text:
            yield from (code(text, 400), "")
    for number, click in enumerate(step.clicks[:_ROWS], 1):
        yield f"{number}. {code(click, 400)}"
    yield from ("", "</details>", "")


def _foot(report: PlanReport) -> Iterator[str]:
    if report.next is not None:
        yield from (
            "",
            f"{report.next.words}: {code(report.next.command, 400)}" if report.next.command else str(report.next),
        )
    said = f"Made {code(moment_text(report.created_at))}, valid until {code(moment_text(report.expires_at))}"
    digest = f", digest {code(report.digest)}" if report.digest else ""
    yield from ("", f"{said}{digest}.")
