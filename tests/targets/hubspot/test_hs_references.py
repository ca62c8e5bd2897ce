"""What a design expects of an account, and what is said when the account has it otherwise."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hs_designs import acme, example, small
from hypothesis import given
from hypothesis import strategies as st
from strategies.designs import compiled

from provisioner.model.design import Scalar
from provisioner.targets.base import Reference, Use
from provisioner.targets.hubspot.alerts import task_markup
from provisioner.targets.hubspot.fidelity import statement
from provisioner.targets.hubspot.objects import CONTACTS
from provisioner.targets.hubspot.references import (
    absent,
    another_zone,
    nobody,
    options_of,
    references,
    same_clock,
    unfit,
    unlisted,
)
from provisioner.targets.registry import load_target

TODAY = date(2026, 3, 2)
ZONES = ["America/New_York", "US/Eastern", "Europe/Berlin", "Europe/Paris", "Africa/Lagos", "Asia/Kolkata", "Etc/UTC"]


def named(name: str, use: Use, *values: Scalar) -> Reference:
    return Reference(name, use, "/used", "/named", values)


def test_what_a_design_expects() -> None:
    document = small()
    document["target"] |= {"timezone": "Europe/Berlin", "fields": {"enquiry_type": "enumeration", "size": "number"}}
    document["exclusions"] = [{"id": "x", "when": {"email": {"ends_with": "@x.example"}, "size": {"is_blank": True}}}]
    document["telemetry"]["stages"] = {"field": "hs_lead_status", "values": {"won": "WON"}}
    found = references(compiled(document))
    types = "/telemetry/first_touch/types"
    assert [(item.name, item.use, item.pointer, item.named, item.values) for item in found if "@" not in item.name] == [
        ("Europe/Berlin", "zone", "/target/timezone", "/target/timezone", ()),
        ("enquiry_type", "kind", "/target/fields/enquiry_type", "/target/fields/enquiry_type", ("enumeration",)),
        ("size", "kind", "/target/fields/size", "/target/fields/size", ("number",)),
        ("recent_conversion_date", "moment", "/telemetry/engagement/0", "/telemetry/engagement/0", ()),
        ("createdate", "moment", "/telemetry/engagement/1", "/telemetry/engagement/1", ()),
        ("hs_lead_status", "kind", "/telemetry/stages/field", "/telemetry/stages/field", ("enumeration",)),
        ("hs_lead_status", "equal", "/telemetry/stages/values/won", "/telemetry/stages/field", ("WON",)),
        ("email", "kind", "/exclusions/0/when/email/ends_with", "/exclusions/0/when/email", ("text",)),
        ("email", "part", "/exclusions/0/when/email/ends_with", "/exclusions/0/when/email", ("@x.example",)),
        ("size", "known", "/exclusions/0/when/size/is_blank", "/exclusions/0/when/size", (True,)),
        ("enquiry_type", "equal", "/lead_types/0/when/enquiry_type", "/lead_types/0/when/enquiry_type", ("demo",)),
        ("enquiry_type", "equal", "/lead_types/1/when/enquiry_type", "/lead_types/1/when/enquiry_type", ("slow",)),
        ("hs_sa_first_engagement_object_type", "known", types, types, ()),
        ("hs_sa_first_engagement_date", "known", types, types, ()),
    ]


def test_everybody_who_may_be_told() -> None:
    document = example()
    document["recipients"]["on_call"] = {"group": "SDR On Call"}
    found = references(compiled(document))
    assert [(item.name, item.use, item.pointer) for item in found if item.use in ("user", "group", "queue")] == [
        ("qa@acme.example", "user", "/alerts/silent_to"),
        ("integration@acme.example", "user", "/telemetry/first_touch/ignore_users/0"),
        ("sdr-manager@acme.example", "user", "/recipients/manager/otherwise/user"),
        ("cro@acme.example", "user", "/recipients/cro/user"),
        ("SDR Backup", "queue", "/recipients/backup_queue/queue"),
        ("SDR On Call", "group", "/recipients/on_call/group"),
    ]
    target = load_target("hubspot")
    assert getattr(target, "references")(compiled(document)) == found  # noqa: B009 - not of every target


def test_a_property_that_is_not_there() -> None:
    known = ["enquiry_type", "email", "hs_lead_status"]
    assert absent(named("email", "known"), known, "contacts") is None
    found = absent(named("enquiry_typ", "equal", "x"), known, "contacts")
    assert found is not None
    assert (found.pointer, found.severity) == ("/named", None)
    assert found.detail == "Contacts have no property 'enquiry_typ' in this account."
    assert found.advice == (
        "Did you mean enquiry_type? Use the internal name (Settings, Properties), or create the property first."
    )
    hidden = absent(named("hs_lead_staus", "equal"), known, "contacts")
    assert hidden is not None
    assert hidden.severity == "warning"
    assert hidden.detail == ("This account does not list a property 'hs_lead_staus'; HubSpot hides some of its own.")
    assert hidden.advice == "Did you mean hs_lead_status? If it is hidden, nothing has to be done."


@pytest.mark.parametrize(
    ("use", "kind", "type", "fits"),
    [
        ("kind", "text", "string", True),
        ("kind", "text", "enumeration", False),
        ("kind", "enumeration", "bool", False),
        ("kind", "number", "number", True),
        ("kind", "bool", "bool", True),
        ("kind", "datetime", "date", True),
        ("kind", "datetime", "datetime", True),
        ("kind", "datetime", "string", False),
        ("kind", "text", "phone_number", True),  # no filter of it is documented, so nothing is concluded
        ("moment", "", "datetime", True),
        ("moment", "", "date", False),
        ("moment", "", "string", False),
        ("equal", "x", "string", True),
    ],
)
def test_which_kinds_fit(use: Use, kind: str, type: str, fits: bool) -> None:
    assert (unfit(named("size", use, kind), type) is None) is fits


def test_another_kind_is_said_with_what_to_write() -> None:
    found = unfit(named("size", "kind", "text"), "number")
    assert found is not None
    assert (found.pointer, found.detail, found.advice) == (
        "/used",
        "size is a property of the type number in this account, and not text.",
        "Write size: number under target.fields.",
    )
    late = unfit(named("day", "moment"), "date")
    assert late is not None
    assert (late.detail, late.advice) == (
        "day is a property of the type date; engagement needs a point in time.",
        "Name a property of the type datetime, such as createdate.",
    )


def test_values_that_no_option_has() -> None:
    options = {"demo_request": "Demo Request", "pricing": "Pricing"}
    assert unlisted(named("k", "equal", "demo_request", None, ""), options) is None
    assert unlisted(named("k", "equal", "other"), {}) is None
    assert unlisted(named("k", "known", True), options) is None
    label = unlisted(named("k", "equal", "demo request"), options)
    assert label is not None
    assert label.detail == "'demo request' is no option of the property k in this account."
    assert label.advice == (
        "The option 'Demo Request' has the internal value 'demo_request': write that. It offers 'demo_request', "
        "'pricing'. No lead matches a value that nothing sets."
    )
    two = unlisted(named("k", "equal", "PRICING", "zzz"), options)
    assert two is not None
    assert two.detail == "'PRICING' and 'zzz' are no options of the property k in this account."
    assert two.advice.startswith("The option 'Pricing' has the internal value 'pricing': write that. ")
    near = unlisted(named("k", "equal", "demo_reqest"), options)
    assert near is not None
    assert near.advice.startswith("Did you mean 'demo_request'? It offers ")


def test_options_that_hubspot_keeps_elsewhere_are_not_judged() -> None:
    raw = {"type": "enumeration", "options": [{"value": "a", "label": "A"}]}
    assert options_of(raw) == {"a": "A"}
    assert options_of(raw | {"externalOptions": True}) == {}
    assert options_of(raw | {"referencedObjectType": "OWNER"}) == {}
    assert options_of(raw | {"type": "bool"}) == {}
    assert options_of({"type": "enumeration", "options": None}) == {}


def test_another_zone_names_both_and_says_what_to_do() -> None:
    wanted = named("America/New_York", "zone")
    assert another_zone(wanted, "America/New_York", TODAY) is None
    assert another_zone(wanted, "US/Eastern", TODAY) is None
    found = another_zone(wanted, "Europe/London", TODAY)
    assert found is not None
    assert (found.pointer, found.severity) == ("/used", None)
    assert found.detail == (
        "The account's time zone is Europe/London, and not America/New_York: opening hours of workflows would be kept "
        "in it."
    )
    assert found.advice == (
        "Correct target.timezone: write timezone: Europe/London. Or change the zone in HubSpot (Settings, Account "
        "Defaults)."
    )


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("", "The account is in a time zone that is not told."),
        ("Mars/Olympus", "The account is in the time zone 'Mars/Olympus', which is not known here."),
        ("../../etc/passwd", "The account is in the time zone '../../etc/passwd', which is not known here."),
    ],
)
def test_a_zone_that_cannot_be_compared_is_a_warning(zone: str, said: str) -> None:
    found = another_zone(named("America/New_York", "zone"), zone, TODAY)
    assert found is not None
    assert (found.severity, found.detail) == ("warning", said)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Europe/Berlin", "Europe/Paris", True),
        ("Asia/Kolkata", "Asia/Calcutta", True),
        ("Europe/Berlin", "Africa/Lagos", False),  # the same in winter only
        ("America/New_York", "America/Bogota", False),
        ("America/New_York", "America/Havana", False),  # changes its clocks two hours earlier on the same day
    ],
)
def test_which_clocks_are_the_same(one: str, other: str, same: bool) -> None:
    assert same_clock(one, other, TODAY) is same
    assert same_clock(other, one, TODAY) is same


def test_a_leap_day_has_a_third_anniversary() -> None:
    assert same_clock("Europe/Berlin", "Europe/Paris", date(2028, 2, 29)) is True


@given(one=st.sampled_from(ZONES), other=st.sampled_from(ZONES), hours=st.integers(0, 3 * 365 * 24 - 48))
def test_zones_of_the_same_clock_never_differ(one: str, other: str, hours: int) -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hours)
    if at.astimezone(ZoneInfo(one)).utcoffset() != at.astimezone(ZoneInfo(other)).utcoffset():
        assert not same_clock(one, other, TODAY)


def test_nobody() -> None:
    unresolved = {"user:cro@x.example": "has left: the owner is deactivated", "team:Backup": "no team has this name"}
    gone = nobody(named("cro@x.example", "user"), unresolved)
    assert gone is not None
    assert gone.detail == (
        "'cro@x.example': has left: the owner is deactivated. Workflows that name it cannot be written."
    )
    team = nobody(named("Backup", "queue"), unresolved)
    assert team is not None
    assert team.detail == "Team 'Backup': no team has this name. Workflows that name it cannot be written."
    assert nobody(named("cro@x.example", "group"), unresolved) is None
    assert nobody(named("ada@x.example", "user"), unresolved) is None


def test_a_silent_alert_tells_the_task_in_filled_words() -> None:
    task = "Call {lead.name} of {company} <now>, {{ x }}, {lead_type}"
    assert task_markup(task, "A & {b}", CONTACTS) == (
        "Call {{ enrolled_object.firstname }} {{ enrolled_object.lastname }} of {{ enrolled_object.company }} "
        "&lt;now&gt;, &#123;&#123; x &#125;&#125;, A &amp; &#123;b&#125;"
    )


def test_the_statement_never_says_minus_zero() -> None:
    for design in (acme(), compiled(small())):
        for item in statement(design):
            assert item.worst_minutes is None or math.copysign(1, item.worst_minutes) == 1, item
            assert " -0" not in item.why, item
