"""Conversion: what a lead becomes, what moves along, what is mapped, and which automation takes notice."""

from __future__ import annotations

from typing import Any

import pytest
from built_org import Built, field, lookup, whole
from flow_parts import after, filters, flow, path, update_record

from provisioner.emulator.salesforce.automation.conversion import Conversion, Converted, convert
from provisioner.emulator.salesforce.automation.refusals import SaveRefused

STATUS = "Closed - Converted"


def go(built: Built, lead: str, **facts: Any) -> Converted:
    return convert(built.org, Conversion(**({"lead": lead, "status": STATUS} | facts)), built.admin)


def refusal(built: Built, lead: str, **facts: Any) -> list[str]:
    with pytest.raises(SaveRefused) as caught:
        go(built, lead, **facts)
    return [str(error) for error in caught.value.errors]


def mapping(*pairs: tuple[str, str], target: str = "Contact") -> str:
    inner = "".join(
        f"<mappingFields><inputField>{one}</inputField><outputField>{other}</outputField></mappingFields>"
        for one, other in pairs
    )
    return f"<objectMapping><inputObject>Lead</inputObject>{inner}<outputObject>{target}</outputObject></objectMapping>"


def settings(*mappings: str) -> dict[str, str]:
    name = "LeadConvertSettings/LeadConvertSettings.LeadConvertSetting"
    return {name: whole("LeadConvertSettings", "".join(mappings))}


def require_validation(built: Built) -> None:
    text = "<shouldLeadConvertRequireValidation>true</shouldLeadConvertRequireValidation>"
    built.deploy({"settings/LeadConfig.settings": whole("LeadConfigSettings", text)})


def test_a_lead_becomes_an_account_a_contact_and_an_opportunity(built: Built) -> None:
    lead = built.lead(FirstName="Ida", Email="ida@x.example", LeadSource="Web", Phone="1", NumberOfEmployees=7)
    made = go(built, lead)
    account, contact = built.get("Account", made.account), built.get("Contact", made.contact)
    assert (account["Name"], account["Phone"], account["NumberOfEmployees"]) == ("Acme", "1", 7)
    assert (contact["Name"], contact["Email"], contact["AccountId"]) == ("Ida Moss", "ida@x.example", made.account)
    assert made.opportunity is not None
    opportunity = built.get("Opportunity", made.opportunity)
    facts = ("Name", "StageName", "LeadSource", "AccountId", "OwnerId")
    assert tuple(opportunity[name] for name in facts) == ("Acme-", "Prospecting", "Web", made.account, built.admin)
    assert str(opportunity["CloseDate"]) == "2026-03-31"
    row = built.get("Lead", lead)
    facts = ("IsConverted", "Status", "ConvertedAccountId", "ConvertedContactId", "ConvertedOpportunityId")
    assert tuple(row[name] for name in facts) == (True, STATUS, made.account, made.contact, made.opportunity)
    assert str(row["ConvertedDate"]) == "2026-01-05"
    assert built.refused("update", "Lead", Id=lead, Title="x") == [
        "CANNOT_UPDATE_CONVERTED_LEAD: cannot reference converted lead"
    ]


def test_activities_go_to_the_contact_and_the_opportunity_or_the_account(built: Built) -> None:
    plain = {"Subject": "Call", "Status": "Completed", "Priority": "Normal"}
    first, second = built.lead(), built.lead()
    tasks = [built.insert("Task", WhoId=lead, **plain) for lead in (first, second)]
    event = built.insert("Event", WhoId=first, Subject="Meet")
    made, bare = go(built, first), go(built, second, without_opportunity=True)
    assert bare.opportunity is None
    moved = [built.get("Task", task) for task in tasks]
    assert [(row["WhoId"], row["WhatId"]) for row in moved] == [
        (made.contact, made.opportunity), (bare.contact, bare.account)]  # fmt: skip
    assert built.get("Event", event)["WhoId"] == made.contact
    assert moved[0]["CompletedDateTime"] == built.org.now


def test_merging_fills_only_what_is_empty(built: Built) -> None:
    account = built.insert("Account", Name="Old", Phone="9")
    contact = built.insert("Contact", LastName="Old", AccountId=account, LeadSource="Phone Inquiry")
    lead = built.lead(Phone="1", Email="new@x.example", LeadSource="Web", DoNotCall=True, Website="w.example")
    go(built, lead, account=account, contact=contact, without_opportunity=True)
    assert [built.get("Account", account)[name] for name in ("Name", "Phone", "Website")] == ["Old", "9", "w.example"]
    row = built.get("Contact", contact)
    facts = ("LastName", "Email", "LeadSource", "DoNotCall")
    assert [row[name] for name in facts] == ["Old", "new@x.example", "Phone Inquiry", False]
    go(built, built.lead(LeadSource="Web"), account=account, contact=contact, overwrite_source=True)
    assert built.get("Contact", contact)["LeadSource"] == "Web"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"status": "Open - Not Contacted"}, "INVALID_STATUS: invalid convertedStatus: Open - Not Contacted"),
        ({"account": "001000000000099AAA"}, "INVALID_CROSS_REFERENCE_KEY: invalid cross reference id"),
        ({"lead": "00Q000000000099AAA"}, "INVALID_CROSS_REFERENCE_KEY: invalid cross reference id"),
    ],
)
def test_what_cannot_be_converted_stays_whole(built: Built, facts: dict[str, str], expected: str) -> None:
    lead = facts.pop("lead", None) or built.lead()
    assert refusal(built, lead, **facts) == [expected]
    assert (built.all("Account", "Id"), built.all("Contact", "Id")) == ([], [])


def test_a_queues_lead_needs_an_owner(built: Built) -> None:
    lead = built.lead(OwnerId=built.group("Backup", "Queue"))
    assert refusal(built, lead) == [
        "INVALID_OWNER: Converted objects can only be owned by users.  If the lead is not owned by a user, you must "
        "specify a user for the Owner field."
    ]
    ann = built.user("ann@x.example", "Ann")
    assert built.get("Contact", go(built, lead, owner=ann).contact)["OwnerId"] == ann
    assert refusal(built, lead) == ["CANNOT_UPDATE_CONVERTED_LEAD: cannot reference converted lead"]


def test_mapped_fields_reach_the_new_records(built: Built) -> None:
    text = field("Source__c", "Text", "<length>20</length>")
    half = field("Half__c", "Number", "<formula>Minutes__c / 2</formula>", "<precision>18</precision><scale>1</scale>")
    minutes = field("Minutes__c", "Number", "<precision>6</precision><scale>1</scale>")
    wide = field("Half__c", "Number", "<precision>18</precision><scale>1</scale>")
    built.fields("Lead", text, minutes, half, field("At__c", "DateTime"))
    built.fields("Contact", text, field("At__c", "DateTime"))
    built.fields("Opportunity", minutes, wide)
    built.deploy(settings(
        mapping(("Source__c", "Source__c"), ("At__c", "At__c")),
        mapping(("Minutes__c", "Minutes__c"), ("Half__c", "Half__c"), target="Opportunity"),
    ))  # fmt: skip
    made = go(built, built.lead(Source__c="Fair", Minutes__c=5, At__c=built.org.now))
    contact = built.get("Contact", made.contact)
    assert (contact["Source__c"], contact["At__c"]) == ("Fair", built.org.now)
    assert made.opportunity is not None
    opportunity = built.get("Opportunity", made.opportunity)
    assert (opportunity["Minutes__c"], opportunity["Half__c"]) == (5.0, 2.5)


SET = "<valueSet>{}<valueSetDefinition><sorted>false</sorted><value><fullName>a</fullName><default>false</default>" \
      "<label>a</label></value></valueSetDefinition></valueSet>"  # fmt: skip
KINDS = {
    "text": ("Text", "<length>20</length>"),
    "long text": ("Text", "<length>200</length>"),
    "area": ("TextArea",),
    "essay": ("LongTextArea", "<length>500</length><visibleLines>3</visibleLines>"),
    "number": ("Number", "<precision>6</precision><scale>1</scale>"),
    "big number": ("Number", "<precision>8</precision><scale>1</scale>"),
    "date": ("Date",),
    "pick": ("Picklist", SET.format("")),
    "locked pick": ("Picklist", SET.format("<restricted>true</restricted>")),
    "formula": ("Text", '<formula>"x"</formula>'),
}


@pytest.mark.parametrize(
    ("source", "target", "problem"),
    [
        ("text", "text", None),
        ("text", "long text", None),
        ("long text", "text", "the target holds 20 characters, the source 200"),
        ("text", "area", None),
        ("text", "essay", None),
        ("text", "pick", None),
        ("text", "locked pick", "a field of type Text does not fit Picklist (restricted)"),
        ("pick", "text", None),
        ("pick", "pick", None),
        ("pick", "essay", "a field of type Picklist does not fit LongTextArea"),
        ("number", "number", None),
        ("number", "big number", None),
        ("big number", "number", "the target holds fewer digits"),
        ("number", "text", "a field of type Number does not fit Text"),
        ("date", "text", "a field of type Date does not fit Text"),
        ("text", "formula", "the target is a formula"),
    ],
)
def test_which_fields_fit_which(built: Built, source: str, target: str, problem: str | None) -> None:
    built.fields("Lead", field("A__c", *KINDS[source]))
    built.fields("Contact", field("B__c", *KINDS[target]))
    text = f"LeadConvertSettings: Lead.A__c cannot be mapped to Contact.B__c: {problem}"
    assert built.failures(settings(mapping(("A__c", "B__c")))) == ([text] if problem else [])


def test_other_mistakes_in_the_map(built: Built) -> None:
    built.fields("Lead", field("A__c", "Date"), lookup("L__c", "User", "Leads"))
    built.fields("Contact", field("A__c", "Date"), lookup("L__c", "Account", "Contacts2"))
    name = "LeadConvertSettings"
    for pairs, problem in (
        ((("Nope__c", "A__c"),), "In field: inputField - no CustomField named Lead.Nope__c found"),
        ((("A__c", "Nope__c"),), "In field: outputField - no CustomField named Contact.Nope__c found"),
        ((("Title", "Title"),), "Lead.Title cannot be mapped to Contact.Title: only custom fields are mapped"),
        ((("A__c", "A__c"), ("A__c", "A__c")), "duplicate value found: [Contact.A__c] is mapped multiple times"),
        ((("L__c", "L__c"),), "Lead.L__c cannot be mapped to Contact.L__c: a field of type Lookup does not fit Lookup"),
    ):
        assert built.failures(settings(mapping(*pairs))) == [f"{name}: {problem}"]


TIMED = flow(
    after(filters(("IsConverted", "EqualTo", False), ("Due__c", "IsNull", False)), path("Late", "Due__c", "U"),
          changed=True),
    update_record("U", Title="late"),
)  # fmt: skip
SEEN = flow(
    after(filters(("IsConverted", "EqualTo", True)), first="M", changed=True, event="Update"),
    "<recordUpdates><name>M</name><label>M</label><locationX>0</locationX><locationY>0</locationY>"
    "<filterLogic>and</filterLogic><filters><field>Id</field><operator>EqualTo</operator><value><elementReference>"
    "$Record.ConvertedContactId</elementReference></value></filters><inputAssignments><field>Title</field><value>"
    "<stringValue>was a lead</stringValue></value></inputAssignments><object>Contact</object></recordUpdates>",
)
NO_MOSS = whole(
    "CustomObject",
    '<validationRules><fullName>No_Moss</fullName><active>true</active><errorConditionFormula>LastName = "Moss"'
    "</errorConditionFormula><errorMessage>No Moss.</errorMessage></validationRules>",
)


@pytest.mark.parametrize("required", [False, True])
def test_automation_takes_notice_only_where_the_org_requires_it(built: Built, required: bool) -> None:
    built.fields("Lead", field("Due__c", "DateTime"))
    built.flow("Timers", TIMED)
    built.flow("Seen", SEEN)
    if required:
        require_validation(built)
    lead = built.lead(Due__c=built.org.now.replace(hour=20))
    made = go(built, lead)
    waiting = [one["path"] for one in built.org.automation.pending()]
    title = built.get("Contact", made.contact)["Title"]
    assert (waiting, title) == (([], "was a lead") if required else (["Late"], None))


def test_a_path_that_outlives_the_conversion_meets_a_lead_it_cannot_change(built: Built) -> None:
    built.fields("Lead", field("Due__c", "DateTime"))
    built.flow("Timers", TIMED)
    lead = built.lead(Due__c=built.org.now.replace(hour=20))
    go(built, lead)
    built.until(built.org.now.replace(hour=20))
    ((channel, to, _, body),) = built.sent()
    assert (channel, to) == ("email", ("admin@example.com",))
    assert "CANNOT_UPDATE_CONVERTED_LEAD: cannot reference converted lead" in body


@pytest.mark.parametrize("required", [False, True])
def test_validation_rules_stop_a_conversion_only_where_the_org_requires_it(built: Built, required: bool) -> None:
    built.deploy({"objects/Contact.object": NO_MOSS})
    if required:
        require_validation(built)
    lead = built.lead()
    if required:
        assert refusal(built, lead) == ["FIELD_CUSTOM_VALIDATION_EXCEPTION: No Moss."]
        assert (built.all("Account", "Id"), built.get("Lead", lead)["IsConverted"]) == ([], False)
    else:
        assert built.get("Contact", go(built, lead).contact)["LastName"] == "Moss"


def test_history_tells_of_a_conversion(built: Built) -> None:
    status = "<fields><fullName>Status</fullName><trackHistory>true</trackHistory><type>Picklist</type></fields>"
    on = {"settings/LeadConfig.settings": whole("LeadConfigSettings", "<doesTrackHistory>true</doesTrackHistory>")}
    built.deploy(on)
    built.fields("Lead", status)
    go(built, built.lead())
    assert built.all("LeadHistory", "Field", "NewValue") == [
        ("created", None), ("Status", STATUS), ("leadConverted", None)]  # fmt: skip


def test_a_mapped_field_stays_until_its_mapping_goes(built: Built) -> None:
    for sobject in ("Lead", "Contact"):
        built.fields(sobject, field("A__c", "Date"))
    built.deploy(settings(mapping(("A__c", "A__c"))))
    gone = {"CustomField": ["Contact.A__c"]}
    text = "This custom field is referenced elsewhere in salesforce.com. : LeadConvertSettings"
    assert built.failures({}, gone) == [f"Contact.A__c: {text}"]
    built.deploy(settings())
    assert built.failures({}, gone) == []
