"""The commands against the emulator, as an implementation engineer would use them, one after the other."""

from __future__ import annotations

import json

import requests
from salesforce_bench import Bench, join, last


def test_from_a_plan_to_a_destroyed_design(bench: Bench) -> None:
    # plan, and keep it
    out = bench("plan", "acme.yaml", "-c", "box", "-o", "acme.plan", "--detailed-exitcode", code=3)
    assert out.startswith("Org: Emulated Org (00D000000000001AAA), not production, http://127.0.0.1:")
    shown = json.loads((bench.folder / "acme.plan").read_text(encoding="utf-8"))
    created = shown["summary"]["create"]
    assert shown["summary"] == {"create": created, "update": 0, "delete": 0, "by_hand": 3}
    assert last(out) == f"Plan: {created} to add, 0 to change, 0 to delete, 3 by hand."
    assert created == len(shown["changes"]) - 3 > 100

    # the same plan, carried out; a second time it is no longer true
    out = bench("apply", "acme.plan", "-c", "box", "--yes")
    assert f"\nApplied: {created} changes in Emulated Org (00D000000000001AAA), read back and as planned" in out
    assert "This plan was carried out already (" in bench("apply", "acme.plan", "-c", "box", "--yes", code=5)

    # what is left is for people; once they have done it, nothing differs, in a constant number of calls
    assert last(bench("plan", "acme.yaml", "-c", "box", "--detailed-exitcode", code=3)) == (
        "Plan: 0 to add, 0 to change, 0 to delete, 3 by hand."
    )
    steps = ("default_workflow_user", "permission_set", "queue_members")
    join(bench, "SDR_Backup")
    bench("done", "acme.yaml", *steps, "-c", "box", "--by", "Ana Ruiz")
    bench.calls()
    out = bench("plan", "acme.yaml", "-c", "box", "--detailed-exitcode")
    assert last(out) == "No changes. Emulated Org (00D000000000001AAA) matches acme.yaml."
    assert len(bench.calls()) <= 12

    # one threshold is one record
    bench.edit("sla: 5m", "sla: 10m")
    change = json.loads(bench("plan", "acme.yaml", "-c", "box", "--json"))["changes"]
    assert [(item["action"], item["cause"], len(item["differences"])) for item in change] == [("update", "design", 1)]
    assert "demo_request" in change[0]["address"]
    bench.calls()
    bench("apply", "acme.yaml", "-c", "box", "--yes")
    deployments = [call for call in bench.calls() if call.startswith("POST") and call.endswith("deployRequest")]
    assert len(deployments) == 2  # the check, and the one that saves

    # alerts go live only when it is said
    bench.edit("mode: silent", "mode: live")
    err = bench("plan", "acme.yaml", "-c", "box", code=2)
    assert "acme.yaml:85:15: error S223: Nobody of this org\n  cro@acme.example is no user of this org; nobody" in err
    people = [{"username": f"{name}@acme.example", "last": name} for name in ("cro", "sdr-manager")]
    requests.post(f"{bench.emulator.url}/_emulator/seed", json={"users": people}, timeout=10)
    assert "This plan switches alerts to their real recipients." in bench("plan", "acme.yaml", "-c", "box")
    assert "switches alerts in Emulated Org" in bench("apply", "acme.yaml", "-c", "box", "--yes", code=5)
    out = bench("golive", "acme.yaml", "-c", "box", "--yes", "--override", "agreed with the CRO")
    assert last(out).startswith("Applied: 1 change in ")
    assert "switches alerts" not in bench("plan", "acme.yaml", "-c", "box")

    # all of it goes, and nothing is left to do
    out = bench("destroy", "acme.yaml", "-c", "box", "--yes")
    assert f"Plan: 0 to add, 0 to change, {created + 3} to delete." in out
    assert last(out).startswith(f"Applied: {created + 3} changes in ")
    out = bench("destroy", "acme.yaml", "-c", "box", "--yes")
    assert last(out).startswith("Nothing to delete. ")
    assert f"\nApplied: {created} changes in " in bench("apply", "acme.yaml", "-c", "box", "--yes")


def test_another_org_is_refused(bench: Bench) -> None:
    bench.edit("org_id: 00D000000000001AAA", "org_id: 00D000000000002AAA")
    err = bench("apply", "acme.yaml", "-c", "box", "--yes", code=5)
    assert err.startswith(
        "Error: The connection leads to Emulated Org (00D000000000001AAA), but the design expects 00D000000000002AAA."
    )


def test_what_the_design_names_is_held_against_the_org(bench: Bench) -> None:
    """Nothing of it is the product's fault, so nothing of it gets as far as the org."""
    bench.edit("engagement: [CreatedDate]", "engagement: [Form_At__c, CreatedDate]")
    bench.edit("LeadSource: [Webinar, Trade Show]", "LeedSource: [Webinar, Trade Show]")
    bench.edit("NumberOfEmployees: {gte: 1000}", 'NumberOfEmployees: {starts_with: "1"}')
    for command in (("plan",), ("apply", "--yes")):
        err = bench(command[0], "acme.yaml", "-c", "box", *command[1:], code=2)
        assert [line for line in err.splitlines() if ": error " in line] == [
            "acme.yaml:15:16: error S220: Not a field of this org",
            "acme.yaml:51:82: error S221: Field of another type",
            "acme.yaml:58:12: error S220: Not a field of this org",
        ]
        assert "Did you mean LeadSource?" in err
        assert last(err) == "  What to do: Mend the errors above, or the org; nothing was done."


def test_values_that_no_picklist_offers_are_worth_knowing(bench: Bench) -> None:
    notices = json.loads(bench("plan", "acme.yaml", "-c", "box", "--json"))["notices"]
    (about_sources,) = [notice for notice in notices if "picklist LeadSource" in notice]
    assert about_sources == (
        "acme.yaml:35:24: S222: 'Demo Request', 'Pricing Page', 'Contact Form', 'Webinar', 'Trade Show' and 'Content "
        "Download' are no values of the picklist LeadSource in this org. It offers 'Web', 'Phone Inquiry', 'Partner "
        "Referral', 'Purchased List', 'Other'. No lead matches a value that nothing sets."
    )


def test_another_prefix_is_no_second_clock(bench: Bench) -> None:
    bench("apply", "acme.yaml", "-c", "box", "--yes")
    bench.edit("prefix: STL", "prefix: NEW")
    err = bench("plan", "acme.yaml", "-c", "box", code=5)
    assert "Emulated Org (00D000000000001AAA) has the design 'acme-speed-to-lead' with the prefix STL; with NEW" in err
    bench.edit("prefix: NEW", "prefix: STL")
    bench("destroy", "acme.yaml", "-c", "box", "--yes")
    bench.edit("prefix: STL", "prefix: NEW")
    assert last(bench("plan", "acme.yaml", "-c", "box")).endswith(" to add, 0 to change, 0 to delete, 3 by hand.")


def test_what_someone_else_made_is_left_alone(bench: Bench) -> None:
    requests.post(f"{bench.emulator.url}/_emulator/seed", json={"queues": [{"name": "SDR_Backup"}]}, timeout=10)
    err = bench("apply", "acme.yaml", "-c", "box", "--yes", code=5)
    assert "Queue:SDR_Backup is already in Emulated Org (00D000000000001AAA), and this design did not make it." in err


def test_a_wrong_token_is_an_error_in_words(bench: Bench) -> None:
    config = bench.folder / "provisioner.toml"
    (bench.folder / "token").write_text("wrong-canary-token")
    config.write_text(config.read_text().replace('env = "EMULATOR_TOKEN"', 'file = "token"'))
    err = bench("plan", "acme.yaml", "-c", "box", code=1)
    assert err.startswith("Error: ")
    assert "What to do: " in err
    assert "Traceback" not in err and "wrong-canary-token" not in err


def test_the_example_renders_to_files_that_are_always_the_same(bench: Bench) -> None:
    bench("render", "acme.yaml", "-o", "one")
    bench("render", "acme.yaml", "-o", "two")
    one, two = (
        {str(path.relative_to(bench.folder / name)): path.read_bytes() for path in (bench.folder / name).rglob("*.*")}
        for name in ("one", "two")
    )
    assert one == two
    assert {"package.xml", "objects/Lead.object"} <= one.keys()
