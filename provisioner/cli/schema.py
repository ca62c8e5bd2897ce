"""provisioner schema"""

from __future__ import annotations

import click

from provisioner.cli.console import Console, speaks

SCHEMAS = ("design", "plan", "policy", "drift", "config")


@click.command(
    epilog="""\b
Examples:
  provisioner schema --path
  provisioner schema plan"""
)
@click.argument("name", type=click.Choice(SCHEMAS), default="design")
@click.option("--path", "show_path", is_flag=True, help="Print where the schema is, for an editor's settings.")
@speaks
def schema(name: str, show_path: bool, console: Console) -> int:
    """Print the JSON Schema of a file, for editors.

    Of the design (default), of a plan, of a policy, of a drift report, or of provisioner.toml (config). Editors that
    know it complete and explain the file while it is written.
    """
    import json

    from provisioner import assets

    file = f"{name}.schema.json"
    if show_path:
        path = str(assets.path("specs", file))
        console.say(path)
        console.data({"path": path})
        return 0
    text = assets.read_text("specs", file)
    console.say(text.rstrip("\n"))
    console.data(json.loads(text))
    return 0
