"""Query jobs of Bulk API 2.0 over HTTP."""

import pytest
from bulk_calls import ended

QUERY = "jobs/query"


def started(emulator, text, **facts):
    answer = emulator.call("POST", QUERY, {"operation": "query", "query": text, **facts})
    assert answer.status_code == 200, answer.text
    return answer.json()


def page(emulator, job, **params):
    answer = emulator.call("GET", f"{QUERY}/{job}/results", params=params)
    assert answer.status_code == 200, answer.text
    return answer.text, int(answer.headers["Sforce-NumberOfRecords"]), answer.headers["Sforce-Locator"]


def plant(emulator, count):
    rows = [{"sobject": "Lead", "raw": True, "values": {"LastName": f"L{n}", "Company": "Acme"}} for n in range(count)]
    emulator.control("seed", {"records": rows})


def test_a_query_from_its_creation_to_its_rows(emulator):
    emulator.create("Lead", LastName="Doe", Company='Ac"me', DoNotCall=True, NumberOfEmployees=5)
    job = started(
        emulator, "SELECT Id, Company, Title, DoNotCall, NumberOfEmployees, CreatedDate, Owner.Name FROM Lead"
    )
    assert job == {
        "id": "750000000000001AAA", "operation": "query", "object": "Lead", "createdById": "005000000000001AAA",
        "createdDate": "2026-01-05T14:00:00.000+0000", "systemModstamp": "2026-01-05T14:00:00.000+0000",
        "state": "UploadComplete", "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": 66.0,
        "lineEnding": "LF", "columnDelimiter": "COMMA",
    }  # fmt: skip
    finished = ended(emulator, job["id"], "query")
    counters = {"state": "JobComplete", "jobType": "V2Query", "numberRecordsProcessed": 1, "retries": 0}
    assert finished == job | counters | {"totalProcessingTime": 1}
    owner = emulator.query("SELECT Name FROM User")[0]["Name"]
    assert page(emulator, job["id"]) == (
        '"Id","Company","Title","DoNotCall","NumberOfEmployees","CreatedDate","Owner.Name"\n'
        f'"00Q000000000001EAA","Ac""me","","true","5","2026-01-05T14:00:00.000Z","{owner}"\n',
        1,
        "null",
    )
    assert emulator.call("DELETE", f"{QUERY}/{job['id']}").status_code == 204
    assert emulator.call("GET", f"{QUERY}/{job['id']}").status_code == 404


def test_pages_follow_the_locator_and_each_has_the_header(emulator):
    plant(emulator, 5)
    job = started(emulator, "SELECT LastName FROM Lead ORDER BY LastName", columnDelimiter="PIPE")["id"]
    ended(emulator, job, "query")
    texts, locator = [], None
    while locator != "null":
        text, count, locator = page(emulator, job, maxRecords=2, **({"locator": locator} if locator else {}))
        texts.append((text, count))
    assert texts == [
        ('"LastName"\n"L0"\n"L1"\n', 2), ('"LastName"\n"L2"\n"L3"\n', 2), ('"LastName"\n"L4"\n', 1),
    ]  # fmt: skip


def test_what_is_read_is_what_stood_when_the_job_ran(emulator):
    plant(emulator, 1)
    job = started(emulator, "SELECT LastName FROM Lead")["id"]
    ended(emulator, job, "query")
    plant(emulator, 1)
    assert page(emulator, job)[1] == 1


def test_deleted_rows_are_for_query_all(emulator):
    lead = emulator.create("Lead", LastName="Doe", Company="Acme")
    emulator.call("DELETE", f"sobjects/Lead/{lead}")
    counts = []
    for operation in ("query", "queryAll"):
        job = started(emulator, "SELECT Id FROM Lead", operation=operation)["id"]
        counts.append(ended(emulator, job, "query")["numberRecordsProcessed"])
    assert counts == [0, 1]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT COUNT() FROM Lead", "API_ERROR"),
        ("SELECT LeadSource, COUNT(Id) FROM Lead GROUP BY LeadSource", "API_ERROR"),
        ("SELECT Id FROM Lead LIMIT 1 OFFSET 1", "API_ERROR"),
        ("SELECT Nope__c FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM", "MALFORMED_QUERY"),
        ("SELECT Id FROM Leed", "INVALID_TYPE"),
    ],
)
def test_statements_that_no_job_takes(emulator, text, code):
    answer = emulator.call("POST", QUERY, {"operation": "query", "query": text})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)
    assert emulator.call("GET", QUERY).json()["records"] == []


def test_a_query_is_aborted_while_it_works(emulator):
    job = started(emulator, "SELECT Id FROM Lead")["id"]
    assert emulator.call("PATCH", f"{QUERY}/{job}", {"state": "Aborted"}).json()["state"] == "Aborted"
    again = emulator.call("PATCH", f"{QUERY}/{job}", {"state": "Aborted"})
    assert (again.status_code, again.json()) == (
        400, [{"message": "Aborting already Completed Job not allowed", "errorCode": "INVALIDJOBSTATE"}],
    )  # fmt: skip
    assert emulator.call("GET", f"{QUERY}/{job}/results").status_code == 400
