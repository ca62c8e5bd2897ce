"""Private leads: who sees them, who may change them, and what users learn of their own rights."""

import pytest

FEW = ["ApiEnabled"]
LEAD = {"Lead": "edit"}


@pytest.fixture
def told(emulator):
    """Two reps under a head, a queue with one of them in it, and an outsider; each may read and edit leads."""
    roles = [{"name": "Head"}, {"name": "Rep", "parent": "Head"}]
    people = (("head", "Head"), ("ann", "Rep"), ("bo", "Rep"), ("out", None))
    users = [
        {"username": f"{name}@x.example", "permissions": FEW, "objects": LEAD} | ({"role": role} if role else {})
        for name, role in people
    ]
    queues = [{"name": "Desk", "members": ["ann@x.example"]}]
    planted = emulator.control("seed", {"roles": roles, "users": users, "queues": queues, "sharing": {"lead": "None"}})
    owners = {name: planted["users"][f"{name}@x.example"] for name, _ in people} | {"desk": planted["queues"]["Desk"]}
    leads = {name: emulator.create("Lead", LastName=name, Company="C", OwnerId=id) for name, id in owners.items()}
    emulator.leads, emulator.tokens = leads, {name: planted["tokens"][f"{name}@x.example"] for name, _ in people}
    return emulator


SEEN = {
    "ann": {"ann", "desk"},  # her own, and her queue's
    "bo": {"bo"},  # not those of a colleague of the same role
    "head": {"head", "ann", "bo", "desk"},  # those below, and the queue of one of them
    "out": {"out"},
}


@pytest.mark.parametrize("who", SEEN)
def test_a_query_returns_what_is_shared_and_says_nothing_of_the_rest(told, who):
    token = told.tokens[who]
    assert {row["LastName"] for row in told.query("SELECT LastName FROM Lead", token=token)} == SEEN[who]
    (counted,) = told.query("SELECT COUNT(Id) n FROM Lead", token=token)
    assert counted == {"n": len(SEEN[who])}
    grouped = told.query("SELECT Company, COUNT(Id) n FROM Lead GROUP BY Company", token=token)
    assert grouped == [{"Company": "C", "n": len(SEEN[who])}]
    inner = "SELECT COUNT(Id) n FROM User WHERE Id IN (SELECT OwnerId FROM Lead)"
    assert told.query(inner, token=token) == [{"n": len(SEEN[who] - {"desk"})}]


@pytest.mark.parametrize("who", SEEN)
def test_a_record_that_is_not_shared_is_not_there(told, who):
    token = told.tokens[who]
    for owner, lead in told.leads.items():
        answer = told.call("GET", f"sobjects/Lead/{lead}", token=token)
        if owner in SEEN[who]:
            assert (answer.status_code, answer.json()["LastName"]) == (200, owner)
        else:
            assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")
    listed = {"ids": list(told.leads.values()), "fields": ["LastName"]}
    rows = told.call("POST", "composite/sobjects/Lead", listed, token=token).json()
    assert [row and row["LastName"] for row in rows] == [owner if owner in SEEN[who] else None for owner in told.leads]


@pytest.mark.parametrize("default", ["None", "Read", "Edit"])
def test_who_may_not_change_a_lead_is_refused_and_nothing_changes(told, default):
    told.control("seed", {"sharing": {"lead": default}})
    allowed = set(told.leads) if default == "Edit" else SEEN["ann"]
    for owner, lead in told.leads.items():
        answer = told.call("PATCH", f"sobjects/Lead/{lead}", {"Company": "New"}, token=told.tokens["ann"])
        if owner in allowed:
            assert answer.status_code == 204
        else:
            assert answer.status_code == 403
            assert answer.json() == [
                {"message": "insufficient access rights on object id", "errorCode": "INSUFFICIENT_ACCESS_OR_READONLY"}
            ]
    changed = {row["LastName"] for row in told.query("SELECT LastName FROM Lead WHERE Company = 'New'")}
    assert changed == allowed


def test_where_leads_are_public_everybody_sees_all(told):
    told.control("seed", {"sharing": {"lead": "Read"}})
    for token in told.tokens.values():
        assert len(told.query("SELECT Id FROM Lead", token=token)) == len(told.leads)


def test_the_lead_of_a_task_is_shown_to_those_who_see_the_lead(told):
    told.control(
        "seed", {"users": [{"username": "t@x.example", "permissions": FEW, "objects": LEAD | {"Task": "read"}}]}
    )
    lead = told.leads["ann"]
    told.create("Task", WhoId=lead, Subject="Call")
    token = told.control(
        "seed", {"users": [{"username": "u@x.example", "permissions": FEW, "objects": LEAD | {"Task": "read"}}]}
    )["tokens"]["u@x.example"]
    assert told.query("SELECT Subject, Who.Name FROM Task", token=token) == [{"Subject": "Call", "Who": None}]
    (whole,) = told.query("SELECT Subject, Who.Name FROM Task")
    assert whole["Who"]["Name"] == "ann"


PROFILES = {
    "Sees leads": {"objects": {"Lead": "view_all"}},
    "Changes leads": {"objects": {"Lead": "modify_all"}},
    "Sees data": {"permissions": ["ViewAllData"], "objects": {"Lead": "read"}},
    "Changes data": {"permissions": ["ModifyAllData"]},
    "Reads leads": {"objects": {"Lead": "read"}},
}


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_that_sees_all_sees_all(told, name):
    facts = {"name": name, "permissions": [], "objects": {}} | PROFILES[name]
    facts["permissions"] = [*facts["permissions"], "ApiEnabled", "ViewSetup"]
    user = {"username": "p@x.example", "profile": name}
    token = told.control("seed", {"profiles": [facts], "users": [user]})["tokens"]["p@x.example"]
    everything = name != "Reads leads"
    assert len(told.query("SELECT Id FROM Lead", token=token)) == (len(told.leads) if everything else 0)
    (own,) = told.query(
        "SELECT PermissionsViewAllData, PermissionsModifyAllData, PermissionsViewSetup, PermissionsAuthorApex"
        " FROM UserPermissionAccess",
        token=token,
    )
    assert own == {
        "PermissionsViewAllData": name.endswith("data"),
        "PermissionsModifyAllData": name == "Changes data",
        "PermissionsViewSetup": True,
        "PermissionsAuthorApex": False,
    }
    mine = "SELECT PermissionSetId FROM PermissionSetAssignment WHERE Assignee.Username = 'p@x.example'"
    found = told.query(
        "SELECT Parent.Profile.Name, PermissionsModifyAllRecords FROM ObjectPermissions WHERE SobjectType = 'Lead' "
        f"AND PermissionsViewAllRecords = true AND ParentId IN ({mine})",
        token=token,
    )
    assert [row["PermissionsModifyAllRecords"] for row in found] == (
        [name == "Changes leads"] if name.endswith("leads") and everything else []
    )
    changed = told.call("PATCH", f"sobjects/Lead/{told.leads['ann']}", {"Company": "N"}, token=token).status_code
    assert changed == (204 if name.startswith("Changes") else 403)


def test_everybody_asks_for_their_own_rights_only(told):
    asked = "SELECT PermissionsViewAllData, PermissionsApiEnabled FROM UserPermissionAccess"
    assert told.query(asked) == [{"PermissionsViewAllData": True, "PermissionsApiEnabled": True}]
    few = told.query(asked, token=told.tokens["ann"])
    assert few == [{"PermissionsViewAllData": False, "PermissionsApiEnabled": True}]
    assert told.query(asked) == [{"PermissionsViewAllData": True, "PermissionsApiEnabled": True}]
    answer = told.call("GET", "query", params={"q": "SELECT Id FROM ObjectPermissions"}, token=told.tokens["ann"])
    assert answer.json()[0]["errorCode"] == "INVALID_TYPE"
