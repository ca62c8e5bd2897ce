"""The metadata side of the emulated Salesforce org: deploy, retrieve, list, read, and the setup objects.

What differs from a real org, on purpose: a deleted field frees its name at once, unless the setting
`deleted_names_held` says that the recycle bin keeps it for 15 days; Apex is not run, so a test covers what its text
names and passes unless the settings say otherwise; a deployment works while it is polled, not in the background.
"""
