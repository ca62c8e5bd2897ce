"""SOAP on the wire: reading envelopes whatever their prefixes, writing answers and faults."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from provisioner.emulator.clock import iso
from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.errors import ApiError

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


@dataclass(frozen=True, slots=True)
class Call:
    """One SOAP request: the session id of its header and the operation's element."""

    session: str | None
    operation: etree._Element

    @property
    def name(self) -> str:
        """`deploy`, `checkDeployStatus`, …"""
        return xml.local(self.operation)


def read_call(data: bytes) -> Call:
    """Parse an envelope. Raises ApiError (the caller makes it a fault)."""
    try:
        root = xml.parse(data).root
    except xml.Malformed as error:
        raise ApiError("INVALID_SOAP_MESSAGE", error.text) from error
    body, header = root.find(f"{{{SOAP}}}Body"), root.find(f"{{{SOAP}}}Header")
    operations = [] if body is None else xml.kids(body)
    if root.tag != f"{{{SOAP}}}Envelope" or len(operations) != 1:
        raise ApiError("INVALID_SOAP_MESSAGE", "The message is no SOAP 1.1 envelope with one operation in its body")
    session = None if header is None else xml.text(header, "SessionHeader/sessionId")
    return Call(session, operations[0])


def element_xml(name: str, value: Any) -> str:
    """A value as elements: None is left out, lists repeat, dicts nest, `Raw` is taken as it is."""
    if value is None:
        return ""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        return f"<{name}>{''.join(element_xml(key, one) for key, one in value.items())}</{name}>"
    if isinstance(value, (list, tuple)):
        return "".join(element_xml(name, one) for one in value)
    if isinstance(value, bool):
        value = "true" if value else "false"
    if isinstance(value, datetime):
        value = iso(value)
    return f"<{name}>{xml.escape(str(value))}</{name}>"


@dataclass(frozen=True, slots=True)
class Raw:
    """XML that is ready."""

    text: str


def answer(operation: str, results: Iterable[Any]) -> bytes:
    """`<operationResponse><result>…</result>…</operationResponse>` in an envelope."""
    inner = "".join(element_xml("result", one) for one in results)
    return _envelope(f"<{operation}Response>{inner}</{operation}Response>")


def fault(error: ApiError) -> bytes:
    """A fault with an `sf:` code ([docs] 1.9)."""
    text = xml.escape(f"{error.code}: {error.message}")
    body = f"<soapenv:Fault><faultcode>sf:{error.code}</faultcode><faultstring>{text}</faultstring></soapenv:Fault>"
    return _envelope(body, default="")  # the children of a fault belong to no namespace (SOAP 1.1)


def _envelope(body: str, default: str = f' xmlns="{xml.NS}"') -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{SOAP}"{default} '
        f'xmlns:sf="{xml.NS}" xmlns:xsi="{xml.XSI}" xmlns:xsd="{xml.XSD}">'
        f"<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    ).encode()
