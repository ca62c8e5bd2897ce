"""From the vendor's words in a refused deployment to what a person can do (reference/salesforce.md section 10)."""

from __future__ import annotations

import re
from collections.abc import Iterable

MOST_ADVICE = 4

TABLE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), advice)
    for pattern, advice in (
        (r"REQUIRES_DEFAULT_WORKFLOW_USER|default workflow user",
         "Set a Default Workflow User in Setup, Process Automation Settings: scheduled paths need one."),
        (r"slackPostMessage",
         "This org has no action that posts to Slack: connect it to the workspace in Setup, Slack, or use email."),
        (r"already exists or has been previously used",
         "A deleted component still holds the name: erase it under Setup, Deleted Fields, or choose another prefix."),
        (r"referenced elsewhere in salesforce",
         "Something outside this design uses the field (report, layout, formula, any version of a flow): remove that "
         "use first."),
        (r"Flow Interview",
         "Waiting interviews hold the flow: delete them under Setup, Paused Flow Interviews, then run this again."),
        (r"insufficient access rights on cross-reference",
         "The component belongs to someone else or is hidden from this user: check the user's permissions."),
        (r"Maximum number of Versions per flow",
         "The flow has 50 versions: delete old inactive ones in Setup, Flows."),
        (r"flows and processes .*coverage|coverage .*flows and processes",
         "Too few of the org's active flows are launched by tests. Where that is allowed, turn off 'Deploy processes "
         "and flows as active' in Setup, Process Automation Settings: flows are then switched on after the deployment, "
         "which asks for no coverage."),
        (r"coverage",
         "Test coverage is too low for this org: run all tests in Setup, Apex Test Execution, and see what lacks."),
        (r"cannot change (type due to existing data|which global)|Cannot update a field (from|to) a",
         "The kind of a field cannot be changed in place: use another prefix or field and move the data."),
        (r"Cannot find a user that matches|no User named",
         "A username of another org is in the design: usernames differ per sandbox; prefer a public group."),
        (r"INACTIVE_OWNER_OR_USER", "A person named in the design is not active any more: name someone else."),
        (r"Not available for deploy for this organization|no CustomObject named .* found",
         "The org's edition or features lack something the design needs: enable it, or drop it from the design."),
        (r"apiVersion can't be|UNSUPPORTED_API_VERSION",
         "The org is on an older release: write its api_version under target in the design."),
        (r"pending or in progress",
         "Apex jobs are waiting: allow deployments with jobs in Setup, Deployment Settings, or unschedule them."),
        (r"Dependent class is invalid|Invalid type|Variable does not exist",
         "Apex in the org does not compile with this change: compile all classes in Setup, Apex Classes."),
        (r"Unknown user permission", "The org's edition lacks that permission."),
        (r"Maximum size of request", "The package is too large for one deployment: split the design."),
        (r"UNKNOWN_EXCEPTION|unexpected error occurred",
         "The server failed by itself: run this once more; if it stays, give Salesforce support the ErrorId."),
        (r"FIELD_CUSTOM_VALIDATION_EXCEPTION|REQUIRED_FIELD_MISSING",
         "The org's validation rules or required fields stopped our test data: the message names them."),
        (r"UNABLE_TO_LOCK_ROW", "Another process held the same records: run this again."),
        (r"System\.AssertException",
         "A test that comes with the clock failed in this org: other automation that changes leads as they are saved "
         "can be why. If you find none, please report the message."),
        (r"FIELD_INTEGRITY|field integrity|has a reference to .* doesn't exist"
         r"|The field .* doesn't exist|Field \S+ does not exist|data ?type|Incorrect parameter type",
         "A field that the design names is not in the org, or is of another type: run `provisioner plan`, which names "
         "its place in the design. If that finds nothing, please report this message."),
        (r"invalid at this location|is not a valid value for the enum|Required field is missing|duplicated at this"
         r"|Error parsing file|was named in package.xml|isn't connected|doesn't exist",
         "The rendered metadata was not accepted: this is a fault of provisioner, please report it with this message."),
    )
)  # fmt: skip


def advice_for(problems: Iterable[str]) -> str:
    """The advice for these texts, each once, in the order of the problems; "" when the table knows none."""
    found: dict[str, None] = {}
    for problem in problems:
        for pattern, advice in TABLE:
            if pattern.search(problem):
                found.setdefault(advice)
                break
    return " ".join(list(found)[:MOST_ADVICE])
