"""Whatever the design, what we render is metadata the vendor's schema accepts: wired up, reproducible, read back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import contract
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from lxml import etree
from strategies.designs import compiled, designs, documents

from provisioner.document import load
from provisioner.model.compile import compile_design
from provisioner.model.design import Design
from provisioner.resources import Address, Snapshot
from provisioner.targets.base import Artifact
from provisioner.targets.registry import load_target
from provisioner.targets.salesforce.desire import render
from provisioner.targets.salesforce.package import artifacts, build_zip
from provisioner.targets.salesforce.parse import parse_package

EXAMPLE = Path(__file__).parents[3] / "examples" / "starter-salesforce.yaml"
SLOW = settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
FLOW_NODES = (
    "actionCalls", "assignments", "decisions", "loops", "recordCreates", "recordLookups", "recordUpdates",
)  # fmt: skip


def example() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    return stringly(found)


def stringly(value: Any) -> Any:
    """YAML 1.1 turned days into dates; the document has texts."""
    if isinstance(value, dict):
        return {key: stringly(item) for key, item in value.items()}
    if isinstance(value, list):
        return [stringly(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def acme() -> Design:
    document = load(EXAMPLE)
    design, _ = compile_design(document, today=date(2026, 3, 2))
    assert design is not None
    return design


def files(design: Design) -> dict[str, bytes]:
    return {item.path: item.content for item in artifacts(render(design))}


def snapshot(design: Design) -> Snapshot:
    found, diagnostics = load_target("salesforce").desire(design, lambda pointer: None)
    assert [item for item in diagnostics if item.severity == "error"] == []
    return found


@pytest.fixture(scope="module", params=[contract.OLDER, contract.CURRENT], ids=["63", "66"])
def schema(request: pytest.FixtureRequest) -> Any:
    if not request.param.exists():
        pytest.skip("the vendor's contract files are not beside this checkout")
    return contract.schema(request.param)


def test_the_example_is_valid_metadata(schema: Any) -> None:
    assert contract.problems(schema, files(acme())) == []


@SLOW
@given(designs)
def test_every_design_is_valid_metadata(schema: Any, design: Design) -> None:
    assert contract.problems(schema, files(design)) == []


def test_the_example_wants_these_things() -> None:
    names = {str(resource.address) for resource in snapshot(acme()) if resource.address.kind != "CustomField"}
    assert {name for name in names if not name.startswith("Holiday:")} == {
        "ApexClass:STL_Clock", "ApexClass:STL_Clock_Test", "ApexTrigger:STL_Lead_Clock",
        "BusinessHours:STL us", "BusinessHours:STL emea", "CustomNotificationType:STL_Alert",
        "CustomMetadata:STL_Ignored_User.integration_acme_example",
        "CustomMetadata:STL_Lead_Type.content_mql", "CustomMetadata:STL_Lead_Type.demo_request",
        "CustomMetadata:STL_Lead_Type.emea_demo", "CustomMetadata:STL_Lead_Type.enterprise_inquiry",
        "CustomMetadata:STL_Lead_Type.event_attendee",
        "CustomMetadata:STL_Recipient.backup_queue", "CustomMetadata:STL_Recipient.cro",
        "CustomMetadata:STL_Recipient.manager", "CustomMetadata:STL_Recipient.rep",
        "CustomMetadata:STL_SLA_Step.standard_1", "CustomMetadata:STL_SLA_Step.standard_2",
        "CustomMetadata:STL_SLA_Step.urgent_1", "CustomMetadata:STL_SLA_Step.urgent_2",
        "CustomMetadata:STL_SLA_Step.urgent_3", "CustomMetadata:STL_SLA_Step.urgent_4",
        "CustomMetadata:STL_Settings.Default",
        "CustomObject:STL_Error__c", "EmailFolder:STL_Alerts", "EmailTemplate:STL_Alerts/STL_Owner_Alert",
        "WorkflowAlert:Lead.STL_Owner_Alert",
        "CustomObject:STL_Ignored_User__mdt", "CustomObject:STL_Lead_Type__mdt", "CustomObject:STL_Recipient__mdt",
        "CustomObject:STL_SLA_Step__mdt", "CustomObject:STL_Settings__mdt",
        "Flow:STL_Event_First_Touch", "Flow:STL_Lead_Owner_Settled", "Flow:STL_Lead_Stamp", "Flow:STL_Lead_Timers",
        "Flow:STL_Log_Error", "Flow:STL_Task_First_Touch", "PermissionSet:STL_Speed_To_Lead", "Queue:SDR_Backup",
        "ManualStep:default_workflow_user", "ManualStep:permission_set", "ManualStep:queue_members",
    }  # fmt: skip
    holidays = {name for name in names if name.startswith("Holiday:STL us 2026-12-25")}
    assert holidays == {"Holiday:STL us 2026-12-25 Christmas Day"}


def test_a_holiday_on_a_closed_day_is_not_deployed() -> None:
    """The example's calendar is open from Monday to Friday; 2027-12-25 is a Saturday, kept on Friday the 24th."""
    names = {resource.address.name for resource in snapshot(acme()) if resource.address.kind == "Holiday"}
    assert {name for name in names if " 2027-12-2" in name and " us " in name} == {
        "STL us 2027-12-24 Christmas Day (observed)"
    }
    days = [date.fromisoformat(name.split()[2]) for name in names]
    assert {day.weekday() for day in days} == {0, 1, 2, 3, 4}


def test_the_fields_on_lead() -> None:
    fields = {
        r.address.name.removeprefix("Lead.STL_")
        for r in snapshot(acme())
        if r.address.kind == "CustomField" and r.address.name.startswith("Lead.")
    }
    assert fields == {
        "Engaged_At__c", "Assigned_At__c", "Assigned_To__c", "Owner_Seen__c", "Owner_Changed_At__c",
        "SLA_Started_At__c", "SLA_Due_At__c", "Step_1_At__c", "Step_2_At__c", "Step_3_At__c", "Step_4_At__c",
        "First_Touch_At__c", "First_Touch_Type__c", "Lead_Type__c", "SLA_Minutes__c", "Business_Hours__c",
        "Escalation__c", "SLA_Status__c", "Excluded__c", "Escalation_Level__c", "Cycle__c", "Response_Minutes__c",
        "Last_Error__c", "Error_Pending__c", "Alert_Title__c", "SLA_Promise__c", "Waiting__c",
        "Systems_Delay_Minutes__c", "Human_Delay_Minutes__c", "Speed_To_Lead_Minutes__c", "Miss_Minutes__c",
        "SLA_Result__c",
    }  # fmt: skip


def test_a_lead_type_record_says_the_promise() -> None:
    found = snapshot(acme()).get(Address("CustomMetadata", "STL_Lead_Type.event_attendee"))
    assert found is not None
    assert found.attributes == {
        "label": "Event / webinar attendee",
        "protected": "false",
        "values": [
            {"field": "Business_Day_Minutes__c", "type": "double", "value": "600"},
            {"field": "Business_Hours__c", "type": "string", "value": "STL us"},
            {"field": "Clock__c", "type": "string", "value": "business"},
            {"field": "Escalation__c", "type": "string", "value": "standard"},
            {"field": "Label__c", "type": "string", "value": "Event / webinar attendee"},
            {"field": "SLA_Minutes__c", "value": None},
        ],
    }


def test_step_records_say_when_and_what_it_makes_of_the_lead() -> None:
    found = snapshot(acme())

    def values(name: str) -> dict[str, Any]:
        record = found.get(Address("CustomMetadata", f"STL_SLA_Step.{name}"))
        assert record is not None
        return {item["field"].removesuffix("__c"): item["value"] for item in record.attributes["values"]}

    assert values("urgent_1") == {
        "Escalation": "urgent", "Step_Number": "1", "Percent": "50", "Offset_Minutes": None,
        "Offset_Business_Days": None, "Status": "at_risk",
    }  # fmt: skip
    assert values("urgent_2")["Status"] == "breached"
    assert values("urgent_4") == {
        "Escalation": "urgent", "Step_Number": "4", "Percent": None, "Offset_Minutes": "0",
        "Offset_Business_Days": "1", "Status": "escalated",
    }  # fmt: skip


def test_a_calendar_only_design_deploys_no_code() -> None:
    document = example()
    for lead_type in document["lead_types"]:
        lead_type |= {"clock": "calendar", "sla": "15m"}
        lead_type.pop("hours", None)
    document["escalation"]["urgent"].pop()
    kinds = {resource.address.kind for resource in snapshot(compiled(document))}
    assert not kinds & {"ApexClass", "ApexTrigger", "BusinessHours", "Holiday"}


@pytest.mark.parametrize(
    ("change", "address"),
    [
        (lambda d: d["lead_types"][1].update(sla="7m"), "CustomMetadata:STL_Lead_Type.demo_request"),
        (lambda d: d["escalation"]["urgent"][0].update(at="60%"), "CustomMetadata:STL_SLA_Step.urgent_1"),
        (lambda d: d["recipients"]["cro"].update(user="vp@acme.example"), "CustomMetadata:STL_Recipient.cro"),
        (lambda d: d["alerts"].update(silent_to="ops@acme.example"), "CustomMetadata:STL_Settings.Default"),
        (lambda d: d["alerts"].update(mode="live"), "CustomMetadata:STL_Settings.Default"),
    ],
    ids=["threshold", "step time", "recipient", "silent_to", "golive"],
)
def test_one_decision_is_one_record(change: Any, address: str) -> None:
    before, document = snapshot(compiled(example())), example()
    change(document)
    after = snapshot(compiled(document))
    changed = {str(a) for a in {*before.resources, *after.resources} if before.get(a) != after.get(a)}
    assert changed == {address}


def test_an_ignored_user_is_one_record_more() -> None:
    before, document = snapshot(compiled(example())), example()
    document["telemetry"]["first_touch"]["ignore_users"].append("integration@acme-example")
    after = snapshot(compiled(document))
    changed = {str(a) for a in {*before.resources, *after.resources} if before.get(a) != after.get(a)}
    assert changed == {"CustomMetadata:STL_Ignored_User.integration_acme_example_2"}


@SLOW
@given(designs)
def test_rendering_is_reproducible_and_reads_back(design: Design) -> None:
    first, second = list(artifacts(render(design))), list(artifacts(render(deepcopy(design))))
    assert first == second
    assert build_zip(first) == build_zip(reversed(second))
    parsed = parse_package({item.path: item.content for item in first})
    again = artifacts(parsed)
    assert parse_package({item.path: item.content for item in again}) == parsed
    assert artifacts(parse_package({item.path: item.content for item in again})) == again


@SLOW
@given(designs)
def test_the_manifest_names_exactly_the_files(design: Design) -> None:
    assert manifest_of(artifacts(render(design))) == addresses_of(artifacts(render(design)))


def manifest_of(package: list[Artifact]) -> set[tuple[str, str]]:
    content = next(item.content for item in package if item.path == "package.xml")
    ns = {"m": contract.NS}
    return {
        (types.findtext("m:name", namespaces=ns) or "", member.text or "")
        for types in etree.fromstring(content).findall("m:types", ns)
        for member in types.findall("m:members", ns)
    }


def addresses_of(package: list[Artifact]) -> set[tuple[str, str]]:
    """What the files hold, read without our own parser."""
    found: set[tuple[str, str]] = set()
    folders = {
        "customMetadata": "CustomMetadata", "flows": "Flow", "permissionsets": "PermissionSet", "queues": "Queue",
        "notificationtypes": "CustomNotificationType", "classes": "ApexClass", "triggers": "ApexTrigger",
    }  # fmt: skip
    for item in package:
        folder, _, name = item.path.partition("/")
        if folder in folders and not name.endswith("-meta.xml"):
            found.add((folders[folder], name.rpartition(".")[0]))
        elif folder == "settings":
            found.add(("Settings", "BusinessHours"))
        elif folder == "email" and not name.endswith(".email-meta.xml"):
            found.add(("EmailTemplate", name.removesuffix("-meta.xml").removesuffix(".email")))
        elif folder == "workflows":
            root, parent = etree.fromstring(item.content), name.removesuffix(".workflow")
            found |= {("WorkflowAlert", f"{parent}.{word.text}") for word in root.iterfind("{*}alerts/{*}fullName")}
        elif folder == "objects":
            root, parent = etree.fromstring(item.content), name.removesuffix(".object")
            found |= {("CustomField", f"{parent}.{field.text}") for field in root.iterfind("{*}fields/{*}fullName")}
            if parent.endswith(("__mdt", "__c")):
                found.add(("CustomObject", parent))
    return found


# the wiring of flows


def nodes(flow: etree._Element) -> dict[str, etree._Element]:
    return {child.findtext("{*}name"): child for kind in FLOW_NODES for child in flow.iterfind(f"{{*}}{kind}")}


def flows(design: Design) -> Iterator[etree._Element]:
    for path, content in files(design).items():
        if path.startswith("flows/"):
            yield etree.fromstring(content)


@SLOW
@given(designs)
def test_flows_are_wired_up(design: Design) -> None:
    for flow in flows(design):
        known = nodes(flow)
        start = flow.find("{*}start")
        targets = {element.text for element in flow.iter("{*}targetReference")}
        assert targets <= set(known)
        reached: set[str] = set()
        todo = [element.text for element in start.iter("{*}targetReference")]
        while todo:
            name = todo.pop()
            if name not in reached:
                reached.add(name)
                found = {element.text for element in known[name].iter("{*}targetReference")}
                assert name not in found
                todo += found
        assert reached == set(known), f"never reached in {flow.findtext('{*}label')}"


@SLOW
@given(designs)
def test_flow_names_are_legal_and_unique(design: Design) -> None:
    for flow in flows(design):
        kinds = (*FLOW_NODES, "formulas", "variables", "textTemplates")
        names = [element.findtext("{*}name") for kind in kinds for element in flow.iterfind(f"{{*}}{kind}")]
        names += [rule.findtext("{*}name") for rule in flow.iter("{*}rules")]
        names += [
            path.findtext("{*}name") for path in flow.iter("{*}scheduledPaths") if path.find("{*}name") is not None
        ]
        assert len({name.lower() for name in names}) == len(names)
        for name in names:
            assert re.fullmatch(r"[A-Za-z](_?[A-Za-z0-9])*", name) and len(name) <= 80, name
        for logic in flow.iter("{*}conditionLogic"):
            assert len(logic.text) <= 1000
        for expression in flow.iter("{*}expression"):
            assert len(expression.text) <= 3900


@SLOW
@given(designs)
def test_flow_references_exist(design: Design) -> None:
    """Every variable, formula and stored record that is named is there."""
    for flow in flows(design):
        resources = {
            element.findtext("{*}name"): element
            for kind in ("formulas", "variables", "textTemplates")
            for element in flow.iterfind(f"{{*}}{kind}")
        }
        holders = {*resources, *nodes(flow)}
        texts = [
            e.text
            for kind in ("elementReference", "leftValueReference", "collectionReference")
            for e in flow.iter(f"{{*}}{kind}")
        ]
        texts += [e.text for e in flow.iter("{*}assignToReference")] + [e.text for e in flow.iter("{*}inputReference")]
        for kind in ("expression", "text"):
            for element in flow.iter(f"{{*}}{kind}"):
                texts += re.findall(r"\{!([^}]+)\}", element.text)
        for text in texts:
            assert text.startswith("$") or text.partition(".")[0] in holders, text


def uses(flow: etree._Element, part: etree._Element) -> set[str]:
    """Everything a node refers to, through formulas and templates too."""
    named = {
        element.findtext("{*}name"): element
        for kind in ("formulas", "textTemplates")
        for element in flow.iterfind(f"{{*}}{kind}")
    }
    found: set[str] = set()
    todo = [part]
    while todo:
        element = todo.pop()
        texts = [e.text for kind in ("elementReference", "leftValueReference") for e in element.iter(f"{{*}}{kind}")]
        for kind in ("expression", "text"):
            texts += [name for e in element.iter(f"{{*}}{kind}") for name in re.findall(r"\{!([^}]+)\}", e.text)]
        for text in set(texts) - found:
            found.add(text)
            if text in named:
                todo.append(named[text])
    return found


def reachable_without(flow: etree._Element, guarded: str) -> set[str]:
    """Nodes that can be reached without passing a decision that saw `guarded` not to be null."""

    def guards(element: etree._Element) -> bool:
        """Whether this connector belongs to an outcome that holds only if `guarded` is not null."""
        rule = element.getparent().getparent()
        if not rule.tag.endswith("}rules") or rule.findtext("{*}conditionLogic") != "and":
            return False
        return any(
            condition.findtext("{*}leftValueReference") == guarded
            and condition.findtext("{*}operator") == "IsNull"
            and condition.findtext("{*}rightValue/{*}booleanValue") == "false"
            for condition in rule.iterfind("{*}conditions")
        )

    known = nodes(flow)
    reached: set[str] = set()
    todo = [element.text for element in flow.find("{*}start").iter("{*}targetReference")]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += [element.text for element in known[name].iter("{*}targetReference") if not guards(element)]
    return reached


@SLOW
@given(designs)
def test_looked_up_records_are_used_only_where_they_were_found(design: Design) -> None:
    for flow in flows(design):
        lookups = {element.findtext("{*}name") for element in flow.iterfind("{*}recordLookups")}
        for name, node in nodes(flow).items():
            for used in uses(flow, node):
                holder, dot, _ = used.partition(".")
                # What BLANKVALUE guards is guarded, but the record itself must have been found.
                if dot and holder in lookups:
                    assert name not in reachable_without(flow, holder), f"{name} uses {used}"


NEVER_NULL = {
    "$Record.Id",
    "$Record.OwnerId",
    "$Record.LastModifiedById",
    "$Record.WhoId",
    "stepNumber",
    "leadType",
    "touchedAt",
}


@SLOW
@given(designs)
def test_filter_values_are_never_null(design: Design) -> None:
    """A null in a filter makes the interview fail. [docs-2nd] reference/salesforce.md 4.1"""
    for flow in flows(design):
        formulas = {e.findtext("{*}name"): e.findtext("{*}expression") for e in flow.iterfind("{*}formulas")}
        for name, node in nodes(flow).items():
            for value in node.iterfind("{*}filters/{*}value/{*}elementReference"):
                used = value.text
                safe = used in NEVER_NULL or formulas.get(used, "").startswith("BLANKVALUE(")
                assert safe or name not in reachable_without(flow, used), f"{name} filters by {used}"


@SLOW
@given(designs)
def test_every_element_that_can_fail_has_a_fault_path(design: Design) -> None:
    """Also the ones that write a fault down: nobody's save waits for a row of the error log."""
    for flow in flows(design):
        for kind in ("actionCalls", "recordCreates", "recordLookups", "recordUpdates"):
            for node in flow.iterfind(f"{{*}}{kind}"):
                assert node.find("{*}faultConnector") is not None, node.findtext("{*}name")


@SLOW
@given(designs)
def test_no_text_of_a_user_can_merge_anything(design: Design) -> None:
    """A merge field opener stands only in formulas and templates of ours."""
    ours = re.compile(r"\{!(\$Record(__Prior)?\.\w+|\$Flow\.\w+|\$Api\.Enterprise_Server_URL_640|\w+(\.\w+)?)\}")
    for flow in flows(design):
        for element in flow.iter("{*}stringValue"):
            assert "{!" not in element.text
        for kind in ("expression", "text"):
            for element in flow.iter(f"{{*}}{kind}"):
                assert "{!" not in ours.sub("", element.text), element.text
                assert "$Api.Session_ID" not in re.findall(r"\{!([^}]+)\}", element.text)


def test_scheduled_paths_obey_the_rules_for_them() -> None:
    flow = etree.fromstring(files(acme())["flows/STL_Lead_Timers.flow"])
    start = flow.find("{*}start")
    assert flow.findtext("{*}apiVersion") == "64.0"
    assert start.findtext("{*}doesRequireRecordChangedToMeetCriteria") == "true"
    assert "IsChanged" not in [element.text for element in start.iter("{*}operator")]
    assert b"$Record__Prior" not in etree.tostring(flow)
    paths = [
        (path.findtext("{*}recordField"), path.findtext("{*}offsetNumber")) for path in start.iter("{*}scheduledPaths")
    ]
    assert paths == [("STL_SLA_Due_At__c", "0"), *((f"STL_Step_{k}_At__c", "0") for k in (1, 2, 3, 4))]


def test_the_trigger_tells_its_twin() -> None:
    body = files(acme())["triggers/STL_Lead_Clock.trigger"].decode()
    import json

    comment = re.search(r"^/\*\nemulator-twin: sla-clock/1\n(.*?)\n\*/", body, re.DOTALL)
    assert comment is not None
    assert json.loads(comment[1]) == {
        "object": "Lead", "started_at": "STL_SLA_Started_At__c", "due_at": "STL_SLA_Due_At__c",
        "minutes": "STL_SLA_Minutes__c", "hours": "STL_Business_Hours__c", "escalation": "STL_Escalation__c",
        "lead_type": "STL_Lead_Type__c", "first_touch_at": "STL_First_Touch_At__c",
        "response_minutes": "STL_Response_Minutes__c", "step_at": [f"STL_Step_{k}_At__c" for k in (1, 2, 3, 4)],
        "step_type": "STL_SLA_Step__mdt", "step_escalation": "Escalation__c", "step_number": "Step_Number__c",
        "step_percent": "Percent__c", "step_offset_minutes": "Offset_Minutes__c",
        "step_offset_days": "Offset_Business_Days__c", "type_type": "STL_Lead_Type__mdt",
        "type_business_day": "Business_Day_Minutes__c",
    }  # fmt: skip


@SLOW
@given(documents())
def test_apex_braces_balance_and_nothing_of_a_user_is_in_it(document: dict[str, Any]) -> None:
    design = compiled(document)
    for path, content in files(design).items():
        if path.endswith((".cls", ".trigger")):
            text = content.decode()
            code = re.sub(r"'[^']*'", "''", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
            assert code.count("{") == code.count("}") and code.count("(") == code.count(")")
            assert "{{" not in text and "{%" not in text
            assert not any(hostile in text for hostile in ("O'Brien", "Session_ID", "🚀"))


def test_every_component_says_who_manages_it() -> None:
    for resource in snapshot(acme()):
        if resource.address.kind in ("Flow", "CustomObject", "PermissionSet", "CustomNotificationType", "Queue"):
            assert resource.attributes["description"].endswith("Managed by provisioner (design acme-speed-to-lead).")
