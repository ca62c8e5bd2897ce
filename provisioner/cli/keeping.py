"""Options of the commands that write to an org, and of those that look at what was written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def keeps(command: Command) -> Command:
    """Adds --state-dir: where runs are kept."""
    option = click.option(
        "--state-dir",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Where journals and backups are kept (also: PROVISIONER_STATE_DIR).",
    )
    return option(command)


def waits(command: Command) -> Command:
    """Adds --wait."""
    return click.option("--wait", is_flag=True, help="Wait while somebody else deploys to the org.")(command)


def _losses(context: click.Context, parameter: click.Parameter, value: str | None) -> int | str | None:
    """A number of recorded values, or the word `unknown`."""
    if value is None or value == "unknown":
        return value
    if value.isascii() and value.isdigit():
        return int(value)
    raise click.BadParameter(
        f"{value!r} is neither a number of recorded values nor the word unknown.", context, parameter
    )


def loses(command: Command) -> Command:
    """Adds --allow-data-loss."""
    return click.option(
        "--allow-data-loss",
        callback=_losses,
        metavar="N",
        help="Fields with data may go: at most N recorded values ('unknown': also what could not be counted).",
    )(command)
