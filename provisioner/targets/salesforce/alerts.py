"""The part of the timer flow that tells people: gather the recipients, send live or silently, then act.

Silent mode sends one alert per channel to `silent_to`, which names the people who would have been told, and does
nothing else. No sentence of a user is merged into a text: what people wrote comes in through custom metadata fields,
variables or escaped literals. Limits: title 250, body 750 characters. [docs] reference/salesforce.md 4.7
"""

from __future__ import annotations

from provisioner.model.design import Design, Recipient, Step
from provisioner.targets.salesforce.flow import Check, Flow, Outcome, Value, differs, equals, flag, is_null, plain, ref
from provisioner.targets.salesforce.names import Names, used_escalations
from provisioner.targets.salesforce.people import find_user

TITLE_MOST = 250
BODY_MOST = 750
_GROUPS = {"group": "Regular", "queue": "Queue"}  # kind of recipient → Group.Type


class Alerts:
    """Adds its nodes to `flow`; `build()` returns the first of them."""

    def __init__(self, design: Design, names: Names, flow: Flow, fault: str) -> None:
        self.design = design
        self.names = names
        self.flow = flow
        self.fault = fault
        steps = [step for escalation in used_escalations(design) for step in escalation.steps]
        self.steps: list[Step] = steps
        self.bell = any(step.notify and "bell" in step.via for step in steps)
        self.email = any(step.notify and "email" in step.via for step in steps)

    def build(self) -> str:
        self._texts()
        mode = self._mode()
        if self.bell:
            mode = self._bell_type(mode)
        told = {id for step in self.steps for id in step.notify}
        for recipient in reversed(list(self.design.recipients.values())):
            if recipient.id in told and recipient.kind != "slack":
                mode = self._gather(recipient, mode)
        return mode

    # texts

    def _texts(self) -> None:
        flow = self.flow
        first, last = "{!$Record.FirstName}", "{!$Record.LastName}"
        flow.formula("leadName", "String", f'IF(ISBLANK({first}), {last}, {first} & " " & {last})')
        flow.formula("leadCompany", "String", 'BLANKVALUE({!$Record.Company}, "-")')
        minutes = "{!$Record." + self.names.field("SLA_Minutes") + "}"
        flow.formula("slaText", "String", f'TEXT({minutes}) & " minutes"')
        started = "{!$Record." + self.names.field("SLA_Started_At") + "}"
        waited = f"ROUND(({{!$Flow.CurrentDateTime}} - {started}) * 1440, 0)"
        flow.formula("elapsedText", "String", f'TEXT({waited}) & " minutes since the clock started"')
        api = "{!$Api.Enterprise_Server_URL_640}"
        flow.formula("leadLink", "String", f'LEFT({api}, FIND("/services/", {api})) & {{!$Record.Id}}')
        named = ' & ": " & {!leadName}' if "lead.name" in self.design.alerts.content else ""
        title = f'"SLA step " & TEXT({{!stepNumber}}){named}'
        flow.formula("alertTitle", "String", f"LEFT({title}, {TITLE_MOST})")
        flow.formula("silentTitle", "String", f'LEFT("[Silent] " & {title}, {TITLE_MOST})')
        lines = self._lines()
        body = ' & "; " & '.join(f'"{label}: " & BLANKVALUE({{!{name}}}, "-")' for label, name in lines) or '"-"'
        flow.formula("alertBody", "String", f"LEFT({body}, {BODY_MOST})")
        flow.formula("silentBody", "String", f'LEFT({{!silentNote}} & " | " & {body}, {BODY_MOST})')
        written = "\n".join(f"{label}: {{!{name}}}" for label, name in [*lines, *self._link()]) or "-"
        flow.template("alertText", written)
        flow.template("silentText", "{!silentNote}\n\n" + written)
        flow.formula("silentNote", "String", _SILENT_NOTE)
        separator = 'IF(ISBLANK({!toldNames}), "", {!toldNames} & ", ") & {!foundRole}'
        flow.formula("nextToldNames", "String", separator + ' & " (" & BLANKVALUE({!foundName}, "-") & ")"')
        flow.formula("nextMissing", "String", separator + ' & " (nobody found)"')
        flow.formula("nextToldIds", "String", '{!toldIds} & {!foundId} & ";"')
        joined = 'IF(ISBLANK({!emailList}), {!foundEmail}, {!emailList} & "," & {!foundEmail})'
        flow.formula("nextEmailList", "String", f"IF(ISBLANK({{!foundEmail}}), {{!emailList}}, {joined})")

    def _lines(self) -> list[tuple[str, str]]:
        return [_CONTENT[item] for item in self.design.alerts.content if item in _CONTENT]

    def _link(self) -> list[tuple[str, str]]:
        return [("Link", "leadLink")] if "link" in self.design.alerts.content else []

    # gathering

    def _gather(self, recipient: Recipient, to: str) -> str:
        """Asks for one recipient; each person is told once, whoever names them."""
        flow, id = self.flow, recipient.id
        add: list[tuple[str, str, Value]] = [
            ("bellIds", "Add", ref("foundId")),
            ("toldIds", "Assign", ref("nextToldIds")),
            ("emailList", "Assign", ref("nextEmailList")),
            ("toldNames", "Assign", ref("nextToldNames")),
        ]
        added = flow.compute(f"Add_{id}", f"Add {id}", add, to)
        told = Outcome(f"NewNo_{id}", "Told already", [Check("toldIds", "Contains", ref("foundId"))], to)
        new = flow.decide(f"New_{id}", f"Is {id} told already?", [told], added, "No")
        role: list[tuple[str, Value]] = [("foundRole", plain(id))]
        if recipient.kind == "record_owner":
            role += [
                ("foundId", ref("$Record.OwnerId")),
                ("foundEmail", ref("ownerEmail")),
                ("foundName", ref("repName")),
            ]
            after = new
        else:
            nobody = [("toldNames", ref("nextMissing"))]
            missing = flow.assign(f"Missing_{id}", f"Nobody found for {id}", nobody, to)
            after = self._resolve(recipient, new, missing)
        named = flow.assign(f"Role_{id}", f"Tell {id}", role, after)
        asked = Outcome(f"TellYes_{id}", "Yes", [Check("notifyList", "Contains", plain(f";{id};"))], named)
        return flow.decide(f"Tell_{id}", f"Tell {id}?", [asked], to, "No")

    def _resolve(self, recipient: Recipient, new: str, missing: str) -> str:
        if recipient.kind == "owner_manager":
            return self._manager(recipient, new, missing)
        return self._by_record(recipient, "Value__c", new, missing)

    def _manager(self, recipient: Recipient, new: str, missing: str) -> str:
        flow, id = self.flow, recipient.id
        otherwise = missing
        if recipient.otherwise is not None:
            otherwise = self._by_record(recipient, "Otherwise__c", new, missing)
        found = self._found("ManagerIs", f"Manager_{id}", recipient, new, person=True)
        rule = Outcome(f"ManagerYes_{id}", "Yes", [is_null(f"Manager_{id}", False)], found)
        is_there = flow.decide(f"ManagerFound_{id}", "Is the manager active?", [rule], otherwise, "No")
        filters = [("Id", "EqualTo", ref("managerId")), ("IsActive", "EqualTo", flag(True))]
        get = flow.get(f"Manager_{id}", "Get the owner's manager", "User", filters, is_there, fault=self.fault)
        has = Outcome(f"HasManagerYes_{id}", "Yes", [is_null("managerId", False)], get)
        return flow.decide(f"HasManager_{id}", "Does the owner have a manager?", [has], otherwise, "No")

    def _by_record(self, recipient: Recipient, field: str, new: str, missing: str) -> str:
        """Whom the recipient's record names: a changed recipient is one record, no new flow version."""
        person = recipient.kind not in _GROUPS
        found = self._found("Found", f"Find_{recipient.id}", recipient, new, person=person)
        return self._lookup("", recipient, field, found, missing)

    def _found(self, prefix: str, source: str, recipient: Recipient, to: str, *, person: bool) -> str:
        items = [("foundId", ref(f"{source}.Id")), ("foundName", ref(f"{source}.Name"))]
        items.append(("foundEmail", ref(f"{source}.Email") if person else ref("noAddress")))
        return self.flow.assign(f"{prefix}_{recipient.id}", f"Found {recipient.id}", items, to)

    def _lookup(self, prefix: str, recipient: Recipient, field: str, found: str, missing: str) -> str:
        """Get the record of a recipient, then the user, group or queue it names: `<prefix>Find_<id>`."""
        flow, id = self.flow, recipient.id
        finds = Outcome(f"{prefix}FindYes_{id}", "Yes", [is_null(f"{prefix}Find_{id}", False)], found)
        is_there = flow.decide(f"{prefix}IsThere_{id}", f"Is there such a one for {id}?", [finds], missing, "No")
        value = flow.formula(f"{prefix}Value_{id}", "String", f'BLANKVALUE({{!{prefix}Recipient_{id}.{field}}}, "-")')
        if recipient.kind in _GROUPS:
            filters = [("DeveloperName", "EqualTo", ref(value)), ("Type", "EqualTo", plain(_GROUPS[recipient.kind]))]
            find = flow.get(f"{prefix}Find_{id}", f"Find {id}", "Group", filters, is_there, fault=self.fault)
        else:
            find = find_user(flow, f"{prefix}Find_{id}", f"Find {id}", value, is_there, self.fault)
        knows = Outcome(f"{prefix}KnownYes_{id}", "Yes", [is_null(f"{prefix}Recipient_{id}", False)], find)
        known = flow.decide(f"{prefix}Known_{id}", f"Is the record of {id} there?", [knows], missing, "No")
        by_name = [("DeveloperName", "EqualTo", plain(id))]
        kind = self.names.type("Recipient")
        return flow.get(f"{prefix}Recipient_{id}", f"Get the record of {id}", kind, by_name, known, fault=self.fault)

    # sending

    def _note(self, name: str, to: str | None) -> str:
        """Writes a fault down and goes on: one channel that fails does not silence the next."""
        noted = [(self.names.field("Last_Error"), ref("$Flow.FaultMessage"))]
        return self.flow.update(name, "Note the fault and go on", noted, to)

    def _say(self, name: str, text: str, to: str | None) -> str:
        return self.flow.update(name, "Note what is missing", [(self.names.field("Last_Error"), plain(text))], to)

    def _bell_type(self, to: str) -> str:
        flow = self.flow
        flow.variable("bellTypeId", "String")
        name = self.names.of("Alert")
        lost = self._say("Note_Bell_Type", f"There is no notification type {name}; nobody got a bell.", to)
        read = flow.assign("Read_Bell_Type", "Read its id", [("bellTypeId", ref("Get_Bell_Type.Id"))], to)
        known = flow.decide(
            "Bell_Type_Known",
            "Is it there?",
            [Outcome("Bell_Type_Is_Known", "Yes", [is_null("Get_Bell_Type", False)], read)],
            lost,
            "No",
        )
        filters = [("DeveloperName", "EqualTo", plain(name))]
        source = "CustomNotificationType"
        return flow.get("Get_Bell_Type", "Get the notification type", source, filters, known, fault=self.fault)

    def _mode(self) -> str:
        rules = [
            Outcome("Is_Live", "Live", [equals("alertsLive", flag(True))], self._live(self._task(self._reassign())))
        ]
        silent = self._silent()
        if silent is not None:
            rules.append(Outcome("Stays_Silent", "Silent", [is_null("silentTo", False)], silent))
        return self.flow.decide("Mode", "Live or silent?", rules, None, "Nobody to tell")

    def _live(self, to: str | None) -> str | None:
        flow = self.flow
        if self.email:
            send = self._send_email(
                "Send_Email", "emailList", "alertTitle", "alertText", to, self._note("Note_Email_Fault", to)
            )
            checks = [equals("wantsEmail", flag(True)), is_null("emailList", False)]
            to = flow.decide("Email_Live", "By email?", [Outcome("Emails_Live", "Yes", checks, send)], to, "No")
        if self.bell:
            fault = self._note("Note_Bell_Fault", to)
            send = self._send_bell("Send_Bell", "bellIds", "alertTitle", "alertBody", to, fault)
            checks = [equals("wantsBell", flag(True)), is_null("bellTypeId", False), differs("toldIds", plain(";"))]
            to = flow.decide("Bell_Live", "By bell?", [Outcome("Bells_Live", "Yes", checks, send)], to, "No")
        return to

    def _silent(self) -> str | None:
        flow = self.flow
        if not (self.bell or self.email):
            return None
        send = self._send_email("Send_Silent_Email", "silentEmail", "silentTitle", "silentText", None, self.fault)
        checks = [
            is_null("silentEmail", False),
            equals("wantsEmail", flag(True)),
            equals("wantsBell", flag(True)),
            is_null("silentUserId"),
        ]
        rule = Outcome("Emails_Silently", "Yes", checks, send, "1 AND (2 OR (3 AND 4))")
        to = flow.decide("Email_Silent", "By email, or no user for a bell?", [rule], None, "No")
        if self.bell:
            flow.variable("silentIds", "String", collection=True)
            fault = self._note("Note_Silent_Fault", to)
            bell = self._send_bell("Send_Silent_Bell", "silentIds", "silentTitle", "silentBody", to, fault)
            add = flow.compute("Add_Silent", "Tell the silent user", [("silentIds", "Add", ref("silentUserId"))], bell)
            bells = [equals("wantsBell", flag(True)), is_null("bellTypeId", False), is_null("silentUserId", False)]
            to = flow.decide("Bell_Silent", "By bell?", [Outcome("Bells_Silently", "Yes", bells, add)], to, "No")
        return to

    def _send_bell(self, name: str, ids: str, title: str, body: str, to: str | None, fault: str) -> str:
        inputs = [
            ("customNotifTypeId", ref("bellTypeId")), ("recipientIds", ref(ids)), ("title", ref(title)),
            ("body", ref(body)), ("targetId", ref("$Record.Id")),
        ]  # fmt: skip
        return self.flow.act(name, "Ring the bell", "customNotificationAction", inputs, to, fault=fault)

    def _send_email(self, name: str, to_list: str, title: str, body: str, to: str | None, fault: str) -> str:
        """Plain text, so nothing a lead typed into a form becomes markup."""
        inputs = [
            ("emailAddresses", ref(to_list)), ("emailSubject", ref(title)), ("emailBody", ref(body)),
            ("senderType", plain("DefaultWorkflowUser")), ("sendRichBody", flag(False)),
        ]  # fmt: skip
        return self.flow.act(name, "Send the email", "emailSimple", inputs, to, fault=fault)

    # acting (live only)

    def _task(self, to: str | None) -> str | None:
        if not any(step.task is not None for step in self.steps):
            return to
        flow = self.flow
        items = [
            ("Subject", ref("taskSubject")), ("Status", plain("Not Started")), ("Priority", plain("High")),
            ("TaskSubtype", plain("Call")), ("WhoId", ref("$Record.Id")),
        ]  # fmt: skip
        fault = self._note("Note_Task_Fault", to)
        owned = flow.create(
            "Create_Task",
            "Create the task for the owner",
            "Task",
            [*items, ("OwnerId", ref("ownerUserId"))],
            to,
            fault=fault,
        )
        free = flow.create("Create_Task_Unowned", "Create the task", "Task", items, to, fault=fault)
        rules = [
            Outcome(
                "Task_For_Owner", "A user", [equals("wantsTask", flag(True)), is_null("ownerUserId", False)], owned
            ),
            Outcome("Task_For_Nobody", "A queue", [equals("wantsTask", flag(True))], free),
        ]
        return flow.decide("Wants_Task", "Is there a task?", rules, to, "No")

    def _reassign(self) -> str | None:
        """The hand-over is an ordinary save of the lead: the stamp flow decides what it does to the clock."""
        wanted = {step.reassign_to for step in self.steps}
        rules = []
        for recipient in self.design.recipients.values():
            if recipient.id not in wanted or recipient.kind not in ("user", "queue"):
                continue
            id = recipient.id
            owner = [("OwnerId", ref(f"TargetFind_{id}.Id"))]
            handed = self.flow.update(f"Handover_{id}", f"Hand over to {id}", owner, None, fault=self.fault)
            text = f"Nobody was found for {id}; the lead was not handed over."
            lost = self._say(f"TargetMissing_{id}", text, None)
            get = self._lookup("Target", recipient, "Value__c", handed, lost)
            rules.append(Outcome(f"ReassignTo_{id}", id, [equals("reassignTo", plain(id))], get))
        if not rules:
            return None
        return self.flow.decide("Reassign", "Hand the lead over?", rules, None, "No")


_CONTENT = {
    "lead.name": ("Lead", "leadName"),
    "lead_type": ("Lead type", "leadTypeLabel"),
    "company": ("Company", "leadCompany"),
    "rep": ("Owner", "repName"),
    "sla": ("SLA", "slaText"),
    "elapsed": ("Waiting", "elapsedText"),
}
_SILENT_NOTE = (
    '"Silent mode. Would have told: " & BLANKVALUE({!toldNames}, "nobody")'
    ' & IF({!wantsBell}, ", by bell", "") & IF({!wantsEmail}, ", by email", "")'
    ' & IF({!wantsTask}, ". Would have created the task: " & {!taskSubject}, "")'
    ' & IF(ISBLANK({!reassignTo}), "", ". Would have handed the lead to: " & {!reassignTo})'
)
