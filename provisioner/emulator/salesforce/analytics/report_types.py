"""Report types: what a report may be about, and the columns it may name. [docs] reference/salesforce.md 7.3, 7.4

Three naming schemes: `LAST_NAME` and `Lead.X__c` for the standard Leads type, `CUST_NAME` and `X__c.Y__c` for the
standard type of a custom object (`CustomEntity$X__c` [community]), `Table$Field` for custom report types ([real]).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.state.components import Components
from provisioner.emulator.salesforce.state.schema import NUMBER_TYPES, FieldDef, SObjectDef

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

DATES = frozenset(("date", "datetime"))
LEADS = "LeadList"
CUSTOM_ENTITY = "CustomEntity$"
MOST_OBJECTS = 4  # [docs] 7.3
_LEAD_TOKENS = {
    "FIRST_NAME": ("FirstName", "First Name"), "LAST_NAME": ("LastName", "Last Name"),
    "COMPANY": ("Company", "Company / Account"), "TITLE": ("Title", "Title"), "STATUS": ("Status", "Lead Status"),
    "LEAD_SOURCE": ("LeadSource", "Lead Source"), "OWNER": ("OwnerId", "Lead Owner"), "RATING": ("Rating", "Rating"),
    "EMAIL": ("Email", "Email"), "PHONE": ("Phone", "Phone"), "STREET": ("Street", "Street"), "CITY": ("City", "City"),
    "STATE": ("State", "State/Province"), "COUNTRY": ("Country", "Country"),
    "CREATED_DATE": ("CreatedDate", "Create Date"), "CONVERTED": ("IsConverted", "Converted"),
    "CONVERTED_DATE": ("ConvertedDate", "Converted Date"), "INDUSTRY": ("Industry", "Industry"),
}  # fmt: skip
_LEAD_SCOPES = (("user", "My leads"), ("team", "My team's leads"), ("queue", "My queue's leads"), ("org", "All leads"))
_SCOPES = (("user", "My records"), ("team", "My team's records"), ("organization", "All records"))


@dataclass(frozen=True)
class Column:
    """One column of a report type. `table` is the path of the row it is read from (`Lead`, `Lead.Changes__r`)."""

    token: str
    label: str
    table: str
    owner: SObjectDef
    item: FieldDef

    @property
    def api_name(self) -> str:
        """As the Analytics API writes it: a dot where files have `$`. [community]"""
        return self.token.replace("$", ".")

    @property
    def numeric(self) -> bool:
        return self.item.type in NUMBER_TYPES

    @property
    def summable(self) -> bool:
        """Numbers, and checkboxes as counts. [community] 7.4"""
        return self.numeric or self.item.type == "boolean"

    @property
    def dated(self) -> bool:
        return self.item.type in DATES

    @property
    def data_type(self) -> str:
        """The type that the Analytics API names; the values are those of its reference. [docs]"""
        kinds = {"longtextarea": "textarea", "id": "id", "reference": "string"}
        return kinds.get(self.item.type, self.item.type)


@dataclass(frozen=True)
class Join:
    """A child object in a custom report type: rows of `sobject` whose `link` is the id of the row at `parent`."""

    path: str
    parent: str
    sobject: str
    link: str
    outer: bool


@dataclass(frozen=True)
class Section:
    label: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class ReportType:
    """One report type. The first scope that sees everything is the default one."""

    api_name: str
    label: str
    category: str
    base: SObjectDef
    sections: tuple[Section, ...]
    scopes: tuple[tuple[str, str], ...]
    joins: tuple[Join, ...] = ()
    custom: bool = False
    description: str | None = None

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Token → column, in order."""
        return {column.token: column for section in self.sections for column in section.columns}

    @cached_property
    def _by_api_name(self) -> dict[str, Column]:
        return {column.api_name: column for column in self.columns.values()}

    def by_api_name(self, name: str) -> Column | None:
        """A column as the Analytics API, dashboard tables and summary formulas name it."""
        return self._by_api_name.get(name)

    @property
    def everything(self) -> str:
        return self.scopes[-1][0]


def find_type(org: Org, name: str) -> ReportType | None:
    """The report type of this API name, or None (`invalid report type`)."""
    if name == LEADS:
        return _leads(org)
    if name.startswith(CUSTOM_ENTITY):
        return _custom_entity(org, name.removeprefix(CUSTOM_ENTITY))
    component = org.metadata.components.get("ReportType", name.removesuffix("__c")) if name.endswith("__c") else None
    return None if component is None else custom_type(org, component.full_name, component.root)


def all_types(org: Org) -> Iterator[ReportType]:
    """Every report type of the org: standard ones first."""
    yield _leads(org)
    for definition in org.schema:
        if definition.custom and definition.name.endswith("__c"):
            found = _custom_entity(org, definition.name)
            if found is not None:
                yield found
    for component in org.metadata.components.all("ReportType"):
        yield custom_type(org, component.full_name, component.root)


def _leads(org: Org) -> ReportType:
    lead = org.schema.sobject("Lead")
    standard = (Column(token, label, "Lead", lead, lead.field(field)) for token, (field, label) in _LEAD_TOKENS.items())
    sections = (Section("Lead: General", tuple(standard)), Section("Lead: Custom Info", _custom_columns(lead)))
    return ReportType(LEADS, "Leads", "Leads", lead, sections, _LEAD_SCOPES)


def _custom_columns(owner: SObjectDef) -> tuple[Column, ...]:
    return tuple(
        Column(f"{owner.name}.{item.name}", item.label, owner.name, owner, item) for item in owner.fields if item.custom
    )


def _custom_entity(org: Org, name: str) -> ReportType | None:
    """The standard type of a custom object that allows reports."""
    component = org.metadata.components.get("CustomObject", name)
    if component is None or not name.endswith("__c") or not xml.flag(component.root, "enableReports"):
        return None
    owner = org.schema.sobject(name)
    first = Column("CUST_NAME", f"{owner.label}: {owner.field('Name').label}", owner.name, owner, owner.field("Name"))
    sections = (Section(owner.label, (first, *_custom_columns(owner))),)
    plural = owner.label_plural or owner.label
    return ReportType(f"{CUSTOM_ENTITY}{owner.name}", plural, "Other Reports", owner, sections, _SCOPES)


def custom_type(org: Org, name: str, root: etree._Element) -> ReportType:
    """A custom report type as its file says. Fields or tables that are no longer there are left out."""
    base = org.schema.sobject(str(xml.text(root, "baseObject")))
    joins = tuple(joins_of(org, root))
    tables = {base.name: base} | {one.path: org.schema.sobject(one.sobject) for one in joins}
    sections = []
    for section in xml.kids(root, "sections"):
        columns = (_column(tables, node) for node in xml.kids(section, "columns"))
        sections.append(Section(str(xml.text(section, "masterLabel")), tuple(one for one in columns if one)))
    category = (xml.text(root, "category") or "other").title()
    label, description = str(xml.text(root, "label")), xml.text(root, "description")
    return ReportType(f"{name}__c", label, category, base, tuple(sections), _SCOPES, joins, True, description)


def joins_of(org: Org, root: etree._Element) -> Iterator[Join]:
    """The chain of joins, as far as its relationships exist."""
    path = sobject = org.schema.sobject(str(xml.text(root, "baseObject"))).name
    node = xml.kid(root, "join")
    while node is not None:
        relationship = str(xml.text(node, "relationship"))
        found = child_of(org, org.metadata.components, sobject, relationship)
        if found is None:
            return
        sobject, link = found
        yield Join(f"{path}.{relationship}", path, sobject, link, xml.flag(node, "outerJoin"))
        path, node = f"{path}.{relationship}", xml.kid(node, "join")


def child_of(org: Org, components: Components, parent: str, relationship: str) -> tuple[str, str] | None:
    """(child object, its lookup field) of a custom child relationship such as `Changes__r`."""
    if not relationship.endswith("__r"):
        return None
    for component in components.all("CustomField"):
        same = xml.text(component.root, "relationshipName") == relationship.removesuffix("__r")
        if same and xml.text(component.root, "referenceTo") == parent:
            child, _, field = component.full_name.partition(".")
            if org.schema.has(child):
                return org.schema.sobject(child).name, field
    return None


def _column(tables: dict[str, SObjectDef], node: etree._Element) -> Column | None:
    table, field = str(xml.text(node, "table")), str(xml.text(node, "field"))
    owner = tables.get(table)
    item = None if owner is None else field_of(owner, field)
    if owner is None or item is None:
        return None
    label = xml.text(node, "displayNameOverride") or item.label
    return Column(f"{table}${field}", label, table, owner, item)


def field_of(owner: SObjectDef, name: str) -> FieldDef | None:
    """A field as report types name it: standard lookups by their relationship (`Owner`, `CreatedBy`). [docs]"""
    found = owner.get(name)
    if found is not None:
        return None if found.reference_to and not found.custom else found
    link = owner.relationship(name)
    return link if link is not None and not link.custom else None
