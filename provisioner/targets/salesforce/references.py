"""What a design expects to find in the org: fields of Lead and people; and whether what is found there fits.

The kind of a field is read from the label that Tooling gives it (`Number(6, 0)`, `Formula (Text)`), which is written in
the user's language: a label that is not known here says nothing, and nothing is concluded from it.
[docs] reference/salesforce.md 1.11
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

from provisioner.model.design import Design, Op, Scalar, Test
from provisioner.model.uses import step_count, tests_of
from provisioner.rules import Finding
from provisioner.targets.base import Reference, Use
from provisioner.targets.naming import offer_text, values_text
from provisioner.targets.salesforce import versions
from provisioner.targets.salesforce.alerting import slack_channels, slack_places
from provisioner.targets.salesforce.features import BY_PEOPLE, lead_fields
from provisioner.targets.salesforce.manual import POST, SLACK_APP
from provisioner.targets.salesforce.names import Names

Kind = Literal["text", "number", "checkbox", "date", "date-time"]
POSTING = f"the action that posts to Slack ({POST})"
FIELD_USES = frozenset[Use]({"known", "equal", "part", "order", "moment"})

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(
        ("Text", "Text Area", "Long Text Area", "Rich Text Area", "Picklist", "Email", "Phone", "Fax", "URL", "Name",
         "Auto Number", "Lookup", "Master-Detail", "Hierarchy", "External Lookup", "Record Type"),
        "text",
    ),
    **dict.fromkeys(("Number", "Currency", "Percent"), "number"),
    "Checkbox": "checkbox",
    "Date": "date",
    "Date/Time": "date-time",
}  # fmt: skip
_USES: dict[Op, Use] = {
    "in": "equal", "not_in": "equal", "is_blank": "known", "gt": "order", "gte": "order", "lt": "order", "lte": "order",
    "starts_with": "part", "ends_with": "part", "contains": "part",
}  # fmt: skip


# ------------------------------------------------------------ what is named


def references(design: Design) -> list[Reference]:
    """Fields of Lead that conditions and engagement name, except our own; when alerts are live, who is told; the
    reasons that people choose; the API version; and the action that posts to Slack."""
    names = Names(design.target.prefix)
    ours = {names.field(word) for word in lead_fields(design)}
    ours |= {names.step_at(number) for number in range(1, step_count(design) + 1)}
    found = [*_engagement(design), *_compared(design), *_staged(design)]
    people = _people(design) if design.alerts.mode == "live" else ()
    ours_not = (item for item in found if item.name not in ours)
    return [*ours_not, *people, *_chosen(design, names), _version(design), *_posting(design)]


def _engagement(design: Design) -> Iterator[Reference]:
    for place, name in enumerate(design.telemetry.engagement):
        pointer = f"{design.telemetry.at}/engagement/{place}"
        yield Reference(name, "moment", pointer, pointer)


def _compared(design: Design) -> Iterator[Reference]:
    conditions = [item.when for item in design.exclusions] + [item.when for item in design.lead_types]
    conditions += [item.when for item in design.alerts.quiet]
    for condition in conditions:
        for test in tests_of(condition):
            yield Reference(test.field, _USES[test.op], test.at, _named(test), test.values)


def _staged(design: Design) -> Iterator[Reference]:
    asked = design.telemetry.stages
    if asked is not None:
        yield Reference(asked.field, "equal", f"{asked.at}/values", f"{asked.at}/field", tuple(asked.values.values()))


def _named(test: Test) -> str:
    """Where the field's name stands: the test points to what it is compared with, which may lie one level deeper."""
    above, _, last = test.at.rpartition("/")
    return above if last == test.op and above.endswith(f"/{test.field}") else test.at


def _people(design: Design) -> Iterator[Reference]:
    for item in design.recipients.values():
        if item.value and not item.create and item.kind in ("user", "group", "queue"):
            use: Use = "user" if item.kind == "user" else "group" if item.kind == "group" else "queue"
            pointer = f"{item.at}/{item.kind}"
            yield Reference(item.value, use, pointer, pointer)
        if item.otherwise:
            pointer = f"{item.at}/otherwise/user"
            yield Reference(item.otherwise, "user", pointer, pointer)


def _chosen(design: Design, names: Names) -> Iterator[Reference]:
    """The lists of features.BY_PEOPLE."""
    for word, section in zip(BY_PEOPLE, (design.recycling, design.breach), strict=True):
        if section is not None and section.reasons:
            pointer = f"{section.at}/reasons"
            yield Reference(names.field(word), "offered", pointer, pointer, tuple(section.reasons))


def _version(design: Design) -> Reference:
    pointer = f"{design.target.at}/api_version"
    return Reference(versions.wanted(design), "version", pointer, pointer)


def _posting(design: Design) -> Iterator[Reference]:
    """Once, where the design first says so; `values` are the ids of the channels."""
    channels = tuple(item.id for item in slack_channels(design))
    for pointer in slack_places(design)[:1]:
        yield Reference(POST, "action", pointer, pointer, channels)


# --------------------------------------------------------- what is found there


def kind_of(label: str) -> Kind | None:
    """`Formula (Number)` and `Number(6, 0)` are numbers; None when the label is not one of those we know."""
    word = label.strip()
    if word.startswith("Formula (") and word.endswith(")"):
        word = word[len("Formula (") : -1]
    if word == "Picklist (Multi-Select)":
        return "text"
    return _KINDS.get(word.partition("(")[0].strip())


def absent(reference: Reference, known: Iterable[str]) -> Finding | None:
    """The field is not in the org, or is written differently there. API names are compared as they are written: the org
    gives them back in its own spelling, so another one would look like a change by hand for ever."""
    by_fold = {name.casefold(): name for name in known}
    if reference.name in by_fold.values():
        return None
    spelled = by_fold.get(reference.name.casefold())
    if spelled is not None:
        detail = f"The org spells the field {reference.name!r} as {spelled!r}."
        return Finding(reference.named, detail, f"Write {spelled}.")
    near = [by_fold[name] for name in difflib.get_close_matches(reference.name.casefold(), by_fold, n=3, cutoff=0.6)]
    meant = f"Did you mean {_either(near)}? " if near else ""
    return Finding(
        reference.named,
        f"Lead has no field {reference.name!r} in this org.",
        f"{meant}Use the API name (Setup, Object Manager, Lead, Fields & Relationships), or create the field first.",
    )


def unfit(reference: Reference, label: str) -> Finding | None:
    """The field is there, but cannot be used like that; flows with such a comparison are not accepted."""
    kind = kind_of(label)
    if kind is None or reference.use == "known":
        return None
    said = f"{reference.name} is a field of the type {label}"
    if reference.use == "moment":
        if kind == "date-time":
            return None
        advice = "Name a Date/Time field, such as CreatedDate."
        return Finding(reference.pointer, f"{said}; engagement needs a point in time.", advice)
    if reference.use == "part":
        if kind == "text":
            return None
        return Finding(reference.pointer, f"{said}; parts of a text are looked for in texts only.", _INSTEAD[kind])
    if reference.use == "order" and kind in ("text", "checkbox"):
        return Finding(reference.pointer, f"{said}, which has no order.", _INSTEAD[kind])
    for value in reference.values:
        if value is not None and value != "" and not _is(kind, value):
            return Finding(reference.pointer, f"{said}; {_shown(value)} is no value of it.", _WRITE[kind])
    return None


_INSTEAD: dict[Kind, str] = {
    "text": "List its values: {FIELD: [value, value]}; or compare a number or a date.",
    "number": "Compare it with gt, gte, lt or lte, or list its numbers.",
    "checkbox": "Compare it with true or false.",
    "date": "Compare it with gt, gte, lt or lte and a day: 2026-01-31.",
    "date-time": "Compare it with gt, gte, lt or lte and an instant: 2026-01-31T09:00:00Z.",
}
_WRITE: dict[Kind, str] = {
    "text": "Put the value in quotes.",
    "number": "Write a number, without quotes.",
    "checkbox": "Write true or false, without quotes.",
    "date": "Compare it with gt, gte, lt or lte and a day: 2026-01-31.",
    "date-time": "Compare it with gt, gte, lt or lte and an instant: 2026-01-31T09:00:00Z.",
}


def _is(kind: Kind, value: Scalar) -> bool:
    """A day is good for both sorts of points in time: the platform takes it for its midnight."""
    if isinstance(value, bool):
        return kind == "checkbox"
    if isinstance(value, int | float):
        return kind == "number"
    if isinstance(value, date):
        return kind in ("date", "date-time")
    return kind == "text"


def _shown(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else repr(value)


def unlisted(reference: Reference, listed: Mapping[str, str]) -> Finding | None:
    """Values of an `in` that the picklist does not offer. `listed` maps the active values in lower case to themselves;
    comparisons ignore case. Old leads and imports may hold others, so this is worth knowing, and no error."""
    unknown = [value for value in reference.values if isinstance(value, str) and value.casefold() not in listed]
    unknown = [value for value in unknown if value]
    if reference.use != "equal" or not unknown:
        return None
    near = difflib.get_close_matches(unknown[0].casefold(), listed, n=1, cutoff=0.7)
    meant = f"Did you mean {listed[near[0]]!r}? " if near else ""
    are = "is no value" if len(unknown) == 1 else "are no values"
    return Finding(
        reference.pointer,
        f"{values_text(unknown)} {are} of the picklist {reference.name} in this org.",
        f"{meant}{offer_text(unknown, listed.values())} No lead matches a value that nothing sets.",
    )


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def unoffered(reference: Reference, lacking: Mapping[str, Sequence[str]]) -> Finding | None:
    """Record types that lack some of what people have to choose. `lacking` maps their labels to those values."""
    if not lacking:
        return None
    alike: dict[tuple[str, ...], list[str]] = {}
    for label, values in sorted(lacking.items(), key=lambda item: item[0].casefold()):
        alike.setdefault(tuple(values), []).append(repr(label))
    each = "; ".join(
        f"{_listed(labels)} {'does' if len(labels) == 1 else 'do'} not offer {values_text(values)}"
        for values, labels in alike.items()
    )
    return Finding(
        reference.pointer,
        f"Not every record type of leads offers the reasons of {reference.name}: {each}. For a lead of such a record "
        "type the reason cannot be chosen, and a save with it is refused.",
        "When the field is in the org: Setup, Object Manager, Lead, Record Types, the record type; under Picklists "
        f"Available for Editing, Edit beside {reference.name}; add the reasons to the selected values, and save.",
    )


def _listed(labels: Sequence[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"


def not_listed(reference: Reference) -> Finding:
    """The org does not tell this user of the action that posts to Slack."""
    told = _listed([str(value) for value in reference.values])
    return Finding(
        reference.pointer,
        f"This org does not list {POSTING} to this user: either it is not connected to Slack, or the user may not take "
        "the action. Unless it is there all the same, the validation before a deployment refuses the flows that post "
        f"to {told}, and with them everything else; flows that are in the org already post nothing.",
        "Setup, enter Slack in Quick Find, and connect the org to the workspace (Salesforce for Slack, which needs a "
        f"licence): the step {SLACK_APP} has every click. Or alert by email.",
    )


def other_version(reference: Reference, spoken: str, is_fixed: bool) -> Finding | None:
    """The session speaks another version than the design is written for: the connection says so (`is_fixed`), or the
    org is older."""
    if spoken == reference.name:
        return None
    write = f'write `api_version: "{spoken}"` under target'
    if is_fixed:
        detail = f"The design is written for API version {reference.name}; the connection says {spoken}."
        advice = f"Take api_version out of the connection, which then speaks the design's; or {write}."
    else:
        detail = f"The design is written for API version {reference.name}; this org offers {spoken} at most."
        advice = f"{write[:1].upper()}{write[1:]}."
    return Finding(reference.pointer, detail, advice)
