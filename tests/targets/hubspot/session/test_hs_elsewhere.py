"""Other prefixes in the portal are told by marks and by ledgers, whatever their capitals."""

from __future__ import annotations

from typing import Any

from provisioner.resources import Address
from provisioner.targets.hubspot.marker import Mark, mark
from provisioner.targets.hubspot.session import ledger
from provisioner.targets.hubspot.session.elsewhere import elsewhere
from provisioner.targets.hubspot.session.ledger import Entry


def marked(name: str, prefix: str, design: str) -> dict[str, Any]:
    note = Mark(design, prefix, Address("Property", f"contacts.{name}"), "0" * 64)
    return {"name": name, "description": mark("A moment.", note)}


def remembered(design: str) -> dict[str, Any]:
    entry = Entry(Address("List", "running"), "0" * 64)
    return ledger.encode(design, {entry.address: entry}, {})


def test_what_carries_another_prefix_is_told() -> None:
    properties = {
        "contacts": {
            "stl_a": marked("stl_a", "STL", "acme"),
            "old_a": marked("old_a", "OLD", "acme"),
            "old_ledger": remembered("acme"),
            "gone_ledger": remembered("acme"),  # all its properties were archived by hand
            "email": {"name": "email", "description": ""},
        },
        "leads": {"ltl_a": marked("ltl_a", "LTL", "other")},
    }
    assert elsewhere(properties, "STL") == {"LTL": "other", "OLD": "acme", "gone": "acme"}


def test_other_capitals_are_another_prefix() -> None:
    """Names would be the same and marks would not."""
    properties = {"contacts": {"stl_a": marked("stl_a", "STL", "acme"), "stl_ledger": remembered("acme")}}
    assert elsewhere(properties, "STL") == {}
    assert elsewhere(properties, "stl") == {"STL": "acme"}


def test_what_is_no_ledger_of_ours_says_nothing() -> None:
    damaged = {"description": ledger.TITLE + " {", "options": []}
    foreign = {"description": "Notes on the general ledger"}
    assert elsewhere({"contacts": {"x_ledger": damaged, "general_ledger": foreign}}, "STL") == {}
