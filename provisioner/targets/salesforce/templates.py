"""templates/salesforce: one environment, compiled when something is rendered first.

XML is escaped everywhere, and a name that a template does not get is an error. Apex is not markup: escaping for XML
would break it, so what goes into it are names only, and they are checked (`files.py`).

Compiling all templates adds about half to the time of a `validate` (0.2 s measured), so the compiled form is kept in
the user's cache folder. It is a convenience: where that folder is not the user's own, templates are compiled anew.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

from provisioner.assets import path

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment

APEX = ("cls.j2", "trigger.j2")


def rendered(template: str, values: Mapping[str, Any]) -> bytes:
    """The UTF-8 text of `templates/salesforce/<template>`. jinja2.UndefinedError when it asks for what is not there."""
    return _file(_environment().get_template(template).render(values))


def maker(template: str, macro: str) -> Callable[..., bytes]:
    """A macro of a template as a function that gives the same as `rendered`. For what there is thousands of: it takes
    half the time."""
    found: Callable[..., str] = getattr(_environment().get_template(template).module, macro)
    return lambda *values: _file(found(*values))


def _file(text: str) -> bytes:
    return (text.strip() + "\n").encode("utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FileSystemLoader(path("templates", "salesforce")),
        undefined=StrictUndefined,
        autoescape=select_autoescape(disabled_extensions=APEX, default=True),
        bytecode_cache=compiled_before(),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        optimized=False,  # folding constants takes longer than it saves in templates that run once
        auto_reload=False,
    )
    environment.filters["one_line"] = _one_line
    return environment


def _one_line(text: str) -> str:
    """A formula that a template spreads over several lines. Markup stays markup."""
    return type(text)(" ").join(line.strip() for line in text.strip().splitlines())


def compiled_before() -> BytecodeCache | None:
    """The compiled templates of earlier runs: of these versions and options only, and a template's source is compared
    by checksum. None when the folder cannot be made, or others may write into it: what lies in it is executed."""
    import jinja2
    import platformdirs

    from provisioner import __version__

    # How templates are compiled (what escapes, above all) is said in this file, so another file means another folder.
    said = f"{__version__} {jinja2.__version__}".encode() + Path(__file__).read_bytes()
    place = hashlib.sha256(said).hexdigest()[:16]
    try:
        folder = platformdirs.user_cache_path("provisioner") / "templates" / place
    except RuntimeError:  # no home folder, as in some containers
        return None
    if not _is_ours(folder):
        return None

    class Kept(jinja2.FileSystemBytecodeCache):
        def load_bytecode(self, bucket: Any) -> None:
            try:
                super().load_bytecode(bucket)
            except (OSError, EOFError, ValueError, TypeError, UnpicklingError):  # damaged: it is compiled and kept anew
                bucket.reset()

        def dump_bytecode(self, bucket: Any) -> None:
            try:
                super().dump_bytecode(bucket)
            except OSError:  # a full or read-only disk: the next run compiles again, nothing else is lost
                return

    return Kept(str(folder))


def _is_ours(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & (stat.S_IWGRP | stat.S_IWOTH)
