"""The before-save flow on Lead: rules 2 to 8 of docs/semantics.md, on every save, in that order.

On a business clock the flow states what is promised and the trigger, which runs after it in the same save, does the
arithmetic; on the calendar clock the flow does all of it.
"""

from __future__ import annotations

from typing import Any

from provisioner.model.design import Design
from provisioner.resources import Address, Resource
from provisioner.targets.salesforce.conditions import Translator
from provisioner.targets.salesforce.fields import managed
from provisioner.targets.salesforce.flow import (
    Check,
    Flow,
    Outcome,
    Value,
    differs,
    equals,
    flag,
    is_null,
    num,
    plain,
    record_start,
    ref,
)
from provisioner.targets.salesforce.names import Names, has_business_clock, step_count
from provisioner.targets.salesforce.people import human_user

CREATED = "CreatedDate"
_UNFINISHED = ("met", "touched_late")


def stamp_flow(design: Design) -> Resource:
    return Resource(
        Address("Flow", Names(design.target.prefix).of("Lead_Stamp")),
        _Stamp(design, Names(design.target.prefix)).build(),
    )


class _Stamp:
    """Builds the flow from its last node to its first, so that every node knows where it leads."""

    def __init__(self, design: Design, names: Names) -> None:
        self.design = design
        self.names = names
        filters = [("IsConverted", "EqualTo", flag(False))]
        start = record_start("Lead", "CreateAndUpdate", after=False, filters=filters)
        what = "Measures a lead and starts its SLA clock before it is saved."
        # Late among the org's own before-save flows, so that what they write is what is judged. [docs-2nd] 4.2
        self.flow = Flow(f"{names.prefix} Lead Stamp", managed(design, what), start, trigger_order=1900)
        self.fault = self.flow.assign(
            "Note_Fault", "Note the fault", [(self.record("Last_Error"), ref("$Flow.FaultMessage"))], None
        )

    def record(self, word: str) -> str:
        return f"$Record.{self.names.field(word)}"

    @property
    def steps(self) -> list[str]:
        return [f"$Record.{self.names.step_at(k)}" for k in range(1, step_count(self.design) + 1)]

    def build(self) -> dict[str, Any]:
        self._resources()
        translator = Translator(self.flow)
        finish = self._finish()
        clock = self._clock(translator, finish)
        person = self._person(self._assigned(clock))
        body = self._exclusions(translator, self._engagement(person))
        first = translator.prelude(body)
        self.flow.start["connector"] = {"targetReference": self._look(first)}
        return self.flow.tree()

    # resources

    def _resources(self) -> None:
        flow = self.flow
        for name, kind in (("noMoment", "DateTime"), ("noText", "String"), ("noNumber", "Number")):
            flow.variable(name, kind)
        flow.variable("clockNow", "DateTime")
        flow.variable("leadType", "String")
        for name in ("ownerEvent", "ownerIsPerson", "businessStarted"):
            flow.variable(name, "Boolean", value=flag(False))
        owner, seen, prior = "{!$Record.OwnerId}", self._merge("Owner_Seen"), "{!$Record__Prior.OwnerId}"
        is_new = "ISBLANK({!$Record.Id})"
        flow.formula("isNew", "Boolean", is_new)
        flow.formula("seenDiffers", "Boolean", f"AND(NOT(ISBLANK({seen})), LEFT({seen}, 15) <> LEFT({owner}, 15))")
        flow.formula("priorDiffers", "Boolean", f"AND(NOT({is_new}), LEFT({prior}, 15) <> LEFT({owner}, 15))")
        flow.formula("ownerMoved", "Boolean", "OR({!isNew}, {!priorDiffers}, {!seenDiffers})")
        changed = self._merge("Owner_Changed_At")
        settled = f"AND({{!seenDiffers}}, NOT({{!priorDiffers}}), NOT(ISBLANK({changed})))"
        flow.formula("momentOfSave", "DateTime", f"IF({settled}, {changed}, {{!$Flow.CurrentDateTime}})")
        flow.formula("candidate", "DateTime", self._candidate())
        status = f"TEXT({self._merge('SLA_Status')})"
        flow.formula("statusSoFar", "String", f'IF(ISBLANK({status}), "not_started", {status})')
        flow.formula("levelSoFar", "Number", f"BLANKVALUE({self._merge('Escalation_Level')}, 0)")
        flow.formula("cycleSoFar", "Number", f"BLANKVALUE({self._merge('Cycle')}, 1)")
        flow.formula("nextCycle", "Number", f"BLANKVALUE({self._merge('Cycle')}, 1) + 1")
        flow.formula("ownerIsQueue", "Boolean", f'LEFT({owner}, 3) = "00G"')
        other = f"LEFT({self._merge('Assigned_To')}, 15) <> LEFT({owner}, 15)"
        flow.formula("clockIsForAnother", "Boolean", other)
        touched, started = self._merge("First_Touch_At"), self._merge("SLA_Started_At")
        seconds = f"ROUND(({touched} - {started}) * 86400, 0)"
        flow.formula("responseMinutes", "Number", f"IF({touched} < {started}, 0, ROUND({seconds} / 60, 2))")

    def _merge(self, word: str) -> str:
        return "{!" + self.record(word) + "}"

    def _candidate(self) -> str:
        """The first engagement field that is known; a lead that is being created is created now."""
        expression = ""
        for name in reversed(self.design.telemetry.engagement):
            value = f"{{!$Record.{name}}}"
            if name == CREATED:
                value = f"BLANKVALUE({value}, {{!$Flow.CurrentDateTime}})"
            expression = f"BLANKVALUE({value}, {expression})" if expression else value
        return expression

    # nodes, in the order they run

    def _look(self, to: str | None) -> str:
        """What was before this save is looked at once, before anything overwrites it."""
        items = [
            ("clockNow", ref("momentOfSave")),
            ("ownerEvent", ref("ownerMoved")),
            (self.record("Owner_Seen"), ref("$Record.OwnerId")),
            (self.record("Owner_Changed_At"), ref("noMoment")),
            (self.record("SLA_Status"), ref("statusSoFar")),
            (self.record("Escalation_Level"), ref("levelSoFar")),
            (self.record("Cycle"), ref("cycleSoFar")),
        ]
        return self.flow.assign("Look", "Look at what was before", items, to)

    def _exclusions(self, translator: Translator, to: str) -> str:
        excluded = self.record("Excluded")
        included = self.flow.assign("Mark_Included", "Not excluded", [(excluded, flag(False))], to)
        if not self.design.exclusions:
            return included
        marked = self.flow.assign("Mark_Excluded", "Excluded", [(excluded, flag(True))], to)
        rules = [
            translator.outcome(f"Excluded_By_{place}", item.id[:255], item.when, marked)
            for place, item in enumerate(self.design.exclusions, start=1)
        ]
        return self.flow.decide("Is_Excluded", "Is the lead excluded?", rules, included, "No")

    def _engagement(self, to: str) -> str:
        """Rule 3."""
        engaged, status = self.record("Engaged_At"), self.record("SLA_Status")
        first = self.flow.assign("Engage", "First engagement", [(engaged, ref("candidate"))], to)
        again = self.flow.assign("New_Cycle", "A new cycle begins", self._new_cycle(), to)
        rules = [
            Outcome("Not_Engaged_Yet", "Not engaged yet", [is_null(engaged)], first),
            Outcome(
                "Engaged_Again",
                "Engaged again after a finished clock",
                [
                    equals(status, plain("met")),
                    equals(status, plain("touched_late")),
                    is_null(self.record("First_Touch_At"), False),
                    is_null("candidate", False),
                    Check("candidate", "GreaterThan", ref(self.record("First_Touch_At"))),
                ],
                again,
                "(1 OR 2) AND 3 AND 4 AND 5",
            ),
        ]
        return self.flow.decide("Engagement", "Which engagement?", rules, to, "Known already")

    def _new_cycle(self) -> list[tuple[str, Value]]:
        items = [(self.record("Cycle"), ref("nextCycle")), (self.record("Engaged_At"), ref("candidate"))]
        items += self._blank("Assigned_At", "First_Touch_At", moment=True)
        items += self._blank("First_Touch_Type", "Lead_Type")
        return [*items, *self._no_clock(), *self._reset("not_started"), ("ownerEvent", flag(True))]

    def _blank(self, *words: str, moment: bool = False) -> list[tuple[str, Value]]:
        return [(self.record(word), ref("noMoment" if moment else "noText")) for word in words]

    def _no_clock(self) -> list[tuple[str, Value]]:
        """Everything that belongs to one clock, except its level and status."""
        items = self._blank("SLA_Started_At", "SLA_Due_At", moment=True)
        items += [(step, ref("noMoment")) for step in self.steps]
        items += [(self.record(word), ref("noNumber")) for word in ("SLA_Minutes", "Response_Minutes")]
        return items + self._blank("Assigned_To", "Business_Hours", "Escalation")

    def _reset(self, status: str) -> list[tuple[str, Value]]:
        return [(self.record("Escalation_Level"), num(0)), (self.record("SLA_Status"), plain(status))]

    def _person(self, to: str) -> str:
        """Whether the owner counts as a person; only asked when the answer can matter."""
        found = self.flow.assign("Owner_Counts", "The owner counts as a person", [("ownerIsPerson", flag(True))], to)
        ignored = self.flow.decide(
            "Owner_Ignored",
            "Is the owner ignored?",
            [Outcome("Owner_Not_Ignored", "No", [is_null("Get_Ignored_Owner")], found)],
            to,
            "Yes",
        )
        user = human_user(self.flow, "Owner", "$Record.OwnerId", self.names, to=ignored, otherwise=to, fault=self.fault)
        queue = found if self.design.assignment.queue_starts_clock else to
        kind = self.flow.decide(
            "Owner_Kind",
            "Who owns the lead?",
            [Outcome("Owner_Is_Queue", "A queue", [equals("ownerIsQueue", flag(True))], queue)],
            user,
            "A user",
        )
        asks = [
            equals("ownerEvent", flag(True)),
            equals(self.record("SLA_Status"), plain("excluded")),
            equals(self.record("Excluded"), flag(False)),
        ]
        rule = Outcome("Owner_Matters", "Yes", asks, kind, "1 OR (2 AND 3)")
        return self.flow.decide("Ask_Owner", "Does the owner matter in this save?", [rule], to, "No")

    def _assigned(self, to: str) -> str:
        """The end of rule 4."""
        assigned = self.record("Assigned_At")
        stamp = self.flow.assign("Stamp_Assigned", "Assigned now", [(assigned, ref("clockNow"))], to)
        checks = [equals("ownerEvent", flag(True)), equals("ownerIsPerson", flag(True)), is_null(assigned)]
        rule = Outcome("Newly_Assigned", "Yes", checks, stamp)
        return self.flow.decide("Assignment", "Newly assigned to a person?", [rule], to, "No")

    def _clock(self, translator: Translator, finish: str) -> str:
        """Rules 5 and 6."""
        status, assigned_to = self.record("SLA_Status"), self.record("Assigned_To")
        stop = self.flow.assign("Stop_Clock", "Stop the clock", [*self._no_clock(), *self._reset("excluded")], None)
        back = self.flow.assign("Included_Again", "No clock yet", [(status, plain("not_started"))], finish)
        unfinished = [differs(status, plain(value)) for value in _UNFINISHED]
        starts = [
            equals("ownerIsPerson", flag(True)),
            *unfinished,
            equals("ownerEvent", flag(True)),
            is_null(assigned_to),
            equals(status, plain("excluded")),
            is_null(self.record("Assigned_At"), False),
        ]
        logic = "1 AND 2 AND 3 AND ((4 AND 5) OR (6 AND 7))"
        if self.design.assignment.on_reassign == "restart":
            starts += [equals("clockIsForAnother", flag(True)), is_null(self.record("First_Touch_At"))]
            logic = "1 AND 2 AND 3 AND ((4 AND 5) OR (6 AND 7) OR (4 AND 8 AND 9))"
        rules = [
            Outcome("Clock_Stops", "Excluded", [equals(self.record("Excluded"), flag(True)), *unfinished], stop),
            Outcome("Clock_Starts", "Starts", starts, self._begin(translator, finish), logic),
            Outcome("No_Longer_Excluded", "No longer excluded", [equals(status, plain("excluded"))], back),
        ]
        return self.flow.decide("Clock", "What becomes of the clock?", rules, finish, "Nothing")

    def _begin(self, translator: Translator, finish: str) -> str:
        """Rule 7: nothing of an earlier clock is left, then the type is found."""
        found = self._lead_type(finish)
        chosen = {
            lead_type.id: self.flow.assign(
                f"Lead_Type_{lead_type.id}", f"Type: {lead_type.id}", [("leadType", plain(lead_type.id))], found
            )
            for lead_type in self.design.lead_types
        }
        rules = [
            translator.outcome(f"Matches_{item.id}", item.id, item.when, chosen[item.id])
            for item in self.design.lead_types
        ]
        tracked = self.design.unmatched.track_as
        otherwise = finish if tracked is None else chosen[tracked]
        classify = self.flow.decide("Classify", "Which lead type?", rules, otherwise, "None of these")
        items = [*self._no_clock(), *self._blank("Lead_Type"), (self.record("SLA_Status"), plain("not_started"))]
        items.append((self.record("Assigned_To"), ref("$Record.OwnerId")))
        return self.flow.assign("Begin", "Begin a clock for this owner", items, classify)

    def _lead_type(self, finish: str) -> str:
        """The promise is read from the custom metadata record: a new threshold needs no new flow version."""
        flow = self.flow
        calendar = self._calendar(finish)
        common = [
            (self.record("Lead_Type"), ref("leadType")),
            (self.record("SLA_Started_At"), ref("clockNow")),
            (self.record("SLA_Minutes"), ref("Get_Lead_Type.SLA_Minutes__c")),
            (self.record("Escalation"), ref("Get_Lead_Type.Escalation__c")),
            *self._reset("within_sla"),
        ]
        due = "{!clockNow} + ROUND(BLANKVALUE({!Get_Lead_Type.SLA_Minutes__c}, 0) * 60, 0) / 86400"
        flow.formula("calendarDue", "DateTime", due)
        start_calendar = flow.assign(
            "Start_Calendar",
            "Start an around-the-clock clock",
            [*common, (self.record("SLA_Due_At"), ref("calendarDue"))],
            calendar,
        )
        text = f"The {self.names.type('Lead_Type')} record of this lead's type is missing or incomplete; no clock."
        missing = [(self.record("Last_Error"), plain(text))]
        note = flow.assign("Note_Type_Missing", "Note that it is missing", missing, finish)
        # A promise nobody wrote down would be due at once: no clock is better than a false alarm.
        promised = [
            equals("Get_Lead_Type.Clock__c", plain("calendar")),
            is_null("Get_Lead_Type.SLA_Minutes__c", False),
        ]
        rules = [*self._business(common, finish), Outcome("On_Calendar_Clock", "Calendar", promised, start_calendar)]
        which = flow.decide("Which_Clock", "Which clock?", rules, note, "No promise")
        is_known = [Outcome("Type_Is_Known", "Yes", [is_null("Get_Lead_Type", False)], which)]
        known = flow.decide("Type_Known", "Is its record there?", is_known, note, "No")
        source, filters = self.names.type("Lead_Type"), [("DeveloperName", "EqualTo", ref("leadType"))]
        return flow.get("Get_Lead_Type", "Get the lead type", source, filters, known, fault=self.fault)

    def _business(self, common: list[tuple[str, Value]], finish: str) -> list[Outcome]:
        """The trigger is there only if some lead type needs it."""
        if not has_business_clock(self.design):
            return []
        hours = (self.record("Business_Hours"), ref("Get_Lead_Type.Business_Hours__c"))
        items = [*common, hours, ("businessStarted", flag(True))]
        to = self.flow.assign("Start_Business", "The trigger computes this clock", items, finish)
        checks = [
            equals("Get_Lead_Type.Clock__c", plain("business")),
            is_null("Get_Lead_Type.Business_Hours__c", False),
        ]
        return [Outcome("On_Business_Clock", "Business", checks, to)]

    def _calendar(self, finish: str) -> str:
        """Step times of the calendar clock, in whole seconds."""
        if not self.steps:
            return finish
        flow = self.flow
        sla = "BLANKVALUE({!Get_Lead_Type.SLA_Minutes__c}, 0)"
        day = "BLANKVALUE({!Get_Lead_Type.Business_Day_Minutes__c}, 0)"
        days = f"BLANKVALUE({{!Each_Step.Offset_Business_Days__c}}, 0) * {day}"
        flow.formula(
            "stepAt",
            "DateTime",
            "IF(ISBLANK({!Each_Step.Percent__c}), "
            f"{{!calendarDue}} + ROUND((BLANKVALUE({{!Each_Step.Offset_Minutes__c}}, 0) + {days}) * 60, 0) / 86400, "
            f"{{!clockNow}} + ROUND({sla} * 60 * BLANKVALUE({{!Each_Step.Percent__c}}, 0) / 100, 0) / 86400)",
        )
        rules = []
        for number, step in enumerate(self.steps, start=1):
            stamp = flow.assign(f"Stamp_Step_{number}", f"Step {number}", [(step, ref("stepAt"))], "Each_Step")
            rules.append(
                Outcome(f"Is_Step_{number}", f"Step {number}", [equals("Each_Step.Step_Number__c", num(number))], stamp)
            )
        body = flow.decide("Which_Step", "Which step?", rules, "Each_Step", "Another")
        loop = flow.loop("Each_Step", "Each step", "Get_Steps", body, finish)
        found = [Outcome("Steps_Are_Found", "Yes", [is_null("Get_Steps", False)], loop)]
        there = flow.decide("Steps_Found", "Are there steps?", found, finish, "No")
        filters = [("Escalation__c", "EqualTo", ref("Get_Lead_Type.Escalation__c"))]
        get = flow.get(
            "Get_Steps", "Get the steps", self.names.type("SLA_Step"), filters, there, fault=self.fault, many=True
        )
        has = Outcome("Has_Steps", "Yes", [is_null("Get_Lead_Type.Escalation__c", False)], get)
        return flow.decide("Escalates", "Is there an escalation?", [has], finish, "No")

    def _finish(self) -> str:
        """Rule 8. A business clock that starts for a lead touched already is met: F <= now <= S <= D."""
        flow = self.flow
        status, due, touched = (self.record(word) for word in ("SLA_Status", "SLA_Due_At", "First_Touch_At"))
        respond = flow.assign(
            "Stamp_Response", "Stamp the response", [(self.record("Response_Minutes"), ref("responseMinutes"))], None
        )
        calendar = flow.decide(
            "Response_Clock",
            "Whose arithmetic?",
            [Outcome("Response_Here", "Ours", [is_null(self.record("Business_Hours"))], respond)],
            None,
            "The trigger's",
        )
        met = flow.assign("Mark_Met", "Met", [(status, plain("met"))], calendar)
        late = flow.assign("Mark_Late", "Touched late", [(status, plain("touched_late"))], calendar)
        common: list[Check] = [
            is_null(touched, False),
            equals(self.record("Excluded"), flag(False)),
            *(differs(status, plain(value)) for value in _UNFINISHED),
        ]
        in_time = [
            is_null(due, False),
            Check(touched, "LessThanOrEqualTo", ref(due)),
            equals("businessStarted", flag(True)),
        ]
        rules = [
            Outcome("Touched_In_Time", "In time", [*common, *in_time], met, "1 AND 2 AND 3 AND 4 AND ((5 AND 6) OR 7)"),
            Outcome("Touched_Late", "Late", [*common, is_null(due, False)], late),
        ]
        return flow.decide("Finish", "Is the clock finished?", rules, None, "No")
