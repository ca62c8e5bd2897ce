"""The numbered rules of the design (letter D). Faults met while building are declared here; loops live in `checks`."""

from __future__ import annotations

from provisioner.rules import Registry

RULES = Registry("D")

DURATION = RULES.declare(
    "D101",
    "Not a duration",
    "A duration that can be read in two ways makes a clock nobody can trust, so units are explicit.",
)
AT = RULES.declare(
    "D102", "Not a moment of the clock", "A step acts at a share of the SLA, at due, or a duration after it."
)
CONDITION = RULES.declare(
    "D103",
    "A condition cannot be read",
    "A condition decides which clock a lead gets; one that is guessed puts leads on the wrong clock.",
)
ZONE = RULES.declare(
    "D104",
    "Unknown time zone",
    "Opening hours mean nothing without a time zone of the IANA list, spelt as it is there.",
)
HOURS = RULES.declare(
    "D105",
    "Opening hours cannot be read",
    "Every open minute must be stated once: intervals within one day, in order, without overlap.",
)
HOLIDAYS = RULES.declare(
    "D106", "Unknown holidays", "A calendar without its holidays would alert people on days off, so nothing is guessed."
)
IMPOSSIBLE = RULES.declare(
    "D141",
    "Impossible on this platform",
    "What is not deployed must not be believed to run. A design that can do without it says so under `target.accept`.",
)
UNNEEDED = RULES.declare(
    "D142",
    "Nothing to accept",
    "A word under `target.accept` that gives up nothing would hide what it means one day.",
    severity="warning",
)
DATE = RULES.declare("D107", "Not a date", "Days are written year-month-day and must exist.")
