"""One account as an audit asks it: answers, or a refusal that names the missing scope."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from provisioner.errors import RateLimited, TargetError, Unreachable
from provisioner.targets.hubspot.audit.answers import PAGE, ROWS_MOST, Order, Raw, Refused, Row, Rows, Search, lacks
from provisioner.targets.hubspot.session import records
from provisioner.targets.hubspot.session.account import Portal
from provisioner.targets.hubspot.session.directory import form_rows, owner_rows, team_rows
from provisioner.targets.hubspot.session.door import Door, rows
from provisioner.targets.hubspot.session.faults import Answered, MissingScopes

USERS = "/crm/v3/objects/users"
USERS_PAGE = 100
Found = TypeVar("Found")


@dataclass(slots=True)
class Asker:
    """Implements `audit.answers.Asking`. Lists are asked for once.

    An account that stops answering after it has answered is not asked on: what is left is refused.
    """

    door: Door
    portal: Callable[[], Portal]
    own_flows: Callable[[], Mapping[str, Raw]]
    _lists: dict[str, tuple[Raw, ...] | Refused] = field(default_factory=dict)
    _answered: bool = False
    _lost: str = ""

    def page(self, search: Search, properties: Sequence[str], most: int = 1, order: Order = "id") -> Rows:
        body = self._ask(lambda: records.page(self.door, search.object, search.groups, properties, most, order))
        return Rows(body.total, tuple(_row(item) for item in body.rows[:most]))

    def rows(self, search: Search, properties: Sequence[str]) -> Rows:
        found: list[Row] = []
        after: str | None = None
        total = 0
        while len(found) < ROWS_MOST:
            asked = partial(records.page, self.door, search.object, search.groups, properties, PAGE, "id", after)
            body = self._ask(asked)
            total = body.total
            found += [_row(item) for item in body.rows]
            after = body.after
            if not after or not body.rows:
                if not lacks(total, len(found)):
                    total = len(found)  # records that came or went while they were read are no sample
                break
        return Rows(max(total, len(found)), tuple(found))

    def owners(self) -> tuple[Raw, ...]:
        return self._once("owners", lambda: (*owner_rows(self.door, False), *_archived(owner_rows(self.door, True))))

    def teams(self) -> tuple[Raw, ...]:
        return self._once("teams", lambda: team_rows(self.door))

    def forms(self) -> tuple[Raw, ...]:
        return self._once("forms", lambda: tuple(form_rows(self.door)))

    def users(self, properties: Sequence[str]) -> tuple[Raw, ...]:
        query = {"limit": USERS_PAGE, "properties": ",".join(properties)}

        def asked() -> tuple[Raw, ...]:
            pages = self.door.pages("list its users", USERS, query)
            return tuple(row["properties"] for row in pages if isinstance(row.get("properties"), dict))

        return self._once("users", asked)

    def pipelines(self, object: str) -> tuple[Raw, ...]:
        method = self.door.api("crm.pipelines.pipelines_api").get_all
        what = f"list the pipelines of its {object}"
        return self._once(
            f"pipelines/{object}", lambda: tuple(rows(self.door.look(what, method, object), "results", what))
        )

    def flows(self) -> Mapping[str, Raw]:
        return self._ask(self.own_flows)

    def time_zone(self) -> str:
        return self._ask(self.portal).time_zone

    def _once(self, name: str, asked: Callable[[], tuple[Raw, ...]]) -> tuple[Raw, ...]:
        if name not in self._lists:
            try:
                self._lists[name] = self._ask(asked)
            except Refused as refused:
                self._lists[name] = refused
        known = self._lists[name]
        if isinstance(known, Refused):
            raise known
        return known

    def _ask(self, asked: Callable[[], Found]) -> Found:
        if self._lost:
            raise Refused(self._lost)
        try:
            found = asked()
        except (MissingScopes, Answered) as refused:
            raise Refused(_why(refused)) from None
        except (Unreachable, RateLimited) as lost:
            if not self._answered:
                raise
            self._lost = lost.message
            raise Refused(lost.message) from None
        self._answered = True
        return found


def _why(refused: TargetError) -> str:
    """With the scopes that would help."""
    return f"{refused.message} {refused.advice}".strip() if isinstance(refused, MissingScopes) else refused.message


def _archived(rows: Any) -> list[Raw]:
    return [{**row, "archived": True} for row in rows]


def _row(record: Raw) -> Row:
    values = record.get("properties")
    known = values if isinstance(values, dict) else {}
    texts = {str(name): None if value in (None, "") else str(value) for name, value in known.items()}
    return Row(str(record.get("id") or ""), texts)
