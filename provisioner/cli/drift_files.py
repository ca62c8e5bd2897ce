"""What a drift run reads beside the CRM, and the files it leaves."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provisioner import __version__, config
from provisioner.cli.console import Console
from provisioner.cli.reports import check_place, write_report
from provisioner.cli.road import Prepared
from provisioner.document import load
from provisioner.document.wording import did_you_mean
from provisioner.errors import ProvisionerError, UsageError
from provisioner.insight.accepted import FILE, Acceptance, read_accepted
from provisioner.insight.audit import Audit
from provisioner.insight.checks import FINDINGS
from provisioner.insight.drift import ALL_FAMILIES, Earlier, Looked, Report, audit, compare
from provisioner.planning.guards import same_org
from provisioner.reporting.drift_data import drift_data

if TYPE_CHECKING:
    from provisioner.config import Notification

_DAYS = re.compile(r"([1-9][0-9]{0,3})d")
_JSON_MARK = '{\n  "format": 1,\n  "made_at": '  # a plan begins otherwise


def check_only(only: Sequence[str]) -> tuple[str, ...]:
    """Families in lower case, codes in upper case. UsageError for what is neither."""
    codes = [kind.code for kind in FINDINGS]
    wanted = []
    for name in only:
        if name.lower() in ALL_FAMILIES:
            wanted.append(name.lower())
        elif name.upper() in codes:
            wanted.append(name.upper())
        else:
            hint = did_you_mean(name, [*ALL_FAMILIES, *codes])
            raise UsageError(
                f"There is no family and no finding {name!r}. {hint}".strip(),
                advice=f"Families: {', '.join(ALL_FAMILIES)}; the codes are in docs/findings.md.",
            )
    return tuple(dict.fromkeys(wanted))


def read_now(text: str | None) -> datetime:
    """The instant of the audit, UTC. UsageError when the text is none."""
    if text is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--now {text!r} is no instant.", advice=_NOW) from error
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise UsageError(f"--now {text!r} is beyond the calendar.", advice=_NOW) from error


_NOW = "For example: --now 2026-03-09T08:00:00Z"


def read_since(text: str, now: datetime) -> datetime:
    """`90d` before `now`, or the beginning of a day in UTC. UsageError for anything else."""
    days = _DAYS.fullmatch(text)
    if days:
        try:
            return now - timedelta(days=int(days[1]))
        except OverflowError as error:
            raise UsageError(f"--since {text} begins before the calendar.", advice="Write fewer days.") from error
    try:
        begin = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    except ValueError as error:
        raise UsageError(f"--since {text!r} is neither days nor a day.", advice="Write 90d, or 2026-01-31.") from error
    if begin >= now:
        raise UsageError(f"--since {text} is not in the past.", advice="Write 90d, or an earlier day.")
    return begin


def read_acceptances(path: Path | None, design: Path) -> tuple[Acceptance, ...]:
    """The entries of the file; without one, of the file beside the design, if it is there."""
    if path is None:
        path = design.parent / FILE
        if not path.exists():
            return ()
    return read_accepted(load(path))


@dataclass(frozen=True, slots=True)
class Before:
    """An earlier report: of which org and design, when (UTC ISO), and what was found."""

    path: Path
    org: str
    design: str
    made_at: str
    findings: tuple[Earlier, ...]
    looked: Looked


def read_earlier(path: Path | None) -> Before | None:
    """UsageError when the file is no report."""
    if path is None:
        return None
    from jsonschema import Draft202012Validator  # slow to import, and only an earlier report needs it
    from jsonschema.exceptions import best_match

    from provisioner import assets

    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no drift report: it is not JSON.", advice=_HOW) from error
    schema = json.loads(assets.read_text("specs", "drift.schema.json"))
    worst = best_match(Draft202012Validator(schema).iter_errors(data))
    if worst is not None:
        raise UsageError(f"{path} is no drift report: {worst.json_path}: {worst.message[:160]}.", advice=_HOW)
    found = [_earlier(item) for item in data["findings"]] + [_earlier(item, True) for item in data["accepted"]]
    return Before(
        path, str(data["org"]["id"]), data["design"]["id"], data["made_at"], tuple(found), _looked(path, data)
    )


def _looked(path: Path, data: Mapping[str, Any]) -> Looked:
    try:
        window = datetime.fromisoformat(data["made_at"]) - datetime.fromisoformat(data["since"])
    except (ValueError, TypeError) as error:  # no instant, or one of the two without a time zone
        raise UsageError(f"{path} is no drift report: made_at and since are no instants.", advice=_HOW) from error
    return Looked(tuple(data["only"]), frozenset(item["family"] for item in data["unchecked"]), window)


_HOW = "A report is kept by: provisioner drift DESIGN -c NAME -o FILE"


def _earlier(item: Mapping[str, Any], accepted: bool = False) -> Earlier:
    return Earlier(item["code"], item["subject"], item["fingerprint"], item["severity"], accepted)


def report_of(
    subject: Audit,
    prepared: Prepared,
    acceptances: Sequence[Acceptance],
    only: Sequence[str],
    earlier: Before | None,
) -> Report:
    """The audit, and what is new since the earlier one. UsageError when that is of another org or design."""
    report = audit(subject, prepared.document.locate, tool=__version__, acceptances=acceptances, only=only)
    if earlier is None:
        return report
    if not same_org(earlier.org, report.org["id"]) or earlier.design != report.design:
        raise UsageError(
            f"{earlier.path} is a report of {earlier.design} in the org {earlier.org}; "
            f"this one is of {report.design} in {report.org['id']}.",
            advice="Give --previous an earlier report of the same.",
        )
    return compare(report, earlier.findings, earlier.made_at, earlier.looked)


def check_places(options: Mapping[str, Any]) -> None:
    """UsageError when a file that is asked for cannot be written where it shall be, or two of them in one place, before
    anything is asked of the CRM."""
    taken: set[Path] = set()
    for path, begins in _places(options):
        check_place(path, begins)
        place = path.parent.resolve() / path.name
        if place in taken:
            raise UsageError(f"{path} is asked for twice, for two different reports.", advice="Give each its own file.")
        taken.add(place)
        if not path.parent.is_dir():
            raise UsageError(f"{path} cannot be written: there is no folder {path.parent}.")


def write_all(report: Report, options: Mapping[str, Any]) -> None:
    """Every file that was asked for. UsageError when one cannot be written."""
    for name, module in _FORMS.items():
        if options[name] is not None:
            form = importlib.import_module(f"provisioner.reporting.{module}")
            more = {"fail_on": options["fail_on"]} if name == "junit" else {}
            write_report(getattr(form, module)(report, **more), options[name], form.MARK)
    if options["out"] is not None:
        write_report(json.dumps(drift_data(report), indent=2) + "\n", options["out"], _JSON_MARK)


def _places(options: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    for name, module in _FORMS.items():
        if options[name] is not None:
            yield options[name], importlib.import_module(f"provisioner.reporting.{module}").MARK
    if options["out"] is not None:
        yield options["out"], _JSON_MARK
    if options["write_patch"] is not None:
        yield options["write_patch"], PATCH_MARK


_FORMS = {"html": "drift_page", "markdown": "drift_markdown", "sarif": "drift_sarif", "junit": "drift_junit"}
PATCH_MARK = "--- a/"


def find_channel(name: str) -> Notification:
    """The named place to post to; its address is masked from now on."""
    from provisioner.cli import failures

    found = config.notification(name)
    failures.remember(found.url)
    return found


def post(report: Report, channel: Notification, console: Console) -> bool:
    """Whether the summary arrived. What went wrong is said; the report is kept all the same."""
    from provisioner.cli import posting
    from provisioner.cli.failures import masked
    from provisioner.reporting.text import safe

    try:
        posting.send(report, channel)
    except ProvisionerError as error:
        console.note(masked(f"Error: {safe(error.message)}\n  What to do: {safe(error.advice)}"))
        return False
    console.note(f"Posted to {safe(channel.name)}.")
    return True
