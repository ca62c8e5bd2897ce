"""A small Salesforce org: REST and SOQL, metadata deployments, and the automation that runs when records are saved.

`org.Org` is where the parts meet; `rest`, `soql`, `metadata` and `automation` are the rooms.
"""
