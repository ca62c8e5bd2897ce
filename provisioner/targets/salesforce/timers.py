"""The after-save flow on Lead whose scheduled paths mark breaches, tell people and hand leads over.

Every path re-reads the situation first (a pending path may outlive its reason) and then joins one common road: mark,
look up who and what, gather the recipients, send. What differs between steps is a handful of variables, so the flow
grows with the number of steps plus the number of recipients. Recipients, step times and the switch to live alerts are
custom metadata records, read when the path runs. [docs] reference/salesforce.md 4.4, 4.7, 4.8
"""

from __future__ import annotations

from typing import Any

from provisioner.model.design import Design, Step
from provisioner.resources import Address, Resource
from provisioner.targets.salesforce.alerts import Alerts
from provisioner.targets.salesforce.fields import managed
from provisioner.targets.salesforce.flow import (
    Check,
    Flow,
    Outcome,
    Value,
    equals,
    flag,
    is_null,
    num,
    plain,
    quoted,
    record_start,
    ref,
)
from provisioner.targets.salesforce.names import Names, step_count, used_escalations
from provisioner.targets.salesforce.people import find_user

API_VERSION = "64.0"  # emailSimple has the input names used here up to this version. [docs] reference/salesforce.md 4.7
SUBJECT_MOST = 255
PLACEHOLDERS = {"lead.name": "leadName", "company": "leadCompany", "rep": "repName", "lead_type": "leadTypeLabel"}


def timers_flow(design: Design) -> Resource:
    names = Names(design.target.prefix)
    return Resource(Address("Flow", names.of("Lead_Timers")), _Timers(design, names).build())


class _Timers:
    """Builds the flow from its last node to its first, so that every node knows where it leads."""

    def __init__(self, design: Design, names: Names) -> None:
        self.design = design
        self.names = names
        filters: list[tuple[str, str, Value]] = [
            (names.field("SLA_Due_At"), "IsNull", flag(False)),
            (names.field("First_Touch_At"), "IsNull", flag(True)),
            ("IsConverted", "EqualTo", flag(False)),
            (names.field("Excluded"), "EqualTo", flag(False)),
        ]
        start = record_start("Lead", "CreateAndUpdate", after=True, filters=filters, on_change=True)
        self.flow = Flow(
            f"{names.prefix} Lead Timers",
            managed(design, "Marks breaches and escalates at the times stored on the lead."),
            start,
            api_version=API_VERSION,
            trigger_order=200,
        )
        noted = [(names.field("Last_Error"), ref("$Flow.FaultMessage"))]
        self.fault = self.flow.update("Note_Fault", "Note the fault", noted, None)

    def record(self, word: str) -> str:
        return f"$Record.{self.names.field(word)}"

    def build(self) -> dict[str, Any]:
        paths = [self._path("At_Due", "At due", self.names.field("SLA_Due_At"), self._due())]
        steps = step_count(self.design)
        if steps:
            self._variables()
            does = any(_does(step) for escalation in used_escalations(self.design) for step in escalation.steps)
            mark = self._mark(self._situation(self._which_step()) if does else None)
            for number in range(1, steps + 1):
                to = self._step(number, mark)
                paths.append(self._path(f"At_Step_{number}", f"At step {number}", self.names.step_at(number), to))
        self.flow.start["scheduledPaths"] = paths
        return self.flow.tree()

    def _path(self, name: str, label: str, field: str, to: str) -> dict[str, Any]:
        return {
            "name": name, "label": label, "connector": {"targetReference": to}, "maxBatchSize": "200",
            "offsetNumber": "0", "offsetUnit": "Minutes", "recordField": field, "timeSource": "RecordField",
        }  # fmt: skip

    def _open(self, reached: str) -> list[Check]:
        """Still untouched, still ours, and the stored time has been reached."""
        return [
            is_null(self.record("First_Touch_At")),
            equals("$Record.IsConverted", flag(False)),
            equals(self.record("Excluded"), flag(False)),
            equals(reached, flag(True)),
        ]

    def _reached(self, name: str, field: str) -> str:
        stored = "{!$Record." + field + "}"
        return self.flow.formula(
            name, "Boolean", f"AND(NOT(ISBLANK({stored})), {stored} <= {{!$Flow.CurrentDateTime}})"
        )

    def _due(self) -> str:
        status = self.record("SLA_Status")
        items = [(self.names.field("SLA_Status"), plain("breached"))]
        mark = self.flow.update("Mark_Breached", "Mark breached", items, None, fault=self.fault)
        checks = self._open(self._reached("dueReached", self.names.field("SLA_Due_At")))
        checks += [equals(status, plain("within_sla")), equals(status, plain("at_risk"))]
        rule = Outcome("Still_Open_At_Due", "Still open", checks, mark, "1 AND 2 AND 3 AND 4 AND (5 OR 6)")
        return self.flow.decide("Open_At_Due", "Still open at due?", [rule], None, "No")

    def _step(self, number: int, to: str) -> str:
        """The path of one step: re-check, then say which step it is and join the common road."""
        flow = self.flow
        join = flow.assign(f"Begin_Step_{number}", f"Step {number}", [("stepNumber", num(number))], to)
        checks = self._open(self._reached(f"step{number}Reached", self.names.step_at(number)))
        checks += [
            Check("levelSoFar", "LessThan", num(number)),
            is_null(self.record("Escalation"), False),
            is_null(self.record("SLA_Due_At"), False),
        ]
        rule = Outcome(f"Still_Open_At_Step_{number}", "Still open", checks, join)
        return flow.decide(f"Open_At_Step_{number}", f"Still open at step {number}?", [rule], None, "No")

    def _variables(self) -> None:
        flow = self.flow
        flow.variable("stepNumber", "Number")
        for name in ("alertsLive", "wantsBell", "wantsEmail", "wantsTask"):
            flow.variable(name, "Boolean", value=flag(False))
        for name in (
            "silentTo", "silentUserId", "silentEmail", "leadTypeLabel", "repName", "ownerUserId", "ownerEmail",
            "managerId", "notifyList", "taskSubject", "reassignTo", "foundRole", "foundId", "foundName", "foundEmail",
            "emailList", "toldNames", "noAddress",
        ):  # fmt: skip
            flow.variable(name, "String")
        flow.variable("toldIds", "String", value=plain(";"))
        flow.variable("bellIds", "String", collection=True)
        flow.formula("levelSoFar", "Number", "BLANKVALUE({!" + self.record("Escalation_Level") + "}, 0)")

    # the common road, in the order it runs

    def _mark(self, to: str | None) -> str:
        """First of all the lead says what happened: a step acts once, whatever becomes of its alerts."""
        flow = self.flow
        status = f"TEXT({{!{self.record('SLA_Status')}}})"
        flow.formula("statusAfter", "String", f"BLANKVALUE({{!Get_Step.Status__c}}, {status})")
        items = [
            (self.names.field("Escalation_Level"), ref("stepNumber")),
            (self.names.field("SLA_Status"), ref("statusAfter")),
        ]
        mark = flow.update("Mark_Step", "Mark the step", items, to, fault=self.fault)
        known = flow.decide(
            "Step_Known",
            "Is its record there?",
            [Outcome("Step_Is_Known", "Yes", [is_null("Get_Step", False)], mark)],
            None,
            "No such step",
        )
        filters = [
            ("Escalation__c", "EqualTo", ref(self.record("Escalation"))),
            ("Step_Number__c", "EqualTo", ref("stepNumber")),
        ]
        return flow.get("Get_Step", "Get the step", self.names.type("SLA_Step"), filters, known, fault=self.fault)

    def _situation(self, to: str) -> str:
        return self._settings(self._silent(self._type_label(self._owner(to))))

    def _settings(self, to: str) -> str:
        """Without its record nothing is sent: silence is the safe side."""
        flow = self.flow
        read = [("alertsLive", ref("Get_Settings.Alerts_Live__c")), ("silentTo", ref("Get_Settings.Silent_To__c"))]
        known = flow.decide(
            "Settings_Known",
            "Are there settings?",
            [
                Outcome(
                    "Settings_Are_Known",
                    "Yes",
                    [is_null("Get_Settings", False)],
                    flow.assign("Read_Settings", "Read them", read, to),
                )
            ],
            None,
            "No: say nothing",
        )
        filters = [("DeveloperName", "EqualTo", plain("Default"))]
        return flow.get(
            "Get_Settings", "Get the settings", self.names.type("Settings"), filters, known, fault=self.fault
        )

    def _silent(self, to: str) -> str:
        """Whom `silent_to` is: a user if there is such a one, else an address."""
        flow = self.flow
        user = [("silentUserId", ref("Get_Silent_User.Id")), ("silentEmail", ref("Get_Silent_User.Email"))]
        is_user = flow.assign("Silent_Is_User", "A user", user, to)
        address = flow.assign("Silent_Is_Address", "An address", [("silentEmail", ref("silentTo"))], to)
        found = flow.decide(
            "Silent_User_Found",
            "Is there such a user?",
            [Outcome("Silent_User_Is_There", "Yes", [is_null("Get_Silent_User", False)], is_user)],
            address,
            "No",
        )
        get = find_user(flow, "Get_Silent_User", "Get the silent user", "silentTo", found, self.fault)
        checks = [equals("alertsLive", flag(False)), is_null("silentTo", False)]
        return flow.decide("Is_Silent", "Silent?", [Outcome("Silent_Mode", "Yes", checks, get)], to, "No")

    def _type_label(self, to: str) -> str:
        flow = self.flow
        label = flow.assign("Read_Label", "Read its label", [("leadTypeLabel", ref("Get_Type.Label__c"))], to)
        known = flow.decide(
            "Label_Known",
            "Is its record there?",
            [Outcome("Label_Is_Known", "Yes", [is_null("Get_Type", False)], label)],
            to,
            "No",
        )
        flow.formula("typeName", "String", f'BLANKVALUE(TEXT({{!{self.record("Lead_Type")}}}), "-")')
        filters = [("DeveloperName", "EqualTo", ref("typeName"))]
        return flow.get("Get_Type", "Get the lead type", self.names.type("Lead_Type"), filters, known, fault=self.fault)

    def _owner(self, to: str) -> str:
        flow = self.flow
        flow.formula("ownerIsQueue", "Boolean", 'LEFT({!$Record.OwnerId}, 3) = "00G"')
        user = [
            ("ownerUserId", ref("Get_Owner.Id")), ("ownerEmail", ref("Get_Owner.Email")),
            ("repName", ref("Get_Owner.Name")), ("managerId", ref("Get_Owner.ManagerId")),
        ]  # fmt: skip
        is_user = flow.assign("Owner_Is_User", "A user", user, to)
        user_found = flow.decide(
            "Owner_Found",
            "Was the user found?",
            [Outcome("Owner_Is_Found", "Yes", [is_null("Get_Owner", False)], is_user)],
            to,
            "No",
        )
        by_id = [("Id", "EqualTo", ref("$Record.OwnerId"))]
        get_user = flow.get("Get_Owner", "Get the owner", "User", by_id, user_found, fault=self.fault)
        named = flow.assign("Owner_Is_Group", "A queue", [("repName", ref("Get_Owner_Queue.Name"))], to)
        queue_found = flow.decide(
            "Owner_Queue_Found",
            "Was the queue found?",
            [Outcome("Owner_Queue_Is_Found", "Yes", [is_null("Get_Owner_Queue", False)], named)],
            to,
            "No",
        )
        get_queue = flow.get("Get_Owner_Queue", "Get the queue", "Group", by_id, queue_found, fault=self.fault)
        rule = Outcome("Queue_Owns", "A queue", [equals("ownerIsQueue", flag(True))], get_queue)
        return flow.decide("Who_Owns", "Who owns the lead?", [rule], get_user, "A user")

    def _which_step(self) -> str:
        """What this step of this escalation does, as variables."""
        flow = self.flow
        alerts = Alerts(self.design, self.names, flow, self.fault)
        gather = alerts.build()
        rules = []
        for escalation in used_escalations(self.design):
            for number, step in enumerate(escalation.steps, start=1):
                items: list[tuple[str, Value]] = []
                if step.notify:
                    items.append(("notifyList", plain(";" + ";".join(step.notify) + ";")))
                    items += [("wantsBell", flag("bell" in step.via)), ("wantsEmail", flag("email" in step.via))]
                if step.task is not None:
                    subject = flow.formula(f"task_{escalation.id}_{number}", "String", subject_formula(step.task))
                    items += [("wantsTask", flag(True)), ("taskSubject", ref(subject))]
                if step.reassign_to is not None:
                    items.append(("reassignTo", plain(step.reassign_to)))
                name = f"{escalation.id}_{number}"
                to = flow.assign(f"Do_{name}", f"{escalation.id}: step {number}", items, gather) if items else None
                checks = [
                    equals(self.record("Escalation"), plain(escalation.id)),
                    equals("stepNumber", num(number)),
                ]
                rules.append(Outcome(f"Case_{name}", f"{escalation.id}, step {number}", checks, to))
        return flow.decide("Which_Step", "Which step is it?", rules, None, "None we know")


def _does(step: Step) -> bool:
    """Whether a step does more than to mark the lead."""
    return bool(step.notify) or step.task is not None or step.reassign_to is not None


def subject_formula(task: str) -> str:
    """The subject of a task as a formula, placeholders filled at run time, at most 255 characters."""
    parts: list[str] = []
    rest = task
    while rest:
        at, name = min(
            ((rest.find("{" + key + "}"), key) for key in PLACEHOLDERS if "{" + key + "}" in rest), default=(-1, "")
        )
        if at < 0:
            parts.append(quoted(rest))
            break
        if at:
            parts.append(quoted(rest[:at]))
        parts.append("{!" + PLACEHOLDERS[name] + "}")
        rest = rest[at + len(name) + 2 :]
    return f"LEFT({' & '.join(parts) or quoted('')}, {SUBJECT_MOST})"
