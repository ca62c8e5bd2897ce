"""The forms of the account, and the leads of each. [docs] reference/hubspot.md 3.1, 7

A submission leaves `<page title>: <form name>` in the contact. There is no way to ask for the contacts of a form, so
its name is looked for at the end of that text; two forms of one name cannot be told apart, and nothing is counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from provisioner.facts import Entrance
from provisioner.targets.hubspot.audit.answers import PAGE, Asking, Row
from provisioner.targets.hubspot.audit.leads import Leads
from provisioner.targets.hubspot.audit.where import equals, iso

WORD = re.compile(r"\w+")
WORDS_MOST = 4  # a group has six filters, and two other ones may join these
TEXT, WHEN = "recent_conversion_event_name", "recent_conversion_date"


def properties(leads: Leads) -> list[str]:
    """Empty where leads do not tell how they came in (the lead object)."""
    there = leads.object.path == "contacts" and (leads.properties is None or TEXT in leads.properties)
    return [TEXT, WHEN] if there else []


def read(leads: Leads, ask: Asking, rows: Sequence[Row] | None) -> tuple[Entrance, ...]:
    """Newest first. `rows`: all leads of the window; None when they are too many: then the contacts of a form are found
    by its name, and each text that it left is counted."""
    forms = [form for form in ask.forms() if not form.get("archived")]
    names = Counter(str(form.get("name") or "") for form in forms)
    found = []
    for form in forms:
        name = str(form.get("name") or "")
        known = Entrance(str(form.get("id") or ""), name, iso(str(form.get("createdAt") or "")))
        if name and names[name] == 1 and properties(leads):
            known = _counted(leads, ask, known) if rows is None else _of(known, rows)
        found.append(known)
    return tuple(sorted(found, key=lambda item: (item.created_at, item.name), reverse=True))


def _of(form: Entrance, rows: Iterable[Row]) -> Entrance:
    mine = [row for row in rows if _left_by(row, form.name)]
    values = sorted({row.text(TEXT) or "" for row in mine})
    last = max((iso(row.text(WHEN)) for row in mine), default="")
    return Entrance(form.id, form.name, form.created_at, tuple(values), len(mine), last)


def _left_by(row: Row, name: str) -> bool:
    left = row.text(TEXT)
    return left is not None and (left == name or left.endswith(f": {name}"))


def _counted(leads: Leads, ask: Asking, form: Entrance) -> Entrance:
    """Texts of the first page that holds the words of the name; each is counted by itself. None when there may be
    more texts than these."""
    words = WORD.findall(form.name)[:WORDS_MOST]
    if not words:
        return form
    search = leads.in_window(*({"propertyName": TEXT, "operator": "CONTAINS_TOKEN", "value": word} for word in words))
    told = ask.page(search, [TEXT, WHEN], PAGE, "newest")
    seen = _of(form, told.rows)
    if told.sampled is None:
        return seen
    texts = {text for row in told.rows if (text := row.text(TEXT))}
    counts = {text: ask.page(leads.in_window(equals(TEXT, text)), []).total for text in texts}
    whole = sum(counts.values()) >= told.total
    count = sum(counts[text] for text in seen.values) if whole else None
    return Entrance(form.id, form.name, form.created_at, seen.values, count, seen.last)
