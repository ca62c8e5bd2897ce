"""Designs for HubSpot: the example, a small one with calendar clocks, and random ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st
from strategies.designs import compiled, texts

from provisioner.document import load
from provisioner.model.compile import compile_design
from provisioner.model.design import Design

EXAMPLE = Path(__file__).parents[3] / "examples" / "acme-hubspot.yaml"
TODAY = date(2026, 3, 2)
TRAINED = {"sales_trained_on": "2026-01-05", "leadership_trained_on": "2026-01-05"}


def example() -> dict[str, Any]:
    """The example as plain data (YAML 1.1 turned days into dates; the document has texts)."""
    found: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))

    def stringly(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: stringly(item) for key, item in value.items()}
        if isinstance(value, list):
            return [stringly(item) for item in value]
        return value.isoformat() if isinstance(value, date) else value

    data: dict[str, Any] = stringly(found)
    return data


def acme() -> Design:
    design, _ = compile_design(load(EXAMPLE), today=TODAY)
    assert design is not None
    return design


def small(mode: str = "silent", on_reassign: str = "restart") -> dict[str, Any]:
    """Two lead types on the calendar clock, with every kind of step."""
    return {
        "apiVersion": "provisioner/v1",
        "design": "small",
        "client": "Small",
        "target": {
            "platform": "hubspot", "object": "contacts", "prefix": "STL", "expect": {"portal_id": 1},
            "fields": {"enquiry_type": "enumeration"},
        },
        "telemetry": {
            "engagement": ["recent_conversion_date", "createdate"],
            "first_touch": {"types": ["call"], "ignore_users": ["bot@acme.example"]},
        },
        "lead_types": [
            {"id": "demo", "label": "Demo", "when": {"enquiry_type": ["demo"]}, "sla": "10m", "escalation": "urgent"},
            {"id": "slow", "label": "Slow", "when": {"enquiry_type": ["slow"]}, "sla": "4h", "escalation": "calm"},
        ],
        "unmatched": {"track_as": "none"},
        "escalation": {
            "urgent": [
                {"at": "50%", "notify": ["rep"], "via": ["bell"], "status": "at_risk"},
                {"at": "due", "notify": ["rep", "cro"], "via": ["bell", "email"]},
                {"at": "due + 30m", "notify": ["cro"], "via": ["email"], "task": "Call {lead.name}"},
                {"at": "due + 2h", "notify": ["cro"], "via": ["email"], "reassign_to": "cro"},
            ],
            "calm": [{"at": "80%", "notify": ["rep"], "via": ["email"], "status": "at_risk"}],
        },
        "recipients": {
            "rep": {"role": "record_owner"}, "cro": {"user": "cro@acme.example"},
        },
        "alerts": {"mode": mode, "silent_to": "qa@acme.example"},
        "exclusions": [{"id": "junk", "when": {"hs_lead_status": ["UNQUALIFIED"]}}],
        "assignment": {"on_reassign": on_reassign},
        **({"enablement": TRAINED} if mode == "live" else {}),
    }  # fmt: skip


FIELDS = ("enquiry_type", "company", "number_of_employees", "hs_email_optout", "signed_at")
HOURS = {
    "us": {"timezone": "America/New_York", "open": {"mon-fri": "08:00-18:00"}, "holidays": {"extra": ["2026-12-24"]}},
    "all_week": {"timezone": "Asia/Kathmandu", "open": {"mon-sun": "00:00-24:00"}},
    "late": {"timezone": "Europe/London", "open": {"mon-thu": ["10:00-13:00", "14:00-23:30"], "sat": "09:00-12:00"}},
}


def tests_of(field: str) -> st.SearchStrategy[Any]:
    """What may stand behind one property, as far as HubSpot has filters for it."""
    if field == "number_of_employees":
        return st.sampled_from([{"gte": 1000}, {"lt": 5}, [1, 2, None], {"not_in": [3]}, {"is_blank": True}])
    if field == "signed_at":
        return st.sampled_from([{"gt": "2026-01-01"}, {"lte": "2026-05-01T10:00:00Z"}, {"is_blank": False}])
    if field == "hs_email_optout":
        return st.sampled_from([[True], {"not_in": [True]}, [False, None]])
    values = st.lists(st.one_of(texts, st.none()), min_size=1, max_size=3, unique=True)
    common = [values, st.fixed_dictionaries({"not_in": values}), st.fixed_dictionaries({"is_blank": st.booleans()})]
    if field == "company":
        common.append(st.fixed_dictionaries({"contains": texts}))
    return st.one_of(common)


@st.composite
def leaves(draw: st.DrawFn) -> dict[str, Any]:
    field = draw(st.sampled_from(FIELDS))
    return {field: draw(tests_of(field))}


conditions: st.SearchStrategy[dict[str, Any]] = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=4,
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document that HubSpot can deploy, with hostile texts wherever free text may stand."""
    document = small(draw(st.sampled_from(["silent", "live"])), draw(st.sampled_from(["restart", "keep"])))
    document["client"] = draw(texts)
    document["target"] |= {"timezone": "America/New_York", "prefix": draw(st.sampled_from(["STL", "a", "Abcdefghi9"]))}
    document["target"]["fields"] |= {"number_of_employees": "number", "signed_at": "datetime"}
    document["business_hours"] = HOURS
    document["lead_types"] = []
    for place in range(draw(st.integers(1, 3))):
        business = draw(st.booleans())
        slas = ["5m", "1h30m", "7h", *(["same_business_day", "1bd"] if business else ["2d"])]
        entry: dict[str, Any] = {
            "id": f"type_{place}", "label": draw(texts), "when": draw(conditions), "sla": draw(st.sampled_from(slas)),
            "clock": "business" if business else "calendar",
            "escalation": draw(st.sampled_from(["urgent", "calm"])),
        }  # fmt: skip
        if business:
            entry["hours"] = draw(st.sampled_from(list(HOURS)))
        document["lead_types"].append(entry)
    document["escalation"]["urgent"][2]["task"] = "Call {lead.name} of {company} " + draw(texts)
    document["exclusions"] = [
        {"id": f"ex_{place}", "when": draw(conditions)} for place in range(draw(st.integers(0, 2)))
    ]
    document["unmatched"]["track_as"] = draw(st.sampled_from(["none", "type_0"]))
    return document


designs = documents().map(compiled)
