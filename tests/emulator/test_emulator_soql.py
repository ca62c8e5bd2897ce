from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.soql import query
from provisioner.emulator.salesforce.soql.dates import days, instants
from provisioner.emulator.salesforce.soql.tree import DateLiteral
from provisioner.emulator.salesforce.state.schema import FieldDef

ADVICE = "Please reference your WSDL or the describe call for the appropriate names."

DAYS = {"L1": {"Day__c": date(2026, 1, 4)}, "L2": {"Day__c": date(2026, 1, 5)}}


def plain(record):
    """A record without the attributes of it and its parents."""
    return {k: plain(v) if isinstance(v, dict) else v for k, v in record.items() if k != "attributes"}


def ask(org, soql, **how):
    return [plain(record) for record in query(org, soql, user_id=how.pop("user", org.admin_id), **how).records()]


def refusal(org, soql):
    with pytest.raises(ApiError) as caught:
        query(org, soql, user_id=org.admin_id)
    return caught.value


@pytest.fixture
def org(org_in_process):
    org = org_in_process
    org.rows.update("User", org.admin_id, {"TimeZoneSidKey": "America/New_York"})
    queue = org.rows.insert("Group", {"Name": "Backup", "DeveloperName": "Backup", "Type": "Queue"})
    gone = org.rows.insert("User", {"Username": "gone@x.example", "LastName": "Gone", "IsActive": False})
    facts = [
        ("L1", org.admin_id, "Web", 10, datetime(2026, 1, 5, 4, 59, 59, tzinfo=UTC)),  # Sunday night in New York
        ("L2", queue, "Web", 20, datetime(2026, 1, 5, 5, 0, tzinfo=UTC)),  # Monday, midnight in New York
        ("L3", gone, "Other", 30, datetime(2025, 12, 31, 12, 0, tzinfo=UTC)),
        ("L4", org.admin_id, None, None, datetime(2025, 10, 7, 3, 59, 59, tzinfo=UTC)),
    ]
    org.schema.add_field("Lead", FieldDef("Day__c", "Day", "date", custom=True))
    held = org.rows.insert("PermissionSet", {"Name": "Days", "Label": "Days"})
    grant = {"ParentId": held, "SobjectType": "Lead", "Field": "Lead.Day__c", "PermissionsRead": True}
    org.rows.insert("FieldPermissions", grant)
    org.rows.insert("PermissionSetAssignment", {"PermissionSetId": held, "AssigneeId": org.admin_id})
    for name, owner, source, people, created in facts:
        values = {"LastName": name, "Company": "C", "OwnerId": owner, "LeadSource": source, "Status": "Open"}
        org.rows.insert("Lead", values | {"NumberOfEmployees": people, "CreatedDate": created} | DAYS.get(name, {}))
    return org


def test_a_record_with_its_parents_as_the_api_shows_it(org):
    soql = "SELECT Id, Name, Owner.Name, Owner.Type, CreatedBy.Profile.Name, CreatedDate FROM Lead WHERE Name = 'l2'"
    answer = query(org, soql, user_id=org.admin_id, version="60.0")
    assert answer.total == 1
    lead = answer.records()[0]
    base = "/services/data/v60.0/sobjects"
    assert lead == {
        "attributes": {"type": "Lead", "url": f"{base}/Lead/{lead['Id']}"},
        "Id": lead["Id"],
        "Name": "L2",
        "Owner": {
            "attributes": {"type": "Name", "url": f"{base}/Group/00G000000000001EAA"},
            "Name": "Backup",
            "Type": "Queue",
        },
        "CreatedBy": {
            "attributes": {"type": "User", "url": f"{base}/User/{org.admin_id}"},
            "Profile": {
                "attributes": {"type": "Profile", "url": f"{base}/Profile/00e000000000001AAA"},
                "Name": "System Administrator",
            },
        },
        "CreatedDate": "2026-01-05T05:00:00.000+0000",
    }


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("LeadSource = 'WEB'", ["L1", "L2"]),
        ("LeadSource != 'web'", ["L3", "L4"]),
        ("LeadSource IN ('web', null)", ["L1", "L2", "L4"]),
        ("LeadSource NOT IN ('web')", ["L3", "L4"]),
        ("NOT LeadSource = 'web'", ["L3", "L4"]),
        ("NumberOfEmployees > 10 AND (LastName LIKE 'L%' OR LastName = null)", ["L2", "L3"]),
        ("(NOT NumberOfEmployees > 10) AND LastName != 'L4'", ["L1"]),
        ("LastName LIKE '_\\%'", []),
        ("LastName LIKE 'l\\_'", []),
        ("LastName LIKE 'l_'", ["L1", "L2", "L3", "L4"]),
        ("Owner.Type = 'queue'", ["L2"]),
        ("Owner.IsActive = false", ["L3"]),
        ("Owner.Name = 'system ADMIN'", ["L1", "L4"]),
        ("OwnerId IN (SELECT Id FROM User WHERE IsActive = false)", ["L3"]),
        ("OwnerId NOT IN (SELECT Id FROM User WHERE IsActive = true)", ["L2", "L3"]),
        ("IsConverted = true", []),
        ("CreatedDate = TODAY", ["L2"]),
        ("CreatedDate < TODAY", ["L1", "L3", "L4"]),
        ("CreatedDate = YESTERDAY", ["L1"]),
        ("CreatedDate >= 2026-01-05T00:00:00-05:00", ["L2"]),
        ("CreatedDate = THIS_MONTH", ["L1", "L2"]),
        ("CreatedDate = LAST_MONTH", ["L3"]),
        ("CreatedDate = LAST_N_DAYS:90", ["L1", "L2", "L3"]),  # from 7 October, local midnight; L4 is one second early
        ("CreatedDate = LAST_N_DAYS:91", ["L1", "L2", "L3", "L4"]),
        ("CreatedDate != LAST_N_DAYS:90", ["L4"]),
        ("CreatedDate > LAST_YEAR", ["L1", "L2"]),
        ("Day__c = TODAY", ["L2"]),
        ("Day__c <= YESTERDAY", ["L1"]),
        ("Day__c > 2026-01-04", ["L2"]),
    ],
)
def test_where(org, where, names):
    found = ask(org, f"SELECT LastName FROM Lead WHERE {where} ORDER BY LastName")
    assert [record["LastName"] for record in found] == names


@pytest.mark.parametrize(
    ("soql", "records"),
    [
        (
            "SELECT LeadSource, COUNT(Id) n, SUM(NumberOfEmployees), AVG(NumberOfEmployees) FROM Lead "
            "GROUP BY LeadSource ORDER BY LeadSource DESC NULLS LAST",
            [
                {"LeadSource": "Web", "n": 2, "expr0": 30, "expr1": 15.0},
                {"LeadSource": "Other", "n": 1, "expr0": 30, "expr1": 30.0},
                {"LeadSource": None, "n": 1, "expr0": None, "expr1": None},
            ],
        ),
        (
            "SELECT LastName FROM Lead ORDER BY LeadSource NULLS FIRST, LastName ASC LIMIT 2",
            [{"LastName": "L4"}, {"LastName": "L3"}],
        ),
        (
            "SELECT LeadSource s FROM Lead WHERE LeadSource != null GROUP BY LeadSource ORDER BY LeadSource",
            [{"s": "Other"}, {"s": "Web"}],
        ),
        ("SELECT COUNT(LeadSource) FROM Lead", [{"expr0": 3}]),
        (
            "SELECT COUNT_DISTINCT(LeadSource) d, MAX(CreatedDate) m FROM Lead",
            [{"d": 2, "m": "2026-01-05T05:00:00.000+0000"}],
        ),
        (
            "SELECT Owner.Name, COUNT(Id) FROM Lead GROUP BY Owner.Name HAVING COUNT(Id) > 1",
            [{"Name": "System Admin", "expr0": 2}],
        ),
        (
            "SELECT OwnerId, COUNT(Id) FROM Lead WHERE IsConverted=false AND Owner.IsActive=false GROUP BY OwnerId",
            [{"OwnerId": "005000000000002AAA", "expr0": 1}],
        ),
        (
            "SELECT LastName FROM Lead ORDER BY NumberOfEmployees DESC, LastName LIMIT 2 OFFSET 1",
            [{"LastName": "L3"}, {"LastName": "L2"}],
        ),
        ("SELECT l.LastName FROM Lead l WHERE l.LastName = 'L1'", [{"LastName": "L1"}]),
        ("SELECT Lead.LastName FROM Lead WHERE Lead.LastName = 'L1'", [{"LastName": "L1"}]),
    ],
)  # fmt: skip
def test_records(org, soql, records):
    assert ask(org, soql) == records


def test_count_without_a_field_gives_only_the_total(org):
    answer = query(org, "SELECT COUNT() FROM Lead WHERE LeadSource = 'web'", user_id=org.admin_id)
    assert (answer.total, answer.records()) == (2, [])
    assert query(org, "SELECT COUNT() FROM Lead LIMIT 3", user_id=org.admin_id).total == 3


def no_column(name, entity):
    return (
        f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, be sure to append "
        f"the '__c' after the custom field name. {ADVICE}"
    )


@pytest.mark.parametrize(
    ("soql", "column", "code", "complaint"),
    [
        ("SELECT Foo FROM Lead", 8, "INVALID_FIELD", no_column("Foo", "Lead")),
        ("SELECT Id FROM Lead WHERE Foo = 1", 27, "INVALID_FIELD", no_column("Foo", "Lead")),
        ("SELECT Owner.Department FROM Lead", 8, "INVALID_FIELD", no_column("Department", "Name")),
        (
            "SELECT Id FROM Leed",
            16,
            "INVALID_TYPE",
            "sObject type 'Leed' is not supported. If you are attempting to use a custom object, be sure to append the "
            f"'__c' after the entity name. {ADVICE}",
        ),
        (
            "SELECT Boss.Name FROM Lead",
            8,
            "INVALID_FIELD",
            "Didn't understand relationship 'Boss' in field path. If you are attempting to use a custom relationship, "
            f"be sure to append the '__r' after the custom relationship name. {ADVICE}",
        ),
        ("SELECT Id FROM Lead WHERE", 26, "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT FOO(Id) FROM Lead", 11, "MALFORMED_QUERY", "unexpected token: '('"),
        ("SELECT Name n FROM Lead", 8, "MALFORMED_QUERY", "alias is not allowed without GROUP BY: n"),
        ("SELECT Id FROM Lead LIMIT x", 27, "MALFORMED_QUERY", "unexpected token: 'x'"),
        (
            "SELECT Id FROM Lead WHERE Id = 'a' AND Name = 'b' OR Name = 'c'",
            51,
            "MALFORMED_QUERY",
            "unexpected token: 'OR'",
        ),
        (
            "SELECT LeadSource, Status FROM Lead GROUP BY LeadSource",
            20,
            "MALFORMED_QUERY",
            "Field must be grouped or aggregated: Status",
        ),
        (
            "SELECT CreatedDate FROM Lead GROUP BY CreatedDate",
            39,
            "MALFORMED_QUERY",
            "field 'CreatedDate' can not be grouped in a query call",
        ),
        (
            "SELECT Id FROM Lead WHERE CreatedDate > '2026-01-01'",
            27,
            "INVALID_FIELD",
            "value of filter criterion for field 'CreatedDate' must be of type dateTime and should not be enclosed in "
            "quotes",
        ),
        (
            "SELECT Id FROM Lead WHERE Name = 5",
            27,
            "INVALID_FIELD",
            "value of filter criterion for field 'Name' must be of type string and should be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Lead WHERE NumberOfEmployees = true",
            27,
            "INVALID_FIELD",
            "value of filter criterion for field 'NumberOfEmployees' must be of type int and should not be enclosed in "
            "quotes",
        ),
        (
            "SELECT Id FROM Lead WHERE Day__c = 2026-01-05T00:00:00Z",
            27,
            "INVALID_FIELD",
            "value of filter criterion for field 'Day__c' must be of type date and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Lead WHERE IsConverted > true",
            27,
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator on boolean field",
        ),
        (
            "SELECT Id FROM Lead WHERE Description = 'x'",
            27,
            "INVALID_FIELD",
            "field 'Description' can not be filtered in a query call",
        ),
    ],
)
def test_mistakes_are_pointed_at(org, soql, column, code, complaint):
    error = refusal(org, soql)
    assert error.code == code
    pointer = " " * (column - 1) + "^"
    assert error.message == f"\n{soql}\n{pointer}\nERROR at Row:1:Column:{column}\n{complaint}"


@pytest.mark.parametrize(
    ("soql", "code", "text"),
    [
        (
            "SELECT Id FROM Lead OFFSET 2001",
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Maximum SOQL offset allowed is 2000, but 2001 was requested",
        ),
        (
            "SELECT COUNT(Id) FROM Lead LIMIT 1",
            "MALFORMED_QUERY",
            "Non-grouped query that uses overall aggregate functions cannot also use LIMIT",
        ),
        (
            "SELECT FIELDS(ALL) FROM Lead",
            "MALFORMED_QUERY",
            "The SOQL FIELDS function must have a LIMIT of at most 200",
        ),
        ("SELECT Id, id FROM Lead", "MALFORMED_QUERY", "duplicate field selected: id"),
    ],
)
def test_mistakes_of_the_whole(org, soql, code, text):
    error = refusal(org, soql)
    assert (error.code, error.message, error.status) == (code, text, 400)


@pytest.mark.parametrize(
    ("soql", "what"),
    [
        ("SELECT TYPEOF Owner WHEN User THEN Id END FROM Lead", "TYPEOF in SOQL"),
        ("SELECT (SELECT Id FROM Tasks) FROM Lead", "a subquery on child records in SOQL"),
        ("SELECT Id FROM Lead WHERE FISCAL_YEAR(CreatedDate) = 2026", "the function FISCAL_YEAR() in SOQL"),
        ("SELECT FISCAL_YEAR(CreatedDate) FROM Lead", "the function FISCAL_YEAR() in SOQL"),
        ("SELECT Id FROM Lead WITH SECURITY_ENFORCED", "WITH clauses in SOQL"),
        ("SELECT Status FROM Lead GROUP BY ROLLUP(Status)", "GROUP BY ROLLUP in SOQL"),
        ("SELECT Id FROM Lead USING SCOPE Mine", "USING SCOPE in SOQL"),
    ],
)
def test_what_is_not_modelled_is_refused_by_name(org, soql, what):
    error = refusal(org, soql)
    assert (error.code, error.message, error.status) == (
        "NOT_IMPLEMENTED_BY_EMULATOR",
        f"The emulator does not model {what}.",
        501,
    )


def test_more_than_two_thousand_groups(org):
    for n in range(2001):
        org.rows.insert("Account", {"Name": f"A{n}"})
    error = refusal(org, "SELECT Name, COUNT(Id) FROM Account GROUP BY Name")
    text = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
    assert (error.code, error.message) == ("EXCEEDED_ID_LIMIT", text)
    assert len(ask(org, "SELECT Name, COUNT(Id) FROM Account GROUP BY Name LIMIT 2000")) == 2000


def test_a_custom_field_is_hidden_until_a_permission_set_shows_it(org):
    org.schema.add_field("Lead", FieldDef("Due__c", "Due", "datetime", custom=True))
    assert refusal(org, "SELECT Due__c FROM Lead").message.endswith(no_column("Due__c", "Lead"))
    held = org.rows.insert("PermissionSet", {"Name": "SLA", "Label": "SLA"})
    grant = {"ParentId": held, "SobjectType": "Lead", "Field": "Lead.Due__c", "PermissionsRead": True}
    org.rows.insert("FieldPermissions", grant)
    assert refusal(org, "SELECT Due__c FROM Lead").code == "INVALID_FIELD"
    org.rows.insert("PermissionSetAssignment", {"PermissionSetId": held, "AssigneeId": org.admin_id})
    assert ask(org, "SELECT Due__c FROM Lead LIMIT 1") == [{"Due__c": None}]
    definition = org.schema.sobject("Lead")
    assert not org.permissions.editable(org.admin_id, definition, definition.field("Due__c"))


def test_group_is_an_object_and_a_word(org):
    assert ask(org, "SELECT DeveloperName FROM Group GROUP BY DeveloperName") == [{"DeveloperName": "Backup"}]


def test_a_multi_select_picklist_is_filtered_as_a_whole_only(org):
    org.schema.add_field("Lead", FieldDef("Tags__c", "Tags", "multipicklist", 255, custom=True))
    org.permissions.readable = lambda *_: True
    org.rows.update("Lead", ask(org, "SELECT Id FROM Lead WHERE Name = 'L1'")[0]["Id"], {"Tags__c": "a;b"})
    assert ask(org, "SELECT LastName FROM Lead WHERE Tags__c = 'a;b'") == [{"LastName": "L1"}]
    for test in ("Tags__c LIKE 'a%'", "Tags__c IN ('a')", "Tags__c > 'a'"):
        error = refusal(org, f"SELECT Id FROM Lead WHERE {test}")
        text = "filtering the multi-select picklist Tags__c other than with = and !="
        assert (error.status, error.message) == (501, f"The emulator does not model {text}.")


def test_times_are_shown_with_milliseconds(org):
    org.rows.insert("BusinessHours", {"Name": "Late", "MondayStartTime": time(9, 30, 1, 250_000)})
    found = ask(org, "SELECT MondayStartTime FROM BusinessHours WHERE Name = 'Late'")
    assert found == [{"MondayStartTime": "09:30:01.250Z"}]


def test_deleted_rows_appear_only_when_asked_for(org):
    org.rows.delete("Lead", ask(org, "SELECT Id FROM Lead WHERE Name = 'L1'")[0]["Id"])
    assert len(ask(org, "SELECT Id FROM Lead")) == 3
    assert len(ask(org, "SELECT Id FROM Lead", deleted=True)) == 4


def test_a_formula_is_computed_filtered_and_sorted(org):
    expression = "NumberOfEmployees * 2"
    item = FieldDef("Twice__c", "Twice", "double", precision=18, scale=0, formula=expression, custom=True)
    org.schema.add_field("Lead", item)
    org.permissions.readable = lambda *_: True
    found = ask(org, "SELECT LastName, Twice__c FROM Lead WHERE Twice__c > 20 ORDER BY Twice__c DESC")
    assert found == [{"LastName": "L3", "Twice__c": 60.0}, {"LastName": "L2", "Twice__c": 40.0}]


@pytest.mark.parametrize(
    ("name", "number", "first", "after"),
    [
        ("TODAY", None, date(2026, 3, 4), date(2026, 3, 5)),
        ("TOMORROW", None, date(2026, 3, 5), date(2026, 3, 6)),
        ("THIS_WEEK", None, date(2026, 3, 1), date(2026, 3, 8)),  # Sunday first
        ("LAST_WEEK", None, date(2026, 2, 22), date(2026, 3, 1)),
        ("NEXT_MONTH", None, date(2026, 4, 1), date(2026, 5, 1)),
        ("LAST_QUARTER", None, date(2025, 10, 1), date(2026, 1, 1)),
        ("LAST_N_MONTHS", 2, date(2026, 1, 1), date(2026, 3, 1)),
        ("NEXT_N_DAYS", 3, date(2026, 3, 5), date(2026, 3, 8)),
        ("LAST_90_DAYS", None, date(2025, 12, 4), date(2026, 3, 5)),
        ("N_DAYS_AGO", 2, date(2026, 3, 2), date(2026, 3, 3)),
        ("N_YEARS_AGO", 1, date(2025, 1, 1), date(2026, 1, 1)),
    ],
)
def test_date_literals_are_spans_of_days(name, number, first, after):
    assert days(DateLiteral(name, number), date(2026, 3, 4)) == (first, after)


def test_a_day_of_23_hours_has_23_hours():
    zone = ZoneInfo("America/New_York")
    start, end = instants(DateLiteral("TODAY", None), datetime(2026, 3, 8, 18, tzinfo=UTC), zone)
    assert (start, end) == (datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 3, 9, 4, tzinfo=UTC))


@pytest.mark.parametrize(
    ("function", "sunday", "new_year"),
    [
        ("CALENDAR_YEAR", 2026, 2025), ("CALENDAR_QUARTER", 1, 4), ("CALENDAR_MONTH", 1, 12), ("DAY_IN_MONTH", 5, 31),
        ("DAY_IN_WEEK", 2, 4), ("DAY_IN_YEAR", 5, 365), ("WEEK_IN_MONTH", 1, 5), ("WEEK_IN_YEAR", 1, 53),
        ("HOUR_IN_DAY", 4, 12), ("DAY_ONLY", "2026-01-05", "2025-12-31"),
    ],
)  # fmt: skip
def test_date_functions_work_on_utc(org, function, sunday, new_year):
    """L1 came on Sunday at 23:59:59 of New York, which is Monday 04:59:59 UTC."""
    for name, expected in (("L1", sunday), ("L3", new_year)):
        called = f"{function}(CreatedDate)"
        soql = f"SELECT {called}, COUNT(Id) n FROM Lead WHERE Name = '{name}' GROUP BY {called}"
        assert ask(org, soql) == [{"expr0": expected, "n": 1}]


def test_groups_by_day_with_a_filter_an_order_and_aliases(org):
    soql = (
        "SELECT DAY_ONLY(CreatedDate) day, LeadSource, COUNT(Id), MAX(CreatedDate) FROM Lead "
        "WHERE CALENDAR_YEAR(CreatedDate) = 2026 AND DAY_IN_WEEK(CreatedDate) IN (2, 3) "
        "GROUP BY day_only(CreatedDate), LeadSource HAVING COUNT(Id) > 1 ORDER BY DAY_ONLY(CreatedDate) DESC"
    )
    last = "2026-01-05T05:00:00.000+0000"
    assert ask(org, soql) == [{"day": "2026-01-05", "LeadSource": "Web", "expr0": 2, "expr1": last}]
    assert ask(org, "SELECT COUNT(Id) n FROM Lead WHERE DAY_ONLY(CreatedDate) = 2026-01-05") == [{"n": 2}]
    assert ask(org, "SELECT DAY_IN_MONTH(Day__c) d FROM Lead GROUP BY DAY_IN_MONTH(Day__c)") == [
        {"d": None}, {"d": 4}, {"d": 5},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("soql", "complaint"),
    [
        ("SELECT DAY_ONLY(CreatedDate) FROM Lead", "DAY_ONLY() must be in the GROUP BY clause to be selected"),
        ("SELECT DAY_ONLY(CreatedDate), COUNT(Id) FROM Lead",
         "Field must be grouped or aggregated: DAY_ONLY(CreatedDate)"),
        ("SELECT COUNT(Id) FROM Lead GROUP BY DAY_ONLY(Name)",
         "field Name does not support the date function DAY_ONLY"),
        ("SELECT COUNT(Id) FROM Lead GROUP BY HOUR_IN_DAY(Day__c)",
         "field Day__c does not support the date function HOUR_IN_DAY"),
        ("SELECT Id FROM Lead WHERE CALENDAR_YEAR(CreatedDate) = THIS_YEAR",
         "CALENDAR_YEAR() cannot be compared with the date literal THIS_YEAR"),
        ("SELECT Id FROM Lead WHERE DAY_ONLY(CALENDAR_YEAR(CreatedDate)) = 1", "unexpected token: 'CALENDAR_YEAR'"),
    ],
)  # fmt: skip
def test_mistakes_with_date_functions(org, soql, complaint):
    error = refusal(org, soql)
    assert (error.code, error.message.splitlines()[-1]) == ("MALFORMED_QUERY", complaint)


def test_the_audit_trail_is_counted_but_not_aggregated(org):
    org.rows.insert("SetupAuditTrail", {"Action": "createduser", "Display": "x"})
    assert query(org, "SELECT COUNT() FROM SetupAuditTrail", user_id=org.admin_id).total == 1
    error = refusal(org, "SELECT Action, COUNT(Id) FROM SetupAuditTrail GROUP BY Action")
    assert (error.code, error.message) == (
        "MALFORMED_QUERY", "Aggregate queries are not supported on SetupAuditTrail",
    )  # fmt: skip
