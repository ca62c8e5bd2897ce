"""What the clock does (docs/semantics.md): calendars, classification, the timeline of one lead, and the same for
millions of leads in `vector`, the only module that needs NumPy when it is imported. No vendor words."""

from provisioner.sla.calendar import ALWAYS, Calendar
from provisioner.sla.classification import UNTRACKED, classify, classify_many, evaluate, excluded, excluded_many
from provisioner.sla.policy import Clock, Owner, Policy, Promise, TimedStep
from provisioner.sla.state import LeadState, Measures, measures, minutes
from provisioner.sla.timeline import (
    Alert,
    Change,
    Converted,
    Event,
    Outcome,
    Reassigned,
    Saved,
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
    "Reassigned",
    "Saved",
    "TaskMade",
    "TimedStep",
    "Touched",
    "classify",
    "classify_many",
    "evaluate",
    "excluded",
    "excluded_many",
    "measures",
    "minutes",
    "run",
]
