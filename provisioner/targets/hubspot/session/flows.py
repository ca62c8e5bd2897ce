"""Workflows: created switched off, replaced against the revision that was read, switched on last.

There is no PATCH and no switch: every change is a PUT of the whole flow with its `revisionId` ([spec] 4.1). While one
is not in its final state, its mark carries the fingerprint of the state it is in.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from provisioner.errors import Rejected, Unreachable
from provisioner.resources import Address, Resource
from provisioner.targets.http.reply import Lost
from provisioner.targets.hubspot.marker import Mark, unmark
from provisioner.targets.hubspot.session import bodies
from provisioner.targets.hubspot.session.door import Door, mapping
from provisioner.targets.hubspot.session.faults import Answered
from provisioner.targets.hubspot.session.find import FLOWS, list_flows, read_flows
from provisioner.targets.hubspot.session.once import ATTEMPTS, NOT_FOUND, NotDone, create_once, delete_once
from provisioner.targets.hubspot.session.pace import Pace
from provisioner.targets.hubspot.session.shapes import SERVER_FLOW
from provisioner.targets.hubspot.session.state import Raw, State

# [community] reference/hubspot.md 4.9: a wrong value is rejected with the right one in the message.
NEXT_ID = re.compile(r"nextAvailableActionId\D+(?P<id>\d+)")
STALE = frozenset({400, 409, 412})


class Conflict(Rejected):
    """The flow was changed by someone else between reading and writing."""


@dataclass(frozen=True, slots=True)
class Flows:
    door: Door
    pace: Pace
    state: State
    note: Callable[[Resource], Mark]

    def create(self, resource: Resource) -> str:
        """Switched off, with a mark that says so."""
        off = _switched(resource, False)
        note = self.note(off)
        body = bodies.flow_body(resource, self.state, note, enabled=False)
        what = f"create the workflow {body.get('name')!r}"
        raw = create_once(self.pace, lambda: self._post(what, body), lambda: self._marked(body, note), what)
        if not raw.get("id") or not raw.get("revisionId"):
            raise Unreachable(f"HubSpot's answer names no id and revision ({what}).")
        self.state.flows[resource.address] = raw
        return ""

    def _post(self, what: str, body: Raw) -> Raw:
        try:
            return mapping(self.door.send(what, "POST", FLOWS, repeatable=False, body=body), what)
        except Answered as refused:
            mended = _with_next_id(body, refused)
            if mended is None:
                raise
        return mapping(self.door.send(what, "POST", FLOWS, repeatable=False, body=mended), what)

    def _marked(self, body: Raw, note: Mark) -> Raw | None:
        """The flow that this creation would have made; names are not unique, marks are."""
        ids = [str(row.get("id")) for row in list_flows(self.door) if row.get("name") == body.get("name")]
        found = (raw for raw in read_flows(self.door, ids) if unmark(raw.get("description"))[1] == note)
        return next(found, None)

    def find_made(self, resources: list[Resource]) -> None:
        """One look before the first creation: what another run made meanwhile is taken over, not made twice."""
        names = {str(resource.attributes.get("name")): resource for resource in resources}
        ids = [str(row.get("id")) for row in list_flows(self.door) if str(row.get("name")) in names]
        for raw in read_flows(self.door, ids):
            mark = unmark(raw.get("description"))[1]
            for resource in resources:
                wanted = self.note(resource)
                if mark and (mark.design, mark.prefix, mark.address) == (wanted.design, wanted.prefix, wanted.address):
                    self.state.flows.setdefault(resource.address, raw)

    def replace(self, resource: Resource, *, enabled: bool) -> str:
        """PUT the whole flow. `enabled` False although the design wants it on: the mark says it is not final."""
        live = self.state.flows.get(resource.address)
        if live is None:
            raise Rejected(f"{resource.address} is not there any more")
        shown = _switched(resource, enabled)
        body = bodies.flow_body(resource, self.state, self.note(shown), enabled=enabled)
        self.state.flows[resource.address] = self._put(live, body)
        return ""

    def switch_off(self, address: Address) -> None:
        """A flow that is going to be deleted stops enrolling first; nothing else of it changes."""
        live = self.state.flows.get(address)
        if live is None or not live.get("isEnabled"):
            return
        kept = {key: value for key, value in live.items() if key not in SERVER_FLOW - {"nextAvailableActionId"}}
        try:
            self.state.flows[address] = self._put(live, {**kept, "isEnabled": False})
        except Answered as refused:
            if refused.status != NOT_FOUND:
                raise

    def delete(self, address: Address) -> str:
        live = self.state.flows.get(address)
        if live is None:
            return "it was not there any more"
        what = f"delete the workflow {live.get('name')!r}"
        path = f"{FLOWS}/{_id(live)}"
        gone = delete_once(lambda: self.door.send(what, "DELETE", path, repeatable=True))
        return "" if gone else "it was not there any more"

    # ---------------------------------------------------------- replacing

    def _put(self, live: Raw, body: Raw) -> Raw:
        what, path = f"change the workflow {live.get('name')!r}", f"{FLOWS}/{_id(live)}"
        sent = bodies.put_body(body, str(live.get("revisionId")))
        tried_types = False
        for attempt in range(1, ATTEMPTS + 2):
            try:
                answer = mapping(self.door.send(what, "PUT", path, repeatable=False, body=sent), what)
                return {**live, **answer}
            except Lost as lost:
                fresh = self._fresh(live, sent)
                if str(fresh.get("revisionId")) != sent["revisionId"]:
                    return fresh
                if attempt >= ATTEMPTS:
                    raise NotDone(
                        f"HubSpot failed {attempt} times when asked to {what}; it is unchanged: {lost.message}",
                        advice="A server error that stays is often HubSpot's way of not accepting the content.",
                    ) from lost
            except Answered as refused:
                if refused.status not in STALE:
                    raise
                fresh = self._fresh(live, sent)
                if str(fresh.get("revisionId")) != sent["revisionId"]:
                    return fresh
                mended = _with_next_id(sent, refused)
                if mended is None and not tried_types and refused.status == 400:
                    # [community] section 10: some accounts want in a PUT what the schema does not know.
                    tried_types = True
                    mended = {**sent, **{key: live[key] for key in ("flowType", "objectTypeId") if key in live}}
                if mended is None:
                    raise
                sent = mended
        raise AssertionError("the last attempt returns or raises")

    def _fresh(self, live: Raw, sent: Raw) -> Raw:
        """The flow as it is. Conflict when someone else changed it; a new revision with our content is our own."""
        what = f"look at the workflow {live.get('name')!r}"
        fresh = mapping(self.door.get(what, f"{FLOWS}/{_id(live)}"), what)
        if str(fresh.get("revisionId")) == sent["revisionId"]:
            return fresh
        ours = all(fresh.get(key) == sent.get(key) for key in ("description", "isEnabled", "name"))
        if ours and len(fresh.get("actions") or ()) == len(sent.get("actions") or ()):
            return fresh
        raise Conflict(
            f"workflow {live.get('name')!r} was changed in HubSpot after it was read "
            f"(revision {sent['revisionId']} is now {fresh.get('revisionId')}); it was not overwritten",
            advice="Plan again and read the new plan.",
        )


def _switched(resource: Resource, enabled: bool) -> Resource:
    return Resource(resource.address, {**resource.attributes, "isEnabled": enabled})


def _with_next_id(body: Raw, refused: Answered) -> Raw | None:
    """The body with the id the server asks for; None when that is not what it says, or it was sent already."""
    texts = " ".join(text for _, text in refused.problems)
    match = NEXT_ID.search(texts) if refused.status == 400 else None
    if match is None or body.get("nextAvailableActionId") == match["id"]:
        return None
    return {**body, "nextAvailableActionId": match["id"]}


def _id(raw: Raw) -> str:
    """An id that is safe in a path."""
    id = str(raw.get("id") or "")
    if not id.isascii() or not id.isalnum():
        raise Unreachable("HubSpot answered with something that is not the id of a workflow.")
    return id
