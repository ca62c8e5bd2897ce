"""The page in a real browser, where one is installed: no value runs, nothing is asked for, it fits a telephone."""

from __future__ import annotations

from pathlib import Path

import pytest
from strategies.browser import Site, attack_on, needs_browser, seen, site, title_where_it_fits
from strategies.written_plans import everywhere

from provisioner.reporting.pages import plan_page
from provisioner.reporting.report import report_of

__all__ = ["site"]
pytestmark = needs_browser


def test_no_value_runs_and_nothing_is_asked_for(site: Site, tmp_path: Path) -> None:
    site.page = plan_page(report_of(everywhere(attack_on(site))))
    document = seen(f"{site.address}/plan", tmp_path)
    assert "<title>Plan: 1 to add, 1 to change, 1 to delete, 1 by hand." in document
    assert [path for path in site.asked if path != "/favicon.ico"] == ["/plan"]


@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_without_scrolling_sideways(site: Site, tmp_path: Path, width: int) -> None:
    site.page = plan_page(report_of(everywhere("Field_with_quite_a_name_" * 12)))
    assert title_where_it_fits(site, width, tmp_path).startswith("Plan: ")
