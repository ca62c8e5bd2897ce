"""Laws of reading and printing that a hundred examples would miss."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from metadata_packages import NS, example

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.metadata.handlers.flows import content_of
from provisioner.emulator.salesforce.metadata.packages import check

# Characters XML can hold; the carriage return is turned into a newline by every XML parser.
TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\x7f", exclude_categories=("Cc", "Cs", "Cn")), min_size=1
)
FLOW = "flows/Lead_SLA_Timers.flow"


@given(TEXT)
def test_printed_text_reads_back_trimmed(value: str) -> None:
    root = xml.new_root("Flow")
    xml.add(root, "label", value)
    body = xml.printed(root)
    assert (xml.text(xml.parse(body).root, "label") or "") == value.strip()


@given(TEXT)
def test_escaping_leaves_no_markup(value: str) -> None:
    escaped = xml.escape(value)
    assert not set("<>\"'") & set(escaped)
    read = etree.fromstring(f"<a>{escaped}</a>").text
    assert read == value


def shuffled(root: etree._Element, seed: int) -> etree._Element:
    """A copy whose kinds of children come in another order, each kind still together and in its own order."""
    out = xml.copy_of(root)
    for node in list(xml.elements(out)):
        names = list(dict.fromkeys(xml.local(child) for child in xml.kids(node)))
        random.Random(seed).shuffle(names)
        children = [child for name in names for child in xml.kids(node, name)]
        for child in children:
            node.remove(child)
        node.extend(children)
    return out


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_the_order_of_kinds_is_free(seed: int) -> None:
    root = shuffled(xml.parse(example(FLOW).encode()).root, seed)
    assert check.misshapes(root, "Flow") == []


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_normalised_flows_do_not_depend_on_that_order(seed: int) -> None:
    root = xml.parse(example(FLOW).encode()).root
    top = xml.copy_of(root)
    names = list(dict.fromkeys(xml.local(child) for child in xml.kids(top)))
    random.Random(seed).shuffle(names)
    children = [child for name in names for child in xml.kids(top, name)]
    for child in children:
        top.remove(child)
    top.extend(children)
    assert content_of(top) == content_of(root)


def test_normalising_twice_changes_nothing() -> None:
    once = content_of(xml.parse(example(FLOW).encode()).root)
    assert content_of(xml.parse(once).root) == once


def test_a_split_kind_is_a_duplicate() -> None:
    root = xml.parse(f'<Flow xmlns="{NS}"><label>x</label></Flow>'.encode()).root
    faulty = xml.copy_of(root)
    for name in ("decisions", "label", "decisions"):
        xml.add(faulty, name)
    texts = [one.text for one in check.misshapes(faulty, "Flow")]
    assert "Element decisions is duplicated at this location in type Flow" in texts
    assert "Element label is duplicated at this location in type Flow" in texts
