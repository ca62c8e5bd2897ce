"""What a deployment answers: messages per component, test results, and their JSON shape. [wsdl] DeployResult"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Message:
    """One DeployMessage. `problem_type` is Error or Warning; places count from 1."""

    full_name: str
    component_type: str
    file_name: str
    problem: str | None = None
    problem_type: str | None = None
    line: int | None = None
    column: int | None = None
    success: bool = False
    changed: bool = False
    created: bool = False
    deleted: bool = False
    id: str | None = None

    def to_json(self, created_date: str) -> dict[str, Any]:
        """In the vendor's names; absent places and ids are left out."""
        answer: dict[str, Any] = {
            "changed": self.changed, "componentType": self.component_type, "created": self.created,
            "createdDate": created_date, "deleted": self.deleted, "fileName": self.file_name,
            "fullName": self.full_name, "problem": self.problem, "problemType": self.problem_type,
            "success": self.success,
        }  # fmt: skip
        optional = {"columnNumber": self.column, "id": self.id, "lineNumber": self.line}
        return dict(sorted((answer | {key: value for key, value in optional.items() if value is not None}).items()))


@dataclass(slots=True)
class TestRun:
    """Made-up results: every method of a known test class passes unless the settings name it as failing."""

    run: list[tuple[str, str]] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    coverage: list[tuple[str, str, int]] = field(default_factory=list)  # (id, class, percent)
    warnings: list[tuple[str | None, str]] = field(default_factory=list)
    flow_warnings: list[tuple[str | None, str]] = field(default_factory=list)
    flows: list[tuple[str, str]] = field(default_factory=list)  # (version id, flow)

    __test__ = False

    @property
    def passed(self) -> bool:
        return not (self.failures or self.warnings or self.flow_warnings)

    def to_json(self) -> dict[str, Any]:
        """`runTestResult`."""
        failed = set(self.failures)
        text = "System.AssertException: Assertion Failed: the emulator was told that this test fails"
        return {
            "numTestsRun": len(self.run),
            "numFailures": len(self.failures),
            "totalTime": 10.0 * len(self.run),
            "failures": [
                {"name": name, "methodName": method, "message": text, "stackTrace": f"Class.{name}.{method}: line 1",
                 "id": None, "packageName": name, "namespace": None, "time": 10.0, "type": "Class", "seeAllData": False}
                for name, method in self.failures
            ],
            "successes": [
                {"name": name, "methodName": method, "id": None, "namespace": None, "time": 10.0, "seeAllData": False}
                for name, method in self.run if (name, method) not in failed
            ],
            "codeCoverage": [
                {"id": row_id, "name": name, "namespace": None, "type": "Class", "numLocations": 100,
                 "numLocationsNotCovered": 100 - percent, "locationsNotCovered": []}
                for row_id, name, percent in self.coverage
            ],
            "codeCoverageWarnings": [{"id": None, "name": name, "namespace": None, "message": message}
                                     for name, message in self.warnings],
            "flowCoverage": [
                {"flowId": version, "flowName": name, "flowNamespace": None, "elementsNotCovered": [],
                 "numElements": 1, "numElementsNotCovered": 0, "processType": "AutoLaunchedFlow"}
                for version, name in self.flows
            ],
            "flowCoverageWarnings": [{"flowId": None, "flowName": name, "flowNamespace": None, "message": message}
                                     for name, message in self.flow_warnings],
            "apexLogId": None,
        }  # fmt: skip


@dataclass(slots=True)
class Outcome:
    """A finished deployment. `error` is (status code, text) when it died as a whole."""

    successes: list[Message] = field(default_factory=list)
    failures: list[Message] = field(default_factory=list)
    tests: TestRun = field(default_factory=TestRun)
    error: tuple[str, str] | None = None
    files: int = 0
    partial: bool = False

    @property
    def success(self) -> bool:
        return not self.failures and self.error is None and self.tests.passed

    @property
    def status(self) -> str:
        """Succeeded, SucceededPartial or Failed."""
        if self.success:
            return "Succeeded"
        return "SucceededPartial" if self.partial else "Failed"
