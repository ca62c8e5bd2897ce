"""Facts about the emulated portal, and how it decides what the vendor leaves open. The control door changes both."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any
from zoneinfo import ZoneInfo

from provisioner.emulator.hubspot import times

CHOICES: dict[str, tuple[str, ...]] = {
    "rate_clock": ("real", "virtual"),
    "index_clock": ("real", "virtual"),
    "archived_name": ("restore", "twin"),
    "past_date": ("go_on", "end"),
    "blank_copy": ("keep", "clear"),
    "blank_inputs": ("absent", "null"),
    "account_type": ("STANDARD", "DEVELOPER_TEST", "SANDBOX", "APP_DEVELOPER"),
}


@dataclass
class Settings:
    """Names are the control door's. Numbers after # are sections of reference/hubspot.md."""

    portal_id: int = 1234567
    account_type: str = "DEVELOPER_TEST"
    timezone: str = "US/Eastern"  # 4.8: the zone of time windows when none is set
    currency: str = "USD"
    ui_domain: str = "app.hubspot.com"
    hosting: str = "na1"
    api_user_id: str = "12345678"  # whom definitions made through the API are attributed to
    tokens: dict[str, list[str]] = field(default_factory=dict)  # bearer → scopes
    # limits, 1.3 and 2.5
    rate_limits: bool = True
    rate_clock: str = "real"
    burst_limit: int = 190  # calls in any ten seconds
    search_limit: int = 5  # searches in any second
    daily_limit: int = 625_000
    custom_property_limit: int = 1000  # per object
    calculated_property_limit: int = 200
    workflow_limit: int = 1000
    # bodies and definitions
    strict_bodies: bool = True  # unknown keys and query parameters are refused
    assign_display_order: bool = False  # -1 comes back as a generated order
    visibility_delay_ms: int = 0  # real milliseconds until a new property can be read, 2.5
    archived_name: str = "restore"  # 2.5: creating an archived name brings it back, or makes a twin
    renumber_actions: bool = False  # flows come back numbered along the graph, as after an edit in the UI
    stale_revision_status: int = 409  # 4.7: not established
    # records and search
    index_lag_seconds: int = 0
    index_clock: str = "real"
    history_limit: int = 45  # revisions kept per property, 6.4
    untaken_branch_blanks: bool = True  # 2.4: a missing term blanks a formula even where it is not taken
    sequence_email_counts: bool = True  # 3.3: whether emails of a sequence count as contact; sources say "may"
    # automation
    automation_lag_seconds: int = 0  # between a change and its enrolments
    create_emits_changes: bool = True  # first values also count as property changes
    enable_enrolls_existing: bool = False  # 4.3: not established
    past_date: str = "go_on"  # 0-35 with a past or blank date, 4.8: not established
    blank_copy: str = "keep"  # 0-5 copying from a blank property: not established
    slack_connected: bool = True  # 4.6: without the Slack app its action fails
    slack_channels: list[str] = field(default_factory=list)  # ids that exist; none: any will do
    blank_inputs: str = "absent"  # inputs of custom code that are blank: not established
    code_seconds: float = 20.0  # real seconds that custom code may take, 4.5
    window_spread_minutes: int = 0  # 4.8: moved actions spread over about 15 minutes; 0 is at the opening
    time_filter_minutes: int = 15  # how often criteria that depend on the present are looked at again
    max_steps: int = 20_000  # steps at one instant, then flows are said to go round in circles

    @property
    def zone(self) -> ZoneInfo:
        """The portal's time zone, which time windows and day filters use. [docs] 4.8"""
        return times.zone(self.timezone) or ZoneInfo("US/Eastern")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def change(self, values: dict[str, Any]) -> None:
        """Set the named facts, all or none. Raises ValueError for an unknown name or an unsuitable value."""
        known = {item.name for item in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"There is no setting {name!r}. There are: {', '.join(sorted(known))}.")
            current = getattr(self, name)
            if type(value) is not type(current):
                raise ValueError(f"Setting {name!r} takes a {type(current).__name__}, not {value!r}.")
            if name in CHOICES and value not in CHOICES[name]:
                raise ValueError(f"Setting {name!r} is one of {', '.join(CHOICES[name])}, not {value!r}.")
        for name, value in values.items():
            setattr(self, name, value)
