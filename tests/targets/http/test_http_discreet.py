"""No credential leaves, whatever carries it."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from provisioner.errors import Rejected, TargetError, Unreachable
from provisioner.secrets import Secret
from provisioner.targets.http.discreet import discreet, masked, scrub
from provisioner.targets.http.reply import Reply

TOKEN = Secret("canary/to+ken")


class Quoting(Rejected):
    """An error of a vendor's room, with words of its own."""

    def __init__(self, message: str, said: str) -> None:
        super().__init__(message, problems=[(said, said)], advice=said)
        self.said = said
        self.status = 400


@pytest.mark.parametrize("spelled", ["canary/to+ken", quote("canary/to+ken"), quote("canary/to+ken", safe="")])
def test_all_that_an_error_carries_is_scrubbed(spelled: str) -> None:
    with pytest.raises(Quoting) as caught, discreet(lambda: [TOKEN]):
        raise Quoting(f"you sent {spelled}", spelled)
    error = caught.value
    assert (str(error), error.message, error.advice, error.said, error.problems, error.status) == (
        "you sent (secret)", "you sent (secret)", "(secret)", "(secret)", (("(secret)", "(secret)"),), 400,
    )  # fmt: skip


def test_what_an_error_came_from_is_scrubbed() -> None:
    with pytest.raises(TargetError) as caught, discreet(lambda: [TOKEN]):
        try:
            try:
                raise Unreachable(TOKEN.reveal())
            except Unreachable:
                raise Unreachable(f"again {TOKEN.reveal()}")  # noqa: B904 - the hidden context is what is tested
        except Unreachable as cause:
            raise TargetError("it failed") from cause
    cause = caught.value.__cause__
    assert cause is not None and cause.__context__ is not None
    assert (str(cause), str(cause.__context__)) == ("again (secret)", "(secret)")


def test_secrets_are_asked_for_when_they_are_needed() -> None:
    known: list[Secret] = []
    with pytest.raises(TargetError, match=r"^\(secret\)$"), discreet(lambda: known):
        known.append(TOKEN)
        raise TargetError(TOKEN.reveal())


def test_short_secrets_do_not_eat_words() -> None:
    assert scrub("a b c", [Secret("a")]) == "a b c"


def test_an_answer_without_the_token() -> None:
    reply = masked(Reply(200, {"a": "b"}, b'"canary/to+ken"', "Acme"), TOKEN)
    assert reply == Reply(200, {"a": "b"}, b'"(token)"', "Acme")
