"""docs/cli.md, generated: `python -m provisioner.cli.manual > docs/cli.md`. A test fails when the page is stale."""

from __future__ import annotations

from collections.abc import Iterator

import click

from provisioner.cli.app import COMMANDS, cli
from provisioner.cli.family import Family

_WIDTH = 100
_HEAD = """\
# Commands

Generated from the commands' own help: `python -m provisioner.cli.manual > docs/cli.md`.
"""


def manual() -> str:
    """The page: the group, then every command and subcommand, each as its `--help` prints it."""
    pages = [_HEAD]
    for name, command, parent in _commands():
        pages.append(f"## `{name}`\n\n```text\n{_help(name, command, parent)}\n```\n")
    return "\n".join(pages)


def _commands() -> Iterator[tuple[str, click.Command, click.Context | None]]:
    yield "provisioner", cli, None
    root = click.Context(cli, info_name="provisioner")
    for name in COMMANDS:
        command = cli.get_command(root, name)
        assert command is not None, name
        yield f"provisioner {name}", command, root
        context = click.Context(command, info_name=name, parent=root)
        if isinstance(command, click.Group):
            for inner, subcommand in command.commands.items():
                yield f"provisioner {name} {inner}", subcommand, context
        if isinstance(command, Family):
            for inner in command.members:
                yield f"provisioner {name} {inner}", command.member(inner), _without_arguments(context)


def _without_arguments(context: click.Context) -> click.Context:
    """A member of a family takes the place of its arguments."""
    return click.Context(click.Group(), info_name=context.info_name, parent=context.parent)


def _help(name: str, command: click.Command, parent: click.Context | None) -> str:
    context = click.Context(
        command,
        info_name=name.rsplit(" ", 1)[-1],
        parent=parent,
        terminal_width=_WIDTH,
        max_content_width=_WIDTH,
        help_option_names=["-h", "--help"],
    )
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


if __name__ == "__main__":
    click.echo(manual(), nl=False)
