"""One deployment from the POST to its end ([docs] reference/salesforce.md 1.2-1.5). Never submitted twice."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.errors import RateLimited, Rejected, TargetError, Unreachable
from provisioner.targets.base import Progress
from provisioner.targets.http.policy import Kind
from provisioner.targets.http.reply import Unsent
from provisioner.targets.salesforce.session import result
from provisioner.targets.salesforce.session.pace import Pace
from provisioner.targets.salesforce.session.rest import Rest, record_id
from provisioner.targets.salesforce.session.result import DeployResult
from provisioner.targets.salesforce.session.transport import Call

LARGEST_ZIP = 39_000_000  # bytes, [docs] reference/salesforce.md 1.6
WHERE_TO_LOOK = "Setup, Deployment Status"


@dataclass(frozen=True, slots=True)
class Options:
    """`tests` None leaves the level to the org; names ask for RunSpecifiedTests with them.

    `deletes`: the package removes things, so the warning that one is gone already is no failure.
    """

    check_only: bool
    tests: Sequence[str] | None = None
    deletes: bool = False

    def as_json(self) -> bytes:
        options: dict[str, Any] = {
            "checkOnly": self.check_only,
            "singlePackage": True,
            "rollbackOnError": True,
            "ignoreWarnings": self.deletes,
            "performRetrieve": False,
            "purgeOnDelete": False,
            "allowMissingFiles": False,
            "autoUpdatePackage": False,
        }
        if self.tests:
            options |= {"testLevel": "RunSpecifiedTests", "runTests": list(self.tests)}
        return json.dumps({"deployOptions": options}).encode("utf-8")


Deployment = Generator[Progress, None, DeployResult]


class Deployer:
    def __init__(self, rest: Rest, pace: Pace) -> None:
        self._rest = rest
        self._pace = pace

    def run(self, package: bytes, options: Options) -> Deployment:
        """Submit the zip once and follow it to its end; returns the successful result.

        Rejected: the org refused, everything was rolled back. Unreachable: it is not known how it ended, the message
        says what may be going on and where to look. Yields Progress while it runs.
        """
        stage = _verb(options)
        job = self._submit(package, options)
        yield Progress(stage, f"Salesforce took the package as {job}")
        ended = yield from self._follow(job, options, stage)
        if not ended.success:
            raise ended.refusal(options.check_only)
        for warning in ended.warnings:
            if not (options.deletes and result.ALREADY_GONE.match(warning.problem)):
                yield Progress("warning", f"{warning.component}: {warning.problem}")
        return ended

    def _submit(self, package: bytes, options: Options) -> str:
        """The id of the deployment. The request is sent once, whatever happens to the answer."""
        if len(package) > LARGEST_ZIP:
            raise Rejected(
                f"The package has {len(package)} bytes; Salesforce takes {LARGEST_ZIP} at most. It was not sent.",
                advice="Split the design.",
            )
        content, content_type = _multipart(options.as_json(), package)
        what = "validate the package" if options.check_only else "deploy the package"
        path = self._rest.path("metadata/deployRequest")
        try:
            reply = self._rest.transport.send(
                Call(what, "POST", path, Kind.SUBMIT, headers={"Content-Type": content_type}, body=content)
            )
            body = reply.json(what)
            return record_id(body.get("id") if isinstance(body, dict) else None, "deployment")
        except Unsent:
            raise
        except Unreachable as lost:
            raise _lost(lost.message, options) from None

    def _follow(self, job: str, options: Options, stage: str) -> Deployment:
        """Poll until the deployment ends. Failing polls say nothing about the deployment, which goes on by itself."""
        began = heard = self._pace.now()
        shown = ""
        for delay in self._pace.poll_delays():
            self._pace.sleep(delay)
            try:
                seen = self._status(job, details=False)
                if seen.done:
                    return self._status(job, details=True)
                heard = self._pace.now()
            except (Unreachable, RateLimited) as trouble:
                if self._pace.now() - heard > self._pace.silence_limit:
                    raise self._unknown(job, options, trouble.message) from None
                yield Progress(stage, f"No usable answer about {job} for now; asking again")
                continue
            except TargetError as refused:
                raise self._unknown(job, options, refused.message) from None
            if self._pace.now() - began > self._pace.deploy_limit:
                raise self._unknown(job, options, f"it has not ended after {self._pace.deploy_limit / 60:.0f} minutes")
            told = _told(seen, stage)
            if told != shown:
                shown = told
                yield Progress(stage, told, *seen.components)
        raise AssertionError("polling has no end of its own")

    def _status(self, job: str, *, details: bool) -> DeployResult:
        """Details only at the end: they can be large ([community] reference/salesforce.md 8.5)."""
        flag = "true" if details else "false"
        path = self._rest.path(f"metadata/deployRequest/{job}?includeDetails={flag}")
        what = "say how the deployment goes"
        return result.parse(self._rest.transport.send(Call(what, "GET", path, Kind.LOOK)).json(what))

    def _unknown(self, job: str, options: Options, reason: str) -> Unreachable:
        what = "validation" if options.check_only else "deployment"
        return Unreachable(
            f"It is not known how the {what} {job} ended: {reason}",
            advice=f"It goes on without us. Look for {job} in {WHERE_TO_LOOK}; when it has ended, run "
            "the same command again: it begins by reading what is there. Do not deploy before.",
        )


def _lost(reason: str, options: Options) -> Unreachable:
    if options.check_only:
        return Unreachable(
            f"{reason} A validation may be running; it saves nothing.",
            advice=f"Wait until {WHERE_TO_LOOK} shows no validation in progress, then run this again.",
        )
    return Unreachable(
        f"{reason} The deployment may be running or done; it was not sent again.",
        advice=f"Look at {WHERE_TO_LOOK}. When nothing is in progress there, run the same command again: it begins by "
        "reading what is in the org, and does only what is missing.",
    )


def _verb(options: Options) -> str:
    return "validating" if options.check_only else "deploying"


# DeployStatus, as long as a deployment is not done. [docs] reference/salesforce.md 1.3
_WAITING = {
    "Pending": "waiting in the org's queue",
    "Finalizing": "finishing",
    "FinalizingDeploy": "finishing",
    "Canceling": "being cancelled in the org",
}


def _told(seen: DeployResult, stage: str) -> str:
    """`deploying, 40 of 149 components, 2 of 5 tests (CustomField)`, in our words; a status we do not know is named."""
    known = {"InProgress": stage, "": stage, **_WAITING}
    words = [known.get(seen.status, f"{stage} ({seen.status})")]
    done, total = seen.components
    ran, tests = seen.tests
    words += [f"{done} of {total} components"] if total else []
    words += [f"{ran} of {tests} tests"] if tests else []
    return ", ".join(words) + (f" ({seen.state_detail})" if seen.state_detail else "")


def _multipart(options: bytes, package: bytes) -> tuple[bytes, str]:
    """(body, content type): parts `json` and `file` ([docs] reference/salesforce.md 1.2)."""
    from urllib3.fields import RequestField
    from urllib3.filepost import encode_multipart_formdata

    described = RequestField("json", options)
    described.make_multipart(content_type="application/json")
    attached = RequestField("file", package, filename="deploy.zip")
    attached.make_multipart(content_type="application/zip")
    return encode_multipart_formdata([described, attached])
