"""Made-up Apex test runs: which classes run, and whether the numbers are good enough. [docs] 1.4, 4.9

Apex is not run, so what a test covers is read off its text: every class that it names, those that these name in turn,
and the triggers of every object that any of them names. What is covered has the percentage of the settings, the rest 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.automation.apex_header import bare
from provisioner.emulator.salesforce.metadata.handlers.apex import test_methods
from provisioner.emulator.salesforce.metadata.options import DeployOptions
from provisioner.emulator.salesforce.metadata.outcome import TestRun
from provisioner.emulator.salesforce.metadata.work import Item, Work
from provisioner.emulator.salesforce.state.components import Component

NEEDED = 75
_ON = re.compile(r"^\s*trigger\s+\w+\s+on\s+(\w+)", re.IGNORECASE)
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
    _cover(work, run, covered, set(tests), reached(work, chosen))
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


def reached(work: Work, tests: Iterable[str]) -> set[str]:
    """Lower-case names of the classes and triggers that these tests name, directly or by way of each other."""
    code = {one.full_name.lower(): bare(_body(one)).lower() for kind in APEX for one in work.components.all(kind)}
    triggers = {
        one.full_name.lower(): match[1].lower()
        for one in work.components.all("ApexTrigger")
        if (match := _ON.search(bare(_body(one))))
    }
    found: set[str] = set()
    waiting = [name.lower() for name in tests]
    while waiting:
        words = set(re.findall(r"\w+", code.get(waiting.pop(), "")))
        for name in code.keys() - found:
            if name in words or triggers.get(name) in words:
                found.add(name)
                waiting.append(name)
    return found


def _cover(work: Work, run: TestRun, only: set[str] | None, tests: set[str], covered: set[str]) -> None:
    """Each class's percentage; the org's is their mean, as every class counts 100 lines."""
    own = {name.lower(): percent for name, percent in work.org.settings.class_coverage.items()}

    def percent_of(name: str) -> int:
        if not run.run or name.lower() not in covered:
            return 0
        return own.get(name.lower(), work.org.settings.test_coverage)

    counted = [
        one
        for kind in APEX
        for one in work.components.all(kind)
        if one.full_name not in tests and (only is None or one.full_name in only)
    ]
    percents = {one.full_name: percent_of(one.full_name) for one in counted}
    run.coverage += [(one.id, one.full_name, percents[one.full_name]) for one in counted]
    if not counted:
        return
    untested = [one.full_name for one in counted if one.type == "ApexTrigger" and not percents[one.full_name]]
    run.warnings += _of_the_org(percents, untested) if only is None else _of_each(percents, counted)


def _of_the_org(percents: Mapping[str, int], untested: Iterable[str]) -> Iterator[tuple[str | None, str]]:
    """Together they must reach what is needed; a trigger alone, anything. `untested`: triggers that no test runs."""
    for name in untested:
        yield name, "Test coverage of selected Apex Trigger is 0%, at least 1% test coverage is required."
    percent = sum(percents.values()) // len(percents)
    if percent < NEEDED:
        text = f"Average test coverage across all Apex Classes and Triggers is {percent}%, "
        yield None, f"{text}at least {NEEDED}% test coverage is required."


def _of_each(percents: Mapping[str, int], counted: Iterable[Component]) -> Iterator[tuple[str | None, str]]:
    """Of a deployment that names its tests, every class and trigger must reach it."""
    for one in counted:
        percent = percents[one.full_name]
        if percent < NEEDED:
            text = f"Test coverage of selected Apex Class or Trigger is {percent}%, "
            yield one.full_name, f"{text}at least {NEEDED}% test coverage is required."


def _cover_flows(work: Work, run: TestRun, flows: list[str]) -> None:
    """With tests, the settings say how many percent of the flows they launch; without, none is."""
    percent = work.org.settings.flow_coverage if run.run else 0
    for name in flows:
        versions = work.components.versions(name)
        if run.run and versions:
            run.flows.append((versions[-1].version_id, name))
    if percent < NEEDED:
        run.flow_warnings.append(
            (
                None,
                (
                    f"Average test coverage across all active autolaunched flows and processes is {percent}%, "
                    f"at least {NEEDED}% test coverage is required."
                ),
            )
        )
