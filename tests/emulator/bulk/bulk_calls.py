"""Bulk jobs for tests, over HTTP: what a client does, call by call."""

from __future__ import annotations

import csv
import io
from typing import Any

BASE = "jobs/ingest"


def opened(emulator: Any, operation: str = "insert", sobject: str = "Lead", **facts: Any) -> str:
    answer = emulator.call("POST", BASE, {"operation": operation, "object": sobject, **facts})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def put(emulator: Any, job: str, text: str) -> Any:
    return emulator.call("PUT", f"{BASE}/{job}/batches", data=text.encode(), headers={"Content-Type": "text/csv"})


def closed(emulator: Any, text: str, operation: str = "insert", sobject: str = "Lead", **facts: Any) -> str:
    """A job with its data, ready to work."""
    job = opened(emulator, operation, sobject, **facts)
    assert put(emulator, job, text).status_code == 201
    assert emulator.call("PATCH", f"{BASE}/{job}", {"state": "UploadComplete"}).json()["state"] == "UploadComplete"
    return job


def info(emulator: Any, job: str, kind: str = "ingest") -> dict[str, Any]:
    answer = emulator.call("GET", f"jobs/{kind}/{job}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ended(emulator: Any, job: str, kind: str = "ingest") -> dict[str, Any]:
    """The job's info once it has ended, asked at most fifty times."""
    for _ in range(50):
        found = info(emulator, job, kind)
        if found["state"] in ("JobComplete", "Failed", "Aborted"):
            return found
    raise AssertionError(found)


def done(emulator: Any, text: str, operation: str = "insert", sobject: str = "Lead", **facts: Any) -> str:
    job = closed(emulator, text, operation, sobject, **facts)
    assert ended(emulator, job)["state"] == "JobComplete"
    return job


def result(emulator: Any, job: str, which: str) -> str:
    answer = emulator.call("GET", f"{BASE}/{job}/{which}")
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/csv"), answer.text
    return str(answer.text)


def errors_of(emulator: Any, job: str) -> list[str]:
    return [row["sf__Error"] for row in csv.DictReader(io.StringIO(result(emulator, job, "failedResults")))]
