"""What a design names in the org, and what is said when the org has it otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from strategies.designs import compiled
from test_sf_render import example

from provisioner.model.design import Scalar
from provisioner.targets.base import Reference, Use
from provisioner.targets.registry import load_target
from provisioner.targets.salesforce.references import absent, kind_of, references, unfit, unlisted


def named(document: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [(item.name, item.use, item.pointer, item.named) for item in references(compiled(document))]


def test_fields_are_named_by_engagement_exclusions_and_lead_types() -> None:
    document = example()
    document["telemetry"]["engagement"] = ["Form_At__c", "CreatedDate", "STL_Engaged_At__c", "STL_Step_1_At__c"]
    document["exclusions"] = [{"id": "x", "when": {"in": {"in": ["a"]}, "Email": {"ends_with": "@x.example"}}}]
    document["lead_types"] = [
        {
            **document["lead_types"][0],
            "when": {"any": [{"not": {"City": {"is_blank": True}}}, {"NumberOfEmployees": {"gte": 5}}]},
        },
        {**document["lead_types"][1], "when": {"STL_Cycle__c": [2], "LeadSource": ["Web", None]}},
    ]
    document["unmatched"] = {"track_as": "none"}
    assert named(document) == [
        ("Form_At__c", "moment", "/telemetry/engagement/0", "/telemetry/engagement/0"),
        ("CreatedDate", "moment", "/telemetry/engagement/1", "/telemetry/engagement/1"),
        ("in", "equal", "/exclusions/0/when/in/in", "/exclusions/0/when/in"),
        ("Email", "part", "/exclusions/0/when/Email/ends_with", "/exclusions/0/when/Email"),
        ("City", "known", "/lead_types/0/when/any/0/not/City/is_blank", "/lead_types/0/when/any/0/not/City"),
        (
            "NumberOfEmployees",
            "order",
            "/lead_types/0/when/any/1/NumberOfEmployees/gte",
            "/lead_types/0/when/any/1/NumberOfEmployees",
        ),
        ("LeadSource", "equal", "/lead_types/1/when/LeadSource", "/lead_types/1/when/LeadSource"),
        ("66.0", "version", "/target/api_version", "/target/api_version"),
    ]


def test_the_reasons_and_the_version_of_the_design_are_looked_for() -> None:
    document = example()
    document["target"]["api_version"] = "64.0"
    document["recycling"] = {"reasons": ["a", "b", "c", "d", "e"]}
    document["breach"] = {"reasons": ["Vacation"]}
    found = references(compiled(document))
    assert [(item.name, item.pointer, item.values) for item in found if item.use in ("offered", "version")] == [
        ("STL_Rejection_Reason__c", "/recycling/reasons", ("a", "b", "c", "d", "e")),
        ("STL_Breach_Reason__c", "/breach/reasons", ("Vacation",)),
        ("64.0", "/target/api_version", ()),
    ]


def test_people_are_asked_for_only_when_they_are_told() -> None:
    document = example()
    silent = references(compiled(document))
    document["alerts"]["mode"] = "live"
    document["recipients"] |= {"on_call": {"group": "SDR_On_Call"}, "theirs": {"queue": "SDR_Theirs"}}
    told = [item for item in references(compiled(document)) if item not in silent]
    assert [(item.name, item.use, item.pointer) for item in told] == [
        ("sdr-manager@acme.example", "user", "/recipients/manager/otherwise/user"),
        ("cro@acme.example", "user", "/recipients/cro/user"),
        ("SDR_On_Call", "group", "/recipients/on_call/group"),
        ("SDR_Theirs", "queue", "/recipients/theirs/queue"),
    ]


def test_slack_is_looked_for_once_where_the_design_first_says_it() -> None:
    document = example()
    document["target"] |= {"slack_app_id": "A0123456789", "slack_workspace_id": "T0123456789"}
    document["recipients"] |= {"room": {"slack": "C0123456789"}, "desk": {"slack": "C0123456780"}}
    assert [item for item in references(compiled(document)) if item.use == "action"] == []  # nobody posts there
    document["lead_types"][1]["after_hours"] = {"clock": "calendar", "sla": "1h", "notify": ["rep", "desk"]}
    place = "/lead_types/1/after_hours/notify"
    promised = [item for item in references(compiled(document)) if item.use == "action"]
    assert promised == [Reference("slackPostMessage", "action", place, place, ("desk",))]
    name = next(iter(document["escalation"]))
    document["escalation"][name] = [
        {"at": "due", "notify": ["rep"], "via": ["email"]},
        {"at": "due + 1h", "notify": ["rep", "room"], "via": ["email", "slack"]},
        {"at": "due + 2h", "notify": ["room"], "via": ["slack"]},
    ]
    place = f"/escalation/{name}/1/via"
    posted = [item for item in references(compiled(document)) if item.use == "action"]
    assert posted == [Reference("slackPostMessage", "action", place, place, ("room", "desk"))]


def test_the_target_offers_them() -> None:
    design = compiled(example())
    assert load_target("salesforce").references(design) == references(design)  # type: ignore[attr-defined]


def reference(use: Use, *values: Scalar, name: str = "LeadSource") -> Reference:
    return Reference(name, use, "/value", "/name", values)


@pytest.mark.parametrize(
    ("name", "detail", "advice"),
    [
        (
            "LeedSource",
            "Lead has no field 'LeedSource' in this org.",
            "Did you mean LeadSource? Use the API name (Setup, Object Manager, Lead, Fields & Relationships), or "
            "create the field first.",
        ),
        (
            "Zzz__c",
            "Lead has no field 'Zzz__c' in this org.",
            "Use the API name (Setup, Object Manager, Lead, Fields & Relationships), or create the field first.",
        ),
        ("leadsource", "The org spells the field 'leadsource' as 'LeadSource'.", "Write LeadSource."),
    ],
)
def test_a_field_that_is_not_there(name: str, detail: str, advice: str) -> None:
    found = absent(reference("equal", name=name), ["Company", "LeadSource", "Rating"])
    assert found is not None
    assert (found.pointer, found.detail, found.advice) == ("/name", detail, advice)


def test_a_field_that_is_there() -> None:
    assert absent(reference("equal"), ["Company", "LeadSource"]) is None


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Text(80)", "text"), ("Picklist", "text"), ("Picklist (Multi-Select)", "text"), ("Lookup(User,Group)", "text"),
        ("Number(6, 0)", "number"), ("Percent(3, 2)", "number"), ("Formula (Number)", "number"),
        ("Formula (Text)", "text"), ("Checkbox", "checkbox"), ("Date", "date"), ("Date/Time", "date-time"),
        ("Zahl(6, 0)", None), ("Geolocation", None), ("", None), ("Formula (Zahl)", None),
    ],
)  # fmt: skip
def test_labels_that_are_not_known_say_nothing(label: str, kind: str | None) -> None:
    assert kind_of(label) == kind
    if kind is None:
        assert unfit(reference("part", "x"), label) is None


MOMENT, DAY = datetime(2026, 1, 31, 9, tzinfo=UTC), date(2026, 1, 31)


@pytest.mark.parametrize(
    ("asked", "label"),
    [
        (reference("known", True), "Number(6, 0)"),
        (reference("moment"), "Date/Time"),
        (reference("moment"), "Formula (Date/Time)"),
        (reference("part", "x"), "Email"),
        (reference("part", "x"), "Formula (Text)"),
        (reference("order", 5), "Currency(16, 2)"),
        (reference("order", DAY), "Date"),
        (reference("order", DAY), "Date/Time"),
        (reference("order", MOMENT), "Date/Time"),
        (reference("equal", "a", None, ""), "Picklist"),
        (reference("equal", 1, None, ""), "Number(6, 0)"),
        (reference("equal", True), "Checkbox"),
        (reference("equal", "005000000000001AAA"), "Lookup(User)"),
    ],
)
def test_what_fits(asked: Reference, label: str) -> None:
    assert unfit(asked, label) is None


ENGAGE = "Name a Date/Time field, such as CreatedDate."
NUMBERS = "Compare it with gt, gte, lt or lte, or list its numbers."
VALUES = "List its values: {FIELD: [value, value]}; or compare a number or a date."
DAYS = "Compare it with gt, gte, lt or lte and a day: 2026-01-31."


@pytest.mark.parametrize(
    ("asked", "label", "detail", "advice"),
    [
        (reference("moment"), "Text(80)", "; engagement needs a point in time.", ENGAGE),
        (reference("part", "1"), "Number(6, 0)", "; parts of a text are looked for in texts only.", NUMBERS),
        (reference("order", 5), "Picklist", ", which has no order.", VALUES),
        (reference("order", 5), "Checkbox", ", which has no order.", "Compare it with true or false."),
        (reference("order", 5), "Date", "; 5 is no value of it.", DAYS),
        (reference("order", DAY), "Number(6, 0)", "; 2026-01-31 is no value of it.", "Write a number, without quotes."),
        (reference("equal", "yes"), "Checkbox", "; 'yes' is no value of it.", "Write true or false, without quotes."),
        (reference("equal", 1, "5"), "Number(6, 0)", "; '5' is no value of it.", "Write a number, without quotes."),
        (reference("equal", True), "Text(80)", "; true is no value of it.", "Put the value in quotes."),
        (reference("equal", 12345), "Text(20)", "; 12345 is no value of it.", "Put the value in quotes."),
    ],
)  # fmt: skip
def test_what_does_not_fit(asked: Reference, label: str, detail: str, advice: str) -> None:
    found = unfit(asked, label)
    assert found is not None
    assert (found.pointer, found.detail, found.advice) == (
        "/value",
        f"LeadSource is a field of the type {label}{detail}",
        advice,
    )


OFFERED = {"web": "Web", "other": "Other"}


def test_values_that_no_list_offers() -> None:
    found = unlisted(reference("equal", "WEB", None, "Othr", "Fax"), OFFERED)
    assert found is not None
    assert (found.pointer, found.detail, found.advice) == (
        "/value",
        "'Othr' and 'Fax' are no values of the picklist LeadSource in this org.",
        "Did you mean 'Other'? It offers 'Web', 'Other'. No lead matches a value that nothing sets.",
    )


def test_values_that_a_list_offers() -> None:
    assert unlisted(reference("equal", "web", "Other", None, ""), OFFERED) is None
    assert unlisted(reference("part", "x"), OFFERED) is None
