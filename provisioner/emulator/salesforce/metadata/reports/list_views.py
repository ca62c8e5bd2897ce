"""Columns and filters of list views: a third way to name a field. [real] [wsdl] reference/salesforce.md 7.6

Custom fields go by their plain API name. Standard fields of leads have tokens such as `LEAD.STATUS`, of which not all
are known: by their shape they are taken, the tokens of reports and the API names are refused ([inferred]).
"""

from __future__ import annotations

import re

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.analytics.filters import logic_problem
from provisioner.emulator.salesforce.metadata.problems import refuse
from provisioner.emulator.salesforce.state.schema import SObjectDef

_LEAD = re.compile(r"FULL_NAME|LEAD\.[A-Z][A-Z0-9_]*|CORE\.USERS\.[A-Z_]+")
_TOKEN = re.compile(r"[A-Z][A-Z0-9_]*(?:\.[A-Z][A-Z0-9_]*)*")
_MOST_FILTERS = 10  # [community]


def check_list_view(owner: SObjectDef, node: etree._Element) -> None:
    """Raises Refused for a column that the object does not have, or for filter logic that does not fit."""
    filters = xml.kids(node, "filters")
    places = [*xml.kids(node, "columns"), *(one for entry in filters for one in xml.kids(entry, "field"))]
    for place in places:
        token = xml.own_text(place)
        custom = token.endswith("__c")
        shape = _LEAD if owner.name == "Lead" else _TOKEN
        if not (owner.has(token) if custom else shape.fullmatch(token)):
            raise refuse(f"Could not resolve list view column: {token}", place)
    if len(filters) > _MOST_FILTERS:
        raise refuse(f"filters: at most {_MOST_FILTERS} filters are allowed in a list view", filters[_MOST_FILTERS])
    logic = xml.kid(node, "booleanFilter")
    problem = None if logic is None else logic_problem(xml.own_text(logic), len(filters))
    if problem is not None:
        raise refuse(problem, logic)
