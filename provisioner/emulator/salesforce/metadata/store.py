"""The metadata of one org: the door for the automation, the server and the tests."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.metadata.deploying.deploy import Deployment
from provisioner.emulator.salesforce.metadata.deploying.jobs import Jobs
from provisioner.emulator.salesforce.metadata.handlers.settings import HolidayEntry, holidays
from provisioner.emulator.salesforce.metadata.options import DeployOptions
from provisioner.emulator.salesforce.metadata.outcome import Outcome
from provisioner.emulator.salesforce.metadata.retrieving.reading import Reader
from provisioner.emulator.salesforce.metadata.setup.tooling import Tooling
from provisioner.emulator.salesforce.state.components import Component, Components, FlowVersion

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org


class MetadataStore:
    """What is deployed in an org. Everything is kept in the org's store and follows its transactions."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.components = Components(org)
        self.reader = Reader(org, self.components)
        self.jobs = Jobs(org, self.components)
        self.tooling = Tooling(org, self.components, self.jobs)

    @classmethod
    def of(cls, org: Org) -> MetadataStore:
        """Of an org, with all its parts. TypeError when it works with another."""
        found = org.metadata
        if not isinstance(found, cls):
            raise TypeError(f"This org works with {type(found).__name__}.")
        return found

    def get(self, kind: str, full_name: str) -> Component | None:
        """A component by type and full name (`Lead.X__c` for children); its `root` is the normalised element.

        Settings are put together from the org's rows: `Settings`/`BusinessHours` has every entry.
        """
        if kind == "Flow":
            return self._flow(full_name)
        component = self.components.get(kind, full_name)
        if kind != "Settings":
            return component
        element = self.reader.element(kind, full_name)
        if element is None:
            return None
        now, admin = self._org.now, self._org.admin_id
        return Component(kind, full_name, component.id if component else "", f"settings/{full_name}.settings",
                         xml.printed(element), None, now, admin, now, admin)  # fmt: skip

    def _flow(self, name: str) -> Component | None:
        element, entry = self.reader.element("Flow", name), self.reader.entry("Flow", name)
        if element is None or entry is None:
            return None
        return Component("Flow", entry.full_name, entry.id, entry.file_name, xml.printed(element), None,
                         entry.created_at, entry.created_by, entry.modified_at, entry.modified_by)  # fmt: skip

    def active_flows(self) -> list[FlowVersion]:
        """The active version of every flow that has one, by name."""
        return [one for one in self.components.versions() if one.status == "Active"]

    def flow_versions(self, flow: str) -> list[FlowVersion]:
        """All versions of a flow by number."""
        return self.components.versions(flow)

    def active_triggers(self) -> dict[str, str]:
        """Name → source of every ApexTrigger that is active."""
        return {
            one.full_name: (one.content or b"").decode("utf-8", "replace")
            for one in self.components.all("ApexTrigger")
            if xml.text(one.root, "status") == "Active"
        }

    def holidays(self) -> list[HolidayEntry]:
        """All-day holidays with the names of the business hours they close."""
        return holidays(self.components)

    def holidays_of(self, business_hours: str) -> list[date]:
        """The days on which the business hours of this name stay closed all day (local dates), in order."""
        days = (
            str(xml.text(one.element, "activityDate"))[:10]
            for one in self.holidays()
            if business_hours.lower() in {name.lower() for name in one.business_hours}
        )
        return sorted(date.fromisoformat(day) for day in days)

    def validation_rules(self, sobject: str) -> list[Component]:
        """Validation rules of an object; `active`, `errorConditionFormula`, `errorMessage` are in `root`."""
        return self.components.below("ValidationRule", sobject)

    def deploy(self, data: bytes, options: DeployOptions, user_id: str) -> Outcome:
        """Deploy a zip at once, past the queue (for tests)."""
        return Deployment(self._org, self.components, options, data, user_id).run()

    def settle(self) -> None:
        """Finish the deployments that are under way (the control door calls it when time passes)."""
        self.jobs.settle()
