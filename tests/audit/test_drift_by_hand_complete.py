"""The complete example: an org that nobody touched, and somebody who changes what only that example deploys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from provisioner.document import load
from provisioner.model.compile import compile_design
from provisioner.targets.salesforce.desire import render

from .drift_bench import Ran
from .salesforce_org import SalesforceOrg
from .test_drift_by_hand_salesforce import DEEDS as SIMPLE
from .test_drift_by_hand_salesforce import edit, record, remove

Deed = Callable[[SalesforceOrg], None]
EXAMPLE = Path(__file__).parents[2] / "examples" / "acme-salesforce.yaml"
CONVERSION = (
    "    history: true\n",
    "    history: true\n  conversion: {to: [opportunity]}\n",
)
CONNECTED = {"app": "A0123456789", "workspace": "T0123456789", "conversations": ["C0123456789"]}
CHANNEL = (
    ("  prefix: STL ", "  slack_app_id: A0123456789\n  slack_workspace_id: T0123456789\n  prefix: STL "),
    ("notify: [rep, manager], via: [email]", "notify: [rep, manager, room], via: [email, slack]"),
    ("  rep: {role: record_owner}", "  rep: {role: record_owner}\n  room: {slack: C0123456789}"),
)
LEAD = "objects/Lead.object"
REPORT, DASHBOARD = "STL_Reports/STL_Trend", "STL_Dashboards/STL_Speed_To_Lead"
MINE = ("<filterScope>Mine", "<filterScope>Everything")  # as it was left
RULE = "<fullName>STL_Rejection_Reason_Needed</fullName>\n        "
CONVERT = "LeadConvertSettings/LeadConvertSettings.LeadConvertSetting"

COPIED = """        <mappingFields>
            <inputField>STL_Breach_Reason__c</inputField>
            <outputField>STL_Breach_Reason__c</outputField>
        </mappingFields>
"""

# What is done → code, address, and how the sentence goes. In this order, one after the other.
DEEDS: dict[str, tuple[Deed, str, str, str]] = {
    "period of a report": (
        edit(f"reports/{REPORT}.report", "Report", REPORT, ("INTERVAL_THISMONTH", "INTERVAL_LASTMONTH")),
        "C201", f"Report:{REPORT}",
        "Report Speed to lead by day (STL_Reports/STL_Trend) counts another time: its figures change, by ",
    ),
    "name of a report": (
        edit("reports/STL_Reports/STL_Leakage.report", "Report", "STL_Reports/STL_Leakage", ("<name>", "<name>Old: ")),
        "C201", "Report:STL_Reports/STL_Leakage",
        "Name of the report STL_Reports/STL_Leakage: Leakage -> Old: Leakage, by ",
    ),
    "gauge of the dashboard": (
        edit(f"dashboards/{DASHBOARD}.dashboard", "Dashboard", DASHBOARD,
             ("<indicatorBreakpoint1>75", "<indicatorBreakpoint1>50")),
        "C201", f"Dashboard:{DASHBOARD}",
        "Dashboard Speed to Lead (STL_Dashboards/STL_Speed_To_Lead) shows other figures, or its gauges turn red at "
        "other values, by ",
    ),
    "folder of reports": (
        edit("reports/STL_Reports-meta.xml", "Report", "STL_Reports", ("<name>Speed to Lead", "<name>Old reports")),
        "C201", "ReportFolder:STL_Reports", "Name of the folder of reports STL_Reports: Speed to Lead -> Old reports",
    ),
    "folder of dashboards": (
        edit("dashboards/STL_Dashboards-meta.xml", "Dashboard", "STL_Dashboards",
             ("<name>Speed to Lead", "<name>Old dashboards")),
        "C201", "DashboardFolder:STL_Dashboards",
        "Name of the folder of dashboards STL_Dashboards: Speed to Lead -> Old dashboards",
    ),
    "list view": (
        edit(LEAD, "ListView", "Lead.STL_Mine_At_Risk", MINE), "C201", "ListView:Lead.STL_Mine_At_Risk",
        "List view Speed to lead: mine, at risk (Lead.STL_Mine_At_Risk) lists other leads, by ",
    ),
    "validation rule": (
        edit(LEAD, "ValidationRule", "Lead.STL_Rejection_Reason_Needed", MINE,
             (f"{RULE}<active>true", f"{RULE}<active>false")),
        "C201", "ValidationRule:Lead.STL_Rejection_Reason_Needed",
        "Validation rule Lead.STL_Rejection_Reason_Needed is switched off: leads can be sent back without a rejection "
        "reason, by ",
    ),
    "text of a mail": SIMPLE["text of a mail"],
    "receiver of a mail": SIMPLE["receiver of a mail"],
    "field of an object": (
        edit("objects/STL_Stage_History__c.object", "CustomField", "STL_Stage_History__c.Duration_Minutes__c",
             ("<label>Duration", "<label>Old duration")),
        "C201", "CustomField:STL_Stage_History__c.Duration_Minutes__c",
        "Name of the field Duration_Minutes__c: Duration Minutes -> Old duration Minutes, by ",
    ),
    "conversion": (
        edit(CONVERT, "LeadConvertSettings", "LeadConvertSettings", (COPIED, "")),
        "C202", "LeadConvertMapping:Opportunity.STL_Breach_Reason__c",
        "When a lead is converted, STL_Breach_Reason__c is copied no more to STL_Breach_Reason__c of the opportunity",
    ),
    "deleted dashboard": (
        remove("Dashboard", DASHBOARD), "C202", f"Dashboard:{DASHBOARD}",
        "Dashboard Speed to Lead (STL_Dashboards/STL_Speed_To_Lead) is removed",
    ),
    "deleted report": (
        remove("Report", "STL_Reports/STL_Rep_Scores"), "C202", "Report:STL_Reports/STL_Rep_Scores",
        "Report Response score by rep (STL_Reports/STL_Rep_Scores) is removed",
    ),
}  # fmt: skip


@dataclass
class Told:
    org: SalesforceOrg
    stages: dict[str, Ran] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    plan: str = ""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    org = SalesforceOrg(tmp_path_factory.mktemp("complete"), EXAMPLE, [CONVERSION, *CHANNEL])
    found, last = Told(org), "untouched"
    try:
        org.door("settings", {"slack": CONNECTED})
        org.begin()
        org.forward(hours=7)
        found.stages[last] = org.desk.drift(org.now)
        record("STL_Switch.Surge", ('boolean">false', 'boolean">true'))(org)
        found.stages["surge"] = org.desk.drift(org.now)
        found.plan = org.desk("plan", "acme.yaml", "-c", "local").out
        week_later = datetime.fromisoformat(org.now) + timedelta(days=7)
        found.stages["left on"] = org.desk.drift(f"{week_later:%Y-%m-%dT%H:%M:%SZ}", "--only", "configuration")
        record("STL_Switch.Surge")(org)
        found.stages["off again"] = org.desk.drift(org.now)
        for name, (deed, *_) in DEEDS.items():
            org.forward(minutes=15)
            deed(org)
            found.before[name], last = last, name
            found.stages[name] = org.desk.drift(org.now)
        yield found
    finally:
        org.close()


def test_an_org_that_nobody_touched_has_no_findings(told: Told) -> None:
    ran = told.stages["untouched"]
    assert (ran.code, ran.keys, ran.unchecked) == (0, set(), set())


def test_a_channel_that_nobody_can_look_up_is_said_and_keeps_no_audit_from_being_clean(told: Told) -> None:
    """A job that runs every night would fail every night otherwise."""
    found = {item["part"]: item["why"] for item in told.stages["untouched"].report["untold"]}
    assert found["standings/room"] == "The CRM does not tell whether slack C0123456789 is still there."


def test_a_surge_that_is_on_is_worth_knowing_and_one_that_was_left_on_a_warning(told: Told) -> None:
    fresh, left = told.stages["surge"], told.stages["left on"]
    assert (fresh.code, fresh.keys, fresh.unchecked) == (0, {("C209", "surge")}, set())
    assert (left.code, left.keys, left.unchecked) == (3, {("C209", "surge")}, set())
    assert (told.stages["off again"].code, told.stages["off again"].keys) == (0, set())
    first, second = fresh.findings["C209", "surge"], left.findings["C209", "surge"]
    assert (first["severity"], second["severity"]) == ("info", "warning")
    assert first["detail"].startswith("The switch of the surge is on; it was last saved on 2026-02-02 by ")
    assert first["fix"] == (
        "Turn it off when the rush is over: Setup, Custom Metadata Types, SLA Switch, Manage Records, Surge, Active."
    )


def test_a_plan_says_that_the_surge_is_on_and_would_not_turn_it(told: Told) -> None:
    assert "The surge is on: clocks that start get its factor times their SLA" in told.plan
    assert "STL_Switch.Surge" not in told.plan


def test_turning_the_switch_is_told_in_no_further_call(told: Told) -> None:
    untouched, on = (len(told.stages[name].wire.asked) for name in ("untouched", "surge"))
    assert on == untouched <= 20


def test_every_kind_that_only_this_example_deploys_is_changed_once(told: Told) -> None:
    design, _ = compile_design(load(told.org.desk.folder / "acme.yaml"), today=date(2026, 2, 2))
    assert design is not None
    kinds = {address.kind for address in render(design).resources}
    done = {address.partition(":")[0] for _, _, address, _ in (*SIMPLE.values(), *DEEDS.values())}
    assert kinds - done <= {"LeadConvertSettings"}, "all of that file is in its mappings"


@pytest.mark.parametrize("name", DEEDS)
def test_a_change_by_hand_is_one_finding_in_words(told: Told, name: str) -> None:
    _, code, address, words = DEEDS[name]
    after, before = told.stages[name].findings, told.stages[told.before[name]].findings
    assert set(after) - set(before) == {(code, address)}
    assert after[code, address]["detail"].startswith(words)
    assert told.stages[name].code == 3


def test_who_is_let_through_is_said_instead_of_verdicts_and_alerts(told: Told) -> None:
    found = told.stages["validation rule"].findings["C201", "ValidationRule:Lead.STL_Rejection_Reason_Needed"]
    assert (found["severity"], found["lead_types"]) == ("warning", [])
    assert found["consequence"] == "Leads can be sent back without a rejection reason, since 2026-02-02."
