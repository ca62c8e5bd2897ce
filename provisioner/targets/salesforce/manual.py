"""What no deployment does, as steps a person takes once. Each says where it comes from.

Names of pages and buttons are those of Setup as the vendor's help shows them; nobody clicked through them for us.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from provisioner.model.design import Design
from provisioner.resources import BY_HAND, Address, Resource, texts
from provisioner.targets.salesforce.alerting import slack_channels

# The steps, by name.
WORKFLOW_USER = "default_workflow_user"
PERMISSION_SET = "permission_set"
PAGE_LAYOUTS = "page_layouts"
RECORD_TYPES = "record_types"
QUEUE_MEMBERS = "queue_members"
SLACK_APP = "slack_app"
CONVERSION = "convert_settings"
FOLDERS = "report_folders"
# Without them timed steps stop with the user who caused them, what is handed over is nobody's, posts go nowhere.
FOR_ALERTS = frozenset({WORKFLOW_USER, QUEUE_MEMBERS, SLACK_APP})

FILLED_BY_PEOPLE = ("_Rejection_Reason__c", "_Breach_Reason__c")  # [inferred]: a deployed field is on no page layout
POST = "slackPostMessage"  # the action of the org that writes to Slack
CONVERTED = "_Lead_Converted"  # how the flow's name ends that links stage history


def manual_steps(design: Design, deployed: Iterable[Resource]) -> Iterator[Resource]:
    """The steps that go with what is `deployed` for this design; none that it does not ask for."""
    made = list(deployed)
    yield from _workflow_user(made)
    yield from _permission_set(made)
    yield from _people_fill_in(made)
    yield from _queues(made)
    yield from _slack(design, made)
    yield from _conversion(made)
    yield from _folders(made)


def _step(name: str, title: str, why: str, steps: list[str], needs: Iterable[Resource]) -> Resource:
    attributes: dict[str, Any] = {
        "title": title,
        "why": why,
        "steps": steps,
        "filters": [],
        "measures": [],
        "link": [],
        "needs": {str(item.address): [] for item in sorted(needs, key=lambda item: item.address)},
    }
    return Resource(Address(BY_HAND, name), attributes)


def _of(made: Iterable[Resource], kind: str, *endings: str) -> list[Resource]:
    return [item for item in made if item.address.kind == kind and (not endings or item.address.name.endswith(endings))]


def _workflow_user(made: list[Resource]) -> Iterator[Resource]:
    """[docs] reference/salesforce.md 4.8: without one no scheduled path is deployed, and no API tells who it is."""
    timed = [item for item in _of(made, "Flow") if "scheduledPaths" in item.attributes.get("start", {})]
    if timed:
        yield _step(
            WORKFLOW_USER,
            "Name an active Default Workflow User",
            "Timed steps run as the user who caused them, or as this one when that user is inactive. No API tells who "
            "it is.",
            [
                "Open Setup, enter Process Automation Settings in Quick Find, and open that page.",
                "Under Default Workflow User, choose a user who stays active, best one that is no person's own.",
                "Click Save.",
            ],
            timed,
        )


def _permission_set(made: list[Resource]) -> Iterator[Resource]:
    """[docs] reference/salesforce.md 1.11: deployed fields are invisible without a permission."""
    for item in _of(made, "PermissionSet", "_Speed_To_Lead"):
        yield _step(
            PERMISSION_SET,
            f"Assign the permission set {item.address.name}",
            "Whoever has it sees the design's fields; to everybody else they are invisible, in reports too.",
            [
                f"Open Setup, Permission Sets, and click {item.attributes.get('label', item.address.name)}.",
                "Click Manage Assignments, then Add Assignments.",
                "Choose everybody who works with leads, and everybody whom reports and dashboards are for.",
                "Click Next, then Assign.",
            ],
            [item],
        )


def _people_fill_in(made: list[Resource]) -> Iterator[Resource]:
    filled = [item for item in _of(made, "CustomField", *FILLED_BY_PEOPLE) if item.address.name.startswith("Lead.")]
    if not filled:
        return
    labels = [str(item.attributes["label"]) for item in filled]
    yield _step(
        PAGE_LAYOUTS,
        f"Show {' and '.join(labels)} on the lead's pages",
        "People fill that in, and a field that was deployed is on no page.",
        [
            "Open Setup, Object Manager, Lead, Page Layouts, and click a layout.",
            *[f"Drag {label} from Fields to where people look for it." for label in labels],
            "Click Save. Do the same with every other layout that people who work with leads have.",
            "Where leads have a Lightning page with dynamic forms, add the fields there as well (Lightning App "
            "Builder).",
        ],
        filled,
    )
    yield _step(
        RECORD_TYPES,
        f"Offer the values of {' and '.join(labels)} in every record type",
        "Where leads have record types, people choose among the values that the record type of the lead offers.",
        [
            "Open Setup, Object Manager, Lead, Record Types, and click a record type.",
            *[
                f"Under Picklists Available for Editing, click Edit beside {label}; move to Selected Values: "
                f"{', '.join(_values(item))}. Click Save."
                for label, item in zip(labels, filled, strict=True)
            ],
            "Do the same with every other record type.",
        ],
        filled,
    )


def _values(field: Resource) -> list[str]:
    """The labels of a picklist's values, in order."""
    listed = field.attributes.get("valueSet", {}).get("valueSetDefinition", {}).get("value", [])
    return [str(item.get("label") or item.get("fullName")) for item in listed]


def _queues(made: list[Resource]) -> Iterator[Resource]:
    queues = _of(made, "Queue")
    if queues:
        names = ", ".join(item.address.name for item in queues)
        yield _step(
            QUEUE_MEMBERS,
            f"Put people into {'the queue' if len(queues) == 1 else 'the queues'} {names}",
            "A queue is deployed without members: leads that are handed to it are nobody's.",
            [
                f"Open Setup, Queues, and click Edit beside {names if len(queues) == 1 else 'each of them'}.",
                "Under Queue Members, add the users, roles or groups that take leads over.",
                "Click Save.",
            ],
            queues,
        )


def _slack(design: Design, made: list[Resource]) -> Iterator[Resource]:
    """[docs] Actions API, Slack actions: the app posts where it was invited to."""
    posting = [item for item in _of(made, "Flow") if POST in texts(item.attributes)]
    if posting:
        channels = [item.value for item in slack_channels(design) if item.value]
        yield _step(
            SLACK_APP,
            "Connect Slack, and invite its app",
            "The app posts to channels that it was invited to, and no API tells whether it was. Without Slack the org "
            "has no such action, and refuses the whole deployment. What the action is given was never tried on an org.",
            [
                "Open Setup, enter Slack in Quick Find, and connect the org to the workspace: that is Salesforce for "
                "Slack, and needs a licence for it.",
                "In Slack, install the app that target.slack_app_id names.",
                f"In Slack, invite the app to {', '.join(channels)}: /invite, then its name.",
                "Look at the first message that it posts; what fails is a row of the error log.",
            ],
            posting,
        )


def _conversion(made: list[Resource]) -> Iterator[Resource]:
    """[docs] reference/salesforce.md 3.4: by default a conversion runs no automation."""
    linking = _of(made, "Flow", CONVERTED)
    if linking:
        yield _step(
            CONVERSION,
            "Let conversions run automation",
            "By default a conversion runs none, and stage history is not linked to contacts and opportunities.",
            [
                "Open Setup, Lead Settings, and click Edit.",
                "Under Lead Conversion Settings, check Require Validation for Converted Leads. Validation rules of the "
                "org then hold for conversions too.",
                "Click Save.",
            ],
            linking,
        )


def _folders(made: list[Resource]) -> Iterator[Resource]:
    """[docs] docs/salesforce.md, "Whose eyes": no shares are deployed."""
    folders = [*_of(made, "ReportFolder"), *_of(made, "DashboardFolder")]
    dashboards = _of(made, "Dashboard")
    if folders:
        names = {str(item.attributes.get("name") or item.address.name): None for item in folders}
        yield _step(
            FOLDERS,
            "Share the folders of reports and dashboards",
            "Nobody but administrators opens a folder that is not shared"
            + (", and a dashboard shows what the user who deployed it may see." if dashboards else "."),
            [
                f"Open Reports, All Folders; in the row of {' and of '.join(names)}, choose Share.",
                "Choose who opens it (View is enough), click Share, then Done.",
                *(
                    [
                        "Open Dashboards, All Folders, and do the same with the folder of that name.",
                        "Assign the permission set to the user who deployed, too; or, in each dashboard, click Edit, "
                        "then its properties, and choose another person under View Dashboard As.",
                    ]
                    if dashboards
                    else []
                ),
            ],
            folders,
        )
