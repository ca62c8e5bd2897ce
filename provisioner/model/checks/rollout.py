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
from provisioner.model.design import RECYCLED, Duration, SystemsDelayTarget
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


@RULES.rule("D125", "An unusual number of reasons")
def reasons(subject: Subject) -> Iterator[Finding]:
    """With fewer than five reasons, people choose the nearest wrong one; with more than seven, the first."""
    recycling = subject.design.recycling
    count = len(recycling.reasons) if recycling is not None else 0
    if recycling is not None and count and not 5 <= count <= 7:
        detail = f"There are {count} reasons for a rejection; five to seven are what people choose well from."
        yield Finding(f"{recycling.at}/reasons", detail, "Join or split reasons.")


@RULES.rule("D136", "Rejections without stages")
def rejected_in_a_stage(subject: Subject) -> Iterator[Finding]:
    """A rejection is a lead that enters the stage `recycled` or `disqualified`; only stages tell when that is."""
    recycling, stages = subject.design.recycling, subject.design.telemetry.stages
    if recycling is None or "/telemetry" in subject.doubtful:
        return
    if stages is None or not stages.rejections:
        detail = "The section recycling needs to know the values of the stages recycled and disqualified."
        yield Finding(recycling.at, detail, "Add telemetry.stages with `recycled`, `disqualified` or both.")
    elif recycling.limit is not None and RECYCLED not in stages.values:
        detail = "There is a limit for recycling, and no stage `recycled` in telemetry.stages.values."
        yield Finding(f"{recycling.at}/limit", detail, "Add the stage `recycled`, or leave out the limit.")


@RULES.rule("D137", "A factor that is not exact")
def surge_factor(subject: Subject) -> Iterator[Finding]:
    """With two decimals at most, every stretched SLA is a whole number of seconds."""
    surge = subject.design.surge
    if surge is not None and surge.factor != surge.factor.quantize(Decimal("0.01")):
        yield Finding(f"{surge.at}/factor", f"{surge.factor} has more than two decimals.", "Write 1.5 or 1.25.")


@RULES.rule("D138", "A stage value twice")
def stage_values(subject: Subject) -> Iterator[Finding]:
    """One value cannot stand for two stages; capitals do not tell values apart."""
    stages = subject.design.telemetry.stages
    seen: dict[str, str] = {}
    for id, value in stages.values.items() if stages is not None else ():
        if (first := seen.setdefault(value.casefold(), id)) != id:
            detail = f"{quoted(value)} stands for the stages {first} and {id}."
            yield Finding(f"/telemetry/stages/values/{id}", detail, "Give each stage a value of its own.")


@RULES.rule("D126", "Targets contradict each other")
def targets(subject: Subject) -> Iterator[Finding]:
    """A value cannot be good and red at once."""
    found = subject.design.targets
    if found is not None and found.compliance is not None:
        good, red = found.compliance.good, found.compliance.red
        for name, share in (("good", good), ("red", red)):
            if share > 100:
                yield Finding(f"/targets/compliance/{name}", f"{share}% is more than all leads.", "Write at most 100%.")
        if good <= red:
            detail = f"Compliance is good from {good}% and red below {red}%."
            yield Finding("/targets/compliance/good", detail, "good must be more than red.")
    if found is not None and found.systems_delay is not None:
        yield from _delays(found.systems_delay)


def _delays(delay: SystemsDelayTarget) -> Iterator[Finding]:
    lengths: dict[str, Duration] = {name: getattr(delay, name) for name in _LEVELS}
    for name, length in lengths.items():
        if length.business_days:
            pointer = f"/targets/systems_delay/{name}"
            yield Finding(pointer, f"'{length.text}' counts business days; delays are calendar time.", "Write h or d.")
    for before, after in pairwise(_LEVELS):
        if seconds(lengths[before], 1440) >= seconds(lengths[after], 1440):
            detail = f"{before} ({lengths[before].text}) is not shorter than {after} ({lengths[after].text})."
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
