"""What Salesforce would say to a design: the rules S2xx, run by `desire`. [docs] reference/salesforce.md 2, 4, 5."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from provisioner.model.design import Design, Exclusion, LeadType, Quiet
from provisioner.model.uses import tests_of, used_escalations
from provisioner.rules import Finding, Registry
from provisioner.targets.salesforce import alerting, unsaved, versions
from provisioner.targets.salesforce.conditions import LOGIC_MOST, logic_length
from provisioner.targets.salesforce.features import lead_fields
from provisioner.targets.salesforce.names import API_NAME_MOST, Names, needed_holidays, used_hours
from provisioner.targets.salesforce.reporting import rules as reporting_rules
from provisioner.targets.salesforce.reporting.fields import funnel, reached, steps_on
from provisioner.targets.salesforce.stages import CONVERTED, passages, stages
from provisioner.targets.salesforce.wording import subject_formula

RULES = Registry("S")
# Found when the design is held against an org, which the loops below never see (session/premises.py).
NO_FIELD = RULES.declare(
    "S220",
    "Not a field of this org",
    "Flows that name a field the org does not have are refused, all others of the design with them. Fields are looked "
    "up by `plan` and `apply`, whoever may see them.",
)
UNFIT_FIELD = RULES.declare(
    "S221",
    "Field of another type",
    "Flows compare texts with texts, numbers with numbers and dates with dates; anything else is refused by the org.",
)
UNLISTED_VALUE = RULES.declare(
    "S222",
    "Not a value of the picklist",
    "A value that no list offers is usually misspelt, and its leads would get another clock. Imports may bring it all "
    "the same, so nothing is stopped.",
    severity="info",
)
NOBODY = RULES.declare(
    "S223",
    "Nobody of this org",
    "An alert to somebody who is not there, or is not active any more, reaches nobody. While alerts are silent it is a "
    "note; a design that is live must be able to tell everybody it names.",
)
UNASKED = RULES.declare(
    "S224",
    "Not held against the org",
    "What the design names in the org could not be looked up with the permissions of this connection.",
    severity="warning",
)
UNOFFERED = RULES.declare(
    "S230",
    "Not offered by a record type",
    "A list of reasons takes a value only where the record type of the lead offers it, and no record type offers the "
    "values of a new field until somebody selects them. Until then nobody can choose a reason for its leads. Record "
    "types are looked up by `plan` and `apply`.",
    severity="warning",
)
OTHER_VERSION = RULES.declare(
    "S231",
    "Another API version than the connection's",
    "What is written for one API version is deployed and read back in the same one: what a version adds would else be "
    "missing, or look like a change by hand.",
)
NOT_LISTED = RULES.declare(
    "S232",
    "No action that posts to Slack",
    "Only an org that is connected to Slack has the action that flows post with; without it the whole deployment is "
    "refused when it is validated. `plan` and `apply` look for it among the actions that the org lists to the "
    "connection's user. Some actions need special access, so this is a warning: the validation decides.",
    severity="warning",
)
MERGE = "{!"
FORMULA_MOST = 3900
PICKLIST_MOST = 1000
TEXT_MOST = 255
_API_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")
_FIELD_NAME = re.compile(r"(?:[A-Za-z](?:_?[A-Za-z0-9])*__)?[A-Za-z](?:_?[A-Za-z0-9])*(?:__c|__pc)?")


@RULES.rule("S201", "Object not deployed by this version")
def lead_object(design: Design) -> Iterator[Finding]:
    """Only Lead has the owner, the conversion and the assignment rules that the flows of this version are built for."""
    if design.target.object != "Lead":
        detail = f"The design is about {design.target.object}; this version deploys clocks on Lead only."
        yield Finding(f"{design.target.at}/object", detail, "Use `object: Lead`.")


@RULES.rule("S228", "API version not possible")
def api_version(design: Design) -> Iterator[Finding]:
    """Flows and Apex are written for an API version; from one to the next, what they may say changes."""
    if reason := versions.impossible(design):
        known = f"{versions.OLDEST}.0 to {versions.NEWEST}.0"
        yield Finding(f"{design.target.at}/api_version", reason, f"Use one of {known}, or leave it out.")


@RULES.rule("S202", "Name not possible in Salesforce")
def record_names(design: Design) -> Iterator[Finding]:
    """A record name holds at most 40 letters, digits and single underscores, and begins with a letter."""
    named: list[tuple[str, str, str]] = [(item.at, "lead type", item.id) for item in design.lead_types]
    named += [(item.at, "recipient", item.id) for item in design.recipients.values()]
    named += [(item.at, "escalation", item.id) for item in design.escalations.values()]
    for escalation in used_escalations(design):
        last = f"{escalation.id}_{len(escalation.steps)}"
        if len(last) > API_NAME_MOST:
            named.append((escalation.at, "record of its last step", last))
    for at, what, name in named:
        if len(name) > API_NAME_MOST or not _API_NAME.fullmatch(name):
            detail = f"The {what} would be called {name!r} ({len(name)} characters)."
            yield Finding(
                at, detail, f"Use letters, digits and single underscores, at most {API_NAME_MOST} characters."
            )


@RULES.rule("S203", "Text too long for Salesforce")
def long_texts(design: Design) -> Iterator[Finding]:
    """Labels and the text fields of the configuration records hold at most 255 characters."""
    texts = [(f"{item.at}/label", item.label) for item in design.lead_types]
    texts += [
        (item.at, value) for item in design.recipients.values() for value in (item.value, item.otherwise) if value
    ]
    texts += [
        (f"{design.telemetry.first_touch.at}/ignore_users", user) for user in design.telemetry.first_touch.ignore_users
    ]
    texts.append((f"{design.alerts.at}/silent_to", design.alerts.silent_to))
    for pointer, text in texts:
        if len(text) > TEXT_MOST:
            detail = f"{text[:40]!r}… has {len(text)} characters; the field holds {TEXT_MOST}."
            yield Finding(pointer, detail, f"Shorten it to {TEXT_MOST} characters.")


@RULES.rule("S204", "Condition too long for a flow")
def long_conditions(design: Design) -> Iterator[Finding]:
    """The logic of a flow decision holds at most 1,000 characters; a plain list of values needs none of them."""
    for item in _ruled(design):
        length = logic_length(item.when)
        if length > LOGIC_MOST:
            detail = (
                f"The condition of {item.id!r} needs {length} characters of logic; a flow decision holds {LOGIC_MOST}."
            )
            yield Finding(
                f"{item.at}/when", detail, "Split it into several entries, or collect the cases in one field."
            )


@RULES.rule("S205", "Formula too long")
def long_formulas(design: Design) -> Iterator[Finding]:
    """A formula holds at most 3,900 characters."""
    for escalation in used_escalations(design):
        for step in escalation.steps:
            length = len(subject_formula(step.task)) if step.task is not None else 0
            if length > FORMULA_MOST:
                detail = f"The task's text makes a formula of {length} characters; it may have {FORMULA_MOST}."
                yield Finding(
                    f"{step.at}/task", detail, "Shorten the text; a task's subject holds 255 characters anyway."
                )
    length = sum(len(name) + 30 for name in design.telemetry.engagement)
    if length > FORMULA_MOST:
        detail = f"The engagement fields make a formula of about {length} characters; it may have {FORMULA_MOST}."
        yield Finding(f"{design.telemetry.at}/engagement", detail, "List fewer fields.")


@RULES.rule("S206", "Too many lead types")
def many_types(design: Design) -> Iterator[Finding]:
    """A picklist holds at most 1,000 values, and the lead types are the values of one."""
    if len(design.lead_types) > PICKLIST_MOST:
        detail = f"There are {len(design.lead_types)} lead types; the picklist holds {PICKLIST_MOST}."
        yield Finding("/lead_types", detail, "Merge lead types with the same promise.")


@RULES.rule("S208", "Opening hours not possible in Salesforce")
def opening_hours(design: Design) -> Iterator[Finding]:
    """Business hours have one interval per weekday, which ends on the same day; a whole day is 00:00-24:00."""
    for hours in used_hours(design):
        for weekday, intervals in sorted(hours.open.items()):
            day = _DAYS[weekday]
            if len(intervals) > 1:
                detail = f"{hours.id} is open {len(intervals)} times on {day}; Salesforce knows one interval per day."
                yield Finding(
                    f"{hours.at}/open", detail, "Leave out the break: open once in the morning, close once at night."
                )
            elif intervals and intervals[0][1] == 1440 and intervals[0][0] != 0:
                detail = f"{hours.id} is open until midnight on {day}, which Salesforce can only say of a whole day."
                yield Finding(f"{hours.at}/open", detail, "Close at 23:59, or open at 00:00.")


@RULES.rule("S210", "No address to write to", severity="warning")
def addresses(design: Design) -> Iterator[Finding]:
    """A public group or a queue has no email address of its own, so an email step does not reach it. Bells do."""
    for escalation in used_escalations(design):
        for step in escalation.steps:
            named = [design.recipients[id] for id in step.notify if id in design.recipients]
            groups = [item.id for item in named if item.kind in ("group", "queue")]
            if "email" not in step.via or not groups:
                continue
            nobody = len(groups) == len(named) and "bell" not in step.via
            detail = f"Email cannot reach {', '.join(groups)} (a group or queue)."
            if nobody:
                detail += " Nobody would be told by this step."
            yield Finding(f"{step.at}/via", detail, "Add `bell`, or notify users.", "error" if nobody else None)
    for lead_type in alerting.after_hours_types(design):
        promise = lead_type.after_hours
        kinds = [design.recipients[id].kind for id in promise.notify if id in design.recipients] if promise else []
        if promise is not None and kinds and all(kind in ("group", "queue") for kind in kinds):
            detail = f"The after-hours promise of {lead_type.id!r} rings the bell of {', '.join(promise.notify)} only."
            yield Finding(f"{promise.at}/notify", detail, "A group or queue has no address: notify users as well.")


@RULES.rule("S215", "Slack needs the app and the workspace")
def slack_ids(design: Design) -> Iterator[Finding]:
    """The action that posts to Slack is told the app it posts as, and the workspace. [docs] Actions API, Slack."""
    missing = [name for name in ("slack_app_id", "slack_workspace_id") if not design.target.options.get(name)]
    channels = alerting.slack_channels(design)
    if missing and channels:
        named = ", ".join(item.id for item in channels)
        lacking = f"target.{' and target.'.join(missing)} {'is' if len(missing) == 1 else 'are'} not there"
        detail = f"Alerts are posted to Slack ({named}), and {lacking}."
        yield Finding(design.target.at, detail, "Copy the ids of app and workspace from Slack, or use email.")


@RULES.rule("S216", "What Slack needs", severity="info")
def slack_needs(design: Design) -> Iterator[Finding]:
    """Whether the org has the action is looked up (S232), but no API tells whether the app is in a channel: a person
    has to see to it. [docs] Actions API, Slack actions"""
    channels = [item.value for item in alerting.slack_channels(design) if item.value]
    if channels:
        detail = (
            "Alerts by Slack need Salesforce for Slack: the org connected to the workspace, a licence for it, the app "
            f"installed and invited to {', '.join(channels)}. The flow action's inputs were never tried on an org."
        )
        advice = (
            "Setup, Slack: connect the workspace; in Slack, invite the app to the channels. Then try one silent lead."
        )
        yield Finding(design.target.at, detail, advice)


@RULES.rule("S211", "Not a field name")
def field_names(design: Design) -> Iterator[Finding]:
    """Flows refer to fields of the lead itself by API name; a dot would leave the record."""
    advice = "Use the API name of a field on Lead, such as LeadSource or Form_Submitted_At__c."
    for place, name in enumerate(design.telemetry.engagement):
        if not _FIELD_NAME.fullmatch(name):
            yield Finding(
                f"{design.telemetry.at}/engagement/{place}", f"{name!r} is not an API name of a field.", advice
            )
    asked = design.telemetry.stages
    if asked is not None and not _FIELD_NAME.fullmatch(asked.field):
        yield Finding(f"{asked.at}/field", f"{asked.field!r} is not an API name of a field.", advice)
    for item in _ruled(design):
        for test in tests_of(item.when):
            if not _FIELD_NAME.fullmatch(test.field):
                yield Finding(test.at, f"{test.field!r} is not an API name of a field.", advice)


@RULES.rule("S212", "Not the API name of a group or queue")
def group_names(design: Design) -> Iterator[Finding]:
    """Groups and queues are looked up by API name, not by the name people see."""
    for item in design.recipients.values():
        if item.kind not in ("group", "queue") or item.value is None:
            continue
        if len(item.value) > 80 or not _API_NAME.fullmatch(item.value):
            detail = f"{item.value!r} is not an API name."
            advice = (
                f"Look it up in Setup ({'Queues' if item.kind == 'queue' else 'Public Groups'}), such as SDR_Backup."
            )
            yield Finding(item.at, detail, advice)


@RULES.rule("S213", "Value with spaces around it", severity="error")
def spaced_values(design: Design) -> Iterator[Finding]:
    """Salesforce trims texts on the way in, so a value with spaces around it would be compared without them."""
    for item in _ruled(design):
        for test in tests_of(item.when):
            for value in test.values:
                if isinstance(value, str) and value != value.strip():
                    yield Finding(test.at, f"{value!r} begins or ends with a space.", f"Write {value.strip()!r}.")


@RULES.rule("S229", "Value that looks like a merge field")
def merged_values(design: Design) -> Iterator[Finding]:
    """In the texts of a flow `{!` begins the name of something whose value is put there, and nothing says how to write
    it otherwise; a constant may not hold it either. [wsdl] CONSTANT_INCLUDES_REFERENCES"""
    compared = [(test.at, test.values) for item in _ruled(design) for test in tests_of(item.when)]
    asked = design.telemetry.stages
    if asked is not None:
        compared += [(f"{asked.at}/values/{id}", (value,)) for id, value in asked.values.items()]
    for at, values in compared:
        for value in values:
            if isinstance(value, str) and MERGE in value:
                detail = f"A flow cannot compare with {value!r}: it would take what begins with {MERGE!r} for a name."
                yield Finding(at, detail, f"Give it a name without {MERGE!r} in the org, or go by another field.")


@RULES.rule("S214", "Two holidays with one name")
def holiday_names(design: Design) -> Iterator[Finding]:
    """Holidays are told apart by name; ours hold the calendar, the day and the name, cut at 80 characters."""
    names = Names(design.target.prefix)
    for hours in used_hours(design):
        seen: set[str] = set()
        for holiday in needed_holidays(hours):
            name = names.holiday(hours, holiday)
            if name.lower() in seen:
                detail = f"{name!r} would be there twice."
                yield Finding(f"{hours.at}/holidays", detail, "Give each holiday one name, or one entry per day.")
            seen.add(name.lower())


@RULES.rule("S217", "Stage not possible in Salesforce")
def stage_names(design: Design) -> Iterator[Finding]:
    """A stage makes fields of its own: their names hold at most 40 characters, and none is there twice."""
    asked = design.telemetry.stages
    if asked is None:
        return
    names, seen = Names(design.target.prefix), Counter(word.casefold() for word in lead_fields(design))
    seen.update(names.step_at(number).removeprefix(f"{names.prefix}_")[:-3].casefold() for number in range(1, 100))
    made = [(stage.id, stage.at) for stage in stages(design)]
    made += [(passage.end.id, passage.minutes) for passage in passages(design)]
    made += [(stage.id, reached(stage)) for stage in funnel(design)] if steps_on(design) else []
    for id, word in made:
        at, name = f"{asked.at}/values/{id}", names.of(word)
        if not _API_NAME.fullmatch(name) or len(name) > API_NAME_MOST:
            detail = f"The stage {id!r} needs a field {name} ({len(name)} characters)."
            yield Finding(at, detail, f"Use a shorter id: an API name has at most {API_NAME_MOST} characters.")
        elif seen[word.casefold()] > 1:
            yield Finding(at, f"The stage {id!r} needs a field {name}, which is there already.", "Use another id.")


@RULES.rule("S218", "A reason twice")
def reasons(design: Design) -> Iterator[Finding]:
    """Reasons are the values of a picklist, none of which is there twice, whatever its case."""
    for section in (design.recycling, design.breach):
        seen: set[str] = set()
        for place, reason in enumerate(section.reasons if section is not None else ()):
            at = f"{section.at}/reasons/{place}" if section is not None else ""
            if reason.casefold() in seen:
                yield Finding(at, f"The reason {reason!r} is there twice.", "Take one of them out.")
            seen.add(reason.casefold())


@RULES.rule("S219", "What the conversion needs", severity="info")
def conversion_needs(design: Design) -> Iterator[Finding]:
    """By default an org converts leads without running any automation, so nothing is told that a lead was converted."""
    asked = design.telemetry.stages
    if asked is not None and asked.history:
        detail = "Stage history is linked to contacts and opportunities only where conversions run automation."
        yield Finding(f"{asked.at}/history", detail, REQUIRE_VALIDATION)
    if asked is not None and CONVERTED in asked.values:
        detail = (
            f"A conversion stamps no stage, so the time of {CONVERTED!r} and the minutes until it stay empty on leads, "
            "and are not copied. Reports count converted leads by their status."
        )
        advice = "Where its time is wanted, use the created date of the opportunity that the conversion makes."
        yield Finding(f"{asked.at}/values/{CONVERTED}", detail, advice)


reporting_rules.declare(RULES)
unsaved.declare(RULES)
REQUIRE_VALIDATION = (
    "In Setup, Lead Settings, click Edit; under Lead Conversion Settings check Require Validation for Converted Leads, "
    "and save. Validation rules of the org then hold for conversions too."
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _ruled(design: Design) -> Iterator[LeadType | Exclusion | Quiet]:
    yield from design.exclusions
    yield from design.lead_types
    yield from design.alerts.quiet
