"""The SOQL an audit is made of: what it means, that nothing from a document or CRM can leave its place, and that parts
of a count are all of it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soql_in_sqlite import Table
from test_audit_meanings import DESIGN

from provisioner.errors import NotAllowed, Rejected, TargetError, Unreachable
from provisioner.facts import Scope
from provisioner.model.design import All, Any_, Condition, Not, Test
from provisioner.sla import evaluate
from provisioner.targets.salesforce.audit import calendars, carriers, checks, people, periods, standings
from provisioner.targets.salesforce.audit.answers import Answer, Refusal
from provisioner.targets.salesforce.audit.leads import VERDICTS, Leads
from provisioner.targets.salesforce.audit.where import field_name, matches, written
from provisioner.targets.salesforce.session import audit, together

NOW = datetime(2026, 3, 2, 13, tzinfo=UTC)
SCOPE = Scope(NOW, datetime(2026, 2, 1, tzinfo=UTC), ("Source",))
LEADS = Leads(DESIGN, SCOPE, {})
TYPES = tuple(item.id for item in DESIGN.lead_types)
CREATED = "2026-02-10T00:00:00Z"

# ------------------------------------------------------------- conditions

WORDS = ["Web", "web", "50%", "a_b", "it's", "back\\slash", "\\", "%", "_", "x' OR Id != null OR Source = 'x", "é"]
NUMBERS = [-1, 0, 1000, 2.5]


def comparisons() -> st.SearchStrategy[Test]:
    texts = st.sampled_from([*WORDS, None, ""])
    listed = st.builds(
        lambda op, values: Test("Source", op, tuple(values), "/x"),
        st.sampled_from(["in", "not_in"]), st.lists(texts, min_size=1, max_size=4),
    )  # fmt: skip
    parts = st.builds(
        lambda op, value: Test("Source", op, (value,), "/x"),
        st.sampled_from(["starts_with", "ends_with", "contains"]), st.sampled_from(WORDS),
    )  # fmt: skip
    order = st.builds(
        lambda op, value: Test("Size", op, (value,), "/x"),
        st.sampled_from(["gt", "gte", "lt", "lte"]), st.sampled_from(NUMBERS),
    )  # fmt: skip
    number = st.builds(
        lambda op, values: Test("Size", op, tuple(values), "/x"),
        st.sampled_from(["in", "not_in"]), st.lists(st.sampled_from([*NUMBERS, None]), min_size=1, max_size=3),
    )  # fmt: skip
    blank = st.builds(
        lambda field, value: Test(field, "is_blank", (value,), "/x"),
        st.sampled_from(["Source", "Size"]), st.booleans(),
    )  # fmt: skip
    return st.one_of(listed, parts, order, number, blank)


CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Any_(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=6,
)
ROWS = [{"Source": word, "Size": size} for word in [*WORDS, None] for size in [*NUMBERS, None]]


@settings(max_examples=200)
@given(condition=CONDITIONS, blanks=st.booleans(), negated=st.booleans())
def test_a_condition_means_in_soql_what_it_means_to_the_oracle(
    condition: Condition, blanks: bool, negated: bool
) -> None:
    """Whatever the platform thinks of comparing a blank, and with every word that could end a text too early."""
    table = Table(ROWS, ["Source", "Size"])
    found = table.query(f"SELECT Id FROM Lead WHERE {matches(condition, {}, negated=negated)}", blanks=blanks)
    table.close()
    expected = [place for place, row in enumerate(ROWS, start=1) if evaluate(condition, row) != negated]
    assert sorted(row["Id"] for row in found) == expected


def test_days_and_instants_are_written_for_the_kind_of_the_field() -> None:
    day, at = date(2026, 1, 31), datetime(2026, 1, 31, 9, tzinfo=UTC)
    assert (written(day), written(day, "datetime"), written(at)) == (
        "2026-01-31", "2026-01-31T00:00:00Z", "2026-01-31T09:00:00Z",
    )  # fmt: skip
    assert (written(True), written(False), written(5)) == ("TRUE", "FALSE", "5")


@pytest.mark.parametrize("name", ["", "Id FROM User", "a;b", "Lead Source", "x'", "Ä__c", "__r..x", "1a"])
def test_what_is_no_field_name_never_becomes_part_of_a_query(name: str) -> None:
    with pytest.raises(TargetError, match="is no name of a field and cannot be asked for in Salesforce"):
        field_name(name)
    with pytest.raises(TargetError):
        carriers.parts([name], None)


@given(st.text(st.characters(min_codepoint=32, exclude_characters="\x7f"), min_size=1, max_size=20))
def test_nothing_of_the_document_ends_its_text(word: str) -> None:
    """A hostile word stands wherever the document may put one; without its texts every query stays the same."""
    recipient = dataclasses.replace(DESIGN.recipients["cro"], value=word)
    touch = dataclasses.replace(DESIGN.telemetry.first_touch, ignore_users=(word,))
    hostile = dataclasses.replace(
        DESIGN,
        recipients={**DESIGN.recipients, "cro": recipient},
        telemetry=dataclasses.replace(DESIGN.telemetry, first_touch=touch),
        alerts=dataclasses.replace(DESIGN.alerts, silent_to=word),
    )

    def shape(design: Any) -> Counter[str]:
        leads = dataclasses.replace(LEADS, design=design)
        asked = standings.questions(design) | checks.questions(leads) | people.questions(leads)
        asked |= calendars.questions(design) | periods.questions(leads)
        texts = re.compile(r"'(?:\\.|[^'\\])*'(?:, '(?:\\.|[^'\\])*')*")
        return Counter(texts.sub("''", query) for query in asked.values())

    assert shape(hostile) == shape(DESIGN)


# --------------------------------------------------- parts are all of it


class Org:
    """Answers bundles of queries from a table, as many groups as asked for."""

    def __init__(self, table: Table, options: Mapping[str, Any] | None = None) -> None:
        self.table = table
        self.calls = 0
        self.asked: list[str] = []
        self._field = {"name": "Source", "label": "Source", "type": "string", "groupable": True} | dict(options or {})

    def path(self, tail: str) -> str:
        return f"/services/data/v66.0/{tail}"

    def described(self, _: str) -> dict[str, Any]:
        return {"fields": [self._field]}

    def post_read(self, tail: str, body: Mapping[str, Any], _: str) -> dict[str, Any]:
        self.calls += 1
        assert tail == "composite"
        assert json.loads(json.dumps(body))["allOrNone"] is False
        assert 1 <= len(body["compositeRequest"]) <= 5
        return {"compositeResponse": [self._answer(item) for item in body["compositeRequest"]]}

    def _answer(self, item: Mapping[str, Any]) -> dict[str, Any]:
        soql = unquote(item["url"].partition("?q=")[2])
        self.asked.append(soql)
        if "GROUP BY Source" not in soql:
            refused = [{"errorCode": "INVALID_TYPE", "message": "\nx\nsObject type 'Y' is not supported. More."}]
            return {"referenceId": item["referenceId"], "httpStatusCode": 400, "body": refused}
        rows = self.table.query(soql)
        body = {"totalSize": len(rows), "done": True, "records": rows}
        return {"referenceId": item["referenceId"], "httpStatusCode": 200, "body": body}


STATUSES = [None, "met", "touched_late", "within_sla", "breached", "excluded", "surprise"]
FIELDS = ["Source", "CreatedDate", "STL_Lead_Type__c", "STL_SLA_Status__c", "STL_SLA_Due_At__c"]
SOURCES = st.text(st.sampled_from("aAbB'\\%_ é"), min_size=1, max_size=3) | st.none()
LEAD = st.builds(
    lambda source, lead_type, status, due: dict(
        zip(FIELDS, (source, CREATED, lead_type, status, due), strict=True)
    ),
    SOURCES, st.sampled_from([*TYPES[:2], None]), st.sampled_from(STATUSES),
    st.sampled_from([None, "2026-03-01T00:00:00Z", "2026-03-02T13:00:00Z", "2026-03-03T00:00:00Z"]),
)  # fmt: skip


def verdict(lead: Mapping[str, Any]) -> str | None:
    """As the rules say it: met is a hit, touched late a miss, and a running clock is one once it is past due."""
    status, due = lead["STL_SLA_Status__c"], lead["STL_SLA_Due_At__c"]
    if status in ("met", "touched_late"):
        return "Hit" if status == "met" else "Miss"
    running = status in ("within_sla", "breached")
    return "Miss" if running and due is not None and due < "2026-03-02T13:00:00Z" else None


@settings(max_examples=60)
@given(leads=st.lists(LEAD, max_size=60), most=st.integers(4, 9))
def test_halved_counts_are_the_whole_count(leads: list[dict[str, Any]], most: int) -> None:
    """With room for a handful of groups per answer: no lead is lost or counted twice, blanks and values that sort equal
    included; or the carrier is said not to be counted."""
    table = Table(leads, FIELDS)
    org = Org(table)
    before, carriers.GROUPS_MOST = carriers.GROUPS_MOST, most
    try:
        facts = audit.audit(org, DESIGN, SCOPE)  # type: ignore[arg-type]
    finally:
        carriers.GROUPS_MOST = before
        table.close()
    told = {item.part: item.why for item in facts.unasked if item.part.startswith("carriers/")}
    if told:
        assert told == {"carriers/Source": "Source holds too many different values to count them one by one."}
        assert [carrier.tallies for carrier in facts.carriers] == [()]
        return
    counted: Counter[tuple[Any, ...]] = Counter()
    for tally in facts.carriers[0].tallies:
        counted[_folded(tally.value), tally.lead_type, tally.verdict] += tally.count
    expected = Counter((_folded(lead["Source"]), lead["STL_Lead_Type__c"], verdict(lead)) for lead in leads)
    assert counted == expected


def _folded(value: str | None) -> str | None:
    """As SQLite folds: ASCII only."""
    return None if value is None else value.lower()


def test_an_answer_with_room_is_asked_once_and_a_full_one_again() -> None:
    table = Table([{"Source": f"s{n}", "CreatedDate": CREATED} for n in range(3000)], FIELDS)
    org = Org(table)
    facts = audit.audit(org, DESIGN, SCOPE)  # type: ignore[arg-type]
    table.close()
    assert sum(tally.count for tally in facts.carriers[0].tallies) == 3000
    grouped = [query for query in org.asked if "GROUP BY Source" in query]
    assert len(grouped) == 3 + 2, "three verdicts, and one of them in halves"
    assert "carriers/Source" not in {item.part for item in facts.unasked}


def test_values_with_what_is_not_seen_are_counted_too() -> None:
    """A no-break space comes with a text that somebody copied; a control character cannot stand in a query."""
    values = [f"s\u00a0{n}" for n in range(3000)]
    earlier = [{"Source": value, "CreatedDate": "2026-01-10T00:00:00Z"} for value in values[:2]]
    table = Table([{"Source": value, "CreatedDate": CREATED} for value in values] + earlier, FIELDS)
    org = Org(table)
    facts = audit.audit(org, DESIGN, SCOPE)  # type: ignore[arg-type]
    wanted = {"Source": [*values[1:3], "a\nb", "half \ud800"]}
    found = audit.earlier(org, DESIGN, SCOPE, wanted)  # type: ignore[arg-type]
    table.close()
    assert {tally.value for tally in facts.carriers[0].tallies} == set(values)
    assert {key: told.count for key, told in found.items()} == {("Source", values[1]): 1, ("Source", values[2]): 0}


def test_too_many_values_are_said_and_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carriers, "GROUPS_MOST", 2)
    table = Table([{"Source": f"s{n:05}", "CreatedDate": CREATED} for n in range(600)], FIELDS)
    org = Org(table)
    facts = audit.audit(org, DESIGN, SCOPE)  # type: ignore[arg-type]
    table.close()
    assert [(item.part, item.why) for item in facts.unasked if item.part.startswith("carriers")] == [
        ("carriers/Source", "Source holds too many different values to count them one by one.")
    ]
    assert facts.carriers[0].tallies == ()
    assert len([query for query in org.asked if "GROUP BY Source" in query]) <= audit.MOST_PARTS * 2


@pytest.mark.parametrize(
    ("described", "why"),
    [
        ({"type": "multipicklist", "groupable": False},
         "a field of the kind multi-select picklist; Salesforce does not count leads by such values."),
        ({"type": "double", "groupable": False}, "a field of the kind number with decimals; Salesforce does not count "
         "leads by such values."),
        ({"groupable": False, "calculated": True}, "a formula; Salesforce does not count leads by the value of this "
         "formula."),
    ],
)  # fmt: skip
def test_what_cannot_be_grouped_is_said_with_its_reason(described: dict[str, Any], why: str) -> None:
    table = Table([], FIELDS)
    values = [{"value": "A", "label": "Ay", "active": True}, {"value": "B", "label": "", "active": False}]
    with pytest.raises(NotAllowed, match="Nothing of this org could be counted: This user does not see Y, or"):
        audit.audit(Org(table, {"picklistValues": values} | described), DESIGN, SCOPE)  # type: ignore[arg-type]
    table.close()
    fields = carriers.described({"fields": [{"name": "Source", "picklistValues": values} | described]})
    assert [(item.part, item.why) for item in carriers.left_out(LEADS, fields, "", [], {})] == [
        ("carriers/Source", f"Source is {why}")
    ]
    read = carriers.read(LEADS, fields, [], {})
    listed = described.get("type") == "multipicklist"
    assert [(item.value, item.label, item.active) for item in read[0].options or ()] == (
        [("A", "Ay", True), ("B", "B", False)] if listed else []
    )


def test_the_verdicts_are_complete_and_apart() -> None:
    """Every lead has exactly one, whatever its status and due time say."""
    rows = [{"STL_SLA_Status__c": status, "STL_SLA_Due_At__c": due} for status in [*STATUSES, "at_risk", "escalated"]
            for due in (None, "2026-03-01T00:00:00Z", "2026-03-02T13:00:00Z", "2026-03-09T00:00:00Z")]  # fmt: skip
    table = Table(rows, ["STL_SLA_Status__c", "STL_SLA_Due_At__c"])
    for blanks in (True, False):
        found = [row["Id"] for one in VERDICTS
                 for row in table.query(f"SELECT Id FROM Lead WHERE {LEADS.verdict(one)}", blanks=blanks)]  # fmt: skip
        assert sorted(found) == list(range(1, len(rows) + 1))
    table.close()


# ---------------------------------------------------------- one at a time


class Door:
    """A REST door with prepared answers."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def path(self, tail: str) -> str:
        return f"/v/{tail}"

    def post_read(self, tail: str, body: Mapping[str, Any], what: str) -> dict[str, Any]:
        told = self.answers.pop(0)
        if isinstance(told, Exception):
            raise told
        return {"compositeResponse": told}


def refused(code: str, message: str) -> list[dict[str, Any]]:
    return [{"referenceId": "q0", "httpStatusCode": 400, "body": [{"errorCode": code, "message": message}]}]


@pytest.mark.parametrize(
    ("code", "message", "why"),
    [
        ("INVALID_FIELD", "\nSELECT X\n  ^\nERROR\nNo such column 'X__c' on entity 'Lead'. If …",
         "This user does not see the field X__c of Lead, or it is not there."),
        ("INVALID_TYPE", "\nsObject type 'Holiday' is not supported. If …",
         "This user does not see Holiday, or this org has none."),
        ("INSUFFICIENT_ACCESS_OR_READONLY", "no", "This user may not ask that (INSUFFICIENT_ACCESS_OR_READONLY: no)"),
        ("QUERY_TIMEOUT", "Your query request was running for too long.",
         "The org took too long to count that (QUERY_TIMEOUT: Your query request was running for too long.)"),
        ("MALFORMED_QUERY", "first\nlast", "Salesforce answered MALFORMED_QUERY: last"),
        ("", "", "Salesforce answered HTTP 400 without a reason."),
    ],
)  # fmt: skip
def test_a_refusal_says_why(code: str, message: str, why: str) -> None:
    told = together.ask(Door(refused(code, message)), {"a": "SELECT Id FROM Lead"}, "count")  # type: ignore[arg-type]
    hidden = code == "INVALID_TYPE"  # an object that a user may not see is one the org does not name
    assert told == {"a": Refusal("SELECT Id FROM Lead", why, is_hidden=hidden)}


def test_a_bundle_that_is_refused_leaves_the_others_answered() -> None:
    good = [{"referenceId": f"q{n}", "httpStatusCode": 200,
             "body": {"totalSize": 7, "done": False, "records": [{"attributes": {}, "Id": "1"}]}}
            for n in range(3)]  # fmt: skip
    queries = {f"k{n}": f"SELECT {n}" for n in range(6)}
    told = together.ask(Door(good, Rejected("Too large.", problems=[("X", "Y")])), queries, "count")  # type: ignore[arg-type]
    assert told == {
        f"k{n}": Refusal(f"SELECT {n}", "Too large.") if n % 2 else Answer(f"SELECT {n}", ({"Id": "1"},), 7)
        for n in range(6)
    }


def test_a_bundle_that_takes_too_long_leaves_the_others_answered_and_silence_from_the_start_is_no_answer() -> None:
    good = [{"referenceId": f"q{n}", "httpStatusCode": 200, "body": {"totalSize": 0, "records": []}} for n in range(3)]
    queries = {f"k{n}": f"SELECT {n}" for n in range(6)}
    told = together.ask(Door(good, Unreachable("No answer in time.")), queries, "count")  # type: ignore[arg-type]
    assert told == {
        f"k{n}": Refusal(f"SELECT {n}", "No answer in time.") if n % 2 else Answer(f"SELECT {n}", (), 0)
        for n in range(6)
    }
    with pytest.raises(Unreachable, match=r"^No answer in time\.$"):
        together.ask(Door(Unreachable("No answer in time."), good), queries, "count")  # type: ignore[arg-type]


def test_an_answer_that_lacks_a_part_is_no_answer() -> None:
    with pytest.raises(Unreachable, match=r"^Salesforce answered 0 of 1 questions when asked to count leads\.$"):
        together.ask(Door([]), {"a": "SELECT Id FROM Lead"}, "count leads")  # type: ignore[arg-type]
