"""The loops that find; importing this room fills the registry."""

from provisioner.insight.audit import FINDINGS
from provisioner.insight.checks import calendar, configuration, health, lead_types, mapping, named, people, records

__all__ = ["FINDINGS", "calendar", "configuration", "health", "lead_types", "mapping", "named", "people", "records"]
