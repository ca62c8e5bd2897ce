"""Somebody changes by hand what the design made, one thing of every kind: each is one finding, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

import pytest

from provisioner.document import load
from provisioner.model.compile import compile_design
from provisioner.targets.salesforce.desire import render

from .drift_bench import Ran
from .salesforce_org import REPS, SalesforceOrg

Deed = Callable[[SalesforceOrg], None]
HOURS = "settings/BusinessHours.settings"
FRIDAY = ("<fridayEndTime>17:00", "<fridayEndTime>15:00")
ZONE = ("America/New_York", "America/Los_Angeles")


def edit(path: str, kind: str, name: str, *edits: tuple[str, str]) -> Deed:
    return lambda org: org.edit(path, kind, name, *edits)


def record(name: str, *edits: tuple[str, str]) -> Deed:
    return edit(f"customMetadata/{name}.md", "CustomMetadata", name, *edits)


def remove(kind: str, name: str) -> Deed:
    return lambda org: org.remove((kind, name))


def no_christmas_eve(org: SalesforceOrg) -> None:
    (row,) = org.query("SELECT Id FROM Holiday WHERE Name LIKE 'STL us 2026-12-24%'")
    org.call("DELETE", f"sobjects/Holiday/{row['Id']}")


# What is done → code, address, and how the sentence begins. In this order, one after the other.
DEEDS: dict[str, tuple[Deed, str, str, str]] = {
    "code": (
        edit("classes/STL_Clock.cls", "ApexClass", "STL_Clock", ("\n", "\n// tidied up\n")),
        "C201", "ApexClass:STL_Clock",
        "Code STL_Clock is rewritten: business hours may be counted in another way, by ",
    ),
    "trigger": (
        edit("triggers/STL_Lead_Clock.trigger", "ApexTrigger", "STL_Lead_Clock", ("    STL", "    // Tidy.\n    STL")),
        "C201", "ApexTrigger:STL_Lead_Clock",
        "Code STL_Lead_Clock is rewritten: business hours may be counted in another way, by ",
    ),
    "opening hours": (
        edit(HOURS, "Settings", "BusinessHours", FRIDAY), "C201", "BusinessHours:STL emea",
        "Business hours emea on Friday: 08:00 to 17:00 -> 08:00 to 15:00",
    ),
    "time zone": (
        edit(HOURS, "Settings", "BusinessHours", FRIDAY, ZONE), "C201", "BusinessHours:STL us",
        "Time zone of business hours us: America/New_York -> America/Los_Angeles",
    ),
    "holiday": (
        no_christmas_eve, "C202", "Holiday:STL us 2026-12-24 Day off",
        "Holiday 2026-12-24 of us is removed: clocks run on that day",
    ),
    "threshold": (
        record("STL_Lead_Type.demo_request", ('double">5<', 'double">60<')),
        "C201", "CustomMetadata:STL_Lead_Type.demo_request",
        "SLA of Demo / pricing request: 5 minutes -> 60 minutes, by ",
    ),
    "step": (
        record("STL_SLA_Step.urgent_3", ('double">120<', 'double">240<')),
        "C201", "CustomMetadata:STL_SLA_Step.urgent_3",
        "Step 3 of urgent: 120 minutes after due -> 240 minutes after due, by ",
    ),
    "recipient": (
        record("STL_Recipient.cro", ("cro@acme.example", "qa@acme.example")),
        "C201", "CustomMetadata:STL_Recipient.cro",
        "Recipient cro: user cro@acme.example -> user qa@acme.example, by ",
    ),
    "alerts": (
        record("STL_Settings.Default", ('boolean">false', 'boolean">true')),
        "C201", "CustomMetadata:STL_Settings.Default",
        "Alerts: silent -> live, to their real recipients, by ",
    ),
    "ignored user": (
        remove("CustomMetadata", "STL_Ignored_User.integration_acme_example"),
        "C202", "CustomMetadata:STL_Ignored_User.integration_acme_example",
        "integration@acme.example is ignored no longer: what that user does counts as a touch, and starts clocks",
    ),
    "bell": (
        edit("notificationtypes/STL_Alert.notiftype", "CustomNotificationType", "STL_Alert",
             ("<mobile>true", "<mobile>false")),
        "C201", "CustomNotificationType:STL_Alert",
        "The bell does not ring on the phone, by ",
    ),
    "name of a folder": (
        edit("email/STL_Alerts-meta.xml", "EmailTemplate", "STL_Alerts", ("<name>STL Alerts", "<name>Old alerts")),
        "C201", "EmailFolder:STL_Alerts",
        "Folder of email templates STL_Alerts, name: STL Alerts -> Old alerts",
    ),
    "text of a mail": (
        edit("email/STL_Alerts/STL_Owner_Alert.email", "EmailTemplate", "STL_Alerts/STL_Owner_Alert",
             ("Lead: ", "Your lead: ")),
        "C201", "EmailTemplate:STL_Alerts/STL_Owner_Alert",
        "The text of mails to owners is another one",
    ),
    "receiver of a mail": (
        edit("workflows/Lead.workflow", "WorkflowAlert", "Lead.STL_Owner_Alert",
             ("<type>owner</type>", "<type>creator</type>")),
        "C201", "WorkflowAlert:Lead.STL_Owner_Alert",
        "Email alert Lead.STL_Owner_Alert writes to other people than before, by ",
    ),
    "name of a list": (
        edit("objects/STL_SLA_Step__mdt.object", "CustomObject", "STL_SLA_Step__mdt",
             ("    <label>SLA Step</label>", "    <label>Steps of old</label>")),
        "C201", "CustomObject:STL_SLA_Step__mdt",
        "STL_SLA_Step__mdt, label: SLA Step -> Steps of old, by ",
    ),
    "name of a field": (
        edit("objects/Lead.object", "CustomField", "Lead.STL_Cycle__c", ("Cycle</label>", "Round</label>")),
        "C201", "CustomField:Lead.STL_Cycle__c",
        "Name of the field STL_Cycle__c: ",
    ),
    "flow off": (
        lambda org: org.switch("STL_Lead_Timers", False), "C201", "Flow:STL_Lead_Timers",
        "Flow STL_Lead_Timers is switched off: no alert goes out, and no lead is marked as breached, by ",
    ),
    "rights": (
        edit("permissionsets/STL_Speed_To_Lead.permissionset", "PermissionSet", "STL_Speed_To_Lead",
             ("<readable>true", "<readable>false")),
        "C201", "PermissionSet:STL_Speed_To_Lead",
        "Field permission removed: reps cannot see Lead.STL_",
    ),
    "queue": (
        edit("queues/SDR_Backup.queue", "Queue", "SDR_Backup", ("<name>SDR_Backup", "<name>Old backup")),
        "C201", "Queue:SDR_Backup",
        "Name of queue SDR_Backup: SDR_Backup -> Old backup, by ",
    ),
}  # fmt: skip
JUDGED = "threshold"


@dataclass
class Told:
    org: SalesforceOrg
    stages: dict[str, Ran] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    org = SalesforceOrg(tmp_path_factory.mktemp("by-hand"))
    found = Told(org)
    last = "untouched"
    try:
        org.begin()
        org.forward(hours=7)
        found.stages[last] = org.desk.drift(org.now)
        for name, (deed, *_) in DEEDS.items():
            org.forward(minutes=15)
            deed(org)
            if name == JUDGED:
                for _ in range(3):
                    org.create("Demo Request", REPS[0])
                org.forward(minutes=1)
            found.before[name], last = last, name
            found.stages[name] = org.desk.drift(org.now)
        yield found
    finally:
        org.close()


def test_every_kind_that_is_deployed_is_changed_once(told: Told) -> None:
    design, _ = compile_design(load(told.org.desk.folder / "acme.yaml"), today=date(2026, 2, 2))
    assert design is not None
    kinds = {address.kind for address in render(design).resources}
    assert kinds <= {address.partition(":")[0] for _, _, address, _ in DEEDS.values()}


@pytest.mark.parametrize("name", DEEDS)
def test_a_change_by_hand_is_one_finding_in_words(told: Told, name: str) -> None:
    _, code, address, words = DEEDS[name]
    after = told.stages[name].findings
    before = told.stages[told.before[name]].findings
    assert set(after) - set(before) == {(code, address)}
    assert set(before) <= set(after)
    finding = after[code, address]
    assert finding["detail"].startswith(words)
    assert "provisioner plan acme.yaml -c local" in finding["fix"]
    assert told.stages[name].code == 3


def test_it_says_how_many_leads_were_judged_under_it(told: Told) -> None:
    finding = told.stages[JUDGED].findings["C201", DEEDS[JUDGED][2]]
    assert finding["detail"].endswith(" on 2026-02-02.")
    assert "at most 3 leads of “Demo / pricing request” (SLA 5m)" in finding["consequence"]


def test_a_drift_takes_at_most_eighteen_calls(told: Told) -> None:
    """Also with somebody to name for every change, and every lead type's leads to count."""
    assert max(len(ran.wire.asked) for ran in told.stages.values()) <= 18


def test_only_calendars_are_asked_for_and_still_told(told: Told) -> None:
    """What a change by hand says already is left out only where it is said."""
    ran = told.org.desk.drift(told.org.now, "--only", "calendar")
    assert ran.keys == {("B602", "us")}


def test_a_calendar_that_is_switched_off_is_one_finding(told: Told) -> None:
    off = ("<active>true", "<active>false")
    told.org.edit(HOURS, "Settings", "BusinessHours", off, FRIDAY, ZONE)
    assert told.org.desk.drift(told.org.now, "--only", "calendar").keys == {("B602", "us"), ("B603", "emea")}
    ran = told.org.desk.drift(told.org.now)
    assert not [key for key in ran.keys if key[0].startswith("B")]
    (finding,) = [item for key, item in ran.findings.items() if key[1] == "BusinessHours:STL emea"]
    assert finding["detail"].startswith("Business hours emea are switched off: clocks on them cannot start")


@pytest.mark.parametrize(("kind", "name", "words"), [
    ("Queue", "SDR_Backup", "Queue SDR_Backup is removed: no lead can be handed to it"),
    ("Flow", "STL_Event_First_Touch", "Flow STL_Event_First_Touch is removed: meetings are not seen as first touches"),
])  # fmt: skip
def test_what_was_deleted_is_one_finding(told: Told, kind: str, name: str, words: str) -> None:
    if kind == "Flow":
        told.org.switch(name, False)
    told.org.remove((kind, name if kind != "Flow" else f"{name}-1"))
    before = told.stages["queue"].keys
    found = {key: item for key, item in told.org.desk.drift(told.org.now).findings.items() if key not in before}
    assert found["C202", f"{kind}:{name}"]["detail"].startswith(words)
