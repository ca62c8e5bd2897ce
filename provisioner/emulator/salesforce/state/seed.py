"""What every fresh org holds, and what a test may ask to be planted in it."""

from __future__ import annotations

from datetime import time
from typing import Any

from provisioner.emulator.clock import parse_instant
from provisioner.emulator.salesforce.ids import ADMIN_ID
from provisioner.emulator.salesforce.state.tables import Tables

ADMIN_USERNAME = "admin@example.com"
_LEAD_STATUSES = (
    ("Open - Not Contacted", False, True),
    ("Working - Contacted", False, False),
    ("Closed - Converted", True, False),
    ("Closed - Not Converted", False, False),
)
_TASK_STATUSES = ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def plant(org: Tables) -> None:
    """The rows of an empty org: its administrator, profiles, statuses and round-the-clock business hours."""
    rows, settings = org.rows, org.settings
    profile = rows.insert("Profile", {"Name": "System Administrator", "UserType": "Standard"})
    rows.insert("Profile", {"Name": "Standard User", "UserType": "Standard"})
    admin = rows.insert("User", user_values(ADMIN_USERNAME, profile, settings.timezone, last="Admin", first="System"))
    if admin != ADMIN_ID:
        raise AssertionError(f"The first user must be {ADMIN_ID}, not {admin}.")
    rows.insert("UserLogin", {"UserId": admin})
    settings.default_workflow_user = admin
    settings.tokens = {token_for(settings.org_id): admin}
    rows.insert("Organization", organization_values(org) | {"DefaultLeadAccess": "ReadEditTransfer"})
    rows.insert(
        "BusinessHours",
        {"Name": "Default", "IsActive": True, "IsDefault": True, "TimeZoneSidKey": settings.timezone}
        | {f"{day}{end}Time": time(0) for day in DAYS for end in ("Start", "End")},
    )
    for place, (name, converted, default) in enumerate(_LEAD_STATUSES, 1):
        facts = {"MasterLabel": name, "ApiName": name, "SortOrder": place}
        rows.insert("LeadStatus", facts | {"IsDefault": default, "IsConverted": converted})
    for place, name in enumerate(_TASK_STATUSES, 1):
        facts = {"MasterLabel": name, "ApiName": name, "SortOrder": place}
        rows.insert("TaskStatus", facts | {"IsDefault": place == 1, "IsClosed": name == "Completed"})


def token_for(org_id: str, suffix: str = "emulator") -> str:
    return f"{org_id}!{suffix}"


def organization_values(org: Tables) -> dict[str, Any]:
    """The Organization row as the settings tell it."""
    settings = org.settings
    return {
        "Id": settings.org_id,
        "Name": settings.name,
        "IsSandbox": settings.is_sandbox,
        "InstanceName": settings.instance_name,
        "OrganizationType": settings.organization_type,
        "TimeZoneSidKey": settings.timezone,
        "LanguageLocaleKey": settings.language,
        "TrialExpirationDate": parse_instant(settings.trial_expiration) if settings.trial_expiration else None,
    }


def user_values(
    username: str, profile_id: str, timezone: str, *, last: str, first: str | None = None
) -> dict[str, Any]:
    """A Standard user as rows hold it."""
    return {
        "Username": username,
        "LastName": last,
        "FirstName": first,
        "Email": username,
        "Alias": username[:8],
        "IsActive": True,
        "ProfileId": profile_id,
        "UserType": "Standard",
        "TimeZoneSidKey": timezone,
        "LocaleSidKey": "en_US",
        "LanguageLocaleKey": "en_US",
        "EmailEncodingKey": "UTF-8",
    }
