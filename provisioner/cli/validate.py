"""provisioner validate"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner.cli.console import Console, speaks

if TYPE_CHECKING:
    from provisioner.cli.road import Checked
    from provisioner.fidelity import Fidelity


@click.command(
    epilog="""\b
Examples:
  provisioner validate acme.yaml
  provisioner validate acme.yaml --explain
  provisioner validate acme.yaml --fidelity
  provisioner validate acme.yaml --json"""
)
@click.argument("design", type=click.Path(path_type=Path))
@click.option("--explain", is_flag=True, help="Print the design with its defaults filled in.")
@click.option("--fidelity", is_flag=True, help="Say for each feature how exactly the CRM can do it, and why.")
@speaks
def validate(design: Path, explain: bool, fidelity: bool, console: Console) -> int:
    """Check a design: shape, meaning, and what the CRM allows. Needs no connection.

    Exit code 2 when there are errors.
    """
    from provisioner.cli.road import check
    from provisioner.diagnostics import has_errors
    from provisioner.reporting.fidelity import fidelity_data, fidelity_line, fidelity_text
    from provisioner.reporting.findings import counted, finding_data, findings_text
    from provisioner.reporting.text import safe

    with console.working("Checking the design"):
        checked = check(design)
    valid = checked.design is not None and not has_errors(checked.findings)
    filled = _filled(checked.design) if explain and checked.design is not None else None
    stated = _stated(checked) if valid and (fidelity or console.json or not explain) else []
    result = {
        "file": str(design),
        "valid": valid,
        "findings": [finding_data(item) for item in checked.findings],
        "fidelity": fidelity_data(stated),
    }
    console.data(result | ({"design": filled} if explain else {}))
    if explain and filled is not None:
        console.say(_yaml(filled))
        console.note(findings_text(checked.findings, console.paint))
    else:
        console.say(findings_text(checked.findings, console.paint))
        if valid and checked.desired is not None:
            asked = f"{len(checked.desired)} resources for {checked.design.target.platform}" if checked.design else ""
            console.say(console.paint(f"{safe(design)} is valid ({counted(checked.findings)}): {asked}.", "green"))
    if stated:
        short = f"{fidelity_line(stated)}; --fidelity shows them."
        console.say(fidelity_text(stated, console.paint) if fidelity else short)
    return 0 if valid else 2


def _stated(checked: Checked) -> list[Fidelity]:
    """What the design's platform says about itself."""
    return checked.target.fidelity(checked.design) if checked.target is not None and checked.design is not None else []


def _filled(design: object) -> object:
    from provisioner.model.compile import explain as explained
    from provisioner.model.design import Design

    assert isinstance(design, Design)
    return explained(design)


def _yaml(data: object) -> str:
    import yaml

    from provisioner.reporting.text import safe_lines

    readable = str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)).rstrip("\n")
    if safe_lines(readable) == readable:
        return readable
    # Something in it would be invisible or steer the terminal: then all that is not ASCII is escaped.
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=False, width=120)).rstrip("\n")
