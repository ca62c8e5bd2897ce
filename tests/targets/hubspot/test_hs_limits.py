"""Rules H3xx: code, place and text of every finding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hs_designs import compiled, example
from strategies.designs import read

from provisioner.targets.hubspot.desire import desire
from provisioner.targets.hubspot.limits import RULES

Edit = Callable[[dict[str, Any]], Any]
TEAM = ("H307", "info", "/recipients/backup_queue", "'backup_queue' is the team 'SDR Backup' of the account.")
SLACK = {"at": "due", "notify": ["channel"], "via": ["slack"]}


COMPUTED = "Business hours are computed by a custom-code action, which needs Data Hub Professional or higher."


def findings(edit: Edit) -> list[tuple[str, str, str, str]]:
    document = example()
    edit(document)
    found, said = desire(compiled(document), read(document).locate)
    assert (len(found) == 0) == any(item.severity == "error" for item in said)
    return [(item.code, item.severity, item.pointer, item.detail) for item in said if item.code not in ("H307", "H313")]


def slack(document: dict[str, Any]) -> None:
    document["recipients"]["channel"] = {"slack": "C0123456789"}
    document["escalation"]["standard"] = [SLACK]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda d: None, []),
        (
            lambda d: d["telemetry"].update(
                stages={"field": "lifecyclestage", "values": {"engaged": "lead", "sql": "salesqualifiedlead"}}
            ),
            [("H302", "error", "/telemetry/stages", "'stl_engaged_at' is a name of our own.")],
        ),
        (
            lambda d: d["lead_types"][0].update(when={"stl_cycle": {"gte": 2}}),
            [
                (
                    "H302", "error", "/lead_types/0/when/stl_cycle/gte",
                    "'stl_cycle' begins with the prefix of the properties that this design writes.",
                ),
                (
                    "H304", "error", "/lead_types/0/when/stl_cycle/gte",
                    "Whether 'stl_cycle' holds text, a number or something else is not known here.",
                ),
            ],
        ),
        (
            lambda d: d["telemetry"].update(engagement=["Form_At__c"]),
            [("H302", "error", "/telemetry/engagement/0", "'Form_At__c' is not the internal name of a property.")],
        ),
        (
            lambda d: d.update(
                lead_types=[
                    {**d["lead_types"][0], "id": f"type_{place}", "when": {"enquiry_type": [f"v{place}"]}}
                    for place in range(500)
                ],
                unmatched={"track_as": "none"},
            ),
            [
                (
                    "H303", "error", "/lead_types",
                    "There are 500 lead types; with `untracked` the property holds 500.",
                )
            ],
        ),
        (
            lambda d: d["lead_types"][0].update(when={"company_employees": {"not_in": list(range(300))}}),
            [
                (
                    "H304", "error", "/lead_types/0/when",
                    "The condition of 'emea_demo' becomes 300 filters; HubSpot takes about 250.",
                )
            ],
        ),
        (
            lambda d: d["lead_types"][0].update(id="untracked"),
            [("H305", "error", "/lead_types/0/id", "'untracked' stands for leads without a clock.")],
        ),
        (
            lambda d: d["recipients"].update(manager={"role": "owner_manager"}, cro={"user": "the CRO"}),
            [
                (
                    "H306", "error", "/recipients/manager",
                    "HubSpot does not know managers, so nobody could be told as 'manager'.",
                ),
                ("H306", "error", "/recipients/cro", "'the CRO' is not an email address."),
            ],
        ),
        (
            lambda d: d["telemetry"]["first_touch"].update(ignore_users=["bot"]),
            [("H306", "error", "/telemetry/first_touch/ignore_users/0", "'bot' is not an email address.")],
        ),
        (
            slack,
            [
                (
                    "H308", "error", "/escalation/standard/0/via",
                    "The version of the account's Slack action is not named.",
                )
            ],
        ),
        (lambda d: (slack(d), d["target"].update(slack_action_version=12)), []),
        (
            lambda d: d["target"].pop("timezone"),
            [("H309", "error", "/target", "Lead types have business hours, but target.timezone is not there.")],
        ),
        (
            lambda d: d["target"].update(timezone="New York"),
            [("H309", "error", "/target/timezone", "'New York' is not a time zone of the IANA list.")],
        ),
        (
            lambda d: d["target"].update(timezone="Asia/Tokyo"),
            [
                (
                    "H310", "error", f"/business_hours/{id}",
                    f"The hours of {id} cross midnight in the account's time zone, so its holidays cannot be kept.",
                )
                for id in ("emea", "us")
            ],
        ),
        (
            lambda d: d.update(recycling={"limit": 2, "reasons": ["a", "b", "c", "d", "e"]}),
            [("H311", "warning", "/recycling", "The section `recycling` is not deployed by this version.")],
        ),
        (
            lambda d: d["lead_types"][0].update(follow_up={"touches": 6, "within": "48h"}),
            [
                (
                    "H311", "warning", "/lead_types/0/follow_up",
                    "`follow_up` of 'emea_demo' is not deployed by this version.",
                )
            ],
        ),
        (
            lambda d: d["target"].update(features=["custom_code"]),
            [("H312", "info", "/target/features/0", COMPUTED)],
        ),
    ],
)  # fmt: skip
def test_findings(edit: Edit, expected: list[tuple[str, str, str, str]]) -> None:
    assert findings(edit) == expected


def test_a_queue_is_a_team_that_must_be_there() -> None:
    document = example()
    document["recipients"]["backup_queue"] = {"queue": "SDR Backup", "create": True}
    _, said = desire(compiled(document), read(document).locate)
    assert [(item.code, item.severity, item.pointer, item.detail) for item in said] == [
        (*TEAM[:3], TEAM[3] + " It is not created, although the design says create.")
    ]


def test_every_rule_gives_a_reason() -> None:
    numbers = [*range(301, 315), *range(320, 327), 999]
    assert [rule.code for rule in RULES] == [f"H{number}" for number in numbers]
    assert all(rule.reason for rule in RULES)
