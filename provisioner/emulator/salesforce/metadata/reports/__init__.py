"""Reports, dashboards and list views as components: what a deployment may say of them."""
