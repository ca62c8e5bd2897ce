"""What clocks and people hang on: found in what a plan deletes and makes."""

from __future__ import annotations

from collections.abc import Iterable

from provisioner.planning.plan import Action, Change
from provisioner.resources import Resource, texts
from provisioner.targets.salesforce.limits import REQUIRE_VALIDATION
from provisioner.targets.salesforce.names import Names

FILLED_BY_PEOPLE = ("_Rejection_Reason__c", "_Breach_Reason__c")  # [inferred]: a deployed field is on no page layout
POST = "slackPostMessage"  # the action of the org that writes to Slack


def retired(changes: Iterable[Change], prefix: str) -> list[str]:
    """The timers look a lead's type up in its custom metadata record; without the record there is no step to take."""
    stem = f"{Names(prefix).of('Lead_Type')}."
    gone = (item.address for item in changes if item.action is Action.DELETE)
    return sorted(
        address.name.removeprefix(stem)
        for address in gone
        if address.kind == "CustomMetadata" and address.name.startswith(stem)
    )


def reminders(made: Iterable[Resource]) -> list[str]:
    """A permission set that was just made is assigned to nobody ([docs] reference/salesforce.md 1.11: deployed fields
    are invisible without a permission); an app of Slack posts where it was invited to (Actions API); and conversions
    run no automation unless the org wants it (3.4); a queue has the members that people give it, and the Default
    Workflow User is told by no API (4.8)."""
    found = [
        f"The flow {item.address.name} links stage history to contacts and opportunities. {REQUIRE_VALIDATION}"
        for item in made
        if item.address.kind == "Flow" and item.address.name.endswith("_Lead_Converted")
    ]
    found += [
        f"The flow {item.address.name} posts to Slack. Invite the Slack app to its channels, and look at the first "
        "message: what the action is given was never tried on an org. What fails is a row of the error log."
        for item in made
        if item.address.kind == "Flow" and POST in texts(item.attributes)
    ]
    queues = ", ".join(item.address.name for item in made if item.address.kind == "Queue")
    if queues:
        found.append(
            f"New queues are empty: {queues}. Add members (Setup, Queues), or leads that are handed over are nobody's."
        )
    if any(item.address.kind == "Flow" and "scheduledPaths" in item.attributes.get("start", {}) for item in made):
        found.append(
            "Timed steps run as the user who caused them, or as the Default Workflow User when that one is inactive. "
            "No API tells who it is. Look it up, and name an active user: Setup, Process Automation Settings."
        )
    fields = (item for item in made if item.address.kind == "CustomField" and item.address.name.startswith("Lead."))
    filled = [str(item.attributes["label"]) for item in fields if item.address.name.endswith(FILLED_BY_PEOPLE)]
    if filled:
        found.append(
            f"People fill in {' and '.join(filled)}, and no page of the org shows that yet. Add it to the lead's page "
            "layouts, and where leads have record types, check that each offers its values."
        )
    if any(item.address.kind == "Dashboard" for item in made):
        found.append(
            "The dashboards show what the user who deployed them may see: give that user the permission set, too. "
            "Share the folders of reports and dashboards with those who should open them, and choose another running "
            "user where that is too much."
        )
    return found + [
        f"The permission set {item.address.name} is new, and nobody has it yet. Assign it to the people who work with "
        f"leads, and to whom reports are for: Setup, Permission Sets, {item.address.name}, Manage Assignments. Until "
        "then they do not see the new fields."
        for item in made
        if item.address.kind == "PermissionSet"
    ]
