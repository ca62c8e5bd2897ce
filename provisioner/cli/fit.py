"""What the platform cannot do at all is an error, unless the design says under `target.accept` that it goes without."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from provisioner.diagnostics import Diagnostic, Location
from provisioner.fidelity import Fidelity
from provisioner.model.design import Design
from provisioner.model.registry import IMPOSSIBLE, UNNEEDED
from provisioner.rules import Finding
from provisioner.targets.base import Admitting, Target


def fitted(design: Design, target: Target, located: Callable[[str], Location]) -> list[Diagnostic]:
    """One error for each part that is not deployed, one info where that is accepted; a warning for each word that
    accepts nothing."""
    found = target.impossible(design) if isinstance(target, Admitting) else []
    accepted = design.target.options.get("accept", ())
    said = [IMPOSSIBLE.diagnostic(_finding(item, item.feature in accepted, target.name), located) for item in found]
    features = {item.feature for item in found}
    return [*said, *(UNNEEDED.diagnostic(item, located) for item in _unneeded(design, features))]


def _finding(item: Fidelity, accepted: bool, platform: str) -> Finding:
    whose = f" of {item.lead_type!r}" if item.lead_type else ""
    detail = f"`{item.feature}`{whose} is not possible on {platform}. {item.why}"
    if accepted:
        return Finding(item.at, detail, "The design accepts it; nothing of it is deployed.", "info")
    return Finding(item.at, detail, f"Leave it out, or write `accept: [{item.feature}]` under `target`.")


def _unneeded(design: Design, features: set[str]) -> Iterator[Finding]:
    for place, word in enumerate(design.target.options.get("accept", ())):
        if word not in features:
            known = f" (not possible, and asked for: {', '.join(sorted(features))})" if features else ""
            detail = f"The design asks for no {word!r} that is not possible on {design.target.platform}{known}."
            yield Finding(f"{design.target.at}/accept/{place}", detail, "Take the word out.")
