"""What the contact and the opportunity get of a lead that is converted: copies of the stored facts, by the org's own
field mapping, and the same calculations on them.

A mapped field has the same type and at least the same length; a picklist is copied into a text, because the mapping
takes no restricted picklist as its end. [docs] reference/salesforce.md 3.4, and the vendor's guidelines for mapping
custom lead fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from provisioner.model.design import Design
from provisioner.targets.salesforce.names import LABEL_MOST
from provisioner.targets.salesforce.stages import CONVERTED, stages

OBJECTS = {"contact": "Contact", "opportunity": "Opportunity"}
Kind = Literal["moment", "words", "count"]
_ALWAYS: dict[str, tuple[str, Kind]] = {
    "Engaged_At": ("Engaged At", "moment"),
    "Assigned_At": ("Assigned At", "moment"),
    "SLA_Started_At": ("SLA Started At", "moment"),
    "SLA_Due_At": ("SLA Due At", "moment"),
    "First_Touch_At": ("First Touch At", "moment"),
    "First_Touch_Type": ("First Touch Type", "words"),
    "Lead_Type": ("SLA Lead Type", "words"),
    "SLA_Status": ("SLA Status", "words"),
    "SLA_Minutes": ("SLA Minutes", "count"),
    "Response_Minutes": ("SLA Response Minutes", "count"),
}


@dataclass(frozen=True, slots=True)
class Copied:
    """A field of Lead, without the prefix, that is copied; the copy has the same name."""

    word: str
    label: str
    kind: Kind


def copied(design: Design) -> list[Copied]:
    """What is copied when a lead of this design is converted; nothing unless the design asks for it. Not the moment of
    the stage that the conversion itself brings: it is never known on the lead."""
    if design.telemetry.conversion is None:
        return []
    found = [Copied(word, label, kind) for word, (label, kind) in _ALWAYS.items()]
    if design.breach is not None:
        found.append(Copied("Breach_Reason", "Breach Reason", "words"))
    reached = [stage for stage in stages(design) if stage.id != CONVERTED]
    return [*found, *(Copied(stage.at, stage.label[:LABEL_MOST].strip(), "moment") for stage in reached)]


def objects(design: Design) -> list[str]:
    """Which objects get copies, in the order of the design."""
    asked = design.telemetry.conversion
    return [] if asked is None else [OBJECTS[word] for word in asked.to]
