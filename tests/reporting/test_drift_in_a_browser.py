"""The drift page in a real browser, where there is one: no value runs, nothing is asked for, it fits a telephone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from strategies.audits import everything, report
from strategies.browser import CHROMIUM, FLAGS, Site, attack_on, needs_browser, seen, site, title_where_it_fits

from provisioner.reporting.drift_page import drift_page

__all__ = ["site"]
pytestmark = needs_browser


def test_no_value_runs_and_nothing_is_asked_for(site: Site, tmp_path: Path) -> None:
    site.page = drift_page(report(everything(attack_on(site))))
    document = seen(f"{site.address}/plan", tmp_path)
    assert "<title>Drift of acme: Drift: " in document
    assert [path for path in site.asked if path != "/favicon.ico"] == ["/plan"]


@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_without_scrolling_sideways(site: Site, tmp_path: Path, width: int) -> None:
    site.page = drift_page(report(everything("A_value_without_a_blank_" * 12)))
    assert title_where_it_fits(site, width, tmp_path).startswith("Drift of acme: ")


@pytest.mark.parametrize("width", [390, 1280])
def test_a_picture_of_it_can_be_looked_at(site: Site, tmp_path: Path, width: int) -> None:
    """Kept where TEST_ARTEFACTS says, for people."""
    site.page = drift_page(report(everything()))
    picture = Path(os.environ.get("TEST_ARTEFACTS", tmp_path)) / f"drift-{width}.png"
    flags = [flag for flag in FLAGS if flag != "--dump-dom"]
    command = [CHROMIUM, *flags, f"--user-data-dir={tmp_path}", f"--window-size={width},4000"]
    subprocess.run(
        [*command, f"--screenshot={picture}", f"{site.address}/plan"], check=True, capture_output=True, timeout=60
    )
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG") and len(content) > 50_000
