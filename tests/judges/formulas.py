"""A second implementation of Salesforce's formulas (npm formulon) against the emulator's, on the formulas of the
templates and on random ones: `formulas.py FOLDER NODE_MODULES`. FOLDER is where render.py wrote the packages.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from provisioner.emulator.salesforce.automation.formula import Reference, compile_formula
from tests.judges import corpus
from tests.judges.corpus import Case
from tests.judges.sf_cli import package_in

SEED, RANDOM, TIMES = 20260302, 3000, 8
RENDERED_TIMES = 24  # of each formula that the templates render
CLOSE = 1e-9  # relative; formulon reckons in binary floating point, we in 39 decimal digits


@dataclass(frozen=True)
class Moment:
    """What a formula sees when it runs."""

    values: dict[str, corpus.Value]
    now: datetime = corpus.START
    zone: tzinfo = UTC
    is_new: bool = False


class Names:
    merge = False
    patterns = True

    def __init__(self, case: Case) -> None:
        self._case = case

    def resolve(self, name: str) -> Reference:
        return Reference(self._case.names[name], lambda scope: scope.values[name])


def ours(case: Case) -> corpus.Value:
    found = compile_formula(case.formula, Names(case)).evaluate(Moment(dict(case.values)))
    assert not hasattr(found, "hour") or isinstance(found, datetime), "formulas of the corpus have no bare times"
    return found


def theirs(cases: list[Case], modules: Path) -> list[Any]:
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "cases.json"), Path(folder, "answers.json")
        asked.write_text(json.dumps([corpus.travelling(case) for case in cases]), encoding="utf-8")
        script = modules.parent / "formulas.cjs"
        subprocess.run(["node", str(script), str(asked), str(answered)], check=True)
        found: list[Any] = json.loads(answered.read_text(encoding="utf-8"))
    return found


def agree(mine: corpus.Value, answer: Any) -> bool:
    """Whether `[kind, value]` of formulon is the same value; a blank text is the empty one."""
    kind, value = answer
    if value is None or value == "":
        return mine is None
    if isinstance(mine, bool) or isinstance(value, bool):
        return mine is value
    if isinstance(mine, datetime):
        return bool(kind == "datetime" and abs(mine.timestamp() * 1000 - value) <= 500)
    if isinstance(mine, date):
        return bool(datetime(mine.year, mine.month, mine.day, tzinfo=UTC).timestamp() * 1000 == value)
    if isinstance(mine, Decimal):
        return bool(kind == "number" and abs(float(mine) - value) <= CLOSE * max(1.0, abs(value)))
    return bool(mine == value)


def theirs_is_wrong(case: Case, mine: corpus.Value, answer: list[Any]) -> str:
    """Why, for the differences that are understood; empty for every other one."""
    if None in case.values.values():
        return (
            "a blank: formulon takes it for 0 or writes NULL; a blank stays blank ([docs] reference/salesforce.md 2.3)"
        )
    if "ADDMONTHS(" in case.formula:
        return "ADDMONTHS: the last day of a month stays the last day ([docs] formula functions, ADDMONTHS)"
    if "RIGHT(" in case.formula:
        return (
            "RIGHT: of more characters than there are, formulon gives fewer than all ([docs] formula functions, RIGHT)"
        )
    if mine is None and answer[0] in ("date", "datetime"):
        return "a date after the year 4000 or before 1700, which is none ([docs] date fields)"
    if any(agree(ours(nudged(case, by)), answer) for by in (Decimal("1e-9"), Decimal("-1e-9"))):
        return "exactly on the edge of rounding, which binary floating point misses ([code: salesforce formula-engine])"
    return ""


def nudged(case: Case, by: Decimal) -> Case:
    values = {key: item + by if isinstance(item, Decimal) else item for key, item in case.values.items()}
    return replace(case, values=values)


def main(folder: Path, modules: Path) -> int:
    dice = random.Random(SEED)
    cases, seen = [], set[str]()
    for package in sorted(path.parent for path in folder.glob("*/package.xml")):
        cases += corpus.rendered(package.name, package_in(package), dice, RENDERED_TIMES, seen)
    rendered = len(cases)
    cases += corpus.random_cases(dice, RANDOM, TIMES)
    answers = theirs(cases, modules)
    counted, unexplained = judged(cases, answers)
    silent = unheard(cases[:rendered], answers[:rendered])
    print(f"formulon: {len(cases)} evaluations, {rendered} of them of {len(seen)} formulas that the templates render")
    for what, number in counted.most_common():
        print(f"formulon: {number:6} {what}")
    for line in unexplained:
        print(f"formulon: differs: {line}")
    for formula in silent:
        print(f"formulon: never answered: {formula}")
    return 1 if unexplained or silent else 0


def judged(cases: list[Case], answers: list[Any]) -> tuple[Counter[str], list[str]]:
    """How often what came of it; and the differences that nothing explains."""
    counted: Counter[str] = Counter()
    unexplained: list[str] = []
    for case, answer in zip(cases, answers, strict=True):
        mine = ours(case)
        if isinstance(answer, dict):
            blank = None in case.values.values()
            counted["not answered: a blank where formulon wants a value" if blank else "not answered"] += 1
            why = "" if blank else f"formulon refuses it: {answer['error']}"
        else:
            right = agree(mine, answer)
            known = "" if right else theirs_is_wrong(case, mine, answer)
            counted["agree" if right else known or "differ"] += 1
            why = "" if right or known else f"ours {mine!r}, formulon's {answer[1]!r}"
        if why:
            unexplained.append(f"{case.origin}: {case.formula} with {dict(case.values)}: {why}")
    return counted, unexplained


def unheard(cases: list[Case], answers: list[Any]) -> list[str]:
    """The formulas that formulon had nothing to say about, whatever their values."""
    heard = {case.formula for case, answer in zip(cases, answers, strict=True) if not isinstance(answer, dict)}
    return sorted({f"{case.origin}: {case.formula}" for case in cases if case.formula not in heard})


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
