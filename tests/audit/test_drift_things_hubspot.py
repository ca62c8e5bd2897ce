"""A HubSpot account beside a design that moved on: what it left there, what others made, and a team that emptied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from .drift_bench import Key, Ran
from .hubspot_org import REPS, SAM, TEAM, HubSpotOrg

FIFTH = "    - {at: due + 1bd, notify: [cro], via: [email], reassign_to: backup_queue}"
KIND = "  - id: enterprise_inquiry\n"


@dataclass
class Told:
    """What the audit said at each stage."""

    org: HubSpotOrg
    stages: dict[str, Ran] = field(default_factory=dict)

    def audit(self, stage: str, file: str = "acme.yaml") -> None:
        self.stages[stage] = self.org.desk.drift(self.org.now, file=file)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    org = HubSpotOrg(tmp_path_factory.mktemp("things"))
    found = Told(org)
    try:
        org.born()
        _designs(org)
        for name in ("stl_step_5_at", "stl_step_6_at"):  # somebody else's; the longer design has use for the first
            org.call("POST", "/crm/v3/properties/contacts", instant(name))
        found.audit("applied")
        found.audit("shorter", "shorter.yaml")
        found.audit("longer", "longer.yaml")
        org.leave(SAM)
        found.audit("one left")
        org.leave(REPS[0])
        found.audit("all left")
        yield found
    finally:
        org.close()


def instant(name: str) -> dict[str, str]:
    return {"name": name, "label": name, "groupName": "contactinformation", "type": "datetime", "fieldType": "date"}


def _designs(org: HubSpotOrg) -> None:
    desk = org.desk
    start = desk.design.index(KIND)
    kind = desk.design[start : desk.design.index("  - id: event_attendee\n")]
    desk.write(desk.edited((kind, "")), "shorter.yaml")
    line = next(one for one in desk.design.splitlines() if one.startswith(FIFTH))
    desk.write(desk.edited((line, f"{line}\n    - {{at: due + 2bd, notify: [cro], via: [email]}}")), "longer.yaml")


def severities(ran: Ran) -> dict[Key, str]:
    return {key: item["severity"] for key, item in ran.findings.items()}


NOT_APPLIED = {("C204", "design not applied"): "info"}
EXPECTED: dict[str, dict[Key, str]] = {
    "applied": {},
    "shorter": NOT_APPLIED
    | {
        ("C206", "Flow:open_enterprise_inquiry"): "info",
        ("C206", "Flow:timer_enterprise_inquiry"): "info",
        ("L102", "enquiry_type: contact_form"): "info",
    },
    "longer": NOT_APPLIED | {("C207", "Property:contacts.stl_step_5_at"): "warning"},
    "one left": {},  # who leaves is taken out of the team here, so that P305 has nothing to find
    "all left": {("P304", f"backup_queue: {TEAM}"): "error"},
}


@pytest.mark.parametrize("stage", EXPECTED)
def test_a_stage_has_its_findings_and_no_other(told: Told, stage: str) -> None:
    ran = told.stages[stage]
    assert severities(ran) == EXPECTED[stage]
    assert ran.unchecked == set()
