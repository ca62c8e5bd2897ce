"""An org in memory behind the real command line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "applying"))

import fake_target
from desk import CONFIG, DESIGN, TOKEN, Desk
from fake_org import FakeOrg
from launching.orgs import end_all
from salesforce_bench import Bench, salesforce_bench

from provisioner.targets.registry import TARGETS


@pytest.fixture(scope="session", autouse=True)
def emulators() -> Iterator[None]:
    yield
    end_all()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """The starter, and a Salesforce org that it fits."""
    return salesforce_bench(tmp_path)


@pytest.fixture
def new_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Desk]:
    def make(org: FakeOrg) -> Desk:
        (tmp_path / "acme.yaml").write_text(DESIGN, encoding="utf-8")
        (tmp_path / "provisioner.toml").write_text(CONFIG, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("SF_TOKEN", TOKEN)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nobody"))
        monkeypatch.setitem(TARGETS, "salesforce", "fake_target:target")
        org.identity = replace(org.identity, platform="salesforce")
        monkeypatch.setattr(fake_target.target, "org", org)
        monkeypatch.setattr(sys, "excepthook", sys.excepthook)
        return Desk(tmp_path, org, capsys)

    return make


@pytest.fixture
def desk(new_desk: Callable[..., Desk]) -> Desk:
    return new_desk(FakeOrg())
