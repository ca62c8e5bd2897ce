"""The demo as a user runs it: its own process, the real emulator, the packaged example."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from demo_story import (
    COMMAND,
    audit_finds,
    demo,
    everything_went_to_the_silent_address,
    is_told_to_its_end,
    keeps_it_running,
)  # fmt: skip

from provisioner.cli.demonstration.leads import EVENING, MONDAY, REPS, WEEK_BEFORE, leads
from provisioner.cli.demonstration.process import EmulatorProcess
from provisioner.errors import ProvisionerError


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that holds nothing of ours."""
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="module")
def told(elsewhere: Path) -> Iterator[subprocess.CompletedProcess[str]]:
    """The whole story; the CRM is left running until the tests have ended."""
    done = demo(elsewhere, "--keep")
    pid = int(re.findall(r"^To stop it: kill (\d+)$", done.stdout, re.MULTILINE)[0])
    yield done
    os.kill(pid, signal.SIGTERM)


def test_the_story_is_told_to_its_end(told: subprocess.CompletedProcess[str]) -> None:
    progress = re.sub(r"^.+( …|: [\d.]+ s)\n", "", told.stderr, flags=re.MULTILINE)
    assert progress == "", "stderr holds what takes more than a second on a busy machine, and nothing else"
    is_told_to_its_end(told.stdout)
    assert re.search(r"Plan: [1-9]\d* to add, 0 to change, 0 to delete, 6 by hand\.", told.stdout)
    assert re.findall(r"^   By hand, and ticked: (.+)\.$", told.stdout, re.MULTILINE) == [
        "Let conversions run automation",
        "Name an active Default Workflow User",
        "Show Breach Reason and Rejection Reason on the lead's pages",
        "Assign the permission set STL_Speed_To_Lead",
        "Put people into the queue SDR_Backup",
        "Share the folders of reports and dashboards",
    ]
    assert "No changes. Acme Sandbox (00D000000000001AAA) matches " in told.stdout


def test_the_dashboard_of_the_org_counts_what_the_clock_decided(told: subprocess.CompletedProcess[str]) -> None:
    hit, decided = map(int, re.findall(r"Touched in time: (\d+) of (\d+) decided", told.stdout)[0])
    (compliance,) = re.findall(
        r"^ +Compliance: % of judged leads touched in time +([\d.]+)$", told.stdout, re.MULTILINE
    )
    assert float(compliance) == pytest.approx(100 * hit / decided, abs=0.05)


def test_the_dashboard_keeps_the_systems_delay_apart_and_shows_how_far_leads_came(
    told: subprocess.CompletedProcess[str],
) -> None:
    _, day = leads()
    routing = [(lead.assigned_at - lead.at).total_seconds() / 60 for lead in day]
    tiles = dict(re.findall(r"^     (\S.*?) {2,}([\d.]+)$", told.stdout, re.MULTILINE))
    shown = tiles["Systems delay only: average minutes to assignment"]
    assert float(shown) == pytest.approx(sum(routing) / len(day), abs=0.05)  # reported to a tenth of a minute
    came_as_far = [sum(at is not None and at < EVENING for at in times) for times in (
        [lead.at for lead in day], [lead.accepted_at for lead in day], [lead.qualified_at for lead in day]
    )]  # fmt: skip
    assert [float(tiles[f"Leads that came as far as {stage}"]) for stage in ("mql", "sal", "sql")] == came_as_far


def test_the_audit_finds_the_new_lead_source_and_nothing_else(told: subprocess.CompletedProcess[str]) -> None:
    audit_finds(
        told.stdout,
        "12 leads since 2025-12-03 have “TikTok Lead Ad” in Lead Source (LeadSource), first seen 2026-03-03, last "
        "2026-03-03. No rule of the design maps it.",
        "TikTok Lead Ad",
    )


def test_everything_went_to_the_silent_address(told: subprocess.CompletedProcess[str]) -> None:
    alert = r"\[Silent\] .+ \(bell\)\n +Silent mode: would have told rep \("
    everything_went_to_the_silent_address(told.stdout, alert)


def test_keep_leaves_it_running_and_says_how_to_reach_it(elsewhere: Path) -> None:
    keeps_it_running(elsewhere)


def test_the_farewell_can_be_followed_word_by_word(told: subprocess.CompletedProcess[str], elsewhere: Path) -> None:
    farewell = told.stdout[told.stdout.index("The CRM is still running") :]
    toml = farewell[farewell.index("[connections.demo]") : farewell.index("and: export")]
    (elsewhere / "provisioner.toml").write_text(toml, encoding="utf-8")
    token = re.findall(r"^and: export DEMO_TOKEN='(.+)'$", farewell, re.MULTILINE)[0]
    (copy,) = re.findall(r"^Then: (cp .+ acme\.yaml), change it, ", farewell, re.MULTILINE)
    subprocess.run(shlex.split(copy), cwd=elsewhere, check=True)
    again = subprocess.run(
        [*COMMAND[:-1], "plan", "acme.yaml", "-c", "demo"], cwd=elsewhere, env=os.environ | {"DEMO_TOKEN": token},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert again.stdout.splitlines()[-1] == "No changes. Acme Sandbox (00D000000000001AAA) matches acme.yaml."
    (sent,) = re.findall(r"^Who was told: curl (.+)$", farewell, re.MULTILINE)
    assert requests.get(sent, timeout=10).json()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_demo_takes_its_child_along(elsewhere: Path, signum: int) -> None:
    child = subprocess.Popen(COMMAND, cwd=elsewhere, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith("1. "):
            break
    children = _children(child.pid)
    assert len(children) == 1
    child.send_signal(signum)
    child.communicate(timeout=60)
    assert child.returncode == 128 + signum
    assert not any(_is_alive(pid) for pid in children)


def _children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(pid) for pid in listed.read_text().split()]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# ------------------------------------------------------------ the process


@pytest.fixture
def talker(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "talker.py"


def test_an_emulator_that_does_not_start_says_why(talker: Path) -> None:
    talker.write_text("import sys\nsys.exit('port taken')\n")
    with pytest.raises(ProvisionerError) as caught:
        EmulatorProcess([str(talker)])
    assert caught.value.message == "The emulator did not start: port taken."


def test_an_emulator_that_talks_nonsense_is_stopped(talker: Path, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    talker.write_text(
        f"import os, pathlib, time\npathlib.Path({str(mark)!r}).write_text(str(os.getpid()))\n"
        "print('{}', flush=True)\ntime.sleep(60)\n"
    )
    with pytest.raises(ProvisionerError) as caught:
        EmulatorProcess([str(talker)])
    assert caught.value.message == "The emulator did not start: it said nothing."
    assert not _is_alive(int(mark.read_text()))


def test_a_stubborn_child_is_ended(talker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provisioner.cli.demonstration.process._STOP_SECONDS", 0.2)
    talker.write_text(
        "import json, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(json.dumps({'url': 'u', 'access_token': 't', 'org_id': 'o'}), flush=True)\ntime.sleep(60)\n"
    )
    start = time.monotonic()
    with EmulatorProcess([str(talker)]) as process:
        assert (process.url, process.access_token, process.org_id) == ("u", "t", "o")
        pid = process.pid
    assert not _is_alive(pid)
    assert time.monotonic() - start < 30


# -------------------------------------------------------------- the leads


def test_the_leads_are_always_the_same_and_believable() -> None:
    week, day = leads()
    assert (week, day) == leads()
    assert (len(week), len(day)) == (160, 40)
    assert all(WEEK_BEFORE <= lead.at < MONDAY for lead in week)
    assert all(MONDAY <= lead.at < EVENING for lead in day)
    assert {lead.source for lead in day} == {"Demo Request", "Contact Form", "Webinar", "Content Download"}
    assert {lead.owner for lead in day} == set(REPS)
    assert len({lead.number for lead in (*week, *day)}) == 200
    assert all(lead.touched_at is None or lead.touched_at > lead.at for lead in (*week, *day))
    assert 0 < sum(lead.touched_at is None for lead in day) < 20
