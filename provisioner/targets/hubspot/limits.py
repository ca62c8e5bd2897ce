"""What HubSpot would say to a design: the rules H3xx, run by `desire`. [docs] reference/hubspot.md 2.5, 3, 4."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.model.design import Design
from provisioner.rules import Finding, Registry

RULES = Registry("H")


@RULES.rule("H301", "Object not deployed by this version")
def contacts(design: Design) -> Iterator[Finding]:
    """Only contacts have the last logged contact that tells the first touch; on the lead object it is not there."""
    if design.target.object != "contacts":
        detail = f"The design is about {design.target.object}; this version deploys clocks on contacts only."
        yield Finding(f"{design.target.at}/object", detail, "Use `object: contacts`.")
