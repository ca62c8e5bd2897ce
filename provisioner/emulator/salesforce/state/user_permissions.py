"""User permissions: their names. [docs] PermissionSet: one field for each permission, `Permissions` and its name."""

from __future__ import annotations

from typing import Final

# Those that this org's edition has; any other name is unknown to it.
USER_PERMISSIONS: Final = (
    "ActivateContract", "ApiEnabled", "AssignPermissionSets", "AuthorApex", "ConvertLeads", "CreateReportFolders",
    "CustomizeApplication", "EditEvent", "EditReports", "EditTask", "ExportReport", "FlowUFLRequired", "ImportLeads",
    "LightningExperienceUser", "ManageCustomPermissions", "ManageFlow", "ManageInteraction", "ManageUsers",
    "ModifyAllData", "ModifyMetadata", "RunFlow", "RunReports", "ScheduleReports", "TransferAnyLead", "ViewAllData",
    "ViewAllUsers", "ViewConvertedLeads", "ViewDataLeakageEvents", "ViewEventLogFiles", "ViewRoles", "ViewSetup",
)  # fmt: skip
FIELDS: Final = {name: f"Permissions{name}" for name in USER_PERMISSIONS}
