from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

import pytest
from lxml import etree
from pieces import field, files, flow, holiday, hours, ledger_of, record, snapshot
from scripted_org import METADATA, ORG_ID, Answer, ScriptedOrg, envelope, error, fault, said

from provisioner.errors import NotAllowed, Rejected, TargetError, Unreachable
from provisioner.resources import Address
from provisioner.targets.base import Ledger, OrgIdentity
from provisioner.targets.salesforce.session import SalesforceSession, ledger, soap
from provisioner.targets.salesforce.session.org import same_id

QUERY = "GET /services/data/v66.0/query"


def active(*names: str) -> list[dict[str, Any]]:
    return [{"ApiName": name, "ActiveVersionId": f"301{name}", "LatestVersionId": f"301{name}"} for name in names]


# ---------------------------------------------------------------- which org


def test_the_identity_takes_two_requests_and_is_kept(org: ScriptedOrg, session: SalesforceSession) -> None:
    assert session.rest.version == "66.0"
    expected = OrgIdentity("salesforce", ORG_ID, "Acme Sandbox", False, org.url, "deploy@acme.example")
    assert session.identity() == expected
    assert session.identity() == expected
    assert session.api_calls == 3


@pytest.mark.parametrize(
    ("facts", "production"),
    [
        ({"IsSandbox": False}, True),
        ({"IsSandbox": True}, False),
        ({"IsSandbox": False, "OrganizationType": "Developer Edition"}, False),
        ({"IsSandbox": False, "TrialExpirationDate": "2026-12-01T00:00:00.000+0000"}, False),
        ({"IsSandbox": None}, True),
        ({"IsSandbox": "true"}, True),
    ],
)
def test_in_doubt_an_org_is_production(
    org: ScriptedOrg, session: SalesforceSession, facts: Any, production: bool
) -> None:
    org.organization |= facts
    assert session.identity().is_production is production


def test_ids_of_15_and_18_characters() -> None:
    assert same_id("00D000000000001", "00D000000000001AAA")
    assert not same_id("00d000000000001", "00D000000000001AAA")
    assert not same_id("00D00000000000", "00D00000000000")
    assert not same_id("", "")


def test_a_user_of_another_org(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.organization["Id"] = "00D000000000002AAA"
    with pytest.raises(TargetError, match="name different organizations; nothing was done"):
        session.identity()


# ---------------------------------------------------------------- reading


def test_desired_and_owned_are_read_and_nothing_else(org: ScriptedOrg, session: SalesforceSession) -> None:
    wanted, owned, absent, alien = (
        field("Lead.A__c"),
        field("Lead.Old__c"),
        field("Lead.New__c"),
        field("Lead.Theirs__c"),
    )
    org.static["STL_Ledger"] = ledger.encode(ledger_of(wanted, owned))
    org.files = files(wanted, owned, alien)
    org.messages = [("unpackaged/package.xml", "Entity of type 'CustomField' named 'Lead.New__c' cannot be found")]
    live = session.read(snapshot(wanted, absent), "STL")
    assert list(live.snapshot) == [wanted, owned]
    assert (live.snapshot.unread, live.notices) == (frozenset(), ())
    assert live.ledger.fingerprints == ledger_of(wanted, owned).fingerprints
    (asked,) = org.seen("retrieve")
    members = [element.text for element in etree.fromstring(asked.body).iter(f"{{{METADATA}}}members")]
    assert members == ["Lead.A__c", "Lead.New__c", "Lead.Old__c"]


@pytest.mark.parametrize("size", [1, 400])
def test_the_number_of_requests_does_not_grow(org: ScriptedOrg, session: SalesforceSession, size: int) -> None:
    desired = [field(f"Lead.F{number}__c") for number in range(size)]
    desired += [flow(f"STL_Flow_{number}") for number in range(size)]
    desired += [
        record(f"STL_Recipient.r{number}", Kind__c=kind, Value__c=f"person-{number}-with-a-long-name@acme.example")
        for number, kind in enumerate(["user", "group", "queue"] * size)
    ]
    org.static["STL_Ledger"] = ledger.encode(ledger_of(*desired))
    org.files = files(*desired)
    org.rows["FlowDefinitionView"] = active(*(f"STL_Flow_{number}" for number in range(size)))
    org.polls = 2
    live = session.read(snapshot(*desired), "STL")
    assert len(live.snapshot) == 5 * size
    assert session.api_calls == 9  # three of them ask whether the org has packed its metadata


def test_what_the_org_does_not_give_is_unknown(org: ScriptedOrg, session: SalesforceSession) -> None:
    here, hidden, other = field("Lead.A__c"), flow("STL_Flow"), flow("STL_Flow_Two")
    org.files = files(here, other)
    org.rows["FlowDefinitionView"] = active("STL_Flow_Two")
    org.messages = [("unpackaged/package.xml", "You do not have access to Flow STL_Flow")]
    live = session.read(snapshot(here, hidden, other), "STL")
    assert list(live.snapshot) == [here, other]
    assert live.snapshot.unread == {Address("Flow", "STL_Flow")}
    assert live.notices == ("Could not be read: Flow:STL_Flow (You do not have access to Flow STL_Flow)",)


@pytest.mark.parametrize(
    ("problem", "unread"),
    [
        ("Entity type 'Flow' is not available in this api version", {"Flow:B"}),
        ("Something went wrong", {"CustomField:Lead.A__c", "Flow:B"}),
    ],
)
def test_a_message_about_nothing_by_name_hides_all_it_can_mean(
    org: ScriptedOrg, session: SalesforceSession, problem: str, unread: set[str]
) -> None:
    org.messages = [("unpackaged/package.xml", problem)]
    live = session.read(snapshot(field("Lead.A__c"), flow("B")), "STL")
    assert {str(address) for address in live.snapshot.unread} == unread


def test_business_hours_are_unknown_when_the_file_did_not_come(org: ScriptedOrg, session: SalesforceSession) -> None:
    live = session.read(snapshot(hours("STL us"), holiday("STL us 2026-12-25 x")), "STL")
    assert live.snapshot.unread == {hours("STL us").address, holiday("STL us 2026-12-25 x").address}
    org.files = {"unpackaged/settings/BusinessHours.settings": f'<BusinessHoursSettings xmlns="{METADATA}"/>'.encode()}
    assert session.read(snapshot(hours("STL us")), "STL").snapshot.unread == frozenset()


def test_a_component_that_came_in_a_form_we_do_not_understand(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.properties = [("Queue", "SDR")]
    from provisioner.resources import Resource

    queue = Resource(Address("Queue", "SDR"), {"name": "SDR"})
    live = session.read(snapshot(queue), "STL")
    assert live.snapshot.unread == {Address("Queue", "SDR")}
    assert live.notices == ("Could not be read: Queue:SDR (the org sent it in a form that was not understood)",)


def test_a_ledger_of_a_later_version_is_kept_in_sight(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.static["STL_Ledger"] = ledger.encode(Ledger("acme", {Address("Layout", "Lead-SLA"): "ab" * 32}))
    live = session.read(snapshot(), "STL")
    assert live.snapshot.unread == {Address("Layout", "Lead-SLA")}
    assert org.seen("retrieve") == []


# ---------------------------------------------------------------- flows


def test_a_flow_without_an_active_version_differs(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.files = files(flow("A"), flow("B"), flow("C"))
    org.rows["FlowDefinitionView"] = [
        {"ApiName": "A", "ActiveVersionId": None, "LatestVersionId": "3011"},
        {"ApiName": "B", "ActiveVersionId": "3011", "LatestVersionId": "3012"},
    ]
    live = session.read(snapshot(flow("A"), flow("B"), flow("C")), "STL")
    assert list(live.snapshot) == [flow("A", "Draft"), flow("B")]
    assert live.snapshot.unread == {Address("Flow", "C")}
    assert live.notices == (
        "Flow B has a newer version that is not active: an apply could not switch it on, or somebody went back to the "
        "one before. Where the plan calls that changed by hand, it may be nobody's doing.",
        "Could not be read: Flow:C (the org does not say whether it is active)",
    )


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (
            "Draft",
            "Flow A was deployed, and its version was never switched on: its difference may be nobody's doing, but "
            "what an apply left undone. Applying switches it on.",
        ),
        ("Obsolete", None),
    ],
)
def test_what_an_apply_left_off_is_not_blamed_on_anybody(
    status: str, said: str | None, org: ScriptedOrg, session: SalesforceSession
) -> None:
    org.files = files(flow("A", status))
    org.rows["FlowDefinitionView"] = [{"ApiName": "A", "ActiveVersionId": None, "LatestVersionId": "3011"}]
    live = session.read(snapshot(flow("A")), "STL")
    assert list(live.snapshot) == [flow("A", status)]
    assert live.notices == ((said,) if said else ())


def test_flows_whose_activation_may_not_be_asked_are_unknown(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.files = files(flow("A"))
    refusal = error(400, "INVALID_TYPE", "sObject type 'FlowDefinitionView' is not supported.")
    org.on(lambda request: "FlowDefinitionView" in request.soql, refusal)
    live = session.read(snapshot(flow("A")), "STL")
    assert (list(live.snapshot), live.snapshot.unread) == ([], {Address("Flow", "A")})


# ---------------------------------------------------------------- recipients


def test_recipients_that_lead_nowhere(org: ScriptedOrg, session: SalesforceSession) -> None:
    desired = [
        record("STL_Recipient.boss", Kind__c="user", Value__c="boss@acme.example", Otherwise__c=None),
        record("STL_Recipient.gone", Kind__c="user", Value__c="gone@acme.example"),
        record("STL_Recipient.twin", Kind__c="user", Value__c="TWIN@acme.example"),
        record("STL_Recipient.manager", Kind__c="owner_manager", Value__c=None, Otherwise__c="nobody' OR Id != '"),
        record("STL_Recipient.on_call", Kind__c="group", Value__c="SDR_On_Call"),
        record("STL_Recipient.backup", Kind__c="queue", Value__c="SDR_On_Call"),
        record("STL_Recipient.rep", Kind__c="record_owner", Value__c=None),
        record("STL_Settings.Default", Silent_To__c="qa@acme.example", Alerts_Live__c="false"),
        record("STL_Lead_Type.demo", Kind__c="user", Value__c="not a recipient"),
    ]
    org.files = files(*desired)
    org.rows["User"] = [
        {"Username": "boss@acme.example", "Email": "b@acme.example", "IsActive": True},
        {"Username": "gone@acme.example", "Email": "gone@acme.example", "IsActive": False},
        {"Username": "zoe@acme.example", "Email": "twin@acme.example", "IsActive": True},
        {"Username": "abe@acme.example", "Email": "twin@acme.example", "IsActive": True},
    ]
    org.rows["Group"] = [{"DeveloperName": "sdr_on_call", "Type": "Regular"}]
    assert sorted(session.read(snapshot(*desired), "STL").notices) == [
        "alerts.silent_to: qa@acme.example is no user of this org; nobody would be told.",
        "recipient backup: there is no queue with the developer name SDR_On_Call in this org.",
        "recipient gone: gone@acme.example is not active any more; nobody would be told.",
        "recipient manager (otherwise): nobody' OR Id != ' is no user of this org; nobody would be told.",
        "recipient twin: TWIN@acme.example means 2 users; abe@acme.example would be told.",
    ]
    (asked,) = (request.soql for request in org.requests if " FROM User " in request.soql)
    assert asked == (
        "SELECT Username, Email, IsActive FROM User WHERE Username IN ('TWIN@acme.example', 'boss@acme.example', "
        r"'gone@acme.example', 'nobody\' OR Id != \'', 'qa@acme.example') OR Email IN ('TWIN@acme.example', "
        r"'boss@acme.example', 'gone@acme.example', 'nobody\' OR Id != \'', 'qa@acme.example')"
    )


def test_a_queue_that_the_design_makes_is_not_missed(org: ScriptedOrg, session: SalesforceSession) -> None:
    from provisioner.resources import Resource

    desired = [
        record("STL_Recipient.b", Kind__c="queue", Value__c="SDR"),
        Resource(Address("Queue", "SDR"), {"name": "SDR"}),
    ]
    assert session.read(snapshot(*desired), "STL").notices == ()


def test_recipients_that_may_not_be_looked_up_are_only_a_notice(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.on(lambda request: " FROM User " in request.soql, error(400, "INVALID_FIELD", "No such column 'Email'"))
    live = session.read(snapshot(record("STL_Recipient.a", Kind__c="user", Value__c="x")), "STL")
    assert live.notices == (
        "The recipients of alerts could not be checked: Salesforce answered INVALID_FIELD: No such column 'Email'",
    )


def test_what_may_not_be_asked_leaves_the_other_answers(org: ScriptedOrg, session: SalesforceSession) -> None:
    """Users, groups and flows share one request; each is refused for itself."""
    desired = [
        flow("STL_A"),
        record("STL_Recipient.a", Kind__c="user", Value__c="x@acme.example"),
        record("STL_Recipient.g", Kind__c="group", Value__c="G"),
    ]
    org.files, org.rows["FlowDefinitionView"] = files(*desired), active("STL_A")
    org.on(lambda request: " FROM User " in request.soql, error(400, "INSUFFICIENT_ACCESS", "no"))
    live = session.read(snapshot(*desired), "STL")
    assert (sorted(live.snapshot.resources), live.snapshot.unread) == (sorted(one.address for one in desired), set())
    assert live.notices == (
        "recipient g: there is no public group with the developer name G in this org.",
        "The recipients of alerts could not be checked: This user may not ask that (INSUFFICIENT_ACCESS: no)",
    )
    assert len(org.seen("POST /services/data/v66.0/composite")) == 1


def test_an_answer_of_many_pages_is_read_to_its_end(org: ScriptedOrg, session: SalesforceSession) -> None:
    """Of an answer in a bundle only the first page is told; here two people share an address across pages."""
    desired = record("STL_Recipient.a", Kind__c="user", Value__c="twin@acme.example")
    org.files = files(desired)
    abe, zoe = (
        {"Username": f"{name}@acme.example", "Email": "twin@acme.example", "IsActive": True} for name in ("abe", "zoe")
    )
    following = "/services/data/v66.0/query/01gP-2000"
    first = said({"totalSize": 2, "done": False, "nextRecordsUrl": following, "records": [zoe]})
    org.on(lambda request: " FROM User " in request.soql, first, first)
    org.on(f"GET {following}", said({"totalSize": 2, "done": True, "records": [abe]}))
    assert session.read(snapshot(desired), "STL").notices == (
        "recipient a: twin@acme.example means 2 users; abe@acme.example would be told.",
    )


# ---------------------------------------------------------------- SOAP


def test_hostile_names_stay_names(org: ScriptedOrg, session: SalesforceSession) -> None:
    name = "X</members><members>*</members> & <!-- ]]>"
    session._soap.retrieve({"Flow": [name]})
    (asked,) = org.seen("retrieve")
    assert [element.text for element in etree.fromstring(asked.body).iter(f"{{{METADATA}}}members")] == [name]


def test_characters_that_xml_cannot_carry(session: SalesforceSession) -> None:
    with pytest.raises(TargetError, match=r"^'a\\x00b' holds a character that XML cannot carry\.$"):
        session._soap.retrieve({"Flow": ["a\0b"]})


def test_the_retrieve_is_polled_with_growing_pauses(org: ScriptedOrg, session: SalesforceSession, time: Any) -> None:
    org.polls = 7
    session._soap.retrieve({"Flow": ["X"]})
    assert [round(pause, 2) for pause in time.slept] == [2.0, 4.0, 8.0, 10.0, 10.0, 10.0, 10.0, 10.0]


def test_a_retrieve_that_never_ends(org: ScriptedOrg, session: SalesforceSession, time: Any) -> None:
    org.polls = 10_000
    with pytest.raises(Unreachable, match=r"^The org did not finish packing its metadata within 15 minutes\.$"):
        session._soap.retrieve({"Flow": ["X"]})
    assert 900 <= time.at < 911


def test_a_retrieve_of_some_seconds_takes_two_polls(org: ScriptedOrg, session: SalesforceSession, time: Any) -> None:
    """Each poll is a call: what the org packs within six seconds costs two."""
    org.polls = 1
    session._soap.retrieve({"Flow": ["X"]})
    assert time.slept == [2.0, 4.0]


def test_a_retrieve_outlives_failing_polls(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.on(
        "checkRetrieveStatus",
        Answer(drop=True),
        error(503, "SERVER_UNAVAILABLE", "x"),
        fault("sf:SERVER_UNAVAILABLE", "x"),
    )
    org.files = files(flow("X"))
    assert list(session._soap.retrieve({"Flow": ["X"]}).files) == ["flows/X.flow", "package.xml"]


def status(inner: str) -> Answer:
    return envelope(f"<checkRetrieveStatusResponse><result>{inner}</result></checkRetrieveStatusResponse>")


def test_a_retrieve_that_failed(org: ScriptedOrg, session: SalesforceSession) -> None:
    inner = "<done>true</done><errorMessage>no</errorMessage><errorStatusCode>LIMIT_EXCEEDED</errorStatusCode>"
    org.on("checkRetrieveStatus", status(f"{inner}<status>Failed</status><success>false</success>"))
    with pytest.raises(Rejected) as caught:
        session._soap.retrieve({"Flow": ["X"]})
    assert (str(caught.value), caught.value.problems) == (
        "The org could not pack its metadata: no",
        (("LIMIT_EXCEEDED", "no"),),
    )


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<nonsense"),
        Answer(200, b"<other/>"),
        Answer(200, b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'),
        status("<done>true</done><success>true</success><zipFile>AAAA</zipFile>"),
        status("<done>true</done><success>true</success><zipFile>%%%</zipFile>"),
        envelope("<checkRetrieveStatusResponse/>"),
    ],
)
def test_answers_that_are_none(org: ScriptedOrg, session: SalesforceSession, answer: Answer) -> None:
    org.on("checkRetrieveStatus", answer)
    with pytest.raises(Unreachable):
        session._soap.retrieve({"Flow": ["X"]})


def test_a_document_type_is_not_accepted(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.files = files(flow("X"))
    whole = status(org._packed())
    whole.body = b'<!DOCTYPE x [<!ENTITY e "e">]>' + whole.body
    org.on("checkRetrieveStatus", whole)
    with pytest.raises(Unreachable) as caught:
        session._soap.retrieve({"Flow": ["X"]})
    assert str(caught.value) == (
        "Salesforce's answer to pack what is retrieved declares a document type; it was not read."
    )


def test_a_zip_bomb_is_not_unpacked(
    org: ScriptedOrg, session: SalesforceSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soap, "LARGEST_UNZIPPED", 1000)
    org.files = {"big": b"0" * 1001}
    with pytest.raises(TargetError, match="larger than the vendor's own limits; it was not read"):
        session._soap.retrieve({"Flow": ["X"]})


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_packing_that_salesforce_uses_is_unpacked(
    org: ScriptedOrg, session: SalesforceSession, method: int
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("flows/X.flow", b"<Flow/>")
    content = base64.b64encode(buffer.getvalue()).decode("ascii")
    org.on("checkRetrieveStatus", status(f"<done>true</done><success>true</success><zipFile>{content}</zipFile>"))
    with pytest.raises(Unreachable) as caught:
        session._soap.retrieve({"Flow": ["X"]})
    assert str(caught.value) == "The org's metadata package is packed in a way that Salesforce does not use."


def test_listing_asks_three_at_a_time(org: ScriptedOrg, session: SalesforceSession) -> None:
    row = (
        "<result><fileName>flows/A.flow</fileName><fullName>A</fullName><type>Flow</type>"
        "<lastModifiedByName>Ann</lastModifiedByName></result>"
    )
    org.on(
        "listMetadata",
        envelope(f"<listMetadataResponse>{row}</listMetadataResponse>"),
        envelope("<listMetadataResponse/>"),
    )
    found = session._soap.list_metadata([("Flow", None), ("Report", "SLA"), ("Queue", None), ("Dashboard", "SLA")])
    assert found == [soap.Property("Flow", "A", "flows/A.flow", "Ann", "")]
    first, second = (etree.fromstring(request.body) for request in org.seen("listMetadata"))
    assert [element.text for element in first.iter(f"{{{METADATA}}}type")] == ["Flow", "Report", "Queue"]
    assert [element.text for element in second.iter(f"{{{METADATA}}}folder")] == ["SLA"]


def test_no_permission_is_an_error_not_an_empty_org(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.on(
        "retrieve",
        fault("sf:INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS: use of the Metadata API requires a user with…"),
    )
    with pytest.raises(NotAllowed, match="does not allow this user to start a retrieve"):
        session.read(snapshot(flow("X")), "STL")


def test_the_flow_query_of_a_read_is_said(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.files = files(flow("STL_A"))
    org.on(lambda request: "FlowDefinitionView" in request.soql, said({"done": True, "records": active("STL_A")}))
    assert list(session.read(snapshot(flow("STL_A")), "STL").snapshot) == [flow("STL_A")]
    asked = [request.soql for request in org.requests if "FlowDefinitionView" in request.soql]
    assert asked == [
        "SELECT ApiName, ActiveVersionId, LatestVersionId FROM FlowDefinitionView WHERE ApiName IN ('STL_A')"
    ]


@pytest.mark.parametrize("asked", ["FlowDefinitionView", "FROM User"])
def test_a_session_that_ends_is_no_missing_permission(org: ScriptedOrg, session: SalesforceSession, asked: str) -> None:
    org.files, org.rows["FlowDefinitionView"] = files(flow("STL_A")), active("STL_A")
    org.on(lambda request: asked in request.soql, error(401, "INVALID_SESSION_ID", "Session expired or invalid"))
    wanted = snapshot(flow("STL_A"), record("STL_Settings.Default", Silent_To__c="qa@acme.example"))
    with pytest.raises(NotAllowed) as caught:
        session.read(wanted, "STL")
    assert str(caught.value).startswith("Salesforce did not accept the credentials when asked to ")
