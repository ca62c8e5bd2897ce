"""The policy file: found, read, held against a plan."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from provisioner.errors import UsageError

if TYPE_CHECKING:
    from provisioner.cli.console import Console
    from provisioner.document import Document
    from provisioner.planning.plan import Plan
    from provisioner.planning.policy import Breach, Policy

Command = TypeVar("Command", bound=Callable[..., Any])
NAME = "policy.yaml"
_LIKE_IT = ("policy.yml", "policy.json")


def policed(command: Command) -> Command:
    """Adds --policy."""
    return click.option(
        "--policy",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help=f"What plans may do; without it, {NAME} beside the design.",
    )(command)


def find(design: str | Path, given: Path | None = None) -> Policy | None:
    """The policy that was named, or the one beside the design (beside its link, or beside what that leads to); None
    when there is none. UsageError when it cannot be read, or is not one, or is there under a name that only looks like
    it: a policy that nobody can read forbids everything."""
    if given is not None:
        return _read(given)
    folders = dict.fromkeys((Path(design).parent, Path(os.path.realpath(design)).parent))
    for folder in folders:
        if os.path.lexists(folder / NAME):
            return _read(folder / NAME)
        _check_no_other(folder)
    return None


def _check_no_other(folder: Path) -> None:
    for name in _LIKE_IT:
        if os.path.lexists(folder / name):
            raise UsageError(
                f"{folder / name} is not read: a policy is called {NAME}.",
                advice=f"Rename it to {NAME}, or away from the design.",
            )


def enforce(plan: Plan, given: Path | None = None, design: str = "") -> None:
    """Refused (exit 5) when the policy of now forbids the plan. `design` is the design's file where the plan does not
    name it. Without a design file here, only a policy that was named is looked at, and a plan that was made under one
    is refused without it."""
    from provisioner.planning.commands import design_of
    from provisioner.planning.policy import check_policy

    beside = design_of(plan) or design
    check_policy(find(beside, given) if beside or given is not None else None, plan)


def warn(plan: Plan, policy: Policy | None, console: Console) -> list[Breach]:
    """What would be refused, said while there is time."""
    from provisioner.planning.policy import breaches
    from provisioner.reporting.text import safe

    found = breaches(policy, plan) if policy is not None else []
    for item in found:
        console.note(console.paint(f"The policy forbids this: {safe(item)}", "yellow"))
        console.note(f"  {safe(item.advice)}")
    return found


def _read(path: Path) -> Policy:
    from provisioner.document import load
    from provisioner.planning.policy import Policy

    if path.is_fifo():
        raise UsageError(f"{path} is a pipe; a policy is read more than once.", advice="Write it to a file first.")
    document = load(path)
    for item in document.findings:
        raise UsageError(f"{item.location}: {item.detail}", advice=item.advice)
    _check_shape(path, document)
    data = document.data
    return Policy(
        file=str(path),
        digest=document.digest,
        forbid=frozenset(data.get("forbid", ())),
        max_changes=data.get("max_changes"),
        require=frozenset(data.get("require", ())),
        orgs=tuple(data.get("orgs", ())),
        places=_places(document),
    )


def _check_shape(path: Path, document: Document) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    from provisioner import assets

    schema = json.loads(assets.read_text("specs", "policy.schema.json"))
    worst = best_match(Draft202012Validator(schema).iter_errors(document.data))
    if worst is not None:
        pointer = "".join(f"/{step}" for step in worst.absolute_path)
        raise UsageError(
            f"{document.locate(pointer)}: {path.name} is not a policy: {worst.message[:200]}.",
            advice="What it may say: provisioner schema policy.",
        )


def _places(document: Document) -> dict[str, str]:
    found = {rule: str(document.locate_key(f"/{rule}")) for rule in ("max_changes", "orgs")}
    for section in ("forbid", "require"):
        for index, rule in enumerate(document.data.get(section, ())):
            found[f"{section} {rule}"] = str(document.locate(f"/{section}/{index}"))
    return found
