"""The vendor's own Python client, unmodified, against the emulator."""

from __future__ import annotations

import pytest
from hubspot import HubSpot
from hubspot.crm.contacts import BatchReadInputSimplePublicObjectId, PublicObjectSearchRequest
from hubspot.crm.contacts import SimplePublicObjectId as RecordId
from hubspot.crm.contacts import SimplePublicObjectInput as Change
from hubspot.crm.contacts import SimplePublicObjectInputForCreate as New
from hubspot.crm.contacts.exceptions import ApiException as ContactsError
from hubspot.crm.lists import ListCreateRequest
from hubspot.crm.properties import OptionInput, PropertyCreate, PropertyGroupCreate, PropertyUpdate
from hubspot.crm.properties.exceptions import ApiException as PropertiesError

from .conftest import both, tree, where


@pytest.fixture
def client(hub):
    return HubSpot(access_token=hub.token, host=hub.url, base_url=hub.url)


def test_properties_from_group_to_archive(client):
    group = client.crm.properties.groups_api.create("contacts", PropertyGroupCreate(name="stl", label="STL"))
    assert (group.name, group.archived) == ("stl", False)
    options = [OptionInput(label="Running", value="running", hidden=False, display_order=0)]
    made = client.crm.properties.core_api.create(
        "contacts",
        PropertyCreate(
            name="stl_status",
            label="Status",
            group_name="stl",
            type="enumeration",
            field_type="select",
            options=options,
        ),
    )
    assert (made.name, [one.value for one in made.options], made.created_user_id) == (
        "stl_status",
        ["running"],
        "12345678",
    )
    more = [*options, OptionInput(label="Met", value="met", hidden=False, display_order=1)]
    changed = client.crm.properties.core_api.update("contacts", "stl_status", PropertyUpdate(options=more))
    assert [one.value for one in changed.options] == ["running", "met"]
    assert "stl_status" in {one.name for one in client.crm.properties.core_api.get_all("contacts").results}
    client.crm.properties.core_api.archive("contacts", "stl_status")
    with pytest.raises(PropertiesError) as refused:
        client.crm.properties.core_api.get_by_name("contacts", "stl_status")
    assert refused.value.status == 404
    assert client.crm.properties.core_api.get_by_name("contacts", "stl_status", archived=True).archived is True


def test_owners_living_and_departed(client, people):
    living = client.crm.owners.owners_api.get_page(archived=False).results
    assert [(one.email, str(one.user_id), one.teams[0].name) for one in living] == [
        ("ada@x.example", people["ada"]["user_id"], "Inbound"),
        ("bob@x.example", people["bob"]["user_id"], "Inbound"),
    ]
    departed = client.crm.owners.owners_api.get_page(archived=True).results
    assert [(one.email, one.user_id, str(one.user_id_including_inactive)) for one in departed] == [
        ("gone@x.example", None, people["gone"]["user_id"])
    ]


def test_records_history_batch_and_search(client, people):
    contacts = client.crm.contacts
    one = contacts.basic_api.create(New(properties={"email": "a@x.example", "city": "Rome"}, associations=[]))
    contacts.basic_api.update(one.id, Change(properties={"city": "Oslo", "hubspot_owner_id": people["ada"]["id"]}))
    read = contacts.basic_api.get_by_id(one.id, properties=["city"], properties_with_history=["city"])
    assert [entry.value for entry in read.properties_with_history["city"]] == ["Oslo", "Rome"]
    batch = contacts.batch_api.read(
        BatchReadInputSimplePublicObjectId(
            inputs=[RecordId(id=one.id)], properties=["email"], properties_with_history=["hubspot_owner_id"]
        )
    )
    assert [entry.value for entry in batch.results[0].properties_with_history["hubspot_owner_id"]] == [
        people["ada"]["id"]
    ]
    found = contacts.search_api.do_search(
        PublicObjectSearchRequest(
            filter_groups=[{"filters": [{"propertyName": "city", "operator": "EQ", "value": "oslo"}]}],
            properties=["city"],
            sorts=["-createdate"],
            limit=1,
            after="0",
        )
    )
    assert (found.total, found.results[0].id) == (1, one.id)
    with pytest.raises(ContactsError) as refused:
        contacts.basic_api.create(New(properties={"email": "A@X.example"}, associations=[]))
    assert (refused.value.status, one.id in refused.value.body) == (409, True)


def test_lists(client, hub):
    hub.contact(city="Rome")
    branch = tree(both(where("city", "STRING", "IS_EQUAL_TO", value="Rome")))
    made = client.crm.lists.lists_api.create(
        ListCreateRequest(name="Romans", object_type_id="0-1", processing_type="DYNAMIC", filter_branch=branch)
    )
    read = client.crm.lists.lists_api.get_by_id(made.list.list_id, include_filters=True)
    assert (made.list.processing_status, read.list.processing_status, read.list.size) == ("PROCESSING", "COMPLETE", 1)
    by_name = client.crm.lists.lists_api.get_by_name("Romans", "0-1")
    assert by_name.list.list_id == made.list.list_id


def test_workflows_through_the_generic_call(client):
    body = {
        "type": "CONTACT_FLOW",
        "flowType": "WORKFLOW",
        "objectTypeId": "0-1",
        "isEnabled": False,
        "actions": [],
        "canEnrollFromSalesforce": False,
        "suppressionListIds": [],
        "blockedDates": [],
        "timeWindows": [],
        "customProperties": {},
        "dataSources": [],
    }
    answer = client.api_request({"method": "POST", "path": "/automation/v4/flows", "body": body})
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(f"/automation/v4/flows/{answer.json()['id']}")
    listed = client.api_request({"method": "GET", "path": "/automation/v4/flows"}).json()["results"]
    assert [(one["revisionId"], one["isEnabled"]) for one in listed] == [("1", False)]
