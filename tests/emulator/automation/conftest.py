"""A fresh world per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from automation_world import World
from built_org import Built


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.org.close()


@pytest.fixture
def built() -> Iterator[Built]:
    made = Built()
    yield made
    made.org.close()
