"""The small flows: first touches from tasks and events, and owners that an assignment rule chose after the save."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.model.design import Design
from provisioner.resources import Address, Resource
from provisioner.targets.salesforce.fields import managed
from provisioner.targets.salesforce.flow import (
    Check,
    Flow,
    Outcome,
    Value,
    equals,
    flag,
    is_null,
    plain,
    record_start,
    ref,
)
from provisioner.targets.salesforce.names import TASK_SUBTYPES, Names
from provisioner.targets.salesforce.people import human_user


def touch_flows(design: Design) -> Iterator[Resource]:
    """STL_Task_First_Touch and STL_Event_First_Touch, as far as the design listens to such touches."""
    types = design.telemetry.first_touch.types
    names = Names(design.target.prefix)
    subtypes = {str(kind): subtype for kind, subtype in TASK_SUBTYPES.items() if kind in types}
    if subtypes:
        yield Resource(Address("Flow", names.of("Task_First_Touch")), _task(design, names, subtypes).tree())
    if "meeting" in types:
        yield Resource(Address("Flow", names.of("Event_First_Touch")), _event(design, names).tree())


def _task(design: Design, names: Names, subtypes: dict[str, str]) -> Flow:
    """A task closed by a person. Only a task that becomes closed counts, once. [docs] reference/salesforce.md 3.3"""
    filters: list[tuple[str, str, Value]] = [
        ("IsClosed", "EqualTo", flag(True)),
        ("WhoId", "IsNull", flag(False)),
        *(("TaskSubtype", "EqualTo", plain(subtype)) for subtype in subtypes.values()),
    ]
    any_of = " OR ".join(str(place) for place in range(3, 3 + len(subtypes)))
    logic = f"1 AND 2 AND ({any_of})" if len(subtypes) > 1 else "and"
    start = record_start("Task", "CreateAndUpdate", after=True, filters=filters, logic=logic, on_change=True)
    flow = Flow(f"{names.prefix} Task First Touch", managed(design, "Stamps the first touch from closed tasks."), start)
    flow.variable("touchType", "String")
    flow.formula("touchedAt", "DateTime", "BLANKVALUE({!$Record.CompletedDateTime}, {!$Flow.CurrentDateTime})")
    _note_fault(flow, names)
    stamp = _stamp(flow, names)
    rules = []
    for kind, subtype in subtypes.items():
        chosen = flow.assign(f"Touch_{kind}", f"A touch of type {kind}", [("touchType", plain(kind))], stamp)
        checks = [equals("$Record.TaskSubtype", plain(subtype))]
        rules.append(Outcome(f"Is_{kind}", subtype, checks, chosen))
    which = flow.decide("Touch_Type", "Which touch?", rules, None, "None we count")
    _by_human_on_lead(flow, names, which)
    return flow


def _event(design: Design, names: Names) -> Flow:
    """A meeting put on the calendar by a person; invitees' copies do not count."""
    filters: list[tuple[str, str, Value]] = [
        ("IsChild", "EqualTo", flag(False)),
        ("WhoId", "IsNull", flag(False)),
    ]
    start = record_start("Event", "Create", after=True, filters=filters)
    flow = Flow(f"{names.prefix} Event First Touch", managed(design, "Stamps the first touch from meetings."), start)
    flow.variable("touchType", "String", value=plain("meeting"))
    flow.formula("touchedAt", "DateTime", "{!$Flow.CurrentDateTime}")
    _note_fault(flow, names)
    _by_human_on_lead(flow, names, _stamp(flow, names))
    return flow


def _note_fault(flow: Flow, names: Names) -> None:
    """Faults are noted on the lead; a person's save never fails because of us, nor because the note failed."""
    flow.variable("faultLost", "Boolean", value=flag(False))
    flow.assign("Give_Up", "Nothing more can be done", [("faultLost", flag(True))], None)
    noted = [(names.field("Last_Error"), ref("$Flow.FaultMessage"))]
    who: list[tuple[str, str, Value]] = [("Id", "EqualTo", ref("$Record.WhoId"))]
    flow.update("Note_Fault", "Note the fault on the lead", noted, None, source="Lead", filters=who, fault="Give_Up")


def _stamp(flow: Flow, names: Names) -> str:
    """First touch wins: the update finds no lead that has one, that was engaged later, or that is converted."""
    filters: list[tuple[str, str, Value]] = [
        ("Id", "EqualTo", ref("$Record.WhoId")),
        (names.field("First_Touch_At"), "IsNull", flag(True)),
        ("IsConverted", "EqualTo", flag(False)),
        (names.field("Engaged_At"), "LessThanOrEqualTo", ref("touchedAt")),
    ]
    items = [(names.field("First_Touch_At"), ref("touchedAt")), (names.field("First_Touch_Type"), ref("touchType"))]
    return flow.update(
        "Stamp_First_Touch", "Stamp the first touch", items, None, source="Lead", filters=filters, fault="Note_Fault"
    )


def _by_human_on_lead(flow: Flow, names: Names, to: str) -> None:
    flow.formula("whoIsLead", "Boolean", 'LEFT({!$Record.WhoId}, 3) = "00Q"')
    counts = flow.decide(
        "Actor_Ignored",
        "Is the user ignored?",
        [Outcome("Actor_Not_Ignored", "No", [is_null("Get_Ignored_Actor")], to)],
        None,
        "Yes",
    )
    actor = human_user(flow, "Actor", "$Record.LastModifiedById", names, to=counts, otherwise=None, fault="Note_Fault")
    on_lead: list[Check] = [equals("whoIsLead", flag(True))]
    begin = flow.decide("On_Lead", "Is it about a lead?", [Outcome("Is_On_Lead", "Yes", on_lead, actor)], None, "No")
    flow.start["connector"] = {"targetReference": begin}


def owner_settled_flow(design: Design) -> Resource:
    """Assignment rules choose the owner after the before-save flows; this one makes an ordinary save follow, in which
    the stamp flow sees that owner and when it was chosen. [docs] reference/salesforce.md 3.5, 4.8 (save order)"""
    names = Names(design.target.prefix)
    seen = "{!$Record." + names.field("Owner_Seen") + "}"
    owner = "{!$Record.OwnerId}"
    formula = f"AND(NOT(ISBLANK({seen})), LEFT({owner}, 15) <> LEFT({seen}, 15), NOT({{!$Record.IsConverted}}))"
    path = {"connector": {"targetReference": "Stamp_Change"}, "pathType": "AsyncAfterCommit"}
    start = record_start("Lead", "CreateAndUpdate", after=True, formula=formula, on_change=True, paths=[path])
    what = "Tells the stamp flow about owners that assignment rules chose."
    flow = Flow(f"{names.prefix} Lead Owner Settled", managed(design, what), start)
    noted = [(names.field("Last_Error"), ref("$Flow.FaultMessage"))]
    flow.update("Note_Fault", "Note the fault", noted, None)
    items = [(names.field("Owner_Changed_At"), ref("$Record.LastModifiedDate"))]
    flow.update("Stamp_Change", "Stamp when the owner changed", items, None, fault="Note_Fault")
    return Resource(Address("Flow", names.of("Lead_Owner_Settled")), flow.tree())
