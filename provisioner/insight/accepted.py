"""Findings that people know of and live with, for a time: `provisioner.accepted.yaml`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from provisioner.diagnostics import Location
from provisioner.document import Document
from provisioner.document.wording import did_you_mean, quoted
from provisioner.errors import UsageError
from provisioner.insight.checks import FINDINGS
from provisioner.insight.finding import Finding

FILE = "provisioner.accepted.yaml"
_KEYS = ("code", "subject", "fingerprint", "reason", "until")
_EXAMPLE = (
    "accepted:\n  - {code: L101, subject: 'LeadSource: Old', reason: Retired in May., until: 2026-12-31}\n"
    "A finding is named by code and subject, or by its fingerprint."
)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One entry: a finding by code and subject, or by fingerprint; why, and the last day on which it holds."""

    code: str
    subject: str
    fingerprint: str
    reason: str
    until: date
    location: Location

    def covers(self, finding: Finding) -> bool:
        if self.fingerprint:
            return finding.fingerprint == self.fingerprint
        return self.names(finding) and not finding.found.content

    def names(self, finding: Finding) -> bool:
        """Whether it is of this code and subject. Where a subject can become different again and again, as with a
        change by hand, that does not say which of them was accepted, and covers none."""
        return finding.code == self.code and finding.subject.casefold() == self.subject.casefold()

    def holds_on(self, day: date) -> bool:
        return day <= self.until


def read_accepted(document: Document) -> tuple[Acceptance, ...]:
    """The entries of the file. UsageError with file, line and column when something in it cannot be meant."""
    if document.findings:
        worst = document.findings[0]
        raise UsageError(f"{worst.location}: {worst.title}: {worst.detail}", advice=worst.advice or _EXAMPLE)
    data = document.data
    if not isinstance(data, dict) or list(data) != ["accepted"] or not isinstance(data["accepted"], list):
        raise _wrong(document, "", "This is no list of accepted findings.")
    return tuple(_entry(document, item, f"/accepted/{index}") for index, item in enumerate(data["accepted"]))


def _entry(document: Document, item: Any, pointer: str) -> Acceptance:
    if not isinstance(item, dict):
        raise _wrong(document, pointer, f"An entry is a mapping, not {quoted(item)}.")
    for key, value in item.items():
        if key not in _KEYS:
            raise _wrong(
                document, f"{pointer}/{key}", f"{quoted(key)} is no key of an entry. {did_you_mean(key, _KEYS)}"
            )
        if not isinstance(value, str) or not value.strip():
            raise _wrong(document, f"{pointer}/{key}", f"{key} is {quoted(value)}; it must be text, and not empty.")
    named = ("fingerprint" in item) != ("code" in item and "subject" in item)
    if not named or ("fingerprint" in item and "subject" in item):
        raise _wrong(document, pointer, "An entry names a finding by code and subject, or by its fingerprint.")
    for key in ("reason", "until"):
        if key not in item:
            raise _wrong(document, pointer, f"The entry has no {key}: what is accepted, is so for a reason and a time.")
    if "code" in item and item["code"] not in FINDINGS:
        codes = [kind.code for kind in FINDINGS]
        hint = did_you_mean(item["code"], codes)
        raise _wrong(document, f"{pointer}/code", f"There is no finding {quoted(item['code'])}. {hint}")
    return Acceptance(
        code=item.get("code", ""),
        subject=item.get("subject", ""),
        fingerprint=item.get("fingerprint", "").lower(),
        reason=item["reason"],
        until=_day(document, item["until"], f"{pointer}/until"),
        location=document.locate(pointer),
    )


def _day(document: Document, text: str, pointer: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _wrong(document, pointer, f"until is {quoted(text)}; it must be a day such as 2026-12-31.") from error


def _wrong(document: Document, pointer: str, message: str) -> UsageError:
    return UsageError(f"{document.locate(pointer)}: {message.strip()}", advice=_EXAMPLE)


def split(
    findings: Sequence[Finding], acceptances: Sequence[Acceptance], today: date
) -> tuple[list[Finding], list[tuple[Finding, Acceptance]], list[Acceptance], list[Acceptance]]:
    """The findings that count; those that are accepted, and why; entries that expired while their finding is still
    there; and entries that cover nothing."""
    counted: list[Finding] = []
    accepted: list[tuple[Finding, Acceptance]] = []
    expired: dict[Acceptance, None] = {}
    used: dict[Acceptance, None] = {}
    for finding in findings:
        covering = [item for item in acceptances if item.covers(finding)]
        used.update(dict.fromkeys(covering))
        valid = next((item for item in covering if item.holds_on(today)), None)
        if valid is not None:
            accepted.append((finding, valid))
            continue
        expired.update(dict.fromkeys(covering))
        counted.append(finding)
    return counted, accepted, list(expired), [item for item in acceptances if item not in used]
