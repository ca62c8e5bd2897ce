"""The command around the audit: what it reads, what it leaves, and with which code it ends."""

from __future__ import annotations

import http.server
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fake_target
import pytest
from desk import DESIGN, TOKEN, Desk
from fake_org import FakeOrg, FakeSession
from strategies.audits import CHECKS
from strategies.loopback import serving

from provisioner.connections import Connection
from provisioner.errors import Rejected, TargetError
from provisioner.facts import Carrier, Evidence, Facts, Option, Person, Scope, Tally, Totals, Unasked
from provisioner.model.design import Design
from provisioner.planning.plan import Change, Touched
from provisioner.resources import Address
from provisioner.targets.base import Meaning, Session

FIRST, LAST = "2026-05-02T09:00:00Z", "2026-06-12T09:00:00Z"
NOW = "2026-06-15T08:00:00Z"


def clean(scope: Scope) -> Facts:
    options = (Option("Demo", "Demo"), Option("Web", "Web"))
    tallies = (Tally("Demo", "demo", "Hit", 90, FIRST, LAST), Tally("Web", "other", "Hit", 10, FIRST, LAST))
    return Facts(
        scope=scope,
        totals=Totals(100, 100, 100, 100),
        carriers=(Carrier("LeadSource", "Lead Source", options, tallies, Evidence("GROUP BY", 100)),),
        entrances=(),
        people=(),
        waiting=(),
        standings=(),
        checks={check: Evidence(check, 0) for check in CHECKS},
        periods=(),
        alerts=(),
        calendars=(),
    )


def with_value(facts: Facts, value: str, count: int = 37) -> Facts:
    carrier = facts.carriers[0]
    tallies = (*carrier.tallies, Tally(value, None, None, count, FIRST, LAST))
    return replace(facts, carriers=(replace(carrier, tallies=tallies),))


class AuditingSession(FakeSession):
    """`changes` make the clean facts what they are."""

    def __init__(self, org: FakeOrg, changes: Callable[[Facts], Facts]) -> None:
        super().__init__(org)
        self._changes = changes

    def audit(self, design: Design, scope: Scope) -> Facts:
        self._call("audit")
        return self._changes(clean(scope))

    def judged(self, since: Mapping[str, str]) -> Mapping[str, Evidence]:
        self._call("judged")
        assert dict(since) == {"demo": "2026-06-03T09:00:00Z"}
        return {"demo": Evidence("judged", 112)}

    def touched(self, addresses: Any, since: str) -> Mapping[Address, Touched]:
        return {address: Touched("Ana Ruiz", "2026-06-03T09:00:00Z") for address in addresses}


class Crm:
    """What the command finds; `connected` is how it connected."""

    def __init__(self) -> None:
        self.changes: Callable[[Facts], Facts] = lambda facts: facts
        self.connected: list[bool] = []


@pytest.fixture
def crm(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Crm:
    """An org to which the design was applied."""
    found = Crm()

    def connect(connection: Connection, *, read_only: bool = False) -> Session:
        found.connected.append(read_only)
        return AuditingSession(fake_target.target.org, found.changes)

    def meanings(change: Change, design: Design) -> list[Meaning]:
        assert change.before is not None and change.after is not None
        old, new = change.before.attributes["sla"], change.after.attributes["sla"]
        return [Meaning(f"SLA of Demo: {old} minutes -> {new} minutes", ("demo",))]

    monkeypatch.setattr(fake_target.target, "connect", connect)
    monkeypatch.setattr(fake_target.target, "meanings", meanings, raising=False)
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    found.connected.clear()
    desk.org.calls.clear()
    return found


DRIFT = ("drift", "acme.yaml", "-c", "sandbox", "--now", NOW)


def test_an_untouched_org_is_clean(desk: Desk, crm: Crm) -> None:
    result = desk(*DRIFT)
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "Org: Acme Sandbox (00D000000000001AAA), not production, https://acme.example, as admin@acme.example\n"
        "Design: acme (acme.yaml)\n"
        "Leads since 2026-03-17: 100; 100 with a lead type, 100 with a clock, 100 with a verdict\n"
        "Coverage: 100 % of 100 leads have a value of LeadSource that a rule maps\n"
        "\n"
        "No drift: everything was looked at, and nothing was found.\n"
    )
    assert crm.connected == [True]
    assert set(desk.org.calls) == {"identity", "read", "audit"}


def test_a_strange_value_is_found(desk: Desk, crm: Crm) -> None:
    crm.changes = lambda facts: with_value(facts, "TikTok")
    result = desk(*DRIFT)
    assert result.code == 3
    assert (
        "acme.yaml:6:3: error L103: Leads carry a value that the field does not offer and no rule maps\n"
        "  LeadSource: TikTok\n"
        "  37 leads since 2026-03-17 have “TikTok” in Lead Source (LeadSource), first seen 2026-05-02, "
        "last 2026-06-12. No rule of the design maps it.\n"
        "  37 leads: no clock runs and nobody is alerted.\n"
    ) in result.out
    assert result.out.endswith("\nDrift: 1 error.\n")


def test_a_change_by_hand_is_told_in_the_words_of_the_sla(desk: Desk, crm: Crm) -> None:
    desk.org.resources[Address("Type", "demo")] = {"sla": 60}
    result = desk(*DRIFT)
    assert result.code == 3
    assert (
        "  SLA of Demo: 5 minutes -> 60 minutes, by Ana Ruiz on 2026-06-03.\n"
        "  Judged or alerted under it: 112 leads of “Demo” (SLA 5m) since 2026-06-03.\n"
    ) in result.out


def test_what_was_not_checked_is_no_success(desk: Desk, crm: Crm) -> None:
    crm.changes = lambda facts: replace(facts, people=None, unasked=(Unasked("people", "Not allowed."),))
    result = desk(*DRIFT)
    assert result.code == 1
    assert (
        "Not checked (unknown, not clean)\n"
        "  people: Not allowed. Leads of people who left or are away would not be noticed.\n\n"
        "Nothing was found, but 1 part was not checked: this is no clean result.\n"
    ) in result.out
    assert desk(*DRIFT, "--allow-unchecked").code == 0
    assert desk(*DRIFT, "--only", "calendar").code == 0
    crm.changes = lambda facts: with_value(replace(facts, people=None), "TikTok")
    assert desk(*DRIFT, "--allow-unchecked").code == 3


def test_a_platform_that_cannot_count_is_not_clean(desk: Desk, crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake_target.target, "connect", lambda _, *, read_only: FakeSession(fake_target.target.org))
    result = desk(*DRIFT, "--json")
    assert result.code == 1
    assert {item["family"] for item in json.loads(result.out)["unchecked"]} == {
        "lead-types", "people", "data", "health", "calendar",
    }  # fmt: skip


def test_a_departed_recipient_does_not_stop_the_audit(desk: Desk, crm: Crm) -> None:
    def refuse() -> None:
        raise Rejected("cro@acme.example is nobody here.")

    desk.org.faults["read"] = refuse
    result = desk(*DRIFT)
    assert result.code == 1
    assert "  configuration: cro@acme.example is nobody here. A change by hand would not be noticed.\n" in result.out


def test_a_crm_that_does_not_answer_is_a_failure(desk: Desk, crm: Crm) -> None:
    def fail() -> None:
        raise TargetError("No answer.")

    desk.org.faults["audit"] = fail
    result = desk(*DRIFT)
    assert (result.code, result.out, result.err) == (1, "", "Error: No answer.\n")


def test_another_org_is_refused(desk: Desk, crm: Crm) -> None:
    desk.edit("00D000000000001AAA", "00D000000000009AAA")
    assert desk(*DRIFT).code == 5


@pytest.mark.parametrize(("level", "code"), [("error", 0), ("warning", 3), ("info", 3), ("never", 0)])
def test_the_level_decides(desk: Desk, crm: Crm, level: str, code: int) -> None:
    person = Person("1", "Sam Lee", "sam@acme.example", active=False, leads=2)
    crm.changes = lambda facts: replace(facts, people=(person,))
    assert desk(*DRIFT, "--fail-on", level).code == code


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            ("--since", "soon"),
            "Error: --since 'soon' is neither days nor a day.\n  What to do: Write 90d, or 2026-01-31.",
        ),
        (("--since", "2026-07-01"), "Error: --since 2026-07-01 is not in the past."),
        (("--only", "peple"), "Error: There is no family and no finding 'peple'. Did you mean 'people'?"),
        (("--in-place",), "Error: --in-place goes with --fix."),
        (("--previous", "nothing.json"), "Error: nothing.json cannot be read: No such file or directory."),
        (("--previous", "acme.yaml"), "Error: acme.yaml is no drift report: it is not JSON."),
        (("--post", "revops"), "Error: There is no notification 'revops'."),
        (("--html", "acme.yaml"), "Error: acme.yaml is there already and is no such report. It was not overwritten."),
        (("--write-patch", "acme.yaml"), "Error: acme.yaml is there already and is no such report."),
        (("-o", "nowhere/r.json"), "Error: nowhere/r.json cannot be written: there is no folder nowhere."),
    ],
)
def test_a_wrong_option_is_explained(desk: Desk, crm: Crm, option: tuple[str, ...], message: str) -> None:
    result = desk(*DRIFT, *option)
    assert result.code == 2
    assert result.err.startswith(message)
    assert desk.org.calls == []  # before anything is asked of the CRM


def test_since_is_days_or_a_day(desk: Desk, crm: Crm) -> None:
    seen: list[Scope] = []

    def note(facts: Facts) -> Facts:
        seen.append(facts.scope)
        return facts

    crm.changes = note
    desk(*DRIFT, "--since", "30d")
    desk(*DRIFT, "--since", "2026-06-01")
    assert [scope.since for scope in seen] == [datetime(2026, 5, 16, 8, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)]
    assert seen[0].carriers == ("LeadSource",)


def test_all_files_are_written_in_one_run_and_a_second_run_compares(desk: Desk, crm: Crm) -> None:
    crm.changes = lambda facts: with_value(facts, "TikTok")
    names = {"-o": "r.json", "--html": "r.html", "--markdown": "r.md", "--sarif": "r.sarif", "--junit": "r.xml"}
    files = [part for pair in names.items() for part in pair]
    assert desk(*DRIFT, *files).code == 3
    assert all("TikTok" in (desk.folder / name).read_text(encoding="utf-8") for name in names.values())
    crm.changes = lambda facts: with_value(facts, "Billboard")
    result = desk(*DRIFT, *files, "--previous", "r.json", "--json")
    compared = json.loads(result.out)["compared"]
    assert (len(compared["new"]), compared["still"], [item["subject"] for item in compared["gone"]]) == (
        1, [], ["LeadSource: TikTok"],
    )  # fmt: skip
    assert json.loads((desk.folder / "r.json").read_text(encoding="utf-8")) == json.loads(result.out)


def test_a_report_of_another_org_is_not_compared(desk: Desk, crm: Crm) -> None:
    assert desk(*DRIFT, "-o", "r.json").code == 0
    report = desk.folder / "r.json"
    report.write_text(report.read_text().replace("00D000000000001AAA", "00D000000000009AAA"))
    result = desk(*DRIFT, "--previous", "r.json")
    assert result.code == 2
    assert result.err == (
        "Error: r.json is a report of acme in the org 00D000000000009AAA; this one is of acme in 00D000000000001AAA.\n"
        "  What to do: Give --previous an earlier report of the same.\n"
    )


ACCEPTED = """\
accepted:
  - {code: L103, subject: "leadsource: tiktok", reason: Retired in May., until: 2026-12-31}
"""


def test_what_is_accepted_does_not_count_until_its_day(desk: Desk, crm: Crm) -> None:
    crm.changes = lambda facts: with_value(facts, "TikTok")
    file = desk.folder / "provisioner.accepted.yaml"
    file.write_text(ACCEPTED, encoding="utf-8")
    result = desk(*DRIFT)
    assert result.code == 0
    assert result.out.endswith("nothing was found. 1 accepted.\n")
    file.write_text(ACCEPTED.replace("2026-12-31", "2026-06-14"), encoding="utf-8")
    result = desk(*DRIFT)
    assert result.code == 3
    assert (
        "provisioner.accepted.yaml:2:5: accepted until 2026-06-14, which is past; it counts again: "
        "L103 leadsource: tiktok\n"
    ) in result.out
    fingerprint = json.loads(desk(*DRIFT, "--json").out)["findings"][0]["fingerprint"]
    other = desk.folder / "other.yaml"
    other.write_text(f"accepted: [{{fingerprint: '{fingerprint}', reason: Known., until: 2026-06-15}}]\n")
    assert desk(*DRIFT, "--accepted", "other.yaml").code == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- L103", "a.yaml:1:1: This is no list of accepted findings."),
        ("accepted: [{code: L103, subject: x, until: 2026-12-31}]", "a.yaml:1:12: The entry has no reason: what is "),
        (
            "accepted: [{code: L103, reason: x, until: 2026-12-31}]",
            "a.yaml:1:12: An entry names a finding by code and ",
        ),
        (
            "accepted: [{code: L999, subject: x, reason: x, until: 2026-12-31}]",
            "a.yaml:1:19: There is no finding 'L999'.",
        ),
        (
            "accepted: [{code: L103, subject: x, reason: x, until: soon}]",
            "a.yaml:1:55: until is 'soon'; it must be a day such as 2026-12-31.",
        ),
        ("accepted: [{code: L103, sujet: x}]", "a.yaml:1:32: 'sujet' is no key of an entry. Did you mean 'subject'?"),
    ],
)
def test_a_wrong_entry_is_explained(desk: Desk, crm: Crm, text: str, message: str) -> None:
    (desk.folder / "a.yaml").write_text(text + "\n", encoding="utf-8")
    result = desk(*DRIFT, "--accepted", "a.yaml")
    assert result.code == 2
    assert result.err.startswith(f"Error: {message}")


# ---------------------------------------------------------------------------- mending


def test_a_patch_is_written_for_what_is_sure(desk: Desk, crm: Crm) -> None:
    crm.changes = lambda facts: with_value(with_value(facts, "We-b"), "Demo Day")
    result = desk(*DRIFT, "--write-patch", "x.patch")
    assert result.code == 3
    assert result.err == (
        "Mapped LeadSource “We-b” to other: resembles “Web”: the same letters and digits.\n"
        "Left to you: LeadSource “Demo Day” (perhaps demo). Only 70% sure (resembles “Demo”: one name contains the "
        "other); 80% is asked for.\n"
        "1 mapping in x.patch. Read it, then: git apply x.patch\n"
    )
    added = [line for line in (desk.folder / "x.patch").read_text().splitlines() if line[:1] == "+"]
    assert added == [
        "+++ b/acme.yaml",
        "+  - {id: other, label: Other, when: {LeadSource: [Web, We-b]}, sla: 1h, escalation: urgent}",
    ]
    assert (desk.folder / "acme.yaml").read_text() == DESIGN


def test_fix_makes_a_copy_and_shows_its_plan(desk: Desk, crm: Crm) -> None:
    crm.changes = lambda facts: with_value(facts, "We-b")
    result = desk(*DRIFT, "--fix")
    assert "1 mapping in acme.fixed.yaml. This is its plan:\n" in result.err
    assert "Carry it out: provisioner apply acme.fixed.yaml -c sandbox\n" in result.err
    assert "No changes. Acme Sandbox (00D000000000001AAA) matches acme.fixed.yaml." in result.out
    assert (desk.folder / "acme.yaml").read_text() == DESIGN
    assert (desk.folder / "acme.fixed.yaml").read_text() == DESIGN.replace("[Web]", "[Web, We-b]")
    again = desk(*DRIFT, "--fix")
    assert (again.code, again.err.splitlines()[-2]) == (
        2, "Error: acme.fixed.yaml is there already. It was not overwritten.",
    )  # fmt: skip


def test_fix_in_place_changes_the_design_and_keeps_its_permissions(desk: Desk, crm: Crm) -> None:
    crm.changes = lambda facts: with_value(facts, "We-b")
    design = desk.folder / "acme.yaml"
    design.chmod(0o640)
    assert desk(*DRIFT, "--fix", "--in-place").code == 3
    assert design.read_text() == DESIGN.replace("[Web]", "[Web, We-b]")
    assert design.stat().st_mode & 0o777 == 0o640
    assert "write" not in desk.org.calls


def test_nothing_sure_is_no_patch(desk: Desk, crm: Crm) -> None:
    crm.changes = lambda facts: with_value(facts, "TikTok")
    result = desk(*DRIFT, "--write-patch", "x.patch", "--fix")
    assert "No patch was written: no proposal is sure enough (see --confidence).\n" in result.err
    assert not (desk.folder / "x.patch").exists() and not (desk.folder / "acme.fixed.yaml").exists()


# ---------------------------------------------------------------------------- posting


class Receiver:
    """A webhook on loopback."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.status = 200
        self.url = ""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(found.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with serving(Handler) as address:
        found.url = f"{address}/services/canary-4471"
        yield found


def notify(desk: Desk, kind: str) -> None:
    config = desk.folder / "provisioner.toml"
    entry = f'[notifications.revops]\nkind = "{kind}"\nurl = {{env = "HOOK"}}\n'
    config.write_text(config.read_text() + entry)


@pytest.mark.parametrize("kind", ["slack", "webhook"])
def test_the_summary_is_posted(
    desk: Desk, crm: Crm, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    notify(desk, kind)
    monkeypatch.setenv("HOOK", receiver.url)
    result = desk(*DRIFT, "--post", "revops")
    assert (result.code, result.err) == (0, "Posted to revops.\n")
    assert [sorted(body) for body in receiver.bodies] == [
        ["blocks", "text"] if kind == "slack" else ["format", "report", "text"]
    ]
    assert TOKEN not in json.dumps(receiver.bodies)


def test_the_summary_is_posted_to_everybody_who_is_named(
    desk: Desk, crm: Crm, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    notify(desk, "slack")
    config = desk.folder / "provisioner.toml"
    config.write_text(config.read_text() + '[notifications.pager]\nkind = "webhook"\nurl = {env = "HOOK"}\n')
    monkeypatch.setenv("HOOK", receiver.url)
    result = desk(*DRIFT, "--post", "revops", "--post", "pager", "--post", "revops")
    assert (result.code, result.err) == (0, "Posted to revops.\nPosted to pager.\n")
    assert [sorted(body) for body in receiver.bodies] == [["blocks", "text"], ["format", "report", "text"]]
    receiver.status = 500
    assert desk(*DRIFT, "--post", "revops", "--post", "pager").err.count("The summary was not posted to ") == 2


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_summary_that_did_not_arrive_is_a_failure_and_the_report_is_kept(
    desk: Desk, crm: Crm, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    notify(desk, "slack")
    receiver.status = status
    monkeypatch.setenv("HOOK", receiver.url)
    result = desk(*DRIFT, "--post", "revops", "-o", "r.json")
    assert result.code == 1
    assert result.err == (
        f"Error: The summary was not posted to revops: the answer was {status}.\n"
        "  What to do: The report itself is complete. Check the address, and whether the webhook was revoked.\n"
    )
    assert result.out.endswith("nothing was found.\n")
    assert (desk.folder / "r.json").exists()
    assert len(receiver.bodies) == 1


def test_nobody_there_is_said_without_the_address(desk: Desk, crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    notify(desk, "slack")
    monkeypatch.setenv("HOOK", "http://127.0.0.1:9/services/canary-4471")
    result = desk(*DRIFT, "--post", "revops", "-vv")
    assert result.code == 1
    assert "not posted to revops: no connection." in result.err
    assert "canary" not in result.err + result.out


@pytest.mark.parametrize("url", ["http://hooks.example/canary-4471", "ftp://x/canary-4471", "canary-4471"])
def test_an_address_that_others_could_read_is_refused_without_repeating_it(
    desk: Desk, crm: Crm, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    notify(desk, "webhook")
    monkeypatch.setenv("HOOK", url)
    result = desk(*DRIFT, "--post", "revops")
    assert result.code == 2
    assert f"{desk.folder / 'provisioner.toml'}:7: [notifications.revops] url " in result.err
    assert "canary" not in result.err


def test_an_address_in_the_file_is_refused(desk: Desk, crm: Crm) -> None:
    config = desk.folder / "provisioner.toml"
    config.write_text(config.read_text() + '[notifications.revops]\nkind = "slack"\nurl = "https://h.example/canary"\n')
    result = desk(*DRIFT, "--post", "revops")
    assert result.code == 2
    assert "url is written out. Secrets do not belong in this file" in result.err
    assert "canary" not in result.err


def test_no_secret_is_in_any_report(desk: Desk, crm: Crm) -> None:
    crm.changes = lambda facts: with_value(facts, "TikTok")
    result = desk(*DRIFT, "-o", "r.json", "--html", "r.html", "--sarif", "r.sarif", "-v")
    texts = [Path(desk.folder / name).read_text() for name in ("r.json", "r.html", "r.sarif")]
    assert TOKEN not in "".join([*texts, result.out, result.err])
