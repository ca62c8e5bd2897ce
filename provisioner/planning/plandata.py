"""A plan as plain data, as specs/plan.schema.json describes it, and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioner.planning.diff import ABSENT, Difference, differences
from provisioner.planning.plan import Action, Aim, Cause, Change, Kept, Plan, Remade, Risk, Tick, Touched
from provisioner.planning.risk import with_risk
from provisioner.resources import Address, Resource

FORMAT = 2
LIFETIME = timedelta(hours=24)
_RISKS = {
    Risk.DATA: "loses_data",
    Risk.BEHAVIOUR: "changes_behaviour",
    Risk.CREATES: "creates",
    Risk.MANUAL: "manual",
    Risk.COSMETIC: "cosmetic",
}
_ACTIONS = {Action.CREATE: "create", Action.UPDATE: "update", Action.DELETE: "delete", Action.BY_HAND: "by_hand"}
_RISK_OF = {name: risk for risk, name in _RISKS.items()}


def to_data(plan: Plan, *, lifetime: timedelta = LIFETIME) -> dict[str, Any]:
    """The plan as plain data, as specs/plan.schema.json describes it; also what `plan --json` prints."""
    data: dict[str, Any] = {
        "format": FORMAT,
        "tool": {"name": "provisioner", "version": plan.tool},
        "created_at": plan.created_at,
        "expires_at": expires_at(plan, lifetime=lifetime),
        "design": {
            "id": plan.design,
            "digest": plan.design_digest,
            "file": plan.design_file,
            "prefix": plan.prefix,
        },
        "org": dict(plan.org),
        "summary": {_ACTIONS[action]: plan.count(action) for action in Action},
        "goes_live": plan.goes_live,
        "changes": [_change_data(change) for change in plan.changes],
        "conflicts": [str(address) for address in plan.conflicts],
        "unread": [str(address) for address in plan.unread],
        "ticked": [{"address": str(tick.address), "by": tick.by, "at": tick.at} for tick in plan.ticked],
        "kept": [_kept_data(item) for item in plan.kept],
        "gone": [str(address) for address in plan.gone],
        "remade": [asdict(item) for item in plan.remade],
        "aim": {
            "asked": list(plan.aim.asked),
            "pulled": {str(needed): str(by) for needed, by in plan.aim.pulled.items()},
            "left_out": plan.aim.left_out,
        },
        "policy": plan.policy,
        "impact": dict(plan.impact) if plan.impact is not None else None,
        "connection": plan.connection,
        "notices": list(plan.notices),
        "ledger": plan.ledger,
        "fingerprints": {str(address): value for address, value in plan.fingerprints.items()},
    }
    data["digest"] = content_digest(data)
    return data


def expires_at(plan: Plan, *, lifetime: timedelta = LIFETIME) -> str:
    """UTC, ISO 8601: from this instant on the plan is refused."""
    return instant(datetime.fromisoformat(plan.created_at) + lifetime)


def instant(moment: datetime) -> str:
    """UTC, ISO 8601, whole seconds: 2026-03-02T13:00:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _change_data(change: Change) -> dict[str, Any]:
    return {
        "address": str(change.address),
        "action": _ACTIONS[change.action],
        "cause": change.cause.name.lower(),
        "risk": _RISKS[change.risk],
        "was": str(change.was) if change.was else None,
        "touched": _touched_data(change.touched),
        "before": dict(change.before.attributes) if change.before else None,
        "after": dict(change.after.attributes) if change.after else None,
        "witness": change.before.fingerprint() if change.before else None,
        "differences": [_difference_data(item) for item in differences(change)] if change.before else [],
    }


def _kept_data(kept: Kept) -> dict[str, Any]:
    return {
        "address": str(kept.address),
        "cause": kept.cause.name.lower(),
        "touched": _touched_data(kept.touched),
    }


def _touched_data(touched: Touched | None) -> dict[str, str] | None:
    return {"by": touched.by, "at": touched.at} if touched is not None else None


def _difference_data(difference: Difference) -> dict[str, Any]:
    sides = {"old": difference.old, "new": difference.new}
    return {"path": difference.path} | {side: value for side, value in sides.items() if value is not ABSENT}


def content_digest(data: Mapping[str, Any]) -> str:
    """`sha256:…` of everything but the digest itself."""
    content = {key: value for key, value in data.items() if key != "digest"}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest(plan: Plan) -> str:
    """Identifies the plan, everywhere it is named."""
    return str(to_data(plan)["digest"])


def from_data(data: Mapping[str, Any]) -> Plan:
    """The inverse of `to_data`, for data that keeps the published shape."""
    design = data["design"]
    return Plan(
        changes=tuple(_change(item) for item in data["changes"]),
        conflicts=tuple(Address.parse(text) for text in data["conflicts"]),
        unread=tuple(Address.parse(text) for text in data["unread"]),
        design=design["id"],
        design_digest=design["digest"],
        tool=data["tool"]["version"],
        org=data["org"],
        created_at=data["created_at"],
        fingerprints={Address.parse(text): value for text, value in data["fingerprints"].items()},
        notices=tuple(data["notices"]),
        prefix=design["prefix"],
        design_file=design["file"],
        ledger=data["ledger"],
        goes_live=data["goes_live"],
        ticked=tuple(Tick(Address.parse(item["address"]), item["by"], item["at"]) for item in data["ticked"]),
        kept=tuple(_kept(item) for item in data["kept"]),
        gone=tuple(Address.parse(text) for text in data["gone"]),
        remade=tuple(Remade(**item) for item in data["remade"]),
        aim=_aim(data["aim"]),
        policy=data["policy"],
        impact=data["impact"],
        connection=data["connection"],
    )


def _aim(data: Mapping[str, Any]) -> Aim:
    pulled = {Address.parse(needed): Address.parse(by) for needed, by in data["pulled"].items()}
    return Aim(tuple(data["asked"]), pulled, data["left_out"])


def _kept(item: Mapping[str, Any]) -> Kept:
    return Kept(Address.parse(item["address"]), Cause[item["cause"].upper()], _touched(item["touched"]))


def _touched(data: Mapping[str, str] | None) -> Touched | None:
    return Touched(data["by"], data["at"]) if data is not None else None


def _change(item: Mapping[str, Any]) -> Change:
    address = Address.parse(item["address"])
    found_at = Address.parse(item["was"]) if item["was"] is not None else address
    before = Resource(found_at, item["before"]) if item["before"] is not None else None
    after = Resource(address, item["after"]) if item["after"] is not None else None
    change = Change(before, after, Cause[item["cause"].upper()], _touched(item["touched"]))
    return with_risk(change, _RISK_OF[item["risk"]])
