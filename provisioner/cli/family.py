"""A command that has subcommands besides its own argument: `plan DESIGN`, and `plan show FILE`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class Family(click.Command):
    """A subcommand wins when the first argument is exactly its name; a file of that name is given as `./show`.

    `members`: name → where the command is (`module:attribute`, imported when it is run), and its one-line help.
    """

    def __init__(self, *args: Any, members: Mapping[str, tuple[str, str]], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.members = members

    def member(self, name: str) -> click.Command:
        """KeyError when there is none."""
        module, _, attribute = self.members[name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command), f"{module}:{attribute} is not a command"
        return command

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args and args[0] in self.members:
            return self.member(args[0]).make_context(f"{info_name} {args[0]}", args[1:], parent=parent, **extra)
        return super().make_context(info_name, args, parent=parent, **extra)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.members.items()])
