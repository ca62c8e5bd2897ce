"""Values that the design names in stages, exclusions and other conditions: do the properties still offer them?

A property lists its options; the stages of the lead object are kept by its pipelines. Leads that were read are counted
here; when they are too many, the values that are not offered are searched for, and those offered ones that nothing in
the design names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from provisioner.facts import Choice, Evidence, Option, Unasked
from provisioner.model.named import Named, named_values
from provisioner.targets.hubspot.audit.answers import Asking, Raw, Refused, Row
from provisioner.targets.hubspot.audit.carriers import options_of
from provisioner.targets.hubspot.audit.leads import Leads
from provisioner.targets.hubspot.audit.where import equals
from provisioner.targets.hubspot.objects import LEADS

PIPELINE, STAGE = "hs_pipeline", "hs_pipeline_stage"
SEARCHED_MOST = 20  # values of all properties; at 4 searches per second


def _by_property(leads: Leads) -> dict[str, list[Named]]:
    found: dict[str, list[Named]] = {}
    for item in named_values(leads.design):
        found.setdefault(item.field, []).append(item)
    return found


def properties(leads: Leads) -> list[str]:
    """What of a lead is read to count it here."""
    return [name for name in _by_property(leads) if _lists(leads, name)]


def _lists(leads: Leads, name: str) -> bool:
    """Whether the property has options, of its own or those of the pipelines."""
    raw = (leads.properties or {}).get(name)
    return raw is not None and (options_of(raw) is not None or _is_of_pipelines(leads, name))


def _is_of_pipelines(leads: Leads, name: str) -> bool:
    return leads.object is LEADS and name in (PIPELINE, STAGE)


def read(
    leads: Leads, ask: Asking, rows: Sequence[Row] | None, why: str = ""
) -> tuple[tuple[Choice, ...] | None, list[Unasked]]:
    """The properties that list their values, in the design's order; None when they may not be read. `rows`: all leads
    of the window; None when they are too many. `why`: no lead may be counted."""
    if leads.properties is None:
        return None, [Unasked("choices", "This token may not read the definitions of properties.")]
    found: list[Choice] = []
    unasked: list[Unasked] = []
    searched = 0
    for name, named in _by_property(leads).items():
        if name not in leads.properties:
            unasked.append(Unasked(f"choices/{name}", _absent(leads, name)))
        elif _lists(leads, name):
            try:
                options = _options(leads, ask, name)
            except Refused as refused:
                unasked.append(Unasked(f"choices/{name}", refused.why))
                continue
            values = list(_in_question(options, named))
            counts: Mapping[str, int] | None = None
            if values and not why and rows is not None:
                counts = Counter(value for row in rows if (value := row.text(name)))
            elif values and not why and _are_few(named, values, searched):
                searched += len(values)
                counts = _searched(leads, ask, name, values)
            found.append(_choice(leads, name, options, values, counts))
    return tuple(found), unasked


def _are_few(named: Sequence[Named], values: Sequence[str], searched: int) -> bool:
    """Parts of texts cannot be searched for among options."""
    return searched + len(values) <= SEARCHED_MOST and all(item.op == "in" for item in named)


def _choice(
    leads: Leads, name: str, options: tuple[Option, ...], values: Sequence[str], counts: Mapping[str, int] | None
) -> Choice:
    label = str((leads.properties or {})[name].get("label") or name)
    evidence = Evidence(str(leads.in_window()), sum(counts.values()) if counts else 0)
    queries = {value: str(leads.in_window(equals(name, value))) for value in values}
    return Choice(name, label, options, counts, evidence, exactly=True, queries=queries)


def _absent(leads: Leads, name: str) -> str:
    return f"This account has no property {name} of {leads.object.words}, or this token does not see it."


def _options(leads: Leads, ask: Asking, name: str) -> tuple[Option, ...]:
    own = options_of((leads.properties or {})[name])
    if own or not _is_of_pipelines(leads, name):
        return own or ()
    pipelines = ask.pipelines(leads.object.path)
    there = [(item, not item.get("archived")) for item in pipelines]
    if name == PIPELINE:
        return tuple(_option(item, active) for item, active in there)
    return tuple(
        _option(stage, active and not stage.get("archived")) for item, active in there for stage in _stages(item)
    )


def _stages(pipeline: Raw) -> list[Raw]:
    found = pipeline.get("stages")
    return [stage for stage in found if isinstance(stage, dict)] if isinstance(found, list) else []


def _option(row: Mapping[str, object], active: bool) -> Option:
    return Option(str(row.get("id") or ""), str(row.get("label") or row.get("id") or ""), active)


def _in_question(options: Sequence[Option], named: Sequence[Named]) -> Iterator[str]:
    """Values that are named and not offered; after those, what is offered and not named. None when all are offered."""
    offered = [option.value for option in options if option.active]
    gone = [item for item in named if not any(item.meets(value, exactly=True) for value in offered)]
    if gone:
        yield from dict.fromkeys(item.value for item in gone)
        yield from (value for value in offered if not any(item.meets(value, exactly=True) for item in named))


def _searched(leads: Leads, ask: Asking, name: str, values: Sequence[str]) -> dict[str, int] | None:
    """None when the account does not count them: what the options tell is known all the same."""
    try:
        return {value: ask.page(leads.in_window(equals(name, value)), []).total for value in values}
    except Refused:
        return None
