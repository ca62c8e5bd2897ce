"""Who owns leads and should not, who is away, and who gets how many alerts. [spec] reference/hubspot.md 6.1, 6.2"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from provisioner.facts import Evidence, Person, Unasked
from provisioner.model.design import Design, Step
from provisioner.model.uses import steps_of
from provisioner.targets.hubspot.audit.answers import Asking, Raw, Refused, Search
from provisioner.targets.hubspot.audit.leads import OWNER, Leads
from provisioner.targets.hubspot.audit.where import among, between, compared

ALERT_DAYS = 7
TOGETHER = 50  # owners in one search
AVAILABILITY = ("hs_internal_user_id", "hs_availability_status", "hs_out_of_office_hours")


def person(owner: Raw) -> Person:
    names = " ".join(str(owner[key]) for key in ("firstName", "lastName") if owner.get(key))
    email = str(owner.get("email") or "")
    return Person(str(owner.get("id") or ""), names or email, email, not owner.get("archived"))


def user_id(owner: Raw) -> str:
    """Of former owners too; empty when it is not told."""
    return str(owner.get("userId") or owner.get("userIdIncludingInactive") or "")


def not_persons(design: Design, ask: Asking) -> frozenset[str]:
    """Ids of owners that can have no clock: ignored users, and queues unless queues start clocks."""
    ignored = {name.casefold() for name in design.telemetry.first_touch.ignore_users}
    return frozenset(
        str(owner.get("id"))
        for owner in ask.owners()
        if str(owner.get("email") or "").casefold() in ignored
        or (owner.get("type") == "QUEUE" and not design.assignment.queue_starts_clock)
    )


def read(leads: Leads, ask: Asking) -> tuple[tuple[Person, ...] | None, Evidence | None, list[Unasked]]:
    """Former owners with leads, most leads first, then present ones who are away while their clocks run. None when it
    is not known who is gone."""
    unasked = list(_untold(leads.design))
    try:
        owners = [owner for owner in ask.owners() if owner.get("type") != "QUEUE"]
        gone, evidence = _gone(leads, ask, [owner for owner in owners if owner.get("archived")])
    except Refused as refused:
        return None, None, [Unasked("people", refused.why), *unasked]
    try:
        away = _away(leads, ask, [owner for owner in owners if not owner.get("archived")])
    except Refused as refused:
        away = []
        unasked.append(Unasked("people/away", refused.why))
    return (*gone, *away), evidence, unasked


def _untold(design: Design) -> Iterator[Unasked]:
    if any(item.kind == "owner_manager" for item in design.recipients.values()):
        yield Unasked("people/unled", "HubSpot keeps no manager of an owner.", untold=True)


def _gone(leads: Leads, ask: Asking, owners: Sequence[Raw]) -> tuple[list[Person], Evidence]:
    by_id = {str(owner.get("id")): owner for owner in owners}
    held = _owned(ask, leads.search(), sorted(by_id))
    running = _owned(ask, leads.search(leads.running), sorted(held)) if held else {}
    found = []
    for id, count in held.items():
        one = person(by_id[id])
        query = str(leads.search(among(OWNER, [id])))
        found.append(replace(one, leads=count, open_clocks=running.get(id, 0), query=query))
    found.sort(key=lambda one: (-one.leads, one.name, one.id))
    ids = sorted(by_id)[:TOGETHER]
    query = str(leads.search(among(OWNER, ids))) if ids else "GET /crm/v3/owners?archived=true"
    return found, Evidence(query, sum(held.values()))


def _owned(ask: Asking, search: Search, ids: Sequence[str]) -> dict[str, int]:
    """Owner → records of the search, for those who have any: one question per fifty owners, and about two for every
    halving that leads to one who does."""
    found: dict[str, int] = {}
    waiting = [list(ids[place : place + TOGETHER]) for place in range(0, len(ids), TOGETHER)]
    while waiting:
        some = waiting.pop()
        total = ask.page(search.also(among(OWNER, some)), []).total
        if total and len(some) == 1:
            found[some[0]] = total
        elif total:
            middle = len(some) // 2
            waiting += [some[:middle], some[middle:]]
    return found


def _away(leads: Leads, ask: Asking, owners: Sequence[Raw]) -> list[Person]:
    absent = {
        str(user.get("hs_internal_user_id")): why for user in ask.users(AVAILABILITY) if (why := _absence(leads, user))
    }
    away = {str(owner.get("id")): owner for owner in owners if user_id(owner) in absent}
    running = _owned(ask, leads.search(leads.running), sorted(away)) if away else {}
    held = _owned(ask, leads.search(), sorted(running)) if running else {}
    found = []
    for id, clocks in running.items():
        one = person(away[id])
        why = absent[user_id(away[id])]
        query = str(leads.search(leads.running, among(OWNER, [id])))
        found.append(replace(one, leads=held.get(id, clocks), open_clocks=clocks, away=why, query=query))
    return sorted(found, key=lambda one: (-one.open_clocks, one.name, one.id))


def _absence(leads: Leads, user: Raw) -> str:
    """Why somebody is away at this moment, and until when; empty when they are not."""
    ends = [end for start, end in _out_of_office(user.get("hs_out_of_office_hours")) if start <= leads.scope.now < end]
    if ends:
        return f"out of office until {max(ends):%Y-%m-%d %H:%M} UTC"
    return "set to away" if user.get("hs_availability_status") == "away" else ""


def _out_of_office(text: object) -> Iterator[tuple[datetime, datetime]]:
    """`[{"startTimestamp": ms, "endTimestamp": ms}]` as text; what has another form tells nothing."""
    try:
        listed = json.loads(text) if isinstance(text, str) and text else []
    except ValueError:
        return
    for item in listed if isinstance(listed, list) else []:
        start, end = (
            (item.get(key) for key in ("startTimestamp", "endTimestamp")) if isinstance(item, dict) else ("", "")
        )
        if isinstance(start, int) and isinstance(end, int):
            yield datetime.fromtimestamp(start / 1000, UTC), datetime.fromtimestamp(end / 1000, UTC)


# ------------------------------------------------------------------ alerts


def read_alerts(leads: Leads, ask: Asking) -> tuple[tuple[Person, int], ...]:
    """Alerts per owner in the last seven days, most first, as the design sends them when it is live. A lead that was
    handed over counts for who owns it now. Refused also when they are more than can be read."""
    told = {item.id: _places(leads.design, steps_of(leads.design, item)) for item in leads.design.lead_types}
    places = sorted({place for found in told.values() for place in found})
    counts: Counter[str] = Counter()
    for place in places:
        rows = ask.rows(_acted(leads, place), [OWNER, leads.prop("lead_type")])
        if rows.sampled is not None:
            raise Refused(f"Step {place} acted for {rows.total:,} leads in {ALERT_DAYS} days; HubSpot lists 10,000.")
        counts.update(
            owner for row in rows.rows if (owner := row.text(OWNER)) and place in told.get(leads.type_of(row) or "", ())
        )
    people = _people(ask) if counts else {}
    ranked = sorted(counts, key=lambda id: (-counts[id], people[id].name if id in people else "", id))
    return tuple((people.get(id, Person(id, id, "", True)), counts[id]) for id in ranked)


def _acted(leads: Leads, place: int) -> Search:
    """A step that acted left its number."""
    now, at = leads.scope.now, leads.needed(leads.names.step_at(place))
    return leads.search(
        between(at, now - timedelta(days=ALERT_DAYS), now), compared(leads.prop("escalation_level"), "GTE", str(place))
    )


def _places(design: Design, steps: Sequence[Step]) -> frozenset[int]:
    """Steps that tell the owner. Owners get one email from a step, whether it says bell, email or both: HubSpot's
    in-app notification reaches users, not owners."""
    return frozenset(
        place
        for place, step in enumerate(steps, start=1)
        if {"bell", "email"} & set(step.via)
        and any(design.recipients[id].kind == "record_owner" for id in step.notify if id in design.recipients)
    )


def _people(ask: Asking) -> Mapping[str, Person]:
    return {str(owner.get("id")): person(owner) for owner in ask.owners()}
