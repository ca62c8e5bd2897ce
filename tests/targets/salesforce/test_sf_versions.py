"""`target.api_version`: flows and Apex are written for it, and what it lacks is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from contract import CURRENT, OLDER, problems, schema
from lxml import etree

from provisioner import assets
from provisioner.document import loads
from provisioner.model.compile import compile_design
from provisioner.model.design import Design
from provisioner.targets.salesforce import target
from provisioner.targets.salesforce.package import artifacts

HEAD = "{http://soap.sforce.com/2006/04/metadata}"
MAILING = {"flows/STL_Lead_Timers.flow", "flows/STL_Lead_After_Hours.flow"}


def example(version: str | None) -> tuple[Design, Any]:
    text = assets.read_text("examples", "acme-salesforce.yaml")
    if version is not None:
        text = text.replace("  object: Lead\n", f'  object: Lead\n  api_version: "{version}"\n', 1)
    document = loads(text, "acme.yaml")
    design, found = compile_design(document, today=date(2026, 3, 1))
    assert design is not None, found
    return design, document.locate


def files(version: str | None) -> dict[str, bytes]:
    snapshot, found = target.desire(*example(version))
    assert not [item for item in found if item.severity == "error"], found
    return {file.path: file.content for file in target.artifacts(snapshot)}


def said(content: bytes, word: str) -> str | None:
    return etree.fromstring(content).findtext(f"{HEAD}{word}")


@pytest.mark.parametrize("version", ["63.0", "64.0", "65.0", "66.0"])
def test_every_file_is_written_for_the_version(version: str) -> None:
    found = files(version)
    mails = min(version, "64.0")
    versions = {path: said(content, "apiVersion") for path, content in found.items() if path.endswith(".flow")}
    assert versions == {path: mails if path in MAILING else version for path in versions}
    assert len(versions) > len(MAILING)
    code = [content for path, content in found.items() if path.endswith((".cls-meta.xml", ".trigger-meta.xml"))]
    assert [said(content, "apiVersion") for content in code] == [version] * 3
    assert said(found["package.xml"], "version") == version


@pytest.mark.parametrize(("version", "wsdl"), [("63.0", OLDER), ("66.0", CURRENT)])
def test_the_vendors_schema_of_that_version_takes_them(version: str, wsdl: Any) -> None:
    if not wsdl.exists():
        pytest.skip("the vendor's contract files are not beside this checkout")
    assert problems(schema(wsdl), files(version)) == []


def test_without_one_it_is_the_newest() -> None:
    assert files(None) == files("66.0")


@pytest.mark.parametrize("version", ["63.0", "64.0", "65.0", "66.0"])
def test_the_action_that_sends_email_keeps_the_names_it_knows(version: str) -> None:
    """From 65.0 on it takes other names; a flow that uses it stays on the last version that is known to take ours."""
    for path in MAILING:
        flow = etree.fromstring(files(version)[path])
        names = {
            given.findtext(f"{HEAD}name")
            for action in flow.iter(f"{HEAD}actionCalls")
            if action.findtext(f"{HEAD}actionType") == "emailSimple"
            for given in action.iter(f"{HEAD}inputParameters")
        }
        assert names == {"emailAddresses", "emailSubject", "emailBody", "senderType", "sendRichBody"}
        assert float(said(files(version)[path], "apiVersion") or 0) <= 64


@pytest.mark.parametrize(
    ("version", "detail"),
    [
        ("62.0", "What is deployed was held against the schemas of 63.0 and 66.0, not of 62.0."),
        ("67.0", "67.0 came after this version of provisioner, which was written for 66.0."),
        ("100.0", "100.0 came after this version of provisioner, which was written for 66.0."),
    ],
)
def test_what_was_never_held_against_a_schema_is_refused(version: str, detail: str) -> None:
    snapshot, found = target.desire(*example(version))
    assert len(snapshot) == 0
    (finding,) = [item for item in found if item.severity == "error"]
    assert (finding.code, finding.detail) == ("S228", detail)
    assert finding.advice == "Use one of 63.0 to 66.0, or leave it out."


def test_a_part_without_flows_is_of_the_newest_version() -> None:
    snapshot, _ = target.desire(*example("63.0"))
    (only, *_) = [item for item in snapshot if item.address.kind == "CustomMetadata"]
    (package,) = [file for file in artifacts([only]) if file.path == "package.xml"]
    assert said(package.content, "version") == "66.0"
