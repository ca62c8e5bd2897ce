from __future__ import annotations

from typing import Any

import pytest
from scripted_org import Answer, ScriptedOrg, error, fault, page, said

from provisioner.connections import Connection
from provisioner.errors import NotAllowed, RateLimited, Rejected, TargetError, Unreachable
from provisioner.secrets import Secret
from provisioner.targets.http import wire
from provisioner.targets.http.policy import Kind
from provisioner.targets.http.reply import Lost
from provisioner.targets.salesforce.session import SalesforceSession, connect
from provisioner.targets.salesforce.session.faults import SignedOut
from provisioner.targets.salesforce.session.pace import Pace
from provisioner.targets.salesforce.session.transport import Call

QUERY = "GET /services/data/v66.0/query"
ROWS = said({"totalSize": 1, "done": True, "records": [{"Id": "1"}]})


@pytest.mark.parametrize(
    "trouble",
    [
        Answer(drop=True),
        page(200),
        page(503),
        error(420, "X", "slow"),
        error(429, "X", "slow"),
        error(502, "X", "bad gateway"),
        Answer(504, b"no healthy upstream"),
        error(503, "SERVER_UNAVAILABLE", "down for maintenance"),
        error(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access"),
        error(500, "UNKNOWN_EXCEPTION", "please retry your request"),
        error(400, "REQUEST_RUNNING_TOO_LONG", "x"),
        error(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
    ],
)
def test_a_read_outlives_passing_trouble(
    org: ScriptedOrg, session: SalesforceSession, time: Any, trouble: Answer
) -> None:
    assert session.rest.version == "66.0"
    org.on(QUERY, trouble, trouble)
    assert session.rest.query("SELECT Id FROM Thing", "look") == []
    assert len(org.seen(QUERY)) == 3
    assert time.slept == [1.0, 2.0]


def test_retries_end(org: ScriptedOrg, session: SalesforceSession, time: Any) -> None:
    assert session.rest.version == "66.0"
    org.on(QUERY, *[error(503, "SERVER_UNAVAILABLE", "try later")] * 5)
    with pytest.raises(Unreachable) as caught:
        session.rest.query("SELECT Id FROM Thing", "look at things")
    assert (
        str(caught.value) == "Salesforce could not answer when asked to look at things: SERVER_UNAVAILABLE: try later"
    )
    assert time.slept == [1.0, 2.0, 4.0, 8.0]
    assert len(org.seen(QUERY)) == 5


FLOW = "tooling/sobjects/FlowDefinition/300000000000001AAA"
DEPLOY = "/services/data/v66.0/metadata/deployRequest"


def test_a_stated_value_may_be_sent_again(org: ScriptedOrg, session: SalesforceSession, time: Any) -> None:
    assert session.rest.version == "66.0"
    org.on("PATCH /services/data", page(503), Answer(drop=True))
    session.rest.patch(FLOW, {"Metadata": {"activeVersionNumber": 0}}, "deactivate it")
    assert len(org.seen("PATCH /services/data")) == 3
    assert time.slept == [1.0, 2.0]
    org.on("PATCH /services/data", *[Answer(drop=True)] * 5)
    with pytest.raises(Lost, match=r"^The answer was lost when Salesforce was asked to deactivate it: "):
        session.rest.patch(FLOW, {}, "deactivate it")


@pytest.mark.parametrize("trouble", [Answer(drop=True), page(503), error(500, "UNKNOWN_EXCEPTION", "x")])
def test_what_is_handed_in_is_never_handed_in_twice(
    org: ScriptedOrg, session: SalesforceSession, time: Any, trouble: Answer
) -> None:
    org.on("POST " + DEPLOY, trouble)
    with pytest.raises(Lost):
        session.rest.transport.send(Call("deploy", "POST", DEPLOY, Kind.SUBMIT, body=b"x"))
    assert (len(org.deployments), time.slept) == (1, [])


def test_what_was_turned_away_is_handed_in_later(org: ScriptedOrg, session: SalesforceSession, time: Any) -> None:
    org.on("POST " + DEPLOY, error(429, "X", "slow"), error(429, "X", "slow", Retry_After="7"))
    session.rest.transport.send(Call("deploy", "POST", DEPLOY, Kind.SUBMIT, body=b"x"))
    assert (len(org.deployments), time.slept) == (3, [1.0, 7.0])


def test_the_server_says_how_long_to_wait(org: ScriptedOrg, session: SalesforceSession, time: Any) -> None:
    assert session.rest.version == "66.0"
    org.on(QUERY, error(429, "X", "slow", Retry_After="77"))
    session.rest.query("SELECT Id FROM Thing", "look")
    assert time.slept == [77.0]


def test_a_wait_beyond_our_patience_is_the_callers_business(
    org: ScriptedOrg, session: SalesforceSession, time: Any
) -> None:
    assert session.rest.version == "66.0"
    org.on(QUERY, error(429, "X", "slow", Retry_After="3600"))
    with pytest.raises(RateLimited, match="asks us to slow down"):
        session.rest.query("SELECT Id FROM Thing", "look")
    assert time.slept == []


def test_the_daily_limit_is_not_retried(org: ScriptedOrg, session: SalesforceSession) -> None:
    assert session.rest.version == "66.0"
    org.on(QUERY, error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
    with pytest.raises(RateLimited) as caught:
        session.rest.query("SELECT Id FROM Thing", "look")
    assert str(caught.value) == (
        "The org's API requests for today are used up (asked to look: "
        "REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.)"
    )
    assert len(org.seen(QUERY)) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (
            error(400, "MALFORMED_QUERY", "unexpected token"),
            Rejected,
            "Salesforce refused to look: MALFORMED_QUERY: unexpected token",
        ),
        (error(404, "NOT_FOUND", "gone"), Rejected, "Salesforce refused to look: NOT_FOUND: gone"),
        (
            error(403, "INSUFFICIENT_ACCESS", "no"),
            NotAllowed,
            "Salesforce does not allow this user to look: INSUFFICIENT_ACCESS: no",
        ),
        (
            error(400, "API_DISABLED_FOR_ORG", "no"),
            NotAllowed,
            "Salesforce does not allow this user to look: API_DISABLED_FOR_ORG: no",
        ),
        (
            error(500, "UNKNOWN_EXCEPTION", "ErrorId : 1-2 (3)"),
            Unreachable,
            "Salesforce could not answer when asked to look: UNKNOWN_EXCEPTION: ErrorId : 1-2 (3)",
        ),
        (
            error(401, "INVALID_SESSION_ID", "expired"),
            SignedOut,
            "Salesforce did not accept the credentials when asked to look: INVALID_SESSION_ID: expired",
        ),
        (said({"hello": 1}, 418), Rejected, "Salesforce refused to look: HTTP 418"),
    ],
)
def test_refusals_in_our_words(
    org: ScriptedOrg, session: SalesforceSession, answer: Answer, kind: type[TargetError], message: str
) -> None:
    assert session.rest.version == "66.0"
    org.on(QUERY, answer)
    with pytest.raises(kind) as caught:
        session.rest.query("SELECT Id FROM Thing", "look")
    assert (type(caught.value), str(caught.value)) == (kind, message)
    assert len(org.seen(QUERY)) == 1


def test_a_redirection_is_not_followed(org: ScriptedOrg, session: SalesforceSession) -> None:
    assert session.rest.version == "66.0"
    org.on(QUERY, Answer(302, b"", {"Location": "http://127.0.0.1:1/elsewhere"}))
    with pytest.raises(TargetError, match="answered the request to look with a redirection, which is not followed"):
        session.rest.query("SELECT Id FROM Thing", "look")


def test_pages_are_followed_to_the_end(org: ScriptedOrg, session: SalesforceSession) -> None:
    assert session.rest.version == "66.0"
    following = "/services/data/v66.0/query/01g000000000001AAA-2000"
    org.on(
        QUERY, said({"totalSize": 3, "done": False, "nextRecordsUrl": following, "records": [{"Id": "1"}, {"Id": "2"}]})
    )
    org.on(f"GET {following}", said({"totalSize": 3, "done": True, "records": [{"Id": "3"}]}))
    assert [row["Id"] for row in session.rest.query("SELECT Id FROM Thing", "look")] == ["1", "2", "3"]


@pytest.mark.parametrize("following", ["https://evil.example/services/data/", "//evil.example/x", "/elsewhere", 7])
def test_pages_elsewhere_are_not_followed(org: ScriptedOrg, session: SalesforceSession, following: Any) -> None:
    assert session.rest.version == "66.0"
    org.on(QUERY, said({"done": False, "nextRecordsUrl": following, "records": []}))
    with pytest.raises(TargetError, match="for more rows, which is not its data API"):
        session.rest.query("SELECT Id FROM Thing", "look")


@pytest.mark.parametrize(
    "answer", [said([1]), said({"records": "x"}), said({"records": [1]}), Answer(200, b"{nonsense")]
)
def test_an_answer_of_another_shape_is_no_answer(org: ScriptedOrg, session: SalesforceSession, answer: Answer) -> None:
    assert session.rest.version == "66.0"
    org.on(QUERY, answer)
    with pytest.raises(Unreachable, match=r"(is not a query result|holds no list of rows|is not JSON)"):
        session.rest.query("SELECT Id FROM Thing", "look")


def test_an_endless_answer_is_cut(
    org: ScriptedOrg, session: SalesforceSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert session.rest.version == "66.0"
    monkeypatch.setattr(wire, "LARGEST_ANSWER", 2**20)
    org.on(QUERY, Answer(200, b" " * (2**20 + 1)))
    with pytest.raises(TargetError, match=r"^Salesforce's answer is larger than 1 MB; reading stopped\.$"):
        session.rest.query("SELECT Id FROM Thing", "look")


@pytest.mark.parametrize(
    ("offered", "wanted", "used"),
    [
        (["65.0", "66.0", "67.0"], None, "66.0"),
        (["63.0", "64.0"], None, "64.0"),
        (["66.0"], "60", "60.0"),
    ],
)
def test_the_older_of_the_contract_and_the_org_is_spoken(
    org: ScriptedOrg, opened: Any, offered: list[str], wanted: str | None, used: str
) -> None:
    org.versions = offered
    assert opened(api_version=wanted).rest.version == used


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://acme.my.salesforce.com", "is not encrypted; the token would travel in the clear."),
        ("ftp://acme.example", "is not an address like https://acme.my.salesforce.com."),
        ("https://user:pw@acme.example", "must not hold a user name or password."),
        ("https://acme.example:x", "has no valid port."),
        ("http://127.0.0.1.evil.example", "is not encrypted; the token would travel in the clear."),
        ("https://a\\b.example", "is not an address like https://acme.my.salesforce.com."),
    ],
)
def test_where_a_token_may_not_go(url: str, message: str) -> None:
    auth = {"method": "access_token", "access_token": Secret("t")}
    with pytest.raises(TargetError) as caught:
        connect(Connection("acme", "salesforce", auth, instance_url=url))
    assert str(caught.value).endswith(message)
    assert "pw" not in str(caught.value)


def test_only_the_origin_of_an_address_counts(org: ScriptedOrg, opened: Any) -> None:
    assert opened(instance_url=f"{org.url}/lightning/page?x=1").identity().url == org.url


def test_nobody_there(time: Any) -> None:
    auth = {"method": "access_token", "access_token": Secret("t")}
    pace = Pace(sleep=time.sleep, now=time.now, jitter=lambda: 1.0)
    session = connect(Connection("acme", "salesforce", auth, instance_url="http://127.0.0.1:9"), pace)
    with pytest.raises(Unreachable) as caught:
        session.identity()
    assert str(caught.value) == (
        "Salesforce did not answer when asked to say whose session this is: no connection. The request changed nothing."
    )
    assert session.api_calls == 5
    session.close()


def test_another_platforms_connection() -> None:
    with pytest.raises(TargetError, match=r"^Connection 'x' is for hubspot, not for Salesforce\.$"):
        connect(Connection("x", "hubspot", {}))


def test_a_netrc_entry_does_not_replace_the_session(
    org: ScriptedOrg, session: SalesforceSession, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setattr(wire, "is_loopback", lambda host: False)
    session.identity()
    assert {request.headers["authorization"] for request in org.requests} == {f"Bearer {org.token}"}


def test_a_soap_fault_is_an_error_in_our_words(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.on("retrieve", fault("sf:UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL"))
    with pytest.raises(Rejected) as caught:
        session._soap.retrieve({"Flow": ["X"]})
    assert caught.value.problems == (("UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL"),)
