"""How far HubSpot is from the design, said before anything is deployed.

Minutes are worst cases over a usual week, on the lead type's clock, of the very workflows that are rendered: when a
clock starts, when it is due and when each step acts, against docs/semantics.md. What HubSpot does not promise is
counted as the reference advises: about a minute for every workflow a lead passes through, up to fifteen minutes after
an opening.
[docs] reference/hubspot.md 3.3, 4.8
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import ceil

from provisioner.fidelity import Fidelity, Grade
from provisioner.model.design import BusinessHours, Design, LeadType, Step
from provisioner.model.uses import steps_of, tests_of, used_escalations
from provisioner.targets.hubspot import windows
from provisioner.targets.hubspot.clock import RESTING
from provisioner.targets.hubspot.code import computes, last_year
from provisioner.targets.hubspot.conditions import kinds
from provisioner.targets.hubspot.manual import guided
from provisioner.targets.hubspot.minutes import duration_minutes, promised_minutes
from provisioner.targets.hubspot.names import hours_of
from provisioner.targets.hubspot.objects import lead_object
from provisioner.targets.hubspot.openings import Opening, When, kept_free, openings, portal_zone
from provisioner.targets.hubspot.week import Week
from provisioner.targets.hubspot.windows import DAY, SPREAD

JITTER = 1  # minutes per workflow or wait. [inferred] reference/hubspot.md 4.8
CHAIN = 3 * JITTER  # stamp, judge, clock
_MONDAY = 2 * windows.WEEK  # far enough from the beginning that "before" exists


@dataclass(slots=True)
class Range:
    """How early (negative) and how late something can be: in open minutes of the calendar, and in calendar minutes."""

    early: float = 0.0
    late: float = 0.0
    calendar: float = 0.0

    def add(self, office: Week, ours: float, true: float) -> None:
        error = office.position(ours) - office.position(true)
        self.early, self.late = min(self.early, error), max(self.late, error)
        self.calendar = max(self.calendar, abs(ours - true))

    @property
    def worst(self) -> float:
        """With a minute for those who come between two of the minutes that were tried."""
        found = max(-self.early, self.late)
        return round(found + 1, 1) if found else 0.0


def statement(design: Design) -> list[Fidelity]:
    """Every feature of the design that HubSpot does not simply have, and the ones people ask about; design order."""
    found: list[Fidelity] = []
    for lead_type in design.lead_types:
        found += _clock(design, lead_type)
    found += _touches(design)
    found += _people(design)
    found += _rest(design)
    return found


def _say(feature: str, grade: Grade, why: str, minutes: float | None = None, lead_type: str | None = None) -> Fidelity:
    return Fidelity(feature, lead_type, grade, minutes, why)


# ------------------------------------------------------------------ one clock


def _clock(design: Design, lead_type: LeadType) -> Iterator[Fidelity]:
    id, hours = lead_type.id, hours_of(design, lead_type)
    if hours is None:
        why = "Three workflows follow each other, and workflows run within about a minute."
        yield _say("clock start", "exact", "It is the time of the assignment.", 0.0, id)
        yield _say("due time and steps", "approximated", why, float(CHAIN + JITTER), id)
        return
    if computes(design, lead_type):
        yield from _computed(design, lead_type, hours)
        return
    start, due, steps = errors(design, lead_type)
    free = kept_free(design, lead_type)
    why = f"What waits for opening hours is let in over about {SPREAD} minutes"
    if free:
        why += f"; a lead that comes less than {free} minutes before closing starts at the next opening"
    yield _say("clock start", "approximated", f"{why}. {_ranged(start, hours)}", start.worst, id)
    words = f"{_due_words(lead_type, free)} {_ranged(due, hours, _over_nights(design, lead_type))}"
    yield _say("due time", "approximated", words, due.worst, id)
    for number, (step, error) in enumerate(zip(steps_of(design, lead_type), steps, strict=True), 1):
        why = "Counted on the wall clock from the start; what falls into closed hours happens at the next opening."
        words = f"{why} {_ranged(error, hours, _over_nights(design, lead_type, step))}"
        yield _say(f"step {number}", "approximated", words, error.worst, id)
    yield _response(id)
    moved = windows.shift_of(hours, portal_zone(design))
    if moved.odd_days:
        why = (
            f"{hours.timezone} and the account ({portal_zone(design)}) change their clocks on different days: on about "
            f"{moved.odd_days} days of the year the office seems to open {moved.odd_minutes} minutes off."
        )
        yield _say("opening hours around clock changes", "approximated", why, float(moved.odd_minutes), id)


def _computed(design: Design, lead_type: LeadType, hours: BusinessHours) -> Iterator[Fidelity]:
    """A clock whose times a program computes."""
    id = lead_type.id
    yield _say("clock start", "exact", "A custom-code action computes it.", 0.0, id)
    yield _say("due time", "exact", "A custom-code action computes it.", 0.0, id)
    for number, _ in enumerate(steps_of(design, lead_type), 1):
        why = "Its time is computed; three workflows follow each other, and workflows run within about a minute."
        yield _say(f"step {number}", "approximated", why, float(CHAIN + JITTER), id)
    why = (
        f"A custom-code action computes the times, with holidays and clock changes, until the end of "
        f"{last_year(hours)}. Where it answers nothing, the clock is counted on the wall clock, closed hours included. "
        "How HubSpot stores its answers is not documented: look at one lead before people rely on it."
    )
    yield _say("custom code", "approximated", why, None, id)
    yield _response(id)


def _response(id: str) -> Fidelity:
    why = "They are calendar minutes: a formula cannot leave out closed hours. The verdict does not depend on them."
    return _say("response and miss minutes", "approximated", why, None, id)


def _due_words(lead_type: LeadType, free: int) -> str:
    if lead_type.sla == "same_business_day":
        return (
            "It is the closing time of the day in which the clock starts; a lead of the last minutes before closing "
            "may start, and be due, a day later."
        )
    if free:
        return "It never lies in closed hours. Late by what a lead had left of the day before, and by the start."
    return "Longer than a usual opening, it is counted on the wall clock: early by closed hours, and by every holiday."


def _over_nights(design: Design, lead_type: LeadType, step: Step | None = None) -> float:
    """Open minutes of a wait that may lie over a closing time: of the due time, or of a step. A promise that fits into
    one opening never does; only what is waited after it."""
    promised = 0.0
    if lead_type.sla != "same_business_day" and not kept_free(design, lead_type):
        promised = float(promised_minutes(design, lead_type))
    if step is None:
        return promised
    if step.percent is not None:
        return promised * float(step.percent) / 100
    assert step.after_due is not None, "a step has a percentage or a time after due"
    return promised + duration_minutes(design, lead_type, step.after_due)


def _ranged(error: Range, hours: BusinessHours, over_nights: float = 0.0) -> str:
    """Both directions, in open minutes, and what that can be on the wall clock, of a usual week; and what a holiday
    adds. A wait that is spent in closed hours from its beginning to its end cannot become earlier by one."""
    early = f"up to {ceil(-error.early)} open minutes early" if error.early < 0 else "never early"
    text = f"{early}, up to {ceil(error.late)} open minutes late"
    added = f", and {DAY} more for each holiday there" if hours.holidays else ""
    found = (
        f"{text[0].upper()}{text[1:]} ({ceil(error.calendar)} calendar minutes with closed hours in between{added})."
    )
    if hours.holidays and -error.early < over_nights - 1:
        found += f" Each holiday in between makes it up to {hours.business_day} open minutes earlier."
    return found


def errors(design: Design, lead_type: LeadType) -> tuple[Range, Range, list[Range]]:
    """Errors of a business clock's start, of its due time, and of when each step acts, over a usual week."""
    tried = _Tried(design, lead_type)
    for arrival in tried.arrivals():
        tried.arrive(arrival)
    return tried.start, tried.due, tried.acts


_SLIPS = (0, CHAIN, SPREAD + CHAIN)  # how late a clock may start


class _Tried:
    """What happens to leads that get their owner at some minute of the week. Between two of the minutes that are tried
    no error is worse: what is due keeps its distance from the start within one opening, so in open minutes an error
    only ever shrinks from one cut to the next, where a cut is a closing time that something comes to lie behind."""

    def __init__(self, design: Design, lead_type: LeadType) -> None:
        hours = hours_of(design, lead_type)
        assert hours is not None, "only a business clock is approximated"
        self.design, self.lead_type, self.steps = design, lead_type, steps_of(design, lead_type)
        self.office = Week.of(hours.open)
        self.parts = self._parts()
        self.start, self.due, self.acts = Range(), Range(), [Range() for _ in self.steps]

    def _parts(self) -> list[tuple[int, int, Opening]]:
        """When which opening lets in, in the week that is tried and the ones after it."""
        found = [
            (week * windows.WEEK + day * DAY + begin, week * windows.WEEK + day * DAY + end, opening)
            for opening in openings(self.design, self.lead_type)
            for week in (2, 3, 4)
            for day, spans in opening.open.items()
            for begin, end in spans
        ]
        return sorted(found, key=lambda part: part[:2])

    def arrivals(self) -> list[int]:
        """Every edge of the week and every cut, with the minutes beside them."""
        edges = {*self.office.opens, *self.office.closes, *(edge for part in self.parts for edge in part[:2])}
        for begin, end, opening in self.parts:
            edges.add(end - CHAIN)  # too late for this opening
            for when in (opening.due, *opening.steps):
                for slip in _SLIPS:
                    edges |= self._cuts(begin, end, when, slip)
        within = range(_MONDAY, _MONDAY + windows.WEEK)
        return sorted({edge + more for edge in edges for more in (-1, 0, 1) if edge + more in within})

    def _cuts(self, begin: int, end: int, when: When, slip: int) -> set[int]:
        """Arrivals from which something comes to lie behind a closing time, or has passed when the clock starts."""
        if when.minute is not None:
            return {begin // DAY * DAY + when.minute - slip}
        distance, closes = slip + when.seconds // 60, self.office.closes
        between = closes[bisect_left(closes, begin + distance) : bisect_right(closes, end + distance)]
        return {close - distance for close in between}

    def arrive(self, arrival: int) -> None:
        """On time, and as late as workflows may be."""
        office = self.office
        begin = office.next_open(arrival)
        true_due = self._true_due(begin)
        trues = [self._true_step(begin, true_due, step) for step in self.steps]
        for started, opening in self._starts(arrival):
            our_due = _at(opening.due, started)
            self.start.add(office, started, begin)
            self.due.add(office, our_due, true_due)
            for error, when, true in zip(self.acts, opening.steps, trues, strict=True):
                ours = max(_at(when, started), started)
                acted = float(office.next_open(int(ours)))
                error.add(office, acted, true)
                error.add(office, acted + (SPREAD if acted > ours + 1 else 0) + JITTER, true)

    def _starts(self, arrival: int) -> Iterator[tuple[int, Opening]]:
        """On time, late, and too late for this opening, so that the next one starts the clock."""
        lets_in, opening, end = self._let_in(arrival)
        late = lets_in + (SPREAD if lets_in > arrival else 0)
        yield lets_in, opening
        yield late + CHAIN, opening
        if late + CHAIN >= end:
            later, opening, _ = self._let_in(late + CHAIN)
            yield later + (SPREAD if later > late + CHAIN else 0) + JITTER, opening

    def _let_in(self, arrival: int) -> tuple[int, Opening, int]:
        place = bisect_right(self._ends, arrival)
        begin, end, opening = self.parts[place]
        return max(arrival, begin), opening, end

    @cached_property
    def _ends(self) -> list[int]:
        return [end for _, end, _ in self.parts]

    def _true_due(self, begin: int) -> float:
        if self.lead_type.sla == "same_business_day":
            return self.office.close_of_day(begin)
        return self.office.add(begin, promised_minutes(self.design, self.lead_type))

    def _true_step(self, begin: int, due: float, step: Step) -> float:
        if step.percent is not None:
            length = self.office.position(due) - self.office.position(begin)
            return self.office.add(begin, float(step.percent) / 100 * length)
        assert step.after_due is not None, "a step has a percentage or a time after due"
        minutes = duration_minutes(self.design, self.lead_type, step.after_due)
        return self.office.add(due, minutes) if minutes else due


def _at(when: When, started: int) -> float:
    if when.minute is not None:
        return started // DAY * DAY + when.minute
    return started + when.seconds / 60


# ---------------------------------------------------------------- touches, people


def _touches(design: Design) -> Iterator[Fidelity]:
    touch = design.telemetry.first_touch
    why = (
        "The time of the last logged contact, noted within about a minute; two contacts within that minute count as "
        "the later one, and people may log a contact afterwards, with its own time."
    )
    if not lead_object(design).comes_again:
        why = (
            "The first outreach that HubSpot recorded for the lead, noted within about a minute. It never moves: an "
            "outreach before the engagement is no touch, and the ones after it are not seen."
        )
    yield _say("first touch", "approximated", why, float(JITTER))
    yield from _touch_types(design)
    if touch.ignore_users:
        why = "They own no lead as a person; whether a logged contact was theirs cannot be told."
        yield _say("ignored users", "approximated", why)


def _touch_types(design: Design) -> Iterator[Fidelity]:
    """What counts, and what is said of it."""
    types = design.telemetry.first_touch.types
    left_out = [kind for kind in lead_object(design).touches if kind not in types]
    if lead_object(design).comes_again:
        why = (
            "Calls, emails, meetings and chats are told apart where the contact is the first engagement of the present "
            f"owner: then only {', '.join(types)} counts. Any other logged contact counts, whatever it was."
        )
        yield _say("touch types", "approximated", why)
        why = "Call, email or meeting, where it was the first engagement of the present owner; otherwise `other`."
        yield _say("first_touch_type", "approximated", why)
        return
    why = "The lead's counters tell calls, emails and meetings; LinkedIn is counted together with SMS and WhatsApp."
    if left_out:
        why += " A touch that comes after one of a type that does not count is noted when it is logged."
    yield _say("touch types", "approximated", why, float(JITTER) if left_out else None)
    why = "`other` where no counter has moved yet; where several have, the first of call, email, linkedin, meeting."
    yield _say("first_touch_type", "approximated", why)


def _people(design: Design) -> Iterator[Fidelity]:
    steps = [step for escalation in used_escalations(design) for step in escalation.steps]
    named = {id for step in steps for id in step.notify}
    told = [item for item in design.recipients.values() if item.id in named]
    if any(item.kind == "owner_manager" for item in told):
        why = "HubSpot does not know managers: the user named under `otherwise` is always told."
        yield _say("owner_manager", "approximated", why)
    rings = {id for step in steps if "bell" in step.via for id in step.notify}
    if any(item.kind in ("record_owner", "group", "queue") for item in told if item.id in rings):
        why = "In-app notifications reach named users only; owners and teams get an email in their place."
        yield _say("bells", "approximated", why)
    handed = {step.reassign_to for step in steps}
    if any(item.kind == "queue" for item in design.recipients.values() if item.id in handed):
        yield _say("queues", "approximated", "A queue is a team: its members get the leads in turn.")
    yield from _cycle(design)
    if design.assignment.on_reassign == "restart":
        why = "A lead that comes back to the same owner gets a new clock, because two owners cannot be compared."
        yield _say("assignment.on_reassign", "approximated", why)
    why = (
        f"Computed at once, it runs {RESTING} minutes later, when workflows have let go of the one before; until then "
        "the status is `waiting`, and a step that falls into these minutes acts at their end. Another owner who comes "
        "meanwhile may have that much more time."
    )
    yield _say("a clock that starts anew", "approximated", why, float(RESTING))


def _cycle(design: Design) -> Iterator[Fidelity]:
    if lead_object(design).comes_again:
        why = (
            "A cycle begins when an engagement property changes after the clock has finished, not with any later "
            "change."
        )
        yield _say("cycle", "approximated", why)


def _rest(design: Design) -> Iterator[Fidelity]:
    kind_of = kinds(design)
    whens = [*(item.when for item in design.exclusions), *(item.when for item in design.lead_types)]
    if any(kind_of.get(test.field) == "enumeration" for when in whens for test in tests_of(when)):
        why = "Options of an enumeration are compared by their internal value, letter by letter."
        yield _say("conditions", "approximated", why)
    yield _say("measures", "approximated", "Formulas do not round; minutes have more decimals.", 0.1)
    if "company" in design.alerts.content and lead_object(design).company is None:
        why = "A lead of the lead object has no company of its own; the line is left out."
        yield _say("alerts.content company", "approximated", why)
    if "link" in design.alerts.content:
        yield _say("alerts.content link", "approximated", "The text has the record's id; HubSpot adds its own link.")
    if "elapsed" in design.alerts.content:
        yield _say("alerts.content elapsed", "approximated", "The text names the step instead of the minutes waited.")
    if design.telemetry.stages:
        yield _say("stages", "approximated", "The time at which the workflow runs.", float(JITTER))
    if design.reports:
        yield _say("reports", "manual", "HubSpot has no API for reports and dashboards: a guide of exact clicks.")
    yield from impossible(design)


def impossible(design: Design) -> list[Fidelity]:
    """What is not deployed, with its place."""
    found: list[Fidelity] = []
    object = lead_object(design)
    if not object.comes_again and set(design.telemetry.engagement) - {object.created_at}:
        why = (
            "A lead of the lead object is one enquiry: its first outreach never moves, so a later engagement begins no "
            "cycle. A new enquiry is a new lead."
        )
        found.append(Fidelity("cycle", None, "impossible", None, why, f"{design.telemetry.at}/engagement"))
    found += [_not(word, f"/{word}") for word in ("recycling", "breach", "surge") if getattr(design, word)]
    if design.telemetry.conversion is not None:
        found.append(_not("conversion", design.telemetry.conversion.at))
    if design.alerts.quiet:
        found.append(_not("quiet", f"{design.alerts.at}/quiet"))
    if design.reports is not None:
        unguided = [key for key in design.reports.include if key not in guided(design)]
        found += [_not(f"report {key}", f"{design.reports.at}/include") for key in unguided]
        found += [_not("dashboards", f"{design.reports.at}/dashboards") for _ in design.reports.dashboards[:1]]
    for lead_type in design.lead_types:
        for word in ("after_hours", "follow_up"):
            if getattr(lead_type, word) is not None:
                found.append(_not(word, f"{lead_type.at}/{word}", lead_type.id))
    return found


def _not(feature: str, at: str, lead_type: str | None = None) -> Fidelity:
    return Fidelity(feature, lead_type, "impossible", None, "Not deployed by this version.", at)
