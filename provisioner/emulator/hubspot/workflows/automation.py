"""Who is enrolled in which workflow, and when: events, criteria, re-enrolment, suppression, waiting. [docs] 4.3

An event is heard after the write that made it is complete, in the order of writes; workflows in order of their ids.
A record is never in a workflow twice at once: what happens meanwhile starts nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.emulator.hubspot.errors import Json
from provisioner.emulator.hubspot.lists import filters, matching
from provisioner.emulator.hubspot.standard import CONTACT
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import MINUTE_MS
from provisioner.emulator.hubspot.workflows import flows
from provisioner.emulator.hubspot.workflows.enrolments import Enrolments, TooManySteps
from provisioner.emulator.hubspot.workflows.running import Runner

_CHANGED, _CREATED, _FORM = "4-655002", "4-1463224", "4-1639801"


class Automation:
    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._events: deque[Json] = deque()
        self._settling = False
        self._enabled: dict[str, list[Json]] | None = None
        self._of_time: list[Json] | None = None
        self._looked = portal.now_ms
        self._enrolments = Enrolments(portal)
        self._runner = Runner(portal, self._enrolments)

    def wake(self) -> None:
        """Take up what waited when the portal was closed."""
        for one in self._portal.shelves["enrolment"]:
            self._portal.rewait(one["due"], one["n"], "enrolment", one["id"])
        for one in self._portal.shelves["heard"]:
            self._portal.rewait(one["due"], one["n"], "event", one["id"])

    # -- what happens to records -------------------------------------------------------------------------------------

    def noticed(self, type_id: str, record_id: str, changes: Mapping[str, str | None], created: bool) -> None:
        """A record was written: names with their new values."""
        self._hear_soon({"object": type_id, "record": record_id, "changes": dict(changes), "created": created})

    def submitted(self, record_id: str, form_id: str) -> None:
        self._hear_soon({"object": CONTACT, "record": record_id, "changes": {}, "created": False, "form": form_id})

    def membership_changed(self, type_id: str, record_ids: list[str]) -> None:
        """People were put into a list or taken out."""
        for one in record_ids:
            self._hear_soon({"object": type_id, "record": one, "changes": {}, "created": False})

    def gone(self, record_id: str) -> None:
        """An archived record leaves every workflow."""
        for one in self._enrolments.active_of(record_id):
            self._enrolments.leave(one, "the record is archived")

    def planted(self, type_id: str, record_id: str) -> None:
        """A record that is just there meets what it meets, and nothing follows."""
        record = self._portal.record(type_id, record_id)
        for flow in self.enabled(type_id):
            criteria = flow.get("enrollmentCriteria") or {}
            if record is not None and criteria.get("type") == "LIST_BASED" and self._meets(flow, record):
                self._portal.shelves["meets"].put(f"{flow['id']}/{record_id}", {})

    def _hear_soon(self, event: Json) -> None:
        lag = self._portal.settings.automation_lag_seconds
        if not lag:
            self._events.append(event)
            return
        name, due = str(self._portal.number("heard")), self._portal.now_ms + lag * 1000
        n = self._portal.wait(due, "event", name)
        self._portal.shelves["heard"].put(name, event | {"id": name, "due": due, "n": n})

    def settle(self) -> None:
        """Hear all events there are, and those that hearing makes. Raises TooManySteps."""
        if self._settling:
            return
        self._settling = True
        try:
            while self._events:
                self._hear(self._events.popleft())
        except TooManySteps:
            self._events.clear()
            raise
        finally:
            self._settling = False

    def due(self, n: int, kind: str, name: str) -> None:
        """Something that waited has its time. What was put off or dropped since is passed over."""
        if kind == "event":
            event = self._portal.shelves["heard"].get(name)
            if event is not None:
                self._portal.shelves["heard"].remove(name)
                self._events.append(event)
        else:
            enrolment = self._portal.shelves["enrolment"].get(name)
            if enrolment is not None and enrolment["n"] == n:
                self._runner.resume(enrolment)
        self.settle()

    # -- hearing -----------------------------------------------------------------------------------------------------

    def enabled(self, type_id: str) -> list[Json]:
        if self._enabled is None:
            self._enabled = {}
            for flow in sorted(self._portal.shelves["flow"], key=lambda one: int(one["id"])):
                if flow["isEnabled"]:
                    self._enabled.setdefault(flow["objectTypeId"], []).append(flow)
        return self._enabled.get(type_id, [])

    def _hear(self, event: Json) -> None:
        type_id, record_id = event["object"], event["record"]
        record = self._portal.records(type_id).hold(record_id)
        if record is None or record["archived"]:
            return
        for flow in list(self.enabled(type_id)):
            active = self._enrolments.active(flow["id"], record_id)
            if active is not None:
                self._reconsider(flow, active, record)
        for one in self._enrolments.active_of(record_id):
            if one["why"] == "event":
                self._tell(one, event)
        for flow in list(self.enabled(type_id)):
            criteria = flow.get("enrollmentCriteria") or {"type": "MANUAL"}
            if criteria["type"] == "EVENT_BASED":
                self._by_event(flow, criteria, record, event)
            elif criteria["type"] == "LIST_BASED":
                self._by_list(flow, criteria, record, event)

    def _facts(self, event: Json) -> Iterator[tuple[str, dict[str, str]]]:
        """The vendor's events in one of ours: (event type, its properties)."""
        if event["created"]:
            yield _CREATED, {}
        if "form" in event:
            yield _FORM, {"hs_form_id": event["form"]}
        if not event["created"] or self._portal.settings.create_emits_changes:
            for name, value in event["changes"].items():
                yield _CHANGED, {"hs_name": name} | ({"hs_value": value} if value is not None else {})

    def _which(self, branches: list[Json], event: Json) -> dict[str, str] | None:
        """The properties of the first event that meets one of the branches."""
        for kind, facts in self._facts(event):
            for branch in branches:
                if branch.get("eventTypeId", _CHANGED) == kind and matching.event_meets(self._portal, branch, facts):
                    return facts
        return None

    def _by_event(self, flow: Json, criteria: Json, record: Json, event: Json) -> None:
        facts = self._which(criteria["eventFilterBranches"], event)
        if facts is None:
            return
        type_id = flow["objectTypeId"]
        also = [*criteria["listMembershipFilterBranches"], *filter(None, [criteria.get("refinementCriteria")])]
        if all(matching.meets(self._portal, type_id, record, one) for one in also):
            self.enroll(flow, record, facts, again=criteria["shouldReEnroll"])

    def _by_list(self, flow: Json, criteria: Json, record: Json, event: Json | None) -> None:
        """On beginning to meet the criteria; again only by a re-enrolment trigger."""
        key = f"{flow['id']}/{record['id']}"
        shelf = self._portal.shelves["meets"]
        if not self._meets(flow, record):
            shelf.remove(key)
            return
        fresh = key not in shelf
        shelf.put(key, {})
        entered = key in self._portal.shelves["entered"]
        if fresh and not entered:
            self.enroll(flow, record, {}, again=False)
        elif event is not None and entered and criteria["shouldReEnroll"]:
            facts = self._which(criteria["reEnrollmentTriggersFilterBranches"], event)
            if facts is not None:
                self.enroll(flow, record, facts, again=True)

    def _meets(self, flow: Json, record: Json) -> bool:
        branch = flow["enrollmentCriteria"]["listFilterBranch"]
        return matching.meets(self._portal, flow["objectTypeId"], record, branch)

    def _suppressed(self, flow: Json, record: Json) -> bool:
        branch = flow.get("suppressionFilterBranch")
        if branch and matching.meets(self._portal, flow["objectTypeId"], record, branch):
            return True
        lists = flow.get("suppressionListIds", [])
        return any(matching.holds(self._portal, str(one), flow["objectTypeId"], record) for one in lists)

    def _reconsider(self, flow: Json, active: Json, record: Json) -> None:
        """Who is suppressed leaves, and who no longer meets the criteria where the workflow says so."""
        criteria = flow.get("enrollmentCriteria") or {}
        if self._suppressed(flow, record):
            self._enrolments.leave(active, "suppressed")
        elif criteria.get("unEnrollObjectsNotMeetingCriteria") and not self._meets(flow, record):
            self._enrolments.leave(active, "criteria no longer met")

    def _tell(self, enrolment: Json, event: Json) -> None:
        if self._which(enrolment["branches"], event) is not None:
            self._runner.met(enrolment)

    # -- enrolment ---------------------------------------------------------------------------------------------------

    def enroll(self, flow: Json, record: Json, facts: Mapping[str, str], again: bool) -> bool:
        key = f"{flow['id']}/{record['id']}"
        if key in self._portal.shelves["entered"] and not again:
            return self._not_enrolled(flow, record, "was enrolled before")
        if self._enrolments.active(flow["id"], record["id"]) is not None:
            return self._not_enrolled(flow, record, "is enrolled already")
        if self._suppressed(flow, record):
            return self._not_enrolled(flow, record, "suppressed")
        self._portal.shelves["entered"].put(key, {})
        self._enrolments.told(flow["id"], record["id"], None, "enrolled")
        self._runner.start(flow, record, facts)
        return True

    def _not_enrolled(self, flow: Json, record: Json, why: str) -> bool:
        self._enrolments.told(flow["id"], record["id"], None, f"not enrolled: {why}")
        return False

    def enroll_by_hand(self, body: Any) -> Json:
        """`{"flow": id, "record": id}`, as a person does it in the portal. Raises ValueError."""
        flow = self._portal.shelves["flow"].get(str(body.get("flow"))) if isinstance(body, dict) else None
        if flow is None or not flow["isEnabled"]:
            raise ValueError("An enrolment names an enabled 'flow' and a 'record'.")
        record = self._portal.need_record(flow["objectTypeId"], str(body.get("record")))
        again = (flow.get("enrollmentCriteria") or {}).get("shouldReEnroll", True)
        done = self.enroll(flow, record, {}, again=again)
        self.settle()
        return {"enrolled": done}

    # -- definitions -------------------------------------------------------------------------------------------------

    def flow_saved(self, flow_id: str, was_enabled: bool) -> None:
        """Enabling: who meets the criteria already is enrolled only where the settings say so. [open] 4.3"""
        self._enabled = self._of_time = None
        flow = self._portal.shelves["flow"].get(flow_id)
        criteria = (flow or {}).get("enrollmentCriteria") or {}
        if flow is None or not flow["isEnabled"] or criteria.get("type") != "LIST_BASED":
            return
        shelf = self._portal.shelves["meets"]
        population = self._portal.records(flow["objectTypeId"])
        for record in population.own():
            key = f"{flow_id}/{record['id']}"
            if record["archived"] or not self._meets(flow, record):
                shelf.remove(key)
                continue
            shelf.put(key, {})
            if self._portal.settings.enable_enrolls_existing and not was_enabled:
                self.enroll(flow, record, {}, again=False)
        if self._portal.settings.enable_enrolls_existing and not was_enabled:
            for record_id in self._crowd_meeting(flow):
                self._by_list(flow, criteria, self._portal.need_record(flow["objectTypeId"], record_id), None)
        elif filters.timely(self._portal, criteria["listFilterBranch"]):
            for record_id in self._crowd_meeting(flow):
                shelf.put(f"{flow_id}/{record_id}", {})

    def _crowd_meeting(self, flow: Json) -> list[str]:
        """Ids of records of crowds that meet the criteria now."""
        condition = matching.condition(
            self._portal, flow["objectTypeId"], flow["enrollmentCriteria"]["listFilterBranch"]
        )
        crowds = self._portal.records(flow["objectTypeId"]).crowds
        return [str(one) for crowd in crowds for one in crowd.ids(condition)]

    def met_before(self, type_id: str, record: Json) -> None:
        """A record leaves its crowd: what it meets it has met all along, in workflows that do not watch the clock."""
        for flow in self.enabled(type_id):
            criteria = flow.get("enrollmentCriteria") or {}
            if criteria.get("type") == "LIST_BASED" and flow not in self._timely() and self._meets(flow, record):
                self._portal.shelves["meets"].put(f"{flow['id']}/{record['id']}", {})

    def crowd_planted(self, type_id: str) -> None:
        """Workflows that watch the clock remember who of a crowd meets their criteria already."""
        for flow in self._timely():
            if flow["objectTypeId"] == type_id:
                for record_id in self._crowd_meeting(flow):
                    self._portal.shelves["meets"].put(f"{flow['id']}/{record_id}", {})

    def flow_deleted(self, flow_id: str) -> None:
        self._enabled = self._of_time = None
        for one in self._portal.shelves["enrolment"]:
            if one["flow"] == flow_id:
                self._enrolments.leave(one, "the workflow was deleted")

    def properties_of(self, flow: Json) -> set[str]:
        return set(flows.properties_of(flow))

    # -- criteria that depend on the present -------------------------------------------------------------------------

    def _timely(self) -> list[Json]:
        if self._of_time is None:
            self._of_time = [one for one in self._portal.shelves["flow"] if self._depends_on_time(one)]
        return self._of_time

    def _depends_on_time(self, flow: Json) -> bool:
        criteria = flow.get("enrollmentCriteria") or {}
        if not flow["isEnabled"] or criteria.get("type") != "LIST_BASED":
            return False
        return filters.timely(self._portal, criteria["listFilterBranch"])

    def lists_changed(self) -> None:
        """Criteria may refer to lists."""
        self._of_time = None

    def next_look(self) -> int | None:
        """When such criteria are looked at again, in ms UTC."""
        step = self._portal.settings.time_filter_minutes * MINUTE_MS
        if not step or not self._timely():
            return None
        return (max(self._looked, self._portal.now_ms - step) // step + 1) * step

    def look(self) -> None:
        self._looked = self._portal.now_ms
        for flow in self._timely():
            for record in self._portal.records(flow["objectTypeId"]).own():
                if not record["archived"]:
                    active = self._enrolments.active(flow["id"], record["id"])
                    if active is not None:
                        self._reconsider(flow, active, record)
                    self._by_list(flow, flow["enrollmentCriteria"], record, None)
            if self._portal.records(flow["objectTypeId"]).crowds:
                self._look_at_crowds(flow)
        self.settle()

    def _look_at_crowds(self, flow: Json) -> None:
        """Who of a crowd begins to meet the criteria leaves the crowd; who no longer does is forgotten."""
        shelf, population = self._portal.shelves["meets"], self._portal.records(flow["objectTypeId"])
        now = set(self._crowd_meeting(flow))
        for key in shelf.names():
            flow_id, _, record_id = key.partition("/")
            if flow_id == flow["id"] and record_id not in now and population.in_crowd(record_id):
                shelf.remove(key)
        for record_id in sorted(now, key=int):
            if f"{flow['id']}/{record_id}" not in shelf:
                record = self._portal.need_record(flow["objectTypeId"], record_id)
                self._by_list(flow, flow["enrollmentCriteria"], record, None)

    # -- telling -----------------------------------------------------------------------------------------------------

    def log(self, body: Any) -> list[Json]:
        return self._enrolments.log(body)

    def pending(self) -> list[Json]:
        return self._enrolments.pending()
