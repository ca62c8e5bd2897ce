"""Reports, dashboards and list views: what they count, over which leads, and the fields that they need."""
