"""Fault paths under ordered mishaps: the error is recorded and the save goes through, or the save fails by name."""

from __future__ import annotations

from typing import Any

import pytest
from built_org import Built, custom_object, field, lookup
from flow_parts import action, after, filters, flow, node, path, sets, update_record

ERRORS = {
    "objects/Problem__c.object": custom_object(
        field("Text__c", "LongTextArea", "<length>2000</length><visibleLines>3</visibleLines>"),
        lookup("Lead__c", "Lead", "Problems"),
    )
}
MAIL = action("M", "emailSimple", fault="Note", recipientAddresses="a@x.example", emailSubject="s", emailBody="b")
BARE_MAIL = MAIL.replace("<faultConnector><targetReference>Note</targetReference></faultConnector>", "")


def create(name: str, sobject: str, go: str = "", fault: str = "", **fields: str | float | bool) -> str:
    return node("recordCreates", name, sets(**fields), f"<object>{sobject}</object>", go=go, fault=fault)


NOTE = create("Note", "Problem__c", Text__c="@$Flow.FaultMessage", Lead__c="@$Record.Id")


def test_a_failing_mail_is_recorded_and_the_save_goes_through(built: Built) -> None:
    built.deploy(ERRORS)
    built.flow("Mail", flow(after(first="M", event="Create"), MAIL, NOTE))
    built.org.automation.mishaps.order({"action": "emailSimple", "message": "SMTP is down"})
    lead, calm = built.lead(), built.lead()
    assert built.all("Problem__c", "Text__c", "Lead__c") == [("SMTP is down", lead)]
    assert [to for _, to, _, _ in built.sent()] == [("a@x.example",)]
    assert built.get("Lead", calm)["Company"] == "Acme"


def test_without_a_fault_path_the_save_fails(built: Built) -> None:
    built.flow("Mail", flow(after(first="M", event="Create"), BARE_MAIL, label="Mailer"))
    built.org.automation.mishaps.order([{"action": "emailSimple", "name": "emailSimple"}])
    assert built.refused("insert", "Lead", LastName="Moss", Company="Acme") == [
        "CANNOT_EXECUTE_FLOW_TRIGGER: We can't save this record because the “Mailer” process failed. "
        "Give your Salesforce admin these details. An unexpected error occurred while the action was running."
    ]
    assert built.all("Lead", "Id") == []


def test_a_locked_record_is_recorded_by_the_fault_path(built: Built) -> None:
    built.deploy(ERRORS)
    step = create("T", "Task", fault="Note", Subject="Call", WhoId="@$Record.Id", Status="Not Started",
                  Priority="Normal")  # fmt: skip
    built.flow("Work", flow(after(first="T", event="Create"), step, NOTE))
    built.org.automation.mishaps.order({"record": "Task", "operation": "create"})
    built.lead()
    ((text,),) = built.all("Problem__c", "Text__c")
    assert text == (
        "This error occurred when the flow tried to create records: UNABLE_TO_LOCK_ROW: unable to obtain exclusive "
        "access to this record or 1 records. You can look up ExceptionCode values in the SOAP API Developer Guide."
    )
    assert built.all("Task", "Id") == []


def test_work_done_before_the_fault_stays(built: Built) -> None:
    built.deploy(ERRORS)
    built.flow("Work", flow(after(first="U", event="Create"), update_record("U", go="M", Title="done"), MAIL, NOTE))
    built.org.automation.mishaps.order({"action": "emailSimple"})
    lead = built.lead()
    assert built.get("Lead", lead)["Title"] == "done"
    assert len(built.all("Problem__c", "Id")) == 1


def test_a_fault_of_the_fault_path_fails_the_save(built: Built) -> None:
    built.deploy(ERRORS)
    built.flow("Work", flow(after(first="M", event="Create"), MAIL, NOTE))
    built.org.automation.mishaps.order([{"action": "emailSimple"}, {"record": "Problem__c"}])
    (refusal,) = built.refused("insert", "Lead", LastName="Moss", Company="Acme")
    assert "tried to create records: UNABLE_TO_LOCK_ROW" in refusal


def test_in_a_scheduled_path_the_administrator_is_told_and_it_is_tried_again(built: Built) -> None:
    built.fields("Lead", field("Due__c", "DateTime"))
    start = after(filters(("Due__c", "IsNull", False)), path("Late", "Due__c", "M"), changed=True)
    built.flow("Mail", flow(start, BARE_MAIL, label="Mailer"))
    built.org.automation.mishaps.order({"action": "emailSimple", "message": "SMTP is down"})
    built.lead(Due__c=built.org.now)
    built.after(minutes=1)
    assert built.sent() == [
        ("email", ("admin@example.com",), 'Error Occurred During Flow "Mailer": SMTP is down', "SMTP is down")
    ]
    built.after(minutes=16)
    assert built.sent()[1:] == [("email", ("a@x.example",), "s", "b")]


def test_saves_from_outside_are_not_meant(built: Built) -> None:
    built.org.automation.mishaps.order({"record": "Lead"})
    built.lead()
    assert [one.times for one in built.org.automation.mishaps.ordered] == [1]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ({}, "A mishap is an object with 'action' or 'record'."),
        ("emailAlert", "A mishap is an object with 'action' or 'record'."),
        ({"action": "emailAlert", "code": "X"}, "A mishap has no 'code' here; it has action, message, name, times."),
        ({"record": "X__c", "times": 0}, "'times' is a whole number from 1, not 0."),
        ({"record": "X__c", "operation": "read"}, "'operation' is one of create, update, delete, not 'read'."),
        ({"record": ""}, "'record' is a text, not ''."),
    ],
)
def test_an_order_that_makes_no_sense_is_explained(built: Built, order: Any, expected: str) -> None:
    with pytest.raises(ValueError, match="^" + expected.replace(".", r"\.") + "$"):
        built.org.automation.mishaps.order(order)
