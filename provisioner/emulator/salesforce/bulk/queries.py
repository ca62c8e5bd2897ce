"""Query jobs: a statement whose whole answer is kept as CSV and handed out in pages. [docs] reference 8.4"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce.bulk.jobs import BulkJob, BulkStore
from provisioner.emulator.salesforce.bulk.table import DELIMITERS, ENDINGS, written
from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.soql import query
from provisioner.emulator.salesforce.soql.parse import parse

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.soql import Answer
    from provisioner.emulator.salesforce.state.org import Org

PAGE = 50_000  # records of a page when the client does not say
_SLICE = 10_000  # records turned into lines at a time
_FACTS = {"operation", "query", "contentType", "columnDelimiter", "lineEnding"}


class Queries:
    """The query jobs of an org."""

    def __init__(self, org: Org, store: BulkStore) -> None:
        self._org, self.store = org, store

    def open(self, body: Mapping[str, Any], user_id: str, version: str) -> BulkJob:
        """A new job; the statement is checked at once. Raises ApiError."""
        if unknown := sorted(set(body) - _FACTS):
            raise ApiError("JSON_PARSER_ERROR", f'Unrecognized field "{unknown[0]}" at [line:1, column:1]')
        if body.get("operation") not in ("query", "queryAll"):
            raise ApiError("INVALIDOPERATION", f"Operation '{body.get('operation')}' is not valid for a query job")
        for name, allowed in (("columnDelimiter", DELIMITERS), ("lineEnding", ENDINGS), ("contentType", {"CSV": ""})):
            if body.get(name) is not None and body[name] not in allowed:
                raise ApiError("JSON_PARSER_ERROR", f"'{body[name]}' is not a valid value for the enum '{name}'")
        text = str(body.get("query") or "")
        statement = parse(text)
        if statement.aggregated or statement.counts_rows:
            raise ApiError("API_ERROR", "Aggregate functions are not supported in Bulk Query")
        if statement.offset is not None:
            raise ApiError("API_ERROR", "OFFSET clause is not supported in Bulk Query")
        self._run(body["operation"], text, user_id, version, first=1)
        return self.store.create(
            "query", body["operation"], statement.sobject, user_id, version=version, query=text,
            delimiter=body.get("columnDelimiter") or "COMMA", ending=body.get("lineEnding") or "LF",
        )  # fmt: skip

    def _run(self, operation: str, text: str, user_id: str, version: str, first: int | None = None) -> Answer:
        if first is not None and parse(text).limit is None:
            text = f"{text} LIMIT {first}"
        return query(self._org, text, user_id=user_id, version=version, deleted=operation == "queryAll")

    def poll(self, job: BulkJob) -> BulkJob:
        """The job after one more step: the first finds it InProgress, the next done."""
        if job.state not in ("UploadComplete", "InProgress"):
            return job
        job.polls += 1
        self.store.keep(job, "InProgress")
        if job.polls >= max(1, self._org.settings.bulk_polls):
            self._finish(job)
        return job

    def settle(self) -> None:
        """Time passes: every query comes to its end."""
        for job in self.store.all("query"):
            if job.state in ("UploadComplete", "InProgress"):
                self._finish(job)

    def _finish(self, job: BulkJob) -> None:
        try:
            answer = self._run(job.operation, str(job.query), job.user_id, job.version)
        except ApiError as error:
            job.error = f"{error.code} : {error.message}"
            self.store.keep(job, "Failed")
            return
        names = [output.names for output in answer.plan.outputs]
        with self._org.transaction():
            self.store.put_rows(job, [(0, _line([".".join(one) for one in names], job), False, None)])
            for start in range(0, answer.total, _SLICE):
                self.store.put_rows(job, (
                    (place, _line([_shown(record, one) for one in names], job), False, None)
                    for place, record in enumerate(answer.records(start, _SLICE), start + 1)
                ))  # fmt: skip
            job.processed = answer.total
            self.store.keep(job, "JobComplete")

    def abort(self, job: BulkJob, state: object) -> BulkJob:
        """Raises ApiError for another state, and when it is too late."""
        if state != "Aborted":
            raise ApiError("INVALIDJOBSTATE", f"A query job's state cannot be set to {state}")
        if job.done:
            raise ApiError("INVALIDJOBSTATE", "Aborting already Completed Job not allowed")
        self.store.keep(job, "Aborted")
        return job

    def delete(self, job: BulkJob) -> None:
        """Raises ApiError while the job may still work."""
        if not job.done:
            raise ApiError("INVALIDJOBSTATE", f"Deleting a job in state {job.state} is not allowed")
        self.store.delete(job)

    def page(self, job: BulkJob, locator: str | None, most: int | None) -> tuple[str, int, str]:
        """(CSV with its header, number of records, the next locator or `null`). Raises ApiError."""
        if job.state != "JobComplete":
            raise ApiError("INVALIDJOBSTATE", f"Results are not available while the job is in state {job.state}")
        start = _place(locator) if locator else 0
        lines = self.store.lines(job, start + 1, most or PAGE)
        following = start + len(lines)
        header = self.store.lines(job, 0, 1)[0]
        return (
            "".join([header, *lines]),
            len(lines),
            _locator(following) if following < job.processed else "null",
        )


def _line(values: list[str], job: BulkJob) -> str:
    return written([values], job.delimiter, job.ending, quote_all=True)


def _shown(record: Any, names: tuple[str, ...]) -> str:
    """A value as CSV has it: datetimes with Z, Booleans in words, nothing for null."""
    value = record
    for name in names:
        value = value[name] if value is not None else None
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text.removesuffix("+0000") + "Z" if text.endswith(".000+0000") and "T" in text else text


def _locator(place: int) -> str:
    return base64.urlsafe_b64encode(str(place).encode()).decode().rstrip("=")


def _place(locator: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)))
    except (ValueError, binascii.Error) as error:
        raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator") from error
