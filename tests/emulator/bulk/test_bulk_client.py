"""The client that its vendor's users run every day, with its bulk2 part."""

import csv
import io

import pytest
from requests import Session
from simple_salesforce import Salesforce


class Plain(Session):
    """https is hard-coded in the client; the emulator speaks http."""

    def request(self, method, url, *args, **kwargs):
        return super().request(method, url.replace("https://127.0.0.1", "http://127.0.0.1"), *args, **kwargs)


@pytest.fixture
def client(emulator):
    return Salesforce(instance=emulator.host, session_id=emulator.token, session=Plain(), version="66.0")


def test_it_inserts_updates_queries_and_deletes(client):
    leads = client.bulk2.Lead
    made = leads.insert(records=[{"LastName": f"L{n}", "Company": "Acme" if n else ""} for n in range(3)], wait=0)
    assert len(made) == 1
    assert {key: made[0][key] for key in made[0] if key != "job_id"} == {
        "numberRecordsFailed": 1, "numberRecordsProcessed": 3, "numberRecordsTotal": 3,
    }  # fmt: skip
    ids = [row["sf__Id"] for row in csv.DictReader(io.StringIO(leads.get_successful_records(made[0]["job_id"])))]
    failed = list(csv.DictReader(io.StringIO(leads.get_failed_records(made[0]["job_id"]))))
    assert [row["sf__Error"] for row in failed] == [
        "REQUIRED_FIELD_MISSING:Required fields are missing: [Company]:Company --"
    ]
    leads.update(records=[{"Id": one, "Title": "CEO"} for one in ids], wait=0)
    pages = list(leads.query("SELECT LastName, Title FROM Lead ORDER BY LastName", max_records=1, wait=0))
    assert pages == ['"LastName","Title"\n"L1","CEO"\n', '"LastName","Title"\n"L2","CEO"\n']
    leads.delete(records=[{"Id": one} for one in ids], wait=0)
    assert client.query("SELECT COUNT() FROM Lead")["totalSize"] == 0
    assert leads.get_unprocessed_records(made[0]["job_id"]).splitlines()[1:] == []
