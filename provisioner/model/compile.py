"""The road from a document to a design: shape, building, rules; everything that is wrong is found at once."""

from __future__ import annotations

from datetime import date

from provisioner.diagnostics import Diagnostic, in_order
from provisioner.document import Document
from provisioner.document.shape import check
from provisioner.model.build import Builder
from provisioner.model.checks import Subject, run_rules
from provisioner.model.design import Design
from provisioner.model.explain import explain
from provisioner.model.registry import RULES


def compile_design(document: Document, *, today: date) -> tuple[Design | None, list[Diagnostic]]:
    """The typed design and every finding, in order of place.

    `today` is the reader's day: the default of `holidays.from`, and what "ends soon" is measured from. The design is
    None when something could not be built (errors of the reader and of the schema, and D101 to D107). Later rules may
    find errors too: then the design is whole, but must not be deployed.
    """
    shape = check(document)
    found = [*document.findings, *shape]
    if not isinstance(document.data, dict):
        return None, in_order(found)
    builder = Builder(document, shape, today)
    design = builder.build()
    found += builder.findings
    found += run_rules(Subject(design, document, today, frozenset(builder.doubtful)))
    unbuilt = builder.faulty or any(item.severity == "error" for item in (*document.findings, *shape))
    return None if unbuilt else design, in_order(found)


__all__ = ["RULES", "compile_design", "explain"]
