"""Production: which tests a deployment runs when nobody says so, what they must cover, which flows it switches on."""

from __future__ import annotations

from typing import Any

import pytest
from metadata_packages import deploy, file, flow_package, package, stamp_flow, twin

from provisioner.emulator.salesforce.metadata.options import read_options
from provisioner.emulator.salesforce.state.org import Org

META = file("ApexClass", "<apiVersion>66.0</apiVersion><status>Active</status>")


def apex(flow: bool = False, **bodies: str) -> bytes:
    files: dict[str, str | bytes] = {}
    for name, body in bodies.items():
        files |= {f"classes/{name}.cls": body, f"classes/{name}.cls-meta.xml": META}
    members = {"ApexClass": list(bodies)}
    if flow:
        files["flows/Stamp.flow"] = stamp_flow("one")
        members["Flow"] = ["Stamp"]
    return package(members, files)


CLOCK, OTHER = "public class Clock { }", "public class Other { }"
TEST = "@IsTest private class ClockTest { @IsTest static void ticks() { new Clock(); } }"
OTHER_TEST = "@IsTest private class OtherTest { @IsTest static void runs() { new Other(); } }"


@pytest.fixture
def live(org_in_process: Org) -> Org:
    """A production org with a class and its test, from the time when it was none."""
    assert deploy(org_in_process, apex(Other=OTHER, OtherTest=OTHER_TEST)).success
    org_in_process.settings.is_sandbox = False
    return org_in_process


ORG_WIDE = "Average test coverage across all Apex Classes and Triggers is {}%, at least 75% test coverage is required."
OWN = "Test coverage of selected Apex Class or Trigger is {}%, at least 75% test coverage is required."
FLOWS = (
    "Average test coverage across all active autolaunched flows and processes is {}%, at least 75% test coverage is "
    "required."
)
BOTH = apex(Clock=CLOCK, ClockTest=TEST)
NAMED: dict[str, Any] = {"test_level": "RunSpecifiedTests", "run_tests": ("ClockTest",)}
WRONG: dict[str, Any] = {"test_level": "RunSpecifiedTests", "run_tests": ("OtherTest",)}

# settings, package, options → tests that ran, complaints
TABLE: list[tuple[str, dict[str, Any], bytes, dict[str, Any], list[str], list[str]]] = [
    ("no Apex, nothing said: no tests", {}, flow_package("one", "Draft"), {}, [], []),
    ("Apex, nothing said: all local tests", {}, BOTH, {}, ["ClockTest", "OtherTest"], []),
    ("Apex without its test: the mean of the org counts", {}, apex(Clock=CLOCK), {}, ["OtherTest"],
     [ORG_WIDE.format(50)]),
    ("local tests that cover too little", {"test_coverage": 74}, BOTH, {}, ["ClockTest", "OtherTest"],
     [ORG_WIDE.format(74)]),
    ("one class low, the mean high", {"class_coverage": {"Clock": 60}}, BOTH, {}, ["ClockTest", "OtherTest"], []),
    ("named tests: each class of the package for itself", {}, BOTH, NAMED, ["ClockTest"], []),
    ("named tests: one class low", {"class_coverage": {"clock": 74}}, BOTH, NAMED, ["ClockTest"], [OWN.format(74)]),
    ("named tests that do not cover it", {}, BOTH, WRONG, ["OtherTest"], [OWN.format(0)]),
    ("named tests: others' classes do not count", {"class_coverage": {"Other": 10}}, BOTH, NAMED, ["ClockTest"], []),
    ("asked for without Apex: enforced", {"test_coverage": 10}, flow_package("one", "Draft"),
     {"test_level": "RunLocalTests"}, ["OtherTest"], [ORG_WIDE.format(10)]),
    ("active flow, not deployed as active: no tests", {}, flow_package("one"), {}, [], []),
    ("active flow, deployed as active: tests must launch it", {"deploy_flows_as_active": True}, flow_package("one"), {},
     ["OtherTest"], []),
    ("active flow, too few launched", {"deploy_flows_as_active": True, "flow_coverage": 50}, flow_package("one"), {},
     ["OtherTest"], [FLOWS.format(50)]),
    ("a test that fails", {"failing_tests": ["OtherTest"]}, BOTH, {}, ["ClockTest", "OtherTest"],
     ["OtherTest.runs failed"]),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "data", "options", "ran", "said"), [row[1:] for row in TABLE],
                         ids=[row[0] for row in TABLE])  # fmt: skip
def test_which_tests_run_and_what_they_must_cover(
    live: Org, settings: dict[str, Any], data: bytes, options: dict[str, Any], ran: list[str], said: list[str]
) -> None:
    live.settings.change(settings)
    outcome = deploy(live, data, **options)
    tests = outcome.tests
    heard = [text for _, text in (*tests.warnings, *tests.flow_warnings)]
    heard += [f"{name}.{method} failed" for name, method in tests.failures]
    assert ([name for name, _ in tests.run], heard) == (ran, said)
    assert outcome.success is not bool(said)
    assert outcome.failures == []


TWIN = twin("Lead") + "trigger T on Lead (before insert) { Helper.go(); }"
TRIGGER_META = file("ApexTrigger", "<apiVersion>66.0</apiVersion><status>Active</status>")


@pytest.mark.parametrize(
    ("test", "percents"),
    [
        ("insert new Lead();", {"Helper": 100, "T": 100, "Deep": 100}),
        ("new Deep();", {"Helper": 0, "T": 0, "Deep": 100}),
        ("Integer one = 1; // Lead, Helper", {"Helper": 0, "T": 0, "Deep": 0}),
    ],
)
def test_a_test_covers_what_its_code_names_and_what_that_names(
    org_in_process: Org, test: str, percents: dict[str, int]
) -> None:
    bodies = {
        "Helper": "public class Helper { static void go() { new Deep(); } }",
        "Deep": "public class Deep { }",
        "GoTest": f"@IsTest private class GoTest {{ @IsTest static void go() {{ {test}\n }} }}",
    }
    files: dict[str, str | bytes] = {"triggers/T.trigger": TWIN, "triggers/T.trigger-meta.xml": TRIGGER_META}
    for name, body in bodies.items():
        files |= {f"classes/{name}.cls": body, f"classes/{name}.cls-meta.xml": META}
    org_in_process.settings.is_sandbox = False
    outcome = deploy(org_in_process, package({"ApexClass": list(bodies), "ApexTrigger": ["T"]}, files))
    assert {name: percent for _, name, percent in outcome.tests.coverage} == percents
    bare = "Test coverage of selected Apex Trigger is 0%, at least 1% test coverage is required."
    assert (("T", bare) in outcome.tests.warnings) is (percents["T"] == 0)


@pytest.mark.parametrize(("as_active", "status"), [(False, "Draft"), (True, "Active")])
def test_whether_a_flow_is_switched_on(live: Org, as_active: bool, status: str) -> None:
    live.settings.change({"deploy_flows_as_active": as_active})
    assert deploy(live, flow_package("one")).success
    assert [one.status for one in live.metadata.flow_versions("Stamp")] == [status]


def test_an_active_version_keeps_running_beside_one_that_is_not_switched_on(live: Org) -> None:
    live.settings.change({"deploy_flows_as_active": True})
    assert deploy(live, flow_package("one")).success
    live.settings.change({"deploy_flows_as_active": False})
    assert deploy(live, flow_package("two")).success
    assert [one.status for one in live.metadata.flow_versions("Stamp")] == ["Active", "Draft"]


def test_a_shortfall_undoes_everything(live: Org) -> None:
    live.settings.change({"test_coverage": 10})
    assert not deploy(live, apex(flow=True, Clock=CLOCK, ClockTest=TEST)).success
    assert live.metadata.flow_versions("Stamp") == []
    assert live.metadata.get("ApexClass", "Clock") is None


def test_a_validation_with_its_tests_is_deployed_quickly_in_production(live: Org) -> None:
    raw = {"checkOnly": True, "rollbackOnError": True, "singlePackage": True}
    jobs = live.metadata.jobs
    validated = jobs.start(BOTH, read_options(raw), live.admin_id)
    jobs.settle()
    assert (jobs.get(validated.id).status, live.metadata.get("ApexClass", "Clock")) == ("Succeeded", None)
    quick = jobs.quick(validated.id, live.admin_id)
    jobs.settle()
    assert jobs.get(quick.id).status == "Succeeded"
    assert live.metadata.get("ApexClass", "Clock") is not None
