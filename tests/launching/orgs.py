"""Emulators that stay, one per platform; each test that asks gets a new org of one. No tests.

Starting an emulator costs a second, emptying it nothing. Whoever asks sees to it that `end_all` is called in the end.
"""

from __future__ import annotations

import requests

from provisioner.cli.demonstration.process import EmulatorProcess
from provisioner.cli.emulator import arguments

_running: dict[str, EmulatorProcess] = {}


def new_org(platform: str, clock: str = "") -> EmulatorProcess:
    """An empty org, at this instant (UTC; without one, at the emulator's own first). What the doors had set is gone."""
    if platform not in _running:
        _running[platform] = EmulatorProcess(arguments(platform))
    emulator = _running[platform]
    _door(emulator, "reset", {})
    if clock:
        _door(emulator, "clock", {"to": clock})
    return emulator


def end_all() -> None:
    while _running:
        _running.popitem()[1].stop()


def _door(emulator: EmulatorProcess, name: str, body: dict[str, str]) -> None:
    with requests.Session() as http:
        http.trust_env = False
        http.post(f"{emulator.url}/_emulator/{name}", json=body, timeout=60).raise_for_status()
