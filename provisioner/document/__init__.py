"""Text → plain tree and places, checked against specs/design.schema.json. What is wrong is a finding."""

from provisioner.document.reading import Document, load, loads

__all__ = ["Document", "load", "loads"]
