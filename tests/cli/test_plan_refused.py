"""A plan file that is not true any more is refused with exit 5 and the exact command that comes next."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from desk import CONFIG, Desk

from provisioner.planning.plandata import content_digest
from provisioner.resources import Address

APPLY = ("apply", "plans/acme.plan", "-c", "sandbox", "--yes")
AGAIN = "provisioner plan acme.yaml -c sandbox -o plans/acme.plan"


@pytest.fixture
def kept(desk: Desk) -> Desk:
    """A plan in a folder of its own, beside the design's."""
    assert desk("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    (desk.folder / "plans").mkdir()
    desk.edit("sla: 5m", "sla: 6m")
    assert desk("plan", "acme.yaml", "-c", "sandbox", "-o", "plans/acme.plan").code == 0
    return desk


def refused(desk: Desk, *command: str) -> str:
    before = dict(desk.org.resources)
    result = desk(*command)
    assert result.code == 5, result.out + result.err
    assert desk.org.resources == before
    return result.err


def test_an_org_it_was_not_made_for(kept: Desk) -> None:
    (kept.folder / "provisioner.toml").write_text(CONFIG + CONFIG.replace("sandbox", "uat"), encoding="utf-8")
    kept.org.identity = replace(kept.org.identity, id="00D000000000002AAA", name="Acme UAT")
    err = refused(kept, "apply", "plans/acme.plan", "-c", "uat", "--yes")
    assert (
        "This plan was made for Acme Sandbox (00D000000000001AAA), but the connection leads to Acme UAT "
        "(00D000000000002AAA)." in err
    )
    assert "Carry it out where it belongs: provisioner apply plans/acme.plan -c sandbox." in err
    assert "Or plan for this org: provisioner plan acme.yaml -c uat -o plans/acme.plan" in err


def test_a_connection_that_leads_elsewhere_now(kept: Desk) -> None:
    kept.org.identity = replace(kept.org.identity, id="00D000000000002AAA", name="Acme UAT")
    assert AGAIN in refused(kept, *APPLY)


def test_an_edited_byte(kept: Desk) -> None:
    path = kept.folder / "plans" / "acme.plan"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"sla": 6', '"sla": 7'), encoding="utf-8")
    err = refused(kept, *APPLY)
    assert "plans/acme.plan was changed after it was written: its digest does not match its content." in err
    assert AGAIN in err


def test_a_witness_that_moved(kept: Desk) -> None:
    kept.org.resources[Address("Type", "demo")] = {"sla": 90}
    err = refused(kept, *APPLY)
    assert "Type:demo changed in the org after this plan was made." in err
    assert AGAIN in err


def test_an_apply_in_between(kept: Desk) -> None:
    assert kept("apply", "acme.yaml", "-c", "sandbox", "--yes").code == 0
    err = refused(kept, *APPLY)
    assert "This design was applied to the org again after this plan was made" in err
    assert AGAIN in err


def test_a_plan_that_is_too_old(kept: Desk) -> None:
    path = kept.folder / "plans" / "acme.plan"
    data = json.loads(path.read_text(encoding="utf-8"))
    long_ago = datetime.now(UTC) - timedelta(hours=25)
    data["created_at"] = long_ago.strftime("%Y-%m-%dT%H:%M:%SZ")
    data["expires_at"] = (long_ago + timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M:%SZ")
    path.write_text(json.dumps(data | {"digest": content_digest(data)}), encoding="utf-8")
    err = refused(kept, *APPLY)
    assert f"plans/acme.plan has expired: it was valid until {data['expires_at']}." in err
    assert AGAIN in err
    assert kept("plan", "show", "plans/acme.plan").code == 0


def test_a_design_that_was_changed(kept: Desk) -> None:
    kept.edit("sla: 6m", "sla: 7m")
    err = refused(kept, *APPLY)
    assert "acme.yaml was changed after this plan was made." in err
    assert AGAIN in err


def test_the_choices_come_along(kept: Desk) -> None:
    kept.org.resources[Address("Type", "other")] = {"sla": 90}
    options = ("--target", "Type:*", "--keep-drift", "Type:other")
    assert kept("plan", "acme.yaml", "-c", "sandbox", "-o", "plans/acme.plan", *options).code == 0
    kept.edit("sla: 6m", "sla: 7m")
    err = refused(kept, *APPLY)
    assert "-c sandbox --target 'Type:*' --keep-drift Type:other -o plans/acme.plan" in err
