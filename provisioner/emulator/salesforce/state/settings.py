"""Facts about the emulated org that a test may change through the control door."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass
class OrgSettings:
    """Names are the control door's. Ids and usernames as strings; `assignment_rules` as the seed describes them."""

    org_id: str = "00D000000000001AAA"
    name: str = "Emulated Org"
    instance_name: str = "EMU1"
    instance_url: str = ""  # filled by the server with its own address
    is_sandbox: bool = True
    organization_type: str = "Enterprise Edition"
    edition_features: list[str] = field(default_factory=list)
    language: str = "en_US"
    timezone: str = "America/Los_Angeles"
    trial_expiration: str | None = None
    default_workflow_user: str | None = None  # a user id; the seed names the administrator
    email_deliverability: bool = True  # access to send email: without it alerts fail
    slack: dict[str, Any] = field(
        default_factory=dict
    )  # {"app", "workspace", "conversations": [ids]}; empty: not connected
    convert_requires_validation: bool = False  # conversion runs validation, triggers and flows
    deploy_flows_as_active: bool = False  # matters in production only
    deploy_polls: int = 2  # status calls until a deployment is done
    bulk_polls: int = 2  # status calls until a bulk job begins to work
    bulk_rows_per_poll: int = 0  # rows that a status call works through; 0: what fits into two real seconds
    failing_tests: list[str] = field(default_factory=list)  # Apex test classes reported as failing
    test_coverage: int = 100  # percent, reported for every Apex class that a test covers
    class_coverage: dict[str, int] = field(default_factory=dict)  # class or trigger → its own percent
    flow_coverage: int = 100  # percent of the active flows of a deployment that its tests launch
    scheduled_path_limit: int = 250_000  # runs of scheduled paths in any 24 hours; the excess waits
    apex_jobs: list[str] = field(default_factory=list)  # Apex classes with scheduled or running jobs
    unavailable_types: list[str] = field(default_factory=list)  # metadata types that the edition does not have
    broken_deploys: int = 0  # so many deployments from now on die of a fault of the server
    record_types_offer_new_values: bool = False  # picklist values that are new in a field, by existing record types
    default_record_types: dict[str, dict[str, str]] = field(
        default_factory=dict
    )  # profile id → {object: record type id}
    deleted_names_held: bool = False  # a deleted field keeps its name for 15 days, unless it was purged [community]
    waiting_paths_hold_flows: bool = True  # a version whose paths wait cannot be deleted
    apex_twin: bool = True
    daily_api_requests: int = 100_000
    enforce_limit: bool = False
    assignment_rules: list[dict[str, Any]] = field(default_factory=list)
    connected_apps: dict[str, dict[str, Any]] = field(
        default_factory=dict
    )  # consumer key → {secret, run_as, certificate}
    password_login: bool = True  # SOAP login(), where the API version still has it
    passwords: dict[str, str] = field(default_factory=dict)  # username → password; without an entry any will do
    tokens: dict[str, str] = field(default_factory=dict)  # access token → user id
    access: dict[str, dict[str, Any]] = field(default_factory=dict)  # user id → what the few permissions are

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def change(self, values: dict[str, Any]) -> None:
        """Set the named facts. Raises ValueError for an unknown name or a value of another type."""
        known = {item.name: item for item in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"There is no setting {name!r}. There are: {', '.join(sorted(known))}.")
            current = getattr(self, name)
            if value is None and known[name].default is None:
                continue  # may be nothing, and that is what it is from now on
            if current is not None and type(value) is not type(current):
                raise ValueError(f"Setting {name!r} takes a {type(current).__name__}, not {value!r}.")
        for name, value in values.items():
            setattr(self, name, value)
