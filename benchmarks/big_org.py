"""An org of a million leads with three hundred lead sources: what its leads look like, on either platform.

Five sources are mapped by the example design, one is another spelling of a mapped one, all others are nobody's. Values
are drawn by a fixed seed, so that every run counts the same leads.
"""

from __future__ import annotations

from typing import Any

COUNT, SOURCES = 1_000_000, 300
FROM, TO, NOW = "2026-01-06T00:00:00Z", "2026-03-02T00:00:00Z", "2026-03-02T12:00:00Z"
MAPPED = {
    "Demo Request": "demo_request",
    "Pricing Page": "demo_request",
    "Webinar": "event_attendee",
    "Trade Show": "event_attendee",
    "Content Download": "content_mql",
}
MISSPELT = "Demo-Request"
REST = "content_mql"  # what the example tracks unmatched leads as
STATUSES = {"met": 80, "touched_late": 15, "breached": 3, "within_sla": 1, "excluded": 1}


def sources() -> dict[str, int]:
    """Value → weight: a few are frequent, most are rare."""
    strange = [f"Campaign {number}" for number in range(1, SOURCES - len(MAPPED))]
    weights = dict.fromkeys(MAPPED, 40) | {MISSPELT: 2}
    return weights | {name: max(1, 60 // place) for place, name in enumerate(strange, 1)}


def salesforce_crowd(owners: list[str], count: int = COUNT) -> dict[str, Any]:
    """As the seed door of the emulator takes it; the design's prefix is STL."""
    fields: dict[str, Any] = {
        "LeadSource": {"values": sources()},
        "LastName": {"pattern": "Lead {n}"},
        "Company": {"values": ["Northwind", "Globex", "Initech"]},
        "Status": {"values": ["Open - Not Contacted"]},
        "Email": {"pattern": "lead{n}@big.example"},
        "OwnerId": {"values": owners},
        "STL_Lead_Type__c": {"by": "LeadSource", "map": MAPPED, "otherwise": REST},
        "STL_Escalation__c": {"by": "STL_Lead_Type__c", "map": {"demo_request": "urgent"}, "otherwise": "standard"},
        "STL_SLA_Status__c": {"values": STATUSES},
        "STL_Engaged_At__c": {"after": "CreatedDate", "minutes": [0, 0]},
        "STL_Assigned_At__c": {"after": "CreatedDate", "minutes": [0, 5]},
        "STL_SLA_Started_At__c": {"after": "STL_Assigned_At__c", "minutes": [0, 0]},
        "STL_SLA_Due_At__c": {"after": "STL_SLA_Started_At__c", "minutes": [240, 240]},
        "STL_First_Touch_At__c": {"after": "STL_Assigned_At__c", "minutes": [1, 600], "share": 0.9},
        "STL_Escalation_Level__c": {"values": {"0": 1}},
    }
    crowd = {"sobject": "Lead", "count": count, "seed": 7, "created": {"from": FROM, "to": TO}, "fields": fields}
    return {"crowds": [crowd]}


def settle(org: Any, count: int = COUNT) -> dict[str, int]:
    """People, the applied example, the crowd; what an audit has to find, as the tables count it: `code subject` →
    leads. `org` is the benchmark's."""
    return {"salesforce": _salesforce}[org.platform](org, count)


REPS = ("ann@acme.example", "bo@acme.example", "cy@acme.example")
HEAD, STAFF = "head@acme.example", ("qa", "cro", "sdr-manager", "integration")


def _apply(org: Any) -> None:
    code, out, _ = org.command("apply", str(org.design), "-c", "big", "--yes")
    assert code == 0, out


def _salesforce(org: Any, count: int) -> dict[str, int]:
    org.door("clock", {"to": "2026-01-05T15:00:00Z"})
    users = [{"username": HEAD, "last": "Head"}]
    users += [{"username": f"{name}@acme.example", "last": name} for name in STAFF]
    users += [{"username": name, "last": name.partition("@")[0].title(), "manager": HEAD} for name in REPS]
    ids = org.door("seed", {"users": users})["users"]
    _apply(org)
    root = "/services/data/v66.0"
    query = {"q": "SELECT Id FROM Group WHERE DeveloperName = 'SDR_Backup'"}
    (queue,) = org.call("GET", f"{root}/query", params=query)["records"]
    org.call("POST", f"{root}/sobjects/GroupMember", {"GroupId": queue["Id"], "UserOrGroupId": ids[REPS[0]]})
    org.door("seed", {"permission_sets": [{"user": "admin@example.com", "name": "STL_Speed_To_Lead"}]})
    org.door("seed", salesforce_crowd(list(REPS), count))
    org.door("clock", {"to": NOW})
    rows = org.door("count", {"sobject": "Lead", "by": ["LeadSource"]})["counts"]
    strange = {row["values"][0]: row["count"] for row in rows if row["values"][0] not in MAPPED}
    expected = {f"L103 LeadSource: {name}": found for name, found in strange.items() if name != MISSPELT}
    expected[f"L104 LeadSource: {MISSPELT}"] = strange[MISSPELT]
    expected["L107 LeadSource: Contact Form"] = 0  # mapped, and neither offered nor in use
    expected |= dict.fromkeys((f"L102 LeadSource: {name}" for name in OFFERED), 0)
    untouched = {"STL_SLA_Status__c": "within_sla", "STL_First_Touch_At__c": None}
    stuck = org.door("count", {"sobject": "Lead", "where": untouched})["total"]
    return expected | ({"R405 stuck_step": stuck} if stuck else {})


OFFERED = ("Other", "Partner Referral", "Phone Inquiry", "Purchased List", "Web")  # by an org that nobody configured
