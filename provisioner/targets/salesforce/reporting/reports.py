"""What each report counts. They are all about leads, on the standard type `LeadList`, whose columns are known and which
needs no component of its own ([docs] reference/salesforce.md 7.3, 7.4).

Filters never name a value of a picklist: whether the vendor means its label or its API name there is not documented.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from provisioner.model.design import Design, ReportDashboard
from provisioner.targets.salesforce.names import Names
from provisioner.targets.salesforce.reporting import fields
from provisioner.targets.salesforce.stages import Stage, passages

NAME_MOST = 40  # characters of a report's name. [docs] 7.4
ABOUT_MOST = 22  # of them for whose report it is; the rest tells all kinds of reports apart
FORMULAS_MOST = 5  # per report. [docs] reports, custom summary formulas
SUM, AVERAGE = "Sum", "Average"
WHOLE, THIS_MONTH, TODAY = "INTERVAL_CUSTOM", "INTERVAL_THISMONTH", "INTERVAL_TODAY"


@dataclass(frozen=True, slots=True)
class Column:
    """`summary`: Sum, Average, or none."""

    field: str
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """An empty `value` is a blank."""

    column: str
    operator: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Grouping:
    """`per`: Day or Week for a moment."""

    field: str
    per: str = ""


@dataclass(frozen=True, slots=True)
class Formula:
    """A custom summary formula; it is called FORMULA1, FORMULA2 … by its place."""

    label: str
    expression: str


@dataclass(frozen=True, slots=True)
class Report:
    """`name` is the unique name without folder and prefix, `title` what people read."""

    name: str
    title: str
    about: str
    date: str
    interval: str
    groupings: tuple[Grouping, ...]
    columns: tuple[Column, ...]
    criteria: tuple[Criterion, ...]
    formulas: tuple[Formula, ...] = ()


def reports(design: Design) -> dict[str, Report]:
    """By the words of `reports.include`."""
    made = _Maker(design)
    return {word: made.report(word) for word in fields.wanted(design)}


def narrowed(report: Report, board: ReportDashboard, names: Names) -> Report:
    """The same about the lead types of a dashboard: a dashboard's own filters are chosen by whoever looks at it, so
    what it is about has to be said by its reports. Their names end with the dashboard's id: cut-off labels would make
    the reports of several dashboards look alike."""
    about = f": {board.id.replace('_', ' ')[:ABOUT_MOST]}"
    only = Criterion(f"Lead.{names.field(fields.TYPE)}", "equals", ",".join(board.lead_types))
    return replace(
        report,
        name=f"{report.name}_{board.id}",
        title=f"{report.title[: NAME_MOST - len(about)].rstrip()}{about}",
        criteria=(*report.criteria, only),
    )


class _Maker:
    """Reports in the names of one design."""

    def __init__(self, design: Design) -> None:
        self.design, self.names = design, Names(design.target.prefix)
        self.engaged = self.field("Engaged_At")
        self.judged = Criterion(self.field("SLA_Result"), "notEqual")

    def field(self, word: str) -> str:
        return f"Lead.{self.names.field(word)}"

    def report(self, word: str) -> Report:
        if word.startswith(fields.COMPLIANCE):
            return self._compliance(word)
        made = {
            "trend": self._trend,
            "delay_split": self._delays,
            "breaches_today": self._missed_today,
            "aging_open_clocks": self._open,
            "conversion_funnel": self._funnel,
            "rejection_reasons": self._rejections,
            "rep_scores": self._scores,
            "leakage": self._leakage,
        }
        return made[word]()

    def _base(self, word: str, title: str, about: str, *groupings: Grouping) -> Report:
        """Over the leads that reached out this month and are judged; details name the lead."""
        standing = ("LAST_NAME", "COMPANY", "OWNER", "LEAD_SOURCE")
        grouped = {item.field for item in groupings}
        details = tuple(Column(name) for name in standing if name not in grouped)
        return Report(word.title(), title, about, self.engaged, THIS_MONTH, groupings, details, (self.judged,))

    def _trend(self) -> Report:
        about = "Average calendar minutes from engagement to first touch, by day of engagement; only judged leads."
        base = self._base("trend", "Speed to lead by day", about, Grouping(self.engaged, "Day"))
        return _with(base, Column(self.field("Speed_To_Lead_Minutes"), AVERAGE), Column(self.field("First_Touch_At")))

    def _delays(self) -> Report:
        about = "Average calendar minutes, apart: systems (engagement to assignment) and human (assignment to touch)."
        base = self._base("delay_split", "Systems delay and human delay", about, Grouping(self.field("Lead_Type")))
        return _with(base, *(Column(self.field(f"{part}_Delay_Minutes"), AVERAGE) for part in ("Systems", "Human")))

    def _compliance(self, word: str) -> Report:
        part = word.removeprefix(fields.COMPLIANCE)
        grouping = {
            "type": Grouping(self.field("Lead_Type")),
            "rep": Grouping("OWNER"),
            "team": Grouping(self.field(fields.TEAM)),
            "source": Grouping("LEAD_SOURCE"),
            "week": Grouping(self.engaged, "Week"),
        }[part]
        now = " Who owns the lead now counts." if part in ("rep", "team") else ""
        about = f"Per cent of judged leads that were touched in time; open ones are left out.{now}"
        details = (Column(self.field(name)) for name in ("SLA_Due_At", "First_Touch_At", "SLA_Result"))
        base = self._base(word, f"Compliance by {part}", about, grouping)
        share = Formula("Compliance %", f"{self.field(fields.HITS)}:SUM / RowCount * 100")
        return replace(_with(base, *details, Column(self.field(fields.HITS), SUM)), formulas=(share,))

    def _missed_today(self) -> Report:
        about = "SLAs that were due today and were missed, touched since or not."
        due = self.field("SLA_Due_At")
        base = self._base("breaches_today", "SLAs missed today", about, Grouping("OWNER"))
        missed = (Criterion(self.field("SLA_Result"), "equals", "Miss"),)
        return replace(
            _with(base, Column(due), Column(self.field("First_Touch_At"))), date=due, interval=TODAY, criteria=missed
        )

    def _open(self) -> Report:
        about = "Leads with a running clock that nobody touched yet, whenever they came; age in calendar minutes."
        due, by_type = self.field("SLA_Due_At"), Grouping(self.field("Lead_Type"))
        base = self._base("aging_open_clocks", "Open clocks by age", about, by_type)
        running = (
            Criterion(due, "notEqual"),
            Criterion(self.field("First_Touch_At"), "equals"),
            Criterion("CONVERTED", "equals", "0"),
        )
        columns = (Column(due), Column(self.field("SLA_Status")), Column(self.field(fields.AGE), AVERAGE))
        return replace(_with(base, *columns), date="CREATED_DATE", interval=WHOLE, criteria=running)

    def _funnel(self) -> Report:
        about = "How many leads came as far as each stage, the share that went on, average calendar minutes between."
        steps = fields.funnel(self.design)
        known = {(passage.start.id, passage.end.id): passage.minutes for passage in passages(self.design)}
        columns = [Column(self.field(fields.reached(stage)), SUM) for stage in steps]
        between = [known[pair] for pair in pairwise(stage.id for stage in steps) if pair in known]
        columns += [Column(self.field(minutes), AVERAGE) for minutes in between]
        rates = tuple(self._rate(start, end) for start, end in pairwise(steps))[:FORMULAS_MOST]
        base = self._base("conversion_funnel", "Conversion funnel", about, Grouping(self.field("Lead_Type")))
        return replace(_with(base, *columns), criteria=(), formulas=rates)

    def _rate(self, start: Stage, end: Stage) -> Formula:
        before, after = (f"{self.field(fields.reached(stage))}:SUM" for stage in (start, end))
        label = f"{start.id} to {end.id} %".replace("_", " ")
        return Formula(label[:NAME_MOST], f"IF({before} > 0, {after} / {before} * 100, 0)")

    def _rejections(self) -> Report:
        about = "Why leads were sent back, by source; the last reason of each lead, also of those that came back since."
        reason = self.field("Rejection_Reason")
        base = self._base(
            "rejection_reasons", "Rejection reasons by source", about, Grouping(reason), Grouping("LEAD_SOURCE")
        )
        return replace(base, criteria=(Criterion(reason, "notEqual"),))

    def _scores(self) -> Report:
        about = "Average points for the response: 10 within 5 minutes of the SLA's clock, then 8, 6, 4, 2, 1, 0."
        score = self.field(fields.SCORE)
        base = self._base("rep_scores", "Response score by rep", about, Grouping("OWNER"))
        columns = (Column(score, AVERAGE), Column(self.field("Response_Minutes"), AVERAGE))
        return replace(_with(base, *columns), criteria=(Criterion(score, "notEqual"),))

    def _leakage(self) -> Report:
        about = "Leads created this month that were never assigned, were assigned without a clock, or were not touched."
        lost = self.field(fields.LEAKAGE)
        base = self._base("leakage", "Leakage", about, Grouping(lost), Grouping("LEAD_SOURCE"))
        return replace(base, date="CREATED_DATE", criteria=(Criterion(lost, "notEqual"),))


def _with(report: Report, *columns: Column) -> Report:
    return replace(report, columns=(*report.columns, *columns))
