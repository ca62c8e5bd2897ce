"""`explain` fills in the defaults, and says nothing else than the design did."""

import dataclasses
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from provisioner.document import load, loads
from provisioner.document.shape import check, design_schema
from provisioner.model.compile import compile_design, explain
from provisioner.model.design import Design

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "starter-salesforce.yaml"
TODAY = date(2026, 3, 2)
GOOD = [EXAMPLE, *sorted((ROOT / "tests" / "cases" / "designs").glob("good_*.yaml"))]


def without_places(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: without_places(getattr(value, f.name)) for f in dataclasses.fields(value) if f.name != "at"}
        return {"": type(value).__name__, **fields}
    if isinstance(value, dict):
        return {key: without_places(item) for key, item in value.items()}
    return [without_places(item) for item in value] if isinstance(value, tuple | list) else value


def compiled(data: Any) -> Design:
    design, findings = compile_design(loads(json.dumps(data, ensure_ascii=False)), today=TODAY)
    assert design is not None, findings
    return design


def test_the_example_has_no_findings() -> None:
    design, findings = compile_design(load(EXAMPLE), today=TODAY)
    assert findings == []
    assert design is not None
    assert design.id == "acme-speed-to-lead"
    assert [item.id for item in design.lead_types] == [
        "emea_demo", "demo_request", "enterprise_inquiry", "event_attendee", "content_mql",
    ]  # fmt: skip
    assert design.target.expect == {"org_id": "00D000000000001AAA", "sandbox": True}
    assert design.recipients["backup_queue"].create is True
    assert design.business_hours["emea"].business_day == 600


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_explaining_is_a_fixed_point(file: Path) -> None:
    first, _ = compile_design(load(file), today=TODAY)
    assert first is not None
    again = compiled(explain(first))
    assert without_places(again) == without_places(first)
    assert explain(again) == explain(first)


def everything() -> dict[str, Any]:
    """A design that says everything the schema knows: the examples of the schema, made to fit together."""
    data = {name: part["examples"][0] for name, part in design_schema()["properties"].items()}
    data |= {
        "target": {"platform": "salesforce", "object": "Lead", "prefix": "STL", "api_version": "66.0",
                   "slack_app_id": "A0123456789", "slack_workspace_id": "T0123456789",
                   "accept": ["surge"], "expect": {"org_id": "00D000000000001AAA", "sandbox": True}},
        "telemetry": {"engagement": ["Form__c", "CreatedDate"],
                      "first_touch": {"types": ["call"], "ignore_users": ["bot@acme.example"]},
                      "stages": {"field": "Status", "values": {"sql": "Sales Qualified", "recycled": "Recycled"},
                                 "history": True},
                      "conversion": {"to": ["opportunity"]}},
        "contacts": {"owner": "a@acme.example", "handoff": "b@acme.example"},
        "business_hours": {"us": {"timezone": "America/New_York", "business_day": "8h",
                                  "open": {"mon-thu": ["08:00-12:00", "13:00-18:00"], "fri": "closed"},
                                  "holidays": {"country": "US", "subdivision": "CA", "from": 2026, "years": 2,
                                               "extra": ["2026-12-24", {"date": "2026-12-31", "name": "Eve"}]}}},
        "lead_types": [{"id": "demo", "was": ["trial", "test"], "label": "Demo!", "hand_raiser": True,
                        "when": {"A": ["x", None]}, "sla": "1bd 2h",
                        "clock": "business", "hours": "us", "escalation": "urgent",
                        "after_hours": {"clock": "calendar", "sla": "1h", "notify": ["call"]},
                        "follow_up": {"touches": 6, "within": "48h"}}],
        "unmatched": {"track_as": "demo", "report": False},
        "escalation": {"urgent": [{"at": "33.5%", "status": "at_risk", "task": "Call {lead.name}"},
                                  {"at": "due + 1bd", "notify": ["rep", "call"], "via": ["bell"],
                                   "reassign_to": "queue"}],
                       "calm": {"was": "slow", "steps": [{"at": "due"}]}},
        "recipients": {"rep": {"role": "owner_manager", "otherwise": {"user": "m@acme.example"}},
                       "call": {"group": "G"},
                       "queue": {"queue": "Q", "create": True, "was": "pool"}, "boss": {"user": "u@acme.example"},
                       "room": {"slack": "C0123456789"}},
        "alerts": {"mode": "live", "silent_to": "qa@acme.example", "content": ["sla"],
                   "quiet": [{"id": "in_talks", "when": {"Status": ["Working"]}}]},
        "surge": {"when": "a trade fair", "factor": 1.5},
        "reports": {"folder": "Speed", "include": ["trend", "leakage"], "dashboard": True,
                    "dashboards": [{"id": "emea", "label": "EMEA", "lead_types": ["demo"]}]},
        "enablement": {"sales_trained_on": "2026-01-01", "leadership_trained_on": None, "silent_since": "2026-01-02",
                       "silent_days": 5},
        "exclusions": [{"id": "internal", "when": {"not": {"B": {"gte": "2026-01-01"}}}}],
        "targets": {"compliance": {"good": "85%", "red": "75%"},
                    "systems_delay": {"good": "5m", "yellow": "10m", "red": "15m", "critical": "1d"}},
        "assignment": {"on_reassign": "keep", "queue_starts_clock": True},
    }  # fmt: skip
    return data


def leaves(value: Any, pointer: str = "") -> dict[str, Any]:
    if isinstance(value, dict) and value:
        return {p: v for key, item in value.items() for p, v in leaves(item, f"{pointer}/{key}").items()}
    if isinstance(value, list) and value:
        return {p: v for index, item in enumerate(value) for p, v in leaves(item, f"{pointer}/{index}").items()}
    return {pointer: value}


def test_every_property_of_the_schema_lands_in_the_model() -> None:
    """What the document says comes out of the model again; days and condition values are written in their full form."""
    data = everything()
    assert check(loads(json.dumps(data))) == []
    said, found = leaves(data), leaves(explain(compiled(data)))
    rewritten = {p for p in said if p.startswith(("/business_hours/us/open/", "/business_hours/us/holidays/extra"))}
    assert {p: v for p, v in said.items() if p not in rewritten and found.get(p, "lost") != v} == {
        "/business_hours/us/business_day": "8h",  # told in minutes
    }
    open_days = explain(compiled(data))["business_hours"]["us"]
    assert open_days["open"]["thu"] == ["08:00-12:00", "13:00-18:00"]
    assert open_days["open"]["fri"] == "closed"
    assert open_days["business_day"] == "480m"
    assert open_days["holidays"]["extra"] == [
        {"date": "2026-12-24", "name": "Day off"},
        {"date": "2026-12-31", "name": "Eve"},
    ]


def properties(schema: Any, root: Any, seen: tuple[str, ...] = ()) -> set[str]:
    """Every property name of the document, with its section; conditions excepted, they are a language of their own."""
    if "$ref" in schema:
        schema = {**root["$defs"][schema["$ref"].rpartition("/")[2]], **schema}
    if not isinstance(schema, dict) or schema.get("x-checked-by"):
        return set()
    found: set[str] = set()
    for name, part in schema.get("properties", {}).items():
        found.add("/".join((*seen, name)))
        found |= properties(part, root, (*seen, name))
    below = [schema.get("items"), schema.get("additionalProperties"), *schema.get("anyOf", ())]
    for part in below:
        if isinstance(part, dict):
            found |= properties(part, root, (*seen, "*"))
    return found


def test_the_design_that_says_everything_leaves_nothing_out() -> None:
    data = everything()
    data["recipients"]["rep2"] = {"role": "record_owner"}

    def said(value: Any, schema_path: str) -> set[str]:
        if isinstance(value, dict):
            names = {f"{schema_path}/{key}".lstrip("/") for key in value}
            return names.union(*(said(item, f"{schema_path}/{key}") for key, item in value.items()))
        return set().union(*(said(item, f"{schema_path}/*") for item in value)) if isinstance(value, list) else set()

    def last(paths: set[str]) -> set[str]:
        return {path.rpartition("/")[2] for path in paths}

    assert last(properties(design_schema(), design_schema())) - last(said(data, "")) == {
        "portal_id",
        "features",
        "fields",
        "slack_action_version",
    }  # of the other platform


def test_defaults_are_filled_in() -> None:
    found = explain(
        compiled(
            {
                "apiVersion": "provisioner/v1",
                "design": "acme",
                "client": "Acme",
                "target": {"platform": "salesforce", "object": "Lead", "prefix": "STL"},
                "lead_types": [{"id": "demo_request", "when": {"A": "x"}, "sla": "5m"}],
                "escalation": {"urgent": [{"at": "due", "notify": ["rep"]}]},
                "recipients": {"rep": {"role": "record_owner"}},
                "alerts": {"mode": "silent", "silent_to": "qa@acme.example"},
            }
        )
    )
    assert found == {
        "apiVersion": "provisioner/v1",
        "design": "acme",
        "client": "Acme",
        "target": {"platform": "salesforce", "object": "Lead", "prefix": "STL"},
        "telemetry": {
            "engagement": ["CreatedDate"],
            "first_touch": {"types": ["call", "email", "linkedin", "meeting"], "ignore_users": []},
        },
        "lead_types": [
            {
                "id": "demo_request",
                "label": "Demo request",
                "hand_raiser": False,
                "when": {"A": ["x"]},
                "sla": "5m",
                "clock": "calendar",
            }
        ],
        "unmatched": {"track_as": "none", "report": True},
        "escalation": {"urgent": [{"at": "due", "notify": ["rep"], "via": ["email"]}]},
        "recipients": {"rep": {"role": "record_owner"}},
        "alerts": {
            "mode": "silent",
            "silent_to": "qa@acme.example",
            "content": ["lead.name", "lead_type", "company", "rep", "sla", "elapsed", "link"],
        },
        "exclusions": [],
        "assignment": {"on_reassign": "restart", "queue_starts_clock": False},
    }
