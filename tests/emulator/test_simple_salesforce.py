"""The client that its vendor's users run every day, unmodified but for the scheme of the address."""

import pytest
from requests import Session
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceMalformedRequest


class Plain(Session):
    """https is hard-coded in the client; the emulator speaks http."""

    def request(self, method, url, *args, **kwargs):
        return super().request(method, url.replace("https://127.0.0.1", "http://127.0.0.1"), *args, **kwargs)


@pytest.fixture
def client(emulator):
    return Salesforce(instance=emulator.host, session_id=emulator.token, session=Plain(), version="66.0")


def test_it_creates_queries_changes_and_deletes(client):
    made = client.Lead.create({"LastName": "Doe", "Company": "Acme"})
    assert made == {"id": "00Q000000000001EAA", "success": True, "errors": []}
    assert client.Lead.update(made["id"], {"Title": "CEO"}) == 204
    found = client.query_all("SELECT Id, Title, Owner.Name FROM Lead")
    assert (found["totalSize"], found["records"][0]["Title"]) == (1, "CEO")
    assert client.Lead.get(made["id"])["OwnerId"] == "005000000000001AAA"
    assert client.Lead.delete(made["id"]) == 204
    assert client.query("SELECT COUNT() FROM Lead")["totalSize"] == 0
    assert client.Lead.describe()["name"] == "Lead"
    assert client.limits()["DailyApiRequests"]["Max"] == 100000
    assert client.api_usage["api-usage"].total == 100000


def test_it_pages(client, emulator):
    accounts = [{"sobject": "Account", "raw": True, "values": {"Name": f"A{n}"}} for n in range(2001)]
    emulator.control("seed", {"records": accounts})
    assert len(client.query_all("SELECT Name FROM Account")["records"]) == 2001


def test_its_errors_carry_the_vendors_list(client):
    with pytest.raises(SalesforceMalformedRequest) as caught:
        client.Lead.create({"LastName": "Doe"})
    assert caught.value.content == [
        {
            "message": "Required fields are missing: [Company]",
            "errorCode": "REQUIRED_FIELD_MISSING",
            "fields": ["Company"],
        }
    ]


def test_it_upserts_by_id(client):
    lead = client.Lead.create({"LastName": "Doe", "Company": "Acme"})["id"]
    assert client.Lead.upsert(f"Id/{lead}", {"Title": "CTO"}) == 200
    assert client.Lead.get(lead)["Title"] == "CTO"


@pytest.mark.parametrize("version", ["59.0", "66.0"])
def test_it_logs_in_by_soap_while_the_version_allows(emulator, version):
    class ToEmulator(Plain):
        def request(self, method, url, *args, **kwargs):
            for address in ("https://login.salesforce.com", "https://test.salesforce.com"):
                url = url.replace(address, emulator.url)
            return super().request(method, url, *args, **kwargs)

    def log_in():
        return Salesforce(
            username="admin@example.com",
            password="pw",
            security_token="t",
            domain="test",
            version=version,
            session=ToEmulator(),
        )

    if version == "59.0":
        assert log_in().query("SELECT COUNT() FROM User")["totalSize"] == 1
    else:
        with pytest.raises(SalesforceAuthenticationFailed, match=r"not available in API version 66\.0"):
            log_in()
