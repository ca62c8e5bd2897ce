"""Metadata types: where their files lie, and which of them this emulator models.

Source: the table of reference 1.7 ([code: SDR] registry, [docs]); the names of types that are only
refused come from the WSDL's `describeMetadata` world and are listed so that a refusal can say the name.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One metadata type. `children` maps an element of the parent's file to the child's type."""

    name: str
    folder: str
    suffix: str
    content: bool = False
    in_folder: bool = False
    children: tuple[tuple[str, str], ...] = ()

    def path(self, full_name: str) -> str:
        """The zip path of the main file of a component."""
        return f"{self.folder}/{full_name}.{self.suffix}"


_ALL = (
    Kind(
        "CustomObject",
        "objects",
        "object",
        children=(
            ("businessProcesses", "BusinessProcess"),
            ("fields", "CustomField"),
            ("listViews", "ListView"),
            ("recordTypes", "RecordType"),
            ("validationRules", "ValidationRule"),
        ),
    ),
    Kind("CustomMetadata", "customMetadata", "md"),
    Kind("Flow", "flows", "flow"),
    Kind("FlowDefinition", "flowDefinitions", "flowDefinition"),
    Kind("PermissionSet", "permissionsets", "permissionset"),
    Kind("CustomNotificationType", "notificationtypes", "notiftype"),
    Kind("Queue", "queues", "queue"),
    Kind("Group", "groups", "group"),
    Kind("ApexClass", "classes", "cls", content=True),
    Kind("ApexTrigger", "triggers", "trigger", content=True),
    Kind("StaticResource", "staticresources", "resource", content=True),
    Kind("Settings", "settings", "settings"),
    Kind("GlobalValueSet", "globalValueSets", "globalValueSet"),
    Kind("StandardValueSet", "standardValueSets", "standardValueSet"),
    Kind("LeadConvertSettings", "LeadConvertSettings", "LeadConvertSetting"),
    Kind("Workflow", "workflows", "workflow", children=(("alerts", "WorkflowAlert"),)),
    Kind("EmailTemplate", "email", "email", content=True, in_folder=True),
    Kind("ReportType", "reportTypes", "reportType"),
    Kind("Report", "reports", "report", in_folder=True),
    Kind("Dashboard", "dashboards", "dashboard", in_folder=True),
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}
BY_FOLDER: dict[str, Kind] = {kind.folder: kind for kind in _ALL}
CHILD_OF: dict[str, tuple[str, str]] = {
    child: (kind.name, element) for kind in _ALL for element, child in kind.children
}
"""Child type → (parent type, element name)."""

FOLDERS: dict[str, str] = {"EmailFolder": "EmailTemplate", "ReportFolder": "Report", "DashboardFolder": "Dashboard"}
"""Type of a folder → type of what it holds. A folder is listed and packaged under the latter."""

SETTINGS: dict[str, str] = {
    "BusinessHours": "BusinessHoursSettings",
    "Flow": "FlowSettings",
    "LeadConfig": "LeadConfigSettings",
}
"""Settings members that are modelled → root element."""

REFUSED: frozenset[str] = frozenset(
    (
        "Layout",
        "CompactLayout",
        "FieldSet",
        "WebLink",
        "Profile",
        "Role",
        "CustomApplication",
        "CustomTab",
        "CustomLabels",
        "CustomLabel",
        "CustomPermission",
        "PermissionSetGroup",
        "AssignmentRules",
        "AutoResponseRules",
        "EscalationRules",
        "SharingRules",
        "ApexPage",
        "ApexComponent",
        "AuraDefinitionBundle",
        "LightningComponentBundle",
        "FlexiPage",
        "QuickAction",
        "RemoteSiteSetting",
        "NamedCredential",
        "ConnectedApp",
        "Document",
        "Letterhead",
        "MatchingRules",
        "DuplicateRule",
        "WorkflowRule",
        "WorkflowFieldUpdate",
        "WorkflowTask",
        "WorkflowOutboundMessage",
        "PathAssistant",
        "GlobalPicklist",
        "HomePageLayout",
        "Territory2",
        "ExternalClientApplication",
        "Translations",
        "CustomObjectTranslation",
        "StandardValueSetTranslation",
    )
)
"""Types the vendor knows and this emulator does not model: refused by name."""

STAGES = (
    "GlobalValueSet",
    "StandardValueSet",
    "CustomObject",
    "CustomField",
    "BusinessProcess",
    "RecordType",
    "CustomMetadata",
    "ListView",
    "ValidationRule",
    "CustomNotificationType",
    "Group",
    "Queue",
    "Settings",
    "StaticResource",
    "EmailTemplate",
    "Workflow",
    "WorkflowAlert",
    "LeadConvertSettings",
    "ApexClass",
    "ApexTrigger",
    "Flow",
    "FlowDefinition",
    "ReportType",
    "Report",
    "Dashboard",
    "PermissionSet",
)
"""The order in which one package is saved, whatever the order of its files: a thing after what it may name."""


def locate(path: str) -> tuple[Kind, str] | None:
    """(kind, full name) of a main file in the zip; None for manifests and unknown folders.

    A `-meta.xml` companion of a content type answers the same as its content file.
    """
    folder, _, rest = path.partition("/")
    kind = BY_FOLDER.get(folder)
    if kind is None or not rest:
        return None
    name = rest.removesuffix("-meta.xml") if kind.content else rest
    if kind.in_folder and "/" not in rest and rest.endswith("-meta.xml"):
        return kind, rest.removesuffix("-meta.xml")
    if not name.endswith("." + kind.suffix):
        return None
    return kind, name[: -len(kind.suffix) - 1]


def is_known(type_name: str) -> bool:
    """Whether the vendor has such a type (as far as this emulator knows)."""
    return type_name in KINDS or type_name in CHILD_OF or type_name in REFUSED
