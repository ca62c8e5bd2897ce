"""The plan of a backfill as finished paper: which columns of which leads get which values, for one org and one design.

A file of it is valid for 24 hours, like any plan; its digest is over everything else in it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from provisioner.applying.backup import write_file
from provisioner.errors import Refused, UsageError
from provisioner.past import REASONS, PastLead, Reason, Row, Told
from provisioner.planning.planfile import LIFETIME, instant
from provisioner.resources import fingerprint

FORMAT = "backfill/1"
SAMPLE = 10
UNTOUCHED, NO_PROMISE = "untouched", "touched, no SLA"


@dataclass(frozen=True, slots=True)
class FillPlan:
    """`counts`: (lead type, verdict) → leads, where leads without a finished clock stand under `untouched` and
    `touched, no SLA`. `left`: reason → leads that are left as they are. `since`, `until`: UTC ISO, empty = no end."""

    design: str
    design_digest: str
    design_file: str
    prefix: str
    tool: str
    org: Mapping[str, Any]
    connection: str
    created_at: str
    since: str
    until: str
    rows: tuple[Row, ...]
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    left: Mapping[Reason, int] = field(default_factory=dict)
    notices: tuple[str, ...] = ()

    @property
    def sample(self) -> tuple[Row, ...]:
        """Ten rows, spread evenly over all of them."""
        count = min(SAMPLE, len(self.rows))
        return tuple(self.rows[place * len(self.rows) // count] for place in range(count))


@dataclass(slots=True)
class Gathering:
    """Rows and counts while the leads are walked."""

    rows: list[Row] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    left: Counter[Reason] = field(default_factory=Counter)

    def take(self, lead: PastLead, told: Told, columns: Mapping[str, str]) -> None:
        before = {name: lead.recorded.get(name, "") for name in columns}
        self.rows.append(Row(lead.id, lead.version, before, dict(columns)))
        self.counts[group_of(told)] += 1


def group_of(told: Told) -> tuple[str, str]:
    """Lead type and verdict; what is known of a lead without a finished clock, and nothing."""
    if told.clock is not None:
        return told.clock.lead_type, told.verdict or ""
    return (UNTOUCHED, "") if told.first_touch_at is None else (NO_PROMISE, "")


def digest(plan: FillPlan) -> str:
    """`sha256:…` over the content."""
    return "sha256:" + fingerprint(_content(plan))


def write(plan: FillPlan, path: Path) -> None:
    """UsageError when something is there already, JournalError when it cannot be written."""
    if path.exists():
        raise UsageError(f"{path} is there already. It was not overwritten.", advice="Give --out a new name.")
    write_file(path, (json.dumps({**_content(plan), "digest": digest(plan)}) + "\n").encode("ascii"))


def read(path: Path, *, tool: str, now: datetime) -> FillPlan:
    """The plan, if it is still what was written and not too old. Refused otherwise; UsageError: it is no such plan."""
    try:
        data = json.loads(path.read_bytes())
        kept = data.pop("digest")
        plan = _plan(data)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _no_plan(path) from error
    again = "Make a new one: provisioner backfill DESIGN -c NAME --out FILE"
    if data.get("format") != FORMAT:
        raise _no_plan(path)
    if kept != digest(plan):
        raise Refused(f"{path} is not what was written: its digest does not fit its content.", advice=again)
    if plan.tool.partition(".")[0] != tool.partition(".")[0]:
        raise Refused(f"{path} was made by version {plan.tool}; this is {tool}.", advice=again)
    until = datetime.fromisoformat(plan.created_at) + LIFETIME
    if until - now > LIFETIME + timedelta(minutes=10):
        raise Refused(
            f"{path} says that it was made at {plan.created_at}, and it is {instant(now)} here: it was edited, or "
            "one of the clocks is wrong.",
            advice=again,
        )
    if now >= until:
        raise Refused(f"{path} has expired: it was valid until {instant(until)}.", advice=again)
    return plan


def looks_like_one(path: Path) -> bool:
    """Whether the file is meant to be such a plan rather than a design: JSON text begins with a brace."""
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip()[:1] == b"{"
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error


def _no_plan(path: Path) -> UsageError:
    return UsageError(f"{path} is not the plan of a backfill.", advice="Make one with --out FILE.")


def _content(plan: FillPlan) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "design": plan.design,
        "design_digest": plan.design_digest,
        "design_file": plan.design_file,
        "prefix": plan.prefix,
        "tool": plan.tool,
        "org": dict(plan.org),
        "connection": plan.connection,
        "created_at": plan.created_at,
        "since": plan.since,
        "until": plan.until,
        "rows": [[row.id, row.version, dict(row.before), dict(row.after)] for row in plan.rows],
        "counts": [[*key, count] for key, count in sorted(plan.counts.items())],
        "left": dict(sorted(plan.left.items())),
        "notices": list(plan.notices),
    }


def _plan(data: Mapping[str, Any]) -> FillPlan:
    texts = ("design", "design_digest", "design_file", "prefix", "tool", "connection", "created_at", "since", "until")
    if not all(isinstance(data[name], str) for name in texts) or not isinstance(data["org"], Mapping):
        raise ValueError("not the shape of a plan")
    datetime.fromisoformat(data["created_at"])
    return FillPlan(
        **{name: data[name] for name in texts},
        org=data["org"],
        rows=tuple(_rows(data["rows"])),
        counts={(str(lead_type), str(verdict)): int(count) for lead_type, verdict, count in data["counts"]},
        left={reason: int(data["left"][reason]) for reason in REASONS if reason in data["left"]},
        notices=tuple(str(text) for text in data["notices"]),
    )


def _rows(found: Iterable[Any]) -> Iterable[Row]:
    for id, version, before, after in found:
        if not isinstance(id, str) or not isinstance(version, str):
            raise TypeError("a row begins with two texts")
        sides = (before, after)
        if not all(isinstance(text, str) for side in sides for pair in side.items() for text in pair):
            raise TypeError("columns and values are texts")
        yield Row(id, version, before, after)
