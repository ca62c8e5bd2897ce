"""Bulk API 2.0: queries and updates as jobs. [docs] reference/salesforce.md 8.4, reference/clients.md (sf CLI, bulk),
and the vendor's Bulk API 2.0 guide for the results of ingest jobs.

Handing in data and setting it to work is never repeated by itself: whoever lost the answer looks the job up by its id.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from provisioner.errors import Rejected, TargetError, Unreachable
from provisioner.past import Filled
from provisioner.targets.http.policy import Kind
from provisioner.targets.http.reply import Reply
from provisioner.targets.salesforce.session.pace import Pace
from provisioner.targets.salesforce.session.rest import Rest, record_id
from provisioner.targets.salesforce.session.transport import Call

MOST_PER_PAGE = 50_000
WAIT_LIMIT = 14_400.0  # seconds; a queue of jobs can be long
DONE, FAILED, ABORTED, OPEN = "JobComplete", "Failed", "Aborted", "Open"
ENDED = frozenset({DONE, FAILED, ABORTED})
_CSV = {"contentType": "CSV", "columnDelimiter": "COMMA", "lineEnding": "LF"}
_JSON = {"Content-Type": "application/json; charset=UTF-8"}
_NOT_PROCESSED = "Not processed: the job ended before it came to this row."


class Bulk:
    def __init__(self, rest: Rest, pace: Pace) -> None:
        self._rest = rest
        self._pace = pace

    def query(self, columns: Sequence[str], rest: str, what: str) -> Iterator[dict[str, str]]:
        """The columns of all rows, archived ones included (`queryAll`: old activities and history are only found so),
        page by page; blank is an empty text. `rest` begins with FROM. Rejected carries the vendor's words."""
        body = {"operation": "queryAll", "query": f"SELECT {', '.join(columns)} {rest}", **_CSV}
        job = self._job(self._post("jobs/query", body, what), what)
        self._wait(f"jobs/query/{job}", what)
        page = f"jobs/query/{job}/results?maxRecords={MOST_PER_PAGE}"
        locator = ""
        while locator != "null":
            reply = self._get(page + (f"&locator={quote(locator, safe='')}" if locator else ""), what)
            lines = _lines(reply)
            if len(next(lines, [])) != len(columns):
                raise Unreachable(f"Salesforce's answer when asked to {what} has other columns than were asked for.")
            yield from (dict(zip(columns, line, strict=True)) for line in lines)
            locator = reply.headers.get("sforce-locator", "null")

    def begin(self, sobject: str) -> str:
        """A job for updates, still empty; its id. Nothing happens to any record yet."""
        what = f"begin a job that updates {sobject}"
        body = {"object": sobject, "operation": "update", **_CSV}
        return self._job(self._post("jobs/ingest", body, what), what)

    def submit(self, job: str, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
        """Hand the rows in and set the job to work. A column that a row does not have, or that is empty, is left as it
        is in the record: the vendor ignores empty values."""
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        self._send(
            Call(
                "take the rows of a job",
                "PUT",
                self._rest.path(f"jobs/ingest/{job}/batches"),
                Kind.SUBMIT,
                expected="bytes",
                headers={"Content-Type": "text/csv; charset=UTF-8"},
                body=text.getvalue().encode("utf-8"),
            )
        )
        self._set_state(job, "UploadComplete")

    def finish(self, job: str) -> Filled:
        """What became of every row, once the job has ended."""
        self._wait(f"jobs/ingest/{job}", "carry out a job", raising=False)
        return self._results(job)

    def settle(self, job: str) -> Filled:
        """The same of a job of an earlier run: what never got its rows is given up, what works is waited for."""
        try:
            state = self._info(f"jobs/ingest/{job}", "say how a job stands").get("state")
        except Rejected as refused:
            if "NOT_FOUND" in {code for code, _ in refused.problems}:
                return Filled()  # jobs are kept for a week
            raise
        if state == OPEN:
            self._set_state(job, ABORTED)
            return Filled()
        return self.finish(job)

    # -------------------------------------------------------------- one request each

    def _results(self, job: str) -> Filled:
        written = {row["sf__Id"] for row in self._result(job, "successfulResults")}
        failed = {row.get("sf__Id") or row["Id"]: row["sf__Error"] for row in self._result(job, "failedResults")}
        failed |= {row["Id"]: _NOT_PROCESSED for row in self._result(job, "unprocessedrecords") if row.get("Id")}
        return Filled(frozenset(written), failed)

    def _result(self, job: str, which: str) -> Iterator[dict[str, str]]:
        return _rows(self._get(f"jobs/ingest/{job}/{which}", "say what became of the rows of a job"))

    def _wait(self, tail: str, what: str, *, raising: bool = True) -> None:
        """Rejected when the job failed and `raising`; TargetError when it takes hours."""
        waited = 0.0
        for delay in self._pace.poll_delays():
            info = self._info(tail, what)
            if info.get("state") in ENDED:
                break
            if waited > WAIT_LIMIT:
                raise TargetError(
                    f"Salesforce has not finished a bulk job after {waited / 3600:.0f} hours ({tail}).",
                    advice="Look at Setup, Bulk Data Load Jobs. Running the same command again goes on with it.",
                )
            self._pace.sleep(delay)
            waited += delay
        if raising and info.get("state") != DONE:
            said = str(info.get("errorMessage") or info.get("state"))
            raise Rejected(f"Salesforce refused to {what}: {said}", problems=[("", said)])

    def _info(self, tail: str, what: str) -> dict[str, Any]:
        return self._rest.read_json(tail, what)

    def _get(self, tail: str, what: str) -> Reply:
        headers = {"Accept": "text/csv"}
        return self._send(Call(what, "GET", self._rest.path(tail), Kind.LOOK, expected="bytes", headers=headers))

    def _post(self, tail: str, body: Mapping[str, str], what: str) -> Reply:
        content = json.dumps(body).encode("utf-8")
        return self._send(Call(what, "POST", self._rest.path(tail), Kind.MAKE, headers=_JSON, body=content))

    def _set_state(self, job: str, state: str) -> None:
        content = json.dumps({"state": state}).encode("utf-8")
        path = self._rest.path(f"jobs/ingest/{job}")
        what = "set a job to work" if state != ABORTED else "give a job up"
        self._send(Call(what, "PATCH", path, Kind.SUBMIT, headers=_JSON, body=content))

    def _send(self, call: Call) -> Reply:
        return self._rest.transport.send(call)

    def _job(self, reply: Reply, what: str) -> str:
        body = reply.json(what)
        return record_id(body.get("id") if isinstance(body, dict) else None, "a bulk job")


def _lines(reply: Reply) -> Iterator[list[str]]:
    return csv.reader(io.TextIOWrapper(io.BytesIO(reply.body), encoding="utf-8", newline=""))


def _rows(reply: Reply) -> Iterator[dict[str, str]]:
    lines = _lines(reply)
    header = next(lines, [])
    return (dict(zip(header, line, strict=False)) for line in lines)
