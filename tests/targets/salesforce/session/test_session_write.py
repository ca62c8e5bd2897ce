from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from pieces import apex, field, flow, holiday, hours, ledger_of, make_plan, mdt, record, snapshot
from scripted_org import METADATA, Answer, ScriptedOrg, deploy_result, error, said
from test_session_deploy import outcomes, write

from provisioner.errors import Rejected, TargetError, Unreachable
from provisioner.planning.plan import Cause, Change
from provisioner.resources import Address, Resource
from provisioner.targets.base import Outcome, Progress
from provisioner.targets.salesforce.session import SalesforceSession, ledger
from provisioner.targets.salesforce.session.removal import referring_first
from provisioner.targets.salesforce.session.result import ALREADY_GONE

FLOW_ID, OTHER_ID = "300000000000001AAA", "300000000000002AAA"


def members(content: bytes) -> dict[str, list[str]]:
    root = etree.fromstring(content)
    return {
        types.findtext(f"{{{METADATA}}}name"): [member.text for member in types.findall(f"{{{METADATA}}}members")]
        for types in root.findall(f"{{{METADATA}}}types")
    }


def recorded(request: Any) -> list[str]:
    return sorted(json.loads(request.zip["staticresources/STL_Ledger.resource"])["resources"])


def version(number: int, name: str, status: str) -> dict[str, Any]:
    return {
        "Id": f"30100000000000{number}AAA",
        "VersionNumber": number,
        "Status": status,
        "Definition": {"DeveloperName": name},
    }


def steps(org: ScriptedOrg) -> list[str]:
    """What was done to the org, in order."""
    return [
        f"{r.method} {r.path.rpartition('/')[2]}"
        for r in org.requests
        if r.method in ("PATCH", "DELETE") or r in org.deployments
    ]


def test_creates_and_their_ledger_are_one_deployment(
    org: ScriptedOrg, session: SalesforceSession, metadata_schema: Any
) -> None:
    plan, final = make_plan(
        create=(field("Lead.A__c"),), update=(record("STL_Lead_Type.demo", X__c="5"),), keep=(flow("STL_F"),)
    )
    told, stopped = write(session, (plan, final))
    assert stopped is None
    assert outcomes(told) == [Outcome(change.address, "done") for change in plan.changes]
    (sent,) = org.deployments
    assert sorted(sent.zip) == [
        "customMetadata/STL_Lead_Type.demo.md",
        "objects/Lead.object",
        "package.xml",
        "staticresources/STL_Ledger.resource",
        "staticresources/STL_Ledger.resource-meta.xml",
    ]
    assert members(sent.zip["package.xml"]) == {
        "CustomField": ["Lead.A__c"],
        "CustomMetadata": ["STL_Lead_Type.demo"],
        "StaticResource": ["STL_Ledger"],
    }
    metadata_schema.assertValid(etree.fromstring(sent.zip["package.xml"]))
    written = ledger.decode(sent.zip["staticresources/STL_Ledger.resource"], "STL_Ledger").ledger
    assert (written.design, written.fingerprints) == ("acme", final.fingerprints)
    assert (written.meta["plan"], written.meta["applied_by"], written.meta["tool"]) == (
        "p1",
        "deploy@acme.example",
        "provisioner 1",
    )


def test_what_the_ledger_says_about_itself_is_the_callers(org: ScriptedOrg, session: SalesforceSession) -> None:
    plan, final = make_plan(create=(field("Lead.A__c"),))
    meta = {"plan": "p2", "applied_at": "2026-03-02T13:00:00Z", "applied_by": "ann", "tool": "t"}
    write(session, (plan, type(final)(final.design, final.fingerprints, meta)))
    written = json.loads(org.deployments[0].zip["staticresources/STL_Ledger.resource"])
    assert {key: written[key] for key in meta} == meta


def test_what_is_written_is_what_is_read_back(org: ScriptedOrg, session: SalesforceSession) -> None:
    plan, final = make_plan(create=(field("Lead.A__c"),))
    write(session, (plan, final))
    sent = org.deployments[0].zip
    org.static["STL_Ledger"] = sent["staticresources/STL_Ledger.resource"]
    org.files = {f"unpackaged/{path}": content for path, content in sent.items()}
    live = session.read(snapshot(field("Lead.A__c")), "STL")
    assert list(live.snapshot) == [field("Lead.A__c")]
    assert live.ledger.fingerprints == final.fingerprints


def test_removals_go_in_an_order_the_vendor_accepts(org: ScriptedOrg, session: SalesforceSession) -> None:
    doomed = (
        field("Lead.Old__c"),
        flow("STL_Old"),
        holiday("STL us 2026-12-25 x"),
        hours("STL us"),
        apex("STL_Clock"),
        record("STL_T.r"),
    )
    plan, final = make_plan(create=(field("Lead.A__c"),), delete=doomed, keep=(flow("STL_Kept"),))
    org.rows["FlowDefinition"] = [{"Id": FLOW_ID, "DeveloperName": "STL_Old"}]
    org.rows["Flow"] = [
        version(1, "STL_Old", "Obsolete"),
        version(2, "STL_Old", "Active"),
        version(3, "STL_Kept", "Obsolete"),
        version(4, "STL_Kept", "Active"),
        version(5, "STL_Kept", "Draft"),
    ]
    org.rows["Holiday"] = [{"Id": "0C0000000000001AAA", "Name": "STL us 2026-12-25 x"}]
    told, stopped = write(session, (plan, final))
    assert stopped is None
    assert steps(org) == [
        "POST deployRequest",
        f"PATCH {FLOW_ID}",
        "DELETE 301000000000001AAA",
        "DELETE 301000000000002AAA",
        "DELETE 301000000000003AAA",
        "DELETE 0C0000000000001AAA",
        "POST deployRequest",
    ]
    assert sorted(outcome.address for outcome in outcomes(told)) == [change.address for change in plan.changes]
    assert {outcome.status for outcome in outcomes(told)} == {"done"}
    (patched,) = org.seen("PATCH /services/data/v66.0/tooling/sobjects/FlowDefinition/")
    assert json.loads(patched.body) == {"Metadata": {"activeVersionNumber": 0}}
    assert Progress("removing", "Business hours 'STL us' cannot be deleted in Salesforce; switched off") in told
    assert Progress("removing", "Flow STL_Kept: 1 obsolete version deleted") in told


def test_the_ledger_lists_what_may_still_be_there(org: ScriptedOrg, session: SalesforceSession) -> None:
    old, new, kept = field("Lead.Old__c"), field("Lead.A__c"), flow("STL_Kept")
    plan, final = make_plan(create=(new,), delete=(old,), keep=(kept,))
    org.static["STL_Ledger"] = ledger.encode(ledger_of(old, kept))
    org.files = {}
    session.read(snapshot(new), "STL")
    write(session, (plan, final))
    first, second = org.deployments
    assert recorded(first) == ["CustomField:Lead.A__c", "CustomField:Lead.Old__c", "Flow:STL_Kept"]
    assert recorded(second) == ["CustomField:Lead.A__c", "Flow:STL_Kept"]
    assert members(second.zip["destructiveChangesPost.xml"]) == {"CustomField": ["Lead.Old__c"]}
    assert members(second.zip["package.xml"]) == {"StaticResource": ["STL_Ledger"]}
    assert (first.options["ignoreWarnings"], second.options["ignoreWarnings"]) == (False, True)


def test_destroying_takes_the_ledger_too(org: ScriptedOrg, session: SalesforceSession) -> None:
    doomed = (
        field("Lead.Old__c"),
        mdt("STL_T__mdt"),
        field("STL_T__mdt.X__c"),
        record("STL_T.r"),
        apex("STL_Clock"),
        hours("STL us"),
    )
    plan, final = make_plan(delete=doomed)
    told, stopped = write(session, (plan, final))
    assert stopped is None
    (sent,) = org.deployments
    assert members(sent.zip["destructiveChangesPre.xml"]) == {"ApexClass": ["STL_Clock"], "CustomMetadata": ["STL_T.r"]}
    assert members(sent.zip["destructiveChangesPost.xml"]) == {
        "CustomField": ["Lead.Old__c"],
        "CustomObject": ["STL_T__mdt"],
        "StaticResource": ["STL_Ledger"],
    }
    assert members(sent.zip["package.xml"]) == {"Settings": ["BusinessHours"]}
    assert b"<active>false</active>" in sent.zip["settings/BusinessHours.settings"]
    assert "staticresources/STL_Ledger.resource" not in sent.zip
    assert [outcome.status for outcome in outcomes(told)] == ["done"] * 6


def test_what_refers_to_something_is_removed_before_it(org: ScriptedOrg, session: SalesforceSession) -> None:
    formula = Resource(Address("CustomField", "Lead.Z__c"), {"formula": "ROUND(A__c - M__c, 1)"})
    middle = Resource(Address("CustomField", "Lead.M__c"), {"formula": "A__c"})
    doomed = (field("Lead.A__c"), formula, middle, apex("Clock"), apex("Clock_Test", "class Clock_Test { Clock c; }"))
    write(session, make_plan(delete=doomed))
    sent = org.deployments[0].zip
    assert members(sent["destructiveChangesPre.xml"]) == {"ApexClass": ["Clock_Test", "Clock"]}
    listed = members(sent["destructiveChangesPost.xml"])
    assert listed == {"CustomField": ["Lead.Z__c", "Lead.M__c", "Lead.A__c"], "StaticResource": ["STL_Ledger"]}


@given(st.lists(st.sets(st.integers(0, 7), max_size=3), max_size=8))
def test_the_order_of_removal_is_one_that_works_when_there_is_one(references: list[set[int]]) -> None:
    """Item n may name only items after it, shuffled by name: then nothing is removed before what names it."""
    names = [f"N{(number * 5) % 8}__c" for number in range(8)]
    items = [
        Resource(Address("CustomField", f"Lead.{names[n]}"), {"formula": " + ".join(names[k] for k in named if k > n)})
        for n, named in enumerate(references)
    ]
    order = [address.name.removeprefix("Lead.") for address in referring_first(items)]
    assert sorted(order) == sorted(names[: len(references)])
    for n, named in enumerate(references):
        later = [names[k] for k in named if n < k < len(references)]
        assert all(order.index(names[n]) < order.index(name) for name in later)


def test_circles_are_cut() -> None:
    one, two = apex("A", "class A { B b; }"), apex("B", "class B { A a; }")
    assert sorted(referring_first([one, two])) == [one.address, two.address]


def test_deletions_are_not_validated(org: ScriptedOrg, session: SalesforceSession) -> None:
    session.check(make_plan(delete=(field("Lead.Old__c"),))[0])
    assert org.deployments == []


def test_nothing_to_change_still_records_the_ledger(org: ScriptedOrg, session: SalesforceSession) -> None:
    told, stopped = write(session, make_plan(keep=(flow("A"),)))
    assert (outcomes(told), stopped) == ([], None)
    assert recorded(org.deployments[0]) == ["Flow:A"]


def test_nothing_left_removes_a_stale_ledger(org: ScriptedOrg, session: SalesforceSession) -> None:
    warning = {
        "componentType": "",
        "fullName": "STL_Ledger",
        "success": True,
        "problemType": "Warning",
        "problem": "No StaticResource named: STL_Ledger found",
    }
    org.statuses = [deploy_result(successes=[warning])]
    told, stopped = write(session, make_plan())
    assert ([event for event in told if event.stage == "warning"], stopped) == ([], None)
    assert members(org.deployments[0].zip["destructiveChangesPost.xml"]) == {"StaticResource": ["STL_Ledger"]}


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("No CustomField named: Lead.X__c found", True),
        ("No ApexClass named: Y found.", True),
        ("no CustomField named Lead.X__c found", False),
        ("No access. CustomField named: X found", False),
    ],
)
def test_which_warning_means_gone_already(text: str, gone: bool) -> None:
    assert bool(ALREADY_GONE.match(text)) is gone


def test_an_interrupted_removal_can_be_repeated(org: ScriptedOrg, session: SalesforceSession) -> None:
    plan, final = make_plan(delete=(flow("STL_Old"), holiday("h")))
    org.rows["Flow"] = [version(1, "STL_Old", "Obsolete")]
    org.on("DELETE /services", error(404, "NOT_FOUND", "gone"))
    told, stopped = write(session, (plan, final))
    assert stopped is None
    assert {outcome.address: outcome.status for outcome in outcomes(told)} == {
        flow("STL_Old").address: "done",
        holiday("h").address: "done",
    }


def test_a_refused_removal_leaves_what_is_done_done(org: ScriptedOrg, session: SalesforceSession) -> None:
    problem = "This custom field is referenced elsewhere in salesforce.com"
    plan, final = make_plan(create=(field("Lead.A__c"),), delete=(field("Lead.Old__c"), flow("STL_Old"), apex("STL_X")))
    failure = {
        "componentType": "CustomField",
        "fullName": "Lead.Old__c",
        "success": False,
        "problemType": "Error",
        "problem": problem,
    }
    org.on("GET /services/data/v66.0/metadata/deployRequest", said(deploy_result()), said(deploy_result()))
    org.statuses = [deploy_result("Failed", failures=[failure])]
    told, stopped = write(session, (plan, final))
    assert isinstance(stopped, Rejected)
    assert "remove that use first" in stopped.advice
    assert {str(outcome.address): (outcome.status, outcome.message) for outcome in outcomes(told)} == {
        "CustomField:Lead.A__c": ("done", ""),
        "Flow:STL_Old": ("done", ""),
        "CustomField:Lead.Old__c": ("failed", problem),
        "ApexClass:STL_X": ("skipped", "not carried out: the deployment was refused as a whole"),
    }


def test_a_refused_first_stage_touches_nothing_else(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.statuses = [deploy_result("Failed", errorMessage="no")]
    told, stopped = write(session, make_plan(create=(field("Lead.A__c"),), delete=(flow("STL_Old"),)))
    assert isinstance(stopped, Rejected)
    assert steps(org) == ["POST deployRequest"]
    assert [outcome.status for outcome in outcomes(told)] == ["skipped", "skipped"]


def test_a_lost_deletion_stops_the_work(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.rows["FlowDefinition"] = [{"Id": FLOW_ID, "DeveloperName": "STL_Old"}]
    org.on("PATCH /services", *[Answer(drop=True)] * 5)
    told, stopped = write(session, make_plan(delete=(flow("STL_Old"), field("Lead.Old__c"))))
    assert isinstance(stopped, Unreachable)
    assert [outcome.status for outcome in outcomes(told)] == ["failed", "failed"]
    assert org.deployments == []


def test_a_deletion_whose_answer_is_lost_is_asked_for_again(org: ScriptedOrg, session: SalesforceSession) -> None:
    """The second time it is not there any more, which is what was wanted."""
    org.rows["Holiday"] = [{"Id": "0C0000000000001AAA", "Name": "h"}]
    org.on("DELETE /services", Answer(drop=True), error(404, "NOT_FOUND", "gone"), carried_out=True)
    told, stopped = write(session, make_plan(delete=(holiday("h"),), keep=(flow("A"),)))
    assert (stopped, outcomes(told)) == (None, [Outcome(Address("Holiday", "h"), "done")])
    assert len(org.seen("DELETE /services")) == 2


def test_two_holidays_of_one_name_are_left_alone_and_remembered(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.rows["Holiday"] = [{"Id": "0C0000000000001AAA", "Name": "h"}, {"Id": "0C0000000000002AAA", "Name": "h"}]
    told, stopped = write(session, make_plan(delete=(holiday("h"),), keep=(flow("A"),)))
    assert stopped is None
    assert outcomes(told) == [
        Outcome(Address("Holiday", "h"), "failed", "The org has 2 holidays of this name; none was deleted.")
    ]
    assert recorded(org.deployments[0]) == ["Flow:A", "Holiday:h"]


def test_hostile_names_in_queries(org: ScriptedOrg, session: SalesforceSession) -> None:
    write(session, make_plan(delete=(holiday("O'Neill') OR Name != ('"),)))
    (asked,) = (request.soql for request in org.requests if "FROM Holiday" in request.soql)
    assert asked == r"SELECT Id, Name FROM Holiday WHERE Name IN ('O\'Neill\') OR Name != (\'')"


def test_a_plan_for_another_org_is_not_begun(org: ScriptedOrg, session: SalesforceSession) -> None:
    plan, final = make_plan(create=(field("Lead.A__c"),), org={"id": "00D000000000002AAA"})
    for begin in (lambda: session.check(plan), lambda: list(session.write(plan, final))):
        with pytest.raises(
            TargetError, match=r"^The plan was made for org 00D000000000002AAA, but this connection leads to"
        ):
            begin()
    assert org.deployments == []


def test_an_adopted_component_is_deployed_with_the_ledger(org: ScriptedOrg, session: SalesforceSession) -> None:
    """Nothing differs but whose it is: the ledger that goes with it says so."""
    wanted = field("Lead.STL_Due__c")
    plan, final = make_plan(update=(wanted,))
    plan = replace(plan, changes=(Change(wanted, wanted, Cause.ADOPTED),))
    ended = [event for event in session.write(plan, final) if isinstance(event, Outcome)]
    assert ended == [Outcome(wanted.address, "done")]
    (deployment,) = org.deployments
    assert recorded(deployment) == ["CustomField:Lead.STL_Due__c"]
    assert "objects/Lead.object" in deployment.zip


def test_a_flow_that_was_switched_off_is_switched_on(org: ScriptedOrg, session: SalesforceSession) -> None:
    """Its content is the same, so deploying it changes nothing: its latest version is activated."""
    plan, final = make_plan(update=(flow("STL_Timers"),))
    plan = replace(plan, changes=(Change(flow("STL_Timers", "Obsolete"), flow("STL_Timers"), Cause.HAND),))
    org.rows["FlowDefinition"] = [{"Id": FLOW_ID, "DeveloperName": "STL_Timers"}]
    org.rows["Flow"] = [version(1, "STL_Timers", "Obsolete"), version(2, "STL_Timers", "Obsolete")]
    told, stopped = write(session, (plan, final))
    assert stopped is None
    assert outcomes(told) == [Outcome(Address("Flow", "STL_Timers"), "done")]
    (sent,) = org.seen("PATCH /services")
    assert sent.path.endswith(f"/tooling/sobjects/FlowDefinition/{FLOW_ID}")
    assert json.loads(sent.body) == {"Metadata": {"activeVersionNumber": 2}}


@pytest.mark.parametrize("content", ["the same", "other"])
@pytest.mark.parametrize("wanted", ["Draft", "Obsolete"])
def test_a_flow_that_is_wanted_switched_off_is_switched_off(
    org: ScriptedOrg, session: SalesforceSession, content: str, wanted: str
) -> None:
    """What a rollback puts back: with the same content the status has no effect, with other content the active version
    goes on running beside it."""
    before = flow("STL_Timers")
    if content == "other":
        before = Resource(before.address, {**before.attributes, "label": "Other"})
    plan, final = make_plan(update=(flow("STL_Timers", wanted),))
    plan = replace(plan, changes=(Change(before, flow("STL_Timers", wanted), Cause.TAKEN_BACK),))
    org.rows["FlowDefinition"] = [{"Id": FLOW_ID, "DeveloperName": "STL_Timers"}]
    org.rows["Flow"] = [version(1, "STL_Timers", "Obsolete"), version(2, "STL_Timers", "Active")]
    told, stopped = write(session, (plan, final))
    assert stopped is None
    assert outcomes(told) == [Outcome(Address("Flow", "STL_Timers"), "done")]
    assert Progress("deploying", "Flow STL_Timers switched off") in told
    assert steps(org) == ["POST deployRequest", f"PATCH {FLOW_ID}"]
    (sent,) = org.seen("PATCH /services")
    assert json.loads(sent.body) == {"Metadata": {"activeVersionNumber": 0}}


def test_a_flow_that_does_not_run_is_not_switched_off_again(org: ScriptedOrg, session: SalesforceSession) -> None:
    plan, final = make_plan(update=(flow("STL_Timers", "Obsolete"),))
    plan = replace(plan, changes=(Change(flow("STL_Timers"), flow("STL_Timers", "Obsolete"), Cause.TAKEN_BACK),))
    org.rows["FlowDefinition"] = [{"Id": FLOW_ID, "DeveloperName": "STL_Timers"}]
    org.rows["Flow"] = [version(1, "STL_Timers", "Obsolete")]
    _, stopped = write(session, (plan, final))
    assert (stopped, steps(org)) == (None, ["POST deployRequest"])


@pytest.mark.parametrize("status", ["Active", "Obsolete"])
def test_a_flow_that_changes_is_left_to_the_deployment(
    org: ScriptedOrg, session: SalesforceSession, status: str
) -> None:
    """New content makes a new version; whether the org activates it is the org's setting. An active one stays."""
    before = flow("STL_Timers", "Obsolete")
    if status == "Obsolete":
        before = Resource(before.address, {**before.attributes, "label": "Other"})
    plan, final = make_plan(update=(flow("STL_Timers"),))
    plan = replace(plan, changes=(Change(before, flow("STL_Timers"), Cause.BOTH),))
    org.rows["FlowDefinition"] = [{"Id": FLOW_ID, "DeveloperName": "STL_Timers"}]
    org.rows["Flow"] = [version(1, "STL_Timers", status)]
    _, stopped = write(session, (plan, final))
    assert (stopped, org.seen("PATCH /services")) == (None, [])


def test_a_rename_in_place_is_refused_before_anything(org: ScriptedOrg, session: SalesforceSession) -> None:
    old, new = flow("STL_Old"), flow("STL_New")
    plan, final = make_plan(update=(new,))
    plan = replace(plan, changes=(Change(old, new, Cause.RENAMED),))
    for attempt in (lambda: session.check(plan), lambda: list(session.write(plan, final))):
        with pytest.raises(Rejected) as caught:
            attempt()
        assert caught.value.message == (
            "Salesforce cannot rename a component in place (Flow:STL_New was Flow:STL_Old)."
        )
        assert caught.value.problems == (("Flow:STL_New", "was Flow:STL_Old"),)
    assert org.deployments == []
