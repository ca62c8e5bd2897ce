"""What the page about the local CRM shows works as it is shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import requests

PAGE = Path(__file__).parents[2] / "docs" / "emulator.md"


def block(name):
    (found,) = re.findall(rf"<!-- {name} -->\n```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return json.loads(found)


def test_the_crowd_of_the_page(hub):
    seed = block("crowd")
    seed["crowds"][0]["count"] = 20_000
    (made,) = hub.door("seed", seed)["crowds"]
    assert made["count"] == 20_000
    counted = hub.door("count", {"object": "contacts", "by": ["recent_conversion_event_name"]})
    assert (counted["total"], len(counted["counts"])) == (20_000, 300)


def test_the_faults_of_the_page(hub):
    contacts = "/crm/v3/objects/contacts"
    hub.door("faults", block("faults"))
    answers = [hub.ask("GET", "/account-info/v3/details") for _ in range(4)]
    assert [(one.status_code, one.headers.get("Retry-After")) for one in answers] == [(429, "1")] * 3 + [(200, None)]
    hub.contact(firstname="Ada")
    with pytest.raises(requests.ConnectionError):
        hub.contact(firstname="Bob")
    assert hub.call("POST", f"{contacts}/search", {})["total"] == 2
    assert hub.door("faults", method="DELETE") == []


def test_every_kind_of_fault_and_every_door_is_on_the_page():
    from provisioner.emulator.faults import KINDS
    from provisioner.emulator.hubspot.assembly import assembled
    from provisioner.emulator.hubspot.control.planting import SEEDS
    from provisioner.emulator.hubspot.control.world import World

    text = PAGE.read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in text] == []
    assert [door for door in World(assembled()).extras() if f"POST {door}" not in text] == []
    assert [kind for kind in SEEDS.split() if f"`{kind}`" not in text] == []
