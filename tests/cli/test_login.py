"""Who is at this machine, where the system has no name for them."""

from __future__ import annotations

import getpass
import os

import pytest
from desk import Desk

from provisioner.cli.login import login


@pytest.mark.parametrize(
    "error", [KeyError("getpwuid(): uid not found: 12345"), OSError("No username set"), ImportError()]
)
def test_a_login_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def nobody() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", nobody)
    monkeypatch.setattr(os, "getuid", lambda: 12345, raising=False)
    assert login() == "uid 12345"


def test_who_has_no_name_can_apply(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setenv("PROVISIONER_STATE_DIR", str(desk.folder / "state"))
    monkeypatch.setattr(getpass, "getuser", nobody)
    monkeypatch.setattr(os, "getuid", lambda: 12345, raising=False)
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    assert '"login": "uid 12345"' in desk("history", "--json").out
