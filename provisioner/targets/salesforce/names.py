"""What everything is called in the org. One place, because flows, Apex, fields and rules must agree.

A name in the CRM is the design's prefix, an underscore and the word below; API names of custom things end in `__c`
(fields) or `__mdt` (custom metadata types). [docs] reference/salesforce.md 2.1, 4.2, 5
"""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.model.design import BusinessHours, Design, Holiday

API_NAME_MOST = 40  # characters, without the suffix
LABEL_MOST = 40
FLOW_NAME_MOST = 80
HOLIDAY_NAME_MOST = 80
ERROR_MOST = 4000  # characters of the field that holds the last fault
# Our fields on Lead (besides one per step), and our custom metadata types.
LEAD_FIELDS = (
    "Engaged_At", "Assigned_At", "Assigned_To", "Owner_Seen", "Owner_Changed_At", "SLA_Started_At", "SLA_Due_At",
    "First_Touch_At", "First_Touch_Type", "Lead_Type", "SLA_Minutes", "Business_Hours", "Escalation", "SLA_Status",
    "Excluded", "Escalation_Level", "Cycle", "Response_Minutes", "Last_Error", "Error_Pending", "Systems_Delay_Minutes",
    "Human_Delay_Minutes", "Speed_To_Lead_Minutes", "Miss_Minutes", "SLA_Result",
)  # fmt: skip
METADATA_TYPES = ("Lead_Type", "SLA_Step", "Recipient", "Ignored_User", "Settings")
STATUSES = {
    "not_started": "Not started",
    "within_sla": "Within SLA",
    "at_risk": "At risk",
    "breached": "Breached",
    "escalated": "Escalated",
    "met": "Met",
    "touched_late": "Touched late",
    "excluded": "Excluded",
}
TOUCHES = {"call": "Call", "email": "Email", "linkedin": "LinkedIn", "meeting": "Meeting"}
TASK_SUBTYPES = {"call": "Call", "email": "Email", "linkedin": "LinkedIn"}  # [docs] 3.2


@dataclass(frozen=True, slots=True)
class Names:
    """Every name for one prefix."""

    prefix: str

    def of(self, word: str) -> str:
        return f"{self.prefix}_{word}"

    def field(self, word: str) -> str:
        return f"{self.prefix}_{word}__c"

    def step_at(self, number: int) -> str:
        return self.field(f"Step_{number}_At")

    def type(self, word: str) -> str:
        return f"{self.prefix}_{word}__mdt"

    def object(self, word: str) -> str:
        """The API name of a custom object."""
        return f"{self.prefix}_{word}__c"

    def hours(self, calendar: str) -> str:
        """The Name of the BusinessHours entry."""
        return f"{self.prefix} {calendar}"

    def holiday(self, hours: BusinessHours, holiday: Holiday) -> str:
        """Unique per calendar and day; the readable end is cut, never the part that tells days apart."""
        return f"{self.hours(hours.id)} {holiday.day.isoformat()} {holiday.name}"[:HOLIDAY_NAME_MOST].strip()


def used_hours(design: Design) -> list[BusinessHours]:
    """Calendars that some lead type runs on; no other calendar is put into the org."""
    used = {lead_type.hours for lead_type in design.lead_types if lead_type.clock == "business"}
    return [hours for id, hours in design.business_hours.items() if id in used]


def needed_holidays(hours: BusinessHours) -> list[Holiday]:
    """Those that close an open day; on a day that is closed anyway a holiday moves no clock, so it is not deployed."""
    return [holiday for holiday in hours.holidays if hours.open.get(holiday.day.weekday())]


def has_business_clock(design: Design) -> bool:
    return bool(used_hours(design))
