"""Whether an org has the action that posts to Slack is looked up before anything is deployed, in no further request."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import requests
from launching import launched
from salesforce_bench import Bench, salesforce_bench

from provisioner import assets

SLACK = {"app": "A0123456789", "workspace": "T0123456789", "conversations": ["C0123456789"]}
PLACE = re.compile(r"^acme\.yaml:(\d+):(\d+): warning S232: No action that posts to Slack$", re.MULTILINE)
LACKS = (
    "This org does not list the action that posts to Slack (slackPostMessage) to this user: either it is not connected "
    "to Slack, or the user may not take the action. Unless it is there all the same, the validation before a "
    "deployment refuses the flows that post to key_accounts_room, and with them everything else; flows that are in the "
    "org already post nothing."
)
MOST_CALLS = 12


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """The example that posts to a channel; the org is not connected to Slack."""
    return salesforce_bench(tmp_path, acme=assets.read_text("examples", "global-salesforce.yaml"))


def connect_slack(bench: Bench, slack: dict[str, Any] = SLACK) -> None:
    requests.post(f"{bench.emulator.url}/_emulator/settings", json={"slack": slack}, timeout=30).raise_for_status()


def told(bench: Bench, *options: str, code: int = 0) -> str:
    """What a command says beside its result; warnings are among it."""
    environment = os.environ | {"EMULATOR_TOKEN": bench.emulator.access_token, "XDG_CONFIG_HOME": str(bench.folder)}
    ended, out, err = launched(options, bench.folder, environment)
    assert ended == code, out + err
    return err


def listings(calls: list[str]) -> int:
    return sum("/actions/standard" in call for call in calls)


def misfits(bench: Bench) -> list[dict[str, Any]]:
    found = json.loads(bench("drift", "acme.yaml", "-c", "box", "--json", code=3))["findings"]
    return [item for item in found if "slackPostMessage" in item["detail"]]


def test_an_org_without_slack_is_a_warning_where_the_design_says_slack(bench: Bench) -> None:
    bench.calls()
    said = told(bench, "plan", "acme.yaml", "-c", "box")
    calls = bench.calls()
    assert (listings(calls), len(calls) <= MOST_CALLS) == (1, True)
    (place,) = PLACE.finditer(said)
    line, column = (int(number) for number in place.groups())
    text = (bench.folder / "acme.yaml").read_text(encoding="utf-8").splitlines()[line - 1]
    assert text[column - 1 :] == "[bell, email, slack]}"
    assert LACKS in said


def test_the_validation_refuses_what_the_warning_said(bench: Bench) -> None:
    said = told(bench, "apply", "acme.yaml", "-c", "box", "--yes", code=1)
    assert LACKS in said
    assert "slackPostMessage" in said.split(LACKS)[1]
    assert bench("plan", "acme.yaml", "-c", "box").count("to change, 0 to delete") == 1


def test_once_slack_is_connected_nothing_is_said_until_it_is_gone_again(bench: Bench) -> None:
    connect_slack(bench)
    assert PLACE.search(told(bench, "apply", "acme.yaml", "-c", "box", "--yes")) is None
    bench.calls()
    assert "S232" not in told(bench, "plan", "acme.yaml", "-c", "box")
    calls = bench.calls()
    assert (listings(calls), len(calls) <= MOST_CALLS) == (1, True)
    assert misfits(bench) == []
    connect_slack(bench, {})
    (found,) = misfits(bench)
    assert (found["code"], found["severity"]) == ("C208", "warning")
    assert found["detail"] == f"No action that posts to Slack: {LACKS}"
    assert found["consequence"] == (
        "What the design says there does not get through, and a deployment can be refused for it."
    )
    assert re.fullmatch(r"/escalation/\w+/\d+/via", found["place"]["pointer"])


def test_a_design_that_posts_nowhere_does_not_ask(bench: Bench) -> None:
    bench.edit("via: [bell, email, slack]", "via: [bell, email]")
    bench.edit("notify: [rep, head_of_sales, key_accounts_room]", "notify: [rep, head_of_sales]")
    bench.calls()
    assert "Slack" not in told(bench, "plan", "acme.yaml", "-c", "box")
    assert listings(bench.calls()) == 0


def test_an_org_that_does_not_tell_is_not_taken_for_one_that_has_it(bench: Bench) -> None:
    """The plan is made all the same; nothing is asked twice."""
    connect_slack(bench)
    body = [{"errorCode": "NOT_IMPLEMENTED", "message": "not here"}]
    match = {"path_regex": "/actions/standard$"}
    fault = {"kind": "status", "status": 501, "body": body, "times": 9, "match": match}
    requests.post(f"{bench.emulator.url}/_emulator/faults", json=fault, timeout=30).raise_for_status()
    bench.calls()
    said = told(bench, "plan", "acme.yaml", "-c", "box")
    assert listings(bench.calls()) == 1
    assert "warning S224: Not held against the org\n" in said
    assert (
        "Whether the org has the action that posts to Slack (slackPostMessage) could not be looked up: Salesforce "
        "refused to list its actions: NOT_IMPLEMENTED: not here"
    ) in said
    assert "S232" not in said
    bench("apply", "acme.yaml", "-c", "box", "--yes")
    found = json.loads(bench("drift", "acme.yaml", "-c", "box", "--json", code=3))
    assert [item for item in found["unchecked"] if "posts to Slack (slackPostMessage)" in str(item)] != []
