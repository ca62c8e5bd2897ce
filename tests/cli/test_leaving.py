"""A lead type that is taken out of the design, in an emulated org of either CRM."""

from __future__ import annotations

from pathlib import Path

import pytest
from both_crms import PLATFORMS, place
from test_rollback_both import APPLY, record

PLAN = ("plan", "brew.yaml", "-c", "box")
GOES = "The lead type sample goes, and with it what its clocks are kept by: "
KEEP = (
    " would get no further alerts. Keep it in the design, matching no new leads, until they are touched; then take it "
    "out."
)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_running_clocks_of_a_lead_type_that_goes_are_counted(platform: str, tmp_path: Path) -> None:
    with place(platform, tmp_path) as crm:
        crm(*APPLY)
        crm.edit("id: sample, label: Sample box", "id: tasting, label: Tasting")
        if platform == "salesforce":  # this user does not see the fields
            unknown = crm.data(*PLAN)["notices"]
            assert f"{GOES}leads with a running clock of it (how many is not known){KEEP}" in unknown
            crm.door("seed", {"permission_sets": [{"user": "admin@example.com", "name": "BRW_Speed_To_Lead"}]})
        nobody = crm.data(*PLAN)["notices"]
        assert f"{GOES}no lead has a running clock of it now." in nobody
        record(crm)
        assert f"{GOES}2 leads that have a running clock of it{KEEP}" in crm.data(*PLAN)["notices"]
        assert f"  {GOES}2 leads" in crm(*PLAN)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_nothing_is_said_of_a_rename_or_of_a_design_that_goes_as_a_whole(platform: str, tmp_path: Path) -> None:
    with place(platform, tmp_path) as crm:
        crm(*APPLY)
        crm.edit("id: sample, label", "id: tasting, was: sample, label")
        renamed = crm.data(*PLAN, "--remake", "sample")
        assert [item["old"] for item in renamed["remade"]] == ["sample"]
        assert not [notice for notice in renamed["notices"] if "goes, and with it" in notice]
        assert "goes, and with it" not in crm("destroy", "brew.yaml", "-c", "box", "--yes")
