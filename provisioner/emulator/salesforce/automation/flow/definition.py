"""A <Flow> as immutable data; absent text is the empty string."""

from __future__ import annotations

from dataclasses import dataclass

# Nodes that are read. Everything else at the top level that is a node is named in `Flow.unmodelled`.
NODE_TAGS = (
    "actionCalls",
    "assignments",
    "decisions",
    "loops",
    "recordCreates",
    "recordDeletes",
    "recordLookups",
    "recordUpdates",
    "subflows",
)
VALUE_TAGS = ("stringValue", "numberValue", "booleanValue", "dateValue", "dateTimeValue", "timeValue")


@dataclass(frozen=True, slots=True)
class Value:
    """`kind`: elementReference, one of VALUE_TAGS, "" (absent), or the tag of something not modelled."""

    kind: str = ""
    text: str = ""
    count: int = 0  # how many alternatives were given; more than one is a mistake


@dataclass(frozen=True, slots=True)
class Condition:
    left: str
    operator: str
    right: Value


@dataclass(frozen=True, slots=True)
class Filter:
    field: str
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class Item:
    """assignToReference operator value."""

    target: str
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class Input:
    """A named input: a field of an assignment, a parameter of an action, a variable of a subflow."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Output:
    name: str
    target: str


@dataclass(frozen=True, slots=True)
class Node:
    tag: str
    name: str
    label: str
    location: tuple[str, str]
    connector: str
    fault: str


@dataclass(frozen=True, slots=True)
class Assignment(Node):
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    label: str
    logic: str
    conditions: tuple[Condition, ...]
    connector: str
    only_when_changed: bool


@dataclass(frozen=True, slots=True)
class Decision(Node):
    """`connector` is the default outcome."""

    rules: tuple[Rule, ...]
    default_label: str


@dataclass(frozen=True, slots=True)
class Loop(Node):
    """`connector` leads into the body; `done` out of it."""

    collection: str
    order: str
    variable: str
    done: str


@dataclass(frozen=True, slots=True)
class RecordNode(Node):
    """Get, Create, Update, Delete Records: which is said by `tag`."""

    object: str
    logic: str
    filters: tuple[Filter, ...]
    inputs: tuple[Input, ...]
    input_reference: str
    first_only: bool
    limit: Value
    queried: tuple[str, ...]
    sort_field: str
    sort_order: str
    automatic: bool
    output_reference: str
    outputs: tuple[Output, ...]
    nulls_when_none: bool
    id_reference: str
    unmodelled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call(Node):
    """An action (`tag` actionCalls) or a subflow: `action` is the action's name or the flow's."""

    action: str
    type: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    automatic: bool
    model: str


@dataclass(frozen=True, slots=True)
class Path:
    """A scheduled path; `type` AsyncAfterCommit has nothing but a connector."""

    name: str
    label: str
    connector: str
    type: str
    offset: str
    unit: str
    source: str
    field: str
    batch: str


@dataclass(frozen=True, slots=True)
class Start:
    object: str
    trigger: str
    record_trigger: str
    connector: str
    logic: str
    filters: tuple[Filter, ...]
    formula: str
    only_when_changed: bool
    paths: tuple[Path, ...]
    scheduled: bool


@dataclass(frozen=True, slots=True)
class Resource:
    """A formula, constant, variable or text template: `tag` says which, `text` is the formula or template."""

    tag: str
    name: str
    type: str
    text: str
    value: Value
    scale: str
    collection: bool
    object: str
    is_input: bool
    is_output: bool


@dataclass(frozen=True, slots=True)
class Flow:
    api_name: str
    label: str
    api_version: float
    process_type: str
    status: str
    order: int | None
    run_mode: str
    start: Start | None
    start_reference: str
    nodes: tuple[Node, ...]
    resources: tuple[Resource, ...]
    unmodelled: tuple[str, ...]
