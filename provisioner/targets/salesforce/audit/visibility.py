"""Does the connection's user see every lead, or only those that are shared with it? The org does not say so by itself:
in an org where leads are private, a count is simply lower.

[docs] Organization, field DefaultLeadAccess: None is private, everything else lets all users read all leads. [docs]
UserPermissionAccess: the rights of the user who asks, in one row, seen without any right. [docs] ObjectPermissions and
PermissionSetAssignment: a profile counts as a permission set of its users.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.facts import Unasked
from provisioner.targets.salesforce.audit.answers import Answer, Answers, text
from provisioner.targets.salesforce.soql import literal

DEFAULT, USER, OBJECT = "leads/default", "leads/user", "leads/object"
PRIVATE = "None"
_HELP = "Give it View All Records on Lead."


def question() -> dict[str, str]:
    return {DEFAULT: "SELECT DefaultLeadAccess FROM Organization"}


def _default(answers: Answers) -> str:
    """Empty when it was not told."""
    told = answers.get(DEFAULT)
    return text(told.rows[0], "DefaultLeadAccess") if isinstance(told, Answer) and told.rows else ""


def is_public(answers: Answers) -> bool:
    """Known to be: whoever may read leads reads all of them."""
    return _default(answers) not in ("", PRIVATE)


def questions(user: str) -> dict[str, str]:
    """For where leads are not known to be public. `user`: the user name of who asks; empty = not known."""
    asked = {USER: "SELECT PermissionsViewAllData, PermissionsModifyAllData FROM UserPermissionAccess"}
    if user:
        mine = f"SELECT PermissionSetId FROM PermissionSetAssignment WHERE Assignee.Username = {literal(user)}"  # noqa: S608
        asked[OBJECT] = (
            "SELECT ParentId FROM ObjectPermissions WHERE SobjectType = 'Lead' AND (PermissionsViewAllRecords = true "  # noqa: S608 - a literal
            f"OR PermissionsModifyAllRecords = true) AND ParentId IN ({mine})"
        )
    return asked


def left_out(answers: Answers) -> Iterator[Unasked]:
    """Nothing where every lead is seen."""
    if is_public(answers):
        return
    rights, objects = answers.get(USER), answers.get(OBJECT)
    if isinstance(rights, Answer) and any(
        row.get(name) is True for row in rights.rows for name in ("PermissionsViewAllData", "PermissionsModifyAllData")
    ):
        return
    if isinstance(objects, Answer) and objects.rows:
        return
    private = _default(answers) == PRIVATE
    known = isinstance(rights, Answer) and isinstance(objects, Answer)
    whose = "Leads are private in this org" if private else "Whether leads are private in this org could not be asked"
    sees = (
        "this user sees only those that are shared with it"
        if known and private
        else "whether this user sees all of them is not known"
    )
    yield Unasked("leads", f"{whose}, and {sees}. {_HELP}")
