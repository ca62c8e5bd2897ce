"""Laws: of marks in descriptions, of merged options, of formulas in order, of ids and references."""

from __future__ import annotations

import json
from typing import Any

import hs_pieces as pieces
from hypothesis import given
from hypothesis import strategies as st

from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.hubspot.marker import LONGEST, Mark, mark, unmark
from provisioner.targets.hubspot.resolve import Directory, Owner, references, resolve
from provisioner.targets.hubspot.session import ledger
from provisioner.targets.hubspot.session.bodies import merged_options
from provisioner.targets.hubspot.session.ledger import Entry
from provisioner.targets.hubspot.session.properties import in_levels
from provisioner.targets.hubspot.session.state import symbolic

WORDS = st.from_regex(r"[a-z][a-z0-9_-]{0,20}", fullmatch=True)
FINGERPRINTS = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
MARKS = st.builds(Mark, WORDS, WORDS, st.builds(Address, WORDS, WORDS), FINGERPRINTS)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


@given(TEXTS, MARKS)
def test_a_mark_comes_back_with_its_text(text: str, note: Mark) -> None:
    text = text.rstrip()
    before = unmark(text)[0]
    assert unmark(mark(text, note)) == (before, note)


@given(TEXTS, MARKS, MARKS)
def test_the_last_mark_is_the_only_one(text: str, first: Mark, second: Mark) -> None:
    once = mark(text, second)
    assert unmark(mark(mark(text, first), second)) == unmark(once)


@given(st.text(max_size=3000), MARKS)
def test_a_description_never_outgrows_its_limit(text: str, note: Mark) -> None:
    written = mark(text, note)
    assert len(written) <= LONGEST
    assert unmark(written)[1] == note


def test_what_only_looks_like_a_mark_is_text() -> None:
    for text in ("", "[provisioner:x]", "[provisioner:a:b Flow 00]", f"[provisioner:a:b noaddress {'0' * 64}]", "x ]"):
        assert unmark(text) == (text, None)
    assert unmark(None) == ("", None)


OPTIONS = st.lists(st.builds(lambda value: {"label": value, "value": value, "hidden": False}, WORDS),
                   unique_by=lambda option: option["value"], max_size=8)  # fmt: skip


@given(OPTIONS, OPTIONS)
def test_merging_options_keeps_ours_in_order_and_loses_none(ours: list[Any], live: list[Any]) -> None:
    merged = [option["value"] for option in merged_options(ours, live)]
    wanted = [option["value"] for option in ours]
    assert merged[: len(wanted)] == wanted
    assert set(merged) == {*wanted, *(option["value"] for option in live)}
    assert len(set(merged)) == len(merged)
    assert [option["value"] for option in merged_options(ours, merged_options(ours, live))] == merged


@given(st.permutations(range(6)))
def test_formulas_come_after_what_they_use(order: list[int]) -> None:
    chain = [pieces.formula(f"stl_f{n}", f"stl_f{n - 1} + 1" if n else "stl_x + 1") for n in range(6)]
    levels = in_levels(chain[n] for n in order)
    assert [[item.address.name for item in level] for level in levels] == [[f"contacts.stl_f{n}"] for n in range(6)]


def test_formulas_in_a_circle_are_left_to_hubspots_judgement() -> None:
    circle = [pieces.formula("stl_a", "stl_b + 1"), pieces.formula("stl_b", "stl_a + 1")]
    assert in_levels(circle) == [circle]


ENTRIES = st.dictionaries(
    st.builds(Address, WORDS, TEXTS.filter(bool)), st.tuples(st.one_of(st.just(""), FINGERPRINTS), TEXTS), max_size=6
)


@given(ENTRIES)
def test_a_ledger_reads_back_as_it_was_written(found: dict[Address, tuple[str, str]]) -> None:
    entries = {address: Entry(address, fp, id="7", name=name) for address, (fp, name) in found.items()}
    meta = {"plan": "p", "applied_at": "t", "applied_by": "ada", "tool": "1"}
    written = json.loads(json.dumps(ledger.encode("acme", entries, meta)))
    record = ledger.decode(written, "stl_ledger")
    assert (record.exists, record.design, dict(record.entries), dict(record.meta)) == (True, "acme", entries, meta)


def test_resolving_twice_changes_nothing() -> None:
    directory = Directory((Owner("1", "ada@acme.example", "Ada", "2", False),))
    flow = pieces.flow(user_ids=[{"$ref": "user:ada@acme.example"}], lists=[{"$ref": "list:running", "as": "integer"}])
    once = resolve(Snapshot.of([flow, pieces.segment()]), directory)
    assert once.resources[flow.address].attributes["user_ids"] == ["2"]
    assert once.resources[flow.address].attributes["lists"] == [{"$ref": "list:running"}]
    assert resolve(once, Directory()) == once
    assert {str(item) for item in references(once)} == {"list:running"}


def test_ids_of_our_own_become_references_where_ids_stand() -> None:
    names = {("List", "7"): "list:running", ("Flow", "7"): "flow:stamp"}
    live = {"suppressionListIds": [7, 8], "actions": [{"fields": {"flow_id": "7", "listId": "7", "delta": "7"}}]}
    assert symbolic(live, names) == {
        "suppressionListIds": [{"$ref": "list:running"}, 8],
        "actions": [{"fields": {"flow_id": {"$ref": "flow:stamp"}, "listId": {"$ref": "list:running"}, "delta": "7"}}],
    }


def test_numbers_are_asked_for_by_name() -> None:
    directory = Directory((Owner("41", "ada@acme.example", "Ada", "2", False),))
    wanted = Resource(Address("Flow", "x"), {"id": {"$ref": "owner:ada@acme.example", "as": "integer"}})
    assert resolve(Snapshot.of([wanted]), directory).resources[wanted.address].attributes == {"id": 41}
