"""What a deployment came to ([wsdl] [docs] reference/salesforce.md 1.2-1.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.errors import Rejected, Unreachable
from provisioner.targets.salesforce.session.advice import advice_for

# A deletion of what is not there: a warning, and what we wanted ([docs] reference/salesforce.md 1.8).
ALREADY_GONE = re.compile(r"^No \w+ named:? .+ found\.?$")
ENDED = frozenset({"Succeeded", "SucceededPartial", "Failed", "Canceled", "FinalizingFailed", "FinalizingDeployFailed"})
MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Message:
    """One line of a deployment's report; `component` is KIND:NAME or a file."""

    component: str
    problem: str
    severity: str  # Error, Warning, Info or ""


@dataclass(frozen=True, slots=True)
class DeployResult:
    """`errors` and `warnings` hold every problem once, test failures and coverage included."""

    id: str
    status: str
    done: bool
    success: bool
    components: tuple[int, int]  # deployed, total
    tests: tuple[int, int]  # completed, total
    errors: tuple[Message, ...]
    warnings: tuple[Message, ...]
    error_message: str
    canceled_by: str
    state_detail: str

    def problems(self) -> list[tuple[str, str]]:
        found = [(message.component, message.problem) for message in self.errors]
        if self.error_message:
            found.insert(0, ("deployment", self.error_message))
        if not self.success:
            found.extend((message.component, message.problem) for message in self.warnings)
        return list(dict.fromkeys(found))

    def refusal(self, validation: bool) -> Rejected:
        """The error for a deployment that ended without success. Nothing of it is in the org: it was rolled back."""
        problems = self.problems()
        what = "The validation" if validation else "The deployment"
        if self.status == "Canceled":
            by = f" by {self.canceled_by}" if self.canceled_by else ""
            text = f"{what} {self.id} was cancelled{by}; nothing was changed."
            return Rejected(text, problems=problems, advice="Ask who cancelled it, then run this again.")
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        shown = "; ".join(f"{component}: {problem}" for component, problem in problems[:MOST_SHOWN])
        more = f"; and {len(problems) - MOST_SHOWN} more" if len(problems) > MOST_SHOWN else ""
        reason = f"{count}: {shown}{more}" if problems else f"status {self.status}, without a reason"
        text = f"{what} {self.id} was refused and rolled back ({reason})."
        return Rejected(text, problems=problems, advice=advice_for(problem for _, problem in problems))


def parse(body: Any) -> DeployResult:
    """From the answer of the status request. Unreachable when it is not one."""
    found = body.get("deployResult") if isinstance(body, dict) else None
    if not isinstance(found, dict) or not isinstance(found.get("status"), str):
        raise Unreachable("Salesforce's answer about the deployment holds no result.")
    details = _dict(found.get("details"))
    tests = _dict(details.get("runTestResult"))
    rows = [*_rows(details.get("componentFailures")), *_rows(details.get("componentSuccesses"))]
    messages = tuple(dict.fromkeys(_component(row) for row in rows if row.get("problem")))
    failed = tuple(dict.fromkeys(_tests(tests)))
    status = found["status"]
    return DeployResult(
        id=str(found.get("id") or ""),
        status=status,
        done=found.get("done") is True or status in ENDED,
        success=found.get("success") is True and status == "Succeeded",
        components=(_int(found.get("numberComponentsDeployed")), _int(found.get("numberComponentsTotal"))),
        tests=(_int(found.get("numberTestsCompleted")), _int(found.get("numberTestsTotal"))),
        errors=tuple(message for message in messages if message.severity == "Error") + failed,
        warnings=tuple(message for message in messages if message.severity != "Error"),
        error_message=_error_message(found),
        canceled_by=str(found.get("canceledByName") or ""),
        state_detail=str(found.get("stateDetail") or ""),
    )


def _component(row: Mapping[str, Any]) -> Message:
    kind, name = str(row.get("componentType") or ""), str(row.get("fullName") or "")
    component = f"{kind}:{name}" if kind and name else name or str(row.get("fileName") or "package")
    severity = str(row.get("problemType") or ("Error" if row.get("success") is False else "Warning"))
    return Message(component, str(row["problem"]), severity)


def _tests(tests: Mapping[str, Any]) -> list[Message]:
    found = [
        Message(f"ApexClass:{row.get('name')}.{row.get('methodName')}", str(row.get("message") or "failed"), "Error")
        for row in _rows(tests.get("failures"))
    ]
    for row in (*_rows(tests.get("codeCoverageWarnings")), *_rows(tests.get("flowCoverageWarnings"))):
        name = str(row.get("name") or row.get("flowName") or "test coverage")
        found.append(Message(name, str(row.get("message") or "coverage is too low"), "Error"))
    return found


def _error_message(found: Mapping[str, Any]) -> str:
    code, text = str(found.get("errorStatusCode") or ""), str(found.get("errorMessage") or "")
    return f"{code}: {text}" if code and text and code not in text else text or code


def _rows(value: Any) -> Sequence[Mapping[str, Any]]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _int(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
