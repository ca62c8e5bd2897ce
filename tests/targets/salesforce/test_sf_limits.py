"""Rules S2xx: code, place and text of every finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from strategies.designs import compiled, read
from test_sf_render import example

from provisioner.targets.registry import load_target
from provisioner.targets.salesforce.limits import RULES

Edit = Callable[[dict[str, Any]], Any]


def findings(edit: Edit) -> list[tuple[str, str, str, str]]:
    document = example()
    edit(document)
    found, said = load_target("salesforce").desire(compiled(document), read(document).locate)
    assert (len(found) == 0) == any(item.severity == "error" for item in said)
    return [(item.code, item.severity, item.pointer, item.detail) for item in said]


def test_the_example_has_none() -> None:
    assert findings(lambda document: None) == []


def hours(text: Any) -> Edit:
    return lambda d: d["business_hours"]["us"].update(open={"mon-fri": text})


MANY = [f"v{place}" for place in range(120)]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            lambda d: d["recipients"].update(
                {"x" * 40: {"user": "a@b.example"}, "backup_queue": {"queue": "SDR Backup"}}
            ),
            [("S212", "error", "/recipients/backup_queue", "'SDR Backup' is not an API name.")],
        ),
        (
            lambda d: d["lead_types"][1].update(
                when={"not": {"any": [{"LeadSource": MANY}, {"all": [{"Country": MANY}, {"City": MANY}]}]}}
            ),
            [
                (
                    "S204",
                    "error",
                    "/lead_types/1/when",
                    "The condition of 'demo_request' needs 2797 characters of logic; a flow decision holds 1000.",
                )
            ],
        ),
        (
            hours(["08:00-12:00", "13:00-18:00"]),
            [
                (
                    "S208",
                    "error",
                    "/business_hours/us/open",
                    f"us is open 2 times on {day}; Salesforce knows one interval per day.",
                )
                for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
            ],
        ),
        (
            lambda d: d["business_hours"]["us"].update(open={"mon": "18:00-24:00", "tue": "00:00-24:00"}),
            [
                (
                    "S208",
                    "error",
                    "/business_hours/us/open",
                    "us is open until midnight on Monday, which Salesforce can only say of a whole day.",
                )
            ],
        ),
        (
            lambda d: d.update(surge={"when": "daily volume > 2x 30-day average", "factor": 2}),
            [],
        ),
        (
            lambda d: d["lead_types"][0].update(follow_up={"touches": 6, "within": "48h"}),
            [],
        ),
        (
            lambda d: d["escalation"]["standard"][1].update(notify=["backup_queue"], via=["email"]),
            [
                (
                    "S210",
                    "error",
                    "/escalation/standard/1/via",
                    "Email cannot reach backup_queue (a group or queue). Nobody would be told by this step.",
                )
            ],
        ),
        (
            lambda d: d["escalation"]["standard"][1].update(notify=["backup_queue", "rep"], via=["email"]),
            [("S210", "warning", "/escalation/standard/1/via", "Email cannot reach backup_queue (a group or queue).")],
        ),
        (
            lambda d: d["telemetry"].update(engagement=["Owner.CreatedDate", "CreatedDate"]),
            [("S211", "error", "/telemetry/engagement/0", "'Owner.CreatedDate' is not an API name of a field.")],
        ),
        (
            lambda d: d["exclusions"][1].update(when={"Status": ["Disqualified "]}),
            [("S213", "error", "/exclusions/1/when/Status", "'Disqualified ' begins or ends with a space.")],
        ),
        (
            lambda d: [
                d["exclusions"][1].update(when={"not": {"Status": ["Open", "{!x}"]}}),
                d["lead_types"][0].update(when={"any": [{"Company": {"starts_with": "a{!"}}, {"Title": [1, None]}]}),
                d["alerts"].update(quiet=[{"id": "q", "when": {"Title": ["{x}", "{! x", "!{x}"]}}]),
                d["telemetry"].update(stages={"field": "Status", "values": {"mql": "Fit", "sql": "Fit {!y}"}}),
            ],
            [
                (
                    "S229",
                    "error",
                    place,
                    f"A flow cannot compare with {value!r}: it would take what begins with '{{!' for a name.",
                )
                for place, value in [
                    ("/exclusions/1/when/not/Status", "{!x}"),
                    ("/lead_types/0/when/any/0/Company/starts_with", "a{!"),
                    ("/alerts/quiet/0/when/Title", "{! x"),
                    ("/telemetry/stages/values/sql", "Fit {!y}"),
                ]
            ],
        ),
        (
            lambda d: [
                d["exclusions"][1].update(when={"not": {"Name": {"contains": "test"}}}),
                d["lead_types"][0].update(
                    when={"any": [{"createddate": {"gte": "2026-01-01"}}, {"OwnerId": ["005000000000001AAA"]}]}
                ),
                d["alerts"].update(quiet=[{"id": "q", "when": {"Name": ["Test"], "Id": ["00Q000000000001AAA"]}}]),
            ],
            [
                (
                    "S233",
                    "error",
                    "/exclusions/1/when/not/Name/contains",
                    "'disqualified' asks for Name, which Salesforce fills in after that is decided.",
                ),
                (
                    "S233",
                    "error",
                    "/lead_types/0/when/any/0/createddate/gte",
                    "'emea_demo' asks for CreatedDate, which Salesforce fills in after that is decided.",
                ),
            ],
        ),
    ],
)
def test_findings(edit: Edit, expected: list[tuple[str, str, str, str]]) -> None:
    assert findings(edit) == expected


def test_designs_that_no_document_makes_are_checked_too() -> None:
    design = compiled(example())
    long = replace(
        design,
        target=replace(design.target, object="Contact"),
        alerts=replace(design.alerts, silent_to="q" * 250 + "@a.example"),
        lead_types=(replace(design.lead_types[0], id="two__underscores"), *design.lead_types[1:]),
    )
    found, said = load_target("salesforce").desire(long, read(example()).locate)
    assert len(found) == 0
    assert [(item.code, item.pointer, item.detail) for item in said] == [
        ("S201", "/target/object", "The design is about Contact; this version deploys clocks on Lead only."),
        ("S202", "/lead_types/0", "The lead type would be called 'two__underscores' (16 characters)."),
        ("S203", "/alerts/silent_to", f"{'q' * 40!r}… has 260 characters; the field holds 255."),
    ]


def test_every_rule_explains_itself() -> None:
    assert [rule.code for rule in RULES if len(rule.reason) < 40] == []
    assert all(rule.code.startswith("S") for rule in RULES)
