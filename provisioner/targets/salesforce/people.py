"""Looking users up inside a flow: who is human, and whom a username or email belongs to."""

from __future__ import annotations

from collections.abc import Iterable

from provisioner.targets.salesforce.flow import Flow, Outcome, Value, flag, is_null, plain, ref
from provisioner.targets.salesforce.names import Names


def human_user(flow: Flow, who: str, id: str, names: Names, *, to: str, otherwise: str | None, fault: str) -> str:
    """Nodes that go `to` when the user `id` is human, with `Get_Ignored_<who>` filled if someone ignores them."""
    flow.formula(f"username{who}", "String", f'BLANKVALUE({{!Get_{who}.Username}}, "-")')
    flow.formula(f"email{who}", "String", f'BLANKVALUE({{!Get_{who}.Email}}, "-")')
    filters = [
        ("Username__c", "EqualTo", ref(f"username{who}")),
        ("Username__c", "EqualTo", ref(f"email{who}")),
    ]
    ignored = flow.get(
        f"Get_Ignored_{who}", "Is it an ignored user?", names.type("Ignored_User"), filters, to, fault=fault, logic="or"
    )
    found = flow.decide(
        f"{who}_Found",
        "Is it a human user?",
        [Outcome(f"{who}_Is_Human", "Yes", [is_null(f"Get_{who}", False)], ignored)],
        otherwise,
        "No",
    )
    standard: Iterable[tuple[str, str, Value]] = [
        ("Id", "EqualTo", ref(id)),
        ("UserType", "EqualTo", plain("Standard")),
    ]
    return flow.get(f"Get_{who}", "Get the user", "User", list(standard), found, fault=fault)


def find_user(flow: Flow, name: str, label: str, who: str, to: str, fault: str) -> str:
    """Get Records for the active user whose username or email is `who` (a reference that is not null)."""
    filters = [
        ("IsActive", "EqualTo", flag(True)),
        ("Username", "EqualTo", ref(who)),
        ("Email", "EqualTo", ref(who)),
    ]
    return flow.get(name, label, "User", filters, to, fault=fault, logic="1 AND (2 OR 3)", sort="Username")
