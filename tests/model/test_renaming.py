from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from provisioner.document import loads
from provisioner.model.compile import compile_design
from provisioner.model.design import Design
from provisioner.model.explain import explain
from provisioner.model.renaming import Rename, before, renames
from provisioner.model.rewording import rewordings

TEXT = (Path(__file__).parents[2] / "examples" / "starter-salesforce.yaml").read_text(encoding="utf-8")


def design(text: str = TEXT) -> Design:
    found, findings = compile_design(loads(text), today=date(2026, 3, 2))
    assert found is not None and not [item for item in findings if item.severity == "error"]
    return found


@pytest.mark.parametrize(
    ("section", "id"),
    [
        ("lead_types", "content_mql"),  # what unmatched leads are tracked as
        ("escalation", "urgent"),
        ("recipients", "manager"),
        ("business_hours", "us"),
        ("exclusions", "internal"),
    ],
)
def test_a_rename_backwards_and_forwards_is_the_same_design(section: str, id: str) -> None:
    """Written out, nothing but the id moves, and it moves everywhere."""
    now = design()
    then = before(now, Rename(section, "former", id))
    assert before(then, Rename(section, id, "former")) == now
    assert str(explain(then)) != str(explain(now))
    assert not [line for line in _texts(explain(then)) if line == id]


def _texts(data: Any) -> list[str]:
    if isinstance(data, dict):
        return [*data, *(text for value in data.values() for text in _texts(value))]
    return [text for item in data for text in _texts(item)] if isinstance(data, list) else [str(data)]


def test_every_former_id_is_one_rename() -> None:
    text = TEXT.replace("id: demo_request", "id: demo_request\n    was: [trial, pricing]")
    text = text.replace("id: internal", "was: ours, id: internal")
    assert list(renames(design(text))) == [
        Rename("lead_types", "trial", "demo_request"),
        Rename("lead_types", "pricing", "demo_request"),
        Rename("exclusions", "ours", "internal"),
    ]
    assert replace(design(text), was={}).was == {}


@pytest.mark.parametrize(
    ("written", "old", "new", "expected"),
    [
        ("5m", "5", "30", "30m"),
        ("5m", 5, 90, "90m"),
        ("1h", "60", "120", "2h"),
        ("5m", 300, 1800, "30m"),  # seconds
        ("5m", 300_000, 3_600_000, "1h"),  # milliseconds
        ("2bd", "2", "3", "3bd"),
        ("50%", "50", "33.5", "33.5%"),
        ("due + 2h", "120", "180", "due + 3h"),
        ("due + 1bd", "1", "2", "due + 2bd"),
        ("08:00-18:00", "18:00:00.000Z", "17:30:00.000Z", "08:00-17:30"),
        ("Demo request", "Demo request", "Trial", "Trial"),
        ("us@acme.example", "us@acme.example", "eu@acme.example", "eu@acme.example"),
        ("true", True, False, "false"),
    ],
)
def test_the_words_of_a_design_for_what_a_crm_says(written: str, old: object, new: object, expected: str) -> None:
    assert expected in list(rewordings(written, old, new))


@pytest.mark.parametrize(
    ("written", "old", "new"),
    [
        ("5m", "6", "30"),
        ("5m", "5", "x"),
        ("business", True, False),
        ("due", None, 5),
        ("5m", "5", "-1"),
        ("a", [], [1]),
    ],
)
def test_what_means_something_else_is_left_alone(written: str, old: object, new: object) -> None:
    assert [text for text in rewordings(written, old, new) if text.endswith("m")] == []
