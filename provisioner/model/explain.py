"""A design as a document with nothing left to defaults: what `validate --explain` prints."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from provisioner.model.design import (
    All,
    Any_,
    BusinessHours,
    Condition,
    Design,
    Duration,
    Exclusion,
    Holiday,
    LeadType,
    Not,
    Quiet,
    Recipient,
    Reports,
    Scalar,
    Step,
    Target,
    Targets,
    Telemetry,
)
from provisioner.model.hours import DAYS


def explain(design: Design) -> dict[str, Any]:
    """Document-shaped plain data. Compiling it gives the same design, except for the pointers."""
    found: dict[str, Any] = {
        "apiVersion": "provisioner/v1",
        "design": design.id,
        "client": design.client,
        "contacts": _known({"owner": design.contacts.owner, "handoff": design.contacts.handoff}),
        "target": _target(design.target),
        "telemetry": _telemetry(design.telemetry),
        "business_hours": {id: _calendar(hours) for id, hours in design.business_hours.items()},
        "lead_types": [_lead_type(item) for item in design.lead_types],
        "unmatched": {"track_as": design.unmatched.track_as or "none", "report": design.unmatched.report},
        "escalation": {item.id: [_step(step) for step in item.steps] for item in design.escalations.values()},
        "recipients": {item.id: _recipient(item) for item in design.recipients.values()},
        "alerts": {
            "mode": design.alerts.mode,
            "silent_to": design.alerts.silent_to,
            "content": list(design.alerts.content),
            **({"quiet": [_ruled(item) for item in design.alerts.quiet]} if design.alerts.quiet else {}),
        },
        "enablement": design.enablement,
        "exclusions": [_ruled(item) for item in design.exclusions],
        "assignment": {
            "on_reassign": design.assignment.on_reassign,
            "queue_starts_clock": design.assignment.queue_starts_clock,
        },
        **sections(design),
    }
    return _known(_with_former_ids(found, design))


def _with_former_ids(found: dict[str, Any], design: Design) -> dict[str, Any]:
    for section, entries in design.was.items():
        for id, former in entries.items():
            was = former[0] if len(former) == 1 else list(former)
            if section == "escalation" and id in found[section]:
                found[section][id] = {"was": was, "steps": found[section][id]}
            elif section in ("business_hours", "recipients") and id in found[section]:
                found[section][id]["was"] = was
            else:
                for item in found[section]:
                    if isinstance(item, dict) and item["id"] == id:
                        item["was"] = was
    return found


def _target(item: Target) -> dict[str, Any]:
    expect = {"expect": dict(item.expect)} if item.expect else {}
    return {"platform": item.platform, "object": item.object, "prefix": item.prefix, **expect, **item.options}


def _telemetry(item: Telemetry) -> dict[str, Any]:
    first_touch = {"types": list(item.first_touch.types), "ignore_users": list(item.first_touch.ignore_users)}
    stages, conversion = item.stages, item.conversion
    return _known(
        {
            "engagement": list(item.engagement),
            "first_touch": first_touch,
            "stages": stages and {"field": stages.field, "values": dict(stages.values), "history": stages.history},
            "conversion": conversion and {"to": list(conversion.to)},
        }
    )


def _ruled(item: Exclusion | Quiet) -> dict[str, Any]:
    return {"id": item.id, "when": condition(item.when)}


def sections(design: Design) -> dict[str, Any]:
    """The sections beside the clock, as they are written; None for those that are absent."""
    recycling, surge, reports, targets = design.recycling, design.surge, design.reports, design.targets
    return {
        "recycling": recycling and _filled({"limit": recycling.limit, "reasons": list(recycling.reasons)}),
        "breach": design.breach and {"reasons": list(design.breach.reasons)},
        "surge": surge and _known({"when": surge.when, "factor": _plain(surge.factor)}),
        "reports": reports and _reports(reports),
        "targets": targets and _targets(targets),
    }


def _filled(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value not in (None, [])}


def _plain(factor: Decimal) -> int | float:
    return int(factor) if factor == factor.to_integral_value() else float(factor)


def _reports(item: Reports) -> dict[str, Any]:
    boards = [{"id": one.id, "label": one.label, "lead_types": list(one.lead_types)} for one in item.dashboards]
    found = {"folder": item.folder, "include": list(item.include), "dashboard": item.dashboard, "dashboards": boards}
    return found if boards else _known({**found, "dashboards": None})


def _targets(item: Targets) -> dict[str, Any]:
    compliance, delay = item.compliance, item.systems_delay
    return _known(
        {
            "compliance": compliance
            and {"good": f"{percent_text(compliance.good)}%", "red": f"{percent_text(compliance.red)}%"},
            "systems_delay": delay
            and {name: duration(getattr(delay, name)) for name in ("good", "yellow", "red", "critical")},
        }
    )


def condition(item: Condition) -> dict[str, Any]:
    """A condition as it is written under `when`."""
    match item:
        case All():
            return {"all": [condition(part) for part in item.parts]}
        case Any_():
            return {"any": [condition(part) for part in item.parts]}
        case Not():
            return {"not": condition(item.part)}
    if item.op == "in":
        return {item.field: [_scalar(value) for value in item.values]}
    if item.op == "not_in":
        return {item.field: {item.op: [_scalar(value) for value in item.values]}}
    return {item.field: {item.op: _scalar(item.values[0])}}


def duration(item: Duration) -> str:
    """A duration as it is written; made from its numbers where it has no text."""
    if item.text:
        return item.text
    parts = [f"{item.business_days}bd"] if item.business_days else []
    if item.minutes or not parts:
        parts.append(f"{item.minutes}m")
    return " ".join(parts)


def at_text(step: Step) -> str:
    """When a step acts, as it is written: `50%`, `due`, `due + 2h`."""
    if step.percent is not None:
        return f"{percent_text(step.percent)}%"
    after = step.after_due or Duration()
    return f"due + {duration(after)}" if after.text or not after.is_zero else "due"


def percent_text(percent: Decimal) -> str:
    return f"{percent:f}"


def _known(data: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not set: None, and empty mappings and lists the schema would not accept."""
    return {name: value for name, value in data.items() if value is not None and value != {}}


def _calendar(hours: BusinessHours) -> dict[str, Any]:
    days: dict[str, Any] = {}
    for day, name in enumerate(DAYS):
        texts = [f"{_clock(start)}-{_clock(end)}" for start, end in hours.open.get(day, ())]
        days[name] = texts or "closed"
    found = {"timezone": hours.timezone, "open": days, "business_day": f"{hours.business_day}m"}
    if (source := hours.source) is not None:
        found["holidays"] = _known(
            {
                "country": source.country,
                "subdivision": source.subdivision,
                "from": source.first_year,
                "years": source.years,
                "extra": [_extra(item) for item in source.extra],
            }
        )
    return found


def _extra(item: Holiday) -> dict[str, str]:
    return {"date": item.day.isoformat(), "name": item.name}


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _lead_type(item: LeadType) -> dict[str, Any]:
    after, follow = item.after_hours, item.follow_up
    return _known(
        {
            "id": item.id,
            "label": item.label,
            "hand_raiser": item.hand_raiser,
            "when": condition(item.when),
            "sla": item.sla if isinstance(item.sla, str) else duration(item.sla),
            "clock": item.clock,
            "hours": item.hours,
            "after_hours": after and {"clock": after.clock, "sla": duration(after.sla), "notify": list(after.notify)},
            "follow_up": follow and {"touches": follow.touches, "within": duration(follow.within)},
            "escalation": item.escalation,
        }
    )


def _step(step: Step) -> dict[str, Any]:
    return _known(
        {
            "at": at_text(step),
            "notify": list(step.notify) or None,
            "via": list(step.via) or None,
            "status": step.status,
            "task": step.task,
            "reassign_to": step.reassign_to,
        }
    )


def _recipient(item: Recipient) -> dict[str, Any]:
    if item.kind in ("record_owner", "owner_manager"):
        return _known({"role": item.kind, "otherwise": item.otherwise and {"user": item.otherwise}})
    if item.kind == "queue":
        return {"queue": item.value, "create": item.create}
    return {item.kind: item.value}


def _scalar(value: Scalar) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value
