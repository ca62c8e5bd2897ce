"""Reading and writing metadata files: safe parsing with places, and the vendor's way of printing.

Places are (line, column) of the position just behind an element's start tag, both from 1: that is where
published deploy failures point (`objects/Account.object(291,13)` for a `<fields>` indented by four spaces).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from xml.parsers import expat

from lxml import etree

NS = "http://soap.sforce.com/2006/04/metadata"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
INDENT = "    "
KEPT_EMPTY = frozenset({"stringValue"})  # an empty text literal is a value; every other empty element is dropped


class Malformed(Exception):
    """The bytes are not an XML document the server would read. `text` is the vendor's wording."""

    def __init__(self, text: str, line: int = 1, column: int = 1) -> None:
        super().__init__(text)
        self.text, self.line, self.column = text, line, column


@dataclass(frozen=True)
class Document:
    """A parsed file. `root` must be treated as read-only."""

    root: etree._Element
    data: bytes

    @cached_property
    def places(self) -> tuple[tuple[int, int], ...]:
        """Of the elements in document order. Only a failure asks for them."""
        return _places(self.data)

    def place(self, element: etree._Element | None) -> tuple[int, int]:
        """(line, column) behind the start tag of `element`; the root's place for None."""
        if element is not None:
            for index, candidate in enumerate(elements(self.root)):
                if candidate is element:
                    return self.places[index]
        return self.places[0]


def elements(root: etree._Element) -> Iterator[etree._Element]:
    """Elements of the tree in document order, without comments and processing instructions."""
    return (node for node in root.iter() if isinstance(node.tag, str))


_START_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")


def _places(data: bytes) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    parser = expat.ParserCreate()

    def started(_name: str, _attributes: dict[str, str]) -> None:
        tag = _START_TAG.match(data, parser.CurrentByteIndex)
        length = len(tag.group().decode("utf-8", "replace")) if tag else 0
        found.append((parser.CurrentLineNumber, parser.CurrentColumnNumber + length + 1))

    parser.StartElementHandler = started
    parser.Parse(data, True)
    return tuple(found)


def _check_form(data: bytes) -> None:
    """Raises Malformed for a document type, ExpatError for what is no XML."""
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise Malformed("Error parsing file: DOCTYPE is disallowed", parser.CurrentLineNumber)

    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(data, True)


@lru_cache(maxsize=512)
def parse(data: bytes) -> Document:
    """Parse one metadata file. Raises Malformed with the server's `Error parsing file:` text."""
    if data.startswith(b"\xef\xbb\xbf"):
        raise Malformed("Error parsing file: Content is not allowed in prolog.")
    try:
        _check_form(data)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        root = etree.fromstring(data, parser)
    except expat.ExpatError as error:
        raise Malformed(
            f"Error parsing file: {expat.ErrorString(error.code)}", error.lineno, error.offset + 1
        ) from error
    except etree.XMLSyntaxError as error:
        raise Malformed(f"Error parsing file: {error.msg}", error.lineno or 1, 1) from error
    return Document(root, data)


def local(element: etree._Element) -> str:
    """The element's name without namespace."""
    return str(element.tag).rpartition("}")[2]


def kids(element: etree._Element, name: str | None = None) -> list[etree._Element]:
    """Child elements, all or those called `name`."""
    if not len(element):  # most elements are leaves, and this is much cheaper to ask
        return []
    return list(element.iterchildren("{*}*" if name is None else f"{{*}}{name}"))


def kid(element: etree._Element, name: str) -> etree._Element | None:
    """The first child called `name`."""
    return next(element.iterchildren(f"{{*}}{name}"), None)


def text(element: etree._Element, path: str) -> str | None:
    """Trimmed text at a slash path below `element`; None when it is absent or empty."""
    node: etree._Element | None = element
    for step in path.split("/"):
        if node is None:
            return None
        node = kid(node, step)
    return None if node is None else (own_text(node) or None)


def own_text(element: etree._Element) -> str:
    """Trimmed text of a leaf, `""` when there is none."""
    return (element.text or "").strip()


def flag(element: etree._Element, path: str, default: bool = False) -> bool:
    """A boolean element; XML's `1` counts as true."""
    value = text(element, path)
    return default if value is None else value.lower() in ("true", "1")


def add(parent: etree._Element, name: str, value: str | bool | int | None = None) -> etree._Element:
    """Append a child element; booleans are written in lower case."""
    child = etree.SubElement(parent, f"{{{NS}}}{name}")
    if value is not None:
        child.text = str(value).lower() if isinstance(value, bool) else sayable(str(value))
    return child


def new_root(name: str) -> etree._Element:
    """An empty element in the metadata namespace, with the schema prefixes at hand."""
    prefixes: dict[Any, str] = {None: NS, "xsi": XSI, "xsd": XSD}  # lxml's stubs do not know the default prefix
    return etree.Element(f"{{{NS}}}{name}", nsmap=prefixes)


def copy_of(element: etree._Element) -> etree._Element:
    """A detached deep copy in the metadata namespace, without comments."""
    clone = new_root(local(element))
    _copy_into(clone, element)
    return clone


def _copy_into(clone: etree._Element, element: etree._Element) -> None:
    for key, value in element.attrib.items():
        clone.set(key, value)
    children = kids(element)
    if not children:
        clone.text = element.text
    for child in children:
        _copy_into(etree.SubElement(clone, f"{{{NS}}}{local(child)}"), child)


# What XML 1.0 has no way to say, not even escaped: control characters, halves of surrogate pairs, two non-characters.
_UNSAYABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def sayable(value: str) -> str:
    """`value` without the characters that XML has not.

    The vendor's own writer drops control characters from the text of elements [code: forcedotcom/wsc]; that its
    servers do the same is [inferred], and so is the rest of the set.
    """
    return _UNSAYABLE.sub("", value)


def escape(value: str) -> str:
    """Escape as retrieved files are: quotes and apostrophes too ([real], 1.10); without what XML cannot say."""
    out = sayable(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return out.replace('"', "&quot;").replace("'", "&apos;")


def _lines(element: etree._Element, depth: int, extra: str = "") -> Iterator[str]:
    pad, name, nil = INDENT * depth, local(element), element.get(f"{{{XSI}}}nil")
    kind = element.get(f"{{{XSI}}}type")
    attributes = extra + (f' xsi:type="{escape(kind)}"' if kind else "")
    children = kids(element)
    if nil in ("true", "1"):
        yield f'{pad}<{name}{attributes} xsi:nil="true"/>\n'
    elif children:
        yield f"{pad}<{name}{attributes}>\n"
        for child in children:
            yield from _lines(child, depth + 1)
        yield f"{pad}</{name}>\n"
    elif own_text(element) or extra or name in KEPT_EMPTY:
        yield f"{pad}<{name}{attributes}>{escape(own_text(element))}</{name}>\n"


def printed(element: etree._Element, *, schema_prefixes: bool = False) -> bytes:
    """The file as the server would retrieve it: four spaces, empty elements dropped, re-escaped."""
    extra = f' xmlns="{NS}"'
    if schema_prefixes:
        extra += f' xmlns:xsi="{XSI}" xmlns:xsd="{XSD}"'
    return (DECLARATION + "".join(_lines(element, 0, extra))).encode()


def fragment(element: etree._Element, depth: int) -> str:
    """The element as text inside another document that declares our prefixes (SOAP answers)."""
    return "".join(_lines(element, depth))


def sort_children(element: etree._Element, first: Iterable[str] = ()) -> None:
    """Sort children by name, keeping the order inside one name; names in `first` lead."""
    rank = {name: index for index, name in enumerate(first)}
    ordered = sorted(kids(element), key=lambda child: (rank.get(local(child), len(rank)), local(child)))
    for child in list(element):
        element.remove(child)
    element.extend(ordered)
