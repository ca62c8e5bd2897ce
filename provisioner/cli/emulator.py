"""provisioner emulator: the door to the pretend vendors, which know nothing of the rest of the house."""

from __future__ import annotations

import click

# The emulator has its own entry point and shares no code with us, so it is named here and not imported.
MODULE = "provisioner.emulator"
PLATFORMS = ("salesforce", "hubspot")


@click.group(epilog="\b\nExamples:\n  provisioner emulator serve --platform salesforce --port 8765")
def emulator() -> None:
    """Run a local CRM to try things on."""


@emulator.command(
    epilog="""\b
Examples:
  provisioner emulator serve --platform salesforce
  provisioner emulator serve --platform salesforce --port 8765 --clock 2026-03-02T13:00:00Z --db org.sqlite"""
)
@click.option("--platform", required=True, type=click.Choice(PLATFORMS), help="Which vendor to pretend to be.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@click.option("--db", metavar="FILE", help="Keep the org in this file; without it, it is gone afterwards.")
@click.option("--clock", metavar="INSTANT", help="Start of the virtual clock, UTC: 2026-03-02T13:00:00Z.")
@click.option("--no-apex-twin", is_flag=True, help="Refuse every trigger, also those with a stand-in.")
@click.option(
    "--run-custom-code",
    is_flag=True,
    help="HubSpot: execute the custom code of workflows on this machine. Only for code you trust.",
)
def serve(
    platform: str, host: str, port: int, db: str | None, clock: str | None, no_apex_twin: bool, run_custom_code: bool
) -> None:
    """Serve until SIGTERM or Ctrl-C. Prints one JSON line when ready: url, access_token, org_id, pid."""
    import gc
    import runpy
    import sqlite3
    import sys

    from provisioner.errors import UsageError

    gc.set_threshold(10_000)  # it runs for long, other than most commands

    if run_custom_code and platform != "hubspot":
        raise UsageError(
            "--run-custom-code goes with --platform hubspot only.", advice="Leave it out: no other vendor has it."
        )
    module, *rest = arguments(
        platform,
        host=host,
        port=port,
        db=db,
        clock=clock,
        apex_twin=not no_apex_twin,
        run_custom_code=run_custom_code,
    )[1:]
    sys.argv = [module, *rest]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except sqlite3.Error as error:
        if db is None:
            raise
        raise UsageError(
            f"The org cannot be kept in {db}: {error}.",
            advice="Name a new file in a folder that exists, or one that an emulator wrote.",
        ) from error
    except OSError as error:
        raise UsageError(
            f"The emulator cannot listen on {host}, port {port}: {error.strerror}.",
            advice="Choose another --port (0 takes a free one), or stop what is listening there.",
        ) from error


def arguments(
    platform: str,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    db: str | None = None,
    clock: str | None = None,
    apex_twin: bool = True,
    run_custom_code: bool = False,
) -> list[str]:
    """What follows `python` on the command line of an emulator."""
    found = ["-m", MODULE, "--platform", platform, "--host", host, "--port", str(port)]
    found += ["--db", db] if db is not None else []
    found += ["--clock", clock] if clock is not None else []
    found += ["--run-custom-code"] if run_custom_code else []
    return found if apex_twin else [*found, "--no-apex-twin"]
