"""A portal on paper: one contact and the workflows of a design, executed as the reference describes them.

Small on purpose, and strict: what the reference leaves open (waiting for an instant that has passed, comparing with a
property that is not there) stops the test. Every action is a turn of its own, so that workflows interleave. With a
`lag` the portal notices every change, and takes every action, only some time later: enrolling and leaving see the
contact as it is then.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import partial
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from provisioner.resources import Resource
from provisioner.targets.hubspot.resolve import substituted

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
MONTHS = (
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER",
    "DECEMBER",
)  # fmt: skip
CREATED, CHANGED = "4-1463224", "4-655002"


def named(resource: Resource) -> dict[str, Any]:
    """The body with references replaced by the names they hold."""
    return dict(substituted(resource, lambda value, _: value["$ref"].partition(":")[2]).attributes)


@dataclass
class Run:
    """One passage of the contact through one workflow."""

    flow: dict[str, Any]
    action: str
    over: bool = False
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)  # of programs, by action


@dataclass(frozen=True)
class Sent:
    at: datetime
    flow: str
    kind: str
    fields: Mapping[str, Any]


@dataclass
class Paper:
    """`shuffle`: in which order turns of one instant are taken; None: as they came."""

    flows: list[dict[str, Any]]
    zone: str = "UTC"
    now: datetime = datetime(2026, 3, 2, 13, tzinfo=UTC)
    shuffle: Random | None = None
    values: dict[str, Any] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    runs: dict[str, Run] = field(default_factory=dict)
    enrolled: set[str] = field(default_factory=set)
    queue: list[tuple[datetime, float, int, Callable[[], None]]] = field(default_factory=list)
    count: int = 0
    broken_code: bool = False  # programs answer nothing
    lag: Callable[[], timedelta] | None = None  # from a change to the enrolment for it
    leaving: Callable[[], timedelta] = timedelta  # from a change to a look at who no longer belongs; one look at a time
    looks: set[str] = field(default_factory=set)
    pause: Callable[[], timedelta] = timedelta  # between two actions

    # --- what happens from outside

    def create(self, at: datetime, values: Mapping[str, Any]) -> None:
        self.advance(at)
        self.values = {"createdate": at, "hs_createdate": at, **values}
        if self.values.get("hubspot_owner_id"):
            self.values["hubspot_owner_assigneddate"] = at
        self._event(CREATED, {})
        for name, value in values.items():
            self._event(CHANGED, {"hs_name": name, "hs_value": value})
        self._states("", None)
        self.advance(at)

    def change(self, at: datetime, name: str, value: Any) -> None:
        self.advance(at)
        self._set(name, value)
        self.advance(at)

    def advance(self, to: datetime) -> None:
        """Everything that falls due up to and including `to`."""
        while self.queue and self.queue[0][0] <= to:
            self.now, _, _, turn = heapq.heappop(self.queue)
            turn()
        self.now = to

    # --- enrolment

    def _set(self, name: str, value: Any) -> None:
        if self.values.get(name) == value:
            return
        if name == "hubspot_owner_id" and value:
            self.values["hubspot_owner_assigneddate"] = self.now
        self.values[name] = value
        self._event(CHANGED, {"hs_name": name, "hs_value": value})
        self._states(name, value)

    def _event(self, kind: str, about: Mapping[str, Any]) -> None:
        for flow in self.flows:
            criteria = flow["enrollmentCriteria"]
            if criteria["type"] != "EVENT_BASED":
                continue
            for branch in criteria["eventFilterBranches"]:
                if branch["eventTypeId"] == kind and all(holds(item, about, self.now) for item in branch["filters"]):
                    self._noticed(partial(self._enrol, flow), self.lag)
                    break

    def _states(self, name: str, value: Any) -> None:
        about = {"hs_name": name, "hs_value": value}
        for flow in self.flows:
            criteria = flow["enrollmentCriteria"]
            if criteria["type"] != "LIST_BASED":
                continue
            again = [
                all(holds(item, about, self.now) for item in branch["filters"])
                for branch in criteria["reEnrollmentTriggersFilterBranches"]
            ]
            if criteria["unEnrollObjectsNotMeetingCriteria"] and flow["name"] not in self.looks:
                self.looks.add(flow["name"])
                self._noticed(partial(self._leaves, flow), self.leaving)
            if flow["name"] not in self.enrolled or any(again):
                self._noticed(partial(self._belongs, flow), self.lag)

    def _noticed(self, turn: Callable[[], None], lag: Callable[[], timedelta] | None) -> None:
        if self.lag is None or lag is None:
            turn()
        else:
            self._at(self.now + lag(), turn)

    def _leaves(self, flow: dict[str, Any]) -> None:
        self.looks.discard(flow["name"])
        run = self.runs.get(flow["name"])
        if run and not meets(flow["enrollmentCriteria"]["listFilterBranch"], self.values, self.now):
            run.over = True
            del self.runs[flow["name"]]

    def _belongs(self, flow: dict[str, Any]) -> None:
        if meets(flow["enrollmentCriteria"]["listFilterBranch"], self.values, self.now):
            self._enrol(flow)

    def _enrol(self, flow: dict[str, Any]) -> None:
        if flow["name"] in self.runs:
            return
        self.enrolled.add(flow["name"])
        run = Run(flow, flow["startActionId"])
        self.runs[flow["name"]] = run
        self._at(self.now, lambda: self._turn(run))

    def _at(self, when: datetime, turn: Callable[[], None]) -> None:
        self.count += 1
        order = self.shuffle.random() if self.shuffle else 0.0
        heapq.heappush(self.queue, (when, order, self.count, turn))

    # --- actions

    def _turn(self, run: Run) -> None:
        if run.over:
            return
        action = next(item for item in run.flow["actions"] if item["actionId"] == run.action)
        if action["type"] == "LIST_BRANCH":
            self._go(run, self._chosen(action))
            return
        if action["type"] == "STATIC_BRANCH":
            value = self._value("", action["inputValue"], run)
            cases = {item["branchValue"]: item.get("connection") for item in action["staticBranches"]}
            self._go(run, cases.get(value, action.get("defaultBranch")))
            return
        if action["type"] == "CUSTOM_CODE":
            run.answers[action["actionId"]] = {} if self.broken_code else self._program(action, run)
            self._go(run, action.get("connection"))
            return
        if action["actionTypeId"] == "0-1":
            minutes = timedelta(minutes=int(action["fields"]["delta"]))
            self._at(self.now + minutes, lambda: self._go_if_on(run, action.get("connection")))
            return
        if action["actionTypeId"] == "0-35":
            until = self.values[action["fields"]["date"]["propertyName"]]
            assert until > self.now or self.lag, f"{run.flow['name']} waits for what has passed"
            self._at(max(until, self.now), lambda: self._go_if_on(run, action.get("connection")))
            return
        opens = next_window(run.flow, self.zone, self.now)
        if opens > self.now:
            self._at(opens, lambda: self._turn(run))
            return
        self._act(run, action["actionTypeId"], action["fields"])
        if not run.over:
            self._go(run, action.get("connection"))

    def _go_if_on(self, run: Run, edge: Mapping[str, Any] | None) -> None:
        if not run.over:
            self._go(run, edge)

    def _go(self, run: Run, edge: Mapping[str, Any] | None) -> None:
        if edge is None:
            run.over = True
            del self.runs[run.flow["name"]]
            return
        run.action = edge["nextActionId"]
        self._at(self.now + self.pause(), lambda: self._turn(run))

    def _chosen(self, action: Mapping[str, Any]) -> Mapping[str, Any] | None:
        for branch in action["listBranches"]:
            if meets(branch["filterBranch"], self.values, self.now):
                found: Mapping[str, Any] | None = branch.get("connection")
                return found
        return action.get("defaultBranch")

    def _program(self, action: Mapping[str, Any], run: Run) -> dict[str, Any]:
        """Instants go in as milliseconds, and come out as such."""
        assert action["runtime"] == "PYTHON39"
        given = {item["name"]: self._value("", item["value"], run) for item in action["inputFields"]}
        space: dict[str, Any] = {}
        exec(compile(action["sourceCode"], run.flow["name"], "exec"), space)
        texts = {
            name: str(round(value.timestamp()) * 1000) if isinstance(value, datetime) else value
            for name, value in given.items()
        }
        answers: dict[str, Any] = space["main"]({"inputFields": texts})["outputFields"]
        assert set(answers) <= {item["name"] for item in action["outputFields"]}
        return answers

    def _act(self, run: Run, kind: str, fields: Mapping[str, Any]) -> None:
        if kind == "0-5":
            name = fields["property_name"]
            value = self._value(name, fields["value"], run)
            if name.endswith("_at") and isinstance(value, str):
                value = datetime.fromtimestamp(int(value) / 1000, UTC)
            self._set(name, value)
        else:
            self.sent.append(Sent(self.now, run.flow["name"], kind, fields))
            if kind == "0-11":
                self._set(fields["target_property"], f"someone of {fields['team_ids'][0]}")

    def _value(self, name: str, value: Mapping[str, Any], run: Run) -> Any:
        match value["type"]:
            case "FIELD_DATA":
                return run.answers[value["actionId"]].get(value["dataKey"])
            case "STATIC_VALUE":
                return value["staticValue"]
            case "OBJECT_PROPERTY":
                return self.values[value["propertyName"]]
            case "TIMESTAMP":
                return self.now
            case "INCREMENT":
                return str(int(self.values.get(name) or 0) + value["incrementAmount"])
            case "RELATIVE_DATETIME":
                return self._relative(value["timeDelay"])
        raise AssertionError(value)

    def _relative(self, delay: Mapping[str, Any]) -> datetime:
        moved = self.now + timedelta(**{delay["timeUnit"].lower(): delay["delta"]})
        if "timeOfDay" not in delay:
            return moved
        zone = ZoneInfo(delay["timeZoneStrategy"]["timeZoneId"])
        at = time(delay["timeOfDay"]["hour"], delay["timeOfDay"]["minute"])
        return datetime.combine(moved.astimezone(zone).date(), at, zone).astimezone(UTC)


def next_window(flow: Mapping[str, Any], zone: str, now: datetime) -> datetime:
    """`now` if actions may run now, else the next beginning of a window."""
    windows, blocked = flow["timeWindows"], flow["blockedDates"]
    if not windows and not blocked:
        return now
    local = now.astimezone(ZoneInfo(zone))
    days_off = {(item.get("year", 0), item["month"], item["dayOfMonth"]) for item in blocked}
    for ahead in range(60):
        day = local.date() + timedelta(days=ahead)
        if (day.year, MONTHS[day.month - 1], day.day) in days_off:
            continue
        for window in windows:
            if DAYS[day.weekday()] != window["day"]:
                continue
            start, end = (
                datetime.combine(day, time(window[key]["hour"], window[key]["minute"]), ZoneInfo(zone))
                for key in ("startTime", "endTime")
            )
            if local < end:
                return max(now, start.astimezone(UTC))
    raise AssertionError("no window in sixty days")


# -------------------------------------------------------------------- filters


def meets(branch: Mapping[str, Any], values: Mapping[str, Any], now: datetime) -> bool:
    inner = [meets(item, values, now) for item in branch["filterBranches"]]
    answers = [*inner, *(holds(item, values, now) for item in branch["filters"])]
    return any(answers) if branch["filterBranchType"] == "OR" else all(answers)


def holds(item: Mapping[str, Any], values: Mapping[str, Any], now: datetime) -> bool:
    """One filter. A comparison with a property that is not there is refused."""
    operation, value = item["operation"], values.get(item["property"])
    kind, operator = operation["operationType"], operation["operator"]
    blank = value is None or value == ""
    if kind == "ALL_PROPERTY":
        return bool(blank == (operator == "IS_UNKNOWN"))
    if blank:
        return bool(operation["includeObjectsWithNoValueSet"])
    if kind == "TIME_POINT":
        point = _point(operation["timePoint"], values, now)
        if point is None:
            return False
        if value == point:
            return bool(operation["endpointBehavior"] == "INCLUSIVE")
        return bool((value > point) == (operator == "IS_AFTER"))
    if kind == "ROLLING_DATE_RANGE":
        assert operator == "IS_LESS_THAN_X_DAYS_AGO"
        return bool(value > now - timedelta(days=operation["numberOfDays"]))
    return _compared(kind, operator, value, operation)


def _point(point: Mapping[str, Any], values: Mapping[str, Any], now: datetime) -> datetime | None:
    if point["timeType"] == "PROPERTY_REFERENCED":
        return values.get(point["property"])
    if point["timeType"] == "INDEXED":
        assert point["indexReference"] == {"referenceType": "NOW"}
        return now
    parts = (point[name] for name in ("year", "month", "day", "hour", "minute", "second"))
    return datetime(*parts, tzinfo=UTC)


def _compared(kind: str, operator: str, value: Any, operation: Mapping[str, Any]) -> bool:
    if kind == "ENUMERATION":
        assert all(isinstance(item, str) for item in operation["values"])
        return bool((value in operation["values"]) == (operator == "IS_ANY_OF"))
    if kind == "MULTISTRING":
        same = value.casefold() in [item.casefold() for item in operation["values"]]
        return bool(same == (operator == "IS_EQUAL_TO"))
    wanted = operation["value"]
    if kind == "BOOL":
        return bool((value == "true") == wanted)
    if kind == "STRING":
        text, part = value.casefold(), wanted.casefold()
        return bool({
            "IS_EQUAL_TO": text == part, "STARTS_WITH": text.startswith(part), "ENDS_WITH": text.endswith(part),
            "CONTAINS": part in text, "DOES_NOT_CONTAIN": part not in text,
        }[operator])  # fmt: skip
    assert kind == "NUMBER", kind
    number = float(value)
    return bool({
        "IS_EQUAL_TO": number == wanted, "IS_NOT_EQUAL_TO": number != wanted, "IS_GREATER_THAN": number > wanted,
        "IS_GREATER_THAN_OR_EQUAL_TO": number >= wanted, "IS_LESS_THAN": number < wanted,
        "IS_LESS_THAN_OR_EQUAL_TO": number <= wanted,
    }[operator])  # fmt: skip
