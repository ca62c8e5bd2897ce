"""Reports and dashboards: report types, their columns, and the figures.

Tags in this room are those of the reference ([docs], [wsdl], [community], [real], [inferred]).
"""
