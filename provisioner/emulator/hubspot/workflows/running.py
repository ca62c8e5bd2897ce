"""Enrolled records go through the actions of their workflow, up to where they wait. [docs] reference/hubspot.md 4.5-4.8

Branches and delays happen at once, whatever the windows; every other action outside a window waits for the next one.
An action that fails is told in the log and the record goes on.
"""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.emulator.hubspot.errors import ApiError, Json
from provisioner.emulator.hubspot.lists import matching
from provisioner.emulator.hubspot.state.portal import Portal
from provisioner.emulator.hubspot.times import MINUTE_MS, read
from provisioner.emulator.hubspot.workflows import doing, timing
from provisioner.emulator.hubspot.workflows.actions import WAITING
from provisioner.emulator.hubspot.workflows.doing import Failed
from provisioner.emulator.hubspot.workflows.enrolments import Enrolments

_NEVER = 4_102_444_800_000  # 2100-01-01: an event that is waited for without end


class Runner:
    def __init__(self, portal: Portal, enrolments: Enrolments) -> None:
        self._portal = portal
        self._enrolments = enrolments

    def start(self, flow: Json, record: Json, facts: Mapping[str, str]) -> None:
        key = f"{flow['id']}/{record['id']}"
        enrolment: Json = {
            "id": key,
            "flow": flow["id"],
            "object": flow["objectTypeId"],
            "record": record["id"],
            "action": flow.get("startActionId"),
            "event": dict(facts),
            "outputs": {},
            "moved": False,
            "why": "running",
            "due": self._portal.now_ms,
            "n": 0,
            "entered": self._portal.now_ms,
        }
        self._portal.shelves["enrolment"].put(key, enrolment)
        self._run(enrolment)

    def resume(self, enrolment: Json) -> None:
        """Its time has come. In a workflow that is switched off it goes no further. [open]"""
        flow = self._portal.shelves["flow"].get(enrolment["flow"])
        if flow is None or not flow["isEnabled"]:
            self._enrolments.leave(enrolment, "the workflow is off")
            return
        if enrolment["why"] == "event":
            self._output(enrolment, "hs_event_criteria_met", "false")
        if enrolment["why"] in ("delay", "event"):
            self._go_on(flow, enrolment)
        enrolment["moved"] = enrolment["why"] == "window"
        enrolment["why"] = "running"
        self._run(enrolment)

    def met(self, enrolment: Json) -> None:
        """The event it waited for happened."""
        flow = self._portal.shelves["flow"].get(enrolment["flow"])
        if flow is None:
            return
        self._output(enrolment, "hs_event_criteria_met", "true")
        self._go_on(flow, enrolment)
        enrolment |= {"why": "running", "moved": False, "n": 0}
        self._run(enrolment)

    def _output(self, enrolment: Json, name: str, value: str) -> None:
        enrolment["outputs"][f"{enrolment['action']}/{name}"] = value

    def _go_on(self, flow: Json, enrolment: Json) -> None:
        action = _action(flow, enrolment["action"])
        enrolment["action"] = _next(action.get("connection")) if action else None

    def _run(self, enrolment: Json) -> None:
        """Until it waits or ends. Every step reads the workflow as it is then."""
        shelf = self._portal.shelves["enrolment"]
        while shelf.get(enrolment["id"]) is enrolment:
            self._enrolments.count_step()
            flow = self._portal.shelves["flow"].get(enrolment["flow"])
            record = self._portal.record(enrolment["object"], enrolment["record"])
            action = _action(flow, enrolment["action"]) if flow else None
            if flow is None or record is None or action is None:
                shelf.remove(enrolment["id"])
                self._enrolments.told(enrolment["flow"], enrolment["record"], None, "completed")
                return
            if self._step(flow, enrolment, record, action):
                shelf.put(enrolment["id"], enrolment)
                return
        return

    def _step(self, flow: Json, enrolment: Json, record: Json, action: Json) -> bool:
        """True when it waits now."""
        kind = action["type"]
        if kind == "LIST_BRANCH":
            enrolment["action"] = self._choose(flow, record, action)
            return False
        if kind == "STATIC_BRANCH":
            enrolment["action"] = self._switch(enrolment, record, action)
            return False
        if action.get("actionTypeId") in WAITING:
            return self._delay(flow, enrolment, record, action)
        opening = timing.next_open(flow, self._portal.now_ms, self._portal.zone)
        if opening is None:
            self._enrolments.leave(enrolment, "its windows never open")
            return True
        if opening > self._portal.now_ms and not enrolment["moved"]:
            spread = timing.spread(enrolment["record"], self._portal.settings.window_spread_minutes)
            return self._wait(enrolment, opening + spread, "window")
        enrolment["moved"] = False
        self._act(flow, enrolment, record, action)
        self._go_on(flow, enrolment)
        return False

    def _act(self, flow: Json, enrolment: Json, record: Json, action: Json) -> None:
        try:
            what = doing.act(self._portal, flow, enrolment, record, action)
        except (Failed, ApiError) as error:
            what = f"failed: {error}"
        self._enrolments.told(flow["id"], record["id"], action["actionId"], what)

    def _wait(self, enrolment: Json, due: int, why: str) -> bool:
        n = self._portal.wait(due, "enrolment", enrolment["id"])
        enrolment |= {"due": due, "n": n, "why": why}
        text = f"waits ({why})"
        self._enrolments.told(enrolment["flow"], enrolment["record"], enrolment["action"], text)
        return True

    def _delay(self, flow: Json, enrolment: Json, record: Json, action: Json) -> bool:
        fields, now = action["fields"], self._portal.now_ms
        if action["actionTypeId"] == "0-1":
            return self._wait(enrolment, now + timing.span(fields["delta"], fields["time_unit"]), "delay")
        if action["actionTypeId"] == "0-29":
            enrolment["branches"] = fields["event_filter_branches"]
            minutes = fields.get("expiration_minutes")
            due = now + int(minutes) * MINUTE_MS if minutes is not None else _NEVER
            return self._wait(enrolment, due, "event")
        due_at = self._date(fields, record)
        if due_at is not None and due_at > now:
            return self._wait(enrolment, due_at, "delay")
        if self._portal.settings.past_date == "end":
            enrolment["action"] = None
        else:
            self._go_on(flow, enrolment)
        return False

    def _date(self, fields: Json, record: Json) -> int | None:
        """The instant a delay waits for, read once, when the delay begins. [open] 4.8"""
        value = fields["date"]
        static = value["type"] == "STATIC_VALUE"
        text = value["staticValue"] if static else record["values"].get(value["propertyName"])
        at = None if text is None else read(text)
        if at is None:
            return None
        if "time_of_day" in fields:
            at = timing.at_time_of_day(at, fields["time_of_day"], self._portal.zone)
        return at + timing.span(fields.get("delta", "0"), fields.get("time_unit", "MINUTES"))

    def _choose(self, flow: Json, record: Json, action: Json) -> str | None:
        """Top to bottom, with the values of this moment."""
        for one in action["listBranches"]:
            if matching.meets(self._portal, flow["objectTypeId"], record, one["filterBranch"]):
                self._enrolments.told(flow["id"], record["id"], action["actionId"], one.get("branchName") or "branch")
                return _next(one.get("connection"))
        self._enrolments.told(
            flow["id"], record["id"], action["actionId"], action.get("defaultBranchName") or "no branch"
        )
        return _next(action.get("defaultBranch"))

    def _switch(self, enrolment: Json, record: Json, action: Json) -> str | None:
        value = doing.value_of(self._portal, enrolment, record, action["inputValue"])
        for one in action["staticBranches"]:
            if one["branchValue"] == value:
                return _next(one.get("connection"))
        return _next(action.get("defaultBranch"))


def _action(flow: Json, action_id: str | None) -> Json | None:
    return next((one for one in flow["actions"] if one["actionId"] == action_id), None)


def _next(connection: Json | None) -> str | None:
    return connection["nextActionId"] if connection else None
