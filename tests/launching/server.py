"""Runs commands of the CLI as processes of their own, without paying for the imports each time. No test.

Everything is imported once, then every command is a fork: a process like any other, with its own memory, files and
connections, that can be killed at any moment. It reads one JSON object per line (`argv`, `cwd`, `env`, `out`, and
`err`, or null where errors go with the output) and answers with two: `{"pid"}` at once, `{"code"}` at the end
(negative: the signal that ended it).

Waiting costs no time here: a pause moves the process's own clock. What a command waits for is another process, which
is given a moment at each pause.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib
import io
import json
import os
import pkgutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MOMENT = 0.01  # seconds of every pause that really pass
_real_sleep, _real_monotonic = time.sleep, time.monotonic
_skipped = 0.0


def sleep(seconds: float) -> None:
    global _skipped
    passing = min(seconds, MOMENT)
    _real_sleep(passing)
    _skipped += seconds - passing


def monotonic() -> float:
    return _real_monotonic() + _skipped


def load() -> None:
    """All of the product but the emulator, and what sessions import late."""
    time.sleep, time.monotonic = sleep, monotonic
    import provisioner

    for module in pkgutil.walk_packages(provisioner.__path__, "provisioner."):
        if not module.name.startswith(("provisioner.emulator", "provisioner.mcp")) and "__main__" not in module.name:
            importlib.import_module(module.name)
    for name in ("requests", "lxml.etree", "jwt", "urllib3.filepost", "jsonschema", "jinja2", "holidays", "idna"):
        importlib.import_module(name)
    client = importlib.import_module("hubspot").HubSpot(access_token="none")
    for part in (client.crm.properties, client.crm.lists, client.crm.owners, client.crm.objects):
        for api in ("core_api", "groups_api", "batch_api", "lists_api", "owners_api", "search_api"):
            getattr(part, api, None)
    warm()
    gc.collect()
    gc.freeze()  # or each fork copies all of it once its garbage collector walks over it


def warm() -> None:
    """What every process works out for itself: schema, templates, patterns, two names of one time zone."""
    from provisioner import assets
    from provisioner.cli.app import run as command
    from provisioner.targets.hubspot.references import same_clock

    assert same_clock("America/New_York", "US/Eastern", datetime.now(UTC).date())

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        for name in ("starter-salesforce", "acme-hubspot"):
            code = command(("render", str(assets.path("examples", f"{name}.yaml")), "-o", str(Path(folder, name))))
            assert code == 0, f"render {name}.yaml: {code}"


def run(job: dict[str, Any]) -> None:
    """The forked process: never returns."""
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    with Path(os.devnull).open("rb") as nothing, Path(job["out"]).open("wb", buffering=0) as out:
        os.dup2(nothing.fileno(), 0)
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    if job["err"] is not None:
        with Path(job["err"]).open("wb", buffering=0) as err:
            os.dup2(err.fileno(), 2)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    faulthandler.enable(2)  # for commands that do not come to their end
    sys.argv = ["provisioner", *job["argv"]]
    from provisioner.cli import main

    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def serve() -> None:
    load()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            run(job)
        print(json.dumps({"pid": child}), flush=True)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    serve()
