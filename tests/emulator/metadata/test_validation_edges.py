"""At the edge of what the server takes: the last good value and the first refused one. Found by mutating checks."""

from __future__ import annotations

import pytest
from metadata_packages import deploy, fetched, field, field_package, file, package, problems

from provisioner.emulator.salesforce.state.org import Org


def values(count: int, *, restricted: bool) -> str:
    listed = "".join(f"<value><fullName>v{n}</fullName><default>false</default></value>" for n in range(count))
    return (
        f"<valueSet><restricted>{str(restricted).lower()}</restricted>"
        f"<valueSetDefinition><sorted>false</sorted>{listed}</valueSetDefinition></valueSet>"
    )


def number(precision: int, scale: int) -> str:
    return f"<precision>{precision}</precision><scale>{scale}</scale>"


def long_text(length: int, lines: int) -> str:
    return f"<length>{length}</length><visibleLines>{lines}</visibleLines>"


TO_USER = "<referenceTo>User</referenceTo><relationshipName>Owners</relationshipName>"

GOOD = [
    ("A" * 40 + "__c", "Date", ""),
    ("T__c", "Text", "<length>1</length>"),
    ("T__c", "Text", "<length>255</length>"),
    ("T__c", "LongTextArea", long_text(256, 2)),
    ("T__c", "LongTextArea", long_text(131_072, 2)),
    ("T__c", "Number", number(1, 0)),
    ("T__c", "Number", number(1, 1)),
    ("T__c", "Number", number(18, 18)),
    ("T__c", "Number", number(3, 1) + "<unique>true</unique>"),
    ("T__c", "Date", "<description>" + "d" * 1000 + "</description><inlineHelpText>" + "h" * 510 + "</inlineHelpText>"),
    ("T__c", "Picklist", values(1000, restricted=True)),
    ("T__c", "Picklist", values(1001, restricted=False)),
    ("T__c", "Checkbox", "<formula>true</formula><required>false</required>"),
    ("T__c", "Date", "<unique>false</unique>"),
    ("T__c", "Lookup", "<deleteConstraint>Restrict</deleteConstraint>" + TO_USER + "<required>true</required>"),
    ("T__c", "Lookup", TO_USER),
]  # fmt: skip
BAD = [
    ("A" * 41 + "__c", "Date", "", f"The field name {'A' * 41}__c can only contain letters, digits and underscores, "
     "must begin with a letter, must not end with an underscore or contain two in a row, and has at most 40 "
     "characters before __c."),
    ("T__c", "Text", "<length>0</length>", "length: must be between 1 and 255, not 0"),
    ("T__c", "LongTextArea", long_text(255, 2), "length: must be between 256 and 131072, not 255"),
    ("T__c", "LongTextArea", long_text(131_073, 2), "length: must be between 256 and 131072, not 131073"),
    ("T__c", "LongTextArea", long_text(256, 1),
     "Must specify 'visibleLines' of at least 2 for a CustomField of type LongTextArea"),
    ("T__c", "Number", number(0, 0), "precision: must be between 1 and 18, not 0"),
    ("T__c", "Number", number(3, -1), "scale: must be between 0 and the precision 3, not -1"),
    ("T__c", "Date", "<unique>true</unique>", "Can not specify 'unique' for a CustomField of type Date"),
    ("T__c", "Date", "<description>" + "d" * 1001 + "</description>",
     f"description: data value too large: {'d' * 1001} (max length=1000)"),
    ("T__c", "Date", "<inlineHelpText>" + "h" * 511 + "</inlineHelpText>",
     f"inlineHelpText: data value too large: {'h' * 511} (max length=510)"),
    ("T__c", "Picklist", values(1001, restricted=True), "A restricted picklist holds at most 1,000 values"),
    ("T__c", "MetadataRelationship", "<referenceTo>X__mdt</referenceTo>",
     "Can not specify 'type' for a CustomField of type MetadataRelationship"),
    ("T__c", "Date", "<fieldManageability>Locked</fieldManageability>",
     "Can not specify 'fieldManageability' for a CustomField of type Date"),
    ("T__c", "Lookup", TO_USER + "<required>true</required>",
     "Can not specify 'SetNull' as deleteConstraint for a required lookup field"),
    ("T__c", "Number", "<defaultValue>one</defaultValue>" + number(3, 0),
     "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model the default value formula one."),
    ("T__c", "Text", "<defaultValue>TODAY()</defaultValue><length>5</length>",
     "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model the default value formula TODAY()."),
    ("T__c", "Number", '<defaultValue>"1"</defaultValue>' + number(3, 0),
     'NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model the default value formula "1".'),
    ("T__c", "Text", "<defaultValue>1</defaultValue><length>5</length>",
     "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model the default value formula 1."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "extra"), GOOD)
def test_the_last_good_value(org_in_process: Org, name: str, kind: str, extra: str) -> None:
    assert problems(deploy(org_in_process, field_package(name, kind, extra))) == []
    assert org_in_process.schema.sobject("Lead").has(name)


@pytest.mark.parametrize(("name", "kind", "extra", "text"), BAD)
def test_the_first_refused_one(org_in_process: Org, name: str, kind: str, extra: str, text: str) -> None:
    assert problems(deploy(org_in_process, field_package(name, kind, extra))) == [("CustomField", f"Lead.{name}", text)]


def test_labels_end_at_forty_characters(org_in_process: Org) -> None:
    for length, told in ((40, []), (41, [f"label: data value too large: {'x' * 41} (max length=40)"])):
        body = file("CustomObject", field("T__c", "Date", label="x" * length))
        outcome = deploy(org_in_process, package({"CustomField": ["Lead.T__c"]}, {"objects/Lead.object": body}))
        assert [text for _, _, text in problems(outcome)] == told


@pytest.mark.parametrize(("kind", "extra", "shown"), [
    ("Currency", number(3, 0), "Currency"), ("Text", "<formula>DeveloperName</formula>", "formula"),
])  # fmt: skip
def test_custom_metadata_has_fewer_types(org_in_process: Org, kind: str, extra: str, shown: str) -> None:
    body = file("CustomObject", field("T__c", kind, extra) + "<label>Rule</label><pluralLabel>Rules</pluralLabel>")
    outcome = deploy(org_in_process, package({"CustomObject": ["R__mdt"]}, {"objects/R__mdt.object": body}))
    text = f"Custom metadata types don't support fields of type {shown}"
    assert problems(outcome) == [("CustomField", "R__mdt.T__c", text)]


def test_default_values_are_literals(org_in_process: Org) -> None:
    org = org_in_process
    given = (("N__c", "Number", "<defaultValue>-1.5</defaultValue>" + number(3, 1)),
             ("T__c", "Text", '<defaultValue>"five"</defaultValue><length>5</length>'))  # fmt: skip
    for name, kind, extra in given:
        assert problems(deploy(org, field_package(name, kind, extra))) == []
    fields = org.schema.sobject("Lead")
    assert (fields.field("N__c").default, fields.field("T__c").default) == (-1.5, "five")


def test_what_a_field_is_called_from_the_other_side(org_in_process: Org) -> None:
    org = org_in_process
    assert problems(deploy(org, field_package("Boss__c", "Lookup", TO_USER))) == []
    assert problems(deploy(org, field_package("T__c", "Text", "<length>5</length>"))) == []
    assert problems(deploy(org, field_package("F__c", "Text", "<formula>Company</formula>"))) == []
    lead = org.schema.sobject("Lead")
    names = [lead.field(name).relationship_name for name in ("Boss__c", "T__c")]
    assert (names, lead.field("F__c").length, lead.field("T__c").length) == (["Boss__r", None], 1300, 5)
    assert "<length>" not in fetched(org, {"CustomField": ["Lead.F__c"]})["objects/Lead.object"]
