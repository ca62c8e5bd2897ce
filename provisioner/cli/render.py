"""provisioner render"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from provisioner.cli.console import Console, speaks
from provisioner.errors import ProvisionerError, Refused, UsageError

if TYPE_CHECKING:
    from provisioner.targets.base import Artifact

MARKER = ".provisioner-render.json"


@click.command(epilog="\b\nExamples:\n  provisioner render acme.yaml -o rendered/")
@click.argument("design", type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Where to write.")
@speaks
def render(design: Path, out: Path, console: Console) -> int:
    """Write the deployable files of a design into a directory. Needs no connection.

    The directory must be empty, or hold an earlier render: files of that render which are no longer wanted are
    removed, everything else in it is left alone.
    """
    from provisioner.cli.road import prepare

    prepared = prepare(design, console)
    files = prepared.target.artifacts(prepared.desired)
    removed = write_tree(out, files, prepared.design.id)
    stale = f", {removed} stale removed" if removed else ""
    console.say(f"Wrote {len(files)} files of {prepared.design.id} to {out}{stale}.")
    console.data({"directory": str(out), "files": [file.path for file in files], "removed": removed})
    return 0


def write_tree(folder: Path, files: Sequence[Artifact], design: str) -> int:
    """Bring `folder` in line with `files`; how many stale ones went. Refused when it is not ours to write to."""
    former = _former(folder)
    wanted = {file.path: file.content for file in files}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The marker names old and new files first, so that an interrupted render still knows all that is its own.
        _mark(folder, design, [*former, *wanted])
        for path, content in wanted.items():
            place = _inside(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        stale = sorted(set(former) - set(wanted))
        for path in stale:
            _remove(folder, _inside(folder, path))
        _mark(folder, design, list(wanted))
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror} ({error.filename}).") from error
    return len(stale)


def _former(folder: Path) -> list[str]:
    """The files of the render that was here before."""
    import json

    if not folder.exists():
        return []
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a directory.")
    marker = folder / MARKER
    if not marker.exists():
        if any(folder.iterdir()):
            raise Refused(
                f"{folder} is not empty and holds no earlier render. Nothing was written.",
                advice="Choose an empty or new directory.",
            )
        return []
    try:
        data = json.loads(marker.read_text(encoding="utf-8"))
        return [str(path) for path in data["files"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(f"{marker} is damaged: {error}.", advice="Choose an empty or new directory.") from error


def _mark(folder: Path, design: str, paths: list[str]) -> None:
    import json

    data = {"design": design, "files": sorted(set(paths))}
    (folder / MARKER).write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _inside(folder: Path, path: str) -> Path:
    """The place of `path` under `folder`; a path (or a link) that leads out of it is refused."""
    pure = PurePosixPath(path)
    place = folder.joinpath(*pure.parts)
    if pure.is_absolute() or ".." in pure.parts or not place.resolve().is_relative_to(folder.resolve()):
        raise ProvisionerError(f"{path!r} leads out of {folder}. Nothing was written there.")
    return place


def _remove(folder: Path, place: Path) -> None:
    """The file, and the directories it leaves empty."""
    place.unlink(missing_ok=True)
    parent = place.parent
    while parent != folder and parent.is_dir() and not any(parent.iterdir()):
        parent.rmdir()
        parent = parent.parent
