"""A change as HubSpot's modules want it, and how long things take."""

from __future__ import annotations

from provisioner.targets.hubspot.names import Names
from provisioner.targets.meaning import Attributes, ToldChange, shown


class Told(ToldChange):
    """With the names of everything in the portal."""

    __slots__ = ()

    @property
    def names(self) -> Names:
        return Names(self.design.target.prefix)


def duration(seconds: int) -> str:
    """`5 minutes`; whole minutes, or seconds."""
    if seconds % 60 == 0:
        return f"{seconds // 60:,} minute{'' if seconds == 60 else 's'}"
    return f"{seconds:,} second{'' if seconds == 1 else 's'}"


def moment(found: Attributes) -> str:
    """`08:05`, of `hour` and `minute`; what is no number stays as it is written."""
    parts = (shown(found.get(key) or 0) for key in ("hour", "minute"))
    return ":".join(part.zfill(2) if part.isdecimal() else part for part in parts)
