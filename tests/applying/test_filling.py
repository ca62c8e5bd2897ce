"""A backfill carried out: what is looked at, kept, handed in and accounted for, with a CRM made of dictionaries."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.applying import backfill_plan, processes, runs
from provisioner.applying.filling import Doors, Tally, account, chunks, fill, sort, unsettled
from provisioner.applying.interruption import Interruption
from provisioner.applying.journal import BEGIN, FORMAT, Journal, read
from provisioner.errors import Interrupted, Refused, Unreachable, UsageError
from provisioner.past import Filled, Row, Seen

ORG = {"platform": "salesforce", "id": "00D1", "name": "Acme", "is_production": False, "url": "https://a", "user": "me"}


@dataclass
class Crm:
    """Leads as columns, with a version; jobs write when they are finished."""

    leads: dict[str, dict[str, str]]
    versions: dict[str, str] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    jobs: dict[str, list[Row]] = field(default_factory=dict)

    def seen(self, ids: Sequence[str]) -> Mapping[str, Seen]:
        return {id: Seen(self.versions.get(id, "v1"), self.leads[id]) for id in ids if id in self.leads}

    def begin(self) -> str:
        self.jobs[f"job{len(self.jobs) + 1}"] = []
        return f"job{len(self.jobs)}"

    def submit(self, job: str, rows: Sequence[Row]) -> None:
        self.jobs[job] = list(rows)

    def finish(self, job: str) -> Filled:
        ids = [row.id for row in self.jobs[job] if row.id not in self.refused | self.silent]
        for row in self.jobs[job]:
            if row.id in ids:
                self.leads[row.id] |= row.after
        refused = {row.id: "NO:not this one" for row in self.jobs[job] if row.id in self.refused}
        return Filled(frozenset(ids), refused)

    @property
    def doors(self) -> Doors:
        return Doors(self.seen, self.begin, self.submit, self.finish, lambda one, other: one == other)


def rows(count: int) -> list[Row]:
    return [Row(f"L{number}", "v1", {"A": ""}, {"A": f"{number}"}) for number in range(count)]


def crm(count: int, **facts: Any) -> Crm:
    return Crm({f"L{number}": {"A": ""} for number in range(count)}, **facts)


def opened(folder: Path, run: str = "20260302T130000250-3fa8c1", **facts: Any) -> Journal:
    journal = Journal(runs.runs_folder(folder) / run, lambda data: data)
    process = {"host": "elsewhere", "pid": 1, "started": 1.0}
    journal.write(BEGIN, **{"format": FORMAT, "kind": "backfill", "org": ORG, "process": process, **facts})
    return journal


def killed(folder: Path) -> Journal:
    """The journal of a run that died while the CRM was at work on its only job."""
    gone = {**processes.this().data(), "started": 1.0}
    journal = opened(folder, process=gone, changes=[{"address": "Leads:1-2", "action": "update"}])
    with pytest.raises(Unreachable):
        list(fill(rows(2), replace(crm(2).doors, finish=lost), journal, Interruption(lambda: None)))
    journal.close()
    return journal


def filled(folder: Path, found: Crm, wanted: Sequence[Row], size: int = 2) -> Tally:
    journal = opened(folder)
    try:
        return list(fill(wanted, found.doors, journal, Interruption(lambda: None), size))[-1]
    finally:
        journal.close()


def test_every_chunk_is_backed_up_then_named_then_handed_in_and_accounted_for(tmp_path: Path) -> None:
    found = crm(3, refused=frozenset({"L1"}), silent=frozenset({"L2"}))
    tally = filled(tmp_path, found, rows(3))
    no_word = "The CRM does not say what became of this row."
    assert tally == Tally(1, 0, 0, {"L1": "NO:not this one", "L2": no_word})
    run = read(runs.runs_folder(tmp_path) / "20260302T130000250-3fa8c1")
    assert [(line.event, line.facts.get("job"), line.facts.get("message")) for line in run.lines[2:]] == [
        ("job", "job1", None), ("outcome", None, "1 written, 1 refused"),
        ("job", "job2", None), ("outcome", None, "1 refused"),
    ]  # fmt: skip
    assert run.outcomes == {"Leads:1-2": "failed", "Leads:3-3": "failed"}
    kept = {path.name: path.read_text(encoding="utf-8") for path in run.folder.glob("*.csv")}
    assert kept == {
        "before-0001.csv": "Id,A\nL0,\nL1,\n",
        "before-0002.csv": "Id,A\nL2,\n",
        "failed-0001.csv": "Id,Error\nL1,NO:not this one\n",
        "failed-0002.csv": f"Id,Error\nL2,{no_word}\n",
    }


def test_who_changed_since_or_is_gone_is_left_alone_and_who_has_it_is_passed_over(tmp_path: Path) -> None:
    found = crm(4, versions={"L0": "v2", "L1": "v2"})
    found.leads["L1"] = {"A": "1"}
    del found.leads["L3"]
    assert filled(tmp_path, found, rows(4), size=10) == Tally(1, 1, 2)
    assert found.leads == {"L0": {"A": ""}, "L1": {"A": "1"}, "L2": {"A": "2"}}


def test_a_signal_ends_it_between_two_chunks(tmp_path: Path) -> None:
    found, stop = crm(4), Interruption(lambda: None)
    journal = opened(tmp_path)
    walk = fill(rows(4), found.doors, journal, stop, 2)
    assert next(walk) == Tally(2)
    stop.ask()
    with pytest.raises(Interrupted, match="2 leads written, nothing is under way"):
        next(walk)
    journal.close()
    assert list(found.jobs) == ["job1"]


def test_a_job_that_nobody_accounted_for_is_found_until_a_later_run_settled_it(tmp_path: Path) -> None:
    found = crm(2)

    def lost(job: str) -> Filled:
        raise Unreachable("Nobody answers.")

    journal = opened(tmp_path)
    with pytest.raises(Unreachable):
        list(fill(rows(2), replace(found.doors, finish=lost), journal, Interruption(lambda: None)))
    journal.write("end", how="partly", done=0)
    journal.close()
    assert [job for _, job in unsettled(tmp_path, lambda org: org == ORG)] == ["job1"]
    assert unsettled(tmp_path, lambda org: False) == []
    later = Journal(runs.runs_folder(tmp_path) / "20260303T130000250-3fa8c1", lambda data: data)
    later.write(BEGIN, format=FORMAT, kind="backfill", org=ORG, settled=["job1"])
    later.close()
    assert unsettled(tmp_path, lambda org: True) == []


@pytest.mark.parametrize(
    ("written", "how", "status"), [(("L0", "L1"), "completed", "done"), (("L0",), "partly", "failed")]
)
def test_what_became_of_a_job_is_told_by_the_run_that_left_it(
    tmp_path: Path, written: tuple[str, ...], how: str, status: str
) -> None:
    """Once, and for good: the next run has nothing to settle, and the run is not called killed for ever."""
    killed(tmp_path)
    ((run, job),) = unsettled(tmp_path, lambda org: True)
    assert runs.ended(run) == "killed"
    refused = {id: "NO" for id in ("L0", "L1") if id not in written}
    account(run, job, Filled(frozenset(written), refused), lambda data: data)
    assert unsettled(tmp_path, lambda org: True) == []
    after = read(run.folder)
    assert runs.ended(after) == how
    assert [(item.event, item.facts["line"]) for item in after.lines] == [
        ("begin", 1), ("stage", 2), ("job", 3), ("outcome", 4), ("end", 5)
    ]  # fmt: skip
    assert after.outcomes == {"Leads:1-2": status}
    message = f"{len(written)} written, {len(refused)} refused; settled by a later run"
    assert after.lines[3].facts["message"] == message


def test_a_journal_without_its_end_is_left_as_it_is(tmp_path: Path) -> None:
    journal = killed(tmp_path)
    with journal.path.open("ab") as file:
        file.write(b'{"line": 4, "at"')
    content = journal.path.read_bytes()
    ((run, job),) = unsettled(tmp_path, lambda org: True)
    account(run, job, Filled(frozenset(["L0", "L1"]), {}), lambda data: data)
    assert journal.path.read_bytes() == content


def lost(job: str) -> Filled:
    raise Unreachable("Nobody answers.")


columns = st.dictionaries(st.sampled_from("ABC"), st.sampled_from(["x", "y"]), min_size=1)


@given(st.lists(st.tuples(columns, st.booleans(), st.booleans(), st.booleans())), st.integers(1, 4))
def test_what_was_done_is_never_done_again(plans: list[tuple[dict[str, str], bool, bool, bool]], size: int) -> None:
    """Every row is exactly one of written, passed over, left alone; afterwards, all that were written are passed over,
    whatever their version."""
    wanted = [Row(f"L{place}", "v1", {}, after) for place, (after, *_) in enumerate(plans)]
    now = {
        row.id: Seen("v1" if same else "v2", row.after if has else {})
        for row, (_, same, has, there) in zip(wanted, plans, strict=True)
        if there
    }
    todo, already, moved = sort(wanted, now, lambda one, other: one == other)
    assert len(todo) + already + moved == len(wanted)
    assert all(now[row.id].version == row.version for row in todo)
    after = now | {row.id: Seen("v3", row.after) for row in todo}
    assert sort(todo, after, lambda one, other: one == other) == ([], len(todo), 0)
    assert [row for _, part in chunks(wanted, size) for row in part] == wanted


# ------------------------------------------------------------------ the plan as paper

NOW = datetime(2026, 3, 2, 13, tzinfo=UTC)
PLAN = backfill_plan.FillPlan(
    "acme", "sha256:1", "acme.yaml", "STL", "0.1.0", ORG, "box", "2026-03-02T12:00:00Z", "", "2026-01-01T00:00:00Z",
    tuple(rows(25)), {("demo", "Hit"): 25}, {"converted": 3}, ("A notice.",),
)  # fmt: skip


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "leads.plan"
    backfill_plan.write(PLAN, path)
    assert backfill_plan.read(path, tool="0.2.0", now=NOW) == PLAN
    assert [row.id for row in PLAN.sample] == ["L0", "L2", "L5", "L7", "L10", "L12", "L15", "L17", "L20", "L22"]
    with pytest.raises(UsageError, match="is there already"):
        backfill_plan.write(PLAN, path)


@pytest.mark.parametrize(
    ("later", "message"),
    [
        (timedelta(hours=24), r"has expired: it was valid until 2026-03-03T12:00:00Z\."),
        (timedelta(hours=-2), "says that it was made at 2026-03-02T12:00:00Z, and it is 2026-03-02T11:00:00Z here"),
    ],
)
def test_a_plan_that_is_too_old_or_too_young_is_refused(tmp_path: Path, later: timedelta, message: str) -> None:
    path = tmp_path / "leads.plan"
    backfill_plan.write(PLAN, path)
    with pytest.raises(Refused, match=message):
        backfill_plan.read(path, tool="0.1.0", now=NOW + later)


def test_an_edited_plan_and_what_is_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "leads.plan"
    backfill_plan.write(PLAN, path)
    data = json.loads(path.read_text(encoding="utf-8"))
    data["rows"][0][3]["A"] = "other"
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(Refused, match="is not what was written"):
        backfill_plan.read(path, tool="0.1.0", now=NOW)
    for text in (
        "{}",
        "[]",
        '{"digest": 1}',
        json.dumps(data | {"rows": [[1]]}),
        json.dumps(data | {"created_at": "x"}),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(UsageError, match="is not the plan of a backfill"):
            backfill_plan.read(path, tool="0.1.0", now=NOW)
