"""What flows send: email alerts with their templates, the Send Email action, Slack."""

from __future__ import annotations

import pytest
from built_org import Built
from flow_parts import action, after, filters, flow, node, path, update_record, value

OPEN = filters(("Description", "IsNull", False))


def alert_call(name: str, alert: str, record: str = "@$Record.Id", fault: str = "") -> str:
    inner = f"<actionName>{alert}</actionName><actionType>emailAlert</actionType>"
    inputs = f"<inputParameters><name>SObjectRowId</name>{value(record)}</inputParameters>"
    model = "<flowTransactionModel>CurrentTransaction</flowTransactionModel>"
    return node("actionCalls", name, inner, model, inputs, fault=fault)


def recipient(kind: str, name: str = "", field: str = "") -> str:
    shown = (f"<field>{field}</field>" if field else "") + (f"<recipient>{name}</recipient>" if name else "")
    return f"<recipients>{shown}<type>{kind}</type></recipients>"


def test_an_alert_reaches_everybody_it_names_once(built: Built) -> None:
    ann, bob = built.user("ann@x.example", "Ann"), built.user("bob@x.example", "Bob")
    built.user("gone@x.example", "Gone", active=False)
    inner = built.group("Inner", "Regular", bob)
    built.group("Managers", "Regular", ann, inner)
    built.alert(
        "Late",
        recipient("owner") + recipient("group", "Managers") + recipient("user", "gone@x.example")
        + recipient("creator") + recipient("email", field="Email")
        + "<ccEmails>ops@x.example</ccEmails>",
        "Late: {!Lead.Name}", "{!Lead.Company} / {!Lead.OwnerFullName} / {!Lead.Title} / {!Organization.Name}",
    )  # fmt: skip
    built.flow("Alert", flow(after(first="A"), alert_call("A", "Lead.Late")))
    lead = built.lead(OwnerId=ann, FirstName="Ida", Email="ida@lead.example")
    to = ("ann@x.example", "bob@x.example", "admin@example.com", "ida@lead.example", "ops@x.example")
    assert built.sent() == [("email", to, "Late: Ida Moss", "Acme / Ann /  / Emulated Org")]
    assert built.org.outbox.messages()[0].source == "Alert/Immediate"
    assert built.org.outbox.messages()[0].record_id == lead


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, ("ann@x.example",)),
        ({"Email": "queue@x.example"}, ("queue@x.example",)),
        ({"Email": "queue@x.example", "DoesSendEmailToMembers": True}, ("queue@x.example", "ann@x.example")),
    ],
)
def test_a_queue_is_reached_at_its_address_or_by_its_members(
    built: Built, facts: dict[str, object], expected: tuple[str, ...]
) -> None:
    queue = built.group("Backup", "Queue", built.user("ann@x.example", "Ann"), **facts)
    built.alert("Late", recipient("owner"))
    built.flow("Alert", flow(after(first="A"), alert_call("A", "Lead.Late")))
    built.lead(OwnerId=queue)
    assert [to for _, to, _, _ in built.sent()] == [expected]


def test_what_a_merge_field_brings_is_not_read_again(built: Built) -> None:
    built.alert("Late", recipient("owner"), "{!Lead.Company}", "{!Lead.Title} {!Lead.Link}")
    built.org.settings.instance_url = "https://emu.example"
    built.flow("Alert", flow(after(first="A"), alert_call("A", "Lead.Late")))
    lead = built.lead(Company="{!Lead.Name}", Title="{!User.Username}")
    assert built.sent() == [
        ("email", ("admin@example.com",), "{!Lead.Name}", f"{{!User.Username}} https://emu.example/{lead}")
    ]


@pytest.mark.parametrize(
    ("recipients", "body", "expected"),
    [
        (recipient("owner"), "{!Lead.Nmae}", ["SLA/Late: Field Lead.Nmae does not exist. Check spelling.",
         "Lead.Late: In field: template - no EmailTemplate named SLA/Late found"]),
        (recipient("owner"), "{!Contact.Name}", ["Lead.Late: NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model "
         "{!Contact.Name} in an alert of Lead."]),
        (recipient("owner"), '{!BLANKVALUE(Lead.Title, "x")}', [
         'SLA/Late: NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model the merge formula '
         '{!BLANKVALUE(Lead.Title, "x")}.',
         "Lead.Late: In field: template - no EmailTemplate named SLA/Late found"]),
        (recipient("email", field="Title"), "b", ["Lead.Late: In field: field - Lead.Title is not an Email field"]),
        (recipient("email"), "b", ["Lead.Late: Required field is missing: field"]),
        (recipient("userLookup", field="Nope__c"), "b",
         ["Lead.Late: In field: field - no CustomField named Lead.Nope__c found"]),
        (recipient("userLookup", field="ConvertedContactId"), "b",
         ["Lead.Late: In field: field - Lead.ConvertedContactId is not a lookup to User"]),
        (recipient("group", "Nobody"), "b", ["Lead.Late: In field: recipient - no Group named Nobody found"]),
        (recipient("role", "CEO"), "b",
         ["Lead.Late: NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model recipients of type role."]),
    ],
)  # fmt: skip
def test_a_mistake_in_an_alert_is_named(built: Built, recipients: str, body: str, expected: list[str]) -> None:
    assert built.alert_failures("Late", recipients, body=body) == expected


def test_an_alert_that_is_not_there_is_no_action(built: Built) -> None:
    text = "Alert: ACTIONCALL_NOT_FOUND_WITH_NAME_AND_TYPE: there is no action Lead.Late of type emailAlert."
    assert built.flow_failures("Alert", flow(after(first="A"), alert_call("A", "Lead.Late"))) == [text]


def test_without_deliverability_an_alert_fails_the_save(built: Built) -> None:
    built.alert("Late", recipient("owner"))
    built.flow("Alert", flow(after(first="A"), alert_call("A", "Lead.Late"), label="Late"))
    built.org.settings.change({"email_deliverability": False})
    assert built.refused("insert", "Lead", LastName="Moss", Company="Acme") == [
        "CANNOT_EXECUTE_FLOW_TRIGGER: We can't save this record because the “Late” process failed. "
        "Give your Salesforce admin these details. NO_SINGLE_MAIL_PERMISSION: Send Email is disabled"
    ]
    assert (built.sent(), built.all("Lead", "Id")) == ([], [])


def test_a_mail_to_a_person_can_be_logged(built: Built) -> None:
    call = action(
        "M", "emailSimple", recipientId="@$Record.Id", emailSubject="Hello", emailBody="Text", logEmailOnSend=True
    )
    built.flow("Mail", flow(after(first="M", event="Create"), call))
    lead = built.lead(Email="ida@lead.example")
    assert built.sent() == [("email", ("ida@lead.example",), "Hello", "Text")]
    assert built.all("Task", "WhoId", "Subject", "TaskSubtype", "IsClosed") == [(lead, "Hello", "Email", True)]


def test_a_person_without_an_address_fails_the_mail(built: Built) -> None:
    call = action("M", "emailSimple", recipientId="@$Record.Id", emailSubject="Hello", emailBody="Text")
    built.flow("Mail", flow(after(first="M", event="Create"), call))
    (refusal,) = built.refused("insert", "Lead", LastName="Moss", Company="Acme")
    assert "INVALID_EMAIL_ADDRESS: The recipient 00Q" in refusal


SLACK = {
    "slackAppIdForToken": "A1", "slackWorkspaceIdForToken": "T1", "slackConversationId": "C1", "slackMessage": "Late",
}  # fmt: skip
CONNECTED = {"slack": {"app": "A1", "workspace": "T1", "conversations": ["C1"]}}


def test_slack_is_no_action_of_an_org_that_is_not_connected(built: Built) -> None:
    found = built.flow_failures("Post", flow(after(first="S"), action("S", "slackPostMessage", **SLACK)))
    text = "ACTIONCALL_NOT_FOUND_WITH_NAME_AND_TYPE: there is no action slackPostMessage of type slackPostMessage."
    assert found == [f"Post: {text}"]


def timed(*parts: str, first: str) -> str:
    return flow(after(OPEN, path("Late", "EmailBouncedDate", first), changed=True), *parts)


def run_timed(built: Built, *parts: str, first: str) -> list[tuple[str, tuple[str, ...], str, str]]:
    built.org.settings.change(CONNECTED)
    built.fields("Lead", "<fields><fullName>Due__c</fullName><label>Due</label><type>DateTime</type></fields>")
    built.flow("Post", timed(*parts, first=first).replace("EmailBouncedDate", "Due__c"))
    built.lead(Description="x", Due__c=built.org.now)
    built.after(minutes=1)
    return built.sent()


def test_slack_posts_from_a_scheduled_path(built: Built) -> None:
    assert run_timed(built, action("S", "slackPostMessage", **SLACK), first="S") == [("slack", ("C1",), "", "Late")]


def test_slack_waits_for_no_open_change_unless_it_has_its_own_transaction(built: Built) -> None:
    parts = update_record("U", go="S", Title="t"), action("S", "slackPostMessage", **SLACK)
    ((channel, _, _, body),) = run_timed(built, *parts, first="U")
    assert (channel, body) == (
        "email", "You have uncommitted work pending. Please commit or rollback before calling out")  # fmt: skip


def test_slack_after_a_change_in_a_transaction_of_its_own(built: Built) -> None:
    post = action("S", "slackPostMessage", **SLACK).replace("CurrentTransaction", "Automatic")
    sent = run_timed(built, update_record("U", go="S", Title="t"), post, first="U")
    assert sent == [("slack", ("C1",), "", "Late")]


def test_slack_in_the_users_own_save_fails_it(built: Built) -> None:
    built.org.settings.change(CONNECTED)
    built.flow("Post", flow(after(first="S"), action("S", "slackPostMessage", **SLACK)))
    (refusal,) = built.refused("insert", "Lead", LastName="Moss", Company="Acme")
    assert refusal.endswith("You have uncommitted work pending. Please commit or rollback before calling out")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"slackConversationId": "C2"}, "channel_not_found: C2"),
        ({"slackWorkspaceIdForToken": "T2"}, "The Slack app A1 isn't installed in the workspace T2."),
    ],
)
def test_slack_knows_its_channels(built: Built, given: dict[str, str], expected: str) -> None:
    ((channel, to, _, body),) = run_timed(built, action("S", "slackPostMessage", **(SLACK | given)), first="S")
    assert (channel, to, body) == ("email", ("admin@example.com",), expected)
