"""Flows and their versions. [docs] [community] reference/salesforce.md 4.2, 4.8, 4.9"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.audit_trail import trail
from provisioner.emulator.salesforce.automation.engine import Automation
from provisioner.emulator.salesforce.metadata.fields import is_api_name
from provisioner.emulator.salesforce.metadata.handlers.apex import ORG_API_VERSION
from provisioner.emulator.salesforce.metadata.normalise import normal_flow
from provisioner.emulator.salesforce.metadata.problems import Problem, Refused, limit, refuse
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work
from provisioner.emulator.salesforce.state.components import Components, FlowVersion

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

MAX_VERSIONS = 50


def put_flow(work: Work, item: Item) -> Saved:
    """Save a flow: equal content is left alone (whatever its status), other content becomes the next version."""
    node, name = item.element, item.full_name
    _check_names(work, item)
    warnings = _check(work, item)
    body = content_of(node)
    versions = work.components.versions(name)
    definition_id, _, _ = work.components.put(
        "FlowDefinition",
        name,
        f"flowDefinitions/{name}.flowDefinition",
        xml.printed(xml.new_root("FlowDefinition")),
        work.user_id,
    )
    if versions and versions[-1].body == body:
        return Saved(versions[-1].version_id, created=False, changed=False, warnings=warnings)
    if len(versions) >= MAX_VERSIONS:
        raise refuse(f"Maximum number of Versions per flow is {MAX_VERSIONS}")
    wanted = xml.text(node, "status") or "Draft"
    may_activate = not work.production or work.org.settings.deploy_flows_as_active
    active = wanted == "Active" and may_activate
    status = "Draft" if wanted == "Active" and not active else wanted
    version = work.components.add_version(name, definition_id, body, "Draft" if active else status, work.user_id)
    if active:
        switch(work.org, work.components, name, version.version_number, work.user_id)
    return Saved(version.version_id, created=not versions, changed=True, warnings=warnings)


def content_of(root: etree._Element) -> bytes:
    """The normalised flow without its status: two flows are the same when these are equal."""
    out = normal_flow(root)
    for status in xml.kids(out, "status"):
        out.remove(status)
    return xml.printed(out)


def _check_names(work: Work, item: Item) -> None:
    name = item.full_name
    if not is_api_name(name, 80):
        raise refuse(
            f"The flow name {name} must begin with a letter, use only letters, digits and single "
            "underscores, and has at most 80 characters."
        )
    if any(known.lower() == name.lower() and known != name for known in work.components.flow_names()):
        raise refuse("Flow name must be unique")
    version = xml.text(item.element, "apiVersion")
    if version is not None and float(version) > ORG_API_VERSION:
        raise refuse(f'The {name} apiVersion can\'t be "{float(version):g}"', xml.kid(item.element, "apiVersion"))
    limit(item.element, "label", 255)


def _check(work: Work, item: Item) -> tuple[Problem, ...]:
    """What the flow's own rules say; errors are raised, warnings returned. The server points at no line of a flow
    ([community]: logs of failed deployments print such problems without a place)."""
    found = [
        Problem(one.text, None, "Warning" if one.kind == "Warning" else "Error", placed=False)
        for one in Automation.of(work.org).check_flow(item.element, item.full_name)
    ]
    if any(one.kind == "Error" for one in found):
        raise Refused(*found)
    return tuple(found)


def put_definition(work: Work, item: Item) -> Saved:
    """`activeVersionNumber` decides over the flow's status; 0 switches off; absent changes nothing."""
    versions = work.components.versions(item.full_name)
    if not versions:
        raise refuse(f"no Flow named {item.full_name} found")
    number = xml.text(item.element, "activeVersionNumber")
    changed = number is not None and switch(work.org, work.components, item.full_name, int(number), work.user_id)
    definition = work.components.get("FlowDefinition", item.full_name)
    if definition is None:
        raise AssertionError(f"The flow {item.full_name} has versions but no definition.")
    return Saved(definition.id, created=False, changed=changed)


def switch(org: Org, components: Components, flow: str, number: int, user_id: str) -> bool:
    """Make version `number` the active one (0: none). Answers whether anything changed. Raises Refused."""
    versions = components.versions(flow)
    wanted = next((one for one in versions if one.version_number == number), None)
    if number and wanted is None:
        raise refuse(f"no Flow version named {flow}-{number} found")
    active = active_version(versions)
    if (active.version_number if active else 0) == number:
        return False
    if active is not None:
        components.set_status(active, "Obsolete", user_id)
    if wanted is not None:
        components.set_status(wanted, "Active", user_id)
    shown = wanted or active or versions[-1]
    trail.write(org, trail.of_activation(flow, xml.text(shown.root, "label") or flow, number), user_id)
    return True


def active_version(versions: list[FlowVersion]) -> FlowVersion | None:
    """The active one of a flow's versions."""
    return next((one for one in versions if one.status == "Active"), None)


def version_file(version: FlowVersion, status: str | None = None) -> etree._Element:
    """The flow as retrieved: its status says what is active."""
    out = xml.copy_of(version.root)
    xml.add(out, "status", status or version.status)
    xml.sort_children(out)
    return out
