"""What of a design is asked for beyond the clock, and the fields on Lead that it brings. A small design stays small:
nothing is rendered that nobody asked for."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.model.design import Design
from provisioner.targets.salesforce.alerting import slack_channels
from provisioner.targets.salesforce.mail import mail_fields, mails_owner
from provisioner.targets.salesforce.names import LEAD_FIELDS, METADATA_TYPES
from provisioner.targets.salesforce.reporting.fields import report_fields
from provisioner.targets.salesforce.stages import RECYCLED, stage_fields

AFTER_HOURS = ("After_Hours_Due_At", "After_Hours_Result")
FOLLOW_UP = (
    "Touch_Count", "Follow_Up_Touches", "Follow_Up_Due_At", "Follow_Up_Completed_At", "Follow_Up_Status",
)  # fmt: skip
SURGE = ("Surge_Factor",)
BY_PEOPLE = ("Rejection_Reason", "Breach_Reason")
"""The fields on Lead that people fill in: picklists that take nothing but the design's reasons. Every other picklist of
ours is written by automation and is not restricted (templates/salesforce/macros/field.j2 says why)."""


@dataclass(frozen=True, slots=True)
class Features:
    """One word per feature; templates ask `has.<word>`."""

    after_hours: bool
    follow_up: bool
    surge: bool
    slack: bool
    owner_mail: bool
    stages: bool
    history: bool
    rejections: bool
    recycle_limit: bool
    breach: bool
    conversion: bool

    @property
    def promises(self) -> bool:
        """Whether the clock computes more than start, due and steps."""
        return self.after_hours or self.follow_up


def features(design: Design) -> Features:
    """What `design` asks for."""
    values = design.telemetry.stages.values if design.telemetry.stages is not None else {}
    return Features(
        after_hours=any(item.after_hours is not None for item in design.lead_types),
        follow_up=any(item.follow_up is not None for item in design.lead_types),
        surge=design.surge is not None,
        slack=bool(slack_channels(design)),
        owner_mail=mails_owner(design),
        stages=design.telemetry.stages is not None,
        history=design.telemetry.stages is not None and design.telemetry.stages.history,
        rejections=design.recycling is not None and bool(design.recycling.reasons),
        recycle_limit=design.recycling is not None and design.recycling.limit is not None and RECYCLED in values,
        breach=design.breach is not None,
        conversion=design.telemetry.conversion is not None,
    )


def lead_fields(design: Design) -> tuple[str, ...]:
    """Our fields on Lead besides one per step, as `names.Names.field` takes them."""
    has = features(design)
    more = [
        *(AFTER_HOURS if has.after_hours else ()),
        *(FOLLOW_UP if has.follow_up else ()),
        *(SURGE if has.surge else ()),
        *mail_fields(design),
        *stage_fields(design),
        *(("Rejection_Reason",) if has.rejections else ()),
        *(("Breach_Reason",) if has.breach else ()),
        *report_fields(design),
    ]
    return (*LEAD_FIELDS, *more)


def activity_fields(design: Design) -> tuple[str, ...]:
    """Our fields on Activity, which are those of Task and of Event. [docs] reference/salesforce.md 2.1"""
    return ("Touch_Cycle",) if features(design).follow_up else ()


def metadata_types(design: Design) -> tuple[str, ...]:
    """Our custom metadata types."""
    return (*METADATA_TYPES, *(("Switch",) if features(design).surge else ()))
