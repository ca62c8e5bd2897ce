"""Reports and dashboards: report types, their columns, what a deployment may say of them, and the figures.

Tags in this room are those of the reference ([docs], [wsdl], [community], [real], [inferred]).
"""

# The types' handlers are in metadata's table, and they use metadata's parts: whoever comes here first loads those.
import provisioner.emulator.salesforce.metadata  # noqa: F401
