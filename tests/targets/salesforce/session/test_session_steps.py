"""Steps that people did, in the ledger: what is written is what counts, and when it does not count any more."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pieces
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_org import DEPLOY_ID, Answer, Request, ScriptedOrg, error, said

from provisioner.errors import Overtaken, TargetError
from provisioner.planning.plan import Cause, Change, Tick
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.base import Ledger
from provisioner.targets.salesforce.session import SalesforceSession, ledger, steps
from provisioner.targets.salesforce.session.ledger import Saved
from provisioner.targets.salesforce.session.record_types import RecordTypes
from provisioner.targets.salesforce.session.steps import Seen
from provisioner.targets.salesforce.session.ticks import Ticked

PRINT = "ab" * 32
QUEUE, SET = Address("Queue", "SDR"), Address("PermissionSet", "STL_Speed_To_Lead")
REASON = Address("CustomField", "Lead.STL_Rejection_Reason__c")
AT = "2026-03-03T09:00:00Z"


def step(name: str, *needed: Address, title: str = "Do it") -> Resource:
    return Resource(Address("ManualStep", name), {"title": title, "needs": {str(item): [] for item in needed}})


def there(*addresses: Address, unread: tuple[Address, ...] = ()) -> Snapshot:
    return Snapshot.of((Resource(address, {}) for address in addresses), unread)


# ------------------------------------------------------------ what is kept

TEXT = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
TICKS = st.dictionaries(
    TEXT.map(lambda name: Address("ManualStep", name)),
    st.builds(
        Ticked,
        st.text("0123456789abcdef", min_size=64, max_size=64),
        st.text(max_size=9),
        TEXT,
        st.dictionaries(st.builds(Address, TEXT, TEXT), TEXT, max_size=3),
        st.text(max_size=9),
        st.lists(TEXT, max_size=2).map(tuple),
    ),
    max_size=4,
)
SAVED = st.none() | st.builds(Saved, TEXT, TEXT, TEXT, TEXT)


@given(TICKS, SAVED)
def test_what_is_written_is_what_is_read(ticks: dict[Address, Ticked], applied: Saved | None) -> None:
    flow = Address("Flow", "A")
    read = ledger.decode(ledger.encode(Ledger("acme", {flow: PRINT}), ticks, applied), "STL_Ledger")
    assert (read.ticks, read.applied) == (ticks, applied)
    assert read.ledger.fingerprints == {flow: PRINT} | {address: item.fingerprint for address, item in ticks.items()}


def test_without_ticks_the_bytes_are_those_of_before() -> None:
    old = Ledger("acme", {Address("Flow", "A"): PRINT})
    assert ledger.encode(old) == ledger.encode(old, {}, None)
    assert json.loads(ledger.encode(old)).keys() == {
        "format", "design", "plan", "applied_at", "applied_by", "tool", "resources",
    }  # fmt: skip
    assert ledger.decode(ledger.encode(old), "STL_Ledger").ticks == {}


def test_a_version_that_knows_no_steps_finds_only_resources() -> None:
    """Steps are no entries of `resources`: they would be of a kind that it cannot read, and block every plan."""
    address = Address("ManualStep", "queue_members")
    recorded = Ledger("acme", {Address("Flow", "A"): PRINT, address: PRINT})
    data = json.loads(ledger.encode(recorded, {address: Ticked(PRINT, "Ana", AT)}))
    assert data["resources"] == {"Flow:A": PRINT}
    assert data["steps"] == {"queue_members": {"fingerprint": PRINT, "by": "Ana", "at": AT}}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (["x"], "it does not list the steps that were done."),
        ({"x": 5}, "its step 'x' does not say who did it, and when."),
        ({"x": {"fingerprint": PRINT, "by": "Ana"}}, "its step 'x' does not say who did it, and when."),
        ({"x": {"fingerprint": "abc", "by": "Ana", "at": AT}}, "its step 'x' is not a name with a fingerprint."),
        ({"\u001b": {"fingerprint": PRINT, "by": "A", "at": AT}}, "its step '\\x1b' is not a name with a fingerprint."),
        ({"x": {"fingerprint": PRINT, "by": "A", "at": AT, "ids": 5}}, "its step 'x' does not say what it needed."),
        (
            {"x": {"fingerprint": PRINT, "by": "A", "at": AT, "ids": {"Flow": "301"}}},
            "its step 'x' 'Flow' is not an address (expected KIND:NAME).",
        ),
    ],
)  # fmt: skip
def test_garbage_is_damage_never_emptiness(entries: Any, message: str) -> None:
    content = {"format": 1, "design": "acme", "resources": {}, "steps": entries}
    with pytest.raises(TargetError) as caught:
        ledger.decode(json.dumps(content).encode(), "STL_Ledger")
    assert caught.value.message == f"The ledger (static resource STL_Ledger) is damaged: {message}"


# ------------------------------------------------------- whether it counts


def judged(wanted: Resource, ticked: Ticked, found: Seen) -> str:
    """Why it is open; empty when it counts."""
    answer = steps.judge(Snapshot.of([wanted]), {wanted.address: ticked}, found)
    (resource,) = answer.resources
    if answer.ticked:
        assert (resource, answer.ticked) == (wanted, (Tick(wanted.address, "Ana", AT),))
        return ""
    return str(resource.attributes["opened"])


QUEUES = step("queue_members", QUEUE)
CONVERSION = step("convert_settings")
TYPES = step("record_types", REASON)
LACKS = RecordTypes({"Partner": {"STL_Rejection_Reason__c": ("Bad data",)}})


@pytest.mark.parametrize(
    ("wanted", "found", "ids", "reason"),
    [
        (QUEUES, Seen(there(QUEUE)), {}, ""),
        (QUEUES, Seen(there(QUEUE), {QUEUE: "00G1"}), {QUEUE: "00G1"}, ""),
        (QUEUES, Seen(there(QUEUE), {QUEUE: "00G2"}), {QUEUE: "00G1"}, "Queue:SDR was made anew."),
        (QUEUES, Seen(there(QUEUE)), {QUEUE: "00G1"}, ""),  # an id that is not told proves nothing
        (QUEUES, Seen(there(QUEUE), {QUEUE: "00G1"}), {}, ""),
        (QUEUES, Seen(there()), {}, "Queue:SDR was missing."),
        (QUEUES, Seen(there(unread=(QUEUE,))), {}, ""),  # unknown is not absent
        (QUEUES, Seen(there(QUEUE), empty={QUEUE}), {}, "the queue SDR had no members."),
        (CONVERSION, Seen(converts=None), {}, ""),
        (CONVERSION, Seen(converts=True), {}, ""),
        (CONVERSION, Seen(converts=False), {}, "Require Validation for Converted Leads was off."),
        (TYPES, Seen(there(REASON)), {}, ""),
        (TYPES, Seen(there(REASON), offers=RecordTypes(unread="no right")), {}, ""),
        (TYPES, Seen(there(REASON), offers=LACKS), {}, "the record type Partner did not offer all values."),
    ],
)
def test_when_a_tick_counts(wanted: Resource, found: Seen, ids: dict[Address, str], reason: str) -> None:
    told = judged(wanted, Ticked(wanted.fingerprint(), "Ana", AT, ids), found)
    assert told == (f"It was ticked; since then {reason}" if reason else "")


@pytest.mark.parametrize(
    ("wanted", "found"), [(CONVERSION, Seen(converts=False)), (TYPES, Seen(there(REASON), offers=LACKS))]
)
def test_what_people_want_so_counts_until_more_is_otherwise(wanted: Resource, found: Seen) -> None:
    (ticked,) = steps.ticked_now([wanted], found, "Ana", AT).values()
    assert judged(wanted, ticked, found) == ""
    more = RecordTypes({**LACKS.lacking, "Web": {"STL_Rejection_Reason__c": ("Bad data",)}})
    told = judged(TYPES, replace(ticked, fingerprint=TYPES.fingerprint()), Seen(there(REASON), offers=more))
    lacking = "Partner" if wanted is CONVERSION else "Web"
    assert told == f"It was ticked; since then the record type {lacking} did not offer all values."


def test_another_step_and_one_that_nobody_wants() -> None:
    ticked = Ticked(step("queue_members", QUEUE, title="Other").fingerprint(), "Ana", AT)
    assert judged(QUEUES, ticked, Seen(there(QUEUE))) == "The step is another one than when it was ticked."
    answer = steps.judge(Snapshot(), {QUEUES.address: ticked}, Seen())
    assert answer.resources == (Resource(QUEUES.address, {"opened": "The design does not ask for it any more."}),)


@pytest.mark.parametrize(
    ("wanted", "found", "unneeded"),
    [
        (CONVERSION, Seen(converts=True), True),
        (CONVERSION, Seen(converts=False), False),
        (CONVERSION, Seen(converts=None), False),
        (TYPES, Seen(there(REASON)), True),
        (TYPES, Seen(there(REASON), offers=LACKS), False),
        (TYPES, Seen(there(REASON), offers=RecordTypes(unread="no right")), False),
        (QUEUES, Seen(there(QUEUE)), False),  # who is in it is for a person to say
    ],
)
def test_what_the_org_is_known_to_be_is_asked_of_nobody(wanted: Resource, found: Seen, unneeded: bool) -> None:
    answer = steps.judge(Snapshot.of([wanted]), {}, found)
    assert (answer.unneeded, answer.resources, answer.ticked) == ({wanted.address} if unneeded else set(), (), ())


def test_what_an_apply_saw_open_stays_open() -> None:
    ticked = Ticked(QUEUES.fingerprint(), "Ana", AT)
    opened = Resource(QUEUES.address, {"opened": "It was ticked; since then Queue:SDR was missing."})
    change = Change(opened, QUEUES, Cause.REOPENED)
    (after,) = steps.kept({QUEUES.address: ticked}, {QUEUES.address}, [change]).values()
    assert judged(QUEUES, after, Seen(there(QUEUE))) == opened.attributes["opened"]
    assert steps.kept({QUEUES.address: ticked}, {QUEUES.address}, []) == {QUEUES.address: ticked}
    assert steps.kept({QUEUES.address: ticked}, {QUEUE}, []) == {}


# ------------------------------------------------------------ saying so


def deployed(org: ScriptedOrg, *resources: Resource) -> None:
    org.static["STL_Ledger"] = ledger.encode(pieces.ledger_of(*resources))
    org.files = pieces.files(*resources)


def test_a_tick_deploys_the_ledger_and_nothing_else(org: ScriptedOrg, session: SalesforceSession) -> None:
    flow = pieces.flow("STL_Lead_Timers")
    deployed(org, flow)
    org.rows["FlowDefinitionView"] = [
        {"ApiName": "STL_Lead_Timers", "ActiveVersionId": "301000000000001AAA", "LatestVersionId": "301000000000001AAA"}
    ]
    user = step("default_workflow_user", flow.address)
    before = ledger.decode(org.static["STL_Ledger"], "STL_Ledger").ledger
    with pytest.raises(
        TargetError, match=r"^Somebody else wrote the ledger right afterwards: what was recorded here may"
    ):
        session.tick([user], "acme", "STL", by="Ana Ruiz", at=AT)  # this org keeps what it had
    (sent,) = org.deployments
    assert sent.zip.keys() == {
        "package.xml", "staticresources/STL_Ledger.resource", "staticresources/STL_Ledger.resource-meta.xml",
    }  # fmt: skip
    written = ledger.decode(sent.zip["staticresources/STL_Ledger.resource"], "STL_Ledger")
    assert written.ticks == {user.address: Ticked(user.fingerprint(), "Ana Ruiz", AT)}
    assert written.ledger.fingerprints == {**before.fingerprints, user.address: user.fingerprint()}
    assert (written.ledger.design, written.ledger.meta) == (before.design, before.meta)


def test_whose_design_it_is(org: ScriptedOrg, session: SalesforceSession) -> None:
    user = step("default_workflow_user")
    with pytest.raises(TargetError, match=r"^Nothing of 'acme' is in this org yet, so default_workflow_user cannot"):
        session.tick([user], "acme", "STL", by="Ana", at=AT)
    deployed(org, pieces.field("Lead.STL_A__c"))
    with pytest.raises(TargetError, match=r"^This prefix belongs to the design 'acme', not to 'other'\.$"):
        session.tick([user], "other", "STL", by="Ana", at=AT)
    with pytest.raises(TargetError, match=r"^Flow:X is not a step that a person does\.$"):
        session.tick([pieces.flow("X")], "acme", "STL", by="Ana", at=AT)
    with pytest.raises(TargetError, match=r"^x cannot be done yet: Queue:SDR is missing\.$"):
        session.tick([step("x", QUEUE)], "acme", "STL", by="Ana", at=AT)
    assert session.untick([user.address], "STL") == frozenset()
    assert org.deployments == []


def test_nothing_is_written_while_somebody_deploys(org: ScriptedOrg, session: SalesforceSession) -> None:
    deployed(org, pieces.field("Lead.STL_A__c"))
    running = {"Id": "0Af000000000009AAA", "Status": "InProgress", "CheckOnly": False, "CreatedBy": {"Name": "Ben"}}
    org.rows["DeployRequest"] = [running]
    with pytest.raises(TargetError, match=r"^The org is busy: "):
        session.tick([step("x")], "acme", "STL", by="Ana", at=AT)
    assert org.deployments == []


def test_nothing_is_written_over_what_somebody_else_wrote(org: ScriptedOrg, session: SalesforceSession) -> None:
    deployed(org, pieces.field("Lead.STL_A__c"))
    mine = org.static["STL_Ledger"]
    theirs = ledger.encode(pieces.ledger_of(pieces.field("Lead.STL_A__c"), pieces.field("Lead.STL_B__c")))
    body = "GET /services/data/v66.0/sobjects/StaticResource"
    org.on(body, Answer(200, mine), Answer(200, theirs))
    with pytest.raises(TargetError) as caught:
        session.tick([step("x")], "acme", "STL", by="Ana", at=AT)
    assert caught.value.message == "Somebody else wrote the ledger at the same moment."
    assert org.deployments == []


THEIRS = "0Af000000000009AAA"
BODY = "GET /services/data/v66.0/sobjects/StaticResource"
STATUS = f"GET /services/data/v66.0/metadata/deployRequest/{THEIRS}"


def told_of(*written: tuple[str, str]) -> Answer:
    rows = [
        {"componentType": kind, "fullName": name, "success": True} for kind, name in (("", "package.xml"), *written)
    ]
    return said({"id": THEIRS, "deployResult": {"status": "Succeeded", "details": {"componentSuccesses": rows}}})


def meanwhile(org: ScriptedOrg, written: Answer) -> Resource:
    """A deployment of Ben's that is not under way at the last look, and that has ended when ours has."""
    deployed(org, pieces.field("Lead.STL_A__c"))
    ticked = step("x")
    before = org.static["STL_Ledger"]
    read = ledger.decode(before, "STL_Ledger")
    ours = ledger.encode(read.ledger, {ticked.address: Ticked(ticked.fingerprint(), "Ana", AT)}, Saved())
    org.on(BODY, *[Answer(200, before)] * 2, Answer(200, ours))
    query = "/services/data/v66.0/tooling/query"
    earlier = {"Id": "0Af000000000007AAA", "CreatedBy": {"Name": "Cleo"}}
    mine = {"Id": DEPLOY_ID, "CreatedBy": {"Name": "Ana"}}
    ben = {"Id": THEIRS, "CreatedBy": {"Name": "Ben"}}

    def listed(*rows: dict[str, Any]) -> Answer:
        return said({"totalSize": len(rows), "done": True, "records": list(rows)})

    def ended(request: Request) -> bool:
        return request.path.startswith(query) and "CheckOnly = false" in request.soql

    org.on(ended, listed(earlier), listed(mine, ben, earlier))
    org.on(STATUS, written)
    return ticked


@pytest.mark.parametrize(
    "written",
    [told_of(("CustomField", "Lead.STL_B__c"), ("StaticResource", "STL_Ledger")), error(404, "X", "Not yours")],
)
def test_an_apply_that_ended_between_the_last_look_and_ours_is_named(
    org: ScriptedOrg, session: SalesforceSession, written: Answer
) -> None:
    """Its entries went with the ledger that ours replaced; what it does not tell is taken for such a one."""
    ticked = meanwhile(org, written)
    with pytest.raises(Overtaken) as caught:
        session.tick([ticked], "acme", "STL", by="Ana", at=AT)
    assert caught.value.exit_code == 4
    assert caught.value.message == (
        f"The step was recorded, but a deployment of Ben ({THEIRS}) ended at the same moment and wrote the ledger too: "
        "what it recorded there may be lost."
    )
    assert org.rules == []


def test_a_deployment_of_other_things_at_the_same_moment_is_no_matter(
    org: ScriptedOrg, session: SalesforceSession
) -> None:
    session.tick([meanwhile(org, told_of(("StaticResource", "NWT_Ledger")))], "acme", "STL", by="Ana", at=AT)
    assert org.rules == []
    assert len(org.deployments) == 1
