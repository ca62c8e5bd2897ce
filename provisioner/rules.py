"""A rule is a number, a title, a reason (its docstring) and a loop that yields findings. One registry per room."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from provisioner.diagnostics import Diagnostic, Location, Severity


class Placed(Protocol):
    """Anything of the design that knows its JSON pointer."""

    @property
    def at(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says: where (an entity of the design or a JSON pointer), why, and what to do now."""

    where: Placed | str
    detail: str
    advice: str
    severity: Severity | None = None  # when it differs from the rule's

    @property
    def pointer(self) -> str:
        return self.where if isinstance(self.where, str) else self.where.at


class Documented(Protocol):
    """What the reference page needs to know about a code."""

    @property
    def code(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def reason(self) -> str: ...


Check = Callable[[Any], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    code: str
    title: str
    severity: Severity
    reason: str
    check: Check | None = None  # None: found while the design is built, not by a loop of its own

    def diagnostic(self, finding: Finding, located: Callable[[str], Location]) -> Diagnostic:
        """The finding with everything that never varies added to it."""
        return Diagnostic(
            code=self.code,
            severity=finding.severity or self.severity,
            title=self.title,
            detail=finding.detail,
            advice=finding.advice,
            location=located(finding.pointer),
            pointer=finding.pointer,
        )


class Registry:
    """The rules of one room, by code. `letter` begins every code (D design, S and H the targets)."""

    def __init__(self, letter: str) -> None:
        self.letter = letter
        self._rules: dict[str, Rule] = {}
        self.crashed = self.declare(
            f"{letter}999",
            "A rule of provisioner crashed",
            "A mistake in one of our own rules must not hide what the others found. Nothing is deployed meanwhile.",
        )

    def _add(self, rule: Rule) -> Rule:
        if not rule.code.startswith(self.letter) or rule.code in self._rules:
            raise ValueError(f"{rule.code} is taken, or does not begin with {self.letter}")
        if not rule.reason:
            raise ValueError(f"{rule.code} gives no reason (write a docstring)")
        self._rules[rule.code] = rule
        return rule

    def declare(self, code: str, title: str, reason: str, severity: Severity = "error") -> Rule:
        """A code that is reported where the fault is met, with no loop of its own. ValueError when it is taken."""
        return self._add(Rule(code, title, severity, reason))

    def rule(self, code: str, title: str, *, severity: Severity = "error") -> Callable[[Check], Check]:
        """Registers a function `subject -> findings`; its docstring is the reason. ValueError when it is taken."""

        def register(check: Check) -> Check:
            self._add(Rule(code, title, severity, inspect.cleandoc(check.__doc__ or ""), check))
            return check

        return register

    def __iter__(self) -> Iterator[Rule]:
        return iter(sorted(self._rules.values(), key=lambda rule: rule.code))

    def __getitem__(self, code: str) -> Rule:
        return self._rules[code]

    def run(self, subject: Any, located: Callable[[str], Location]) -> list[Diagnostic]:
        """Every finding of every rule. A rule that crashes becomes a finding that names it; the others still run."""
        found: list[Diagnostic] = []
        for rule in self:
            if rule.check is None:
                continue
            try:
                found += [rule.diagnostic(finding, located) for finding in rule.check(subject)]
            except Exception as error:  # noqa: BLE001 - whatever a rule does wrong, the others must be heard
                found.append(self._crash(rule, error, located))
        return found

    def _crash(self, rule: Rule, error: Exception, located: Callable[[str], Location]) -> Diagnostic:
        finding = Finding(
            "",
            f'Rule {rule.code} ("{rule.title}") stopped with {type(error).__name__}: {str(error)[:200]}. '
            "What it checks is unknown for this design.",
            "This is a mistake in provisioner, not in the design; please report it with this text.",
        )
        return self.crashed.diagnostic(finding, located)


_PAGE_HEAD = """# Rules

Every finding has a code that never changes its meaning, so that it can be searched, counted and silenced. `error`
stops `plan` and `apply`; `warning` is probably not what you want; `info` is worth knowing. This page is generated
from the rules themselves.

| Code | Severity | Title |
|---|---|---|
"""


def reference(rules: Iterable[Documented]) -> str:
    """The Markdown page of all given codes, in order. ValueError when two share a code."""
    ordered = sorted(rules, key=lambda rule: rule.code)
    codes = [rule.code for rule in ordered]
    if len(set(codes)) != len(codes):
        raise ValueError("two rules share a code")
    table = "".join(f"| [{r.code}](#{r.code.lower()}) | {r.severity} | {r.title} |\n" for r in ordered)
    sections = "".join(
        f'\n## <a id="{r.code.lower()}"></a>{r.code} {r.title}\n\n{r.severity.capitalize()}. {r.reason}\n'
        for r in ordered
    )
    return _PAGE_HEAD + table + sections
