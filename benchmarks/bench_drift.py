"""An audit of a million leads with three hundred lead sources: `python benchmarks/bench_drift.py [salesforce|hubspot]`.

The org is the local CRM, filled by its seed door; the design is the example, applied by the command. Then `provisioner
drift` runs as a fresh process. Printed are its seconds on the clock and of its own processor time, its peak memory, and
the calls that the org counted; of the seconds, most are the local CRM's, which answers in one thread. The counts of the
report are held against direct counts in the local CRM's tables. Exit code 1 when one differs, when a call too many was
made (Salesforce: 20), or when something was not checked. A second argument is the number of leads.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

sys.path.insert(0, str(Path(__file__).parent))
from big_org import COUNT, NOW, settle

MOST_CALLS = {"salesforce": 20}
PATIENCE = 600  # seconds for planting; the command waits as long as it does for any org
# The peak of the process itself: what the system adds up for a child holds its parent's size too.
COMMAND = """
import json, re, sys, time
from pathlib import Path
from provisioner.cli.app import run
code = run(sys.argv[1:])
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]
Path("used.json").write_text(json.dumps({"processor": time.process_time(), "kilobytes": int(peak)}))
sys.exit(code)
"""
EXAMPLES = Path(__file__).parents[1] / "examples"


@dataclass
class Org:
    """The local CRM as a process, with a folder to run commands in."""

    platform: str
    folder: Path
    design: Path = field(init=False)
    token: str = field(init=False)

    def __post_init__(self) -> None:
        self.design = EXAMPLES / f"acme-{self.platform}.yaml"
        command = [sys.executable, "-m", "provisioner.emulator", "--platform", self.platform, "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        ready = json.loads(self.process.stdout.readline())
        self.url, self.token = str(ready["url"]), str(ready["access_token"])
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        (self.folder / "provisioner.toml").write_text(
            f'[connections.big]\nplatform = "{self.platform}"\ninstance_url = "{self.url}"\n'
            f'access_token = {{env = "BIG_TOKEN"}}\n',
            encoding="utf-8",
        )

    def close(self) -> None:
        self.http.close()
        self.process.terminate()
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = self.http.request(method, self.url + path, json=body, timeout=PATIENCE, **more)
        assert answer.status_code < 400, f"{method} {path}: {answer.text[:500]}"
        return answer.json() if answer.content else None

    def door(self, name: str, body: Any = None, method: str = "POST") -> Any:
        return self.call(method, f"/_emulator/{name}", body)

    def command(self, *words: str) -> tuple[int, str, Any]:
        """Exit code, output, and what the process used."""
        environment = os.environ | {
            "BIG_TOKEN": self.token, "XDG_CONFIG_HOME": str(self.folder), "PROVISIONER_STATE_DIR": str(self.folder),
        }  # fmt: skip
        out = self.folder / "out.txt"
        with out.open("w") as sink:
            done = subprocess.run(
                [sys.executable, "-c", COMMAND, *words], cwd=self.folder, env=environment, stdout=sink, check=False
            )
        used = json.loads((self.folder / "used.json").read_text(encoding="utf-8"))
        return done.returncode, out.read_text(encoding="utf-8"), used


@dataclass(frozen=True)
class Measured:
    """One drift. `seconds` on the clock, `processor` seconds and `megabytes` (peak) of the command's process."""

    code: int
    report: dict[str, Any]
    seconds: float
    processor: float
    megabytes: float
    calls: int


def measure(org: Org) -> Measured:
    org.door("requests", method="DELETE")
    start = time.perf_counter()
    code, out, used = org.command("drift", str(org.design), "-c", "big", "--now", NOW, "--json")
    seconds = time.perf_counter() - start
    asked = org.door("requests", method="GET")
    return Measured(code, json.loads(out), seconds, used["processor"], used["kilobytes"] / 1024, len(asked))


def main() -> int:
    platform = sys.argv[1] if len(sys.argv) > 1 else "salesforce"
    count = int(sys.argv[2]) if len(sys.argv) > 2 else COUNT
    with tempfile.TemporaryDirectory() as folder:
        org = Org(platform, Path(folder))
        try:
            start = time.perf_counter()
            expected = settle(org, count)
            print(f"{platform}: {count:,} leads planted in {time.perf_counter() - start:.0f} s")
            found = measure(org)
        finally:
            org.close()
    wrong = differences(found, expected)
    most = MOST_CALLS.get(platform)
    print(
        f"drift: {found.seconds:.1f} s, {found.processor:.1f} s of processor, {found.megabytes:.0f} MB, "
        f"{found.calls} calls, {len(found.report['findings'])} findings, exit code {found.code}"
    )
    print("\n".join(wrong) or "every count is that of the tables")
    return 1 if wrong or (most is not None and found.calls > most) else 0


def differences(found: Measured, expected: dict[str, int]) -> list[str]:
    """What the report says otherwise than the tables: `code subject` → leads."""
    told = {
        f"{item['code']} {item['subject']}": item["evidence"]["count"] if item["evidence"] else None
        for item in found.report["findings"]
    }
    wrong = [
        f"{key}: the report says {told.get(key)}, the tables {expected.get(key)}"
        for key in sorted({*told, *expected})
        if told.get(key) != expected.get(key)
    ]
    return wrong + [f"not checked: {item['part']}: {item['why']}" for item in found.report["unchecked"]]


if __name__ == "__main__":
    sys.exit(main())
