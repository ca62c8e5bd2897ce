"""A HubSpot account in which somebody renames the options that stages and exclusions name; and leads in pipelines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from equivalence.portal import Portal

from provisioner.connections import Connection
from provisioner.document import loads
from provisioner.facts import Choice, Option, Scope
from provisioner.model.compile import compile_design
from provisioner.secrets import Secret
from provisioner.targets.hubspot.audit import choices
from provisioner.targets.hubspot.session import connect

from .drift_bench import Ran
from .hubspot_org import REPS, HubSpotOrg

STATUS = "contacts/hs_lead_status"
STAGES = (
    "telemetry:\n",
    "telemetry:\n  stages:\n    field: hs_lead_status\n    values: {working: IN_PROGRESS, disqualified: UNQUALIFIED}\n",
)


@dataclass
class Told:
    org: HubSpotOrg
    stages: dict[str, Ran] = field(default_factory=dict)

    def audit(self, stage: str) -> None:
        self.stages[stage] = self.org.desk.drift(self.org.now, "--only", "L110", file="staged.yaml")


LEADS = Path(__file__).parents[2] / "examples" / "acme-hubspot-leads.yaml"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    org = HubSpotOrg(tmp_path_factory.mktemp("renamed"))
    found = Told(org)
    try:
        org.born()
        org.desk.write(org.desk.edited(STAGES), "staged.yaml")
        found.audit("applied")
        for _ in range(3):
            org.create([("webinar", REPS[0])], hs_lead_status="UNQUALIFIED")
        _change(org, "UNQUALIFIED", hidden=True)
        options = _options(org)
        options.append({"label": "Unqualified", "value": "UNQUALIFIED_2", "hidden": False, "displayOrder": 90})
        org.edit(property=STATUS, changes={"options": options}, by="777")
        for _ in range(2):
            org.create([("webinar", REPS[0])], hs_lead_status="UNQUALIFIED_2")
        org.forward(minutes=5)
        found.audit("renamed")
        yield found
    finally:
        org.close()


def _options(org: HubSpotOrg) -> list[dict[str, Any]]:
    found = org.call("GET", f"/crm/v3/properties/{STATUS}")["options"]
    return [dict(option) for option in found]


def _change(org: HubSpotOrg, value: str, **changes: Any) -> None:
    options = [option | changes if option["value"] == value else option for option in _options(org)]
    org.edit(property=STATUS, changes={"options": options}, by="777")


def test_where_every_option_is_offered_nothing_is_found(told: Told) -> None:
    assert (told.stages["applied"].code, told.stages["applied"].keys) == (0, set())


def test_an_option_that_was_hidden_and_made_anew_is_found_with_its_leads(told: Told) -> None:
    ran = told.stages["renamed"]
    assert (ran.code, ran.keys, ran.unchecked) == (3, {("L110", "hs_lead_status: UNQUALIFIED")}, set())
    found = ran.findings["L110", "hs_lead_status: UNQUALIFIED"]
    assert found["severity"] == "error"
    assert found["detail"].endswith(
        "name “UNQUALIFIED”; Lead status (hs_lead_status) does not offer it any more: it is switched off. 3 "
        f"leads since {ran.report['since'][:10]} have it. It offers “UNQUALIFIED_2”, which 2 leads have; the design "
        "does not name that."
    )
    assert (found["proposal"]["value"], found["proposal"]["confidence"]) == ("UNQUALIFIED_2", 0.98)  # of one label
    asked = found["evidence"]["query"]
    assert found["evidence"]["count"] == 3
    assert asked.startswith("POST /crm/v3/objects/contacts/search ") and '"value": "UNQUALIFIED"' in asked


def test_too_many_leads_to_read_are_counted_by_value(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    from provisioner.targets.hubspot.session import audit

    monkeypatch.setattr(audit._Whole, "read", classmethod(lambda cls, *_: cls(None, None)))
    ran = told.org.desk.drift(told.org.now, "--only", "L110", file="staged.yaml")
    assert ran.findings == told.stages["renamed"].findings
    monkeypatch.setattr(choices, "SEARCHED_MOST", 1)
    ran = told.org.desk.drift(told.org.now, "--only", "L110", file="staged.yaml")
    found = ran.findings["L110", "hs_lead_status: UNQUALIFIED"]
    assert "How many leads have it was not counted." in found["detail"]
    assert found["severity"] == "warning"


def test_the_stages_of_leads_are_those_of_the_pipelines() -> None:
    """A stage is named by its id; the property lists none."""
    portal = Portal()
    try:
        seed = [{"object": "leads", "label": "Inbound", "stages": ["New", "Lost"]}]
        pipeline = portal.door("seed", {"pipelines": seed})["pipelines"][0]["id"]
        stages = portal.call("GET", "/crm/v3/pipelines/leads")["results"][0]["stages"]
        found = {choice.field: choice for choice in _choices(portal, stages[0]["id"], pipeline)}
    finally:
        portal.close()
    assert found["hs_pipeline_stage"].options == tuple(Option(stage["id"], stage["label"]) for stage in stages)
    assert [stage["label"] for stage in stages] == ["New", "Lost"]
    assert found["hs_pipeline"].options == (Option(pipeline, "Inbound"),)
    assert found["hs_pipeline"].counts is None  # everything is offered: nobody has to count
    assert dict(found["hs_pipeline_stage"].counts or {}) == {}


def _choices(portal: Portal, stage: str, pipeline: str) -> tuple[Choice, ...]:
    """Of a design with a stage that is there and one that is not."""
    text = LEADS.read_text(encoding="utf-8").replace(
        "telemetry:\n",
        f'telemetry:\n  stages: {{field: hs_pipeline_stage, values: {{new: "{stage}", disqualified: "gone-stage"}}}}\n',
    )
    text = text.replace("exclusions:", f'exclusions:\n  - {{id: other, when: {{hs_pipeline: ["{pipeline}"]}}}}\n#')
    design, findings = compile_design(loads(text), today=date(2026, 2, 2))
    assert design is not None, findings
    auth: dict[str, str | Secret] = {"method": "access_token", "access_token": Secret(portal.token)}
    session = connect(Connection("p", "hubspot", auth, instance_url=portal.url, timeout_seconds=30.0), read_only=True)
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    facts = session.audit(design, Scope(now, now - timedelta(days=30), ("hs_lead_label",)))
    session.close()
    assert facts.choices is not None
    return facts.choices
