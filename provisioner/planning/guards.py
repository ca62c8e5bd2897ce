"""What must hold before anything is written. Each guard raises Refused (exit 5) with the way out, or says nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from provisioner.errors import Refused
from provisioner.planning.commands import apply_there, import_command, live_command, plan_again, plan_command
from provisioner.planning.plan import Action, Cause, Change, Plan
from provisioner.resources import Address

DELETION_LIMIT = 0.30
_NAMED = 5  # addresses in a sentence
_SHORT_ID = 15  # a vendor's long id is the short one and three characters that only repeat which letters are capitals


def same_org(left: object, right: object) -> bool:
    """Ids are equal; of two ids of 15 or 18 characters, the first 15 decide (case matters)."""
    one, other = str(left).strip(), str(right).strip()
    if {len(one), len(other)} <= {_SHORT_ID, _SHORT_ID + 3}:
        return one[:_SHORT_ID] == other[:_SHORT_ID]
    return bool(one) and one == other


def describe_org(org: Mapping[str, Any]) -> str:
    """`Acme Sandbox (00D…)`: how every output names an org; a name that has the id in it says enough."""
    name, id = str(org["name"]), str(org["id"])
    return name if id and id in name.split() else f"{name} ({id})"


def check_expected(expect: Mapping[str, Any], org: Mapping[str, Any]) -> None:
    """The org is the one the design names (`target.expect`). Production without an expectation is refused."""
    wanted = expect.get("org_id", expect.get("portal_id"))
    kind = "a production org" if org["is_production"] else "not a production org"
    if wanted is not None and not same_org(wanted, org["id"]):
        raise Refused(
            f"The connection leads to {describe_org(org)}, but the design expects {wanted}.",
            advice="Choose the connection of the expected org with --connection, "
            "or correct target.expect in the design.",
        )
    sandbox = expect.get("sandbox")
    if sandbox is not None and bool(sandbox) == bool(org["is_production"]):
        raise Refused(
            f"The design expects sandbox: {str(bool(sandbox)).lower()}, but {describe_org(org)} is {kind}.",
            advice="Choose the connection of the expected org with --connection, "
            "or correct target.expect in the design.",
        )
    if org["is_production"] and wanted is None:
        raise Refused(
            f"{describe_org(org)} is a production org, and the design does not say that it is meant for it.",
            advice="Write the org's id into the design, under target: "
            f"expect: {{org_id: {org['id']}, sandbox: false}}.",
        )


def check_same_org(plan: Plan, org: Mapping[str, Any], connection: str = "") -> None:
    """A plan is for one org, and knows what kind it is and in which time zone: a trial can have become production in
    the meantime, and what was planned can depend on the zone. `connection` is the name of the one in use."""
    again = plan_again(plan, connection)
    if not same_org(plan.org["id"], org["id"]):
        elsewhere = connection and connection != plan.connection
        there = f"Carry it out where it belongs: {apply_there(plan)}. Or plan for this org: "
        raise Refused(
            f"This plan was made for {describe_org(plan.org)}, but the connection leads to {describe_org(org)}.",
            advice=there + plan_command(plan, connection) if elsewhere else again,
        )
    if bool(plan.org["is_production"]) != bool(org["is_production"]):
        kind = "a production org" if org["is_production"] else "no production org"
        raise Refused(f"This plan does not know that {describe_org(org)} is {kind}.", advice=again)
    then, now = plan.org.get("time_zone"), org.get("time_zone")
    if then and now and then != now:
        raise Refused(
            f"The time zone of {describe_org(org)} was {then} when this plan was made, and is {now} now.",
            advice=f"Correct target.timezone in the design. {again}",
        )


def check_ledger(ledger_design: str | None, design: str, org: Mapping[str, Any]) -> None:
    """The ledger with our prefix belongs to this design."""
    if ledger_design is not None and ledger_design != design:
        raise Refused(
            f"In {describe_org(org)} this prefix belongs to the design {ledger_design!r}, not to {design!r}.",
            advice="Give this design another target.prefix, or restore the design's id: the id is how we know our own.",
        )


def check_prefix(elsewhere: Mapping[str, str], design: str, prefix: str, org: Mapping[str, Any]) -> None:
    """The design is not in the org under another prefix: a second clock beside the first would alert people twice.

    `elsewhere`: the other prefixes with something of ours in this org → the design it belongs to.
    """
    others = [other for other, owner in elsewhere.items() if owner == design]
    if others:
        listed = " and ".join(others)
        raise Refused(
            f"{describe_org(org)} has the design {design!r} with the prefix {listed}; with {prefix} it would be there "
            "a second time.",
            advice=f"Go back to `prefix: {others[0]}`; or, with that prefix in the design, remove it first "
            "(provisioner destroy DESIGN -c NAME), then change the prefix.",
        )


def beside(elsewhere: Mapping[str, str], design: str) -> str:
    """What is to be known of other designs in the org when a new owner starts a clock anew; empty when there is none.
    `elsewhere` as above."""
    others = [f"{owner!r} (prefix {prefix})" for prefix, owner in elsewhere.items() if owner != design]
    if not others:
        return ""
    return (
        f"Also in this org: {' and '.join(others)}. Where two designs watch the same leads, whatever one hands over "
        "has a new owner for the other too, and with `on_reassign: restart` its clock starts anew."
    )


def check_owned(plan: Plan, recorded: Iterable[Address], done: Collection[Address] = ()) -> None:
    """Nothing is changed or deleted that the ledger does not list, and nothing enters the ledger but what this plan
    makes or adopts (or an earlier run of it: `done`), whatever a plan file says.

    The exception is an adoption that the plan shows: of what was there and not ours when it was made (its witness says
    whether it still is as it was then), never as a deletion or under another address.
    """
    ours = frozenset(recorded)
    befores = ((change, change.before.address) for change in plan.changes if change.before is not None)
    foreign = [address for change, address in befores if address not in ours and not _is_adoption(change)]
    touched = {address for change in plan.changes for address in change.addresses}
    foreign += [address for address in plan.fingerprints if address not in ours | touched and address not in done]
    if foreign:
        raise Refused(
            f"{_listed(tuple(foreign), 'is', 'are')} not recorded as made by this design. Nothing was changed.",
            advice=plan_again(plan),
        )


def _is_adoption(change: Change) -> bool:
    return change.cause is Cause.ADOPTED and change.action is Action.UPDATE and change.was is None


def check_clear(plan: Plan) -> None:
    """Nothing stands in the way: no foreign resource under one of our names, nothing that could not be read."""
    if plan.conflicts:
        it, differs = ("it", "it differs") if len(plan.conflicts) == 1 else ("them", "they differ")
        raise Refused(
            f"{_listed(plan.conflicts, 'is', 'are')} already in {describe_org(plan.org)}, and this design did not make "
            f"{it}. Nothing was changed.",
            advice="Choose another target.prefix (or another name in the design), or remove what is there by hand. Or "
            f"see how {differs}, and make {it} this design's: {import_command(plan)}",
        )
    if plan.unread:
        raise Refused(
            f"{_listed(plan.unread, 'could not be read', 'could not be read')} in {describe_org(plan.org)}. "
            "What cannot be seen is not changed.",
            advice="Give the connection's user permission to read it, then plan again.",
        )


def _listed(addresses: tuple[Address, ...], one: str, many: str) -> str:
    named = [str(address) for address in addresses[:_NAMED]]
    last = f"{len(addresses) - _NAMED} more" if len(addresses) > _NAMED else named.pop()
    shown = f"{', '.join(named)} and {last}" if named else last
    return f"{shown} {one if len(addresses) == 1 else many}"


def owned_before(plan: Plan) -> int:
    """How many resources this design has in the org before the plan is carried out."""
    back = sum(change.cause is Cause.TAKEN_BACK and change.before is None for change in plan.to_write)
    new = back + sum(change.cause in (Cause.NEW, Cause.ADOPTED) for change in plan.to_write)
    return len(plan.fingerprints) - new + plan.count(Action.DELETE)


def too_many_deletions(plan: Plan) -> bool:
    """More than 30 % of what we own: such a plan has to be told how many. What `--target` left out is not known to be
    no deletion, so each of it counts as one where this plan deletes anything."""
    doomed = plan.count(Action.DELETE)
    at_most = doomed + plan.aim.left_out if doomed and _is_slice(plan) else doomed
    return at_most > DELETION_LIMIT * owned_before(plan)


def check_deletions(plan: Plan, allowed: int | None) -> None:
    """More than 30 % of what we own is not deleted without stating how many; nor any part of more than that, which
    `--target` would otherwise carry out slice by slice."""
    doomed, owned = plan.count(Action.DELETE), owned_before(plan)
    if allowed is not None and allowed != doomed:
        raise Refused(
            f"--allow-deletes={allowed} was given, but this plan deletes {doomed} of {owned} resources.",
            advice=f"Read the plan again. If that is the intention, give --allow-deletes={doomed}.",
        )
    if allowed is None and too_many_deletions(plan):
        left = "1 change" if plan.aim.left_out == 1 else f"{plan.aim.left_out} changes"
        rest = f", and leaves {left} for later, which may delete as well" if _is_slice(plan) else ""
        raise Refused(
            f"This plan deletes {doomed} of {owned} resources{rest} (the limit is {DELETION_LIMIT:.0%}).",
            advice=f"If that is the intention, give --allow-deletes={doomed}.",
        )


def _is_slice(plan: Plan) -> bool:
    return not plan.aim.is_whole and plan.aim.left_out > 0


def check_alerts(plan: Plan, allowed: bool) -> None:
    """Silent alerts do not become real ones by accident: only golive allows it."""
    if plan.goes_live and not allowed:
        raise Refused(
            f"This plan switches alerts in {describe_org(plan.org)} to their real recipients.",
            advice="To go on silently, set alerts.mode to silent in the design. To let them go live: "
            f"{live_command(plan)}",
        )


def check_confirmed(org: Mapping[str, Any], confirm: str | None) -> None:
    """Production wants the org's name; a name that was given must be right everywhere."""
    if confirm is not None and confirm != org["name"]:
        raise Refused(
            f"--confirm says {confirm!r}, but the connection leads to {describe_org(org)}.",
            advice="Give the org's exact name, or choose another connection.",
        )
    if org["is_production"] and confirm is None:
        raise Refused(
            f"{describe_org(org)} is a production org. Nothing was changed.",
            advice=f"Name it to confirm: --confirm {_quoted(str(org['name']))}.",
        )


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "'\\''") + "'"
