"""C2: is what was built still there, and still as the design says? Read off the plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from provisioner.diagnostics import Diagnostic, Severity
from provisioner.insight.audit import FINDINGS, Audit, Judged, count_text, day_text, leads_text
from provisioner.insight.finding import Found
from provisioner.planning.plan import Action, Cause, Change
from provisioner.targets.base import Meaning

ACCOUNT_ZONE = "target/timezone"
"""Where a design says in which time zone the account is."""

_BY_HAND = (Cause.HAND, Cause.BOTH)
_TOLD = (*_BY_HAND, Cause.DELETED, Cause.REOPENED, Cause.ORPHANED)


@FINDINGS.kind("C201", "Something this design made was changed by hand", severity="error")
def changed(audit: Audit) -> Iterator[Found]:
    """A resource is ours, and is neither what was applied last nor what the design asks for.

    Why: somebody changed the rules without the people who agreed to them; verdicts since then mean something else.
    It is an error where leads are judged or alerted differently, and a warning otherwise.

    Found: live state against the fingerprint that the last apply left in the CRM. Who and when: Salesforce: the setup
    audit trail and the last modification. HubSpot: as far as the resource tells who updated it.

    Fix: `plan` shows the difference; `apply` puts the design back, or the design takes over what was changed. It is
    accepted by its fingerprint only, which is of what was changed to: a later change is a finding again.

    Example: SLA of Demo request: 30 minutes -> 60 minutes, by Ana Ruiz on 2026-03-03; 112 leads judged under it.
    """
    for change in audit.plan.changes:
        if change.address in audit.traced:
            continue  # told with what was deleted
        if change.cause in _BY_HAND and change.action is not Action.BY_HAND:
            yield _by_hand(audit, change, "was changed by hand")


@FINDINGS.kind("C202", "Something this design made was deleted by hand", severity="error")
def deleted(audit: Audit) -> Iterator[Found]:
    """A resource was applied, is still in the design, and is not in the CRM any more.

    Why: a missing field, flow or list means leads without clocks or alerts that never go out.

    Found: on both platforms: the record of the last apply names it, and it could be looked for and was not there. What
    could not be looked at is reported as not checked instead.

    Fix: `apply` makes it again. Data that a deleted field held does not come back.

    Example: the permission set was removed: reps do not see the due time any more.
    """
    for change in audit.plan.changes:
        if change.cause is Cause.DELETED and change.action is not Action.BY_HAND:
            yield _by_hand(audit, change, "was deleted by hand", _without(audit, change))


@FINDINGS.kind("C203", "A step that was done by hand is open again")
def reopened(audit: Audit) -> Iterator[Found]:
    """A person did a step and ticked it, and what it needs is gone or different since.

    Why: a report or a notification that people rely on shows something else, or nothing.

    Found: what the step needs, looked up again, on every platform that has such steps.

    Fix: do the step again and tick it: `provisioner done`.

    Example: the property that a report groups by was renamed.
    """
    for change in audit.plan.by_hand:
        if change.cause in (Cause.REOPENED, Cause.DELETED, *_BY_HAND):
            attributes = change.after.attributes if change.after else {}
            opened = str((change.before.attributes if change.before else {}).get("opened") or "")
            yield Found(
                subject=str(change.address),
                detail=f"“{attributes.get('title') or change.address.name}” was done, and is open again"
                f"{': ' + opened if opened else '.'}",
                consequence=str(attributes.get("why") or "What the step was for does not hold any more."),
                fix=f"Do the step again, then tick it: {audit.command('done', change.address.name)}",
                address=change.address,
            )


@FINDINGS.kind("C204", "The design asks for something that is not applied yet", severity="info")
def waiting(audit: Audit) -> Iterator[Found]:
    """The design was changed, or never applied in full: the plan is not empty, through nobody's fault.

    Why: what people read in the design is not what leads are judged by.

    Found: the plan: everything that is new, changed in the design, adopted or renamed, in one finding.

    Fix: plan, and apply.

    Example: 3 changes of the design wait for an apply.
    """
    waiting = [change for change in audit.plan.to_write if change.cause not in _TOLD]
    if waiting:
        names = ", ".join(str(change.address) for change in waiting[:_NAMED])
        more = f" and {len(waiting) - _NAMED} more" if len(waiting) > _NAMED else ""
        yield Found(
            subject="design not applied",
            detail=f"{count_text(len(waiting), 'change')} of the design {'waits' if len(waiting) == 1 else 'wait'} "
            f"for an apply: {names}{more}.",
            consequence="Leads are judged by what was applied last, not by what the design says.",
            fix=f"See them: {audit.command('plan')}",
            figures={"changes": len(waiting)},
        )


@FINDINGS.kind("C205", "A step that a person does was never done")
def undone(audit: Audit) -> Iterator[Found]:
    """The design has a step that the CRM has no API for, and nobody has ticked it.

    Why: reports, dashboards or a setting are missing until somebody does it.

    Found: the steps of the design against those that were ticked.

    Fix: do it, then `provisioner done`.

    Example: the dashboard “Speed to lead” was never built.
    """
    for change in audit.plan.by_hand:
        if change.cause in (Cause.NEW, Cause.DESIGN, Cause.ADOPTED, Cause.RENAMED):
            attributes = change.after.attributes if change.after else {}
            yield Found(
                subject=str(change.address),
                detail=f"“{attributes.get('title') or change.address.name}” is to be done by hand, and is not ticked.",
                consequence=str(attributes.get("why") or "What the step is for does not hold yet."),
                fix=f"Do the step, then tick it: {audit.command('done', change.address.name)}",
                address=change.address,
            )


@FINDINGS.kind("C206", "The CRM still has something that left the design", severity="info")
def left_over(audit: Audit) -> Iterator[Found]:
    """A resource is ours and in the CRM, and the design does not ask for it any more.

    Why: an alert that was taken out of the design may still go out.

    Found: the record of the last apply against the design.

    Fix: plan, and apply, which removes it.

    Example: the lead type “Partner” was taken out of the design; its settings are still in the CRM.
    """
    for change in audit.plan.to_write:
        if change.cause is Cause.ORPHANED:
            yield Found(
                subject=str(change.address),
                detail=f"No longer in the design, and still in the CRM: {_meant(audit, change)}.",
                consequence="It goes on doing what it did.",
                fix=f"See it, then apply: {audit.command('plan')}",
                address=change.address,
            )


@FINDINGS.kind("C207", "Somebody else's thing has a name of this design")
def in_the_way(audit: Audit) -> Iterator[Found]:
    """The CRM has something under a name that the design gives, and this design did not make it.

    Why: nothing is done to it, so this part of the design is not deployed.

    Found: it is in the CRM, and the record of the last apply does not name it.

    Fix: rename or remove it, adopt it, or give the design another prefix.

    Example: an admin made a field with the same API name before the design was applied.
    """
    for address in audit.plan.conflicts:
        yield Found(
            subject=str(address),
            detail=f"{address} is in the CRM and was not made by this design.",
            consequence="This part of the design is not deployed: leads are not judged by it.",
            fix=f"See what is in the way: {audit.command('plan')}",
            address=address,
        )


@FINDINGS.kind("C208", "Something of the CRM that the design names is gone or different", severity="error")
def misfit(audit: Audit) -> Iterator[Found]:
    """A field, a time zone or the like that the design names is not in the CRM as the design means it; or a record type
    does not offer the reasons that people choose from (a warning). (Users, queues and groups have findings of their
    own: P302 and P303; values that rules name: L107 and L110.)

    Why: rules that ask for it never match, and the next plan is refused; a reason that is not offered cannot be chosen,
    and a save with it is refused.

    Found: by looking up everything that the design names and did not make, as every plan does.

    Fix: put it back, or correct the design.

    Example: the field “Company size” that a rule asks for was deleted.
    """
    places: dict[tuple[str, str], list[Diagnostic]] = {}
    for item in audit.misfits:
        if item.severity == "info" or (audit.facts.standings is not None and item.pointer.startswith(_PEOPLE)):
            continue
        places.setdefault((item.code, item.detail), []).append(item)
    for (code, detail), items in places.items():
        first = items[0]
        uses = f" The design names it in {len(items)} places." if len(items) > 1 else ""
        yield Found(
            subject=f"{code} {detail}",
            detail=f"{first.title}: {detail}{uses}",
            consequence=_unfit(first.pointer),
            fix=first.advice or f"Put it back, or correct the design: {audit.command('plan')}",
            where=first.pointer,
            severity=first.severity,
            about=(ACCOUNT_ZONE,) if first.pointer == f"/{ACCOUNT_ZONE}" else (),
        )


@FINDINGS.kind("C209", "The surge is on")
def surging(audit: Audit) -> Iterator[Found]:
    """The switch of the surge is on. It is worth knowing while that is new; from seven days on it is a warning, and
    also where since when is not known.

    Why: while it is on, every clock that starts gets the factor times its SLA, so alerts come later and more leads
    count as hits. Somebody has to turn it off again, and nothing in the CRM reminds them.

    Found: Salesforce: the record of the switch, and when it was last saved: an apply that deploys it anew saves it as
    well, so it may be on for longer. HubSpot: has no such switch.

    Fix: turn it off in the CRM when the rush is over. `apply` never turns it.

    Example: it was turned on for a fair in March and is still on in June.
    """
    found, surge = audit.facts.surge, audit.design.surge
    if found is None or surge is None or not found.is_on:
        return
    by = f" by {found.by}" if found.by else ""
    since = f"it was last saved on {day_text(found.saved_at)}{by}" if found.saved_at else "since when is not known"
    meant = f" The design means it for: {surge.when.rstrip('.')}." if surge.when else ""
    yield Found(
        subject="surge",
        detail=f"The switch of the surge is on; {since}.{meant}",
        consequence=f"Clocks that start get {surge.factor:f} times their SLA: alerts come later, and leads count as "
        "hits that would be misses.",
        fix=f"Turn it off when the rush is over: {found.place}.",
        where=surge.at,
        severity="info" if found.saved_at and audit.is_recent(found.saved_at) else "warning",
        figures={"saved_at": found.saved_at or None},
    )


_PEOPLE = ("/recipients", "/alerts/silent_to", "/telemetry/first_touch")
_LISTS = ("/recycling/reasons", "/breach/reasons")
_WAYS = ("/via", "/notify")  # by what, and whom, alerts are told
_UNCHOSEN = "People cannot choose from this list for some leads, and a save with what is not offered is refused."
_UNFIT = "Rules that ask for it do not work as the design says, and a plan warns or is refused."
_UNSENT = "What the design says there does not get through, and a deployment can be refused for it."
_NAMED = 5  # addresses written out in one sentence


def _unfit(pointer: str) -> str:
    """What follows when the CRM has not what the design names at `pointer`."""
    if pointer.startswith(_LISTS):
        return _UNCHOSEN
    return _UNSENT if pointer.endswith(_WAYS) else _UNFIT


def _meant(audit: Audit, change: Change) -> str:
    """What it does, where that is known; else what it is."""
    meanings = audit.meanings.get(change.address) or (Meaning(str(change.address)),)
    return "; ".join(meaning.text.rstrip(".") for meaning in meanings)


def _without(audit: Audit, change: Change) -> str:
    """What else differs because it is gone."""
    names = [str(address) for address, others in sorted(audit.traced.items()) if change.address in others]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f" Named by, and now missing in: {', '.join(names[:_NAMED])}{more}." if names else ""


def _by_hand(audit: Audit, change: Change, what: str, more: str = "") -> Found:
    meanings = tuple(audit.meanings.get(change.address) or (Meaning(f"{change.address} {what}"),))
    lead_types = tuple(dict.fromkeys(id for meaning in meanings for id in meaning.lead_types))
    known = {kind.id for kind in audit.design.lead_types}
    who = _who(change)
    detail = "; ".join(meaning.text.rstrip(".") for meaning in meanings)
    severity: Severity = "error" if lead_types or change.cause is Cause.DELETED else "warning"
    judged = [(id, audit.judged[id]) for id in lead_types if id in audit.judged]
    at = change.touched.at if change.touched else ""
    dated = bool(at)
    return Found(
        subject=str(change.address),
        detail=f"{_both(who)}{detail}.{more}" if change.cause is Cause.BOTH else f"{detail}{who}.{more}",
        consequence=(not lead_types and _effect_text(meanings, at)) or _judged_text(audit, lead_types, judged, at),
        fix=f"See the difference: {audit.command('plan')}; put the design back: {audit.command('apply')}",
        evidence=judged[0][1].evidence if len(judged) == 1 and dated else None,
        where=audit.design.lead_type(lead_types[0]).at if len(lead_types) == 1 and lead_types[0] in known else "",
        severity=severity,
        lead_types=lead_types,
        content=change.before.fingerprint() if change.before is not None else "",
        figures={"judged": sum(item.evidence.count for _, item in judged) if judged and dated else None},
        address=change.address,
        about=tuple(dict.fromkeys(part for meaning in meanings for part in meaning.about)),
    )


def _both(who: str) -> str:
    """What differs came of both; the last apply left a fingerprint only, so nobody can tell them apart."""
    return f"Changed by hand{who}, and the design was changed as well. What differs now, of both: "


def _who(change: Change) -> str:
    if change.touched is None:
        return ""
    by = f"by {change.touched.by}" if change.touched.by else ""
    on = f"on {day_text(change.touched.at)}" if change.touched.at else ""
    who = " ".join(part for part in (by, on) if part)
    return f", {who}" if who else ""


def _effect_text(meanings: Sequence[Meaning], at: str) -> str:
    """What follows for people, where no verdict or alert depends on it; `at`: when it was changed."""
    effects = [meaning.effect for meaning in meanings if meaning.effect]
    since = f", since {day_text(at)}" if at else ""
    return f"{'; '.join(effects)}{since}." if effects else ""


def _judged_text(audit: Audit, lead_types: tuple[str, ...], judged: list[tuple[str, Judged]], at: str) -> str:
    """`at`: when it was changed, empty when nobody tells. Leads are counted since the first dated change of their lead
    type; where that was another one, their number is an upper bound."""
    if not lead_types:
        return "No verdict and no alert depends on it, as far as is known; people may miss what it showed them."
    if judged and at:
        some = [(id, item) for id, item in judged if item.evidence.count]
        if not some:
            return f"No lead was judged or alerted under it yet, since {day_text(at)}."
        return f"Judged or alerted under it: {'; '.join(_share(audit, id, item, at) for id, item in some)}."
    names = ", ".join(audit.type_name(id) for id in lead_types)
    unknown = "how many leads could not be counted" if at else "since when is not known, so they were not counted"
    return f"Leads of {names} are judged or alerted differently; {unknown}."


def _share(audit: Audit, id: str, item: Judged, at: str) -> str:
    leads = f"{leads_text(item.evidence.count)} of {audit.type_name(id)}"
    if item.since == at:
        return f"{leads} since {day_text(at)}"
    return f"at most {leads} (counted since {day_text(item.since)}, when another change was made)"
