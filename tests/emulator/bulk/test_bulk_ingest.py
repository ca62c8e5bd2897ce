"""Ingest jobs of Bulk API 2.0 over HTTP: the calls, the states, the CSV, the errors of rows and of whole jobs."""

import pytest
from bulk_calls import BASE, closed, done, ended, errors_of, info, opened, put, result

ADMIN = "005000000000001AAA"


def refused(answer):
    return answer.status_code, [(one["errorCode"], one["message"]) for one in answer.json()]


def test_a_job_from_its_creation_to_its_end(emulator):
    created = emulator.call(
        "POST", BASE, {"operation": "insert", "object": "Lead", "contentType": "CSV", "lineEnding": "LF"}
    )
    job = created.json()["id"]
    shape = {
        "id": "750000000000001AAA", "operation": "insert", "object": "Lead", "createdById": ADMIN,
        "createdDate": "2026-01-05T14:00:00.000+0000", "systemModstamp": "2026-01-05T14:00:00.000+0000",
        "state": "Open", "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": 66.0,
        "contentUrl": f"services/data/v66.0/jobs/ingest/{job}/batches", "lineEnding": "LF", "columnDelimiter": "COMMA",
    }  # fmt: skip
    assert (created.status_code, created.json()) == (200, shape)
    uploaded = put(emulator, job, "LastName,Company\nDoe,Acme\nRoe,\n")
    assert (uploaded.status_code, uploaded.content) == (201, b"")
    del shape["contentUrl"]
    patched = emulator.call("PATCH", f"{BASE}/{job}", {"state": "UploadComplete"})
    assert (patched.status_code, patched.json()) == (200, shape | {"state": "UploadComplete"})
    counters = {
        "jobType": "V2Ingest", "numberRecordsProcessed": 0, "numberRecordsFailed": 0, "retries": 0,
        "totalProcessingTime": 0, "apiActiveProcessingTime": 0, "apexProcessingTime": 0,
    }  # fmt: skip
    assert info(emulator, job) == shape | counters | {"state": "InProgress"}
    assert emulator.query("SELECT COUNT() FROM Lead") == []
    finished = info(emulator, job)
    assert finished == shape | counters | {
        "state": "JobComplete", "numberRecordsProcessed": 2, "numberRecordsFailed": 1, "totalProcessingTime": 2,
        "apiActiveProcessingTime": 2,
    }  # fmt: skip
    assert result(emulator, job, "successfulResults") == (
        '"sf__Id","sf__Created",LastName,Company\n"00Q000000000001EAA","true","Doe","Acme"\n'
    )
    assert result(emulator, job, "failedResults") == (
        '"sf__Id","sf__Error",LastName,Company\n'
        '"","REQUIRED_FIELD_MISSING:Required fields are missing: [Company]:Company --","Roe",""\n'
    )
    assert result(emulator, job, "unprocessedrecords") == "LastName,Company\n"
    assert emulator.call("DELETE", f"{BASE}/{job}").status_code == 204
    assert refused(emulator.call("GET", f"{BASE}/{job}"))[0] == 404


def test_update_empties_with_na_and_leaves_blanks_alone(emulator):
    lead = emulator.create("Lead", LastName="Doe", Company="Acme", Title="CEO", City="Rome", DoNotCall=False)
    job = done(emulator, f"Id,Title,City,DoNotCall\n{lead},,#N/A,YES\n", "update")
    assert emulator.query(f"SELECT Title, City, DoNotCall FROM Lead WHERE Id = '{lead}'") == [
        {"Title": "CEO", "City": None, "DoNotCall": True}
    ]
    assert result(emulator, job, "successfulResults") == (
        f'"sf__Id","sf__Created",Id,Title,City,DoNotCall\n"{lead}","false","{lead}","","#N/A","YES"\n'
    )


def test_delete_takes_ids(emulator):
    lead = emulator.create("Lead", LastName="Doe", Company="Acme")
    job = done(emulator, f"Id\n{lead}\n00Q000000000009EAA\n{lead}\n", "delete")
    assert errors_of(emulator, job) == [
        "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--",
        "ENTITY_IS_DELETED:entity is deleted:--",
    ]
    assert emulator.call("GET", "query", params={"q": "SELECT COUNT() FROM Lead"}).json()["totalSize"] == 0


def test_upsert_by_id_creates_where_there_is_none(emulator):
    lead = emulator.create("Lead", LastName="Doe", Company="Acme")
    text = f"Id,LastName,Company\n{lead},Dot,Acme\n,Roe,Bolt\n"
    job = done(emulator, text, "upsert", externalIdFieldName="Id")
    lines = result(emulator, job, "successfulResults").splitlines()
    assert lines[1:] == [f'"{lead}","false","{lead}","Dot","Acme"', '"00Q000000000002EAA","true","","Roe","Bolt"']


@pytest.mark.parametrize(
    ("delimiter", "character", "ending", "newline"),
    [("COMMA", ",", "CRLF", "\r\n"), ("TAB", "\t", "LF", "\n"), ("SEMICOLON", ";", "CRLF", "\r\n"),
     ("PIPE", "|", "LF", "\n"), ("CARET", "^", "LF", "\n"), ("BACKQUOTE", "`", "LF", "\n")],
)  # fmt: skip
def test_delimiters_and_line_endings_are_the_jobs(emulator, delimiter, character, ending, newline):
    text = newline.join([f"LastName{character}Company", f'"Do{character}e"{character}"Ac""me{newline}Ltd"', ""])
    job = done(emulator, text, columnDelimiter=delimiter, lineEnding=ending)
    assert emulator.query("SELECT LastName FROM Lead") == [{"LastName": f"Do{character}e"}]
    expected = [
        character.join(['"sf__Id"', '"sf__Created"', "LastName", "Company"]),
        character.join(['"00Q000000000001EAA"', '"true"', f'"Do{character}e"', f'"Ac""me{newline}Ltd"']), "",
    ]  # fmt: skip
    raw = emulator.call("GET", f"{BASE}/{job}/successfulResults").content.decode()
    assert raw == newline.join(expected)


@pytest.mark.parametrize(
    ("text", "facts", "message"),
    [
        ("LastName,Company\r\nDoe,Acme\r\n", {},
         "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF"),
        ("LastName,Company\nDoe,Acme\n", {"lineEnding": "CRLF"},
         "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is CRLF"),
        ("LastName,Nope__c\nDoe,Acme\n", {}, "InvalidBatch : InvalidBatch : Field name not found : Nope__c"),
        ("LastName,Company\nDoe\n", {}, "InvalidBatch : Row 1 has 1 values, the header has 2"),
        ('LastName,Company\n"Doe" ,Acme\n', {}, "InvalidBatch : Line 2 is no valid CSV: ',' expected after '\"'"),
        ("", {}, "InvalidBatch : The data has no header row"),
        ("Title\nCEO\n", {"operation": "update"}, "InvalidBatch : InvalidBatch : Field name not found : Id"),
        ("Id,Title\n1,CEO\n", {"operation": "delete"}, "InvalidBatch : A delete takes the column Id and no other"),
        ("Owner.Username\na@b.c\n", {},
         "NOT_IMPLEMENTED_BY_EMULATOR : The emulator does not model the column Owner.Username."),
    ],
)  # fmt: skip
def test_data_that_fails_the_whole_job(emulator, text, facts, message):
    job = closed(emulator, text, **{"operation": "insert", **facts})
    finished = ended(emulator, job)
    assert (finished["state"], finished["errorMessage"]) == ("Failed", message)
    assert (finished["numberRecordsProcessed"], finished["numberRecordsFailed"]) == (0, 0)
    assert emulator.query("SELECT COUNT(Id) n FROM Lead") == [{"n": 0}]


def test_rows_of_a_job_that_failed_as_a_whole_are_unprocessed(emulator):
    text = "LastName,Nope__c\nDoe,x\nRoe,y\n"
    job = closed(emulator, text)
    ended(emulator, job)
    assert result(emulator, job, "unprocessedrecords") == text
    assert result(emulator, job, "failedResults") == '"sf__Id","sf__Error",LastName,Nope__c\n'


def test_errors_of_rows_leave_the_other_rows_alone(emulator):
    lead = emulator.create("Lead", LastName="Doe", Company="Acme")
    rows = [
        f"{lead},1,,", ",1,,", "xyz,1,,", f"{lead},many,,", f"{lead},,maybe,", f"{lead},,,2026-01-01T00:00:00Z",
    ]  # fmt: skip
    text = "\n".join(["Id,NumberOfEmployees,DoNotCall,CreatedDate", *rows, ""])
    job = done(emulator, text, "update")
    assert errors_of(emulator, job) == [
        "MISSING_ARGUMENT:Id not specified in an update call:--",
        "MALFORMED_ID:malformed id xyz:Id --",
        "INVALID_FIELD:Failed to deserialize field at col 1. Due to, 'many' is not a valid value for the type xsd:int"
        ":NumberOfEmployees --",
        "INVALID_FIELD:Failed to deserialize field at col 2. Due to, 'maybe' is not a valid value for the type "
        "xsd:boolean:DoNotCall --",
        "INVALID_FIELD_FOR_INSERT_UPDATE:Unable to create/update fields: CreatedDate. Please check the security "
        "settings of this field and verify that it is read/write for your profile or permission set.:CreatedDate --",
    ]
    assert emulator.query("SELECT NumberOfEmployees FROM Lead") == [{"NumberOfEmployees": 1}]


def test_datetimes_and_dates_as_the_vendor_writes_them(emulator):
    header = "Subject,StartDateTime,DurationInMinutes"
    moments = ["2026-01-05T15:00:00.000Z", "2026-01-05T15:00:00+02:00", "2026-01-05T15:00:00.000-0700", "05.01.2026"]
    job = done(emulator, "\n".join([header, *(f"Call,{one},30" for one in moments), ""]), sobject="Event")
    assert [one["StartDateTime"] for one in emulator.query("SELECT StartDateTime FROM Event ORDER BY Id")] == [
        "2026-01-05T15:00:00.000+0000", "2026-01-05T13:00:00.000+0000", "2026-01-05T22:00:00.000+0000",
    ]  # fmt: skip
    assert errors_of(emulator, job) == [
        "INVALID_FIELD:Failed to deserialize field at col 1. Due to, '05.01.2026' is not a valid value for the type "
        "xsd:dateTime:StartDateTime --"
    ]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"operation": "merge", "object": "Lead"},
         ("INVALIDOPERATION", "Operation 'merge' is not valid for an ingest job")),
        ({"operation": "insert", "object": "Leed"},
         ("INVALIDENTITY", "Entity 'Leed' is not supported by the Bulk API.")),
        ({"operation": "insert", "object": "Lead", "lineEnding": "CR"},
         ("JSON_PARSER_ERROR", "'CR' is not a valid value for the enum 'lineEnding'")),
        ({"operation": "insert", "object": "Lead", "allOrNone": True},
         ("JSON_PARSER_ERROR", 'Unrecognized field "allOrNone" at [line:1, column:1]')),
        ({"operation": "upsert", "object": "Lead", "externalIdFieldName": "Email"},
         ("INVALIDJOB", "InvalidJob : Field name not found, or not an External ID field of Lead: Email")),
    ],
)  # fmt: skip
def test_jobs_that_cannot_be_opened(emulator, body, error):
    assert refused(emulator.call("POST", BASE, body)) == (400, [error])


def test_each_call_has_its_states(emulator):
    job = opened(emulator)
    assert put(emulator, job, "LastName,Company\nDoe,Acme\n").status_code == 201
    assert refused(put(emulator, job, "x")) == (
        400, [("CLIENTINPUTERROR", f"Found multiple contents for job: <{job}>")],
    )  # fmt: skip
    assert refused(emulator.call("GET", f"{BASE}/{job}/failedResults"))[1][0][0] == "INVALIDJOBSTATE"
    emulator.call("PATCH", f"{BASE}/{job}", {"state": "UploadComplete"})
    assert refused(put(emulator, job, "x"))[1][0][0] == "INVALIDJOBSTATE"
    assert refused(emulator.call("DELETE", f"{BASE}/{job}"))[1][0][0] == "INVALIDJOBSTATE"
    ended(emulator, job)
    for state, word in (("Aborted", "Aborting"), ("UploadComplete", "Closing")):
        answer = emulator.call("PATCH", f"{BASE}/{job}", {"state": state})
        assert refused(answer) == (400, [("INVALIDJOBSTATE", f"{word} already Completed Job not allowed")])


def test_an_aborted_job_keeps_what_it_did_and_names_the_rest(emulator):
    emulator.control("settings", {"bulk_rows_per_poll": 1})
    job = closed(emulator, "LastName,Company\nA,Acme\nB,Acme\nC,Acme\n")
    assert [info(emulator, job)["numberRecordsProcessed"] for _ in range(3)] == [0, 1, 2]
    aborted = emulator.call("PATCH", f"{BASE}/{job}", {"state": "Aborted"}).json()
    assert aborted["state"] == "Aborted"
    assert info(emulator, job)["numberRecordsProcessed"] == 2
    assert result(emulator, job, "unprocessedrecords") == "LastName,Company\nC,Acme\n"
    assert emulator.query("SELECT LastName FROM Lead") == [{"LastName": "A"}, {"LastName": "B"}]


def test_time_that_passes_ends_a_job_that_nobody_asks_about(emulator):
    job = closed(emulator, "LastName,Company\nA,Acme\n")
    emulator.control("clock", {"advance": "PT1M"})
    assert emulator.query("SELECT CreatedDate FROM Lead") == [{"CreatedDate": "2026-01-05T14:00:00.000+0000"}]
    assert info(emulator, job)["state"] == "JobComplete"


def test_a_stuck_job_stays_in_progress_until_it_is_released(emulator):
    emulator.control("bulk", {"mishap": "stuck", "after": 1})
    job = closed(emulator, "LastName,Company\nA,Acme\nB,Acme\n")
    seen = [info(emulator, job) for _ in range(4)]
    assert [(one["state"], one["numberRecordsProcessed"]) for one in seen] == [
        ("InProgress", 0),
        *[("InProgress", 1)] * 3,
    ]
    emulator.control("clock", {"advance": "PT1H"})
    assert info(emulator, job)["state"] == "InProgress"
    emulator.control("bulk", {"release": job})
    assert ended(emulator, job)["numberRecordsProcessed"] == 2


def test_a_job_that_fails_half_way_names_what_it_did_not_process(emulator):
    emulator.control("bulk", {"mishap": "failed", "after": 1, "message": "InternalServerError : try later"})
    job = closed(emulator, "LastName,Company\nA,Acme\nB,Acme\n")
    finished = ended(emulator, job)
    assert (finished["state"], finished["errorMessage"]) == ("Failed", "InternalServerError : try later")
    assert result(emulator, job, "successfulResults").count("\n") == 2
    assert result(emulator, job, "unprocessedrecords") == "LastName,Company\nB,Acme\n"


def test_rows_fail_on_order(emulator):
    emulator.control("bulk", {"mishap": "rows", "rows": [1]})
    job = done(emulator, "LastName,Company\nA,Acme\nB,Acme\nC,Acme\n")
    assert errors_of(emulator, job) == [
        "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record or 1 records:--"
    ]
    assert [one["LastName"] for one in emulator.query("SELECT LastName FROM Lead")] == ["A", "C"]


def test_an_upload_whose_answer_is_lost_has_arrived(emulator):
    job = opened(emulator)
    emulator.control("faults", {"match": {"method": "PUT"}, "kind": "reset", "after": True})
    with pytest.raises(OSError, match="Connection"):
        put(emulator, job, "LastName,Company\nA,Acme\n")
    assert refused(put(emulator, job, "x"))[1][0][0] == "CLIENTINPUTERROR"


@pytest.mark.parametrize(
    "body",
    [
        {"mishap": "fire"},
        {"mishap": "rows", "when": 1},
        {"release": "x"},
        [],
        {"mishap": "stuck", "after": "x"},
        {"mishap": "rows", "rows": [-1]},
    ],
)
def test_the_door_says_what_it_does_not_take(emulator, body):
    assert emulator.door("bulk", body).status_code == 400


def test_a_list_of_jobs(emulator):
    jobs = [opened(emulator), opened(emulator, "update")]
    listed = emulator.call("GET", BASE).json()
    assert [one["id"] for one in listed["records"]] == jobs
    assert (listed["done"], listed["nextRecordsUrl"]) == (True, None)
