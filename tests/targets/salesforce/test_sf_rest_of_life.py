"""What a design may ask for beyond the clock: rendered where it asks, absent where it does not."""

from __future__ import annotations

from typing import Any

import contract
import pytest
from strategies.designs import compiled
from test_sf_render import example, files, snapshot

from provisioner.model.design import Design
from provisioner.resources import Address, Resource
from provisioner.targets.salesforce.compare import compare
from provisioner.targets.salesforce.theirs import with_theirs

SURGE = {"surge": {"when": "daily volume > 2x 30-day average", "factor": 1.5}}
SWITCH = Address("CustomMetadata", "STL_Switch.Surge")


def rich(**more: Any) -> Design:
    document = example() | SURGE | more
    document["lead_types"][0]["follow_up"] = {"touches": 6, "within": "2bd"}
    return compiled(document)


@pytest.fixture(scope="module", params=[contract.OLDER, contract.CURRENT], ids=["63", "66"])
def schema(request: pytest.FixtureRequest) -> Any:
    if not request.param.exists():
        pytest.skip("the vendor's contract files are not beside this checkout")
    return contract.schema(request.param)


def test_all_of_it_is_valid_metadata(schema: Any) -> None:
    assert contract.problems(schema, files(rich())) == []


def test_surge_and_follow_up_bring_these_things_and_no_others() -> None:
    before, after = snapshot(compiled(example())).resources, snapshot(rich()).resources
    assert {str(address) for address in after.keys() - before.keys()} == {
        "CustomField:Activity.STL_Touch_Cycle__c",
        "CustomField:Lead.STL_Follow_Up_Completed_At__c", "CustomField:Lead.STL_Follow_Up_Due_At__c",
        "CustomField:Lead.STL_Follow_Up_Status__c", "CustomField:Lead.STL_Follow_Up_Touches__c",
        "CustomField:Lead.STL_Surge_Factor__c", "CustomField:Lead.STL_Touch_Count__c",
        "CustomField:STL_Lead_Type__mdt.Follow_Up_Minutes__c", "CustomField:STL_Lead_Type__mdt.Follow_Up_Touches__c",
        "CustomField:STL_Settings__mdt.Surge_Factor__c", "CustomField:STL_Switch__mdt.Active__c",
        "CustomMetadata:STL_Switch.Surge", "CustomObject:STL_Switch__mdt",
    }  # fmt: skip
    assert before.keys() - after.keys() == set()


def cells(design: Design, record: str) -> dict[str, Any]:
    found = snapshot(design).resources[Address("CustomMetadata", record)].attributes["values"]
    return {row["field"]: row["value"] for row in found}


def test_the_records_hold_what_was_promised() -> None:
    """The first lead type promises within two business days of its calendar; the others ask for nothing."""
    design = rich()
    day = int(cells(design, "STL_Lead_Type.emea_demo")["Business_Day_Minutes__c"])
    assert cells(design, "STL_Lead_Type.emea_demo")["Follow_Up_Minutes__c"] == str(2 * day)
    assert cells(design, "STL_Lead_Type.emea_demo")["Follow_Up_Touches__c"] == "6"
    assert cells(design, "STL_Lead_Type.content_mql")["Follow_Up_Minutes__c"] is None
    assert cells(design, "STL_Settings.Default")["Surge_Factor__c"] == "1.5"
    assert cells(design, "STL_Switch.Surge") == {"Active__c": "false"}


def switch(active: str, label: str = "Surge") -> Resource:
    row = {"field": "Active__c", "type": "boolean", "value": active}
    return Resource(SWITCH, {"label": label, "protected": "false", "values": [row]})


def test_whether_the_switch_is_on_is_theirs() -> None:
    ours, live = switch("false"), switch("true")
    assert compare(ours, live).attributes == ours.attributes
    assert compare(ours, switch("true", "Rush")).attributes == switch("false", "Rush").attributes
    assert with_theirs(ours, switch("true", "Rush")) == switch("true", "Surge")


def test_other_records_of_that_field_are_ours() -> None:
    def other(active: str) -> Resource:
        return Resource(Address("CustomMetadata", "STL_Settings.Default"), switch(active).attributes)

    assert compare(other("false"), other("true")).attributes == other("true").attributes
    assert with_theirs(other("false"), other("true")) == other("false")
