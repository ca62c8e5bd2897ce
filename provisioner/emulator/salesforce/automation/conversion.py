"""Lead conversion: account, contact and opportunity of a lead, its activities, and which automation takes notice.

[docs] reference 3.4 and the pages on convertLead(): unless the org requires validation, nothing runs, neither for the
lead nor for what is created; pending scheduled paths stay. Texts [community]. Which codes go with a status or an owner
that will not do is [inferred] from their names ([wsdl]); so is that activities are saved like the rest.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce.automation.conversion_map import STANDARD, pairs
from provisioner.emulator.salesforce.automation.engine import Automation
from provisioner.emulator.salesforce.automation.refusals import SaveRefused
from provisioner.emulator.salesforce.automation.values import accept
from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.state.rows import Compare, Row

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

_NO_USER = (
    "Converted objects can only be owned by users.  If the lead is not owned by a user, you must specify a user for "
    "the Owner field."
)


@dataclass(frozen=True, slots=True)
class Conversion:
    """What is asked: ids of records to merge into ("" for new ones), the owner of new ones ("" the lead's)."""

    lead: str
    status: str
    account: str = ""
    contact: str = ""
    opportunity: str = ""
    opportunity_name: str = ""
    without_opportunity: bool = False
    owner: str = ""
    overwrite_source: bool = False


@dataclass(frozen=True, slots=True)
class Converted:
    """The ids; `opportunity` is None without one."""

    lead: str
    account: str
    contact: str
    opportunity: str | None


def convert(org: Org, asked: Conversion, user_id: str) -> Converted:
    """Convert one lead, all or nothing. Raises SaveRefused."""
    work = _Work(org, asked, user_id)
    automation = Automation.of(org)
    mark = automation.async_mark()
    try:
        with org.transaction():
            made = work.run()
    except SaveRefused:
        automation.drop_async(mark)
        raise
    if automation.saver.depth == 0:
        automation.after_commit()
    return made


def refused(code: str, text: str) -> SaveRefused:
    return SaveRefused([ApiError(code, text)])


class _Work:
    def __init__(self, org: Org, asked: Conversion, user_id: str) -> None:
        self.org = org
        self.automation = Automation.of(org)
        self.asked = asked
        self.user_id = user_id
        self.checked = org.settings.convert_requires_validation
        self.lead: Row = {}

    def run(self) -> Converted:
        self.lead = self._lead()
        owner = self._owner()
        account = self._record("Account", self.asked.account, {"OwnerId": owner})
        contact = self._record("Contact", self.asked.contact, {"OwnerId": owner, "AccountId": account})
        opportunity = self._opportunity(owner, account)
        self._activities(contact, opportunity or account)
        self._close(account, contact, opportunity)
        return Converted(str(self.lead["Id"]), account, contact, opportunity)

    def _lead(self) -> Row:
        lead = self.org.rows.get("Lead", self.asked.lead)
        if lead is None:
            raise refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if lead["IsConverted"]:
            raise refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        statuses = self.org.rows.select("LeadStatus", Compare("IsConverted", "=", True))
        if self.asked.status not in {row["ApiName"] for row in statuses}:
            raise refused("INVALID_STATUS", f"invalid convertedStatus: {self.asked.status}")
        return lead

    def _owner(self) -> str:
        owner = self.org.rows.get("User", self.asked.owner or self.lead["OwnerId"])
        if owner is None:
            raise refused("INVALID_OWNER", _NO_USER)
        if not owner["IsActive"]:
            text = f"operation performed with inactive user [{owner['Id']}] as owner of account"
            raise refused("INACTIVE_OWNER_OR_USER", text)
        return str(owner["Id"])

    # -- what is created, or merged into ----------------------------------------------------
    def _record(self, sobject: str, known: str, more: Row) -> str:
        values = self._values(sobject)
        if not known:
            return self._insert(sobject, values | more)
        row = self.org.rows.get(sobject, known)
        if row is None:
            raise refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if sobject == "Contact" and row["AccountId"] not in (None, more["AccountId"]):
            raise refused("INVALID_CROSS_REFERENCE_KEY", "the contact is not associated with the account")
        fresh = {name: value for name, value in values.items() if row.get(name) in (None, "")}
        if sobject == "Contact" and self.asked.overwrite_source:
            fresh["LeadSource"] = self.lead["LeadSource"]
        self._update(sobject, row, fresh)
        return str(row["Id"])

    def _values(self, sobject: str) -> Row:
        """Standard fields the object has, then what the org maps; blanks of the lead fill nothing."""
        definition, lead = self.org.schema.sobject(sobject), self.org.schema.sobject("Lead")
        found = {target: self.lead[name] for name, target in STANDARD[sobject].items() if definition.has(target)}
        settings = self.org.metadata.get("LeadConvertSettings", "LeadConvertSettings")
        viewer = self.automation.viewer(self.user_id)
        for _, name, target_object, target in pairs(settings.root) if settings is not None else ():
            if target_object != sobject or not lead.has(name) or not definition.has(target):
                continue
            item, goal = lead.field(name), definition.field(target)
            value = self.lead.get(item.name)
            if item.formula is not None:
                value = self.automation.formulas.value(lead, item, self.lead, viewer)
            if isinstance(value, str) and item.type == "picklist" and goal.length:
                value = value[: goal.length]
            found[goal.name] = accept(goal, value)
        return {name: value for name, value in found.items() if value is not None}

    def _opportunity(self, owner: str, account: str) -> str | None:
        if self.asked.opportunity:
            return self._record("Opportunity", self.asked.opportunity, {})
        if self.asked.without_opportunity:
            return None
        first = self.org.schema.sobject("Opportunity").field("StageName").picklist[0].value
        facts = {
            "Name": self.asked.opportunity_name or f"{self.lead['Company']}-",
            "AccountId": account,
            "OwnerId": owner,
            "StageName": first,
            "CloseDate": _quarter_end(self.org.now.astimezone(self.automation.org_zone()).date()),
        }
        return self._insert("Opportunity", self._values("Opportunity") | facts)

    # -- what moves, and the lead itself ----------------------------------------------------
    def _activities(self, contact: str, what: str) -> None:
        """All of them, open and closed, go to the contact, and to the opportunity or else the account ([docs])."""
        for sobject in ("Task", "Event"):
            for row in self.org.rows.select(sobject, Compare("WhoId", "=", self.lead["Id"])):
                self._update(sobject, row, {"WhoId": contact, "WhatId": row.get("WhatId") or what})

    def _close(self, account: str, contact: str, opportunity: str | None) -> None:
        zone = self.automation.zone(self.user_id)
        changes = {
            "IsConverted": True,
            "ConvertedDate": self.org.now.astimezone(zone).date(),
            "Status": self.asked.status,
            "ConvertedAccountId": account,
            "ConvertedContactId": contact,
            "ConvertedOpportunityId": opportunity,
        }
        self._update("Lead", self.lead, changes)
        self.org.history.converted(self.org.schema.sobject("Lead"), str(self.lead["Id"]), self.user_id)

    # -- saving -----------------------------------------------------------------------------
    def _insert(self, sobject: str, values: Row) -> str:
        if self.checked:
            return self.automation.saver.by_system("insert", sobject, {}, values, self.user_id)
        record_id = self.org.rows.insert(sobject, values, user_id=self.user_id)
        self.org.history.created(self.org.schema.sobject(sobject), record_id, self.user_id)
        return record_id

    def _update(self, sobject: str, row: Row, values: dict[str, Any]) -> None:
        if not values:
            return
        if self.checked:
            self.automation.saver.by_system("update", sobject, {"Id": row["Id"]}, values, self.user_id)
            return
        self.org.rows.update(sobject, str(row["Id"]), values, user_id=self.user_id)
        self.org.history.changed(self.org.schema.sobject(sobject), row, values, self.user_id)


def _quarter_end(day: date) -> date:
    """The last day of the calendar quarter, which is the fiscal one of an org that says nothing else ([docs])."""
    month = (day.month - 1) // 3 * 3 + 3
    return date(day.year, month, calendar.monthrange(day.year, month)[1])
