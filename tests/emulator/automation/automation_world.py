"""An org without HTTP and without deployments: flows, triggers and fields are put in directly."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from lxml import etree

from provisioner.emulator.salesforce.assembly import assembled
from provisioner.emulator.salesforce.automation.flow.checks import Problem
from provisioner.emulator.salesforce.state.schema import FieldDef, PicklistValue, SObjectDef

NS = "http://soap.sforce.com/2006/04/metadata"


@dataclass
class Version:
    api_name: str
    version_number: int
    root: Any


@dataclass
class Deployed:
    """Stands for the metadata side: what is active in the org."""

    flows: dict[str, Version] = field(default_factory=dict)
    triggers: dict[str, str] = field(default_factory=dict)
    holidays: dict[str, list[date]] = field(default_factory=dict)
    rules: dict[str, list[str]] = field(default_factory=dict)

    components: dict[tuple[str, str], SimpleNamespace] = field(default_factory=dict)

    def get(self, kind: str, full_name: str) -> SimpleNamespace | None:
        return self.components.get((kind, full_name))

    def active_flows(self) -> list[Version]:
        return list(self.flows.values())

    def active_triggers(self) -> dict[str, str]:
        return self.triggers

    def holidays_of(self, name: str) -> list[date]:
        return self.holidays.get(name, [])

    def validation_rules(self, sobject: str) -> list[SimpleNamespace]:
        return [SimpleNamespace(root=flow_xml(text)) for text in self.rules.get(sobject, [])]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class World:
    """An org, its deployed things and the few calls the tests make."""

    def __init__(self) -> None:
        self.org = assembled()
        self.deployed = Deployed()
        self.org.__dict__["metadata"] = self.deployed
        self.auto = self.org.automation
        self.admin = self.org.admin_id

    def fields(self, sobject: str, **kinds: str | FieldDef) -> None:
        for name, kind in kinds.items():
            item = kind if isinstance(kind, FieldDef) else make_field(name, kind)
            self.org.schema.add_field(sobject, item)
        self.auto.rebuild()

    def metadata_type(self, name: str, records: dict[str, dict[str, Any]], **kinds: str) -> None:
        base = [FieldDef("Id", "Id", "id"), FieldDef("DeveloperName", "Name", "string", 40)]
        items = [make_field(key, kind) for key, kind in kinds.items()]
        self.org.schema.add_object(SObjectDef(name, name, "m0A", custom=True, fields=(*base, *items)))
        for key, values in records.items():
            self.org.rows.insert(name, {"DeveloperName": key} | values)
        self.auto.rebuild()

    def deploy(self, api_name: str, text: str) -> list[Problem]:
        """Check a flow and, when nothing is wrong with it, make it the active version."""
        root = flow_xml(text)
        problems = self.auto.check_flow(root, api_name)
        if not any(problem.kind == "Error" for problem in problems):
            number = self.deployed.flows[api_name].version_number + 1 if api_name in self.deployed.flows else 1
            self.deployed.flows[api_name] = Version(api_name, number, root)
            self.auto.rebuild()
        return problems

    def active(self, api_name: str, text: str) -> None:
        problems = self.deploy(api_name, text)
        assert problems == []

    def deactivate(self, api_name: str) -> None:
        del self.deployed.flows[api_name]
        self.auto.rebuild()

    def insert(self, sobject: str, **values: Any) -> str:
        result = self.auto.save("insert", sobject, [values], user_id=self.admin)[0]
        assert [str(error) for error in result.errors] == []
        assert result.id is not None
        return result.id

    def lead(self, **values: Any) -> str:
        return self.insert("Lead", **({"LastName": "Moss", "Company": "Acme"} | values))

    def update(self, sobject: str, record_id: str, **values: Any) -> None:
        result = self.auto.save("update", sobject, [{"Id": record_id} | values], user_id=self.admin)[0]
        assert [str(error) for error in result.errors] == []

    def refused(self, op: Any, sobject: str, **values: Any) -> list[str]:
        result = self.auto.save(op, sobject, [values], user_id=self.admin)[0]
        assert not result.success
        return [str(error) for error in result.errors]

    def get(self, sobject: str, record_id: str) -> dict[str, Any]:
        row = self.org.rows.get(sobject, record_id)
        assert row is not None
        return row

    def until(self, moment: datetime) -> None:
        self.org.advance(moment)

    def after(self, **span: float) -> None:
        self.org.advance(self.org.now + timedelta(**span))

    def waiting(self) -> list[tuple[str, str]]:
        return [(one["path"], one["runs_at"][:16]) for one in self.auto.pending()]

    def sent(self) -> list[tuple[str, tuple[str, ...], str, str]]:
        return [(one.channel, one.to, one.subject, one.source) for one in self.org.outbox.messages()]


def make_field(name: str, kind: str) -> FieldDef:
    """`text`, `number(2)`, `datetime`, `checkbox`, `picklist A|B`, `User` (a lookup) …"""
    word, _, rest = kind.partition(" ")
    if word.startswith("number"):
        return FieldDef(name, name, "double", precision=18, scale=int(word[7:-1] or 0), custom=True)
    if word == "checkbox":
        return FieldDef(name, name, "boolean", default=False, nillable=False, custom=True)
    if word == "picklist":
        values = tuple(PicklistValue(one, one) for one in rest.split("|"))
        return FieldDef(name, name, "picklist", 255, picklist=values, restricted=True, custom=True)
    if word[0].isupper():
        return FieldDef(
            name, name, "reference", 18, reference_to=(word,), relationship_name=name[:-1] + "r", custom=True
        )
    known = {"text": ("string", 255), "long": ("longtextarea", 2000)}
    kind_name, length = known.get(word, (word, 0))
    return FieldDef(name, name, kind_name, length, custom=True)


def formula_field(name: str, kind: str, formula: str, scale: int = 2, *, zero: bool = False) -> FieldDef:
    return FieldDef(
        name, name, kind, precision=18, scale=scale, custom=True, formula=formula, blanks_as_zero=zero, createable=False
    )


def flow_xml(text: str) -> Any:
    body = text if text.lstrip().startswith("<?xml") else f'<Flow xmlns="{NS}">{text}</Flow>'
    return etree.fromstring(body.strip().encode())
