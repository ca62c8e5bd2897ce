"""Between a command and the CRM: remembers what was asked, and spoils answers on order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from crash.proxy import Answer, Asked, Pass, Trouble


@dataclass
class Recording(Trouble):
    """Every call, whole; `spoil` may answer in the CRM's place, or change its answer (None: it does neither)."""

    asked: list[Asked] = field(default_factory=list)
    spoil: Callable[[Asked, Pass], Answer | None] = lambda asked, on: None

    def __call__(self, asked: Asked, on: Pass) -> Answer:
        self.asked.append(asked)
        return self.spoil(asked, on) or on(asked.body)
