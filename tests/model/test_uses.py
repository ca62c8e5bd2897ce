"""What a design makes use of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from provisioner.document import load
from provisioner.model import uses
from provisioner.model.compile import compile_design
from provisioner.model.design import All, Any_, Design, Duration, Not, Step, StepStatus, Test
from provisioner.sla.policy import Policy

EXAMPLE = Path(__file__).parents[2] / "examples" / "starter-salesforce.yaml"


def test_every_comparison_in_the_order_it_is_written() -> None:
    first, second, third = (Test(name, "in", ("x",), f"/{name}") for name in "abc")
    assert [test.field for test in uses.tests_of(All((first, Any_((Not(second), third)))))] == ["a", "b", "c"]
    assert list(uses.tests_of(Any_(()))) == []


def step(percent: str | None = None, after_due: Duration | None = None, status: StepStatus | None = None) -> Step:
    share = None if percent is None else Decimal(percent)
    return Step(share, after_due, ("owner",), ("bell",), status, None, None, "/x")


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (step(percent="80"), None),
        (step(percent="99.99"), None),
        (step(percent="100"), "breached"),
        (step(percent="100.01"), "escalated"),
        (step(after_due=Duration()), "breached"),
        (step(after_due=Duration(minutes=1)), "escalated"),
        (step(after_due=Duration(business_days=1)), "escalated"),
        (step(percent="80", status="at_risk"), "at_risk"),
        (step(percent="150", status="breached"), "breached"),
    ],
)
def test_the_status_a_step_leaves_behind(given: Step, status: str | None) -> None:
    assert uses.status_after(given) == status


@pytest.fixture(scope="module")
def design() -> Design:
    design, findings = compile_design(load(EXAMPLE), today=date(2026, 3, 2))
    assert design is not None, findings
    return design


def test_escalations_that_nobody_names_are_not_used(design: Design) -> None:
    assert [item.id for item in uses.used_escalations(design)] == ["urgent", "standard"]
    assert uses.step_count(design) == 4
    only = replace(design, lead_types=tuple(item for item in design.lead_types if item.escalation == "standard"))
    assert [item.id for item in uses.used_escalations(only)] == ["standard"]
    assert uses.step_count(only) == 2
    none = replace(design.lead_types[0], escalation=None)
    assert uses.steps_of(design, none) == ()
    assert uses.step_count(replace(design, lead_types=(none,))) == 0


def test_the_oracle_leaves_the_same_statuses(design: Design) -> None:
    policy = Policy.of(design)
    for item in design.lead_types:
        told = [step.status for step in policy.promise(item.id).steps]
        assert told == [uses.status_after(step) for step in uses.steps_of(design, item)]
