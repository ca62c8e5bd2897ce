"""What HubSpot would say to a design: the rules H3xx, run by `desire`. [docs] reference/hubspot.md 2.5, 3, 4."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provisioner.model.design import Design, Exclusion, LeadType, Recipient, Step
from provisioner.model.uses import tests_of, used_escalations
from provisioner.rules import Finding, Registry
from provisioner.targets.hubspot import windows
from provisioner.targets.hubspot.code import FEATURE, FIELDS_MOST, computes, outputs
from provisioner.targets.hubspot.conditions import Unsayable, groups, kinds
from provisioner.targets.hubspot.names import FILTERS_MOST, NAME_MOST, OPTIONS_MOST, UNTRACKED, Names, hours_of
from provisioner.targets.hubspot.objects import lead_object

RULES = Registry("H")
# Found when the design is held against an account, which the loops below never see (session/expected.py).
NO_PROPERTY = RULES.declare(
    "H320",
    "Not a property of this account",
    "A workflow that names a property the account does not have is refused. Properties are looked up by `plan` and "
    "`apply`, by their internal name.",
)
UNFIT_PROPERTY = RULES.declare(
    "H321",
    "Property of another kind",
    "A filter fits one kind of property, and `target.fields` says which kind a property is. A filter of another kind "
    "is refused, or never true.",
)
UNLISTED_VALUE = RULES.declare(
    "H322",
    "Not an option of the property",
    "Options are compared by their internal value, letter by letter. A value that no option has is usually misspelt, "
    "or the label of one, and its leads would get another clock. Options may be added later, so nothing is stopped.",
    severity="info",
)
NOBODY = RULES.declare(
    "H323",
    "Nobody of this account",
    "A workflow can tell only people and teams of the account, and an alert to somebody who has left reaches nobody. "
    "While alerts are silent, who would have been told is only warned about (H326), and teams are not looked up.",
)
UNSURE = RULES.declare(
    "H324",
    "Not held against the account",
    "HubSpot does not list everything it has, so what is not listed may be there all the same.",
    severity="warning",
)
OTHER_ZONE = RULES.declare(
    "H325",
    "The account has another time zone",
    "Opening hours of workflows are in the account's time zone. Written for another one, every clock would start at "
    "the wrong hour. Two names of one clock are the same.",
)
NOBODY_YET = RULES.declare(
    "H326",
    "Nobody of this account, once alerts go live",
    "While alerts are silent nothing is sent to the recipients. One who is not of the account is no obstacle until "
    "then, and going live is refused; a misspelt address is better found now.",
    severity="warning",
)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_OWN_WORDS = {
    "engaged", "assigned", "sla_started", "sla_due", "first_touch", "owner_event", "clock_requested", "cycle_started",
    "judged", "guard", "clock_for",
}  # fmt: skip


@RULES.rule("H301", "Not known of the lead object")
def unknown_of_leads(design: Design) -> Iterator[Finding]:
    """A lead of the lead object has a name and no company of its own, so a task cannot name the company."""
    if lead_object(design).company is not None:
        return
    for step in _steps(design):
        if step.task is not None and "{company}" in step.task:
            detail = "The task names {company}, and leads of the lead object have no company of their own."
            yield Finding(f"{step.at}/task", detail, "Use {lead.name}, which HubSpot usually makes of both.")


@RULES.rule("H302", "Name not possible in HubSpot")
def names(design: Design) -> Iterator[Finding]:
    """An internal name has at most 64 lower-case letters, digits and underscores, and begins with a letter."""
    own = Names(design.target.prefix)
    for id in design.telemetry.stages.values if design.telemetry.stages else ():
        name = own.prop(f"{id}_at")
        if not _NAME.fullmatch(name):
            detail = f"The time of stage {id!r} would be called {name!r} ({len(name)} characters)."
            yield Finding(f"{design.telemetry.at}/stages", detail, f"Use at most {NAME_MOST} characters in all.")
        if id in _OWN_WORDS or re.fullmatch(r"step_[0-9]+", id):
            yield Finding(f"{design.telemetry.at}/stages", f"{name!r} is a name of our own.", "Rename the stage.")
    for name, at in _named_properties(design):
        if not _NAME.fullmatch(name):
            advice = "Use the internal name of a property, such as hs_lead_status."
            yield Finding(at, f"{name!r} is not the internal name of a property.", advice)
        elif name.startswith(f"{design.target.prefix.lower()}_"):
            detail = f"{name!r} begins with the prefix of the properties that this design writes."
            yield Finding(at, detail, "Judge leads by properties that people or forms fill in.")


def _named_properties(design: Design) -> Iterator[tuple[str, str]]:
    """Names of the portal's own properties that the design uses, and where."""
    for place, name in enumerate(design.telemetry.engagement):
        yield name, f"{design.telemetry.at}/engagement/{place}"
    if design.telemetry.stages:
        yield design.telemetry.stages.field, f"{design.telemetry.at}/stages/field"
    for item in _ruled(design):
        for test in tests_of(item.when):
            yield test.field, test.at


@RULES.rule("H303", "Too many options")
def many_types(design: Design) -> Iterator[Finding]:
    """An enumeration holds about 500 options, and the lead types are the options of one."""
    if len(design.lead_types) + 1 > OPTIONS_MOST:
        detail = f"There are {len(design.lead_types)} lead types; with `{UNTRACKED}` the property holds {OPTIONS_MOST}."
        yield Finding("/lead_types", detail, "Merge lead types with the same promise.")


@RULES.rule("H304", "HubSpot has no filter for this condition")
def conditions(design: Design) -> Iterator[Finding]:
    """Workflows compare properties with filters; a filter fits one kind of property, and not every comparison has one.
    What cannot be said exactly is refused, because a wrong lead type is a wrong promise."""
    kind_of = kinds(design)
    for item in _ruled(design):
        try:
            found = groups(item.when, kind_of)
        except Unsayable as reason:
            yield Finding(reason.at, reason.detail, reason.advice)
            continue
        count = sum(map(len, found))
        if count > FILTERS_MOST:
            detail = f"The condition of {item.id!r} becomes {count} filters; HubSpot takes about {FILTERS_MOST}."
            yield Finding(
                f"{item.at}/when", detail, "Split it into several entries, or collect the cases in one property."
            )


@RULES.rule("H305", "A reserved lead type")
def reserved(design: Design) -> Iterator[Finding]:
    """A workflow cannot clear a property, so leads without a clock get a lead type of their own."""
    for item in design.lead_types:
        if item.id == UNTRACKED:
            yield Finding(f"{item.at}/id", f"{UNTRACKED!r} stands for leads without a clock.", "Choose another id.")


@RULES.rule("H306", "A recipient that HubSpot does not know")
def recipients(design: Design) -> Iterator[Finding]:
    """Users are found by email; a user's manager is not known, and a queue is a team."""
    for item in _used_recipients(design):
        if item.kind == "owner_manager" and item.otherwise is None:
            detail = f"HubSpot does not know managers, so nobody could be told as {item.id!r}."
            yield Finding(item.at, detail, "Name who is told: otherwise: {user: manager@acme.example}.")
        for value in (item.value if item.kind == "user" else None, item.otherwise):
            if value is not None and not _EMAIL.fullmatch(value):
                yield Finding(item.at, f"{value!r} is not an email address.", "HubSpot finds users by email address.")
    people = [(f"{design.alerts.at}/silent_to", design.alerts.silent_to)]
    at = f"{design.telemetry.first_touch.at}/ignore_users"
    people += [(f"{at}/{place}", user) for place, user in enumerate(design.telemetry.first_touch.ignore_users)]
    for pointer, user in people:
        if not _EMAIL.fullmatch(user):
            yield Finding(pointer, f"{user!r} is not an email address.", "HubSpot finds users by email address.")


def _used_recipients(design: Design) -> list[Recipient]:
    used: dict[str, None] = {}
    for step in _steps(design):
        used.update(dict.fromkeys([*step.notify, *([step.reassign_to] if step.reassign_to else [])]))
    return [design.recipients[id] for id in used if id in design.recipients]


@RULES.rule("H307", "The team must be there already", severity="info")
def teams(design: Design) -> Iterator[Finding]:
    """HubSpot has no queues. A queue or group of the design is a team of the account, whose members get the lead in
    turn; teams are made by people."""
    for item in _used_recipients(design):
        if item.kind in ("queue", "group"):
            also = " It is not created, although the design says create." if item.create else ""
            detail = f"{item.id!r} is the team {item.value!r} of the account.{also}"
            yield Finding(item.at, detail, "Create the team in HubSpot before planning, and give it members.")


@RULES.rule("H308", "Slack needs the account's own action")
def slack(design: Design) -> Iterator[Finding]:
    """The Slack action of workflows belongs to an app of the account, and its version differs between accounts."""
    if "slack_action_version" in design.target.options:
        return
    for step in _steps(design):
        if "slack" in step.via:
            advice = "Add target.slack_action_version, copied from a workflow with a Slack action, or use email."
            yield Finding(f"{step.at}/via", "The version of the account's Slack action is not named.", advice)


@RULES.rule("H309", "The account's time zone is not named")
def portal_zone(design: Design) -> Iterator[Finding]:
    """Opening hours of workflows are in the account's time zone; in another one every clock would start at the wrong
    hour."""
    zone = design.target.options.get("timezone")
    if zone is None:
        if any(_has_windows(design, item) for item in design.lead_types):
            advice = "Add target.timezone, such as timezone: America/New_York (HubSpot: Settings, Account Defaults)."
            yield Finding(design.target.at, "Lead types have business hours, but target.timezone is not there.", advice)
    elif not windows.is_zone(zone):
        advice = "Write a name such as America/New_York or Europe/London."
        yield Finding(f"{design.target.at}/timezone", f"{zone!r} is not a time zone of the IANA list.", advice)


@RULES.rule("H310", "Hours that HubSpot cannot keep")
def holidays(design: Design) -> Iterator[Finding]:
    """A holiday blocks a whole date of the account; hours that fall on two of its dates would lose the wrong half."""
    zone = design.target.options.get("timezone")
    if zone is None or not windows.is_zone(zone):
        return
    for id in dict.fromkeys(item.hours for item in design.lead_types if _has_windows(design, item)):
        hours = design.business_hours[id or ""]
        if hours.holidays and windows.crosses_midnight(hours, windows.shift_of(hours, zone).minutes):
            detail = (
                f"The hours of {hours.id} cross midnight in the account's time zone, so its holidays cannot be kept."
            )
            yield Finding(
                hours.at, detail, "Leave out the holidays, split the hours, or change the account's time zone."
            )


@RULES.rule("H311", "Not deployed by this version", severity="warning")
def later_sections(design: Design) -> Iterator[Finding]:
    """The document may say more than this version puts into the portal; what is left out is said, never pretended."""
    advice = "Keep it for a later version, or leave it out; nothing of it is in the portal."
    for word in ("recycling", "breach", "surge"):
        if getattr(design, word):
            yield Finding(f"/{word}", f"The section `{word}` is not deployed by this version.", advice)
    if design.telemetry.stages is not None and design.telemetry.stages.history:
        detail = "There is no object for stage changes; the history of the property itself holds them."
        yield Finding(f"{design.telemetry.at}/stages/history", detail, "Leave out history.", "info")
    for lead_type in design.lead_types:
        for name, value in (("after_hours", lead_type.after_hours), ("follow_up", lead_type.follow_up)):
            if value is not None:
                detail = f"`{name}` of {lead_type.id!r} is not deployed by this version."
                yield Finding(f"{lead_type.at}/{name}", detail, advice)


@RULES.rule("H312", "Custom code", severity="info")
def custom_code(design: Design) -> Iterator[Finding]:
    """A custom-code action computes business hours exactly. It needs Data Hub Professional or higher, which no API
    tells, and it takes 50 values at most; a workflow with one is refused where the account has no such tier."""
    for place, feature in enumerate(design.target.options.get("features", ())):
        at = f"{design.target.at}/features/{place}"
        computed = [item for item in design.lead_types if feature == FEATURE and computes(design, item)]
        if not computed:
            yield Finding(at, "No lead type has a business clock, so nothing is computed.", "Leave it out.")
            continue
        detail = "Business hours are computed by a custom-code action, which needs Data Hub Professional or higher."
        yield Finding(at, detail, "Leave it out where the account has a lower tier: hours are then approximated.")
        for item in computed:
            count = len(outputs(design, item))
            if count > FIELDS_MOST:
                detail = f"The clock of {item.id!r} has {count} values; a custom-code action takes {FIELDS_MOST}."
                yield Finding(f"{item.at}/escalation", detail, "Use an escalation with fewer steps.", "error")


@RULES.rule("H313", "What Slack needs", severity="info")
def slack_needs(design: Design) -> Iterator[Finding]:
    """Messages go through the account's own Slack app, which no API tells about: it must be connected by a person, and
    be a member of every channel it writes to. Silent alerts reach no channel."""
    told = [item for item in _used_recipients(design) if item.kind == "slack" and item.value]
    if "slack_action_version" in design.target.options and told:
        channels = ", ".join(sorted({item.value for item in told if item.value}))
        detail = f"Alerts by Slack need the Slack app, connected to the account and invited to: {channels}."
        advice = "Connect it in HubSpot (Settings, Integrations), and invite it to the channels in Slack."
        yield Finding(f"{design.target.at}/slack_action_version", detail, advice)


@RULES.rule("H314", "Slack without a channel", severity="warning")
def slack_channels(design: Design) -> Iterator[Finding]:
    """A message goes to channels only: people are told by email or bell, because HubSpot knows them by email."""
    for step in _steps(design):
        kinds_told = {design.recipients[id].kind for id in step.notify if id in design.recipients}
        if "slack" in step.via and "slack" not in kinds_told:
            detail = "The step tells by Slack, and none of its recipients is a channel, so nobody is told there."
            yield Finding(f"{step.at}/via", detail, "Add a recipient such as {slack: C0123456789}, or use email.")


def _has_windows(design: Design, lead_type: LeadType) -> bool:
    """Whether its workflows keep opening hours themselves."""
    return hours_of(design, lead_type) is not None and not computes(design, lead_type)


def _ruled(design: Design) -> Iterator[LeadType | Exclusion]:
    yield from design.exclusions
    yield from design.lead_types


def _steps(design: Design) -> Iterator[Step]:
    for escalation in used_escalations(design):
        yield from escalation.steps
