"""What a change puts at risk, in words."""

from __future__ import annotations

from enum import Enum

from provisioner.planning.plan import Action, Change


class Risk(Enum):
    """Riskiest first. `value` is how it is said of one change, `title` of a group of them."""

    LOSES_DATA = "may lose data"
    BEHAVIOUR = "changes behaviour"
    CREATES = "creates"
    COSMETIC = "cosmetic"

    @property
    def title(self) -> str:
        return _TITLES[self]


_TITLES = {
    Risk.LOSES_DATA: "May lose data",
    Risk.BEHAVIOUR: "Changes behaviour",
    Risk.CREATES: "Creates",
    Risk.COSMETIC: "Cosmetic",
}
RISKS = tuple(Risk)
_OF_ACTIONS = {Action.DELETE: Risk.LOSES_DATA, Action.UPDATE: Risk.BEHAVIOUR, Action.CREATE: Risk.CREATES}


def risk_of(change: Change) -> Risk:
    """Of a change that apply makes: what a deletion takes with it is not known, so it counts as data."""
    return _OF_ACTIONS[change.action]
