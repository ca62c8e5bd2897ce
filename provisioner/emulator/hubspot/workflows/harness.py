"""What runs around custom code, in its own process: limits, the portal's clock, the call, the result.

This file is copied beside the code and run as a script, so it may import nothing but the standard library.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

NODE = """
const fs = require("fs");
const path = require("path");
const order = JSON.parse(fs.readFileSync("order.json", "utf8"));
const RealDate = Date;
class PortalDate extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) { super(order.now_ms); } else { super(...parts); }
  }
  static now() { return order.now_ms; }
}
globalThis.Date = PortalDate;
function give(result) {
  fs.writeFileSync("result.json", JSON.stringify(result === undefined ? null : result));
}
function fail(error) {
  console.error(error && error.stack ? error.stack : String(error));
  process.exit(1);
}
process.on("unhandledRejection", fail);
try {
  const main = require(path.resolve("code.js")).main;
  if (typeof main !== "function") { throw new TypeError("Error: exports.main is not a function"); }
  if (order.callback) {
    Promise.resolve(main(order.event, give)).catch(fail);
  } else {
    Promise.resolve(main(order.event)).then(give).catch(fail);
  }
} catch (error) {
  fail(error);
}
"""


def _limit(order: dict[str, Any]) -> None:
    import resource

    seconds = int(order["seconds"]) + 2
    limits = [(resource.RLIMIT_CPU, seconds), (resource.RLIMIT_FSIZE, order["written"]), (resource.RLIMIT_CORE, 0)]
    if order["node"] is None:
        limits.append((resource.RLIMIT_DATA, order["memory"] * 1024 * 1024))
    for which, most in limits:
        resource.setrlimit(which, (most, most))


def _stop_the_clock(now_ms: int) -> None:
    """The present of `datetime`, `date` and `time` is the portal's."""
    import datetime
    import time

    at = datetime.datetime.fromtimestamp(now_ms / 1000, datetime.UTC)

    class PortalDatetime(datetime.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            moment = at.astimezone(tz) if tz is not None else at.replace(tzinfo=None)
            return cls.fromisoformat(moment.isoformat())

        @classmethod
        def utcnow(cls) -> Any:
            return cls.now()

        @classmethod
        def today(cls) -> Any:
            return cls.now()

    class PortalDate(datetime.date):
        @classmethod
        def today(cls) -> Any:
            return cls(at.year, at.month, at.day)

    datetime.datetime = PortalDatetime  # type: ignore[misc]
    datetime.date = PortalDate  # type: ignore[misc]
    time.time = lambda: now_ms / 1000
    time.time_ns = lambda: now_ms * 1_000_000


def main() -> None:
    order = json.loads(Path("order.json").read_text(encoding="utf-8"))
    _limit(order)
    if order["node"] is not None:
        os.execv(order["node"], [order["node"], f"--max-old-space-size={order['memory']}", "run.js"])  # noqa: S606
    _stop_the_clock(order["now_ms"])
    source = Path("code.py").read_text(encoding="utf-8")
    room: dict[str, Any] = {"__name__": "code", "__file__": "code.py"}
    sys.setrecursionlimit(1000)
    exec(compile(source, "code.py", "exec"), room)  # noqa: S102 - what this process is for
    if not callable(room.get("main")):
        raise NameError("the code defines no function main(event)")
    result = room["main"](order["event"])
    Path("result.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
