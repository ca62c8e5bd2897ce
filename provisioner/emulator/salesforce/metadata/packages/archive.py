"""The zip of a deployment: what is in it, and the limits of 1.6."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field

MAX_FILES = 10_000
MAX_UNZIPPED = 629_145_600
MAX_REQUEST = 52_428_800


class BadArchive(Exception):
    """The whole deployment dies. `code` is a StatusCode of the WSDL, `text` what the server says."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


@dataclass(slots=True)
class Archive:
    """Files by their path below the package root (no leading slash), directories left out."""

    files: dict[str, bytes] = field(default_factory=dict)
    root: str = ""

    @classmethod
    def open(cls, data: bytes, *, single_package: bool) -> Archive:
        """Unpack. With `single_package=False` the zip holds exactly one top folder (more are not modelled).

        Raises BadArchive.
        """
        if len(data) * 4 // 3 > MAX_REQUEST:
            raise BadArchive(
                "LIMIT_EXCEEDED",
                f"Maximum size of request reached. Maximum size of request is {MAX_REQUEST} bytes.",
            )
        files = _unzip(data)
        if single_package:
            return cls(files)
        folders = sorted({name.split("/", 1)[0] for name in files if "/" in name})
        if len(folders) != 1 or any("/" not in name for name in files):
            raise BadArchive(
                "NOT_IMPLEMENTED_BY_EMULATOR",
                "The emulator models one package per deployment; this zip has the top folders: "
                + (", ".join(folders) or "none"),
            )
        cut = len(folders[0]) + 1
        return cls({name[cut:]: body for name, body in files.items()}, folders[0])


def _unzip(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as source:
            infos = [info for info in source.infolist() if not info.is_dir()]
            if len(infos) > MAX_FILES:
                raise BadArchive(
                    "LIMIT_EXCEEDED", f"Maximum number of files in request reached. Maximum is {MAX_FILES}."
                )
            if sum(info.file_size for info in infos) > MAX_UNZIPPED:
                raise BadArchive(
                    "LIMIT_EXCEEDED", f"Maximum size of unzipped files reached. Maximum is {MAX_UNZIPPED}."
                )
            names = [info.filename for info in infos]
            if len(set(names)) != len(names):
                raise BadArchive("INVALID_OPERATION", "The zip file holds the same entry twice.")
            return {info.filename: source.read(info) for info in infos}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise BadArchive("INVALID_OPERATION", "zipFile: not a valid zip file") from error


def make_zip(files: dict[str, bytes]) -> bytes:
    """A zip with sorted entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(files):
            target.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), files[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()
