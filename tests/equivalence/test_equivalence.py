"""The heart of the promise: what the deployed metadata does when it is executed is what `sla/` says, to the minute.

A pair is one design and the life of one lead in it. CI plays a sample; `pytest -m full tests/equivalence` plays more
than ten thousand pairs. A pair counts only if the design is valid and the lead came to be before the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

import pytest

from .compare import Case, Files, case, differences
from .world import World

SAMPLE = range(1000, 1016)
FULL = range(2000, 2260)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    emulated = World()
    yield emulated
    emulated.close()


def played(seeds: range, lives: int) -> Iterator[Case]:
    found = [made for seed in seeds if (made := case(seed, lives)) is not None]
    assert len(found) > len(seeds) / 2, "most random designs are valid"
    yield from found


def test_executed_metadata_agrees_with_the_oracle(world: World) -> None:
    pairs, messages, ways = 0, 0, set()
    for made in played(SAMPLE, 20):
        assert differences(world, made) == []
        pairs += len(world.leads)
        messages += sum(len(sent) for sent in world.messages().values())
        ways |= {(sent["source"].partition("/")[0], sent["channel"]) for sent in world.door("sent", method="GET")}
    assert pairs > 150, "the sample is worth its name"
    assert messages > pairs, "leads in the sample are told about"
    told = {(f"STL_Lead_{flow}", way) for flow in ("Timers", "After_Hours") for way in ("bell", "email", "slack")}
    assert told <= ways, "of steps and of after-hours promises, by every channel"


@pytest.mark.full
def test_ten_thousand_pairs(world: World) -> None:
    pairs = 0
    for made in played(FULL, 60):
        assert differences(world, made) == []
        pairs += len(world.leads)
    print(f"\n{pairs} pairs of design and lead stream played, all as the oracle says")
    assert pairs >= 10_000


class NothingToBreak(Exception):
    """The design renders nothing of the kind that is to be broken."""


def changed(path: str, pattern: str, replacement: str) -> Callable[[Files], Mapping[str, bytes]]:
    """A package with one deliberate slip in one file; the slip must really be one."""

    def change(files: Files) -> Mapping[str, bytes]:
        text = files.get(path, b"").decode()
        broken, count = re.subn(pattern, replacement, text, flags=re.DOTALL)
        if not count:
            raise NothingToBreak(f"{pattern} is not in {path}")
        return files | {path: broken.encode()}

    return change


BREAKS = {
    "wrong offset": changed("flows/STL_Lead_Timers.flow", r"<offsetNumber>0<", "<offsetNumber>3<"),
    "missing re-check of conversion": changed(
        "flows/STL_Lead_Timers.flow",
        r"(<conditions>\s*<leftValueReference>\$Record\.)IsConverted(</leftValueReference>\s*<operator>EqualTo</operator>"
        r"\s*<rightValue>\s*<booleanValue>)false",
        r"\1STL_Excluded__c\2false",
    ),
    "touch at due counts as late": changed(
        "flows/STL_Lead_Stamp.flow",
        r"(STL_First_Touch_At__c</leftValueReference>\s*<operator>LessThan)OrEqualTo<",
        r"\1<",
    ),
    "touch before engagement counts": changed(
        "flows/STL_Task_First_Touch.flow",
        r"(<field>STL_Engaged_At__c</field>\s*<operator>)LessThanOrEqualTo<",
        r"\1GreaterThan<",
    ),
    "escalation level starts at one": changed(
        "flows/STL_Lead_Stamp.flow",
        r"(STL_Escalation_Level__c</assignToReference>\s*<operator>Assign</operator>\s*<value>\s*<numberValue>)0",
        r"\g<1>1",
    ),
    "share of the SLA in hours": changed("flows/STL_Lead_Stamp.flow", r"86400", "3600"),
    "quiet conditions change nothing": changed(
        "flows/STL_Lead_Timers.flow",
        r"(<assignToReference>isQuiet</assignToReference>\s*<operator>Assign</operator>\s*<value>\s*<booleanValue>)true",
        r"\1false",
    ),
    "nothing is posted": changed(
        "flows/STL_Lead_Timers.flow",
        r"(<assignToReference>wantsSlack</assignToReference>\s*<operator>Assign</operator>\s*<value>\s*<booleanValue>)true",
        r"\1false",
    ),
    "broken after-hours promises are told late": changed(
        "flows/STL_Lead_After_Hours.flow", r"<offsetNumber>0<", "<offsetNumber>3<"
    ),
    "after hours only the bell rings": changed(
        "flows/STL_Lead_After_Hours.flow",
        r"(<assignToReference>wantsEmail</assignToReference>\s*<operator>Assign</operator>\s*<value>\s*<booleanValue>)true",
        r"\1false",
    ),
    "clock minutes off by one": changed(
        "customMetadata/STL_Lead_Type.type_0.md", r"(SLA_Minutes__c</field>\s*<value[^>]*>)\d", r"\g<1>9"
    ),
}


@pytest.mark.parametrize("slip", BREAKS)
def test_a_broken_template_is_noticed(world: World, slip: str) -> None:
    noticed: list[str] = []
    for made in played(range(3000, 3012), 40):
        with suppress(NothingToBreak):
            noticed += differences(world, made, BREAKS[slip])
        if noticed:
            break
    assert noticed, f"nobody noticed: {slip}"
