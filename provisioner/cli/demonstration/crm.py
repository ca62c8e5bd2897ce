"""What the story needs of a pretend CRM, whichever it is."""

from __future__ import annotations

from typing import Any, Protocol

from provisioner.cli.demonstration.leads import Lead


class Crm(Protocol):
    """One pretend CRM, behind its door. Leads and touches are ordinary saves; time passes when told to."""

    platform: str
    design: str  # file name of the example
    deployed: str  # how the changes got there
    people_do: str  # what a person does once after the first apply

    def settle(self) -> None:
        """The company, its people, and what the client had before us."""
        ...

    def week_before(self, leads: list[Lead]) -> None:
        """Leads as they came before there was any clock; how fast they were touched is written down nowhere."""
        ...

    def assign(self, names: list[str]) -> None:
        """What a person does after the first deployment; `names` of the deployed permission sets."""
        ...

    def monday(self, leads: list[Lead]) -> None:
        """The day, in the order of its events, until the evening."""
        ...

    def surprise(self, source: str, leads: list[Lead]) -> None:
        """Marketing adds a lead source without a word, and its leads arrive; then it is evening."""
        ...

    def sent(self) -> list[dict[str, Any]]:
        """Everything that reached a person, oldest first: at, channel, to, subject, body."""
        ...

    def verdicts(self, prefix: str) -> list[dict[str, Any]]:
        """Monday's leads: lead_type, status and result (Hit, Miss or nothing), as the CRM itself computes them."""
        ...

    def tiles(self) -> list[tuple[str, str]]:
        """(Header, figure) of the tiles of the deployed dashboard that show one figure; none where there is none."""
        ...
