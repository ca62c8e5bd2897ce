"""What a run is going to change, as it was right before: kept beside the journal, with a digest over its content."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioner.applying.journal import JournalError, Mask, cannot_write, content_of, sync_folder
from provisioner.planning.plan import Change, Plan
from provisioner.resources import Address, Resource, Snapshot, fingerprint
from provisioner.targets.base import Artifact, Ledger

FILE = "backup.json"
ARTIFACTS = "files"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """One change of the run. `before` is what was there, as it is compared; None = it was not there."""

    address: Address
    before: Resource | None
    after: Resource | None
    is_masked: bool = False  # it held a secret, so it is not what was there any more

    @property
    def was(self) -> Address | None:
        """Where it was before, when that run renamed it."""
        if self.before is None or self.before.address == self.address:
            return None
        return self.before.address

    @property
    def addresses(self) -> tuple[Address, ...]:
        return (self.address,) if self.was is None else (self.address, self.was)


@dataclass(frozen=True, slots=True)
class Backup:
    """What `rollback` needs: the changes of the run, and the ledger before it."""

    run: str
    plan: str
    design: str
    prefix: str
    org: Mapping[str, Any]
    changes: tuple[Kept, ...]
    ledger: Ledger


def write(
    folder: Path, run: str, plan_id: str, plan: Plan, live: Snapshot, ledger: Ledger, mask: Mask
) -> dict[str, Any]:
    """Write the backup into the run's folder; the facts for its line in the journal. JournalError when it cannot be
    written.

    `live` is what was read right before writing; its witnesses held, so a change's `before` is what is there.
    """
    changes = [_change_data(change, live, mask) for change in plan.changes]
    data = mask(
        {
            "format": FORMAT,
            "run": run,
            "plan": plan_id,
            "design": plan.design,
            "prefix": plan.prefix,
            "org": dict(plan.org),
            "changes": changes,
            "ledger": {
                "design": ledger.design,
                "fingerprints": {str(address): value for address, value in ledger.fingerprints.items()},
                "meta": dict(ledger.meta),
            },
        }
    )
    data["digest"] = "sha256:" + fingerprint(data)
    path = folder / FILE
    write_file(path, (json.dumps(data, indent=1) + "\n").encode("ascii"))
    return {"file": FILE, "digest": data["digest"], "resources": sum(item["before"] is not None for item in changes)}


def write_artifacts(folder: Path, artifacts: Iterable[Artifact]) -> list[str]:
    """The same in the vendor's deployable form, under `files/`; the paths. JournalError when one cannot be written."""
    root = folder / ARTIFACTS
    written = []
    for artifact in artifacts:
        path = root.joinpath(*artifact.path.split("/"))
        if ".." in artifact.path.split("/") or not path.is_relative_to(root):
            raise JournalError(f"{artifact.path!r} is no place for a backup.")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(path, error) from error
        write_file(path, artifact.content)
        written.append(f"{ARTIFACTS}/{artifact.path}")
    return written


def _change_data(change: Change, live: Snapshot, mask: Mask) -> dict[str, Any]:
    sides = {"before": change.before, "after": change.after}
    data: dict[str, Any] = {"address": str(change.address)}
    data |= {name: dict(side.attributes) if side is not None else None for name, side in sides.items()}
    if change.was is not None:
        data["was"] = str(change.was)
    found = live.get(change.was or change.address)
    if found is not None and change.before is not None and found != change.before:
        data["live"] = dict(found.attributes)  # with what is not compared, for a person who wants to look
    if mask(data) != data:
        data["masked"] = True
    return data


def write_file(path: Path, content: bytes) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error


def read(folder: Path) -> Backup:
    """JournalError when there is none, or when it is not what was written."""
    path = folder / FILE
    try:
        data = json.loads(content_of(path))
    except FileNotFoundError as error:
        raise JournalError(
            f"The run {folder.name} has no backup: it ended before anything was to be written.",
            advice="There is nothing to take back.",
        ) from error
    except OSError as error:
        raise JournalError(f"The backup {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, "it is not JSON") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise _damaged(path, f"this version reads format {FORMAT}")
    content = {key: value for key, value in data.items() if key != "digest"}
    if data.get("digest") != "sha256:" + fingerprint(content):
        raise _damaged(path, "its digest does not match its content")
    if data.get("run") != folder.name:
        raise _damaged(path, f"it is that of another run ({data.get('run')})")
    try:
        return _backup(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path, "what it holds is no backup") from error


def _backup(data: Mapping[str, Any]) -> Backup:
    """A digest is easily made anew: KeyError, TypeError, ValueError or AttributeError when it has another shape."""
    ledger = data["ledger"]
    recorded = {Address.parse(text): str(value) for text, value in ledger["fingerprints"].items()}
    changes = tuple(_kept(item) for item in data["changes"])
    if len({kept.address for kept in changes}) < len(changes):
        raise ValueError("something is changed twice")
    org = {key: data["org"][key] for key in ("platform", "id", "name")} | dict(data["org"])
    return Backup(
        data["run"],
        data["plan"],
        data["design"],
        data["prefix"],
        org,
        changes,
        Ledger(ledger["design"], recorded, dict(ledger["meta"].items())),
    )


def _kept(item: Mapping[str, Any]) -> Kept:
    address = Address.parse(item["address"])
    was = Address.parse(item["was"]) if "was" in item else address
    before = Resource(was, dict(item["before"].items())) if item["before"] is not None else None
    after = Resource(address, dict(item["after"].items())) if item["after"] is not None else None
    return Kept(address, before, after, bool(item.get("masked")))


def _damaged(path: Path, why: str) -> JournalError:
    return JournalError(
        f"The backup {path} is damaged: {why}. Nothing was changed.",
        advice="provisioner apply with an earlier state of the design brings an earlier state of the org back.",
    )
