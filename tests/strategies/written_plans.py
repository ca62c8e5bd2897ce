"""Plans with a text of the test's choosing in every place that a document or a CRM can fill."""

from __future__ import annotations

from typing import Any

from provisioner.planning.plan import Aim, Cause, Change, Kept, Plan, Remade, Tick, Touched
from provisioner.resources import BY_HAND, Address, Resource

AT = "2026-03-02T13:00:00Z"


def org(text: str = "Acme Sandbox", **more: Any) -> dict[str, Any]:
    found = {"platform": "p", "id": text, "name": text, "is_production": False, "url": text, "user": text}
    return found | more


def everywhere(text: str, **more: Any) -> Plan:
    """`text` as every name, value and person of a plan with one change of each kind."""
    address, other = Address("Field", text), Address("Field", f"{text}2")
    moved = Resource(address, {text: text, "n": [text]}), Resource(address, {text: f"{text} new", "n": [text, text]})
    step = Resource(
        Address(BY_HAND, text),
        {"title": text, "why": text, "steps": [text, text], "filters": [], "measures": [], "link": [text], "needs": {}},
    )
    settings: dict[str, Any] = {
        "changes": (
            Change(None, Resource(other, {text: text}), Cause.NEW),
            Change(*moved, Cause.HAND, Touched(text, text)),
            Change(Resource(other, {text: text}), None, Cause.ORPHANED),
            Change(Resource(Address(BY_HAND, text), {"opened": text}), step, Cause.REOPENED),
        ),
        "conflicts": (address,),
        "unread": (address,),
        "design": text,
        "design_digest": "d",
        "tool": "0.1.0",
        "org": org(text),
        "created_at": AT,
        "fingerprints": {},
        "notices": (text,),
        "design_file": text,
        "ticked": (Tick(Address(BY_HAND, text), text, text),),
        "kept": (Kept(address, Cause.HAND, Touched(text, text)),),
        "remade": (Remade(text, text, text, True),),
        "aim": Aim((text,), {address: other}, 3),
        "goes_live": True,
    }
    return Plan(**settings | more)


def long_plan(count: int, *, attributes: int = 3, cause: Cause = Cause.DESIGN) -> Plan:
    """`count` updates, each of a few attributes."""
    changes = []
    for number in range(count):
        address = Address("Field", f"Lead.Number_{number}")
        sides = [{f"a{k}": f"value {number} {k} {side}" for k in range(attributes)} for side in ("old", "new")]
        changes.append(Change(Resource(address, sides[0]), Resource(address, sides[1]), cause))
    return everywhere("plain", changes=tuple(changes), org=org("Acme"))
