"""Field history: which changes leave rows, and what the rows say."""

from __future__ import annotations

from built_org import Built, custom_object, field, whole
from flow_parts import after, flow, update_record

TRACKED = "<trackHistory>true</trackHistory>"
ON = "<enableHistory>true</enableHistory>"


def standard(name: str, kind: str) -> str:
    return f"<fields><fullName>{name}</fullName>{TRACKED}<type>{kind}</type></fields>"


def track(built: Built, *fields: str) -> None:
    built.deploy({"objects/Lead.object": whole("CustomObject", ON + "".join(fields))})


def history(built: Built, name: str = "LeadHistory") -> list[tuple[object, ...]]:
    return built.all(name, "Field", "OldValue", "NewValue")


def test_changes_of_tracked_fields_leave_rows(built: Built) -> None:
    track(built, standard("Status", "Picklist"), standard("OwnerId", "Lookup"),
          field("Due__c", "DateTime", TRACKED), field("Note__c", "LongTextArea", TRACKED,
          "<length>500</length><visibleLines>3</visibleLines>"))  # fmt: skip
    ann = built.user("ann@x.example", "Ann")
    lead = built.lead()
    built.after(minutes=5)
    built.update("Lead", lead, Status="Working - Contacted", Title="not tracked", Note__c="long")
    built.update("Lead", lead, OwnerId=ann, Due__c=built.org.now)
    built.update("Lead", lead, OwnerId=ann)
    assert sorted(history(built), key=str) == sorted([
        ("created", None, None),
        ("Status", "Open - Not Contacted", "Working - Contacted"),
        ("Note__c", None, None),
        ("Owner", built.admin, ann),
        ("Owner", "System Admin", "Ann"),
        ("Due__c", None, "2026-01-05T14:05:00.000+0000"),
    ], key=str)  # fmt: skip
    ((at,),) = {
        row for row in built.all("LeadHistory", "CreatedDate") if row[0] != built.get("Lead", lead)["CreatedDate"]
    }
    assert at == built.org.now


def test_a_flow_that_changes_a_tracked_field_leaves_a_row_too(built: Built) -> None:
    track(built, standard("Title", "Text"))
    built.flow("F", flow(after(first="U", event="Create"), update_record("U", Title="by flow")))
    built.lead()
    assert history(built) == [("created", None, None), ("Title", None, "by flow")]


def test_without_history_on_the_object_nothing_is_kept_and_nothing_can_be_tracked(built: Built) -> None:
    text = "Lead.Status: The entity: Lead does not have history tracking enabled"
    files = {"objects/Lead.object": whole("CustomObject", standard("Status", "Picklist"))}
    assert built.failures(files) == [text]
    built.lead()
    assert history(built) == []


def test_twenty_fields_and_no_more(built: Built) -> None:
    track(built, *(field(f"F{n}__c", "Date", TRACKED) for n in range(20)))
    files = {"objects/Lead.object": whole("CustomObject", field("Last__c", "Date", TRACKED))}
    assert built.failures(files) == [
        "Lead.Last__c: NUM_HISTORY_FIELDS_BY_SOBJECT_EXCEEDED: Lead tracks 20 fields already"
    ]


def test_nothing_else_of_a_standard_field_can_be_changed(built: Built) -> None:
    changed = standard("Status", "Picklist").replace("<type>", "<required>true</required><type>")
    files = {"objects/Lead.object": whole("CustomObject", ON + changed)}
    text = "NOT_IMPLEMENTED_BY_EMULATOR: The emulator does not model changes of the standard field Lead.Status."
    assert built.failures(files) == [f"Lead.Status: {text}"]


def test_a_custom_object_has_a_history_of_its_own(built: Built) -> None:
    stage = field("Stage__c", "Text", TRACKED, "<length>80</length>")
    built.deploy({"objects/Change__c.object": custom_object(stage, extra=ON)})
    change = built.insert("Change__c", Stage__c="a")
    built.update("Change__c", change, Stage__c="b")
    assert built.all("Change__History", "ParentId", "Field", "OldValue", "NewValue") == [
        (change, "created", None, None), (change, "Stage__c", "a", "b")]  # fmt: skip


def test_history_can_be_planted_in_the_past(built: Built) -> None:
    from provisioner.emulator.salesforce.control.planting import plant_document

    old = {"Field": "Status", "OldValue": "Open - Not Contacted", "NewValue": "Working - Contacted"}
    plant_document(built.org, {"records": [
        {"sobject": "Lead", "raw": True, "ref": "lead", "at": "2025-06-01T08:00:00Z",
         "values": {"LastName": "Moss", "Company": "Acme"}},
        {"sobject": "LeadHistory", "raw": True, "at": "2025-06-01T09:30:00Z",
         "values": {"LeadId": {"ref": "lead"}} | old},
    ]})  # fmt: skip
    ((at, new),) = built.all("LeadHistory", "CreatedDate", "NewValue")
    assert (at.isoformat(), new) == ("2025-06-01T09:30:00+00:00", "Working - Contacted")


def test_whether_a_field_is_tracked_can_be_read(built: Built) -> None:
    track(built, standard("Status", "Picklist"))
    org = built.org
    tracked = {
        row["QualifiedApiName"]
        for row in _view(org)
        if row["IsFieldHistoryTracked"] and str(row["DurableId"]).startswith("Lead.")
    }
    assert tracked == {"Status"}


def _view(org: object) -> list[dict[str, object]]:
    from provisioner.emulator.salesforce.metadata.setup.views import rows_of
    from provisioner.emulator.salesforce.state.org import Org

    assert isinstance(org, Org)
    return list(rows_of(org, org.metadata.components, "FieldDefinition"))
