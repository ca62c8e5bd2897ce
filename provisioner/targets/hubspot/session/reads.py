"""Which requests only read, by method and path; for sessions that must not change anything."""

from __future__ import annotations

import re

from provisioner.targets.http.reading import safe_method

# Searches and reads of many at once are POSTs here. [spec] reference/hubspot.md 4, 5, 6.3, 6.4
READING_POSTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"/crm/(v3/objects|objects/2026-09)/[\w-]+/(search|batch/read)",
        r"/crm/(v3/properties|properties/2026-09)/[\w-]+/batch/read",
        r"/crm/(v3/lists|lists/2026-09)/search",
        r"/crm/(v3/lists|lists/2026-09)/records/memberships/batch/read",
        r"/automation/v4/flows/batch/read",
    )
)


def is_read(method: str, path: str, body: bytes | None) -> bool:
    """GET without a body, and the POSTs that only look. Everything else may change something."""
    if safe_method(method):
        return body is None
    return method == "POST" and any(pattern.fullmatch(path.partition("?")[0]) for pattern in READING_POSTS)
