"""The loops of the numbered rules. Importing this package registers all of them."""

from __future__ import annotations

from provisioner.diagnostics import Diagnostic
from provisioner.model.checks import alerts, clock, names, order, rollout
from provisioner.model.checks.subject import Subject
from provisioner.model.registry import RULES

__all__ = ["Subject", "alerts", "clock", "names", "order", "rollout", "run_rules"]


def run_rules(subject: Subject) -> list[Diagnostic]:
    """Every finding of every rule about the design, also where a part of it could not be built."""
    return RULES.run(subject, subject.document.locate)
