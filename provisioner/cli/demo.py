"""provisioner demo"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provisioner.cli.console import Console, speaks

if TYPE_CHECKING:
    from provisioner.cli.demonstration.crm import Crm
    from provisioner.cli.demonstration.process import EmulatorProcess
    from provisioner.connections import Connection


@click.command(
    epilog="\b\nExamples:\n  provisioner demo\n  provisioner demo --platform hubspot\n  provisioner demo --keep"
)
@click.option(
    "--platform",
    type=click.Choice(["salesforce", "hubspot"]),
    default="salesforce",
    show_default=True,
    help="Which CRM to run it on.",
)
@click.option("--keep", is_flag=True, help="Leave the local CRM running, and print how to reach it.")
@speaks
def demo(platform: str, keep: bool, console: Console) -> int:
    """Run the whole story on a local CRM: no account, no network.

    Validates the example design, plans it, applies it, lets a day of leads pass on a virtual clock, shows who would
    have been told what and when, and plans again. Then marketing adds a lead source that no rule knows, and an audit
    finds it; its report is left as a page. Takes about ten seconds.
    """
    import dataclasses
    import signal
    import sys
    import time

    from provisioner import assets
    from provisioner.cli.demonstration.leads import WEEK_BEFORE
    from provisioner.cli.demonstration.process import EmulatorProcess
    from provisioner.cli.demonstration.story import Story
    from provisioner.cli.emulator import arguments
    from provisioner.planning.planfile import instant
    from provisioner.reporting.text import duration_text

    # A terminated demo must not leave its child behind: SIGTERM becomes an exit, and the context manager stops it.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    start = time.monotonic()
    console.say(console.paint("provisioner demo: Acme Corp, on a CRM that runs on this machine only", "bold"))
    with EmulatorProcess(arguments(platform, clock=instant(WEEK_BEFORE))) as emulator:
        connection = _connection(platform, emulator)
        crm = _crm(platform, emulator.url, emulator.access_token)
        file = assets.path("examples", crm.design)
        told = Story(console, file, crm, connection).tell()
        if keep:
            emulator.keep()
        _farewell(console, emulator, platform, keep, duration_text(time.monotonic() - start), str(file))
        console.data(dataclasses.asdict(told) | (_reach(emulator) if keep else {}))
    return 0 if told.second_plan_is_empty else 1


def _connection(platform: str, emulator: EmulatorProcess) -> Connection:
    """Its token is masked from now on."""
    from provisioner.cli import failures
    from provisioner.connections import Connection
    from provisioner.secrets import Secret

    token = Secret(emulator.access_token)
    failures.remember(token)
    return Connection(
        name="demo",
        platform=platform,
        auth={"method": "access_token", "access_token": token},
        instance_url=emulator.url,
    )


def _crm(platform: str, url: str, access_token: str) -> Crm:
    from provisioner.cli.demonstration.door import Door
    from provisioner.cli.demonstration.hubspot import HubSpotCrm
    from provisioner.cli.demonstration.salesforce import SalesforceCrm

    door = Door(url, access_token)
    return HubSpotCrm(door) if platform == "hubspot" else SalesforceCrm(door)


def _reach(emulator: EmulatorProcess) -> dict[str, object]:
    return {"url": emulator.url, "access_token": emulator.access_token, "pid": emulator.pid}


def _farewell(console: Console, emulator: EmulatorProcess, platform: str, keep: bool, took: str, file: str) -> None:
    console.say(f"\nThat was all of it, in {took}. The design is\n  {file}")
    if not keep:
        console.say("Next: provisioner demo --keep leaves the CRM running, so that you can change the design and plan.")
        return
    reach = _reach(emulator)
    console.say(
        f"The CRM is still running (process {reach['pid']}). To reach it, write into provisioner.toml:\n\n"
        f'[connections.demo]\nplatform = "{platform}"\n'
        f'instance_url = "{reach["url"]}"\naccess_token = {{env = "DEMO_TOKEN"}}\n\n'
        f"and: export DEMO_TOKEN='{reach['access_token']}'\n"
        f"Then: cp '{file}' acme.yaml, change it, provisioner plan acme.yaml -c demo\n"
        f'Its clock: curl -X POST {reach["url"]}/_emulator/clock -d \'{{"to": "2026-03-04T13:00:00Z"}}\'\n'
        f"Who was told: curl {reach['url']}/_emulator/sent\n"
        f"To stop it: kill {reach['pid']}"
    )
