"""Is what the design names in the org there, and fit for its use? One Tooling query for all fields, one describe where
lists of values are compared, one list of actions where flows post to Slack; who is alerted was looked up when the org
was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from provisioner.diagnostics import Diagnostic
from provisioner.errors import NotAllowed, Rejected
from provisioner.rules import Finding, Rule
from provisioner.targets.base import Places, Reference
from provisioner.targets.naming import at_once
from provisioner.targets.salesforce import limits, references
from provisioner.targets.salesforce.session import actions
from provisioner.targets.salesforce.session.faults import SignedOut
from provisioner.targets.salesforce.session.recipients import Looked
from provisioner.targets.salesforce.session.record_types import RecordTypes
from provisioner.targets.salesforce.session.rest import Rest

# Independent of what the user may see of the fields; the entity must be named. [docs] reference/salesforce.md 1.11
FIELDS = "SELECT QualifiedApiName, DataType FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Lead'"
SETUP = "View Setup and Configuration"
METADATA = "Modify Metadata Through Metadata API Functions"
PICKLISTS = frozenset({"picklist", "multipicklist"})

Said = Iterator[tuple[Rule, Finding]]


def missing(
    rest: Rest, people: Looked, offers: RecordTypes, wanted: Sequence[Reference], places: Places
) -> list[Diagnostic]:
    """Findings S220 to S224 and S230 to S232, each once. `people` is what was found about everybody the design names,
    `offers` what about record types."""
    fields = [item for item in wanted if item.use in references.FIELD_USES]
    told = [item for item in wanted if item.use not in references.FIELD_USES]
    chosen = [item for item in told if item.use == "offered"]
    said = [*_fields(rest, fields), *_people(people, told), *_offers(offers, chosen), *_versions(rest, told)]
    said += _actions(rest, [item for item in told if item.use == "action"])
    found = (
        rule.diagnostic(finding, places.locate_key if rule is limits.NO_FIELD else places.locate)
        for rule, finding in said
    )
    return list(dict.fromkeys(found))


def _fields(rest: Rest, wanted: Sequence[Reference]) -> Said:
    if not wanted:
        return
    try:
        labels = {
            str(row.get("QualifiedApiName") or ""): str(row.get("DataType") or "")
            for row in rest.query(FIELDS, "list the fields of Lead", tooling=True)
        }
    except SignedOut:
        raise
    except (NotAllowed, Rejected) as refused:
        yield limits.UNASKED, _unasked("The fields that the design names", refused.message, SETUP)
        return
    if not labels:
        yield limits.UNASKED, _unasked("The fields that the design names", "the org lists none.", SETUP)
        return
    fitting: list[Reference] = []
    for item in wanted:
        if (finding := references.absent(item, labels)) is not None:
            yield limits.NO_FIELD, finding
        elif (finding := references.unfit(item, labels[item.name])) is not None:
            yield limits.UNFIT_FIELD, finding
        else:
            fitting.append(item)
    yield from _values(rest, [item for item in fitting if _is_listed(item, labels[item.name])])


def _is_listed(reference: Reference, label: str) -> bool:
    return reference.use == "equal" and label.startswith("Picklist")


def _values(rest: Rest, wanted: Sequence[Reference]) -> Said:
    """Only fields that this user sees are described; of the others nothing is known, and nothing is said."""
    if not wanted:
        return
    try:
        described = rest.described("Lead")
    except SignedOut:
        raise
    except (NotAllowed, Rejected) as refused:
        what = "The values of the picklists that the design names"
        yield limits.UNASKED, _unasked(what, refused.message, "Read on Lead")
        return
    listed = {str(row.get("name") or ""): _offered(row) for row in _dicts(described.get("fields"))}
    known = {name: offered for name, offered in listed.items() if offered is not None}
    unlisted = (item for item in wanted if item.name in known and references.unlisted(item, known[item.name]))
    for item in at_once(unlisted):
        if (finding := references.unlisted(item, known[item.name])) is not None:
            yield limits.UNLISTED_VALUE, finding


def _offered(field: dict[str, Any]) -> dict[str, str] | None:
    """Active values, lower case → as they are; None when the field has no list."""
    if field.get("type") not in PICKLISTS:
        return None
    values = [str(row.get("value") or "") for row in _dicts(field.get("picklistValues")) if row.get("active") is True]
    return {value.casefold(): value for value in values}


def _dicts(value: object) -> Iterable[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _people(found: Looked, wanted: Sequence[Reference]) -> Said:
    nobody = {(item.named.kind, item.named.value): item.text for item in found.troubles if item.nobody}
    advice = "Name somebody who is there, or let alerts go to alerts.silent_to only (mode: silent)."
    for item in wanted:
        text = nobody.get((item.use, item.name))
        if text is not None:
            said = text if text.startswith(item.name) else text[:1].upper() + text[1:]
            yield limits.NOBODY, Finding(item.pointer, said, advice)


def _versions(rest: Rest, wanted: Sequence[Reference]) -> Said:
    for item in wanted:
        if item.use == "version" and (finding := references.other_version(item, rest.version, rest.is_fixed)):
            yield limits.OTHER_VERSION, finding


def _offers(found: RecordTypes, wanted: Sequence[Reference]) -> Said:
    for item in wanted:
        if (finding := references.unoffered(item, found.without(item.name))) is not None:
            yield limits.UNOFFERED, finding
    if wanted and found.unread:
        what = "Whether the record types of leads offer the reasons that people choose"
        yield limits.UNASKED, _unasked(what, found.unread, METADATA)


def _actions(rest: Rest, wanted: Sequence[Reference]) -> Said:
    if not wanted:
        return
    found = actions.look(rest)
    if found.unread:
        detail = f"Whether the org has {references.POSTING} could not be looked up: {found.unread}"
        advice = "Look in Setup, Slack, whether the org is connected: without the action it refuses the deployment."
        yield limits.UNASKED, Finding("", detail, advice)
        return
    for item in wanted:
        if item.name not in found.names:
            yield limits.NOT_LISTED, references.not_listed(item)


def _unasked(what: str, reason: str, permission: str) -> Finding:
    return Finding("", f"{what} could not be looked up: {reason}", f"The user may lack the permission {permission}.")
