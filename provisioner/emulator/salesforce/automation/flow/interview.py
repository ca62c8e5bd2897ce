"""One run of a flow: its record, its variables, its user, and where it reports from."""

from __future__ import annotations

from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any

from provisioner.emulator.salesforce.automation.flow.faults import FlowFault
from provisioner.emulator.salesforce.automation.flow.surroundings import Surroundings
from provisioner.emulator.salesforce.automation.formula.functions import plain
from provisioner.emulator.salesforce.state.rows import Row


class Record(dict[str, Any]):
    """A record held by a flow. `changed` names the fields the flow has assigned."""

    __slots__ = ("changed", "sobject")

    def __init__(self, sobject: str, values: Row | None = None) -> None:
        super().__init__(values or {})
        self.sobject = sobject
        self.changed: dict[str, None] = {}


def copied(value: Any) -> Any:
    """What an assignment hands over: a record by value, so that changing the variable later changes no copy."""
    if not isinstance(value, Record):
        return value
    made = Record(value.sobject, dict(value))
    made.changed = dict(value.changed)
    return made


class Interview:
    """The state while a flow runs. `record` is $Record, `prior` $Record__Prior (None on create)."""

    __slots__ = (
        "_zone",
        "asynchronous",
        "automation",
        "before_save",
        "depth",
        "fault",
        "flow_name",
        "is_new",
        "loops",
        "now",
        "org",
        "prior",
        "record",
        "source",
        "steps",
        "user_id",
        "values",
        "wrote",
    )

    def __init__(
        self,
        automation: Surroundings,
        flow_name: str,
        user_id: str,
        source: str,
        *,
        record: Row | None = None,
        prior: Row | None = None,
        is_new: bool = False,
    ) -> None:
        self.automation = automation
        self.org = automation.org
        self.flow_name = flow_name
        self.user_id = user_id
        self.source = source
        self.record: Row = {} if record is None else record
        self.prior = prior
        self.is_new = is_new
        self.values: dict[str, Any] = {}
        self.loops: dict[str, tuple[list[Any], int]] = {}
        self.fault: str | None = None
        self.steps = 0
        self.depth = 0
        self.before_save = False
        self.asynchronous = False  # on a scheduled or asynchronous path
        self.wrote = False  # this run has changed records
        # The virtual clock stands still while a flow runs, so both may be taken once.
        self.now: datetime = self.org.now
        self._zone: tzinfo | None = None

    @property
    def zone(self) -> tzinfo:
        if self._zone is None:
            self._zone = self.automation.zone(self.user_id)
        return self._zone

    @property
    def viewer(self) -> Interview:
        return self


def unset(name: str) -> FlowFault:
    """[community] texts of unset references."""
    return FlowFault(f"The flow failed to access the value for {name} because it hasn't been set or assigned.")


def shown(value: Any, zone: tzinfo) -> str:
    """A value inside text. Dates and times in the running user's zone and en_US short form ([inferred])."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        local = value.astimezone(zone)
        hour = local.hour % 12 or 12
        return f"{local.month}/{local.day}/{local.year}, {hour}:{local.minute:02d} {'AM' if local.hour < 12 else 'PM'}"
    if isinstance(value, date):
        return f"{value.month}/{value.day}/{value.year}"
    if isinstance(value, time):
        return value.isoformat(timespec="minutes")
    if isinstance(value, list):
        return "[" + ", ".join(shown(item, zone) for item in value) + "]"
    if isinstance(value, Record):
        raise FlowFault("The emulator does not model a whole record inside a text.")
    return str(value)
