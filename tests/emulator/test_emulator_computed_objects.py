"""Objects the server computes: which filters they demand and what they refuse (reference 1.11)."""

from __future__ import annotations

import pytest

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.soql import query
from provisioner.emulator.salesforce.state.org import Org

LEAD = "EntityDefinition.QualifiedApiName = 'Lead'"
NO_AGGREGATES = (
    "The requested operation is not yet supported by this SObject storage type, contact salesforce.com support for "
    "more information."
)
FIELD = "FieldDefinition: a filter on a reified column is required [EntityDefinitionId,DurableId]"
PARTICLE = "EntityParticle: a filter on a reified column is required [EntityDefinitionId,FieldDefinitionId,DurableId]"
VERSION = "FlowVersionView: a filter on a reified column is required [FlowDefinitionViewId,DurableId]"


def names(org: Org, soql: str) -> list[str]:
    answer = query(org, soql, user_id=org.admin_id, tooling=True)
    return [record["QualifiedApiName"] for record in answer.records()]


@pytest.mark.parametrize(
    ("soql", "text"),
    [
        ("SELECT Id FROM FieldDefinition", FIELD),
        ("SELECT Id FROM FieldDefinition WHERE QualifiedApiName = 'Company'", FIELD),
        ("SELECT Id FROM FieldDefinition WHERE DurableId > 'Lead'", FIELD),
        ("SELECT Id FROM FieldDefinition WHERE DurableId NOT IN ('Lead.Company')", FIELD),
        ("SELECT Id FROM EntityParticle WHERE IsNillable = true", PARTICLE),
        ("SELECT Id FROM FlowVersionView", VERSION),
        ("SELECT Id FROM FlowVersionView WHERE DurableId = 'x' OR Status = 'Active'", VERSION),
        ("SELECT Id FROM FlowVersionView WHERE FlowDefinitionViewId IN (SELECT DurableId FROM FlowDefinitionView)",
         VERSION),
        (f"SELECT Id FROM FieldDefinition WHERE {LEAD} AND (Length = 1 OR Length = 2)", "Disjunctions not supported"),
        (f"SELECT Id FROM FieldDefinition WHERE {LEAD} AND Label != 'x'", "Only equals comparisons permitted"),
        (f"SELECT Id FROM FieldDefinition WHERE {LEAD} AND (NOT Label = 'x')", "Only equals comparisons permitted"),
        ("SELECT COUNT(QualifiedApiName), IsQueryable FROM EntityDefinition GROUP BY IsQueryable", NO_AGGREGATES),
        ("SELECT COUNT() FROM EntityDefinition", NO_AGGREGATES),
    ],
)  # fmt: skip
def test_what_the_server_refuses(org_in_process: Org, soql: str, text: str) -> None:
    with pytest.raises(ApiError) as caught:
        query(org_in_process, soql, user_id=org_in_process.admin_id)
    assert (caught.value.code, caught.value.message, caught.value.status) == ("MALFORMED_QUERY", text, 400)


@pytest.mark.parametrize(
    "where",
    [
        "DurableId = 'Lead.Company'",
        "durableid IN ('Lead.Company')",
        f"{LEAD} AND QualifiedApiName = 'Company'",
        f"(QualifiedApiName = 'Company' AND (Length = 255 AND {LEAD}))",
    ],
)
def test_what_narrows_the_answer(org_in_process: Org, where: str) -> None:
    assert names(org_in_process, f"SELECT QualifiedApiName FROM FieldDefinition WHERE {where}") == ["Company"]


def test_a_subquery_is_judged_too(org_in_process: Org) -> None:
    soql = "SELECT Id FROM Lead WHERE Id IN (SELECT EntityDefinitionId FROM FieldDefinition)"
    with pytest.raises(ApiError, match="FieldDefinition: a filter on a reified column is required"):
        query(org_in_process, soql, user_id=org_in_process.admin_id)


def test_limits_are_ignored_where_the_server_ignores_them(org_in_process: Org) -> None:
    every = names(org_in_process, f"SELECT QualifiedApiName FROM FieldDefinition WHERE {LEAD}")
    assert {"Company", "LastName", "OwnerId"} <= set(every)
    assert names(org_in_process, f"SELECT QualifiedApiName FROM FieldDefinition WHERE {LEAD} LIMIT 1 OFFSET 1") == every
