"""How an interview fails."""

from __future__ import annotations


class FlowFault(Exception):
    """An element failed; the text is what $Flow.FaultMessage and the save's error say."""
