"""Made-up Apex test runs: which classes run, and whether the numbers are good enough. [docs] 1.4, 4.9"""

from __future__ import annotations

from collections.abc import Iterable

from provisioner.emulator.salesforce.metadata import xml
from provisioner.emulator.salesforce.metadata.components import Component
from provisioner.emulator.salesforce.metadata.handlers.apex import test_methods
from provisioner.emulator.salesforce.metadata.options import DeployOptions
from provisioner.emulator.salesforce.metadata.outcome import TestRun
from provisioner.emulator.salesforce.metadata.work import Item, Work

NEEDED = 75
APEX = ("ApexClass", "ApexTrigger")


def run_tests(work: Work, options: DeployOptions, items: Iterable[Item]) -> TestRun:
    """Run what the test level asks for against the org as the package leaves it."""
    package = list(items)
    apex = {item.full_name for item in package if item.kind in APEX}
    flows = [item.full_name for item in package if item.kind == "Flow" and xml.text(item.element, "status") == "Active"]
    flow_coverage = bool(flows) and work.production and work.org.settings.deploy_flows_as_active
    level = options.test_level or ("RunLocalTests" if work.production and (apex or flow_coverage) else "NoTestRun")
    run = TestRun()
    if level == "NoTestRun":
        return run
    classes = {one.full_name: one for one in work.components.all("ApexClass")}
    tests = {name: methods for name, one in classes.items() if (methods := test_methods(_body(one)))}
    chosen = _chosen(options, level, tests, run)
    failing = {name.lower() for name in work.org.settings.failing_tests}
    for name in chosen:
        run.run += [(name, method) for method in tests[name]]
        if name.lower() in failing:
            run.failures += [(name, method) for method in tests[name]]
    covered = apex if level in ("RunSpecifiedTests", "RunRelevantTests") else None
    _cover(work, run, covered, set(tests))
    if flow_coverage:
        _cover_flows(work, run, flows)
    return run


def _body(component: Component) -> str:
    return (component.content or b"").decode("utf-8", "replace")


def _chosen(options: DeployOptions, level: str, tests: dict[str, list[str]], run: TestRun) -> list[str]:
    if level != "RunSpecifiedTests":
        return sorted(tests)
    by_name = {name.lower(): name for name in tests}
    chosen = []
    for wanted in options.run_tests:
        if wanted.lower() in by_name:
            chosen.append(by_name[wanted.lower()])
        else:
            run.warnings.append((wanted, f"no ApexClass named {wanted} found among the tests of the org"))
    return chosen


def _cover(work: Work, run: TestRun, only: set[str] | None, tests: set[str]) -> None:
    """The same percentage for every class, from the settings; nothing when no test ran."""
    percent = work.org.settings.test_coverage if run.run else 0
    counted = [
        one
        for kind in APEX
        for one in work.components.all(kind)
        if one.full_name not in tests and (only is None or one.full_name in only)
    ]
    run.coverage += [(one.id, one.full_name, percent) for one in counted]
    if not counted or percent >= NEEDED:
        return
    if only is None:
        run.warnings.append(
            (
                None,
                (
                    f"Average test coverage across all Apex Classes and Triggers is {percent}%, "
                    f"at least {NEEDED}% test coverage is required."
                ),
            )
        )
        return
    run.warnings += [
        (
            one.full_name,
            f"Test coverage of selected Apex Class or Trigger is {percent}%, "
            f"at least {NEEDED}% test coverage is required.",
        )
        for one in counted
    ]


def _cover_flows(work: Work, run: TestRun, flows: list[str]) -> None:
    """With tests, every flow counts as launched; without, none is."""
    for name in flows:
        versions = work.components.versions(name)
        if run.run and versions:
            run.flows.append((versions[-1].version_id, name))
    if not run.run:
        run.flow_warnings.append(
            (
                None,
                (
                    "Average test coverage across all active autolaunched flows and processes is 0%, "
                    f"at least {NEEDED}% test coverage is required."
                ),
            )
        )
