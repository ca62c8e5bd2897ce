"""Who works at Acme, which leads come, and how fast each rep reacts. Always the same, so the story can be followed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")
WEEK_BEFORE = datetime(2026, 2, 23, 8, 0, tzinfo=ZONE)
MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=ZONE)
EVENING = datetime(2026, 3, 2, 18, 30, tzinfo=ZONE)
BEFORE, THAT_DAY = 160, 40  # leads
NEW_SOURCE, ITS_LEADS = "TikTok Lead Ad", 12  # comes on the day after
DAY_AFTER = datetime(2026, 3, 3, 9, 0, tzinfo=ZONE)


@dataclass(frozen=True, slots=True)
class Person:
    first: str
    last: str
    username: str
    manager: str | None = None
    patience: tuple[int, int] = (0, 0)  # a rep reacts within so many minutes …
    misses: float = 0.0  # … or, this often, not at all

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


@dataclass(frozen=True, slots=True)
class Lead:
    number: int
    first: str
    last: str
    company: str
    source: str
    country: str
    employees: int
    owner: Person
    at: datetime  # UTC, as are all below
    assigned_at: datetime  # until then it is with the routing tool
    touched_at: datetime | None
    touch: str  # TaskSubtype of the touch
    accepted_at: datetime | None  # by sales, where it comes that far
    qualified_at: datetime | None


Deed = Callable[[Lead], None]  # what happens to a lead, done

MANAGER = "sdr-manager@acme.example"
ROUTER = "integration@acme.example"  # the routing tool's user
PEOPLE = (
    Person("Carla", "Osei", "cro@acme.example"),
    Person("Dana", "Whitfield", MANAGER, "cro@acme.example"),
    Person("Quinn", "Abara", "qa@acme.example", "cro@acme.example"),
    Person("Ines", "Integration", ROUTER),
    Person("Ana", "Ruiz", "ana@acme.example", MANAGER, (1, 4), 0.05),
    Person("Ben", "Novak", "ben@acme.example", MANAGER, (2, 12), 0.15),
    Person("Chidi", "Eze", "chidi@acme.example", MANAGER, (3, 40), 0.2),
    Person("Dora", "Lind", "dora@acme.example", MANAGER, (5, 300), 0.35),
)
REPS = tuple(person for person in PEOPLE if person.patience != (0, 0))

_ROUTING = (20, 240)  # seconds from the form to the rep
_ACCEPTED, _QUALIFIED = (0.7, 5, 60), (0.5, 30, 180)  # how often, and between how many minutes later
_SOURCES = (("Demo Request", 4), ("Contact Form", 3), ("Webinar", 3), ("Content Download", 4))
_COUNTRIES = (("United States", 8), ("United Kingdom", 2), ("Ireland", 1))
_FIRST = ("Maya", "Jonas", "Priya", "Tomás", "Lea", "Omar", "Sofia", "Kenji", "Ruth", "Vik", "Noor", "Elias")
_LAST = ("Adler", "Brandt", "Costa", "Dubois", "Egan", "Fuchs", "García", "Haas", "Ito", "Jensen", "Kaya", "Lang")
_FIRMS = ("Northwind", "Globex", "Initech", "Umbra", "Vandelay", "Hooli", "Soylent", "Stark", "Wonka", "Tyrell")
_FORMS = ("Ltd", "Inc", "Group", "Labs", "Systems")


def leads() -> tuple[list[Lead], list[Lead]]:
    """Those of the week before (the working days, as they came) and those of Monday, oldest first."""
    # Chance for the sake of variety; nothing depends on its being hard to guess.
    chance = random.Random(2026)  # noqa: S311
    week = [WEEK_BEFORE + timedelta(days=day) for day in range(5)]
    old = sorted(chance.choice(week) + timedelta(minutes=chance.randrange(600)) for _ in range(BEFORE))
    new = sorted(MONDAY + timedelta(minutes=chance.randrange(2, 10 * 60)) for _ in range(THAT_DAY))
    made = list(_made(chance, [*old, *new]))
    return made[:BEFORE], made[BEFORE:]


def in_order(lives: Iterable[Iterable[tuple[datetime | None, Deed, Lead]]]) -> list[tuple[datetime, Deed, Lead]]:
    """What happens to Monday's leads before the evening, and when."""
    events = [(at, deed, lead) for life in lives for at, deed, lead in life if at is not None and at < EVENING]
    return sorted(events, key=lambda event: event[0])


def later_leads() -> list[Lead]:
    """Those of the new source, on the morning after, oldest first; nobody has heard of them."""
    chance = random.Random(303)  # noqa: S311
    moments = [DAY_AFTER + timedelta(minutes=5 * number) for number in range(ITS_LEADS)]
    made = list(_made(chance, moments))
    return [replace(lead, number=BEFORE + THAT_DAY + lead.number, source=NEW_SOURCE, touched_at=None) for lead in made]


def _made(chance: random.Random, moments: list[datetime]) -> Iterator[Lead]:
    fate = random.Random(41)  # noqa: S311  (how it goes on, apart from who comes)
    for number, moment in enumerate(moments, 1):
        owner = REPS[number % len(REPS)]
        reacts = chance.random() >= owner.misses
        after = timedelta(minutes=chance.randint(*owner.patience), seconds=chance.randrange(60))
        start = moment.astimezone(UTC)
        assigned_at = start + timedelta(seconds=fate.randint(*_ROUTING))
        touched_at = assigned_at + after if reacts else None
        accepted_at = _later(touched_at, fate, _ACCEPTED)
        yield Lead(
            number=number,
            first=chance.choice(_FIRST),
            last=chance.choice(_LAST),
            company=f"{chance.choice(_FIRMS)} {chance.choice(_FORMS)}",
            source=_pick(chance, _SOURCES),
            country=_pick(chance, _COUNTRIES),
            employees=chance.choice((12, 40, 250, 900, 1500, 6000)),
            owner=owner,
            at=start,
            assigned_at=assigned_at,
            touched_at=touched_at,
            touch=chance.choice(("Call", "Email", "LinkedIn")),
            accepted_at=accepted_at,
            qualified_at=_later(accepted_at, fate, _QUALIFIED),
        )


def _later(moment: datetime | None, fate: random.Random, odds: tuple[float, int, int]) -> datetime | None:
    happens, after = fate.random() < odds[0], timedelta(minutes=fate.randint(*odds[1:]))
    return moment + after if moment is not None and happens else None


def _pick(chance: random.Random, weighted: tuple[tuple[str, int], ...]) -> str:
    names, weights = zip(*weighted, strict=True)
    return str(chance.choices(names, weights)[0])
