"""The story of the demo, told while it happens. Every figure in it is read back from the pretend org."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from provisioner.applying.apply import Applied, apply
from provisioner.cli import road
from provisioner.cli.console import Console
from provisioner.cli.demonstration.crm import Crm
from provisioner.cli.demonstration.leads import EVENING, MONDAY, NEW_SOURCE, PEOPLE, ZONE, later_leads, leads
from provisioner.cli.demonstration.surprise import audited, kept, lines
from provisioner.connections import Connection
from provisioner.errors import ProvisionerError
from provisioner.model.design import Design
from provisioner.planning import planfile
from provisioner.planning.plan import Plan
from provisioner.reporting.plans import by_kind, summary
from provisioner.reporting.text import count_text, duration_text, safe
from provisioner.targets.base import Ticking

_SHOWN_ALERTS = 8  # moments


@dataclass(frozen=True, slots=True)
class Told:
    """What the story came to; also the JSON answer of the demo."""

    plan: dict[str, int]
    leads: int
    alerts: int
    results: dict[str, dict[str, int]]
    second_plan_is_empty: bool
    findings: list[str]  # codes, worst first
    page: str  # the audit's report, a file


class Story:
    """One run. `console` speaks; chapters are numbered and timed."""

    def __init__(self, console: Console, design_file: Path, crm: Crm, connection: Connection) -> None:
        self._console = console
        self._file = design_file
        self._crm = crm
        self._connection = connection
        self._chapter = 0

    def tell(self) -> Told:
        with self._titled("The design"):
            prepared = road.prepare(self._file, self._console, today=MONDAY.date())
            self._describe(prepared)
        week, day = leads()
        with self._titled("The org, before"):
            self._crm.settle()
            self._crm.week_before(week)
            reached = road.reach(prepared.target, self._connection, self._console)
            self._say(
                f"{safe(reached.org['name'])} ({safe(reached.org['id'])}), a sandbox on this machine: "
                f"{len(PEOPLE)} people, {len(week)} leads last week.",
                "How many of them were touched in time? Nobody knows: nothing measures it.",
            )
        with self._titled("The plan"):
            plan = road.draft(prepared, reached, self._console, design_file=self._file.name)
            self._say(summary(plan), f"In detail: {by_kind(plan)}.")
        with self._titled("Apply"):
            applied = self._apply(plan, reached, prepared)
            self._say(f"{count_text(len(applied.written), 'change')} {self._crm.deployed}, read back: all as planned.")
            self._by_hand(plan, reached, prepared)
        with self._titled("Monday, 2 March 2026, 08:00 to 18:30 in New York, on a virtual clock"):
            self._crm.monday(day)
            alerts = self._crm.sent()
            self._alerts(alerts, prepared.design, len(day))
        with self._titled("The evening"):
            results = self._results(prepared.design)
        with self._titled("Plan again"):
            again = road.draft(prepared, reached, self._console, design_file=self._file.name)
            self._say(summary(again))
        with self._titled(f"The day after: marketing starts “{NEW_SOURCE}”, and tells nobody"):
            after = later_leads()
            self._crm.surprise(NEW_SOURCE, after)
            self._say(f"{len(after)} leads arrive with it. No rule of the design knows it.")
        with self._titled("The audit"):
            report = audited(prepared, self._connection, self._console, after[-1].at + timedelta(hours=9))
            self._say(*lines(report))
            page = kept(report)
            self._say(f"As a page: {page}")
        summary_of_plan = planfile.to_data(plan)["summary"]
        codes = [finding.code for finding in report.findings]
        sent = len(self._crm.sent())
        return Told(summary_of_plan, len(day), sent, results, again.is_empty, codes, str(page))

    # ------------------------------------------------------------ chapters

    @contextmanager
    def _titled(self, title: str) -> Iterator[None]:
        self._chapter += 1
        self._console.say(f"\n{self._console.paint(f'{self._chapter}. {title}', 'bold')}")
        start = time.monotonic()
        yield
        self._console.say(self._console.paint(f"   ({duration_text(time.monotonic() - start)})", "dim"))

    def _say(self, *lines: str) -> None:
        for line in lines:
            self._console.say(f"   {line}")

    def _describe(self, prepared: road.Prepared) -> None:
        design = prepared.design
        self._say(
            f"{self._file.name}: {count_text(len(design.lead_types), 'lead type')}, "
            f"{count_text(len(design.business_hours), 'business calendar')}, "
            f"{count_text(len(design.escalations), 'escalation')}; valid.",
            *(f"  {kind.label:<36} {_promise(kind)}" for kind in design.lead_types),
        )

    def _apply(self, plan: Plan, reached: road.Reached, prepared: road.Prepared) -> Applied:
        last: Applied | None = None
        moment = planfile.instant(MONDAY)
        plan_id = planfile.digest(plan)
        for event in apply(
            plan, reached.session, prepared.target, plan_id=plan_id, applied_at=moment, applied_by="the demo"
        ):
            if isinstance(event, Applied):
                last = event
        if last is None or not last.is_complete:
            raise ProvisionerError("The demo's plan was not carried out completely.", advice="Report this with -vv.")
        return last

    def _by_hand(self, plan: Plan, reached: road.Reached, prepared: road.Prepared) -> None:
        """What a person does once, and the steps of the plan that are left for one."""
        if self._crm.people_do:
            self._say(f"Then what a person does once: {self._crm.people_do}.")
        self._crm.assign([change.address.name for change in plan.changes if change.address.kind == "PermissionSet"])
        design, session = prepared.design, reached.session
        steps = [change.after for change in plan.by_hand if change.after is not None]
        if not steps:
            return
        assert isinstance(session, Ticking), "steps are for sessions that remember them"
        session.tick(steps, design.id, design.target.prefix, by="the demo", at=planfile.instant(MONDAY))
        for step in steps:
            self._say(f"By hand, and ticked: {safe(step.attributes['title'])}.")

    def _alerts(self, alerts: list[dict[str, Any]], design: Design, count: int) -> None:
        mode = (
            f"All of them go to {design.alerts.silent_to}, and name who would have been told."
            if (design.alerts.mode == "silent")
            else "They go to their real recipients."
        )
        self._say(
            f"{count} leads arrive, the reps do what reps do, and {count_text(len(alerts), 'alert')} go out.", mode
        )
        moments = _moments(alerts)
        for (at, subject), (channels, text) in list(moments.items())[:_SHOWN_ALERTS]:
            self._say(f"  {_local(at)}  {safe(subject)} ({safe(', '.join(channels))})", f"             {safe(text)}")
        if len(moments) > _SHOWN_ALERTS:
            self._say(f"  … and {len(moments) - _SHOWN_ALERTS} more moments like these until {EVENING:%H:%M}")

    def _results(self, design: Design) -> dict[str, dict[str, int]]:
        counted: dict[str, Counter[str]] = {kind.id: Counter() for kind in design.lead_types}
        for row in self._crm.verdicts(design.target.prefix):
            counted.setdefault(row["lead_type"] or "(none)", Counter())[_verdict(row)] += 1
        labels = {kind.id: kind.label for kind in design.lead_types}
        self._say(f"{'lead type':<36} leads   hit  miss  open")
        for kind, counts in counted.items():
            if counts:
                figures = "".join(f"{counts[word]:>6}" for word in ("Hit", "Miss", "open"))
                self._say(f"{labels.get(kind, kind):<36} {counts.total():>5}{figures}")
        hit, miss = (sum(counts[word] for counts in counted.values()) for word in ("Hit", "Miss"))
        if hit + miss:
            self._say(f"Touched in time: {hit} of {hit + miss} decided, {100 * hit / (hit + miss):.0f} %.")
        tiles = self._crm.tiles()
        if tiles:
            self._say("The dashboard that came with it, as the org computes it this month:")
            self._say(*(f"  {safe(header):<52} {figure:>8}" for header, figure in tiles))
        return {kind: dict(counts) for kind, counts in counted.items()}


def _verdict(row: Mapping[str, Any]) -> str:
    """Hit, Miss, excluded, or still open."""
    if row["status"] == "excluded":
        return "excluded"
    return str(row["result"] or "open")


def _promise(kind: Any) -> str:
    sla = kind.sla if isinstance(kind.sla, str) else kind.sla.text
    return f"{sla.replace('_', ' ')}, {f'business hours {kind.hours}' if kind.hours else 'around the clock'}"


def _moments(alerts: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[list[str], str]]:
    """What went out at one instant about one thing: the channels, and the first sentence of the text."""
    moments: dict[tuple[str, str], tuple[list[str], str]] = {}
    for alert in alerts:
        first = str(alert["body"]).splitlines()[0].split(" | ")[0]
        channels, _ = moments.setdefault((alert["at"], alert["subject"]), ([], first))
        if alert["channel"] not in channels:
            channels.append(alert["channel"])
    return moments


def _local(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(ZONE):%a %H:%M}"
