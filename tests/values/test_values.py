"""Our dataclasses are the library's in everything that a program can see."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

import pytest

from provisioner import values

Maker = Callable[..., Any]


def classes(make: Maker) -> tuple[type[Any], type[Any], type[Any]]:
    """The same three classes, made by `make`: the usual one, one of one field, one that says more itself."""

    class Step:
        """A step."""

        name: str
        place: int = 1
        notes: Mapping[str, int] = field(default_factory=dict, compare=False)
        secret: str = field(default="", repr=False)

        @property
        def next(self) -> int:
            return self.place + 1

    class Only:
        value: Any

    class Named:
        value: str

        def __str__(self) -> str:
            return self.value.title()

        def __repr__(self) -> str:
            return f"<{self.value}>"

    def made(plain: type[Any], **more: bool) -> type[Any]:
        found: type[Any] = make(frozen=True, slots=True, **more)(plain)
        return found

    return made(Step, order=True), made(Only), made(Named)


STEPS = [
    (("a",), {}),
    (("a", 2), {}),
    (("b",), {"notes": {"x": 1}}),
    (("b",), {}),
    (("b", 1), {"secret": "s"}),
]
BOTH = pytest.mark.parametrize("make", [values.dataclass, dataclasses.dataclass], ids=["ours", "library"])


@BOTH
def test_equality_hash_and_order(make: Maker) -> None:
    step, only, _ = classes(make)
    made = [step(*args, **more) for args, more in STEPS]
    again = [step(*args, **more) for args, more in STEPS]
    assert made == again
    assert [hash(item) for item in made] == [hash(item) for item in again]
    assert made[2] == made[3] and made[3] != made[4], "`notes` is not compared, `secret` is"
    assert sorted([*made[2:], *made[:2]]) == made
    assert made[0] < made[1] <= made[1] < made[2] and made[4] > made[3] >= made[2]
    assert step("a") != ("a", 1, {}, "") and only(1) != step("a") and len({only(1), only(1), only(2)}) == 2
    with pytest.raises(TypeError, match="not supported between instances"):
        assert step("a") < only(1)
    with pytest.raises(TypeError, match="not supported between instances"):
        assert only(1) < only(2)
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        hash(only([]))


@BOTH
def test_text_and_documentation(make: Maker) -> None:
    step, only, named = classes(make)
    shown = repr(step("a", secret="s")).partition("<locals>.")[2]
    assert shown == "Step(name='a', place=1, notes={})"
    assert repr(only(None)).endswith("Only(value=None)")
    assert (str(named("ann")), repr(named("ann"))) == ("Ann", "<ann>")
    assert step.__doc__ == "A step." and step("a").next == 2


@BOTH
def test_making_one(make: Maker) -> None:
    step, only, _ = classes(make)
    made = step(place=3, name="a")
    assert (made.name, made.place, made.notes, made.secret) == ("a", 3, {}, "")
    assert step("a").notes is not step("a").notes
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'value'"):
        only()
    with pytest.raises(TypeError, match="unexpected keyword argument 'other'"):
        only(1, other=2)


@BOTH
def test_nothing_can_be_set_or_deleted(make: Maker) -> None:
    step, _, _ = classes(make)
    made = step("a")
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'name'"):
        made.name = "b"
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'name'"):
        del made.name
    with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):  # the library of 3.11 stumbles over its own slots
        made.other = 1
    assert made == step("a") and not hasattr(made, "__dict__")


@BOTH
def test_the_tools_of_the_library(make: Maker) -> None:
    step, only, _ = classes(make)
    made = step("a", 2, {"x": 1}, "s")
    assert dataclasses.replace(made, place=5) == step("a", 5, {"x": 1}, "s")
    assert dataclasses.asdict(only(made)) == {"value": {"name": "a", "place": 2, "notes": {"x": 1}, "secret": "s"}}
    assert [item.name for item in dataclasses.fields(step)] == ["name", "place", "notes", "secret"]
    match made:
        case step(name, place):
            assert (name, place) == ("a", 2)
        case _:
            pytest.fail("does not match")


@values.dataclass(frozen=True, slots=True)
class Kept:
    name: str
    items: tuple[int, ...] = ()


def test_copies_and_pickles() -> None:
    kept = Kept("a", (1, 2))
    assert [copy.copy(kept), copy.deepcopy(kept), pickle.loads(pickle.dumps(kept))] == [kept, kept, kept]
