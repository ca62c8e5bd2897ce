"""The page in a real browser, where one is installed: no value runs, nothing is asked for, it fits a telephone."""

from __future__ import annotations

import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from strategies.written_plans import everywhere

from provisioner.reporting.pages import plan_page
from provisioner.reporting.report import report_of

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), "")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed; the page is held against a parser only")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--virtual-time-budget=4000", "--dump-dom",
)  # fmt: skip
HARNESS = """<!doctype html><title>waiting</title><iframe src="/plan" width="{width}" height="800"></iframe>
<script>onload = () => {{ const page = document.querySelector("iframe").contentDocument;
page.querySelectorAll("details").forEach(e => e.open = true);
const root = page.documentElement; document.title = [root.scrollWidth, root.clientWidth, page.title].join("|"); }}
</script>"""


@dataclass
class Site:
    """The page on loopback, and every path that was asked for."""

    page: str
    asked: list[str] = field(default_factory=list)
    address: str = ""


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site("")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            width = self.path.removeprefix("/harness/")
            text = HARNESS.format(width=width) if width != self.path else found.page
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def seen(address: str, folder: Path) -> str:
    """The document after everything in it had time to run."""
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={folder}", address]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def test_no_value_runs_and_nothing_is_asked_for(site: Site, tmp_path: Path) -> None:
    attack = (
        f"<img src='{site.address}/img' onerror='document.title=1'><script>document.title='owned'</script></style>"
        f"<style>body{{background:url({site.address}/style)}}</style><link rel=stylesheet href={site.address}/css>"
    )
    site.page = plan_page(report_of(everywhere(attack)))
    document = seen(f"{site.address}/plan", tmp_path)
    assert "<title>Plan: 1 to add, 1 to change, 1 to delete, 1 by hand." in document
    assert [path for path in site.asked if path != "/favicon.ico"] == ["/plan"]


@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_without_scrolling_sideways(site: Site, tmp_path: Path, width: int) -> None:
    site.page = plan_page(report_of(everywhere("Field_with_quite_a_name_" * 12)))
    document = seen(f"{site.address}/harness/{width}", tmp_path)
    wide, room, title = document.split("<title>")[1].split("</title>")[0].split("|", 2)
    assert int(wide) <= int(room) <= width
    assert title.startswith("Plan: ")
