"""The queue of deployments and how long it remembers, on the virtual clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from metadata_packages import field_package, file, package

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.metadata.deploying.jobs import Job
from provisioner.emulator.salesforce.metadata.options import DeployOptions
from provisioner.emulator.salesforce.state.org import Org

KEEP = DeployOptions(rollback_on_error=True, single_package=True)
TESTED = DeployOptions(rollback_on_error=True, single_package=True, check_only=True, test_level="RunLocalTests")
META = file("ApexClass", "<apiVersion>66.0</apiVersion><status>Active</status>")
TESTS = package({"ApexClass": ["T"]}, {
    "classes/T.cls": "@IsTest private class T { @IsTest static void works() { new C(); } }",
    "classes/T.cls-meta.xml": META,
})  # fmt: skip


def run(org: Org, data: bytes, options: DeployOptions = KEEP) -> Job:
    job = org.metadata.jobs.start(data, options, org.admin_id)
    org.metadata.settle()
    return org.metadata.jobs.get(job.id)


def test_settling_finishes_what_was_started_in_order(org_in_process: Org) -> None:
    jobs = org_in_process.metadata.jobs
    started = [jobs.start(field_package(f"F{n}__c", "Date"), KEEP, org_in_process.admin_id).id for n in range(3)]
    org_in_process.metadata.settle()
    assert [jobs.get(one).status for one in started] == ["Succeeded"] * 3
    created = [one.name for one in org_in_process.schema.sobject("Lead").fields if one.custom]
    assert created == ["F0__c", "F1__c", "F2__c"]


def test_a_status_is_kept_for_thirty_days(org_in_process: Org) -> None:
    org = org_in_process
    job = run(org, field_package("F__c", "Date"))
    org.move_clock(org.now + timedelta(days=30))
    assert org.metadata.jobs.get(job.id[:15]).status == "Succeeded"
    org.move_clock(org.now + timedelta(seconds=1))
    with pytest.raises(ApiError, match=f"The requested deploy request {job.id} does not exist"):
        org.metadata.jobs.get(job.id)


@pytest.mark.parametrize(("days", "qualifies"), [(10, True), (11, False)])
def test_a_validation_is_good_for_ten_days(org_in_process: Org, days: int, qualifies: bool) -> None:
    org = org_in_process
    job = run(org, TESTS, TESTED)
    assert job.result["numberTestsCompleted"] == 1
    org.move_clock(org.now + timedelta(days=days))
    if qualifies:
        assert org.metadata.jobs.quick(job.id, org.admin_id).status == "Pending"
        return
    with pytest.raises(ApiError, match="is not a validation that can be quickly deployed"):
        org.metadata.jobs.quick(job.id, org.admin_id)


def test_another_deployment_in_between_spoils_a_validation(org_in_process: Org) -> None:
    org = org_in_process
    job = run(org, TESTS, TESTED)
    run(org, field_package("F__c", "Date"), DeployOptions(rollback_on_error=True, single_package=True, check_only=True))
    assert org.metadata.jobs.quick(job.id, org.admin_id).status == "Pending"
    org.metadata.settle()
    other = run(org, TESTS, TESTED)
    run(org, field_package("F__c", "Date"))
    with pytest.raises(ApiError, match="is not a validation that can be quickly deployed"):
        org.metadata.jobs.quick(other.id, org.admin_id)


def test_named_tests_must_exist(org_in_process: Org) -> None:
    options = DeployOptions(
        rollback_on_error=True, single_package=True, test_level="RunSpecifiedTests", run_tests=("Nope",)
    )
    job = run(org_in_process, TESTS, options)
    assert job.status == "Failed"
    assert job.details["runTestResult"]["codeCoverageWarnings"][0]["message"] == (
        "no ApexClass named Nope found among the tests of the org"
    )


def test_a_failed_deployment_changes_nothing_even_in_memory(org_in_process: Org) -> None:
    org = org_in_process
    before = [one.name for one in org.schema.sobject("Lead").fields]
    files: dict[str, str | bytes] = {"objects/Lead.object": file("CustomObject", (
        "<fields><fullName>A__c</fullName><label>A</label><type>Date</type></fields>"
        "<fields><fullName>B__c</fullName><label>B</label><type>Text</type></fields>"))}  # fmt: skip
    assert run(org, package({"CustomField": ["Lead.A__c", "Lead.B__c"]}, files)).status == "Failed"
    assert [one.name for one in org.schema.sobject("Lead").fields] == before
    assert org.metadata.components.all("CustomField") == []
    # Saving still works on the old schema: nothing compiled against the undone one is left.
    row = {"LastName": "A", "Company": "B"}
    assert org.automation.save("insert", "Lead", [row], user_id=org.admin_id)[0].success


def test_without_rollback_the_good_half_stays(org_in_process: Org) -> None:
    org = org_in_process
    files: dict[str, str | bytes] = {"objects/Lead.object": file("CustomObject", (
        "<fields><fullName>A__c</fullName><label>A</label><type>Date</type></fields>"
        "<fields><fullName>B__c</fullName><label>B</label><type>Text</type></fields>"))}  # fmt: skip
    job = run(org, package({"CustomField": ["Lead.A__c", "Lead.B__c"]}, files), DeployOptions(single_package=True))
    assert (job.status, job.result["success"]) == ("SucceededPartial", False)
    assert org.schema.sobject("Lead").has("A__c")
    assert not org.schema.sobject("Lead").has("B__c")
