"""provisioner validate"""

from __future__ import annotations

from pathlib import Path

import click

from provisioner.cli.console import Console, speaks


@click.command(
    epilog="""\b
Examples:
  provisioner validate acme.yaml
  provisioner validate acme.yaml --explain
  provisioner validate acme.yaml --json"""
)
@click.argument("design", type=click.Path(path_type=Path))
@click.option("--explain", is_flag=True, help="Print the design with its defaults filled in.")
@speaks
def validate(design: Path, explain: bool, console: Console) -> int:
    """Check a design: shape, meaning, and what the CRM allows. Needs no connection.

    Exit code 2 when there are errors.
    """
    from provisioner.cli.road import check
    from provisioner.diagnostics import has_errors
    from provisioner.reporting.findings import counted, finding_data, findings_text
    from provisioner.reporting.text import safe

    with console.working("Checking the design"):
        checked = check(design)
    valid = checked.design is not None and not has_errors(checked.findings)
    filled = _filled(checked.design) if explain and checked.design is not None else None
    result = {"file": str(design), "valid": valid, "findings": [finding_data(item) for item in checked.findings]}
    console.data(result | ({"design": filled} if explain else {}))
    if explain and filled is not None:
        console.say(_yaml(filled))
        console.note(findings_text(checked.findings, console.paint))
    else:
        console.say(findings_text(checked.findings, console.paint))
        if valid and checked.desired is not None:
            asked = f"{len(checked.desired)} resources for {checked.design.target.platform}" if checked.design else ""
            console.say(console.paint(f"{safe(design)} is valid ({counted(checked.findings)}): {asked}.", "green"))
    return 0 if valid else 2


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
