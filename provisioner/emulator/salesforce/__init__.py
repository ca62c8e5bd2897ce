"""A small Salesforce org: REST and SOQL, metadata deployments, and the automation that runs when records are saved.

The way through the house, one way:

    app → control, assembly → metadata → analytics, bulk → rest → soql → automation → state → errors, ids, kinds, xml

What is further down never imports what is further up: an org knows its engines as the protocols of `state/engines.py`,
and `assembly` says who they are. Whoever stands above an engine finds it by its class: `Automation.of(org)`.
"""
