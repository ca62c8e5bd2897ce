"""Which lead type a value that no rule knows probably is: by its spelling, and by how its leads were stamped before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from provisioner.facts import Carrier, Option
from provisioner.insight.decision import mapped_values, positive_tests, same_field, truth
from provisioner.insight.finding import Proposal
from provisioner.insight.stories import Story
from provisioner.model.design import Design, LeadType

NEAR = 0.9
"""From this confidence on a value is taken for another spelling of a mapped one."""
SURE = 0.8
"""From this confidence on a proposal is written, unless the user asks for more or less."""
_SAME, _TYPO, _BOTH_OFFERED, _WORDS, _LABEL, _OTHER_NUMBER = 0.98, 0.92, 0.75, 0.7, 0.6, 0.5
LIKELY = 0.5
"""From this confidence on a value is said to resemble another."""
_LEAST = 0.4  # what is less sure is no proposal
_USUAL = 0.85  # the most that earlier stamps are worth
_WORD = re.compile(r"[^\W\d_]+|\d+")
_DULL_WORDS = frozenset(
    {"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "via", "with"}
    | {"request", "form", "lead", "leads"}
)


Offered = Mapping[str, Option]
"""Options of a field by their values, upper and lower case aside."""


def offered_by(carrier: Carrier) -> Offered:
    return {option.value.casefold(): option for option in carrier.options or ()}


def propose(design: Design, story: Story, offered: Offered | None = None) -> Proposal | None:
    """The likeliest lead type; None when nothing resembles the value. Equal chances: a rule that needs no other field
    wins, then the earlier one. `offered`: what the field offers, for who asks of many values."""
    if story.value is None:
        return None
    alone = {
        kind.id: truth(kind.when, story.field, _first_value(design, kind, story.field)) for kind in design.lead_types
    }
    found = [
        item
        for item in (*_by_spelling(design, story, offered), *_by_stamps(design, story))
        if item.confidence >= _LEAST
    ]
    return max(found, key=lambda item: (item.confidence, alone[item.lead_type] is True), default=None)


def _first_value(design: Design, lead_type: LeadType, field: str) -> str:
    """Some value that the rule lists for the field; empty when it lists none."""
    return next((value for value, kind, _ in mapped_values(design, field) if kind.id == lead_type.id), "")


def nearest_type(design: Design, names: Iterable[str]) -> tuple[LeadType, float] | None:
    """The lead type whose label or id shares most words with any of the names, and how much of them (0..1)."""
    texts = [set(_words(name)) - _DULL_WORDS for name in names]
    best: tuple[LeadType, float] | None = None
    for lead_type in design.lead_types:
        label = set(_words(lead_type.label)) | set(_words(lead_type.id))
        share = max((len(label & text) / len(text) for text in texts if text), default=0.0)
        if share and (best is None or share > best[1]):
            best = lead_type, share
    return best


def _by_spelling(design: Design, story: Story, offered: Offered | None) -> Iterable[Proposal]:
    assert story.value is not None, "a blank resembles nothing"
    texts = [story.value] if story.option is None else [story.value, story.option.label]
    options = offered_by(story.carrier) if offered is None else offered
    for value, lead_type, _ in mapped_values(design, story.field):
        option = options.get(value.casefold())
        others = [value] if option is None else [value, option.label]
        scores = [likeness(text, other) for text in texts for other in others]
        confidence, why = max(scores, key=lambda score: score[0])
        if confidence >= NEAR and why != _SPELLING and _both_offered(story.option, option):
            confidence, why = _BOTH_OFFERED, "the field offers both, so they may differ on purpose"
        if confidence:
            pointers = _lists_with(design, story.field, value) if confidence >= NEAR else _lists_of(lead_type, story)
            yield Proposal(story.field, story.value, lead_type.id, confidence, f"resembles “{value}”: {why}", pointers)
    near = nearest_type(design, texts)
    if near is not None:
        lead_type, share = near
        why = f"shares words with the name of “{lead_type.label}”"
        pointers = _lists_of(lead_type, story)
        yield Proposal(story.field, story.value, lead_type.id, round(_LABEL * share, 2), why, pointers)


def _by_stamps(design: Design, story: Story) -> Iterable[Proposal]:
    """Leads of the value that carry a type which only a rule for the value could have given: the rule was removed."""
    assert story.value is not None, "a blank has no rule of its own"
    counts: dict[str, int] = {}
    known: Mapping[str, LeadType] = {lead_type.id: lead_type for lead_type in design.lead_types}
    for tally in story.uncovered:
        stamped = tally.lead_type
        if stamped is not None and stamped in known and stamped != story.fallback:
            counts[stamped] = counts.get(stamped, 0) + tally.count
    for id, count in counts.items():
        confidence = round(_USUAL * count / story.leads, 2)
        why = f"{count} of its {story.leads} leads carry this type"
        yield Proposal(story.field, story.value, id, confidence, why, _lists_of(known[id], story))


_SPELLING = "the same letters and digits"


def likeness(a: str, b: str) -> tuple[float, str]:
    """0..1, and why. Texts with other numbers in them are never taken for one another (`Webinar 2025`,
    `Webinar 2026`)."""
    left, right = _words(a), _words(b)
    if "".join(left) == "".join(right) and left:
        return _SAME, _SPELLING
    if [word for word in left if word.isdigit()] != [word for word in right if word.isdigit()]:
        shared = set(left) & set(right) - _DULL_WORDS
        return (_OTHER_NUMBER, "the same words with another number") if shared else (0.0, "")
    distance = _distance("".join(left), "".join(right))
    shortest = min(len("".join(left)), len("".join(right)))
    if distance <= (2 if shortest >= 10 else 1 if shortest >= 5 else 0):
        letters = "one letter differs" if distance == 1 else f"{distance} letters differ"
        return _TYPO, letters
    few, many = sorted((set(left) - _DULL_WORDS, set(right) - _DULL_WORDS), key=len)
    shared = few & many
    if few and shared == few:
        return _WORDS, "one name contains the other"
    if shared:
        return round(_WORDS * len(shared) / len(many), 2), "some words are the same"
    return 0.0, ""


def _distance(a: str, b: str) -> int:
    from rapidfuzz.distance import OSA  # only where an audit met a strange value: it costs start-up time

    return int(OSA.distance(a, b))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _both_offered(a: Option | None, b: Option | None) -> bool:
    return a is not None and b is not None and a.active and b.active


def _lists_with(design: Design, field: str, value: str) -> tuple[str, ...]:
    """Every list that has the other spelling: what is the same value must be decided the same way."""
    return tuple(dict.fromkeys(test.at for other, _, test in mapped_values(design, field) if _same(other, value)))


def _lists_of(lead_type: LeadType, story: Story) -> tuple[str, ...]:
    """The first list of the lead type for this field."""
    for test in positive_tests(lead_type.when):
        if test.op == "in" and same_field(test.field, story.field):
            return (test.at,)
    return ()


def _same(a: str, b: str) -> bool:
    return a.casefold() == b.casefold()
