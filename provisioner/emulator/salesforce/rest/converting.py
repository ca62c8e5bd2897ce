"""convertLead() of the partner API: some leads in one call, each a success or not on its own.

Shape of the call and its answer: [docs] the SOAP guide, with a published exchange [community]. Who may: [docs] edit
access to leads, and to accounts, contacts and, when one is made, opportunities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from provisioner.emulator.salesforce.automation.conversion import Conversion, Converted, convert
from provisioner.emulator.salesforce.automation.refusals import SaveRefused
from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.rest.common import user_of_token
from provisioner.emulator.salesforce.xml import escape

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

PARTNER = "{urn:partner.soap.sforce.com}"
MOST = 100
_TEXTS = {
    "leadId": "lead", "convertedStatus": "status", "accountId": "account", "contactId": "contact",
    "opportunityId": "opportunity", "opportunityName": "opportunity_name", "ownerId": "owner",
}  # fmt: skip
_FLAGS = {"doNotCreateOpportunity": "without_opportunity", "overwriteLeadSource": "overwrite_source"}
_REFUSED = ("accountRecord", "contactRecord", "opportunityRecord", "bypassAccountDedupeCheck", "relatedPersonAccountId")


def convert_leads(org: Org, root: etree._Element, call: etree._Element) -> str:
    """The inside of a SOAP body. Raises ApiError: INVALID_SESSION_ID, EXCEEDED_ID_LIMIT, what is not modelled."""
    user_id = user_of_token(org, root.findtext(f".//{PARTNER}SessionHeader/{PARTNER}sessionId"))
    org.access.check_api(user_id, soap=True)
    asked = [_read(one) for one in call.iterchildren(f"{PARTNER}leadConverts")]
    if len(asked) > MOST:
        raise ApiError("EXCEEDED_ID_LIMIT", f"cannot convert more than {MOST} leads in one call")
    results = "".join(_one(org, one, user_id) for one in asked)
    return f"<convertLeadResponse>{results}</convertLeadResponse>"


def _read(node: etree._Element) -> Conversion:
    values = {etree.QName(child).localname: (child.text or "").strip() for child in node}
    for name in values:
        if name in _REFUSED or (name == "sendNotificationEmail" and values[name] == "true"):
            raise ApiError("NOT_IMPLEMENTED_BY_EMULATOR", f"The emulator does not model {name} of convertLead().")
        if name not in (*_TEXTS, *_FLAGS, "sendNotificationEmail"):
            raise ApiError("INVALID_FIELD", f"Element {name} invalid at this location in type LeadConvert")
    for name in ("leadId", "convertedStatus"):
        if not values.get(name):
            raise ApiError("REQUIRED_FIELD_MISSING", f"Required field is missing: {name}")
    facts: dict[str, Any] = {key: values.get(name, "") for name, key in _TEXTS.items()}
    facts |= {key: values.get(name) == "true" for name, key in _FLAGS.items()}
    return Conversion(**facts)


def _one(org: Org, asked: Conversion, user_id: str) -> str:
    try:
        for sobject in ("Lead", "Account", "Contact", *(() if asked.without_opportunity else ("Opportunity",))):
            org.access.check_write(user_id, org.schema.sobject(sobject), "update")
        made = convert(org, asked, user_id)
    except ApiError as error:
        return _failure(asked, [error])
    except SaveRefused as problem:
        return _failure(asked, problem.errors)
    return _success(made)


def _success(made: Converted) -> str:
    parts = (("accountId", made.account), ("contactId", made.contact), ("leadId", made.lead))
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in parts)
    opportunity = f"<opportunityId>{made.opportunity}</opportunityId>" if made.opportunity else _nil("opportunityId")
    return f"<result>{inside}{opportunity}<success>true</success></result>"


def _failure(asked: Conversion, errors: list[ApiError]) -> str:
    shown = "".join(
        f"<errors>{''.join(f'<fields>{escape(name)}</fields>' for name in error.fields)}"
        f"<message>{escape(error.message)}</message><statusCode>{escape(error.code)}</statusCode></errors>"
        for error in errors
    )
    nils = _nil("accountId") + _nil("contactId")
    lead = f"<leadId>{escape(asked.lead)}</leadId>"
    return f"<result>{nils}{shown}{lead}{_nil('opportunityId')}<success>false</success></result>"


def _nil(name: str) -> str:
    return f'<{name} xsi:nil="true"/>'
