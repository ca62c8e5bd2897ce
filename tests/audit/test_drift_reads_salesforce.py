"""What a whole `drift` sends to Salesforce, and what it says of everything that it was not told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import pytest
from crash.proxy import Answer, Asked, Pass

from .drift_bench import Ran
from .recording import Recording
from .salesforce_org import REPS, SalesforceOrg

WRITES = ("provisioner", "--write-patch", "--fix")
OPERATION = re.compile(rb"<(?:\w+:)?Body[^>]*>\s*<(?:\w+:)?(\w+)")
EVERY = 9  # of the answers that are spoilt, one in so many in the normal suite


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SalesforceOrg]:
    """Leads of a value that no rule knows, and a threshold that somebody changed."""
    made = SalesforceOrg(tmp_path_factory.mktemp("reads"))
    try:
        made.begin()
        made.forward(hours=7)
        at = datetime.fromisoformat(made.now)
        made.door("seed", {"records": [made.lead(at, value, REPS[0]) for value in ("Demo-Request", "Webinar") * 3]})
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SalesforceOrg]:
    made = SalesforceOrg(tmp_path_factory.mktemp("clean"))
    try:
        made.begin()
        made.forward(hours=7)
        at = datetime.fromisoformat(made.now)
        made.door("seed", {"records": [made.lead(at, "Webinar", REPS[0]) for _ in range(6)]})
        yield made
    finally:
        made.close()


def only_reads(asked: Asked) -> bool:
    """Judged by the vendor's rules, without our own."""
    if asked.method == "GET":
        return not asked.body
    if asked.path.endswith("/composite"):
        requests = json.loads(asked.body)["compositeRequest"]
        return all(one["method"] == "GET" and "/query?q=SELECT" in one["url"] and "body" not in one for one in requests)
    return asked.path.startswith("/services/Soap/m/") and OPERATION.search(asked.body)[1] in (  # type: ignore[index]
        b"retrieve", b"checkRetrieveStatus",
    )  # fmt: skip


def state(org: SalesforceOrg) -> Any:
    """Of everything a drift could touch: records, setup, and what reached people."""
    counted = [
        org.door("count", {"sobject": name}) for name in ("Lead", "Task", "User", "GroupMember", "StaticResource")
    ]
    changed = org.query("SELECT Id, LastModifiedDate FROM Lead") + org.query(
        "SELECT Id, LastModifiedDate FROM StaticResource"
    )
    return counted, changed, org.query("SELECT Id FROM SetupAuditTrail"), org.door("sent", method="GET")


def test_a_drift_that_writes_files_writes_nothing_else(org: SalesforceOrg) -> None:
    before, folder = state(org), org.desk.folder
    untouched = (folder / "acme.yaml").read_bytes()
    ran = org.desk.drift(
        org.now, "--fix", "--write-patch", "p.patch", "--html", "r.html", "-o", "r.json", "--markdown", "r.md",
        "--sarif", "r.sarif", "--junit", "r.xml",
    )  # fmt: skip
    assert ran.code == 3, ran.err
    assert ran.wire.asked
    assert [str(asked) for asked in ran.wire.asked if not only_reads(asked)] == []
    assert state(org) == before
    made = {"p.patch", "r.html", "r.json", "r.md", "r.sarif", "r.xml", "acme.fixed.yaml"}
    assert made <= {path.name for path in folder.iterdir()}
    assert (folder / "acme.yaml").read_bytes() == untouched
    assert "Demo-Request" in (folder / "acme.fixed.yaml").read_text(encoding="utf-8")


def refused(number: int) -> Callable[[Asked, Pass], Answer | None]:
    """The query of this number (from 0), or the call that holds no bundle, is answered as one that is not allowed."""
    seen = 0

    def spoil(asked: Asked, on: Pass) -> Answer | None:
        nonlocal seen
        first = seen
        if not asked.path.endswith("/composite"):
            seen += 1
            return forbidden() if first == number else None
        requests = json.loads(asked.body)["compositeRequest"]
        seen += len(requests)
        if not first <= number < seen:
            return None
        answer = on(asked.body)
        body = json.loads(answer.body)
        body["compositeResponse"][number - first] |= {
            "httpStatusCode": 403, "body": [{"errorCode": "INSUFFICIENT_ACCESS", "message": "no access"}],
        }  # fmt: skip
        return Answer(200, json.dumps(body).encode(), {"Content-Type": "application/json"})

    return spoil


def forbidden() -> Answer:
    body = [{"errorCode": "INSUFFICIENT_ACCESS", "message": "no access"}]
    return Answer(403, json.dumps(body).encode(), {"Content-Type": "application/json"})


def questions(ran: Ran) -> list[str]:
    found: list[str] = []
    for asked in ran.wire.asked:
        if asked.path.endswith("/composite"):
            found += [unquote(one["url"].partition("q=")[2]) for one in json.loads(asked.body)["compositeRequest"]]
        else:
            found.append(f"{asked.method} {unquote(asked.path)}")
    return found


# What the audit asks once more, for itself: who the recipients are.
ASKED_AGAIN = ("SELECT Username, Email, IsActive FROM User WHERE", "SELECT DeveloperName, Type FROM Group WHERE")


def not_clean(org: SalesforceOrg, number: int) -> None:
    usual = org.desk.drift(org.now)
    assert (usual.code, usual.keys) == (0, set())
    what = questions(usual)[number]
    ran = org.desk.drift(org.now, wire=Recording(spoil=refused(number)))
    if any(text in what for text in ASKED_AGAIN):
        assert ran.code == 0, what
        return
    assert ran.code == 1, what
    if "error" in ran.report:
        assert ran.report["error"]["message"], what  # nothing of the org could be read
        return
    assert ran.report["unchecked"], what
    assert all(item["why"] and item["consequence"] for item in ran.report["unchecked"])
    assert org.desk.drift(org.now, "--allow-unchecked", wire=Recording(spoil=refused(number))).code == 0


def test_what_may_not_be_asked_is_never_clean(clean: SalesforceOrg) -> None:
    numbers = range(1, len(questions(clean.desk.drift(clean.now))), EVERY)
    assert len(numbers) > 1, "a sample"
    for number in numbers:
        not_clean(clean, number)


@pytest.mark.full
def test_nothing_that_may_not_be_asked_is_ever_clean(clean: SalesforceOrg) -> None:
    for number in range(len(questions(clean.desk.drift(clean.now)))):
        not_clean(clean, number)


def test_without_the_permission_set_nearly_nothing_is_checked(clean: SalesforceOrg) -> None:
    """A user who reads leads, and none of the design's fields."""
    ran = clean.desk.drift(clean.now, token=clean.tokens[REPS[0]])
    assert ran.code == 1
    assert {"carriers/LeadSource", "totals", "people", "periods", "alerts"} <= ran.unchecked
    told = clean.desk("drift", "acme.yaml", "-c", "local", "--now", clean.now, token=clean.tokens[REPS[0]])
    assert "this is no clean result." in told.out
    assert "No drift" not in told.out
