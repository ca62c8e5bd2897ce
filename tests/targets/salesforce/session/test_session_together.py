from __future__ import annotations

from typing import Any

import pytest
from scripted_org import ScriptedOrg, said

from provisioner.errors import Unreachable
from provisioner.targets.salesforce.audit.answers import Answer, Refusal, number
from provisioner.targets.salesforce.session import SalesforceSession
from provisioner.targets.salesforce.session.together import ask


@pytest.mark.parametrize("records", [[None], ["Web"], [{"n": 3}, None], None, {"n": 3}])
def test_rows_that_are_no_rows_are_no_answer(org: ScriptedOrg, session: SalesforceSession, records: Any) -> None:
    """What is not understood is not checked; the others of the bundle are answered all the same."""
    org.on(lambda request: " FROM Lead" in request.soql, said({"totalSize": 1, "done": True, "records": records}))
    found = ask(session.rest, {"one": "SELECT Id FROM Lead", "two": "SELECT Id FROM Task"}, "count leads")
    assert found == {
        "one": Refusal("SELECT Id FROM Lead", "Salesforce answered HTTP 200 without a reason."),
        "two": Answer("SELECT Id FROM Task", (), 0),
    }


@pytest.mark.parametrize("count", ["3", None, -3, True, 2.5, float("inf"), float("nan"), [3]])
def test_what_is_no_count_is_never_taken_for_nothing(count: Any) -> None:
    with pytest.raises(Unreachable) as caught:
        number({"n": count}, "n")
    assert str(caught.value) == f"Salesforce answered {count!r} where a count belongs."


@pytest.mark.parametrize("count", [0, 3, 3.0])
def test_a_count_is_a_whole_number(count: float) -> None:
    assert number({"n": count}, "n") == count
