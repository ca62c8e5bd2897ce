"""What the metadata side answers over HTTP: REST deploy, tooling writes, SOAP."""
