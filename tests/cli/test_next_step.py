"""What a plan says comes next is what works: apply where apply does it, else the command that does."""

from __future__ import annotations

from pathlib import Path

from desk import Desk

from provisioner.resources import Address

FORBIDDEN = "apiVersion: provisioner/v1\nforbid: [live_alerts]\n"


def reports(desk: Desk) -> tuple[str, str]:
    return ((desk.folder / "a.md").read_text(encoding="utf-8"), (desk.folder / "a.html").read_text(encoding="utf-8"))


def planned(desk: Desk, *more: str) -> str:
    done = desk("plan", "acme.yaml", "-c", "sandbox", "--markdown", "a.md", "--html", "a.html", *more)
    assert done.code == 0, done.err
    return done.err


def test_a_plan_that_can_be_carried_out_names_apply(desk: Desk) -> None:
    said = planned(desk, "-o", "a.plan")
    assert said.endswith("Kept in a.plan. Carry it out within 24 hours: provisioner apply a.plan -c sandbox\n")
    assert "\nCarry it out: `provisioner apply a.plan -c sandbox`\n" in reports(desk)[0]


def test_what_is_in_the_way_names_import_everywhere(desk: Desk) -> None:
    desk.org.resources[Address("Type", "demo")] = {"sla": 9}
    words = "apply refuses this plan while something is in the way. See how it differs, and make it this design's own"
    command = "provisioner import acme.yaml -c sandbox"
    assert planned(desk).endswith(f"{words}: {command}\n")
    assert planned(desk, "-o", "a.plan").endswith(f"Kept in a.plan, but {words}: {command}\n")
    markdown, html = reports(desk)
    assert f"\n{words}: `{command}`\n" in markdown
    assert f"<code>{command}</code>" in html
    assert "provisioner apply" not in markdown + html


def test_a_plan_that_goes_live_names_golive(desk: Desk) -> None:
    desk("apply", "acme.yaml", "-c", "sandbox", "--yes")
    desk.edit("mode: silent", "mode: live")
    words = "apply refuses this plan, because it switches alerts on. That is done by"
    command = "provisioner golive acme.yaml -c sandbox"
    assert planned(desk, "-o", "a.plan").endswith(f"Kept in a.plan, but {words}: {command}\n")
    assert f"\n{words}: `{command}`\n" in reports(desk)[0]
    assert f"<code>{command}</code>" in reports(desk)[1]


def test_what_the_policy_forbids_is_in_the_comment_and_on_the_page(desk: Desk) -> None:
    desk("apply", "acme.yaml", "-c", "sandbox", "--yes")
    desk.edit("mode: silent", "mode: live")
    (desk.folder / "policy.yaml").write_text(FORBIDDEN, encoding="utf-8")
    words = "apply refuses this plan, because the policy forbids it."
    assert planned(desk, "-o", "a.plan").endswith(f"Kept in a.plan, but {words}\n")
    breach = "policy.yaml:2:10: forbid live_alerts: this plan switches alerts to their real recipients."
    markdown, html = reports(desk)
    assert f"**The policy forbids this**\n\n- `{breach} Set alerts.mode to silent in the design.`\n" in markdown
    assert f"\n{words}\n" in markdown
    assert breach in html
    assert words in html
    assert "provisioner apply" not in markdown + html


def test_a_plan_that_deletes_much_says_how_many(desk: Desk, tmp_path: Path) -> None:
    state = tmp_path / "runs-of-this-test"
    desk("apply", "acme.yaml", "-c", "sandbox", "--yes", "--state-dir", str(state))
    run = next((state / "runs").iterdir()).name
    done = desk("rollback", run, "-c", "sandbox", "-o", "back.plan", "--state-dir", str(state))
    doomed = len(desk.org.resources)
    assert done.err.endswith(f"provisioner apply back.plan -c sandbox --allow-deletes={doomed}\n"), done.err
