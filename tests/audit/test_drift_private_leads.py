"""An org whose leads are private: an audit by users who see all of them, and by users who see a part.

The org tells the latter nothing: what they count is lower, and that is all. A value that is used looks unused to them,
and a bad day of their own leads looks like a bad week of everybody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from .drift_bench import Ran
from .salesforce_org import NS, REPS, SOURCES, SalesforceOrg, manifest

LEADS = 60
NEW, AUDITOR = "TikTok Lead Ad", "audit@acme.example"
RIGHTS = ["ApiEnabled", "ViewSetup", "ModifyMetadata"]
NEEDED = {"Lead": "read", "Task": "read", "Event": "read", "EmailMessage": "read"}
# What each auditor's profile gives besides.
PROFILES: dict[str, dict[str, Any]] = {
    "records by profile": {"objects": {"Lead": "view_all"}},
    "data by profile": {"permissions": ["ViewAllData"]},
    "records by permission set": {},
    "data by permission set": {},
    "a part": {},
    "a part, and of setup nothing": {"permissions": ["-ViewSetup", "CustomizeApplication"]},
}
SETS = {
    "Sees_Records": "<objectPermissions><allowCreate>false</allowCreate><allowDelete>false</allowDelete>"
    "<allowEdit>false</allowEdit><allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords>"
    "<object>Lead</object><viewAllRecords>true</viewAllRecords></objectPermissions>",
    "Sees_Data": "<userPermissions><enabled>true</enabled><name>ViewAllData</name></userPermissions>",
}
HELD = {"records by permission set": "Sees_Records", "data by permission set": "Sees_Data"}
ALL = ("records by profile", "data by profile", "records by permission set", "data by permission set")
FAMILIES = ("data", "health", "lead-types", "people")
SHARED = (
    "Leads are private in this org, and this user sees only those that are shared with it. Give it View All Records on "
    "Lead."
)
UNKNOWN = (
    "Leads are private in this org, and whether this user sees all of them is not known. Give it View All Records on "
    "Lead."
)


@dataclass
class Told:
    """What the audit said to whom, in the same org at the same time."""

    org: SalesforceOrg
    tokens: dict[str, str] = field(default_factory=dict)
    ran: dict[str, Ran] = field(default_factory=dict)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    org = SalesforceOrg(tmp_path_factory.mktemp("private"))
    try:
        org.begin()
        org.month(LEADS)
        found = Told(org, _auditors(org))
        _values(org)
        found.ran["public"] = org.desk.drift(org.now)
        org.door("seed", {"sharing": {"lead": "None"}})
        found.ran["administrator"] = org.desk.drift(org.now)
        for name in PROFILES:
            found.ran[name] = org.desk.drift(org.now, token=found.tokens[name])
        _some(found)
        yield found
    finally:
        org.close()


def _values(org: SalesforceOrg) -> None:
    """A new value that leads have; a mapped one that leads have and that is not offered any more."""
    org.offer(*(value for value in SOURCES if value != "Trade Show"), NEW)
    at = datetime.fromisoformat(org.now)
    org.door("seed", {"records": [org.lead(at, NEW, REPS[0]) for _ in range(7)]})


def _some(found: Told) -> None:
    """Two leads of the auditor's own, of a value that no rule knows."""
    org, token = found.org, found.tokens["a part"]
    auditor = org.query(f"SELECT Id FROM User WHERE Username = '{AUDITOR}'")[0]["Id"]
    for _ in range(2):
        org.create("fb_lead_form", str(auditor))
    found.ran["two of all"] = org.desk.drift(org.now, token=token)
    found.ran["two of all, allowed"] = org.desk.drift(org.now, "--allow-unchecked", "--only", "data", token=token)
    found.ran["a part, the calendar"] = org.desk.drift(org.now, "--only", "calendar", token=token)
    found.ran["a part, in words"] = org.desk("drift", "acme.yaml", "-c", "local", "--now", org.now, token=token)


def _auditors(org: SalesforceOrg) -> dict[str, str]:
    """One user for each profile, with the design's own permission set, and without a lead."""
    for name, content in SETS.items():
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?><PermissionSet {NS}><label>{name}</label>{content}</PermissionSet>'
        )
        files = {f"permissionsets/{name}.permissionset": text.encode()}
        org.deploy(files | {"package.xml": manifest(("PermissionSet", name))})
    profiles, users, sets = [], [], []
    for number, (name, more) in enumerate(PROFILES.items()):
        given = {*RIGHTS, *more.get("permissions", ())}
        rights = sorted(one for one in given if not one.startswith("-") and f"-{one}" not in given)
        profiles.append({"name": name, "permissions": rights, "objects": NEEDED | more.get("objects", {})})
        user = AUDITOR if name == "a part" else f"audit{number}@acme.example"
        users.append({"username": user, "profile": name})
        sets += [{"user": user, "name": held} for held in ("STL_Speed_To_Lead", HELD.get(name)) if held]
    tokens = org.door("seed", {"profiles": profiles, "users": users, "permission_sets": sets})["tokens"]
    return {name: tokens[user["username"]] for name, user in zip(PROFILES, users, strict=True)}


@pytest.mark.parametrize("who", ["administrator", *ALL])
def test_who_sees_every_lead_is_told_the_same_as_where_they_are_public(told: Told, who: str) -> None:
    public, ran = told.ran["public"], told.ran[who]
    assert (ran.code, ran.unchecked) == (3, set())
    assert ran.report["findings"] == public.report["findings"]
    assert ran.keys == {("L101", f"LeadSource: {NEW}")}
    assert ran.report["totals"] == public.report["totals"]
    assert ran.report["totals"]["leads"] == LEADS + 7


def hidden(ran: Ran) -> list[tuple[str, str, str]]:
    """What was not checked for want of leads: part, family, and why."""
    return [(item["part"], item["family"], item["why"]) for item in ran.report["unchecked"] if item["part"] == "leads"]


def test_who_sees_none_is_told_so_for_every_family_that_counts(told: Told) -> None:
    """Nothing was found, and that is not clean; neither is a value unused because none of its leads is seen."""
    ran = told.ran["a part"]
    assert hidden(ran) == [("leads", family, SHARED) for family in FAMILIES]
    assert (ran.code, ran.unchecked, ran.keys) == (1, {"leads"}, set())
    calendar = told.ran["a part, the calendar"]
    assert (calendar.code, calendar.unchecked, calendar.keys) == (0, set(), set())


def test_who_may_not_see_the_rights_of_objects_is_told_that_it_is_not_known(told: Told) -> None:
    ran = told.ran["a part, and of setup nothing"]
    assert hidden(ran) == [("leads", family, UNKNOWN) for family in FAMILIES]
    assert (ran.code, ran.keys) == (1, set())


def test_what_is_seen_of_a_part_counts_and_what_is_not_seen_is_not_judged(told: Told) -> None:
    """Two leads with a value that no rule maps are two leads, whoever else has more."""
    ran = told.ran["two of all"]
    assert ran.keys == {("L103", "LeadSource: fb_lead_form"), ("P307", f"audit ({AUDITOR})")}
    assert ran.findings["L103", "LeadSource: fb_lead_form"]["evidence"]["count"] == 2
    assert hidden(ran) == [("leads", family, SHARED) for family in FAMILIES]
    assert ran.code == 3, "findings come first"
    assert told.ran["two of all, allowed"].code == 0


def test_people_read_it_once(told: Told) -> None:
    said = told.ran["a part, in words"].out
    assert said.count("Leads are private in this org") == 1
    assert said.rstrip().endswith("1 part was not checked.")
