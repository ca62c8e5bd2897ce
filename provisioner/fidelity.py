"""How faithful a deployment is to the design: one statement per feature. Data only; each target fills it in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grade = Literal["exact", "approximated", "manual", "impossible"]


@dataclass(frozen=True, slots=True)
class Fidelity:
    """One feature on one platform. `lead_type` None: of all. `worst_minutes`: how far it can be from what the design
    says, in minutes on the lead type's clock (open minutes, for a business clock); None where minutes do not measure
    it. `at`: JSON pointer of the part of the design that asks for it, where one part does."""

    feature: str
    lead_type: str | None
    grade: Grade
    worst_minutes: float | None
    why: str
    at: str = ""
