from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.errors import Refused, UsageError
from provisioner.planning import planfile
from provisioner.planning.plan import Aim, Cause, Change, Kept, Plan, Remade, Risk, Touched
from provisioner.planning.plandata import content_digest
from provisioner.resources import Address, Resource

MADE = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
SCHEMA = json.loads((Path(__file__).parents[2] / "specs" / "plan.schema.json").read_text(encoding="utf-8"))
A, B, C = (Address("Field", name) for name in "ABC")
D, OLD = Address("Flow", "D"), Address("Flow", "Old")


def sample(**changes: Any) -> Plan:
    base: dict[str, Any] = {
        "changes": (
            Change(None, Resource(A, {"length": 80, "label": "Zürich \u202e"}), Cause.NEW),
            Change(
                Resource(B, {"length": 5}),
                Resource(B, {"length": 10}),
                Cause.HAND,
                Touched("kim@acme.example", "2026-03-01T09:00:00Z"),
                Risk.COSMETIC,
            ),
            Change(Resource(C, {"x": None}), None, Cause.ORPHANED),
            Change(Resource(OLD, {"x": 1}), Resource(D, {"x": 2}), Cause.RENAMED),
        ),
        "conflicts": (Address("Queue", "Q"),),
        "unread": (Address("Flow", "F"),),
        "design": "acme",
        "design_digest": "abc",
        "tool": "0.1.0",
        "org": {"platform": "p", "id": "00D", "name": "Box", "is_production": False, "url": "https://x", "user": "u"},
        "created_at": "2026-03-02T13:00:00Z",
        "fingerprints": {A: "fa", B: "fb"},
        "notices": ("mind the gap",),
        "prefix": "STL",
        "design_file": "acme.yaml",
        "ledger": "l",
        "goes_live": True,
        "kept": (Kept(Address("Field", "K"), Cause.BOTH, Touched()),),
        "gone": (Address("Field", "G"),),
        "remade": (Remade("demo", "trial", "It cannot.", True),),
        "aim": Aim(("Field:*",), {B: A}, 3),
        "policy": "sha256:0",
        "impact": {"design": "sha256:d", "alerts": 41},
        "connection": "sandbox",
    }
    return Plan(**(base | changes))


def read(path: Path, *, tool: str = "0.1.0", after: timedelta = timedelta(minutes=5)) -> Plan:
    return planfile.read(path, tool=tool, now=MADE + after)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "acme.plan"
    planfile.write(sample(), path)
    assert read(path) == sample()


def test_a_rollback_of_a_rename_is_read(tmp_path: Path) -> None:
    back = sample(changes=(Change(Resource(D, {"x": 2}), Resource(OLD, {"x": 1}), Cause.TAKEN_BACK),))
    path = tmp_path / "back.plan"
    planfile.write(back, path)
    assert read(path) == back


def test_the_file_is_private_and_leaves_no_scraps(tmp_path: Path) -> None:
    path = tmp_path / "acme.plan"
    path.write_text('{"format": 1}')
    path.chmod(0o644)
    planfile.write(sample(), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in tmp_path.iterdir()] == ["acme.plan"]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        planfile.write(sample(), tmp_path / "nowhere" / "acme.plan")
    assert caught.value.message.endswith("acme.plan: No such file or directory.")


def test_the_data_keeps_the_published_shape() -> None:
    data = planfile.to_data(sample())
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    assert data["summary"] == {"create": 1, "update": 2, "delete": 1, "by_hand": 0}
    assert data["expires_at"] == "2026-03-03T13:00:00Z"
    assert data["changes"][1] == {
        "address": "Field:B",
        "action": "update",
        "cause": "hand",
        "risk": "cosmetic",
        "was": None,
        "touched": {"by": "kim@acme.example", "at": "2026-03-01T09:00:00Z"},
        "before": {"length": 5},
        "after": {"length": 10},
        "witness": Resource(B, {"length": 5}).fingerprint(),
        "differences": [{"path": "length", "old": 5, "new": 10}],
    }


def test_the_schema_names_every_property() -> None:
    assert set(planfile.to_data(sample())) == set(SCHEMA["properties"]) == set(SCHEMA["required"])


def test_an_edited_byte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "acme.plan"
    planfile.write(sample(), path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"length": 10', '"length": 11'), encoding="utf-8")
    with pytest.raises(Refused) as caught:
        read(path)
    assert caught.value.message == f"{path} was changed after it was written: its digest does not match its content."
    assert caught.value.advice == (
        f"Make a new plan and read it: provisioner plan {path.parent}/acme.yaml -c sandbox -o {path}"
    )


@given(st.data())
def test_no_single_edit_gets_through(data: st.DataObject) -> None:
    content = planfile.to_data(sample())
    key = data.draw(st.sampled_from(sorted(content)))
    content[key] = "edited" if content[key] != "edited" else "edited again"
    assert content_digest(content) != content["digest"] or key == "digest"


def test_an_expired_plan_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "acme.plan"
    planfile.write(sample(), path)
    assert read(path, after=timedelta(hours=24) - timedelta(seconds=1)).design == "acme"
    with pytest.raises(Refused) as caught:
        read(path, after=timedelta(hours=24))
    assert caught.value.message == f"{path} has expired: it was valid until 2026-03-03T13:00:00Z."


@pytest.mark.parametrize(
    ("made_with", "tool", "accepted"),
    [("0.1.0", "0.1.9", True), ("0.1.0", "0.2.0", False), ("1.4.0", "1.9.2", True), ("1.4.0", "2.0.0", False)],
)
def test_another_major_version_is_refused(tmp_path: Path, made_with: str, tool: str, accepted: bool) -> None:
    path = tmp_path / "acme.plan"
    planfile.write(sample(tool=made_with), path)
    if accepted:
        assert read(path, tool=tool).tool == made_with
    else:
        with pytest.raises(Refused) as caught:
            read(path, tool=tool)
        assert caught.value.message == f"{path} was made by version {made_with}; this is {tool}."


def test_a_changed_design_is_refused() -> None:
    assert planfile.check_design(sample(), Path("acme.yaml"), "abc") is None
    with pytest.raises(Refused) as caught:
        planfile.check_design(sample(), Path("acme.yaml"), "abd")
    assert caught.value.exit_code == 5
    assert caught.value.message.startswith("acme.yaml was changed after this plan was made.")


def forged(path: Path, change: dict[str, Any], within: str = "") -> None:
    """A plan with `change` (in its first change, with within="changes") and the digest that belongs to it."""
    content = planfile.to_data(sample())
    (content[within][0] if within else content).update(change)
    path.write_text(json.dumps(content | {"digest": content_digest(content)}), encoding="utf-8")


@pytest.mark.parametrize(
    ("within", "change", "said"),
    [
        (
            "changes",
            {"action": "creat"},
            "$.changes[0].action: 'creat' is not one of ['create', 'update', 'delete', 'by_hand'].",
        ),
        ("changes", {"address": "Field"}, "$.changes[0].address: 'Field' does not match '^[^:]+:.+$'."),
        ("", {"goes_live": "no"}, "$.goes_live: 'no' is not of type 'boolean'."),
        ("", {"more": 1}, "$: Additional properties are not allowed ('more' was unexpected)."),
        ("", {"notices": "x" * 500}, f"$.notices: '{'x' * 158}…."),
        ("", {"format": True}, "$.format: 2 was expected."),
        ("", {"created_at": "monday"}, "created_at is no instant: Invalid isoformat string: 'monday'."),
        ("", {"expires_at": "2026-03-03T13:00:00"}, "expires_at has no time zone."),
    ],
)
def test_a_plan_of_another_shape_is_said(tmp_path: Path, within: str, change: dict[str, Any], said: str) -> None:
    """Its digest is right: whatever wrote it does not write our plans."""
    path = tmp_path / "acme.plan"
    forged(path, change, within)
    with pytest.raises(UsageError) as caught:
        read(path)
    assert caught.value.message == f"{path} is not a plan: {said}"
    assert caught.value.advice == "A plan is written by: provisioner plan DESIGN -c NAME -o FILE"


def test_a_later_format_is_refused_before_its_shape_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "acme.plan"
    forged(path, {"format": 3, "more": 1})
    with pytest.raises(Refused) as caught:
        read(path)
    assert caught.value.message == f"{path} has plan format 3; this version reads 2."


def test_an_edit_that_breaks_the_shape_is_an_edit(tmp_path: Path) -> None:
    path = tmp_path / "acme.plan"
    content = planfile.to_data(sample())
    path.write_text(json.dumps(content | {"changes": {}}), encoding="utf-8")
    with pytest.raises(Refused) as caught:
        read(path)
    assert caught.value.message == f"{path} was changed after it was written: its digest does not match its content."


def test_no_depth_makes_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "acme.plan"
    for depth in range(700, 1100):
        path.write_text(f'{{"digest": "sha256:0", "format": 1, "changes": {"[" * depth}{"]" * depth}}}')
        with pytest.raises((Refused, UsageError)):
            read(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"digest": 1}', '{"digest": "x", "design": 3}', "\ud800"])
def test_what_is_no_plan_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "acme.plan"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(UsageError) as caught:
        read(path)
    assert caught.value.message.startswith(f"{path} is not a plan")


@pytest.mark.parametrize("text", ["{", '{"format": 1, "changes": [', '{"format: 1}'])
def test_a_plan_that_broke_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "acme.plan"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as caught:
        read(path)
    assert (caught.value.exit_code, caught.value.message, caught.value.advice) == (
        5,
        f"{path} is damaged: it is not JSON any more. Nothing was changed.",
        f"Make a new plan and read it: provisioner plan DESIGN -c NAME -o {path}",
    )


def altered(path: Path, alter: Callable[[dict[str, Any]], None]) -> Path:
    """The sample, altered, under a digest that fits."""
    data = planfile.to_data(sample())
    alter(data)
    data["digest"] = content_digest(data)
    path.write_text(json.dumps(data))
    return path


@pytest.mark.parametrize(
    ("alter", "message"),
    [
        (lambda data: data["changes"].append(data["changes"][0]), "Field:A is changed twice"),
        (lambda data: data["changes"][0].update(after=None), "what becomes of Field:A does not fit together"),
        (lambda data: data["changes"][1].update(action="create"), "what becomes of Field:B does not fit together"),
        (lambda data: data["changes"][1]["before"].update(length=6), "the witness of Field:B is not of what it shows"),
        (lambda data: data["design"].update(file="a\0b"), "design.file is no path"),
        (lambda data: data["design"].update(file="a" * 1001), "design.file is no path"),
        (
            lambda data: data["design"].update(id="\ud800"),
            "'utf-8' codec can't encode character '\\ud800' in position 2: surrogates not allowed",
        ),
    ],
)
def test_content_that_does_not_fit_is_no_plan(
    tmp_path: Path, alter: Callable[[dict[str, Any]], None], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        read(altered(tmp_path / "x.plan", alter))
    said = caught.value.message
    if "codec" in said:  # where the character stands is no matter
        said, message = (re.sub(r"position \d+", "", text) for text in (said, message))
    assert said == f"{tmp_path / 'x.plan'} is not a plan: {message}."


def test_a_plan_overwrites_plans_only(tmp_path: Path) -> None:
    design = tmp_path / "acme.yaml"
    design.write_text("apiVersion: provisioner/v1\n")
    link = tmp_path / "link"
    link.symlink_to(design)
    os.mkfifo(tmp_path / "pipe")
    for path in (design, link, tmp_path / "pipe"):
        with pytest.raises(UsageError) as caught:
            planfile.write(sample(), path)
        assert caught.value.message == f"{path} is there already and is no plan. It was not overwritten."
    assert design.read_text() == "apiVersion: provisioner/v1\n"
    assert link.is_symlink()


def test_a_plan_and_a_design_are_told_apart(tmp_path: Path) -> None:
    plan, design = tmp_path / "a", tmp_path / "b"
    planfile.write(sample(), plan)
    design.write_text("apiVersion: provisioner/v1\n")
    assert planfile.looks_like_plan(plan)
    assert not planfile.looks_like_plan(design)


def test_a_plan_can_be_looked_at_when_it_may_not_be_carried_out(tmp_path: Path) -> None:
    path = tmp_path / "acme.plan"
    planfile.write(sample(tool="9.0.0"), path)
    paper = planfile.peek(path)
    assert paper.plan == sample(tool="9.0.0")
    assert paper.plan.file == str(path)
    assert (paper.digest, paper.expires_at) == (planfile.digest(sample(tool="9.0.0")), MADE + timedelta(hours=24))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(UsageError) as caught:
        read(path)
    assert caught.value.message == f"{path} is a pipe; a plan is read more than once."


@pytest.mark.parametrize(
    "change",
    [
        {"was": "Field:Other"},  # nothing says renamed
        {"cause": "renamed"},  # from where?
        {"cause": "renamed", "was": "Field:A"},  # from itself
        {"cause": "adopted"},  # of what was not there
    ],
)
def test_a_cause_that_does_not_fit_is_no_plan(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        read(altered(tmp_path / "x.plan", lambda data: data["changes"][0].update(change)))
    assert caught.value.message.endswith("is not a plan: the cause of Field:A does not fit what becomes of it.")
