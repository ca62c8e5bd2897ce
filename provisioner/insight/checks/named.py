"""L110: values that stages, exclusions and other conditions name, and that the field does not offer any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from provisioner.diagnostics import Severity
from provisioner.facts import Choice, Evidence, Option
from provisioner.insight.audit import FINDINGS, Audit, leads_text
from provisioner.insight.decision import mapped_values
from provisioner.insight.finding import Found, Proposal
from provisioner.insight.similar import LIKELY, SURE, likeness
from provisioner.insight.unchecked import are_leads_hidden
from provisioner.model.design import REJECTIONS
from provisioner.model.named import Named, named_values, same_value


@FINDINGS.kind("L110", "A value that the design names is not offered any more")
def gone(audit: Audit) -> Iterator[Found]:
    """A stage, an exclusion, a quiet condition, or a rule by a field that carries no lead types names a value that the
    field does not offer (any more), or part of a text that no offered value has. Only asked of fields that list their
    values. (What a rule maps by the carrying field is L107.) It is an error where leads have a value that resembles it
    and that nothing names: they are treated wrongly today. It is only worth knowing where every place names such a
    value as well.

    Why: somebody renamed the value or switched it off. Stages are not reached, leads that should be excluded get
    alerts, leads that are sent back are not counted as such; nothing else says so.

    Found: Salesforce: active picklist values and a count of leads by value. HubSpot: options of the property that are
    not hidden, of a lead's stage those of the pipelines, and the leads that were read or search totals.

    Fix: name the value that took its place (`--write-patch` prepares it where that is clear), or put the old one back.

    Example: an admin renamed the lead status “Disqualified” to “Disqualified (closed)”: 34 such leads send alerts.
    """
    named = list(named_values(audit.design))
    for choice in audit.facts.choices or ():
        mine = [item for item in named if item.field == choice.field]
        for places in _grouped([item for item in _untold(audit, mine) if not _is_offered(choice, item)], choice):
            yield _found(_Gone(audit, choice, places, mine))


def _untold(audit: Audit, named: Sequence[Named]) -> Iterator[Named]:
    """Those that L107 does not speak of."""
    carriers = [carrier.field for carrier in audit.facts.carriers if carrier.options is not None]
    mapped = {(test.at, value) for field in carriers for value, _, test in mapped_values(audit.design, field)}
    return (item for item in named if item.part != "lead_type" or (item.at, item.value) not in mapped)


def _is_offered(choice: Choice, item: Named) -> bool:
    return any(option.active and item.meets(option.value, exactly=choice.exactly) for option in choice.options)


def _grouped(named: Sequence[Named], choice: Choice) -> list[list[Named]]:
    """By value, with all places of each."""
    found: dict[tuple[str, str], list[Named]] = {}
    for item in named:
        found.setdefault((item.op, item.value if choice.exactly else item.value.casefold()), []).append(item)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Heir:
    """An offered value that perhaps took the place of one that is gone."""

    option: Option
    confidence: float
    why: str


@dataclass(frozen=True)
class _Gone:
    """One value that is not offered; `places` name it, and `named` is all that the design names of this field."""

    audit: Audit
    choice: Choice
    places: Sequence[Named]
    named: Sequence[Named]

    @property
    def first(self) -> Named:
        return self.places[0]

    @property
    def leads(self) -> int | None:
        return self._count(lambda value: self.first.meets(value, exactly=self.choice.exactly))

    def leads_of(self, option: Option) -> int | None:
        is_exact = self.choice.exactly
        return self._count(lambda value: same_value(value, option.value, exactly=is_exact))

    def _count(self, is_meant: Callable[[str], bool]) -> int | None:
        if self.choice.counts is None:
            return None
        return sum(count for value, count in self.choice.counts.items() if is_meant(value))

    @property
    def is_hidden(self) -> bool:
        return are_leads_hidden(self.audit.facts)

    def heirs(self) -> list[_Heir]:
        """Offered values that nothing names and that resemble it, the likeliest first."""
        strange = [option for option in self._offered if not any(self._is_name_of(item, option) for item in self.named)]
        return self._like(strange)

    @property
    def is_covered(self) -> bool:
        """Every place that names it names an offered value like it as well."""
        return all(self._like(self._beside(place)) for place in self.places)

    @property
    def _offered(self) -> list[Option]:
        return [option for option in self.choice.options if option.active]

    def _is_name_of(self, item: Named, option: Option) -> bool:
        return item.meets(option.value, exactly=self.choice.exactly)

    def _beside(self, place: Named) -> list[Option]:
        same = [item for item in self.named if item.at == place.at and item.part == place.part]
        return [option for option in self._offered if any(self._is_name_of(item, option) for item in same)]

    def _like(self, options: Sequence[Option]) -> list[_Heir]:
        if self.first.op != "in":
            return []
        texts = [self.first.value, *(item.label for item in self.choice.options if item.value == self.first.value)]
        found = []
        for option in options:
            scores = [likeness(text, other) for text in texts for other in (option.value, option.label)]
            confidence, why = max(scores, key=lambda score: score[0])
            if confidence >= LIKELY:
                found.append(_Heir(option, confidence, why))
        return sorted(found, key=lambda heir: -heir.confidence)


def _found(case: _Gone) -> Found:
    audit, choice, first = case.audit, case.choice, case.first
    heirs = [] if case.is_covered else case.heirs()
    proposal = _proposal(case, heirs)
    moved = sum(case.leads_of(heir.option) or 0 for heir in heirs)
    return Found(
        subject=f"{choice.field}: {_words(first)[0]}{first.value}",
        detail=f"{_places(audit, case.places)} {'names' if len(case.places) == 1 else 'name'} {_words(first)[1]}; "
        f"{choice.label} ({choice.field}) {_not_offered(case)}. {_leads(case)}{_heirs(case, heirs)}",
        consequence=" ".join(dict.fromkeys(_consequence(audit, item) for item in case.places)),
        fix=_fix(case, heirs, proposal),
        evidence=Evidence((choice.queries or {}).get(first.value, choice.evidence.query), case.leads or 0),
        where=first.place,
        severity=_severity(case, heirs, moved),
        lead_types=tuple(dict.fromkeys(item.id for item in case.places if item.part == "lead_type")),
        proposal=proposal,
        figures={"leads": case.leads, "moved": moved if heirs else None},
    )


def _severity(case: _Gone, heirs: Sequence[_Heir], moved: int) -> Severity:
    is_kept_out = not any(item.is_demanded for item in case.places)  # nobody is kept out by it, and nobody has to be
    if case.is_covered or (is_kept_out and not heirs):
        return "info"
    return "error" if moved else "warning"


def _proposal(case: _Gone, heirs: Sequence[_Heir]) -> Proposal | None:
    """The likeliest one, when no other is as likely. It takes the place of a value that no lead has, and stands beside
    one that some still have."""
    if not heirs or (len(heirs) > 1 and heirs[1].confidence == heirs[0].confidence):
        return None
    heir = heirs[0]
    is_empty = case.leads == 0 and not case.is_hidden
    single = [item for item in case.places if item.part == "stage" or is_empty]
    return Proposal(
        field=case.choice.field,
        value=heir.option.value,
        lead_type="",
        confidence=heir.confidence,
        why=f"resembles “{case.first.value}”: {heir.why}",
        pointers=tuple(dict.fromkeys(item.at for item in case.places if item not in single)),
        instead_of=case.first.value,
        replaced=tuple(dict.fromkeys(item.at for item in single)),
    )


# ------------------------------------------------------------------ in words

_PART_NAMES: Mapping[str, str] = {"stage": "the stage", "exclusion": "the exclusion", "quiet": "the quiet condition"}


def _places(audit: Audit, places: Sequence[Named]) -> str:
    names = list(dict.fromkeys(_place(audit, item) for item in places))
    text = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return text[0].upper() + text[1:]


def _place(audit: Audit, item: Named) -> str:
    if item.part == "lead_type":
        return f"the rule of {audit.type_name(item.id)}"
    return f"{_PART_NAMES[item.part]} “{item.id}”"


def _words(item: Named) -> tuple[str, str]:
    """Before the value in a subject, and the value in a sentence."""
    if item.op == "in":
        return "", f"“{item.value}”"
    verb, _, with_ = item.op.replace("_", " ").partition(" ")
    return f"{verb} {with_} ".replace(
        "  ", " "
    ), f"values of which each {verb}{f' {with_}' if with_ else ''} “{item.value}”"


def _not_offered(case: _Gone) -> str:
    if case.first.op != "in":
        return "offers none"
    was = any(not option.active and case.first.meets(option.value) for option in case.choice.options)
    return "does not offer it any more: it is switched off" if was else "does not offer it"


def _leads(case: _Gone) -> str:
    since, leads = case.audit.since_text, case.leads
    if leads is None:
        return "How many leads have it was not counted."
    seen = " that this user may see" if case.is_hidden else ""
    if not leads:
        return f"No lead{seen} has it {since}."
    return f"{leads_text(leads)}{seen} {since} {'has' if leads == 1 else 'have'} it."


def _heirs(case: _Gone, heirs: Sequence[_Heir]) -> str:
    """What is offered instead."""
    if case.is_covered:
        return " A value like it is named beside it."
    parts = []
    for heir in heirs[:_SHOWN]:
        leads = case.leads_of(heir.option)
        count = f", which {leads_text(leads)} {'has' if leads == 1 else 'have'}" if leads else ""
        parts.append(f"“{heir.option.value}”{count}")
    return f" It offers {' and '.join(parts)}; the design does not name that." if parts else ""


_SHOWN = 3


def _consequence(audit: Audit, item: Named) -> str:
    if item.part == "stage":
        more = " No lead counts as sent back by it." if item.id in REJECTIONS else ""
        return f"No lead reaches the stage “{item.id}” any more, and what is measured from or to it ends.{more}"
    if not item.is_demanded:
        return f"What {_place(audit, item)} keeps apart by it is not kept apart any more."
    if item.part == "exclusion":
        return f"Leads that “{item.id}” was to exclude by it get clocks and alerts."
    if item.part == "quiet":
        return f"Leads that “{item.id}” was to keep quiet by it send alerts."
    return f"{_place(audit, item).capitalize()} takes no lead by it any more."


def _fix(case: _Gone, heirs: Sequence[_Heir], proposal: Proposal | None) -> str:
    if case.is_covered:
        return "Remove it from the design when no lead that matters has it, or accept it until then."
    if proposal is None:
        offered = [option for option in case.choice.options if option.active]
        shown = [heir.option for heir in heirs] or offered
        names = ", ".join(f"“{option.value}”" for option in shown[:_OFFERED])
        more = f" and {len(shown) - _OFFERED} more" if len(shown) > _OFFERED else ""
        offers = f" The field offers {names}{more}." if shown else ""
        return f"Name the value that took its place, then plan and apply; or put the old one back.{offers}"
    sure = f"{proposal.confidence:.0%} sure: {proposal.why}"
    if proposal.confidence < SURE:
        return f"Perhaps it is “{proposal.value}” now ({sure}). If so, name that, then plan and apply."
    return f"It is “{proposal.value}” now ({sure}): {case.audit.command('drift', '--write-patch', 'mapping.patch')}"


_OFFERED = 8
