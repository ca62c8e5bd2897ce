"""A plan as finished paper: versioned JSON with a digest over its content. Reading refuses what is no longer true.

Secrets cannot be in it: a plan holds resources, and no resource holds a credential (`Secret` is not serialisable).
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import stat
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from provisioner import assets
from provisioner.errors import Refused, UsageError
from provisioner.planning.diff import ABSENT, Difference, differences
from provisioner.planning.plan import Action, Cause, Change, Plan, Tick
from provisioner.resources import Address, Resource, fingerprint

FORMAT = 1
LIFETIME = timedelta(hours=24)
_LONGEST_PATH = 1000
_SIDES = {(False, True): "create", (True, True): "update", (True, False): "delete"}  # before, after
_AGAIN = "Make a new plan and read it: provisioner plan {design} -c NAME -o {file}"
_HOW = "A plan is written by: provisioner plan DESIGN -c NAME -o FILE"
_ACTIONS = {Action.CREATE: "create", Action.UPDATE: "update", Action.DELETE: "delete", Action.BY_HAND: "by_hand"}


# ------------------------------------------------------------------ to data


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
        "notices": list(plan.notices),
        "ledger": plan.ledger,
        "fingerprints": {str(address): value for address, value in plan.fingerprints.items()},
    }
    data["digest"] = _digest(data)
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
        "before": dict(change.before.attributes) if change.before else None,
        "after": dict(change.after.attributes) if change.after else None,
        "witness": change.before.fingerprint() if change.before else None,
        "differences": [_difference_data(item) for item in differences(change)] if change.before else [],
    }


def _difference_data(difference: Difference) -> dict[str, Any]:
    sides = {"old": difference.old, "new": difference.new}
    return {"path": difference.path} | {side: value for side, value in sides.items() if value is not ABSENT}


def _digest(data: Mapping[str, Any]) -> str:
    content = {key: value for key, value in data.items() if key != "digest"}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest(plan: Plan) -> str:
    """Identifies the plan, everywhere it is named."""
    return str(to_data(plan)["digest"])


# ---------------------------------------------------------------- to a file


def write(plan: Plan, path: Path, *, lifetime: timedelta = LIFETIME) -> None:
    """All or nothing, readable by its owner only. UsageError when the place cannot be written, or holds no plan."""
    _check_place(path)
    text = json.dumps(to_data(plan, lifetime=lifetime), indent=2) + "\n"
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"The plan cannot be written to {path}: {error.strerror}.") from error


def _check_place(path: Path) -> None:
    """A plan takes the place of a plan, never of a design, a device or whatever else somebody mistyped."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode) or (stat.S_ISREG(mode) and (path.stat().st_size == 0 or looks_like_plan(path))):
            return  # a directory is refused when it is replaced, with the system's own words
    except OSError:
        return  # nothing is there, or the write says what is wrong
    raise UsageError(
        f"{path} is there already and is no plan. It was not overwritten.",
        advice="Give -o a new name, or the name of an earlier plan.",
    )


def looks_like_plan(path: Path) -> bool:
    """Whether the file is (meant to be) a plan rather than a design: JSON text starts with a brace."""
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip()[:1] == b"{"
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error


def read(path: Path, *, tool: str, now: datetime) -> Plan:
    """The plan, if it is still what was written and not too old. Refused (exit 5) otherwise; UsageError: no plan.

    The org and the design file are checked by `guards.check_same_org` and `check_design`, which know them.
    """
    data = _load(path)
    design = data.get("design")
    file = design.get("file") if isinstance(design, dict) else None
    again = _AGAIN.format(design=file or "DESIGN", file=path)
    try:
        _check_whole(data, path, again)
    except RecursionError as error:
        raise UsageError(f"{path} is not a plan: it is nested too deeply.", advice=_HOW) from error
    made_with = data["tool"]["version"]
    if _major(made_with) != _major(tool):
        raise Refused(f"{path} was made by version {made_with}; this is {tool}.", advice=again)
    if now >= _moments(data, path)["expires_at"]:
        raise Refused(f"{path} has expired: it was valid until {data['expires_at']}.", advice=again)
    _check_sense(data, path)
    return _plan(data)


def peek(path: Path) -> tuple[Plan, str]:
    """The plan and its digest, for reading only: expired, or made by another version of provisioner, it may be looked
    at but not carried out. Refused when it was changed after it was written; UsageError: no plan."""
    data = _load(path)
    _check_whole(data, path, _AGAIN.format(design="DESIGN", file=path))
    _check_sense(data, path)
    return _plan(data), str(data["digest"])


def _check_sense(data: Mapping[str, Any], path: Path) -> None:
    """What the schema cannot say: a digest is easily made anew, so the content is believed no further than it fits."""

    def wrong(reason: str) -> UsageError:
        return UsageError(f"{path} is not a plan: {reason}.", advice=_HOW)

    file = data["design"]["file"]
    if not file.isprintable() or len(file) > _LONGEST_PATH:
        raise wrong("design.file is no path")
    try:
        json.dumps(data, ensure_ascii=False).encode("utf-8")
        ticked = [item["address"] for item in data["ticked"]]
        for text in (*data["conflicts"], *data["unread"], *data["fingerprints"], *ticked):
            Address.parse(text)
    except ValueError as error:
        raise wrong(_short(str(error))) from error
    seen: set[str] = set()
    for item in data["changes"]:
        name, before, after = item["address"], item["before"], item["after"]
        if name in seen:
            raise wrong(f"{name} is changed twice")
        seen.add(name)
        sides = (before is not None, after is not None)
        by_hand = Address.parse(name).is_by_hand and sides[1]
        fitting = "by_hand" if by_hand else _SIDES.get(sides)
        if item["action"] != fitting or not any(sides):
            raise wrong(f"what becomes of {name} does not fit together")
        if item["witness"] != (fingerprint(before) if before is not None else None):
            raise wrong(f"the witness of {name} is not of what it shows")


def _check_whole(data: Mapping[str, Any], path: Path, again: str) -> None:
    """Format, digest, shape: a later format may have another shape, and an edit may have spoilt it."""
    if type(data.get("format")) is int and data["format"] != FORMAT:
        raise Refused(f"{path} has plan format {data['format']}; this version reads {FORMAT}.", advice=again)
    if str(data["digest"]).startswith("sha256:") and data["digest"] != _digest(data):
        raise Refused(f"{path} was changed after it was written: its digest does not match its content.", advice=again)
    _check_shape(data, path)


def _check_shape(data: Mapping[str, Any], path: Path) -> None:
    """UsageError with the worst of what specs/plan.schema.json holds against the data."""
    from jsonschema import Draft202012Validator  # slow to import, and only a plan that is read needs it
    from jsonschema.exceptions import best_match

    schema = json.loads(assets.read_text("specs", "plan.schema.json"))
    worst = best_match(Draft202012Validator(schema).iter_errors(data))
    if worst is not None:
        raise UsageError(f"{path} is not a plan: {_short(worst.json_path)}: {_short(worst.message)}.", advice=_HOW)


def _short(text: str) -> str:
    """The library repeats whole values."""
    return text if len(text) <= 160 else text[:159] + "…"


def _moments(data: Mapping[str, Any], path: Path) -> dict[str, datetime]:
    """The instants of the plan, with their time zones; the schema takes every text for one."""
    found: dict[str, datetime] = {}
    for key in ("created_at", "expires_at"):
        try:
            found[key] = datetime.fromisoformat(data[key])
        except ValueError as error:
            raise UsageError(f"{path} is not a plan: {key} is no instant: {error}.", advice=_HOW) from error
        if found[key].tzinfo is None:
            raise UsageError(f"{path} is not a plan: {key} has no time zone.", advice=_HOW)
    return found


def check_design(plan: Plan, path: Path, digest: str) -> None:
    """Refused when the design that the plan was made from reads differently now."""
    if digest != plan.design_digest:
        raise Refused(
            f"{path} was changed after this plan was made. A plan does exactly what it shows, so it is not applied.",
            advice=_AGAIN.format(design=path, file="PLANFILE"),
        )


def _load(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        if not looks_like_plan(path):
            raise UsageError(f"{path} is not a plan: it is not JSON.", advice=_HOW) from error
        again = _AGAIN.format(design="DESIGN", file=path)
        raise Refused(f"{path} is damaged: it is not JSON any more. Nothing was changed.", advice=again) from error
    if not isinstance(data, dict) or "digest" not in data:
        raise UsageError(f"{path} is not a plan.", advice=_HOW)
    return data


def _major(version: str) -> str:
    """Before 1.0 every minor version is a major one."""
    parts = version.split(".")
    return ".".join(parts[:2]) if parts[0] == "0" else parts[0]


def _plan(data: Mapping[str, Any]) -> Plan:
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
    )


def _change(item: Mapping[str, Any]) -> Change:
    address = Address.parse(item["address"])
    before, after = (Resource(address, side) if side is not None else None for side in (item["before"], item["after"]))
    return Change(before, after, Cause[item["cause"].upper()])
