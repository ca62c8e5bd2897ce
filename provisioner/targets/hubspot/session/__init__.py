"""The talking half of the HubSpot target."""
