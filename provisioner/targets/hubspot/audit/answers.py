"""How questions are put, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Filter = dict[str, Any]
Groups = tuple[tuple[Filter, ...], ...]
Raw = Mapping[str, Any]
ROWS_MOST = 10_000  # records that one search gives. [docs] reference/hubspot.md 6.3
PAGE = 200


class Refused(Exception):
    """The account did not answer a question; `why` is for people."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Search:
    """Records of one object that meet all filters of one of the groups."""

    object: str
    groups: Groups

    def __str__(self) -> str:
        """As a person can repeat it by hand."""
        body = {"filterGroups": [{"filters": list(group)} for group in self.groups], "limit": 1}
        return f"POST /crm/v3/objects/{self.object}/search {json.dumps(body, ensure_ascii=False)}"

    def also(self, *filters: Filter) -> Search:
        """Those that meet these filters too."""
        return Search(self.object, tuple((*group, *filters) for group in self.groups))

    def in_any(self, groups: Iterable[Iterable[Filter]]) -> Search:
        """Those that meet one of these groups too."""
        more = [tuple(group) for group in groups]
        return Search(self.object, tuple((*mine, *other) for mine in self.groups for other in more))


@dataclass(frozen=True, slots=True)
class Row:
    """One record; a blank is None."""

    id: str
    values: Mapping[str, str | None]

    def text(self, name: str) -> str | None:
        return self.values.get(name) or None


@dataclass(frozen=True, slots=True)
class Rows:
    """`total` counts all records that match; `rows` are all of them, or the first ones."""

    total: int
    rows: tuple[Row, ...]

    @property
    def sampled(self) -> int | None:
        """How many were looked at; None = all."""
        return len(self.rows) if self.total > len(self.rows) else None


def lacks(total: int, read: int) -> bool:
    """Whether more records are missing than may have gone while they were read."""
    return total - read > max(5, total // 100)


Order = Literal["id", "oldest", "newest"]


class Asking(Protocol):
    """One account that is asked. Every method raises Refused when it does not answer."""

    def page(self, search: Search, properties: Sequence[str], most: int = 1, order: Order = "id") -> Rows:
        """The total and the first `most` (1 to 200) records: one request."""
        ...

    def rows(self, search: Search, properties: Sequence[str]) -> Rows:
        """All records, up to 10,000 of them: one request per 200."""
        ...

    def owners(self) -> tuple[Raw, ...]:
        """Present and former ones, with `archived`."""
        ...

    def teams(self) -> tuple[Raw, ...]: ...

    def users(self, properties: Sequence[str]) -> tuple[Raw, ...]: ...

    def forms(self) -> tuple[Raw, ...]:
        """All that are not archived."""
        ...

    def pipelines(self, object: str) -> tuple[Raw, ...]:
        """Of the records of one object, each with its `stages`."""
        ...

    def flows(self) -> Mapping[str, Raw]:
        """Our workflows by the name of their address, as they are in the account."""
        ...

    def time_zone(self) -> str: ...
