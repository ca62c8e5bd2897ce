"""The three complete Salesforce examples: valid for the vendor, deployed with the command itself, and lived through.

Each is played twice: as it is written, silently; and live, where a client's form field is a sign of engagement, so that
leads begin another cycle. Conversions run automation, as an org that requires validation of converted leads has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from provisioner import assets
from provisioner.document import loads
from provisioner.model.compile import compile_design
from provisioner.model.uses import used_escalations
from provisioner.sla.state import after_hours_result, follow_up_status
from provisioner.sla.timeline import Outcome
from provisioner.targets.salesforce.conversion import copied, objects
from tests.targets.salesforce import contract

from . import oracle
from .compare import Case, files_of, found
from .counted import Counted, facts
from .streams import EXAMPLES, Played
from .world import World

MEASURES = (
    "Systems_Delay_Minutes", "Human_Delay_Minutes", "Speed_To_Lead_Minutes", "Miss_Minutes", "SLA_Result",
)  # fmt: skip
FORM = "engagement: [Form_Submitted_At__c, CreatedDate]"


def text_of(name: str, *, live: bool) -> str:
    """The example, or what it becomes when people are trained."""
    text = assets.read_text("examples", f"{name}-salesforce.yaml")
    if not live:
        return text
    assert "mode: silent" in text
    text = text.replace("mode: silent", "mode: live")
    text = (
        text.replace("engagement: [CreatedDate]", FORM)
        if "engagement:" in text
        else text.replace("telemetry:\n", f"telemetry:\n  {FORM}\n")
    )
    return f"{text}\nenablement: {{sales_trained_on: '2026-01-05', leadership_trained_on: '2026-01-05'}}\n"


@dataclass
class Lived:
    """An example after its stream was played."""

    played: Played
    case: Case
    world: World
    live: bool
    folder: Path

    @cached_property
    def told(self) -> list[oracle.Told]:
        return [self.case.tell(life) for life in self.case.lives]

    @property
    def outcomes(self) -> list[Outcome]:
        return [told.outcome for told in self.told if told.outcome is not None]


def case_of(played: Played, text: str) -> Case:
    design, findings = compile_design(loads(text, f"{played.name}.yaml"), today=date(2026, 3, 1))
    assert design is not None, findings
    policy = oracle.policy_of(design)
    return Case(0, design, policy, played.stream.lives, played.start, played.until, played.cast, played.switches)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    emulated = World()
    yield emulated
    emulated.close()


@pytest.fixture(scope="module", params=[(name, live) for name in EXAMPLES for live in (False, True)], ids=str)
def lived(request: pytest.FixtureRequest, world: World, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    name, live = request.param
    played, folder = EXAMPLES[name], tmp_path_factory.mktemp(name)
    text = text_of(name, live=live)
    (folder / "design.yaml").write_text(text, encoding="utf-8")
    world.begin(played.start, played.cast)
    world.door("settings", {"convert_requires_validation": True})
    world.apply(folder / "design.yaml", folder)
    world.deployed(played.prefix)
    case = case_of(played, text)
    world.play(case.lives, case.until, case.switches)
    return Lived(played, case, world, live, folder)


def test_what_became_of_the_leads_is_what_the_oracle_says(lived: Lived) -> None:
    assert 40 <= len(lived.case.lives) <= 80
    assert found(lived.world, lived.case) == []


def test_all_that_the_design_speaks_of_happened(lived: Lived) -> None:
    """Lead types, steps, channels, exclusions, and each feature in each of its ends."""
    design, outcomes, until = lived.case.design, lived.outcomes, lived.case.until
    seen = {change.state.lead_type for outcome in outcomes for change in outcome.history}
    assert {lead_type.id for lead_type in design.lead_types} <= seen
    assert {(alert.escalation, alert.step) for outcome in outcomes for alert in outcome.alerts} == {
        (escalation.id, number)
        for escalation in used_escalations(design)
        for number, step in enumerate(escalation.steps, start=1)
        if step.notify
    }
    channels = {message.channel for sent in lived.world.messages().values() for message in sent}
    posted = {"slack"} & {recipient.kind for recipient in design.recipients.values()} if lived.live else set()
    assert channels == {"bell", "email"} | posted
    assert any(change.state.excluded for outcome in outcomes for change in outcome.history)
    assert any(outcome.tasks for outcome in outcomes) == (lived.live and lived.played.name != "global")
    assert any(outcome.reassignments for outcome in outcomes) == lived.live
    assert (max(outcome.state.cycle for outcome in outcomes) > 1) == lived.live
    if design.alerts.quiet:
        assert any(hushed(outcome) for outcome in outcomes)
    if any(lead_type.after_hours for lead_type in design.lead_types):
        assert {one.what for outcome in outcomes for one in outcome.promised} == {"begun", "broken"}
        assert {after_hours_result(outcome.state, until) for outcome in outcomes} == {"Hit", "Miss", None}
    if design.surge is not None:
        scaled = {outcome.state.surge_factor for outcome in outcomes if outcome.state.sla_due_at is not None}
        assert scaled == {None, design.surge.factor}
    ends = {"Completed", "Completed late", "Missed", "In progress", "Ended", None}
    assert {follow_up_status(outcome.state, until) for outcome in outcomes} == ends
    if design.telemetry.stages is not None:
        reached = {stage for outcome in outcomes for stage in outcome.state.stage_at}
        assert reached == set(design.telemetry.stages.values) - {"converted"}, "nothing is stamped by a conversion"
        assert design.recycling is not None
        assert max(outcome.state.recycle_count for outcome in outcomes) == design.recycling.limit


def hushed(outcome: Outcome) -> bool:
    """A step went by and nothing was said."""
    acted = {change.at for change in outcome.history if change.cause.startswith("step")}
    return bool(acted - {alert.at for alert in outcome.alerts})


def test_a_converted_lead_leaves_its_history_and_its_measures_behind(lived: Lived) -> None:
    world, design, prefix = lived.world, lived.case.design, lived.played.prefix
    made = {world.leads[number]: ids for number, ids in world.converted.items()}
    assert {"opportunity" in ids for ids in made.values()} == {True, False}
    if design.telemetry.stages is not None:
        rows = world.query(f"SELECT Lead__c, Contact__c, Opportunity__c FROM {prefix}_Stage_History__c")
        assert {row["Lead__c"] for row in rows} >= made.keys()
        for row in rows:
            ids = made.get(row["Lead__c"], {})
            assert (row["Contact__c"], row["Opportunity__c"]) == (ids.get("contact"), ids.get("opportunity"))
    for sobject in objects(design):
        names = [f"{prefix}_{item.word}__c" for item in copied(design)]
        measures = [f"{prefix}_{word}__c" for word in MEASURES]
        asked = f"Id, {', '.join([*names, *measures])}"
        copies = {row["Id"]: row for row in world.query(f"SELECT {asked} FROM {sobject}")}
        for row in world.query(f"SELECT {asked} FROM Lead WHERE IsConverted = true"):
            copy = copies.get(made[row["Id"]].get(sobject.lower(), ""))
            assert (copy is None) == (sobject == "Opportunity" and "opportunity" not in made[row["Id"]])
            if copy is not None:
                assert {name: copy[name] for name in names} == {name: row[name] for name in names}
                assert [copy[name] for name in measures] == [row[name] for name in measures]
    assert bool(objects(design)) == (lived.played.name == "global")


def test_each_report_shows_what_the_oracle_counts(lived: Lived) -> None:
    """The whole of them, and for a dashboard of some lead types the same about these alone."""
    world, design, cast = lived.world, lived.case.design, lived.case.cast
    assert design.reports is not None
    names = {name: name.partition("@")[0] for name in cast.people}
    names |= {row["DeveloperName"]: row["Name"] for row in world.query("SELECT DeveloperName, Name FROM Group")}
    leads = facts(design, lived.told, lived.case.until, names, cast.roles)
    boards = [("", leads)]
    for board in design.reports.dashboards:
        boards.append((f"_{board.id}", [one for one in leads if one.state.lead_type in board.lead_types]))
    differing, busy = [], 0
    for suffix, part in boards:
        for word in design.reports.include:
            figures, expected = Counted(design, part, lived.case.until).report(word)
            shown = world.figures(f"{lived.played.prefix}_{word.title()}{suffix}", *figures)
            busy += len(expected) > 2
            if shown != {group: pytest.approx(values, abs=0.051) for group, values in expected.items()}:
                differing.append(f"{word}{suffix}: {figures} {shown}, the oracle says {expected}")
    assert differing == []
    assert busy > len(design.reports.include) / 2, "most reports have something to tell apart"


def test_another_policy_would_be_noticed(lived: Lived) -> None:
    """The stream is rich enough that each of these slips of an engine would come to light."""
    policy = lived.case.policy
    slips: dict[str, dict[str, Any]] = {
        "calls are no touches": {"touch_types": policy.touch_types - {"call"}},
        "the robot is a person": {"ignored": frozenset()},
        "nobody is excluded": {"exclusions": ()},
        "unmatched leads are the first type": {"unmatched": policy.promises[0].id},
        "handing over": {"on_reassign": "keep" if policy.on_reassign == "restart" else "restart"},
        "queues have clocks": {"queue_starts_clock": True},
        "silent or live": {"mode": "silent" if lived.live else "live"},
    }
    if policy.quiet:
        slips["never quiet"] = {"quiet": ()}
    if policy.surge_factor is not None:
        slips["a little less surge"] = {"surge_factor": policy.surge_factor - Decimal("0.01")}
    if policy.stages is not None:
        slips["no history"] = {"stages": replace(policy.stages, history=False)}
    unseen = [
        slip
        for slip, change in slips.items()
        if not found(lived.world, replace(lived.case, policy=replace(policy, **change)))
    ]
    assert unseen == []


def test_a_plan_finds_nothing_to_do(lived: Lived) -> None:
    """Whatever leads lived through: the switch that was turned, above all, is none of the design's business."""
    said = lived.world.command("plan", lived.folder / "design.yaml", lived.folder)
    assert re.fullmatch(r"Plan: 0 to add, 0 to change, 0 to delete, \d by hand\.", said.rstrip().splitlines()[-1])


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("wsdl", [contract.OLDER, contract.CURRENT], ids=["63", "66"])
def test_an_example_is_valid_metadata(name: str, wsdl: Path) -> None:
    if not wsdl.exists():
        pytest.skip("the vendor's contract files are not beside this checkout")
    files = files_of(case_of(EXAMPLES[name], text_of(name, live=False)).design)
    assert contract.problems(contract.schema(wsdl), files) == []
