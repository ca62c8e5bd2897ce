"""The smallest plans: one change of the complete example is one change of the org, or the few that it takes."""

from __future__ import annotations

from datetime import date
from functools import cache

from provisioner import assets
from provisioner.document import loads
from provisioner.model.compile import compile_design
from provisioner.planning.diff import make_plan
from provisioner.resources import Snapshot
from provisioner.targets.salesforce import target

CRO = "  cro: {user: cro@acme.example}\n"
CONTENT_SLA = "    sla: 4h\n"
HOLIDAYS = "extra: [2026-12-24]"
ONE_MORE_TYPE = """\
  - id: chat
    label: Chat
    when: {LeadSource: [Chat]}
    sla: 10m
    clock: business
    hours: us
    escalation: standard
unmatched:"""


@cache
def text() -> str:
    return assets.read_text("examples", "acme-salesforce.yaml")


@cache
def desired(content: str) -> Snapshot:
    document = loads(content, "acme.yaml")
    design, found = compile_design(document, today=date(2026, 3, 1))
    assert design is not None, found
    snapshot, problems = target.desire(design, document.locate)
    assert not [item for item in problems if item.severity == "error"], problems
    return snapshot


def planned(old: str, new: str) -> list[tuple[str, str]]:
    """Action and address of every change, when the org is as the example says and the example then changes."""
    assert text().count(old) == 1, f"{old!r} is {text().count(old)} times in the example"
    live = desired(text())
    recorded = {resource.address: resource.fingerprint() for resource in live}
    plan = make_plan(
        desired(text().replace(old, new)), live, recorded, target.compare,
        design="acme", design_digest="d", tool="t", org={}, created_at="2026-03-02T13:00:00Z",
    )  # fmt: skip
    return [(change.action.name, str(change.address)) for change in plan.changes]


def test_nothing_is_nothing() -> None:
    assert planned(CRO, CRO) == []


def test_one_threshold() -> None:
    assert planned(CONTENT_SLA, "    sla: 3h\n") == [("UPDATE", "CustomMetadata:STL_Lead_Type.content_mql")]


def test_one_recipient() -> None:
    assert planned(CRO, "  cro: {user: ceo@acme.example}\n") == [("UPDATE", "CustomMetadata:STL_Recipient.cro")]


def test_one_holiday() -> None:
    assert planned(HOLIDAYS, "extra: [2026-12-24, 2026-12-31]") == [("CREATE", "Holiday:STL us 2026-12-31 Day off")]


def test_one_lead_type() -> None:
    """Its record, its value in the list of lead types, and the flow that tells lead types apart."""
    assert planned("unmatched:", ONE_MORE_TYPE) == [
        ("UPDATE", "CustomField:Lead.STL_Lead_Type__c"),
        ("CREATE", "CustomMetadata:STL_Lead_Type.chat"),
        ("UPDATE", "Flow:STL_Lead_Stamp"),
    ]
