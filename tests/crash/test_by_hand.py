"""A plan names who changed what by hand, and asks the vendor no oftener than it may."""

from __future__ import annotations

import pytest
from crash_bench import APPLY, Bench, Benches

MOST = {"salesforce": 12, "hubspot": 8}  # requests of a plan, whatever the design's size; and further pages


def by_hand(bench: Bench) -> None:
    """A day later somebody switches a flow off, or gives a property another label."""
    bench.door("clock", {"advance": "P1D"})
    if bench.platform == "salesforce":
        query = "SELECT Id FROM FlowDefinition WHERE DeveloperName = 'BRW_Lead_Timers'"
        found = bench.call("GET", "/services/data/v66.0/tooling/query", params={"q": query}).json()["records"][0]["Id"]
        off = {"Metadata": {"activeVersionNumber": 0}}
        bench.call("PATCH", f"/services/data/v66.0/tooling/sobjects/FlowDefinition/{found}", off)
    else:
        bench.call("PATCH", "/crm/v3/properties/contacts/brw_assigned_at", {"label": "Somebody's"})


TOLD = {
    "salesforce": "~ Flow:BRW_Lead_Timers  (changed by hand by admin@example.com on ",
    "hubspot": "~ Property:contacts.brw_assigned_at  (changed by hand by ",
}


AS_APPLIED = {
    "salesforce": "Plan: 0 to add, 0 to change, 0 to delete, 2 by hand.",
    "hubspot": "No changes. ",
}


@pytest.mark.parametrize("platform", ["salesforce", "hubspot"])
def test_who_did_it(benches: Benches, platform: str) -> None:
    bench = benches(platform)
    bench.prepare()
    bench.do(APPLY)
    by_hand(bench)
    code, said = bench.ran("plan", "brew.yaml", "-c", "box")
    assert code == 0, said
    assert TOLD[platform] in said
    calls = list(bench.proxy.calls)
    assert len(calls) <= MOST[platform], calls
    bench.do(APPLY)
    code, said = bench.ran("plan", "brew.yaml", "-c", "box")
    assert AS_APPLIED[platform] in said
