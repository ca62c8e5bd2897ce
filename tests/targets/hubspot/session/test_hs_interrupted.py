"""Killed at every call, every answer lost: running again gives the same portal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hs_pieces as pieces
import pytest
from hs_direct import Killed, VirtualTime, direct
from hs_portal import Answer, Portal

from provisioner.resources import Resource
from provisioner.targets.hubspot.session import HubSpotSession


def applied(session: HubSpotSession, *resources: Resource) -> Any:
    return pieces.carried_out(session, pieces.planned(session, *resources))


def first_run(portal: Portal, time: VirtualTime, dies_at: tuple[int, bool] | None = None) -> int:
    session = direct(portal, time, dies_at)
    applied(session, *pieces.whole())
    return session.api_calls


def change_run(portal: Portal, time: VirtualTime, dies_at: tuple[int, bool] | None = None) -> int:
    """Every kind of change at once, on a portal that has the whole."""
    session = direct(portal, time, dies_at)
    applied(session, *changed())
    return session.api_calls


def changed() -> list[Resource]:
    return [
        pieces.group("Faster"),
        pieces.prop("stl_started_at", label="Started"),
        pieces.choice("stl_status", "running", "met", "late"),
        pieces.prop("stl_new", groupName="stl_speed"),
        pieces.segment("running", "SLA open", "late"),
        pieces.flow("clock", "STL clock"),
    ]


def removal_run(portal: Portal, time: VirtualTime, dies_at: tuple[int, bool] | None = None) -> int:
    session = direct(portal, time, dies_at)
    applied(session)
    return session.api_calls


def prepared(run: Callable[..., int]) -> Portal:
    portal = Portal(hidden_reads=1)
    if run is not first_run:
        first_run(portal, VirtualTime())
    return portal


@pytest.mark.parametrize("run", [first_run, change_run, removal_run])
def test_killed_at_every_call_and_run_again(run: Callable[..., int]) -> None:
    unhurt = prepared(run)
    calls = run(unhurt, VirtualTime())
    expected = unhurt.picture()
    assert calls > 10
    for nth in range(1, calls + 1):
        for after in (False, True):
            portal = prepared(run)
            with pytest.raises(Killed):
                run(portal, VirtualTime(), (nth, after))
            portal.hidden.clear()  # a second later everything can be seen
            run(portal, VirtualTime())
            assert portal.picture() == expected, f"killed {'after' if after else 'before'} request {nth}"


@pytest.mark.parametrize("run", [first_run, change_run, removal_run])
def test_every_answer_lost_once(run: Callable[..., int]) -> None:
    """The request is carried out, the connection breaks: the same portal, in the same run where possible."""
    unhurt = prepared(run)
    before = len(unhurt.requests)
    run(unhurt, VirtualTime())
    for nth in range(before + 1, len(unhurt.requests) + 1):
        portal = prepared(run)
        portal.on(lambda request, p=portal, n=nth: len(p.requests) == n, Answer(drop=True), carried_out=True)  # type: ignore[misc]
        run(portal, VirtualTime())
        assert portal.picture() == unhurt.picture(), f"answer {nth} lost"
