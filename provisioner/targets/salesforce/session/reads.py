"""Which requests only read, by method, path and what they hold; for sessions that must not change anything."""

from __future__ import annotations

import json
import re
from typing import Any

from provisioner.targets.http.reading import safe_method
from provisioner.targets.salesforce.session import xmltext

LOGIN = "/services/oauth2/token"
COMPOSITE = re.compile(r"/services/data/v\d+\.\d/composite")
METADATA = re.compile(r"/services/Soap/m/\d+\.\d")
QUERY = re.compile(r"/services/data/v\d+\.\d/query\?q=[^&]+")
SOAP_READS = frozenset({
    "retrieve", "checkRetrieveStatus", "listMetadata", "describeMetadata", "describeValueType", "readMetadata",
})  # fmt: skip


def is_read(method: str, path: str, body: bytes | None) -> bool:
    """GET; signing in; queries in one bundle; the Metadata API's reading operations. Everything else may change
    something. [wsdl] [docs] reference/salesforce.md 1.9, 9.1"""
    if safe_method(method):
        return body is None
    if method != "POST" or body is None:
        return False
    if path == LOGIN:
        return True
    if METADATA.fullmatch(path):
        return _operation(body) in SOAP_READS
    return bool(COMPOSITE.fullmatch(path)) and _asks_only(body)


def _operation(body: bytes) -> str:
    """What the envelope asks for; empty when it is not exactly one thing."""
    envelope = xmltext.parse(body, "its own request")
    content = envelope.find(f"{{{xmltext.SOAP}}}Body")
    if content is None or len(content) != 1:
        return ""
    return str(content[0].tag).rpartition("}")[2]


def _asks_only(body: bytes) -> bool:
    try:
        bundle: Any = json.loads(body)
    except ValueError:
        return False
    requests = bundle.get("compositeRequest") if isinstance(bundle, dict) else None
    return isinstance(requests, list) and bool(requests) and all(_is_query(item) for item in requests)


def _is_query(item: Any) -> bool:
    if not isinstance(item, dict) or "body" in item or item.get("method") != "GET":
        return False
    url = item.get("url")
    return isinstance(url, str) and QUERY.fullmatch(url) is not None
