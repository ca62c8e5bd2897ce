"""What a design expects of a portal, answered from what was read."""

from __future__ import annotations

from collections.abc import Callable

import hs_pieces as pieces
import pytest
from hs_portal import Portal

from provisioner.diagnostics import Diagnostic, Location
from provisioner.errors import Rejected
from provisioner.resources import Snapshot
from provisioner.targets.base import Reference
from provisioner.targets.hubspot.session import HubSpotSession

Opened = Callable[..., HubSpotSession]


class Pages:
    """Keys stand on line 1, values on line 2."""

    def locate(self, pointer: str) -> Location:
        return Location("acme.yaml", 2, len(pointer) + 1)

    def locate_key(self, pointer: str) -> Location:
        return Location("acme.yaml", 1, len(pointer) + 1)


WANTED = [
    Reference("Asia/Tokyo", "zone", "/target/timezone", "/target/timezone"),
    Reference("hubspot_ownr_id", "kind", "/when/hubspot_ownr_id", "/when/hubspot_ownr_id", ("text",)),
    Reference("hubspot_ownr_id", "equal", "/when/hubspot_ownr_id", "/when/hubspot_ownr_id", ("x",)),
    Reference("hubspot_owner_id", "kind", "/fields/hubspot_owner_id", "/fields/hubspot_owner_id", ("number",)),
    Reference("hs_unheard_of", "known", "/when/hs_unheard_of", "/when/hs_unheard_of", (True,)),
    Reference("gone@acme.example", "user", "/recipients/x/user", "/recipients/x/user"),
    Reference("Inbound", "queue", "/recipients/y/queue", "/recipients/y/queue"),
]


def brief(found: list[Diagnostic]) -> list[tuple[str, str, int, str]]:
    return [(item.code, item.severity, item.location.line, item.detail) for item in found]


ACCOUNT = [
    (
        "H325",
        "error",
        2,
        "The account's time zone is Europe/Berlin, and not Asia/Tokyo: opening hours of workflows would be kept in it.",
    ),
    ("H320", "error", 1, "Contacts have no property 'hubspot_ownr_id' in this account."),
    ("H321", "error", 2, "hubspot_owner_id is a property of the type enumeration in this account, and not number."),
    ("H324", "warning", 1, "This account does not list a property 'hs_unheard_of'; HubSpot hides some of its own."),
]


def test_nothing_is_asked_beyond_the_reading(opened: Opened) -> None:
    session = opened()
    session.read(Snapshot.of(pieces.whole()), pieces.PREFIX)
    before = session.api_calls
    assert brief(session.missing(WANTED, Pages())) == ACCOUNT
    assert session.api_calls == before


def test_without_a_reading_the_properties_are_asked_for(opened: Opened) -> None:
    session = opened()
    session.identity()
    before = session.api_calls
    assert brief(session.missing(WANTED, Pages())) == ACCOUNT
    assert session.api_calls == before + 1


def test_who_is_nobody_is_told_after_a_refused_reading(opened: Opened, portal: Portal) -> None:
    session = opened()
    alert = pieces.flow(
        "alert",
        "STL alert",
        suppressionListIds=[],
        customProperties={"a": {"$ref": "user:gone@acme.example"}, "b": {"$ref": "team:Inbound"}},
    )
    with pytest.raises(Rejected):
        session.read(Snapshot.of([*pieces.whole(), alert]), pieces.PREFIX)
    before = session.api_calls
    assert brief(session.missing(WANTED[-2:], Pages())) == [
        (
            "H323",
            "error",
            2,
            "'gone@acme.example': no owner has this email. Workflows that name it cannot be written.",
        ),
        ("H323", "error", 2, "Team 'Inbound': no team has this name. Workflows that name it cannot be written."),
    ]
    assert session.api_calls == before
    assert portal.writes() == []


@pytest.mark.parametrize(
    ("email", "advice"),
    [
        ("ada@acme.exampel", "Did you mean ada@acme.example? Live alerts to it are refused until somebody has it."),
        ("zzz@elsewhere.invalid", "Live alerts to it are refused until somebody has it."),
    ],
)
def test_who_would_be_told_by_live_alerts_is_looked_for_while_they_are_silent(
    opened: Opened, portal: Portal, email: str, advice: str
) -> None:
    left = {"id": "3", "email": "bob@acme.example", "type": "PERSON", "archived": True, "userIdIncludingInactive": 9}
    portal.owners = [
        {"id": "1", "email": "ada@acme.example", "type": "PERSON", "archived": False, "userId": 7}, left
    ]  # fmt: skip
    wanted = [
        Reference(name, "user", f"/recipients/{place}/user", f"/recipients/{place}/user")
        for place, name in enumerate(("Ada@acme.example", "bob@acme.example", email))
    ]
    silent = pieces.flow("alert", "STL alert", customProperties={"a": {"$ref": "user:ada@acme.example"}})
    session = opened()
    session.read(Snapshot.of([*pieces.whole(), silent]), pieces.PREFIX)
    before = session.api_calls
    (said,) = session.missing(wanted, Pages())
    assert (said.code, said.severity, said.advice) == ("H326", "warning", advice)
    assert said.detail == (
        f"{email!r}: nobody of this account has this email. No workflow names it yet, so nothing is stopped."
    )
    assert session.api_calls == before


def test_nobody_is_doubted_where_people_were_not_read(opened: Opened) -> None:
    session = opened()
    session.read(Snapshot.of(pieces.whole()), pieces.PREFIX)
    assert session.missing(WANTED[5:6], Pages()) == []
