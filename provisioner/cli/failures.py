"""Errors in words, on stderr. Never a traceback, except for bugs with -vv; never a secret."""

from __future__ import annotations

import json
import os
import sys
import traceback
from types import TracebackType
from typing import Any, TextIO

import click

from provisioner.errors import DesignError, ProvisionerError, Rejected
from provisioner.secrets import Secret, without_secrets

_state: dict[str, list[Secret]] = {"secrets": []}
_readers: set[str] = set()  # "json" while a program reads stdout


def for_programs(on: bool) -> None:
    """Whether errors are also printed as one JSON document on stdout: --json promises one, also when it goes wrong."""
    _readers.clear()
    if on:
        _readers.add("json")


def remember(secret: Secret) -> None:
    """A credential in use: it is masked wherever an error would repeat it."""
    import logging

    # Its debug lines quote whole addresses, and that of a webhook is a credential.
    logging.getLogger("urllib3").setLevel(logging.INFO)
    _state["secrets"].append(secret)


def masked(text: str) -> str:
    """`text` without any credential that is in use, the short ones among those that were remembered included."""
    for secret in _state["secrets"]:
        if secret.reveal():
            text = text.replace(secret.reveal(), str(secret))
    return without_secrets(text)


def hush(stream: TextIO) -> None:
    """From now on, what is written there goes nowhere: nobody reads it, and that shall stop nothing."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def explain(error: ProvisionerError) -> int:
    """`Error: …`, the reasons, what to do. The exit code of the error."""
    click.echo(in_words(error), err=True)
    if _readers:
        click.echo(json.dumps(masked_data(error_data(error)), indent=2))
    return error.exit_code


def in_words(error: ProvisionerError) -> str:
    """Its findings, what went wrong, and what to do; fit for a terminal, and without a credential."""
    from provisioner.reporting.text import safe, safe_lines

    lines = []
    if isinstance(error, DesignError) and error.findings:
        from provisioner.reporting.findings import findings_text

        lines.append(findings_text(error.findings))
    lines.append(f"Error: {safe_lines(error.message)}")
    if isinstance(error, Rejected):
        told = [f"{where}: {text}" for where, text in error.problems]
        lines += [f"  {safe(line)}" for line in told if line not in error.message]
    if error.advice:
        lines.append(f"  What to do: {safe_lines(error.advice)}")
    return masked("\n".join(lines))


def misused(message: str, for_program: bool) -> int:
    """A command line that means nothing: what --json promises then. Its words are on stderr already. Exit code 2."""
    if for_program:
        said = {"message": message, "advice": "provisioner COMMAND --help shows what there is.", "exit_code": 2}
        click.echo(json.dumps(masked_data({"error": said, "findings": []}), indent=2))
    return 2


def error_data(error: ProvisionerError) -> dict[str, Any]:
    """What --json prints instead of a result: `{"error": {…}, "findings": […]}`."""
    from provisioner.reporting.findings import finding_data

    said: dict[str, Any] = {"message": error.message, "advice": error.advice, "exit_code": error.exit_code}
    if isinstance(error, Rejected):
        said["problems"] = [{"where": where, "text": text} for where, text in error.problems]
    findings = error.findings if isinstance(error, DesignError) else ()
    return {"error": said, "findings": [finding_data(finding) for finding in findings]}


def masked_data(value: Any) -> Any:
    """JSON-like data with every known credential masked, in keys as well."""
    if isinstance(value, dict):
        return {masked(str(key)): masked_data(item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked_data(item) for item in value]
    return masked(value) if isinstance(value, str) else value


def interrupted() -> int:
    click.echo(
        "\nInterrupted. If something was being written, the CRM may still be working on it; "
        "provisioner plan shows where things stand.",
        err=True,
    )
    return 130


def unforeseen(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The excepthook: a bug is ours, and says so. Python then exits with 1."""
    from provisioner.reporting.text import safe, safe_lines

    if issubclass(kind, KeyboardInterrupt):
        interrupted()
        return
    lines = [
        f"Error: this is a bug in provisioner ({kind.__name__}: {safe(error)}).",
        "  Nothing more was done. provisioner plan shows where things stand.",
    ]
    if "-vv" in sys.argv or sys.argv.count("-v") > 1:
        lines += [safe_lines(part.rstrip("\n")) for part in traceback.format_exception(kind, error, trace)]
    else:
        lines.append("  What to do: report it, with the output of the same command and -vv.")
    click.echo(masked("\n".join(lines)), err=True)
