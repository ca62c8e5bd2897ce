"""Laws of history, changed outcomes and conversion, over drawn lives of a lead."""

from __future__ import annotations

from itertools import pairwise

from built_org import Built, whole
from flow_parts import after, decide, flow, rule, update_record
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.emulator.salesforce.automation.conversion import Conversion, convert

STATUSES = ("Open - Not Contacted", "Working - Contacted", "Closed - Not Converted")
TRACKED = (
    "<enableHistory>true</enableHistory>"
    "<fields><fullName>Status</fullName><trackHistory>true</trackHistory><type>Picklist</type></fields>"
)
NEWLY = "<doesRequireRecordChangedToMeetCriteria>true</doesRequireRecordChangedToMeetCriteria>"
COUNTED = (
    "<formulas><name>More</name><dataType>Number</dataType>"
    "<expression>BLANKVALUE({!$Record.NumberOfEmployees}, 0) + 1</expression><scale>0</scale></formulas>"
)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(STATUSES), max_size=8))
def test_history_is_a_chain_from_the_first_value_to_the_last(steps: list[str]) -> None:
    built = Built()
    built.deploy({"objects/Lead.object": whole("CustomObject", TRACKED)})
    lead = built.lead()
    for status in steps:
        built.update("Lead", lead, Status=status)
    rows = built.all("LeadHistory", "Field", "OldValue", "NewValue")
    assert rows[0] == ("created", None, None)
    value = STATUSES[0]
    for name, old, new in rows[1:]:
        assert (name, old) == ("Status", value)
        assert new != old
        value = new
    assert value == built.get("Lead", lead)["Status"]
    assert len(rows) - 1 == sum(one != other for one, other in zip([STATUSES[0], *steps], steps, strict=False))
    built.org.close()


@settings(max_examples=20, deadline=None)
@given(st.booleans(), st.lists(st.booleans(), max_size=8))
def test_an_outcome_that_needs_a_change_fires_at_every_rising_edge(first: bool, steps: list[bool]) -> None:
    built = Built()
    outcome = rule("Vip", "U", ("$Record.DoNotCall", "EqualTo", True)).replace(
        "</conditionLogic>", "</conditionLogic>" + NEWLY
    )
    count = update_record("U", NumberOfEmployees="@More")
    built.flow("F", flow(after(first="D"), decide("D", outcome), count, COUNTED))
    lead = built.lead(DoNotCall=first)
    for step in steps:
        built.update("Lead", lead, DoNotCall=step)
    states = [False, first, *steps]
    edges = sum(not one and other for one, other in pairwise(states))
    assert (built.get("Lead", lead)["NumberOfEmployees"] or 0) == edges
    built.org.close()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 5), st.integers(0, 5), st.booleans(), st.booleans())
def test_a_conversion_loses_no_activity_and_moves_nobody_elses(
    mine: int, others: int, with_opportunity: bool, required: bool
) -> None:
    built = Built()
    built.org.settings.change({"convert_requires_validation": required})
    lead, other = built.lead(), built.lead()
    plain = {"Subject": "Call", "Status": "Completed", "Priority": "Normal"}
    for owner, count in ((lead, mine), (other, others)):
        for _ in range(count):
            built.insert("Task", WhoId=owner, **plain)
    asked = Conversion(lead, "Closed - Converted", without_opportunity=not with_opportunity)
    made = convert(built.org, asked, built.admin)
    whos = [row[0] for row in built.all("Task", "WhoId")]
    assert (whos.count(made.contact), whos.count(other), len(whos)) == (mine, others, mine + others)
    assert {row[0] for row in built.all("Task", "WhatId")} <= {made.opportunity or made.account, None}
    assert (made.opportunity is not None) is with_opportunity
    built.org.close()
