from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree
from scripted_org import Answer, ScriptedOrg, said

from provisioner.errors import TargetError
from provisioner.resources import Address
from provisioner.targets.base import Ledger
from provisioner.targets.salesforce.session import SalesforceSession, ledger
from provisioner.targets.salesforce.session.ledger import Found, Saved

PRINT = "ab" * 32
# Whatever a design can name, what joins and spaces letters unseen included.
NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=20)
LEDGERS = st.builds(
    Ledger,
    design=NAMES,
    fingerprints=st.dictionaries(
        st.builds(Address, NAMES.filter(lambda name: ":" not in name), NAMES),
        st.text("0123456789abcdef", min_size=64, max_size=64),
    ),
    meta=st.fixed_dictionaries({key: st.text(max_size=9) for key in ("plan", "applied_at", "applied_by", "tool")}),
)


@given(LEDGERS)
@example(
    Ledger(
        "acme", {Address("Holiday", "STL us 2026-12-23 Fête\u00a0👩\u200d👧"): PRINT}, dict.fromkeys(ledger.META, "")
    )
)
def test_what_is_written_is_what_is_read(written: Ledger) -> None:
    read = ledger.decode(ledger.encode(written), "STL_Ledger").ledger
    assert (read.design, read.fingerprints, read.meta) == (written.design, written.fingerprints, written.meta)


def test_the_bytes_are_fixed() -> None:
    found = ledger.encode(
        Ledger(
            "acme",
            {Address("Flow", "B"): PRINT, Address("CustomField", "Lead.Ä__c"): PRINT},
            {"plan": "p1", "tool": "1.0"},
        )
    )
    assert json.loads(found) == {
        "format": 1,
        "design": "acme",
        "plan": "p1",
        "applied_at": "",
        "applied_by": "",
        "tool": "1.0",
        "resources": {"CustomField:Lead.Ä__c": PRINT, "Flow:B": PRINT},
    }
    assert found.splitlines()[:2] == [b"{", b' "applied_at": "",']


DAMAGE = "The ledger (static resource STL_Ledger) is damaged: "


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is not JSON."),
        (b"\xff\xfe\x00", "it is not JSON."),
        (b"[" * 100000, "it is not JSON."),
        (b"[]", "it is not an object."),
        (b'{"format": 2}', "its format is 2, this version of provisioner reads 1."),
        (b'{"format": 1}', "it names no design."),
        (b'{"format": 1, "design": "a"}', "it lists no resources."),
        (
            b'{"format": 1, "design": "a", "resources": {"Flow:X": 5}}',
            "its entry 'Flow:X' is not an address with a fingerprint.",
        ),
        (
            b'{"format": 1, "design": "a", "resources": {"Flow:X": "abc"}}',
            "its entry 'Flow:X' is not an address with a fingerprint.",
        ),
        (
            json.dumps({"format": 1, "design": "a", "resources": {"Flow": PRINT}}).encode(),
            "'Flow' is not an address (expected KIND:NAME).",
        ),
        (
            json.dumps({"format": 1, "design": "a", "resources": {"Flow:a\u001b[2J": PRINT}}).encode(),
            "its entry 'Flow:a\\x1b[2J' is not an address with a fingerprint.",
        ),
    ],
)
def test_garbage_is_damage_never_emptiness(content: bytes, message: str) -> None:
    with pytest.raises(TargetError) as caught:
        ledger.decode(content, "STL_Ledger")
    assert str(caught.value) == DAMAGE + message
    assert "Restore the static resource" in caught.value.advice


def test_reading_takes_two_requests(org: ScriptedOrg, session: SalesforceSession) -> None:
    assert session.rest.version == "66.0"
    org.static["STL_Ledger"] = ledger.encode(Ledger("acme", {Address("Flow", "X"): PRINT}))
    before = session.api_calls
    assert ledger.read(session.rest, "STL").ledger.fingerprints == {Address("Flow", "X"): PRINT}
    assert session.api_calls - before == 2
    assert org.requests[-2].soql == (
        "SELECT Id, Name, Description, CreatedDate, LastModifiedDate, LastModifiedBy.Name, LastModifiedBy.Username "
        "FROM StaticResource WHERE Name LIKE '%_Ledger'"
    )
    assert org.requests[-1].path == "/services/data/v66.0/sobjects/StaticResource/081000000000001AAA/Body"


def test_no_ledger_yet(org: ScriptedOrg, session: SalesforceSession) -> None:
    assert ledger.read(session.rest, "STL") == Found(Ledger(), {}, Saved(), {})


def test_other_ledgers_say_whose_they_are(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.static = dict.fromkeys(("OLD_Ledger", "Their_Ledger", "GeneralLedger", "A_B_Ledger", "Odd_Ledger"), b"")
    _, meta = ledger.artifacts("OLD_Ledger", Ledger("acme", {}))
    said_of_itself = etree.fromstring(meta.content).findtext("{*}description")
    org.described = {
        "OLD_Ledger": str(said_of_itself),
        "A_B_Ledger": "What provisioner applied to this org (design other-one). Do not edit.",
        "GeneralLedger": "What provisioner applied to this org (design acme). Do not edit.",
        "Their_Ledger": "Bookkeeping (design acme).",
    }
    assert ledger.read(session.rest, "STL") == Found(Ledger(), {"A_B": "other-one", "OLD": "acme"})


def test_two_ledgers(org: ScriptedOrg, session: SalesforceSession) -> None:
    rows = [{"Id": f"08100000000000{number}AAA", "Name": "STL_Ledger"} for number in (1, 2)]
    org.on("GET /services/data/v66.0/query", said({"done": True, "records": rows}))
    with pytest.raises(TargetError, match=r"^The org has 2 static resources called STL_Ledger; it is not known"):
        ledger.read(session.rest, "STL")


def test_a_prefix_that_differs_in_capitals_only(org: ScriptedOrg, session: SalesforceSession) -> None:
    rows = [{"Id": "081000000000001AAA", "Name": "STL_Ledger"}]
    org.on("GET /services/data/v66.0/query", said({"done": True, "records": rows}))
    with pytest.raises(TargetError) as caught:
        ledger.read(session.rest, "Stl")
    assert (caught.value.message, caught.value.advice) == (
        "The org has a ledger called STL_Ledger, and this design's would be Stl_Ledger: Salesforce takes both for one.",
        "Write target.prefix as STL, or choose a different one. Nothing was changed.",
    )


def test_an_id_that_would_leave_the_path(org: ScriptedOrg, session: SalesforceSession) -> None:
    rows = [{"Id": "../../../Account/001", "Name": "STL_Ledger"}]
    org.on("GET /services/data/v66.0/query", said({"done": True, "records": rows}))
    with pytest.raises(TargetError, match=r"not a record id \(static resource\)"):
        ledger.read(session.rest, "STL")


def test_a_page_instead_of_the_ledger(org: ScriptedOrg, session: SalesforceSession) -> None:
    org.static["STL_Ledger"] = b""
    org.on("GET /services/data/v66.0/sobjects/StaticResource", Answer(200, b"<html>hi</html>"))
    with pytest.raises(TargetError, match="is damaged: it is not JSON"):
        ledger.read(session.rest, "STL")


@pytest.mark.parametrize("prefix", ["", "1A", "A' OR Name != '", "A__B", "A/../B", "A_"])
def test_prefixes_that_are_none(prefix: str) -> None:
    with pytest.raises(TargetError, match="cannot begin the name of a Salesforce component"):
        ledger.resource_name(prefix)


def test_the_files_of_the_static_resource(metadata_schema: Any) -> None:
    content, meta = ledger.artifacts("STL_Ledger", Ledger("acme", {}))
    assert (content.path, meta.path) == (
        "staticresources/STL_Ledger.resource",
        "staticresources/STL_Ledger.resource-meta.xml",
    )
    root = etree.fromstring(meta.content)
    assert {etree.QName(child).localname: child.text for child in root if child.tag.endswith(("l", "e"))} == {
        "cacheControl": "Private",
        "contentType": "application/json",
    }
    # `content` is required by the type; in a file it lives beside the XML.
    etree.SubElement(root, etree.QName(root).namespace.join("{}") + "content").text = ""
    body = root.find("{*}content")
    root.remove(body)
    root.insert(0, body)
    metadata_schema.assertValid(root)
