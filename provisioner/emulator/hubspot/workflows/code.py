"""Custom code actions: what may be saved, and running the code in a process of its own.

[spec] automation v4, CUSTOM_CODE; [docs] reference/hubspot.md 4.5 and the vendor's page on custom code actions: the
event is `{origin {portalId, actionDefinitionId}, object {objectType, objectId}, inputFields, callbackId}`; Python is
`main(event)` that returns `{"outputFields": {…}}`, Node 20 is `exports.main(event, callback)`, Node 24 returns instead;
20 s, 128 MB, 50 inputs, secrets in the environment (1,000 characters together). Instants arrive as epoch milliseconds
in a text [community]. Not modelled: retries of failed calls, the libraries of the vendor's runtime.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from provisioner.emulator.hubspot.errors import ApiError, Json, invalid, unmodelled
from provisioner.emulator.hubspot.standard import TYPES
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import read
from provisioner.emulator.hubspot.values import LONGEST, plain
from provisioner.emulator.hubspot.workflows import harness

RUNTIMES = ("PYTHON39", "NODE20X", "NODE24X")  # only the second and the first are named in the sources [inferred]
SHAPE: Json = {
    "runtime!": "string",
    "sourceCode!": "string",
    "secretNames!": ["string"],
    "inputFields!": [{"name!": "string", "value!": "any"}],
    "outputFields!": [{"name!": "string", "type!": ("ENUMERATION",), "options!": ["string"]}],
}
INPUTS, SECRETS, MEMORY_MB = 50, 1000, 128
_SAID = 2000  # characters of what the code prints that the log keeps
_TOO_MUCH = 1_000_000  # bytes that the code may write anywhere


class CodeFailed(Exception):
    """The code did not run, or not to its end; the text says why."""


def check(portal: Portal, action: Json) -> None:
    """What the vendor refuses of a custom code action of the right shape; values are checked elsewhere."""
    if action["runtime"] not in RUNTIMES:
        raise unmodelled(f"the runtime {action['runtime']}; there are {', '.join(RUNTIMES)}")
    if not action["sourceCode"].strip():
        raise invalid("sourceCode of a custom code action cannot be empty.")
    if len(action["inputFields"]) > INPUTS:
        raise invalid(f"A custom code action has at most {INPUTS} inputFields, not {len(action['inputFields'])}.")
    for key in ("inputFields", "outputFields"):
        names = [one["name"] for one in action[key]]
        twice = [one for one in names if names.count(one) > 1 or not one]
        if twice:
            raise invalid(f"Names in {key} are texts that differ; {twice[0]!r} is not one.")
    for name in action["secretNames"]:
        if name not in portal.shelves["secret"]:
            raise ApiError(500, "INTERNAL", "", empty=True)  # an unknown secret name [community] 4.9


def plant_secret(portal: Portal, body: Any) -> Json:
    """`{"name", "value"}`: what code finds in its environment. Raises ValueError."""
    fits = isinstance(body, dict) and body.keys() == {"name", "value"}
    if not fits or not all(isinstance(one, str) and one and "\0" not in one for one in body.values()):
        raise ValueError("A secret is a name and a value, both texts.")
    if not body["name"].isidentifier():
        raise ValueError(f"A secret's name is an identifier, not {body['name']!r}.")
    others = [one["value"] for one in portal.shelves["secret"] if one["name"] != body["name"]]
    if len("".join([*others, body["value"]])) > SECRETS:
        raise ValueError(f"The values of all secrets together have at most {SECRETS} characters.")
    portal.shelves["secret"].put(body["name"], dict(body))
    return {"name": body["name"]}


def run(
    portal: Portal, flow: Json, record: Json, action: Json, value_of: Callable[[Json], str | None]
) -> tuple[dict[str, str], str]:
    """(outputs by name, what the code printed). `value_of` resolves an input's value.

    Blocks for as long as the code runs, at most `code_seconds` real seconds. Raises CodeFailed.
    """
    if not portal.run_code:
        raise CodeFailed("custom code is off; start the emulator with --run-custom-code to run it")
    event = _event(portal, flow, record, action, value_of)
    secrets = {name: portal.shelves["secret"].get(name) for name in action["secretNames"]}
    environment = {name: one["value"] for name, one in secrets.items() if one is not None}
    with tempfile.TemporaryDirectory(prefix="code-") as folder:
        said = _execute(portal, Path(folder), action, event, environment)
        for value in environment.values():
            said = said.replace(value, "***")
        return _outputs(Path(folder) / "result.json", action, said), said


def _event(
    portal: Portal, flow: Json, record: Json, action: Json, value_of: Callable[[Json], str | None]
) -> dict[str, Any]:
    inputs: dict[str, str | None] = {}
    for one in action["inputFields"]:
        value = value_of(one["value"])
        if value is not None:
            inputs[one["name"]] = _sent(value)
        elif portal.settings.blank_inputs == "null":
            inputs[one["name"]] = None
    number, portal_id = portal.number("callback"), portal.settings.portal_id
    return {
        "callbackId": f"ap-{portal_id}-{flow['id']}-{action['actionId']}-{number}",
        "origin": {"portalId": portal_id, "actionDefinitionId": int(flow["id"]) * 1000 + int(action["actionId"])},
        "object": {"objectType": TYPES[flow["objectTypeId"]].singular.upper(), "objectId": int(record["id"])},
        "inputFields": inputs,
    }


def _sent(value: str) -> str:
    """Dates and instants as epoch milliseconds, everything else as kept."""
    looks = len(value) >= 10 and value[4:5] == "-" and value[7:8] == "-"
    ms = read(value) if looks else None
    return value if ms is None else str(ms)


def _execute(portal: Portal, folder: Path, action: Json, event: Json, environment: dict[str, str]) -> str:
    """Run it; what it printed. Raises CodeFailed when it cannot be run, runs too long, or fails."""
    node = action["runtime"].startswith("NODE")
    program = shutil.which("node") if node else sys.executable
    if program is None:
        raise CodeFailed(f"this machine has no node to run {action['runtime']} with")
    _lay_out(portal, folder, action, event, program if node else None)
    with (folder / "said.txt").open("w+b") as said:
        process = subprocess.Popen(
            [sys.executable, "-I", "run.py"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(timeout=portal.settings.code_seconds)
        except subprocess.TimeoutExpired:
            raise CodeFailed(f"Task timed out after {portal.settings.code_seconds:.2f} seconds") from None
        finally:
            _end(process)
        said.seek(0)
        printed = said.read(_SAID).decode("utf-8", "replace").strip()
    if status != 0:
        hidden = printed
        for value in environment.values():
            hidden = hidden.replace(value, "***")
        raise CodeFailed(f"the code ended with an error: {_last(hidden) or f'status {status}'}")
    return printed


def _lay_out(portal: Portal, folder: Path, action: Json, event: Json, node: str | None) -> None:
    """The code, what runs around it, and its order. `node`: the program that runs JavaScript, None for Python."""
    (folder / ("code.js" if node else "code.py")).write_text(action["sourceCode"], encoding="utf-8")
    if node:
        (folder / "run.js").write_text(harness.NODE, encoding="utf-8")
    order = {
        "event": event,
        "now_ms": portal.now_ms,
        "callback": action["runtime"] == "NODE20X",
        "memory": MEMORY_MB,
        "written": _TOO_MUCH,
        "node": node,
        "seconds": portal.settings.code_seconds,
    }
    (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")
    (folder / "run.py").write_text(Path(harness.__file__).read_text(encoding="utf-8"), encoding="utf-8")


def _end(process: subprocess.Popen[bytes]) -> None:
    """The code and whatever it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # nothing of it is left
    finally:
        process.wait()


def _last(printed: str) -> str:
    """The line that names the error: the last one that says something."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line and not line.startswith(("at ", "File "))]
    return (errors or lines or [""])[-1][:500]


def _outputs(result: Path, action: Json, said: str) -> dict[str, str]:
    """Declared outputs that are not blank, as texts. Raises CodeFailed for a result of another shape."""
    found = json.loads(result.read_text(encoding="utf-8")) if result.exists() else None
    if found is None:
        return {}
    fields = found.get("outputFields", {}) if isinstance(found, dict) else None
    if not isinstance(fields, dict):
        raise CodeFailed("the code did not return an object with outputFields")
    outputs: dict[str, str] = {}
    for one in action["outputFields"]:
        text = _text(one["name"], fields.get(one["name"]))
        if text is None:
            continue
        if one["options"] and text not in one["options"]:
            raise CodeFailed(f"output {one['name']} is {text!r}, which is none of its options {one['options']}")
        outputs[one["name"]] = text
    return outputs


def _text(name: str, value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return plain(Decimal(repr(value)))
    if not isinstance(value, str):
        raise CodeFailed(f"output {name} is no text, number or truth value")
    if len(value) > LONGEST:
        raise CodeFailed(f"output {name} is longer than {LONGEST} characters")
    return value
