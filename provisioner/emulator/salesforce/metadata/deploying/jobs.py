"""Deployments as jobs: one at a time per org, each a step further whenever somebody asks how it goes.

`deploy_polls` of the settings is the number of status calls until a job is done: with 1 the first call finds it
finished; with 2 (the default) the first finds it InProgress. The other jobs wait as Pending, in order.
A planted job is somebody else's: it runs until an instant of the virtual clock, whoever asks, and changes nothing.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from provisioner.emulator.clock import iso, parse_instant
from provisioner.emulator.salesforce.errors import ApiError, not_found
from provisioner.emulator.salesforce.metadata.deploying.deploy import Deployment
from provisioner.emulator.salesforce.metadata.handlers.settings import is_production
from provisioner.emulator.salesforce.metadata.options import DeployOptions, check_options, read_options
from provisioner.emulator.salesforce.metadata.outcome import Outcome
from provisioner.emulator.salesforce.state.components import Components

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

DONE = frozenset(("Succeeded", "SucceededPartial", "Failed", "Canceled"))
KEPT = timedelta(days=30)
QUICK = timedelta(days=10)


@dataclass(slots=True)
class Job:
    """One deployment. `result` is the DeployResult in JSON without `details`; `details` what `includeDetails` adds."""

    id: str
    options: DeployOptions
    data: bytes
    user_id: str
    created_at: str
    status: str = "Pending"
    polls: int = 0
    result: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    finished_at: str | None = None
    until: str | None = None  # the instant at which a planted job succeeds

    @property
    def done(self) -> bool:
        return self.status in DONE

    def to_state(self) -> str:
        """Everything but the zip, as JSON."""
        state = {
            "options": self.options.to_json(), "user_id": self.user_id, "created_at": self.created_at,
            "status": self.status, "polls": self.polls, "result": self.result, "details": self.details,
            "finished_at": self.finished_at, "until": self.until,
        }  # fmt: skip
        return json.dumps(state)


class Jobs:
    """The queue of deployments, kept in the store."""

    def __init__(self, org: Org, components: Components) -> None:
        self._org, self._components = org, components

    def start(self, data: bytes, options: DeployOptions, user_id: str) -> Job:
        """Queue a deployment. Raises ApiError for options the org refuses."""
        check_options(options, production=is_production(self._org))
        return self._queue(Job(self._components.new_id("Deploy"), options, data, user_id, iso(self._org.now)))

    def plant(self, minutes: float, user_id: str, *, check_only: bool) -> Job:
        """Queue a deployment of somebody else that runs for so many minutes of the virtual clock and changes nothing.

        With nothing before it, it is InProgress at once. Then nothing else starts until its time is over.
        """
        options = read_options({"checkOnly": check_only, "rollbackOnError": True})
        until = iso(self._org.now + timedelta(minutes=minutes))
        job = Job(self._components.new_id("Deploy"), options, b"", user_id, iso(self._org.now), until=until)
        self._queue(job)
        self.step()
        return self.get(job.id)

    def recent(self) -> list[Job]:
        """Every deployment of the last 30 days, the oldest first."""
        rows = self._org.store.execute(
            "SELECT id, state, zip FROM metadata_jobs WHERE kind = 'Deploy' ORDER BY number"
        ).fetchall()
        jobs = [_job(*row) for row in rows]
        return [job for job in jobs if parse_instant(job.created_at) + KEPT >= self._org.now]

    def _queue(self, job: Job) -> Job:
        job.result = self._result(job, None)
        self._org.store.execute(
            "INSERT INTO metadata_jobs (id, kind, state, zip) VALUES (?, 'Deploy', ?, ?)",
            (job.id, job.to_state(), job.data),
        )
        return job

    def get(self, job_id: str) -> Job:
        """A job by its 15- or 18-character id. Raises ApiError 404; so do jobs older than 30 days."""
        row = self._org.store.execute(
            "SELECT id, state, zip FROM metadata_jobs WHERE kind = 'Deploy' AND substr(id, 1, 15) = ?", (job_id[:15],)
        ).fetchone()
        if row is None or len(job_id) not in (15, 18):
            raise not_found(f"The requested deploy request {job_id} does not exist")
        job = _job(*row)
        if parse_instant(job.created_at) + KEPT < self._org.now:
            raise not_found(f"The requested deploy request {job_id} does not exist")
        return job

    def poll(self, job_id: str) -> Job:
        """The job as it stands after one more step of the queue's head."""
        self.get(job_id)
        self.step()
        return self.get(job_id)

    def settle(self) -> None:
        """Finish every job that was started (time passes for them too)."""
        self._elapse()
        while (head := self._head()) is not None and head.until is None:
            self._finish(head)

    def cancel(self, job_id: str) -> Job:
        """Cancel a job that has not finished. Raises ApiError when it has."""
        job = self.get(job_id)
        if job.done:
            raise ApiError("INVALID_ID_FIELD", f"Deployment already completed: {job_id}")
        job.status, job.finished_at = "Canceling", None
        job.result = self._result(job, None)
        self._keep(job)
        return job

    def quick(self, validated_id: str, user_id: str) -> Job:
        """Deploy what was validated. Raises ApiError 404 when that validation does not qualify (1.5)."""
        job = self.get(validated_id)
        finished = job.finished_at and parse_instant(job.finished_at)
        qualifies = (
            job.options.check_only and job.status == "Succeeded" and finished
            and finished + QUICK >= self._org.now and job.result["numberTestsCompleted"] >= 1
            and not self._deployed_after(job)
        )  # fmt: skip
        if not qualifies:
            raise ApiError(
                "INVALID_ID_FIELD", f"{validated_id} is not a validation that can be quickly deployed", status=404
            )
        raw = job.options.to_json() | {"checkOnly": False}
        return self.start(job.data, read_options(raw), user_id)

    def _deployed_after(self, job: Job) -> bool:
        number = self._number(job.id)
        row = self._org.store.execute(
            "SELECT 1 FROM metadata_jobs WHERE kind = 'Deploy' AND number > ? AND json_extract(state, '$.status') LIKE "
            "'Succeeded%' AND NOT json_extract(state, '$.options.checkOnly') LIMIT 1",
            (number,),
        ).fetchone()
        return row is not None

    def _number(self, job_id: str) -> int:
        return int(self._org.store.execute("SELECT number FROM metadata_jobs WHERE id = ?", (job_id,)).fetchone()[0])

    def _head(self) -> Job | None:
        row = self._org.store.execute(
            "SELECT id, state, zip FROM metadata_jobs WHERE kind = 'Deploy' "
            "AND json_extract(state, '$.status') IN ('Pending', 'InProgress', 'Canceling') ORDER BY number LIMIT 1"
        ).fetchone()
        return _job(*row) if row else None

    def _elapse(self) -> None:
        """Planted jobs whose time is over have succeeded; the first of the others runs."""
        while (head := self._head()) is not None and head.until is not None and head.status != "Canceling":
            over = parse_instant(head.until) <= self._org.now
            head.status, head.finished_at = ("Succeeded", head.until) if over else ("InProgress", None)
            head.result = self._result(head, Outcome() if over else None)
            self._keep(head)
            if not over:
                return

    def step(self) -> None:
        """The queue goes on by one step: whoever asks how a deployment goes makes it go."""
        self._elapse()
        head = self._head()
        if head is None or (head.until is not None and head.status != "Canceling"):
            return
        if head.status == "Canceling":
            head.status, head.finished_at = "Canceled", iso(self._org.now)
            head.result = self._result(head, None) | {
                "canceledBy": head.user_id,
                "canceledByName": self._user_name(head.user_id),
            }
            self._keep(head)
            return
        head.polls += 1
        if head.polls >= max(1, self._org.settings.deploy_polls):
            self._finish(head)
            return
        head.status = "InProgress"
        head.result = self._result(head, None)
        self._keep(head)

    def _finish(self, job: Job) -> None:
        if job.status == "Canceling":
            self.step()
            return
        outcome = Deployment(self._org, self._components, job.options, job.data, job.user_id).run()
        job.status, job.finished_at = outcome.status, iso(self._org.now)
        job.result = self._result(job, outcome)
        stamp = job.finished_at
        job.details = {
            "componentFailures": [one.to_json(stamp) for one in outcome.failures],
            "componentSuccesses": [one.to_json(stamp) for one in outcome.successes],
            "retrieveResult": None,
            "runTestResult": outcome.tests.to_json(),
        }
        self._keep(job)

    def _keep(self, job: Job) -> None:
        self._org.store.execute("UPDATE metadata_jobs SET state = ? WHERE id = ?", (job.to_state(), job.id))

    def _user_name(self, user_id: str) -> str:
        row = self._org.rows.get("User", user_id)
        return str(row["Name"]) if row else user_id

    def _result(self, job: Job, outcome: Outcome | None) -> dict[str, Any]:
        """DeployResult without details; fields that are not known yet are left out."""
        options, now = job.options, iso(self._org.now)
        shown = outcome or Outcome()
        errors, good = len(shown.failures), sum(bool(one.component_type) for one in shown.successes)
        result: dict[str, Any] = {
            "id": job.id, "status": job.status, "done": job.done, "success": outcome is not None and outcome.success,
            "checkOnly": options.check_only, "ignoreWarnings": options.ignore_warnings,
            "rollbackOnError": options.rollback_on_error, "runTestsEnabled": bool(shown.tests.run),
            "numberComponentsTotal": good + errors, "numberComponentsDeployed": good, "numberComponentErrors": errors,
            "numberTestsTotal": len(shown.tests.run), "numberTestErrors": len(shown.tests.failures),
            "numberTestsCompleted": len(shown.tests.run) - len(shown.tests.failures),
            "numberFiles": shown.files, "zipSize": len(job.data),
            "createdBy": job.user_id, "createdByName": self._user_name(job.user_id), "createdDate": job.created_at,
            "lastModifiedDate": now,
        }  # fmt: skip
        if job.status != "Pending":
            result["startDate"] = job.result.get("startDate", now)
        if job.finished_at:
            result["completedDate"] = job.finished_at
        if outcome is not None and outcome.error is not None:
            result["errorStatusCode"], result["errorMessage"] = outcome.error
        return result


def _job(job_id: str, state: str, data: bytes) -> Job:
    raw = json.loads(state)
    options = read_options(raw.pop("options"))
    return Job(id=job_id, options=options, data=bytes(data), **raw)


def decode_zip(text: str) -> bytes:
    """The zip of a SOAP call. Raises ApiError when it is no base64."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError as error:
        raise ApiError("INVALID_OPERATION", "zipFile: not valid base64") from error
