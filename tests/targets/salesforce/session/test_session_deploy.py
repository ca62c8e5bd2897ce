from __future__ import annotations

from typing import Any

import pytest
from pieces import apex, field, make_plan
from scripted_org import DEPLOY_ID, Answer, ScriptedOrg, deploy_result, error, page, said

from provisioner.errors import Rejected, TargetError, Unreachable
from provisioner.targets.base import Outcome, Progress
from provisioner.targets.salesforce.session import SalesforceSession, deploy
from provisioner.targets.salesforce.session.advice import TABLE, advice_for
from provisioner.targets.salesforce.session.result import parse

POST = "POST /services/data/v66.0/metadata/deployRequest"
STATUS = f"GET /services/data/v66.0/metadata/deployRequest/{DEPLOY_ID}"
ONE = make_plan(create=(field("Lead.A__c"),))
DONE = Outcome(field("Lead.A__c").address, "done")


def write(session: SalesforceSession, work: Any = ONE) -> tuple[list[Any], TargetError | None]:
    """Everything that was told, and the error that ended it."""
    told: list[Any] = []
    try:
        for event in session.write(*work):
            told.append(event)
    except TargetError as stopped:
        return told, stopped
    return told, None


def outcomes(told: list[Any]) -> list[Any]:
    return [event for event in told if isinstance(event, Outcome)]


def test_a_deployment_on_the_wire(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.statuses = [
        deploy_result("Pending"),
        deploy_result("InProgress", stateDetail="Processing Type: CustomField"),
        deploy_result(),
    ]
    told, stopped = write(session)
    assert stopped is None
    assert told == [
        Progress("deploying", f"Salesforce took the package as {DEPLOY_ID}"),
        Progress("deploying", "waiting in the org's queue, 1 of 3 components", 1, 3),
        Progress("deploying", "deploying, 1 of 3 components (Processing Type: CustomField)", 1, 3),
        DONE,
    ]
    (sent,) = org.deployments
    assert sent.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert sent.options == {
        "checkOnly": False,
        "singlePackage": True,
        "rollbackOnError": True,
        "ignoreWarnings": False,
        "performRetrieve": False,
        "purgeOnDelete": False,
        "allowMissingFiles": False,
        "autoUpdatePackage": False,
    }
    assert b'name="json"\r\nContent-Type: application/json\r\n' in sent.body
    assert b'name="file"; filename="deploy.zip"\r\nContent-Type: application/zip\r\n' in sent.body
    details = [request.path.rpartition("=")[2] for request in org.seen(STATUS)]
    assert details == ["false", "false", "false", "true"]


def test_a_check_saves_nothing(org: ScriptedOrg, session: SalesforceSession) -> None:
    session.check(ONE[0])
    (sent,) = org.deployments
    assert sent.options["checkOnly"] is True


def test_polls_slow_down(org: ScriptedOrg, session: SalesforceSession, time: Any) -> None:
    org.statuses = [deploy_result("InProgress")] * 7 + [deploy_result()]
    write(session)
    assert [round(pause, 2) for pause in time.slept] == [1.0, 1.6, 2.56, 4.1, 6.55, 10.0, 10.0, 10.0]


@pytest.mark.parametrize(
    "lost",
    [
        Answer(drop=True),
        page(502),
        error(504, "X", "x"),
        error(500, "UNKNOWN_EXCEPTION", "x"),
        Answer(201, b"not json"),
        said({}, 201),
        said({"id": "x/../y"}, 201),
    ],
)
def test_a_lost_answer_is_never_a_second_deployment(org: ScriptedOrg, session: SalesforceSession, lost: Answer) -> None:
    org.on(POST, lost, carried_out=True)
    told, stopped = write(session)
    assert len(org.deployments) == 1
    assert type(stopped) is Unreachable
    assert str(stopped).endswith(" The deployment may be running or done; it was not sent again.")
    assert stopped.advice == (
        "Look at Setup, Deployment Status. When nothing is in progress there, run the same command again: it begins by "
        "reading what is in the org, and does only what is missing."
    )
    assert told == [Outcome(DONE.address, "failed", str(stopped))]


def test_a_lost_validation_saves_nothing(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.on(POST, Answer(drop=True))
    with pytest.raises(Unreachable) as caught:
        session.check(ONE[0])
    assert str(caught.value).endswith(" A validation may be running; it saves nothing.")
    assert len(org.deployments) == 1


def test_a_request_that_never_left_is_said_to_have_had_no_effect(org: ScriptedOrg, session: SalesforceSession) -> None:
    session.identity()
    org.close()
    _, stopped = write(session)
    assert (
        str(stopped)
        == "Salesforce did not answer when asked to deploy the package: no connection. The request changed nothing."
    )


def test_a_deployment_outlives_an_hour_of_trouble_with_its_polls(
    org: ScriptedOrg, session: SalesforceSession, time: Any
) -> None:
    troubles = [
        Answer(drop=True),
        page(200),
        page(503),
        error(420, "X", "x"),
        error(502, "X", "x"),
        error(500, "UNKNOWN_EXCEPTION", "x"),
        error(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests"),
    ]
    for trouble in troubles:
        org.on(STATUS, *[trouble] * 75)
        org.on(STATUS, said(deploy_result("InProgress")))
    told, stopped = write(session)
    assert stopped is None
    assert told[-1] == DONE
    assert Progress("deploying", f"No usable answer about {DEPLOY_ID} for now; asking again") in told
    assert len(org.deployments) == 1
    assert org.rules == []
    assert 2400 < time.at < 3600


def test_silence_without_end(org: ScriptedOrg, session: SalesforceSession, time: Any) -> None:
    org.on(STATUS, *[error(503, "SERVER_UNAVAILABLE", "x")] * 1000)
    told, stopped = write(session)
    assert type(stopped) is Unreachable
    assert str(stopped).startswith(f"It is not known how the deployment {DEPLOY_ID} ended: Salesforce could not answer")
    assert f"Look for {DEPLOY_ID} in Setup, Deployment Status" in stopped.advice
    assert 900 < time.at < 1000
    assert outcomes(told) == [Outcome(DONE.address, "failed", str(stopped))]


def test_a_deployment_that_does_not_end(org: ScriptedOrg, session: SalesforceSession, time: Any) -> None:
    org.statuses = [deploy_result("InProgress")] * 10_000
    _, stopped = write(session)
    assert str(stopped) == f"It is not known how the deployment {DEPLOY_ID} ended: it has not ended after 90 minutes"
    assert 5400 < time.at < 5420


def test_a_session_that_ends_during_the_polls(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.on(STATUS, error(401, "INVALID_SESSION_ID", "Session expired or invalid"))
    _, stopped = write(session)
    assert type(stopped) is Unreachable
    assert str(stopped).startswith(f"It is not known how the deployment {DEPLOY_ID} ended: Salesforce did not accept")


def test_a_refusal_carries_every_problem_and_what_to_do(org: ScriptedOrg, session: SalesforceSession) -> None:
    missing = {
        "componentType": "PermissionSet",
        "fullName": "P",
        "success": False,
        "problemType": "Error",
        "lineNumber": 5,
        "problem": "In field: field - no CustomField named Lead.X__c found",
    }
    own = {
        "componentType": "CustomField",
        "fullName": "Lead.A__c",
        "success": False,
        "problemType": "Error",
        "problem": "A__c already exists or has been previously used. Please choose a different name.",
    }
    tests = {
        "failures": [{"name": "T", "methodName": "m", "message": "Assertion Failed"}],
        "codeCoverageWarnings": [
            {
                "name": None,
                "message": "Average test coverage across all Apex Classes and "
                "Triggers is 70%, at least 75% test coverage is required.",
            }
        ],
    }
    org.statuses = [deploy_result("Failed", failures=[missing, own, own], tests=tests)]
    told, stopped = write(session)
    assert isinstance(stopped, Rejected)
    assert stopped.problems == (
        ("PermissionSet:P", "In field: field - no CustomField named Lead.X__c found"),
        ("CustomField:Lead.A__c", "A__c already exists or has been previously used. Please choose a different name."),
        ("ApexClass:T.m", "Assertion Failed"),
        (
            "test coverage",
            "Average test coverage across all Apex Classes and Triggers is 70%, "
            "at least 75% test coverage is required.",
        ),
    )
    assert str(stopped).startswith(
        f"The deployment {DEPLOY_ID} was refused and rolled back (4 problems: PermissionSet:P: In field"
    )
    assert str(stopped).endswith("; and 1 more).")
    assert "erase it under Setup, Deleted Fields" in stopped.advice
    assert outcomes(told) == [Outcome(DONE.address, "failed", own["problem"])]


def test_a_refusal_of_the_whole(org: ScriptedOrg, session: SalesforceSession) -> None:
    failed = deploy_result(
        "Failed", errorStatusCode="UNKNOWN_EXCEPTION", errorMessage="An unexpected error occurred. ErrorId: 1-2"
    )
    org.statuses = [failed]
    told, stopped = write(session)
    assert isinstance(stopped, Rejected)
    assert stopped.problems == (("deployment", "UNKNOWN_EXCEPTION: An unexpected error occurred. ErrorId: 1-2"),)
    assert "give Salesforce support the ErrorId" in stopped.advice
    assert outcomes(told) == [
        Outcome(DONE.address, "skipped", "not carried out: the deployment was refused as a whole")
    ]


def test_a_warning_that_stops_a_deployment_is_named(org: ScriptedOrg, session: SalesforceSession) -> None:
    warning = {"componentType": "Flow", "fullName": "F", "success": True, "problemType": "Warning", "problem": "odd"}
    org.statuses = [deploy_result("Failed", successes=[warning])]
    _, stopped = write(session)
    assert isinstance(stopped, Rejected)
    assert stopped.problems == (("Flow:F", "odd"),)


def test_a_warning_beside_success_is_reported(org: ScriptedOrg, session: SalesforceSession) -> None:
    warning = {"componentType": "Flow", "fullName": "F", "success": True, "problemType": "Warning", "problem": "odd"}
    org.statuses = [deploy_result(successes=[warning])]
    told, stopped = write(session)
    assert stopped is None
    assert Progress("warning", "Flow:F: odd") in told


def test_a_cancelled_deployment(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.statuses = [deploy_result("Canceled", canceledByName="Ann Admin")]
    _, stopped = write(session)
    assert str(stopped) == f"The deployment {DEPLOY_ID} was cancelled by Ann Admin; nothing was changed."


@pytest.mark.parametrize("status", ["SucceededPartial", "FinalizingFailed", "FinalizingDeployFailed", "Failed"])
def test_only_success_is_success(org: ScriptedOrg, session: SalesforceSession, status: str) -> None:
    org.statuses = [deploy_result(status, success=True)]
    told, stopped = write(session)
    assert isinstance(stopped, Rejected)
    assert [outcome.status for outcome in outcomes(told)] == ["skipped"]


def test_a_package_that_is_too_large_is_not_sent(
    org: ScriptedOrg, session: SalesforceSession, monkeypatch: Any
) -> None:
    monkeypatch.setattr(deploy, "LARGEST_ZIP", 10)
    _, stopped = write(session)
    assert isinstance(stopped, Rejected)
    assert str(stopped).endswith("Salesforce takes 10 at most. It was not sent.")
    assert org.deployments == []


@pytest.mark.parametrize(
    ("sandbox", "work", "tests"),
    [
        (True, make_plan(create=(apex("STL_Clock"), apex("STL_Clock_Test"))), None),
        (False, make_plan(create=(apex("STL_Clock"), apex("STL_Clock_Test"))), ["STL_Clock_Test"]),
        (False, make_plan(update=(apex("STL_Clock"),), keep=(apex("STL_Clock_Test"),)), ["STL_Clock_Test"]),
        (False, make_plan(update=(field("Lead.A__c"),), keep=(apex("STL_Clock_Test"),)), None),
        (False, make_plan(create=(apex("STL_Clock"),)), None),
    ],
)
def test_tests_run_where_they_must(
    org: ScriptedOrg, session: SalesforceSession, sandbox: bool, work: Any, tests: Any
) -> None:
    org.organization["IsSandbox"] = sandbox
    write(session, work)
    (sent,) = org.deployments
    assert (sent.options.get("testLevel"), sent.options.get("runTests")) == (
        "RunSpecifiedTests" if tests else None,
        tests,
    )


@pytest.mark.parametrize("body", [None, [], {}, {"deployResult": 5}, {"deployResult": {"status": 7}}])
def test_a_result_that_is_none(body: Any) -> None:
    with pytest.raises(Unreachable, match="holds no result"):
        parse(body)


def test_a_result_may_be_sparse() -> None:
    details = {"componentFailures": {"problem": "p", "fullName": "x"}}
    found = parse({"deployResult": {"status": "Failed", "details": details}})
    assert (found.done, found.success, found.problems()) == (True, False, [("x", "p")])


def test_advice_follows_the_table() -> None:
    assert advice_for(["nobody knows this text"]) == ""
    fields = (
        'field integrity exception: unknown (The field "X" for the object "Y" doesn\'t exist.)',
        "field integrity exception: unknown (A condition has a reference to X, which doesn't exist.)",
        "FIELD_INTEGRITY_EXCEPTION: the data types do not match",
        "Incorrect parameter type for function 'BLANKVALUE()'. Expected DateTime, received Text",
    )
    for problem in fields:
        assert advice_for([problem]) == (
            "A field that the design names is not in the org, or is of another type: run `provisioner plan`, which "
            "names its place in the design. If that finds nothing, please report this message."
        )
    assert advice_for(["no CustomObject named X found", "Not available for deploy for this organization"]) == (
        "The org's edition or features lack something the design needs: enable it, or drop it from the design."
    )
    failed = (
        "ApexClass:STL_Clock_Test.keepsTheSeconds: System.AssertException: Assertion Failed: Expected: 1, Actual: 2"
    )
    assert advice_for([failed, failed]) == (
        "A test that comes with the clock failed in this org: other automation that changes leads as they are saved "
        "can be why. If you find none, please report the message."
    )
    assert all(advice.endswith(".") and "TODO" not in advice for _, advice in TABLE)
