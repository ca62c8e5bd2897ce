"""API versions: what flows and Apex are written for, and what everything else is said in (`target.api_version`); and
what a version lacks.

[docs] reference/salesforce.md 4.7, 4.9; what is rendered is held against the vendor's schemas of 63.0 and of 66.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from provisioner.model.design import Design
from provisioner.resources import Resource

OLDEST, NEWEST = 63, 66
MAILS_NEWEST = 64
"""The last version in which the action that sends email is known to take the names we give it (4.7): a flow with this
action stays there, whatever the others are written for."""
_VERSION = re.compile(r"(\d{2,3})\.0")


def wanted(design: Design) -> str:
    """`66.0`, or what the design asks for."""
    return str(design.target.options.get("api_version") or f"{NEWEST}.0")


def of_mails(design: Design) -> str:
    """The version of flows that send email."""
    return f"{min(_number(wanted(design)), MAILS_NEWEST)}.0"


def impossible(design: Design) -> str:
    """Why this version cannot be had; empty when it can."""
    version = wanted(design)
    if _number(version) < OLDEST:
        return f"What is deployed was held against the schemas of {OLDEST}.0 and {NEWEST}.0, not of {version}."
    if _number(version) > NEWEST:
        return f"{version} came after this version of provisioner, which was written for {NEWEST}.0."
    return ""


def said(resources: Iterable[Resource]) -> str | None:
    """The newest version that one of these is written for; None when none says so."""
    found = [str(item.attributes.get("apiVersion") or "") for item in resources]
    newest = max((_number(text) for text in found if text), default=0)
    return f"{newest}.0" if newest else None


def stated(resources: Iterable[Resource]) -> str:
    """The same; `66.0` when none says so."""
    return said(resources) or f"{NEWEST}.0"


def _number(version: str) -> int:
    """63 of `63.0`; 0 of anything else, which the document's schema and the vendor's parser refuse by themselves."""
    match = _VERSION.fullmatch(version)
    return int(match[1]) if match else 0
