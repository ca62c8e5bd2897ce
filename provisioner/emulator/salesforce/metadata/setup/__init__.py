"""The setup objects that SOQL and the tooling API ask for."""
