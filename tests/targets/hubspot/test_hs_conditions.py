"""Conditions as HubSpot filters mean what the design means, blanks included; what cannot be said is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hs_designs import compiled, conditions, small
from hs_paper import meets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies.designs import HOSTILE

from provisioner.model.design import Condition
from provisioner.sla.classification import evaluate
from provisioner.targets.hubspot.conditions import Unsayable, groups, kinds
from provisioner.targets.hubspot.filters import branch

NOW = datetime(2026, 3, 2, tzinfo=UTC)
FIELDS = {"number_of_employees": "number", "signed_at": "datetime", "enquiry_type": "enumeration"}
instants = st.sampled_from(
    [datetime(2025, 12, 31, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)]
)
values = st.fixed_dictionaries({
    "enquiry_type": st.one_of(st.none(), st.just(""), st.sampled_from(HOSTILE)),
    "company": st.one_of(st.none(), st.sampled_from(HOSTILE), st.sampled_from(HOSTILE).map(str.upper)),
    "number_of_employees": st.one_of(st.none(), st.sampled_from(["0", "1", "2", "3", "4", "1000", "2000.5"])),
    "hs_email_optout": st.sampled_from([None, "true", "false"]),
    "signed_at": st.one_of(st.none(), instants),
})  # fmt: skip


def condition_of(when: dict[str, Any]) -> tuple[Condition, dict[str, Any]]:
    document = small()
    document["target"]["fields"] = FIELDS
    document["lead_types"][0]["when"] = when
    design = compiled(document)
    return design.lead_types[0].when, kinds(design)


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(when=conditions, lead=values)
def test_filters_answer_as_the_oracle(when: dict[str, Any], lead: dict[str, Any]) -> None:
    condition, kind_of = condition_of(when)
    tree = branch(groups(condition, kind_of))
    assert meets(tree, lead, NOW) == evaluate(condition, lead)
    opposite = branch(groups(condition, kind_of, negated=True))
    assert meets(opposite, lead, NOW) != evaluate(condition, lead)


@pytest.mark.parametrize(
    ("when", "detail", "advice"),
    [
        (
            {"vip": ["yes"]},
            "Whether 'vip' holds text, a number or something else is not known here.",
            "Say so under target.fields, such as {vip: enumeration}; kinds are text, enumeration, number, bool, "
            "datetime.",
        ),
        (
            {"enquiry_type": {"starts_with": "de"}},
            "'enquiry_type' is no text (it is enumeration), so HubSpot cannot look for a part of it.",
            "List its values: {enquiry_type: [value, value]}.",
        ),
        (
            {"not": {"company": {"ends_with": "Ltd"}}},
            'HubSpot has no filter for "does not end with".',
            "Turn the condition round, or put the narrow lead type first in the list.",
        ),
        (
            {"company": {"gt": 5}},
            "'company' is text, so HubSpot cannot compare it with 5.",
            "Compare a number property.",
        ),
        (
            {"signed_at": ["2026-01-01"]},
            "'signed_at' is a point in time, which HubSpot compares by before and after only.",
            "Use gt, gte, lt, lte or is_blank.",
        ),
        (
            {"number_of_employees": ["many"]},
            "'number_of_employees' is a number; 'many' is none.",
            "Write a number, without quotes.",
        ),
        (
            {"hs_email_optout": ["perhaps"]},
            "'hs_email_optout' is yes or no; 'perhaps' is neither.",
            "Write true or false.",
        ),
        (
            {"number_of_employees": {"gt": "2026-01-01"}},
            "'number_of_employees' is number, which has no order in time.",
            "Compare a date property.",
        ),
    ],
)
def test_what_cannot_be_said_is_explained(when: dict[str, Any], detail: str, advice: str) -> None:
    condition, kind_of = condition_of(when)
    with pytest.raises(Unsayable) as caught:
        groups(condition, kind_of)
    assert (caught.value.detail, caught.value.advice) == (detail, advice)
    assert caught.value.at.startswith("/lead_types/0/when")


def test_a_condition_that_would_explode_is_refused() -> None:
    pair = {"any": [{"company": ["a"]}, {"number_of_employees": [1]}]}
    condition, kind_of = condition_of({"all": [pair] * 9})
    with pytest.raises(Unsayable) as caught:
        groups(condition, kind_of)
    assert caught.value.detail == "The condition becomes more than 250 groups of filters."
