"""Jobs as the store keeps them: what was asked, what was uploaded, how far it is, and every row's outcome."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from provisioner.emulator.clock import iso, parse_instant
from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.ids import make_id, normal_id

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

Kind = Literal["ingest", "query"]
DONE = frozenset(("JobComplete", "Failed", "Aborted"))
_TABLES = (
    "CREATE TABLE IF NOT EXISTS bulk_jobs (number INTEGER PRIMARY KEY, id TEXT UNIQUE, kind TEXT, state TEXT)",
    "CREATE TABLE IF NOT EXISTS bulk_uploads (job TEXT PRIMARY KEY, content BLOB)",
    # of an ingest job: one line per processed row, `error` null for success; of a query job: `id` holds the CSV line
    "CREATE TABLE IF NOT EXISTS bulk_rows (job TEXT, place INTEGER, id TEXT, created INTEGER, error TEXT, "
    "PRIMARY KEY (job, place)) WITHOUT ROWID",
)


@dataclass(slots=True)
class Mishap:
    """What the control door ordered for a job: `stuck` or `failed` once `after` rows are processed, or failing `rows`
    (places from 0)."""

    kind: str
    after: int = 0
    rows: list[int] = field(default_factory=list)
    code: str = "UNABLE_TO_LOCK_ROW"
    message: str = "unable to obtain exclusive access to this record or 1 records"


@dataclass(slots=True)
class BulkJob:
    """One job. `polls` counts the status calls since it was closed, `processed` and `failed` rows."""

    id: str
    kind: Kind
    operation: str
    sobject: str
    user_id: str
    version: str
    created_at: str
    modified_at: str
    state: str
    delimiter: str = "COMMA"
    ending: str = "LF"
    external_id: str | None = None
    query: str | None = None
    error: str | None = None
    polls: int = 0
    processed: int = 0
    failed: int = 0
    mishap: Mishap | None = None

    @property
    def done(self) -> bool:
        return self.state in DONE

    def to_json(self, *, counters: bool) -> dict[str, Any]:
        """Job info; `counters` are not in the answer to the call that creates a job. [docs] Bulk API 2.0 guide"""
        answer: dict[str, Any] = {"id": self.id, "operation": self.operation, "object": self.sobject}
        answer |= {"createdById": self.user_id, "createdDate": _stamp(self.created_at)}
        answer |= {"systemModstamp": _stamp(self.modified_at), "state": self.state}
        if self.external_id is not None:
            answer["externalIdFieldName"] = self.external_id
        answer |= {"concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": float(self.version)}
        if self.kind == "ingest" and self.state == "Open":
            answer["contentUrl"] = f"services/data/v{self.version}/jobs/ingest/{self.id}/batches"
        answer |= {"lineEnding": self.ending, "columnDelimiter": self.delimiter}
        if not counters:
            return answer
        answer |= {"jobType": "V2Ingest" if self.kind == "ingest" else "V2Query"}
        answer |= {"numberRecordsProcessed": self.processed, "retries": 0, "totalProcessingTime": self.processed}
        if self.kind == "ingest":
            answer |= {"numberRecordsFailed": self.failed, "apiActiveProcessingTime": self.processed}
            answer |= {"apexProcessingTime": 0}
        if self.error is not None:
            answer["errorMessage"] = self.error
        return answer


def _stamp(instant: str) -> str:
    moment: datetime = parse_instant(instant)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000+0000"


class BulkStore:
    """The jobs of an org, in its store, so that a job goes on where it stood after a restart."""

    def __init__(self, org: Org) -> None:
        self.org = org

    def ensure(self) -> None:
        """The tables; a reset drops them."""
        for statement in _TABLES:
            self.org.store.execute(statement)

    def create(self, kind: Kind, operation: str, sobject: str, user_id: str, **facts: Any) -> BulkJob:
        """A new job with an id of its own: Open for an upload, UploadComplete for a query."""
        self.ensure()
        last = self.org.store.execute("SELECT max(number) FROM bulk_jobs").fetchone()[0] or 0
        now = iso(self.org.now)
        state = "Open" if kind == "ingest" else "UploadComplete"
        job = BulkJob(
            make_id("750", last + 1), kind, operation, sobject, user_id,
            created_at=now, modified_at=now, state=state, **facts,
        )  # fmt: skip
        self.org.store.execute(
            "INSERT INTO bulk_jobs (number, id, kind, state) VALUES (?, ?, ?, ?)", (last + 1, job.id, kind, _text(job))
        )
        return job

    def keep(self, job: BulkJob, state: str | None = None) -> None:
        """Store a job as it is now; a new `state` is dated."""
        if state is not None:
            job.state = state
            job.modified_at = iso(self.org.now)
        self.org.store.execute("UPDATE bulk_jobs SET state = ? WHERE id = ?", (_text(job), job.id))

    def get(self, kind: Kind, job_id: str) -> BulkJob:
        """Raises ApiError 404 for an id of no such job."""
        self.ensure()
        row = self.org.store.execute(
            "SELECT state FROM bulk_jobs WHERE kind = ? AND id = ?", (kind, normal_id(job_id) or "")
        ).fetchone()
        if row is None:
            raise ApiError("NOT_FOUND", "The requested resource does not exist", status=404)
        return _job(row[0])

    def all(self, kind: Kind) -> list[BulkJob]:
        """Every job of a kind, the oldest first."""
        self.ensure()
        rows = self.org.store.execute("SELECT state FROM bulk_jobs WHERE kind = ? ORDER BY number", (kind,))
        return [_job(state) for (state,) in rows.fetchall()]

    def delete(self, job: BulkJob) -> None:
        """Forget a job, its data and its results."""
        for table, column in (("bulk_jobs", "id"), ("bulk_uploads", "job"), ("bulk_rows", "job")):
            self.org.store.execute(f"DELETE FROM {table} WHERE {column} = ?", (job.id,))  # noqa: S608

    def put_upload(self, job: BulkJob, content: bytes) -> None:
        self.org.store.execute("INSERT INTO bulk_uploads VALUES (?, ?)", (job.id, content))

    def upload(self, job: BulkJob) -> bytes | None:
        """None when nothing was uploaded."""
        row = self.org.store.execute("SELECT content FROM bulk_uploads WHERE job = ?", (job.id,)).fetchone()
        return None if row is None else bytes(row[0])

    def put_rows(self, job: BulkJob, rows: Iterable[tuple[int, str | None, bool, str | None]]) -> None:
        """Outcomes: (place, id, created, error) each."""
        self.org.store.connection.executemany(
            "INSERT INTO bulk_rows VALUES (?, ?, ?, ?, ?)", [(job.id, *row) for row in rows]
        )

    def rows(self, job: BulkJob, *, failed: bool) -> list[tuple[int, str | None, int, str | None]]:
        """(place, id, created, error) of the rows that failed, or of the others, in the order of the upload."""
        test = "IS NOT NULL" if failed else "IS NULL"
        found = self.org.store.execute(
            f"SELECT place, id, created, error FROM bulk_rows WHERE job = ? AND error {test} ORDER BY place",  # noqa: S608
            (job.id,),
        )
        return found.fetchall()

    def lines(self, job: BulkJob, start: int, count: int) -> list[str]:
        """Lines of a query's result from a place on."""
        found = self.org.store.execute(
            "SELECT id FROM bulk_rows WHERE job = ? AND place >= ? ORDER BY place LIMIT ?", (job.id, start, count)
        )
        return [line for (line,) in found]


def _text(job: BulkJob) -> str:
    return json.dumps(asdict(job))


def _job(state: str) -> BulkJob:
    raw = json.loads(state)
    mishap = raw.pop("mishap")
    return BulkJob(**raw, mishap=Mishap(**mishap) if mishap else None)
