"""A plan as finished paper: versioned JSON with a digest over its content. Reading refuses what is no longer true.

Secrets cannot be in it: a plan holds resources, and no resource holds a credential (`Secret` is not serialisable).
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from provisioner import assets
from provisioner.errors import Refused, UsageError
from provisioner.planning.commands import again_text, beside, plan_again
from provisioner.planning.plan import Plan
from provisioner.planning.plandata import (
    FORMAT,
    LIFETIME,
    content_digest,
    digest,
    expires_at,
    from_data,
    instant,
    to_data,
)
from provisioner.resources import Address, fingerprint

__all__ = [
    "FORMAT",
    "LIFETIME",
    "Paper",
    "check_design",
    "digest",
    "expires_at",
    "from_data",
    "instant",
    "looks_like_plan",
    "peek",
    "read",
    "to_data",
    "write",
]

_LONGEST_PATH = 1000
_SLACK = timedelta(minutes=10)  # between the clocks of two machines
_SIDES = {(False, True): "create", (True, True): "update", (True, False): "delete"}  # before, after
_HOW = "A plan is written by: provisioner plan DESIGN -c NAME -o FILE"


def write(plan: Plan, path: Path, *, lifetime: timedelta = LIFETIME) -> None:
    """All or nothing, readable by its owner only. UsageError when the place cannot be written, or holds no plan."""
    _check_place(path)
    text = json.dumps(to_data(plan, lifetime=lifetime), indent=2) + "\n"
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
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
    _check_readable(path)
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip()[:1] == b"{"
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error


@dataclass(frozen=True, slots=True)
class Paper:
    """A plan with what only its file knows. `expires_at` has a time zone."""

    plan: Plan
    digest: str
    expires_at: datetime


def peek(path: Path) -> Paper:
    """The plan as it was written, also when it is too old to be carried out or was made by another version.

    Refused (exit 5) when it was edited or has another format; UsageError when it is no plan.
    """
    data = _load(path)
    try:
        _check_whole(data, path, _again(data, path))
    except RecursionError as error:
        raise UsageError(f"{path} is not a plan: it is nested too deeply.", advice=_HOW) from error
    until = _moments(data, path)["expires_at"]
    _check_sense(data, path)
    return Paper(replace(from_data(data), file=str(path)), data["digest"], until)


def read(path: Path, *, tool: str, now: datetime) -> Plan:
    """The plan, if it is still what was written and not too old. Refused (exit 5) otherwise; UsageError: no plan.

    The org and the design file are checked by `guards.check_same_org` and `check_design`, which know them.
    """
    paper = peek(path)
    again = plan_again(paper.plan)
    if _major(paper.plan.tool) != _major(tool):
        raise Refused(f"{path} was made by version {paper.plan.tool}; this is {tool}.", advice=again)
    if now >= paper.expires_at:
        raise Refused(f"{path} has expired: it was valid until {instant(paper.expires_at)}.", advice=again)
    if paper.expires_at - now > LIFETIME + _SLACK:
        raise Refused(
            f"{path} says that it is valid until {instant(paper.expires_at)}, and it is {instant(now)} here. A plan is "
            "valid for 24 hours: it was edited, or one of the clocks is wrong.",
            advice=again,
        )
    return paper.plan


def _again(data: Mapping[str, Any], path: Path) -> str:
    """The same advice for content that is not to be trusted: names only where they are plain."""
    design, connection = data.get("design"), data.get("connection")
    file = design.get("file") if isinstance(design, dict) else None
    return again_text(beside(str(path), _plain(file)), _plain(connection), str(path))


def _plain(value: object) -> str:
    return value if isinstance(value, str) and value.isprintable() and len(value) <= _LONGEST_PATH else ""


def _check_sense(data: Mapping[str, Any], path: Path) -> None:
    """What the schema cannot say: a digest is easily made anew, so the content is believed no further than it fits."""
    file = data["design"]["file"]
    if not file.isprintable() or len(file) > _LONGEST_PATH or any(len(name) > 255 for name in file.split("/")):
        raise _no_plan(path, "design.file is no path")
    try:
        json.dumps(data, ensure_ascii=False).encode("utf-8")
        for text in _addresses(data):
            Address.parse(text)
    except ValueError as error:
        raise _no_plan(path, _short(str(error))) from error
    seen: set[str] = set()
    for item in data["changes"]:
        reason = f"{item['address']} is changed twice" if item["address"] in seen else _senseless(item)
        if reason:
            raise _no_plan(path, reason)
        seen.add(item["address"])


def _no_plan(path: Path, reason: str) -> UsageError:
    return UsageError(f"{path} is not a plan: {reason}.", advice=_HOW)


def _addresses(data: Mapping[str, Any]) -> Iterator[str]:
    """Every text that has to be one."""
    for key in ("conflicts", "unread", "fingerprints", "gone"):
        yield from data[key]
    for key in ("ticked", "kept", "changes"):
        yield from (item["address"] for item in data[key])
    yield from (item["was"] for item in data["changes"] if item["was"] is not None)
    for needed, by in data["aim"]["pulled"].items():
        yield from (needed, by)


def _senseless(item: Mapping[str, Any]) -> str:
    """What does not fit together in a change, as a clause; empty when everything does."""
    name, before, after = item["address"], item["before"], item["after"]
    sides = (before is not None, after is not None)
    by_hand = Address.parse(name).is_by_hand and sides[1]
    fitting = "by_hand" if by_hand else _SIDES.get(sides)
    renamed = item["was"] not in (None, name)
    paired = (renamed or item["cause"] == "adopted") and not all(sides)
    fits = item["cause"] in ("renamed", "taken_back") if renamed else item["cause"] != "renamed"
    if not fits or (item["was"] is not None and not renamed) or paired:
        return f"the cause of {name} does not fit what becomes of it"
    if item["action"] != fitting or not any(sides):
        return f"what becomes of {name} does not fit together"
    if item["witness"] != (fingerprint(before) if before is not None else None):
        return f"the witness of {name} is not of what it shows"
    return ""


def _check_whole(data: Mapping[str, Any], path: Path, again: str) -> None:
    """Format, digest, shape: a later format may have another shape, and an edit may have spoilt it."""
    if type(data.get("format")) is int and data["format"] != FORMAT:
        raise Refused(f"{path} has plan format {data['format']}; this version reads {FORMAT}.", advice=again)
    if str(data["digest"]).startswith("sha256:") and data["digest"] != content_digest(data):
        raise Refused(f"{path} was changed after it was written: its digest does not match its content.", advice=again)
    _check_shape(data, path)


def _check_shape(data: Mapping[str, Any], path: Path) -> None:
    """UsageError with the worst of what specs/plan.schema.json holds against the data."""
    import jsonschema_rs

    schema = json.loads(assets.read_text("specs", "plan.schema.json"))
    try:
        if jsonschema_rs.Draft202012Validator(schema).is_valid(data):
            return  # seconds faster for a long plan than the library that can say what is wrong
    except ValueError:  # a number or a text that JSON cannot hold
        pass
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

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
        if not 2000 <= found[key].year < 3000:  # arithmetic on instants ends soon after
            raise UsageError(f"{path} is not a plan: {key} is in no year of ours.", advice=_HOW)
    return found


def check_design(plan: Plan, path: Path, digest: str) -> None:
    """Refused when the design that the plan was made from reads differently now."""
    if digest != plan.design_digest:
        raise Refused(
            f"{os.path.normpath(path)} was changed after this plan was made. A plan does exactly what it shows, so it "
            "is not applied.",
            advice=plan_again(plan),
        )


def _check_readable(path: Path) -> None:
    """Nobody waits for a pipe that nothing is written to. What is not there is said by whoever opens it."""
    if path.is_fifo():
        raise UsageError(f"{path} is a pipe; a plan is read more than once.", advice="Write it to a file first.")


def _load(path: Path) -> dict[str, Any]:
    _check_readable(path)
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        if not looks_like_plan(path):
            raise UsageError(f"{path} is not a plan: it is not JSON.", advice=_HOW) from error
        again = again_text("", "", str(path))
        raise Refused(f"{path} is damaged: it is not JSON any more. Nothing was changed.", advice=again) from error
    if not isinstance(data, dict) or "digest" not in data:
        raise UsageError(f"{path} is not a plan.", advice=_HOW)
    return data


def _major(version: str) -> str:
    """Before 1.0 every minor version is a major one."""
    parts = version.split(".")
    return ".".join(parts[:2]) if parts[0] == "0" else parts[0]
