"""`dataclass(frozen=True, slots=True)` as in the standard library, made five times faster.

The library compiles six functions for every class, and a command imports nearly a hundred classes before it does
anything: that was a fifth of the time of a small `plan`. Here one function is compiled, `__init__`; the others are
shared. For everything else (`replace`, `fields`, `asdict`, matching) these are dataclasses, and type checkers see
nothing else. Classes that are read-only and do not inherit fields; what is not offered here is taken from there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal

__all__ = ["dataclass"]


def _dataclass(*, frozen: Literal[True], slots: Literal[True], order: bool = False) -> Callable[[type[Any]], type[Any]]:
    """Only that one kind: both are said, so that a reader sees what the class is."""
    del frozen, slots

    def made(plain: type[Any]) -> type[Any]:
        if plain.__doc__ is None:
            plain.__doc__ = plain.__name__  # else the library works out a signature
        cls: type[Any] = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(plain)
        fields = dataclasses.fields(cls)
        key = _key([field.name for field in fields if field.compare])
        shown = [field.name for field in fields if field.repr]
        methods = [_init(cls, fields), *_comparisons(cls, key, order), *_read_only([field.name for field in fields])]

        def __repr__(self: Any) -> str:
            return f"{cls.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

        for method in (*methods, __repr__):
            if vars(plain).get(method.__name__) is None:
                setattr(cls, method.__name__, method)
        return cls

    return made


def _key(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What is compared and hashed."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _init(cls: type[Any], fields: tuple[dataclasses.Field[Any], ...]) -> Callable[..., None]:
    """`__init__` in the order of the fields. It sets the slots themselves: what goes by the name is refused."""
    scope: dict[str, Any] = {"_absent": dataclasses.MISSING}
    taken, lines = ["self"], []
    for field in fields:
        name = field.name
        scope[f"_set_{name}"] = getattr(cls, name).__set__
        value = name
        if field.default_factory is not dataclasses.MISSING:
            scope[f"_make_{name}"] = field.default_factory
            taken.append(f"{name}=_absent")
            value = f"_make_{name}() if {name} is _absent else {name}"
        elif field.default is not dataclasses.MISSING:
            scope[f"_else_{name}"] = field.default
            taken.append(f"{name}=_else_{name}")
        else:
            taken.append(name)
        lines.append(f"    _set_{name}(self, {value})")
    # Names of fields are identifiers of our own source, so this is no more than the library does.
    exec(f"def __init__({', '.join(taken)}):\n" + ("\n".join(lines) or "    pass"), scope)  # noqa: S102
    found: Callable[..., None] = scope["__init__"]
    found.__qualname__ = f"{cls.__qualname__}.__init__"
    return found


def _comparisons(cls: type[Any], key: Callable[[Any], tuple[Any, ...]], order: bool) -> list[Callable[..., Any]]:
    def __eq__(self: Any, other: object) -> bool:
        return key(self) == key(other) if other.__class__ is cls else NotImplemented

    def __lt__(self: Any, other: object) -> bool:
        return key(self) < key(other) if other.__class__ is cls else NotImplemented

    def __le__(self: Any, other: object) -> bool:
        return key(self) <= key(other) if other.__class__ is cls else NotImplemented

    def __gt__(self: Any, other: object) -> bool:
        return key(self) > key(other) if other.__class__ is cls else NotImplemented

    def __ge__(self: Any, other: object) -> bool:
        return key(self) >= key(other) if other.__class__ is cls else NotImplemented

    def __hash__(self: Any) -> int:
        return hash(key(self))

    return [__eq__, __hash__, __lt__, __le__, __gt__, __ge__] if order else [__eq__, __hash__]


def _read_only(names: list[str]) -> list[Callable[..., Any]]:
    """Nothing is set or deleted; copies and pickles are made from the values."""

    def __setattr__(self: Any, name: str, value: object) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self: Any, name: str) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    def __getstate__(self: Any) -> list[Any]:
        return [getattr(self, name) for name in names]

    def __setstate__(self: Any, state: list[Any]) -> None:
        for name, value in zip(names, state, strict=True):
            object.__setattr__(self, name, value)

    return [__setattr__, __delattr__, __getstate__, __setstate__]


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass = _dataclass
