"""Figures of reports on few rows, whose answers are written down by hand."""

from __future__ import annotations

import pytest
from analytics_packages import (
    across,
    add_lead,
    at,
    column,
    criteria,
    deploy,
    down,
    fields_of,
    figures,
    formula,
    frame,
    problems,
    put_report,
    report,
    table,
    with_fields,
    xml_file,
)

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.state.org import Org


@pytest.fixture
def org(org_in_process: Org) -> Org:
    """2026-01-05, a Monday, 09:00 in New York. Five leads."""
    org = with_fields(org_in_process)
    add_lead(org, "Ant", LeadSource="Web", Minutes__c=10.0, CreatedDate=at("2026-01-02T12:00:00"), City="Rome")
    add_lead(org, "Bee", LeadSource="Web", Minutes__c=50.0, Breached__c=True, CreatedDate=at("2026-01-05T12:00:00"))
    add_lead(org, "Cow", LeadSource="Other", CreatedDate=at("2025-12-31T12:00:00"), Tags__c="A;B")
    # 03:00 in UTC is still Sunday, January 4, in New York; 04:59 on January 1 is still December
    add_lead(org, "Dog", Breached__c=True, CreatedDate=at("2026-01-05T03:00:00"), City="Paris, Texas")
    add_lead(org, "Eel", LeadSource="Web", Minutes__c=0.0, CreatedDate=at("2026-01-01T04:59:59"), IsConverted=True)
    return org


def names(org: Org, *filters: str, logic: str = "", time: str = "", scope: str = "org") -> list[str]:
    """Last names of the leads that pass."""
    shown = f"<booleanFilter>{logic}</booleanFilter>" if logic else ""
    found = f"<filter>{shown}{''.join(filters)}</filter>" if filters else ""
    answer = figures(org, report(column("LAST_NAME") + found + time, "Tabular", scope=scope), details=True)
    return [row["dataCells"][0]["label"] for row in answer["factMap"]["T!T"]["rows"]]


def test_summaries_leave_blanks_out_and_groups_start_with_the_blank(org: Org) -> None:
    body = column("Lead.Minutes__c", "Sum", "Average", "Maximum", "Minimum") + column("CITY", "Unique")
    answer = figures(org, report(body + down("LEAD_SOURCE")))
    assert table(answer) == {
        "": [60.0, 20.0, 50.0, 0.0, 2, 5],
        "-": [0.0, None, None, None, 1, 1],
        "Web": [60.0, 20.0, 50.0, 0.0, 1, 3],
        "Other": [0.0, None, None, None, 0, 1],
    }
    assert answer["reportMetadata"]["aggregates"] == [
        "s!Lead.Minutes__c", "a!Lead.Minutes__c", "x!Lead.Minutes__c", "m!Lead.Minutes__c", "u!CITY", "RowCount",
    ]  # fmt: skip
    blank = answer["factMap"]["0!T"]["aggregates"]
    assert [one["label"] for one in blank] == ["0.0", "-", "-", "-", "1", "1"]


def test_formula_fields_and_checkboxes_are_summarised(org: Org) -> None:
    body = column("Lead.Late__c", "Sum") + column("Lead.Breached__c", "Sum", "Average") + down("LEAD_SOURCE")
    assert table(figures(org, report(body))) == {
        "": [20.0, 2, 0.4, 5], "-": [0.0, 1, 1.0, 1], "Web": [20.0, 1, 1 / 3, 3], "Other": [0.0, 0, 0.0, 1],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "datatype", "scale", "expected"),
    [
        ("Lead.Breached__c:SUM / RowCount * 100", "number", 2, [40.0, 100.0, 33.33, 0.0]),
        ("Lead.Breached__c:SUM / RowCount", "percent", 1, [40.0, 100.0, 33.3, 0.0]),
        ("Lead.Minutes__c:AVG", "number", 1, [20.0, None, 20.0, None]),
        ("Lead.Minutes__c:MAX - Lead.Minutes__c:MIN", "number", 0, [50.0, None, 50.0, None]),
        ("RowCount / Lead.Minutes__c:SUM", "number", 4, [0.0833, None, 0.05, None]),
        ("IF(Lead.Minutes__c:SUM > 0, Lead.Breached__c:SUM / RowCount, -1)", "number", 2, [0.4, -1.0, 0.33, -1.0]),
    ],
)
def test_custom_summary_formulas(
    org: Org, expression: str, datatype: str, scale: int, expected: list[float | None]
) -> None:
    text = report(formula(expression, datatype, scale=scale) + column("LAST_NAME") + down("LEAD_SOURCE"))
    assert [one[0] for one in table(figures(org, text)).values()] == expected


def test_a_formula_is_shown_at_its_level_only(org: Org) -> None:
    def shown(context: str) -> list[float | None]:
        more = f"<downGroupingContext>{context}</downGroupingContext>"
        body = formula("RowCount", more=more) + column("LAST_NAME") + down("LEAD_SOURCE") + down("CITY")
        answer = figures(org, report(body))
        return [answer["factMap"][key]["aggregates"][0]["value"] for key in ("T!T", "1!T", "1_0!T")]

    assert shown("GRAND_SUMMARY") == [5.0, None, None]
    assert shown("LEAD_SOURCE") == [None, 3.0, None]
    assert shown("CITY") == [None, None, 2.0]
    assert shown("GLOBAL") == [5.0, 3.0, 2.0]


@pytest.mark.parametrize(
    ("granularity", "labels", "first"),
    [
        ("Day", ["12/31/2025", "1/2/2026", "1/4/2026", "1/5/2026"], "2025-12-31"),
        ("Week", ["12/28/2025 - 1/3/2026", "1/4/2026 - 1/10/2026"], "2025-12-28"),
        ("Month", ["December 2025", "January 2026"], "2025-12-01"),
        ("Quarter", ["Q4 CY2025", "Q1 CY2026"], "2025-10-01"),
        ("Year", ["CY2025", "CY2026"], "2025-01-01"),
        ("FiscalQuarter", ["Q4 FY2025", "Q1 FY2026"], "2025-10-01"),
        ("MonthInYear", ["January", "December"], 1),
        ("DayInMonth", ["2", "4", "5", "31"], 2),
    ],
)
def test_dates_are_grouped_by_the_local_day(org: Org, granularity: str, labels: list[str], first: object) -> None:
    answer = figures(org, report(column("LAST_NAME") + down("CREATED_DATE", granularity)))
    groups = answer["groupingsDown"]["groupings"]
    assert [one["label"] for one in groups] == labels
    assert groups[0]["value"] == first
    assert sum(answer["factMap"][f"{one['key']}!T"]["aggregates"][0]["value"] for one in groups) == 5


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ("INTERVAL_TODAY", ["Bee"]),
        ("INTERVAL_YESTERDAY", ["Dog"]),
        ("INTERVAL_THISWEEK", ["Bee", "Dog"]),
        ("INTERVAL_LASTWEEK", ["Ant", "Cow", "Eel"]),
        ("INTERVAL_THISMONTH", ["Ant", "Bee", "Dog"]),
        ("INTERVAL_LASTMONTH", ["Cow", "Eel"]),
        ("INTERVAL_LASTTHISMONTH", ["Ant", "Bee", "Cow", "Dog", "Eel"]),
        ("INTERVAL_PREVQ", ["Cow", "Eel"]),
        ("INTERVAL_CURRENT", ["Ant", "Bee", "Dog"]),
        ("INTERVAL_PREVY", ["Cow", "Eel"]),
        ("INTERVAL_NEXTMONTH", []),
        ("INTERVAL_LAST7", ["Ant", "Bee", "Cow", "Dog", "Eel"]),
        ("INTERVAL_CUSTOM", ["Ant", "Bee", "Cow", "Dog", "Eel"]),
    ],
)
def test_the_standard_date_filter_follows_the_clock(org: Org, interval: str, expected: list[str]) -> None:
    assert names(org, time=frame(interval)) == expected


def test_a_custom_interval_includes_both_ends(org: Org) -> None:
    both = "<endDate>2026-01-04</endDate>", "<startDate>2026-01-02</startDate>"
    text = (
        f"<timeFrameFilter><dateColumn>CREATED_DATE</dateColumn>{both[0]}<interval>INTERVAL_CUSTOM</interval>{both[1]}"
        "</timeFrameFilter>"
    )
    assert names(org, time=text) == ["Ant", "Dog"]


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("LEAD_SOURCE", "equals", "web,other", "Ant Bee Cow Eel"),
        ("LEAD_SOURCE", "equals", "", "Dog"),
        ("LEAD_SOURCE", "notEqual", "Web", "Cow Dog"),
        ("LEAD_SOURCE", "notEqual", "", "Ant Bee Cow Eel"),
        ("CITY", "equals", '"Paris, Texas"', "Dog"),
        ("CITY", "contains", "OM,ris", "Ant Dog"),
        ("CITY", "notContain", "om", "Bee Cow Dog Eel"),
        ("LAST_NAME", "startsWith", "a,b", "Ant Bee"),
        ("CONVERTED", "equals", "0", "Ant Bee Cow Dog"),
        ("CONVERTED", "equals", "true", "Eel"),
        ("CONVERTED", "notEqual", "False", "Eel"),
        ("OWNER", "equals", "system admin", "Ant Bee Cow Dog Eel"),
        ("OWNER", "equals", "nobody", ""),
        ("Lead.Minutes__c", "greaterThan", "10", "Bee"),
        ("Lead.Minutes__c", "greaterOrEqual", "10", "Ant Bee"),
        ("Lead.Minutes__c", "lessThan", "1,000", "Ant Bee Eel"),
        ("Lead.Minutes__c", "lessOrEqual", "0", "Eel"),
        ("Lead.Minutes__c", "equals", "0,50", "Bee Eel"),
        ("Lead.Minutes__c", "equals", "", "Cow Dog"),
        ("Lead.Minutes__c", "notEqual", "10", "Bee Cow Dog Eel"),
        ("Lead.Late__c", "greaterThan", "0", "Bee"),
        ("Lead.Tags__c", "includes", "b", "Cow"),
        ("Lead.Tags__c", "excludes", "B", "Ant Bee Dog Eel"),
        ("CREATED_DATE", "equals", "TODAY", "Bee"),
        ("CREATED_DATE", "lessThan", "THIS_WEEK", "Ant Cow Eel"),
        ("CREATED_DATE", "greaterOrEqual", "LAST_N_DAYS:1", "Bee Dog"),
        ("CREATED_DATE", "equals", "1/4/2026", "Dog"),
        ("CREATED_DATE", "greaterThan", "1/2/2026", "Bee Dog"),
        ("Lead.Due_At__c", "notEqual", "", ""),
    ],
)
def test_filters(org: Org, field: str, operator: str, value: str, expected: str) -> None:
    assert names(org, criteria(field, operator, value)) == expected.split()


def test_filter_logic_and_two_columns(org: Org) -> None:
    three = (
        criteria("LEAD_SOURCE", "equals", "Web"), criteria("CITY", "equals", "Rome"),
        criteria("Lead.Breached__c", "equals", "1"),
    )  # fmt: skip
    assert names(org, *three) == []
    assert names(org, *three, logic="1 AND (2 OR 3)") == ["Ant", "Bee"]
    assert names(org, *three, logic="NOT (1 OR 2) AND 3") == ["Dog"]
    both = "<columnToColumn>true</columnToColumn>"
    assert names(org, criteria("Lead.Late__c", "lessThan", "Lead.Minutes__c", both)) == ["Ant", "Bee"]


def test_a_matrix_has_every_crossing(org: Org) -> None:
    body = column("Lead.Minutes__c", "Sum") + down("LEAD_SOURCE") + across("CREATED_DATE", "Month")
    answer = figures(org, report(body, "Matrix"), details=True)
    facts = {key: [one["value"] for one in entry["aggregates"]] for key, entry in answer["factMap"].items()}
    assert facts == {
        "T!T": [60.0, 5], "T!0": [0.0, 2], "T!1": [60.0, 3],
        "0!T": [0.0, 1], "0!0": [0.0, 0], "0!1": [0.0, 1],
        "1!T": [60.0, 3], "1!0": [0.0, 1], "1!1": [60.0, 2],
        "2!T": [0.0, 1], "2!0": [0.0, 1], "2!1": [0.0, 0],
    }  # fmt: skip
    assert [one["label"] for one in answer["groupingsDown"]["groupings"]] == ["-", "Web", "Other"]
    assert [one["value"] for one in answer["groupingsAcross"]["groupings"]] == ["2025-12-01", "2026-01-01"]
    rows = {key: len(entry["rows"]) for key, entry in answer["factMap"].items() if entry["rows"]}
    assert rows == {"0!1": 1, "1!0": 1, "1!1": 2, "2!0": 1}


def test_groups_can_be_sorted_by_a_figure(org: Org) -> None:
    more = "<aggregateType>RowCount</aggregateType>"
    sort = "<sortType>Aggregate</sortType>"
    text = report(column("LAST_NAME") + down("LEAD_SOURCE", order="Desc", more=more).replace(
        "</sortOrder>", f"</sortOrder>{sort}"))  # fmt: skip
    assert list(table(figures(org, text)))[1] == "Web"
    by_sum = "<aggregateType>Sum</aggregateType>"
    text = report(column("Lead.Breached__c", "Sum") + down("CITY", order="Asc", more=by_sum).replace(
        "</sortOrder>", "</sortOrder><sortByName>Lead.Breached__c</sortByName><sortType>Aggregate</sortType>",
    ))  # fmt: skip
    assert [one[0] for one in list(table(figures(org, text)).values())[1:]] == [0, 1, 1]


def test_buckets_sort_numbers_and_texts(org: Org) -> None:
    numbers = (
        "<buckets><bucketType>number</bucketType><developerName>BucketField_Speed</developerName>"
        "<masterLabel>Speed</masterLabel><nullTreatment>n</nullTreatment>"
        "<sourceColumnName>Lead.Minutes__c</sourceColumnName><useOther>false</useOther>"
        "<values><sourceValues><to>10</to></sourceValues><value>Fast</value></values>"
        "<values><sourceValues><from>10</from></sourceValues><value>Slow</value></values></buckets>"
    )
    answer = figures(org, report(numbers + column("LAST_NAME") + down("BucketField_Speed")))
    assert table(answer) == {"": [5], "-": [2], "Fast": [2], "Slow": [1]}
    zero = numbers.replace("<nullTreatment>n<", "<nullTreatment>z<")
    assert table(figures(org, report(zero + column("LAST_NAME") + down("BucketField_Speed")))) == {
        "": [5], "Fast": [4], "Slow": [1],
    }  # fmt: skip
    sources = (
        "<buckets><bucketType>picklist</bucketType><developerName>BucketField_Kind</developerName>"
        "<masterLabel>Kind</masterLabel><otherBucketLabel>Rest</otherBucketLabel>"
        "<sourceColumnName>LEAD_SOURCE</sourceColumnName><useOther>true</useOther>"
        "<values><sourceValues><sourceValue>Web</sourceValue></sourceValues><value>Inbound</value></values></buckets>"
    )
    body = sources + column("LAST_NAME") + down("BucketField_Kind")
    keep = f"<filter>{criteria('BucketField_Kind', 'equals', 'Inbound,Rest')}</filter>"
    assert table(figures(org, report(body))) == {"": [5], "-": [1], "Inbound": [3], "Rest": [1]}
    assert table(figures(org, report(body + keep))) == {"": [4], "Inbound": [3], "Rest": [1]}


def test_scopes_say_whose_leads(org: Org) -> None:
    profile = org.rows.select("Profile")[0]["Id"]
    people = []
    for name, manager in (("rep", org.admin_id), ("peer", None)):
        values = {"Username": f"{name}@x.example", "LastName": name, "Alias": name, "ProfileId": profile}
        people.append(org.rows.insert("User", values | {"IsActive": True, "ManagerId": manager}))
    queue = org.rows.insert("Group", {"Name": "Q", "DeveloperName": "Q", "Type": "Queue"})
    org.rows.insert("GroupMember", {"GroupId": queue, "UserOrGroupId": org.admin_id})
    for name, owner in (("Rep", people[0]), ("Peer", people[1]), ("Que", queue)):
        add_lead(org, name, OwnerId=owner)
    mine = ["Ant", "Bee", "Cow", "Dog", "Eel"]
    assert names(org, scope="user") == mine
    assert names(org, scope="team") == [*mine, "Rep"]
    assert names(org, scope="queue") == ["Que"]
    assert names(org, scope="org") == [*mine, "Rep", "Peer", "Que"]


def test_a_report_has_the_leads_that_its_reader_sees(org: Org) -> None:
    """Where leads are private, everybody's are those that are shared with whoever runs the report."""
    profile = org.rows.select("Profile")[0]["Id"]
    values = {"Username": "o@x.example", "LastName": "o", "Alias": "o", "ProfileId": profile, "IsActive": True}
    other = org.rows.insert("User", values)
    add_lead(org, "Fox", OwnerId=other)
    mine = ["Ant", "Bee", "Cow", "Dog", "Eel"]
    org.rows.update("Organization", org.settings.org_id, {"DefaultLeadAccess": "None"})
    assert names(org, scope="org") == [*mine, "Fox"], "an administrator sees all data"
    org.settings.access[org.admin_id] = {"permissions": ["ApiEnabled"], "objects": {"lead": "read"}}
    assert names(org, scope="org") == mine


def test_a_tabular_report_sorts_and_stops_at_its_limit(org: Org) -> None:
    body = "<rowLimit>2</rowLimit><sortColumn>LAST_NAME</sortColumn><sortOrder>Desc</sortOrder>"
    answer = figures(org, report(column("LAST_NAME") + column("CREATED_DATE") + body, "Tabular"), details=True)
    assert answer["factMap"]["T!T"]["rows"] == [
        {"dataCells": [{"label": "Eel", "value": "Eel"},
                       {"label": "12/31/2025, 11:59 PM", "value": "2026-01-01T04:59:59Z"}]},
        {"dataCells": [{"label": "Dog", "value": "Dog"},
                       {"label": "1/4/2026, 10:00 PM", "value": "2026-01-05T03:00:00Z"}]},
    ]  # fmt: skip
    assert answer["factMap"]["T!T"]["aggregates"] == [{"label": "2", "value": 2}]


def test_a_lookup_shows_a_name_and_gives_an_id(org: Org) -> None:
    answer = figures(org, report(column("LAST_NAME") + down("OWNER")))
    assert answer["groupingsDown"]["groupings"] == [
        {"groupings": [], "key": "0", "label": "System Admin", "value": org.admin_id}
    ]


def test_fields_that_the_user_may_not_see_are_left_out_or_refused(org: Org) -> None:
    profile = org.rows.select("Profile")[0]["Id"]
    blind = org.rows.insert(
        "User",
        {"Username": "b@x.example", "LastName": "B", "Alias": "b", "ProfileId": profile, "IsActive": True}
        | {"TimeZoneSidKey": "UTC"},
    )
    body = column("Lead.Minutes__c", "Sum") + column("LAST_NAME") + down("LEAD_SOURCE")
    answer = figures(org, report(body), user=blind)
    assert answer["reportMetadata"]["aggregates"] == ["RowCount"]
    assert answer["reportMetadata"]["detailColumns"] == ["LAST_NAME"]
    hidden = column("LAST_NAME") + down("LEAD_SOURCE")
    keep = f"<filter>{criteria('Lead.Breached__c', 'equals', '1')}</filter>"
    with pytest.raises(ApiError, match=r"may not see: Lead\.Breached__c\. Assign a permission set"):
        figures(org, report(hidden + keep), user=blind)
    with pytest.raises(ApiError, match=r"may not see: Lead\.Minutes__c\. Assign a permission set"):
        figures(org, report(hidden + formula("Lead.Minutes__c:AVG")), user=blind)


CHANGES = {
    "Lead__c": "<type>Lookup</type><referenceTo>Lead</referenceTo><relationshipName>Changes</relationshipName>"
    "<relationshipLabel>Changes</relationshipLabel>",
    "Hours__c": "<precision>10</precision><scale>2</scale><type>Number</type>",
    "To__c": "<length>40</length><type>Text</type>",
}
SHELL = (
    "<deploymentStatus>Deployed</deploymentStatus><enableReports>true</enableReports><label>Change</label>"
    "<nameField><label>Change Name</label><type>Text</type></nameField><pluralLabel>Changes</pluralLabel>"
    "<sharingModel>ReadWrite</sharingModel>"
)


def with_changes(org: Org) -> None:
    """A child object of Lead with three rows: two of Ant, one of Bee."""
    grants = "".join(
        f"<fieldPermissions><editable>true</editable><field>Change__c.{name}</field><readable>true</readable>"
        "</fieldPermissions>"
        for name in CHANGES
    )
    outcome = deploy(
        org,
        {"CustomObject": ["Change__c"], "PermissionSet": ["SeeChanges"]},
        {
            "objects/Change__c.object": fields_of("Change__c", CHANGES, SHELL),
            "permissionsets/SeeChanges.permissionset": xml_file("PermissionSet", f"<label>See</label>{grants}"),
        },
    )
    assert outcome.success, outcome.failures
    held = next(one["Id"] for one in org.rows.select("PermissionSet") if one["Name"] == "SeeChanges")
    org.rows.insert("PermissionSetAssignment", {"PermissionSetId": held, "AssigneeId": org.admin_id})
    leads = {one["LastName"]: one["Id"] for one in org.rows.select("Lead")}
    for name, lead, stage, hours in (("1", "Ant", "mql", 2.5), ("2", "Ant", "sal", 4.0), ("3", "Bee", "mql", 8.0)):
        values = {"Name": name, "Lead__c": leads[lead], "To__c": stage, "Hours__c": hours, "OwnerId": org.admin_id}
        org.rows.insert("Change__c", values)


def test_a_custom_object_has_a_report_type_of_its_own(org: Org) -> None:
    with_changes(org)
    body = column("CUST_NAME") + column("Change__c.Hours__c", "Average") + down("Change__c.To__c")
    answer = figures(org, report(body, kind="CustomEntity$Change__c", scope="organization"))
    assert table(answer) == {"": [14.5 / 3, 3], "mql": [5.25, 2], "sal": [4.0, 1]}


@pytest.mark.parametrize(("outer", "expected"), [("false", [14.5, 3]), ("true", [14.5, 6])])
def test_a_custom_report_type_joins_children(org: Org, outer: str, expected: list[float]) -> None:
    with_changes(org)
    columns = "".join(
        f"<columns><checkedByDefault>true</checkedByDefault><field>{field}</field><table>{where}</table></columns>"
        for where, field in (
            ("Lead", "LastName"), ("Lead", "Owner"), ("Lead", "Minutes__c"), ("Lead.Changes__r", "Hours__c"),
            ("Lead.Changes__r", "To__c"),
        )
    )  # fmt: skip
    kind = xml_file(
        "ReportType",
        "<baseObject>Lead</baseObject><category>leads</category><deployed>true</deployed>"
        f"<join><outerJoin>{outer}</outerJoin><relationship>Changes__r</relationship></join><label>Lead changes</label>"
        f"<sections>{columns}<masterLabel>All</masterLabel></sections>",
    )
    outcome = deploy(org, {"ReportType": ["Lead_Changes"]}, {"reportTypes/Lead_Changes.reportType": kind})
    assert outcome.success, outcome.failures
    body = (
        formula("Lead.Changes__r.Hours__c:SUM / RowCount", scale=4) + column("Lead$LastName")
        + column("Lead.Changes__r$Hours__c", "Sum") + down("Lead.Changes__r$To__c")
    )  # fmt: skip
    answer = figures(org, report(body, kind="Lead_Changes__c", scope="organization"))
    total = answer["factMap"]["T!T"]["aggregates"]
    assert [total[0]["value"], total[2]["value"]] == expected
    assert answer["reportMetadata"]["groupingsDown"][0]["name"] == "Lead.Changes__r.To__c"
    assert answer["reportMetadata"]["aggregates"] == ["s!Lead.Changes__r.Hours__c", "FORMULA1", "RowCount"]


def test_what_is_in_use_cannot_be_removed(org: Org) -> None:
    def removed(members: dict[str, list[str]]) -> list[str | None]:
        return problems(deploy(org, members, {}, "destructiveChanges.xml"))

    assert put_report(org, report(column("Lead.Due_At__c"), "Tabular")).success
    assert removed({"Report": ["SLA"]}) == ["This Report is referenced elsewhere in salesforce.com. : Report SLA/R"]
    used = removed({"CustomField": ["Lead.Due_At__c"]})
    assert used == ["This custom field is referenced elsewhere in salesforce.com. : Report SLA/R"]
    assert removed({"CustomField": ["Lead.Due_At__c"], "Report": ["SLA", "SLA/R"]}) == []
    assert org.metadata.components.all("Report") == []
