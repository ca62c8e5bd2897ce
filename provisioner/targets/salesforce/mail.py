"""The mail that goes to the owner alone: a template in a folder, and the alert that sends it.

An alert's recipients are part of the metadata, while ours are records: only the owner is always the same
([docs] reference/salesforce.md 4.7, 7.2). Silent mode never comes here: it writes to one address instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.model.design import Design
from provisioner.model.uses import used_escalations
from provisioner.targets.salesforce.templates import rendered


def mails_owner(design: Design) -> bool:
    """Whether some step tells the lead's owner by email."""
    steps = [step for escalation in used_escalations(design) for step in escalation.steps if "email" in step.via]
    told = {id for step in steps for id in step.notify}
    return any(item.kind == "record_owner" for item in design.recipients.values() if item.id in told)


def mail_fields(design: Design) -> tuple[str, ...]:
    """The calculated texts on Lead that the template merges."""
    if not mails_owner(design):
        return ()
    content = design.alerts.content
    return (
        "Alert_Title",
        *(("SLA_Promise",) if "sla" in content else ()),
        *(("Waiting",) if "elapsed" in content else ()),
    )


def mail_files(design: Design, common: Mapping[str, Any]) -> dict[str, bytes]:
    """Folder, template and alert by path; nothing where no step needs them."""
    if not mails_owner(design):
        return {}
    folder, alert = common["names"].of("Alerts"), common["names"].of("Owner_Alert")
    return {
        f"email/{folder}-meta.xml": rendered("mail/folder.xml.j2", common),
        f"email/{folder}/{alert}.email": rendered("mail/owner_alert.email.j2", common),
        f"email/{folder}/{alert}.email-meta.xml": rendered("mail/owner_alert.xml.j2", common),
        "workflows/Lead.workflow": rendered("mail/alerts.xml.j2", common),
    }
