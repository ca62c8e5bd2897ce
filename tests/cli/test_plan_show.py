"""`plan show`, and the reports that `plan` keeps: no org is asked, and nothing but a report is overwritten."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from desk import Desk
from fake_org import FakeOrg

from provisioner.reporting import markdown, pages


@pytest.fixture
def desk(new_desk: Callable[..., Desk]) -> Desk:
    return new_desk(FakeOrg())


@pytest.fixture
def planned(desk: Desk) -> Desk:
    result = desk("plan", "acme.yaml", "-c", "sandbox", "-o", "acme.plan")
    assert result.code == 0, result.err
    return desk


def test_a_plan_file_is_shown_as_it_was(planned: Desk) -> None:
    drawn = planned("plan", "acme.yaml", "-c", "sandbox").out
    shown = planned("plan", "show", "acme.plan")
    assert (shown.code, shown.out) == (0, drawn)
    assert "to add, 0 to change, 0 to delete" in shown.out


def test_json_is_the_plan_file(planned: Desk) -> None:
    for arguments in (["--json"], ["--format", "json"]):
        shown = planned("plan", "show", "acme.plan", *arguments)
        assert json.loads(shown.out) == json.loads((planned.folder / "acme.plan").read_text())


def test_other_forms_are_printed_or_kept(planned: Desk) -> None:
    for form, mark in (("markdown", markdown.MARK), ("html", pages.MARK)):
        printed = planned("plan", "show", "acme.plan", "--format", form)
        assert printed.out.startswith(mark)
        assert "provisioner apply acme.plan -c sandbox" in printed.out
        for _ in range(2):  # an earlier report makes room
            assert planned("plan", "show", "acme.plan", "--format", form, "-o", f"r.{form}").out == ""
        assert (planned.folder / f"r.{form}").read_text(encoding="utf-8") == printed.out


def test_plan_keeps_reports_beside_the_plan(planned: Desk) -> None:
    result = planned("plan", "acme.yaml", "-c", "sandbox", "-o", "acme.plan", "--markdown", "c.md", "--html", "p.html")
    assert result.code == 0, result.err
    for form, file in (("markdown", "c.md"), ("html", "p.html")):
        shown = planned("plan", "show", "acme.plan", "--format", form).out
        assert (planned.folder / file).read_text(encoding="utf-8") == shown


@pytest.mark.parametrize("arguments", [("--markdown", "acme.yaml"), ("--html", "acme.yaml")])
def test_a_report_overwrites_no_design(desk: Desk, arguments: tuple[str, str]) -> None:
    before = (desk.folder / "acme.yaml").read_text()
    result = desk("plan", "acme.yaml", "-c", "sandbox", *arguments)
    assert (result.code, (desk.folder / "acme.yaml").read_text()) == (2, before)
    assert result.err.splitlines()[-2:] == [
        "Error: acme.yaml is there already and is no such report. It was not overwritten.",
        "  What to do: Give the report a new name, or the name of an earlier one.",
    ]


def test_a_report_that_cannot_be_written_says_where(planned: Desk) -> None:
    result = planned("plan", "show", "acme.plan", "--format", "html", "-o", "nowhere/p.html")
    assert (result.code, result.err) == (
        2, "Error: The report cannot be written to nowhere/p.html: No such file or directory.\n"
    )  # fmt: skip
    result = planned("plan", "show", "acme.plan", "--format", "html", "-o", ".")
    assert (result.code, result.err) == (2, "Error: . is a folder; the report needs the name of a file.\n")


def test_a_design_called_show_is_still_a_design(desk: Desk) -> None:
    (desk.folder / "acme.yaml").rename(desk.folder / "show")
    assert "to add" in desk("plan", "./show", "-c", "sandbox").out
    assert desk("plan", "show").code == 2


def test_an_expired_plan_can_still_be_read(planned: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from provisioner.planning import planfile
    from provisioner.planning.plandata import content_digest

    path = planned.folder / "acme.plan"
    data = json.loads(path.read_text())
    data["expires_at"] = data["created_at"] = "2026-01-01T00:00:00Z"
    data["digest"] = content_digest(data)
    path.write_text(json.dumps(data))
    shown = planned("plan", "show", "acme.plan")
    assert (shown.code, shown.err) == (0, "This plan has expired: it was valid until 2026-01-01T00:00:00Z.\n")
    assert planfile.peek(path).digest == data["digest"]


def test_an_edited_plan_is_not_shown_as_if_it_were_true(planned: Desk) -> None:
    path = planned.folder / "acme.plan"
    path.write_text(path.read_text().replace("create", "delete", 1))
    shown = planned("plan", "show", "acme.plan")
    assert (shown.code, shown.out) == (5, "")
    assert "acme.plan was changed after it was written" in shown.err


def test_json_and_another_form_contradict_each_other(planned: Desk) -> None:
    shown = planned("plan", "show", "acme.plan", "--format", "html", "--json")
    assert (shown.code, shown.err.splitlines()) == (
        2,
        ["Error: --json prints JSON, and --format asks for html.", "  What to do: Leave one of them out."],
    )


def test_a_report_is_for_its_owner_only(planned: Desk) -> None:
    planned("plan", "show", "acme.plan", "--format", "html", "-o", "p.html")
    assert Path(planned.folder / "p.html").stat().st_mode & 0o777 == 0o600
