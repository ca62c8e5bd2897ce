"""Leads that engaged and that no person owns: without an owner, or with a queue as owner."""

from __future__ import annotations

from provisioner.facts import Evidence, Waiting
from provisioner.targets.hubspot.audit.answers import Asking, Filter, Row
from provisioner.targets.hubspot.audit.checks import fields_of, is_excluded, is_tracked
from provisioner.targets.hubspot.audit.leads import OWNER, Leads
from provisioner.targets.hubspot.audit.people import person
from provisioner.targets.hubspot.audit.where import among, between, blank, iso, known


def read(leads: Leads, ask: Asking) -> tuple[Waiting, ...]:
    """Most leads first. Refused when it cannot be asked. Of more leads than one search gives, those that it gave are
    looked at, and the evidence says so."""
    queues = {str(owner.get("id")): person(owner).name for owner in ask.owners() if owner.get("type") == "QUEUE"}
    found = [_in(leads, ask, "", blank(OWNER))]
    found += [_in(leads, ask, name or id, among(OWNER, [id])) for id, name in sorted(queues.items())]
    return tuple(sorted((item for item in found if item.leads), key=lambda item: (-item.leads, item.place)))


def _in(leads: Leads, ask: Asking, place: str, owned: Filter) -> Waiting:
    created, design = leads.object.created_at, leads.design
    waiting = between(created, leads.scope.since, leads.scope.patience_ended)
    search = leads.search(waiting, owned, known(leads.prop("engaged_at")), blank(leads.prop("first_touch_at")))
    fields = fields_of([*(item.when for item in design.lead_types), *(item.when for item in design.exclusions)])
    flag = leads.prop("excluded")

    def is_meant(row: Row) -> bool:
        return row.text(flag) != "true" and not is_excluded(design, row) and is_tracked(design, row)

    told = ask.rows(search, list(dict.fromkeys([created, flag, *fields])))
    rows = [row for row in told.rows if is_meant(row)]
    first = min((at for row in rows if (at := iso(row.text(created)))), default="")
    ids = tuple(row.id for row in rows[: leads.scope.samples])
    return Waiting(place, len(rows), first, Evidence(str(search), len(rows), ids, told.sampled))
