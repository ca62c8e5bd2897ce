"""Everything of a HubSpot account that somebody can take away by hand: one deed, one finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from .drift_bench import Ran
from .hubspot_org import HubSpotOrg

BY = "777"  # a user of the account
REPORTS = "\nreports: {folder: Speed to Lead, dashboard: false, include: [breaches_today]}\n"
STEP = "report_breaches_today"
DEEDS: dict[str, tuple[str, str, str]] = {
    "option removed": (
        "C201", "Property:contacts.stl_lead_type", "STL Lead type does not offer the value emea_demo any more",
    ),
    "workflow deleted": ("C202", "Flow:engagement", "Workflow STL engagement is removed: a new enquiry of a known"),
    "list deleted": ("C202", "List:running", "List STL clock running is removed (it shows whose clock runs)"),
    "workflow switched off": (
        "C201", "Flow:timer_emea_demo", "Workflow STL timer emea demo is switched off",
    ),
    "list deleted that workflows name": (
        "C202", "List:excluded", "List STL excluded from the SLA is removed (leads on it get no alerts)",
    ),
    "step undone": ("C205", f"ManualStep:{STEP}", "“Build the report "),
}  # fmt: skip
NAMING = [f"Flow:timer_{name}" for name in ("content_mql", "demo_request", "enterprise_inquiry", "event_attendee")]


@dataclass
class Told:
    """What the audit said before anything was done (`""`), and after each deed."""

    org: HubSpotOrg
    stages: dict[str, Ran] = field(default_factory=dict)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    org = HubSpotOrg(tmp_path_factory.mktemp("hands"))
    found = Told(org)
    try:
        org.desk.write(org.desk.design + REPORTS)
        org.born()
        assert org.desk("done", "acme.yaml", STEP, "-c", "local").code == 0
        found.stages[""] = org.desk.drift(org.now)
        for name in DEEDS:
            org.forward(minutes=10)
            _do(org, name)
            found.stages[name] = org.desk.drift(org.now)
        yield found
    finally:
        org.close()


def _do(org: HubSpotOrg, name: str) -> None:
    flows = {row["name"]: row["id"] for row in org.call("GET", "/automation/v4/flows?limit=100")["results"]}
    lists = {row["name"]: row["listId"] for row in org.call("POST", "/crm/v3/lists/search", {"count": 50})["lists"]}
    options: list[Any] = org.call("GET", "/crm/v3/properties/contacts/stl_lead_type")["options"]
    match name:
        case "option removed":
            kept = [item for item in options if item["value"] != "emea_demo"]
            assert len(kept) == len(options) - 1
            org.edit(property="contacts/stl_lead_type", changes={"options": kept}, by=BY)
        case "workflow deleted":
            org.edit(flow=flows["STL engagement"], deleted=True, by=BY)
        case "list deleted":
            org.edit(list=lists["STL clock running"], deleted=True, by=BY)
        case "list deleted that workflows name":
            org.edit(list=lists["STL excluded from the SLA"], deleted=True, by=BY)
        case "workflow switched off":
            org.edit(flow=flows["STL timer emea demo"], changes={"isEnabled": False}, by=BY)
        case _:
            assert org.desk("done", "acme.yaml", STEP, "-c", "local", "--undo").code == 0


def test_an_untouched_account_has_no_findings(told: Told) -> None:
    ran = told.stages[""]
    assert (ran.code, ran.keys, ran.unchecked) == (0, set(), set())


@pytest.mark.parametrize("name", DEEDS)
def test_what_is_taken_away_is_one_finding_in_words(told: Told, name: str) -> None:
    code, address, words = DEEDS[name]
    stages = ["", *DEEDS]
    after, before = told.stages[name].findings, told.stages[stages[stages.index(name) - 1]].findings
    assert (set(after) - set(before), set(before) - set(after)) == ({(code, address)}, set())
    assert after[code, address]["detail"].startswith(words)
    assert told.stages[name].unchecked == set()


def test_a_deleted_list_says_which_workflows_miss_it(told: Told) -> None:
    """One that was changed as well speaks for itself."""
    found = told.stages["list deleted that workflows name"].findings
    assert found["C202", "List:excluded"]["detail"].endswith(f" Named by, and now missing in: {', '.join(NAMING)}.")
    switched = found["C201", "Flow:timer_emea_demo"]["detail"]
    assert "switched off" in switched and "Lists that keep leads out of the workflow STL timer emea demo" in switched
