"""Alerts by every channel: what they are made of, when nothing is said, and what hostile words become in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import contract
import pytest
from lxml import etree
from strategies.designs import HOSTILE, compiled, read
from test_sf_render import example, files, nodes

from provisioner.planning.plan import Cause, Change
from provisioner.resources import Address, Resource
from provisioner.targets.registry import load_target
from provisioner.targets.salesforce.alerting import timers
from provisioner.targets.salesforce.desire import render
from provisioner.targets.salesforce.package import artifacts
from provisioner.targets.salesforce.parse import parse_package
from provisioner.targets.salesforce.session.advice import advice_for
from provisioner.targets.salesforce.session.removal import destructive_files
from tests.equivalence.world import World
from tests.equivalence.worlds import Event, Life

MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # 10:00 in New York
SLACK = {"slack": {"app": "A0123456789", "workspace": "T0123456789", "conversations": ["C0123456789"]}}
ANN, BOSS, QA = "ann@acme.example", "boss@acme.example", "qa@acme.example"


def talkative(mode: str = "live", **alerts: Any) -> dict[str, Any]:
    """A design that tells people and a channel, promises something after hours, and keeps quiet about some leads."""
    document = example()
    document["target"] |= {"slack_app_id": "A0123456789", "slack_workspace_id": "T0123456789"}
    document["recipients"] |= {
        "channel": {"slack": "C0123456789"},
        "on_call": {"group": "SDR_On_Call"},
        "cro": {"user": "cro@acme.example"},
    }
    document["escalation"]["urgent"] = [
        {"at": "due", "notify": ["rep", "channel"], "via": ["email", "slack"]},
        {"at": "due + 1h", "notify": ["rep", "manager"], "via": ["email"]},
    ]
    document["alerts"] |= {"mode": mode, "quiet": [{"id": "vip", "when": {"Title": ["Quiet"]}}]} | alerts
    document["lead_types"][1]["after_hours"] = {
        "clock": "calendar",
        "sla": "1h",
        "notify": ["on_call", "cro", "channel"],
    }
    return document


def flow(document: dict[str, Any], name: str) -> etree._Element:
    return etree.fromstring(files(compiled(document))[f"flows/STL_{name}.flow"])


@pytest.fixture(scope="module", params=[contract.OLDER, contract.CURRENT], ids=["63", "66"])
def schema(request: pytest.FixtureRequest) -> Any:
    if not request.param.exists():
        pytest.skip("the vendor's contract files are not beside this checkout")
    return contract.schema(request.param)


# ------------------------------------------------------------------ what is rendered


@pytest.mark.parametrize("words", HOSTILE)
def test_whatever_is_written_in_it_the_design_is_valid_metadata(schema: Any, words: str) -> None:
    compared = words.replace("{!", "{")  # rule S229
    document = talkative(quiet=[{"id": "q", "when": {"not": {"Company": {"starts_with": compared}}}}])
    document["lead_types"][1]["label"] = words
    assert contract.problems(schema, files(compiled(document))) == []


def test_no_words_of_the_design_are_merged() -> None:
    words = "{!$Api.Session_ID}"
    document = talkative()
    document["lead_types"][1]["label"] = words
    document["escalation"]["urgent"][0]["task"] = f"Call {words}"
    document["recycling"] = {"reasons": ["a", "b", "c", "d", words]}
    document["breach"] = {"reasons": [words]}
    places = {path for path, content in files(compiled(document)).items() if words.encode() in content}
    assert places == {"objects/Lead.object", "customMetadata/STL_Lead_Type.demo_request.md"}  # labels and values


def test_every_element_is_reached() -> None:
    """In both flows that tell people, also with everything they can do."""
    for name in ("Lead_Timers", "Lead_After_Hours", "Log_Error"):
        found = flow(talkative(), name)
        targets = {element.text for element in found.iter("{*}targetReference")}
        assert set(nodes(found)) == targets, name


def test_slack_is_posted_to_with_a_transaction_of_its_own() -> None:
    found = nodes(flow(talkative(), "Lead_Timers"))["Post_channel"]
    given = {
        item.findtext("{*}name"): item.findtext("{*}value/{*}elementReference")
        for item in found.iterfind("{*}inputParameters")
    }
    assert given == {
        "slackAppIdForToken": "Get_Settings.Slack_App__c",
        "slackWorkspaceIdForToken": "Get_Settings.Slack_Workspace__c",
        "slackConversationId": "SlackRecipient_channel.Value__c",
        "slackMessage": "slackText",
    }
    assert found.findtext("{*}flowTransactionModel") == "Automatic"
    assert found.findtext("{*}faultConnector/{*}targetReference") == "Note_Slack_channel"


def test_as_many_leads_at_a_time_as_may_call_out() -> None:
    document = talkative()
    assert timers(compiled(document))["batch"] == 100
    document["recipients"] |= {f"c{place}": {"slack": f"C012345678{place}"} for place in range(3)}
    document["escalation"]["urgent"][0]["notify"] += ["c0", "c1", "c2"]
    assert timers(compiled(document))["batch"] == 25
    assert timers(compiled(example()))["batch"] == 200


def test_a_design_that_asks_for_nothing_gets_nothing() -> None:
    found = files(compiled(example()))
    assert "flows/STL_Lead_After_Hours.flow" not in found
    assert not [path for path, content in found.items() if b"lack" in content]
    document = example()
    document["escalation"] = {"urgent": [{"at": "due", "notify": ["cro"], "via": ["email"]}]}
    document["escalation"]["standard"] = document["escalation"]["urgent"]
    quiet = files(compiled(document))
    assert not [path for path in quiet if path.startswith(("email/", "workflows/"))]
    assert b"Alert_Title" not in quiet["objects/Lead.object"]


def test_the_mail_to_the_owner_is_a_template_in_the_words_of_the_design() -> None:
    found = files(compiled(talkative(content=["company", "elapsed", "link"])))
    assert found["email/STL_Alerts/STL_Owner_Alert.email"].decode() == (
        "Company: {!Lead.Company}\nWaiting: {!Lead.STL_Waiting__c}\nLink: {!Lead.Link}\n"
    )
    meta = etree.fromstring(found["email/STL_Alerts/STL_Owner_Alert.email-meta.xml"])
    assert (meta.findtext("{*}subject"), meta.findtext("{*}type")) == (
        "{!Lead.STL_Alert_Title__c}: {!Lead.Company}",
        "text",
    )
    assert b"STL_SLA_Promise__c" not in found["objects/Lead.object"]


def test_files_are_read_back_as_what_they_were_made_from() -> None:
    snapshot = render(compiled(talkative()))
    again = parse_package({item.path: item.content for item in artifacts(snapshot)})
    assert again == snapshot
    kinds = {
        "EmailFolder": "STL_Alerts",
        "EmailTemplate": "STL_Alerts/STL_Owner_Alert",
        "WorkflowAlert": "Lead.STL_Owner_Alert",
    }
    assert {item.address.kind: item.address.name for item in snapshot if item.address.kind in kinds} == kinds


@pytest.mark.parametrize(
    ("one", "others"),
    [
        ("Flow:STL_Lead_Timers", {"WorkflowAlert:Lead.STL_Owner_Alert", "CustomObject:STL_Error__c"}),
        ("WorkflowAlert:Lead.STL_Owner_Alert", {"EmailTemplate:STL_Alerts/STL_Owner_Alert"}),
        ("EmailTemplate:STL_Alerts/STL_Owner_Alert", {"EmailFolder:STL_Alerts", "CustomField:Lead.STL_Alert_Title__c"}),
        ("CustomField:STL_Error__c.Message__c", {"CustomObject:STL_Error__c"}),
    ],
)
def test_what_is_named_comes_along(one: str, others: set[str]) -> None:
    snapshot = render(compiled(talkative()))
    resource = snapshot.get(Address.parse(one))
    assert resource is not None
    assert {str(address) for address in load_target("salesforce").needs(resource, snapshot)} >= others


def test_what_refers_goes_first_and_the_folder_last() -> None:
    doomed = [item for item in render(compiled(talkative())) if item.address.kind.startswith(("Email", "Workflow"))]
    listed = {
        item.path: [member.text for member in etree.fromstring(item.content).iter("{*}members")]
        for item in destructive_files(doomed, {})
    }
    assert listed == {
        "destructiveChangesPre.xml": ["Lead.STL_Owner_Alert"],
        "destructiveChangesPost.xml": ["STL_Alerts/STL_Owner_Alert", "STL_Alerts"],
    }


# ------------------------------------------------------------------ what is said of it


def findings(document: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    _, said = load_target("salesforce").desire(compiled(document), read(document).locate)
    return [(item.code, item.severity, item.pointer, item.detail) for item in said]


NEEDS = (
    "Alerts by Slack need Salesforce for Slack: the org connected to the workspace, a licence for it, the app "
    "installed and invited to C0123456789. The flow action's inputs were never tried on an org."
)


def test_what_slack_needs_is_said() -> None:
    assert findings(talkative()) == [("S216", "info", "/target", NEEDS)]
    document = talkative()
    del document["target"]["slack_app_id"]
    detail = "Alerts are posted to Slack (channel), and target.slack_app_id is not there."
    assert findings(document) == [("S215", "error", "/target", detail), ("S216", "info", "/target", NEEDS)]


def test_an_org_without_slack_is_told_what_to_do() -> None:
    refused = "ACTIONCALL_NOT_FOUND_WITH_NAME_AND_TYPE: there is no action slackPostMessage of type slackPostMessage."
    advice = "This org has no action that posts to Slack: connect it to the workspace in Setup, Slack, or use email."
    assert advice_for([refused]) == advice


def test_an_on_call_group_alone_has_no_address() -> None:
    document = talkative()
    document["lead_types"][1]["after_hours"]["notify"] = ["on_call"]
    detail = "The after-hours promise of 'demo_request' rings the bell of on_call only."
    assert ("S210", "warning", "/lead_types/1/after_hours/notify", detail) in findings(document)


def test_a_quiet_condition_is_checked_like_the_others() -> None:
    document = talkative(quiet=[{"id": "q", "when": {"Owner.Name": ["x "]}}])
    assert {(code, pointer) for code, _, pointer, _ in findings(document)} >= {
        ("S211", "/alerts/quiet/0/when/Owner.Name"),
        ("S213", "/alerts/quiet/0/when/Owner.Name"),
    }
    names = {item.name for item in load_target("salesforce").references(compiled(talkative()))}
    assert "Title" in names


def test_how_exact_it_is_is_stated() -> None:
    found = {
        (item.feature, item.lead_type, item.grade, item.worst_minutes)
        for item in load_target("salesforce").fidelity(compiled(talkative()))
    }
    assert found >= {
        ("slack", None, "approximated", None),
        ("quiet conditions", None, "exact", 0.0),
        ("after hours", "demo_request", "approximated", 1.0),
        ("email to groups and queues", None, "approximated", None),
    }
    assert load_target("salesforce").impossible(compiled(talkative())) == []


@pytest.mark.parametrize(
    ("kind", "edit", "expected"),
    [
        ("EmailTemplate", {"content": "x\n"}, "The text of mails to owners is another one"),
        ("EmailTemplate", {"subject": "Hi"}, "Subject of mails to owners: Hi -> {!Lead.STL_Alert_Title__c}"),
        ("WorkflowAlert", {"ccEmails": ["x@y.example"]}, "Email alert Lead.STL_Owner_Alert writes to other people"),
        ("WorkflowAlert", {"template": "A/B"}, "Template of the email alert Lead.STL_Owner_Alert"),
    ],
)
def test_a_change_by_hand_is_seen_and_told(kind: str, edit: dict[str, Any], expected: str) -> None:
    design, target = compiled(talkative()), load_target("salesforce")
    (desired,) = (item for item in render(design) if item.address.kind == kind)
    assert target.compare(desired, desired) == desired
    live = target.compare(desired, Resource(desired.address, {**desired.attributes, **edit}))
    assert live != desired
    told = target.meanings(Change(live, desired, Cause.HAND), design)
    assert any(item.text.startswith(expected) for item in told), told


# ------------------------------------------------------------------ what happens on the emulator


class Connected(World):
    """An org that is connected to Slack."""

    def deploy(self, files: Mapping[str, bytes]) -> list[str]:
        self.door("settings", SLACK)
        return super().deploy(files)


@pytest.fixture(scope="module")
def world() -> Iterator[Connected]:
    emulated = Connected()
    yield emulated
    emulated.close()


def played(world: World, found: dict[str, bytes], *events: Event) -> list[dict[str, Any]]:
    """What went out about one lead within 20 hours."""
    world.reset(found, events[0].at - timedelta(hours=1))
    world.play([Life(0, events)], events[0].at + timedelta(hours=20))
    sent: list[dict[str, Any]] = world.door("sent", method="GET")
    return sent


def arrives(at: datetime, **values: Any) -> Event:
    lead = {"LastName": "Lovelace", "Company": "Engines & Co", "LeadSource": "Demo Request", "Country": "US"} | values
    return Event(at, "save", lead, ANN)


def told(sent: list[dict[str, Any]]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(item["at"][11:16], item["channel"], tuple(sorted(item["to"]))) for item in sent]


def without_promise(mode: str = "live", channel: str = "C0123456789") -> dict[str, bytes]:
    document = talkative(mode)
    document["recipients"]["channel"] = {"slack": channel}
    del document["lead_types"][1]["after_hours"]
    return files(compiled(document))


def test_each_channel_is_told_once_per_step(world: World) -> None:
    sent = played(world, without_promise(), arrives(MONDAY))
    assert told(sent) == [
        ("15:05", "email", (ANN,)),
        ("15:05", "slack", ("C0123456789",)),
        ("16:05", "email", (ANN, BOSS)),
    ]
    assert world.query("SELECT Message__c FROM STL_Error__c") == []
    assert [item["subject"] for item in sent if item["channel"] == "email"] == [
        "SLA missed: Lovelace, Engines & Co",
        "Escalated: Lovelace, Engines & Co",
    ]
    link = re.search(r"Link: http\S+/00Q\w{15}", sent[0]["body"])
    assert link is not None and link[0] in sent[1]["body"]


def test_silent_mode_writes_to_one_address_only(world: World) -> None:
    sent = played(world, without_promise("silent"), arrives(MONDAY))
    assert told(sent) == [("15:05", "email", (QA,)), ("15:05", "email", (QA,)), ("16:05", "email", (QA,))]
    assert [item["body"].split("\n")[0] for item in sent] == [
        "Silent mode: would have told rep (ann) by email",
        "Silent mode: would have posted to channel by Slack",
        "Silent mode: would have told rep (ann), manager (boss) by email",
    ]


def test_hostile_words_ring_nobody_in_slack(world: World) -> None:
    hostile = "<!channel> <https://x.example|y> @here https://x.example www.x.example & {!$Api.Session_ID}"
    sent = played(world, without_promise(), arrives(MONDAY, Company=hostile))
    (body,) = (item["body"] for item in sent if item["channel"] == "slack")
    company = next(line for line in body.split("\n") if line.startswith("Company: "))
    assert company == (
        "Company: &lt;!channel&gt; &lt;https: x.example|y&gt; (at)here https: x.example www x.example &amp; "
        "{!$Api.Session_ID}"
    )


def test_a_quiet_lead_is_marked_and_nobody_is_told(world: World) -> None:
    assert played(world, without_promise(), arrives(MONDAY, Title="quiet")) == []
    (row,) = world.query("SELECT STL_SLA_Status__c, STL_Escalation_Level__c FROM Lead")
    assert (row["STL_SLA_Status__c"], row["STL_Escalation_Level__c"]) == ("escalated", 2)


def test_quiet_is_asked_when_a_step_acts(world: World) -> None:
    later = Event(MONDAY + timedelta(minutes=30), "save", {"Title": "Quiet"})
    sent = played(world, without_promise(), arrives(MONDAY), later)
    assert {at for at, _, _ in told(sent)} == {"15:05"}


def test_a_channel_that_is_not_there_is_a_row_of_the_error_log(world: World) -> None:
    sent = played(world, without_promise(channel="C9999999999"), arrives(MONDAY))
    assert [channel for _, channel, _ in told(sent) if channel == "email"] == ["email", "email"]
    (row,) = world.query("SELECT Lead__c, Source__c, Message__c FROM STL_Error__c")
    assert (row["Lead__c"], row["Source__c"]) == (world.leads[0], "STL_Lead_Timers")
    assert "channel_not_found" in row["Message__c"]


def test_a_fault_before_the_save_becomes_a_row_once(world: World) -> None:
    """Without its record the lead type promises nothing; the stamp flow says so on the lead."""
    found = without_promise()
    del found["customMetadata/STL_Lead_Type.demo_request.md"]
    named = re.compile(rb"\s*<members>STL_Lead_Type.demo_request</members>")
    found["package.xml"] = named.sub(b"", found["package.xml"])
    edit = Event(MONDAY + timedelta(minutes=5), "save", {"Title": "x"})
    assert played(world, found, arrives(MONDAY), edit) == []
    (row,) = world.query("SELECT Lead__c, Source__c, Message__c FROM STL_Error__c")
    message = "The STL_Lead_Type__mdt record of this lead's type is missing or incomplete; no clock."
    assert (row["Lead__c"], row["Message__c"]) == (world.leads[0], message)
    (lead,) = world.query("SELECT STL_Last_Error__c, STL_Error_Pending__c FROM Lead")
    assert (lead["STL_Last_Error__c"], lead["STL_Error_Pending__c"]) == (message, False)


# ------------------------------------------------------------------ after hours

NIGHT = datetime(2026, 3, 3, 3, 0, tzinfo=UTC)  # Monday, 22:00 in New York
PROMISE = "STL_After_Hours_Due_At__c"


def promised(mode: str = "live") -> dict[str, bytes]:
    """The promise is written by whoever saves the lead: what sets it is the clock's business, and tested with it."""
    found = files(compiled(talkative(mode)))
    found = {path: content for path, content in found.items() if not path.startswith(("classes/", "triggers/"))}
    code = re.compile(rb"\s*<types>(?:\s*<members>\w+</members>)+\s*<name>Apex(?:Class|Trigger)</name>\s*</types>")
    found["package.xml"] = code.sub(b"", found["package.xml"])
    rights = "permissionsets/STL_Speed_To_Lead.permissionset"
    found[rights] = re.sub(rb"\s*<classAccesses>.*?</classAccesses>", b"", found[rights], flags=re.DOTALL)
    readable = rb"<editable>false</editable>(\s*<field>Lead\.STL_After_Hours_Due_At__c)"
    found[rights] = re.sub(readable, rb"<editable>true</editable>\1", found[rights])
    return found


def at_ten(minutes: int | None, **values: Any) -> tuple[Event, ...]:
    """A lead that comes at night; its promise is written a minute later, at 03:00 in UTC."""
    made = {} if minutes is None else {PROMISE: NIGHT + timedelta(minutes=minutes)}
    return arrives(NIGHT - timedelta(minutes=1), **values), Event(NIGHT, "save", made | {"Website": "x.example"})


ON_CALL = ("SDR_On_Call", "cro@acme.example")


def at_night(sent: list[dict[str, Any]]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [row for row in told(sent) if row[0] < "13:00"]


def once(at: str) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(at, "bell", ON_CALL), (at, "email", ("cro@acme.example",)), (at, "slack", ("C0123456789",))]


def test_who_is_on_call_is_told_at_once_and_when_nobody_reacted(world: World) -> None:
    sent = played(world, promised(), *at_ten(60))
    assert at_night(sent) == [*once("03:00"), *once("04:00")]
    assert [item["subject"] for item in sent if item["channel"] == "email"][:2] == [
        "New lead after hours: Lovelace, Engines & Co",
        "After-hours promise missed: Lovelace, Engines & Co",
    ]
    bodies = [item["body"] for item in sent if item["channel"] == "email"][:2]
    assert [re.findall(r"^(?:SLA|Waiting): .*", body, re.MULTILINE) for body in bodies] == [
        ["SLA: 60 min (after hours)", "Waiting: 0 min since assignment"],
        ["SLA: 60 min (after hours)", "Waiting: 60 min since assignment"],
    ]
    (row,) = world.query("SELECT STL_After_Hours_Result__c, STL_Escalation_Level__c FROM Lead")
    assert (row["STL_After_Hours_Result__c"], row["STL_Escalation_Level__c"]) == ("Miss", 0)
    assert world.query("SELECT Message__c FROM STL_Error__c") == []


def test_a_touch_keeps_the_second_alert_away(world: World) -> None:
    touch = Event(NIGHT + timedelta(minutes=20), "touch", subtype="Call", actor=ANN)
    sent = played(world, promised(), *at_ten(60), touch)
    assert at_night(sent) == once("03:00")


def test_a_promise_that_moves_is_told_at_its_new_end_alone(world: World) -> None:
    moves = Event(NIGHT + timedelta(minutes=30), "save", {PROMISE: NIGHT + timedelta(minutes=90)})
    assert at_night(played(world, promised(), *at_ten(60), moves)) == [*once("03:00"), *once("04:30")]


def test_a_promise_that_goes_is_not_told_of(world: World) -> None:
    goes = Event(NIGHT + timedelta(minutes=30), "save", {PROMISE: None})
    assert at_night(played(world, promised(), *at_ten(60), goes)) == once("03:00")


def test_no_promise_no_alert_and_quiet_holds_after_hours(world: World) -> None:
    assert at_night(played(world, promised(), *at_ten(None))) == []
    assert at_night(played(world, promised(), *at_ten(60, Title="Quiet"))) == []
    later = Event(NIGHT + timedelta(minutes=30), "save", {"Title": "Quiet"})
    assert at_night(played(world, promised(), *at_ten(60), later)) == once("03:00")


def test_silent_after_hours_writes_to_one_address_per_channel(world: World) -> None:
    sent = played(world, promised("silent"), *at_ten(60))
    silently = [("bell", (QA,)), ("email", (QA,)), ("email", (QA,))]
    assert at_night(sent) == [(at, *row) for at in ("03:00", "04:00") for row in silently]
    assert [item["body"].split("\n")[0] for item in sent if item["channel"] == "email"][:2] == [
        "Silent mode: would have told cro (cro), on_call (SDR_On_Call) by bell and email",
        "Silent mode: would have posted to channel by Slack",
    ]
