"""What Salesforce keeps through a rename, what its components need, and what changes do to data."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from provisioner.document import loads
from provisioner.model.compile import compile_design
from provisioner.model.design import Design
from provisioner.planning.plan import Cause, Change, Remade, Risk
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.salesforce import target

TEXT = (Path(__file__).parents[3] / "examples" / "starter-salesforce.yaml").read_text(encoding="utf-8")
DAY = date(2026, 3, 2)


def design(*edits: tuple[str, str]) -> Design:
    text = TEXT
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    found, findings = compile_design(loads(text), today=DAY)
    assert found is not None and not [item for item in findings if item.severity == "error"]
    return found


def desired(*edits: tuple[str, str]) -> Snapshot:
    found, findings = target.desire(design(*edits), lambda pointer: pointer)
    assert not [item for item in findings if item.severity == "error"]
    return found


KNOWN = "Salesforce knows it by its API name, which cannot change"


def held(field: str) -> str:
    return (
        f"{KNOWN}, and leads hold the old id in {field}: those with a running clock would get no further alerts, and "
        "reports would count them apart."
    )


@pytest.mark.parametrize(
    ("edits", "remade", "bearing"),
    [
        (
            [("id: demo_request", "id: trial\n    was: demo_request")],
            Remade("demo_request", "trial", held("STL_Lead_Type__c"), True),
            {"CustomMetadata:STL_Lead_Type.demo_request"},
        ),
        (
            [("\n  cro:", "\n  boss:"), ("[cro]", "[boss]"), ("{user: cro@", "{was: cro, user: cro@")],
            Remade("cro", "boss", f"{KNOWN}.", False),
            {"CustomMetadata:STL_Recipient.cro"},
        ),
    ],
)
def test_nothing_that_bears_an_id_is_kept(edits: list[tuple[str, str]], remade: Remade, bearing: set[str]) -> None:
    found = target.renamed(design(*edits))
    assert found.moved == {}
    assert {item: {str(address) for address in where} for item, where in found.remade.items()} == {remade: bearing}


def test_an_exclusion_has_no_name_in_the_org() -> None:
    found = target.renamed(design(("id: internal", "was: ours, id: internal")))
    assert (found.moved, found.remade) == ({}, {})


def test_a_design_without_renames_asks_for_nothing() -> None:
    found = target.renamed(design())
    assert (found.moved, found.remade) == ({}, {})


def needs(address: str) -> set[str]:
    snapshot = desired()
    return {str(found) for found in target.needs(snapshot.resources[Address.parse(address)], snapshot)}


def test_a_component_needs_what_it_names() -> None:
    assert needs("CustomMetadata:STL_Settings.Default") == {
        "CustomObject:STL_Settings__mdt",
        "CustomField:STL_Settings__mdt.Alerts_Live__c",
        "CustomField:STL_Settings__mdt.Silent_To__c",
    }
    assert needs("CustomField:STL_Settings__mdt.Silent_To__c") == {"CustomObject:STL_Settings__mdt"}
    assert "BusinessHours:STL us" in needs("CustomMetadata:STL_Lead_Type.demo_request")
    assert needs("Holiday:STL us 2026-12-24 Day off") == {"BusinessHours:STL us"}
    assert needs("CustomField:Lead.STL_Assigned_At__c") == set()
    timers = needs("Flow:STL_Lead_Timers")
    assert {"CustomNotificationType:STL_Alert", "CustomField:Lead.STL_SLA_Due_At__c"} <= timers
    assert {"CustomObject:STL_SLA_Step__mdt", "CustomObject:STL_Recipient__mdt"} <= timers
    assert "ApexClass:STL_Clock" in needs("ApexTrigger:STL_Lead_Clock")
    assert "CustomField:Lead.STL_Assigned_At__c" in needs("PermissionSet:STL_Speed_To_Lead")


def test_whatever_a_component_names_of_ours_is_there_when_it_is_deployed_first() -> None:
    """Closed under needs, every component of the example stands on its own: nothing it names is left out."""
    snapshot = desired()
    for resource in snapshot:
        words = str(resource.attributes)
        for other in snapshot:
            field = other.address.name.partition(".")[2]
            if other.address.kind == "CustomField" and other.address.name.startswith("Lead.") and field in words:
                assert other.address == resource.address or other.address in target.needs(resource, snapshot)


def at(address: str, **attributes: Any) -> Resource:
    return Resource(Address.parse(address), attributes)


def picklist(*values: str) -> dict[str, Any]:
    return {"type": "Picklist", "valueSet": {"valueSetDefinition": {"value": [{"fullName": item} for item in values]}}}


@pytest.mark.parametrize(
    ("before", "after", "risk"),
    [
        (at("CustomField:Lead.A__c", type="DateTime"), None, Risk.DATA),
        (at("CustomField:Lead.A__c", type="Number", formula="1"), None, Risk.BEHAVIOUR),
        (at("CustomField:X__mdt.A__c", type="Text"), None, Risk.BEHAVIOUR),
        (at("CustomObject:X__c"), None, Risk.DATA),
        (at("CustomObject:X__mdt"), None, Risk.BEHAVIOUR),
        (at("Flow:F"), None, Risk.BEHAVIOUR),
        (None, at("Flow:F"), Risk.CREATES),
        (at("CustomField:Lead.A__c", label="x"), at("CustomField:Lead.A__c", label="y"), Risk.COSMETIC),
        (at("CustomField:Lead.A__c", type="Text"), at("CustomField:Lead.A__c", type="Number"), Risk.DATA),
        (at("CustomField:Lead.A__c", **picklist("a", "b")), at("CustomField:Lead.A__c", **picklist("a")), Risk.DATA),
        (
            at("CustomField:Lead.A__c", **picklist("a")),
            at("CustomField:Lead.A__c", **picklist("a", "b")),
            Risk.BEHAVIOUR,
        ),
        (at("CustomField:Lead.A__c", length="255"), at("CustomField:Lead.A__c", length="80"), Risk.DATA),
        (at("CustomField:Lead.A__c", length="80"), at("CustomField:Lead.A__c", length="255"), Risk.BEHAVIOUR),
        (at("CustomField:Lead.A__c", scale=2), at("CustomField:Lead.A__c", scale=1), Risk.DATA),
        (
            at("CustomField:Lead.A__c", type="Number"),
            at("CustomField:Lead.A__c", type="Number", formula="1"),
            Risk.DATA,
        ),
        (
            at("CustomField:Lead.A__c", type="Number", formula="2"),
            at("CustomField:Lead.A__c", type="Number", formula="1"),
            Risk.BEHAVIOUR,
        ),
        (at("CustomMetadata:X.a", values=[1]), at("CustomMetadata:X.a", values=[2]), Risk.BEHAVIOUR),
    ],
)
def test_what_a_change_does_to_data(before: Resource | None, after: Resource | None, risk: Risk) -> None:
    change = Change(before, after, Cause.DESIGN)
    assert (target.weigh(change) or change.risk) is risk
