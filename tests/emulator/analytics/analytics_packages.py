"""Packages of reports and dashboards for tests, and an org with leads to count."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

from provisioner.emulator.salesforce.analytics.definition import read_report
from provisioner.emulator.salesforce.analytics.report_types import find_type
from provisioner.emulator.salesforce.analytics.results import run
from provisioner.emulator.salesforce.metadata.options import DeployOptions
from provisioner.emulator.salesforce.metadata.outcome import Outcome
from provisioner.emulator.salesforce.state.org import Org

NS = "http://soap.sforce.com/2006/04/metadata"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
FIELDS = {
    "Minutes__c": "<precision>10</precision><scale>1</scale><type>Number</type>",
    "Breached__c": "<defaultValue>false</defaultValue><type>Checkbox</type>",
    "Due_At__c": "<type>DateTime</type>",
    "Late__c": "<formula>MAX(Minutes__c - 30, 0)</formula><precision>18</precision><scale>1</scale><type>Number</type>"
    "<formulaTreatBlanksAs>BlankAsBlank</formulaTreatBlanksAs>",
    "Rate__c": "<precision>5</precision><scale>2</scale><type>Percent</type>",
    "Tags__c": "<type>MultiselectPicklist</type><visibleLines>4</visibleLines><valueSet><valueSetDefinition>"
    "<sorted>false</sorted>"
    "<value><fullName>A</fullName><default>false</default></value>"
    "<value><fullName>B</fullName><default>false</default></value>"
    "</valueSetDefinition></valueSet>",
}


def xml_file(root: str, body: str) -> str:
    return f'{HEAD}<{root} xmlns="{NS}">{body}</{root}>'


def zipped(members: dict[str, list[str]], files: dict[str, str], name: str = "package.xml") -> bytes:
    types = "".join(
        "<types>" + "".join(f"<members>{one}</members>" for one in names) + f"<name>{kind}</name></types>"
        for kind, names in members.items()
    )
    listed = {name: xml_file("Package", types + ("<version>66.0</version>" if name == "package.xml" else ""))}
    if name != "package.xml":
        listed["package.xml"] = xml_file("Package", "<version>66.0</version>")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for path, body in (listed | files).items():
            target.writestr(path, body)
    return out.getvalue()


def deploy(org: Org, members: dict[str, list[str]], files: dict[str, str], name: str = "package.xml") -> Outcome:
    options = DeployOptions(rollback_on_error=True, single_package=True)
    return org.metadata.deploy(zipped(members, files, name), options, org.admin_id)


def problems(outcome: Outcome) -> list[str | None]:
    assert outcome.error is None
    return [one.problem for one in outcome.failures]


def fields_of(sobject: str, fields: dict[str, str], shell: str = "") -> str:
    body = "".join(
        f"<fields><fullName>{name}</fullName><label>{name.removesuffix('__c').replace('_', ' ')}</label>{rest}</fields>"
        for name, rest in fields.items()
    )
    return xml_file("CustomObject", body + shell)


def with_fields(org: Org) -> Org:
    """The fields of FIELDS on Lead, visible to the administrator."""
    grants = "".join(
        f"<fieldPermissions><editable>{str('formula' not in FIELDS[name]).lower()}</editable><field>Lead.{name}</field>"
        "<readable>true</readable></fieldPermissions>"
        for name in FIELDS
    )
    outcome = deploy(
        org,
        {"CustomField": [f"Lead.{name}" for name in FIELDS], "PermissionSet": ["See"]},
        {
            "objects/Lead.object": fields_of("Lead", FIELDS),
            "permissionsets/See.permissionset": xml_file("PermissionSet", f"<label>See</label>{grants}"),
        },
    )
    assert outcome.success, outcome.failures
    held = org.rows.select("PermissionSet")[-1]["Id"]
    org.rows.insert("PermissionSetAssignment", {"PermissionSetId": held, "AssigneeId": org.admin_id})
    org.rows.update("User", org.admin_id, {"TimeZoneSidKey": "America/New_York"})
    return org


def add_lead(org: Org, last: str = "X", **values: Any) -> str:
    facts = {"LastName": last, "Company": "C", "Status": "Working - Contacted", "OwnerId": org.admin_id}
    return org.rows.insert("Lead", facts | values)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


FOLDER = xml_file("ReportFolder", "<name>SLA Reports</name>")
DASHBOARDS = xml_file("DashboardFolder", "<name>SLA Boards</name>")


def column(field: str, *kinds: str) -> str:
    summed = "".join(f"<aggregateTypes>{kind}</aggregateTypes>" for kind in kinds)
    return f"<columns>{summed}<field>{field}</field></columns>"


def down(field: str, granularity: str = "Day", order: str = "Asc", more: str = "") -> str:
    return (
        f"<groupingsDown><dateGranularity>{granularity}</dateGranularity><field>{field}</field>{more}"
        f"<sortOrder>{order}</sortOrder></groupingsDown>"
    )


def across(field: str, granularity: str = "Day") -> str:
    return down(field, granularity).replace("groupingsDown", "groupingsAcross")


def criteria(field: str, operator: str, value: str, more: str = "") -> str:
    return (
        f"<criteriaItems><column>{field}</column>{more}<operator>{operator}</operator><value>{value}</value>"
        "</criteriaItems>"
    )


def frame(interval: str, field: str = "CREATED_DATE", more: str = "") -> str:
    return f"<timeFrameFilter><dateColumn>{field}</dateColumn>{more}<interval>{interval}</interval></timeFrameFilter>"


def formula(expression: str, datatype: str = "number", name: str = "FORMULA1", scale: int = 2, more: str = "") -> str:
    text = expression.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return (
        f"<aggregates><calculatedFormula>{text}</calculatedFormula><datatype>{datatype}</datatype>"
        f"<developerName>{name}</developerName>{more}<isActive>true</isActive><isCrossBlock>false</isCrossBlock>"
        f"<masterLabel>A figure</masterLabel><scale>{scale}</scale></aggregates>"
    )


def report(body: str, shown: str = "Summary", kind: str = "LeadList", scope: str = "org") -> str:
    return xml_file(
        "Report",
        f"{body}<format>{shown}</format><name>A report</name><reportType>{kind}</reportType><scope>{scope}</scope>",
    )


def put_report(org: Org, text: str, name: str = "R") -> Outcome:
    files = {"reports/SLA-meta.xml": FOLDER, f"reports/SLA/{name}.report": text}
    return deploy(org, {"Report": ["SLA", f"SLA/{name}"]}, files)


def figures(org: Org, text: str, *, details: bool = False, user: str | None = None) -> dict[str, Any]:
    """Deploy the report and give the answer of a run."""
    outcome = put_report(org, text)
    assert outcome.success, problems(outcome)
    found = org.metadata.components.get("Report", "SLA/R")
    assert found is not None
    one = read_report(found.root, found.full_name, found.id)
    kind = find_type(org, one.type_name)
    assert kind is not None
    return run(org, kind, one, user or org.admin_id, details=details)


def table(answer: dict[str, Any]) -> dict[str, list[Any]]:
    """Label path of each row group → its figures, in the order of the report's summaries; the total under ''."""
    found = {"": [one["value"] for one in answer["factMap"]["T!T"]["aggregates"]]}

    def walk(groups: list[dict[str, Any]], above: str) -> None:
        for one in groups:
            path = f"{above}/{one['label']}".lstrip("/")
            found[path] = [fact["value"] for fact in answer["factMap"][f"{one['key']}!T"]["aggregates"]]
            walk(one["groupings"], path)

    walk(answer["groupingsDown"]["groupings"], "")
    return found
