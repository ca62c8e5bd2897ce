"""What a change of a resource means to the people who live with it, in the words of the SLA."""

from provisioner.targets.hubspot.meanings.explain import meanings

__all__ = ["meanings"]
