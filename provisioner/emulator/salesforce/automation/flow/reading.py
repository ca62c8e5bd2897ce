"""Reads a parsed <Flow> document into its definition. Never fails on meaning: the checks do that."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from provisioner.emulator.salesforce.automation.flow.definition import (
    NODE_TAGS,
    Assignment,
    Call,
    Condition,
    Decision,
    Filter,
    Flow,
    Input,
    Item,
    Loop,
    Node,
    Output,
    Path,
    RecordNode,
    Resource,
    Rule,
    Start,
    Value,
)

_PLAIN_TAGS = frozenset(
    {
        "apiVersion",
        "areMetricsLoggedToDataCloud",
        "constants",
        "customProperties",
        "description",
        "environments",
        "formulas",
        "fullName",
        "interviewLabel",
        "isAdditionalPermissionRequiredToRun",
        "isTemplate",
        "label",
        "processMetadataValues",
        "processType",
        "runInMode",
        "start",
        "startElementReference",
        "status",
        "textTemplates",
        "timeZoneSidKey",
        "triggerOrder",
        "variables",
    }
)


def _tag(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _children(element: etree._Element, tag: str) -> Iterator[etree._Element]:
    return element.iterchildren(f"{{*}}{tag}")


def _child(element: etree._Element | None, tag: str) -> etree._Element | None:
    return None if element is None else next(_children(element, tag), None)


def _text(element: etree._Element | None, tag: str, default: str = "") -> str:
    child = _child(element, tag)
    return default if child is None else (child.text or "").strip()


def _raw(element: etree._Element, tag: str) -> str:
    child = _child(element, tag)
    return "" if child is None else (child.text or "")


def _true(element: etree._Element, tag: str) -> bool:
    return _text(element, tag).lower() in ("true", "1")


def _target(element: etree._Element, tag: str = "connector") -> str:
    return _text(_child(element, tag), "targetReference")


def _value(element: etree._Element | None) -> Value:
    if element is None:
        return Value()
    given = [child for child in element if isinstance(child.tag, str)]
    if not given:
        return Value()
    kind = _tag(given[0])
    raw = given[0].text or ""
    return Value(kind, raw if kind == "stringValue" else raw.strip(), len(given))


def _filters(element: etree._Element) -> tuple[Filter, ...]:
    return tuple(
        Filter(_text(one, "field"), _text(one, "operator"), _value(_child(one, "value")))
        for one in _children(element, "filters")
    )


def _inputs(element: etree._Element, tag: str, name: str) -> tuple[Input, ...]:
    return tuple(Input(_text(one, name), _value(_child(one, "value"))) for one in _children(element, tag))


def _outputs(element: etree._Element, tag: str, name: str) -> tuple[Output, ...]:
    return tuple(Output(_text(one, name), _text(one, "assignToReference")) for one in _children(element, tag))


Base = tuple[str, str, str, tuple[str, str], str, str]


def _base(element: etree._Element, connector: str = "connector") -> Base:
    location = (_text(element, "locationX"), _text(element, "locationY"))
    names = (_tag(element), _text(element, "name"), _text(element, "label"))
    return (*names, location, _target(element, connector), _target(element, "faultConnector"))


def _rule(element: etree._Element) -> Rule:
    conditions = tuple(
        Condition(_text(one, "leftValueReference"), _text(one, "operator"), _value(_child(one, "rightValue")))
        for one in _children(element, "conditions")
    )
    changed = _true(element, "doesRequireRecordChangedToMeetCriteria")
    names = (_text(element, "name"), _text(element, "label"), _text(element, "conditionLogic"))
    return Rule(*names, conditions, _target(element), changed)


def _record_node(element: etree._Element) -> RecordNode:
    unmodelled = tuple(
        tag
        for tag in ("relatedRecords", "upsertExternalIdField", "upsertStandardIdField", "doesUpsert")
        if _text(element, tag, "") not in ("", "false") or len(list(_children(element, tag))) > 1
    )
    return RecordNode(
        *_base(element),
        object=_text(element, "object"),
        logic=_text(element, "filterLogic"),
        filters=_filters(element),
        inputs=_inputs(element, "inputAssignments", "field"),
        input_reference=_text(element, "inputReference"),
        first_only=_true(element, "getFirstRecordOnly"),
        limit=_value(_child(element, "limit")),
        queried=tuple((one.text or "").strip() for one in _children(element, "queriedFields")),
        sort_field=_text(element, "sortField"),
        sort_order=_text(element, "sortOrder"),
        automatic=_true(element, "storeOutputAutomatically"),
        output_reference=_text(element, "outputReference"),
        outputs=_outputs(element, "outputAssignments", "field"),
        nulls_when_none=_true(element, "assignNullValuesIfNoRecordsFound"),
        id_reference=_text(element, "assignRecordIdToReference"),
        unmodelled=unmodelled,
    )


def _node(element: etree._Element) -> Node:
    tag = _tag(element)
    if tag == "assignments":
        items = tuple(
            Item(_text(one, "assignToReference"), _text(one, "operator"), _value(_child(one, "value")))
            for one in _children(element, "assignmentItems")
        )
        return Assignment(*_base(element), items)
    if tag == "decisions":
        rules = tuple(_rule(one) for one in _children(element, "rules"))
        return Decision(*_base(element, "defaultConnector"), rules, _text(element, "defaultConnectorLabel"))
    if tag == "loops":
        names = (_text(element, "collectionReference"), _text(element, "iterationOrder"))
        done = _target(element, "noMoreValuesConnector")
        variable = _text(element, "assignNextValueToReference")
        return Loop(*_base(element, "nextValueConnector"), *names, variable, done)
    if tag == "subflows":
        inputs = _inputs(element, "inputAssignments", "name")
        outputs = _outputs(element, "outputAssignments", "name")
        stored = _true(element, "storeOutputAutomatically")
        return Call(*_base(element), _text(element, "flowName"), "", inputs, outputs, stored, "")
    if tag == "actionCalls":
        inputs = _inputs(element, "inputParameters", "name")
        outputs = _outputs(element, "outputParameters", "name")
        stored = _true(element, "storeOutputAutomatically")
        names = (_text(element, "actionName"), _text(element, "actionType"))
        return Call(*_base(element), *names, inputs, outputs, stored, _text(element, "flowTransactionModel"))
    return _record_node(element)


def _path(element: etree._Element) -> Path:
    return Path(
        _text(element, "name"),
        _text(element, "label"),
        _target(element),
        _text(element, "pathType"),
        _text(element, "offsetNumber"),
        _text(element, "offsetUnit"),
        _text(element, "timeSource"),
        _text(element, "recordField"),
        _text(element, "maxBatchSize"),
    )


def _start(element: etree._Element) -> Start:
    return Start(
        _text(element, "object"),
        _text(element, "triggerType"),
        _text(element, "recordTriggerType"),
        _target(element),
        _text(element, "filterLogic"),
        _filters(element),
        _raw(element, "filterFormula"),
        _true(element, "doesRequireRecordChangedToMeetCriteria"),
        tuple(_path(one) for one in _children(element, "scheduledPaths")),
        _child(element, "schedule") is not None,
    )


def _resource(element: etree._Element) -> Resource:
    tag = _tag(element)
    return Resource(
        tag,
        _text(element, "name"),
        _text(element, "dataType") or ("Number" if tag == "formulas" else "String"),
        _raw(element, "expression" if tag == "formulas" else "text"),
        _value(_child(element, "value")),
        _text(element, "scale"),
        _true(element, "isCollection"),
        _text(element, "objectType"),
        _true(element, "isInput"),
        _true(element, "isOutput"),
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def read_flow(root: etree._Element, api_name: str) -> Flow:
    """The flow of a parsed <Flow> document (any namespace prefix, elements in any order)."""
    start = _child(root, "start")
    elements = [child for child in root if isinstance(child.tag, str)]
    order = _text(root, "triggerOrder")
    nodes = tuple(_node(child) for child in elements if _tag(child) in NODE_TAGS)
    resource_tags = ("formulas", "constants", "variables", "textTemplates")
    unmodelled = {_tag(child) for child in elements} - _PLAIN_TAGS - set(NODE_TAGS)
    return Flow(
        api_name=api_name,
        label=_text(root, "label"),
        api_version=_number(_text(root, "apiVersion")),
        process_type=_text(root, "processType"),
        status=_text(root, "status") or "Draft",
        order=int(_number(order)) if order else None,
        run_mode=_text(root, "runInMode"),
        start=None if start is None else _start(start),
        start_reference=_text(root, "startElementReference"),
        nodes=nodes,
        resources=tuple(_resource(child) for child in elements if _tag(child) in resource_tags),
        unmodelled=tuple(sorted(unmodelled)),
    )
