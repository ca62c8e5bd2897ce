"""What a flow asks of the automation it runs in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from provisioner.emulator.salesforce.automation.fields import FieldFormulas
from provisioner.emulator.salesforce.automation.flow.definition import Flow, Resource
from provisioner.emulator.salesforce.automation.mishaps import Mishaps
from provisioner.emulator.salesforce.state.engines import Operation

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org


class Nested(Protocol):
    """Saves one record from within an automation. Raises SaveRefused."""

    def nested(self, op: Operation, sobject: str, row: Mapping[str, Any], user_id: str) -> str: ...


class Callee(Protocol):
    """An active flow that another one may call."""

    def call(self, caller: Any, values: dict[str, Any]) -> Any: ...


class Surroundings(Protocol):
    """Formulas, other flows, saves, and the zone of a user."""

    @property
    def org(self) -> Org: ...
    @property
    def formulas(self) -> FieldFormulas: ...
    @property
    def mishaps(self) -> Mishaps: ...
    @property
    def saver(self) -> Nested: ...
    def zone(self, user_id: str) -> ZoneInfo: ...
    def program(self, api_name: str) -> Callee | None: ...
    def active_flow(self, api_name: str) -> Flow | None: ...
    def subflow_variable(self, api_name: str, name: str) -> Resource | None: ...
