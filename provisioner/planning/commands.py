"""The exact command that comes next, with the names of this plan's files and its connection."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from provisioner.planning.plan import Plan


def design_of(plan: Plan) -> str:
    """The path of the design as seen from here; a plan file names it as seen from itself."""
    return beside(plan.file, plan.design_file)


def beside(file: str, design: str) -> str:
    """`design` is relative to the folder of `file`; without a file it is seen from here already."""
    return os.path.normpath(Path(file).parent / design) if file and design else design


def plan_again(plan: Plan, connection: str = "") -> str:
    """`Make a new plan and read it: provisioner plan acme.yaml -c sandbox -o acme.plan`; with another connection than
    the plan's where one is given."""
    return again_text(design_of(plan), connection or plan.connection, plan.file)


def again_text(design: str, connection: str, file: str) -> str:
    """The same from its parts; what is not known is written as a word in capitals, `-o` only with a plan file."""
    out = f" -o {shlex.quote(file)}" if file else ""
    return (
        f"Make a new plan and read it: provisioner plan {_word(design, 'DESIGN')} -c {_word(connection, 'NAME')}{out}"
    )


def apply_there(plan: Plan) -> str:
    """`provisioner apply acme.plan -c sandbox`: where the plan belongs."""
    return f"provisioner apply {_word(plan.file, 'PLANFILE')} -c {_word(plan.connection, 'NAME')}"


def import_command(plan: Plan) -> str:
    """`provisioner import acme.yaml -c sandbox`"""
    return f"provisioner import {_word(design_of(plan), 'DESIGN')} -c {_word(plan.connection, 'NAME')}"


def _word(text: str, unknown: str) -> str:
    return shlex.quote(text) if text else unknown
