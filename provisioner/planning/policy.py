"""What plans are allowed to do, whatever a design asks for. Data and judgement; the file is read elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from provisioner.errors import Refused
from provisioner.planning.commands import look_again, plan_again, plan_command
from provisioner.planning.guards import describe_org, same_org
from provisioner.planning.plan import Action, Cause, Change, Plan, Risk
from provisioner.planning.risk import overwritten


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one policy file; `places` says where each stands (`policy.yaml:3:1`)."""

    file: str
    digest: str
    forbid: frozenset[str] = frozenset()  # of FORBIDDEN
    max_changes: int | None = None
    require: frozenset[str] = frozenset()  # simulate
    orgs: tuple[str, ...] = ()  # ids of the only orgs that may be written to; empty: any
    places: Mapping[str, str] = field(default_factory=dict)  # rule → place


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a plan does not keep."""

    rule: str
    place: str
    detail: str
    advice: str

    def __str__(self) -> str:
        return f"{self.place}: {self.rule}: {self.detail}"


def _deleted(plan: Plan) -> list[Change]:
    return [change for change in plan.to_write if change.action is Action.DELETE]


def _losing(plan: Plan) -> list[Change]:
    return [change for change in plan.to_write if change.risk is Risk.DATA]


FORBIDDEN: Mapping[str, tuple[Callable[[Plan], list[Change]], str, str]] = {
    "deletes": (_deleted, "deletes", "Keep them in the design."),
    "data_loss": (_losing, "loses the data of", "Keep them in the design as they are."),
    "overwriting_by_hand": (
        lambda plan: list(overwritten(plan)),
        "undoes what was changed by hand at",
        "Leave them with --keep-drift, or take them into the design with --accept-drift.",
    ),
}
"""Rule → the changes that break it, what the plan does to them, what to do instead. `live_alerts` besides."""


def breaches(policy: Policy, plan: Plan) -> list[Breach]:
    """Every rule that the plan does not keep; none when it changes nothing."""
    return list(_breaches(policy, plan)) if plan.to_write else []


def _breaches(policy: Policy, plan: Plan) -> Iterator[Breach]:
    def breach(rule: str, detail: str, advice: str) -> Breach:
        return Breach(rule, policy.places.get(rule, policy.file), detail, advice)

    for rule, (find, verb, advice) in FORBIDDEN.items():
        found = find(plan) if rule in policy.forbid else []
        if found:
            yield breach(f"forbid {rule}", f"this plan {verb} {_listed(found)}.", advice)
    if "live_alerts" in policy.forbid and plan.goes_live:
        yield breach(
            "forbid live_alerts",
            "this plan switches alerts to their real recipients.",
            "Set alerts.mode to silent in the design.",
        )
    count = len(plan.to_write)
    if policy.max_changes is not None and count > policy.max_changes:
        detail = (
            f"this plan has {count} {'change' if count == 1 else 'changes'}; at most {policy.max_changes} are allowed."
        )
        yield breach("max_changes", detail, "Plan a part of it with --target.")
    if "simulate" in policy.require and not is_simulated(plan):
        yield breach("require simulate", _not_simulated(plan), _without_simulation(plan))
    if policy.orgs and not any(same_org(id, plan.org["id"]) for id in policy.orgs):
        detail = f"{describe_org(plan.org)} is none of the orgs that may be written to."
        yield breach("orgs", detail, "Choose the connection of one of them with --connection.")


def is_simulated(plan: Plan) -> bool:
    """Whether the plan says what it does to leads, and says it of the design that it was made from: whoever fills
    `impact` puts that design's digest into it as `design`."""
    return plan.impact is not None and plan.impact.get("design") == plan.design_digest


def _not_simulated(plan: Plan) -> str:
    if plan.impact is not None:
        return "what this plan says it does to leads was simulated with another design."
    return (
        "nobody has simulated what this plan does to leads, and this version of provisioner has no command that does, "
        "so no plan can keep this rule."
    )


def _without_simulation(plan: Plan) -> str:
    taken_back = any(change.cause is Cause.TAKEN_BACK for change in plan.changes)
    again = look_again(plan) if taken_back else plan_command(plan)
    return f"Take simulate out of `require` in the policy, or wait for a version that simulates. Then: {again}."


def _listed(changes: list[Change]) -> str:
    shown = ", ".join(str(change.address) for change in changes[:3])
    return f"{shown} and {len(changes) - 3} more" if len(changes) > 3 else shown


def check_policy(policy: Policy | None, plan: Plan) -> None:
    """Refused (exit 5) with every breach; or when the plan was made under other rules than those of now."""
    if plan.policy and policy is None:
        raise Refused(
            "This plan was made under a policy, which is not here. Nothing was changed.",
            advice="Put policy.yaml back beside the design, or name it: --policy FILE.",
        )
    if policy is None:
        return
    if plan.policy and plan.policy != policy.digest:
        raise Refused(
            f"{policy.file} was changed after this plan was made. Nothing was changed.", advice=plan_again(plan)
        )
    found = breaches(policy, plan)
    if found:
        raise Refused(
            "The policy forbids this plan. " + " ".join(str(item) for item in found) + " Nothing was changed.",
            advice=" ".join(dict.fromkeys(item.advice for item in found)),
        )
