"""Scheduled and asynchronous paths: the truth table, re-timing, runs, failures."""

from __future__ import annotations

from datetime import date

import pytest
from automation_world import World, at
from flow_parts import action, after, assign, decide, filters, flow, get, path, rule, update_record, value

OPEN = filters(("Due__c", "IsNull", False), ("Done__c", "EqualTo", False))


@pytest.fixture
def timed(world: World) -> World:
    """One path at Due__c while Due__c is set and Done__c is not; the clock stands at Monday 14:00Z."""
    world.fields("Lead", Due__c="datetime", Done__c="checkbox", Ran__c="datetime", Runs__c="number(0)", Day__c="date")
    world.active("Timers", timers())
    return world


def timers(offset: int = 0, unit: str = "Minutes", extra: str = "") -> str:
    return flow(
        after(OPEN, path("At_Due", "Due__c", "Mark", offset, unit), extra, changed=True),
        update_record("Mark", Ran__c="@$Flow.CurrentDateTime"),
        label="Timers",
    )


DUE, LATER = at("2026-01-05T14:30:00"), at("2026-01-05T15:00:00")


@pytest.mark.parametrize(
    ("created", "changes", "waiting"),
    [
        pytest.param({"Due__c": DUE}, {}, ["14:30"], id="create and met"),
        pytest.param({}, {}, [], id="create and not met"),
        pytest.param({"Due__c": DUE, "Done__c": True}, {"Done__c": False}, ["14:30"], id="not met to met"),
        pytest.param({"Due__c": DUE}, {"Title": "x"}, ["14:30"], id="met to met keeps"),
        pytest.param({"Due__c": DUE}, {"Due__c": LATER}, ["15:00"], id="met to met, time source moved"),
        pytest.param({"Due__c": DUE}, {"Done__c": True}, [], id="met to not met removes"),
        pytest.param({"Due__c": DUE}, {"Due__c": None}, [], id="the time source emptied"),
        pytest.param({"Done__c": True}, {"Title": "x"}, [], id="not met to not met"),
        pytest.param({}, {"Due__c": DUE}, ["14:30"], id="the time source filled"),
    ],
)
def test_the_truth_table(timed: World, created: dict, changes: dict, waiting: list[str]) -> None:
    lead = timed.lead(**created)
    if changes:
        timed.update("Lead", lead, **changes)
    assert [run[11:] for _, run in timed.waiting()] == waiting


def test_a_path_runs_at_the_first_whole_minute_and_once(timed: World) -> None:
    lead = timed.lead(Due__c=at("2026-01-05T14:30:01"))
    timed.until(at("2026-01-05T14:30:59"))
    assert timed.get("Lead", lead)["Ran__c"] is None
    timed.until(at("2026-01-05T18:00:00"))
    assert timed.get("Lead", lead)["Ran__c"] == at("2026-01-05T14:31:00")
    assert timed.waiting() == []


def test_a_moved_time_runs_again_only_in_the_future(timed: World) -> None:
    lead = timed.lead(Due__c=DUE)
    timed.until(LATER)
    timed.update("Lead", lead, Due__c=at("2026-01-05T14:45:00"))
    assert timed.waiting() == []
    assert timed.get("Lead", lead)["Ran__c"] == DUE
    timed.update("Lead", lead, Due__c=at("2026-01-05T16:00:00"))
    timed.until(at("2026-01-05T17:00:00"))
    assert timed.get("Lead", lead)["Ran__c"] == at("2026-01-05T16:00:00")


def test_a_time_already_past_runs_at_once_on_a_whole_minute(timed: World) -> None:
    lead = timed.lead(Due__c=at("2026-01-05T13:00:00"))
    assert timed.get("Lead", lead)["Ran__c"] == at("2026-01-05T14:00:00")
    timed.after(seconds=20)
    late = timed.lead(Due__c=at("2026-01-05T13:00:00"))
    assert timed.get("Lead", late)["Ran__c"] is None
    timed.after(seconds=40)
    assert timed.get("Lead", late)["Ran__c"] == at("2026-01-05T14:01:00")


def test_the_run_sees_the_record_as_it_is_then(timed: World) -> None:
    timed.active(
        "Timers",
        flow(
            after(OPEN, path("At_Due", "Due__c", "Rated", 0), changed=True),
            decide("Rated", rule("Hot", "Mark", ("$Record.Rating", "EqualTo", "hot"))),
            update_record("Mark", Title="was hot at the time"),
        ),
    )
    lead = timed.lead(Due__c=DUE, Rating="Cold")
    timed.update("Lead", lead, Rating="Hot")
    timed.until(LATER)
    assert timed.get("Lead", lead)["Title"] == "was hot at the time"


def test_a_run_is_an_ordinary_save_that_judges_all_flows_again(timed: World) -> None:
    timed.active(
        "Closer",
        flow(
            after(filters(("Due__c", "IsNull", False)), path("Close", "Due__c", "Done", -10), changed=True),
            update_record("Done", Done__c=True),
        ),
    )
    lead = timed.lead(Due__c=DUE)
    assert timed.waiting() == [("Close", "2026-01-05T14:20"), ("At_Due", "2026-01-05T14:30")]
    timed.until(LATER)
    assert timed.get("Lead", lead)["Done__c"] is True
    assert timed.get("Lead", lead)["Ran__c"] is None


@pytest.mark.parametrize(
    ("offset", "unit", "expected"),
    [
        (-5, "Minutes", "2026-01-31T09:55"),
        (3, "Hours", "2026-01-31T13:00"),
        (2, "Days", "2026-02-02T10:00"),
        (1, "Weeks", "2026-02-07T10:00"),
        (1, "Months", "2026-02-28T10:00"),
    ],
)
def test_offsets(timed: World, offset: int, unit: str, expected: str) -> None:
    timed.active("Timers", timers(offset, unit))
    timed.lead(Due__c=at("2026-01-31T10:00:00"))
    assert timed.waiting() == [("At_Due", expected)]


def test_a_day_begins_at_midnight_of_the_org(timed: World) -> None:
    timed.active("Timers", timers(extra=path("On_Day", "Day__c", "Mark")))
    timed.lead(Due__c=DUE, Day__c=date(2026, 1, 7))
    assert timed.waiting() == [("At_Due", "2026-01-05T14:30"), ("On_Day", "2026-01-07T08:00")]


def test_order_within_a_minute_is_due_time_then_path_order(timed: World) -> None:
    timed.fields("Lead", Log__c="text")
    step = "$Record.Log__c"
    timed.active(
        "Timers",
        flow(
            after(
                OPEN,
                path("Second", "Due__c", "B"),
                path("Third", "Due__c", "C"),
                path("First", "Ran__c", "A"),
                changed=True,
            ),
            *(update_record(name, Log__c=f"{{!{step}}}{name}") for name in "ABC"),
        ),
    )
    lead = timed.lead(Due__c=at("2026-01-05T14:00:40"), Ran__c=at("2026-01-05T14:00:20"))
    timed.after(minutes=5)
    assert timed.get("Lead", lead)["Log__c"] == "ABC"


def test_deleting_the_record_and_switching_the_flow_off(timed: World) -> None:
    gone, kept = timed.lead(Due__c=DUE), timed.lead(Due__c=DUE)
    timed.auto.save("delete", "Lead", [{"Id": gone}], user_id=timed.admin)
    assert [one["record"] for one in timed.auto.pending()] == [kept]
    timed.deactivate("Timers")
    assert len(timed.waiting()) == 1
    timed.until(LATER)
    assert timed.waiting() == []
    assert timed.get("Lead", kept)["Ran__c"] is None


def test_a_new_version_runs_what_the_old_one_scheduled(timed: World) -> None:
    stays, leaves = timed.lead(Due__c=DUE, Title="keep"), timed.lead(Due__c=DUE)
    timed.active(
        "Timers",
        flow(
            after(
                filters(("Due__c", "IsNull", False), ("Title", "EqualTo", "keep")),
                path("At_Due", "Due__c", "Mark"),
                changed=True,
            ),
            update_record("Mark", Title="second version"),
        ),
    )
    timed.until(LATER)
    assert timed.get("Lead", stays)["Title"] == "second version"
    assert timed.get("Lead", leaves)["Title"] is None


def test_a_failed_run_is_mailed_and_tried_again(timed: World) -> None:
    timed.active(
        "Timers",
        flow(
            after(OPEN, path("At_Due", "Due__c", "Find"), changed=True),
            get("Find", "User", ("Username", "EqualTo", "late@example.com"), go="Mark"),
            update_record("Mark", Title="@Find.Username", Done__c=True),
            label="Timers",
        ),
    )
    lead = timed.lead(Due__c=DUE)
    tries = ["14:30", "14:45", "15:15", "16:15"]
    text = "The flow failed to access the value for Find.Username because it hasn't been set or assigned."
    for number, minute in enumerate(tries, 1):
        timed.until(at(f"2026-01-05T{minute}:00"))
        mail = (
            "email",
            ("admin@example.com",),
            f'Error Occurred During Flow "Timers": {text}',
            "Timers/At_Due (error)",
        )
        assert timed.sent() == [mail] * number
    admin = timed.get("User", timed.admin)
    timed.org.rows.insert("User", {**admin, "Id": None, "Username": "late@example.com"})
    timed.until(at("2026-01-06T00:00:00"))
    assert timed.get("Lead", lead)["Title"] == "late@example.com"
    assert timed.waiting() == []


def test_five_retries_and_no_more(timed: World) -> None:
    timed.active(
        "Timers",
        flow(
            after(OPEN, path("At_Due", "Due__c", "Mark"), changed=True),
            update_record("Mark", LastName="@$GlobalConstant.EmptyString"),
        ),
    )
    timed.lead(Due__c=DUE)
    timed.until(at("2026-01-07T00:00:00"))
    assert len(timed.sent()) == 6
    assert timed.waiting() == []


def test_who_runs_a_path(timed: World) -> None:
    admin = timed.get("User", timed.admin)
    rep = timed.org.rows.insert("User", {**admin, "Id": None, "Username": "rep@example.com", "LastName": "Rep"})
    leads = [
        timed.auto.save("insert", "Lead", [{"LastName": "A", "Company": "B", "Due__c": due}], user_id=rep)[0].id
        for due in (DUE, LATER)
    ]
    timed.until(DUE)
    timed.org.rows.update("User", rep, {"IsActive": False})
    timed.until(LATER)
    assert [timed.get("Lead", lead)["LastModifiedById"] for lead in leads] == [rep, timed.admin]


def test_the_asynchronous_path_runs_after_commit_as_its_own_transaction(world: World) -> None:
    world.fields("Lead", Log__c="text")
    world.active(
        "Async",
        flow(
            after(
                filters(("Rating", "EqualTo", "Hot")),
                "<scheduledPaths><connector><targetReference>Fail</targetReference></connector>"
                "<pathType>AsyncAfterCommit</pathType></scheduledPaths>",
                first="Now",
                changed=True,
            ),
            assign("Now", ("note", "now")),
            update_record("Fail", go="Never", LastName="@$GlobalConstant.EmptyString"),
            update_record("Never", Log__c="unreachable"),
            f"<variables><name>note</name><dataType>String</dataType>{value('x')}</variables>",
            label="Async",
        ),
    )
    lead = world.lead(Rating="Hot")
    assert world.get("Lead", lead)["Rating"] == "Hot"
    assert [source for *_, source in world.sent()] == ["Async/AsyncAfterCommit (error)"]


def test_paths_that_notify_name_their_source(timed: World) -> None:
    kind = {"DeveloperName": "Bell", "MasterLabel": "Bell", "CustomNotifTypeName": "Bell"}
    type_id = timed.org.rows.insert("CustomNotificationType", kind)
    timed.active(
        "Timers",
        flow(
            after(OPEN, path("At_Due", "Due__c", "Add"), changed=True),
            assign("Add", ("who", "Add", "@$Record.OwnerId"), go="Ring"),
            action("Ring", "customNotificationAction", customNotifTypeId=type_id, recipientIds="@who",
                   title="Due: {!$Record.Company}", body="Call", targetId="@$Record.Id"),
            "<variables><name>who</name><dataType>String</dataType><isCollection>true</isCollection></variables>",
        ),
    )  # fmt: skip
    timed.lead(Due__c=DUE)
    timed.until(LATER)
    assert timed.sent() == [("bell", ("admin@example.com",), "Due: Acme", "Timers/At_Due")]
