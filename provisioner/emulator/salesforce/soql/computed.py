"""Objects that the server computes instead of storing: what a query of them has to name and may not do.

Which filters are mandatory: [docs] reference 1.11, with the text as public logs of it have it [community]. What three
of them do not support: [docs] Tooling API guide, "SOQL Operation Limitations"; its error codes are [inferred].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.soql.tree import (
    Both,
    Comparison,
    Either,
    FieldPath,
    Membership,
    Negation,
    Statement,
    Test,
)

# Object → the columns of which one must be filtered by equality.
_MANDATORY = {
    "FieldDefinition": ("EntityDefinitionId", "DurableId"),
    "EntityParticle": ("EntityDefinitionId", "FieldDefinitionId", "DurableId"),
    "FlowVersionView": ("FlowDefinitionViewId", "DurableId"),
}
_PLAIN_ONLY = frozenset({"EntityDefinition", "EntityParticle", "FieldDefinition"})
_NO_AGGREGATES = (
    "The requested operation is not yet supported by this SObject storage type, contact salesforce.com support for "
    "more information."
)


def as_computed(statement: Statement, sobject: str) -> Statement:
    """The statement as the server runs it on `sobject`: three objects ignore LIMIT and OFFSET. Raises ApiError
    MALFORMED_QUERY for what it refuses. Other objects: unchanged."""
    if sobject == "SetupAuditTrail" and statement.aggregated and not statement.counts_rows:
        # [docs] object reference: only COUNT() works there; the text is [inferred]
        raise ApiError("MALFORMED_QUERY", "Aggregate queries are not supported on SetupAuditTrail")
    if sobject in _PLAIN_ONLY:
        _refuse_unsupported(statement)
        statement = replace(statement, limit=None, offset=None)
    columns = _MANDATORY.get(sobject)
    if columns and not any(_narrows(test, columns) for test in _conjuncts(statement.where)):
        text = f"{sobject}: a filter on a reified column is required [{','.join(columns)}]"
        raise ApiError("MALFORMED_QUERY", text)
    return statement


def _conjuncts(test: Test | None) -> Iterator[Test]:
    """The tests that every row has to pass."""
    if isinstance(test, Both):
        for part in test.parts:
            yield from _conjuncts(part)
    elif test is not None:
        yield test


def _narrows(test: Test, columns: tuple[str, ...]) -> bool:
    """Is one of the columns, or a field behind its relationship, held to listed values? A subquery does not count."""
    match test:
        case Comparison(FieldPath(names), "=") | Membership(FieldPath(names), False, _, None):
            if len(names) == 1:
                return names[0].lower() in {column.lower() for column in columns}
            return f"{names[-2]}Id".lower() in {column.lower() for column in columns}
    return False


def _refuse_unsupported(statement: Statement) -> None:
    if statement.aggregated:
        raise ApiError("MALFORMED_QUERY", _NO_AGGREGATES)
    for test in _conjuncts(statement.where):
        if isinstance(test, Either):
            raise ApiError("MALFORMED_QUERY", "Disjunctions not supported")
        if isinstance(test, Negation) or (isinstance(test, Comparison) and test.op == "!="):
            raise ApiError("MALFORMED_QUERY", "Only equals comparisons permitted")
