"""The Tooling API's side of metadata: views kept fresh, `Metadata` columns, activation, deletion of versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.audit_trail import trail
from provisioner.emulator.salesforce.errors import ApiError, not_found, not_modelled
from provisioner.emulator.salesforce.metadata.deploying.jobs import Jobs
from provisioner.emulator.salesforce.metadata.handlers.flows import active_version, switch, version_file
from provisioner.emulator.salesforce.metadata.problems import Refused
from provisioner.emulator.salesforce.metadata.setup import views
from provisioner.emulator.salesforce.metadata.types import metadata_types
from provisioner.emulator.salesforce.state.components import Components, FlowVersion

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

CROSS_REFERENCE = "insufficient access rights on cross-reference id"


class Tooling:
    """Registers the views with the org and answers the few writes that are modelled."""

    def __init__(self, org: Org, components: Components, jobs: Jobs) -> None:
        self._org, self._components, self._jobs = org, components, jobs
        self._seen: dict[str, int] = {}
        org.join(self)

    def snapshot(self) -> dict[str, int]:
        """What has been seen is forgotten when a transaction is undone: the count of changes does not go back."""
        return {}

    def restore(self, snapshot: dict[str, int]) -> None:
        self._seen = snapshot

    def register(self) -> None:
        """Add the views to the org's schema and have them filled before each query; called when an org begins."""
        org = self._org
        for definition in views.OBJECTS:
            if not org.schema.has(definition.name):
                org.schema.add_object(definition)
            org.refreshers[definition.name.lower()] = self._refresher(definition.name)
        if not org.schema.has(views.DEPLOY_REQUEST.name):
            org.schema.add_object(views.DEPLOY_REQUEST)
        org.refreshers[views.DEPLOY_REQUEST.name.lower()] = self._refresh_deployments
        org.computed |= {
            ("tooling.flow", "metadata"): self._flow_metadata,
            ("tooling.flow", "fullname"): lambda one: self._flow_name(self.version(one)),
            ("tooling.flowdefinition", "metadata"): self._definition_metadata,
            ("tooling.flowdefinition", "fullname"): self._definition_name,
            ("tooling.customfield", "metadata"): lambda one: self._field(one)[1],
            ("tooling.customfield", "fullname"): lambda one: self._field(one)[0],
        }

    def _refresher(self, view: str) -> Callable[[], None]:
        def refresh() -> None:
            changes = self._org.store.connection.total_changes
            if self._seen.get(view) == changes:
                return
            # FieldDefinition joins EntityDefinition, Flow joins FlowDefinition: fill all, so that joins agree.
            for definition in views.OBJECTS:
                self._org.store.execute(f'DELETE FROM "{definition.name}"')  # noqa: S608
                for row in views.rows_of(self._org, self._components, definition.name):
                    self._org.rows.insert(definition.name, row)
            changes = self._org.store.connection.total_changes
            self._seen = {definition.name: changes for definition in views.OBJECTS}

        return refresh

    def _refresh_deployments(self) -> None:
        """Asking for the queue moves it on, as asking for one deployment does; the other views stay as fresh as they
        were, unless a deployment came to its end."""
        self._jobs.step()
        name = views.DEPLOY_REQUEST.name
        before = self._org.store.connection.total_changes
        self._org.store.execute(f'DELETE FROM "{name}"')  # noqa: S608
        for job in self._jobs.recent():
            self._org.rows.insert(name, views.deploy_request(job))
        after = self._org.store.connection.total_changes
        self._seen = {view: after if seen == before else seen for view, seen in self._seen.items()}

    # -- lookups ------------------------------------------------------------------------------------------------------

    def version(self, version_id: str) -> FlowVersion:
        """A flow version by id. Raises ApiError 404."""
        for one in self._components.versions():
            if one.version_id[:15] == version_id[:15]:
                return one
        raise not_found("Provided external ID field does not exist or is not accessible: " + version_id)

    def flow_of(self, definition_id: str) -> str:
        """The API name of a flow by its definition's id. Raises ApiError 404."""
        for one in self._components.all("FlowDefinition"):
            if one.id[:15] == definition_id[:15]:
                return one.full_name
        raise not_found("Provided external ID field does not exist or is not accessible: " + definition_id)

    # -- computed columns ---------------------------------------------------------------------------------------------

    @staticmethod
    def _flow_name(version: FlowVersion) -> str:
        return f"{version.api_name}-{version.version_number}"

    def _flow_metadata(self, version_id: str) -> Any:
        return to_json(version_file(self.version(version_id)), "Flow")

    def _definition_name(self, definition_id: str) -> str:
        return self.flow_of(definition_id)

    def _definition_metadata(self, definition_id: str) -> Any:
        versions = self._components.versions(self.flow_of(definition_id))
        active, latest = active_version(versions), versions[-1]
        return {
            "activeVersionNumber": active.version_number if active else None,
            "description": xml.text(latest.root, "description"), "masterLabel": xml.text(latest.root, "label"),
            "urls": None,
        }  # fmt: skip

    def _field(self, field_id: str) -> tuple[str, Any]:
        for one in self._components.all("CustomField"):
            if one.id == field_id:
                return one.full_name, to_json(one.root, "CustomField")
        raise not_found(field_id)

    # -- writes -------------------------------------------------------------------------------------------------------

    def activate(self, definition_id: str, body: dict[str, Any], user_id: str) -> None:
        """`{"Metadata": {"activeVersionNumber": N}}`; 0 or null switches off. Raises ApiError."""
        metadata = body.get("Metadata")
        if set(body) != {"Metadata"} or not isinstance(metadata, dict):
            raise not_modelled("changes of a FlowDefinition other than its Metadata")
        if set(metadata) != {"activeVersionNumber"}:
            others = ", ".join(sorted(set(metadata) - {"activeVersionNumber"})) or "nothing"
            raise not_modelled(f"a FlowDefinition Metadata that changes {others}")
        number = metadata["activeVersionNumber"] or 0
        if isinstance(number, bool) or not isinstance(number, int):
            raise ApiError("JSON_PARSER_ERROR", f"activeVersionNumber must be a number, not {number!r}")
        flow = self.flow_of(definition_id)
        try:
            with self._org.transaction():
                switch(self._org, self._components, flow, number, user_id)
        except Refused as refusal:
            raise ApiError("INVALID_CROSS_REFERENCE_KEY", refusal.problems[0].text, ("Metadata",)) from refusal
        self._org.automation.rebuild()

    def delete_version(self, version_id: str, user_id: str) -> None:
        """Delete an inactive version. Raises ApiError (an active one: row 30 of section 10)."""
        version = self.version(version_id)
        if version.status == "Active":
            raise ApiError("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", CROSS_REFERENCE)
        with self._org.transaction():
            self._components.remove_version(version)
            if not self._components.versions(version.api_name):
                self._components.remove("FlowDefinition", version.api_name)
            label = xml.text(version.root, "label") or version.api_name
            line = trail.of_deleted_version(version.api_name, label, version.version_number)
            trail.write(self._org, line, user_id)
        self._org.automation.rebuild()


def to_json(element: etree._Element, type_name: str) -> dict[str, Any]:
    """An element as the Tooling API's `Metadata`: every element of the type, absent ones null or empty."""
    types, answer = metadata_types(), {}
    for name, item in types.elements(type_name).items():
        if name in ("fullName", "module"):
            continue
        values = [_value(child, item.type) for child in xml.kids(element, name)]
        answer[name] = values if item.many else (values[0] if values else None)
    return answer


def _value(child: etree._Element, type_name: str) -> Any:
    if metadata_types().is_complex(type_name):
        return to_json(child, type_name)
    text = xml.own_text(child)
    match type_name:
        case "boolean":
            return text in ("true", "1")
        case "int" | "long":
            return int(text)
        case "double":
            return float(text)
    return text
