"""Which values the properties hold that decide the lead type, and how the leads with each are judged.

Leads that were read are counted here. Of more leads than one search gives, every value is counted: the options, the
values that rules name, and those found in the records, until the counts add up to all leads. A value with few leads is
read, one with many is counted by lead type and verdict; of those, `first` and `last` are of the value and lead type,
whatever the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from provisioner.facts import Carrier, Evidence, Option, Tally, Unasked, Verdict, joined
from provisioner.model.design import Design
from provisioner.model.uses import tests_of
from provisioner.targets.hubspot.audit.answers import PAGE, ROWS_MOST, Asking, Filter, Raw, Refused, Row, Search
from provisioner.targets.hubspot.audit.leads import Leads
from provisioner.targets.hubspot.audit.where import between, blank, equals, iso, known, outside
from provisioner.targets.hubspot.names import UNTRACKED

READ_MOST = 5 * PAGE  # of one value: counting costs about as many requests
NAMED_MOST = 2000  # characters of values in one filter; a whole search may have 3,000. [docs] reference/hubspot.md 6.3
SLICES = 16  # parts of the window that are searched for values that nobody knows
TEXTS = frozenset({"string", "phone_number"})


def properties(leads: Leads) -> list[str]:
    """What of a lead is read to count it here; Refused when one is not there."""
    own = [leads.prop(word) for word in ("lead_type", "sla_status", "sla_due_at")]
    carriers = [name for name in leads.scope.carriers if leads.properties is None or name in leads.properties]
    return list(dict.fromkeys([leads.object.created_at, *own, *carriers]))


def read(leads: Leads, ask: Asking, rows: Sequence[Row] | None) -> tuple[list[Carrier], list[Unasked]]:
    """`rows`: all leads of the window; None when they are too many, and are counted instead."""
    found: list[Carrier] = []
    unasked: list[Unasked] = []
    for name in dict.fromkeys(leads.scope.carriers):
        try:
            found.append(_carrier(leads, ask, name, rows))
        except Refused as refused:
            unasked.append(Unasked(f"carriers/{name}", refused.why))
            if leads.properties is not None and name in leads.properties:
                found.append(_uncounted(leads, name))
    if leads.properties is None:
        why = "This token may not read the definitions of properties."
        unasked += [Unasked(f"carriers/{item.field}/options", why) for item in found]
    return found, unasked


def _carrier(leads: Leads, ask: Asking, name: str, rows: Sequence[Row] | None) -> Carrier:
    leads.needed(name)
    raw = (leads.properties or {}).get(name, {})
    if raw.get("fieldType") == "checkbox":
        raise Refused(f"{name} holds several values at once; leads are not counted by such values.")
    search = leads.in_window()
    if rows is not None:
        tallies, sampled = _tallies(leads, name, rows), None
    else:
        counting = _Counting(leads, ask, name, str(raw.get("type") or "") in TEXTS)
        tallies, sampled = counting.count(_start(leads.design, name, options_of(raw)))
    evidence = Evidence(str(search), sum(tally.count for tally in tallies), sampled=sampled)
    return Carrier(name, str(raw.get("label") or name), options_of(raw), tallies, evidence)


def uncounted(leads: Leads, why: str) -> tuple[list[Carrier], list[Unasked]]:
    """The carriers with what they offer, when no lead may be counted."""
    names = list(dict.fromkeys(leads.scope.carriers))
    there = [name for name in names if leads.properties is not None and name in leads.properties]
    return [_uncounted(leads, name) for name in there], [Unasked(f"carriers/{name}", why) for name in names]


def _uncounted(leads: Leads, name: str) -> Carrier:
    raw = (leads.properties or {})[name]
    return Carrier(name, str(raw.get("label") or name), options_of(raw), (), Evidence(str(leads.in_window()), 0))


def options_of(raw: Raw) -> tuple[Option, ...] | None:
    """None: the property lists none of its own (texts, numbers, owners)."""
    if raw.get("type") not in ("enumeration", "bool") or raw.get("externalOptions"):
        return None
    listed = raw.get("options")
    return tuple(
        Option(str(item["value"]), str(item.get("label") or item["value"]), not item.get("hidden"))
        for item in (listed if isinstance(listed, list) else [])
        if isinstance(item, dict) and item.get("value") is not None
    )


def _start(design: Design, name: str, options: Iterable[Option] | None) -> list[str]:
    """The values that are known before anything is asked."""
    tests = (test for kind in design.lead_types for test in tests_of(kind.when))
    named = [
        str(value)
        for test in tests
        if test.field.casefold() == name.casefold() and test.op in ("in", "not_in")
        for value in test.values
        if value is not None and value != ""
    ]
    return [*(option.value for option in options or ()), *named]


def _tallies(leads: Leads, name: str, rows: Iterable[Row]) -> tuple[Tally, ...]:
    grouped: dict[tuple[str | None, str | None, Verdict | None], list[str]] = {}
    for row in rows:
        key = (row.text(name), leads.type_of(row), leads.verdict_of(row))
        grouped.setdefault(key, []).append(iso(row.text(leads.object.created_at)))
    return tuple(Tally(*key, len(times), min(times), max(times)) for key, times in grouped.items())


@dataclass(slots=True)
class _Counting:
    """One carrier of more leads than can be read. `counted`: value (lower case where it is a text) → its leads."""

    leads: Leads
    ask: Asking
    name: str
    is_text: bool
    tallies: list[Tally] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)

    def count(self, start: Iterable[str]) -> tuple[tuple[Tally, ...], int | None]:
        """All tallies; and how many leads they are, when some values were not found."""
        total = self.ask.page(self.leads.in_window(), []).total
        empty = self._value(self.leads.in_window(blank(self.name)), None)
        self._add(start)
        missing = total - empty - sum(self.counted.values())
        if missing > 0:
            missing = self._discover(missing)
        found = sum(tally.count for tally in self.tallies)
        return joined(self.tallies), found if missing > 0 else None

    def _key(self, value: str) -> str:
        return value.casefold() if self.is_text else value

    def _add(self, values: Iterable[str]) -> int:
        """Counts those that are new; how many leads they have."""
        more = 0
        for value in values:
            key = self._key(value)
            if key not in self.counted:
                self.counted[key] = self._value(self.leads.in_window(equals(self.name, value)), value)
                self.spelled[key] = value
                more += self.counted[key]
        return more

    def _discover(self, missing: int) -> int:
        """Values that nobody named: the rest is read when it is small enough, otherwise looked at slice by slice of the
        window. Gives how many leads stay uncounted."""
        rest = self._rest(self.leads.window)
        if self.ask.page(rest, []).total <= ROWS_MOST:
            found = self.ask.rows(rest, properties(self.leads))
            strange = [row for row in found.rows if self._key(row.text(self.name) or "") not in self.counted]
            self.tallies += _tallies(self.leads, self.name, strange)
            return 0
        span = (self.leads.scope.now - self.leads.scope.since) / SLICES
        for place in _scattered(SLICES):
            start = self.leads.scope.since + place * span
            part = self._rest(between(self.leads.object.created_at, start, start + span))
            rows = self.ask.page(part, [self.name], PAGE).rows
            missing -= self._add(sorted({value for row in rows if (value := row.text(self.name))}))
            if missing <= 0:
                return 0
        return missing

    def _rest(self, window: Filter) -> Search:
        """Leads of these days with a value, but for the most frequent known ones: as many as one search can name."""
        named: list[str] = []
        size = 0
        for key in sorted(self.counted, key=lambda key: -self.counted[key]):
            size += len(self.spelled[key]) + 4
            if size > NAMED_MOST:
                break
            named.append(self.spelled[key])
        there = self.leads.search(window, known(self.name))
        return there.also(outside(self.name, named, is_text=self.is_text)) if named else there

    # ------------------------------------------------------------- one value

    def _value(self, search: Search, value: str | None) -> int:
        first = self.ask.page(search, properties(self.leads), PAGE, "oldest")
        rows = first.rows
        if READ_MOST >= first.total > len(rows):
            rows = self.ask.rows(search, properties(self.leads)).rows
        if first.total > READ_MOST:
            self.tallies += self._split(search, value, first.total, rows)
        else:
            self.tallies += _tallies(self.leads, self.name, rows)
        return first.total

    def _split(self, search: Search, value: str | None, total: int, seen: Sequence[Row]) -> Iterator[Tally]:
        """By lead type, those seen first; then by verdict. What is left belongs to types that no design of today has,
        and is found by their records."""
        kind = self.leads.prop("lead_type")
        waiting: list[str | None] = list(dict.fromkeys(row.text(kind) for row in seen))
        waiting += [item.id for item in self.leads.design.lead_types] + [UNTRACKED, None]
        done: list[str | None] = []
        while total > 0 and waiting:
            stamped = waiting.pop(0)
            if stamped in done:
                continue
            done.append(stamped)
            mine = search.also(blank(kind) if stamped is None else equals(kind, stamped))
            yield from (found := list(self._of_type(mine, value, stamped)))
            total -= sum(tally.count for tally in found)
            if total > 0 and not waiting:
                others = search.also(known(kind), outside(kind, [item for item in done if item]))
                waiting = [item for row in self.ask.page(others, [kind], PAGE).rows if (item := row.text(kind))]

    def _of_type(self, search: Search, value: str | None, stamped: str | None) -> Iterator[Tally]:
        created = self.leads.object.created_at
        first = self.ask.page(search, [created], 1, "oldest")
        if not first.total:
            return
        last = self.ask.page(search, [created], 1, "newest")
        times = iso(first.rows[0].text(created)), iso(last.rows[0].text(created))
        lead_type = None if stamped == UNTRACKED else stamped
        left = first.total
        verdicts: tuple[Verdict, ...] = ("Hit", "Miss")
        for verdict in verdicts:
            count = self.ask.page(search.in_any(self.leads.judged(verdict)), []).total
            left -= count
            if count:
                yield Tally(value, lead_type, verdict, count, *times)
        if left > 0:
            yield Tally(value, lead_type, None, left, *times)


def _scattered(count: int) -> list[int]:
    """0..count-1 in an order that soon has been everywhere."""
    bits = (count - 1).bit_length()
    return sorted(range(count), key=lambda place: f"{place:0{bits}b}"[::-1])
