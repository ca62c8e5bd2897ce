"""The plan of a backfill, and what became of it, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from provisioner.applying.backfill_plan import NO_PROMISE, UNTOUCHED, FillPlan, digest
from provisioner.applying.filling import CHUNK, Tally
from provisioner.past import REASONS, Row
from provisioner.planning.guards import describe_org
from provisioner.reporting.text import PLAIN, Paint, count_text, safe

LOOKED_AT = 190  # leads that one request looks at again before they are written
_PER_JOB = 8  # requests of one job: begin, rows, go, some polls, three results


def calls(leads: int) -> int:
    """About how many requests writing takes."""
    jobs = -(-leads // CHUNK)
    return jobs * _PER_JOB + -(-leads // LOOKED_AT)


def fill_plan_text(plan: FillPlan, paint: Paint = PLAIN, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """Which leads, of which type and verdict; what is left alone and why; ten of them in full. `names`: what those are
    called, by id; a plan that is kept in a file has none."""
    window = " and ".join(
        f"{word} {safe(text)}" for word, text in (("from", plan.since), ("before", plan.until)) if text
    )
    created = f" created {window}" if window else ""
    lines = [f"{paint('Backfill', 'bold')} of {safe(plan.design)} in {safe(describe_org(plan.org))}:{safe(created)}"]
    lines += ["", *_table(plan), ""]
    if plan.rows:
        lines += [f"Sample of {len(plan.sample)}:", *(line for row in plan.sample for line in _row(row, names)), ""]
    lines += [paint(safe(notice), "yellow") for notice in plan.notices]
    lines.append(_ending(plan))
    return "\n".join(lines)


def _table(plan: FillPlan) -> Iterator[str]:
    width = max((len(name) for name, _ in plan.counts), default=0)
    finished = {key: count for key, count in plan.counts.items() if key[0] not in (UNTOUCHED, NO_PROMISE)}
    if finished:
        yield "  With a finished clock, because somebody touched them:"
    for (lead_type, verdict), count in sorted(finished.items()):
        yield f"    {safe(lead_type):<{width}}  {verdict:<4}  {count:>8,}"
    for (name, _), count in sorted(plan.counts.items()):
        if name == UNTOUCHED:
            yield f"  Untouched; only when they engaged and were assigned, no clock: {count:,}"
        if name == NO_PROMISE:
            yield f"  Touched, but without an SLA of their own: {count:,}"
    if not plan.rows:
        yield "  No lead gets anything."
    left = {reason: count for reason, count in plan.left.items() if count}
    if left:
        yield "  Left as they are:"
    for reason, count in sorted(left.items(), key=lambda item: -item[1]):
        yield f"    {count:>8,}  {REASONS[reason]}"


def _row(row: Row, names: Mapping[str, str]) -> Iterator[str]:
    name = names.get(row.id, "")
    yield f"  {safe(name)} ({safe(row.id)})" if name else f"  {safe(row.id)}"
    for name, value in row.after.items():
        yield f"    {safe(name)} = {safe(value)}"


def _ending(plan: FillPlan) -> str:
    if not plan.rows:
        return "Nothing to write."
    return (
        f"{count_text(len(plan.rows), 'lead')} to write, in about {calls(len(plan.rows)):,} requests. No alert is sent "
        "and no clock is started; but each of them counts as changed now, for other automation of this org and for "
        "whatever is kept in step with it."
    )


def fill_plan_data(plan: FillPlan) -> dict[str, Any]:
    return {
        "plan": digest(plan),
        "design": plan.design,
        "org": dict(plan.org),
        "since": plan.since or None,
        "until": plan.until or None,
        "leads": len(plan.rows),
        "groups": [
            {"lead_type": name, "verdict": verdict or None, "leads": count}
            for (name, verdict), count in sorted(plan.counts.items())
        ],
        "left": {reason: count for reason, count in sorted(plan.left.items()) if count},
        "sample": [{"id": row.id, "columns": dict(row.after)} for row in plan.sample],
        "notices": list(plan.notices),
        "requests": calls(len(plan.rows)),
    }


def tally_text(tally: Tally, run: str, folder: str, paint: Paint = PLAIN) -> str:
    """What was written, and where the rest is explained."""
    said = [paint(f"{count_text(tally.written, 'lead')} written", "green" if not tally.failed else "yellow")]
    if tally.already:
        said.append(f"{tally.already:,} were as wanted already")
    if tally.moved:
        said.append(f"{tally.moved:,} changed since the plan was made and were left alone")
    if tally.failed:
        said.append(paint(f"{len(tally.failed):,} were refused", "red"))
    lines = ["; ".join(said) + "."]
    if tally.failed:
        lines += [f"  {safe(id)}: {safe(text)}" for id, text in list(tally.failed.items())[:5]]
        lines.append(f"All of them, with the CRM's words: failed-….csv in {safe(folder)}")
    lines.append(f"The values before: before-….csv in {safe(folder)} (run {safe(run)})")
    return "\n".join(lines)


def tally_data(tally: Tally, run: str | None, folder: str) -> dict[str, Any]:
    return {
        "run": run,
        "written": tally.written,
        "already": tally.already,
        "changed_since": tally.moved,
        "failed": [{"id": id, "error": text} for id, text in sorted(tally.failed.items())],
        "folder": folder,
    }
