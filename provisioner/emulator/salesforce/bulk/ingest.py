"""Ingest jobs: open, fill, close, work through the rows, and tell what became of each. [docs] Bulk API 2.0 guide

A closed job is found InProgress by the first status call and works during the others: `bulk_rows_per_poll` rows each,
or, when that setting is 0, for about two real seconds. Chunks of 200 go through the save order in one transaction
together with their outcomes, so that a job goes on exactly where it stood when the emulator was stopped.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce.bulk.columns import Columns, error_text
from provisioner.emulator.salesforce.bulk.jobs import BulkJob, BulkStore, Mishap
from provisioner.emulator.salesforce.bulk.table import DELIMITERS, ENDINGS, BadTable, Table, read_table, written
from provisioner.emulator.salesforce.errors import ApiError, SaveResult, not_modelled
from provisioner.emulator.salesforce.rest.writing import save
from provisioner.emulator.salesforce.state.engines import Operation
from provisioner.emulator.salesforce.state.rows import Row

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

CHUNK = 200
MOST_BYTES = 150_000_000  # [docs] of the CSV once it is base64: uploads above 100 MB are at risk
_SECONDS = 2.0  # of real time that one status call works
_PLANTED = "bulk_mishap"
_OPERATIONS = ("insert", "update", "upsert", "delete")
_FACTS = {
    "object", "operation", "contentType", "columnDelimiter", "lineEnding", "externalIdFieldName", "assignmentRuleId",
}  # fmt: skip


class Ingest:
    """The ingest jobs of an org."""

    def __init__(self, org: Org, store: BulkStore) -> None:
        self._org, self.store = org, store
        self._read: dict[str, tuple[Table, Columns]] = {}  # uploads that were parsed in this process

    # -- what clients ask -------------------------------------------------------------------
    def open(self, body: Mapping[str, Any], user_id: str, version: str) -> BulkJob:
        """A new job. Raises ApiError for what the service refuses at once."""
        if unknown := sorted(set(body) - _FACTS):
            raise ApiError("JSON_PARSER_ERROR", f'Unrecognized field "{unknown[0]}" at [line:1, column:1]')
        if body.get("assignmentRuleId"):
            raise not_modelled("assignmentRuleId of a bulk job")
        if body.get("operation") == "hardDelete":
            raise not_modelled("the bulk operation hardDelete")
        if body.get("operation") not in _OPERATIONS:
            raise ApiError("INVALIDOPERATION", f"Operation '{body.get('operation')}' is not valid for an ingest job")
        _check_text(body)
        name = str(body.get("object"))
        known = self._org.schema.has(name) and "." not in name
        definition = self._org.schema.sobject(name) if known else None
        if definition is None or not definition.queryable or not self._org.access.readable(user_id, definition):
            raise ApiError("INVALIDENTITY", f"Entity '{name}' is not supported by the Bulk API.")
        external = body.get("externalIdFieldName")
        self._check_key(body["operation"], definition.name, external, user_id)
        return self.store.create(
            "ingest", body["operation"], definition.name, user_id, version=version,
            delimiter=body.get("columnDelimiter") or "COMMA", ending=body.get("lineEnding") or "LF",
            external_id=external,
        )  # fmt: skip

    def _check_key(self, operation: str, sobject: str, external: object, user_id: str) -> None:
        if operation != "upsert":
            if external is not None:
                raise ApiError("INVALIDJOB", "externalIdFieldName is for upsert only")
            return
        definition = self._org.schema.sobject(sobject)
        item = definition.get(str(external)) if external else None
        usable = item is not None and (item.external_id or item.type == "id")
        if item is None or not usable or not self._org.permissions.readable(user_id, definition, item):
            text = f"InvalidJob : Field name not found, or not an External ID field of {sobject}: {external}"
            raise ApiError("INVALIDJOB", text)

    def fill(self, job: BulkJob, content: bytes) -> None:
        """The data, once per job. Raises ApiError."""
        if job.state != "Open":
            raise ApiError("INVALIDJOBSTATE", f"Data cannot be added to a job in state {job.state}")
        if self.store.upload(job) is not None:
            raise ApiError("CLIENTINPUTERROR", f"Found multiple contents for job: <{job.id}>")
        if len(content) > MOST_BYTES:
            raise ApiError("CLIENTINPUTERROR", f"The data is larger than {MOST_BYTES} bytes", status=413)
        self.store.put_upload(job, content)

    def change(self, job: BulkJob, state: object) -> BulkJob:
        """Close a job for data, or abort it. Raises ApiError when it is too late for that."""
        if state not in ("UploadComplete", "Aborted"):
            raise ApiError("INVALIDJOBSTATE", f"A job's state cannot be set to {state}")
        if job.done or (state == "UploadComplete" and job.state != "Open"):
            word = "Aborting" if state == "Aborted" else "Closing"
            raise ApiError("INVALIDJOBSTATE", f"{word} already Completed Job not allowed")
        if state == "UploadComplete":
            planted = self._org.store.load(_PLANTED) or []
            if planted:
                job.mishap = Mishap(**planted.pop(0))
                self._org.store.keep(_PLANTED, planted)
        self.store.keep(job, str(state))
        return job

    def poll(self, job: BulkJob) -> BulkJob:
        """The job after one more step of its work."""
        if job.state not in ("UploadComplete", "InProgress"):
            return job
        job.polls += 1
        if job.state == "UploadComplete":
            self.store.keep(job, "InProgress")
        if job.polls >= max(1, self._org.settings.bulk_polls):
            self._work(job, self._org.settings.bulk_rows_per_poll)
        else:
            self.store.keep(job)
        return job

    def settle(self) -> None:
        """Time passes: every closed job that is not stuck comes to its end."""
        for job in self.store.all("ingest"):
            while job.state in ("UploadComplete", "InProgress"):
                before = job.processed
                job.polls += 1
                self.store.keep(job, "InProgress")
                self._work(job, 0)
                if job.state == "InProgress" and job.processed == before:
                    break

    def result(self, job: BulkJob, which: str) -> str:
        """`successfulResults`, `failedResults` or `unprocessedrecords` as CSV. Raises ApiError before the job's end."""
        if not job.done:
            raise ApiError("INVALIDJOBSTATE", f"Results are not available while the job is in state {job.state}")
        try:
            table = read_table(self.store.upload(job) or b"", job.delimiter, job.ending)
        except BadTable:
            table = Table((), [])
        header = DELIMITERS[job.delimiter].join(table.header)
        if which == "unprocessedrecords":
            return written(table.rows[job.processed :], job.delimiter, job.ending, header=header)
        failed = which == "failedResults"
        names = ("sf__Id", "sf__Error") if failed else ("sf__Id", "sf__Created")
        lead = DELIMITERS[job.delimiter].join([*(f'"{name}"' for name in names), *([header] if header else [])])
        lines = (
            [row_id or "", str(error) if failed else str(bool(created)).lower(), *table.rows[place]]
            for place, row_id, created, error in self.store.rows(job, failed=failed)
        )
        return written(lines, job.delimiter, job.ending, quote_all=True, header=lead)

    def delete(self, job: BulkJob) -> None:
        """Raises ApiError while the job may still work."""
        if job.state in ("UploadComplete", "InProgress"):
            raise ApiError("INVALIDJOBSTATE", f"Deleting a job in state {job.state} is not allowed")
        self._read.pop(job.id, None)
        self.store.delete(job)

    def plant(self, document: Any) -> dict[str, Any]:
        """Mishap on order, for the next job that is closed; or the end of it for a job that is stuck.

        `{"mishap": "stuck"|"failed", "after": rows, "message"}` · `{"mishap": "rows", "rows": [places from 0],
        "code", "message"}` · `{"release": job id}`. Raises ValueError.
        """
        if not isinstance(document, dict):
            raise ValueError("Say {'mishap': …} or {'release': job id}.")
        if "release" in document:
            job = next((one for one in self.store.all("ingest") if one.id == document["release"]), None)
            if job is None:
                raise ValueError(f"There is no bulk job {document['release']!r}.")
            job.mishap = None
            self.store.keep(job)
            return {"id": job.id, "state": job.state}
        facts = dict(document)
        kind = facts.pop("mishap", None)
        if kind not in ("stuck", "failed", "rows"):
            raise ValueError(f"'mishap' is one of stuck, failed, rows, not {kind!r}.")
        if unknown := sorted(set(facts) - {"after", "rows", "code", "message"}):
            raise ValueError(f"Mishap of a bulk job has no {unknown[0]!r}.")
        _check_mishap(facts)
        planted = [*(self._org.store.load(_PLANTED) or []), {"kind": kind, **facts}]
        self._org.store.keep(_PLANTED, planted)
        return {"waiting": len(planted)}

    # -- the work ---------------------------------------------------------------------------
    def _table(self, job: BulkJob) -> tuple[Table, Columns]:
        known = self._read.get(job.id)
        if known is None:
            table = read_table(self.store.upload(job) or b"", job.delimiter, job.ending)
            known = self._read[job.id] = (table, Columns(self._org, job, table.header))
        return known

    def _work(self, job: BulkJob, most: int) -> None:
        """Chunks until `most` rows are done (0: until the time is up), the data ends, or ordered mishap begins."""
        try:
            table, columns = self._table(job)
        except BadTable as error:
            job.error = str(error)
            self.store.keep(job, "Failed")
            return
        started, done = time.monotonic(), 0
        while not self._befallen(job) and job.processed < len(table.rows):
            if done >= most if most else time.monotonic() - started > _SECONDS:
                self.store.keep(job)
                return
            end = min(job.processed + CHUNK, len(table.rows), job.processed + (most - done if most else CHUNK))
            if job.mishap is not None and job.mishap.kind != "rows":
                end = min(end, job.mishap.after)
            done += end - job.processed
            self._chunk(job, columns, table.rows, end)
        if job.state == "InProgress" and job.processed >= len(table.rows) and not self._befallen(job):
            self._read.pop(job.id, None)
            self.store.keep(job, "JobComplete")

    def _befallen(self, job: BulkJob) -> bool:
        """Whether the ordered mishap has begun; a failure is recorded."""
        mishap = job.mishap
        if mishap is None or mishap.kind == "rows" or job.processed < mishap.after:
            return False
        if mishap.kind == "failed" and not job.done:
            job.error = mishap.message
            self.store.keep(job, "Failed")
        return True

    def _chunk(self, job: BulkJob, columns: Columns, rows: Sequence[Sequence[str]], end: int) -> None:
        """Rows up to a place, saved in one transaction with their outcomes."""
        start = job.processed
        with self._org.transaction():
            results = self._saved(job, columns, rows[start:end], start)
            self.store.put_rows(job, (
                (place, one.id, one.created, None if one.success else error_text(one.errors))
                for place, one in enumerate(results, start)
            ))  # fmt: skip
            job.processed = end
            job.failed += sum(not one.success for one in results)
            self.store.keep(job)

    def _saved(self, job: BulkJob, columns: Columns, rows: Sequence[Sequence[str]], start: int) -> list[SaveResult]:
        results: dict[int, SaveResult] = {}
        ready: list[tuple[Operation, int, Row]] = []
        ordered = job.mishap if job.mishap is not None and job.mishap.kind == "rows" else None
        for place, values in enumerate(rows, start):
            try:
                if ordered is not None and place in ordered.rows:
                    raise ApiError(ordered.code, ordered.message)
                op, row = columns.row(values)
            except ApiError as error:
                results[place] = SaveResult(None, False, errors=[error])
            else:
                ready.append((op, place, row))
        for op, group in groupby(ready, key=lambda one: one[0]):
            listed = list(group)
            try:
                # assignment rules run in a bulk job only when it names one [docs]
                saved = save(
                    self._org, op, columns.definition, [row for _, _, row in listed],
                    user_id=job.user_id, assign=False,
                )  # fmt: skip
            except ApiError as error:
                saved = [SaveResult(row.get("Id"), False, errors=[error]) for _, _, row in listed]
            results |= {place: result for (_, place, _), result in zip(listed, saved, strict=True)}
        return [results[place] for place in range(start, start + len(rows))]


def _check_mishap(facts: Mapping[str, Any]) -> None:
    """Raises ValueError for a value that is none of its kind."""
    whole = {"after": [facts.get("after", 0)], "rows": facts.get("rows", [])}
    for name, values in whole.items():
        counts = isinstance(values, list) and all(type(one) is int and one >= 0 for one in values)
        if not counts:
            raise ValueError(f"{name!r} takes whole numbers from 0, not {facts[name]!r}.")
    for name in ("code", "message"):
        if not isinstance(facts.get(name, ""), str):
            raise ValueError(f"{name!r} is a text, not {facts[name]!r}.")


def _check_text(body: Mapping[str, Any]) -> None:
    """The facts about the CSV itself."""
    for name, allowed in (("columnDelimiter", DELIMITERS), ("lineEnding", ENDINGS), ("contentType", {"CSV": ""})):
        value = body.get(name)
        if value is not None and value not in allowed:
            raise ApiError("JSON_PARSER_ERROR", f"'{value}' is not a valid value for the enum '{name}'")
