"""The two objects that can hold leads, and what HubSpot knows of each.
[docs] reference/hubspot.md 3.1, 3.2, 4.2, 4.7

A contact comes again, so its last contact is compared with its engagement; a lead of the lead object is one enquiry and
has one first outreach that never changes, so it has one cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from provisioner.model.design import Design, TouchType

Kind = Literal["text", "enumeration", "number", "bool", "datetime"]


@dataclass(frozen=True, slots=True)
class LeadObject:
    """`contacted`: the instant that tells a contact; `comes_again`: whether it moves with every contact, so that a
    later enquiry can be a cycle of its own. `lead_name` and `company` are how texts name a lead (None: not known).
    `touches`: touch type → the option, or the counter, that tells it."""

    path: str
    type_id: str
    flow_type: str
    word: str  # one record, as people read it
    words: str
    created_at: str
    contacted: str
    comes_again: bool
    lead_name: str
    company: str | None
    task_association: int
    reasons: str  # why a lead is rejected, as the portal labels it
    reasons_name: str
    stage: str
    stage_name: str
    touches: dict[TouchType, str]
    known: dict[str, Kind]


CONTACTS = LeadObject(
    path="contacts",
    type_id="0-1",
    flow_type="CONTACT_FLOW",
    word="contact",
    words="contacts",
    created_at="createdate",
    contacted="notes_last_contacted",
    comes_again=True,
    lead_name="{{ enrolled_object.firstname }} {{ enrolled_object.lastname }}",
    company="{{ enrolled_object.company }}",
    task_association=204,
    reasons="Lead status",
    reasons_name="hs_lead_status",
    stage="Lifecycle stage",
    stage_name="lifecyclestage",
    touches={"call": "CALL", "email": "EMAIL", "meeting": "MEETING_EVENT"},
    known={
        **dict.fromkeys(
            (
                "email", "firstname", "lastname", "company", "phone", "website", "recent_conversion_event_name",
                "first_conversion_event_name", "hs_analytics_source_data_1", "hs_analytics_source_data_2",
                "hs_latest_source_data_1", "hs_latest_source_data_2", "hs_object_source",
            ),
            "text",
        ),
        **dict.fromkeys(
            (
                "hs_lead_status", "lifecyclestage", "hs_analytics_source", "hs_latest_source", "hubspot_owner_id",
                "hubspot_team_id", "hs_object_source_label", "hs_timezone",
            ),
            "enumeration",
        ),
        **dict.fromkeys(
            ("num_conversion_events", "num_unique_conversion_events", "num_contacted_notes", "num_notes"), "number"
        ),
        **dict.fromkeys(("hs_email_optout", "hs_sequences_is_enrolled", "hs_is_unworked"), "bool"),
        **dict.fromkeys(
            (
                "createdate", "lastmodifieddate", "recent_conversion_date", "first_conversion_date",
                "notes_last_contacted", "notes_last_updated", "hs_latest_source_timestamp",
                "hubspot_owner_assigneddate",
            ),
            "datetime",
        ),
    },
)  # fmt: skip

# Of the lead object the reference names few types; what is not here is named by the document (`target.fields`).
LEADS = LeadObject(
    path="leads",
    type_id="0-136",
    flow_type="PLATFORM_FLOW",
    word="lead",
    words="leads",
    created_at="hs_createdate",
    contacted="hs_lead_first_outreach_date",
    comes_again=False,
    lead_name="{{ enrolled_object.hs_lead_name }}",
    company=None,
    task_association=647,
    reasons="Lead disqualification reason",
    reasons_name="hs_lead_disqualification_reason",
    stage="Lead stage",
    stage_name="hs_pipeline_stage",
    touches={
        "call": "hs_lead_call_count", "email": "hs_lead_email_count", "linkedin": "hs_lead_communication_count",
        "meeting": "hs_lead_meeting_count",
    },
    known={
        "hs_lead_name": "text",
        **dict.fromkeys(
            (
                "hs_lead_type", "hs_lead_label", "hs_pipeline", "hs_pipeline_stage", "hubspot_owner_id",
                "hubspot_team_id",
            ),
            "enumeration",
        ),
        **dict.fromkeys(
            (
                "hs_lead_time_to_first_outreach", "hs_lead_call_count", "hs_lead_email_count", "hs_lead_meeting_count",
                "hs_lead_communication_count", "hs_lead_outreach_activity_count",
            ),
            "number",
        ),
        **dict.fromkeys(
            ("hs_createdate", "hs_lastmodifieddate", "hs_lead_first_outreach_date", "hubspot_owner_assigneddate"),
            "datetime",
        ),
    },
)  # fmt: skip

OBJECTS = {item.path: item for item in (CONTACTS, LEADS)}


def lead_object(design: Design) -> LeadObject:
    """The object that holds the leads of a design. KeyError for another one (the schema knows only these)."""
    return OBJECTS[design.target.object]
