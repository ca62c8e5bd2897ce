"""A workflow as a graph of named nodes; numbered and connected along the graph when it is finished.

The first way to a node is a STANDARD edge, every other way a GOTO, so what HubSpot gets is a tree with jumps.
[docs] reference/hubspot.md 4.2, 4.5, 4.6
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioner.targets.hubspot.filters import Groups, branch

Value = dict[str, Any]


def static(value: Any) -> Value:
    return {"type": "STATIC_VALUE", "staticValue": value}


def of(property: str) -> Value:
    return {"type": "OBJECT_PROPERTY", "propertyName": property}


NOW: Value = {"type": "TIMESTAMP", "timestampType": "EXECUTION_TIME"}


def more(amount: int) -> Value:
    return {"type": "INCREMENT", "incrementAmount": amount}


def later(seconds: int) -> Value:
    """So many seconds after the action runs."""
    unit, count = ("MINUTES", seconds // 60) if seconds % 60 == 0 else ("SECONDS", seconds)
    return {"type": "RELATIVE_DATETIME", "timeDelay": {"delta": count, "timeUnit": unit, "daysOfWeek": []}}


def today_at(hour: int, minute: int, zone: str) -> Value:
    """A time of the day on which the action runs, in an IANA zone."""
    delay = {
        "delta": 0,
        "timeUnit": "DAYS",
        "daysOfWeek": [],
        "timeOfDay": {"hour": hour, "minute": minute},
        "timeZoneStrategy": {"type": "STATIC_TIME_ZONE", "timeZoneId": zone},
    }
    return {"type": "RELATIVE_DATETIME", "timeDelay": delay}


def answer(node: str, key: str) -> Value:
    """What the program of an earlier node answered. [spec] reference/hubspot.md 4.5"""
    return {"type": "FIELD_DATA", "actionId": f"{_NODE}{node}", "dataKey": key}


_NODE = "@"  # in front of a node's name where its number will stand


class Graph:
    """Nodes are added in any order and refer to each other by name; "" and None end the way."""

    def __init__(self) -> None:
        self._nodes: dict[str, dict[str, Any]] = {}

    def act(self, name: str, type_id: str, fields: Mapping[str, Any], to: str | None, version: int = 0) -> str:
        """One action. ValueError when the name is taken."""
        node = {"type": "SINGLE_CONNECTION", "actionTypeId": type_id, "actionTypeVersion": version}
        return self._add(name, {**node, "fields": dict(fields), "connection": to})

    def put(self, name: str, property: str, value: Value, to: str | None) -> str:
        """Sets a property of the record."""
        return self.act(name, "0-5", {"property_name": property, "value": value}, to)

    def puts(self, name: str, values: Sequence[tuple[str, Value]], to: str | None) -> str:
        """Sets several, in this order; the first node is called `name`."""
        names = [name, *(f"{name}.{place}" for place in range(2, len(values) + 1))]
        for place in reversed(range(len(values))):
            to = self.put(names[place], *values[place], to)
        return names[0]

    def until(self, name: str, property: str, to: str | None) -> str:
        """Waits for the instant that a property holds."""
        fields = {"date": of(property), "delta": "0", "time_unit": "MINUTES"}
        return self.act(name, "0-35", fields, to)

    def rest(self, name: str, minutes: int, to: str | None) -> str:
        """Waits for so many minutes."""
        return self.act(name, "0-1", {"delta": str(minutes), "time_unit": "MINUTES"}, to)

    def ask(self, name: str, cases: Sequence[tuple[str, Groups, str | None]], otherwise: str | None) -> str:
        """The first case whose filters hold: (branch name, filters, next node)."""
        branches = [
            {"branchName": label, "filterBranch": branch(groups), "connection": to} for label, groups, to in cases
        ]
        node = {"type": "LIST_BRANCH", "listBranches": branches}
        return self._add(name, {**node, "defaultBranchName": "Otherwise", "defaultBranch": otherwise})

    def run(
        self, name: str, runtime: str, source: str, given: Mapping[str, Value], answers: Sequence[str], to: str
    ) -> str:
        """A program (custom code) without secrets. What it answers is declared as the one kind of output that the API
        describes. [spec] reference/hubspot.md 4.5"""
        node = {
            "type": "CUSTOM_CODE",
            "runtime": runtime,
            "sourceCode": source,
            "secretNames": [],
            "inputFields": [{"name": key, "value": value} for key, value in given.items()],
            "outputFields": [{"type": "ENUMERATION", "name": key, "options": []} for key in answers],
            "connection": to,
        }
        return self._add(name, node)

    def choose(self, name: str, value: Value, cases: Mapping[str, str | None], otherwise: str | None) -> str:
        """The case that equals a value, which may also be blank. [spec] reference/hubspot.md 4.5"""
        branches = [{"branchValue": label, "connection": to} for label, to in cases.items()]
        node = {"type": "STATIC_BRANCH", "inputValue": value, "staticBranches": branches}
        return self._add(name, {**node, "defaultBranchName": "Otherwise", "defaultBranch": otherwise})

    def drop(self, name: str) -> None:
        """Takes away a node that turned out not to be needed, with its continuations `name.2`, `name.3`…"""
        for known in [node for node in self._nodes if node == name or node.startswith(f"{name}.")]:
            del self._nodes[known]

    def _add(self, name: str, node: dict[str, Any]) -> str:
        if name in self._nodes:
            raise ValueError(f"two nodes are called {name}")
        self._nodes[name] = node
        return name

    def actions(self, start: str) -> list[dict[str, Any]]:
        """The actions, numbered from 1 along the graph. ValueError when a node leads nowhere or is never reached."""
        ids: dict[str, str] = {}
        done: list[dict[str, Any]] = []
        edges = [_Edge({}, "connection", start)]
        while edges:
            edge = edges.pop()
            if edge.target not in self._nodes:
                raise ValueError(f"there is no node {edge.target}")
            kind = "GOTO" if edge.target in ids else "STANDARD"
            number = ids.setdefault(edge.target, str(len(ids) + 1))
            edge.owner[edge.slot] = {"edgeType": kind, "nextActionId": number}
            if kind == "STANDARD":
                action = _copied(self._nodes[edge.target], number)
                done.append(action)
                edges += reversed(list(_edges(action)))
        if len(ids) < len(self._nodes):
            raise ValueError(f"never reached: {sorted(set(self._nodes) - set(ids))}")
        return [_numbered(action, ids) for action in done]


def _numbered(value: Any, ids: Mapping[str, str]) -> Any:
    """Names of nodes in values, as their numbers."""
    if isinstance(value, Mapping):
        return {key: _numbered(item, ids) for key, item in value.items()} if value.get("type") != "FIELD_DATA" else {
            **value, "actionId": ids[str(value["actionId"]).removeprefix(_NODE)]
        }  # fmt: skip
    if isinstance(value, list):
        return [_numbered(item, ids) for item in value]
    return value


class _Edge:
    __slots__ = ("owner", "slot", "target")

    def __init__(self, owner: dict[str, Any], slot: str, target: str) -> None:
        self.owner, self.slot, self.target = owner, slot, target


_BRANCHES = ("listBranches", "staticBranches")


def _copied(node: Mapping[str, Any], number: str) -> dict[str, Any]:
    action = {**node, "actionId": number}
    for key in _BRANCHES:
        if key in action:
            action[key] = [dict(item) for item in action[key]]
    return action


def _edges(action: dict[str, Any]) -> Iterator[_Edge]:
    """The ways out, in order; those that end are removed (an empty connection is an error)."""
    for owner in (action, *(item for key in _BRANCHES for item in action.get(key, ()))):
        if "connection" in owner:
            yield from _way(owner, "connection")
    if "defaultBranch" in action:
        yield from _way(action, "defaultBranch")


def _way(owner: dict[str, Any], slot: str) -> Iterator[_Edge]:
    target = owner.pop(slot)
    if target:
        yield _Edge(owner, slot, target)
