"""Whose clock an audit goes by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from provisioner.cli.audit import now_there

OURS = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


@dataclass
class Session:
    at: datetime | None

    def told_at(self) -> datetime | None:
        return self.at


class Console:
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def there(session: Any) -> tuple[datetime, list[str]]:
    console = Console()
    reached: Any = SimpleNamespace(session=session, org={"name": "Acme"})
    spoken: Any = console
    return now_there(reached, OURS, spoken), console.notes


@pytest.mark.parametrize("seconds", [-60, -1, 0, 1, 60])
def test_a_minute_is_no_difference(seconds: int) -> None:
    assert there(Session(OURS + timedelta(seconds=seconds))) == (OURS, [])


@pytest.mark.parametrize("session", [Session(None), object()])
def test_where_the_crm_tells_no_time_ours_counts(session: object) -> None:
    assert there(session) == (OURS, [])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (timedelta(minutes=2), "This machine's clock is 2 min ahead of that of Acme: audited as of "),
        (timedelta(hours=3, minutes=5), "This machine's clock is 3 h 5 min ahead of that of Acme: audited as of "),
        (timedelta(days=1), "This machine's clock is 1 day ahead of that of Acme: audited as of "),
        (timedelta(days=-40, hours=1), "This machine's clock is 39 days behind that of Acme: audited as of "),
    ],
)
def test_where_the_clocks_differ_the_crms_counts_and_it_is_said(wrong: timedelta, said: str) -> None:
    told = OURS - wrong
    assert there(Session(told)) == (told, [f"{said}{told:%Y-%m-%dT%H:%M:%SZ}."])
