"""A pretend vendor on this machine. Prints one line of JSON when it is ready: url, access_token, pid, and the org's or
portal's id."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from provisioner.emulator.clock import ClockError, parse_instant
from provisioner.emulator.server import listen, serve

Creator = Callable[..., tuple[ASGIApp, dict[str, Any]]]
# platform → "module:function" of (database file, own address, first instant, Apex twin?) → (app, facts for clients)
PLATFORMS = {
    "hubspot": "provisioner.emulator.hubspot.app:create",
    "salesforce": "provisioner.emulator.salesforce.app:create",
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m provisioner.emulator", description=__doc__)
    parser.add_argument("--platform", choices=sorted(PLATFORMS), default="salesforce")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; keep it a loopback address")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes any free port")
    parser.add_argument("--db", type=Path, help="keep the data in this file; without it, in memory")
    parser.add_argument("--clock", type=_instant, help="first instant of the virtual clock: 2026-03-02T13:00:00Z")
    parser.add_argument("--no-apex-twin", action="store_true", help="refuse every trigger, also those with a stand-in")
    parser.add_argument(
        "--run-custom-code", action="store_true", help="hubspot: execute the custom code of workflows on this machine"
    )
    options = parser.parse_args(arguments)
    if options.run_custom_code and options.platform != "hubspot":
        parser.error("--run-custom-code goes with --platform hubspot only")
    more = {"run_code": True} if options.run_custom_code else {}
    plug = listen(options.host, options.port)
    host, port = plug.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    app, facts = _creator(options.platform)(options.db, url, options.clock, not options.no_apex_twin, **more)
    ready = {"platform": options.platform, "url": url, "pid": os.getpid(), **facts}
    serve(app, plug, lambda: print(json.dumps(ready), flush=True))
    return 0


def _instant(text: str) -> datetime:
    try:
        return parse_instant(text)
    except ClockError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _creator(platform: str) -> Creator:
    module, name = PLATFORMS[platform].split(":")
    creator: Creator = getattr(importlib.import_module(module), name)
    return creator


if __name__ == "__main__":
    sys.exit(main())
