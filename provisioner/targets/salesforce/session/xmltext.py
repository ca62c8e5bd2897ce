"""XML from the network: no entities, no DTD, no network of its own. XML to the network: built, never formatted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.errors import TargetError, Unreachable

if TYPE_CHECKING:
    from lxml.etree import _Element

METADATA = "http://soap.sforce.com/2006/04/metadata"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def parse(content: bytes, what: str) -> _Element:
    """The root element. Unreachable when this is not XML, or XML with a document type."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Unreachable(f"Salesforce's answer to {what} is not XML ({error.msg}).") from None
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        raise Unreachable(f"Salesforce's answer to {what} declares a document type; it was not read.")
    return root


def document(name: str, namespace: str = METADATA, prefix: str | None = None) -> _Element:
    """A new root element; the metadata namespace is the default one of the document."""
    from lxml import etree

    spaces: dict[str | None, str] = {None: METADATA} | ({prefix: namespace} if prefix else {})
    return etree.Element(f"{{{namespace}}}{name}", nsmap=spaces)  # type: ignore[arg-type]


def add(parent: _Element, name: str, text: str | None = None) -> _Element:
    """A child of `parent` in the metadata namespace. TargetError when `text` cannot be written in XML."""
    from lxml import etree

    child = etree.SubElement(parent, f"{{{METADATA}}}{name}")
    if text is not None:
        try:
            child.text = text
        except ValueError:
            raise TargetError(f"{text!r} holds a character that XML cannot carry.") from None
    return child


def text_of(parent: _Element, name: str) -> str:
    """The trimmed text of the child `name` in any namespace, "" when there is none."""
    found = parent.find(f"{{*}}{name}")
    return (found.text or "").strip() if found is not None else ""


def fault_in(content: bytes) -> tuple[str, str] | None:
    """(code without its `sf:` prefix, text) of a SOAP fault; None when `content` holds none."""
    if b"Fault" not in content or not content.lstrip().startswith(b"<"):
        return None
    try:
        root = parse(content, "a call")
    except Unreachable:
        return None
    fault = root.find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault")
    if fault is None:
        return None
    return text_of(fault, "faultcode").rpartition(":")[2], text_of(fault, "faultstring")
