"""Short ways to write flow XML in tests."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

HEAD = (
    "<apiVersion>66.0</apiVersion><label>{label}</label><interviewLabel>x</interviewLabel>"
    "<processType>AutoLaunchedFlow</processType><status>Active</status>"
)
PLACE = "<locationX>0</locationX><locationY>0</locationY>"


def flow(*parts: str, label: str = "Test Flow", version: str = "66.0", order: int | None = None) -> str:
    text = HEAD.format(label=label).replace("66.0", version) + "".join(parts)
    return text + (f"<triggerOrder>{order}</triggerOrder>" if order is not None else "")


def value(given: str | float | bool | None, name: str = "value") -> str:
    """`@Name` is a reference; text, numbers and Booleans are literals."""
    if given is None:
        return ""
    if isinstance(given, bool):
        inner = f"<booleanValue>{str(given).lower()}</booleanValue>"
    elif isinstance(given, int | float):
        inner = f"<numberValue>{given}</numberValue>"
    elif given.startswith("@"):
        inner = f"<elementReference>{given[1:]}</elementReference>"
    elif re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", given):
        inner = f"<dateTimeValue>{given}</dateTimeValue>"
    else:
        inner = f"<stringValue>{escape(given)}</stringValue>"
    return f"<{name}>{inner}</{name}>"


def to(name: str, tag: str = "connector") -> str:
    return f"<{tag}><targetReference>{name}</targetReference></{tag}>" if name else ""


def filters(*given: tuple[str, str, str | float | bool], logic: str = "and") -> str:
    parts = [f"<filters><field>{f}</field><operator>{o}</operator>{value(v)}</filters>" for f, o, v in given]
    return (f"<filterLogic>{logic}</filterLogic>" if given else "") + "".join(parts)


def start(
    trigger: str,
    event: str = "CreateAndUpdate",
    *inner: str,
    first: str = "",
    changed: bool = False,
    sobject: str = "Lead",
) -> str:
    changes = "<doesRequireRecordChangedToMeetCriteria>true</doesRequireRecordChangedToMeetCriteria>" if changed else ""
    return (
        f"<start>{PLACE}{to(first)}{changes}{''.join(inner)}<object>{sobject}</object>"
        f"<recordTriggerType>{event}</recordTriggerType><triggerType>{trigger}</triggerType></start>"
    )


def before(*inner: str, first: str, event: str = "CreateAndUpdate", changed: bool = False) -> str:
    return start("RecordBeforeSave", event, *inner, first=first, changed=changed)


def after(*inner: str, first: str = "", event: str = "CreateAndUpdate", changed: bool = False) -> str:
    return start("RecordAfterSave", event, *inner, first=first, changed=changed)


def path(name: str, field: str, go: str, offset: int = 0, unit: str = "Minutes") -> str:
    return (
        f"<scheduledPaths><name>{name}</name>{to(go)}<label>{name}</label><offsetNumber>{offset}</offsetNumber>"
        f"<offsetUnit>{unit}</offsetUnit><recordField>{field}</recordField><timeSource>RecordField</timeSource>"
        "</scheduledPaths>"
    )


def node(tag: str, name: str, *inner: str, go: str = "", fault: str = "") -> str:
    return (
        f"<{tag}><name>{name}</name><label>{name}</label>{PLACE}{to(go)}{to(fault, 'faultConnector')}"
        f"{''.join(inner)}</{tag}>"
    )


def assign(
    name: str, *items: tuple[str, str | float | bool] | tuple[str, str, str | float | bool], go: str = ""
) -> str:
    """Items are (target, value) or (target, operator, value)."""
    parts = []
    for item in items:
        target, operator, given = (item[0], "Assign", item[1]) if len(item) == 2 else item
        parts.append(
            f"<assignmentItems><assignToReference>{target}</assignToReference><operator>{operator}</operator>"
            f"{value(given)}</assignmentItems>"
        )
    return node("assignments", name, *parts, go=go)


def rule(name: str, go: str, *conditions: tuple[str, str, str | float | bool], logic: str = "and") -> str:
    parts = [
        f"<conditions><leftValueReference>{left}</leftValueReference><operator>{operator}</operator>"
        f"{value(right, 'rightValue')}</conditions>"
        for left, operator, right in conditions
    ]
    return (
        f"<rules><name>{name}</name><conditionLogic>{logic}</conditionLogic>{''.join(parts)}{to(go)}"
        f"<label>{name}</label></rules>"
    )


def decide(name: str, *rules: str, otherwise: str = "") -> str:
    label = "<defaultConnectorLabel>Otherwise</defaultConnectorLabel>"
    return node("decisions", name, to(otherwise, "defaultConnector"), label, *rules)


def get(name: str, sobject: str, *given: tuple[str, str, str | float | bool], go: str = "", many: bool = False,
        sort: str = "", logic: str = "and", fault: str = "") -> str:  # fmt: skip
    order = f"<sortField>{sort}</sortField><sortOrder>Desc</sortOrder>" if sort else ""
    return node(
        "recordLookups", name, filters(*given, logic=logic),
        f"<getFirstRecordOnly>{str(not many).lower()}</getFirstRecordOnly><object>{sobject}</object>{order}",
        "<storeOutputAutomatically>true</storeOutputAutomatically>", go=go, fault=fault,
    )  # fmt: skip


def sets(**fields: str | float | bool) -> str:
    return "".join(
        f"<inputAssignments><field>{name}</field>{value(given)}</inputAssignments>" for name, given in fields.items()
    )


def update_record(name: str, go: str = "", fault: str = "", **fields: str | float | bool) -> str:
    return node("recordUpdates", name, sets(**fields), "<inputReference>$Record</inputReference>", go=go, fault=fault)


def action(name: str, kind: str, go: str = "", fault: str = "", **inputs: str | float | bool) -> str:
    parts = "".join(f"<inputParameters><name>{n}</name>{value(v)}</inputParameters>" for n, v in inputs.items())
    return node(
        "actionCalls", name, f"<actionName>{kind}</actionName><actionType>{kind}</actionType>",
        "<flowTransactionModel>CurrentTransaction</flowTransactionModel>", parts, go=go, fault=fault,
    )  # fmt: skip


def formula(name: str, kind: str, expression: str) -> str:
    text = f"<name>{name}</name><dataType>{kind}</dataType><expression>{escape(expression)}</expression>"
    return f"<formulas>{text}</formulas>"


def constant(name: str, kind: str, given: str | float | bool) -> str:
    return f"<constants><name>{name}</name><dataType>{kind}</dataType>{value(given)}</constants>"


def variable(name: str, kind: str = "String", *extra: str, many: bool = False) -> str:
    return (
        f"<variables><name>{name}</name><dataType>{kind}</dataType><isCollection>{str(many).lower()}</isCollection>"
        f"{''.join(extra)}</variables>"
    )


def template(name: str, text: str) -> str:
    return f"<textTemplates><name>{name}</name><text>{escape(text)}</text></textTemplates>"
