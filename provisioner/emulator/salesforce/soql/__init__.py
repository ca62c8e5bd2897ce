"""SOQL: text → tree → one SQL statement → records. `query` is the only door."""

from __future__ import annotations

from provisioner.emulator.salesforce.soql.run import Answer, query

__all__ = ["Answer", "query"]
