"""Opening hours are in the account's time zone: another one is said at once, and refused before the first write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import hs_pieces as pieces
import pytest
from hs_portal import Portal

from provisioner import assets
from provisioner.document import load
from provisioner.errors import Rejected
from provisioner.model.compile import compile_design
from provisioner.resources import Address, Resource
from provisioner.targets.hubspot import manual
from provisioner.targets.hubspot.session import HubSpotSession, zone

Opened = Callable[..., HubSpotSession]
NOW = datetime(2026, 3, 2, 13, tzinfo=UTC)


def step(expected: str) -> Resource:
    filters = [f"{zone.EXPECTED}{expected}", {"$ref": "portal:time_zone"}]
    return Resource(zone.STEP, {"title": "Check the time zone", "filters": filters})


def test_the_example_says_which_zone_it_is_written_for() -> None:
    """The words between the two halves: if one of them changes, nothing would be compared any more."""
    design, _ = compile_design(load(assets.path("examples", "acme-hubspot.yaml")), today=date(2026, 3, 2))
    assert design is not None
    said = zone.disagreement(manual.manual_steps(design), "Europe/London", NOW)
    assert said == ("the account's time zone is Europe/London, but the opening hours are written for America/New_York")
    assert zone.disagreement(manual.manual_steps(design), "US/Eastern", NOW) is None


@pytest.mark.parametrize(
    ("expected", "actual", "agree"),
    [
        ("Europe/Berlin", "Europe/Berlin", True),
        ("Europe/Berlin", "Europe/Paris", True),  # the same clock under another name
        ("Asia/Kolkata", "Asia/Calcutta", True),
        ("Europe/Berlin", "Africa/Lagos", False),  # the same in winter only
        ("America/New_York", "America/Bogota", False),
        ("Europe/Berlin", "Etc/Nowhere", False),
        ("Europe/Berlin", "../../etc/passwd", False),
        ("Europe/Berlin", "", True),  # the account does not say
    ],
)
def test_which_zones_agree(expected: str, actual: str, agree: bool) -> None:
    assert (zone.disagreement([step(expected)], actual, NOW) is None) is agree


def test_without_opening_hours_any_zone_will_do() -> None:
    other = Resource(Address("ManualStep", "report"), {"title": "R", "filters": ["expected time zone: Asia/Tokyo"]})
    assert zone.disagreement([other], "Europe/Berlin", NOW) is None


def test_another_zone_is_said_and_refused(opened: Opened, portal: Portal) -> None:
    session = opened()
    plan = pieces.planned(session, *pieces.whole(), step("Asia/Tokyo"))
    said = "the account's time zone is Europe/Berlin, but the opening hours are written for Asia/Tokyo"
    assert f"ManualStep:time_zone: {said}. Applying this is refused until they agree." in plan.notices
    before = portal.picture()
    with pytest.raises(Rejected) as refused:
        pieces.carried_out(session, plan)
    assert refused.value.message == f"HubSpot would not accept this plan: ManualStep:time_zone: {said}"
    assert portal.picture() == before
    plan = pieces.planned(session, *pieces.whole(), step("Europe/Berlin"))
    assert pieces.carried_out(session, plan).is_complete
