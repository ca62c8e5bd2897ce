"""The sections beside the clock: checked data → their typed form. Each answers None when its section is absent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from provisioner.model.design import (
    Breach,
    ComplianceTarget,
    Conversion,
    Duration,
    Recycling,
    ReportDashboard,
    Reports,
    Stages,
    Surge,
    SystemsDelayTarget,
    Targets,
)

Section = Mapping[str, Any] | None
ReadDuration = Callable[[Any, str], Duration | None]


def read_stages(data: Section) -> Stages | None:
    return Stages(data["field"], dict(data["values"]), data.get("history", False)) if data else None


def read_conversion(data: Section) -> Conversion | None:
    return Conversion(tuple(data["to"])) if data else None


def read_recycling(data: Section) -> Recycling | None:
    return Recycling(data.get("limit"), tuple(data.get("reasons", ()))) if data else None


def read_breach(data: Section) -> Breach | None:
    return Breach(tuple(data["reasons"])) if data else None


def read_surge(data: Section) -> Surge | None:
    return Surge(Decimal(str(data["factor"])), data.get("when")) if data else None


def read_reports(data: Section, label_of: Callable[[str], str]) -> Reports | None:
    if not data:
        return None
    boards = tuple(
        ReportDashboard(item["id"], item.get("label", label_of(item["id"])), tuple(item["lead_types"]), at)
        for at, item in _placed(data.get("dashboards", ()), "/reports/dashboards")
    )
    return Reports(data["folder"], tuple(data["include"]), data.get("dashboard", False), boards)


def read_targets(data: Section, duration: ReadDuration) -> Targets | None:
    """Without the delays when one of them cannot be read, which `duration` has reported then."""
    if not data:
        return None
    compliance = data.get("compliance")
    delays = {
        name: duration(text, f"/targets/systems_delay/{name}")
        for name, text in (data.get("systems_delay") or {}).items()
    }
    whole = delays and None not in delays.values()
    return Targets(
        compliance=ComplianceTarget(_share(compliance["good"]), _share(compliance["red"])) if compliance else None,
        systems_delay=SystemsDelayTarget(**cast(dict[str, Duration], delays)) if whole else None,
    )


def _placed(items: Sequence[Mapping[str, Any]], at: str) -> list[tuple[str, Mapping[str, Any]]]:
    return [(f"{at}/{place}", item) for place, item in enumerate(items)]


def _share(text: str) -> Decimal:
    return Decimal(text.rstrip("%"))
