"""A pretend HubSpot portal: definitions, records with history, lists, forms, and workflows that run on a virtual clock.

`app.create` builds the web app, `assembly.assembled` a portal without it. What the vendor leaves open is a setting with
a stated default (`state/settings.py`); what is not modelled is refused by name. The way through the house, one way:

    app → rest, control, assembly → workflows → crm, lists → state → errors, times, values, formula, …

What is further down never imports what is further up: the state tells its engines what happened through the protocols
of `state/engines.py`, and `assembly` says who they are.
"""
