"""DeployOptions: reading them from JSON or SOAP, the server's defaults and its refusals. [wsdl] [docs] 1.3, 1.4"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.emulator.salesforce.errors import ApiError, not_modelled

TEST_LEVELS = ("NoTestRun", "RunSpecifiedTests", "RunLocalTests", "RunAllTestsInOrg", "RunRelevantTests")
_FLAGS = {
    "allowMissingFiles": "allow_missing_files", "autoUpdatePackage": "auto_update_package", "checkOnly": "check_only",
    "ignoreWarnings": "ignore_warnings", "performRetrieve": "perform_retrieve", "purgeOnDelete": "purge_on_delete",
    "rollbackOnError": "rollback_on_error", "singlePackage": "single_package",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """The options of one deployment. `test_level` None: the org's default for the package."""

    allow_missing_files: bool = False
    auto_update_package: bool = False
    check_only: bool = False
    ignore_warnings: bool = False
    perform_retrieve: bool = False
    purge_on_delete: bool = False
    rollback_on_error: bool = False
    single_package: bool = False
    test_level: str | None = None
    run_tests: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """In the vendor's names."""
        answer: dict[str, Any] = {name: getattr(self, attribute) for name, attribute in _FLAGS.items()}
        return answer | {"testLevel": self.test_level, "runTests": list(self.run_tests) or None}


def read_options(raw: Mapping[str, Any]) -> DeployOptions:
    """Options from their vendor names; values may be JSON or XML text. Raises ApiError."""
    values: dict[str, Any] = {}
    for name, value in raw.items():
        if name in _FLAGS:
            values[_FLAGS[name]] = _flag(name, value)
        elif name == "testLevel":
            if value is not None and value not in TEST_LEVELS:
                raise ApiError("INVALID_OPERATION", f"'{value}' is not a valid value for the enum 'TestLevel'")
            values["test_level"] = value
        elif name == "runTests":
            listed = value if isinstance(value, list) else [] if value is None else [value]
            values["run_tests"] = tuple(str(one) for one in listed)
        else:
            raise ApiError("JSON_PARSER_ERROR", f'Unrecognized field "{name}" in deployOptions')
    options = DeployOptions(**values)
    for name in ("autoUpdatePackage", "performRetrieve"):
        if getattr(options, _FLAGS[name]):
            raise not_modelled(f"the deploy option {name}")
    return options


def _flag(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value is None:
        return False
    if isinstance(value, str) and value.strip().lower() in ("true", "false", "1", "0", ""):
        return value.strip().lower() in ("true", "1")
    raise ApiError("JSON_PARSER_ERROR", f"'{value}' is not a valid value for {name} of type boolean")


def check_options(options: DeployOptions, *, production: bool) -> None:
    """What the org refuses before it looks at the package. Raises ApiError."""
    if options.test_level == "RunSpecifiedTests" and not options.run_tests:
        raise ApiError("INVALID_OPERATION", "runTests must name the tests to run when testLevel is RunSpecifiedTests")
    if options.run_tests and options.test_level != "RunSpecifiedTests":
        raise ApiError("INVALID_OPERATION", "runTests can be used only when testLevel is RunSpecifiedTests")
    if not production:
        return
    if not options.rollback_on_error:
        raise ApiError("INVALID_OPERATION", "rollbackOnError option must be true on a production org")
    if options.allow_missing_files:
        raise ApiError("INVALID_OPERATION", "allowMissingFiles option must be false on a production org")
    if options.test_level == "NoTestRun":
        raise ApiError("INVALID_OPERATION", "testLevel of NoTestRun cannot be used in production organizations")
