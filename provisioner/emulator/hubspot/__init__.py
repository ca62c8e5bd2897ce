"""A pretend HubSpot portal: definitions, records with history, lists, forms, and workflows that run on a virtual clock.

`app.create` builds the web app, `portal.Portal` is the portal without it. What the vendor leaves open is a setting
with a stated default (`settings.py`); what is not modelled is refused by name.
"""
