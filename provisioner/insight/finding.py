"""What an audit finds. A kind of finding is a code, a title, a severity, a page (its docstring) and a loop.

The code never changes its meaning; a finding's fingerprint is made of code and subject, never of counts, so that the
same finding is recognised next week. That of a change by hand is made of what it was changed to besides: who accepts
one change has not seen the next.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provisioner.diagnostics import Location, Severity
from provisioner.facts import Evidence
from provisioner.resources import Address

FAMILIES: Mapping[str, tuple[str, str]] = {
    "L": ("lead-types", "Lead types"),
    "C": ("configuration", "Configuration"),
    "P": ("people", "People"),
    "R": ("data", "Data"),
    "M": ("health", "Health"),
    "B": ("calendar", "Calendar"),
}
"""First letter of a code → name of the family for the command line, and its title. R: records, M: measures,
B: business hours."""

PARTS = ("Why", "Found", "Fix", "Example")
_RANK: Mapping[Severity, int] = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A value and the lead type it probably is, or (`lead_type` empty) the value of the design, `instead_of`, whose
    place it probably took. `confidence` 0..1; `pointers` are the lists of the document that the value would be added
    to, `replaced` the places where it would be written in place of the other (both empty: a person decides where)."""

    field: str
    value: str
    lead_type: str
    confidence: float
    why: str
    pointers: tuple[str, ...] = ()
    instead_of: str = ""
    replaced: tuple[str, ...] = ()

    @property
    def has_place(self) -> bool:
        return bool(self.pointers or self.replaced)


@dataclass(frozen=True, slots=True)
class Found:
    """What a check yields. `subject` names value, address or person and is the same next week; `figures` are the
    numbers behind the text; `where` is a JSON pointer into the document."""

    subject: str
    detail: str
    consequence: str
    fix: str
    evidence: Evidence | None = None
    where: str = ""
    severity: Severity | None = None  # when it differs from the kind's
    lead_types: tuple[str, ...] = ()
    proposal: Proposal | None = None
    figures: Mapping[str, int | float | str | None] = field(default_factory=dict)
    address: Address | None = None  # of the resource it is about
    content: str = ""  # digest of what it is now, where another content under the same subject is another finding
    about: tuple[str, ...] = ()  # the parts of the design that it is about, where other findings may say the same


@dataclass(frozen=True, slots=True)
class Finding:
    """`Found`, with everything that never varies and its place in the document."""

    code: str
    title: str
    severity: Severity
    found: Found
    location: Location

    @property
    def subject(self) -> str:
        return self.found.subject

    @property
    def family(self) -> str:
        """Name of its family, as `--only` takes it."""
        return family_of(self.code)

    @property
    def fingerprint(self) -> str:
        """16 hex digits of code and subject; upper and lower case are one."""
        return fingerprint_of(self.code, self.subject, self.found.content)


def fingerprint_of(code: str, subject: str, content: str = "") -> str:
    """`content`: as in `Found`."""
    text = "\n".join([code, subject.casefold(), *([content] if content else [])])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def family_of(code: str) -> str:
    """KeyError for a letter that no family has."""
    return FAMILIES[code[:1]][0]


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Worst first, then by code, then the ones with more evidence, then by subject."""
    return sorted(findings, key=lambda item: (_RANK[item.severity], item.code, -_size(item), item.subject.casefold()))


def at_least(severity: Severity, level: Severity) -> bool:
    """Whether a severity is as bad as `level`, or worse."""
    return _RANK[severity] <= _RANK[level]


def _size(finding: Finding) -> int:
    return finding.found.evidence.count if finding.found.evidence else 0


Check = Callable[[Any], Iterable[Found]]


@dataclass(frozen=True, slots=True)
class Kind:
    """`page`: the paragraphs of the reference, by `PARTS` ("" is what it means)."""

    code: str
    title: str
    severity: Severity
    page: Mapping[str, str]
    check: Check | None = None  # None: reported by the loop of another kind

    @property
    def family(self) -> str:
        return family_of(self.code)


class Registry:
    """All kinds of findings, by code."""

    def __init__(self) -> None:
        self._kinds: dict[str, Kind] = {}

    def kind(self, code: str, title: str, *, severity: Severity = "warning") -> Callable[[Check], Check]:
        """Registers a function `Audit -> findings`; its docstring is the page. ValueError when the code is taken, has
        no family, or the page lacks a part."""

        def register(check: Check) -> Check:
            if code in self._kinds or code[:1] not in FAMILIES or not code[1:].isdigit():
                raise ValueError(f"{code} is taken, or belongs to no family")
            self._kinds[code] = Kind(code, title, severity, _page(code, inspect.cleandoc(check.__doc__ or "")), check)
            return check

        return register

    def __iter__(self) -> Iterator[Kind]:
        return iter(sorted(self._kinds.values(), key=lambda kind: kind.code))

    def __getitem__(self, code: str) -> Kind:
        return self._kinds[code]

    def __contains__(self, code: object) -> bool:
        return code in self._kinds

    def run(self, subject: Any, located: Callable[[str], Location]) -> tuple[list[Finding], list[tuple[Kind, str]]]:
        """Every finding of every kind, and the kinds whose loop crashed with what it said: a mistake of ours in one
        must not hide what the others found, and must not look clean either."""
        found: list[Finding] = []
        crashed: list[tuple[Kind, str]] = []
        for kind in self:
            if kind.check is None:
                continue
            try:
                found += [self._placed(kind, item, located) for item in kind.check(subject)]
            except Exception as error:  # noqa: BLE001 - whatever a check does wrong, the others must be heard
                crashed.append((kind, f"{type(error).__name__}: {str(error)[:200]}"))
        return found, crashed

    def _placed(self, kind: Kind, item: Found, located: Callable[[str], Location]) -> Finding:
        return Finding(kind.code, kind.title, item.severity or kind.severity, item, located(item.where))


def _page(code: str, text: str) -> dict[str, str]:
    page: dict[str, str] = {}
    name = ""
    for paragraph in text.split("\n\n"):
        head, colon, rest = paragraph.partition(": ")
        if colon and head in PARTS:
            name, paragraph = head, rest
        page[name] = f"{page[name]}\n\n{paragraph}" if name in page else paragraph
    missing = [part for part in ("", *PARTS) if not page.get(part, "").strip()]
    if missing:
        raise ValueError(f"the page of {code} does not say: {missing}")
    return page


_HEAD = """# Findings of an audit

Every finding of `provisioner drift` has a code that never changes its meaning, so that it can be searched, counted and
accepted. The first letter names the family. `error`: leads are lost or judged wrongly today; `warning`: it is going to
happen, or a person should look; `info`: worth knowing. This page is generated from the checks themselves.

| Code | Severity | Title |
|---|---|---|
"""
_LABELS = {"Why": "Why it matters", "Found": "How it is found", "Fix": "What to do", "Example": "Example"}


def reference(kinds: Sequence[Kind]) -> str:
    """The Markdown page of all given kinds, in order."""
    table = "".join(f"| [{kind.code}](#{kind.code.lower()}) | {kind.severity} | {kind.title} |\n" for kind in kinds)
    sections = []
    letter = ""
    for kind in kinds:
        if kind.code[0] != letter:
            letter = kind.code[0]
            name, title = FAMILIES[letter]
            sections.append(f"\n## {title} (`--only {name}`)\n")
        parts = "".join(f"\n**{_LABELS[part]}.** {_joined(kind.page[part])}\n" for part in PARTS)
        head = f'\n### <a id="{kind.code.lower()}"></a>{kind.code} {kind.title}\n'
        sections.append(f"{head}\n{kind.severity.capitalize()}. {_joined(kind.page[''])}\n{parts}")
    return _HEAD + table + "".join(sections)


def _joined(text: str) -> str:
    """One line per paragraph: where lines of a docstring end means nothing."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))
