"""What the clock does (docs/semantics.md): calendars, classification, the timeline of one lead, and the same for
millions of leads in `vector`, the only module that needs NumPy when it is imported. No vendor words."""

from provisioner.sla.calendar import ALWAYS, Calendar
from provisioner.sla.classification import UNTRACKED, classify, classify_many, evaluate, excluded, excluded_many
from provisioner.sla.policy import Clock, Owner, Policy, Promise, TimedStep
from provisioner.sla.state import (
    LeadState,
    Measures,
    after_hours_result,
    follow_up_status,
    measures,
    minutes,
    response_score,
)
from provisioner.sla.timeline import (
    Alert,
    Change,
    Converted,
    Event,
    Outcome,
    Promised,
    Reassigned,
    Saved,
    StageChange,
    Switched,
    TaskMade,
    Touched,
    run,
)

__all__ = [
    "ALWAYS",
    "UNTRACKED",
    "Alert",
    "Calendar",
    "Change",
    "Clock",
    "Converted",
    "Event",
    "LeadState",
    "Measures",
    "Outcome",
    "Owner",
    "Policy",
    "Promise",
    "Promised",
    "Reassigned",
    "Saved",
    "StageChange",
    "Switched",
    "TaskMade",
    "TimedStep",
    "Touched",
    "after_hours_result",
    "classify",
    "classify_many",
    "evaluate",
    "excluded",
    "excluded_many",
    "follow_up_status",
    "measures",
    "minutes",
    "response_score",
    "run",
]
