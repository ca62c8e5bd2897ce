"""The registry of rules, the guard around a rule that crashes, and the page that is printed from it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.diagnostics import Diagnostic, Location
from provisioner.document.faults import FAULTS
from provisioner.model.compile import RULES
from provisioner.rules import Finding, Registry, reference
from provisioner.targets.hubspot.limits import RULES as HUBSPOT
from provisioner.targets.salesforce.limits import RULES as SALESFORCE

HERE = Location("d.yaml", 1, 1)


def test_a_rule_that_crashes_is_named_and_the_others_still_run() -> None:
    rules = Registry("D")

    @rules.rule("D101", "First")
    def first(subject: str) -> Iterator[Finding]:
        """Why."""
        yield Finding("/a", "lost with the crash", "")
        raise ZeroDivisionError("in the middle")

    @rules.rule("D102", "Second", severity="warning")
    def second(subject: str) -> Iterator[Finding]:
        """Why."""
        yield Finding("/a", f"saw {subject}", "do this")
        yield Finding("/b", "and this", "do that", "info")

    assert rules.run("it", lambda pointer: Location("d.yaml", 1, len(pointer))) == [
        Diagnostic(
            "D999",
            "error",
            "A rule of provisioner crashed",
            'Rule D101 ("First") stopped with ZeroDivisionError: in the middle. '
            "What it checks is unknown for this design.",
            "This is a mistake in provisioner, not in the design; please report it with this text.",
            Location("d.yaml", 1, 0),
        ),
        Diagnostic("D102", "warning", "Second", "saw it", "do this", Location("d.yaml", 1, 2), "/a"),
        Diagnostic("D102", "info", "Second", "and this", "do that", Location("d.yaml", 1, 2), "/b"),
    ]


def test_codes_are_unique_belong_to_the_room_and_have_a_reason() -> None:
    rules = Registry("S")
    rules.declare("S201", "Title", "Reason.")
    with pytest.raises(ValueError, match="S201 is taken"):
        rules.declare("S201", "Other", "Reason.")
    with pytest.raises(ValueError, match="does not begin with S"):
        rules.declare("D201", "Other", "Reason.")
    with pytest.raises(ValueError, match="S202 gives no reason"):
        rules.rule("S202", "No docstring")(lambda subject: ())
    assert [rule.code for rule in rules] == ["S201", "S999"]
    assert rules["S201"].diagnostic(Finding("", "d", "a"), lambda _: HERE) == Diagnostic(
        "S201", "error", "Title", "d", "a", HERE
    )


def test_the_page_refuses_a_code_twice() -> None:
    with pytest.raises(ValueError, match="share a code"):
        reference([*FAULTS, *FAULTS])


def test_the_page_of_the_rules_is_not_stale() -> None:
    """`UPDATE_DOCS=1` writes it: the rules of the document, of the design, and of every target."""
    page = Path(__file__).parents[2] / "docs" / "rules.md"
    fresh = reference([*FAULTS, *RULES, *SALESFORCE, *HUBSPOT])
    if os.environ.get("UPDATE_DOCS"):
        page.write_text(fresh, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == fresh
