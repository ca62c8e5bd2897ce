"""What everything is called in the portal, and the canonical form of what is there.

Addresses and attributes (the contract between the half that thinks and the half that talks):

    PropertyGroup:contacts.stl_speed_to_lead   body of POST …/groups
    Property:contacts.stl_engaged_at           body of POST /crm/v3/properties/contacts, `description` without the mark
    List:running                               body of POST /crm/v3/lists
    Flow:judge                                 body of POST /automation/v4/flows; `isEnabled` is the wanted state:
                                               create disabled, enable last
    ManualStep:report_trend                    what a person does by hand; nothing is sent

Ids of one portal appear as references (`resolve`). What has no description (group, lists, manual steps) is owned by
name: its fingerprint is kept by the session beside the marks. Names in the portal begin with the design's prefix in
lower case.
"""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.model.design import BusinessHours, Design, LeadType

NAME_MOST = 64  # the lower of two reported limits. [docs] reference/hubspot.md 2.5, 10
LABEL_MOST = 255
DESCRIPTION_MOST = 1000
OPTIONS_MOST = 500
BRANCHES_MOST = 20  # list branches of one action. [docs] reference/hubspot.md 4.5
FILTERS_MOST = 250  # of one branch; reported for triggers. [docs] reference/hubspot.md 4.9
STATUSES = {
    "not_started": "Not started",
    "waiting": "Waiting for opening hours",  # assigned, its clock starts when the office opens
    "within_sla": "Within SLA",
    "at_risk": "At risk",
    "breached": "Breached",
    "escalated": "Escalated",
    "met": "Met",
    "touched_late": "Touched late",
    "excluded": "Excluded",
}
OPEN = ("within_sla", "at_risk", "breached", "escalated")  # the clock runs
FINISHED = ("met", "touched_late")
UNTRACKED = "untracked"  # value of the lead type that has no clock: properties cannot be cleared by a flow
UNTRACKED_LABEL = "No clock"
UNTOLD = "other"  # a touch whose type HubSpot does not tell
TOUCH_TYPES = {"call": "Call", "email": "Email", "linkedin": "LinkedIn", "meeting": "Meeting", UNTOLD: "Not told"}


@dataclass(frozen=True, slots=True)
class Names:
    """Every name for one prefix."""

    prefix: str  # as in the design

    def prop(self, word: str) -> str:
        return f"{self.prefix.lower()}_{word}"

    def step_at(self, number: int) -> str:
        return self.prop(f"step_{number}_at")

    @property
    def group(self) -> str:
        return self.prop("speed_to_lead")

    def title(self, words: str) -> str:
        """Of a list or a flow, as people see it."""
        return f"{self.prefix} {words}"


def hours_of(design: Design, lead_type: LeadType) -> BusinessHours | None:
    """The calendar of a lead type; None on the calendar clock."""
    return design.business_hours[lead_type.hours] if lead_type.clock == "business" and lead_type.hours else None
