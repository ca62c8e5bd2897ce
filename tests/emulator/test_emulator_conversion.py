"""convertLead() over HTTP, as a SOAP client sends it, and the Convert button of the control door."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import pytest

if TYPE_CHECKING:
    from conftest import Emulator

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
HEAD = f'<?xml version="1.0" encoding="utf-8"?><soapenv:Envelope xmlns:soapenv="{SOAP}" '


def call(emulator: Emulator, *leads: dict[str, str], token: str | None = None, tail: str = "") -> tuple[int, str]:
    asked = "".join(
        "<urn:leadConverts>" + "".join(f"<urn:{name}>{escape(value)}</urn:{name}>" for name, value in one.items())
        + "</urn:leadConverts>"
        for one in leads
    )  # fmt: skip
    body = (
        f'{HEAD}xmlns:urn="urn:partner.soap.sforce.com"><soapenv:Header><urn:SessionHeader><urn:sessionId>'
        f"{token or emulator.token}</urn:sessionId></urn:SessionHeader></soapenv:Header><soapenv:Body>"
        f"<urn:convertLead>{asked}</urn:convertLead></soapenv:Body></soapenv:Envelope>"
    )
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
    answer = emulator.session.post(f"{emulator.url}/services/Soap/u/66.0{tail}", body, headers=headers, timeout=20)
    return answer.status_code, answer.text


def values(text: str, name: str) -> list[str]:
    return re.findall(rf"<{name}>([^<]*)</{name}>", text)


def lead(emulator: Emulator, **more: str) -> str:
    return emulator.create("Lead", **({"LastName": "Moss", "Company": "Acme"} | more))


CONVERTED = {"convertedStatus": "Closed - Converted", "sendNotificationEmail": "false", "overwriteLeadSource": "false"}


def test_each_lead_is_a_success_or_not_on_its_own(emulator: Emulator) -> None:
    first, second = lead(emulator, FirstName="Ida"), lead(emulator)
    asked = [{"leadId": one, "doNotCreateOpportunity": "true"} | CONVERTED for one in (first, first, second)]
    status, text = call(emulator, *asked, tail=f"/{emulator.org_id[:15]}")
    assert status == 200
    assert values(text, "success") == ["true", "false", "true"]
    assert values(text, "leadId") == [first, first, second]
    assert values(text, "statusCode") == ["CANNOT_UPDATE_CONVERTED_LEAD"]
    assert values(text, "message") == ["cannot reference converted lead"]
    (contact, _) = values(text, "contactId")
    fields = "IsConverted, ConvertedContactId, ConvertedOpportunityId"
    (row,) = emulator.query(f"SELECT {fields} FROM Lead WHERE Id = '{first}'")
    assert row == {"IsConverted": True, "ConvertedContactId": contact, "ConvertedOpportunityId": None}
    assert emulator.query("SELECT Name FROM Contact ORDER BY Name") == [{"Name": "Ida Moss"}, {"Name": "Moss"}]


def test_an_opportunity_is_made_unless_told_otherwise(emulator: Emulator) -> None:
    _, text = call(emulator, {"leadId": lead(emulator), "opportunityName": "Big & bold"} | CONVERTED)
    assert values(text, "success") == ["true"]
    assert emulator.query("SELECT Name FROM Opportunity") == [{"Name": "Big & bold"}]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"sendNotificationEmail": "true"}, "NOT_IMPLEMENTED_BY_EMULATOR"),
        ({"accountRecord": "x"}, "NOT_IMPLEMENTED_BY_EMULATOR"),
        ({"colour": "x"}, "INVALID_FIELD"),
        ({"convertedStatus": ""}, "REQUIRED_FIELD_MISSING"),
    ],
)
def test_what_makes_no_sense_is_a_fault(emulator: Emulator, more: dict[str, str], code: str) -> None:
    status, text = call(emulator, {"leadId": lead(emulator)} | CONVERTED | more)
    assert (status, values(text, "faultcode")) == (500, [f"sf:{code}"])
    assert emulator.query("SELECT Id FROM Contact") == []


def test_strangers_convert_nothing(emulator: Emulator) -> None:
    status, text = call(emulator, {"leadId": lead(emulator)} | CONVERTED, token="nobody")
    assert (status, values(text, "faultcode")) == (500, ["sf:INVALID_SESSION_ID"])


def test_whoever_may_only_read_leads_converts_none(emulator: Emulator) -> None:
    user = {"username": "r@x.example", "permissions": ["ApiEnabled"], "objects": {"Lead": "read"}, "token": "reader"}
    emulator.control("seed", {"users": [user]})
    status, text = call(emulator, {"leadId": lead(emulator)} | CONVERTED, token="reader")
    assert (status, values(text, "success"), values(text, "statusCode")) == (
        200, ["false"], ["INSUFFICIENT_ACCESS_OR_READONLY"])  # fmt: skip


def test_the_button_takes_the_same_choices(emulator: Emulator) -> None:
    made = emulator.control("convert", {"lead": lead(emulator), "opportunity": "Deal"})
    assert sorted(made) == ["account", "contact", "lead", "opportunity"]
    again = emulator.door("convert", {"lead": lead(emulator), "status": "Open - Not Contacted"})
    assert (again.status_code, again.json()) == (
        400, {"error": "INVALID_STATUS: invalid convertedStatus: Open - Not Contacted"})  # fmt: skip
    merged = emulator.control(
        "convert", {"lead": lead(emulator), "account": made["account"], "contact": made["contact"]}
    )
    assert (merged["account"], merged["contact"]) == (made["account"], made["contact"])


def test_mishaps_are_ordered_through_the_door_and_gone_after_a_reset(emulator: Emulator) -> None:
    ordered = emulator.control("mishaps", {"action": "emailAlert", "name": "Lead.Late"})
    text = "An unexpected error occurred while the action was running."
    assert ordered == [{"action": "emailAlert", "name": "Lead.Late", "times": 1, "message": text}]
    refused = emulator.door("mishaps", {"action": 1})
    assert (refused.status_code, refused.json()) == (400, {"error": "'action' is a text, not 1."})
    assert emulator.control("mishaps", [], "POST") == []
