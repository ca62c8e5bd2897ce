"""The metadata side of the emulated Salesforce org: deploy, retrieve, list, read, and the setup objects.

What differs from a real org, on purpose: a deleted field frees its name at once, purged or not (a real org
keeps the name in the recycle bin for 15 days); Apex is not run, so the results of tests are made up from the
names of the test classes; a deployment works while it is polled, not in the background.
"""

from __future__ import annotations

from provisioner.emulator.salesforce.metadata.components import Component, FlowVersion
from provisioner.emulator.salesforce.metadata.store import MetadataStore, routes

__all__ = ["Component", "FlowVersion", "MetadataStore", "routes"]
