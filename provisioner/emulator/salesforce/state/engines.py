"""What an org asks of those who work on it; `assembly` brings them together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, Protocol

from provisioner.emulator.salesforce.errors import SaveResult
from provisioner.emulator.salesforce.state.components import Component, Components, FlowVersion
from provisioner.emulator.salesforce.state.rows import Row
from provisioner.emulator.salesforce.state.schema import FieldDef

Operation = Literal["insert", "update", "delete"]


class MetadataEngine(Protocol):
    """What is deployed, as the automation and the reports ask for it."""

    @property
    def components(self) -> Components: ...
    def get(self, kind: str, full_name: str) -> Component | None: ...
    def active_flows(self) -> list[FlowVersion]: ...
    def active_triggers(self) -> dict[str, str]: ...
    def validation_rules(self, sobject: str) -> list[Component]: ...
    def holidays_of(self, business_hours: str) -> list[date]: ...


class AutomationEngine(Protocol):
    """What follows from a save, and what happens as time passes. Instants are UTC."""

    def rebuild(self) -> None: ...
    def run_due(self, until: datetime) -> None: ...
    def pending(self) -> list[dict[str, Any]]: ...
    def save(
        self,
        op: Operation,
        sobject: str,
        rows: Iterable[Mapping[str, Any]],
        *,
        user_id: str,
        assign: bool = True,
        all_or_none: bool = False,
    ) -> list[SaveResult]: ...
    def formula_value(self, sobject: str, item: FieldDef, row: Row, user_id: str) -> Any: ...
    def check_formula(
        self,
        expression: str,
        sobject: str,
        result_type: str | None = None,
        context: Literal["field", "flow", "validation"] = "field",
    ) -> None: ...
    def addressees(self, ids: Sequence[str]) -> list[str]: ...


class BulkEngine(Protocol):
    """Jobs that are under way."""

    def settle(self) -> None: ...
