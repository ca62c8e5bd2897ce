"""Clocks of a lead type that leaves the design are counted before their workflow goes."""

from __future__ import annotations

from collections.abc import Callable

import hs_pieces as pieces
import pytest
from hs_portal import Answer, Portal, error

from provisioner.resources import Resource, Snapshot
from provisioner.targets.hubspot.session import HubSpotSession

Opened = Callable[..., HubSpotSession]
SEARCH = "POST /crm/v3/objects/contacts/search"
END = "The design has no such type any more: applied, they get no further alert, and no miss is recorded for them."


def design(*types: str) -> list[Resource]:
    """What a design of these lead types renders, as far as it matters here."""
    return [
        *pieces.whole(),
        pieces.choice("stl_lead_type", *types),
        pieces.choice("stl_sla_status", "within_sla"),
        *(pieces.flow(f"timer_{id}", f"STL timer {id}") for id in types),
    ]


def told(opened: Opened, *wanted: Resource) -> list[str]:
    notices = opened().read(Snapshot.of(wanted), "stl").notices
    return [text for text in notices if "running clock" in text]


@pytest.fixture
def applied(opened: Opened) -> None:
    session = opened()
    assert pieces.carried_out(session, pieces.planned(session, *design("demo", "mql", "news"))).is_complete


@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize(
    ("kept", "count", "said"),
    [
        (("demo", "news"), 12, f"12 contacts have a running clock of the lead type mql. {END}"),
        (("demo",), 1, f"1 contact has a running clock of the lead types mql, news. {END}"),
    ],
)
def test_running_clocks_of_what_goes_are_counted(
    opened: Opened, portal: Portal, kept: tuple[str, ...], count: int, said: str
) -> None:
    portal.on(SEARCH, Answer(200, {"total": count, "results": []}))
    assert told(opened, *design(*kept)) == [said]
    (asked,) = [request for request in portal.requests if str(request) == SEARCH]
    gone = sorted({"demo", "mql", "news"} - set(kept))
    running = ["waiting", "within_sla", "at_risk", "breached", "escalated"]
    assert asked.body["filterGroups"] == [
        {
            "filters": [
                {"propertyName": "stl_lead_type", "operator": "IN", "values": gone},
                {"propertyName": "stl_sla_status", "operator": "IN", "values": running},
            ]
        }
    ]


@pytest.mark.usefixtures("applied")
def test_also_when_all_of_the_design_goes(opened: Opened, portal: Portal) -> None:
    portal.on(SEARCH, Answer(200, {"total": 3, "results": []}))
    assert told(opened) == [f"3 contacts have a running clock of the lead types demo, mql, news. {END}"]


@pytest.mark.usefixtures("applied")
def test_nothing_is_asked_while_every_type_stays_and_nothing_said_of_none(opened: Opened, portal: Portal) -> None:
    assert told(opened, *design("demo", "mql", "news", "fresh")) == []
    assert SEARCH not in [str(request) for request in portal.requests]
    portal.on(SEARCH, Answer(200, {"total": 0, "results": []}))
    assert told(opened, *design("demo", "mql")) == []


@pytest.mark.usefixtures("applied")
def test_what_may_not_be_counted_is_said(opened: Opened, portal: Portal) -> None:
    portal.on(SEARCH, error(403, "MISSING_SCOPES", "no"))
    said = f"How many contacts have a running clock of the lead type news could not be counted. {END}"
    assert told(opened, *design("demo", "mql")) == [said]
