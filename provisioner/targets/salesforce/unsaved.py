"""Fields that a lead has only once it is saved, as a rule S2xx: conditions are asked before that."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.model.design import Design, Exclusion, LeadType
from provisioner.model.uses import tests_of
from provisioner.rules import Finding, Registry

# [docs] reference/salesforce.md 3.1 and the vendor's help on before-save flows; the name, ids and persons [community].
_SAVED = {
    name.casefold(): name
    for name in (
        "Id", "Name", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp",
    )
}  # fmt: skip
_ADVICE = {
    "Name": "Ask for LastName and FirstName, with `any` where either will do.",
    "CreatedDate": "Leave the condition out: no clock is started for leads from before, unless a backfill is asked to.",
}


def declare(rules: Registry) -> None:
    """Adds the rule to those of Salesforce."""

    @rules.rule("S233", "Field that a new lead does not have yet")
    def unsaved(design: Design) -> Iterator[Finding]:
        """Lead types and exclusions are decided before a lead is saved, and what the save itself fills in is blank
        then: a new lead would never match, or always. Quiet conditions are asked later, of a lead that is saved."""
        ruled: list[Exclusion | LeadType] = [*design.exclusions, *design.lead_types]
        for item in ruled:
            for test in tests_of(item.when):
                name = _SAVED.get(test.field.casefold())
                if name is not None:
                    detail = f"{item.id!r} asks for {name}, which Salesforce fills in after that is decided."
                    yield Finding(test.at, detail, _ADVICE.get(name, "Go by a field that is filled in with the lead."))
