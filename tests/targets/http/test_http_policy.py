"""The table of faults: complete, as the page shows it, and as the sessions follow it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from provisioner.targets.http.policy import HARMLESS, POLICIES, Kind, Trouble, goes_again

PAGE = Path(__file__).parents[3] / "docs" / "faults.md"
PLACE = re.compile(r"(?<=<!-- policy -->\n).*?(?=<!-- /policy -->)", re.S)


def table() -> str:
    head = ["A request that", *(trouble.value for trouble in Trouble), "Why twice does no harm", "Otherwise"]
    rows = [
        [
            kind.value,
            *("again" if trouble in policy.again else "not again" for trouble in Trouble),
            policy.twice,
            policy.otherwise,
        ]
        for kind, policy in POLICIES.items()
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)) + "\n"


def test_the_page_shows_the_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    if os.environ.get("UPDATE_DOCS"):
        text = PLACE.sub(lambda _: table(), text)
        PAGE.write_text(text, encoding="utf-8")
    assert PLACE.findall(text) == [table()]


def test_every_kind_has_a_policy() -> None:
    assert list(POLICIES) == list(Kind)


@given(some.sampled_from(Kind), some.sampled_from(Trouble))
def test_only_what_does_no_harm_twice_is_repeated_in_doubt(kind: Kind, trouble: Trouble) -> None:
    if kind in (Kind.MAKE, Kind.SUBMIT) and trouble not in HARMLESS:
        assert not goes_again(kind, trouble)
    if kind in (Kind.LOOK, Kind.SET):
        assert goes_again(kind, trouble)


@pytest.mark.parametrize("trouble", Trouble)
def test_a_login_is_asked_for_once(trouble: Trouble) -> None:
    assert not goes_again(Kind.SIGN_IN, trouble)
