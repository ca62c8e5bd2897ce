"""A design is held against the HubSpot account before anything is planned: commands and emulator, nothing between."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from desk import Result
from launching.orgs import new_org

from provisioner import assets
from provisioner.cli.app import run
from provisioner.cli.demonstration.process import EmulatorProcess

OPTIONS = ("demo_request", "pricing_page", "contact_form", "webinar", "trade_show", "content_download")
LISTED = [{"label": text, "value": text, "displayOrder": place, "hidden": False} for place, text in enumerate(OPTIONS)]
PROPERTIES = [
    {"name": "enquiry_type", "label": "E", "type": "enumeration", "fieldType": "select", "options": LISTED},
    {"name": "enquiry_country", "label": "C", "type": "string", "fieldType": "text"},
    {"name": "company_employees", "label": "N", "type": "number", "fieldType": "number"},
]


class Account:
    """An emulated account that fits the example design, and the command line in front of it."""

    def __init__(self, process: EmulatorProcess, capture: pytest.CaptureFixture[str]) -> None:
        self._process, self._capture = process, capture
        owners = [{"email": f"{name}@acme.example"} for name in ("ana", "qa", "integration")]
        planted = self.call("POST", "/_emulator/seed", {"teams": [{"name": "SDR Backup"}], "owners": owners})
        self.ana = planted["owners"][0]["id"]
        self.call("POST", "/_emulator/settings", {"timezone": "US/Eastern"})
        for body in PROPERTIES:
            self.call("POST", "/crm/v3/properties/contacts", body | {"groupName": "contactinformation"})

    def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self._process.access_token}"}
        answer = requests.request(method, self._process.url + path, json=body, headers=headers, timeout=30)
        assert answer.status_code < 400, answer.text
        return answer.json()

    def __call__(self, *words: str) -> Result:
        self._capture.readouterr()
        code = run([*words, "-c", "account"])
        captured = self._capture.readouterr()
        return Result(code, captured.out, captured.err)

    def refused(self) -> list[str]:
        """What `plan` and `apply` have against the design, without advice; neither gets as far as the account."""
        before = self.call("GET", "/crm/v3/properties/contacts")
        said = [self("plan", "acme.yaml"), self("apply", "acme.yaml", "--yes")]
        assert [result.code for result in said] == [2, 2]
        assert self.call("GET", "/crm/v3/properties/contacts") == before
        found = [[line for line in result.err.splitlines() if ": error " in line] for result in said]
        assert found[0] == found[1]
        return found[0]


def edit(*pairs: tuple[str, str]) -> None:
    design = Path("acme.yaml")
    text = design.read_text(encoding="utf-8")
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    design.write_text(text, encoding="utf-8")


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Account:
    example = assets.path("examples", "acme-hubspot.yaml").read_text(encoding="utf-8")
    (tmp_path / "acme.yaml").write_text(example, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nobody"))
    process = new_org("hubspot", "2026-03-02T15:00:00Z")
    monkeypatch.setenv("ACCOUNT_TOKEN", process.access_token)
    connection = f'[connections.account]\nplatform = "hubspot"\ninstance_url = "{process.url}"\n'
    text = connection + 'access_token = {env = "ACCOUNT_TOKEN"}\n'
    (tmp_path / "provisioner.toml").write_text(text, encoding="utf-8")
    return Account(process, capsys)


def test_the_same_clock_under_another_name_fits_and_nothing_is_left_to_a_person(account: Account) -> None:
    planned = account("plan", "acme.yaml", "--json")
    assert planned.code == 0, planned.err
    notices = json.loads(planned.out)["notices"]
    assert [item for item in notices if ": H32" in item] == []
    applied = account("apply", "acme.yaml", "--yes")
    assert applied.code == 0, applied.err
    assert "by hand" not in applied.out


def test_another_time_zone_is_refused_where_it_stands(account: Account) -> None:
    account.call("POST", "/_emulator/settings", {"timezone": "Europe/London"})
    assert account.refused() == ["acme.yaml:13:13: error H325: The account has another time zone"]
    err = account("plan", "acme.yaml").err
    assert "The account's time zone is Europe/London, and not America/New_York: opening hours" in err
    assert "Correct target.timezone: write timezone: Europe/London." in err


def test_a_plan_knows_the_time_zone_it_was_made_for(account: Account) -> None:
    assert account("plan", "acme.yaml", "--out", "acme.plan.json").code == 0
    assert json.loads(Path("acme.plan.json").read_text(encoding="utf-8"))["org"]["time_zone"] == "US/Eastern"
    account.call("POST", "/_emulator/settings", {"timezone": "Europe/London"})
    late = account("apply", "acme.plan.json", "--yes")
    assert late.code == 5
    assert "was US/Eastern when this plan was made, and is Europe/London now." in late.err


def test_properties_that_are_not_there_or_of_another_kind(account: Account) -> None:
    edit(
        ("    company_employees: number\n", "    company_employees: text\n    enquiry_sauce: text\n"),
        ("{company_employees: {gte: 1000}}", "{num_notes: {gte: 1000}}"),
        ("engagement: [recent_conversion_date, createdate]", "engagement: [form_at, email, createdate]"),
    )
    assert account.refused() == [
        "acme.yaml:17:24: error H321: Property of another kind",
        "acme.yaml:18:5: error H320: Not a property of this account",
        "acme.yaml:21:16: error H320: Not a property of this account",
        "acme.yaml:21:25: error H321: Property of another kind",
    ]


def test_the_label_of_an_option_is_not_its_value(account: Account) -> None:
    edit(("[webinar, trade_show]", "[webinar, trade_shwo]"))
    notices = json.loads(account("plan", "acme.yaml", "--json").out)["notices"]
    (said,) = [item for item in notices if "trade_shwo" in item]
    assert said == (
        "acme.yaml:63:26: H322: 'trade_shwo' is no option of the property enquiry_type in this account. Did you mean "
        "'trade_show'? It offers 6 values; the nearest: 'trade_show', 'demo_request', 'content_download'. No lead "
        "matches a value that nothing sets."
    )


def test_everybody_who_is_told_is_of_the_account(account: Account) -> None:
    edit(("silent_to: qa@acme", "silent_to: qualm@acme"))
    assert account.refused() == ["acme.yaml:95:14: error H323: Nobody of this account"]
    edit(("mode: silent", "mode: live"))
    Path("acme.yaml").write_text(
        Path("acme.yaml").read_text(encoding="utf-8")
        + "enablement: {sales_trained_on: 2026-01-05, leadership_trained_on: 2026-01-05}\n",
        encoding="utf-8",
    )
    found = account.refused()
    assert found == [
        "acme.yaml:89:52: error H323: Nobody of this account",
        "acme.yaml:90:15: error H323: Nobody of this account",
    ]
    assert "'cro@acme.example': no owner has this email" in account("plan", "acme.yaml").err


def test_the_systems_delay_is_known_before_the_first_touch(account: Account) -> None:
    assert account("apply", "acme.yaml", "--yes").code == 0
    values = {"email": "x@client.example", "enquiry_type": "demo_request"}
    id = account.call("POST", "/crm/v3/objects/contacts", {"properties": values, "associations": []})["id"]
    account.call("POST", "/_emulator/clock", {"advance": "PT10M"})
    path = f"/crm/v3/objects/contacts/{id}"
    names = "?properties=stl_systems_delay_minutes,stl_first_touch_at,stl_engaged_at,stl_assigned_at"
    assert not account.call("GET", path + names)["properties"].get("stl_systems_delay_minutes")
    account.call("PATCH", path, {"properties": {"hubspot_owner_id": account.ana}})
    account.call("POST", "/_emulator/clock", {"advance": "PT2M"})
    seen = account.call("GET", path + names)["properties"]
    assert not seen.get("stl_first_touch_at")
    assert float(seen["stl_systems_delay_minutes"]) == pytest.approx(10, abs=0.1)
