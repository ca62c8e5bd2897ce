"""Alerts go live when what people do by hand is done: without it, alerts are late, lost or nobody's."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import requests
from salesforce_bench import Bench, join, last

GOLIVE = ("golive", "acme.yaml", "-c", "box", "--yes")


def ready(bench: Bench) -> None:
    """Silently applied, everybody trained; only the steps are open."""
    bench("apply", "acme.yaml", "-c", "box", "--yes")
    people = [{"username": f"{name}@acme.example", "last": name} for name in ("cro", "sdr-manager")]
    requests.post(f"{bench.emulator.url}/_emulator/seed", json={"users": people}, timeout=10).raise_for_status()
    bench.edit("mode: silent", "mode: live")
    design = bench.folder / "acme.yaml"
    day = (datetime.now().astimezone().date() - timedelta(days=9)).isoformat()
    said = "".join(f"  {name}: {day}\n" for name in ("sales_trained_on", "leadership_trained_on", "silent_since"))
    kept = design.read_text(encoding="utf-8").partition("\nenablement:")[0]
    design.write_text(f"{kept}\nenablement:\n{said}", encoding="utf-8")


def pending(bench: Bench) -> bool:
    return "switches alerts" in bench("plan", "acme.yaml", "-c", "box")


def test_open_steps_that_alerts_wait_for_close_the_gate(bench: Bench) -> None:
    ready(bench)
    assert bench(*GOLIVE, code=5) == (
        "Error: Alerts in Emulated Org (00D000000000001AAA) do not go live yet: default_workflow_user: not done by "
        "hand yet (Name an active Default Workflow User); queue_members: not done by hand yet (Put people into the "
        "queue SDR_Backup). Nothing was changed.\n"
        "  What to do: Do default_workflow_user, then say so: provisioner done acme.yaml default_workflow_user -c box. "
        "Do queue_members, then say so: provisioner done acme.yaml queue_members -c box. If they must go live all the "
        "same, give --override REASON; it is recorded.\n"
    )
    assert pending(bench)
    join(bench, "SDR_Backup")
    for step in ("default_workflow_user", "queue_members"):  # who sees the fields is no matter of alerts
        bench("done", "acme.yaml", step, "-c", "box", "--by", "Ana Ruiz")
    out = bench(*GOLIVE)
    assert "\n  ok       default_workflow_user  done by Ana Ruiz, 2" in out
    assert "\n  ok       queue_members          done by Ana Ruiz, 2" in out
    assert "permission_set  done" not in out
    assert not pending(bench)


def test_a_reason_passes_open_steps_and_is_recorded_with_them(bench: Bench) -> None:
    ready(bench)
    told = json.loads(bench(*GOLIVE, "--override", "the queue is filled tonight", "--json"))
    shown = json.loads(bench("history", "show", told["run"], "--json"))["lines"][0]
    assert shown["override"] == "the queue is filled tonight"
    assert [item["name"] for item in shown["gate"] if not item["holds"]] == ["default_workflow_user", "queue_members"]
    assert not pending(bench)
    assert last(bench("plan", "acme.yaml", "-c", "box")).endswith(", 3 by hand.")
