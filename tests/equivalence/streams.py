"""The leads of the three Salesforce examples: for each example who works there, and a stream in which everything that
its design speaks of happens. Instants are UTC. Winter time begins on 25 October 2026 in Europe and on 1 November in the
US, where 11 November is a holiday; summer time begins on 29 March 2026 in Europe, where 3 April is one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioner.sla.timeline import Switched

from .worlds import Cast, Event, Life

NEW = "Open - Not Contacted"
SUBTYPES = ("Call", "Email", "Event")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class Lead:
    """One life under construction; `after` is minutes since the creation."""

    number: int
    events: list[Event]

    def save(self, after: float, owner: str | None = None, **values: Any) -> Lead:
        return self._add(Event(self._at(after), "save", values, owner))

    def touch(self, after: float, actor: str, subtype: str = "Call") -> Lead:
        return self._add(Event(self._at(after), "touch", actor=actor, subtype=subtype))

    def convert(self, after: float, **values: Any) -> Lead:
        return self._add(Event(self._at(after), "convert", values))

    def refused(self, after: float, words: str, **values: Any) -> Lead:
        return self._add(Event(self._at(after), "save", values, refusal=words))

    def engage(self, after: float) -> Lead:
        """Another form is sent in; only matters where the design looks at that field."""
        return self.save(after, Form_Submitted_At__c=self._at(after))

    def _at(self, after: float) -> datetime:
        return self.events[0].at + timedelta(seconds=round(after * 60))

    def _add(self, event: Event) -> Lead:
        self.events.append(event)
        return self


@dataclass
class Stream:
    """Leads that come one after the other; `reps` are three."""

    reps: tuple[str, ...]
    robot: str
    queue: str
    leads: list[Lead] = field(default_factory=list)

    @property
    def lives(self) -> tuple[Life, ...]:
        return tuple(Life(lead.number, tuple(lead.events)) for lead in self.leads)

    def lead(self, at: str, owner: str, values: dict[str, Any]) -> Lead:
        number = len(self.leads)
        base = {"LastName": f"Lead {number}", "Company": "Sons & <Co>", "Email": f"l{number}@client.example"}
        begun = utc(at) + timedelta(seconds=number % 50)  # so that they do not all come at one instant
        lead = Lead(number, [Event(begun, "save", base | {"Status": NEW} | values, owner)])
        self.leads.append(lead)
        return lead

    def ordinary(self, values: dict[str, Any], opened: str, closed: str) -> None:
        """What happens to leads of any type: nobody reacts, in time, late, handed over, from a queue, after hours."""
        ann, bob, cat = self.reps[:3]
        self.lead(opened, ann, values)
        self.lead(opened, bob, values).touch(2.5, bob)
        self.lead(opened, cat, values).touch(1500, cat, "Email").touch(1502, self.robot)
        self.lead(opened, self.robot, values).save(3, ann).save(5, bob).touch(9, ann, "Event")
        self.lead(opened, self.queue, values).save(7, cat).save(8, self.queue).save(900, ann)
        self.lead(closed, bob, values)
        self.lead(closed, cat, values).touch(31, bob, "Email")

    def odd_days(self, values: dict[str, Any], *days: str) -> None:
        """On a weekend, on a holiday, in the night in which the clocks change; half of them are called at last."""
        for place, day in enumerate(days):
            lead = self.lead(day, self.reps[place % 3], values)
            if place % 2:
                lead.touch(2 * 1440 + 3, self.reps[0])

    def follow_up(self, values: dict[str, Any], opened: str, latest: str, touches: int) -> None:
        """Completed, completed too late, missed, in progress, and ended by a conversion."""
        ann, slowly = self.reps[0], 8.8 * 1440 / (touches - 1)
        done, late = self.lead(opened, ann, values), self.lead(opened, ann, values)
        for touch in range(touches):
            done.touch(1 + 40 * touch, ann, SUBTYPES[touch % 3])
            late.touch(2 + slowly * touch, ann, SUBTYPES[touch % 3])
        done.touch(3000, ann)
        self.lead(opened, ann, values).touch(3, ann).touch(30, ann).touch(31, self.robot)
        self.lead(latest, ann, values).touch(2, ann)
        self.lead(opened, ann, values).touch(2, ann).convert(700, opportunity=True)


@dataclass(frozen=True)
class Played:
    """An example: its file, who is there, what happens, and from when until when."""

    name: str
    prefix: str
    cast: Cast
    stream: Stream
    start: datetime
    until: datetime
    switches: tuple[Switched, ...] = ()


def _cast(domain: str, queue: str, group: str, *others: str) -> tuple[Cast, Stream]:
    """Three reps: one with a manager, one with a manager who is gone, one without; a robot; and those of the design."""

    def at(name: str) -> str:
        return f"{name}@{domain}"

    people: dict[str, tuple[str | None, bool]] = {
        at("ann"): (at("boss"), True),
        at("bob"): (at("gone"), True),
        at("cat"): (None, True),
        at("boss"): (None, True),
        at("gone"): (None, False),
        at("integration"): (None, True),
        at("qa"): (None, True),
    }
    people |= {at(name): (None, True) for name in others}
    roles = {at("ann"): "East", at("bob"): "West", at("cat"): "East"}
    cast = Cast(people, ("Inbound", queue), {group: (at("cat"),)}, roles)
    return cast, Stream((at("ann"), at("bob"), at("cat")), at("integration"), "Inbound")


def acme() -> Played:
    cast, stream = _cast("acme.example", "SDR_Backup", "SDR_On_Call", "cro", "sdr-manager")
    ann, bob, cat = stream.reps
    demo = {"LeadSource": "Demo Request", "Country": "France"}
    emea = {"LeadSource": "Demo Request", "Country": "ireland"}
    enterprise: dict[str, Any] = {"LeadSource": "Contact Form", "NumberOfEmployees": 1000}
    event, content, other = {"LeadSource": "Webinar"}, {"LeadSource": "Content Download"}, {"LeadSource": "Web"}
    noon, night = "2026-10-27T15:00", "2026-10-28T02:10"
    stream.ordinary(demo, noon, night)
    stream.ordinary(emea, "2026-10-29T11:00", "2026-10-29T22:10")
    stream.ordinary(enterprise, "2026-11-02T15:00", "2026-11-02T23:30")
    stream.ordinary(event, noon, night)
    stream.ordinary(content, "2026-11-03T20:00", night)
    for values in (demo, emea, event, other):
        stream.odd_days(values, "2026-10-25T00:30", "2026-11-01T05:30", "2026-10-31T14:00", "2026-11-11T15:00")
    stream.follow_up(demo, "2026-11-04T15:00", "2026-11-13T21:00", touches=6)
    # To the second: at due, and a second later.
    stream.lead(noon, ann, demo).touch(5, ann)
    stream.lead(noon, ann, demo).touch(5 + 1 / 60, ann, "LinkedIn")
    # While there is a surge; the second one comes before it and is handed over in it.
    for values in (demo, emea, enterprise, event, content):
        stream.lead("2026-11-05T15:00", cat, values).touch(8, cat)
    stream.lead("2026-11-04T23:50", bob, demo).save(900, ann)
    stream.lead("2026-11-06T03:00", bob, demo)  # outside hours in a surge
    _stages_of_acme(stream, demo, content)
    # Missed on the last day; still open then.
    stream.lead("2026-11-13T15:00", cat, emea)
    stream.lead("2026-11-13T20:00", bob, content)
    # Excluded from the beginning, in between, and for good.
    stream.lead(noon, ann, demo | {"Email": "us@ACME.example"}).touch(4, ann)
    stream.lead(noon, ann, demo | {"Email": "us@acme.example"}).save(20, Email="they@client.example")
    surge = (Switched(utc("2026-11-05T00:00"), True), Switched(utc("2026-11-06T12:00"), False))
    return Played("acme", "STL", cast, stream, utc("2026-10-23T00:00"), utc("2026-11-13T22:30:30"), surge)


def _stages_of_acme(stream: Stream, demo: dict[str, Any], content: dict[str, Any]) -> None:
    ann, bob, _ = stream.reps
    reason, need = {"STL_Rejection_Reason__c": "No budget"}, "Choose a rejection reason before"
    forward = stream.lead("2026-10-28T15:00", ann, content).touch(10, ann).save(12, Status="marketing qualified")
    forward.save(13, Status="Marketing Qualified").save(80, Status="Sales Accepted").save(200, Status="Sales Qualified")
    forward.convert(300, opportunity=True)
    # Two times back and no more; a reason is asked for.
    back = stream.lead("2026-11-03T15:00", bob, content).refused(5, need, Status="Recycled")
    back.save(6, Status="Recycled", **reason).save(60, Status="Marketing Qualified").save(70, Status=NEW)
    back.save(90, Status="recycled").save(95, Status="RECYCLED").save(120, Status=NEW)
    back.refused(130, "came back 2 times already", Status="Recycled").touch(140, bob)
    # Disqualified, which is excluded, and back.
    gone = stream.lead("2026-11-09T15:00", ann, demo).save(2, Status="Disqualified", **reason)
    gone.save(60, Status="Marketing Qualified")
    stream.lead("2026-11-09T16:00", ann, demo | {"Status": "Sales Accepted"}).save(30, Status=NEW)  # quiet, then not
    stream.lead("2026-11-10T02:00", ann, demo | {"Status": "Sales Accepted"})  # quiet after hours
    stream.lead("2026-11-10T02:00", ann, demo).save(30, Status="Sales Qualified")  # begun aloud, broken quietly
    # Converted without an opportunity, untouched, and once more engaged after the first answer.
    stream.lead("2026-11-09T17:00", bob, content).convert(3)
    again = stream.lead("2026-11-09T18:00", bob, demo).touch(3, bob).save(10, Status="Marketing Qualified")
    again.engage(600).save(640, Status="Sales Accepted").touch(1400, ann)


def four_tier() -> Played:
    cast, stream = _cast("northwind.example", "Lead_Backup", "On_Call", "sales-manager")
    ann, bob, cat = stream.reps
    hot: dict[str, Any] = {"Rating": "hot"}
    warm: dict[str, Any] = {"Rating": "Warm"}
    high: dict[str, Any] = {"Rating": "Warm", "AnnualRevenue": 50_000_000}
    noon, night = "2026-10-27T16:00", "2026-10-28T03:10"
    stream.ordinary(hot, noon, night)
    stream.ordinary(high, "2026-10-29T16:00", "2026-10-30T03:10")
    stream.ordinary(warm, noon, night)
    stream.ordinary({"Rating": "Cold"}, "2026-11-03T16:00", "2026-11-04T03:10")
    blank: dict[str, Any] = {"Rating": None}
    for values in (hot, high, warm, blank):
        stream.odd_days(values, "2026-11-01T06:30", "2026-10-31T15:30", "2026-11-01T14:00", "2026-11-11T15:00")
    stream.follow_up(hot, "2026-11-02T16:00", "2026-11-13T22:00", touches=6)
    stream.follow_up(high | {"NumberOfEmployees": 1000}, "2026-11-02T16:00", "2026-11-13T22:00", touches=4)
    for values in (hot, high, warm, {"Rating": "Cold"}):
        stream.lead("2026-11-05T16:00", cat, values).touch(40, cat)
    stream.lead("2026-11-06T03:00", bob, hot)
    quiet = {"Status": "Working - Contacted"}
    stream.lead(noon, ann, hot | quiet).save(30, Status=NEW)
    stream.lead(night, ann, hot | quiet)
    stream.lead(night, bob, hot).save(30, **quiet)
    stream.lead(noon, ann, warm | {"Email": "me@northwind.example"}).save(45, Email="they@client.example")
    stream.lead(noon, ann, warm).convert(30)
    stream.lead(noon, ann, {"Rating": "Lukewarm"})  # no tier's
    stream.lead(noon, ann, hot).touch(10, ann)
    stream.lead(noon, ann, hot).touch(10 + 1 / 60, ann).engage(2000).touch(2010, ann)
    surge = (Switched(utc("2026-11-05T00:00"), True), Switched(utc("2026-11-06T12:00"), False))
    return Played("four-tier", "NWT", cast, stream, utc("2026-10-23T00:00"), utc("2026-11-14T12:00:30"), surge)


def globex() -> Played:
    cast, stream = _cast("globex.example", "Global_Pool", "Partner_Desk", "head-of-sales", "key-accounts")
    ann, bob, _ = stream.reps
    named = {"Company": "Hooli"}
    us, gb, sg = {"Country": "Brazil"}, {"Country": "germany"}, {"Country": "Singapore"}
    gold, partner = {"LeadSource": "Partner", "Rating": "Hot"}, {"LeadSource": "External Referral"}
    saturday = "2026-03-28T12:00"
    stream.ordinary(named, "2026-03-31T10:00", saturday)
    stream.ordinary(gold, "2026-04-02T10:00", saturday)
    stream.ordinary(partner, "2026-03-31T21:00", saturday)
    stream.ordinary(us | {"NumberOfEmployees": 5000}, "2026-04-01T15:00", "2026-04-01T02:10")
    stream.ordinary(us, "2026-04-02T15:00", "2026-04-01T02:10")
    stream.ordinary(gb, "2026-04-01T10:00", "2026-04-01T22:10")
    stream.ordinary(sg, "2026-04-02T03:00", "2026-04-01T15:00")
    stream.ordinary({"Country": "Peru"}, "2026-03-31T10:00", "2026-04-03T22:30")
    for values in (named, gb, sg):
        stream.odd_days(values, "2026-03-29T00:45", "2026-04-03T09:00", "2026-03-28T23:30")
    stream.follow_up(named, "2026-04-01T10:00", "2026-04-09T20:00", touches=5)
    stream.lead("2026-03-31T10:00", ann, {"Country": None}).touch(60, ann)  # no type, no clock
    stream.lead("2026-03-31T10:00", ann, named | {"Email": "me@globex.example"}).save(9, Email="they@client.example")
    reason, need = {"GLX_Rejection_Reason__c": "Bad timing"}, "Choose a rejection reason before"
    back = stream.lead("2026-03-31T11:00", bob, gb).save(5, Status="Working - Contacted")
    back.refused(6, need, Status="Recycled")
    for time in range(3):
        back.save(10 + 40 * time, Status="Recycled", **reason).save(30 + 40 * time, Status="Working - Contacted")
    back.refused(200, "came back 3 times already", Status="Recycled").touch(210, bob)
    rejected = stream.lead("2026-03-31T11:00", bob, gb).touch(5, bob)
    rejected.refused(6, need, Status="Closed - Not Converted").save(7, Status="Closed - Not Converted", **reason)
    stream.lead("2026-03-31T11:00", bob, gb).save(7, Status="Closed - Not Converted", **reason).save(99, Status=NEW)
    # Converted: after a touch, untouched, from a queue; with an opportunity and without.
    stream.lead("2026-03-31T12:00", ann, named).save(2, Status="Working - Contacted").touch(4, ann).convert(
        50, opportunity="Big deal"
    )
    stream.lead("2026-03-31T12:00", bob, gb).convert(5, opportunity=True)
    stream.lead("2026-03-31T12:00", bob, partner).touch(60, bob).convert(70)
    stream.lead("2026-03-31T12:00", bob, gb).save(9, stream.queue).convert(30, opportunity=True)
    stream.lead("2026-03-31T13:00", ann, gb).touch(9, ann).engage(500).touch(1500, bob)
    return Played("global", "GLX", cast, stream, utc("2026-03-26T00:00"), utc("2026-04-10T12:00:30"))


EXAMPLES = {made.name: made for made in (acme(), four_tier(), globex())}
