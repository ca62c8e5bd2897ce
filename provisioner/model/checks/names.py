"""Names that lead nowhere, names that are there twice, names nobody uses."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.document.tree import escape
from provisioner.document.wording import did_you_mean, listed, quoted, short
from provisioner.model.checks.subject import Subject
from provisioner.model.registry import RULES
from provisioner.rules import Finding


@RULES.rule("D110", "Undefined name")
def undefined(subject: Subject) -> Iterator[Finding]:
    """A name that leads nowhere is a person who is never told, or a clock that never runs."""
    for kind, section, name, pointer in _references(subject):
        known = subject.names(section)
        unknowable = not known and section != "business_hours"  # the schema has said that the section is missing
        if name not in known and not unknowable:
            advice = did_you_mean(name, known) + (
                f"Defined: {short(listed(known, 'and'), 200)}." if known else f"Add it under {section}."
            )
            yield Finding(pointer, f"There is no {kind} called {quoted(name)} under {section}.", advice)


@RULES.rule("D111", "An id is used twice")
def duplicates(subject: Subject) -> Iterator[Finding]:
    """An id names one thing in the CRM; two would overwrite each other."""
    for section, entry in (("lead_types", ""), ("exclusions", ""), ("alerts", "quiet"), ("reports", "dashboards")):
        items, at = subject.section(section), f"/{section}"
        if entry:
            items, at = items.get(entry) if isinstance(items, dict) else None, f"/{section}/{entry}"
        first: dict[str, int] = {}
        for index, item in enumerate(items if isinstance(items, list) else ()):
            id = item.get("id") if isinstance(item, dict) else None
            if not isinstance(id, str):
                continue
            if id in first:
                line = subject.document.locate(f"{at}/{first[id]}/id").line
                detail = f"{quoted(id)} already names the entry of {entry or section} in line {line}."
                yield Finding(f"{at}/{index}/id", detail, "Give one of them another id.")
            first.setdefault(id, index)


@RULES.rule("D131", "A reserved id")
def reserved(subject: Subject) -> Iterator[Finding]:
    """`unmatched: {track_as: none}` means no lead type, so no lead type can be called none."""
    for lead_type in subject.design.lead_types:
        if lead_type.id == "none":
            detail = "A lead type cannot be called 'none': `track_as: none` means no lead type."
            yield Finding(f"{lead_type.at}/id", detail, "Give it another id.")


@RULES.rule("D135", "A former id is not free")
def former_ids(subject: Subject) -> Iterator[Finding]:
    """A rename moves what bears the old id to the new one; an id that something bears now, or that two claim to have
    borne, would move the wrong thing."""
    for section, entries in subject.design.was.items():
        known, claimed = subject.names(section), dict[str, str]()
        for id, former in entries.items():
            for old in former:
                if old in known:
                    detail = f"{quoted(id)} says that it was called {quoted(old)}, but {section} has {quoted(old)} now."
                    yield Finding(
                        _was(subject, section, id), detail, "Remove it from `was`, or give the other one another id."
                    )
                elif old in claimed:
                    detail = f"{quoted(id)} and {quoted(claimed[old])} both say that they were called {quoted(old)}."
                    yield Finding(
                        _was(subject, section, id), detail, "Only one of them can have been it: remove the other `was`."
                    )
                claimed.setdefault(old, id)


def _was(subject: Subject, section: str, id: str) -> str:
    found = subject.section(section)
    if isinstance(found, dict):
        return f"/{section}/{escape(id)}/was"
    return next(
        f"/{section}/{index}/was" for index, item in enumerate(found) if isinstance(item, dict) and item.get("id") == id
    )


@RULES.rule("D123", "Defined, but never used", severity="info")
def unused(subject: Subject) -> Iterator[Finding]:
    """What nobody uses is often what somebody forgot to use."""
    if subject.doubtful:  # what could not be read may well use it
        return
    used = {(section, name) for _, section, name, _ in _references(subject)}
    for section, kind in (("recipients", "recipient"), ("escalation", "escalation"), ("business_hours", "calendar")):
        for name in subject.names(section):
            if (section, name) not in used:
                yield Finding(f"/{section}/{name}", f"No one uses the {kind} {quoted(name)}.", "Use it or remove it.")


def _references(subject: Subject) -> Iterator[tuple[str, str, str, str]]:
    """(kind, section, name, pointer) of every place that names something defined elsewhere."""
    design = subject.design
    for item in design.lead_types:
        hours = subject.document.data["lead_types"][int(item.at.rpartition("/")[2])].get("hours")
        if hours is not None:
            yield "calendar", "business_hours", hours, f"{item.at}/hours"
        if item.escalation is not None:
            yield "escalation", "escalation", item.escalation, f"{item.at}/escalation"
        if item.after_hours is not None:
            for index, name in enumerate(item.after_hours.notify):
                yield "recipient", "recipients", name, f"{item.after_hours.at}/notify/{index}"
    for step in (step for escalation in design.escalations.values() for step in escalation.steps):
        for index, name in enumerate(step.notify):
            yield "recipient", "recipients", name, f"{step.at}/notify/{index}"
        if step.reassign_to is not None:
            yield "recipient", "recipients", step.reassign_to, f"{step.at}/reassign_to"
    for board in design.reports.dashboards if design.reports is not None else ():
        for index, name in enumerate(board.lead_types):
            yield "lead type", "lead_types", name, f"{board.at}/lead_types/{index}"
    if design.unmatched.track_as is not None:
        yield "lead type", "lead_types", design.unmatched.track_as, f"{design.unmatched.at}/track_as"
