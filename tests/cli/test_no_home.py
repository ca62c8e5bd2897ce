"""In a container, whoever runs may have neither a home folder nor a name."""

from __future__ import annotations

import platformdirs
import pytest
from desk import Desk

from provisioner.targets.salesforce.templates import compiled_before


@pytest.fixture
def homeless(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    def nowhere(name: str) -> None:
        raise RuntimeError("could not determine the home directory")

    for kind in ("state", "config", "cache"):
        monkeypatch.setattr(platformdirs, f"user_{kind}_path", nowhere)
    monkeypatch.delenv("PROVISIONER_STATE_DIR", raising=False)
    return desk


def test_a_plan_needs_no_home(homeless: Desk) -> None:
    assert homeless("plan", "acme.yaml", "-c", "sandbox").code == 0
    assert compiled_before() is None


def test_a_run_needs_a_place_and_says_so_before_it_writes(homeless: Desk) -> None:
    apply = ("apply", "acme.yaml", "-c", "sandbox", "--yes")
    done = homeless(*apply)
    assert (done.code, homeless.org.resources) == (2, {})
    assert done.err == (
        "Error: There is no home folder to keep journals and backups in.\n"
        "  What to do: Say where: --state-dir DIR, or PROVISIONER_STATE_DIR.\n"
    )
    assert homeless("history").err == done.err
    assert homeless(*apply, "--state-dir", "kept").code == 0
    assert homeless("history", "--state-dir", "kept").code == 0
