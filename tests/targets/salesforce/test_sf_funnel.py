"""What counts as having come as far as a stage, in formulas."""

from __future__ import annotations

from datetime import date

import pytest
import yaml
from lxml import etree
from test_sf_render import example

from provisioner.document import loads
from provisioner.model.compile import compile_design
from provisioner.targets.salesforce.desire import render
from provisioner.targets.salesforce.package import artifacts

NS = {"m": "http://soap.sforce.com/2006/04/metadata"}


def formula(name: str, field: str, values: dict[str, str]) -> str:
    """The formula of one of our fields, for these stages."""
    document = example()
    document["telemetry"]["stages"] = {"field": field, "values": values}
    document["reports"] = {"folder": "F", "include": ["conversion_funnel"]}
    design, findings = compile_design(loads(yaml.safe_dump(document), "acme.yaml"), today=date(2026, 3, 2))
    assert design is not None, findings
    (lead,) = (item.content for item in artifacts(render(design)) if item.path == "objects/Lead.object")
    (found,) = etree.fromstring(lead).findall(f"m:fields[m:fullName='{name}']/m:formula", NS)
    return " ".join(str(found.text).split())


def test_a_converted_lead_came_as_far_as_its_status_says() -> None:
    values = {"mql": "Marketing Qualified", "won": "Closed - Converted"}
    assert formula("STL_Mql_Reached__c", field="Status", values=values) == (
        "IF(AND(ISBLANK(STL_Mql_At__c), ISBLANK(STL_Won_At__c) , NOT(AND(IsConverted, OR("
        'TEXT(Status) = "Marketing Qualified", TEXT(Status) = "Closed - Converted" ))) ), 0, 1)'
    )
    assert formula("STL_Won_Reached__c", field="Status", values=values) == (
        'IF(AND(ISBLANK(STL_Won_At__c) , NOT(AND(IsConverted, TEXT(Status) = "Closed - Converted" )) ), 0, 1)'
    )


def test_a_stage_field_of_the_clients_own_is_left_as_it_is_by_a_conversion() -> None:
    found = formula("STL_Won_Reached__c", field="Stage__c", values={"won": "Won"})
    assert found == "IF(AND(ISBLANK(STL_Won_At__c) ), 0, 1)"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('Say "hi" & <go>', '"Say \\"hi\\" & <go>"'),
        ("]]></formula>{!$User.Id}", '"]" & "]></formula>{" & "!$User.Id}"'),
    ],
)
def test_a_value_stays_a_value(value: str, said: str) -> None:
    assert f"TEXT(Status) = {said} " in formula("STL_Won_Reached__c", field="Status", values={"won": value})
