"""`python -m provisioner.emulator salesforce [--port N] [--db FILE]`: a pretend vendor on this machine."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from provisioner.emulator.server import listen, serve

# vendor → "module:function" of (database file or None, own address) → (app, what a client must know)
VENDORS = {"salesforce": "provisioner.emulator.salesforce.app:create"}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m provisioner.emulator", description=__doc__)
    parser.add_argument("vendor", choices=sorted(VENDORS))
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; keep it a loopback address")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes any free port")
    parser.add_argument("--db", type=Path, help="keep the data in this file; without it, in memory")
    options = parser.parse_args(arguments)
    plug = listen(options.host, options.port)
    host, port = plug.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    app, facts = _creator(options.vendor)(options.db, url)
    serve(app, plug, lambda: print(json.dumps({"vendor": options.vendor, "url": url, **facts}), flush=True))
    return 0


def _creator(vendor: str) -> Callable[[Path | None, str], tuple[ASGIApp, dict[str, Any]]]:
    module, name = VENDORS[vendor].split(":")
    creator: Callable[[Path | None, str], tuple[ASGIApp, dict[str, Any]]] = getattr(
        importlib.import_module(module), name
    )
    return creator


if __name__ == "__main__":
    sys.exit(main())
