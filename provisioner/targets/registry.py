"""Which targets there are. A vendor's package is imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from provisioner.errors import UsageError
from provisioner.targets.base import Target

TARGETS = {
    "salesforce": "provisioner.targets.salesforce:target",
    "hubspot": "provisioner.targets.hubspot:target",
}


def load_target(name: str) -> Target:
    """The target called `name`. UsageError when there is none, with the nearest name."""
    place = TARGETS.get(name)
    if place is None:
        raise _unknown(name)
    module, _, attribute = place.partition(":")
    return cast(Target, getattr(import_module(module), attribute))


def _unknown(name: str) -> UsageError:
    from difflib import get_close_matches

    known = ", ".join(sorted(TARGETS))
    near = get_close_matches(name, TARGETS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return UsageError(f"There is no target {name!r}.{hint}", advice=f"This version deploys to: {known}.")
