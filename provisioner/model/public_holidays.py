"""The `holidays` library, one country at a time.

Its package of countries imports all of them (two hundred and fifty) when one is asked for, which took a third of the
time of a small `validate`. Here only the module of that country is imported, with those that it needs; what it says is
the same.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

_PACKAGE = "holidays.countries"


def country(code: str) -> Any | None:
    """The library's class for a country by its ISO 3166 code (US, USA); None when it knows none of that code."""
    from holidays.registry import COUNTRIES

    for module, (name, *codes) in COUNTRIES.items():
        if code in codes and len(code) in (2, 3):  # longer names are for programmers
            return getattr(_module(f"{_PACKAGE}.{module}"), name)
    return None


def holidays_of(code: str, subdivision: str | None, years: Iterable[int]) -> dict[Any, str]:
    """Day → name, in English where the library knows the English names. KeyError for an unknown country."""
    found = country(code)
    if found is None:
        raise KeyError(code)
    local = found()
    # The library would otherwise follow the locale of the machine, and names must not depend on who runs the tool.
    language = "en_US" if "en_US" in local.supported_languages else local.default_language
    return dict(sorted(found(subdiv=subdivision, years=years, expand=False, language=language).items()))


def _module(name: str) -> ModuleType:
    """A module of the package. Unless somebody has imported that already, an empty one takes its place meanwhile."""
    if _PACKAGE in sys.modules or name in sys.modules:
        return import_module(name)
    import holidays

    package = ModuleType(_PACKAGE)
    package.__path__ = [str(Path(place) / "countries") for place in holidays.__path__]
    sys.modules[_PACKAGE] = package
    try:
        return import_module(name)
    finally:
        del sys.modules[_PACKAGE]
