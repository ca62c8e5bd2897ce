"""Taking changes back: the deployable form of what is live, and what no deployment brings back."""

from __future__ import annotations

from collections.abc import Iterable

from provisioner.errors import TargetError
from provisioner.planning.plan import Action, Change
from provisioner.resources import Resource
from provisioner.targets.base import Artifact
from provisioner.targets.salesforce import package


def archive(resources: Iterable[Resource]) -> list[Artifact]:
    """The package of these live resources. TargetError when one has a form that we do not write."""
    try:
        return package.artifacts(resources)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise TargetError(f"What is live has a form that cannot be written as a package ({error!r}).") from error


def not_restored(change: Change) -> str:
    """Fields come back empty, a permission set without its people; business hours cannot be deleted ([docs]
    reference/salesforce.md 1.10, 2.6)."""
    kind, name = change.address.kind, change.address.name
    if change.action is Action.DELETE and kind == "BusinessHours":
        return f"Business hours {name!r} cannot be deleted in Salesforce: they are switched off."
    if change.action is not Action.CREATE or change.after is None:
        return ""
    if kind == "CustomField" and not change.after.attributes.get("formula"):
        return f"{name} is made again, empty: what was recorded in it is lost."
    if kind == "PermissionSet":
        return (
            f"The permission set {name} is made again, and nobody has it. Who had it when it was deleted is in the "
            "journal of that run: provisioner history show RUN."
        )
    if kind == "Queue":
        return f"The queue {name} is made again, without its members."
    if kind == "CustomObject":
        return f"{name} is made again, without its records."
    return ""
