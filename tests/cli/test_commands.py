from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
from desk import TOKEN, Desk
from fake_org import FakeOrg, failing

from provisioner.errors import Rejected, Unreachable
from provisioner.resources import Address

ORG_LINE = "Org: Acme Sandbox (00D000000000001AAA), not production, https://acme.example, as admin@acme.example"
PLAN_SCHEMA = Path(__file__).parents[2] / "specs" / "plan.schema.json"
Desks = Callable[..., Desk]


# --------------------------------------------------------------- validate


def test_a_valid_design(desk: Desk) -> None:
    done = desk("validate", "acme.yaml")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0] == "acme.yaml is valid (no findings): 3 resources for salesforce."


def test_an_invalid_design_names_every_place(desk: Desk) -> None:
    desk.edit("sla: 5m", "sla: 5 minutes")
    desk.edit("notify: [rep]", "notify: [nobody]")
    done = desk("validate", "acme.yaml")
    assert done.code == 2
    assert "acme.yaml:6:" in done.out and "acme.yaml:8:" in done.out
    assert done.out.splitlines()[-1].startswith("2 errors")
    data = json.loads(desk("validate", "acme.yaml", "--json").out)
    assert data["valid"] is False
    assert {(item["file"], item["line"]) for item in data["findings"] if item["severity"] == "error"} == {
        ("acme.yaml", 6),
        ("acme.yaml", 8),
    }


def test_explain_shows_the_defaults(desk: Desk) -> None:
    done = desk("validate", "acme.yaml", "--explain")
    assert done.code == 0
    assert "on_reassign: restart" in done.out
    explained = json.loads(desk("validate", "acme.yaml", "--explain", "--json").out)["design"]
    assert explained["unmatched"] == {"track_as": "none", "report": True}


def test_what_is_printed_cannot_steer_a_terminal(desk: Desk) -> None:
    desk.edit("label: Demo,", 'label: "Zürich \\u202e\\u009b31m",')
    desk.edit("label: Other,", "label: Zürich,")
    for options in (["--explain"], ["--explain", "--json"], ["--json"], []):
        done = desk("validate", "acme.yaml", *options)
        assert not set(done.out + done.err) & {"\x9b", "\u202e", "\x1b"}


def test_a_missing_design_is_a_finding_not_a_traceback(desk: Desk) -> None:
    done = desk("validate", "nowhere.yaml")
    assert done.code == 2
    assert "nowhere.yaml" in done.out
    assert desk("plan", "nowhere.yaml", "-c", "sandbox").code == 2


# ----------------------------------------------------------------- render


def test_render_writes_and_removes_its_own_files_only(desk: Desk) -> None:
    done = desk("render", "acme.yaml", "-o", "out")
    assert (done.code, done.out) == (0, "Wrote 3 files of acme to out.\n")
    folder = desk.folder / "out"
    (folder / "mine.txt").write_text("mine")
    desk.edit("id: other,", "id: another,")
    done = desk("render", "acme.yaml", "-o", "out")
    assert (done.code, done.out) == (0, "Wrote 3 files of acme to out, 1 stale removed.\n")
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == [
        ".provisioner-render.json",
        "Settings/Default.txt",
        "Type/another.txt",
        "Type/demo.txt",
        "mine.txt",
    ]


def test_render_refuses_a_directory_that_is_not_its_own(desk: Desk) -> None:
    folder = desk.folder / "out"
    folder.mkdir()
    (folder / "precious").write_text("x")
    done = desk("render", "acme.yaml", "-o", "out")
    assert done.code == 5
    assert done.err == (
        "Error: out is not empty and holds no earlier render. Nothing was written.\n"
        "  What to do: Choose an empty or new directory.\n"
    )
    assert [path.name for path in folder.iterdir()] == ["precious"]


@pytest.mark.parametrize("marker", ["", "[]", "{}", '{"files": 3}', "\0"])
def test_render_refuses_a_damaged_marker(desk: Desk, marker: str) -> None:
    folder = desk.folder / "out"
    folder.mkdir()
    (folder / ".provisioner-render.json").write_text(marker)
    done = desk("render", "acme.yaml", "-o", "out")
    assert done.code == 5
    assert "is damaged" in done.err


def test_render_does_not_follow_a_marker_or_a_link_out_of_its_directory(desk: Desk) -> None:
    outside = desk.folder / "outside"
    outside.mkdir()
    (outside / "demo.txt").write_text("precious")
    folder = desk.folder / "out"
    folder.mkdir()
    (folder / ".provisioner-render.json").write_text('{"files": ["../outside/demo.txt"]}')
    done = desk("render", "acme.yaml", "-o", "out")
    assert (done.code, (outside / "demo.txt").read_text()) == (1, "precious")
    assert "'../outside/demo.txt' leads out of out." in done.err
    (folder / ".provisioner-render.json").write_text('{"files": []}')
    for path in (folder / "Type").iterdir():
        path.unlink()
    (folder / "Type").rmdir()
    (folder / "Type").symlink_to(outside)
    assert desk("render", "acme.yaml", "-o", "out").code == 1
    assert (outside / "demo.txt").read_text() == "precious"


# ------------------------------------------------------------------- plan


def test_plan_shows_org_changes_and_count_and_changes_nothing(desk: Desk) -> None:
    done = desk("plan", "acme.yaml", "-c", "sandbox")
    assert done.code == 0
    assert (
        done.out
        == f"""\
{ORG_LINE}

  + Settings:Default  (new)
  + Type:demo  (new)
  + Type:other  (new)

Plan: 3 to add, 0 to change, 0 to delete.
"""
    )
    assert desk.org.resources == {}
    assert "write" not in desk.org.calls


def test_plan_as_json_is_what_the_plan_file_holds(desk: Desk) -> None:
    done = desk("plan", "acme.yaml", "-c", "sandbox", "-o", "acme.plan", "--json")
    data = json.loads(done.out)
    assert data == json.loads((desk.folder / "acme.plan").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json.loads(PLAN_SCHEMA.read_text(encoding="utf-8"))).validate(data)
    assert TOKEN not in done.out + done.err + (desk.folder / "acme.plan").read_text(encoding="utf-8")


def test_plan_tells_differences_by_its_exit_code_only_when_asked(desk: Desk) -> None:
    assert desk("plan", "acme.yaml", "-c", "sandbox").code == 0
    assert desk("plan", "acme.yaml", "-c", "sandbox", "--detailed-exitcode").code == 3
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    done = desk("plan", "acme.yaml", "-c", "sandbox", "--detailed-exitcode")
    assert done.code == 0
    assert done.out == f"{ORG_LINE}\n\nNo changes. Acme Sandbox (00D000000000001AAA) matches acme.yaml.\n"


def test_a_changed_threshold_is_one_line_and_names_who_changed_it(desk: Desk) -> None:
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    desk.edit("sla: 5m", "sla: 10m")
    assert "  ~ Type:demo  (design changed)\n      ~ sla: 5 -> 10\n" in desk("plan", "acme.yaml", "-c", "sandbox").out
    desk.org.resources[Address("Type", "demo")] = {"sla": 60}
    assert "  ~ Type:demo  (design changed, and changed by hand)\n      ~ sla: 60 -> 10\n" in (
        desk("plan", "acme.yaml", "-c", "sandbox").out
    )
    desk.edit("sla: 10m", "sla: 5m")
    assert "  ~ Type:demo  (changed by hand)\n      ~ sla: 60 -> 5\n" in desk("plan", "acme.yaml", "-c", "sandbox").out


def test_the_wrong_org_is_refused_before_it_is_read(new_desk: Desks) -> None:
    desk = new_desk(FakeOrg(id="00D000000000009AAA", name="Other Client"))
    done = desk("plan", "acme.yaml", "-c", "sandbox")
    assert done.code == 5
    assert done.err == (
        "Error: The connection leads to Other Client (00D000000000009AAA), but the design expects 00D000000000001AAA.\n"
        "  What to do: Choose the connection of the expected org with --connection, "
        "or correct target.expect in the design.\n"
    )
    assert desk.org.calls == ["identity"]


# ------------------------------------------------------------------ apply


def test_apply_carries_out_and_a_second_run_has_nothing_to_do(desk: Desk) -> None:
    done = desk("apply", "acme.yaml", "-c", "sandbox", "--yes")
    assert done.code == 0
    assert done.out.splitlines()[-1].startswith(
        "Applied: 3 changes in Acme Sandbox (00D000000000001AAA), read back and as planned ("
    )
    assert desk.org.resources[Address("Settings", "Default")] == {"live": False, "to": "qa@acme.example"}
    assert desk.org.ledger.design == "acme"
    assert desk.org.ledger.meta["applied_by"] == "admin@acme.example"
    desk.org.calls.clear()
    done = desk("apply", "acme.yaml", "-c", "sandbox", "--yes")
    assert (done.code, done.out.splitlines()[-1]) == (
        0,
        "No changes. Acme Sandbox (00D000000000001AAA) matches acme.yaml.",
    )
    assert "write" not in desk.org.calls


def test_a_ledger_that_a_killed_run_left_behind_is_written(desk: Desk) -> None:
    """Everything is as designed, but what was recorded is of an earlier design: else the next change is "by hand"."""
    desk("apply", "acme.yaml", "-c", "sandbox", "--yes")
    right = dict(desk.org.ledger.fingerprints)
    settings = Address("Settings", "Default")
    desk.org.ledger = replace(desk.org.ledger, fingerprints=right | {settings: "0" * 64})
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    assert dict(desk.org.ledger.fingerprints) == right
    desk.org.calls.clear()
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    assert "write" not in desk.org.calls


def test_apply_without_a_terminal_and_without_yes_refuses(desk: Desk) -> None:
    done = desk("apply", "acme.yaml", "-c", "sandbox")
    assert done.code == 5
    assert done.err.startswith("Error: Nobody can be asked here (no terminal), and --yes was not given.")
    assert "Plan: 3 to add" in done.out
    assert desk.org.resources == {}


def test_apply_as_json_is_one_document(desk: Desk) -> None:
    done = desk("apply", "acme.yaml", "-c", "sandbox", "--yes", "--json")
    data = json.loads(done.out)
    assert data["complete"] is True
    assert [item["status"] for item in data["outcomes"]] == ["done"] * 3
    assert "Plan: 3 to add" in done.err


def plan_file(desk: Desk) -> str:
    assert desk("plan", "acme.yaml", "-c", "sandbox", "-o", "acme.plan").code == 0
    return "acme.plan"


def test_a_plan_file_is_carried_out_as_it_was_shown(desk: Desk) -> None:
    file = plan_file(desk)
    shown = json.loads((desk.folder / file).read_text(encoding="utf-8"))
    done = desk("apply", file, "-c", "sandbox", "--yes")
    assert done.code == 0
    assert {str(a): f for a, f in desk.org.ledger.fingerprints.items()} == shown["fingerprints"]
    assert desk.org.ledger.meta["plan"] == shown["digest"]
    again = desk("apply", file, "-c", "sandbox", "--yes")
    assert again.code == 5
    assert "This plan was carried out already (" in again.err


def refused_file(desk: Desk, file: str, *options: str) -> str:
    done = desk("apply", file, "-c", "sandbox", "--yes", *options)
    assert done.code == 5
    assert "write" not in desk.org.calls
    assert "Traceback" not in done.err
    return next(line for line in done.err.splitlines() if line.startswith("Error: "))


def test_a_plan_file_is_refused_when_the_design_changed(desk: Desk) -> None:
    file = plan_file(desk)
    desk.edit("sla: 5m", "sla: 6m")
    assert refused_file(desk, file).startswith("Error: acme.yaml was changed after this plan was made.")


def test_a_comment_in_the_design_changes_nothing(desk: Desk) -> None:
    file = plan_file(desk)
    desk.edit("client: Acme", "client: Acme   # the client")
    assert desk("apply", file, "-c", "sandbox", "--yes").code == 0


def test_a_plan_file_is_refused_without_its_design(desk: Desk) -> None:
    """Whether alerts go live is told from the design only: the digest of a file is easily made anew."""
    file = plan_file(desk)
    (desk.folder / "acme.yaml").rename(desk.folder / "elsewhere.yaml")
    done = desk("apply", file, "-c", "sandbox", "--yes")
    assert (done.code, desk.org.resources) == (5, {})
    assert done.err == (
        "Error: The design of this plan is not here, so whether it lets alerts reach their real recipients cannot be "
        "told. Nothing was changed.\n"
        "  What to do: Put the design back, as it was, as acme.yaml. Or make a new plan and read it.\n"
    )
    (desk.folder / "elsewhere.yaml").rename(desk.folder / "acme.yaml")
    assert desk("apply", file, "-c", "sandbox", "--yes").code == 0


def test_a_plan_file_is_refused_when_a_byte_was_edited(desk: Desk) -> None:
    file = plan_file(desk)
    path = desk.folder / file
    path.write_text(path.read_text(encoding="utf-8").replace('"sla": 5', '"sla": 500'), encoding="utf-8")
    assert refused_file(desk, file) == (
        "Error: acme.plan was changed after it was written: its digest does not match its content."
    )


def test_a_plan_file_is_refused_in_another_org(desk: Desk, new_desk: Desks) -> None:
    file = plan_file(desk)
    other = new_desk(FakeOrg(id="00D000000000002AAA", name="Other"))
    assert refused_file(other, file) == (
        "Error: This plan was made for Acme Sandbox (00D000000000001AAA), "
        "but the connection leads to Other (00D000000000002AAA)."
    )


def test_a_plan_file_is_refused_when_the_org_moved(desk: Desk) -> None:
    file = plan_file(desk)
    desk.org.resources[Address("Type", "demo")] = {"sla": 5}
    assert refused_file(desk, file) == "Error: Type:demo changed in the org after this plan was made."


def test_a_conflict_stops_everything(desk: Desk) -> None:
    desk.org.resources[Address("Type", "demo")] = {"sla": 5}
    done = desk("apply", "acme.yaml", "-c", "sandbox", "--yes")
    assert done.code == 5
    assert done.err.startswith("Error: Type:demo is already in Acme Sandbox (00D000000000001AAA), and this design did")
    assert desk.org.resources == {Address("Type", "demo"): {"sla": 5}}


def test_deleting_much_wants_the_count(desk: Desk) -> None:
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    desk.edit("  - {id: other, label: Other, when: {LeadSource: [Web]}, sla: 1h, escalation: urgent}\n", "")
    done = desk("apply", "acme.yaml", "-c", "sandbox", "--yes")
    assert done.code == 5
    assert done.err == (
        "Error: This plan deletes 1 of 3 resources (the limit is 30%).\n"
        "  What to do: If that is the intention, give --allow-deletes=1.\n"
    )
    assert Address("Type", "other") in desk.org.resources
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes", "--allow-deletes=1").code == 0
    assert Address("Type", "other") not in desk.org.resources


def test_going_live_wants_to_be_said(desk: Desk) -> None:
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    desk.edit("mode: silent", "mode: live")
    assert "This plan switches alerts to their real recipients." in desk("plan", "acme.yaml", "-c", "sandbox").out
    done = desk("apply", "acme.yaml", "-c", "sandbox", "--yes")
    assert done.code == 5
    assert done.err.startswith("Error: This plan switches alerts in Acme Sandbox (00D000000000001AAA) to their real")
    assert desk.org.resources[Address("Settings", "Default")]["live"] is False
    assert "To let them go live: provisioner golive acme.yaml -c sandbox\n" in done.err
    assert desk("golive", "acme.yaml", "-c", "sandbox", "--yes", "--override", "a test").code == 0
    # once live, other changes do not ask again, and going back to silence never does
    desk.edit("sla: 5m", "sla: 6m")
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    desk.edit("silent_to: qa@", "silent_to: test@")
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    desk.edit("mode: live", "mode: silent")
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0


def test_a_first_deployment_that_is_live_wants_to_be_said_too(desk: Desk) -> None:
    desk.edit("mode: silent", "mode: live")
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 5
    file = plan_file(desk)
    assert refused_file(desk, file).startswith("Error: This plan switches alerts")


def production(new_desk: Desks) -> Desk:
    desk = new_desk(FakeOrg(name="Acme", is_production=True))
    desk.edit("sandbox: true", "sandbox: false")
    return desk


def test_production_wants_its_name(new_desk: Desks) -> None:
    desk = production(new_desk)
    done = desk("apply", "acme.yaml", "-c", "sandbox", "--yes")
    assert (done.code, desk.org.resources) == (5, {})
    assert done.out.startswith("Org: Acme (00D000000000001AAA), PRODUCTION, ")
    assert done.err == (
        "Error: Acme (00D000000000001AAA) is a production org. Nothing was changed.\n"
        "  What to do: Name it to confirm: --confirm 'Acme'.\n"
    )
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes", "--confirm", "acme").code == 5
    assert desk.org.resources == {}
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes", "--confirm", "Acme").code == 0
    assert len(desk.org.resources) == 3


@pytest.mark.parametrize(("answers", "code"), [((True,), 0), ((False,), 5)])
def test_on_a_terminal_it_asks(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, answers: tuple[bool, ...], code: int
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("provisioner.cli.console.Console.can_ask", property(lambda self: True))
    monkeypatch.setattr(click, "confirm", lambda text, err: asked.append(text) or answers[len(asked) - 1])
    assert desk("apply", "acme.yaml", "-c", "sandbox").code == code
    assert asked == ["Carry this plan out in Acme Sandbox (00D000000000001AAA)?"]
    assert bool(desk.org.resources) is (code == 0)


def test_on_a_terminal_production_is_typed(new_desk: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = production(new_desk)
    typed: list[Any] = []
    monkeypatch.setattr("provisioner.cli.console.Console.can_ask", property(lambda self: True))
    monkeypatch.setattr(click, "prompt", lambda text, err: typed.append(text) or "Acme Sandbox")
    done = desk("apply", "acme.yaml", "-c", "sandbox")
    assert (done.code, typed) == (5, ["Production. Type the name of the org (Acme)"])
    assert done.err.startswith("Error: --confirm says 'Acme Sandbox', but the connection leads to Acme")


def test_what_the_vendor_refuses_is_listed(desk: Desk) -> None:
    desk.org.faults["check"] = failing(
        Rejected("The deployment was refused.", problems=[("Type:demo", "bad\x1b[2J")], advice="Mend it.")
    )
    done = desk("apply", "acme.yaml", "-c", "sandbox", "--yes")
    assert done.code == 1
    assert done.err.endswith("Error: The deployment was refused.\n  Type:demo: bad\\x1b[2J\n  What to do: Mend it.\n")


def test_a_failure_in_the_middle_is_exit_code_4_and_running_again_converges(desk: Desk) -> None:
    desk.org.faults["write one 3"] = failing(Unreachable(f"No answer with {TOKEN}."))
    done = desk("apply", "acme.yaml", "-c", "sandbox", "--yes")
    assert done.code == 4
    assert "Error: 2 of 3 changes done, then: No answer with Secret(…)." in done.err
    assert TOKEN not in done.out + done.err


# ---------------------------------------------------------------- destroy


def test_destroy_removes_what_is_ours_and_nothing_else(desk: Desk) -> None:
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    foreign = Address("Type", "foreign")
    desk.org.resources[foreign] = {"x": 1}
    assert desk("destroy", "acme.yaml", "-c", "sandbox").code == 5
    done = desk("destroy", "acme.yaml", "-c", "sandbox", "--yes")
    assert done.code == 0
    assert "Plan: 0 to add, 0 to change, 3 to delete." in done.out
    assert desk.org.resources == {foreign: {"x": 1}}
    assert desk.org.ledger.fingerprints == {}
    again = desk("destroy", "acme.yaml", "-c", "sandbox", "--yes")
    assert again.code == 0
    assert again.out.splitlines()[-1] == (
        "Nothing to delete. There is nothing of acme in Acme Sandbox (00D000000000001AAA)."
    )
    assert "matches" not in again.out


def test_destroy_leaves_another_designs_resources_alone(desk: Desk) -> None:
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    desk.edit("design: acme", "design: another")
    assert desk("plan", "acme.yaml", "-c", "sandbox").code == 5
    done = desk("destroy", "acme.yaml", "-c", "sandbox", "--yes")
    assert done.code == 5
    assert "this prefix belongs to the design 'acme', not to 'another'." in done.err
    assert len(desk.org.resources) == 3


# ------------------------------------------------------------------ others


@pytest.mark.parametrize("name", ["design", "plan", "config"])
def test_schemas_are_printed_and_found(desk: Desk, name: str) -> None:
    schema = json.loads(desk("schema", name).out)
    jsonschema.Draft202012Validator.check_schema(schema)
    path = Path(desk("schema", name, "--path").out.strip())
    assert json.loads(path.read_text(encoding="utf-8")) == schema


def test_the_connection_must_lead_to_the_designs_platform(desk: Desk) -> None:
    config = desk.folder / "provisioner.toml"
    config.write_text(config.read_text().replace('"salesforce"', '"hubspot"'))
    done = desk("plan", "acme.yaml", "-c", "sandbox")
    assert done.code == 2
    assert done.err.startswith("Error: The connection 'sandbox' leads to hubspot, but salesforce is wanted.")


def test_an_unknown_command_gets_a_suggestion(desk: Desk) -> None:
    done = desk("vaildate", "acme.yaml")
    assert done.code == 2
    assert done.err.endswith("Error: There is no command 'vaildate'. Did you mean 'validate'?\n")


def test_colour_needs_a_terminal_and_consent(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    command = ("plan", "acme.yaml", "-c", "sandbox")
    assert "\x1b[" in desk(*command).out
    assert "\x1b[" not in desk(*command, "--no-color").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in desk(*command).out


# ---------------------------------------------------------- errors as data


def test_with_json_an_error_is_one_document_too(desk: Desk) -> None:
    done = desk("plan", "acme.yaml", "-c", "nowhere", "--json")
    assert (done.code, done.err.splitlines()[0]) == (2, "Error: There is no connection 'nowhere'.")
    assert json.loads(done.out)["error"]["message"] == "There is no connection 'nowhere'."
    assert json.loads(done.out)["error"]["exit_code"] == 2
    refused = desk("apply", "acme.yaml", "-c", "sandbox", "--json")
    assert refused.code == 5
    assert json.loads(refused.out) == {
        "error": {
            "message": "Nobody can be asked here (no terminal), and --yes was not given. Nothing was changed.",
            "advice": "Read the plan; then run the same command with --yes.",
            "exit_code": 5,
        },
        "findings": [],
    }
    assert desk("apply", "acme.yaml", "-c", "sandbox").out.startswith("Org: ")


def test_the_findings_of_a_bad_design_and_the_words_of_the_vendor_are_in_the_document(desk: Desk) -> None:
    desk.org.faults["check"] = failing(Rejected("Refused.", problems=[("Type:demo", f"bad {TOKEN}")]))
    done = desk("apply", "acme.yaml", "-c", "sandbox", "--yes", "--json")
    assert done.code == 1
    problem = json.loads(done.out)["error"]["problems"][0]
    assert problem["where"] == "Type:demo"
    assert TOKEN not in done.out + done.err
    desk.edit("sla: 5m", "sla: 5 minutes")
    bad = desk("render", "acme.yaml", "-o", "out", "--json")
    assert bad.code == 2
    assert [(item["code"], item["line"]) for item in json.loads(bad.out)["findings"]] == [("D101", 6)]


def test_a_plan_that_cannot_be_kept_leaves_one_document(desk: Desk) -> None:
    done = desk("plan", "acme.yaml", "-c", "sandbox", "-o", "nowhere/acme.plan", "--json")
    assert done.code == 2
    assert json.loads(done.out)["error"]["message"] == (
        "The plan cannot be written to nowhere/acme.plan: No such file or directory."
    )


# --------------------------------------------------------------- fidelity


def test_how_faithful_the_crm_is_takes_one_line_until_it_is_asked_for(desk: Desk) -> None:
    counted = "Fidelity: 1 exact, 2 approximated (worst 2.5 min), 1 manual"
    assert desk("validate", "acme.yaml").out.splitlines()[-1] == f"{counted}; --fidelity shows them."
    assert desk("validate", "acme.yaml", "--fidelity").out.splitlines()[1:] == [
        "feature  lead type  fidelity",
        "clock    demo       approximated, ≤ 2.5 min",
        "    Ticks.\\x07",
        "clock    other      approximated, ≤ 2.5 min",
        "    Ticks.\\x07",
        "reports  all        manual",
        "    No API.",
        "touch    all        exact",
        "    Known.",
        f"{counted}.",
    ]
    data = json.loads(desk("validate", "acme.yaml", "--json").out)
    assert [(one["feature"], one["lead_type"], one["grade"], one["worst_minutes"]) for one in data["fidelity"]] == [
        ("clock", "demo", "approximated", 2.5),
        ("clock", "other", "approximated", 2.5),
        ("reports", None, "manual", None),
        ("touch", None, "exact", 0.0),
    ]


def test_a_design_with_errors_has_no_fidelity(desk: Desk) -> None:
    desk.edit(
        "when: {LeadSource: [Web]}, sla: 1h, escalation: urgent}",
        "when: {LeadSource: [Web]}, sla: 1h, escalation: nobody}",
    )
    result = desk("validate", "acme.yaml", "--json")
    assert (result.code, json.loads(result.out)["fidelity"]) == (2, [])
