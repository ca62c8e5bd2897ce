"""The only module that knows where specs/, templates/ and examples/ are: inside an installed package, or beside it."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_ROOTS = (_PACKAGE / "_assets", _PACKAGE.parent)
_FOLDERS = ("specs", "templates", "examples")


def path(*parts: str) -> Path:
    """The file or folder `parts` name, such as `path("specs", "design.schema.json")`.

    Raises FileNotFoundError that says where was looked, ValueError when `parts` lead out of the asset folders.
    """
    relative = Path(*parts)
    if not parts or relative.is_absolute() or ".." in relative.parts or relative.parts[0] not in _FOLDERS:
        raise ValueError(f"an asset lies in one of {', '.join(_FOLDERS)}, not at {'/'.join(parts)!r}")
    for root in _ROOTS:
        found = root / relative
        if found.exists():
            return found
    looked = " and ".join(str(root / relative) for root in _ROOTS)
    raise FileNotFoundError(
        f"provisioner's own file {relative.as_posix()} is missing (looked for {looked}). "
        "The installation is incomplete: install the package again."
    )


def read_text(*parts: str) -> str:
    """The UTF-8 text of an asset. Raises as `path` does."""
    return path(*parts).read_text(encoding="utf-8")
