"""Email templates with their folders, and the email alerts of a workflow file. [docs] reference/salesforce.md 7.2"""

from __future__ import annotations

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.automation.mail_merge import problems
from provisioner.emulator.salesforce.metadata.fields import is_api_name
from provisioner.emulator.salesforce.metadata.normalise import normal_plain
from provisioner.emulator.salesforce.metadata.problems import limit, refuse, unmodelled
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work
from provisioner.emulator.salesforce.state.rows import And, Compare

_RECIPIENTS = frozenset(("owner", "user", "group", "creator", "email", "userLookup", "contactLookup"))
_FIELDS = {"email": "an Email field", "userLookup": "a lookup to User", "contactLookup": "a lookup to Contact"}


def put_email_template(work: Work, item: Item) -> Saved:
    """A folder (`SLA`) or a text template in one (`SLA/T`)."""
    folder, _, name = item.full_name.partition("/")
    if not name:
        return work.keep(item)
    if work.components.get("EmailTemplate", folder) is None and folder != "unfiled$public":
        raise refuse(f"Cannot find folder:{folder}")
    if not is_api_name(name, 80):
        raise refuse(f"The email template name {name} is not a valid API name.")
    kind = str(xml.text(item.element, "type"))
    if kind not in ("text", "custom"):
        raise unmodelled(f"email templates of type {kind}", xml.kid(item.element, "type"))
    limit(item.element, "subject", 255)
    for text in (xml.text(item.element, "subject") or "", (item.content or b"").decode("utf-8", "replace")):
        for problem in problems(work.org, text):
            raise refuse(problem)
    return work.keep(item)


def put_workflow(work: Work, item: Item) -> Saved:
    """The file of an object's workflow; only its alerts are modelled, and they are components of their own."""
    if not work.org.schema.has(item.full_name):
        raise refuse(f"no CustomObject named {item.full_name} found")
    for child in xml.kids(item.element):
        if xml.local(child) not in ("alerts", "fullName"):
            raise unmodelled(f"{xml.local(child)} of a Workflow", child)
    return work.keep(item, body=xml.printed(xml.new_root("Workflow")))


def put_alert(work: Work, item: Item) -> Saved:
    """An email alert: its template and recipients must exist."""
    node = item.element
    if not work.org.schema.has(item.parent):
        raise refuse(f"no CustomObject named {item.parent} found")
    template = str(xml.text(node, "template"))
    found = work.components.get("EmailTemplate", template) if "/" in template else None
    if found is None:
        raise refuse(f"In field: template - no EmailTemplate named {template} found", xml.kid(node, "template"))
    if len(xml.kids(node, "ccEmails")) > 5:
        raise refuse("An email alert can have at most 5 ccEmails", xml.kid(node, "ccEmails"))
    if xml.text(node, "senderType") == "OrgWideEmailAddress":
        raise unmodelled("org-wide email addresses", xml.kid(node, "senderType"))
    for recipient in xml.kids(node, "recipients"):
        _check_recipient(work, item.parent, recipient)
    for text in (xml.text(found.root, "subject") or "", (found.content or b"").decode("utf-8", "replace")):
        for problem in problems(work.org, text, item.parent):
            raise refuse(problem, xml.kid(node, "template"))
    return work.keep(item, body=xml.printed(normal_plain(node)))


def _check_recipient(work: Work, sobject: str, node: etree._Element) -> None:
    kind, name = str(xml.text(node, "type")), xml.text(node, "recipient")
    if kind not in _RECIPIENTS:
        raise unmodelled(f"recipients of type {kind}", node)
    if kind in _FIELDS:
        _check_field(work, sobject, kind, node)
    if kind == "user" and not work.org.rows.select("User", Compare("Username", "=", name), limit=1):
        raise refuse(f"In field: recipient - no User named {name} found", node)
    where = And(Compare("DeveloperName", "=", name), Compare("Type", "=", "Regular"))
    if kind == "group" and not work.org.rows.select("Group", where, limit=1):
        raise refuse(f"In field: recipient - no Group named {name} found", node)


def _check_field(work: Work, sobject: str, kind: str, node: etree._Element) -> None:
    """The field that names the recipient: there, and of the kind the recipient's type asks for."""
    name = xml.text(node, "field")
    if name is None:
        raise refuse("Required field is missing: field", node)
    field = work.org.schema.sobject(sobject).get(name)
    if field is None:
        raise refuse(f"In field: field - no CustomField named {sobject}.{name} found", node)
    target = {"userLookup": "User", "contactLookup": "Contact"}.get(kind)
    if field.type != "email" if target is None else field.reference_to != (target,):
        raise refuse(f"In field: field - {sobject}.{name} is not {_FIELDS[kind]}", node)
