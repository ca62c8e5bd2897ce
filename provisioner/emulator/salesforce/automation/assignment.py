"""Lead assignment rules (step 9 of a save): the first entry that matches names the owner.

Entries come from the setting `assignment_rules`: {"when": {field: value}, "owner": username or queue}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce.state.rows import And, Compare, Row

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org


class AssignmentRules:
    def __init__(self, org: Org) -> None:
        self.org = org

    def apply(self, lead_id: str, user_id: str) -> None:
        """Give a stored lead to the owner of the first matching entry, if there is one."""
        rules = self.org.settings.assignment_rules
        row = self.org.rows.get("Lead", lead_id) if rules else None
        if row is None:
            return
        for rule in rules:
            if _matches(row, rule.get("when", {})):
                owner = self._owner(rule["owner"])
                if owner is not None:
                    self.org.rows.update("Lead", lead_id, {"OwnerId": owner}, user_id=user_id)
                return

    def _owner(self, name: str) -> str | None:
        """The id of an active user by username, else of a queue by developer name."""
        active = And(Compare("Username", "=", name), Compare("IsActive", "=", True))
        queue = And(Compare("DeveloperName", "=", name), Compare("Type", "=", "Queue"))
        for sobject, where in (("User", active), ("Group", queue)):
            found = self.org.rows.select(sobject, where, limit=1)
            if found:
                return str(found[0]["Id"])
        return None


def _matches(row: Row, wanted: dict[str, Any]) -> bool:
    def same(left: Any, right: Any) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return left.casefold() == right.casefold()
        return bool(left == right)

    return all(same(row.get(name), value) for name, value in wanted.items())
