"""Custom validation rules (step 5 of a save): a row for which the error condition is true is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from provisioner.emulator.salesforce.automation.fields import FieldFormulas, FieldNames, FieldScope, Viewer
from provisioner.emulator.salesforce.automation.formula import Formula, Kind, compile_formula
from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.state.rows import Row
from provisioner.emulator.salesforce.state.schema import SObjectDef

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org


class ValidationRules:
    """The active rules of the org, compiled once per object."""

    def __init__(self, org: Org, formulas: FieldFormulas) -> None:
        self.org = org
        self.formulas = formulas
        self._compiled: dict[str, list[tuple[Formula, ApiError]]] = {}

    def forget(self) -> None:
        self._compiled.clear()

    def errors(self, definition: SObjectDef, row: Row, old: Row | None, viewer: Viewer) -> list[ApiError]:
        """What the rules say about a row that is about to be stored; `old` is the row as it was (None: a new one)."""
        rules = self._compiled.get(definition.name)
        if rules is None:
            rules = self._compiled[definition.name] = self._compile(definition)
        if not rules:
            return []
        scope = FieldScope(viewer, row, old is None, old)
        return [error for formula, error in rules if formula.evaluate(scope) is True]

    def _compile(self, definition: SObjectDef) -> list[tuple[Formula, ApiError]]:
        names = FieldNames(self.org, self.formulas, definition, saving=True)
        found = []
        for component in self.org.metadata.validation_rules(definition.name):
            texts = {etree.QName(child).localname: child.text or "" for child in component.root if child.tag != ""}
            if texts.get("active") != "true":
                continue
            formula = compile_formula(texts.get("errorConditionFormula", ""), names, Kind.BOOLEAN)
            shown = [texts["errorDisplayField"]] if texts.get("errorDisplayField") else []
            message = texts.get("errorMessage", "")
            found.append((formula, ApiError("FIELD_CUSTOM_VALIDATION_EXCEPTION", message, shown)))
        return found
