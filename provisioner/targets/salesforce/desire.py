"""A design → the resources of its org: its templates rendered and read back as what they say, and what people do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioner.diagnostics import Diagnostic, has_errors
from provisioner.model.design import Design
from provisioner.resources import Snapshot
from provisioner.targets.salesforce.files import files
from provisioner.targets.salesforce.limits import RULES
from provisioner.targets.salesforce.manual import manual_steps
from provisioner.targets.salesforce.parse import parse_package


def desire(design: Design, located: Callable[[str], Any]) -> tuple[Snapshot, list[Diagnostic]]:
    """What the design wants to be in the org, and what Salesforce would say to it (rules S2xx). The snapshot is empty
    when a rule finds an error. `located(pointer) -> Location`."""
    found = RULES.run(design, located)
    if has_errors(found):
        return Snapshot(), found
    deployed = render(design)
    return Snapshot.of([*deployed, *manual_steps(design, deployed)]), found


def render(design: Design) -> Snapshot:
    """Every component of the design, each once; without the steps that a person does."""
    return parse_package(files(design))
