"""Which record types of leads do not offer what people have to choose.

A restricted picklist takes a value only where the record type of the lead offers it ([community]
INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST), and no record type offers the values of a deployed field until somebody
selects them ([docs] meta StandardValueSet). The Metadata API tells what each offers,
whatever this user may see of the fields: one request per ten record types ([docs] reference/salesforce.md 1.9).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from provisioner.errors import NotAllowed, Rejected
from provisioner.resources import Address, Resource, Snapshot
from provisioner.targets.salesforce.audit.answers import Answer, Answers, Refusal, text
from provisioner.targets.salesforce.session.faults import SignedOut
from provisioner.targets.salesforce.session.soap import READ_MOST, Soap
from provisioner.targets.salesforce.weight import offered

QUESTION = "record types"
QUERY = (
    "SELECT DeveloperName, NamespacePrefix, Name FROM RecordType WHERE SobjectType = 'Lead' AND IsActive = true "
    "ORDER BY DeveloperName"
)
MOST = 2 * READ_MOST  # record types that are looked at, so that the number of requests has an end

Choices = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class RecordTypes:
    """What the active record types of leads lack. `lacking`: label of the record type → API name of the field → the
    values that it does not offer, in the design's order; only those that lack something. `unread`: why some could not
    be looked at; empty when all were."""

    lacking: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    unread: str = ""

    def without(self, name: str) -> dict[str, tuple[str, ...]]:
        """Record types that lack values of this field, and which."""
        return {label: lacks[name] for label, lacks in self.lacking.items() if name in lacks}


def choices(desired: Iterable[Resource]) -> dict[str, tuple[str, ...]]:
    """API name → values of the fields of Lead that take nothing else."""
    return {
        resource.address.name.removeprefix("Lead."): offered(resource.attributes)
        for resource in desired
        if resource.address.kind == "CustomField"
        and resource.address.name.startswith("Lead.")
        and resource.attributes.get("valueSet", {}).get("restricted") == "true"
    }


def questions(wanted: Choices) -> dict[str, str]:
    """SOQL by key; nothing where people choose nothing."""
    return {QUESTION: QUERY} if wanted else {}


def look(soap: Soap, wanted: Choices, answers: Answers, live: Snapshot) -> RecordTypes:
    """What the record types lack of `wanted`. At most two requests; none without record types, and none while the org
    has none of the fields, whose values then nobody offers."""
    told = answers.get(QUESTION)
    if isinstance(told, Refusal):
        return RecordTypes(unread=told.why)
    names = _names(told) if told is not None else {}
    looked = dict(list(names.items())[:MOST])
    unread = "" if len(looked) == len(names) else f"only {MOST} of {len(names)} record types of leads were looked at."
    found: dict[str, Choices] = {full: {} for full in looked}
    if looked and any(Address("CustomField", f"Lead.{name}") in live.resources for name in wanted):
        try:
            found = _offered(soap, list(looked))
        except SignedOut:
            raise
        except (NotAllowed, Rejected) as refused:
            return RecordTypes(unread=refused.message)
    unknown = [label for full, label in looked.items() if full not in found]
    if unknown:
        unread = f"the org told nothing of the record types {', '.join(unknown)}."
    lacking = {
        label: lacks for full, label in looked.items() if full in found and (lacks := _lacks(wanted, found[full]))
    }
    return RecordTypes(lacking, unread)


def _names(told: Answer) -> dict[str, str]:
    """Full name → label. Two with one label are told apart."""
    rows = [row for row in told.rows if text(row, "DeveloperName")]
    shared = Counter(text(row, "Name") for row in rows)
    found: dict[str, str] = {}
    for row in rows:
        space, name, label = text(row, "NamespacePrefix"), text(row, "DeveloperName"), text(row, "Name")
        full = f"{space}__{name}" if space else name
        found[f"Lead.{full}"] = label if label and shared[label] == 1 else f"{label} ({full})".strip()
    return found


def _offered(soap: Soap, names: Sequence[str]) -> dict[str, Choices]:
    """Full name → field → values. What the org does not know (any more) is left out."""
    found: dict[str, Choices] = {}
    for record in soap.read_metadata("RecordType", names):
        full = record.findtext("{*}fullName")
        if full:
            found[unquote(full)] = {
                unquote(row.findtext("{*}picklist") or ""): [
                    unquote(value.findtext("{*}fullName") or "") for value in row.findall("{*}values")
                ]
                for row in record.findall("{*}picklistValues")
            }
    return found


def _lacks(wanted: Choices, offers: Choices) -> dict[str, tuple[str, ...]]:
    missing = {
        name: tuple(value for value in values if value not in offers.get(name, ())) for name, values in wanted.items()
    }
    return {name: values for name, values in missing.items() if values}
