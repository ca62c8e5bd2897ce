"""What HubSpot itself defines: object types, the default properties that matter, their options.

[docs] reference/hubspot.md 3 (names, types, read-only flags); names of engagement properties are those of the
engagement pages of the developer documentation.
"""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.emulator.hubspot.errors import Json, invalid

LIFECYCLE = (
    ("subscriber", "Subscriber"),
    ("lead", "Lead"),
    ("marketingqualifiedlead", "Marketing Qualified Lead"),
    ("salesqualifiedlead", "Sales Qualified Lead"),
    ("opportunity", "Opportunity"),
    ("customer", "Customer"),
    ("evangelist", "Evangelist"),
    ("other", "Other"),
)
SOURCES = (
    "ORGANIC_SEARCH PAID_SEARCH EMAIL_MARKETING SOCIAL_MEDIA REFERRALS OTHER_CAMPAIGNS DIRECT_TRAFFIC OFFLINE "
    "PAID_SOCIAL"
)
LEAD_STATUS = "NEW OPEN IN_PROGRESS OPEN_DEAL UNQUALIFIED ATTEMPTED_TO_CONTACT CONNECTED BAD_TIMING"


@dataclass(frozen=True)
class ObjectType:
    """`modified` names the property that moves with every change."""

    id: str
    plural: str
    singular: str
    label: str
    modified: str = "hs_lastmodifieddate"
    created: str = "hs_createdate"
    group: str = ""


CONTACT, LEAD, COMMUNICATION, TASK, NOTE, MEETING, CALL, EMAIL, USER = (
    "0-1",
    "0-136",
    "0-18",
    "0-27",
    "0-46",
    "0-47",
    "0-48",
    "0-49",
    "0-115",
)
TYPES = {
    one.id: one
    for one in (
        ObjectType(CONTACT, "contacts", "contact", "Contact", "lastmodifieddate", "createdate", "contactinformation"),
        ObjectType(LEAD, "leads", "lead", "Lead", group="lead_information"),
        ObjectType(COMMUNICATION, "communications", "communication", "Communication", group="communication"),
        ObjectType(TASK, "tasks", "task", "Task", group="task"),
        ObjectType(NOTE, "notes", "note", "Note", group="note"),
        ObjectType(MEETING, "meetings", "meeting", "Meeting", group="meeting"),
        ObjectType(CALL, "calls", "call", "Call", group="call"),
        ObjectType(EMAIL, "emails", "email", "Email", group="email"),
        ObjectType(USER, "users", "user", "User", group="user_information"),
    )
}
_BY_NAME = {name: one for one in TYPES.values() for name in (one.id, one.plural, one.singular)}

# From one object to another without a label: the association's type id. [docs] 3.2, 4.7; the others are made up.
DEFAULT_LINKS = {
    (TASK, CONTACT): 204,
    (TASK, LEAD): 647,
    (LEAD, CONTACT): 578,
    (CONTACT, LEAD): 609,
    (NOTE, CONTACT): 202,
    (MEETING, CONTACT): 200,
    (CALL, CONTACT): 194,
    (EMAIL, CONTACT): 198,
    (COMMUNICATION, CONTACT): 81,
    (NOTE, LEAD): 90_046,
    (MEETING, LEAD): 90_047,
    (CALL, LEAD): 90_048,
    (EMAIL, LEAD): 90_049,
    (COMMUNICATION, LEAD): 90_018,
}
# Association type id → the object at its other end.
ENDS = {kind: to for (_, to), kind in DEFAULT_LINKS.items()} | {608: CONTACT}
OF_COMPANIES = (580, 192)  # to the primary company of a lead, and of a task: companies are not modelled


def object_type(name: str) -> ObjectType:
    """By id, plural or singular. Raises ApiError 400."""
    found = _BY_NAME.get(name)
    if found is None:
        raise invalid(f"Unable to infer object type from: {name}")
    return found


# name | type | fieldType | flags | options; flags: r value read-only, h hidden, e external, o options editable,
# u unique. A line `= object` begins the properties of an object.
_TABLE = f"""
= {CONTACT}
email|string|text|u
firstname|string|text
lastname|string|text
phone|string|phonenumber
mobilephone|string|phonenumber
company|string|text
jobtitle|string|text
city|string|text
state|string|text
zip|string|text
country|string|text
website|string|text
industry|string|text
message|string|textarea
numemployees|enumeration|select|o|1-5 5-25 25-50 50-100 100-500 500-1000 1000+
hubspot_owner_id|enumeration|select|e
hubspot_owner_assigneddate|datetime|date|r
hubspot_team_id|enumeration|select|re
hs_lead_status|enumeration|radio|o|{LEAD_STATUS}
lifecyclestage|enumeration|radio|o|{" ".join(name for name, _ in LIFECYCLE)}
createdate|datetime|date|r
lastmodifieddate|datetime|date|r
hs_object_id|number|number|r
recent_conversion_date|datetime|date|r
first_conversion_date|datetime|date|r
recent_conversion_event_name|string|text|r
first_conversion_event_name|string|text|r
num_conversion_events|number|number|r
num_unique_conversion_events|number|number|r
hs_calculated_form_submissions|enumeration|checkbox|rhe
hs_analytics_source|enumeration|select||{SOURCES}
hs_analytics_source_data_1|string|text|r
hs_analytics_source_data_2|string|text|r
hs_latest_source|enumeration|select||{SOURCES}
hs_latest_source_timestamp|datetime|date|r
hs_latest_source_data_1|string|text|r
hs_latest_source_data_2|string|text|r
hs_object_source|string|text|rh
hs_object_source_label|enumeration|select|rhe
notes_last_contacted|datetime|date|r
notes_last_updated|datetime|date|r
notes_next_activity_date|datetime|date|r
num_contacted_notes|number|number|r
num_notes|number|number|r
hs_sales_email_last_replied|datetime|date|r
hs_last_sales_activity_timestamp|datetime|date|r
hs_last_sales_activity_type|enumeration|select|re
hs_first_outreach_date|datetime|date|rh
hs_sa_first_engagement_date|datetime|date|r
hs_sa_first_engagement_object_type|enumeration|select|r|CALL CONVERSATION_SESSION EMAIL MEETING_EVENT TASK
hs_sa_first_engagement_descr|string|text|r
hs_first_engagement_object_id|number|number|r
hs_time_to_first_engagement|number|number|r
hs_is_unworked|bool|calculation_equation|r|true false
hs_count_is_worked|number|number|r
hs_count_is_unworked|number|number|r
hs_latest_meeting_activity|datetime|date|rh
engagements_last_meeting_booked|datetime|date|r
hs_sequences_is_enrolled|bool|booleancheckbox|r|true false
hs_latest_open_lead_date|datetime|calculation_rollup|r
hs_email_optout|bool|booleancheckbox|r|true false
hs_timezone|enumeration|select||us_slash_eastern us_slash_central us_slash_pacific us_slash_hawaii pacific_slash_samoa
= {LEAD}
hs_lead_name|string|text
hs_lead_type|enumeration|select|o|NEW_BUSINESS
hs_lead_label|enumeration|select|o|HOT WARM COLD
hs_lead_source|string|text
hs_pipeline|enumeration|select|e
hs_pipeline_stage|enumeration|radio|e
hubspot_owner_id|enumeration|select|e
hubspot_owner_assigneddate|datetime|date|r
hubspot_team_id|enumeration|select|re
hs_createdate|datetime|date|r
hs_lastmodifieddate|datetime|date|r
hs_object_id|number|number|r
hs_lead_first_outreach_date|datetime|date|r
hs_lead_time_to_first_outreach|number|number|r
hs_lead_call_count|number|number|r
hs_lead_email_count|number|number|r
hs_lead_meeting_count|number|number|r
hs_lead_communication_count|number|number|r
hs_lead_outreach_activity_count|number|number|r
hs_lead_disqualification_reason|string|text
hs_primary_contact_id|number|number|r
= {COMMUNICATION}
hs_timestamp|datetime|date
hs_communication_channel_type|enumeration|select||WHATS_APP LINKEDIN_MESSAGE SMS
hs_communication_logged_from|enumeration|select||CRM
hs_communication_body|string|html
hubspot_owner_id|enumeration|select|e
hs_createdate|datetime|date|r
hs_lastmodifieddate|datetime|date|r
hs_object_id|number|number|r
= {TASK}
hs_timestamp|datetime|date
hs_task_subject|string|text
hs_task_body|string|html
hs_task_status|enumeration|select||NOT_STARTED IN_PROGRESS WAITING COMPLETED DEFERRED
hs_task_priority|enumeration|select||NONE LOW MEDIUM HIGH
hs_task_type|enumeration|select||TODO CALL EMAIL
hubspot_owner_id|enumeration|select|e
hs_createdate|datetime|date|r
hs_lastmodifieddate|datetime|date|r
hs_object_id|number|number|r
= {NOTE}
hs_timestamp|datetime|date
hs_note_body|string|html
hubspot_owner_id|enumeration|select|e
hs_createdate|datetime|date|r
hs_lastmodifieddate|datetime|date|r
hs_object_id|number|number|r
= {MEETING}
hs_timestamp|datetime|date
hs_meeting_title|string|text
hs_meeting_body|string|html
hs_meeting_start_time|datetime|date
hs_meeting_end_time|datetime|date
hs_meeting_outcome|enumeration|select||SCHEDULED COMPLETED RESCHEDULED NO_SHOW CANCELED
hubspot_owner_id|enumeration|select|e
hs_createdate|datetime|date|r
hs_lastmodifieddate|datetime|date|r
hs_object_id|number|number|r
= {CALL}
hs_timestamp|datetime|date
hs_call_title|string|text
hs_call_body|string|html
hs_call_duration|number|number
hs_call_direction|enumeration|select||INBOUND OUTBOUND
hs_call_status|enumeration|select||COMPLETED BUSY NO_ANSWER FAILED
hs_call_disposition|string|text
hubspot_owner_id|enumeration|select|e
hs_createdate|datetime|date|r
hs_lastmodifieddate|datetime|date|r
hs_object_id|number|number|r
= {EMAIL}
hs_timestamp|datetime|date
hs_email_direction|enumeration|select||EMAIL INCOMING_EMAIL FORWARDED_EMAIL
hs_email_subject|string|text
hs_email_text|string|textarea
hs_email_html|string|html
hs_email_status|enumeration|select||SENT BOUNCED FAILED SCHEDULED
hubspot_owner_id|enumeration|select|e
hs_createdate|datetime|date|r
hs_lastmodifieddate|datetime|date|r
hs_object_id|number|number|r
= {USER}
hs_email|string|text|r
hs_given_name|string|text|r
hs_family_name|string|text|r
hs_internal_user_id|number|number|r
hs_availability_status|enumeration|select||available away
hs_out_of_office_hours|string|textarea
hs_working_hours|string|textarea
hs_standard_time_zone|string|text
hs_createdate|datetime|date|r
hs_lastmodifieddate|datetime|date|r
hs_object_id|number|number|r
"""


def groups() -> list[tuple[str, Json]]:
    """(object type id, group) of every object."""
    return [
        (one.id, {"name": one.group, "label": f"{one.label} information", "displayOrder": 0, "archived": False})
        for one in TYPES.values()
    ]


def definitions() -> list[tuple[str, Json]]:
    """(object type id, property) of everything HubSpot defines, as the API shows it."""
    found: list[tuple[str, Json]] = []
    where = ""
    for line in _TABLE.strip().splitlines():
        if line.startswith("="):
            where = line[2:]
            continue
        name, kind, field, flags, options = [*line.split("|"), "", ""][:5]
        found.append((where, _definition(where, name, kind, field, flags, options.split())))
    for stage, label in LIFECYCLE:
        for name in (f"hs_lifecyclestage_{stage}_date", f"hs_v2_date_entered_{stage}"):
            one = _definition(CONTACT, name, "datetime", "date", "r", [])
            found.append((CONTACT, one | {"label": f"Date entered {label}"}))
    return found


def _definition(where: str, name: str, kind: str, field: str, flags: str, options: list[str]) -> Json:
    labels = {
        value: "NEW BUSINESS" if value == "NEW_BUSINESS" else value.replace("_", " ").title() for value in options
    }
    owner = {"referencedObjectType": "OWNER"} if name == "hubspot_owner_id" else {}
    return owner | {
        "name": name,
        "label": name.removeprefix("hs_").replace("_", " ").capitalize(),
        "groupName": TYPES[where].group,
        "type": kind,
        "fieldType": field,
        "description": "",
        "options": [
            # 3.2: this one value is written with a space
            {"label": label, "value": value.replace("NEW_B", "NEW B"), "displayOrder": n, "hidden": False}
            for n, (value, label) in enumerate(labels.items())
        ],
        "displayOrder": -1,
        "hidden": "h" in flags,
        "formField": "r" not in flags,
        "hasUniqueValue": "u" in flags,
        "externalOptions": "e" in flags,
        "dataSensitivity": "non_sensitive",
        "archived": False,
        "calculated": field.startswith("calculation"),
        "hubspotDefined": True,
        "showCurrencySymbol": False,
        "modificationMetadata": {
            "archivable": False,
            "readOnlyDefinition": True,
            "readOnlyOptions": "o" not in flags,
            "readOnlyValue": "r" in flags,
        },
    }
