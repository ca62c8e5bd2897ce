"""A real browser, where one is installed, and a page on loopback for it."""

from __future__ import annotations

import http.server
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from strategies.loopback import serving

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), "")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--virtual-time-budget=4000", "--dump-dom",
)  # fmt: skip
HARNESS = """<!doctype html><title>waiting</title><iframe src="/plan" width="{width}" height="800"></iframe>
<script>onload = () => {{ const page = document.querySelector("iframe").contentDocument;
page.querySelectorAll("details").forEach(e => e.open = true);
const root = page.documentElement; document.title = [root.scrollWidth, root.clientWidth, page.title].join("|"); }}
</script>"""
_WITHOUT = "no Chromium is installed; the page is held against a parser only"
needs_browser = pytest.mark.skipif(not CHROMIUM, reason=_WITHOUT)


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

    with serving(Handler) as found.address:
        yield found


def seen(address: str, folder: Path) -> str:
    """The document after everything in it had time to run."""
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={folder}", address]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def attack_on(site: Site) -> str:
    """A value that would run, and would ask the site for more, if it got out of its place."""
    return (
        f"<img src='{site.address}/img' onerror='document.title=1'><script>document.title='owned'</script></style>"
        f"<style>body{{background:url({site.address}/style)}}</style><link rel=stylesheet href={site.address}/css>"
    )


def title_where_it_fits(site: Site, width: int, folder: Path) -> str:
    """The page's title, once it was shown at that width (in pixels) without anything sticking out."""
    document = seen(f"{site.address}/harness/{width}", folder)
    wide, room, title = document.split("<title>")[1].split("</title>")[0].split("|", 2)
    assert int(wide) <= int(room) <= width
    return title
