"""The truth table of scheduled paths (reference 4.8): what a deployed flow may say, and when its paths run.

One path is due at the lead's Due__c while Due__c is set and Done__c is not; it writes when it ran. The clock stands at
Monday 2026-01-05 14:00 UTC; the org keeps the time of Los Angeles, eight hours earlier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from metadata_packages import deploy, destructive, field, file, flow, lead, package

from provisioner.emulator.salesforce.state.org import Org

FIELDS = lead(
    field("Due__c", "DateTime"),
    field("Day__c", "Date"),
    field("Done__c", "Checkbox", "<defaultValue>false</defaultValue>"),
    field("Ran__c", "DateTime"),
    field("Derived__c", "DateTime", "<formula>Due__c</formula>"),
)
NAMES = ("Due__c", "Day__c", "Done__c", "Ran__c", "Derived__c")
MET = (
    "<filterLogic>and</filterLogic><filters><field>Due__c</field><operator>IsNull</operator><value><booleanValue>false"
    "</booleanValue></value></filters><filters><field>Done__c</field><operator>EqualTo</operator><value><booleanValue>"
    "false</booleanValue></value></filters>"
)
IS_CHANGED = (
    "<filterLogic>and</filterLogic><filters><field>Due__c</field><operator>IsChanged</operator><value><booleanValue>"
    "true</booleanValue></value></filters>"
)
NO_CONDITIONS = ""
ONLY = "<doesRequireRecordChangedToMeetCriteria>true</doesRequireRecordChangedToMeetCriteria>"
ASYNC = (
    "<scheduledPaths><connector><targetReference>Mark</targetReference></connector><pathType>AsyncAfterCommit"
    "</pathType></scheduledPaths>"
)
FIELD = "<recordField>Due__c</recordField>"


def write(name: str, target: str, value: str) -> str:
    return (
        f"<recordUpdates><name>{name}</name><label>{name}</label><locationX>0</locationX><locationY>0</locationY>"
        f"<inputAssignments><field>{target}</field><value><elementReference>{value}</elementReference></value>"
        "</inputAssignments><inputReference>$Record</inputReference></recordUpdates>"
    )


MARK = write("Mark", "Ran__c", "$Flow.CurrentDateTime")
PRIOR_MARK = write("Mark", "Ran__c", "$Record__Prior.Due__c")
PRIOR_AT_ONCE = write("Now", "Ran__c", "$Record__Prior.Due__c")
ASKING = (
    "<decisions><name>Ask</name><label>Ask</label><locationX>0</locationX><locationY>0</locationY>"
    "<defaultConnectorLabel>No</defaultConnectorLabel><rules><name>Yes</name><conditionLogic>and</conditionLogic>"
    "<conditions><leftValueReference>$Record.Done__c</leftValueReference><operator>EqualTo</operator><rightValue>"
    "<booleanValue>true</booleanValue></rightValue></conditions><doesRequireRecordChangedToMeetCriteria>true"
    "</doesRequireRecordChangedToMeetCriteria><label>Yes</label></rules></decisions>"
)


def timed(
    source: str = "RecordField", offset: str = "0", unit: str = "Minutes", name: str = "P", label: str = "P",
    where: str = FIELD, batch: str = "",
) -> str:  # fmt: skip
    given = {"label": label, "maxBatchSize": batch, "offsetNumber": offset, "offsetUnit": unit}
    inside = "".join(f"<{key}>{value}</{key}>" for key, value in given.items() if value)
    called = f"<name>{name}</name>" if name else ""
    kind = f"<timeSource>{source}</timeSource>" if source else ""
    return (
        f"<scheduledPaths>{called}<connector><targetReference>Mark</targetReference></connector>{inside}{where}{kind}"
        "</scheduledPaths>"
    )


def timers(
    event: str = "CreateAndUpdate", conditions: str = MET, only: str = ONLY, paths: str = timed(), body: str = MARK,
    trigger: str = "RecordAfterSave", first: str = "",
) -> bytes:  # fmt: skip
    go = f"<connector><targetReference>{first}</targetReference></connector>" if first else ""
    start = (
        f"{go}{only}{conditions}<object>Lead</object><recordTriggerType>{event}</recordTriggerType>{paths}"
        f"<triggerType>{trigger}</triggerType>"
    )
    return package({"Flow": ["Timers"]}, {"flows/Timers.flow": flow("Timers", "Active", body, start)})


@pytest.fixture
def org(org_in_process: Org) -> Iterator[Org]:
    members = {"CustomField": [f"Lead.{name}" for name in NAMES]}
    assert deploy(org_in_process, package(members, {"objects/Lead.object": FIELDS})).success
    yield org_in_process


REQUIRES = (
    "FLOW_SCHEDULED_PATH_REQUIRES_RECORD_CHANGED_TO_MEET_CRITERIA: Scheduled paths of a flow that runs on update need "
    "doesRequireRecordChangedToMeetCriteria and entry conditions."
)
NEVER = (
    "RULE_REQUIRE_RECORD_CHANGED_NEVER_CHECKED: doesRequireRecordChangedToMeetCriteria needs entry conditions and a "
    "flow that runs on update."
)
TRIGGER = "FLOW_SCHEDULED_PATH_INCOMPATIBLE_WITH_FLOW_TRIGGER_TYPE: Scheduled paths need an after-save flow."
USER = (
    "FLOW_SCHEDULED_PATH_REQUIRES_DEFAULT_WORKFLOW_USER: Set the default workflow user in Process Automation Settings."
)
CHANGED = "FLOW_SCHEDULED_PATH_CANNOT_USE_IS_CHANGED: The entry conditions use IsChanged."
PRIOR = "FLOW_SCHEDULED_PATH_INCOMPATIBLE_WITH_RECORD_PRIOR: The flow uses $Record__Prior."
ASKS = (
    "FLOW_SCHEDULED_PATH_INCOMPATIBLE_WHEN_DECISION_REQUIRES_RECORD_CHANGED: The decision Ask requires a changed "
    "record."
)
ONE_ASYNC = "FLOW_SCHEDULED_PATH_ALLOWED_ONE_ASYNCAFTERCOMMIT_PATH: The flow has more than one."
ASYNC_NEEDS = (
    "FLOW_SCHEDULED_PATH_ASYNCAFTERCOMMIT_REQUIRES_RECORD_CHANGED_OR_ISCHANGED: The asynchronous path needs "
    "doesRequireRecordChangedToMeetCriteria."
)


def lacks(name: str, path: str = "P") -> str:
    return f"FLOW_SCHEDULED_PATH_REQUIRED_FIELDS_MISSING: The scheduled path {path} lacks {name}."


# what the flow says → what the deployment says (nothing: accepted)
SETTINGS: list[tuple[str, dict[str, Any], list[str]]] = [
    # which triggers and events, with and without conditions
    ("create, no conditions", {"event": "Create", "conditions": NO_CONDITIONS, "only": ""}, []),
    ("create, conditions", {"event": "Create", "only": ""}, []),
    ("create, only when changed", {"event": "Create"}, [NEVER]),
    ("update, no conditions", {"event": "Update", "conditions": NO_CONDITIONS, "only": ""}, [REQUIRES]),
    ("update, conditions", {"event": "Update", "only": ""}, [REQUIRES]),
    ("update, only when changed, no conditions", {"event": "Update", "conditions": NO_CONDITIONS}, [NEVER]),
    ("update, only when changed", {"event": "Update"}, []),
    ("both, no conditions", {"conditions": NO_CONDITIONS, "only": ""}, [REQUIRES]),
    ("both, conditions", {"only": ""}, [REQUIRES]),
    ("both, only when changed, no conditions", {"conditions": NO_CONDITIONS}, [NEVER]),
    ("both, only when changed", {}, []),
    ("trigger event as time source", {"paths": timed("RecordTriggerEvent", "5", where="")}, []),
    ("before save", {"trigger": "RecordBeforeSave"}, [TRIGGER]),
    ("before delete", {"trigger": "RecordBeforeDelete", "event": "Delete", "only": "", "conditions": ""}, [TRIGGER]),
    # what paths do not go with
    ("IsChanged", {"conditions": IS_CHANGED}, [CHANGED]),
    ("IsChanged, every time", {"conditions": IS_CHANGED, "only": "", "event": "Update"}, [REQUIRES, CHANGED]),
    ("$Record__Prior on the path", {"body": PRIOR_MARK}, [PRIOR]),
    ("$Record__Prior beside the path", {"body": MARK + PRIOR_AT_ONCE, "first": "Now"}, []),
    ("a decision about a change", {"body": MARK + ASKING, "first": "Ask"}, [ASKS]),
    # the asynchronous path
    ("asynchronous, create", {"event": "Create", "only": "", "paths": ASYNC}, []),
    ("asynchronous, update", {"event": "Update", "only": "", "paths": ASYNC}, [ASYNC_NEEDS]),
    ("asynchronous, only when changed", {"paths": ASYNC}, []),
    ("asynchronous, IsChanged", {"event": "Update", "only": "", "conditions": IS_CHANGED, "paths": ASYNC}, []),
    ("asynchronous twice", {"paths": ASYNC + ASYNC}, [ONE_ASYNC]),
    ("asynchronous and timed", {"paths": ASYNC + timed()}, []),
    # what each timed path must say
    ("no name", {"paths": timed(name="")}, [lacks("name", "(unnamed)")]),
    ("no label", {"paths": timed(label="")}, [lacks("label")]),
    ("no offset", {"paths": timed(offset="")}, [lacks("offsetNumber")]),
    ("no unit", {"paths": timed(unit="")}, [lacks("offsetUnit")]),
    ("no time source", {"paths": timed(source="")}, [lacks("timeSource")]),
    ("no field", {"paths": timed(where="")}, [lacks("recordField")]),
    # the time source
    ("a date", {"paths": timed(where="<recordField>Day__c</recordField>")}, []),
    ("a standard datetime", {"paths": timed(where="<recordField>CreatedDate</recordField>")}, []),
    ("a text", {"paths": timed(where="<recordField>Title</recordField>")},
     ["FLOW_SCHEDULED_PATH_INCOMPATIBLE_TIME_SOURCE: P uses Lead.Title, which is no Date or DateTime."]),
    ("a formula", {"paths": timed(where="<recordField>Derived__c</recordField>")},
     ["FLOW_TRIGGER_DERIVED_FIELD_NOT_SUPPORTED: P uses the formula field Lead.Derived__c."]),
    ("no such field", {"paths": timed(where="<recordField>No__c</recordField>")},
     ['field integrity exception: unknown (The field "No__c" for the object "Lead" doesn\'t exist.)']),
    # offset, unit, batch
    *((f"{number} {unit}", {"paths": timed(offset=number, unit=unit)}, [])
      for number in ("-5", "0", "7") for unit in ("Minutes", "Hours", "Days", "Weeks", "Months")),
    ("half a minute", {"paths": timed(offset="0.5")}, ["'0.5' is not a valid value for the type xsd:int"]),
    ("seconds", {"paths": timed(unit="Seconds")},
     ["'Seconds' is not a valid value for the enum 'FlowScheduledPathOffsetUnit'"]),
    ("batch 1", {"paths": timed(batch="1")}, []),
    ("batch 200", {"paths": timed(batch="200")}, []),
    ("batch 0", {"paths": timed(batch="0")}, ["FLOW_SCHEDULED_PATH_INVALID_BATCH_SIZE: P has the batch size 0."]),
    ("batch 201", {"paths": timed(batch="201")}, ["FLOW_SCHEDULED_PATH_INVALID_BATCH_SIZE: P has the batch size 201."]),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "said"), [row[1:] for row in SETTINGS], ids=[row[0] for row in SETTINGS])
def test_what_a_flow_may_say(org: Org, facts: dict[str, Any], said: list[str]) -> None:
    outcome = deploy(org, timers(**facts))
    assert [one.problem for one in outcome.failures if one.problem_type == "Error"] == said
    assert (org.metadata.active_flows() == []) is bool(said)


def test_without_a_default_workflow_user_no_timed_path_is_accepted(org: Org) -> None:
    org.settings.default_workflow_user = None
    assert [one.problem for one in deploy(org, timers()).failures] == [USER]
    assert deploy(org, timers(paths=ASYNC)).success


# -- when paths run -------------------------------------------------------------------------
def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-01-{text}").replace(tzinfo=UTC)


class Story:
    """One lead and the clock."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.lead = ""

    def save(self, op: Any = "update", **values: Any) -> None:
        row = {"LastName": "A", "Company": "B"} | values if op == "insert" else {"Id": self.lead} | values
        result = self.org.automation.save(op, "Lead", [row], user_id=self.org.admin_id)[0]
        assert result.success, result.errors
        self.lead = str(result.id)

    def create(self, **values: Any) -> None:
        self.save("insert", **values)

    def until(self, text: str) -> None:
        self.org.advance(at(text))

    def deploy(self, data: bytes) -> None:
        assert deploy(self.org, data).success

    def switch(self, number: int) -> None:
        text = file("FlowDefinition", f"<activeVersionNumber>{number}</activeVersionNumber>")
        self.deploy(package({"FlowDefinition": ["Timers"]}, {"flowDefinitions/Timers.flowDefinition": text}))

    def seen(self) -> tuple[list[str], str | None]:
        """(when what waits will run, when the path ran last)."""
        row = self.org.rows.get("Lead", self.lead) or {}
        ran = row.get("Ran__c")
        waiting = [one["runs_at"][8:16].replace("T", " ") for one in self.org.automation.pending()]
        return waiting, ran and f"{ran:%d %H:%M}"


def created(story: Story) -> None:
    story.create(Due__c=at("05 15:00"))


def ran(story: Story) -> None:
    created(story)
    story.until("05 15:01")


def then(before: Callable[[Story], None], **values: Any) -> Callable[[Story], None]:
    def play(story: Story) -> None:
        before(story)
        story.save(**values)

    return play


def unmet(story: Story) -> None:
    story.create(Due__c=at("05 15:00"), Done__c=True)


def off_and_over(story: Story) -> None:
    created(story)
    story.switch(0)
    assert story.seen() == (["05 15:00"], None)  # still listed
    story.until("05 15:01")


def new_version(conditions: str) -> Callable[[Story], None]:
    def play(story: Story) -> None:
        created(story)
        story.deploy(timers(conditions=conditions))
        story.until("05 15:01")

    return play


def field_is(name: str) -> str:
    return (
        f"<filterLogic>and</filterLogic><filters><field>{name}</field><operator>IsNull</operator><value><booleanValue>"
        "false</booleanValue></value></filters>"
    )


def used_up(story: Story) -> None:
    story.org.settings.change({"scheduled_path_limit": 1})
    story.create(Due__c=at("05 14:30"))
    story.create(Due__c=at("05 15:00"))
    story.until("05 16:00")


def used_up_and_over(story: Story) -> None:
    used_up(story)
    story.until("06 15:00")


# what happens → (when what waits will run, when the path ran)
WHEN: list[tuple[str, Callable[[Story], None], tuple[list[str], str | None]]] = [
    ("create and met: scheduled", created, (["05 15:00"], None)),
    ("create and not met: nothing", unmet, ([], None)),
    ("its time comes: it runs, once", ran, ([], "05 15:00")),
    ("not met to met: scheduled", then(unmet, Done__c=False), (["05 15:00"], None)),
    ("not met to not met: nothing", then(unmet, Title="x"), ([], None)),
    ("met to met: kept, nothing added", then(created, Title="x"), (["05 15:00"], None)),
    ("met to met, the time later: moved", then(created, Due__c=at("05 18:00")), (["05 18:00"], None)),
    ("met to met, the time sooner: moved", then(created, Due__c=at("05 14:10")), (["05 14:10"], None)),
    ("met to met, the time past: at once", then(created, Due__c=at("05 13:00")), ([], "05 14:00")),
    ("met to not met: removed", then(created, Done__c=True), ([], None)),
    ("the time emptied: removed", then(created, Due__c=None), ([], None)),
    ("after the run, the same: nothing", then(ran, Title="x"), ([], "05 15:00")),
    ("after the run, a later time: again", then(ran, Due__c=at("05 18:00")), (["05 18:00"], "05 15:00")),
    ("after the run, unmet and met: again",
     then(then(then(ran, Done__c=True), Done__c=False, Due__c=at("05 16:00")), Title="x"), (["05 16:00"], "05 15:00")),
    ("created with a time that is past: at once",
     lambda story: story.create(Due__c=at("05 13:00")), ([], "05 14:00")),
    ("seconds: the next whole minute", lambda story: story.create(Due__c=at("05 15:00:20")), (["05 15:01"], None)),
    ("switched off: dropped at its time", off_and_over, ([], None)),
    ("a new version whose conditions hold: runs", new_version(field_is("Company")), ([], "05 15:00")),
    ("a new version whose conditions do not hold: dropped", new_version(field_is("Day__c")), ([], None)),
    ("deleted: removed", lambda story: (created(story), story.save("delete"))[0], ([], None)),
    ("more runs than a day allows: wait", used_up, (["06 14:30"], None)),
    ("more runs than a day allows: run when the window frees", used_up_and_over, ([], "06 14:30")),
]  # fmt: skip


@pytest.mark.parametrize(("story", "seen"), [row[1:] for row in WHEN], ids=[row[0] for row in WHEN])
def test_when_a_path_runs(org: Org, story: Callable[[Story], None], seen: tuple[list[str], str | None]) -> None:
    told = Story(org)
    told.deploy(timers())
    story(told)
    assert told.seen() == seen


OFFSETS = [
    ("-5", "Minutes", "Due__c", "05 14:55"), ("0", "Minutes", "Due__c", "05 15:00"),
    ("7", "Hours", "Due__c", "05 22:00"),
    ("2", "Days", "Due__c", "07 15:00"), ("1", "Weeks", "Due__c", "12 15:00"), ("1", "Months", "Due__c", "05 15:00"),
    ("0", "Minutes", "Day__c", "06 08:00"), ("5", "Minutes", "", "05 14:05"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "unit", "source", "runs"), OFFSETS)
def test_how_far_from_the_time_source(org: Org, number: str, unit: str, source: str, runs: str) -> None:
    where = f"<recordField>{source}</recordField>" if source else ""
    path = timed("RecordField" if source else "RecordTriggerEvent", number, unit, where=where)
    told = Story(org)
    told.deploy(timers(paths=path))
    told.create(Due__c=at("05 15:00"), Day__c=at("06 00:00").date())
    assert told.seen() == ([runs], None)


def test_a_waiting_path_holds_its_version_until_the_record_lets_go(org: Org) -> None:
    told = Story(org)
    told.deploy(timers())
    created(told)
    told.switch(0)
    assert not deploy(org, destructive({"Flow": ["Timers-1"]})).success
    told.until("05 15:01")
    assert deploy(org, destructive({"Flow": ["Timers-1"]})).success
