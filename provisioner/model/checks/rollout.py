"""Going live, the expected org, and the sections about quality and recycling."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from provisioner.document.wording import quoted
from provisioner.model.checks.clock import seconds
from provisioner.model.checks.subject import Subject
from provisioner.model.design import Duration
from provisioner.model.durations import UnreadableDuration, parse_duration
from provisioner.model.registry import RULES
from provisioner.rules import Finding

_LEVELS = ("good", "yellow", "red", "critical")


@RULES.rule("D122", "Live before people are trained", severity="warning")
def live_untrained(subject: Subject) -> Iterator[Finding]:
    """Alerts that reach people who do not know them yet are ignored from then on. Going live is held up until then
    (`provisioner golive`)."""
    enablement = subject.design.enablement
    if subject.design.alerts.mode != "live" or enablement is None:
        return
    trained = _day(enablement.get("sales_trained_on"))
    if trained is not None and trained <= subject.today:
        return
    when = f"will be trained on {trained.isoformat()}" if trained else "has not been trained (sales_trained_on)"
    detail = f"alerts.mode is live, and enablement says that sales {when}."
    yield Finding("/alerts/mode", detail, "Set mode: silent until the training is done, then record its day.")


@RULES.rule("D133", "A day that does not exist")
def enablement_days(subject: Subject) -> Iterator[Finding]:
    """A date that does not exist cannot be compared with today."""
    for name, value in (subject.design.enablement or {}).items():
        if isinstance(value, str) and _day(value) is None:
            yield Finding(f"/enablement/{name}", f"{quoted(value)} is a day that does not exist.", "Correct the date.")


@RULES.rule("D125", "An unusual number of reasons", severity="warning")
def reasons(subject: Subject) -> Iterator[Finding]:
    """With fewer than five reasons, people choose the nearest wrong one; with more than seven, the first."""
    found = (subject.design.recycling or {}).get("reasons")
    if found is not None and not 5 <= len(found) <= 7:
        detail = f"There are {len(found)} reasons for recycling; five to seven are usual."
        yield Finding("/recycling/reasons", detail, "Join or split reasons.")


@RULES.rule("D126", "Targets contradict each other")
def targets(subject: Subject) -> Iterator[Finding]:
    """A value cannot be good and red at once."""
    found = subject.design.targets or {}
    if (compliance := found.get("compliance")) is not None:
        shares = {name: Decimal(compliance[name].rstrip("%")) for name in ("good", "red")}
        for name, share in shares.items():
            if share > 100:
                pointer = f"/targets/compliance/{name}"
                yield Finding(pointer, f"{compliance[name]} is more than all leads.", "Write at most 100%.")
        if shares["good"] <= shares["red"]:
            detail = f"Compliance is good from {compliance['good']} and red below {compliance['red']}."
            yield Finding("/targets/compliance/good", detail, "good must be more than red.")
    if (delay := found.get("systems_delay")) is not None:
        yield from _delays(delay)


def _delays(delay: dict[str, Any]) -> Iterator[Finding]:
    lengths: dict[str, Duration] = {}
    for name in _LEVELS:
        pointer = f"/targets/systems_delay/{name}"
        try:
            lengths[name] = parse_duration(delay[name])
        except UnreadableDuration as error:
            yield Finding(pointer, error.detail, error.advice)
            continue
        if lengths[name].business_days:
            yield Finding(pointer, f"'{delay[name]}' counts business days; delays are calendar time.", "Write h or d.")
    for before, after in pairwise(_LEVELS):
        known = before in lengths and after in lengths
        if known and seconds(lengths[before], 1440) >= seconds(lengths[after], 1440):
            detail = f"{before} ({delay[before]}) is not shorter than {after} ({delay[after]})."
            yield Finding(f"/targets/systems_delay/{after}", detail, "Put the four in order: good is the shortest.")


@RULES.rule("D127", "The expected org is not named", severity="warning")
def expect(subject: Subject) -> Iterator[Finding]:
    """With `expect`, apply refuses every other org; without it, a wrong connection deploys to the wrong client.
    Production is refused without it."""
    if subject.section("target") is not None and not subject.design.target.expect and "/target" not in subject.doubtful:
        detail = "target.expect is missing: nothing in the design says which org it belongs to."
        yield Finding("/target", detail, "Add expect with the id of the org; it is required for production.")


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
