"""The steps that people do: which of them a design asks for, and what they say."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from provisioner.document import load
from provisioner.model.compile import compile_design
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.registry import load_target
from provisioner.targets.salesforce import target
from provisioner.targets.salesforce.package import artifacts

EXAMPLES = Path(__file__).parents[3] / "examples"


def wanted(name: str) -> Snapshot:
    document = load(EXAMPLES / f"{name}-salesforce.yaml")
    design, _ = compile_design(document, today=date(2026, 3, 2))
    assert design is not None
    return target.desire(design, document.locate)[0]


def steps(name: str) -> dict[str, Resource]:
    return {item.address.name: item for item in wanted(name) if item.address.is_by_hand}


SMALL = {"default_workflow_user", "permission_set", "queue_members"}
LARGE = SMALL | {"convert_settings", "page_layouts", "record_types", "report_folders"}


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("starter", SMALL),
        ("acme", LARGE),
        ("four-tier", LARGE - {"convert_settings"}),
        ("global", LARGE | {"slack_app"}),
    ],
)
def test_only_what_the_design_asks_for(name: str, names: set[str]) -> None:
    found = steps(name)
    assert found.keys() == names
    for step in found.values():
        assert step.attributes.keys() == {"title", "why", "steps", "filters", "measures", "link", "needs"}
        assert step.attributes["title"] and step.attributes["why"].endswith(".") and len(step.attributes["steps"]) > 1
        assert all(click.endswith(".") for click in step.attributes["steps"]), step.address


def test_a_step_relies_on_what_is_deployed() -> None:
    everything = wanted("global")
    for name, step in steps("global").items():
        needed = [Address.parse(text) for text in step.attributes["needs"]]
        assert needed and set(needed) <= everything.resources.keys(), name
        assert load_target("salesforce").needs(step, everything) == set(needed)  # what `--target` brings along
    assert steps("acme")["page_layouts"].attributes["needs"] == {
        "CustomField:Lead.STL_Breach_Reason__c": [],
        "CustomField:Lead.STL_Rejection_Reason__c": [],
    }


def test_what_the_clicks_name_is_what_the_org_shows() -> None:
    found = steps("global")
    said = {name: " ".join(step.attributes["steps"]) for name, step in found.items()}
    assert "No budget, No authority, No need, Bad timing, Competitor" in said["record_types"]
    assert "Under Picklists Available for Editing, click Edit beside Rejection Reason" in said["record_types"]
    assert "Salesforce for Slack, and needs a licence" in said["slack_app"]
    assert re.search(r"In Slack, invite the app to C[A-Z0-9]+: /invite", said["slack_app"])
    assert found["permission_set"].attributes["title"].startswith("Assign the permission set ")


def test_no_package_holds_a_step() -> None:
    everything = wanted("acme")
    without = [item for item in everything if not item.address.is_by_hand]
    assert artifacts(everything) == artifacts(without)
