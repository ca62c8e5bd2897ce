"""The ledger: one static resource `<prefix>_Ledger`, deployed in the same transaction as the change it records.

Besides what was applied it remembers which steps people did. They stand apart from the resources: a version of
provisioner that knows none of them reads the rest as it always did.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from provisioner.errors import TargetError
from provisioner.resources import BY_HAND, Address
from provisioner.targets.base import Artifact, Ledger
from provisioner.targets.salesforce.session import ticks as memory
from provisioner.targets.salesforce.session import xmltext
from provisioner.targets.salesforce.session.rest import Rest, record_id
from provisioner.targets.salesforce.session.ticks import Ticked, Ticks
from provisioner.targets.salesforce.soql import literal

FORMAT = 1
KIND = "StaticResource"
SUFFIX = "_Ledger"
DESCRIBED = re.compile(r"^What provisioner applied to this org \(design (?P<design>[^()]+)\)")
META = ("plan", "applied_at", "applied_by", "tool")
OPTIONAL = ("override",)  # only where there is one
PREFIX = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")
FINGERPRINT = re.compile(r"[0-9a-f]{64}")
UNWRITTEN = frozenset({"Cc", "Cs", "Zl", "Zp"})  # in no name of a design: controls, half characters, ends of lines
DAMAGED = (
    "Nothing was changed. Restore the static resource from a backup. Without it, what the design made here must be "
    "deleted by hand before it can be applied again."
)


@dataclass(frozen=True, slots=True)
class Saved:
    """When the org saved the ledger of the last apply, by its own clock, and for whom; `born`: when it saved it first.
    Empty when there is no ledger."""

    at: str = ""
    name: str = ""
    username: str = ""
    born: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What a ledger says. `ledger` lists the ticked steps as well. `applied`: what the org told of the save of the last
    apply, where a tick was saved since; None: the last save was an apply's."""

    ledger: Ledger
    ticks: Ticks = field(default_factory=dict)
    applied: Saved | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What an org knows of us. `elsewhere`: what its other ledgers say of themselves (prefix → design)."""

    ledger: Ledger = field(default_factory=Ledger)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    saved: Saved = field(default_factory=Saved)
    ticks: Ticks = field(default_factory=dict)


def resource_name(prefix: str) -> str:
    """TargetError when `prefix` cannot begin an API name."""
    if not PREFIX.fullmatch(prefix):
        raise TargetError(f"{prefix!r} cannot begin the name of a Salesforce component.")
    return prefix + SUFFIX


def encode(ledger: Ledger, ticks: Ticks | None = None, applied: Saved | None = None) -> bytes:
    """Deterministic JSON: same content, same bytes. `applied`: see `Content`."""
    resources = {str(address): value for address, value in ledger.fingerprints.items() if not address.is_by_hand}
    done = {address.name: ticked.as_data() for address, ticked in (ticks or {}).items()}
    data = {
        "format": FORMAT,
        "design": ledger.design,
        **{key: str(ledger.meta.get(key, "")) for key in META},
        **{key: str(ledger.meta[key]) for key in OPTIONAL if ledger.meta.get(key)},
        "resources": resources,
        **({"steps": done} if done else {}),
        **({"saved": asdict(applied)} if applied is not None else {}),
    }
    return (json.dumps(data, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def decode(content: bytes, name: str) -> Content:
    """TargetError when `content` is not a ledger we wrote: an unreadable memory must not become "we own nothing"."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        raise _damaged(name, "it is not JSON") from None
    if not isinstance(data, dict):
        raise _damaged(name, "it is not an object")
    if data.get("format") != FORMAT:
        raise _damaged(name, f"its format is {data.get('format')!r}, this version of provisioner reads {FORMAT}")
    design = data.get("design")
    if not isinstance(design, str) or not design:
        raise _damaged(name, "it names no design")
    resources, steps = data.get("resources"), data.get("steps", {})
    if not isinstance(resources, dict):
        raise _damaged(name, "it lists no resources")
    if not isinstance(steps, dict):
        raise _damaged(name, "it does not list the steps that were done")
    ticks = dict(_step(name, key, value) for key, value in steps.items())
    fingerprints = dict(_entry(name, key, value) for key, value in resources.items())
    fingerprints |= {address: ticked.fingerprint for address, ticked in ticks.items()}
    meta = {key: str(data.get(key, "")) for key in META} | {key: str(data[key]) for key in OPTIONAL if data.get(key)}
    ledger = Ledger(design, dict(sorted(fingerprints.items())), meta)
    return Content(ledger, dict(sorted(ticks.items())), _applied(data.get("saved")))


def _step(name: str, key: str, value: Any) -> tuple[Address, Ticked]:
    try:
        ticked = memory.from_data(value)
    except ValueError as error:
        raise _damaged(name, f"its step {key!r} {error}") from None
    if not (key and _is_line(key) and FINGERPRINT.fullmatch(ticked.fingerprint)):
        raise _damaged(name, f"its step {key!r} is not a name with a fingerprint")
    return Address(BY_HAND, key), ticked


def _applied(data: object) -> Saved | None:
    if not isinstance(data, dict):
        return None
    return Saved(*(str(data.get(key) or "") for key in ("at", "name", "username", "born")))


def _entry(name: str, key: str, value: Any) -> tuple[Address, str]:
    if not _is_line(key) or not isinstance(value, str) or not FINGERPRINT.fullmatch(value):
        raise _damaged(name, f"its entry {key!r} is not an address with a fingerprint")
    try:
        return Address.parse(key), value
    except ValueError as error:
        raise _damaged(name, str(error)) from None


def _is_line(key: str) -> bool:
    """Whatever a design may name can be read back, also with what joins or spaces letters without being seen itself."""
    return key.isprintable() or not any(unicodedata.category(char) in UNWRITTEN for char in key)


def _damaged(name: str, why: str) -> TargetError:
    return TargetError(f"The ledger (static resource {name}) is damaged: {why}.", advice=DAMAGED)


def read(rest: Rest, prefix: str) -> Found:
    """The ledger of `prefix`, what the org's other ledgers say of themselves, and when it was saved.

    Two requests when there is a ledger, one when there is none. TargetError when there are two, or a damaged one.
    """
    name = resource_name(prefix)
    fields = "Id, Name, Description, CreatedDate, LastModifiedDate, LastModifiedBy.Name, LastModifiedBy.Username"
    query = f"SELECT {fields} FROM StaticResource WHERE Name LIKE {literal('%' + SUFFIX)}"  # noqa: S608 - a literal
    rows = rest.query(query, "find the ledger")
    same = [row for row in rows if str(row.get("Name")).casefold() == name.casefold()]
    elsewhere = dict(sorted(_other(row) for row in rows if row not in same and _other(row)[1]))
    if not same:
        return Found(elsewhere=elsewhere)
    if len(same) > 1:
        raise TargetError(f"The org has {len(same)} static resources called {name}; it is not known which one is ours.")
    spelled = same[0].get("Name")
    if isinstance(spelled, str) and spelled != name:
        raise TargetError(
            f"The org has a ledger called {spelled}, and this design's would be {name}: Salesforce takes both for one.",
            advice=f"Write target.prefix as {spelled.removesuffix(SUFFIX)}, or choose a different one. "
            "Nothing was changed.",
        )
    found = record_id(same[0].get("Id"), "static resource")
    content = decode(rest.read_bytes(f"sobjects/StaticResource/{found}/Body", "read the ledger"), name)
    return Found(content.ledger, elsewhere, content.applied or _saved(same[0]), content.ticks)


def _saved(row: Mapping[str, Any]) -> Saved:
    found = row.get("LastModifiedBy")
    by = found if isinstance(found, dict) else {}
    at, born = str(row.get("LastModifiedDate") or ""), str(row.get("CreatedDate") or "")
    return Saved(at, str(by.get("Name") or ""), str(by.get("Username") or ""), born)


def _other(row: Mapping[str, Any]) -> tuple[str, str]:
    """(prefix, design) of a ledger; design "" when it is none of ours, or does not say."""
    name, described = str(row.get("Name") or ""), DESCRIBED.search(str(row.get("Description") or ""))
    prefix = name[: -len(SUFFIX)] if name.casefold().endswith(SUFFIX.casefold()) else ""
    return prefix, described["design"] if described and prefix else ""


def artifacts(name: str, ledger: Ledger, ticks: Ticks | None = None, applied: Saved | None = None) -> list[Artifact]:
    """The two files of the static resource (element order of the WSDL's StaticResource)."""
    from lxml import etree

    root = xmltext.document("StaticResource")
    xmltext.add(root, "cacheControl", "Private")
    xmltext.add(root, "contentType", "application/json")
    xmltext.add(root, "description", f"What provisioner applied to this org (design {ledger.design}). Do not edit.")
    meta = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    path = f"staticresources/{name}.resource"
    return [Artifact(path, encode(ledger, ticks, applied)), Artifact(f"{path}-meta.xml", meta)]
