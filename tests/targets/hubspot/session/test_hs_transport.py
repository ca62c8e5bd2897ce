"""Every rule of retrying, pacing and refusing, request by request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hs_direct import VirtualTime
from hs_portal import TOKEN, Answer, Portal, Server, error

from provisioner.connections import Connection
from provisioner.errors import NotAllowed, RateLimited, Rejected, TargetError, Unreachable
from provisioner.secrets import Secret
from provisioner.targets.http.reply import Lost
from provisioner.targets.hubspot.session import HubSpotSession, connect
from provisioner.targets.hubspot.session.faults import Answered, MissingScopes
from provisioner.targets.hubspot.session.pace import Bucket, Limits, Pace
from provisioner.targets.hubspot.session.versions import FAMILIES, Versions

Opened = Callable[..., HubSpotSession]
DETAILS = "GET /account-info/v3/details"
FORMS = "/marketing/v3/forms"


def limited(policy: str, **headers: str) -> Answer:
    body = {
        "status": "error", "message": f"You have reached your {policy.lower()} limit.", "errorType": "RATE_LIMIT",
        "policyName": policy, "correlationId": "c-9",
    }  # fmt: skip
    return Answer(429, body, headers)


TEN = {"status": "error", "category": "RATE_LIMITS", "message": "You have reached your ten_secondly_rolling limit."}


@pytest.mark.parametrize(
    ("answers", "slept"),
    [
        ([limited("TEN_SECONDLY_ROLLING")], [10.0]),
        ([Answer(429, TEN), Answer(429, TEN)], [10.0, 20.0]),
        ([limited("SECONDLY")] * 3, [1.0, 2.0, 3.0]),
        ([limited("SECONDLY", **{"Retry-After": "7"})], [7.0]),
        ([error(423, "LOCKED", "busy")] * 2, [2.0, 2.0]),
        ([Answer(477, {"message": "moving"}, {"Retry-After": "33"})], [33.0]),
        ([Answer(500)], [0.2]),
        ([Answer(502), Answer(503), Answer(521)], [0.2, 0.4, 0.6000000000000001]),
        ([Answer(200, b"<html>maintenance</html>")], [0.2]),
        ([Answer(drop=True)], [0.2]),
    ],
)
def test_a_read_comes_again(
    opened: Opened, portal: Portal, time: VirtualTime, answers: list[Answer], slept: list[float]
) -> None:
    portal.on(DETAILS, *answers)
    assert opened().identity().id == "62515"
    assert time.slept == slept
    assert len(portal.requests) == len(answers) + 1


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (
            limited("DAILY"), RateLimited,
            "The account's API requests for today are used up (asked to say which account this is: You have reached "
            "your daily limit. (correlationId c-9))",
        ),
        (
            error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found."), NotAllowed,
            "HubSpot did not accept the token when asked to say which account this is: Authentication credentials not "
            "found. (correlationId c-1)",
        ),
        (
            Answer(403, b""), MissingScopes,
            "HubSpot does not allow this token to say which account this is: HTTP 403 without a word",
        ),
        (
            error(400, "VALIDATION_ERROR", "no", errors=[{"message": "a", "context": {"x": ["1", "2"]}}]), Answered,
            "HubSpot refused to say which account this is: no; a (x: 1, 2) (correlationId c-1)",
        ),
        (
            Answer(302, b"", {"Location": "https://evil.example"}), TargetError,
            "HubSpot answered the request to say which account this is with a redirection, which is not followed.",
        ),
        (
            Answer(477, {"message": "moving"}, {"Retry-After": "3600"}), RateLimited,
            "HubSpot is moving this account to another region (say which account this is: moving)",
        ),
        (Answer(200, b"{oops"), Unreachable, "HubSpot's answer to say which account this is is not JSON (HTTP 200)."),
        (Answer(200, []), Unreachable, "HubSpot's answer is not an object (say which account this is)."),
        (Answer(200, {}), Unreachable, "HubSpot's answer about the account names no portalId."),
    ],
)  # fmt: skip
def test_what_does_not_come_again(
    opened: Opened, portal: Portal, answer: Answer, kind: type[TargetError], message: str
) -> None:
    portal.on(DETAILS, answer)
    with pytest.raises(kind) as caught:
        opened().identity()
    assert caught.value.message == message
    assert len(portal.requests) == 1


def test_after_five_attempts_it_is_enough(opened: Opened, portal: Portal, time: VirtualTime) -> None:
    portal.on(DETAILS, *[limited("TEN_SECONDLY_ROLLING")] * 9)
    with pytest.raises(RateLimited, match="still busy after our retries"):
        opened().identity()
    assert time.slept == [10.0, 20.0, 30.0, 40.0]


def test_a_server_that_is_not_there(opened: Opened) -> None:
    session = opened(instance_url="http://127.0.0.1:9")
    with pytest.raises(Unreachable) as caught:
        session.identity()
    assert caught.value.message == (
        "HubSpot did not answer when asked to say which account this is: no connection. The request changed nothing."
    )
    assert session.api_calls == 5


@pytest.mark.parametrize("answer", [Answer(500), Answer(503), Answer(drop=True)])
def test_a_creation_with_an_unknown_end_is_lost_not_repeated(opened: Opened, portal: Portal, answer: Answer) -> None:
    portal.on(f"POST {FORMS}", answer)
    with pytest.raises(Lost):
        opened().door.send("create a form", "POST", FORMS, repeatable=False, body={})
    assert len(portal.requests) == 1


def test_a_creation_that_was_not_carried_out_is_repeated(opened: Opened, portal: Portal, time: VirtualTime) -> None:
    portal.on(f"POST {FORMS}", limited("SECONDLY"), error(423, "LOCKED", "x"), Answer(201, {"id": "1"}))
    assert opened().door.send("create a form", "POST", FORMS, repeatable=False, body={}) == {"id": "1"}
    assert time.slept == [1.0, 2.0]


# ------------------------------------------------------------------ pace


def test_a_bucket_never_lets_more_through_than_its_window_holds() -> None:
    time = VirtualTime()
    bucket = Bucket(3, 10.0, Pace(sleep=time.sleep, now=time.now))
    sent = []
    for step in range(10):
        bucket.take()
        sent.append(time.at)
        time.at += 0.5 * (step % 3)
    assert all(later - sooner >= 10.0 for sooner, later in zip(sent, sent[3:], strict=False))


def test_searches_have_a_bucket_of_their_own() -> None:
    time = VirtualTime()
    limits = Limits(Pace(sleep=time.sleep, now=time.now))
    for _ in range(5):
        limits.take(search=True)
    assert time.slept == [1.0]
    for _ in range(190):
        limits.take(search=False)
    assert time.slept == [1.0]
    limits.take(search=False)
    assert time.slept == [1.0, 10.0]


def test_the_account_says_what_it_may() -> None:
    time = VirtualTime()
    limits = Limits(Pace(sleep=time.sleep, now=time.now))
    limits.learn({
        "x-hubspot-ratelimit-max": "100", "x-hubspot-ratelimit-interval-milliseconds": "10000",
        "x-hubspot-ratelimit-remaining": "0", "x-hubspot-ratelimit-daily-remaining": "77",
    })  # fmt: skip
    assert (limits.burst.limit, limits.burst.seconds, limits.daily_remaining) == (100, 10.0, 77)
    limits.take(search=False)
    assert time.slept == [10.0]
    limits.learn({"x-hubspot-ratelimit-max": "many"})
    assert limits.burst.limit == 100


def test_no_header_makes_us_wait_for_days() -> None:
    time = VirtualTime()
    limits = Limits(Pace(sleep=time.sleep, now=time.now))
    limits.learn({
        "x-hubspot-ratelimit-max": "1", "x-hubspot-ratelimit-interval-milliseconds": "999999999999",
        "x-hubspot-ratelimit-remaining": "0",
    })  # fmt: skip
    limits.take(search=False)
    assert time.slept == [120.0]


# ------------------------------------------------------------ connections


def connected(**more: Any) -> HubSpotSession:
    auth = {"method": "access_token", "access_token": Secret(TOKEN)}
    return connect(Connection(**{"name": "acme", "platform": "hubspot", "auth": auth} | more))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"platform": "salesforce"}, "Connection 'acme' is for salesforce, not for HubSpot."),
        ({"auth": {"method": "jwt"}}, "Connection 'acme' has no access_token, the only way into HubSpot that we know."),
        ({"instance_url": "http://api.hubapi.com"},
         "The instance_url http://api.hubapi.com is not encrypted; the token would travel in the clear."),
        ({"instance_url": "https://ada:secret@api.hubapi.com"},
         "The instance_url must not hold a user name or password."),
        ({"instance_url": "ftp://x"}, "The instance_url 'ftp://x' is not an address like https://api.hubapi.com."),
        ({"instance_url": "https://x:port"}, "The instance_url is not an address, or has no valid port."),
        ({"api_version": "v1"}, "api_version 'v1' is not a version of HubSpot's API that we speak."),
    ],
)  # fmt: skip
def test_connections_that_cannot_be_used(more: dict[str, Any], message: str) -> None:
    with pytest.raises(TargetError) as caught:
        connected(**more)
    assert caught.value.message == message


def test_without_an_address_it_is_hubspots_own() -> None:
    assert connected().door.transport.origin == "https://api.hubapi.com"


def test_dated_versions_where_a_family_has_them(opened: Opened, portal: Portal) -> None:
    assert Versions("2026-09").route("/crm/v3/owners/") == "/crm/owners/2026-09"
    assert Versions("2026-09").route("/crm/v3/lists/search") == "/crm/lists/2026-09/search"
    assert Versions("2026-09").route("/crm/v3/properties/contacts") == "/crm/v3/properties/contacts"
    assert Versions("v3").route("/crm/v3/owners/") == "/crm/v3/owners"
    assert Versions().route("/automation/v4/flows/5") == "/automation/v4/flows/5"
    portal.on("GET /account-info/2026-09/details", Answer(200, {"portalId": 7, "accountType": "STANDARD"}))
    assert opened(api_version="2026-09").identity().is_production is True


def test_the_table_of_families_is_about_existing_paths(openapi_paths: set[str]) -> None:
    for family in FAMILIES:
        for prefix in filter(None, (family.classic, family.dated)):
            assert any(path == prefix or path.startswith(prefix + "/") for path in openapi_paths), prefix


def test_a_path_of_no_family_is_not_asked_for(session: HubSpotSession, portal: Portal) -> None:
    with pytest.raises(TargetError, match="belongs to no API family"):
        session.door.get("look", "/cms/v3/pages")
    assert portal.requests == []


def test_what_the_account_is(opened: Opened, portal: Portal, server: Server) -> None:
    portal.account_type = "STANDARD"
    session = opened()
    found = session.identity()
    assert (found.platform, found.id, found.name, found.is_production, found.url, found.user) == (
        "hubspot", "62515", "HubSpot portal 62515", True, server.url, "connection acme",
    )  # fmt: skip
    assert session.portal.identity("acme").url == "https://app-eu1.hubspot.com", "on HubSpot's own host"
    assert session.portal.time_zone == "Europe/Berlin"
    assert session.identity() is not None
    assert session.api_calls == 1


@pytest.mark.parametrize(("kind", "production"), [("SANDBOX", False), ("DEVELOPER_TEST", False),
                                                  ("APP_DEVELOPER", False), ("STANDARD", True), ("NEW_KIND", True),
                                                  ("", True)])  # fmt: skip
def test_what_counts_as_production(opened: Opened, portal: Portal, kind: str, production: bool) -> None:
    portal.account_type = kind
    assert opened().identity().is_production is production


def test_pages_that_go_round_are_left(opened: Opened, portal: Portal) -> None:
    body = {"results": [], "paging": {"next": {"after": "5"}}}
    portal.on(f"GET {FORMS}", *[Answer(200, body)] * 3)
    with pytest.raises(Unreachable, match="go round in circles"):
        list(opened().door.pages("list forms", FORMS, {}))


def test_rejected_is_what_planning_knows(opened: Opened, portal: Portal) -> None:
    portal.on(DETAILS, error(400, "VALIDATION_ERROR", "no", "Sub.CODE"))
    with pytest.raises(Rejected) as caught:
        opened().identity()
    assert caught.value.problems == (("Sub.CODE", "no"),)
