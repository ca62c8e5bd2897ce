"""The policy file: found, read, held against a plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from provisioner.errors import UsageError

if TYPE_CHECKING:
    from provisioner.cli.console import Console
    from provisioner.document import Document
    from provisioner.planning.plan import Plan
    from provisioner.planning.policy import Policy

Command = TypeVar("Command", bound=Callable[..., Any])
NAME = "policy.yaml"


def policed(command: Command) -> Command:
    """Adds --policy."""
    return click.option(
        "--policy",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help=f"What plans may do; without it, {NAME} beside the design.",
    )(command)


def find(design: str | Path, given: Path | None = None) -> Policy | None:
    """The policy that was named, or the one beside the design; None when there is none. UsageError when it cannot be
    read, or is not one: a policy that nobody can read forbids everything."""
    path = given if given is not None else Path(design).parent / NAME
    if given is None and not path.exists():
        return None
    return _read(path)


def enforce(plan: Plan, given: Path | None = None) -> None:
    """Refused (exit 5) when the policy of now forbids the plan. Without a design file here, only a policy that was
    named is looked at, and a plan that was made under one is refused without it."""
    from provisioner.planning.commands import design_of
    from provisioner.planning.policy import check_policy

    design = design_of(plan)
    check_policy(find(design, given) if design or given is not None else None, plan)


def warn(plan: Plan, policy: Policy | None, console: Console) -> None:
    """What would be refused, said while there is time."""
    from provisioner.planning.policy import breaches
    from provisioner.reporting.text import safe

    for item in breaches(policy, plan) if policy is not None else ():
        console.note(console.paint(f"The policy forbids this: {safe(item)}", "yellow"))
        console.note(f"  {safe(item.advice)}")


def _read(path: Path) -> Policy:
    from provisioner.document import load
    from provisioner.planning.policy import Policy

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
