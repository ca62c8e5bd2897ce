"""The list of invocable actions, which says before a deployment whether Slack is one of them."""

import pytest

BASE = "/services/data/v66.0/actions"
SLACK = {"slack": {"app": "A1", "workspace": "T1", "conversations": ["C1"]}}
ALWAYS = {
    "chatterPost": ("Post to Chatter", "CHATTERPOST"),
    "contentWorkspaceEnableFolders": (
        "Enable Folder Support for a Content Workspace (Library)", "CONTENTWORKSPACE_ENABLE_FOLDERS"),
    "customNotificationAction": ("Send Custom Notification", "CUSTOM_NOTIFICATION_ACTION"),
    "emailSimple": ("Send Email", "EMAILSIMPLE"),
    "invocableApplyLeadAssignmentRules": ("Apply Lead Assignment Rules", "INVOCABLE_APPLY_LEAD_ASSIGNMENT_RULES"),
    "submit": ("Submit for Approval", "SUBMITAPPROVAL"),
}  # fmt: skip
GONE = (404, [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}])


def listed(emulator):
    return {one.pop("name"): one for one in emulator.call("GET", "actions/standard").json()["actions"]}


def told(answer):
    return answer.status_code, answer.json()


def test_two_kinds_of_actions(emulator):
    assert told(emulator.call("GET", "actions")) == (200, {"standard": f"{BASE}/standard", "custom": f"{BASE}/custom"})
    assert emulator.call("GET", "").json()["actions"] == BASE


def test_slack_is_among_the_actions_exactly_while_the_org_is_connected(emulator):
    always = {
        name: {"label": label, "type": kind, "url": f"{BASE}/standard/{name}"} for name, (label, kind) in ALWAYS.items()
    }
    slack = {"label": "Send Slack Message", "type": "SLACK_POST_MESSAGE", "url": f"{BASE}/standard/slackPostMessage"}
    assert listed(emulator) == always
    assert told(emulator.call("GET", "actions/standard/slackPostMessage")) == GONE
    emulator.control("settings", SLACK)
    assert listed(emulator) == always | {"slackPostMessage": slack}
    emulator.control("settings", {"slack": {}})
    assert listed(emulator) == always


def test_one_action_tells_its_inputs(emulator):
    emulator.control("settings", SLACK)
    assert told(emulator.call("GET", "actions/standard/slackPostMessage")) == (
        200,
        {
            "inputs": [
                {"name": "slackAppIdForToken", "required": True},
                {"name": "slackWorkspaceIdForToken", "required": True},
                {"name": "slackConversationId", "required": True},
                {"name": "slackMessage", "required": True},
            ],
            "label": "Send Slack Message",
            "name": "slackPostMessage",
            "type": "SLACK_POST_MESSAGE",
        },
    )


@pytest.mark.parametrize(("version", "name", "other"), [(64, "emailAddresses", "recipientAddresses"),
                                                        (65, "recipientAddresses", "emailAddresses")])  # fmt: skip
def test_the_inputs_of_an_email_follow_the_version(emulator, version, name, other):
    answer = emulator.call("GET", f"/services/data/v{version}.0/actions/standard/emailSimple").json()
    names = {one["name"] for one in answer["inputs"]}
    assert (name in names, other in names) == (True, False)


def test_what_is_no_action_and_what_is_not_modelled(emulator):
    assert told(emulator.call("GET", "actions/standard/emailAlert")) == GONE  # alerts are custom actions
    for method, path, what in (
        ("GET", "actions/standard/submit", "the inputs of the action submit"),
        ("GET", "actions/custom", "GET /services/data/v66.0/actions/custom"),
        ("POST", "actions/standard/emailSimple", "POST /services/data/v66.0/actions/standard/emailSimple"),
    ):
        text = f"The emulator does not model {what}."
        refused = [{"message": text, "errorCode": "NOT_IMPLEMENTED_BY_EMULATOR"}]
        assert told(emulator.call(method, path)) == (501, refused)


def test_the_list_as_a_part_of_a_composite(emulator):
    emulator.control("settings", SLACK)
    parts = [
        {"method": "GET", "url": f"{BASE}/standard", "referenceId": "list"},
        {"method": "GET", "url": f"{BASE}/standard/nope", "referenceId": "none"},
    ]
    first, second = emulator.call("POST", "composite", {"compositeRequest": parts}).json()["compositeResponse"]
    assert (first["httpStatusCode"], "slackPostMessage" in {one["name"] for one in first["body"]["actions"]}) == (
        200, True)  # fmt: skip
    assert (second["httpStatusCode"], second["body"]) == GONE


def test_strangers_are_told_nothing(emulator):
    for path in ("actions", "actions/standard", "actions/standard/emailSimple"):
        assert emulator.call("GET", path, token="nonsense").status_code == 401
