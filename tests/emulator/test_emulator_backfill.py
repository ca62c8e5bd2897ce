"""What a backfill reads: history and activities of the past, planted one by one or as a crowd, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Emulator

PAST = "2025-06-01T08:00:00Z"


def test_old_history_and_old_activities_are_queried_by_lead_and_time(emulator: Emulator) -> None:
    touch = {"WhoId": {"ref": "lead"}, "Subject": "Call", "Status": "Completed", "Priority": "Normal"}
    planted = emulator.control("seed", {"records": [
        {"sobject": "Lead", "raw": True, "ref": "lead", "at": PAST, "values": {"LastName": "Moss", "Company": "Acme"}},
        {"sobject": "LeadHistory", "raw": True, "at": "2025-06-01T09:30:00Z",
         "values": {"LeadId": {"ref": "lead"}, "Field": "Status", "OldValue": "Open", "NewValue": "Qualified"}},
        {"sobject": "LeadHistory", "raw": True, "at": "2025-06-02T09:30:00Z",
         "values": {"LeadId": {"ref": "lead"}, "Field": "created"}},
        {"sobject": "Task", "raw": True, "at": "2025-06-01T08:10:00Z",
         "values": touch | {"TaskSubtype": "Call", "IsClosed": True, "CompletedDateTime": "2025-06-01T08:12:00Z"}},
        {"sobject": "Event", "raw": True, "at": "2025-06-01T08:20:00Z",
         "values": {"WhoId": {"ref": "lead"}, "Subject": "Meet", "StartDateTime": "2025-06-03T08:00:00Z"}},
    ]})  # fmt: skip
    lead = planted["refs"]["lead"]
    found = emulator.query(
        "SELECT LeadId, Field, OldValue, NewValue, CreatedDate, Lead.Company FROM LeadHistory "
        "WHERE Field = 'Status' AND CreatedDate < 2025-06-02T00:00:00Z ORDER BY CreatedDate"
    )
    company = found[0].pop("Lead")["Company"]
    assert (company, found) == ("Acme", [{
        "LeadId": lead, "Field": "Status", "OldValue": "Open", "NewValue": "Qualified",
        "CreatedDate": "2025-06-01T09:30:00.000+0000",
    }])  # fmt: skip
    tasks = emulator.query(
        f"SELECT WhoId, CompletedDateTime FROM Task WHERE WhoId IN ('{lead}') AND IsClosed = TRUE "
        "AND CreatedDate >= 2025-06-01T00:00:00Z"
    )
    assert tasks == [{"WhoId": lead, "CompletedDateTime": "2025-06-01T08:12:00.000+0000"}]
    assert emulator.query(f"SELECT Subject FROM Event WHERE WhoId = '{lead}'") == [{"Subject": "Meet"}]


def test_a_crowd_of_history_belongs_to_a_crowd_of_leads(emulator: Emulator) -> None:
    spread = {"from": PAST, "to": "2025-07-01T00:00:00Z"}
    told = {"LeadId": {"each": "leads"}, "Field": {"values": ["Status"]}, "NewValue": {"values": ["Qualified"]}}
    emulator.control("seed", {"crowds": [
        {"sobject": "Lead", "count": 50, "seed": 1, "created": spread, "ref": "leads", "fields": {}},
        {"sobject": "LeadHistory", "count": 50, "seed": 2, "created": spread, "fields": told},
    ]})  # fmt: skip
    counts = "COUNT_DISTINCT(LeadId) leads, COUNT(Id) rows"
    (row,) = emulator.query(f"SELECT {counts} FROM LeadHistory WHERE Field = 'Status'")
    assert row == {"leads": 50, "rows": 50}


def test_nobody_writes_history_by_hand(emulator: Emulator) -> None:
    answer = emulator.call("POST", "sobjects/LeadHistory", {"Field": "Status"})
    assert answer.status_code == 400
    described = emulator.call("GET", "sobjects/LeadHistory/describe").json()
    assert (described["createable"], described["updateable"], described["deletable"]) == (False, False, False)
