"""Steps done by hand, as a user goes through them: the commands, the HubSpot emulator, nothing in between."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from desk import Result
from launching.orgs import new_org

from provisioner import assets
from provisioner.applying import lock, processes
from provisioner.cli.app import run
from provisioner.cli.demonstration.process import EmulatorProcess

REPORTS = "reports: {folder: Speed to Lead, include: [trend, breaches_today], dashboard: true}\n"
CONTACT_PROPERTIES = [
    {
        "name": "enquiry_type",
        "label": "E",
        "type": "enumeration",
        "fieldType": "select",
        "options": [{"label": "Demo", "value": "demo_request", "displayOrder": 0, "hidden": False}],
    },
    {"name": "enquiry_country", "label": "C", "type": "string", "fieldType": "text"},
    {"name": "company_employees", "label": "N", "type": "number", "fieldType": "number"},
]
PEOPLE = ("ana@acme.example", "sdr-manager@acme.example", "cro@acme.example", "qa@acme.example")
STEPS = ["report_breaches_today", "report_trend", "reports_dashboard"]


class Portal:
    """An emulated portal with what the example design expects, and the command line in front of it."""

    def __init__(self, process: EmulatorProcess, capture: pytest.CaptureFixture[str]) -> None:
        self._process = process
        self._capture = capture
        owners = [{"email": email, "first": "A"} for email in (*PEOPLE, "integration@acme.example")]
        self.call("POST", "/_emulator/seed", {"teams": [{"name": "SDR Backup"}], "owners": owners})
        for body in CONTACT_PROPERTIES:
            self.call("POST", "/crm/v3/properties/contacts", body | {"groupName": "contactinformation"})

    @property
    def url(self) -> str:
        return self._process.url

    def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self._process.access_token}"}
        answer = requests.request(method, self._process.url + path, json=body, headers=headers, timeout=30)
        assert answer.status_code < 400, answer.text
        return answer.json() if answer.content else None

    def __call__(self, *arguments: str) -> Result:
        self._capture.readouterr()
        code = run(arguments)
        captured = self._capture.readouterr()
        return Result(code, captured.out, captured.err)

    def states(self) -> dict[str, tuple[str, str | None]]:
        """Of every step: its state, and who did it."""
        listed = json.loads(self("done", "acme.yaml", "-c", "portal", "--json").out)["steps"]
        return {step["step"]: (step["state"], step["by"]) for step in listed}

    def planned(self) -> str:
        """The last line of a plan."""
        return self("plan", "acme.yaml", "-c", "portal").out.splitlines()[-1]


@pytest.fixture
def portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Portal:
    example = assets.path("examples", "acme-hubspot.yaml").read_text(encoding="utf-8")
    (tmp_path / "acme.yaml").write_text(example + REPORTS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nobody"))
    process = new_org("hubspot", "2026-03-02T13:00:00Z")
    monkeypatch.setenv("PORTAL_TOKEN", process.access_token)
    connection = f'[connections.portal]\nplatform = "hubspot"\ninstance_url = "{process.url}"\n'
    text = connection + 'access_token = {env = "PORTAL_TOKEN"}\n'
    (tmp_path / "provisioner.toml").write_text(text, encoding="utf-8")
    return Portal(process, capsys)


def test_what_is_left_for_a_person_is_no_failure_and_stays_in_the_plan_until_it_is_ticked(portal: Portal) -> None:
    applied = portal("apply", "acme.yaml", "-c", "portal", "--yes")
    assert applied.code == 0, applied.err
    (count,) = re.findall(
        r"^Plan: ([1-9]\d*) to add, 0 to change, 0 to delete, 3 by hand\.$", applied.out, re.MULTILINE
    )
    assert f"Applied: {count} changes in HubSpot portal 1234567, read back and as planned" in applied.out
    assert "3 steps are left to be done by hand:\n" in applied.out
    filter = '. On the Filters tab, add: "STL SLA status" (stl_sla_status) is any of breached, escalated.\n'
    assert filter in applied.out
    assert applied.out.endswith("\n  When one is done: provisioner done acme.yaml STEP -c portal\n")

    again = portal("plan", "acme.yaml", "-c", "portal", "--detailed-exitcode")
    assert again.code == 3
    assert '  ! manual report_trend  Build the report "STL Speed to lead, by week"\n' in again.out
    assert again.out.splitlines()[-1] == "Plan: 0 to add, 0 to change, 0 to delete, 3 by hand."

    ledger = portal.call("GET", "/crm/v3/properties/contacts/stl_ledger")
    once_more = portal("apply", "acme.yaml", "-c", "portal")  # nobody has to be asked: nothing is written
    assert (once_more.code, once_more.err) == (0, "")
    assert portal.call("GET", "/crm/v3/properties/contacts/stl_ledger") == ledger

    ticked = portal("done", "acme.yaml", *STEPS, "-c", "portal", "--by", "Ana Ruiz")
    assert ticked.code == 0, ticked.err
    assert ticked.out.splitlines()[-1] == "Nothing is left to be done by hand in HubSpot portal 1234567."
    assert portal.states() == dict.fromkeys(STEPS, ("done", "Ana Ruiz"))

    last = portal("plan", "acme.yaml", "-c", "portal", "--detailed-exitcode", "-v")
    assert last.code == 0
    assert last.out.splitlines()[-1] == "No changes. HubSpot portal 1234567 matches acme.yaml."
    assert "Done by hand:\n  report_breaches_today  by Ana Ruiz, " in last.out


def test_a_tick_is_opened_by_what_it_needs_and_does_not_close_by_itself(portal: Portal) -> None:
    portal("apply", "acme.yaml", "-c", "portal", "--yes")
    portal("done", "acme.yaml", *STEPS, "-c", "portal", "--by", "Ana")
    portal.call("DELETE", "/crm/v3/properties/contacts/stl_speed_to_lead_minutes")

    found = portal("plan", "acme.yaml", "-c", "portal")
    reason = "It was ticked; since then Property:contacts.stl_speed_to_lead_minutes was missing."
    assert f"(open again)\n      {reason}\n" in found.out
    assert found.out.splitlines()[-1] == "Plan: 1 to add, 0 to change, 0 to delete, 1 by hand."
    early = portal("done", "acme.yaml", "report_trend", "-c", "portal")
    assert (early.code, early.out) == (5, "")
    assert early.err == (
        "Error: report_trend relies on Property:contacts.stl_speed_to_lead_minutes, which is not as the design wants "
        "it. Nothing was recorded.\n  What to do: Apply the design first: provisioner plan shows what differs.\n"
    )

    assert portal("apply", "acme.yaml", "-c", "portal", "--yes").code == 0
    assert portal.planned() == "Plan: 0 to add, 0 to change, 0 to delete, 1 by hand."
    listed = json.loads(portal("done", "acme.yaml", "-c", "portal", "--json").out)["steps"]
    assert [(step["step"], step["reason"]) for step in listed if step["state"] == "reopened"] == [
        ("report_trend", reason)
    ]
    assert portal("done", "acme.yaml", "report_trend", "-c", "portal", "--by", "Ben").code == 0
    assert portal.states()["report_trend"] == ("done", "Ben")


def test_a_tick_can_be_taken_back_and_a_changed_step_is_another_one(portal: Portal) -> None:
    portal("apply", "acme.yaml", "-c", "portal", "--yes")
    portal("done", "acme.yaml", *STEPS, "-c", "portal", "--by", "Ana")
    twice = portal("done", "acme.yaml", "report_trend", "-c", "portal", "--by", "Ben")
    assert (twice.code, twice.err.startswith("report_trend was done already, by Ana, ")) == (0, True)
    undone = portal("done", "acme.yaml", "ManualStep:report_trend", "-c", "portal", "--undo")
    assert (undone.code, undone.out.splitlines()[0]) == (0, "Open again: report_trend.")
    assert portal.states()["report_trend"] == ("open", None)

    design = Path("acme.yaml")
    design.write_text(design.read_text(encoding="utf-8").replace("folder: Speed to Lead", "folder: SLA"), "utf-8")
    assert {name: state for name, (state, _) in portal.states().items()} == {
        "report_breaches_today": "reopened",
        "report_trend": "open",
        "reports_dashboard": "done",
    }


def test_a_tick_is_one_at_a_time_with_what_else_writes(portal: Portal, tmp_path: Path) -> None:
    """The words are those of apply; the lists alone, which write nothing, wait for nobody."""
    portal("apply", "acme.yaml", "-c", "portal", "--yes", "--state-dir", "kept")
    key = f"hubspot-1234567-{urlsplit(portal.url).port}"
    assert lock.take(tmp_path / "kept", key, "their-run") is None
    for more in ((), ("--undo",)):
        busy = portal("done", "acme.yaml", "report_trend", "-c", "portal", "--state-dir", "kept", *more)
        assert (busy.code, busy.out) == (5, "")
        assert busy.err.startswith(
            f"Error: The org is busy: another provisioner of this machine (process {processes.this().pid}, "
            "run their-run, since "
        )
        assert busy.err.endswith(
            "). Nothing was changed.\n"
            "  What to do: Wait until it has ended and run the same command again, or give --wait.\n"
        )
    assert portal.states()["report_trend"] == ("open", None)
    lock.release(tmp_path / "kept", key, "their-run")
    ticked = portal("done", "acme.yaml", "report_trend", "-c", "portal", "--state-dir", "kept", "--by", "Ana")
    assert ticked.code == 0, ticked.err
    assert list((tmp_path / "kept" / "locks").iterdir()) == []
    assert portal.states()["report_trend"] == ("done", "Ana")


def test_what_done_refuses(portal: Portal) -> None:
    def told(*arguments: str) -> tuple[int, str]:
        result = portal("done", "acme.yaml", *arguments, "-c", "portal")
        return result.code, result.err

    # Nothing is applied yet: what a report shows is not there.
    code, err = told("report_trend")
    assert (code, "relies on Property:contacts.stl_" in err) == (5, True)
    assert portal("done", "acme.yaml", "-c", "portal").code == 0
    assert told("reports_dashboard") == (
        1,
        "Error: Nothing of 'acme-speed-to-lead' is in this portal yet, "
        "so ManualStep:reports_dashboard cannot be done.\n"
        "  What to do: Apply the design first, then do the step.\n",
    )
    assert told("report_trned") == (
        2,
        "Error: This design has no step 'report_trned' to be done by hand. Did you mean 'report_trend'?\n"
        f"  What to do: Its steps: {', '.join(STEPS)}.\n",
    )
    assert told("--undo")[0] == 2
    assert told("report_trend", "--by", "  ") == (
        2,
        "Error: --by needs a name of at most 80 characters that can all be seen.\n",
    )
    assert told("report_trend", "--by", "Ana\x1b[2J")[0] == 2
