"""List views name fields in a way of their own."""

from __future__ import annotations

import pytest
from analytics_packages import deploy, problems, with_fields, xml_file

from provisioner.emulator.salesforce.assembly import assembled


def view(body: str) -> list[str | None]:
    org = with_fields(assembled())
    text = f"<listViews><fullName>V</fullName>{body}<filterScope>Everything</filterScope><label>V</label></listViews>"
    return problems(deploy(org, {"ListView": ["Lead.V"]}, {"objects/Lead.object": xml_file("CustomObject", text)}))


def columns(*tokens: str) -> str:
    return "".join(f"<columns>{token}</columns>" for token in tokens)


def kept(field: str, value: str = "x") -> str:
    return f"<filters><field>{field}</field><operation>equals</operation><value>{value}</value></filters>"


@pytest.mark.parametrize("token", ["LAST_NAME", "LastName", "Lead.Minutes__c", "Lead$Minutes__c", "Nope__c", "STATUS"])
def test_tokens_of_reports_and_queries_are_refused(token: str) -> None:
    assert view(columns("FULL_NAME", token)) == [f"Could not resolve list view column: {token}"]
    assert view(columns("FULL_NAME") + kept(token)) == [f"Could not resolve list view column: {token}"]


def test_a_view_with_logic() -> None:
    body = columns("FULL_NAME", "LEAD.COMPANY", "CORE.USERS.ALIAS", "Minutes__c")
    two = kept("LEAD.STATUS") + kept("Breached__c", "1")
    assert view(f"<booleanFilter>1 OR 2</booleanFilter>{body}{two}") == []
    assert view(f"<booleanFilter>1 OR 1</booleanFilter>{body}{two}") == [
        "Some filter conditions are defined but not referenced in your filter logic."
    ]
    assert view(body + kept("LEAD.CITY") * 11) == ["filters: at most 10 filters are allowed in a list view"]
