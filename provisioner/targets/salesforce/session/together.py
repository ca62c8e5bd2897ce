"""Several queries in one request; each is answered or refused for itself.

[docs] REST API, Composite: 25 subrequests of which 5 may be queries, and the whole is one call of the daily limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from provisioner.errors import NotAllowed, Rejected, Unreachable
from provisioner.targets.http.reply import shortened
from provisioner.targets.salesforce.audit.answers import Answer, Refusal, not_a_count, whole_number
from provisioner.targets.salesforce.session.faults import SignedOut
from provisioner.targets.salesforce.session.rest import Rest

QUERIES_MOST = 5
COUNTS = "COUNT(Id) n"  # how every count of ours is asked for
UNSEEN = {
    "INSUFFICIENT_ACCESS": "This user may not ask that",
    "QUERY_TIMEOUT": "The org took too long to count that",
}
# [docs] the vendor's texts for what is not there, or is not shown to the user: the two look the same.
COLUMN = re.compile(r"No such column '(?P<name>[\w.]+)' on entity '(?P<entity>\w+)'")
ENTITY = re.compile(r"sObject type '(?P<name>\w+)' is not supported")


def ask(rest: Rest, queries: Mapping[str, str], what: str) -> dict[str, Answer | Refusal]:
    """An answer or a refusal for every key; first pages only, whose `total` counts all rows. Five queries per request.

    `what` completes "Salesforce … when asked to …". Unreachable when the org does not answer at all; a bundle that it
    is too slow for, after it answered others, is refused like one it may not answer.
    """
    found: dict[str, Answer | Refusal] = {}
    for bundle in _bundles(queries):
        try:
            found |= _ask(rest, bundle, what)
        except SignedOut:
            raise
        except (NotAllowed, Rejected) as refused:
            found |= {key: Refusal(query, refused.message) for key, query in bundle.items()}
        except Unreachable as lost:
            if not any(isinstance(item, Answer) for item in found.values()):
                raise
            found |= {key: Refusal(query, lost.message) for key, query in bundle.items()}
    return found


def ask_all(rest: Rest, queries: Mapping[str, str], what: str) -> dict[str, Answer | Refusal]:
    """As `ask`, with all rows: the few answers of more than one page are asked for once more, page by page."""
    found = ask(rest, queries, what)
    for key, item in found.items():
        if isinstance(item, Answer) and len(item.rows) < item.total:
            try:
                rows = tuple(rest.query(item.query, what))
            except SignedOut:
                raise
            except (NotAllowed, Rejected) as refused:
                found[key] = Refusal(item.query, refused.message)
            else:
                found[key] = Answer(item.query, rows, len(rows))
    return found


def _bundles(queries: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Dealt out like cards: queries that belong together are equally slow, and one request must not hold them all."""
    pending = list(queries.items())
    count = -(-len(pending) // QUERIES_MOST)
    for place in range(count):
        yield dict(pending[place::count])


def _ask(rest: Rest, bundle: Mapping[str, str], what: str) -> dict[str, Answer | Refusal]:
    requests = [
        {"method": "GET", "url": rest.path(f"query?q={quote(query, safe='')}"), "referenceId": f"q{place}"}
        for place, query in enumerate(bundle.values())
    ]
    body = rest.post_read("composite", {"allOrNone": False, "compositeRequest": requests}, what)
    told = body.get("compositeResponse")
    rows = told if isinstance(told, list) else []
    by_place = {str(row.get("referenceId")): row for row in rows if isinstance(row, dict)}
    if len(by_place) < len(bundle):
        raise Unreachable(f"Salesforce answered {len(by_place)} of {len(bundle)} questions when asked to {what}.")
    return {key: _read(query, by_place[f"q{place}"]) for place, (key, query) in enumerate(bundle.items())}


def _read(query: str, row: Mapping[str, Any]) -> Answer | Refusal:
    body = row.get("body")
    told = body.get("records") if row.get("httpStatusCode") == 200 and isinstance(body, dict) else None
    if isinstance(body, dict) and isinstance(told, list) and all(isinstance(item, dict) for item in told):
        rows = [{name: cell for name, cell in item.items() if name != "attributes"} for item in told]
        uncounted = [item.get("n") for item in rows if whole_number(item.get("n")) is None] if COUNTS in query else []
        if uncounted:
            return Refusal(query, not_a_count(uncounted[0]))
        size = body.get("totalSize")
        total = size if isinstance(size, int) else len(rows)
        if "GROUP BY" in query and len(rows) < total:  # of groups there is no further page
            return Refusal(query, f"Salesforce told {len(rows):,} of {total:,} groups.")
        return Answer(query, tuple(rows), total)
    problems = [item for item in body if isinstance(item, dict)] if isinstance(body, list) else []
    code = str(problems[0].get("errorCode") or "") if problems else ""
    message = str(problems[0].get("message") or "") if problems else ""
    said = _why(code, message) or f"Salesforce answered HTTP {row.get('httpStatusCode')} without a reason."
    return Refusal(query, said, is_hidden=code == "INVALID_TYPE")


def _why(code: str, said: str) -> str:
    """For people; the vendor's own text repeats the query, and only its last line says what is wrong with it."""
    column, entity = COLUMN.search(said), ENTITY.search(said)
    if code == "INVALID_FIELD" and column is not None:
        return f"This user does not see the field {column['name']} of {column['entity']}, or it is not there."
    if code == "INVALID_TYPE" and entity is not None:
        return f"This user does not see {entity['name']}, or this org has none."
    last = shortened((said.strip().splitlines() or [""])[-1])
    known = next((text for start, text in UNSEEN.items() if code.startswith(start)), "")
    return f"{known} ({code}: {last})" if known else f"Salesforce answered {code}: {last}" if code else ""
