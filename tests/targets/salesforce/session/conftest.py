from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from scripted_org import TOKEN, ScriptedOrg

from provisioner.connections import Connection
from provisioner.secrets import Secret
from provisioner.targets.salesforce.session import SalesforceSession, connect
from provisioner.targets.salesforce.session.pace import Pace


class VirtualTime:
    """Sleeping moves this clock and takes no time."""

    def __init__(self) -> None:
        self.at = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def now(self) -> float:
        return self.at


@pytest.fixture
def org() -> Iterator[ScriptedOrg]:
    org = ScriptedOrg()
    yield org
    org.close()


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


Opened = Callable[..., SalesforceSession]


@pytest.fixture
def opened(org: ScriptedOrg, time: VirtualTime) -> Iterator[Opened]:
    """Makes sessions to the scripted org; closes them afterwards."""
    made: list[SalesforceSession] = []

    def make(auth: dict[str, Any] | None = None, **more: Any) -> SalesforceSession:
        settings: dict[str, Any] = {"instance_url": org.url, "timeout_seconds": 5.0} | more
        chosen = auth or {"method": "access_token", "access_token": Secret(TOKEN)}
        pace = Pace(sleep=time.sleep, now=time.now, jitter=lambda: 1.0)
        made.append(connect(Connection("acme", "salesforce", chosen, **settings), pace))
        return made[-1]

    yield make
    for session in made:
        session.close()


@pytest.fixture
def session(opened: Opened) -> SalesforceSession:
    return opened()


@pytest.fixture(scope="session")
def metadata_schema() -> Any:
    """The XSD inside the vendor's contract, as reference/salesforce.md 0.2 builds it. Skips where it is not at hand."""
    from copy import deepcopy
    from pathlib import Path

    from lxml import etree

    xsd, roots = "{http://www.w3.org/2001/XMLSchema}", ("StaticResource", "Package")
    path = Path(__file__).parents[5] / "shared" / "contracts" / "salesforce" / "metadata-66.wsdl"
    if not path.exists():
        pytest.skip("the vendor's contract files are not beside this checkout")
    source = etree.parse(str(path)).find(f".//{xsd}schema")
    namespaces = {"xsd": xsd.strip("{}"), "tns": "http://soap.sforce.com/2006/04/metadata"}
    schema = etree.Element(f"{xsd}schema", nsmap=namespaces)
    schema.attrib.update(source.attrib)
    schema.extend(deepcopy(child) for child in source)
    present = {element.get("name") for element in schema.findall(f"{xsd}element")}
    for name in roots:
        if name not in present:
            etree.SubElement(schema, f"{xsd}element", name=name, type=f"tns:{name}")
    return etree.XMLSchema(etree.ElementTree(schema))
