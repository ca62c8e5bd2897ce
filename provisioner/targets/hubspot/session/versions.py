"""Which version of which API family is spoken: one table ([spec] reference/hubspot.md section 8)."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.errors import TargetError

CLASSIC = "v3"
DATED = "2026-09"


@dataclass(frozen=True, slots=True)
class Family:
    """Path prefixes; `dated` None = the dated twin is a beta or lacks something we need, so it is not used."""

    name: str
    classic: str
    dated: str | None
    supported_until: str


FAMILIES = (
    Family("account", "/account-info/v3", "/account-info/2026-09", "2027-09"),
    # The dated twin knows no display hints, neither written nor read: both must come from v3 (section 10).
    Family("properties", "/crm/v3/properties", None, "2027-09"),
    Family("owners", "/crm/v3/owners", "/crm/owners/2026-09", "2027-09"),
    Family("lists", "/crm/v3/lists", "/crm/lists/2026-09", "2027-09"),
    Family("objects", "/crm/v3/objects", "/crm/objects/2026-09", "2027-09"),
    Family("pipelines", "/crm/v3/pipelines", "/crm/pipelines/2026-09", "2027-09"),
    Family("limits", "/crm/v3/limits", "/crm/limits/2026-09", "2027-09"),
    Family("flows", "/automation/v4/flows", None, "2027-03-30"),  # dated only as /automation/2026-09-beta/flows
    Family("forms", "/marketing/v3/forms", None, "2027-09"),
    Family("teams", "/settings/v3/users/teams", None, "2027-09"),  # dated only as /settings/teams/2026-09-beta
)


class Versions:
    """The choice of one connection: `v3` (also when nothing is said), or `2026-09` wherever a family has it."""

    def __init__(self, wanted: str | None = None) -> None:
        if wanted not in (None, CLASSIC, DATED):
            raise TargetError(
                f"api_version {wanted!r} is not a version of HubSpot's API that we speak.",
                advice=f"Leave it out, or write {CLASSIC} or {DATED}.",
            )
        self._dated = wanted == DATED

    def route(self, path: str) -> str:
        """`path`, which is written in classic form, as it is asked for. TargetError for a path of no family."""
        for family in FAMILIES:
            if path == family.classic or path.startswith(family.classic + "/"):
                tail = path[len(family.classic) :]
                chosen = family.dated if self._dated and family.dated else family.classic
                return chosen + (tail if tail != "/" else "")
        raise TargetError(f"{path} belongs to no API family of the table in versions.py.")
