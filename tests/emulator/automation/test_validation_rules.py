"""Validation rules and picklists: which saves they stop, with which words; before and after the save in formulas."""

from __future__ import annotations

from typing import Any

import pytest
from built_org import Built, field, whole
from flow_parts import after, flow, formula, update_record


def rule(name: str, condition: str, message: str = "No.", place: str = "", active: bool = True) -> str:
    shown = f"<errorDisplayField>{place}</errorDisplayField>" if place else ""
    written = condition.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f"<validationRules><fullName>{name}</fullName><active>{str(active).lower()}</active><errorConditionFormula>"
        f"{written}</errorConditionFormula>{shown}<errorMessage>{message}</errorMessage></validationRules>"
    )


def rules(built: Built, *written: str) -> list[str]:
    return built.failures({"objects/Lead.object": whole("CustomObject", "".join(written))})


LEAD: dict[str, Any] = {"LastName": "Moss", "Company": "Acme"}
WORKED = "Working - Contacted"
FEWER = "PRIORVALUE(NumberOfEmployees) > NumberOfEmployees"


@pytest.mark.parametrize(
    ("condition", "before", "after_", "stopped"),
    [
        # condition, values of the insert (None: the rule is asked at insert only), values of the update, is it stopped
        ('ISPICKVAL(Status, "Working - Contacted")', {}, {"Status": WORKED}, True),
        ('ISPICKVAL(PRIORVALUE(Status), "Working - Contacted")', {"Status": WORKED}, {"Title": "x"}, None),
        ('AND(ISCHANGED(Status), ISPICKVAL(PRIORVALUE(Status), "Open - Not Contacted"))', {}, {"Status": WORKED}, True),
        ("ISCHANGED(Status)", {}, {"Title": "x"}, False),
        ("AND(NOT(ISNEW()), ISCHANGED(Title))", {"Title": "a"}, {"Title": "a"}, False),
        ("AND(NOT(ISNEW()), ISCHANGED(Title))", {}, {"Title": "a"}, True),
        (FEWER, {"NumberOfEmployees": 5}, {"NumberOfEmployees": 4}, True),
        (FEWER, {"NumberOfEmployees": 5}, {"NumberOfEmployees": 6}, False),
        ('AND(NOT(ISBLANK(Phone)), NOT(REGEX(Phone, "\\\\+?\\\\d{3,}")))', {"Phone": "+123"}, {"Phone": "12a"}, True),
        ('AND(NOT(ISBLANK(Phone)), NOT(REGEX(Phone, "\\\\+?\\\\d{3,}")))', {"Phone": "+123"}, {"Phone": "4567"}, False),
        ("Owner:User.IsActive = FALSE", {}, {"Title": "x"}, False),
    ],
)  # fmt: skip
def test_which_saves_are_stopped(
    built: Built, condition: str, before: dict[str, Any], after_: dict[str, Any], stopped: bool | None
) -> None:
    assert rules(built, rule("R", condition)) == []
    found = built.refused("insert", "Lead", **(LEAD | before))
    text = ["FIELD_CUSTOM_VALIDATION_EXCEPTION: No."]
    if stopped is None:  # on creation the value before is the value itself
        assert found == text
        return
    assert found == []
    ((lead,),) = built.all("Lead", "Id")
    assert built.refused("update", "Lead", Id=lead, **after_) == (text if stopped else [])


def test_the_message_and_the_field_are_the_rules(built: Built) -> None:
    assert rules(built, rule("R", "ISBLANK(Title)", "Say who, please.", "Title"), rule("S", "ISBLANK(Phone)")) == []
    result = built.org.automation.save("insert", "Lead", [LEAD], user_id=built.admin)[0]
    assert [(error.code, error.message, error.fields) for error in result.errors] == [
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Say who, please.", ("Title",)),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "No.", ()),
    ]


def test_a_rule_that_is_switched_off_stops_nothing(built: Built) -> None:
    assert rules(built, rule("R", "ISBLANK(Title)", active=False)) == []
    assert built.refused("insert", "Lead", **LEAD) == []


def test_a_rule_stops_a_flow_too(built: Built) -> None:
    assert rules(built, rule("R", 'Title = "bad"')) == []
    built.flow("F", flow(after(first="U", event="Create"), update_record("U", Title="bad"), label="Marker"))
    assert built.refused("insert", "Lead", **LEAD) == [
        "CANNOT_EXECUTE_FLOW_TRIGGER: We can't save this record because the “Marker” process failed. Give your "
        "Salesforce admin these details. This error occurred when the flow tried to update records: "
        "FIELD_CUSTOM_VALIDATION_EXCEPTION: No.. You can look up ExceptionCode values in the SOAP API Developer Guide."
    ]


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("ISBLANK(Titel)", "Field Titel does not exist. Check spelling."),
        ("Title", "Error: Formula result is data type (Text), incompatible with expected data type (Boolean)."),
        ("ISCHANGED(Owner:User.Name)", "The function ISCHANGED() can only be used with a field of the record being "
         "saved."),
        ('REGEX(Title, "[a-z&&[^b]]")', "The emulator does not model the pattern [a-z&&[^b]]."),
        ("REGEX(Title, Phone)", "The emulator models REGEX() with a pattern written in the formula only."),
    ],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_named(built: Built, condition: str, problem: str) -> None:
    assert rules(built, rule("R", condition)) == [f"Lead.R: {problem}"]


@pytest.mark.parametrize("function", ['REGEX(Title, "a")', "ISCHANGED(Title)"])
def test_formula_fields_know_neither_patterns_nor_what_was(built: Built, function: str) -> None:
    text = field("F__c", "Checkbox", f"<formula>{function}</formula>")
    (problem,) = rules(built, text)
    assert problem in (
        "Lead.F__c: Function REGEX may not be used in this type of formula",
        "Lead.F__c: The function ISCHANGED() can only be used with a field of the record being saved.",
    )


PICK = field(
    "Kind__c",
    "Picklist",
    "<valueSet><restricted>true</restricted><valueSetDefinition><sorted>false</sorted><value><fullName>a</fullName>"
    "<default>false</default><label>A</label></value></valueSetDefinition></valueSet>",
)


@pytest.mark.parametrize(("value", "refused"), [("a", False), ("A", False), ("b", True), (None, False)])
def test_a_restricted_picklist_takes_its_values_only(built: Built, value: str | None, refused: bool) -> None:
    built.fields("Lead", PICK)
    text = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: Kind__c: bad value for restricted picklist field: b"
    assert built.refused("insert", "Lead", **LEAD, Kind__c=value) == ([text] if refused else [])


def test_in_a_flow_a_created_record_has_been_what_it_is(built: Built) -> None:
    built.flow(
        "F",
        flow(
            after(first="U"),
            update_record("U", Website="@Was"),
            formula("Was", "String", "PRIORVALUE({!$Record.Title})"),
        ),
    )
    lead = built.lead(Title="first")
    assert built.get("Lead", lead)["Website"] == "first"
    built.update("Lead", lead, Title="second")
    assert built.get("Lead", lead)["Website"] == "first"
