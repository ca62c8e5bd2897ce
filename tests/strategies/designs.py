"""Random designs, as documents: what an engineer might write, with hostile texts wherever free text may stand."""

from __future__ import annotations

from datetime import date
from typing import Any

import yaml
from hypothesis import strategies as st

from provisioner.document import Document, loads
from provisioner.model.compile import compile_design
from provisioner.model.design import Design

TODAY = date(2026, 3, 2)
HOSTILE = (
    "Demo", "O'Brien & Söhne <b>", '"quoted" \\ back', "{!$Record.Email}", "{{ names }}", "{% if x %}", "]]>",
    "{!$Api.Session_ID}",
    "emoji 🚀", "a, b; c", "--", "&amp;", "${x}", "x" * 70,
)  # fmt: skip
FIELDS = ("LeadSource", "Country", "Company", "Status", "Region__c", "NumberOfEmployees", "CreatedDate")

texts = st.sampled_from(HOSTILE)
compared = st.sampled_from([text for text in HOSTILE if "{!" not in text])  # a flow cannot compare with the others
numbers = st.integers(-5, 5000)


def tests_of(field: str) -> st.SearchStrategy[Any]:
    """What may stand behind one field in a `when`."""
    if field == "NumberOfEmployees":
        return st.one_of(
            st.fixed_dictionaries({"gte": numbers}),
            st.fixed_dictionaries({"lt": numbers}),
            st.just([1, 2, None]),
            st.fixed_dictionaries({"gt": numbers, "lte": numbers}),
        )
    if field == "CreatedDate":
        return st.sampled_from([{"gt": "2026-01-01"}, {"lte": "2026-05-01T10:00:00Z"}])
    values = st.lists(st.one_of(compared, st.none()), min_size=1, max_size=3, unique=True)
    return st.one_of(
        values,
        compared,
        st.fixed_dictionaries({"not_in": values}),
        st.fixed_dictionaries({"starts_with": compared}),
        st.fixed_dictionaries({"ends_with": compared}),
        st.fixed_dictionaries({"contains": compared}),
        st.fixed_dictionaries({"is_blank": st.booleans()}),
    )


@st.composite
def leaves(draw: st.DrawFn) -> dict[str, Any]:
    field = draw(st.sampled_from(FIELDS))
    return {field: draw(tests_of(field))}


conditions: st.SearchStrategy[dict[str, Any]] = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=6,
)

HOURS = {
    "us": {"timezone": "America/New_York", "open": {"mon-fri": "08:00-18:00"}, "holidays": {"extra": ["2026-12-24"]}},
    "all_week": {"timezone": "Asia/Kathmandu", "open": {"mon-sun": "00:00-24:00"}},
    "late": {"timezone": "Europe/London", "open": {"mon-thu": "10:00-23:30", "sat": "09:00-12:00"}},
}
RECIPIENTS = {
    "rep": {"role": "record_owner"},
    "manager": {"role": "owner_manager", "otherwise": {"user": "oneil+x@acme.example"}},
    "boss": {"role": "owner_manager"},
    "cro": {"user": "cro@acme.example"},
    "on_call": {"group": "SDR_On_Call"},
    "backup": {"queue": "SDR_Backup", "create": True},
    "elsewhere": {"queue": "Other_Queue"},
}


@st.composite
def steps(draw: st.DrawFn, business: bool) -> list[dict[str, Any]]:
    """In order: before due, at due, after due; each step with what it does."""
    after = ["due + 30m", "due + 2h"] + (["due + 1bd"] if business else ["due + 1d"])
    at = ["33.5%", "50%", "80%"][: draw(st.integers(0, 3))] + draw(st.sampled_from([[], ["due"]]))
    at += after[: draw(st.integers(0, 3))]
    found = []
    for moment in at or ["due"]:
        step: dict[str, Any] = {"at": moment}
        if draw(st.booleans()):
            told = [*RECIPIENTS, "channel"]
            step["notify"] = draw(st.lists(st.sampled_from(told), min_size=1, max_size=3, unique=True))
            step["via"] = draw(st.sampled_from([["bell"], ["bell", "email"], ["email"], ["bell", "slack"]]))
        if draw(st.integers(0, 3)) == 0:
            step["task"] = "Call {lead.name} of {company} " + draw(texts) + " for {rep}: {lead_type}"
        if draw(st.integers(0, 3)) == 0:
            step["reassign_to"] = draw(st.sampled_from(["backup", "cro", "elsewhere"]))
        if draw(st.integers(0, 3)) == 0:
            step["status"] = draw(st.sampled_from(["at_risk", "breached", "escalated"]))
        found.append(step)
    return found


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A whole document for Salesforce leads; compile it with `compiled`."""
    escalation = {"urgent": draw(steps(True)), "round_the_clock": draw(steps(False))}
    lead_types = []
    for place in range(draw(st.integers(1, 4))):
        business = draw(st.booleans())
        entry: dict[str, Any] = {"id": f"type_{place}", "label": draw(texts), "when": draw(conditions)}
        entry["clock"] = "business" if business else "calendar"
        if business:
            entry["hours"] = draw(st.sampled_from(list(HOURS)))
        entry["sla"] = draw(
            st.sampled_from(["5m", "1h30m", "7h", *(["same_business_day", "1bd"] if business else ["2d"])])
        )
        if draw(st.booleans()):
            entry["escalation"] = "urgent" if business else "round_the_clock"
        if business and draw(st.integers(0, 3)) == 0:
            told = draw(st.lists(st.sampled_from([*RECIPIENTS, "channel"]), min_size=1, max_size=3, unique=True))
            entry["after_hours"] = {"clock": "calendar", "sla": "1h", "notify": told}
        lead_types.append(entry)
    exclusions = [{"id": f"ex_{place}", "when": draw(conditions)} for place in range(draw(st.integers(0, 2)))]
    types = draw(st.lists(st.sampled_from(["call", "email", "linkedin", "meeting"]), min_size=1, unique=True))
    engagement = draw(st.sampled_from([["CreatedDate"], ["Form_Submitted_At__c"], ["Form_At__c", "CreatedDate"]]))
    touch = {"types": types, "ignore_users": draw(st.sampled_from([[], ["bot@acme.example", "bot+1@acme.example"]]))}
    content = ["lead.name", "lead_type", "company", "rep", "sla", "elapsed", "link"]
    return {
        "apiVersion": "provisioner/v1",
        "design": "random-design",
        "client": draw(texts),
        "target": {
            "platform": "salesforce",
            "object": "Lead",
            "prefix": draw(st.sampled_from(["STL", "a", "Abcdefghi9"])),
            "slack_app_id": "A0123456789",
            "slack_workspace_id": "T0123456789",
        },
        "telemetry": {"engagement": engagement, "first_touch": touch},
        "business_hours": HOURS,
        "lead_types": lead_types,
        "unmatched": {"track_as": draw(st.sampled_from(["none", "type_0"]))},
        "escalation": escalation,
        "recipients": RECIPIENTS | {"channel": {"slack": "C0123456789"}},
        "alerts": {
            "mode": draw(st.sampled_from(["silent", "live"])),
            "silent_to": "qa@acme.example",
            "content": draw(st.lists(st.sampled_from(content), min_size=1, unique=True)),
            "quiet": [{"id": f"quiet_{place}", "when": draw(conditions)} for place in range(draw(st.integers(0, 2)))],
        },
        "exclusions": exclusions,
        "assignment": {
            "on_reassign": draw(st.sampled_from(["restart", "keep"])),
            "queue_starts_clock": draw(st.booleans()),
        },
    }


def read(document: dict[str, Any]) -> Document:
    return loads(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), "design.yaml")


def compiled(document: dict[str, Any]) -> Design:
    """The design of a document that can be built; AssertionError with the findings otherwise."""
    design, findings = compile_design(read(document), today=TODAY)
    assert design is not None, [f"{item.code} {item.location}: {item.detail}" for item in findings]
    return design


designs = documents().map(compiled)
