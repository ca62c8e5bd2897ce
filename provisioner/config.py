"""Named connections and notifications from `provisioner.toml`: the project's (working directory) and the user's.

A connection of the project hides one of the same name in the user's folder. Secrets are only ever referred to:
`{env = "NAME"}`, `{keyring = "service/user"}`, `{file = "key.pem"}` (relative to the file that says so).
"""

from __future__ import annotations

import difflib
import json
import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from provisioner import assets
from provisioner.connections import Connection, is_loopback
from provisioner.errors import UsageError
from provisioner.secrets import Secret

FILE = "provisioner.toml"
SECTIONS = ("connections", "notifications")
SECRET_KEYS = ("access_token", "client_secret", "private_key")
TEXT_KEYS = ("platform", "instance_url", "api_version", "client_id", "username", "audience", "sf_cli")
NUMBER_KEYS = ("timeout_seconds",)
KEYS = (*TEXT_KEYS, *SECRET_KEYS, *NUMBER_KEYS)
SOURCES = ("env", "keyring", "file")

# method → keys it needs, keys it may have; the first method whose marking key is there is the one meant
METHODS: Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "access_token": ("access_token", ("access_token",), ()),
    "jwt": ("private_key", ("private_key", "client_id", "username"), ("audience",)),
    "client_credentials": ("client_secret", ("client_secret", "client_id", "instance_url"), ()),
    "sf_cli": ("sf_cli", ("sf_cli",), ()),
}
# platform → where everybody's API is, so that a connection need not say it
ONE_HOME = ("hubspot",)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_INSTEAD = 'For example: {key} = {{env = "NAME_OF_A_VARIABLE"}}. A credential written here is known to others now.'
_LARGEST_SECRET = 64 * 1024  # bytes; a private key has a few thousand
_AUTH_KEYS = {"access_token", "private_key", "client_secret", "sf_cli", "client_id", "username", "audience"}


@dataclass(frozen=True, slots=True)
class _Entry:
    """One `[connections.NAME]` (or other) table, and where it was found."""

    name: str
    values: Mapping[str, Any]
    file: Path
    text: str
    section: str = "connections"

    def place(self, key: str = "") -> str:
        """`provisioner.toml:4`; the table's own line when the key has none."""
        return f"{self.file}:{_line(self.text, self.section, self.name, key)}"

    def wrong(self, key: str, message: str, advice: str = "") -> UsageError:
        return UsageError(f"{self.place(key)}: [{self.section}.{self.name}] {message}", advice=advice)


@dataclass(frozen=True, slots=True)
class Notification:
    """Where a summary is posted to. The whole address is a credential: who has it can post."""

    name: str
    kind: Literal["slack", "webhook"]
    url: Secret


def files(folder: Path | None = None) -> tuple[Path, ...]:
    """Where connections are looked for: the project's file, then the user's, if the user has a place of their own.
    None needs to exist."""
    import platformdirs

    project = (folder or Path.cwd()) / FILE
    try:
        return project, platformdirs.user_config_path("provisioner") / FILE
    except RuntimeError:  # no home folder, as in some containers
        return (project,)


def connection(
    name: str, *, paths: tuple[Path, ...] | None = None, environ: Mapping[str, str] | None = None
) -> Connection:
    """The connection called `name`, its secrets looked up. UsageError names file, line and the way out."""
    entry = _named(name, "connections", files() if paths is None else paths)
    return _connection(entry, os.environ if environ is None else environ)


def notification(
    name: str, *, paths: tuple[Path, ...] | None = None, environ: Mapping[str, str] | None = None
) -> Notification:
    """The place `[notifications.NAME]`, its address looked up. UsageError names file, line and the way out; never the
    address."""
    entry = _named(name, "notifications", files() if paths is None else paths)
    for key in entry.values:
        if key not in ("kind", "url"):
            raise entry.wrong(key, f"has an unknown key {key!r}.", "Known keys: kind, url.")
    kind = entry.values.get("kind")
    if kind not in ("slack", "webhook"):
        raise entry.wrong("kind", "needs a kind: slack or webhook.", 'For example: kind = "slack"')
    if "url" not in entry.values:
        raise entry.wrong("", "needs 'url'.", 'For example: url = {env = "SLACK_WEBHOOK"}')
    url = _secret(entry, "url", os.environ if environ is None else environ)
    _check_address(entry, url.reveal())
    return Notification(name, kind, url)


def _check_address(entry: _Entry, url: str) -> None:
    """https, or http on the loopback, without repeating any of it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise entry.wrong("url", "url refers to something that is no address.") from None
    if not host or not url.isascii() or not url.isprintable() or " " in url or "\\" in url or parts.username:
        raise entry.wrong("url", "url refers to something that is no address of a webhook.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise entry.wrong("url", "url must begin with https://; http:// is accepted for this machine only.")


def _named(name: str, section: str, looked: tuple[Path, ...]) -> _Entry:
    entries: dict[str, _Entry] = {}
    for path in reversed(looked):
        entries.update(_entries(path, section))
    if name not in entries:
        raise _unknown(name, section, entries, looked)
    return entries[name]


def _entries(path: Path, section: str) -> dict[str, _Entry]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{path} is not valid TOML: {error}.", advice="Look at that line: brackets, quotes, and one key per line."
        ) from error
    except RecursionError:
        raise UsageError(f"{path} is nested too deeply to be read.") from None
    for key in data:
        if key not in SECTIONS:
            raise UsageError(
                f"{path}: there is no section {key!r}.", advice="Connections are written [connections.NAME]."
            )
    tables = data.get(section, {})
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise UsageError(f"{path}: {section} are tables.", advice=f"Write [{section}.NAME], then one key per line.")
    return {name: _Entry(name, table, path, text, section) for name, table in tables.items()}


def _unknown(name: str, section: str, entries: Mapping[str, _Entry], looked: tuple[Path, ...]) -> UsageError:
    near = difflib.get_close_matches(name, entries, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    one = section.removesuffix("s")
    known = f"Known {section}: {', '.join(sorted(entries))}." if entries else f"No {one} is defined yet."
    places = " or ".join(str(path) for path in looked)
    return UsageError(f"There is no {one} {name!r}.{hint}", advice=f"{known} Write [{section}.{name}] in {places}.")


def _connection(entry: _Entry, environ: Mapping[str, str]) -> Connection:
    _check_keys(entry)
    method = _method(entry)
    needed = METHODS[method][1]
    if method == "access_token" and entry.values["platform"] not in ONE_HOME:
        needed = (*needed, "instance_url")
    for key in needed:
        if key not in entry.values:
            raise entry.wrong("", f"needs {key!r} as well ({method} was chosen).")
    url = entry.values.get("instance_url")
    if url is not None:
        _check_url(entry, url)
    return Connection(
        name=entry.name,
        platform=entry.values["platform"],
        auth=_auth(entry, method, environ),
        instance_url=url.rstrip("/") if url else None,
        api_version=entry.values.get("api_version"),
        timeout_seconds=float(entry.values.get("timeout_seconds", 30.0)),
    )


def _check_keys(entry: _Entry) -> None:
    """What specs/config.schema.json holds against single keys, in words that never repeat a value.

    The functions below know more about secrets, addresses and ways to log in, the targets about platforms.
    """
    wrong = _wrong_keys(entry.values)
    for key, value in entry.values.items():
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise entry.wrong(key, f"has an unknown key {key!r}.{hint}", f"Known keys: {', '.join(KEYS)}.")
        if key in NUMBER_KEYS and (key in wrong or math.isnan(value)):
            raise entry.wrong(key, f"{key} must be a number of seconds between 0 and 600.")
        if key == "api_version" and key in wrong:
            example = 'For example: api_version = "66.0"; for HubSpot "v3" or "2026-09".'
            raise entry.wrong(key, f"{key} must be a number and .0, in quotes.", example)
        if key in TEXT_KEYS and key in wrong and not (isinstance(value, str) and value.strip()):
            raise entry.wrong(key, f"{key} must be text, and not empty.")
    if "platform" not in entry.values:
        raise entry.wrong("", "needs 'platform'.", 'For example: platform = "salesforce"')


def _wrong_keys(table: Mapping[str, Any]) -> set[str]:
    from jsonschema import Draft202012Validator  # slow to import, and only a connection needs it

    schema = json.loads(assets.read_text("specs", "config.schema.json"))
    shape = schema["$defs"]["connection"] | {"$defs": schema["$defs"]}
    return {str(error.path[0]) for error in Draft202012Validator(shape).iter_errors(table) if error.path}


def _method(entry: _Entry) -> str:
    marked = [method for method, (mark, _, _) in METHODS.items() if mark in entry.values]
    if not marked:
        marks = ", ".join(mark for mark, _, _ in METHODS.values())
        raise entry.wrong("", "does not say how to log in.", f"Give one of: {marks}.")
    if len(marked) > 1:
        raise entry.wrong("", f"says how to log in {len(marked)} times ({', '.join(marked)}).", "Keep one.")
    _, needed, optional = METHODS[marked[0]]
    for key in entry.values:
        if key in _AUTH_KEYS and key not in (*needed, *optional):
            raise entry.wrong(key, f"{key!r} has no meaning together with {METHODS[marked[0]][0]!r}.", "Remove it.")
    return marked[0]


def _check_url(entry: _Entry, url: str) -> None:
    """https, or http on the loopback; a bare host, without credentials."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise entry.wrong("instance_url", f"instance_url is not a URL: {error}.") from error
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.password:
        raise entry.wrong("instance_url", "instance_url must look like https://example.my.salesforce.com.")
    if not url.isascii() or not url.isprintable() or " " in url.strip() or "\\" in url:
        raise entry.wrong("instance_url", "instance_url holds a character that no address has.")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise entry.wrong("instance_url", "instance_url must end after the host.")
    if parts.scheme == "http" and not is_loopback(host):
        raise entry.wrong("instance_url", "http:// is accepted for this machine only.", "Use https://.")


def _auth(entry: _Entry, method: str, environ: Mapping[str, str]) -> dict[str, str | Secret]:
    _, needed, optional = METHODS[method]
    auth: dict[str, str | Secret] = {"method": method}
    for key in (*needed, *optional):
        if key == "instance_url" or key not in entry.values:
            continue
        name = "target_org" if key == "sf_cli" else key
        auth[name] = _secret(entry, key, environ) if key in SECRET_KEYS else entry.values[key]
    return auth


def _secret(entry: _Entry, key: str, environ: Mapping[str, str]) -> Secret:
    """Look a reference up. A literal secret is refused without repeating it."""
    reference = entry.values[key]
    example = f'{key} = {{env = "NAME_OF_A_VARIABLE"}}'
    if not isinstance(reference, dict):
        raise entry.wrong(
            key,
            f"{key} is written out. Secrets do not belong in this file: it is shared and committed.",
            f"Refer to it instead, for example {example}, and treat the one that was written here as known to others.",
        )
    if len(reference) != 1 or next(iter(reference)) not in SOURCES:
        raise entry.wrong(key, f"{key} must refer to exactly one of {', '.join(SOURCES)}.", f"For example: {example}")
    source, where = next(iter(reference.items()))
    if not isinstance(where, str) or not where:
        raise entry.wrong(key, f"{key}.{source} must be text, and not empty.", f"For example: {example}")
    value = _LOOKUPS[source](entry, key, where, environ)
    if not value.strip():
        raise entry.wrong(key, f"{key} refers to {source} {where!r}, which is empty.")
    return Secret(value if key == "private_key" else value.strip())


def _from_env(entry: _Entry, key: str, where: str, environ: Mapping[str, str]) -> str:
    if not _VARIABLE.fullmatch(where):
        # A credential put where its name belongs is the likely slip, so the text is not repeated.
        raise entry.wrong(key, f"{key}.env is not the name of an environment variable.", _INSTEAD.format(key=key))
    if where not in environ:
        raise entry.wrong(key, f"{key}: the environment variable {where} is not set.", f"Set it: export {where}=…")
    return environ[where]


def _from_file(entry: _Entry, key: str, where: str, environ: Mapping[str, str]) -> str:
    if "-----BEGIN" in where or not where.isprintable():
        raise entry.wrong(key, f"{key}.file is not the path of a file.", "Name the file that holds it.")
    try:
        path = entry.file.parent / Path(where).expanduser()
    except RuntimeError as error:
        raise entry.wrong(key, f"{key}: {where!r} names a home directory that is not known.") from error
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_SECRET + 1)
        if len(content) > _LARGEST_SECRET:
            raise entry.wrong(key, f"{key}: the file {path} is too large to hold a credential.")
        return content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        advice = "A path is relative to the folder of this file; correct it, or put the file there."
        raise entry.wrong(key, f"{key}: the file {path} cannot be read: {reason}.", advice) from error


def _from_keyring(entry: _Entry, key: str, where: str, environ: Mapping[str, str]) -> str:
    import keyring
    from keyring.errors import KeyringError

    service, slash, user = where.partition("/")
    if not (service and slash and user):
        raise entry.wrong(key, f"{key}: a keyring entry is written service/user.")
    try:
        found = keyring.get_password(service, user)
    except KeyringError as error:
        raise entry.wrong(key, f"{key}: the keyring did not answer: {error}.") from error
    if found is None:
        advice = f"Store it: keyring set {service} {user}"
        raise entry.wrong(key, f"{key}: the keyring has no entry {where!r}.", advice)
    return str(found)


_LOOKUPS = {"env": _from_env, "file": _from_file, "keyring": _from_keyring}


def _line(text: str, section: str, name: str, key: str) -> int:
    """The line of `key` inside the table, of the table itself, or 1 (TOML can be written in ways we do not chase)."""
    header = re.compile(rf"\s*\[\s*{section}\s*\.\s*[\"']?{re.escape(name)}[\"']?\s*[\].]")
    table = 0
    for number, line in enumerate(text.splitlines(), 1):
        if header.match(line):
            table = number
        elif table and line.lstrip().startswith("["):
            break
        elif table and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
            return number
    return table or 1
